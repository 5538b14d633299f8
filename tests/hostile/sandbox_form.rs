//! The sandbox's Altinn with arbitrary data from a vendor, and its approval page with arbitrary data from a browser.

use axum::body::Body;
use axum::http::{Method, Request};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::sandbox::{ADDRESS, Answer, CLIENT, Sandbox, claims, header, signed};
use super::{acts, any_json, is_soon_done, object_with, text, try_all};

const SYSTEM: &str = "991825827_smartcloud";

struct Vendor {
    sandbox: Sandbox,
    bearer: String,
}

fn vendor() -> Vendor {
    let sandbox = Sandbox::start();
    let scopes = ["systemregister.write", "systemuser.request.write", "systemuser.request.read"];
    let scopes = scopes.map(|scope| format!("altinn:authentication/{scope}")).join(" ");
    let answer = sandbox.grant(&signed(header().to_string().as_bytes(), claims(&scopes).to_string().as_bytes()));
    let bearer = format!("Bearer {}", answer.json()["access_token"].as_str().unwrap());
    Vendor { sandbox, bearer }
}

impl Vendor {
    fn call(&self, method: Method, path: &str, body: &Value) -> Answer {
        let request = Request::builder().method(method).uri(format!("/authentication/api/v1/{path}"));
        let request = request.header("authorization", &self.bearer).header("content-type", "application/json");
        self.sandbox.call(request.body(Body::from(body.to_string())).unwrap())
    }

    fn page(&self, method: Method, path: &str, cookie: &str, form: String) -> Answer {
        let request =
            Request::builder().method(method).uri(path).header("host", "127.0.0.1:7070").header("cookie", cookie);
        self.sandbox.call(request.body(form.into()).unwrap())
    }
}

/// A valid request.
fn new_request() -> Value {
    json!({ "systemId": SYSTEM, "partyOrgNo": "312600757", "rights": rights() })
}

fn rights() -> Value {
    json!([{ "resource": [{ "id": "urn:altinn:resource", "value": "ttd_systembruker-logistikk-demo" }] }])
}

fn system(id: &str) -> Value {
    json!({
        "id": id, "vendor": { "ID": "0192:991825827" }, "name": { "nb": "Nytt", "nn": "Nytt", "en": "New" },
        "description": { "nb": "Nytt", "nn": "Nytt", "en": "New" },
        "rights": rights(), "accessPackages": [], "clientId": [], "isVisible": true, "allowedRedirectUrls": [],
    })
}

fn over(mut usual: Value, members: &Value) -> Value {
    usual.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    usual
}

/// Asserts that the page is complete, harmless, and contains no foreign element.
#[track_caller]
fn is_a_page(answer: &Answer) {
    assert!(answer.headers.contains_key("content-security-policy"), "{}", answer.status);
    let text = answer.body.split_once("</style>").unwrap().1;
    assert!(text.ends_with("</html>") && !text.contains(acts), "{text:?}");
    assert!(!text.contains("<x") && !text.contains("javascript:"), "{text}");
}

#[test]
fn a_vendors_json_is_accepted_or_refused_and_shown_to_the_customer_as_text() {
    const OF_REQUEST: &[&str] = &[
        "systemId",
        "partyOrgNo",
        "externalRef",
        "integrationTitle",
        "rights",
        "accessPackages",
        "redirectUrl",
        "more",
    ];
    const OF_SYSTEM: &[&str] = &[
        "id",
        "vendor",
        "name",
        "description",
        "rights",
        "accessPackages",
        "clientId",
        "isVisible",
        "allowedRedirectUrls",
        "ID",
        "Rights",
    ];
    let words = (text(), text()).prop_map(|(nb, en)| json!({ "nb": format!("<x>{nb}"), "nn": nb, "en": en }));
    let named = (words, text()).prop_map(|(words, title)| {
        json!({ "name": words, "description": words, "integrationTitle": format!("{title}<x>"), "externalRef": title,
            "redirectUrl": format!("javascript:{title}") })
    });
    let members = prop_oneof![object_with(OF_REQUEST), object_with(OF_SYSTEM), named, any_json()];
    let vendor = vendor();
    let nth = std::cell::Cell::new(0);
    let shown = std::cell::Cell::new(0);
    try_all(200, members, |members| {
        nth.set(nth.get() + 1);
        let id = format!("991825827_{}", nth.get());
        let whole = if members.is_object() { over(system(&id), &members) } else { members.clone() };
        let null = |member: &(&String, &Value)| member.1.is_null();
        let is_null = members.as_object().is_some_and(|members| members.iter().any(|member| null(&member)));
        for (method, path, body) in [
            (Method::POST, "systemregister/vendor", &whole),
            (Method::PUT, &*format!("systemregister/vendor/{SYSTEM}/rights"), &members),
            (Method::PUT, &format!("systemregister/vendor/{SYSTEM}/accesspackages"), &members),
            (Method::POST, "systemuser/request/vendor/agent", &members),
        ] {
            let answer = vendor.call(method, path, body);
            // The real Altinn also fails if a list is null, or if its database refuses the texts.
            let is_violation = answer.body.contains("violates check constraint");
            prop_assert!(answer.status.as_u16() < 500 || is_null || is_violation, "{path} {}: {}", body, answer.body);
        }
        // Requests a system user for the new system, or else a request with these members.
        let mut new_request = if members.is_object() { over(new_request(), &members) } else { new_request() };
        if vendor.call(Method::GET, &format!("systemregister/vendor/{id}"), &Value::Null).status == 200 {
            new_request = json!({ "systemId": id, "partyOrgNo": "312600757", "rights": rights() });
        } else if new_request["externalRef"].is_null() {
            new_request["externalRef"] = format!("customer-{id}").into();
        }
        let answer = vendor.call(Method::POST, "systemuser/request/vendor", &new_request);
        prop_assert!(answer.status.as_u16() < 500, "{}: {}", new_request, answer.body);
        if answer.status == 201 {
            let confirm = answer.json()["confirmUrl"].as_str().unwrap().replace(ADDRESS, "/");
            for language in ["nb", "en"] {
                is_a_page(&vendor.page(Method::GET, &format!("{confirm}&lang={language}"), "", String::new()));
            }
            shown.set(shown.get() + 1);
        }
        Ok(())
    });
    assert!(shown.get() > 40, "{}", shown.get());
}

#[test]
fn arbitrary_fields_cookies_and_queries_decide_nothing() {
    let vendor = vendor();
    let answer = vendor.call(Method::POST, "systemuser/request/vendor", &new_request());
    let body = answer.json();
    let (id, confirm) = (body["id"].as_str().unwrap(), body["confirmUrl"].as_str().unwrap().replace(ADDRESS, "/"));
    let page = vendor.page(Method::GET, &confirm, "", String::new());
    let cookie = page.header("set-cookie").split(';').next().unwrap().to_owned();
    let token = page.body.split_once("name=\"token\" value=\"").unwrap().1.split('"').next().unwrap().to_owned();
    let value = prop_oneof![text(), Just(token), Just("approve".to_owned()), "[ -~]{43}"];
    let fields = prop::collection::vec(
        (prop_oneof![Just("decision".to_owned()), Just("token".to_owned()), text()], value),
        0..5,
    );
    // A cookie with the right name and form, but another value.
    let other = format!("{}={}", cookie.split_once('=').unwrap().0, "A".repeat(43));
    let cookies = prop_oneof!["[ -~]{0,60}", Just(other), Just(cookie.replace('=', "=;")), Just(cookie.to_uppercase())];
    try_all(2_000, (fields, cookies, text()), |(fields, cookies, query)| {
        let form = fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        let query: String =
            query.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '%' | '=' | '&')).collect();
        let pressed = vendor.page(Method::POST, &format!("{confirm}&{query}"), &cookies, form);
        is_a_page(&pressed);
        prop_assert_eq!(pressed.status, 403);
        let other = vendor.page(
            Method::GET,
            &format!("/accessmanagement/ui/systemuser/request?{query}"),
            &cookies,
            String::new(),
        );
        is_a_page(&other);
        prop_assert!(other.status.is_client_error(), "{}", other.status);
        Ok(())
    });
    let answer = vendor.call(Method::GET, &format!("systemuser/request/vendor/{id}"), &Value::Null);
    assert_eq!(answer.json()["status"], "New");
}

#[test]
fn a_change_request_is_accepted_or_refused_and_shown_to_the_customer_as_text() {
    const LISTS: &[&str] =
        &["requiredRights", "unwantedRights", "requiredAccessPackages", "unwantedAccessPackages", "redirectUrl"];
    let unwanted = (text(), text()).prop_map(|(right, package)| {
        json!({ "unwantedRights": [{ "action": right, "resource": [{ "id": package, "value": format!("<x>{right}") }] }],
            "unwantedAccessPackages": [{ "urn": format!("{package}<x>") }] })
    });
    let vendor = vendor();
    let (nth, shown) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    try_all(200, prop_oneof![object_with(LISTS), unwanted, any_json()], |members| {
        nth.set(nth.get() + 1);
        let ids = format!(
            "correlation-id=00000000-0000-4000-9000-{:012}&system-user-id=d6a1d5a4-2d58-4b0f-9c3b-7e1f0c7a4e01",
            nth.get()
        );
        let body =
            if members.is_object() { over(json!({ "requiredRights": rights() }), &members) } else { members.clone() };
        let answer = vendor.call(Method::POST, &format!("systemuser/changerequest/vendor?{ids}"), &body);
        prop_assert!(answer.status.as_u16() < 500, "{}: {}", body, answer.body);
        if answer.status == 201 {
            let confirm = answer.json()["confirmUrl"].as_str().unwrap().replace(ADDRESS, "/");
            for language in ["nb", "en"] {
                is_a_page(&vendor.page(Method::GET, &format!("{confirm}&lang={language}"), "", String::new()));
            }
            shown.set(shown.get() + 1);
        }
        Ok(())
    });
    assert!(shown.get() > 40, "{}", shown.get());
}

/// Each list is read once, regardless of the number of comparisons.
#[test]
fn lists_of_the_maximum_length_are_compared_quickly() {
    let vendor = vendor();
    let many = |letter: &str| json!(vec![letter; 16_000]);
    for (nth, letter) in ["b", "c", "d", "e"].into_iter().enumerate() {
        let mut system = system(&format!("991825827_{nth}"));
        system["clientId"] = many(letter);
        let answer = is_soon_done(|| vendor.call(Method::POST, "systemregister/vendor", &system));
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let mut replaced = system(SYSTEM);
    replaced["clientId"] = (0..8_000).map(|nth| format!("{nth:x}")).collect();
    let answer = is_soon_done(|| vendor.call(Method::PUT, &format!("systemregister/vendor/{SYSTEM}"), &replaced));
    assert_eq!(answer.json()["validationErrors"][0]["code"], "AUTH.VLD-00004", "{}", answer.body);
    // Client ids that differ in case only are duplicates.
    replaced["clientId"] = json!([CLIENT, CLIENT.to_uppercase()]);
    let answer = vendor.call(Method::PUT, &format!("systemregister/vendor/{SYSTEM}"), &replaced);
    assert_eq!(answer.json()["validationErrors"][0]["code"], "AUTH.VLD-00011", "{}", answer.body);
    let urns: Value = (0..4_000).map(|nth| json!({ "urn": nth.to_string() })).collect();
    let path = format!("systemregister/vendor/{SYSTEM}/accesspackages");
    assert_eq!(is_soon_done(|| vendor.call(Method::PUT, &path, &urns)).status, 400);
    let rights: Value =
        (0..1_500).map(|nth| json!({ "resource": [{ "id": "a", "value": nth.to_string() }] })).collect();
    let path = format!("systemregister/vendor/{SYSTEM}/rights");
    assert_eq!(is_soon_done(|| vendor.call(Method::PUT, &path, &rights)).status, 400);
}
