//! The reader of encrypted keys: any file ends with a key or an error, and without a panic.

#![no_main]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use systemuser_demo::client::key::SigningKey;
use systemuser_demo::keystore::Encrypted;
use systemuser_demo_fuzz::is_short;

fuzz_target!(|data: &[u8]| {
    let Some(file) = file(data) else { return };
    let Some(encrypted) = Encrypted::recognise(&file) else { return };
    match encrypted.open(&"test".into()) {
        Ok(opened) => {
            assert!(opened.key.starts_with("-----BEGIN ") && opened.key.ends_with("-----\n"));
            let _ = SigningKey::parse(opened.key.as_bytes(), None, None);
        }
        Err(error) => is_short(&error.to_string(), 100),
    }
});

/// An encrypted key in a form that depends on the first byte. Most first bytes are part of the file.
fn file(data: &[u8]) -> Option<Vec<u8>> {
    let (first, rest) = data.split_first()?;
    let pem = |tag: &str, headers: &str, content: &[u8]| {
        format!("-----BEGIN {tag}-----\n{headers}{}\n-----END {tag}-----\n", STANDARD.encode(content)).into_bytes()
    };
    match first {
        // The bags of a PKCS#12 file without an authentication code, which no changed file would pass.
        0 => Some(pkcs12(rest)),
        1 => Some(pem("ENCRYPTED PRIVATE KEY", "", rest)),
        // OpenSSL's older form: the cipher in the first line, and then the content.
        2 => {
            let (cipher, content) = rest.split_at(rest.iter().position(|byte| *byte == b'\n')?);
            let headers = format!("Proc-Type: 4,ENCRYPTED\nDEK-Info: {}\n\n", String::from_utf8_lossy(cipher));
            Some(pem("RSA PRIVATE KEY", &headers, content))
        }
        _ => Some(data.to_vec()),
    }
}

/// The object identifier of `data` (RFC 5652, section 4) in DER.
const DATA: [u8; 11] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];

fn pkcs12(bags: &[u8]) -> Vec<u8> {
    let info = |content: &[u8]| der(0x30, &[&DATA[..], &der(0xa0, &der(4, content))].concat());
    der(0x30, &[&[2, 1, 3][..], &info(&der(0x30, &info(bags)))].concat())
}

/// An element whose length has three bytes, as BER allows.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, 0x83], &content.len().to_be_bytes()[5..], content].concat()
}
