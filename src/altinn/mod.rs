//! Altinn, for a system vendor: the System Register, requests for system users and for changes to them, the system
//! users, the parties for which they may act, the exchange of tokens, and the catalogue of scopes.
//!
//! These APIs accept a Maskinporten token or an exchanged Altinn token. The `consumer` claim identifies the vendor.
//!
//! Source: github.com/Altinn/altinn-authentication, `src/Authentication/Controllers`.
//!
//! The meanings of error codes are in `explain`, and `cli` shows the results.

pub mod authorized_parties;
pub mod change_request;
pub mod decoded_jwt;
pub mod exchange;
pub mod page;
pub mod rights;
pub mod scope_catalogue;
pub mod system;
pub mod system_register;
pub mod system_user;
pub mod system_user_request;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::{Method, Url};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde::ser::Error;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::time::sleep;

use crate::client::http::{self, is_too_large};
use crate::client::retry::Retries;
use crate::client::{CallError, Http, Reply, TransportError};

/// A client for Altinn's vendor APIs, with the token that it sends.
pub struct Altinn<'a> {
    http: &'a Http,
    platform: &'a Url,
    token: &'a SecretString,
    calls: Mutex<Vec<CallRecord>>,
    on_pause: &'a (dyn Fn(Duration) + Sync),
}

/// A record of a call to Altinn, for example for a log.
#[derive(Debug, Clone)]
pub struct CallRecord {
    /// The method.
    pub method: Method,
    /// The URL, without its query.
    pub address: String,
    /// The HTTP status. `None` if there was no complete response.
    pub status: Option<u16>,
    /// The pause before the next attempt, if there was another attempt.
    pub pause: Option<Duration>,
}

/// A record from Altinn: its known fields and its original JSON. It serializes as the original JSON.
#[derive(Debug, Clone)]
pub struct Item<T> {
    /// The known fields.
    pub known: T,
    json: Box<RawValue>,
}

impl<T> Serialize for Item<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Parsed one row at a time: a whole list of `Value`s needs many times the memory of its text.
        serde_json::from_str::<Value>(self.json.get()).map_err(Error::custom)?.serialize(serializer)
    }
}

impl<'a> Altinn<'a> {
    /// Creates a client for the Altinn platform at this URL, which must end in a slash.
    pub fn new(http: &'a Http, platform: &'a Url, token: &'a SecretString) -> Self {
        Self { http, platform, token, calls: Mutex::default(), on_pause: &|_| {} }
    }

    /// Sets a function that is called before each pause between two attempts.
    pub fn on_pause(self, on_pause: &'a (dyn Fn(Duration) + Sync)) -> Self {
        Self { on_pause, ..self }
    }

    /// All calls that were made.
    pub fn calls(self) -> Vec<CallRecord> {
        self.calls.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// The URL of a vendor API. The path segments may contain any text.
    fn address(&self, segments: &[&str]) -> Url {
        let mut url = self.platform.join("authentication/api/v1/").expect("a relative path joins an http URL");
        url.path_segments_mut().expect("an http URL has a path").pop_if_empty().extend(segments);
        url
    }

    async fn get(&self, url: &Url) -> Result<Reply, CallError> {
        self.call(Method::GET, url, None).await
    }

    async fn send(&self, method: Method, url: &Url, body: &impl Serialize) -> Result<Reply, CallError> {
        let body = serde_json::to_string(body).expect("the fields of a request body are strings");
        self.call(method, url, Some(body)).await
    }

    async fn delete(&self, url: &Url) -> Result<Reply, CallError> {
        self.call(Method::DELETE, url, None).await
    }

    async fn call(&self, method: Method, url: &Url, body: Option<String>) -> Result<Reply, CallError> {
        let address = http::address(url);
        let add =
            || self.add(CallRecord { method: method.clone(), address: address.clone(), status: None, pause: None });
        let attempt = async |nth: usize| {
            let answer = self.http.call(method.clone(), url, self.token, body.clone()).await;
            self.records()[nth].status =
                answer.as_ref().map_or_else(TransportError::status, |reply| Some(reply.status));
            answer?.accepted()
        };
        // Altinn may have carried out a request although its response was lost. It must not be carried out twice.
        let mut retries = Retries::new(self.http.timeout, method == Method::GET);
        let mut nth = add();
        while let Some(pause) = retries.attempt(attempt(nth)).await {
            self.records()[nth].pause = Some(pause);
            (self.on_pause)(pause);
            sleep(pause).await;
            nth = add();
        }
        retries.answer()
    }

    fn records(&self) -> MutexGuard<'_, Vec<CallRecord>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a record before its call, so that a call that is interrupted has a record, too. Returns its index.
    fn add(&self, record: CallRecord) -> usize {
        let mut records = self.records();
        records.push(record);
        records.len() - 1
    }
}

/// Reads a response that is an object of this type. `what` names the object in an error.
fn read<T: DeserializeOwned>(reply: &Reply, what: &str) -> Result<Item<T>, CallError> {
    let json = reply.json::<Box<RawValue>>().ok();
    json.and_then(|json| item(&json)).ok_or_else(|| reply.is_not(what).into())
}

/// Reads a response that is an array of objects of this type. `what` is the name of the list in an error.
fn read_all<T: DeserializeOwned>(reply: &Reply, what: &str) -> Result<Vec<Item<T>>, CallError> {
    let rows: Vec<&RawValue> = read_rows(reply, what)?;
    check_count(&rows, reply, what)?;
    rows.into_iter().map(item).collect::<Option<_>>().ok_or_else(|| not_a_list(reply, what))
}

/// Splits a response into unparsed rows, unless they would need more memory than [`HEAVIEST_LIST`]. Almost empty rows
/// need the most memory for their length.
fn read_rows<'r, T: Deserialize<'r>>(reply: &'r Reply, what: &str) -> Result<T, CallError> {
    let weight = |byte: &u8| match byte {
        b'{' => 60,
        b'[' => 20,
        b',' => 12,
        _ => 1,
    };
    let is_long = reply.body.len() > HEAVIEST_LIST / 3;
    if is_long || reply.body.iter().map(weight).sum::<usize>() > HEAVIEST_LIST {
        return Err(reply.unusable(format!("but it is too large for {what}")).into());
    }
    serde_json::from_slice(&reply.body).map_err(|_| not_a_list(reply, what))
}

/// Rejects a response with more rows than [`MOST_ROWS`].
fn check_count(rows: &[&RawValue], reply: &Reply, what: &str) -> Result<(), CallError> {
    match rows.len() {
        0..=MOST_ROWS => Ok(()),
        _ => Err(reply.unusable(format!("but it is too large for {what}")).into()),
    }
}

/// The error for a response that is not this list. It quotes the response only up to 64 KiB, since a list may be longer
/// than other responses.
fn not_a_list(reply: &Reply, what: &str) -> CallError {
    match reply.body.len() {
        0..=65_536 => reply.is_not(what).into(),
        _ => reply.unusable(format!("but not {what}")).into(),
    }
}

/// The maximum memory for the rows of a response, estimated in bytes.
const HEAVIEST_LIST: usize = 12 * 1024 * 1024;
/// The maximum number of rows in a response. Each row needs some memory, however short it is.
const MOST_ROWS: usize = 25_000;

/// Reads an object. An array is rejected: serde would read it as a struct, field by field.
fn item<T: DeserializeOwned>(json: &RawValue) -> Option<Item<T>> {
    let json = json.get().starts_with('{').then_some(json).filter(|json| !is_too_large(json.get().as_bytes()))?;
    // The whole row is parsed, so that printing it cannot fail.
    serde_json::from_str::<Value>(json.get()).ok()?;
    Some(Item { known: serde_json::from_str(json.get()).ok()?, json: json.to_owned() })
}
