//! Is the sandbox as strict as the real servers? These tests build every request by hand and use none of the client's
//! code.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::OnceLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RsaEncoding, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use chrono::{TimeDelta, Utc};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer};
use serde_json::{Value, json};
use systemuser_demo::sandbox::SandboxOptions;
use x509_cert::der::{Decode, Encode};
use x509_cert::{Certificate, TbsCertificate};

use crate::certificates::{self, Authority, ORGANIZATION_IDENTIFIER, SERIAL_NUMBER};
use crate::program::{project_text, succeeds};

/// One sandbox for all tests of this module.
fn sandbox() -> &'static str {
    static ADDRESS: OnceLock<String> = OnceLock::new();
    ADDRESS.get_or_init(|| crate::server::sandbox(SandboxOptions::default()))
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

fn send(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    send_to(sandbox(), method, path, headers, body)
}

fn send_to(sandbox: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let host = sandbox.trim_start_matches("http://").trim_end_matches('/');
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let mut stream = TcpStream::connect(host).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}Content-Length: \
         {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

fn post(assertion: &str) -> Answer {
    post_to(sandbox(), assertion)
}

fn post_to(sandbox: &str, assertion: &str) -> Answer {
    send_to(sandbox, "POST", "/token", &[FORM], &format!("grant_type={GRANT_TYPE}&assertion={assertion}"))
}

fn pem(text: &str) -> RsaKeyPair {
    let block = pem::parse(text).unwrap();
    match block.tag() {
        "PRIVATE KEY" => RsaKeyPair::from_pkcs8(block.contents()).unwrap(),
        _ => RsaKeyPair::from_der(block.contents()).unwrap(),
    }
}

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

fn sign_with(key: &RsaKeyPair, algorithm: &'static dyn RsaEncoding, header: &Value, claims: &Value) -> String {
    sign_text(key, algorithm, &header.to_string(), &claims.to_string())
}

fn sign_text(key: &RsaKeyPair, algorithm: &'static dyn RsaEncoding, header: &str, claims: &str) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(algorithm, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn client_key() -> RsaKeyPair {
    pem(&project_text("mp-key.pem.example"))
}

fn header() -> Value {
    json!({ "alg": "RS256", "kid": "sandbox-example", "typ": "JWT" })
}

fn claims() -> Value {
    let now = Utc::now().timestamp();
    json!({
        "aud": sandbox(),
        "iss": "7ee41fce-9f6e-4c32-8195-0fe2c1517f43",
        "scope": "altinn:systembruker.demo",
        "iat": now,
        "exp": now + 120,
        "jti": uuid::Uuid::new_v4().to_string(),
        "authorization_details": [details()],
    })
}

fn details() -> Value {
    json!({
        "type": "urn:altinn:systemuser",
        "systemuser_org": { "authority": "iso6523-actorid-upis", "ID": "0192:210493352" },
    })
}

fn grant(change: impl FnOnce(&mut Value)) -> String {
    let mut claims = claims();
    change(&mut claims);
    sign_with(&client_key(), &RSA_PKCS1_SHA256, &header(), &claims)
}

fn grant_with_header(change: impl FnOnce(&mut Value)) -> String {
    let mut header = header();
    change(&mut header);
    sign_with(&client_key(), &RSA_PKCS1_SHA256, &header, &claims())
}

/// A grant without a `jti`. Two such grants with the same times are identical.
fn without_jti(lifetime: i64) -> String {
    grant(|claims| {
        claims["exp"] = json!(claims["iat"].as_i64().unwrap() + lifetime);
        claims.as_object_mut().unwrap().shift_remove("jti");
    })
}

/// The refusal of a request: error, code, and the description without its trace id.
fn refusal(answer: &Answer) -> (String, Option<String>, String) {
    let body = answer.json();
    assert_eq!(answer.status, 400, "{body}");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let description = body["error_description"].as_str().unwrap();
    let (words, trace) = description.split_once(" (trace_id: ").unwrap();
    assert_eq!(trace.trim_end_matches(')').len(), 32, "{description}");
    let code = body
        .get("error_uri")
        .map(|uri| uri.as_str().unwrap().strip_prefix(&format!("{}errors/", sandbox())).unwrap().to_owned());
    (body["error"].as_str().unwrap().to_owned(), code, words.to_owned())
}

#[track_caller]
fn refused(answer: Answer, error: &str, code: &str, words: &str) {
    let (got_error, got_code, got_words) = refusal(&answer);
    assert_eq!((got_error.as_str(), got_code.as_deref().unwrap_or("")), (error, code), "{got_words}");
    assert!(got_words.contains(words), "{got_words}");
}

fn issued(assertion: &str) -> (Value, Value) {
    let answer = post(assertion);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    let part = |nth| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(nth).unwrap()).unwrap()).unwrap()
    };
    (part(0), part(1))
}

fn token(change: impl FnOnce(&mut Value)) -> String {
    let answer = post(&grant(change));
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

// Tokens that are issued

#[test]
fn a_valid_grant_gets_a_token_with_the_claims_of_a_real_token() {
    let answer = post(&grant(|_| ()));
    let body = answer.json();
    let names: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(names, ["access_token", "token_type", "expires_in", "scope"]);
    assert_eq!(body["expires_in"], 120);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let (header, claims) = issued(&grant(|_| ()));
    assert_eq!(header, json!({ "alg": "RS256", "kid": "sandbox-issuer" }));
    let names: Vec<&String> = claims.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "authorization_details",
            "scope",
            "iss",
            "client_amr",
            "token_type",
            "exp",
            "iat",
            "client_id",
            "jti",
            "consumer"
        ]
    );
    assert_eq!(
        claims["authorization_details"],
        json!([{
            "type": "urn:altinn:systemuser",
            "systemuser_org": { "authority": "iso6523-actorid-upis", "ID": "0192:210493352" },
            "systemuser_id": ["d6a1d5a4-2d58-4b0f-9c3b-7e1f0c7a4e01"],
            "system_id": "991825827_smartcloud",
        }])
    );
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 120);
    assert_eq!(claims["consumer"], json!({ "authority": "iso6523-actorid-upis", "ID": "0192:991825827" }));
    assert_eq!(claims["jti"].as_str().unwrap().len(), 43);
    assert_eq!((&claims["iss"], &claims["client_amr"]), (&json!(sandbox()), &json!("private_key_jwt")));
}

#[test]
fn the_published_key_verifies_the_token() {
    let keys = send("GET", "/jwk", &[], "").json();
    let key = &keys["keys"][0];
    assert_eq!((&key["kid"], &key["alg"], &key["use"]), (&json!("sandbox-issuer"), &json!("RS256"), &json!("sig")));
    let token = token(|_| ());
    let (message, signature) = token.rsplit_once('.').unwrap();
    let number = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    aws_lc_rs::signature::RsaPublicKeyComponents { n: number("n"), e: number("e") }
        .verify(
            &aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256,
            message.as_bytes(),
            &URL_SAFE_NO_PAD.decode(signature).unwrap(),
        )
        .unwrap();
}

#[test]
fn the_metadata_names_the_real_endpoints() {
    let metadata = send("GET", "/.well-known/oauth-authorization-server", &[], "").json();
    assert_eq!(metadata["issuer"], sandbox());
    assert_eq!(metadata["token_endpoint"], format!("{}token", sandbox()));
    assert_eq!(metadata["jwks_uri"], format!("{}jwk", sandbox()));
    assert_eq!(metadata["token_endpoint_auth_signing_alg_values_supported"], json!(["RS256", "RS384", "RS512"]));
    assert_eq!(
        metadata["authorization_details_types_supported"],
        json!(["urn:altinn:systemuser", "urn:altinn:consent"])
    );
    assert!(metadata.get("authorization_endpoint").is_none());
}

#[test]
fn the_catalogue_lists_each_scope_that_is_not_private_and_needs_no_token() {
    let answer = send("GET", "/api/v1/scopes/all", &[], "");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let catalogue = answer.json();
    let scopes = catalogue.as_array().unwrap();
    let find = |name: &str| scopes.iter().find(|scope| scope["name"] == name);
    assert_eq!(
        find("skatteetaten:kravogbetalinger").unwrap(),
        &json!({
            "name": "skatteetaten:kravogbetalinger",
            "prefix": "skatteetaten",
            "subscope": "kravogbetalinger",
            "description": "Krav og betalinger: krav, innbetalinger og utbetalinger",
            "description#en": "Krav og betalinger: claims, payments and payouts",
            "active": true,
            "allowed_integration_types": ["maskinporten"],
            "owner_orgno": "974761076",
            "token_type": "SELF_CONTAINED",
            "visibility": "PUBLIC",
            "at_max_age": 120,
            "accessible_for_all": false,
        })
    );
    assert_eq!(find("skatteetaten:mvameldinginnsending").unwrap()["active"], false);
    assert_eq!(find("openid").unwrap()["allowed_integration_types"], json!(["idporten"]));
    assert_eq!(find("nav:helseytelser/sykepenger").unwrap()["accessible_for_all"], true);
    assert_eq!(find("fjordlonn:ansatte.read"), None);
    assert_eq!(send("POST", "/api/v1/scopes/all", &[], "").status, 405);
}

#[test]
fn a_token_lives_as_long_as_the_shortest_of_its_scopes() {
    for (scope, lifetime) in [("fjordlonn:ansatte.read", 300), ("fjordlonn:ansatte.read altinn:systembruker.demo", 120)]
    {
        let (_, claims) = issued(&grant(|claims| {
            claims["iss"] = json!("e2f7a94b-0d35-4c68-b1f9-6a83d5c27e04");
            claims["scope"] = json!(scope);
            claims.as_object_mut().unwrap().shift_remove("authorization_details");
        }));
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), lifetime, "{scope}");
    }
}

#[test]
fn a_scope_that_is_on_the_client_but_not_granted_is_another_refusal_than_a_scope_that_is_not_on_the_client() {
    let scope = |name: &str| post(&grant(|claims| claims["scope"] = json!(name)));
    let words = "Consumer has not been granted access to the scope skatteetaten:innrapporteringamelding";
    refused(scope("skatteetaten:innrapporteringamelding"), "invalid_scope", "MP-250", words);
    let words = "Token request contains invalid scopes for client, nav:helseytelser/sykepenger";
    refused(scope("nav:helseytelser/sykepenger"), "invalid_scope", "MP-200", words);
}

#[test]
fn a_plain_grant_gets_a_token_without_a_system_user() {
    let (_, claims) =
        issued(&grant(|claims| drop(claims.as_object_mut().unwrap().shift_remove("authorization_details"))));
    assert!(claims.get("authorization_details").is_none());
}

#[test]
fn optional_claims_and_forms_are_accepted() {
    issued(&grant_with_header(|header| drop(header.as_object_mut().unwrap().shift_remove("typ"))));
    issued(&without_jti(66));
    // The real Maskinporten accepts this.
    issued(&grant(|claims| claims["sub"] = claims["iss"].clone()));
    let (_, restricted) = issued(&grant(|claims| claims["resource"] = json!(["https://api.example.no"])));
    assert_eq!(restricted["aud"], json!(["https://api.example.no"]));
    for uri in ["urn:altinn:resource:x", "https://api.example.no/a?b=c", "api-1.x+y:z", "https://å.no/"] {
        issued(&grant(|claims| claims["resource"] = json!(["https://api.example.no", uri])));
    }
    issued(&sign_with(&client_key(), &RSA_PKCS1_SHA512, &json!({"alg":"RS512","kid":"sandbox-example"}), &claims()));
    let answer = send(
        "POST",
        "/token",
        &[("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")],
        &format!("alg=RS256&assertion={}&grant_type={GRANT_TYPE}", grant(|_| ())),
    );
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[test]
fn the_owners_number_as_external_reference_means_no_reference() {
    issued(&grant(|claims| claims["authorization_details"][0]["externalRef"] = json!("210493352")));
}

#[test]
fn clocks_may_differ_by_ten_seconds() {
    let now = Utc::now().timestamp();
    issued(&grant(|claims| (claims["iat"], claims["exp"]) = (json!(now + 8), json!(now + 100))));
    issued(&grant(|claims| (claims["iat"], claims["exp"]) = (json!(now - 100), json!(now - 5))));
}

// Refusals, in the order of the checks

#[test]
fn another_content_type_is_refused() {
    let body = format!("grant_type={GRANT_TYPE}&assertion=a.b.c");
    let words = "Content-Type: expected application/x-www-form-urlencoded, got application/json";
    refused(send("POST", "/token", &[("Content-Type", "application/json")], &body), "invalid_request", "", words);
    refused(send("POST", "/token", &[], &body), "invalid_request", "", "got ");
}

#[test]
fn another_grant_type_is_refused() {
    let form = |body: &str| send("POST", "/token", &[FORM], body);
    refused(
        form("grant_type=client_credentials&assertion=a.b.c"),
        "unsupported_grant_type",
        "",
        &format!("grant_type: expected {GRANT_TYPE}, got client_credentials"),
    );
    refused(form("assertion=a.b.c"), "invalid_request", "", "got nothing");
    refused(form(&format!("grant_type={GRANT_TYPE}")), "invalid_request", "", "assertion: expected a JWT, got nothing");
    refused(
        form(&format!("grant_type={GRANT_TYPE}&assertion=a.b.c&assertion=a.b.c")),
        "invalid_request",
        "",
        "assertion: expected one value, got more than one",
    );
    assert_eq!(send("GET", "/token", &[], "").status, 405);
}

#[test]
fn an_assertion_that_cannot_be_decoded_is_refused() {
    let undecodable = |assertion: &str, words: &str| refused(post(assertion), "invalid_request", "MP-011", words);
    undecodable("hello", "Expected three parts separated by dots, got 1");
    undecodable("a.b.c.d", "Expected three parts separated by dots, got 4");
    undecodable("....", "got 5");
    let good = grant(|_| ());
    undecodable(&format!("{good}%0A"), "signature: expected base64url without padding");
    undecodable(&good.replacen('.', "%0A.", 1), "header: expected base64url without padding");
    // Padding, and the standard alphabet.
    let mut parts = good.split('.');
    let (head, payload, signature) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let padded = URL_SAFE.encode(URL_SAFE_NO_PAD.decode(signature).unwrap());
    assert!(padded.ends_with('='));
    undecodable(&format!("{head}.{payload}.{padded}"), "signature: expected base64url without padding");
    let standard = STANDARD.encode([0xfb, 0xff]).trim_end_matches('=').replace('+', "%2B").replace('/', "%2F");
    undecodable(&format!("{standard}.{payload}.{signature}"), "header: expected base64url without padding");
    undecodable(&format!("{}.{payload}.{signature}", URL_SAFE_NO_PAD.encode("[]")), "header: expected a JSON object");
    undecodable(&format!("{head}.{}.{signature}", URL_SAFE_NO_PAD.encode("{")), "payload: expected a JSON object");
}

#[test]
fn another_algorithm_is_refused() {
    for alg in [json!("none"), json!("HS256"), json!("PS256"), json!("ES256"), json!(null), json!(256)] {
        let assertion = grant_with_header(|header| header["alg"] = alg.clone());
        refused(post(&assertion), "invalid_request", "MP-011", "alg: expected RS256, RS384 or RS512, got");
    }
}

#[test]
fn a_critical_extension_is_refused() {
    for crit in [json!(["exp"]), json!(["b64"]), json!([]), json!("exp"), json!(null)] {
        let assertion = grant_with_header(|header| header["crit"] = crit.clone());
        let shown = crit.as_str().map_or(crit.to_string(), str::to_owned);
        let words = format!("crit: expected no critical extensions, got {shown}");
        refused(post(&assertion), "invalid_request", "MP-011", &words);
    }
}

/// A grant, with this change to the text of its header and of its claims.
fn grant_with_text(header: impl Fn(String) -> String, claims: impl Fn(String) -> String) -> String {
    let (header, claims) = (header(self::header().to_string()), claims(self::claims().to_string()));
    sign_text(&client_key(), &RSA_PKCS1_SHA256, &header, &claims)
}

#[test]
fn a_member_that_appears_twice_is_refused_at_any_depth() {
    let begins_with = |member: &'static str| move |object: String| object.replacen('{', &format!("{{{member},"), 1);
    let unchanged = |object: String| object;
    let twice = |assertion: &str, words: &str| refused(post(assertion), "invalid_request", "MP-011", words);
    twice(
        &grant_with_text(begins_with(r#""alg":"none""#), unchanged),
        "header: expected each member once, got alg more than once",
    );
    // The same name and value, in another spelling.
    twice(
        &grant_with_text(begins_with(r#""\u006bid":"sandbox-example""#), unchanged),
        "header: expected each member once, got kid more than once",
    );
    for (member, name) in
        [(r#""iss":"somebody""#, "iss"), (r#""iat":1"#, "iat"), (r#""jti":[1.5e3,-1,true,null,{}]"#, "jti")]
    {
        let words = format!("payload: expected each member once, got {name} more than once");
        twice(&grant_with_text(unchanged, begins_with(member)), &words);
    }
    for (object, member, name) in [
        (r#"{"type":"#, r#""type":"urn:altinn:consent""#, "type"),
        (r#"{"authority":"#, r#""ID":"0192:974761076""#, "ID"),
    ] {
        let nested = |claims: String| {
            assert!(claims.contains(object), "{claims}");
            claims.replacen(object, &format!("{{{member},{}", &object[1..]), 1)
        };
        let words = format!("payload: expected each member once, got {name} more than once");
        twice(&grant_with_text(unchanged, nested), &words);
    }
    // Different objects may have a member of the same name, and names are case-sensitive.
    issued(&grant(|claims| claims["authorization_details"][0]["externalRef"] = json!("210493352")));
    let words = "JTI: not a documented claim";
    twice(&grant_with_text(unchanged, begins_with(r#""JTI":"a""#)), words);
}

#[test]
fn an_unknown_client_is_refused() {
    let words = "iss: expected 7ee41fce-9f6e-4c32-8195-0fe2c1517f43, got somebody";
    refused(post(&grant(|claims| claims["iss"] = json!("somebody"))), "invalid_grant", "MP-100", words);
    refused(
        post(&grant(|claims| drop(claims.as_object_mut().unwrap().shift_remove("iss")))),
        "invalid_grant",
        "MP-100",
        "",
    );
}

#[test]
fn an_unknown_or_missing_key_id_is_refused() {
    let unknown = grant_with_header(|header| header["kid"] = json!("other"));
    refused(
        post(&unknown),
        "invalid_grant",
        "",
        "Unknown key identifier (kid) for client: expected sandbox-example, got other",
    );
    let none = grant_with_header(|header| drop(header.as_object_mut().unwrap().shift_remove("kid")));
    refused(
        post(&none),
        "invalid_grant",
        "",
        "The client requires pre-registered jwk and no key identifier (kid) provided",
    );
    let bare_x5c = grant_with_header(|header| *header = json!({ "alg": "RS256", "x5c": "MII" }));
    refused(post(&bare_x5c), "invalid_grant", "MP-123", "x5c: expected an array of strings");
}

#[test]
fn a_signature_by_another_key_or_over_other_bytes_is_refused() {
    let other = pem(&project_text("tests/data/key.pkcs8.pem"));
    let assertion = sign_with(&other, &RSA_PKCS1_SHA256, &header(), &claims());
    refused(post(&assertion), "invalid_grant", "MP-124", "Invalid signature");
    let good = grant(|_| ());
    let (message, _) = good.rsplit_once('.').unwrap();
    refused(post(&format!("{message}.")), "invalid_grant", "MP-124", "Invalid signature");
    // Signed with a hash that differs from the header's.
    let assertion = sign_with(&client_key(), &RSA_PKCS1_SHA512, &header(), &claims());
    refused(post(&assertion), "invalid_grant", "MP-124", "Invalid signature");
    let mut changed = claims();
    changed["scope"] = json!("altinn:systembruker.demo other");
    let signature = good.rsplit_once('.').unwrap().1;
    refused(post(&format!("{}.{}.{signature}", encode(&header()), encode(&changed))), "invalid_grant", "MP-124", "");
}

#[test]
fn the_audience_is_exactly_the_issuer() {
    let without_slash = sandbox().trim_end_matches('/').to_owned();
    let with_aud = |aud: &Value| post(&grant(|claims| claims["aud"] = aud.clone()));
    for aud in [json!(without_slash), json!([sandbox()]), json!("https://test.maskinporten.no/"), json!("token")] {
        let answer = with_aud(&aud);
        assert!(!answer.body.contains("token endpoint"), "{}", answer.body);
        refused(answer, "invalid_grant", "MP-110", &format!("aud: expected {}, got", sandbox()));
    }
    for aud in [format!("{}token", sandbox()), format!("{}token/", sandbox())] {
        let words = format!("aud: expected {}, got {aud}, which is the URL of the token endpoint", sandbox());
        refused(with_aud(&json!(aud)), "invalid_grant", "MP-110", &words);
    }
}

#[test]
fn a_grant_may_say_when_it_becomes_valid_but_not_in_the_future() {
    let now = Utc::now().timestamp();
    let with_nbf = |nbf: Value| grant(|claims| claims["nbf"] = nbf);
    for nbf in [now, now - 1000, now + 8] {
        issued(&with_nbf(json!(nbf)));
    }
    issued(&with_nbf(json!(now as f64 + 0.5)));
    refused(post(&with_nbf(json!(now + 15))), "invalid_grant", "", "Issue time is after now: nbf is ");
    for nbf in [json!("now"), json!(null), json!([now]), json!(1e300)] {
        let words = "nbf: expected a time in seconds since 1970, got";
        refused(post(&with_nbf(nbf)), "invalid_request", "MP-011", words);
    }
}

#[test]
fn a_resource_is_an_array_of_absolute_uris_without_a_fragment() {
    let with_resource = |resource: Value| post(&grant(|claims| claims["resource"] = resource));
    for other in [json!("https://api.example.no"), json!([7]), json!({ "a": 1 }), json!(null)] {
        let words = r#"resource: expected an array of strings such as ["https://api.example.no"], got "#;
        refused(with_resource(other), "invalid_request", "MP-011", words);
    }
    for uri in
        ["b", "", "/path", "api.example.no/x", ":x", "1a:b", "a_b:c", "urn:", "https://", "https://a.no/#x", "a:b c"]
    {
        let words = format!("resource: expected an absolute URI without a fragment, got {uri}");
        refused(with_resource(json!(["https://api.example.no", uri])), "invalid_target", "", words.trim_end());
    }
}

#[test]
fn a_grant_from_the_future_or_the_past_is_refused() {
    let now = Utc::now().timestamp();
    let times = |iat: i64, exp: i64| post(&grant(|claims| (claims["iat"], claims["exp"]) = (json!(iat), json!(exp))));
    refused(times(now + 15, now + 60), "invalid_grant", "", "Issue time is after now");
    refused(times(now - 100, now - 15), "invalid_grant", "MP-130", "JWT has expired");
    refused(times(now, now + 121), "invalid_request", "MP-011", "exp - iat: expected 120 seconds at most, got 121");
    // The tolerance covers each of these times by itself.
    let words = "exp: expected a time after iat, got a time 6 seconds before iat";
    refused(times(now + 5, now - 1), "invalid_request", "MP-011", words);
}

#[test]
fn times_are_required_and_must_be_numbers() {
    for name in ["iat", "exp"] {
        let words = format!("{name}: expected a time in seconds since 1970, got");
        refused(post(&grant(|claims| claims[name] = json!("now"))), "invalid_request", "MP-011", &words);
        let without = grant(|claims| drop(claims.as_object_mut().unwrap().shift_remove(name)));
        refused(post(&without), "invalid_request", "MP-011", &words);
    }
    refused(post(&grant(|claims| claims["exp"] = json!(1e300))), "invalid_request", "MP-011", "exp");
}

#[test]
fn an_undocumented_claim_is_refused() {
    let unknown = |name: &str, value: Value| {
        refused(post(&grant(|claims| claims[name] = value)), "invalid_request", "MP-011", name);
    };
    unknown("system_id", json!("991825827_smartcloud"));
    unknown("sub", json!("somebody"));
    unknown("jti", json!(7));
}

#[test]
fn a_consumer_that_is_the_client_itself_or_did_not_delegate_is_refused() {
    let consumer = |org: &str| post(&grant(|claims| claims["consumer_org"] = json!(org)));
    refused(consumer("991825827"), "invalid_request", "", "expected an organisation other than the client's own");
    refused(consumer("210493352"), "forbidden", "MP-251", "Consumer 210493352 has not delegated access");
}

#[test]
fn a_grant_works_only_once() {
    let again = |assertion: String| {
        issued(&assertion);
        refused(post(&assertion), "invalid_grant", "MP-012", "The assertion has been used before");
    };
    again(grant(|_| ()));
    again(without_jti(77));
}

#[test]
fn a_scope_that_the_client_lacks_is_refused() {
    let scope = |scope: Value| post(&grant(|claims| claims["scope"] = scope));
    let words = "Token request contains invalid scopes for client, other:read";
    refused(scope(json!("altinn:systembruker.demo other:read")), "invalid_scope", "MP-200", words);
    refused(scope(json!("")), "invalid_request", "MP-011", "scope: expected at least one");
    let without = grant(|claims| drop(claims.as_object_mut().unwrap().shift_remove("scope")));
    refused(post(&without), "invalid_request", "MP-011", "scope: expected at least one scope, got nothing");
}

fn with_details(change: impl FnOnce(&mut Value)) -> Answer {
    post(&grant(|claims| change(&mut claims["authorization_details"][0])))
}

#[test]
fn another_type_of_authorization_details_is_refused() {
    let answer = with_details(|details| details["type"] = json!("urn:altinn:systembruker"));
    let words = "type: expected urn:altinn:systemuser, got urn:altinn:systembruker";
    refused(answer, "invalid_authorization_details", "MP-301", words);
    let two = post(&grant(|claims| claims["authorization_details"] = json!([details(), details()])));
    refused(two, "invalid_request", "MP-011", "authorization_details: expected an array with one object");
    let bare = post(&grant(|claims| claims["authorization_details"] = details()));
    refused(bare, "invalid_request", "MP-011", "authorization_details: expected an array with one object");
}

#[test]
fn an_unknown_field_in_authorization_details_is_refused() {
    for field in ["externalReference", "system_id", "externalref"] {
        let answer = with_details(|details| details[field] = json!("x"));
        refused(answer, "invalid_authorization_details", "MP-302", field);
    }
    let answer = with_details(|details| details["systemuser_org"]["id"] = json!("0192:210493352"));
    refused(answer, "invalid_authorization_details", "MP-302", "id: unknown field");
}

#[test]
fn an_invalid_value_in_authorization_details_is_refused() {
    let value = |change: fn(&mut Value), words: &str| {
        refused(with_details(change), "invalid_altinn_customer_configuration", "MP-303", words);
    };
    value(|details| details["systemuser_org"]["ID"] = json!("210493352"), "expected 0192: and 9 digits, got 210493352");
    value(|details| details["systemuser_org"]["ID"] = json!("0192:2104933"), "expected 0192: and 9 digits");
    value(|details| details["systemuser_org"]["authority"] = json!("iso6523"), "expected iso6523-actorid-upis");
    value(|details| details["systemuser_org"] = json!("0192:210493352"), "systemuser_org: expected an object");
    value(|details| details["externalRef"] = json!("customer-42"), "external reference customer-42");
    value(
        |details| details["systemuser_org"]["ID"] = json!("0192:314168267"),
        "No approved system user: owner 314168267, external reference none",
    );
    value(|details| details["systemuser_org"]["ID"] = json!("0192:974761076"), "owner 974761076");
    value(|details| details["systemuser_org"]["ID"] = json!("0192:310385980"), "owner 310385980");
}

#[test]
fn an_external_reference_has_at_most_255_letters_digits_underscores_and_hyphens() {
    let with_reference = |reference: Value| with_details(|details| details["externalRef"] = reference);
    let longest = "æ".repeat(255);
    for valid in ["customer-42", "Kunde_7-ÆØÅ", "-x", "", &longest] {
        refused(with_reference(json!(valid)), "invalid_altinn_customer_configuration", "MP-303", "No approved");
    }
    let too_long = "a".repeat(256);
    for wrong in ["a b", "v1.2", "a/b", "é", "a:b", "a\n", "ä", "😀", &too_long] {
        let words = "externalRef: expected a string of at most 255 letters, digits, _ and -, got ";
        refused(with_reference(json!(wrong)), "invalid_authorization_details", "MP-302", words);
    }
    for other in [json!(42), json!(null), json!(["a"])] {
        refused(with_reference(other), "invalid_authorization_details", "MP-302", "externalRef: expected a string");
    }
}

#[test]
fn only_the_first_fault_is_reported() {
    // Everything is wrong at first; each correction reveals the next fault.
    let mut header = json!({ "alg": "PS256", "kid": "other" });
    let mut claims = json!({ "iss": "somebody", "aud": "x", "iat": 1, "exp": 2, "more": 1, "scope": "x",
                             "authorization_details": [{ "type": "x", "more": 1 }] });
    let other = pem(&project_text("tests/data/key.pkcs8.pem"));
    let first = |key: &RsaKeyPair, header: &Value, claims: &Value| {
        let (error, code, words) = refusal(&post(&sign_with(key, &RSA_PKCS1_SHA256, header, claims)));
        code.unwrap_or(format!("{error}: {}", words.split(':').next().unwrap()))
    };
    assert_eq!(first(&other, &header, &claims), "MP-011");
    header["alg"] = json!("RS256");
    assert_eq!(first(&other, &header, &claims), "MP-100");
    claims["iss"] = json!("7ee41fce-9f6e-4c32-8195-0fe2c1517f43");
    assert_eq!(
        first(&other, &header, &claims),
        "invalid_grant: Invalid assertion. Unknown key identifier (kid) for client"
    );
    header["kid"] = json!("sandbox-example");
    assert_eq!(first(&other, &header, &claims), "MP-124");
    let key = client_key();
    assert_eq!(first(&key, &header, &claims), "MP-110");
    claims["aud"] = json!(sandbox());
    let now = Utc::now().timestamp();
    claims["iat"] = json!(now + 1000);
    assert_eq!(first(&key, &header, &claims), "invalid_grant: Invalid assertion. Issue time is after now");
    claims["iat"] = json!(now - 1000);
    assert_eq!(first(&key, &header, &claims), "MP-130");
    claims["exp"] = json!(now + 60);
    assert_eq!(first(&key, &header, &claims), "MP-011");
    claims["iat"] = json!(now);
    assert_eq!(first(&key, &header, &claims), "MP-011");
    claims.as_object_mut().unwrap().shift_remove("more");
    claims["jti"] = json!("first-fault-1");
    assert_eq!(first(&key, &header, &claims), "MP-200");
    claims["scope"] = json!("altinn:systembruker.demo");
    // A refused grant also counts as used.
    assert_eq!(first(&key, &header, &claims), "MP-012");
    claims["jti"] = json!("first-fault-2");
    assert_eq!(first(&key, &header, &claims), "MP-301");
    claims["authorization_details"][0]["type"] = json!("urn:altinn:systemuser");
    claims["jti"] = json!("first-fault-3");
    assert_eq!(first(&key, &header, &claims), "MP-302");
    claims["authorization_details"][0].as_object_mut().unwrap().shift_remove("more");
    claims["jti"] = json!("first-fault-4");
    assert_eq!(first(&key, &header, &claims), "MP-303");
}

#[test]
fn a_huge_request_is_refused() {
    let answer = post(&"a".repeat(100_000));
    assert_eq!(answer.status, 413);
}

// The reference APIs

fn api(path: &str, headers: &[(&str, &str)]) -> Answer {
    send("GET", path, headers, "")
}

fn with_bearer(path: &str, token: &str) -> Answer {
    api(path, &[("Authorization", &format!("Bearer {token}"))])
}

#[test]
fn the_reference_apis_answer_byte_for_byte_like_the_reference() {
    let token = token(|_| ());
    let answer = with_bearer("/api/SystemUserInfo", &token);
    assert_eq!(
        answer.body,
        r#"{"type":"urn:altinn:systemuser","systemuser_org":{"authority":"iso6523-actorid-upis","ID":"0192:210493352"},"systemuser_id":["d6a1d5a4-2d58-4b0f-9c3b-7e1f0c7a4e01"],"system_id":"991825827_smartcloud"}"#
    );
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(with_bearer("/API/systemuserinfo", &token).body, answer.body);
    assert_eq!(with_bearer("/api/Salary/210493352", &token).body, r#"{"salaryStatus":"Paid","salaryAmount":1337}"#);
    let logistics = with_bearer("/api/Logistics/210493352", &token).body;
    let start = r#"{"status":"VeryWell","shipmentStatus":"InTransit","importStatus":"Vandaley","exportStatus":"Backlog","transitStatus":"InShipment","createTime":""#;
    assert!(logistics.starts_with(start), "{logistics}");
}

#[test]
fn a_token_without_a_system_user_gets_an_empty_204() {
    let token = token(|claims| drop(claims.as_object_mut().unwrap().shift_remove("authorization_details")));
    let answer = with_bearer("/api/SystemUserInfo", &token);
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert_eq!(with_bearer("/api/Salary/210493352", &token).status, 403);
}

#[test]
fn a_missing_right_is_a_403_with_or_without_quotes() {
    let token = token(|_| ());
    let bare = with_bearer("/api/Salary/310904473", &token);
    assert_eq!((bare.status, bare.body.as_str()), (403, "Access denied"));
    assert_eq!(bare.header("content-type"), Some("text/plain; charset=utf-8"));
    let quoted =
        api("/api/Logistics/nobody", &[("Authorization", &format!("bearer {token}")), ("Accept", "application/json")]);
    assert_eq!((quoted.status, quoted.body.as_str()), (403, "\"Access denied\""));
}

#[test]
fn a_token_from_another_issuer_is_a_401_with_an_empty_body() {
    let issuer_key = pem(&project_text("src/sandbox/store/issuer-key.pem"));
    let now = Utc::now().timestamp();
    let made = |key: &RsaKeyPair, header: Value, iss: &str, exp: i64| {
        sign_with(key, &RSA_PKCS1_SHA256, &header, &json!({ "iss": iss, "exp": exp }))
    };
    let rs256 = || json!({ "alg": "RS256", "kid": "sandbox-issuer" });
    let challenge = |token: Option<&str>| {
        let answer = match token {
            Some(token) => with_bearer("/api/SystemUserInfo", token),
            None => api("/api/SystemUserInfo", &[]),
        };
        assert_eq!((answer.status, answer.body.as_str()), (401, ""));
        answer.header("www-authenticate").unwrap().to_owned()
    };
    assert_eq!(challenge(None), "Bearer");
    assert_eq!(challenge(Some("rubbish")), "Bearer error=\"invalid_token\"");
    let of_other_key = made(&client_key(), rs256(), sandbox(), now + 60);
    assert!(challenge(Some(&of_other_key)).ends_with("error_description=\"The signature key was not found\""));
    let of_other_issuer = made(&issuer_key, rs256(), "https://test.maskinporten.no/", now + 60);
    assert!(challenge(Some(&of_other_issuer)).ends_with("error_description=\"The issuer is invalid\""));
    let expired = made(&issuer_key, rs256(), sandbox(), now - 1);
    assert!(challenge(Some(&expired)).contains("error_description=\"The token expired at '"));
    let unsigned = made(&issuer_key, json!({ "alg": "none" }), sandbox(), now + 60);
    assert_eq!(challenge(Some(&unsigned)), "Bearer error=\"invalid_token\"");
    let hmac = made(&issuer_key, json!({ "alg": "HS256" }), sandbox(), now + 60);
    assert!(challenge(Some(&hmac)).starts_with("Bearer error=\"invalid_token\""));
    let good = made(&issuer_key, rs256(), sandbox(), now + 60);
    assert_eq!(with_bearer("/api/SystemUserInfo", &good).status, 204);
}

#[test]
fn an_unknown_path_is_not_found() {
    let token = token(|_| ());
    assert_eq!(with_bearer("/api/Salary", &token).status, 404);
    assert_eq!(with_bearer("/api", &token).status, 404);
    assert_eq!(send("POST", "/api/SystemUserInfo", &[], "").status, 405);
}

// Business certificates

/// The client that is registered for business certificates.
const CERTIFICATE_CLIENT: &str = "c5a0e913-7b2d-4f86-9d41-3e6f8b20a7d5";
/// The names in the chain of config/sandbox-certificate.pem.
const LEAF: &str = "SmartCloud AS (sandbox certificate, public, worth nothing)";
const ISSUING: &str = "systemuser-demo sandbox issuing CA (public, worth nothing)";
const ROOT: &str = "systemuser-demo sandbox root CA (public, worth nothing)";
const EXAMPLE_KEY: &str = "mp-key.pem.example";
const OTHER_KEY: &str = "tests/data/key.pkcs8.pem";

fn certificate(der: &[u8]) -> Certificate {
    Certificate::from_der(der).unwrap()
}

/// The certificates of a PEM file, in DER.
fn chain(path: &str) -> Vec<Vec<u8>> {
    pem::parse_many(project_text(path)).unwrap().into_iter().map(pem::Pem::into_contents).collect()
}

#[test]
fn the_authority_is_worth_nothing_and_says_so() {
    let chain = chain("config/sandbox-certificate.pem");
    let files = ["issuing.pem", "root.pem"].map(|file| format!("src/sandbox/fixtures/authority/{file}"));
    assert_eq!(chain[1..], files.map(|file| self::chain(&file).remove(0)));
    let [leaf, issuing, root] = [0, 1, 2].map(|nth| certificate(&chain[nth]).tbs_certificate().clone());
    assert_eq!((leaf.issuer(), issuing.issuer(), root.issuer()), (issuing.subject(), root.subject(), root.subject()));
    for certificate in [&leaf, &issuing, &root] {
        assert!(certificate.subject().to_string().contains("public\\, worth nothing"), "{}", certificate.subject());
    }
    let example = certificates::key(EXAMPLE_KEY);
    let public_key = |leaf: &TbsCertificate| leaf.subject_public_key_info().subject_public_key.raw_bytes().to_vec();
    assert_eq!(public_key(&leaf), example.public_key_raw());
    // A certificate that the tests issue.
    let authority = Authority::sandbox();
    let issued = authority.issue(&example, &certificates::business("991825827"));
    assert_eq!(certificate(&issued).tbs_certificate().issuer(), issuing.subject());
    assert_eq!(authority.der, chain[1]);
}

/// The sandbox's issuing CA and its root, in DER.
fn authority() -> [Vec<u8>; 2] {
    chain("config/sandbox-certificate.pem").split_off(1).try_into().unwrap()
}

/// A chain with this leaf, which the sandbox's authority issued.
fn with_authority(leaf: Vec<u8>) -> Vec<Vec<u8>> {
    [vec![leaf], authority().to_vec()].concat()
}

/// A certificate of the example key, issued by the sandbox's authority.
fn issued_by_the_sandbox(params: &CertificateParams) -> Vec<u8> {
    Authority::sandbox().issue(&certificates::key(EXAMPLE_KEY), params)
}

fn x5c(chain: &[Vec<u8>]) -> Value {
    chain.iter().map(|der| STANDARD.encode(der)).collect()
}

/// A grant of the client that is registered for business certificates.
fn grant_with_x5c(key: &RsaKeyPair, x5c: &Value) -> String {
    let mut claims = claims();
    claims["iss"] = json!(CERTIFICATE_CLIENT);
    sign_with(key, &RSA_PKCS1_SHA256, &json!({ "alg": "RS256", "x5c": x5c }), &claims)
}

#[track_caller]
fn accepts(key: &str, chain: &[Vec<u8>]) {
    issued(&grant_with_x5c(&pem(&project_text(key)), &x5c(chain)));
}

/// Asserts that a grant with this `x5c`, which the example key signs, is refused.
#[track_caller]
fn refuses(x5c: &Value, code: &str, words: &str) {
    refused(post(&grant_with_x5c(&client_key(), x5c)), "invalid_grant", code, words);
}

/// Asserts that a grant with this leaf from the sandbox's authority is refused.
#[track_caller]
fn refuses_leaf(params: &CertificateParams, code: &str, words: &str) {
    refuses(&x5c(&with_authority(issued_by_the_sandbox(params))), code, words);
}

#[test]
fn a_business_certificate_of_the_clients_organisation_gets_a_token() {
    let example = chain("config/sandbox-certificate.pem");
    let (_, claims) = issued(&grant_with_x5c(&client_key(), &x5c(&example)));
    assert_eq!(
        (&claims["client_id"], &claims["client_amr"]),
        (&json!(CERTIFICATE_CLIENT), &json!("virksomhetssertifikat"))
    );
    assert_eq!(claims["authorization_details"][0]["system_id"], "991825827_smartcloud");
    assert_eq!(claims["consumer"]["ID"], "0192:991825827");
    // The sandbox has the root.
    accepts(EXAMPLE_KEY, &example[..2]);
    // A certificate of another key, and older certificates with the number in `serialNumber`.
    let business = certificates::business("991825827");
    accepts(OTHER_KEY, &with_authority(Authority::sandbox().issue(&certificates::key(OTHER_KEY), &business)));
    let [identifier, serial_number] = [ORGANIZATION_IDENTIFIER, SERIAL_NUMBER].map(DnType::from_oid);
    for attributes in [
        vec![(serial_number.clone(), "991825827")],
        vec![(identifier.clone(), "NTRNO-991825827"), (serial_number.clone(), "310702641")],
        vec![(identifier, "VATNO-1"), (serial_number, "991825827")],
    ] {
        accepts(EXAMPLE_KEY, &with_authority(issued_by_the_sandbox(&certificates::params(&attributes))));
    }
    // Key usage is not checked.
    let mut without_usage = certificates::business("991825827");
    without_usage.key_usages.clear();
    accepts(EXAMPLE_KEY, &with_authority(issued_by_the_sandbox(&without_usage)));
}

#[test]
fn a_client_has_either_certificates_or_keys() {
    let example = x5c(&chain("config/sandbox-certificate.pem"));
    let with_header = |header: Value, client: &str| {
        let mut claims = claims();
        claims["iss"] = json!(client);
        post(&sign_with(&client_key(), &RSA_PKCS1_SHA256, &header, &claims))
    };
    let words = "Unknown key identifier (kid) for client: expected none, because the client is registered for business \
                 certificates, got sandbox-example";
    for header in [header(), json!({ "alg": "RS256", "kid": "sandbox-example", "x5c": example })] {
        refused(with_header(header, CERTIFICATE_CLIENT), "invalid_grant", "", words);
    }
    let words = "x5c: expected an array of strings, got nothing";
    refused(with_header(json!({ "alg": "RS256" }), CERTIFICATE_CLIENT), "invalid_grant", "MP-123", words);
    let words = "The client requires pre-registered jwk and no key identifier (kid) provided";
    let answer = with_header(json!({ "alg": "RS256", "x5c": example }), "7ee41fce-9f6e-4c32-8195-0fe2c1517f43");
    refused(answer, "invalid_grant", "", words);
}

#[test]
fn x5c_is_an_array_of_certificates_in_standard_base64() {
    let example = chain("config/sandbox-certificate.pem");
    let text = STANDARD.encode(&example[0]);
    for (value, got) in [
        (json!(text), "MII"),
        (json!(null), "null"),
        (json!({ "0": text }), "{"),
        (json!([text, 1]), "["),
        (json!([[text]]), "[["),
    ] {
        refuses(&value, "MP-123", &format!("x5c: expected an array of strings, got {got}"));
    }
    refuses(&json!([]), "MP-123", "x5c: expected 1 to 10 certificates, got 0");
    refuses(&json!(vec!["x"; 11]), "MP-123", "x5c: expected 1 to 10 certificates, got 11");
    refuses(&json!(vec![""; 10_000]), "MP-123", "x5c: expected 1 to 10 certificates, got 10000");
    let entry = |text: &str, got: &str| {
        let words = format!("x5c[1]: expected a certificate in standard base64 with padding, got {got}");
        refuses(&json!([x5c(&example)[0], text]), "MP-123", &words);
    };
    entry(&project_text("src/sandbox/fixtures/authority/issuing.pem"), "PEM");
    entry(&text.replacen('M', "M\n", 1), "text with line breaks or spaces");
    // A byte string whose base64url differs from its base64.
    entry(&URL_SAFE.encode([0xfb, 0xff, 0xfe]), "base64url");
    let unpadded = STANDARD.encode([1]).trim_end_matches('=').to_owned();
    entry(&unpadded, "text with 2 characters");
    let der = |der: &[u8]| {
        let words = format!(
            "x5c[0]: expected one whole certificate in DER, got {} bytes that are not a certificate",
            der.len()
        );
        refuses(&json!([STANDARD.encode(der), STANDARD.encode(&example[1])]), "MP-123", &words);
    };
    der(b"");
    der(&example[0][..example[0].len() - 1]);
    der(&[&example[0][..], &[0]].concat());
    der(&[&example[0][..], &example[1]].concat());
    der(pem::parse(project_text("tests/data/public.pem")).unwrap().contents());
}

#[test]
fn a_chain_has_every_certificate_in_order() {
    let [leaf, issuing, root] = chain("config/sandbox-certificate.pem").try_into().unwrap();
    let of = |certificates: &[&Vec<u8>]| x5c(&certificates.iter().copied().cloned().collect::<Vec<_>>());
    let missing = |nth: usize, issuer: &str, issued: &str, got: &str| {
        format!("x5c[{nth}]: expected the certificate of {issuer}, which issued the certificate of {issued}, got {got}")
    };
    let nothing = "nothing: the chain needs the certificate of each issuer up to the root";
    refuses(&of(&[&leaf]), "MP-123", &missing(1, ISSUING, LEAF, nothing));
    let gap = format!("the certificate of {ROOT}: the chain has a gap");
    refuses(&of(&[&leaf, &root]), "MP-123", &missing(1, ISSUING, LEAF, &gap));
    let order = "the client's certificate comes first, and each certificate before its issuer's";
    let words = missing(1, ISSUING, LEAF, &format!("the certificate of {ROOT}: {order}"));
    refuses(&of(&[&leaf, &root, &issuing]), "MP-123", &words);
    let words = missing(1, ROOT, ROOT, &format!("the certificate of {ISSUING}: {order}"));
    refuses(&of(&[&root, &issuing, &leaf]), "MP-123", &words);
    let words = missing(1, ROOT, ISSUING, &format!("the certificate of {LEAF}: "));
    refuses(&of(&[&issuing, &leaf, &root]), "MP-123", &words);
    let words = missing(1, ISSUING, LEAF, &format!("the certificate of {LEAF}: "));
    refuses(&of(&[&leaf, &leaf, &issuing, &root]), "MP-123", &words);
}

/// An issuing CA that has the names of the sandbox's authority, and another key.
fn imitation() -> Authority {
    let [root, issuing] = [ROOT, ISSUING].map(|name| {
        let mut params =
            certificates::params(&[(DnType::OrganizationName, "systemuser-demo"), (DnType::CommonName, name)]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
    });
    let key = certificates::key(OTHER_KEY);
    let der = issuing.signed_by(&key, &Issuer::from_params(&root, &key)).unwrap().der().to_vec();
    Authority { der, issuer: Issuer::new(issuing, key) }
}

/// The public half of tests/data/rsa-1024.pem, in PKCS#1. AWS-LC, which signs for `rcgen`, does not read this key.
struct SmallKey(Vec<u8>);

impl SmallKey {
    fn read() -> Self {
        let block = pem::parse(project_text("tests/data/rsa-1024.pem")).unwrap();
        let key = pkcs8::PrivateKeyInfoRef::try_from(block.contents()).unwrap();
        let key = pkcs1::RsaPrivateKeyRef::try_from(key.private_key.as_bytes()).unwrap();
        Self(key.public_key().to_der().unwrap())
    }
}

impl rcgen::PublicKeyData for SmallKey {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}

#[test]
fn a_certificate_that_is_not_valid_now_is_refused() {
    let mut params = certificates::business("991825827");
    let words = |state: &str| format!("got a certificate of the tests, which {state}: it is valid from ");
    params.not_after = rcgen::date_time_ymd(2021, 12, 31);
    refuses_leaf(&params, "MP-120", &format!("{}2020-01-01T00:00:00Z to 2021-12-31T00:00:00Z", words("has expired")));
    params.not_before = rcgen::date_time_ymd(2098, 1, 1);
    params.not_after = rcgen::date_time_ymd(2099, 1, 1);
    refuses_leaf(&params, "MP-120", &words("is not valid yet"));
    // The sandbox's own clock decides.
    let grant = grant_with_x5c(&client_key(), &x5c(&chain("config/sandbox-certificate.pem")));
    for (years, state) in [(-20, "is not valid yet"), (90, "has expired")] {
        let clock_ahead = TimeDelta::days(years * 365);
        let sandbox = crate::server::sandbox(SandboxOptions { clock_ahead, ..SandboxOptions::default() });
        let answer = post_to(&sandbox, &grant);
        assert!(answer.body.contains(&format!("got {LEAF}, which {state}: it is valid from ")), "{}", answer.body);
    }
}

#[test]
fn a_certificate_from_another_authority_is_refused() {
    let business = certificates::business("991825827");
    let key = certificates::key(EXAMPLE_KEY);
    let (other, root) = (Authority::root("another root"), &authority()[1]);
    let issuing = other.authority("another authority");
    let words = "issued below another root, which is not trusted: expected systemuser-demo sandbox root CA (public, \
                 worth nothing), since only test certificates are accepted";
    let leaf = issuing.issue(&key, &business);
    refuses(&x5c(&[leaf.clone(), issuing.der.clone(), other.der.clone()]), "MP-120", words);
    refuses(&x5c(&[leaf, issuing.der]), "MP-120", words);
    // Authorities with the names of the sandbox's, and other keys.
    let words = "expected a signature by systemuser-demo sandbox";
    let authority = Authority::sandbox();
    let imitated = imitation();
    let leaf = imitated.issue(&key, &business);
    refuses(&x5c(&[leaf.clone(), imitated.der.clone(), root.clone()]), "MP-120", words);
    refuses(&x5c(&[leaf.clone(), imitated.der]), "MP-120", words);
    refuses(&x5c(&[leaf, authority.der, root.clone()]), "MP-120", &format!("a certificate of the tests: {words}"));
    let self_signed = business.self_signed(&key).unwrap().der().to_vec();
    let words = "expected a certificate from an authority, got a certificate of the tests, which is self-signed";
    refuses(&x5c(&[self_signed]), "MP-120", words);
}

#[test]
fn a_damaged_certificate_is_refused() {
    let example = chain("config/sandbox-certificate.pem");
    // The last byte of a certificate belongs to its signature.
    for (nth, name) in [LEAF, ISSUING].into_iter().enumerate() {
        let mut chain = example.clone();
        *chain[nth].last_mut().unwrap() ^= 1;
        refuses(&x5c(&chain), "MP-120", &format!("Invalid certificate: {name}: expected a signature by "));
    }
    // Another organisation number in a signed certificate.
    let mut chain = example;
    let at = chain[0].windows(9).position(|bytes| bytes == b"991825827").unwrap();
    chain[0][at..at + 9].copy_from_slice(b"310702641");
    refuses(&x5c(&chain), "MP-120", "expected a signature by systemuser-demo sandbox issuing CA");
}

#[test]
fn a_certificate_of_an_authority_is_not_the_clients_and_a_clients_certificate_issues_none() {
    let [issuing, root] = authority();
    let words = "expected the client's certificate, got the CA certificate of systemuser-demo sandbox";
    refuses(&x5c(&[issuing.clone(), root.clone()]), "MP-120", words);
    refuses(&x5c(std::slice::from_ref(&root)), "MP-120", words);
    let mut authority = certificates::business("991825827");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    refuses_leaf(&authority, "MP-120", "got the CA certificate of a certificate of the tests");
    let (key, other) = (certificates::key(EXAMPLE_KEY), certificates::key(OTHER_KEY));
    let mut below = certificates::business("991825827");
    below.distinguished_name.push(DnType::CommonName, "a certificate below");
    for (is_ca, words) in [
        (
            IsCa::NoCa,
            "expected a CA as the issuer of a certificate below, got a certificate of the tests, which is not a CA",
        ),
        (IsCa::ExplicitNoCa, "which is not a CA"),
        (
            IsCa::Ca(BasicConstraints::Unconstrained),
            "expected no CA below systemuser-demo sandbox issuing CA (public, worth nothing), which may not issue CA \
             certificates",
        ),
    ] {
        authority.is_ca = is_ca;
        let der = Authority::sandbox().issue(&other, &authority);
        let leaf = below.signed_by(&key, &Issuer::from_params(&authority, &other)).unwrap().der().to_vec();
        refuses(&x5c(&[leaf, der, issuing.clone(), root.clone()]), "MP-120", words);
    }
}

#[test]
fn a_certificate_has_an_rsa_key_with_2048_bits_or_more() {
    let business = certificates::business("991825827");
    let words =
        |got: &str| format!("a certificate of the tests: expected an RSA key with 2048 to 8192 bits, got {got}");
    let ec = Authority::sandbox().issue(&rcgen::KeyPair::generate().unwrap(), &business);
    refuses(&x5c(&with_authority(ec)), "MP-120", &words("EC"));
    let ed25519 = Authority::sandbox().issue(&certificates::key("tests/data/ed25519.pem"), &business);
    refuses(&x5c(&with_authority(ed25519)), "MP-120", &words("a key of type 1.3.101.112"));
    let small = Authority::sandbox().issue(&SmallKey::read(), &business);
    refuses(&x5c(&with_authority(small)), "MP-120", &words("RSA with 1024 bits"));
}

#[test]
fn a_certificate_of_another_organisation_is_refused() {
    let words = |got: &str| {
        format!(
            "The certificate does not belong to the client's organisation: expected 991825827, got {got} in the \
             certificate of a certificate of the tests"
        )
    };
    refuses_leaf(&certificates::business("310702641"), "MP-122", &words("310702641"));
    let [identifier, serial_number] = [ORGANIZATION_IDENTIFIER, SERIAL_NUMBER].map(DnType::from_oid);
    let name = (DnType::CommonName, "a certificate of the tests");
    let older = certificates::params(&[(serial_number.clone(), "310702641"), name.clone()]);
    refuses_leaf(&older, "MP-122", &words("310702641"));
    let none = words("no organizationIdentifier such as NTRNO-123456789, and no serialNumber with 9 digits");
    for attributes in [
        vec![],
        vec![(identifier.clone(), "991825827")],
        vec![(identifier.clone(), "NTRNO-99182582")],
        vec![(identifier, "NTRNO-9918258270")],
        vec![(serial_number, "99182582x")],
        vec![(DnType::OrganizationName, "991825827")],
    ] {
        refuses_leaf(&certificates::params(&[attributes, vec![name.clone()]].concat()), "MP-122", &none);
    }
}

#[test]
fn the_key_of_the_certificate_signs_the_grant() {
    let example = x5c(&chain("config/sandbox-certificate.pem"));
    let words = "Invalid signature: expected a signature by the key of the certificate of SmartCloud AS";
    let other = pem(&project_text(OTHER_KEY));
    refused(post(&grant_with_x5c(&other, &example)), "invalid_grant", "MP-124", words);
    let good = grant_with_x5c(&client_key(), &example);
    let (message, _) = good.rsplit_once('.').unwrap();
    refused(post(&format!("{message}.")), "invalid_grant", "MP-124", words);
}

#[test]
fn only_the_first_fault_of_a_certificate_is_reported() {
    // Everything is wrong at first; each correction reveals the next fault.
    let (key, other) = (certificates::key(EXAMPLE_KEY), Authority::root("another root"));
    let [issuing, root] = authority();
    let mut params = certificates::business("310702641");
    params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    let first = |x5c: &Value| {
        let grant = grant_with_x5c(&pem(&project_text(OTHER_KEY)), x5c);
        let (_, code, words) = refusal(&post(&grant));
        (code.unwrap(), words)
    };
    let is_first = |x5c: &Value, code: &str, part: &str| {
        let (got, words) = first(x5c);
        assert!(got == code && words.contains(part), "{got}: {words}");
    };
    let of_another = other.issue(&key, &params);
    is_first(&json!(["x"]), "MP-123", "base64");
    is_first(&x5c(std::slice::from_ref(&of_another)), "MP-123", "the chain needs");
    is_first(&x5c(&[of_another, other.der]), "MP-120", "which is not trusted");
    let imitated = imitation().issue(&key, &params);
    is_first(&x5c(&[imitated, issuing.clone(), root.clone()]), "MP-120", "got another signature");
    is_first(&x5c(&with_authority(issued_by_the_sandbox(&params))), "MP-120", "has expired");
    params.not_after = rcgen::date_time_ymd(2099, 1, 1);
    is_first(&x5c(&with_authority(issued_by_the_sandbox(&params))), "MP-122", "got 310702641");
    let valid = issued_by_the_sandbox(&certificates::business("991825827"));
    is_first(&x5c(&with_authority(valid)), "MP-124", "Invalid signature");
}

#[test]
#[ignore = "needs openssl 3 and curl; .ci/run has them"]
fn the_documented_commands_issue_a_certificate_that_is_accepted() {
    let document = project_text("src/sandbox/fixtures/authority/README.md");
    let commands = document.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let commands = commands.replace("http://127.0.0.1:7070/", sandbox());
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("my-key.pem"), project_text(OTHER_KEY)).unwrap();
    succeeds(std::process::Command::new("sh").args(["-ec", &commands]).current_dir(&folder));
    let file = std::fs::read(folder.path().join("certificate.pem")).unwrap();
    let chain: Vec<_> = pem::parse_many(file).unwrap().into_iter().map(pem::Pem::into_contents).collect();
    assert_eq!(chain.len(), 3);
    accepts(OTHER_KEY, &chain);
}
