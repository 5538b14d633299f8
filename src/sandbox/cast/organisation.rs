//! The organisations that Altinn knows. Their names are invented.

pub(crate) struct Organisation {
    pub(crate) number: &'static str,
    pub(crate) name: &'static str,
    /// For whom an agent system user of this organisation may act.
    pub(crate) clients: &'static [&'static str],
    /// What it demonstrates; nothing, where it only is somebody's vendor or client.
    pub(crate) shows: Option<&'static str>,
}

pub(crate) fn organisation(number: &str) -> Option<&'static Organisation> {
    ORGANISATIONS.iter().find(|organisation| organisation.number == number)
}

const fn customer(number: &'static str, name: &'static str, shows: &'static str) -> Organisation {
    Organisation { number, name, clients: &[], shows: Some(shows) }
}

const fn accountant(
    number: &'static str,
    name: &'static str,
    clients: &'static [&'static str],
    shows: &'static str,
) -> Organisation {
    Organisation { number, name, clients, shows: Some(shows) }
}

const fn other(number: &'static str, name: &'static str) -> Organisation {
    Organisation { number, name, clients: &[], shows: None }
}

pub(crate) static ORGANISATIONS: [Organisation; 15] = [
    customer("210493352", "Lun Fjellheim AS", "everything works"),
    customer("310904473", "Varm Skogstue AS", "no right to salary: 403"),
    customer("313790509", "Modig Tindebutikk AS", "created with external reference customer-42: MP-303 without it"),
    customer("314168267", "Treg Bekk Handel AS", "a request that was never approved: MP-303"),
    accountant(
        "314250052",
        "Rolig Elv Regnskap AS",
        &["310385980"],
        "an agent: for its client 310385980, not for 312605031 nor for itself: 403",
    ),
    customer("312600757", "Blid Strand Bakeri AS", "a customer without a system user: ask it for one"),
    accountant(
        "314112938",
        "Nøysom Vik Regnskap AS",
        &["313775429"],
        "an accountant without one: ask it for an agent, for its client 313775429",
    ),
    customer("314048431", "Sen Myr Transport AS", "a request that nobody answered for 180 days: it has timed out"),
    customer("313725138", "Kry Ås Verksted AS", "a request that it rejected"),
    customer("312530341", "Stri Foss Bygg AS", "a request that was denied"),
    other("310385980", "Glad Øy Fisk AS"),
    other("312605031", "Stolt Nes Gartneri AS"),
    other("313775429", "Kvikk Dal Rør AS"),
    other("991825827", "SmartCloud AS"),
    other("310702641", "Fjordlønn AS"),
];
