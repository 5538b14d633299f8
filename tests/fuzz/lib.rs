//! Code that several targets share: checks of output, signing keys, and a sandbox that is called without a socket.

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

/// Whether the character controls a terminal, is invisible, or changes the direction of text. The list is independent
/// of the program's list, so that a test fails if they differ.
pub fn acts(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c), 0x61c | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xfff9..=0xfffb
            | 0xe0000..=0xe007f)
}

/// Asserts that the text contains no character for which [`acts`] returns true.
#[track_caller]
pub fn is_harmless(text: &str) {
    assert!(!text.contains(acts), "{text:?}");
}

/// Asserts that the text is harmless and not longer than this number of characters.
#[track_caller]
pub fn is_short(text: &str, most: usize) {
    is_harmless(text);
    assert!(text.chars().count() <= most, "{} characters: {text:?}", text.chars().count());
}

/// This many consecutive characters of a secret are a leak: one more than the longest word in an error about a key.
pub const PIECE: usize = 13;

/// Asserts that the text contains no piece of the secret.
#[track_caller]
pub fn hides(text: &str, secret: &str) {
    let pieces = secret.as_bytes().windows(PIECE).filter_map(|piece| std::str::from_utf8(piece).ok());
    for piece in pieces.filter(|piece| piece.bytes().all(of_base64)) {
        assert!(!text.contains(piece), "{piece:?} is in {text:?}");
    }
}

/// Whether the byte is a base64 character, in either alphabet.
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
        allow: None,
        location: None,
        body: body.to_vec().into(),
        sent: Some(SENT.into()),
    }
}

/// The secret in the request that an answer belongs to.
pub const SENT: &str = "sent-9f1c7a2e.40b8-6d53.assertion-e07c41";

/// The body with a byte replaced by the secret that was sent, which a fuzzer would never guess.
pub fn with_what_was_sent(body: &[u8]) -> Vec<u8> {
    replaced(body, 0x01, SENT.as_bytes())
}

/// The text with every occurrence of a byte replaced.
pub fn replaced(text: &[u8], byte: u8, by: &[u8]) -> Vec<u8> {
    text.split(|other| *other == byte).collect::<Vec<_>>().join(by)
}

/// The members, with the text's members replacing them. Returns `None` if the text is not a JSON object.
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

/// A signed token with these bytes as header and claims.
pub fn signed(key: &RsaKeyPair, header: &[u8], claims: &[u8]) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).expect("the key signs");
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The sandbox's own URL.
pub const ADDRESS: &str = "http://127.0.0.1:7070/";
/// A client in the fixtures.
pub const CLIENT: &str = "7ee41fce-9f6e-4c32-8195-0fe2c1517f43";

/// A sandbox without a socket.
pub struct Sandbox {
    router: Router,
    runtime: Runtime,
}

/// An answer of the sandbox.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Default for Sandbox {
    fn default() -> Self {
        let runtime = Builder::new_current_thread().build().expect("a runtime without I/O");
        Self { router: sandbox::router(ADDRESS.to_owned(), SandboxOptions::default()), runtime }
    }
}

impl Sandbox {
    /// Calls the sandbox, and reads the whole answer.
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
    /// The body as JSON, if it is JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.body).ok()
    }

    /// A header as text; empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
