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
    /// The language that the address names, else the browser's, else bokmål.
    pub(super) fn wanted(lang: Option<&str>, headers: &HeaderMap) -> &'static Self {
        let accepted = || best_match(headers, &ACCEPT_LANGUAGE, in_language);
        lang.and_then(in_language).or_else(accepted).unwrap_or(&BOKMAL)
    }

    /// The text in the page's language.
    pub(super) fn either<'t>(&self, nb: &'t str, en: &'t str) -> &'t str {
        if self.lang == "en" { en } else { nb }
    }
}

/// Those who read another Norwegian or nynorsk read bokmål.
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
    skip: "Hopp til innholdet", "Skip to the content";
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
        "En systemleverandør ber om å få en systembruker hos virksomheten. Med den kan systemet handle på vegne av \
         virksomheten, med de rettighetene som står nedenfor.",
        "A system vendor asks for a system user for the organisation. With it, the system can act on behalf of the \
         organisation, with the rights that are listed below.";
    lead_agent:
        "En systemleverandør ber om å få en systembruker hos virksomheten. Med den kan systemet handle på vegne av \
         virksomhetens klienter, med de rettighetene som står nedenfor.",
        "A system vendor asks for a system user for the organisation. With it, the system can act on behalf of the \
         organisation's clients, with the rights that are listed below.";
    who: "Hvem det gjelder", "Who it is about";
    vendor: "Leverandør", "Vendor";
    system: "System", "System";
    customer: "Virksomhet", "Organisation";
    called: "Navn på systembrukeren", "Name of the system user";
    external_ref: "Ekstern referanse", "External reference";
    what: "Hva det bes om", "What is asked for";
    name: "Navn", "Name";
    id: "ID", "ID";
    right: "Enkeltrettighet", "Single right";
    action: "handling", "action";
    package: "Tilgangspakke", "Access package";
    kind: "Type", "Type";
    answer: "Svar på forespørselen", "Answer the request";
    approve: "Godkjenn", "Approve";
    reject: "Avvis", "Reject";
    afterwards: "Etterpå sendes du til", "Afterwards you are sent to";
    /// The address that the page goes on to by itself.
    onwards: "Du sendes nå videre til", "You are now being sent on to";
    /// The outcome of a request, before its title.
    accepted_title: "Godkjent", "Approved";
    rejected_title: "Avvist", "Rejected";
    denied_title: "Avslått", "Denied";
    timed_out_title: "Utløpt", "Timed out";
    accepted: "Forespørselen er godkjent.", "The request has been approved.";
    rejected: "Forespørselen er avvist.", "The request has been rejected.";
    denied: "Forespørselen er avslått.", "The request has been denied.";
    timed_out:
        "Forespørselen er utløpt: ingen svarte på den på 180 dager. Leverandøren må slette den og sende en ny.",
        "The request has timed out: nobody answered it for 180 days. The vendor has to delete it and send a new one.";
    already: "Det kan ikke svares på den en gang til.", "It cannot be answered again.";
    accepted_now:
        "Du har godkjent forespørselen, og systembrukeren er opprettet.",
        "You have approved the request, and the system user has been made.";
    accepted_next:
        "Leverandøren kan nå hente token for systembrukeren, med virksomheten som eier:",
        "The vendor can now get tokens for the system user, with the organisation as its owner:";
    rejected_now:
        "Du har avvist forespørselen, og det er ikke opprettet noen systembruker.",
        "You have rejected the request, and no system user has been made.";
    rejected_next:
        "Leverandøren ser at forespørselen er avvist. Den må slettes før leverandøren kan be om det samme igjen.",
        "The vendor sees that the request was rejected. It has to be deleted before the vendor can ask for the same \
         again.";
    agent_next:
        "Systembrukeren handler på vegne av virksomhetens klienter i sandkassen:",
        "The system user acts for the organisation's clients in the sandbox:";
    close: "Du kan lukke dette vinduet.", "You can close this window.";
    name_missing:
        "Forespørselen kan ikke godkjennes: systemet har ikke noe navn på bokmål i Systemregisteret (AUTH-00017). \
         Leverandøren må legge inn «nb» under «name».",
        "The request cannot be approved: the system has no name in Norwegian bokmål in the System Register \
         (AUTH-00017). The vendor has to enter “nb” under “name”.";
    system_deleted:
        "Forespørselen kan ikke godkjennes: systemet er slettet i Systemregisteret.",
        "The request cannot be approved: the system has been deleted from the System Register.";
    problem: "Dette gikk ikke", "This did not work";
    unknown:
        "Det finnes ingen slik forespørsel. Den kan være slettet, og sandkassen glemmer alt når den stopper.",
        "There is no such request. It may have been deleted, and the sandbox forgets everything when it stops.";
    no_id: "Adressen mangler id-en til en forespørsel.", "The address lacks the id of a request.";
    forged:
        "Svaret kom ikke fra denne siden, så ingenting er endret. Åpne lenken på nytt, og svar der.",
        "The answer did not come from this page, so nothing has changed. Open the link again, and answer there.";
    no_decision:
        "Svaret var verken godkjenning eller avvisning, så ingenting er endret.",
        "The answer was neither approval nor rejection, so nothing has changed.";
    other_host:
        "Denne siden svarer bare under sin egen adresse på denne maskinen.",
        "This page answers under its own address on this machine only.";
}
