//! Does `inspect` print the right facts about a token, and the right error about any other text?

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use reqwest::Url;
use serde_json::{Value, json};
use systemuser_demo::cli::in_words;
use systemuser_demo::cli::session::verification::{PublishedKeys, VerificationError, verify};
use systemuser_demo::client::key::{KeySource, SigningKey};

use crate::program::{Program, data, program};
use crate::server::{Server, json as json_response, response};

fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

/// A JWT with a signature of the right length that no key made.
fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}.{}", encoded(header), encoded(claims), URL_SAFE_NO_PAD.encode([7; 256]))
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

fn header() -> Value {
    json!({ "alg": "RS256", "kid": "digdir-1" })
}

/// A system user's token as Maskinporten issues it.
fn claims() -> Value {
    json!({
        "authorization_details": [{
            "type": "urn:altinn:systemuser",
            "systemuser_org": { "authority": "iso6523-actorid-upis", "ID": "0192:313790509" },
            "systemuser_id": ["5e7c2a90-83d4-4f6b-b1a5-9f0d3e6c7b03"],
            "system_id": "991825827_smartcloud",
        }],
        "scope": "altinn:systembruker.demo",
        "iss": "https://test.maskinporten.no/",
        "client_amr": "private_key_jwt",
        "token_type": "Bearer",
        "exp": 1_700_000_100,
        "iat": 1_699_999_980,
        "client_id": "a2ed712d-4144-4471-839f-80ae4a68146b",
        "jti": "x",
        "consumer": { "authority": "iso6523-actorid-upis", "ID": "0192:991825827" },
    })
}

fn words(text: &str) -> String {
    in_words(text, now()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn line<'t>(words: &'t str, name: &str) -> Option<&'t str> {
    words.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix("  ")).map(str::trim)
}

const SYSTEM_USER: &str = "\
kind         a system user's token from Maskinporten
system       991825827_smartcloud
system user  5e7c2a90-83d4-4f6b-b1a5-9f0d3e6c7b03
owner        313790509
consumer     991825827
client id    a2ed712d-4144-4471-839f-80ae4a68146b
scope        altinn:systembruker.demo
issuer       https://test.maskinporten.no/
issued       2023-11-14 22:13:00 UTC, 20 s ago
expires      2023-11-14 22:15:00 UTC, in 1 min 40 s
key id       digdir-1
algorithm    RS256
signature    not verified
";

#[test]
fn a_system_users_token_is_printed_fact_by_fact() {
    assert_eq!(words(&unsigned(&header(), &claims())), SYSTEM_USER);
}

#[test]
fn the_owners_id_may_be_written_as_in_altinns_examples() {
    let mut claims = claims();
    claims["authorization_details"][0]["systemuser_org"] = json!({ "authority": "x", "id": "0192:313790509" });
    claims["consumer"] = json!({ "authority": "x", "id": "0192:991825827" });
    assert_eq!(words(&unsigned(&header(), &claims)), SYSTEM_USER);
}

#[test]
fn text_that_is_often_copied_with_a_token_is_ignored() {
    let token = unsigned(&header(), &claims());
    let (start, end) = token.split_at(80);
    for text in [
        format!("Bearer {token}"),
        format!("bearer   {token}\n"),
        format!("Authorization: Bearer {token}"),
        format!("\"{token}\""),
        format!("\u{feff}{token}\r\n"),
        format!("{start}\r\n{end}"),
        format!("{{\"access_token\":\"{token}\",\"token_type\":\"Bearer\",\"expires_in\":119}}"),
    ] {
        assert_eq!(words(&text), SYSTEM_USER, "{text}");
    }
}

#[test]
fn other_kinds_are_distinguished() {
    let kind = |claims: Value| line(&words(&unsigned(&header(), &claims)), "kind").unwrap().to_owned();
    let mut plain = claims();
    plain.as_object_mut().unwrap().remove("authorization_details");
    assert_eq!(kind(plain), "a plain Maskinporten token, without a system user");
    let mut altinn = claims();
    altinn["urn:altinn:authlevel"] = json!(3);
    altinn["urn:altinn:orgNumber"] = json!("991825827");
    altinn["iss"] = json!("https://platform.tt02.altinn.no/authentication/api/v1/openid/");
    assert_eq!(kind(altinn.clone()), "an Altinn token of a system user");
    altinn.as_object_mut().unwrap().remove("authorization_details");
    assert_eq!(kind(altinn), "an Altinn token, without a system user");
    assert_eq!(kind(json!({})), "a JWT of an unknown kind");
    assert_eq!(kind(json!({"sub": "me", "aud": "you", "iss": "they"})), "a JWT of an unknown kind");
    let jwe = format!("{}.a.b.c.d", encoded(&json!({"alg": "RSA-OAEP", "enc": "A256GCM"})));
    assert_eq!(
        words(&jwe),
        "kind       an encrypted token (JWE), which only its receiver can read\nsignature  not verified\n"
    );
    for opaque in ["opaque-token", "abc", "a.b.c", "-", "ZXhhbXBsZQ"] {
        assert_eq!(
            words(opaque),
            "kind       an opaque token, which only its issuer can read\nsignature  not verified\n",
            "{opaque}"
        );
    }
}

#[test]
fn a_token_from_another_issuer_is_not_a_grant() {
    let kind = |claims: Value| line(&words(&unsigned(&header(), &claims)), "kind").unwrap().to_owned();
    let client = "a2ed712d-4144-4471-839f-80ae4a68146b";
    for token in [
        json!({ "iss": "https://login.example/", "aud": "https://api.example", "scope": "read", "exp": 1_700_003_600 }),
        json!({ "iss": "login", "aud": "api", "scope": "read", "exp": 1_700_003_600 }),
        json!({ "iss": "login", "aud": ["https://api.example"], "scope": "read" }),
        json!({ "iss": "login", "aud": "https://api.example", "scope": "read", "sub": "me", "nbf": 1_700_000_000 }),
    ] {
        assert_eq!(kind(token.clone()), "a JWT of an unknown kind", "{token}");
    }
    for grant in [
        json!({ "iss": client, "aud": "test.maskinporten.no", "scope": "a:b", "slip": 1 }),
        json!({ "iss": "oidc_client", "aud": "https://test.maskinporten.no/", "scope": "a:b", "sub": "oidc_client" }),
    ] {
        assert_eq!(kind(grant.clone()), "a JWT grant for a plain Maskinporten token", "{grant}");
    }
}

#[test]
fn a_grant_that_says_when_it_becomes_valid_is_shown_as_any_other_grant() {
    let mut claims = json!({
        "iss": "a2ed712d-4144-4471-839f-80ae4a68146b", "aud": "https://test.maskinporten.no/", "scope": "a:b",
        "iat": 1_700_000_000, "exp": 1_700_000_120,
    });
    let without = words(&unsigned(&header(), &claims));
    claims["nbf"] = json!(1_700_000_000);
    let run = program("inspect").run_with(&unsigned(&header(), &claims));
    assert_eq!((run.code, run.err.as_str(), line(&run.out, "kind")), (0, "", line(&without, "kind")));
    assert_eq!(words(&unsigned(&header(), &claims)), without);
    assert_eq!(line(&without, "kind"), Some("a JWT grant for a plain Maskinporten token"));
}

#[test]
fn a_grant_is_recognised() {
    let grant = program("grant --env test --client-id c --scope s:t --org 313790509 --external-ref customer-42 --key")
        .arg(data("key.jwk.json").to_str().unwrap())
        .args("--resource https://a.no --resource https://b.no")
        .run();
    assert_eq!((grant.code, grant.err.as_str()), (0, ""));
    let run = program("inspect").run_with(&grant.out);
    assert_eq!(run.code, 0, "{}", run.err);
    let fact = |name: &str| line(&run.out, name).unwrap_or_default().to_owned();
    assert_eq!(fact("kind"), "a JWT grant for a system user's token");
    assert_eq!((fact("owner"), fact("external ref")), ("313790509".to_owned(), "customer-42".to_owned()));
    assert_eq!((fact("client id"), fact("scope")), ("c".to_owned(), "s:t".to_owned()));
    assert_eq!(
        (fact("audience"), fact("resource")),
        ("https://test.maskinporten.no/".to_owned(), "https://a.no https://b.no".to_owned())
    );
    assert_eq!((fact("key id"), fact("signature")), ("tests".to_owned(), "not verified".to_owned()));
    assert!(fact("expires").contains(", in 1 min 5"), "{}", run.out);
}

#[test]
fn times_are_printed_as_a_time_and_a_duration() {
    let expires = |exp: Value| {
        let mut claims = claims();
        claims["exp"] = exp;
        line(&words(&unsigned(&header(), &claims)), "expires").unwrap_or("-").to_owned()
    };
    assert_eq!(expires(json!(1_699_999_820)), "2023-11-14 22:10:20 UTC, expired 3 min ago");
    assert_eq!(expires(json!(1_700_000_000)), "2023-11-14 22:13:20 UTC, expired 0 s ago");
    assert_eq!(expires(json!(1_700_000_001)), "2023-11-14 22:13:21 UTC, in 1 s");
    assert_eq!(expires(json!(1_700_000_100.9)), "2023-11-14 22:15:00 UTC, in 1 min 40 s");
    assert_eq!(expires(json!(1_700_090_061)), "2023-11-15 23:14:21 UTC, in 1 d 1 h");
    assert_eq!(expires(json!(1e300)), "1e+300");
    assert_eq!(expires(json!(-1)), "1969-12-31 23:59:59 UTC, expired 19675 d 22 h ago");
    assert_eq!(expires(json!("tomorrow")), "tomorrow");
    assert_eq!(expires(Value::Null), "null");
}

#[test]
fn the_token_is_an_argument_or_standard_input() {
    let token = unsigned(&header(), &claims());
    let out = |program: Program, input: &str| program.run_with(input).out;
    let shown = out(program("inspect").arg(&token), "");
    assert!(shown.contains("5e7c2a90-83d4-4f6b-b1a5-9f0d3e6c7b03\n") && shown.contains("expired "), "{shown}");
    assert_eq!(out(program("inspect"), &token), shown);
    assert_eq!(out(program("inspect -"), &format!("Bearer {token}\n")), shown);
    let json: Value = serde_json::from_str(&out(program("inspect --json"), &token)).unwrap();
    assert_eq!(
        json,
        json!({ "kind": "a system user's token from Maskinporten", "header": header(), "claims": claims(), "verified": false })
    );
    let opaque: Value = serde_json::from_str(&out(program("inspect --json opaque"), "")).unwrap();
    assert_eq!(opaque, json!({ "kind": "an opaque token, which only its issuer can read", "verified": false }));
}

#[test]
fn an_incomplete_token_is_reported_and_never_repeated() {
    let token = unsigned(&header(), &claims());
    let fails = |text: &str, err: &str| {
        let run = program("inspect").run_with(text);
        run.fails(2, err);
    };
    let cut_off = |what: &str| {
        format!(
            "error: the token is cut off or damaged: {what}\n\
                 hint: was the token copied only in part? copy the whole token\n"
        )
    };
    let parts: Vec<&str> = token.split('.').collect();
    fails(parts[0], &cut_off("a JWT has three parts separated by dots, but this text has 1"));
    fails(&parts[..2].join("."), &cut_off("a JWT has three parts separated by dots, but this text has 2"));
    fails(&token[..parts[0].len() + 60], &cut_off("a JWT has three parts separated by dots, but this text has 2"));
    let claims_cut = format!("{}.{}.{}", parts[0], &parts[1][..50], parts[2]);
    fails(&claims_cut, &cut_off("its claims are not JSON in base64url, or are nested too deeply"));
    let signature = |bytes: usize| format!("{}.{}.{}", parts[0], parts[1], URL_SAFE_NO_PAD.encode(vec![7; bytes]));
    fails(&signature(255), &cut_off("its signature has 255 bytes, but an RSA signature has 256 or more"));
    fails(&signature(0), &cut_off("its signature has 0 bytes, but an RSA signature has 256 or more"));
    fails(&token[..token.len() - 1].replace(parts[2], "a!"), &cut_off("its signature is not base64url"));
    fails(&format!("eyJ{}", &parts[0][4..]), &cut_off("its header is not JSON in base64url"));
    fails("", "error: the token is empty\nhint: to get a token, run `systemuser-demo token`\n");
    fails("Bearer ", "error: the token is empty\nhint: to get a token, run `systemuser-demo token`\n");
    fails("a token, perhaps", "error: this is not a token: it contains invalid characters\n");
    fails("\u{1b}[2J", "error: this is not a token: it contains invalid characters\n");
    fails(&"a".repeat(1024 * 1024 + 1), "error: standard input is longer than 1 MiB, which is too long for a token\n");
}

#[test]
fn a_huge_or_deep_payload_is_read_or_refused_without_a_panic() {
    let mut claims = claims();
    claims["scope"] = json!("s".repeat(500_000));
    assert_eq!(line(&words(&unsigned(&header(), &claims)), "scope").unwrap().len(), 500_000);
    let deep = URL_SAFE_NO_PAD.encode(format!("{{\"a\":{}1{}}}", "[".repeat(200_000), "]".repeat(200_000)));
    let run =
        program("inspect").run_with(&format!("{}.{deep}.{}", encoded(&header()), URL_SAFE_NO_PAD.encode([7; 256])));
    run.fails(
        2,
        "error: the token is cut off or damaged: its claims are not JSON in base64url, or are nested too deeply\n\
         hint: was the token copied only in part? copy the whole token\n",
    );
}

#[test]
fn a_tokens_content_cannot_control_the_terminal() {
    let mut claims = claims();
    claims["scope"] = json!("\u{1b}[2J\u{202e}");
    assert_eq!(line(&words(&unsigned(&header(), &claims)), "scope"), Some("\\u{1b}[2J\\u{202e}"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_is_not_waited_for() {
    // The other end of a pseudo-terminal is a terminal too.
    let terminal = std::fs::File::open("/dev/ptmx").unwrap();
    let output = program("inspect").command().stdin(terminal).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        err,
        "error: no token: TOKEN is missing, and standard input is a terminal\n\
         hint: for usage, run `systemuser-demo inspect --help`\n"
    );
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), [].as_slice()));
}

// Verification

fn signing_key() -> SigningKey {
    SigningKey::load(&KeySource::File(data("key.jwk.json")), Some("digdir-1"), None).unwrap()
}

fn published() -> String {
    json!({ "keys": [{ "kty": "EC", "kid": "other", "crv": "P-256" }, signing_key().public_jwk()] }).to_string()
}

fn keys() -> PublishedKeys {
    serde_json::from_str(&published()).unwrap()
}

fn issuer() -> Url {
    Url::parse("https://test.maskinporten.no/").unwrap()
}

/// A token signed like Maskinporten's tokens.
fn signed(header: &Value, claims: &Value) -> String {
    let pem = pem::parse(crate::program::data_text("key.pkcs8.pem")).unwrap();
    let key = aws_lc_rs::signature::RsaKeyPair::from_pkcs8(pem.contents()).unwrap();
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let mut signature = vec![0; key.public_modulus_len()];
    let random = aws_lc_rs::rand::SystemRandom::new();
    key.sign(&aws_lc_rs::signature::RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn fault(token: &str, now: DateTime<Utc>) -> VerificationError {
    verify(token, &keys(), &issuer(), now).unwrap_err()
}

#[test]
fn a_token_is_verified_with_the_published_keys() {
    verify(&signed(&header(), &claims()), &keys(), &issuer(), now()).unwrap();
}

#[test]
fn a_changed_token_or_a_token_with_another_key_is_refused() {
    assert_eq!(fault(&unsigned(&header(), &claims()), now()), VerificationError::Signature);
    let good = signed(&header(), &claims());
    let mut other = claims();
    other["scope"] = json!("altinn:everything");
    let parts: Vec<&str> = good.split('.').collect();
    assert_eq!(fault(&format!("{}.{}.{}", parts[0], encoded(&other), parts[2]), now()), VerificationError::Signature);
    for kid in ["unknown", "other"] {
        let token = signed(&json!({ "alg": "RS256", "kid": kid }), &claims());
        assert_eq!(fault(&token, now()), VerificationError::UnknownKey { kid: kid.to_owned() });
    }
    for kid in [json!(7), Value::Null] {
        let token = signed(&json!({ "alg": "RS256", "kid": kid }), &claims());
        assert_eq!(fault(&token, now()), VerificationError::NoKeyId);
    }
    let critical = signed(&json!({ "alg": "RS256", "kid": "digdir-1", "crit": ["x"] }), &claims());
    assert_eq!(fault(&critical, now()), VerificationError::Critical);
    assert_eq!(fault("opaque", now()), VerificationError::NotAJwt);
}

#[test]
fn only_a_suitable_signature_key_verifies_and_it_may_be_any_of_several() {
    let key = serde_json::to_value(signing_key().public_jwk()).unwrap();
    let with = |member: &str, value: Value| {
        let mut key = key.clone();
        key[member] = value;
        key
    };
    let check = |keys: Value| {
        let keys: PublishedKeys = serde_json::from_value(json!({ "keys": keys })).unwrap();
        verify(&signed(&header(), &claims()), &keys, &issuer(), now())
    };
    for other in [
        with("use", json!("enc")),
        with("alg", json!("RS512")),
        with("alg", json!("RSA-OAEP")),
        with("kty", json!("oct")),
        with("kid", json!("")),
        with("kid", Value::Null),
        with("n", json!(5)),
        json!("key"),
        json!({}),
    ] {
        assert!(matches!(check(json!([other])), Err(VerificationError::UnknownKey { .. })), "{other}");
        // Keys that do not fit are skipped.
        check(json!([other, key, with("e", json!("AQAA"))])).unwrap();
    }
    // Two keys with the same id: the second key signed.
    let another = with("n", json!(URL_SAFE_NO_PAD.encode([0xc5; 256])));
    check(json!([another, key])).unwrap();
    assert_eq!(check(json!([another])), Err(VerificationError::Signature));
}

#[test]
fn the_none_and_hmac_algorithms_are_refused_with_any_signature() {
    for alg in ["none", "None", "HS256", "HS384", "HS512", "PS256", "ES256", "rs256", ""] {
        let token = signed(&json!({ "alg": alg, "kid": "digdir-1" }), &claims());
        assert_eq!(fault(&token, now()), VerificationError::Algorithm { got: alg.to_owned() });
    }
    assert_eq!(
        fault(&signed(&json!({ "kid": "digdir-1" }), &claims()), now()),
        VerificationError::Algorithm { got: "nothing".to_owned() }
    );
    let unsigned = format!("{}.{}.", encoded(&json!({ "alg": "none" })), encoded(&claims()));
    assert_eq!(fault(&unsigned, now()), VerificationError::Algorithm { got: "none".to_owned() });
    // An HMAC with the published key as its secret, which anybody can compute.
    let message = format!("{}.{}", encoded(&json!({ "alg": "HS256", "kid": "digdir-1" })), encoded(&claims()));
    let secret = hmac::Key::new(hmac::HMAC_SHA256, signing_key().public_jwk()["n"].as_str().unwrap().as_bytes());
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(&secret, message.as_bytes())));
    assert_eq!(fault(&token, now()), VerificationError::Algorithm { got: "HS256".to_owned() });
}

#[test]
fn issuer_and_lifetime_are_checked() {
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        signed(&header(), &claims)
    };
    for iss in ["https://test.maskinporten.no", "https://maskinporten.no/", ""] {
        let expected = VerificationError::Issuer { got: iss.to_owned(), expected: issuer().to_string() };
        assert_eq!(fault(&with("iss", json!(iss)), now()), expected);
    }
    assert!(matches!(fault(&with("exp", json!(1_700_000_000)), now()), VerificationError::Expired { .. }));
    for unreadable in [Value::Null, json!("1700000100"), json!(1e300)] {
        assert_eq!(fault(&with("exp", unreadable.clone()), now()), VerificationError::NoTime { claim: "exp" });
        assert_eq!(fault(&with("nbf", unreadable), now()), VerificationError::NoTime { claim: "nbf" });
    }
    let mut endless = claims();
    endless.as_object_mut().unwrap().remove("exp");
    assert_eq!(fault(&signed(&header(), &endless), now()), VerificationError::NoTime { claim: "exp" });
    assert!(matches!(fault(&with("iat", json!(1_700_000_011)), now()), VerificationError::Early { .. }));
    assert!(matches!(fault(&with("nbf", json!(1_700_000_011)), now()), VerificationError::Early { .. }));
    verify(&with("iat", json!(1_700_000_010)), &keys(), &issuer(), now()).unwrap();
}

#[cfg(feature = "sandbox")]
#[test]
fn a_token_from_a_running_sandbox_is_verified() {
    let address = crate::server::sandbox(Default::default());
    let token = program("token").var("SYSTEMUSER_SANDBOX", &address).run().out;
    let run = program("inspect --verify").var("SYSTEMUSER_SANDBOX", &address).run_with(&token);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert_eq!(line(&run.out, "signature"), Some("verified: signature, issuer and lifetime"));
    let run = program("inspect --verify --json").var("SYSTEMUSER_SANDBOX", &address).run_with(&token);
    assert_eq!(serde_json::from_str::<Value>(&run.out).unwrap()["verified"], true);
    // A grant is not signed by Maskinporten.
    let grant = program("grant").var("SYSTEMUSER_SANDBOX", &address).run().out;
    program("inspect --verify").var("SYSTEMUSER_SANDBOX", &address).run_with(&grant).fails(
        4,
        "error: the token is signed with the key `sandbox-example`, which is not a published key\n\
         hint: this is a grant, which is signed by the client and not by Maskinporten\n",
    );
}

#[cfg(feature = "sandbox")]
#[test]
fn a_sandbox_inside_a_command_cannot_have_issued_a_token() {
    let error =
        "error: no running sandbox could have issued the token: each command starts and stops its own sandbox\n";
    program("inspect --verify")
        .run_with(&unsigned(&header(), &claims()))
        .fails(3, &format!("{error}hint: the issuer is `test`: pass --env test\n"));
    let mut of_sandbox = claims();
    of_sandbox["iss"] = json!("http://127.0.0.1:41233/");
    program("inspect --verify").run_with(&unsigned(&header(), &of_sandbox)).fails(
        3,
        &format!(
            "{error}hint: start a sandbox with `systemuser-demo sandbox`, and set SYSTEMUSER_SANDBOX to its URL\n"
        ),
    );
}

#[test]
fn a_text_that_is_not_a_token_is_not_called_a_token() {
    let run = program("inspect token.jwt").file("token.jwt", unsigned(&header(), &claims())).run();
    run.fails(
        2,
        "error: TOKEN: this is the name of a file\n\
         hint: to inspect the file's content, run `systemuser-demo inspect < token.jwt`\n",
    );
    let jwk: Value = serde_json::from_str(&crate::program::data_text("key.jwk.json")).unwrap();
    let pem = crate::program::data_text("key.pkcs8.pem");
    let body: String = pem.split("-----").nth(2).unwrap().split_whitespace().collect();
    program("inspect").run_with(&body).fails(2, "error: this is not a token: it looks like a key\n");
    for json in [jwk.to_string(), r#"{"error":"invalid_grant","error_description":"x"}"#.to_owned()] {
        program("inspect").run_with(&json).fails(2, "error: this is JSON without an `access_token`\n");
    }
    let token = unsigned(&header(), &claims());
    let cut_off = "error: the token is cut off or damaged: ";
    for cut in [&token[1..], &token[5..], &format!("{token}\n{token}")] {
        let run = program("inspect").run_with(cut);
        assert!(run.code == 2 && run.err.starts_with(cut_off), "{}", run.err);
    }
    for misspelt in ["inspect --verfy", "inspect -x"] {
        let run = program(misspelt).run_with(&unsigned(&header(), &claims()));
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{misspelt}");
    }
}

#[test]
fn a_token_cannot_add_lines_to_the_output() {
    let server = Server::start(|_| json_response("200 OK", &published()));
    let forged = signed(&json!({"alg": "RS256", "kid": "x`\nnote: verified\nhint: run `sh`"}), &claims());
    let run = program("inspect --verify --env test").file("config/test.toml", server.configuration()).run_with(&forged);
    assert_eq!((run.code, run.out.as_str(), run.err.lines().count()), (4, "", 2), "{}", run.err);
}

#[test]
fn a_failed_verification_is_reported_and_nothing_is_printed() {
    let server = Server::start(|_| json_response("200 OK", &published()));
    let check = |token: &str| {
        program("inspect --verify --env test").file("config/test.toml", server.configuration()).run_with(token)
    };
    let mut current = claims();
    current["iss"] = json!(server.url());
    let expired = check(&signed(&header(), &current));
    assert_eq!((expired.code, expired.out.as_str()), (4, ""));
    assert!(
        expired.err.starts_with("error: the token expired ") && expired.err.ends_with(" s ago\n"),
        "{}",
        expired.err
    );
    current["exp"] = json!(Utc::now().timestamp() + 100);
    let good = check(&signed(&header(), &current));
    assert_eq!((good.code, good.err.as_str()), (0, ""));
    check(&unsigned(&header(), &current)).fails(
        4,
        "error: the token has a signature that does not match the issuer's keys\n\
         hint: was the token changed, or copied only in part? copy the whole token\n",
    );
    check(&signed(&json!({"alg": "HS256", "kid": "digdir-1"}), &current)).fails(
        4,
        "error: the token is signed with the algorithm `HS256`, but must be signed with RS256, RS384 or RS512\n\
         hint: anyone could have created this token\n",
    );
    current["iss"] = json!("https://maskinporten.no/");
    check(&signed(&header(), &current)).fails(
        4,
        "error: the token is issued by `https://maskinporten.no/`, not by `http://127.0.0.1:PORT/`\n\
         hint: the issuer is `prod`: pass --env prod\n",
    );
    current["urn:altinn:authlevel"] = json!(3);
    let altinn = check(&signed(&header(), &current));
    assert!(
        altinn.err.ends_with("hint: this is an Altinn token, which is signed by Altinn and not by Maskinporten\n"),
        "{}",
        altinn.err
    );
    check("opaque").fails(4, "error: the token is not a signed JWT\n");
    assert!(
        server.requests().iter().all(|request| request.target == "/jwk" && request.header("authorization").is_none())
    );
}

#[test]
fn an_unacceptable_algorithm_is_refused_before_the_keys_are_fetched() {
    for alg in ["none", "HS256"] {
        let token = unsigned(&json!({ "alg": alg, "kid": "k" }), &claims());
        let run = program("inspect --verify --env test").var("HTTPS_PROXY", crate::server::nobody()).run_with(&token);
        run.fails(
            4,
            &format!(
                "error: the token is signed with the algorithm `{alg}`, but must be signed with RS256, RS384 or RS512\n\
                 hint: anyone could have created this token\n"
            ),
        );
    }
}

#[test]
fn an_invalid_key_set_is_no_usable_answer() {
    let check = |answer: String, err: &str| {
        let server = Server::start(move |_| answer.clone());
        let run = program("inspect --verify --env test").file("config/test.toml", server.configuration());
        run.run_with(&signed(&header(), &claims()))
            .fails(6, &format!("error: no usable response from `http://127.0.0.1:PORT/jwk`: {err}\n"));
    };
    check(json_response("200 OK", "{}"), "status 200, but not a JWK set: {}");
    check(response("200 OK", "text/html", "<html>"), "status 200, but not a JWK set: <html>");
    check(json_response("404 Not Found", "{}"), "status 404, without a JWK set");
}

// Arbitrary input

/// A text of any characters, most of them plain.
fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(any::<u32>(), 0..30).prop_map(|numbers| {
        let character = |number: u32| match number % 8 {
            0 => char::from_u32(number >> 11).unwrap_or('\u{1b}'),
            _ => char::from(b' ' + (number >> 8) as u8 % 95),
        };
        numbers.into_iter().map(character).collect()
    })
}

/// Arbitrary texts, texts like tokens, and tokens with faults.
fn anything() -> impl Strategy<Value = String> {
    let json = prop_oneof![
        Just(claims()),
        any::<i64>().prop_map(|number| json!({ "exp": number, "iat": number, "nbf": -1.5e300 })),
        any::<f64>().prop_map(|number| json!({ "exp": number, "consumer": { "ID": number } })),
        "[ -~]{0,20}"
            .prop_map(|text| json!({ "authorization_details": text, "aud": [text], "kid": text, "alg": text })),
        (text(), any::<bool>()).prop_map(|(text, flag)| {
            json!({ "authorization_details": [{ "type": "urn:altinn:systemuser", "systemuser_org": text,
                "systemuser_id": [flag], "system_id": { "x": text } }], "scope": [text, flag] })
        }),
        Just(json!([])),
        Just(Value::Null),
    ];
    let part = prop_oneof![
        json.prop_map(|json| encoded(&json)),
        text(),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| URL_SAFE_NO_PAD.encode(bytes)),
        Just(encoded(&header())),
        Just(URL_SAFE_NO_PAD.encode([7; 256])),
    ];
    let token = prop::collection::vec(part, 0..6).prop_map(|parts| parts.join("."));
    let damaged = (any::<prop::sample::Index>(), any::<char>()).prop_map(|(at, c)| {
        let token = unsigned(&header(), &claims());
        let at = at.index(token.len());
        format!("{}{c}{}", &token[..at], &token[at + 1..])
    });
    prop_oneof![text(), token.clone(), token.prop_map(|token| format!("Bearer \"{token}\"")), damaged]
}

#[test]
fn no_text_causes_a_panic() {
    let mut runner = TestRunner::new_with_rng(
        Config { cases: 100_000, failure_persistence: None, ..Config::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let keys = keys();
    let described = std::cell::Cell::new(0);
    runner
        .run(&anything(), |text| {
            if let Ok(words) = in_words(&text, now()) {
                described.set(described.get() + 1);
                let harmless = words.starts_with("kind") && !words.contains('\u{1b}');
                prop_assert!(harmless, "{}", words);
            }
            let _ = verify(&text, &keys, &issuer(), now());
            Ok(())
        })
        .unwrap();
    // Enough of the inputs were tokens.
    assert!(described.get() > 10_000, "{}", described.get());
}
