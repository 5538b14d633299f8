//! Refusals with arbitrary content: the parts that are kept and printed.

use proptest::prelude::*;
use serde_json::{Value, json};
use systemuser_demo::client::http::Problem;
use systemuser_demo::client::maskinporten::{self, ExchangeError, TokenRefused};
use systemuser_demo::client::sanitize::{excerpt, visible};

use super::{SENT, acting, acts, any_json, giants, is_soon_done, object_with, reply, text, try_all};

/// Maximum length of each text in characters, including `…`.
const EXCERPT: usize = 201;

fn texts(refused: &Problem) -> Vec<&String> {
    let faults = refused.errors.iter();
    let of_faults = faults.flat_map(|fault| fault.code.iter().chain(&fault.text).chain(&fault.paths));
    let others = refused.extensions.iter().flat_map(|(name, value)| [name, value]);
    refused.code.iter().chain(&refused.text).chain(of_faults).chain(others).collect()
}

fn refused_grant(body: impl Into<Vec<u8>>) -> TokenRefused {
    match maskinporten::read(&reply(400, body)) {
        Err(ExchangeError::Refused(refused)) => *refused,
        other => panic!("{other:?}"),
    }
}

fn texts_of_grant(refused: &TokenRefused) -> Vec<&String> {
    let TokenRefused { code, error, description, trace_id, error_uri, .. } = refused;
    [code, error, description, trace_id, error_uri].into_iter().flatten().collect()
}

#[track_caller]
fn all_fit(texts: &[&String]) {
    // The limit: twenty faults with a code, a text and twenty paths each, and twenty other members.
    assert!(texts.len() <= 20 * 22 + 20 * 2 + 2, "{}", texts.len());
    for text in texts {
        assert!(!text.contains(acts) && text.chars().count() <= EXCERPT && !text.contains(SENT), "{text:?}");
    }
}

/// Problem documents and similar texts, some of which repeat the secret that was sent.
fn bodies() -> impl Strategy<Value = String> {
    let fault = object_with(&["code", "title", "detail", "paths"]);
    let faults = prop::collection::vec(fault, 0..30)
        .prop_map(|faults| json!({ "code": "STD-00000", "validationErrors": faults }));
    let document = object_with(&["code", "title", "detail", "status", "type", "errors", "validationErrors", "more"]);
    let refusal = object_with(&["error", "error_description", "error_uri", "error"]);
    let json = prop_oneof![faults, document, refusal, any_json()].prop_map(|json: Value| json.to_string());
    let json = json.prop_map(|text| text.replace("MP-303", SENT));
    prop_oneof![4 => json, 1 => text(), 1 => text().prop_map(|text| format!("{text:?}"))]
}

#[test]
fn the_kept_parts_of_a_refusal_are_short_and_harmless_and_contain_no_secret() {
    try_all(1_000, bodies(), |body| {
        let refused = reply(400, body.as_str()).problem();
        all_fit(&texts(&refused));
        all_fit(&[&refused
            .to_string()
            .replace("`https://maskinporten.example/token` returned status 400", "")
            .chars()
            .take(EXCERPT)
            .collect::<String>()]);
        let grant = refused_grant(body.as_str());
        all_fit(&texts_of_grant(&grant));
        prop_assert!(grant.code.is_none_or(|code| code.len() <= 9 && code.starts_with("MP-")));
        Ok(())
    });
}

#[test]
fn the_printed_form_of_any_text_is_harmless() {
    try_all(5_000, text(), |text| {
        let shown = visible(&text);
        prop_assert!(!shown.contains(acts) && shown.len() <= 10 * text.len());
        prop_assert_eq!(visible(&shown), shown.as_str());
        prop_assert_eq!(excerpt(&text).is_none(), text.trim().is_empty());
        Ok(())
    });
    let shown = visible(&acting());
    assert!(shown.starts_with("a\\u{0}ba\\u{1}b") && shown.ends_with("\\u{90}q\\u{9c}") && !shown.contains(acts));
}

/// The fuzz target `problem` checks this too.
#[test]
fn only_a_limited_part_of_a_refusal_is_kept() {
    let many = |what: &'static str| vec![what; 50_000];
    let long = "\u{1b}".repeat(64 * 1024);
    let documents = [
        json!({ "code": "STD-00000", "validationErrors": [{ "code": "a", "paths": many("/b") }] }),
        json!({ "code": "STD-00000", "validationErrors": vec![json!({ "code": "a", "paths": ["b"] }); 20_000] }),
        json!({ "title": "a", "errors": { "b": many("c") } }),
        json!({ "title": "a", "errors": (0..20_000).map(|nth| (nth.to_string(), json!(["b"]))).collect::<serde_json::Map<_, _>>() }),
        json!({ "title": "a", "more": many("b"), "many": { "more": many("c") } }),
        json!({ "title": long, "detail": long, "code": long }),
        json!({ "error": long, "error_description": format!("{long} (trace_id: {long})"), "error_uri": long }),
        Value::from(long.as_str()),
    ];
    let documents = documents.map(|document| ("a document", document.to_string()));
    for (name, body) in documents.into_iter().chain(giants()) {
        let (refused, grant) = is_soon_done(|| (reply(400, body.as_str()).problem(), refused_grant(body.as_str())));
        all_fit(&texts(&refused));
        all_fit(&texts_of_grant(&grant));
        assert!(refused.to_string().len() < 3_000 && grant.to_string().len() < 3_000, "{name}");
    }
}
