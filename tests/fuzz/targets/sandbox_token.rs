//! The sandbox's `/token`: whatever is posted there, the answer is a token for a reason, or a refusal in the real form.

#![no_main]

use std::cell::{Cell, RefCell};

use axum::http::Request;
use chrono::Utc;
use libfuzzer_sys::fuzz_target;
use reqwest::Url;
use serde_json::{Value, json};
use systemuser_demo::cli::session::verification::{PublishedKeys, verify};
use systemuser_demo_fuzz::{ADDRESS, Answer, CLIENT, CLIENTS_KEY, Sandbox, over, signed};

/// It remembers each grant for two minutes, so it is made anew after as many inputs.
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
        // What stands under a good signature: claims, or a header.
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
        // The system user that is asked for.
        4 => match serde_json::from_slice::<Value>(rest) {
            Ok(details) => {
                let mut claims = claims;
                claims["authorization_details"] = details;
                (whole(header), whole(claims))
            }
            Err(_) => return,
        },
        // A grant that nobody has signed, and a form that holds anything.
        5 => return check(sandbox, &sandbox.grant(&String::from_utf8_lossy(rest))),
        6 => {
            // A content type, and what comes with it.
            let (kind, body) = rest.split_at(rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()));
            let Ok(request) = Request::post("/token").header("content-type", kind).body(body.to_vec().into()) else {
                return;
            };
            return check(sandbox, &sandbox.call(request));
        }
        _ => return check(sandbox, &sandbox.post_form("/token", data.to_vec())),
    };
    check(sandbox, &sandbox.grant(&signed(&CLIENTS_KEY, &header, &claims)));
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

/// The token is one that an API trusts.
fn holds(sandbox: &Sandbox, body: &Value) {
    thread_local!(static KEYS: RefCell<Option<PublishedKeys>> = const { RefCell::new(None) });
    let token = body["access_token"].as_str().expect("a token");
    KEYS.with_borrow_mut(|keys| {
        let keys = keys.get_or_insert_with(|| {
            let answer = sandbox.call(Request::get("/jwk").body(Default::default()).expect("a request"));
            serde_json::from_str(&answer.body).expect("a JWK set")
        });
        verify(token, keys, &Url::parse(ADDRESS).expect("an address"), Utc::now()).expect("it can be trusted");
    });
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(120)));
}
