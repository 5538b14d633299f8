//! The content of the approval page.

use serde_json::json;

use super::approval::{NEVER_APPROVED, open, page_of, path_of};
use super::receipt::REDIRECT;
use super::requests::{new_agent_request, new_request};
use super::*;

#[test]
fn the_page_shows_the_vendor_the_customer_and_the_requested_rights() {
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
        "<bdi>SmartCloud AS</bdi> <code>991825827</code>",
        "<bdi>SmartCloud Regnskap</bdi> <code>991825827_smartcloud</code>",
        "<bdi>Blid Strand Bakeri AS</bdi> <code>312600757</code>",
        "<bdi>Lønn hos Blid</bdi>",
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
fn the_page_uses_the_preferred_language() {
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
    // The page links to the other language and keeps the language that was chosen.
    let page = open(&altinn, &format!("{}&lang=en", path_of(NEVER_APPROVED)));
    let address = path_of(NEVER_APPROVED).replace('&', "&amp;");
    assert!(page.answer.body.contains(&format!("href=\"{address}&amp;lang=nb\" lang=\"nb\"")), "{}", page.answer.body);
    assert!(page.answer.body.contains(&format!("action=\"{address}&amp;lang=en\"")));
    assert!(page.answer.body.contains("SmartCloud Accounting"));
}

#[test]
fn text_from_others_is_shown_and_never_executed() {
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
    let receipt = page.answered(&altinn, "approve");
    assert!(receipt.body.contains(shown) && !receipt.body.contains("<script"), "{}", receipt.body);
}

#[test]
fn every_page_forbids_what_it_does_not_need() {
    let altinn = altinn();
    let page = page_of(&altinn, "", &changed(new_request(), |body| body["redirectUrl"] = json!(REDIRECT)));
    let style = page.answer.body.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, style.as_bytes());
    let hash = base64::engine::general_purpose::STANDARD.encode(hash);
    let policy = |action: &str| {
        format!(
            "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; frame-ancestors 'none'; form-action {action}"
        )
    };
    assert_eq!(page.answer.header("content-security-policy"), Some(policy("'self'").as_str()));
    let plain = open(&altinn, &path_of(NEVER_APPROVED));
    assert_eq!(plain.answer.header("content-security-policy"), Some(policy("'self'").as_str()));
    let closed = open(&altinn, &path_of("b7d24c83-9e1a-4f58-a6c0-8d3e7b5f1907"));
    assert_eq!(closed.answer.header("content-security-policy"), Some(policy("'none'").as_str()));
    let pressed = page.press(&altinn, "approve");
    let receipt = altinn.send("GET", pressed.header("location").unwrap(), &[], "");
    for answer in [&pressed, &receipt] {
        assert_eq!(answer.header("content-security-policy"), Some(policy("'none'").as_str()));
    }
    let none = open(&altinn, &path_of("x"));
    for answer in [&page.answer, &plain.answer, &closed.answer, &none.answer, &pressed, &receipt] {
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
    assert!(cookie.ends_with("; Path=/accessmanagement/; SameSite=Lax; HttpOnly"), "{cookie}");
}

#[test]
fn the_page_of_a_closed_request_gives_the_reason_and_has_no_buttons() {
    let altinn = altinn();
    for (id, status, words) in [
        ("d6a1d5a4-2d58-4b0f-9c3b-7e1f0c7a4e01", 200, "Forespørselen er godkjent."),
        ("b7d24c83-9e1a-4f58-a6c0-8d3e7b5f1907", 200, "Forespørselen er avvist."),
        ("e15a9f40-6b8c-4d27-93fe-2c7b4a8d0608", 200, "Forespørselen er avslått."),
        ("3f6e8b15-c2d7-4a90-8e4b-1a9d5c7f2e06", 200, "Forespørselen er utløpt"),
        ("00000000-0000-4000-8000-000000000001", 404, "Forespørselen finnes ikke."),
        // An agent request, on the page for standard requests.
        ("8a3b6d2c-14e9-4d7f-92c6-6c0e5f4b8d05", 404, "Forespørselen finnes ikke."),
        ("x", 400, "Adressen mangler id-en"),
        ("", 400, "Adressen mangler id-en"),
    ] {
        let page = open(&altinn, &path_of(id));
        assert_eq!(page.answer.status, status, "{id}");
        assert!(page.answer.body.contains(words) && !page.has_buttons(), "{id}: {}", page.answer.body);
    }
    assert_eq!(open(&altinn, "/accessmanagement/ui/systemuser/other?id=x").answer.status, 404);
    assert_eq!(altinn.send("PUT", &path_of(NEVER_APPROVED), &[], "").status, 405);
}

#[test]
fn the_title_of_an_answered_request_shows_the_answer() {
    let altinn = altinn();
    let titled = |answer: &Answer, title: &str| {
        assert!(answer.body.contains(&format!("<h1>{title}</h1>")), "{title}: {}", answer.body);
        assert!(answer.body.contains(&format!("<title>{title} – ")), "{title}: {}", answer.body);
    };
    for (id, title, english) in [
        ("d6a1d5a4-2d58-4b0f-9c3b-7e1f0c7a4e01", "Godkjent", "Approved"),
        ("b7d24c83-9e1a-4f58-a6c0-8d3e7b5f1907", "Avvist", "Rejected"),
        ("e15a9f40-6b8c-4d27-93fe-2c7b4a8d0608", "Avslått", "Denied"),
        ("3f6e8b15-c2d7-4a90-8e4b-1a9d5c7f2e06", "Utløpt", "Timed out"),
    ] {
        titled(&open(&altinn, &path_of(id)).answer, &format!("{title} – forespørsel om systembruker"));
        let there = open(&altinn, &format!("{}&lang=en", path_of(id))).answer;
        titled(&there, &format!("{english} – request for a system user"));
        assert!(there.body.contains("<p class=\"note\" role=\"status\">"), "{}", there.body);
    }
    let page = page_of(&altinn, "/agent", &new_agent_request());
    titled(&page.answer, "Forespørsel om systembruker for klienter");
    titled(&page.answered(&altinn, "reject"), "Avvist – forespørsel om systembruker for klienter");
    let again = page.press(&altinn, "approve");
    titled(&again, "Avvist – forespørsel om systembruker for klienter");
    assert!(again.status == 409 && again.body.contains("<p class=\"note\" role=\"alert\">"), "{}", again.body);
}

#[test]
fn text_from_a_vendor_stays_in_its_element_and_hides_nothing() {
    let altinn = altinn();
    let system = changed(new_system(), |system| {
        system["name"]["nb"] = json!("Nytt\u{202e}metsys\u{2069}");
        system["description"]["nb"] = json!("Linje én\nlinje to\u{0}\u{1b}[31m\u{9b}");
    });
    assert_eq!(altinn.post("systemregister/vendor", &system).status, 200);
    let body = json!({
        "systemId": "991825827_new", "partyOrgNo": "312600757", "rights": [right(LOGISTICS)],
        "externalRef": "a\u{7}b", "integrationTitle": "\u{200f}שלום",
    });
    let page = page_of(&altinn, "", &body).answer.body;
    for shown in [
        "<bdi>Nytt‹U+202E›metsys‹U+2069›</bdi> <code>991825827_new</code>",
        "<bdi class=\"small\">Linje én linje to‹U+0000›‹U+001B›[31m‹U+009B›</bdi>",
        "<code>a‹U+0007›b</code>",
        "<bdi>‹U+200F›שלום</bdi>",
        "code { unicode-bidi: isolate;",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
}

#[test]
fn name_and_description_fall_back_to_another_language() {
    let altinn = altinn();
    let system = changed(new_system(), |system| {
        (system["name"], system["description"]) =
            (json!({ "nb": "Nytt", "nn": "", "en": "" }), json!({ "nb": "", "nn": "Eit nytt system", "en": "" }));
    });
    assert_eq!(altinn.post("systemregister/vendor", &system).status, 200);
    let body = json!({ "systemId": "991825827_new", "partyOrgNo": "312600757", "rights": [right(LOGISTICS)] });
    let page = page_of(&altinn, "", &body);
    for lang in ["nb", "en"] {
        let page = open(&altinn, &format!("{}&lang={lang}", page.path)).answer.body;
        assert!(page.contains("<bdi>Nytt</bdi>") && page.contains("Eit nytt system</bdi>"), "{lang}: {page}");
    }
}

#[test]
fn the_page_shows_the_action_of_a_right() {
    let altinn = altinn();
    let write = changed(right(LOGISTICS), |right| right["action"] = json!("write"));
    let body = changed(new_request(), |body| body["rights"] = json!([write, right(SALARY)]));
    let page = page_of(&altinn, "", &body);
    assert!(page.answer.body.contains("Enkeltrettighet (handling <code>write</code>)</td>"), "{}", page.answer.body);
    assert!(page.answer.body.contains("Enkeltrettighet</td>"), "{}", page.answer.body);
    let english = open(&altinn, &format!("{}&lang=en", page.path)).answer.body;
    assert!(english.contains("Single right (action <code>write</code>)</td>"), "{english}");
}

#[test]
fn the_texts_are_altinns() {
    let altinn = altinn();
    let page = page_of(&altinn, "/agent", &new_agent_request());
    let english = open(&altinn, &format!("{}&lang=en", page.path)).answer.body;
    assert!(english.contains("asks for a system user for the organisation."), "{english}");
    assert!(english.contains("that you are entitled to approve on behalf of the organisation."), "{english}");
    for page in [&english, &page.answer.body] {
        assert!(page.contains("role=\"columnheader\">ID</th>"), "{page}");
    }
    let receipt = page.answered(&altinn, "approve").body;
    assert!(receipt.contains("Systembrukeren handler på vegne av virksomhetens klienter i sandkassen:"), "{receipt}");
}
