//! The catalogue of Maskinporten's scopes, which Digdir's self-service API publishes. It needs no token.
//!
//! The catalogue is a JSON array of several megabytes, so it is read entry by entry, and only the fields that are needed
//! are kept. It does not list private scopes.
//!
//! Source: Digdir's documentation of Maskinporten, "Self-service API".

use std::fmt;

use reqwest::Url;
use serde::de::{DeserializeOwned, Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::client::http::is_too_large;
use crate::client::{Reply, TransportError};

/// The largest catalogue that is read, in bytes.
pub const LARGEST: usize = 32 * 1024 * 1024;
/// The largest number of scopes that are read. The real catalogue has some thousands.
const MOST_SCOPES: usize = 100_000;
/// The longest name of a scope, in bytes.
const LONGEST_NAME: usize = 200;
/// The name of the catalogue in errors.
const NAME: &str = "a catalogue of scopes";

/// A scope in the catalogue. A field that is missing or has another type is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// The name, such as `altinn:authentication/systemregister.write`.
    pub name: String,
    /// The description, usually in Norwegian.
    #[serde(default, deserialize_with = "lenient")]
    pub description: Option<String>,
    /// The description in English.
    #[serde(default, rename = "description#en", deserialize_with = "lenient")]
    pub english: Option<String>,
    /// Whether the scope is in use. A retired scope stays in the catalogue.
    #[serde(default, deserialize_with = "lenient")]
    pub active: Option<bool>,
    /// The organisation number of the owner, who grants access to the scope.
    #[serde(default, deserialize_with = "lenient")]
    pub owner_orgno: Option<String>,
    /// The lifetime of a token with this scope, in seconds.
    #[serde(default, deserialize_with = "lenient")]
    pub at_max_age: Option<u64>,
    /// The types of client that may have the scope, such as `maskinporten`.
    #[serde(default, deserialize_with = "lenient")]
    pub allowed_integration_types: Option<Vec<String>>,
    /// Whether the scope needs no grant from its owner.
    #[serde(default, deserialize_with = "lenient")]
    pub accessible_for_all: Option<bool>,
}

impl Scope {
    /// Whether the scope is not in use any more.
    pub fn is_retired(&self) -> bool {
        self.active == Some(false)
    }

    /// The types of client that may have the scope, if Maskinporten's clients are not among them.
    pub fn other_client_types(&self) -> Option<&[String]> {
        let types = self.allowed_integration_types.as_deref()?;
        (!types.is_empty() && types.iter().all(|name| name != "maskinporten")).then_some(types)
    }
}

fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).ok())
}

/// The URL of the catalogue. `self_service` is the base URL of the self-service API, which ends in a slash.
///
/// # Panics
/// If `self_service` cannot be a base URL, such as a `data:` URL.
pub fn address(self_service: &Url) -> Url {
    self_service.join("api/v1/scopes/all").expect("an http URL can be joined with a relative path")
}

/// Reads the response with the catalogue.
///
/// # Errors
/// Returns an error if the status is not 200, or if the body is not a catalogue.
pub fn read(reply: &Reply) -> Result<Vec<Scope>, TransportError> {
    match reply.status {
        200 => parse(&reply.body).map_err(|_| match reply.body.len() {
            0..=65_536 => reply.is_not(NAME),
            _ => reply.unusable(format!("but not {NAME}")),
        }),
        _ => Err(reply.unusable(format!("without {NAME}"))),
    }
}

/// Parses the catalogue, and sorts it by name. Entries without a name are ignored.
///
/// # Errors
/// Returns an error if the text is not a JSON array with at least one scope, or has more than 100,000 entries.
pub fn parse(json: &[u8]) -> Result<Vec<Scope>, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let mut scopes = deserializer.deserialize_seq(Entries)?;
    deserializer.end()?;
    scopes.sort_by(|one, other| one.name.cmp(&other.name));
    if scopes.is_empty() { Err(serde_json::Error::custom("no scopes")) } else { Ok(scopes) }
}

/// Reads the entries one at a time, because they would need many times the memory of their text.
struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<Scope>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAME)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let (mut scopes, mut count) = (Vec::new(), 0);
        while let Some(json) = entries.next_element::<&RawValue>()? {
            count += 1;
            if count > MOST_SCOPES {
                return Err(A::Error::custom("too many entries"));
            }
            scopes.extend(scope(json.get()));
        }
        Ok(scopes)
    }
}

/// Reads an entry. serde would also read an array as a struct, field by field.
fn scope(json: &str) -> Option<Scope> {
    let json = Some(json).filter(|json| json.starts_with('{') && !is_too_large(json.as_bytes()))?;
    let scope: Scope = serde_json::from_str(json).ok()?;
    let is_name = (1..=LONGEST_NAME).contains(&scope.name.len()) && !scope.name.contains(char::is_whitespace);
    is_name.then_some(scope)
}
