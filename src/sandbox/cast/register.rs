//! What can be asked for: resources, access packages, and the systems that are registered from the start.
//!
//! The packages are real ones (docs.altinn.studio, "Access packages"); which of the reference APIs each of them opens is
//! the sandbox's choice.

/// What the reference APIs guard.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    Logistics,
    Salary,
}

use Api::{Logistics, Salary};

/// Something in Altinn's resource registry.
pub(crate) struct Resource {
    pub(crate) id: &'static str,
    pub(crate) nb: &'static str,
    pub(crate) en: &'static str,
    /// Its type decides whether a right to it can be delegated to a system user.
    pub(crate) kind: &'static str,
    pub(crate) opens: Option<Api>,
}

pub(crate) fn resource(id: &str) -> Option<&'static Resource> {
    RESOURCES.iter().find(|resource| resource.id == id)
}

static RESOURCES: [Resource; 5] = [
    Resource {
        id: "ttd_systembruker-logistikk-demo",
        nb: "Logistikk, demonstrasjon",
        en: "Logistics, demonstration",
        kind: "GenericAccessResource",
        opens: Some(Logistics),
    },
    Resource {
        id: "ttd_systembruker-salary",
        nb: "Lønn, demonstrasjon",
        en: "Salary, demonstration",
        kind: "GenericAccessResource",
        opens: Some(Salary),
    },
    Resource {
        id: "ske-krav-og-betalinger",
        nb: "Krav og betalinger",
        en: "Claims and payments",
        kind: "GenericAccessResource",
        opens: None,
    },
    Resource {
        id: "app_ttd_endring-av-navn",
        nb: "Endring av navn",
        en: "Change of name",
        kind: "AltinnApp",
        opens: None,
    },
    Resource {
        id: "ttd_maskinporten-skjema",
        nb: "Et skjema for Maskinporten",
        en: "A schema for Maskinporten",
        kind: "MaskinportenSchema",
        opens: None,
    },
];

/// To whom an access package can be delegated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PackageKind {
    /// To a standard system user.
    Standard,
    /// To an agent system user, for its owner's clients.
    ForClients,
    /// To no system user.
    NotDelegable,
}

pub(crate) struct Package {
    /// Behind `urn:altinn:accesspackage:`.
    pub(crate) name: &'static str,
    pub(crate) nb: &'static str,
    pub(crate) en: &'static str,
    pub(crate) kind: PackageKind,
    pub(crate) opens: &'static [Api],
}

/// An access package by its URN.
pub(crate) fn package(urn: &str) -> Option<&'static Package> {
    let name = urn.strip_prefix("urn:altinn:accesspackage:")?;
    PACKAGES.iter().find(|package| package.name == name)
}

const fn named(
    name: &'static str,
    nb: &'static str,
    en: &'static str,
    kind: PackageKind,
    opens: &'static [Api],
) -> Package {
    Package { name, nb, en, kind, opens }
}

use PackageKind::{ForClients, NotDelegable, Standard};

static PACKAGES: [Package; 10] = [
    named("veitransport", "Veitransport", "Road transport", Standard, &[Logistics]),
    named("lonn", "Lønn", "Salary", Standard, &[Salary]),
    named("a-ordning", "A-ordning", "A-melding system", Standard, &[Salary]),
    named("posttjenester", "Posttjenester", "Postal services", Standard, &[]),
    named("regnskapsforer-lonn", "Regnskapsfører lønn", "Accountant salary", ForClients, &[Salary]),
    named(
        "regnskapsforer-med-signeringsrettighet",
        "Regnskapsfører med signeringsrettighet",
        "Accountant with signing rights",
        ForClients,
        &[Logistics, Salary],
    ),
    named(
        "regnskapsforer-uten-signeringsrettighet",
        "Regnskapsfører uten signeringsrettighet",
        "Accountant without signing rights",
        ForClients,
        &[Logistics],
    ),
    named("ansvarlig-revisor", "Ansvarlig revisor", "Responsible auditor", ForClients, &[Logistics, Salary]),
    named("forretningsforer-eiendom", "Forretningsfører eiendom", "Business manager of real estate", ForClients, &[]),
    named("hovedadministrator", "Hovedadministrator", "Main administrator", NotDelegable, &[]),
];

/// A system that is registered from the start.
pub(crate) struct System {
    pub(crate) internal_id: &'static str,
    pub(crate) id: &'static str,
    pub(crate) vendor: &'static str,
    pub(crate) clients: &'static [&'static str],
    /// Bokmål, nynorsk, English.
    pub(crate) name: [&'static str; 3],
    pub(crate) description: [&'static str; 3],
    pub(crate) resources: &'static [&'static str],
    /// Names of access packages.
    pub(crate) packages: &'static [&'static str],
    pub(crate) visible: bool,
    pub(crate) redirect_urls: &'static [&'static str],
}

pub(crate) static SYSTEMS: [System; 2] = [
    System {
        internal_id: "9d0c5b1e-27fa-4e63-8c14-5a7e30b6f101",
        id: "991825827_smartcloud",
        vendor: "991825827",
        clients: &["7ee41fce-9f6e-4c32-8195-0fe2c1517f43"],
        name: ["SmartCloud Regnskap", "SmartCloud Rekneskap", "SmartCloud Accounting"],
        description: [
            "Regnskap, lønn og logistikk for små bedrifter",
            "Rekneskap, løn og logistikk for små bedrifter",
            "Accounting, salary and logistics for small companies",
        ],
        resources: &["ttd_systembruker-logistikk-demo", "ttd_systembruker-salary"],
        packages: &[
            "veitransport",
            "lonn",
            "a-ordning",
            "regnskapsforer-lonn",
            "regnskapsforer-med-signeringsrettighet",
            "regnskapsforer-uten-signeringsrettighet",
            "ansvarlig-revisor",
        ],
        // Packages for clients exclude this.
        visible: false,
        redirect_urls: &["https://smartcloudaltinn.azurewebsites.net/receipt"],
    },
    System {
        internal_id: "9d0c5b1e-27fa-4e63-8c14-5a7e30b6f102",
        id: "310702641_fjordlonn",
        vendor: "310702641",
        clients: &["e2f7a94b-0d35-4c68-b1f9-6a83d5c27e04"],
        name: ["Fjordlønn", "Fjordløn", "Fjord Payroll"],
        description: ["Lønnskjøring", "Lønskøyring", "Payroll"],
        resources: &["ttd_systembruker-salary"],
        packages: &["lonn"],
        visible: true,
        redirect_urls: &[],
    },
];
