//! Lists that Altinn returns in pages.
//!
//! `links.next` contains the URL of the next page, which may have a host name that is internal to Altinn. The
//! access token must not be sent there. Only the `token` in its query is used: it is added to the URL of the list.

use std::collections::HashSet;

use reqwest::Url;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tokio::time::timeout;

use super::{Altinn, Item, check_count, item, not_a_list, read_rows};
use crate::client::http::{TransportErrorKind, address};
use crate::client::{CallError, TransportError};

/// The maximum number of pages that are read. Real lists have fewer pages, but a faulty server may never end a list.
const MOST_PAGES: usize = 2_000;
/// The maximum number of entries that are read.
const MOST_ENTRIES: usize = 100_000;
/// The maximum total size of the pages, in bytes. In memory, the entries need several times as much.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// The maximum time for a list, as a multiple of the time limit for a request.
const MOST_TIME_LIMITS: u32 = 10;
/// The maximum size of a page token, in bytes. The token is sent in a URL.
const LONGEST_TOKEN: usize = 8 * 1024;

/// A list, read from all its pages.
#[derive(Debug)]
pub struct List<T> {
    /// The entries of the list.
    pub items: Vec<Item<T>>,
    /// The number of pages that Altinn returned.
    pub pages: usize,
    /// The error of a list whose pages repeat without end. The entries are then those of the pages that were read.
    pub endless: Option<TransportError>,
}

impl<T> List<T> {
    /// The list, or its error if it has no end.
    pub(super) fn complete(self) -> Result<Self, CallError> {
        match self.endless {
            Some(error) => Err(error.into()),
            None => Ok(self),
        }
    }
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

/// Gets all pages of a list, in at most ten times the time limit of a request. `what` is the name of an entry in an
/// error, `entries` returns the entries in an element of a page, and `id` returns the id of an entry.
pub(super) async fn all<T: DeserializeOwned>(
    altinn: &Altinn<'_>,
    list: &Url,
    what: &str,
    entries: fn(&RawValue) -> Vec<&RawValue>,
    id: impl Fn(&T) -> &str,
) -> Result<List<T>, CallError> {
    let limit = altinn.http.timeout * MOST_TIME_LIMITS;
    let kind = TransportErrorKind::TooSlow { subject: "the list", seconds: limit.as_secs() };
    let too_slow = TransportError { address: address(list), date: None, retry_after: None, kind };
    timeout(limit, pages(altinn, list, what, entries, id)).await.unwrap_or_else(|_| Err(too_slow.into()))
}

async fn pages<T: DeserializeOwned>(
    altinn: &Altinn<'_>,
    list: &Url,
    what: &str,
    entries: fn(&RawValue) -> Vec<&RawValue>,
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
        // serde would also read an array as a page.
        if reply.body.trim_ascii_start().first() != Some(&b'{') {
            return Err(reply.is_not("a page of a list").into());
        }
        let page: Page<'_> = read_rows(&reply, "a page of a list")?;
        let rows: Vec<&RawValue> = page.data.into_iter().flat_map(entries).collect();
        check_count(&rows, &reply, "a page of a list")?;
        for entry in rows {
            let item = item(entry).ok_or_else(|| not_a_list(&reply, what))?;
            // If Altinn does not sort a list, an entry may be on two pages.
            if ids.insert(id(&item.known).to_owned()) {
                items.push(item);
            }
        }
        let Some(next) = page.links.and_then(|links| links.next) else {
            return Ok(List { items, pages: tokens.len() + 1, endless: None });
        };
        let token = token_of(&next).ok_or_else(|| reply.unusable("but its `links.next` has no `token`"))?;
        if !tokens.insert(token.clone()) {
            let endless = Some(reply.unusable("but `links.next` repeats an earlier page, so the list never ends"));
            return Ok(List { items, pages: tokens.len() + 1, endless });
        }
        if tokens.len() >= MOST_PAGES || items.len() >= MOST_ENTRIES || bytes >= MOST_BYTES {
            let (pages, entries) = (tokens.len(), items.len());
            let problem = format!("but the list did not end after {entries} entries on {pages} pages");
            return Err(reply.unusable(problem).into());
        }
        url = list.clone();
        url.query_pairs_mut().append_pair("token", &token);
    }
}

/// The `token` in the query of a URL, which may be relative.
pub fn token_of(next: &str) -> Option<String> {
    let base = Url::parse("https://altinn.invalid/").expect("a URL");
    let next = base.join(next).ok()?;
    let token = next.query_pairs().find(|(name, _)| name == "token").map(|(_, token)| token.into_owned());
    token.filter(|token| (1..=LONGEST_TOKEN).contains(&token.len()))
}
