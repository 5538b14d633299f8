//! The key loader, with arbitrary key files.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;
use systemuser_demo::client::key::{KeyError, KeySource, SigningKey};

use super::{MEBIBYTE, giants, is_soon_done, object_with, one_of, text, try_all};
use crate::program::{data_text, program};

const PIECES: &[&str] =
    &["-----BEGIN ", "-----END ", "-----", "PRIVATE KEY", "\n\n", "\\n", "\u{feff}", "{", "\"", "MIIEvQIBADANBgkqh"];

fn load(text: &str) -> Result<SigningKey, KeyError> {
    SigningKey::load(&KeySource::Text { name: "KEY".to_owned(), text: text.into() }, None, None)
}

/// Whether the error repeats thirteen consecutive base64 characters of the key. The program's own words have no such
/// sequence.
fn shows(error: &str, given: &str) -> bool {
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_');
    let words = error.split(|c| !is_base64(c)).flat_map(|word| word.as_bytes().windows(13));
    words.map(|piece| std::str::from_utf8(piece).unwrap()).any(|piece| given.contains(piece))
}

#[test]
fn a_changed_key_signs_or_is_refused_without_printing_a_piece_of_it() {
    let files = ["key.pkcs8.pem", "key.pkcs1.pem", "key.jwk.json", "ec.pem", "encrypted.pkcs1.pem", "certificate.pem"];
    let files = files.map(data_text).map(|text| text.trim().to_owned());
    let piece = prop_oneof![text(), one_of(PIECES)];
    let changed = (prop::sample::select(files.to_vec()), any::<Index>(), any::<Index>(), piece);
    let changed = changed.prop_map(|(file, from, to, piece)| {
        let (from, to) = (from.index(file.len()), to.index(file.len()));
        match (from < to && from % 2 == 0, file.get(..from), file.get(to..)) {
            // A part is missing or repeated.
            (_, Some(before), Some(after)) => format!("{before}{piece}{after}"),
            _ => piece,
        }
    });
    let jwk = object_with(&["keys", "kty", "kid", "alg", "n", "e", "d", "p", "q", "dp", "dq", "qi", "oth"]);
    let whole: Value = serde_json::from_str(&data_text("key.jwk.json")).unwrap();
    let jwk = (jwk, any::<bool>()).prop_map(move |(members, over)| {
        let mut jwk = if over { whole.clone() } else { Value::Object(Default::default()) };
        jwk.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        jwk.to_string()
    });
    let der = prop::collection::vec(any::<u8>(), 0..60).prop_map(|bytes| {
        format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            STANDARD.encode([&[0x30, 0x82], &*bytes].concat())
        )
    });
    try_all(1_500, prop_oneof![4 => changed, 3 => jwk, 1 => der, 1 => text()], |given| {
        if let Err(error) = load(&given) {
            let error = error.to_string();
            prop_assert!(!shows(&error, &given) && error.len() < 300, "{}", error);
        }
        Ok(())
    });
}

/// Found by the fuzz target `key`: any text in the place of a name was repeated.
#[test]
fn a_text_too_long_for_a_name_is_not_repeated() {
    let secret = "RXVlPa6Y4ElUd3qupFC8";
    let message = |given: &str| load(given).unwrap_err().to_string();
    assert_eq!(
        message(&format!("{{\"kty\":\"{secret}\",\"d\":\"\"}}")),
        "the key in KEY contains a key of type unknown, but a plain RSA key is required"
    );
    for tag in [secret.to_owned(), format!("{secret} PRIVATE KEY"), ["A"; 30].join(" ")] {
        let error = message(&format!("-----BEGIN {tag}-----\nAQAB\n-----END {tag}-----\n"));
        assert!(error.contains(" unknown") || error.contains("`unknown`"), "{error}");
    }
    assert_eq!(
        message("-----BEGIN X509 CRL-----\nAQAB\n-----END X509 CRL-----\n"),
        "the key in KEY contains a PEM block `X509 CRL`, not a private key"
    );
    let mut jwk: Value = serde_json::from_str(&data_text("key.jwk.json")).unwrap();
    jwk["alg"] = secret.into();
    assert!(message(&jwk.to_string()).contains("its `alg` is `unknown`"));
    jwk["alg"] = "RSA-OAEP-256".into();
    assert!(message(&jwk.to_string()).contains("its `alg` is `RSA-OAEP-256`"));
}

#[test]
fn a_giant_key_is_refused_without_a_panic() {
    let fill = |piece: &str| piece.repeat(MEBIBYTE / piece.len());
    let numbers = format!(
        "{{\"kty\":\"RSA\",\"n\":\"{0}\",\"e\":\"AQAB\",\"d\":\"{0}\",\"p\":\"\",\"q\":\"\",\"dp\":\"\",\"dq\":\"\",\"qi\":\"\"}}",
        "AQAB".repeat(80_000)
    );
    let more = [
        ("many beginnings", fill("-----BEGIN PRIVATE KEY-----\n")),
        ("many ends", fill("-----END PRIVATE KEY-----\n")),
        ("many keys", fill("-----BEGIN PRIVATE KEY-----\nAQAB\n-----END PRIVATE KEY-----\n")),
        ("many headers", format!("-----BEGIN A-----\n{}\n\nAQAB\n-----END A-----\n", fill("a: b\n"))),
        ("many dashes", fill("-")),
        ("line breaks", fill("\\n\\r")),
        ("a giant number", numbers),
        ("many keys of a set", format!("{{\"keys\":[{}{{}}]}}", fill("{\"d\":\"\"},"))),
        ("base64 of base64", URL_SAFE_NO_PAD.encode(fill("{\"a\":"))),
    ];
    for (name, giant) in giants().into_iter().chain(more) {
        let error = is_soon_done(|| load(&giant)).map(|_| ()).expect_err(name).to_string();
        assert!(error.len() < 300, "{name}: {error}");
    }
}

#[test]
fn a_key_files_text_cannot_control_the_terminal() {
    let tag = "\u{1b}[2J \u{9b}2J \u{202e} \u{200b}";
    for content in [
        format!("-----BEGIN {tag}-----\nAQAB\n-----END {tag}-----\n"),
        format!("-----BEGIN {tag} PRIVATE KEY-----\nAQAB\n-----END {tag} PRIVATE KEY-----\n"),
        format!("{{\"kty\":{:?},\"d\":\"\"}}", "\u{202e}\u{9b}2J"),
    ] {
        let run = program("token --env test --client-id c --scope s --org 210493352 --key k").file("k", &content).run();
        assert_eq!((run.code, run.out.as_str()), (3, ""), "{}", run.err);
        assert!(!run.err.contains(|c| super::acts(c) && c != '\n'), "{:?}", run.err);
    }
    // A device has no end, so only a limited part is read.
    #[cfg(unix)]
    assert_eq!(
        fs::metadata("/dev/zero")
            .map(|_| is_soon_done(|| { SigningKey::load(&KeySource::File("/dev/zero".into()), None, None).is_err() }))
            .ok(),
        Some(true)
    );
}
