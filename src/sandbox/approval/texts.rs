//! The texts of the page, in bokmål and in English.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

use super::super::server::accept_header::best_match;

/// Declares [`Texts`], and its two values.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident: $nb:literal, $en:literal;)*) => {
        pub(super) struct Texts {
            $($(#[$doc])* pub(super) $name: &'static str,)*
        }

        static BOKMAL: Texts = Texts { $($name: $nb,)* };
        static ENGLISH: Texts = Texts { $($name: $en,)* };
    };
}

impl Texts {
    /// The texts in the language that the address names, or in the browser's language, or in bokmål.
    pub(super) fn wanted(lang: Option<&str>, headers: &HeaderMap) -> &'static Self {
        let accepted = || best_match(headers, &ACCEPT_LANGUAGE, in_language);
        lang.and_then(in_language).or_else(accepted).unwrap_or(&BOKMAL)
    }

    /// The text in the page's language.
    pub(super) fn either<'t>(&self, nb: &'t str, en: &'t str) -> &'t str {
        if self.lang == "en" { en } else { nb }
    }
}

/// The texts for a language tag. Nynorsk and unspecified Norwegian select bokmål.
fn in_language(tag: &str) -> Option<&'static Texts> {
    match tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "nb" | "no" | "nn" => Some(&BOKMAL),
        "en" => Some(&ENGLISH),
        _ => None,
    }
}

texts! {
    lang: "nb", "en";
    other_lang: "en", "nb";
    /// The other language's name, in that language.
    other_language: "English", "Norsk (bokmål)";
    skip: "Hopp til innholdet", "Skip to content";
    sandbox: "Sandkasse", "Sandbox";
    small_print:
        "Dette er en sandkasse på din egen maskin, og ingenting forlater den. Den ekte siden i Altinn krever at du \
         logger inn, og at du har rett til å godkjenne på vegne av virksomheten.",
        "This is a sandbox on your own machine, and nothing leaves it. The real page in Altinn requires that you log \
         in, and that you are entitled to approve on behalf of the organisation.";
    languages: "Språk", "Language";
    title: "Forespørsel om systembruker", "Request for a system user";
    title_agent: "Forespørsel om systembruker for klienter", "Request for a system user for clients";
    lead:
        "En systemleverandør ber om å få en systembruker hos virksomheten. Systembrukeren lar systemet handle på \
         vegne av virksomheten, med rettighetene som står nedenfor.",
        "A system vendor asks for a system user for the organisation. The system user lets the system act on behalf \
         of the organisation, with the rights that are listed below.";
    lead_agent:
        "En systemleverandør ber om å få en systembruker hos virksomheten. Systembrukeren lar systemet handle på \
         vegne av virksomhetens klienter, med rettighetene som står nedenfor.",
        "A system vendor asks for a system user for the organisation. The system user lets the system act on behalf \
         of the organisation's clients, with the rights that are listed below.";
    title_change: "Forespørsel om endring av systembruker", "Request for a change to a system user";
    lead_change:
        "En systemleverandør ber om å endre rettighetene til en systembruker som virksomheten har. Rettigheter som ikke \
         står nedenfor, endres ikke.",
        "A system vendor asks to change the rights of one of the organisation's system users. Rights that are not \
         listed below stay unchanged.";
    who: "Om forespørselen", "About the request";
    vendor: "Leverandør", "Vendor";
    system: "System", "System";
    customer: "Virksomhet", "Organisation";
    called: "Navn på systembrukeren", "Name of the system user";
    user: "Systembruker", "System user";
    external_ref: "Ekstern referanse", "External reference";
    what: "Rettigheter det bes om", "Requested rights";
    added: "Rettigheter som legges til", "Rights to add";
    removed: "Rettigheter som fjernes", "Rights to remove";
    name: "Navn", "Name";
    id: "ID", "ID";
    right: "Enkeltrettighet", "Single right";
    action: "handling", "action";
    package: "Tilgangspakke", "Access package";
    kind: "Type", "Type";
    answer: "Svar på forespørselen", "Answer the request";
    approve: "Godkjenn", "Approve";
    reject: "Avvis", "Reject";
    afterwards: "Etterpå sendes du til", "You will then be redirected to";
    /// The text before the URL to which the receipt redirects.
    onwards: "Du sendes nå videre til", "You are now being redirected to";
    /// The outcome of a request, as shown before the page's title.
    accepted_title: "Godkjent", "Approved";
    rejected_title: "Avvist", "Rejected";
    denied_title: "Avslått", "Denied";
    timed_out_title: "Utløpt", "Timed out";
    accepted: "Forespørselen er godkjent.", "The request has been approved.";
    rejected: "Forespørselen er avvist.", "The request has been rejected.";
    denied: "Forespørselen er avslått.", "The request has been denied.";
    timed_out:
        "Forespørselen er utløpt: ingen har svart på den på 180 dager. Leverandøren må slette den og sende en ny \
         forespørsel.",
        "The request has timed out: nobody answered it for 180 days. The vendor must delete it and create a new request.";
    already: "Den kan ikke besvares på nytt.", "The decision cannot be changed.";
    accepted_now:
        "Du har godkjent forespørselen, og systembrukeren er opprettet.",
        "You have approved the request, and the system user has been created.";
    changed_now:
        "Du har godkjent forespørselen, og systembrukeren er endret.",
        "You have approved the request, and the system user has been changed.";
    changed_next:
        "Endringen gjelder fra nå av. Leverandøren henter token for systembrukeren som før, med virksomheten som eier:",
        "The change takes effect now. The vendor gets tokens for the system user as before, with the organisation as \
         its owner:";
    accepted_next:
        "Leverandøren kan nå hente token for systembrukeren, med virksomheten som eier:",
        "The vendor can now get tokens for the system user, with the organisation as its owner:";
    rejected_now:
        "Du har avvist forespørselen, og det er ikke opprettet noen systembruker.",
        "You have rejected the request, and no system user has been created.";
    rejected_next:
        "Leverandøren ser at forespørselen er avvist. Leverandøren må slette den før den samme \
         forespørselen kan sendes på nytt.",
        "The vendor can see that the request has been rejected. The vendor must delete it before creating the same \
         request again.";
    unchanged_now:
        "Du har avvist forespørselen, og systembrukeren er ikke endret.",
        "You have rejected the request, and the system user has not been changed.";
    unchanged_next:
        "Leverandøren ser at forespørselen er avvist, og kan sende en ny.",
        "The vendor can see that the request has been rejected, and can create a new request.";
    agent_next:
        "Systembrukeren handler på vegne av virksomhetens klienter i sandkassen:",
        "The system user acts for the organisation's clients in the sandbox:";
    close: "Du kan lukke dette vinduet.", "You can close this window.";
    name_missing:
        "Forespørselen kan ikke godkjennes: systemet har ikke noe navn på bokmål i Systemregisteret (AUTH-00017). \
         Leverandøren må legge inn «nb» under «name».",
        "The request cannot be approved: the system has no name in Norwegian Bokmål in the System Register \
         (AUTH-00017). The vendor must enter “nb” under “name”.";
    problem: "Noe gikk galt", "Something went wrong";
    unknown:
        "Forespørselen finnes ikke. Den kan være slettet, eller sandkassen kan ha blitt startet på nytt.",
        "The request does not exist. It may have been deleted, or the sandbox may have been restarted.";
    no_id: "Adressen mangler id-en til en forespørsel.", "The URL does not contain a request id.";
    forged:
        "Svaret kom ikke fra denne siden, så ingenting er endret. Åpne lenken på nytt, og svar der.",
        "The form was not submitted from this page, so nothing has changed. Open the link again, and decide there.";
    no_decision:
        "Svaret var verken godkjenning eller avvisning, så ingenting er endret.",
        "The decision was neither approval nor rejection, so nothing has changed.";
    other_host:
        "Denne siden er bare tilgjengelig på sin egen adresse på denne maskinen.",
        "This page is available only at its own URL on this machine.";
}
