//! The key loader: any key file is a key that can sign, or an error that shows no part of it.

#![no_main]

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::DateTime;
use libfuzzer_sys::fuzz_target;
use reqwest::Url;
use serde_json::Value;
use systemuser_demo::client::grant::{Grant, TokenRequest};
use systemuser_demo::client::key::{KeySource, SigningKey};
use systemuser_demo_fuzz::{PIECE, of_base64, over};

const JWK: &str = include_str!("../../data/key.jwk.json");

fuzz_target!(|data: &[u8]| {
    let Some(text) = text(data) else { return };
    let source = KeySource::Text { name: "FUZZ".to_owned(), text: text.clone().into() };
    match SigningKey::load(&source, None, None) {
        Ok(key) => can_sign(&key),
        Err(error) => shows_nothing(&error.to_string(), &text),
    }
});

/// A key in a form that depends on the first byte. Most first bytes are part of the text.
fn text(data: &[u8]) -> Option<String> {
    let (first, rest) = data.split_first()?;
    let pem = |tag: &str| format!("-----BEGIN {tag}-----\n{}\n-----END {tag}-----\n", STANDARD.encode(rest));
    match first {
        0 => Some(pem("PRIVATE KEY")),
        1 => Some(pem("RSA PRIVATE KEY")),
        // A complete JWK, in which the input replaces members.
        2 => Some(Value::from(over(&serde_json::from_str(JWK).expect("a fixture"), rest)?).to_string()),
        3 => Some(URL_SAFE_NO_PAD.encode(rest)),
        _ => Some(String::from_utf8_lossy(data).into_owned()),
    }
}

fn can_sign(key: &SigningKey) {
    assert!((2048..=8192).contains(&key.bits) && !key.kid.is_empty());
    let public = serde_json::to_value(key.public_jwk()).expect("a JWK");
    assert!(public["n"].as_str().is_some_and(|n| n.len() > 340) && public.get("d").is_none());
    let grant = Grant {
        issuer: &Url::parse("https://maskinporten.example/").expect("an address"),
        client_id: "fuzz",
        request: &TokenRequest { scope: "a:b".to_owned(), system_user: None, resource: Vec::new() },
        now: DateTime::UNIX_EPOCH,
        jti: uuid::Uuid::nil(),
    };
    // It panics if the key cannot sign.
    let _ = grant.sign(key);
}

/// Asserts that the error contains no piece of the input, which may be part of the private key.
fn shows_nothing(error: &str, text: &str) {
    assert!(error.chars().count() < 300, "{error:?}");
    let own = ["Maskinporten"];
    for piece in error.split(|c: char| !c.is_ascii() || !of_base64(c as u8)).filter(|word| !own.contains(word)) {
        for piece in piece.as_bytes().windows(PIECE) {
            let piece = std::str::from_utf8(piece).expect("it is ASCII");
            assert!(!text.contains(piece), "{piece:?} of the key is in {error:?}");
        }
    }
}
