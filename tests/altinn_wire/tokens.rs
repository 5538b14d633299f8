//! Access to Altinn's API, and the exchange of tokens.

use chrono::Utc;
use serde_json::{Value, json};

use super::*;

const REQUEST: &str = "systemuser/request/vendor";

/// Each endpoint, with the scope that it requires.
fn endpoints() -> Vec<(&'static str, String, &'static str)> {
    let id = "c48d1e6f-97b2-4c0a-a3d8-2b5f7e9a1c04";
    let mut all = vec![
        ("GET", "systemregister/vendor".to_owned(), REGISTER),
        ("POST", "systemregister/vendor".to_owned(), REGISTER),
        ("GET", format!("systemregister/vendor/{SYSTEM}"), REGISTER),
        ("PUT", format!("systemregister/vendor/{SYSTEM}"), REGISTER),
        ("PUT", format!("systemregister/vendor/{SYSTEM}/rights"), REGISTER),
        ("PUT", format!("systemregister/vendor/{SYSTEM}/accesspackages"), REGISTER),
        ("GET", format!("systemregister/vendor/{SYSTEM}/changelog"), REGISTER),
        ("GET", format!("systemuser/vendor/bysystem/{SYSTEM}"), REGISTER),
        ("GET", format!("systemuser/vendor/byquery?system-id={SYSTEM}&orgno=210493352"), WRITE),
        ("POST", REQUEST.to_owned(), WRITE),
        ("POST", format!("{REQUEST}/agent"), WRITE),
        ("GET", format!("{REQUEST}/{id}"), READ),
        ("GET", format!("{REQUEST}/agent/8a3b6d2c-14e9-4d7f-92c6-6c0e5f4b8d05"), READ),
        ("GET", format!("{REQUEST}/byexternalref/{SYSTEM}/210493352/210493352"), READ),
        ("GET", format!("{REQUEST}/agent/byexternalref/{SYSTEM}/314250052/314250052"), READ),
        ("GET", format!("{REQUEST}/bysystem/{SYSTEM}"), READ),
        ("GET", format!("{REQUEST}/agent/bysystem/{SYSTEM}"), READ),
    ];
    // Last, because these calls delete what the other calls read.
    all.push(("DELETE", format!("{REQUEST}/{id}"), WRITE));
    all.push(("DELETE", format!("systemregister/vendor/{SYSTEM}"), REGISTER));
    all
}

#[test]
fn without_a_token_the_answer_is_an_empty_401_without_a_challenge() {
    let altinn = altinn();
    for (method, path, _) in endpoints() {
        altinn.send(method, &format!("/authentication/api/v1/{path}"), &[], "").is_empty(401);
        altinn.call("rubbish", method, &path, &Value::Null).is_empty(401);
    }
}

#[test]
fn each_endpoint_requires_its_scope_and_returns_an_empty_answer_without_it() {
    let altinn = altinn();
    for (method, path, scope) in endpoints() {
        let others: Vec<&str> = [DEMO, REGISTER, WRITE, READ].into_iter().filter(|other| *other != scope).collect();
        altinn.call(&altinn.token(CLIENT, &others.join(" ")), method, &path, &Value::Null).is_empty(403);
        let answer = altinn.call(&altinn.token(CLIENT, scope), method, &path, &Value::Null);
        let reached = if matches!(method, "POST" | "PUT") { answer.status == 415 } else { answer.status < 300 };
        assert!(reached, "{method} {path}: {} {}", answer.status, answer.body);
    }
}

#[test]
fn the_registers_admin_scope_opens_the_register() {
    let altinn = altinn();
    let admin = altinn.forged(|claims| claims["scope"] = json!("altinn:authentication/systemregister.admin"));
    assert_eq!(altinn.call(&admin, "GET", "systemregister/vendor", &Value::Null).status, 200);
    let system = altinn.call(&admin, "POST", "systemregister/vendor", &new_system());
    assert_eq!(system.status, 200, "{}", system.body);
    let others = altinn.call(&admin, "GET", "systemregister/vendor/310702641_fjordlonn", &Value::Null);
    assert_eq!(others.status, 200, "the systems of other vendors, too: {}", others.body);
    let requests = altinn.call(&admin, "GET", &format!("{REQUEST}/bysystem/{SYSTEM}"), &Value::Null);
    requests.is_empty(403);
}

#[test]
fn a_token_with_another_issuer_or_key_or_an_invalid_time_is_refused() {
    let altinn = altinn();
    let now = Utc::now().timestamp();
    let status = |token: &str| altinn.call(token, "GET", "systemregister/vendor", &Value::Null).status;
    assert_eq!(status(&altinn.forged(|_| ())), 200);
    // Clocks may differ by up to ten seconds.
    assert_eq!(status(&altinn.forged(|claims| claims["exp"] = json!(now - 5))), 200);
    assert_eq!(status(&altinn.forged(|claims| claims["exp"] = json!(now - 15))), 401);
    assert_eq!(status(&altinn.forged(|claims| claims["iss"] = json!("https://test.maskinporten.no/"))), 401);
    // Times at or beyond the end of the calendar do not stop the sandbox.
    assert_eq!(
        status(&altinn.forged(|claims| claims["exp"] = json!(chrono::DateTime::<Utc>::MAX_UTC.timestamp()))),
        200
    );
    for exp in [json!(i64::MAX), json!(u64::MAX), json!(1e300), json!(-1e300), json!(i64::MIN), json!("1"), json!(null)]
    {
        assert_eq!(status(&altinn.forged(|claims| claims["exp"] = exp.clone())), 401, "{exp}");
    }
    assert_eq!(status(&altinn.forged(|_| ())), 200);
    let header = json!({ "alg": "RS256", "kid": "sandbox-issuer" });
    let claims = claims_of(&altinn.forged(|_| ()));
    assert_eq!(status(&sign(&pem("mp-key.pem.example"), &header, &claims)), 401);
}

#[test]
fn a_clock_set_beyond_the_calendar_stays_within_it() {
    for ahead in [chrono::TimeDelta::MAX, chrono::TimeDelta::MIN] {
        let altinn = with(SandboxOptions { clock_ahead: ahead, ..SandboxOptions::default() });
        assert_eq!(altinn.send("GET", "/jwk", &[], "").status, 200);
        altinn.call(&altinn.forged(|_| ()), "GET", "systemregister/vendor", &Value::Null);
        assert_eq!(altinn.send("GET", "/jwk", &[], "").status, 200);
    }
}

#[test]
fn a_token_without_a_vendor_is_refused_in_three_ways() {
    let altinn = altinn();
    let nobody = altinn.forged(|claims| drop(claims.as_object_mut().unwrap().shift_remove("consumer")));
    altinn.call(&nobody, "GET", "systemregister/vendor", &Value::Null).is_empty(403);
    let body = json!({ "systemId": SYSTEM, "partyOrgNo": "312600757", "rights": [right(SALARY)] });
    altinn.call(&nobody, "POST", REQUEST, &body).is_problem(401, "AUTH-00023");
    let answer = altinn.call(&nobody, "GET", &format!("{REQUEST}/bysystem/{SYSTEM}"), &Value::Null);
    let body = answer.json();
    assert_eq!((answer.status, names(&body)), (401, vec!["type", "title", "status", "traceId"]));
}

#[test]
fn a_client_without_the_scopes_gets_no_token() {
    let altinn = altinn();
    let answer = altinn.ask_maskinporten(OTHER_VENDORS_CLIENT, WRITE, None);
    assert!(answer.json()["error_uri"].as_str().unwrap().ends_with("MP-200"), "{}", answer.body);
    let own = altinn.token(OTHER_VENDORS_CLIENT, REGISTER);
    let systems = altinn.call(&own, "GET", "systemregister/vendor", &Value::Null).ok();
    assert_eq!(systems[0]["systemId"], "310702641_fjordlonn");
    assert_eq!(systems.as_array().unwrap().len(), 1);
}

const EXCHANGE: &str = "/authentication/api/v1/exchange/maskinporten";

fn exchange(altinn: &Altinn, token: &str, more: &[(&str, &str)]) -> Answer {
    let authorization = format!("Bearer {token}");
    let mut headers = vec![("Authorization", authorization.as_str())];
    headers.extend(more);
    altinn.send("GET", EXCHANGE, &headers, "")
}

#[test]
fn an_exchanged_token_is_bare_or_quoted_depending_on_accept() {
    let altinn = altinn();
    let token = altinn.vendor();
    for more in [&[][..], &[("Accept", "*/*")]] {
        let answer = exchange(&altinn, &token, more);
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/plain; charset=utf-8")));
        assert!(answer.body.starts_with("eyJ"), "{}", answer.body);
    }
    let answer = exchange(&altinn, &token, &[("Accept", "application/json")]);
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(answer.body, format!("\"{}\"", answer.json().as_str().unwrap()));
}

#[test]
fn accept_decides_between_text_and_json_and_text_is_the_default() {
    let altinn = altinn();
    let quoted = |accept: &str| {
        let headers = [("Authorization", "Bearer x"), ("Accept", accept)];
        let answer = altinn.send("GET", "/authentication/api/v1/exchange/bankid", &headers, "");
        let json = answer.header("content-type").unwrap().starts_with("application/json");
        assert_eq!((answer.status, answer.body.starts_with('"')), (400, json));
        json
    };
    for json in [
        "application/json",
        "APPLICATION/JSON",
        "application/json; charset=utf-8",
        "text/html, application/json",
        "text/plain;q=0.5, application/json;q=0.9",
        "text/plain;q=0.5,application/*",
        "application/json, text/plain",
        "text/plain;q=0, application/json;q=0.1",
    ] {
        assert!(quoted(json), "{json}");
    }
    for text in [
        "",
        "*/*",
        "application/json, */*",
        "application/json, text/html;q=0.9, */*;q=0.1",
        "text/plain, application/json",
        "application/json;q=0.5, text/*",
        "application/json;q=0",
        "application/jsonp",
        "text/html",
        "rubbish",
    ] {
        assert!(!quoted(text), "{text}");
    }
}

#[test]
fn an_exchanged_token_has_the_original_claims_and_altinns_own_claims() {
    let altinn = altinn();
    let token = altinn.user_token("210493352");
    let (given, got) = (claims_of(&token), claims_of(&exchange(&altinn, &token, &[]).body));
    for copied in ["scope", "consumer", "client_id", "authorization_details"] {
        assert_eq!(got[copied], given[copied], "{copied}");
    }
    assert_eq!(got["urn:altinn:orgNumber"], "991825827");
    assert_eq!(got["urn:altinn:authlevel"], 3);
    assert_eq!(got["urn:altinn:authenticatemethod"], "maskinporten");
    assert_eq!(got["exp"].as_i64().unwrap() - got["nbf"].as_i64().unwrap(), 30 * 60);
    assert_eq!(got["sid"].as_str().unwrap().len(), 36);
    assert!(got["iss"].as_str().unwrap().starts_with(&altinn.address) && got["iss"] != given["iss"]);
    assert!(given.get("client_amr").is_some() && got.get("client_amr").is_none() && got.get("aud").is_none());
    let restricted = altinn.forged(|claims| claims["aud"] = json!(["https://example.no"]));
    assert!(claims_of(&exchange(&altinn, &restricted, &[]).body).get("aud").is_none());
}

#[test]
fn both_kinds_of_token_open_altinn_but_only_maskinportens_opens_the_reference_apis() {
    let altinn = altinn();
    let exchanged = exchange(&altinn, &altinn.vendor(), &[]).body;
    assert_eq!(altinn.call(&exchanged, "GET", "systemregister/vendor", &Value::Null).status, 200);
    let created = altinn.call(&exchanged, "POST", "systemregister/vendor", &new_system());
    assert_eq!(created.status, 200, "{}", created.body);
    let user = altinn.user_token("210493352");
    let exchanged = exchange(&altinn, &user, &[]).body;
    let status = (altinn.reads(&user, "Salary", "210493352"), altinn.reads(&exchanged, "Salary", "210493352"));
    assert_eq!(status, (200, 401));
    assert_eq!(exchange(&altinn, &exchanged, &[]).status, 401);
}

#[test]
fn every_token_that_cannot_be_exchanged_is_a_401() {
    let altinn = altinn();
    let expired = altinn.forged(|claims| claims["exp"] = json!(Utc::now().timestamp() - 60));
    let of_nobody = altinn.forged(|claims| claims["consumer"] = json!({ "ID": "9908:991825827" }));
    let of_elsewhere = altinn.forged(|claims| claims["iss"] = json!("https://maskinporten.no/"));
    for token in ["", "rubbish", &expired, &of_nobody, &of_elsewhere] {
        let answer = exchange(&altinn, token, &[]);
        assert_eq!((answer.status, &answer.json()["title"]), (401, &json!("Unauthorized")));
    }
    assert_eq!(altinn.send("GET", EXCHANGE, &[], "").status, 401);
    assert_eq!(altinn.send("POST", EXCHANGE, &[], "").status, 405);
}

#[test]
fn an_unknown_provider_and_an_enterprise_user_are_refused_differently() {
    let altinn = altinn();
    let authorization = format!("Bearer {}", altinn.vendor());
    let to = |provider: &str, more: &[(&str, &str)]| {
        let mut headers = vec![("Authorization", authorization.as_str())];
        headers.extend(more);
        altinn.send("GET", &format!("/authentication/api/v1/exchange/{provider}"), &headers, "")
    };
    let unknown = to("bankid", &[]);
    assert_eq!((unknown.status, unknown.header("content-type")), (400, Some("text/plain; charset=utf-8")));
    assert!(unknown.body.starts_with("Invalid token provider: bankid."), "{}", unknown.body);
    assert!(to("bankid", &[("Accept", "application/json")]).body.starts_with("\"Invalid token provider"));
    assert_eq!(to("id-porten", &[]).status, 401);
    assert_eq!(to("MaskinPorten", &[]).status, 200);
    let gone = to("maskinporten", &[("X-Altinn-EnterpriseUser-Authentication", "eDp5")]);
    assert_eq!((gone.status, gone.header("content-type")), (410, Some("application/problem+json; charset=utf-8")));
}
