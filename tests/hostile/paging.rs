//! The link to the next page of a list.

use proptest::prelude::*;
use reqwest::Url;
use systemuser_demo::altinn::page::token_of;

use super::{giants, is_soon_done, one_of, piece, try_all};

const OWN: &[&str] = &["?", "&", "#", "token=", "%74oken=", "https://a.no/", "+", "%20", "%F0%9F", ";", "list"];

#[test]
fn an_arbitrary_link_returns_its_token_or_none() {
    let piece = prop_oneof![piece(), one_of(OWN)];
    try_all(20_000, prop::collection::vec(piece, 0..10), |pieces| {
        let link = pieces.concat();
        let token = token_of(&link);
        if let Some(token) = &token {
            prop_assert!(!token.is_empty() && token.len() <= 3 * link.len());
            let mut list = Url::parse("https://altinn.example/list").unwrap();
            list.query_pairs_mut().append_pair("token", token);
            let again = token_of(list.as_str());
            prop_assert_eq!(again.as_ref(), Some(token));
        }
        if let Ok(url) = Url::parse(&link) {
            let there = url.query_pairs().find(|(name, _)| name == "token").map(|(_, value)| value.into_owned());
            prop_assert_eq!(token, there.filter(|token| !token.is_empty()), "{}", url);
        }
        Ok(())
    });
}

/// Found by the fuzz target `paging`: the link was not parsed as a URL.
#[test]
fn a_link_is_parsed_as_a_url() {
    // Text after a `#` is not part of the query; text before it is.
    assert_eq!(token_of("https://a.no/list?token=MDAw\u{11}#x").as_deref(), Some("MDAw\u{11}"));
    assert_eq!(token_of("https://a.no/list#x?token=MDAw"), None);
    assert_eq!(token_of("list?token=MDAw#x?token=other").as_deref(), Some("MDAw"));
}

#[test]
fn a_giant_link_is_read_in_linear_time() {
    for (name, giant) in giants() {
        let token = is_soon_done(|| token_of(&format!("list?a=b&token={giant}")));
        assert!(token.is_none_or(|token| !token.is_empty() && token.len() <= 3 * giant.len() + 32), "{name}");
    }
}

/// The token is sent back in a URL, and servers limit the length of a URL.
#[test]
fn a_token_too_long_for_a_url_is_ignored() {
    let link = |length| format!("list?token={}", "a".repeat(length));
    assert_eq!(token_of(&link(8 * 1024)).map(|token| token.len()), Some(8 * 1024));
    assert_eq!(token_of(&link(8 * 1024 + 1)), None);
}
