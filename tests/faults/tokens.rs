//! Token answers with missing or impossible members.

use serde_json::{Value, json};

use super::wire::Wire;
use super::{Call, Case, HTTP, TOKEN, hold, no_answer};
use crate::server;

/// Maskinporten's answer with a member replaced or left out.
fn with(member: &str, value: Option<Value>) -> String {
    let mut answer = json!({ "access_token": *TOKEN, "token_type": "Bearer", "expires_in": 119, "scope": "a:b" });
    match value {
        Some(value) => answer[member] = value,
        None => drop(answer.as_object_mut().unwrap().remove(member)),
    }
    answer.to_string()
}

#[test]
fn an_unusable_token_is_rejected_and_not_printed() {
    let not_json = "status 200, but not a token response";
    let no_token = "status 200, but its `access_token` is not valid";
    let text = |text: &str| Some(Value::from(text));
    let broken = |by: &str| text(&TOKEN.replacen('.', by, 1));
    let cases = [
        ("expires_in", None, not_json),
        ("expires_in", Some(json!(null)), not_json),
        ("expires_in", Some(json!(-1)), not_json),
        ("expires_in", Some(json!(1.5)), not_json),
        ("expires_in", text("119"), not_json),
        ("expires_in", text(&TOKEN), not_json),
        ("access_token", None, not_json),
        ("access_token", Some(json!(null)), not_json),
        ("access_token", Some(json!(5)), not_json),
        ("access_token", Some(json!([*TOKEN])), not_json),
        ("access_token", text(""), no_token),
        ("access_token", broken("\n"), no_token),
        ("access_token", broken("\r\nX-Injected: "), no_token),
        ("access_token", broken(" "), no_token),
        ("access_token", broken("\0"), no_token),
        ("access_token", broken("\u{1b}[2J"), no_token),
        ("access_token", broken("æ"), no_token),
        ("access_token", text(&"x".repeat(70_000)), no_token),
        ("token_type", text("DPoP"), "status 200, but its `token_type` is not Bearer"),
        ("token_type", Some(json!(5)), not_json),
        ("scope", Some(json!(["a:b"])), not_json),
    ];
    hold(cases.into_iter().map(|(member, value, message)| {
        let body = with(member, value);
        let server = {
            let body = body.clone();
            move || answering(&body)
        };
        Case::new(&body, Call::Token, server, no_answer(Call::Token, HTTP, message))
    }));
}

#[test]
fn an_unusable_token_from_altinn_is_rejected_and_not_printed() {
    let expired = TOKEN.split('.').next().unwrap();
    let (no_token, no_lifetime) = ("status 200, but not a token", "status 200, but not a token with a lifetime");
    let bodies = [
        (json!(TOKEN.replacen('.', "\n", 1)).to_string(), no_token),
        (json!(format!("{}\r\n{}", *TOKEN, *TOKEN)).to_string(), no_token),
        (json!({ "access_token": *TOKEN }).to_string(), no_token),
        (json!([*TOKEN]).to_string(), no_token),
        (expired.to_owned(), no_lifetime),
        (format!("{}.e30.c2ln", expired), no_lifetime),
        (format!("{} {}", *TOKEN, *TOKEN), no_token),
        (format!("\"{}", *TOKEN), no_token),
        ("<html>sign-in</html>".to_owned(), no_token),
        ("Unauthorized".to_owned(), no_token),
    ];
    hold(bodies.map(|(body, message)| {
        let message = no_answer(Call::Exchange, HTTP, message);
        Case::new(&body.clone(), Call::Exchange, move || answering(&body), message)
    }));
}

fn answering(body: &str) -> Wire {
    let answer = server::json("200 OK", body).into_bytes();
    Wire::answering(move |_| answer.clone())
}
