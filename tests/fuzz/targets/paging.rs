//! The link to the next page of a list: only its token is used.

#![no_main]

use libfuzzer_sys::fuzz_target;
use reqwest::Url;
use systemuser_demo::altinn::page::token_of;

fuzz_target!(|data: &[u8]| {
    let link = String::from_utf8_lossy(data);
    let token = token_of(&link);
    if let Some(token) = &token {
        assert!(!token.is_empty());
        // Decoding shortens percent-encoded text, and turns an invalid UTF-8 byte into a character of three bytes.
        assert!(token.len() <= 3 * link.len());
        // The server receives the same token and no other parameter.
        let mut list = Url::parse("https://altinn.example/list").expect("an address");
        list.query_pairs_mut().append_pair("token", token);
        assert_eq!(list.host_str(), Some("altinn.example"));
        assert_eq!(list.query_pairs().count(), 1);
        assert_eq!(token_of(list.as_str()).as_ref(), Some(token));
    }
    // In an absolute URL, a URL parser finds the same token, if the token is short enough to send back.
    if let Ok(url) = Url::parse(&link) {
        let pair = url.query_pairs().find(|(name, _)| name == "token").map(|(_, value)| value.into_owned());
        assert_eq!(token, pair.filter(|token| (1..=8 * 1024).contains(&token.len())), "{url}");
    }
});
