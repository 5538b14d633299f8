//! What the page says, in bokmål and in English.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

pub(super) struct Texts {
    pub(super) lang: &'static str,
    pub(super) other_lang: &'static str,
    /// The other language's name, in that language.
    pub(super) other_language: &'static str,
    pub(super) skip: &'static str,
    pub(super) sandbox: &'static str,
    pub(super) small_print: &'static str,
    pub(super) languages: &'static str,
    pub(super) title: &'static str,
    pub(super) title_agent: &'static str,
    pub(super) lead: &'static str,
    pub(super) lead_agent: &'static str,
    pub(super) who: &'static str,
    pub(super) vendor: &'static str,
    pub(super) system: &'static str,
    pub(super) customer: &'static str,
    pub(super) called: &'static str,
    pub(super) external_ref: &'static str,
    pub(super) what: &'static str,
    pub(super) name: &'static str,
    pub(super) id: &'static str,
    pub(super) right: &'static str,
    pub(super) action: &'static str,
    pub(super) package: &'static str,
    pub(super) kind: &'static str,
    pub(super) answer: &'static str,
    pub(super) approve: &'static str,
    pub(super) reject: &'static str,
    pub(super) afterwards: &'static str,
    /// Where the page leads on by itself.
    pub(super) onwards: &'static str,
    /// What became of a request, before its title.
    pub(super) accepted_title: &'static str,
    pub(super) rejected_title: &'static str,
    pub(super) denied_title: &'static str,
    pub(super) timed_out_title: &'static str,
    pub(super) accepted: &'static str,
    pub(super) rejected: &'static str,
    pub(super) denied: &'static str,
    pub(super) timed_out: &'static str,
    pub(super) already: &'static str,
    pub(super) accepted_now: &'static str,
    pub(super) accepted_next: &'static str,
    pub(super) rejected_now: &'static str,
    pub(super) rejected_next: &'static str,
    pub(super) agent_next: &'static str,
    pub(super) close: &'static str,
    pub(super) name_missing: &'static str,
    pub(super) system_deleted: &'static str,
    pub(super) problem: &'static str,
    pub(super) unknown: &'static str,
    pub(super) no_id: &'static str,
    pub(super) forged: &'static str,
    pub(super) no_decision: &'static str,
    pub(super) other_host: &'static str,
}

impl Texts {
    /// What the address says, else what the browser wants, else bokmål.
    pub(super) fn wanted(lang: Option<&str>, headers: &HeaderMap) -> &'static Self {
        let accepted = || headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).and_then(most_wanted);
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

/// The language with the highest weight, and of several such the first (RFC 9110, section 12.5.4).
fn most_wanted(header: &str) -> Option<&'static Texts> {
    let mut best: Option<(f32, &'static Texts)> = None;
    for range in header.split(',') {
        let mut parts = range.split(';');
        let Some(texts) = parts.next().and_then(in_language) else { continue };
        let weight = parts.find_map(|part| part.trim().strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
        if weight > best.map_or(0.0, |(weight, _)| weight) {
            best = Some((weight, texts));
        }
    }
    best.map(|(_, texts)| texts)
}

static BOKMAL: Texts = Texts {
    lang: "nb",
    other_lang: "en",
    other_language: "English",
    skip: "Hopp til innholdet",
    sandbox: "Sandkasse",
    small_print: "Dette er en sandkasse på din egen maskin, og ingenting forlater den. Den ekte siden i Altinn krever at \
                  du logger inn, og at du har rett til å godkjenne på vegne av virksomheten.",
    languages: "Språk",
    title: "Forespørsel om systembruker",
    title_agent: "Forespørsel om systembruker for klienter",
    lead: "En systemleverandør ber om å få en systembruker hos virksomheten. Med den kan systemet handle på vegne av \
           virksomheten, med de rettighetene som står nedenfor.",
    lead_agent: "En systemleverandør ber om å få en systembruker hos virksomheten. Med den kan systemet handle på vegne \
                 av virksomhetens klienter, med de rettighetene som står nedenfor.",
    who: "Hvem det gjelder",
    vendor: "Leverandør",
    system: "System",
    customer: "Virksomhet",
    called: "Navn på systembrukeren",
    external_ref: "Ekstern referanse",
    what: "Hva det bes om",
    name: "Navn",
    id: "ID",
    right: "Enkeltrettighet",
    action: "handling",
    package: "Tilgangspakke",
    kind: "Type",
    answer: "Svar på forespørselen",
    approve: "Godkjenn",
    reject: "Avvis",
    afterwards: "Etterpå sendes du til",
    onwards: "Du sendes nå videre til",
    accepted_title: "Godkjent",
    rejected_title: "Avvist",
    denied_title: "Avslått",
    timed_out_title: "Utløpt",
    accepted: "Forespørselen er godkjent.",
    rejected: "Forespørselen er avvist.",
    denied: "Forespørselen er avslått.",
    timed_out: "Forespørselen er utløpt: ingen svarte på den på 180 dager. Leverandøren må slette den og sende en ny.",
    already: "Det kan ikke svares på den en gang til.",
    accepted_now: "Du har godkjent forespørselen, og systembrukeren er opprettet.",
    accepted_next: "Leverandøren kan nå hente token for systembrukeren, med virksomheten som eier:",
    rejected_now: "Du har avvist forespørselen, og det er ikke opprettet noen systembruker.",
    rejected_next: "Leverandøren ser at forespørselen er avvist. Den må slettes før leverandøren kan be om det samme igjen.",
    agent_next: "Systembrukeren handler på vegne av virksomhetens klienter i sandkassen:",
    close: "Du kan lukke dette vinduet.",
    name_missing: "Forespørselen kan ikke godkjennes: systemet har ikke noe navn på bokmål i Systemregisteret \
                   (AUTH-00017). Leverandøren må legge inn «nb» under «name».",
    system_deleted: "Forespørselen kan ikke godkjennes: systemet er slettet i Systemregisteret.",
    problem: "Dette gikk ikke",
    unknown: "Det finnes ingen slik forespørsel. Den kan være slettet, og sandkassen glemmer alt når den stopper.",
    no_id: "Adressen mangler id-en til en forespørsel.",
    forged: "Svaret kom ikke fra denne siden, så ingenting er endret. Åpne lenken på nytt, og svar der.",
    no_decision: "Svaret var verken godkjenning eller avvisning, så ingenting er endret.",
    other_host: "Denne siden svarer bare under sin egen adresse på denne maskinen.",
};

static ENGLISH: Texts = Texts {
    lang: "en",
    other_lang: "nb",
    other_language: "Norsk (bokmål)",
    skip: "Skip to the content",
    sandbox: "Sandbox",
    small_print: "This is a sandbox on your own machine, and nothing leaves it. The real page in Altinn requires that \
                  you log in, and that you are entitled to approve on behalf of the organisation.",
    languages: "Language",
    title: "Request for a system user",
    title_agent: "Request for a system user for clients",
    lead: "A system vendor asks for a system user for the organisation. With it, the system can act on behalf of the \
           organisation, with the rights that are listed below.",
    lead_agent: "A system vendor asks for a system user for the organisation. With it, the system can act on behalf of \
                 the organisation's clients, with the rights that are listed below.",
    who: "Who it is about",
    vendor: "Vendor",
    system: "System",
    customer: "Organisation",
    called: "Name of the system user",
    external_ref: "External reference",
    what: "What is asked for",
    name: "Name",
    id: "ID",
    right: "Single right",
    action: "action",
    package: "Access package",
    kind: "Type",
    answer: "Answer the request",
    approve: "Approve",
    reject: "Reject",
    afterwards: "Afterwards you are sent to",
    onwards: "You are now being sent on to",
    accepted_title: "Approved",
    rejected_title: "Rejected",
    denied_title: "Denied",
    timed_out_title: "Timed out",
    accepted: "The request has been approved.",
    rejected: "The request has been rejected.",
    denied: "The request has been denied.",
    timed_out: "The request has timed out: nobody answered it for 180 days. The vendor has to delete it and send a new one.",
    already: "It cannot be answered again.",
    accepted_now: "You have approved the request, and the system user has been made.",
    accepted_next: "The vendor can now get tokens for the system user, with the organisation as its owner:",
    rejected_now: "You have rejected the request, and no system user has been made.",
    rejected_next: "The vendor sees that the request was rejected. It has to be deleted before the vendor can ask for the \
                    same again.",
    agent_next: "The system user acts for the organisation's clients in the sandbox:",
    close: "You can close this window.",
    name_missing: "The request cannot be approved: the system has no name in Norwegian bokmål in the System Register \
                   (AUTH-00017). The vendor has to enter “nb” under “name”.",
    system_deleted: "The request cannot be approved: the system has been deleted from the System Register.",
    problem: "This did not work",
    unknown: "There is no such request. It may have been deleted, and the sandbox forgets everything when it stops.",
    no_id: "The address lacks the id of a request.",
    forged: "The answer did not come from this page, so nothing has changed. Open the link again, and answer there.",
    no_decision: "The answer was neither approval nor rejection, so nothing has changed.",
    other_host: "This page answers under its own address on this machine only.",
};
