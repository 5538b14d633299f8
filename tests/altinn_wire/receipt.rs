//! The receipt after an answer, and the redirect from there to the vendor.

use serde_json::json;

use super::approval::{Page, open, page_of, path_of};
use super::requests::{new_agent_request, new_request};
use super::*;
use crate::program::in_a_new_terminal;

pub(super) const REDIRECT: &str = "https://smartcloudaltinn.azurewebsites.net/receipt?customer=7";
const FIRST: &str = "00000000-0000-4000-8000-000000000001";

fn page_with_redirect(altinn: &Altinn) -> Page {
    page_of(altinn, "", &changed(new_request(), |body| body["redirectUrl"] = json!(REDIRECT)))
}

/// The URL that a page redirects to. Asserts an immediate redirect and a visible link to the same URL.
#[track_caller]
fn leads_to(answer: &Answer) -> Option<String> {
    let (_, rest) = answer.body.split_once("<meta http-equiv=\"refresh\" content=\"")?;
    let address = rest.split('"').next().unwrap().strip_prefix("0; url=").expect("at once").to_owned();
    assert!(answer.body.contains(&format!("<a href=\"{address}\"><bdi>")), "{}", answer.body);
    Some(address)
}

#[test]
fn an_answer_redirects_to_its_receipt_and_then_to_the_redirect_url() {
    for (decision, title) in [("approve", "Godkjent"), ("reject", "Avvist")] {
        let altinn = altinn();
        let pressed = page_with_redirect(&altinn).press(&altinn, decision);
        // Relative, so that the host name stays the same.
        let receipt = format!("{}&receipt=1&lang=nb", path_of(FIRST));
        assert_eq!((pressed.status, pressed.header("location")), (303, Some(receipt.as_str())));
        // Loading the receipt again changes nothing.
        for _ in 0..2 {
            let receipt = altinn.send("GET", &receipt, &[], "");
            assert_eq!((receipt.status, leads_to(&receipt).as_deref()), (200, Some(REDIRECT)));
            assert!(receipt.body.contains(&format!("<h1>{title} – ")), "{}", receipt.body);
            assert!(!receipt.body.contains("<button"), "{}", receipt.body);
        }
    }
}

#[test]
fn a_receipt_without_a_redirect_url_does_not_redirect() {
    let altinn = altinn();
    let page = page_of(&altinn, "", &new_request());
    let english = Page { path: format!("{}&lang=en", page.path), answer: page.answer };
    let receipt = english.answered(&altinn, "approve");
    assert_eq!(leads_to(&receipt), None);
    assert!(receipt.body.contains("You have approved the request"), "{}", receipt.body);
    assert!(receipt.body.contains("You can close this window."), "{}", receipt.body);
    // The link to the other language also opens the receipt.
    let there = format!("{}&amp;receipt=1&amp;lang=nb", path_of(FIRST).replace('&', "&amp;"));
    assert!(receipt.body.contains(&format!("href=\"{there}\"")), "{}", receipt.body);
}

#[test]
fn only_the_receipt_of_an_answer_redirects_and_only_to_the_redirect_url() {
    let altinn = altinn();
    let page = page_with_redirect(&altinn);
    let receipt = format!("{}&receipt=1", page.path);
    // Nobody has answered yet.
    let early = open(&altinn, &receipt);
    assert!(early.has_buttons() && leads_to(&early.answer).is_none(), "{}", early.answer.body);
    page.answered(&altinn, "approve");
    // The confirm URL, opened again.
    let again = open(&altinn, &page.path);
    assert!(leads_to(&again.answer).is_none() && !again.has_buttons(), "{}", again.answer.body);
    // The query is not used as a redirect URL.
    for more in ["https://example.no/", "1&redirectUrl=https://example.no/&url=https://example.no/"] {
        let answer = open(&altinn, &format!("{}&receipt={more}", page.path)).answer;
        assert_eq!(leads_to(&answer).as_deref(), Some(REDIRECT));
        assert!(!answer.body.contains("example.no"), "{}", answer.body);
    }
    for id in ["3f6e8b15-c2d7-4a90-8e4b-1a9d5c7f2e06", "e15a9f40-6b8c-4d27-93fe-2c7b4a8d0608"] {
        let closed = open(&altinn, &format!("{}&receipt=1", path_of(id))).answer;
        assert!(!closed.body.contains("Du har "), "{}", closed.body);
    }
}

/// The approval page and the receipt of a request with this redirect URL. The system allows the URL.
fn receipt_with(redirect: &str) -> (Answer, Answer) {
    let altinn = altinn();
    assert_eq!(altinn.post("systemregister/vendor", &new_system()).status, 200);
    // An update accepts http, so the system is updated after its registration.
    let place = redirect.split('?').next().unwrap();
    let system = changed(new_system(), |system| system["allowedRedirectUrls"] = json!([place]));
    assert_eq!(altinn.put("systemregister/vendor/991825827_new", &system).status, 200);
    let body = json!({
        "systemId": "991825827_new", "partyOrgNo": "312600757", "rights": [right(LOGISTICS)], "redirectUrl": redirect,
    });
    let page = page_of(&altinn, "", &body);
    let receipt = page.answered(&altinn, "approve");
    (page.answer, receipt)
}

#[test]
fn a_redirect_url_with_any_valid_host_works() {
    for (redirect, address) in [
        ("https://blåbær.no/kvittering?a=å", "https://xn--blbr-roah.no/kvittering?a=%C3%A5"),
        ("https://my_host.example.no/receipt", "https://my_host.example.no/receipt"),
        ("http://localhost:3000/receipt", "http://localhost:3000/receipt"),
        ("https://[2001:db8::1]:8443/receipt?a=1#b", "https://[2001:db8::1]:8443/receipt?a=1#b"),
    ] {
        let (page, receipt) = receipt_with(redirect);
        assert!(page.body.contains(&format!("Etterpå sendes du til <code>{redirect}</code>")), "{}", page.body);
        assert_eq!(leads_to(&receipt).as_deref(), Some(address));
        assert!(receipt.body.contains(&format!("<bdi>{redirect}</bdi>")), "{}", receipt.body);
    }
}

#[test]
fn a_redirect_url_is_escaped_and_never_executed() {
    let (page, receipt) = receipt_with("https://example.no/receipt?a=1&b=\"><script>alert(1)</script>;url='x'");
    let address = "https://example.no/receipt?a=1&amp;b=%22%3E%3Cscript%3Ealert(1)%3C/script%3E;url=%27x%27";
    assert_eq!(leads_to(&receipt).as_deref(), Some(address));
    for answer in [&page, &receipt] {
        assert!(!answer.body.contains("<script"), "{}", answer.body);
    }
}

/// The command on a receipt, as a browser shows it.
fn command_of(receipt: &Answer) -> Option<String> {
    let (_, rest) = receipt.body.split_once("<pre><code>")?;
    let text = rest.split_once("</code></pre>").unwrap().0;
    Some(text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
}

#[cfg(unix)]
#[test]
fn the_command_on_a_receipt_works_in_a_new_terminal() {
    let altinn = altinn();
    let own = changed(new_system(), |system| system["clientId"] = json!([SECOND_CLIENT]));
    assert_eq!(altinn.post("systemregister/vendor", &own).status, 200);
    let of = |system: &str, reference: Option<&str>| {
        let mut body = json!({ "systemId": system, "partyOrgNo": "312600757", "rights": [right(LOGISTICS)] });
        if let Some(reference) = reference {
            body["externalRef"] = json!(reference);
        }
        body
    };
    for (kind, body, options) in [
        ("", of(SYSTEM, None), "--org 312600757"),
        ("", of(SYSTEM, Some("customer-7")), "--org 312600757 --external-ref customer-7"),
        ("", of(SYSTEM, Some("-x")), "--org 312600757 --external-ref=-x"),
        ("", of(SYSTEM, Some("312600758")), "--org 312600757 --external-ref 312600758"),
        ("", of(SYSTEM, Some("Blå_7-Ø")), "--org 312600757 --external-ref Blå_7-Ø"),
        (
            "",
            of("991825827_new", Some("customer-7")),
            "--org 312600757 --external-ref customer-7 --client-id 1c9b7d52-6e0f-4b83-a5d4-92f3e8c07b16",
        ),
        ("/agent", new_agent_request(), "--org 314112938"),
    ] {
        let page = page_of(&altinn, kind, &body);
        let receipt = page.answered(&altinn, "approve");
        let command = command_of(&receipt).unwrap_or_else(|| panic!("{}", receipt.body));
        let address = altinn.address.trim_end_matches('/');
        assert_eq!(command, format!("SYSTEMUSER_SANDBOX={address} systemuser-demo token {options}"));
        let run = in_a_new_terminal(&command);
        assert_eq!((run.code, run.out.matches('.').count()), (0, 2), "{command}: {}", run.err);
        let user =
            claims_of(run.out.trim())["authorization_details"][0]["systemuser_id"][0].as_str().unwrap().to_owned();
        assert!(page.path.contains(&format!("?id={user}&")), "{command}: {}", page.path);
    }
}

#[test]
fn a_receipt_has_no_command_if_none_would_work() {
    for (clients, reference) in [
        // No grant can name these references.
        (json!([SECOND_CLIENT]), "it's $(exit 9)"),
        (json!([SECOND_CLIENT]), "v1.2"),
        (json!([SECOND_CLIENT]), "line\nbreak"),
        (json!([SECOND_CLIENT]), "right\u{202e}left"),
        (json!(["4d6f8a02-5b7c-4e9d-8f1a-2b3c4d5e6f70"]), "customer-7"),
    ] {
        let altinn = altinn();
        let system = changed(new_system(), |system| system["clientId"] = clients.clone());
        assert_eq!(altinn.post("systemregister/vendor", &system).status, 200);
        let body = json!({
            "systemId": "991825827_new", "partyOrgNo": "312600757", "rights": [right(LOGISTICS)],
            "externalRef": reference,
        });
        let receipt = page_of(&altinn, "", &body).answered(&altinn, "approve");
        assert_eq!(command_of(&receipt), None, "{reference:?}: {}", receipt.body);
    }
}
