//! The sandbox's `/token`: every answer is either a token that verifies, or a refusal in Maskinporten's form.

#![no_main]

use std::cell::{Cell, RefCell};
use std::sync::LazyLock;

use axum::http::Request;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::Utc;
use libfuzzer_sys::fuzz_target;
use reqwest::Url;
use serde_json::{Value, json};
use systemuser_demo::cli::session::verification::{PublishedKeys, verify};
use systemuser_demo_fuzz::{ADDRESS, Answer, CLIENT, CLIENTS_KEY, Sandbox, over, signed};

/// Number of inputs after which the sandbox is replaced, because it remembers each grant for two minutes.
const INPUTS: u32 = 2_000;

thread_local! {
    static SANDBOX: RefCell<Sandbox> = RefCell::default();
    static SEEN: Cell<u32> = const { Cell::new(0) };
}

fuzz_target!(|data: &[u8]| {
    let seen = SEEN.get();
    SEEN.set((seen + 1) % INPUTS);
    SANDBOX.with_borrow_mut(|sandbox| {
        if seen == INPUTS - 1 {
            *sandbox = Sandbox::default();
        }
        post(sandbox, data, seen);
    });
});

fn post(sandbox: &Sandbox, data: &[u8], seen: u32) {
    let Some((first, rest)) = data.split_first() else { return };
    let header = json!({ "alg": "RS256", "kid": "sandbox-example" });
    let now = Utc::now().timestamp();
    let claims = json!({
        "aud": ADDRESS, "iss": CLIENT, "scope": "altinn:systembruker.demo", "iat": now, "exp": now + 100,
        "jti": format!("fuzz-{seen}"),
    });
    let whole = |value: Value| value.to_string().into_bytes();
    let (header, claims) = match first {
        // Any claims or header, with a good signature.
        0 => (whole(header), rest.to_vec()),
        1 => match over(&claims, rest) {
            Some(claims) => (whole(header), whole(claims.into())),
            None => return,
        },
        2 => (rest.to_vec(), whole(claims)),
        3 => match over(&header, rest) {
            Some(header) => (whole(header.into()), whole(claims)),
            None => return,
        },
        // Any authorization details.
        4 => match serde_json::from_slice::<Value>(rest) {
            Ok(details) => {
                let mut claims = claims;
                claims["authorization_details"] = details;
                (whole(header), whole(claims))
            }
            Err(_) => return,
        },
        // An unsigned grant. Further kinds of input are a form with any content.
        5 => return check(sandbox, &sandbox.grant(&String::from_utf8_lossy(rest))),
        6 => {
            // Any content type, and any body after the first line.
            let (kind, body) = rest.split_at(rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()));
            let Ok(request) = Request::post("/token").header("content-type", kind).body(body.to_vec().into()) else {
                return;
            };
            return check(sandbox, &sandbox.call(request));
        }
        7 => return certificates(sandbox, &claims, rest),
        _ => return check(sandbox, &sandbox.post_form("/token", data.to_vec())),
    };
    check(sandbox, &sandbox.grant(&signed(&CLIENTS_KEY, &header, &claims)));
}

/// A certificate chain in which these bytes replace a certificate, from the client that is registered for certificates.
/// Only the unchanged chain may get a token, because the fuzzer cannot issue certificates.
fn certificates(sandbox: &Sandbox, claims: &Value, data: &[u8]) {
    static CHAIN: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
        let blocks = pem::parse_many(include_str!("../../../config/sandbox-certificate.pem")).expect("PEM");
        blocks.into_iter().map(pem::Pem::into_contents).collect()
    });
    let Some((nth, der)) = data.split_first() else { return };
    let (mut claims, mut chain, nth) = (claims.clone(), CHAIN.clone(), usize::from(nth % 3));
    claims["iss"] = json!("c5a0e913-7b2d-4f86-9d41-3e6f8b20a7d5");
    chain[nth] = der.to_vec();
    let x5c: Value = chain.iter().map(|der| STANDARD.encode(der)).collect();
    let header = json!({ "alg": "RS256", "x5c": x5c }).to_string();
    let answer = sandbox.grant(&signed(&CLIENTS_KEY, header.as_bytes(), claims.to_string().as_bytes()));
    assert_eq!(answer.status == 200, chain == *CHAIN, "{}", answer.body);
    check(sandbox, &answer);
}

fn check(sandbox: &Sandbox, answer: &Answer) {
    if answer.status == 413 {
        return;
    }
    let body = answer.json().expect("an answer of `/token` is JSON");
    assert_eq!(answer.header("cache-control"), "no-store");
    match answer.status.as_u16() {
        200 => holds(sandbox, &body),
        400 => {
            let text = |name: &str| body[name].as_str().unwrap_or_default();
            assert!(!text("error").is_empty() && text("error_description").contains("(trace_id: "), "{body}");
            assert!(text("error_description").chars().count() < 600, "{body}");
            let page = format!("{ADDRESS}errors/MP-");
            assert!(body.get("error_uri").is_none() || text("error_uri").starts_with(&page), "{body}");
        }
        status => panic!("{status} {body}"),
    }
}

/// Asserts that the token verifies with the published keys.
fn holds(sandbox: &Sandbox, body: &Value) {
    thread_local!(static KEYS: RefCell<Option<PublishedKeys>> = const { RefCell::new(None) });
    let token = body["access_token"].as_str().expect("a token");
    KEYS.with_borrow_mut(|keys| {
        let keys = keys.get_or_insert_with(|| {
            let answer = sandbox.call(Request::get("/jwk").body(Default::default()).expect("a request"));
            serde_json::from_str(&answer.body).expect("a JWK set")
        });
        verify(token, keys, &Url::parse(ADDRESS).expect("an address"), Utc::now()).expect("a trusted token");
    });
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(120)));
}
