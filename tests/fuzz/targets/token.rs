//! The token reader: the output of `inspect` for any text, and the tokens that are trusted.

#![no_main]

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use libfuzzer_sys::fuzz_target;
use reqwest::Url;
use serde_json::{Value, json};
use systemuser_demo::altinn::decoded_jwt::DecodedJwt;
use systemuser_demo::cli;
use systemuser_demo::cli::session::verification::{CLOCK_TOLERANCE, PublishedKeys, verify};
use systemuser_demo::client::key::{KeySource, SigningKey};
use systemuser_demo_fuzz::{CLIENTS_KEY, is_harmless, over, signed};

const ISSUER: &str = "https://test.maskinporten.no/";
const KID: &str = "fuzz";

static ISSUER_URL: LazyLock<Url> = LazyLock::new(|| Url::parse(ISSUER).expect("an address"));
static PUBLISHED: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!("../../../mp-key.pem.example").into();
    let key = SigningKey::load(&KeySource::Text { name: "KEY".to_owned(), text }, Some(KID), None).expect("a fixture");
    json!({ "keys": [key.public_jwk()] })
});
static KEYS: LazyLock<PublishedKeys> = LazyLock::new(|| serde_json::from_value(PUBLISHED.clone()).expect("a JWK set"));
/// A valid token.
static GOOD: LazyLock<String> = LazyLock::new(|| {
    let claims = json!({ "iss": ISSUER, "iat": now().timestamp(), "exp": now().timestamp() + 100 });
    signed(&CLIENTS_KEY, header().to_string().as_bytes(), claims.to_string().as_bytes())
});

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).expect("a time")
}

fn header() -> Value {
    json!({ "alg": "RS256", "kid": KID })
}

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    match first {
        // Any claims or header, with a good signature.
        0 => trusted_for_a_reason(&signed(&CLIENTS_KEY, header().to_string().as_bytes(), rest)),
        1 => trusted_for_a_reason(&signed(&CLIENTS_KEY, rest, claims().to_string().as_bytes())),
        2 => {
            let Some(claims) = over(&claims(), rest) else { return };
            trusted_for_a_reason(&signed(
                &CLIENTS_KEY,
                header().to_string().as_bytes(),
                Value::from(claims).to_string().as_bytes(),
            ));
        }
        // Any published keys.
        3 => {
            let Ok(keys) = serde_json::from_slice::<PublishedKeys>(rest) else { return };
            let known = PUBLISHED["keys"][0]["n"].as_str().expect("a modulus");
            let trusted = verify(&GOOD, &keys, &ISSUER_URL, now()).is_ok();
            assert!(!trusted || String::from_utf8_lossy(rest).contains(known));
        }
        _ => decoded(&String::from_utf8_lossy(data)),
    }
});

fn claims() -> Value {
    json!({
        "iss": ISSUER, "iat": now().timestamp(), "exp": now().timestamp() + 100, "client_amr": "private_key_jwt",
        "consumer": { "authority": "iso6523-actorid-upis", "ID": "0192:991825827" },
    })
}

/// Asserts that a trusted token has this issuer and is valid now.
fn trusted_for_a_reason(token: &str) {
    decoded(token);
    let verified = verify(token, &KEYS, &ISSUER_URL, now());
    let Some(decoded) = DecodedJwt::read(token) else { return assert!(verified.is_err()) };
    let lives = decoded.time("exp").is_some_and(|expires| expires > now());
    let begun = |claim| decoded.time(claim).is_none_or(|begins| begins - now() <= CLOCK_TOLERANCE);
    let trustworthy = decoded.claims.get("iss") == Some(&json!(ISSUER)) && lives && begun("iat") && begun("nbf");
    match verified {
        Ok(()) => assert!(trustworthy && decoded.header["alg"] == "RS256" && decoded.header["kid"] == KID),
        Err(fault) => assert!(!fault.to_string().is_empty()),
    }
    // The signature is valid for this message only.
    let (signed, signature) = token.rsplit_once('.').expect("three parts");
    let other = format!("{}.e30.{signature}", signed.split('.').next().unwrap_or_default());
    assert!(signed.ends_with(".e30") || verify(&other, &KEYS, &ISSUER_URL, now()).is_err());
}

/// The names of the facts that `inspect` prints, in order.
const FACTS: [&str; 21] = [
    "kind",
    "system",
    "system user",
    "owner",
    "external ref",
    "consumer",
    "supplier",
    "client id",
    "scope",
    "resource",
    "issuer",
    "audience",
    "issued",
    "expires",
    "key id",
    "certificate",
    "issued by",
    "organisation",
    "valid",
    "algorithm",
    "signature",
];

/// Asserts that each line of `inspect`'s output is one of its own facts, in order.
fn decoded(text: &str) {
    if let Some(decoded) = DecodedJwt::read(text) {
        let _ = (decoded.organisation("consumer"), decoded.organisation("supplier"), decoded.system_user());
    }
    let Ok(words) = cli::in_words(text, now()) else { return };
    is_harmless(&words.replace('\n', ""));
    let mut facts = FACTS.iter();
    for line in words.lines() {
        let is_next = |fact: &&&str| line.strip_prefix(**fact).is_some_and(|rest| rest.starts_with("  "));
        assert!(facts.any(|fact| is_next(&fact)), "{line:?} is not a fact, or is out of order, in {words:?}");
    }
    let last = words.lines().next_back().unwrap_or_default();
    assert!(last.starts_with("signature  ") && last.ends_with("  not verified"), "{words:?}");
}
