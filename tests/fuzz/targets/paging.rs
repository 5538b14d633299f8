//! The link to a list's next page: the token in it, and nothing else of it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use reqwest::Url;
use systemuser_demo::altinn::page::token_of;

fuzz_target!(|data: &[u8]| {
    let link = String::from_utf8_lossy(data);
    let token = token_of(&link);
    if let Some(token) = &token {
        assert!(!token.is_empty());
        // What is percent-encoded can be three times as short, and what is no UTF-8 is a character of three bytes.
        assert!(token.len() <= 3 * link.len());
        // It arrives at the server's as it was meant, and takes nothing else along.
        let mut list = Url::parse("https://altinn.example/list").expect("an address");
        list.query_pairs_mut().append_pair("token", token);
        assert_eq!(list.host_str(), Some("altinn.example"));
        assert_eq!(list.query_pairs().count(), 1);
        assert_eq!(token_of(list.as_str()).as_ref(), Some(token));
    }
    // Where it is a whole address, it is the token that a browser would find there, if a server would take it back.
    if let Ok(url) = Url::parse(&link) {
        let pair = url.query_pairs().find(|(name, _)| name == "token").map(|(_, value)| value.into_owned());
        assert_eq!(token, pair.filter(|token| (1..=8 * 1024).contains(&token.len())), "{url}");
    }
});
