//! The token reader, with large tokens. tests/inspect.rs covers small tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use proptest::prelude::*;
use reqwest::Url;
use serde_json::{Value, json};
use systemuser_demo::altinn::decoded_jwt::DecodedJwt;
use systemuser_demo::cli::in_words;
use systemuser_demo::cli::session::verification::{PublishedKeys, verify};

use super::{acting, acts, any_json, giants, is_soon_done, object_with, try_all};

fn token(header: &str, claims: &str) -> String {
    let signature = URL_SAFE_NO_PAD.encode([7; 256]);
    format!("{}.{}.{signature}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
}

const CLAIMS: &[&str] = &[
    "iss",
    "aud",
    "scope",
    "iat",
    "exp",
    "nbf",
    "client_id",
    "client_amr",
    "consumer",
    "supplier",
    "resource",
    "authorization_details",
    "urn:altinn:orgNumber",
    "urn:altinn:userid",
];

#[test]
fn for_arbitrary_claims_each_line_is_a_harmless_fact() {
    let claims =
        (object_with(CLAIMS), object_with(&["type", "systemuser_org", "systemuser_id", "system_id", "externalRef"]));
    let claims = claims.prop_map(|(mut claims, mut details)| {
        if claims.get("authorization_details").is_some() {
            details["type"] = "urn:altinn:systemuser".into();
            claims["authorization_details"] = json!([details]);
        }
        claims
    });
    try_all(1_000, (object_with(&["alg", "kid", "crit", "enc"]), claims), |(header, claims)| {
        let words = in_words(&token(&header.to_string(), &claims.to_string()), DateTime::UNIX_EPOCH);
        let words = words.unwrap();
        prop_assert!(words.starts_with("kind  ") && words.lines().count() <= 17, "{:?}", words);
        prop_assert!(!words.contains(|c| acts(c) && c != '\n'), "{:?}", words);
        Ok(())
    });
    let words =
        in_words(&token("{}", &json!({ "scope": acting(), "aud": [acting()] }).to_string()), DateTime::UNIX_EPOCH);
    assert!(!words.unwrap().contains(|c| acts(c) && c != '\n'));
}

#[test]
fn no_published_key_makes_an_invalid_token_valid() {
    let key = object_with(&["kty", "kid", "use", "alg", "n", "e"]).prop_map(|mut key| {
        let fixed = json!({ "kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB" });
        for (name, value) in fixed.as_object().unwrap() {
            key.as_object_mut().unwrap().entry(name).or_insert_with(|| value.clone());
        }
        key
    });
    let keys = prop::collection::vec(prop_oneof![3 => key, 1 => any_json()], 0..6);
    let token = token(r#"{"alg":"RS256","kid":"a"}"#, r#"{"iss":"https://a.no/","exp":99999999999}"#);
    let issuer = Url::parse("https://a.no/").unwrap();
    try_all(1_000, keys, |keys: Vec<Value>| {
        let keys: PublishedKeys = serde_json::from_value(json!({ "keys": keys })).unwrap();
        prop_assert!(verify(&token, &keys, &issuer, DateTime::UNIX_EPOCH).is_err());
        Ok(())
    });
}

#[test]
fn a_giant_token_is_printed_or_refused_without_a_panic() {
    for (name, giant) in giants() {
        for token in
            [giant.clone(), token(&giant, "{}"), token("{}", &giant), token("{}", &format!("{{\"aud\":{giant:?}}}"))]
        {
            is_soon_done(|| {
                let decoded = DecodedJwt::read(&token);
                assert!(decoded.is_none_or(|decoded| decoded.system_user().is_none()), "{name}");
                match in_words(&token, DateTime::UNIX_EPOCH) {
                    // A control character of one byte is printed with at most eight characters.
                    Ok(words) => assert!(words.len() < 8 * token.len() + 1_000, "{name}"),
                    Err(error) => assert!(error.to_string().len() < 200, "{name}"),
                }
            });
        }
    }
}
