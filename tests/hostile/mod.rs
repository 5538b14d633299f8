//! Is hostile input harmless? It must cause no panic, no work or memory beyond a limit that follows from its size, and
//! no control characters on a terminal. The fuzz targets in tests/fuzz test the same code for longer.

mod answer;
mod configuration;
mod encrypted_key;
mod key;
mod paging;
mod printing;
mod problem;
#[cfg(feature = "sandbox")]
mod sandbox;
#[cfg(feature = "sandbox")]
mod sandbox_form;
#[cfg(feature = "sandbox")]
mod sandbox_token;
mod token;

use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use systemuser_demo::client::http::Reply;

/// The maximum size of a file that is read.
const MEBIBYTE: usize = 1024 * 1024;

/// Runs the test with this number of inputs, which are the same in every run.
#[track_caller]
fn try_all<S: Strategy>(cases: u32, inputs: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    runner.run(&inputs, test).unwrap();
}

/// Whether the character controls a terminal, is invisible, or changes the direction of text. The list is independent
/// of the program's list, so that a test fails if they differ.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c), 0x61c | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xfff9..=0xfffb
            | 0xe0000..=0xe007f)
}

/// All characters that [`acts`] matches, each between two letters, followed by escape sequences that a terminal obeys.
fn acting() -> String {
    let all = (0..=0xe007f).filter_map(char::from_u32).filter(|c| acts(*c));
    all.map(|c| format!("a{c}b")).collect::<String>() + "\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}2J\u{90}q\u{9c}"
}

/// One of these texts.
fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(texts).prop_map(str::to_owned)
}

/// A piece of text: mostly plain characters, and some that control a terminal, break parsers, or have a meaning to a
/// reader.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[ -~]{0,8}",
        1 => any::<char>().prop_map(String::from),
        1 => one_of(&[
            "\u{1b}[2J", "\u{9b}", "\u{202e}", "\u{2066}", "\u{200b}", "\u{feff}", "\u{e0041}", "\u{2028}", "\r\n", "\0",
            "\"", "\\", "%", "%00", "{", "[", "}", "]", "`", "'''", "=", "&", ";", "MP-303", "(trace_id:", ")", "null",
        ]),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..12).prop_map(|pieces| pieces.concat())
}

/// Arbitrary JSON with texts from [`text`].
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(&["1e400", "-0.0", "1e-400", "184467440737095516160"][..])
            .prop_map(|number| serde_json::from_str(number).unwrap()),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..5)
                .prop_map(|members| Value::from(members.into_iter().collect::<serde_json::Map<_, _>>())),
        ]
    })
}

/// An object in which each of these members has any value or is missing.
fn object_with(names: &'static [&'static str]) -> impl Strategy<Value = serde_json::Value> {
    let member = (prop::sample::select(names), any_json());
    prop::collection::vec(member, 0..6).prop_map(|members| {
        let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
        serde_json::Value::from(members.collect::<serde_json::Map<_, _>>())
    })
}

/// An answer with this status and body to [`SENT`].
fn reply(status: u16, body: impl Into<Vec<u8>>) -> Reply {
    Reply {
        address: "https://maskinporten.example/token".to_owned(),
        status,
        date: None,
        retry_after: None,
        www_authenticate: None,
        allow: None,
        location: None,
        body: body.into().into(),
        sent: Some(SENT.into()),
    }
}

/// The secret in the request that an answer belongs to. No output may repeat it.
const SENT: &str = "sent-9f1c7a2e.40b8-6d53.assertion-e07c41";

/// Asserts that the work takes time in proportion to the input's size, not to its square. The limit allows for an
/// unoptimised build on a busy machine.
#[track_caller]
fn is_soon_done<T>(work: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let done = work();
    let taken = started.elapsed();
    assert!(taken < Duration::from_secs(20), "{taken:?}");
    done
}

/// Named texts of 0.25 to 1 MiB that are costly to process.
fn giants() -> [(&'static str, String); 9] {
    let fill = |piece: &str| piece.repeat(MEBIBYTE / 4 / piece.len());
    let deep = |open: &str| open.repeat(200_000);
    let members: String = (0..20_000).map(|nth| format!("\"member{nth}\":{nth},")).collect();
    [
        ("deep arrays", deep("[")),
        ("deep objects", deep("{\"a\":")),
        ("closed arrays", format!("{}{}", deep("["), deep("]"))),
        ("many members", format!("{{{members}\"last\":0}}")),
        ("a long text", format!("{{\"access_token\":\"{}\"}}", fill("a"))),
        ("escapes", format!("{{\"title\":\"{}\"}}", fill("\\u001b"))),
        ("percents", format!("https://a.no/?x={}&token={}", fill("%41"), "%4")),
        ("controls", fill("\u{1b}")),
        ("zeros", fill("0")),
    ]
}
