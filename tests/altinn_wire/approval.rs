//! The page on which a request is answered, and what comes of it.

use serde_json::{Value, json};

use super::requests::{REQUESTS, agent_wish, wish};
use super::*;

/// A request that nobody has answered.
const NEVER_APPROVED: &str = "c48d1e6f-97b2-4c0a-a3d8-2b5f7e9a1c04";
const REDIRECT: &str = "https://smartcloudaltinn.azurewebsites.net/receipt?customer=7";

/// The page as a browser has it.
pub(super) struct Page {
    pub(super) path: String,
    pub(super) answer: Answer,
}

pub(super) fn path_of(id: &str) -> String {
    format!("/accessmanagement/ui/systemuser/request?id={id}&DONTCHOOSEREPORTEE=true")
}

pub(super) fn open(altinn: &Altinn, path: &str) -> Page {
    Page { path: path.to_owned(), answer: altinn.send("GET", path, &[], "") }
}

impl Page {
    #[track_caller]
    pub(super) fn token(&self) -> String {
        let (_, rest) = self.answer.body.split_once("name=\"token\" value=\"").expect("the page has a form");
        rest.split('"').next().unwrap().to_owned()
    }

    pub(super) fn cookie(&self) -> String {
        self.answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
    }

    pub(super) fn has_buttons(&self) -> bool {
        self.answer.body.contains("<button")
    }

    /// Presses a button, as a browser does.
    pub(super) fn press(&self, altinn: &Altinn, decision: &str) -> Answer {
        let cookie = self.cookie();
        let origin = altinn.address.trim_end_matches('/').to_owned();
        let headers = [
            ("Cookie", cookie.as_str()),
            ("Origin", origin.as_str()),
            ("Sec-Fetch-Site", "same-origin"),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        altinn.send("POST", &self.path, &headers, &format!("token={}&decision={decision}", self.token()))
    }
}

/// The page of a new request, at the address that Altinn gave for it.
fn page_of(altinn: &Altinn, kind: &str, wish: &Value) -> Page {
    let request = altinn.post(&format!("{REQUESTS}{kind}"), wish);
    assert_eq!(request.status, 201, "{}", request.body);
    let url = request.json()["confirmUrl"].as_str().unwrap().to_owned();
    open(altinn, &format!("/{}", url.strip_prefix(&altinn.address).unwrap()))
}

#[track_caller]
fn status_of(altinn: &Altinn, id: &str) -> String {
    altinn.get(&format!("{REQUESTS}/{id}")).ok()["status"].as_str().unwrap().to_owned()
}

#[test]
fn the_page_says_who_asks_whom_for_what() {
    let altinn = altinn();
    let body = json!({
        "systemId": SYSTEM, "partyOrgNo": "312600757", "externalRef": "customer-7", "integrationTitle": "Lønn hos Blid",
        "rights": [right(LOGISTICS)], "accessPackages": [package("lonn")], "redirectUrl": REDIRECT,
    });
    let page = page_of(&altinn, "", &body);
    assert_eq!(page.answer.status, 200);
    for shown in [
        "<html lang=\"nb\">",
        "<h1>Forespørsel om systembruker</h1>",
        "SmartCloud AS <code>991825827</code>",
        "SmartCloud Regnskap <code>991825827_smartcloud</code>",
        "Blid Strand Bakeri AS <code>312600757</code>",
        "Lønn hos Blid",
        "<code>customer-7</code>",
        "Logistikk, demonstrasjon",
        "<code>ttd_systembruker-logistikk-demo</code>",
        "<code>urn:altinn:accesspackage:lonn</code>",
        "value=\"approve\">Godkjenn</button>",
        "value=\"reject\">Avvis</button>",
        "Dette er en sandkasse på din egen maskin",
        "<code>https://smartcloudaltinn.azurewebsites.net/receipt?customer=7</code>",
    ] {
        assert!(page.answer.body.contains(shown), "{shown}: {}", page.answer.body);
    }
    for part in ["<title>", "<header>", "<nav aria-label", "<main id=\"content\">", "<footer>", "<dl>", "scope=\"col\""]
    {
        assert_eq!(page.answer.body.matches(part).count(), if part.starts_with("scope") { 3 } else { 1 }, "{part}");
    }
    assert!(!page.answer.body.contains("<script"));
}

#[test]
fn the_page_speaks_the_language_that_is_wanted() {
    let altinn = altinn();
    let lang = |query: &str, accepted: &str| {
        let path = format!("{}{query}", path_of(NEVER_APPROVED));
        let answer = altinn.send("GET", &path, &[("Accept-Language", accepted)], "");
        let english = answer.body.contains("<h1>Request for a system user</h1>");
        let lang = answer.header("content-language").unwrap().to_owned();
        assert!(answer.body.contains(&format!("<html lang=\"{lang}\">")));
        assert_eq!(english, lang == "en");
        lang
    };
    for (accepted, expected) in [
        ("", "nb"),
        ("*", "nb"),
        ("de", "nb"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("nb-NO,nb;q=0.9,en;q=0.8", "nb"),
        ("de,nn;q=0.5,en;q=0.8", "en"),
        ("nn,en;q=0.8", "nb"),
        ("en;q=0", "nb"),
    ] {
        assert_eq!(lang("", accepted), expected, "{accepted}");
    }
    assert_eq!((lang("&lang=en", "nb"), lang("&lang=nb", "en")), ("en".to_owned(), "nb".to_owned()));
    // It leads to the other language, and stays with the one that was chosen.
    let page = open(&altinn, &format!("{}&lang=en", path_of(NEVER_APPROVED)));
    let address = path_of(NEVER_APPROVED).replace('&', "&amp;");
    assert!(page.answer.body.contains(&format!("href=\"{address}&amp;lang=nb\" lang=\"nb\"")), "{}", page.answer.body);
    assert!(page.answer.body.contains(&format!("action=\"{address}&amp;lang=en\"")));
    assert!(page.answer.body.contains("SmartCloud Accounting"));
}

#[test]
fn what_others_wrote_is_shown_and_never_run() {
    let altinn = altinn();
    let odd = "<script>alert(1)</script>\"'&";
    let system = changed(new_system(), |system| {
        (system["name"]["nb"], system["description"]["nb"]) = (json!(odd), json!("<b>"));
    });
    assert_eq!(altinn.post("systemregister/vendor", &system).status, 200);
    let body = json!({
        "systemId": "991825827_new", "partyOrgNo": "312600757", "rights": [right(LOGISTICS)], "externalRef": odd,
        "integrationTitle": "\"><img src=x>",
    });
    let page = page_of(&altinn, "", &body);
    let shown = "&lt;script&gt;alert(1)&lt;/script&gt;&quot;'&amp;";
    assert_eq!(page.answer.body.matches(shown).count(), 2, "{}", page.answer.body);
    for harm in ["<script", "<img", "<b>"] {
        assert!(!page.answer.body.contains(harm), "{harm}: {}", page.answer.body);
    }
    assert!(page.answer.body.contains("&quot;&gt;&lt;img src=x&gt;"), "{}", page.answer.body);
    let receipt = page.press(&altinn, "approve");
    assert!(receipt.body.contains(shown) && !receipt.body.contains("<script"), "{}", receipt.body);
    // No command is offered that a shell would read otherwise.
    assert!(!receipt.body.contains("--external-ref"), "{}", receipt.body);
}

#[test]
fn every_page_forbids_what_it_does_not_need() {
    let altinn = altinn();
    let page = page_of(&altinn, "", &changed(wish(), |wish| wish["redirectUrl"] = json!(REDIRECT)));
    let style = page.answer.body.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, style.as_bytes());
    let hash = base64::engine::general_purpose::STANDARD.encode(hash);
    let policy = |action: &str| {
        format!(
            "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; frame-ancestors 'none'; form-action {action}"
        )
    };
    // A browser may hold the redirect after a form to the same rule as the form.
    let with_redirect = policy("'self' https://smartcloudaltinn.azurewebsites.net");
    assert_eq!(page.answer.header("content-security-policy"), Some(with_redirect.as_str()));
    let plain = open(&altinn, &path_of(NEVER_APPROVED));
    assert_eq!(plain.answer.header("content-security-policy"), Some(policy("'self'").as_str()));
    let closed = open(&altinn, &path_of("b7d24c83-9e1a-4f58-a6c0-8d3e7b5f1907"));
    assert_eq!(closed.answer.header("content-security-policy"), Some(policy("'none'").as_str()));
    let redirected = page.press(&altinn, "approve");
    for answer in [&page.answer, &plain.answer, &closed.answer, &open(&altinn, &path_of("x")).answer, &redirected] {
        for (name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{}", answer.head);
        }
    }
    let cookie = page.answer.header("set-cookie").unwrap();
    assert!(cookie.ends_with("; Path=/accessmanagement/; SameSite=Strict; HttpOnly"), "{cookie}");
}

#[test]
fn an_approved_request_makes_a_system_user_of_its_own_id_that_may_do_what_was_asked_for() {
    let altinn = altinn();
    altinn.has_no_user(CLIENT, "312600757", None);
    let page = page_of(&altinn, "", &wish());
    let receipt = page.press(&altinn, "approve");
    assert_eq!(receipt.status, 200, "{}", receipt.body);
    assert!(receipt.body.contains("Du har godkjent forespørselen"), "{}", receipt.body);
    assert!(receipt.body.contains("systemuser-demo token --org 312600757<"), "{}", receipt.body);
    let id = "00000000-0000-4000-8000-000000000001";
    assert_eq!(status_of(&altinn, id), "Accepted");
    let token = altinn.user_token("312600757");
    assert_eq!(claims_of(&token)["authorization_details"][0]["systemuser_id"], json!([id]));
    assert_eq!(claims_of(&token)["authorization_details"][0]["system_id"], SYSTEM);
    let reads = |api, org| altinn.reads(&token, api, org);
    assert_eq!((reads("Salary", "312600757"), reads("Logistics", "312600757")), (200, 403));
    assert_eq!(reads("Salary", "210493352"), 403);
    let found = altinn.get(&format!("systemuser/vendor/byquery?system-id={SYSTEM}&orgno=312600757")).ok();
    assert_eq!((&found["id"], &found["integrationTitle"]), (&json!(id), &json!("SmartCloud Regnskap")));
    // Another client of the vendor is not on the system.
    altinn.has_no_user(SECOND_CLIENT, "312600757", None);
    altinn.has_no_user(OTHER_VENDORS_CLIENT, "312600757", None);
    altinn.post(REQUESTS, &wish()).is_problem(400, "AUTH-00004");
}

#[test]
fn a_request_of_the_cast_is_approved_like_any_other() {
    let altinn = altinn();
    assert_eq!(open(&altinn, &path_of(NEVER_APPROVED)).press(&altinn, "approve").status, 200);
    let token = altinn.user_token("314168267");
    assert_eq!(
        (altinn.reads(&token, "Salary", "314168267"), altinn.reads(&token, "Logistics", "314168267")),
        (200, 200)
    );
}

#[test]
fn packages_open_what_rights_do() {
    let altinn = altinn();
    for (reference, name, salary, logistics) in [("a", "lonn", 200, 403), ("b", "veitransport", 403, 200)] {
        let body = json!({
            "systemId": SYSTEM, "partyOrgNo": "312600757", "externalRef": reference, "accessPackages": [package(name)]
        });
        assert_eq!(page_of(&altinn, "", &body).press(&altinn, "approve").status, 200);
        let answer = altinn.ask_for_user(CLIENT, "312600757", Some(reference)).ok();
        let token = answer["access_token"].as_str().unwrap();
        let reads = (altinn.reads(token, "Salary", "312600757"), altinn.reads(token, "Logistics", "312600757"));
        assert_eq!(reads, (salary, logistics), "{name}");
    }
    altinn.has_no_user(CLIENT, "312600757", None);
}

#[test]
fn an_agent_reads_for_its_clients_and_not_for_itself() {
    let altinn = altinn();
    let page = page_of(&altinn, "/agent", &agent_wish());
    assert!(page.answer.body.contains("<h1>Forespørsel om systembruker for klienter</h1>"), "{}", page.answer.body);
    let receipt = page.press(&altinn, "approve");
    assert!(receipt.body.contains("Kvikk Dal Rør AS <code>313775429</code>"), "{}", receipt.body);
    let token = altinn.user_token("314112938");
    let reads = |api, org| altinn.reads(&token, api, org);
    assert_eq!((reads("Salary", "313775429"), reads("Logistics", "313775429")), (200, 403));
    assert_eq!((reads("Salary", "314112938"), reads("Salary", "310385980")), (403, 403));
    let users = altinn.get(&format!("systemuser/vendor/byquery?system-id={SYSTEM}&orgno=314112938")).ok();
    assert_eq!(users["userType"], "agent");
}

#[test]
fn a_rejected_request_makes_nothing() {
    let altinn = altinn();
    let page = page_of(&altinn, "", &wish());
    let receipt = page.press(&altinn, "reject");
    assert_eq!(receipt.status, 200);
    assert!(receipt.body.contains("Du har avvist forespørselen"), "{}", receipt.body);
    assert_eq!(status_of(&altinn, "00000000-0000-4000-8000-000000000001"), "Rejected");
    altinn.has_no_user(CLIENT, "312600757", None);
}

#[test]
fn after_an_answer_of_either_kind_one_is_led_to_the_redirect_address() {
    for decision in ["approve", "reject"] {
        let altinn = altinn();
        let page = page_of(&altinn, "", &changed(wish(), |wish| wish["redirectUrl"] = json!(REDIRECT)));
        let answer = page.press(&altinn, decision);
        assert_eq!((answer.status, answer.header("location")), (303, Some(REDIRECT)));
    }
}

#[test]
fn a_request_is_answered_once() {
    let altinn = altinn();
    let page = page_of(&altinn, "", &wish());
    assert_eq!(page.press(&altinn, "approve").status, 200);
    let again = page.press(&altinn, "reject");
    assert_eq!(again.status, 409);
    assert!(
        again.body.contains("Forespørselen er godkjent. Det kan ikke svares på den en gang til."),
        "{}",
        again.body
    );
    assert_eq!(status_of(&altinn, "00000000-0000-4000-8000-000000000001"), "Accepted");
    altinn.user_token("312600757");
}

#[test]
fn a_request_that_cannot_be_answered_says_why_and_has_no_buttons() {
    let altinn = altinn();
    for (id, status, words) in [
        ("d6a1d5a4-2d58-4b0f-9c3b-7e1f0c7a4e01", 200, "Forespørselen er godkjent."),
        ("b7d24c83-9e1a-4f58-a6c0-8d3e7b5f1907", 200, "Forespørselen er avvist."),
        ("e15a9f40-6b8c-4d27-93fe-2c7b4a8d0608", 200, "Forespørselen er avslått."),
        ("3f6e8b15-c2d7-4a90-8e4b-1a9d5c7f2e06", 200, "Forespørselen er utløpt"),
        ("00000000-0000-4000-8000-000000000001", 404, "Det finnes ingen slik forespørsel."),
        // An agent's, at the page for the others.
        ("8a3b6d2c-14e9-4d7f-92c6-6c0e5f4b8d05", 404, "Det finnes ingen slik forespørsel."),
        ("x", 400, "Adressen mangler id-en"),
        ("", 400, "Adressen mangler id-en"),
    ] {
        let page = open(&altinn, &path_of(id));
        assert_eq!(page.answer.status, status, "{id}");
        assert!(page.answer.body.contains(words) && !page.has_buttons(), "{id}: {}", page.answer.body);
    }
    assert_eq!(open(&altinn, "/accessmanagement/ui/systemuser/changerequest?id=x").answer.status, 404);
    assert_eq!(altinn.send("PUT", &path_of(NEVER_APPROVED), &[], "").status, 405);
}

#[test]
fn a_system_without_a_name_in_bokmal_can_be_rejected_only() {
    let altinn = altinn();
    let system = changed(new_system(), |system| system["name"] = json!({ "en": "New" }));
    assert_eq!(altinn.post("systemregister/vendor", &system).status, 200);
    let body = json!({ "systemId": "991825827_new", "partyOrgNo": "312600757", "rights": [right(LOGISTICS)] });
    let page = page_of(&altinn, "", &body);
    assert!(page.answer.body.contains("AUTH-00017"), "{}", page.answer.body);
    assert!(!page.answer.body.contains("value=\"approve\"") && page.answer.body.contains("value=\"reject\""));
    let refused = page.press(&altinn, "approve");
    assert!(refused.status == 409 && refused.body.contains("AUTH-00017"), "{}", refused.body);
    altinn.has_no_user(SECOND_CLIENT, "312600757", None);
    assert_eq!(page.press(&altinn, "reject").status, 200);
}

#[test]
fn a_system_that_was_deleted_meanwhile_gets_no_system_user() {
    let altinn = altinn();
    let page = page_of(&altinn, "", &wish());
    altinn.delete(&format!("systemregister/vendor/{SYSTEM}"));
    let refused = page.press(&altinn, "approve");
    assert!(refused.status == 409 && refused.body.contains("slettet i Systemregisteret"), "{}", refused.body);
    assert_eq!(status_of(&altinn, "00000000-0000-4000-8000-000000000001"), "New");
}
