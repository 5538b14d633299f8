//! Certificates: any file is a list of certificates or an error, and any certificates are a valid chain of the key or
//! an error.

#![no_main]

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use libfuzzer_sys::fuzz_target;
use systemuser_demo::client::{KeySource, SigningKey};
use systemuser_demo::keystore::{Certificate, Chain, certificates};
use systemuser_demo_fuzz::{is_harmless, is_short};

static KEY: LazyLock<SigningKey> = LazyLock::new(|| {
    let text = include_str!("../../../mp-key.pem.example").to_owned().into();
    SigningKey::load(&KeySource::Text { name: "FUZZ".to_owned(), text }, None, None).expect("a fixture")
});
/// The certificate of the key, its issuer and the root.
static VALID: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| certificates(include_bytes!("../../../config/sandbox-certificate.pem")).expect("a fixture"));

fuzz_target!(|data: &[u8]| {
    match certificates(&file(data)) {
        Ok(all) => {
            assert!((1..=20).contains(&all.len()));
            all.iter().for_each(|der| is_read(&Certificate::parse(der).expect("it was read before")));
            is_checked(all.clone());
            // Beside valid certificates, the others are left out, or are used instead.
            is_checked([all, VALID.clone()].concat());
        }
        Err(error) => is_short(&error.to_string(), 200),
    }
});

/// A file in a form that depends on the first byte. Most first bytes are part of the file.
fn file(data: &[u8]) -> Vec<u8> {
    let Some((first, rest)) = data.split_first() else { return Vec::new() };
    let pem =
        |der: &[u8]| format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(der));
    match first {
        0 => pem(rest).into_bytes(),
        // A valid certificate, in which the input replaces some bytes: pairs of a place and a value.
        nth @ 1..=3 => {
            let mut der = VALID[usize::from(*nth) - 1].clone();
            for change in rest.chunks_exact(3) {
                let place = usize::from(u16::from_be_bytes([change[0], change[1]])) % der.len();
                der[place] = change[2];
            }
            der
        }
        4 => rest.to_vec(),
        _ => data.to_vec(),
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).expect("a time")
}

fn is_read(facts: &Certificate) {
    [Some(&facts.subject), Some(&facts.issuer), facts.organisation.as_ref()].into_iter().flatten().for_each(|text| {
        // Each of 250 characters may be escaped.
        is_short(text, 250 * "\\u{e007f}".len());
    });
}

fn is_checked(all: Vec<Vec<u8>>) {
    match Chain::check(all.clone(), &KEY, now()) {
        Ok(Chain { leaf, certificates }) => {
            assert!(leaf.organisation.is_some() && (leaf.not_before..=leaf.not_after).contains(&now()));
            assert!(certificates.len() > 1 && certificates.iter().all(|der| all.contains(der)));
            let first = Certificate::parse(&certificates[0]).expect("it was read before");
            assert_eq!(first.subject, leaf.subject);
        }
        Err(error) => is_harmless(&error.to_string()),
    }
}
