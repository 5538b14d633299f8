//! Texts that a person may paste: keys and tokens in all their forms, whole and in pieces.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use pkcs1::RsaPrivateKeyRef;
use pkcs8::PrivateKeyInfoRef;
use pkcs8::der::Decode;
use serde_json::json;
use systemuser_demo::client::key::{KeySource, SigningKey};

use super::{LEAK, pieces};
use crate::program::data_text;

/// A text that is pasted, and its secret part.
pub struct Paste {
    pub name: String,
    pub text: String,
    /// Whether the secret is whole and not in quotes.
    pub is_bare: bool,
    secret: String,
}

impl Paste {
    /// The first piece of the secret that the text contains.
    pub fn piece_in<'a>(&self, text: &'a str) -> Option<&'a str> {
        let pieces: HashSet<&[u8]> = pieces(self.secret.split_whitespace());
        let at = text.as_bytes().windows(LEAK).position(|piece| pieces.contains(piece))?;
        text.get(at..at + LEAK)
    }
}

/// All pastes: two keys, with and without base64 padding, and tokens signed with them; bare, in quotes, and in pieces.
pub fn pastes() -> Vec<Paste> {
    let keys = ["key.pkcs8.pem", "unpadded.pkcs8.pem"].into_iter().zip([true, false]);
    keys.flat_map(|(file, padded)| {
        let named = if padded { "padded" } else { "unpadded" };
        forms(&data_text(file), padded)
            .into_iter()
            .enumerate()
            .flat_map(move |(nth, (name, text, secret))| {
                let paste = |form: &str, text: String, secret: &str| Paste {
                    name: format!("{named} {name}{form}"),
                    text,
                    is_bare: true,
                    secret: secret.to_owned(),
                };
                let mut pastes = vec![paste("", text.clone(), &secret)];
                let quoted = paste(", in quotes", format!("\"{text}\""), &secret);
                pastes.push(Paste { is_bare: false, ..quoted });
                let (length, at) = (secret.len(), nth * 7);
                let size = if nth % 2 == 0 { 41 } else { 64 };
                if let Some(piece) = secret.get(at..at + size).filter(|_| length > 64) {
                    let name = format!(", {size} characters from {at}");
                    pastes.push(Paste { is_bare: false, ..paste(&name, piece.to_owned(), piece) });
                }
                pastes
            })
            .collect::<Vec<_>>()
    })
    .collect()
}

/// The forms of a key: the name, the text, and its secret part.
fn forms(file: &str, padded: bool) -> Vec<(&'static str, String, String)> {
    // Only the PEM block, like a file from `key new`.
    let pem = &file[file.find("-----BEGIN").unwrap()..];
    let body = |pem: &str| pem.split("-----").nth(2).unwrap().trim().to_owned();
    // The key begins with the modulus, which is public.
    let private = |body: String| body[400..].to_owned();
    let base64 = body(pem).replace('\n', "");
    assert_eq!(base64.ends_with('='), padded);
    let der = STANDARD.decode(&base64).unwrap();
    let pkcs1 = PrivateKeyInfoRef::from_der(&der).unwrap().private_key.as_bytes().to_vec();
    let numbers = RsaPrivateKeyRef::from_der(&pkcs1).unwrap();
    let number = |number: pkcs1::UintRef<'_>| URL_SAFE_NO_PAD.encode(number.as_bytes());
    let [d, p, q] = [numbers.private_exponent, numbers.prime1, numbers.prime2].map(number);
    let [dp, dq, qi] = [numbers.exponent1, numbers.exponent2, numbers.coefficient].map(number);
    let n = number(numbers.modulus);
    let jwk = json!({ "kty": "RSA", "kid": "pasted", "n": n, "e": "AQAB", "d": d, "p": p, "q": q, "dp": dp, "dq": dq, "qi": qi });
    let lines: String =
        STANDARD.encode(&pkcs1).as_bytes().chunks(64).map(|line| format!("{}\n", line.escape_ascii())).collect();
    let pkcs1_pem = format!("-----BEGIN RSA PRIVATE KEY-----\n{lines}-----END RSA PRIVATE KEY-----\n");
    let line = pem.lines().nth(9).unwrap().to_owned();
    let window = |is_wanted: &dyn Fn(&str) -> bool| {
        let mut windows = (400..base64.len() - 66).map(|at| &base64[at..at + 64]);
        windows.find(|window| is_wanted(window)).unwrap().to_owned()
    };
    let slashes = window(&|window| window.split('/').all(|part| part.len() < 40));
    let slash = window(&|window| window.starts_with('/'));
    let hex: String = der.iter().map(|byte| format!("{byte:02x}")).collect();
    let pairs = der.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":");
    let [token, grant] = ["issuer", "client"].map(|whose| signed(pem, &claims(whose)));
    let signature = token.rsplit('.').next().unwrap().to_owned();
    let dot = token.rfind('.').unwrap();
    let across = token[dot - 45..dot + 46].to_owned();
    // The beginning is the same for every token that is signed with RS256.
    let own = |jwt: &str| jwt["eyJhbGciOiJSUzI1NiIsImtpZCI6I".len()..].to_owned();
    let numbers = [&d, &p, &q, &dp, &dq, &qi].map(String::as_str).join(" ");
    let mut forms = vec![
        ("PEM", pem.to_owned(), private(body(pem))),
        ("PKCS#1", pkcs1_pem.clone(), private(body(&pkcs1_pem))),
        ("PEM on one line", pem.trim().replace('\n', "\\n"), private(body(pem))),
        ("PEM with spaces", pem.trim().replace('\n', " "), private(body(pem))),
        ("line of a PEM", line.clone(), line),
        ("line with slashes", slashes.clone(), slashes),
        ("line that begins with a slash", slash.clone(), slash),
        ("base64", base64.clone(), private(base64.clone())),
        ("base64 of a JWK", STANDARD.encode(jwk.to_string()), STANDARD.encode(jwk.to_string())),
    ];
    // None of these forms ends with `=`.
    let others = vec![
        ("JWK", jwk.to_string(), numbers),
        ("d", d.clone(), d),
        ("p", p.clone(), p),
        ("hex", hex.clone(), hex),
        ("hex in pairs", pairs.clone(), pairs),
        ("token", token.clone(), own(&token)),
        ("grant", grant.clone(), own(&grant)),
        ("piece of a token across its dot", across.clone(), across),
        ("signature", signature.clone(), signature),
    ];
    forms.extend(others.into_iter().filter(|_| padded));
    forms
}

/// The names are in capitals, so that the base64 has nothing in common with the sandbox's tokens.
fn claims(whose: &str) -> String {
    json!({
        "ISS": format!("https://{whose}.pasted.example/"), "SCOPE": "pasted:scope", "CLIENT_ID": "a2ed712d-4144-4471-839f-80ae4a68146b",
        "EXP": 1_700_000_120, "IAT": 1_700_000_000, "JTI": "b0cF5mVd3ZbGzYkqk0WwS9tN1pTn7rJ5oQ2eXhLdUuA",
        "CONSUMER": { "AUTHORITY": "pasted", "ID": "0192:889640782" },
    })
    .to_string()
}

fn signed(pem: &str, claims: &str) -> String {
    let source = KeySource::Text { name: "the test's key".to_owned(), text: pem.into() };
    let key = SigningKey::load(&source, None, None).unwrap();
    let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
    let text = format!("{}.{}", part(r#"{"alg":"RS256","kid":"pasted"}"#), part(claims));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(&text));
    format!("{text}.{signature}")
}
