//! What several targets need: what may not come out, keys that sign, and a sandbox that is called in the process.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use systemuser_demo::client::http::Reply;
use systemuser_demo::sandbox::{self, SandboxOptions};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

/// Whether the character draws, hides, or turns the direction of writing. It is said here once more, and not taken from
/// the program, so that the two can differ.
pub fn acts(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c), 0x61c | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xfff9..=0xfffb
            | 0xe0000..=0xe007f)
}

/// Nothing in the text acts.
#[track_caller]
pub fn is_harmless(text: &str) {
    assert!(!text.contains(acts), "{text:?}");
}

/// It is harmless, and as long as that at most, in characters.
#[track_caller]
pub fn is_short(text: &str, most: usize) {
    is_harmless(text);
    assert!(text.chars().count() <= most, "{} characters: {text:?}", text.chars().count());
}

/// As many characters in a row of what is secret are a leak. The longest word that a key's error repeats has one less.
pub const PIECE: usize = 13;

/// No piece of the secret is in the text.
#[track_caller]
pub fn hides(text: &str, secret: &str) {
    let pieces = secret.as_bytes().windows(PIECE).filter_map(|piece| std::str::from_utf8(piece).ok());
    for piece in pieces.filter(|piece| piece.bytes().all(of_base64)) {
        assert!(!text.contains(piece), "{piece:?} is in {text:?}");
    }
}

/// Whether the byte is one of base64's, in either alphabet.
pub fn of_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// An answer with this status and body.
pub fn reply(status: u16, body: &[u8]) -> Reply {
    Reply {
        address: "https://maskinporten.example/token".to_owned(),
        status,
        date: None,
        retry_after: None,
        www_authenticate: None,
        body: body.to_vec().into(),
        sent: Some(SENT.into()),
    }
}

/// What an answer answers.
pub const SENT: &str = "sent-9f1c7a2e.40b8-6d53.assertion-e07c41";

/// The body, in which one byte stands for what was sent: a fuzzer would never guess it.
pub fn with_what_was_sent(body: &[u8]) -> Vec<u8> {
    replaced(body, 0x01, SENT.as_bytes())
}

/// The text with something in place of a byte.
pub fn replaced(text: &[u8], byte: u8, by: &[u8]) -> Vec<u8> {
    text.split(|other| *other == byte).collect::<Vec<_>>().join(by)
}

/// The members, with those of the text over them where it is a JSON object.
pub fn over(members: &Value, text: &[u8]) -> Option<Map<String, Value>> {
    let mut members = members.as_object().cloned().unwrap_or_default();
    members.extend(serde_json::from_slice::<Map<String, Value>>(text).ok()?);
    Some(members)
}

pub static CLIENTS_KEY: LazyLock<RsaKeyPair> = LazyLock::new(|| key(include_str!("../../mp-key.pem.example")));
pub static ISSUERS_KEY: LazyLock<RsaKeyPair> =
    LazyLock::new(|| key(include_str!("../../src/sandbox/store/issuer-key.pem")));

fn key(text: &str) -> RsaKeyPair {
    let block = pem::parse(text).expect("a fixture");
    let key = match block.tag() {
        "PRIVATE KEY" => RsaKeyPair::from_pkcs8(block.contents()),
        _ => RsaKeyPair::from_der(block.contents()),
    };
    key.expect("a fixture")
}

/// A signed token with these bytes for header and claims.
pub fn signed(key: &RsaKeyPair, header: &[u8], claims: &[u8]) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).expect("it can sign");
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The address that the sandbox takes for its own.
pub const ADDRESS: &str = "http://127.0.0.1:7070/";
/// A client of the fixtures.
pub const CLIENT: &str = "7ee41fce-9f6e-4c32-8195-0fe2c1517f43";

/// A sandbox without a socket.
pub struct Sandbox {
    router: Router,
    runtime: Runtime,
}

/// What it answered.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Default for Sandbox {
    fn default() -> Self {
        let runtime = Builder::new_current_thread().build().expect("it needs nothing of the system");
        Self { router: sandbox::router(ADDRESS.to_owned(), SandboxOptions::default()), runtime }
    }
}

impl Sandbox {
    /// Calls it, and reads what it answers to the end.
    pub fn call(&self, request: Request<Body>) -> Answer {
        self.runtime.block_on(async {
            let Ok(response) = self.router.clone().oneshot(request).await;
            let (parts, body) = response.into_parts();
            let bytes = to_bytes(body, 64 * 1024 * 1024).await.expect("it is in memory");
            let body = String::from_utf8(bytes.to_vec()).expect("the sandbox answers in UTF-8");
            Answer { status: parts.status, headers: parts.headers, body }
        })
    }

    /// Posts a form.
    pub fn post_form(&self, path: &str, body: impl Into<Body>) -> Answer {
        let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        self.call(request.body(body.into()).expect("a request"))
    }

    /// Maskinporten's answer to a grant.
    pub fn grant(&self, assertion: &str) -> Answer {
        let grant_type = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
        self.post_form("/token", format!("grant_type={grant_type}&assertion={assertion}"))
    }
}

impl Answer {
    /// The body, where it is JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.body).ok()
    }

    /// A header, as a text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
