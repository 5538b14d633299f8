//! Refusals: an API's problem document, and Maskinporten's error.

#![no_main]

use libfuzzer_sys::fuzz_target;
use systemuser_demo::client::http::Problem;
use systemuser_demo::client::maskinporten::{self, ExchangeError, TokenRefused};
use systemuser_demo::client::sanitize::{excerpt, visible};
use systemuser_demo::explain;
use systemuser_demo_fuzz::{SENT, is_harmless, is_short, reply, with_what_was_sent};

/// Maximum length of each text in characters, including `…`.
const EXCERPT: usize = 201;
/// Maximum number of faults, paths and other members.
const MOST: usize = 20;

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let body = with_what_was_sent(rest);
    match first % 3 {
        0 => of_an_api(&reply(400 + u16::from(*first), &body).problem()),
        1 => match maskinporten::read(&reply(400 + u16::from(*first) % 100, &body)) {
            Err(ExchangeError::Refused(refused)) => of_maskinporten(&refused),
            other => panic!("{other:?}"),
        },
        _ => of_text(&String::from_utf8_lossy(&body)),
    }
});

fn of_an_api(refused: &Problem) {
    let message = refused.to_string();
    is_short(&message, 2 * EXCERPT + 200);
    assert!(!message.contains(SENT));
    [&refused.code, &refused.text].into_iter().flatten().for_each(|text| is_short(text, EXCERPT));
    assert!(refused.errors.len() <= MOST && refused.extensions.len() <= MOST);
    for fault in &refused.errors {
        assert!(fault.paths.len() <= MOST, "{} paths", fault.paths.len());
        let texts = [&fault.code, &fault.text].into_iter().flatten().chain(&fault.paths);
        texts.for_each(|text| is_short(text, EXCERPT));
    }
    refused.extensions.iter().flat_map(|(name, value)| [name, value]).for_each(|text| is_short(text, EXCERPT));
    let shown = format!("{refused:?}");
    assert!(!shown.contains(SENT), "{shown}");
    let _ = refused.code.as_deref().and_then(explain::of_code);
}

fn of_maskinporten(refused: &TokenRefused) {
    let TokenRefused { code, error, description, trace_id, error_uri, .. } = refused;
    [code, error, description, trace_id, error_uri].into_iter().flatten().for_each(|text| is_short(text, EXCERPT));
    if let Some(code) = code {
        let digits = code.strip_prefix("MP-").expect("a code of Maskinporten's");
        assert!((1..=6).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()), "{code:?}");
    }
    is_short(&refused.to_string(), EXCERPT + 100);
    assert!(!format!("{refused:?}").contains(SENT));
    let words = description.as_deref().unwrap_or_default();
    let _ = (explain::of_refusal(code.as_deref(), error.as_deref(), words), explain::is_about_time(words));
    let _ = error.as_deref().map(|error| (explain::of_error(error), explain::nearest(error)));
}

fn of_text(text: &str) {
    let shown = visible(text);
    is_harmless(&shown);
    // A character becomes `\u{10ffff}` at most, and harmless text stays unchanged.
    assert!(shown.len() <= 10 * text.len());
    assert_eq!(visible(&shown), shown);
    match excerpt(text) {
        Some(excerpt) => is_short(&excerpt, EXCERPT),
        None => assert!(text.trim().is_empty()),
    }
    let _ = (explain::of_code(text), explain::of_refusal(None, Some(text), text));
}
