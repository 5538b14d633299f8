//! Lists that come in pages.
//!
//! `links.next` holds the address of the next page, and may name a host inside Altinn. The token must not go there, so
//! only the `token` in its query is taken out of it, and the same list is asked for once more with that.

use std::collections::HashSet;

use reqwest::Url;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::{Altinn, Item, check_count, item, not_a_list, read_rows};
use crate::client::CallError;

/// More than any list has. A server that goes on and on is not followed for ever.
const MOST_PAGES: usize = 2_000;
/// Likewise.
const MOST_ENTRIES: usize = 100_000;
/// Likewise, in bytes of answers, which are held as several times as many.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// No token is longer, in bytes: it is sent in an address.
const LONGEST_TOKEN: usize = 8 * 1024;

/// All of a list.
#[derive(Debug)]
pub struct List<T> {
    /// What is in it.
    pub items: Vec<Item<T>>,
    /// In how many pages it came.
    pub pages: usize,
}

#[derive(Deserialize)]
struct Page<'r> {
    links: Option<Links>,
    #[serde(borrow)]
    data: Vec<&'r RawValue>,
}

#[derive(Deserialize)]
struct Links {
    next: Option<String>,
}

/// Gets all pages of a list, whose entries are called `what`, and have an id.
pub(super) async fn all<T: DeserializeOwned>(
    altinn: &Altinn<'_>,
    list: &Url,
    what: &str,
    id: impl Fn(&T) -> &str,
) -> Result<List<T>, CallError> {
    let mut items: Vec<Item<T>> = Vec::new();
    let mut ids = HashSet::new();
    let mut tokens = HashSet::new();
    let mut url = list.clone();
    let mut bytes = 0;
    loop {
        let reply = altinn.get(&url).await?;
        bytes += reply.body.len();
        // serde would take an array for a page, too.
        if reply.body.trim_ascii_start().first() != Some(&b'{') {
            return Err(reply.is_not("a page of a list").into());
        }
        let page: Page<'_> = read_rows(&reply, "a page of a list")?;
        check_count(&page.data, &reply, "a page of a list")?;
        for entry in page.data {
            let item = item(entry).ok_or_else(|| not_a_list(&reply, what))?;
            // A list without an order may have an entry on two pages.
            if ids.insert(id(&item.known).to_owned()) {
                items.push(item);
            }
        }
        let Some(next) = page.links.and_then(|links| links.next) else {
            return Ok(List { items, pages: tokens.len() + 1 });
        };
        let token = token_of(&next).ok_or_else(|| reply.unusable("but its `links.next` has no `token`"))?;
        if !tokens.insert(token.clone()) {
            return Err(reply.unusable("but it leads back to a page that has been read: the list has no end").into());
        }
        if tokens.len() >= MOST_PAGES || items.len() >= MOST_ENTRIES || bytes >= MOST_BYTES {
            let (pages, entries) = (tokens.len(), items.len());
            let problem = format!("but the list has no end after {entries} entries on {pages} pages");
            return Err(reply.unusable(problem).into());
        }
        url = list.clone();
        url.query_pairs_mut().append_pair("token", &token);
    }
}

/// The `token` in an address, which may be relative.
pub fn token_of(next: &str) -> Option<String> {
    let base = Url::parse("https://altinn.invalid/").expect("an address");
    let next = base.join(next).ok()?;
    let token = next.query_pairs().find(|(name, _)| name == "token").map(|(_, token)| token.into_owned());
    token.filter(|token| (1..=LONGEST_TOKEN).contains(&token.len()))
}
