//! The records of the store.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::{Map, Value};

use super::super::fixtures::{self, Api, Decision};
use super::Undecidable;

/// A system in the System Register.
pub(crate) struct System {
    pub(crate) internal_id: String,
    pub(crate) id: String,
    /// The vendor's organisation number.
    pub(crate) vendor: String,
    /// The names by language code.
    pub(crate) name: Map<String, Value>,
    pub(crate) description: Map<String, Value>,
    pub(crate) rights: Vec<Right>,
    /// URNs of access packages.
    pub(crate) packages: Vec<String>,
    pub(crate) clients: Vec<String>,
    pub(crate) visible: bool,
    pub(crate) redirect_urls: Vec<String>,
    pub(crate) deleted: bool,
    pub(crate) changes: Vec<Change>,
}

impl System {
    pub(crate) fn has_client(&self, id: &str) -> bool {
        self.clients.iter().any(|client| client.eq_ignore_ascii_case(id))
    }

    pub(crate) fn name_in(&self, language: &str) -> Option<&str> {
        text_in(&self.name, language)
    }

    /// The name in this language, or in another language if it is missing.
    pub(crate) fn name_for(&self, language: &str) -> Option<&str> {
        text_for(&self.name, language)
    }

    pub(crate) fn description_for(&self, language: &str) -> Option<&str> {
        text_for(&self.description, language)
    }
}

fn text_in<'m>(texts: &'m Map<String, Value>, language: &str) -> Option<&'m str> {
    texts.get(language).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

fn text_for<'m>(texts: &'m Map<String, Value>, language: &str) -> Option<&'m str> {
    let others = texts.keys().map(String::as_str);
    [language, "nb"].into_iter().chain(others).find_map(|language| text_in(texts, language))
}

/// A change to a system.
pub(crate) struct Change {
    pub(crate) by: String,
    pub(crate) client: Option<String>,
    pub(crate) kind: &'static str,
    pub(crate) data: Option<Value>,
    pub(crate) created: DateTime<Utc>,
    /// The size of the HTTP body, in bytes.
    pub(crate) size: usize,
}

/// A right to a resource.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Right {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) action: Option<String>,
    pub(crate) resource: Vec<Attribute>,
}

/// An attribute that identifies the resource of a right.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub(crate) struct Attribute {
    pub(crate) id: String,
    pub(crate) value: String,
}

impl Right {
    /// Whether the right permits reading from an API. The reference APIs require the action `read`, and a right without
    /// an action covers all actions.
    pub(crate) fn opens(&self, api: Api) -> bool {
        let to_read = self.action.as_deref().is_none_or(|action| action == "read");
        to_read && self.resource.iter().any(|attribute| attribute.opens(api))
    }

    /// Whether the right permits everything that another right permits.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        self.resource == other.resource && (self.action.is_none() || self.action == other.action)
    }
}

impl Attribute {
    fn opens(&self, api: Api) -> bool {
        fixtures::resource(&self.value).is_some_and(|resource| resource.opens == Some(api))
    }
}

/// The key that identifies a system user or a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key<'a> {
    // Fields are compared in order, and `external_ref` differs most often.
    pub(crate) external_ref: &'a str,
    pub(crate) owner: &'a str,
    pub(crate) system: &'a str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Standard,
    /// A system user that acts for the owner's clients.
    Agent,
}

/// A request for a system user.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) title: Option<String>,
    pub(crate) external_ref: String,
    pub(crate) system: String,
    pub(crate) owner: String,
    pub(crate) rights: Vec<Right>,
    /// URNs of access packages.
    pub(crate) packages: Vec<String>,
    pub(crate) decision: Decision,
    pub(crate) redirect_url: Option<String>,
    pub(crate) created: DateTime<Utc>,
    /// The size of the HTTP body, in bytes.
    pub(crate) size: usize,
}

impl Request {
    pub(crate) fn key(&self) -> Key<'_> {
        Key { owner: &self.owner, external_ref: &self.external_ref, system: &self.system }
    }

    /// Whether the request has timed out: nobody answered it for 180 days. Its status stays the same.
    pub(crate) fn timed_out(&self, now: DateTime<Utc>) -> bool {
        now - self.created > TimeDelta::days(180)
    }

    pub(crate) fn not_decidable(&self, now: DateTime<Utc>) -> Option<Undecidable> {
        match self.decision {
            Decision::New if self.timed_out(now) => Some(Undecidable::TimedOut),
            Decision::New => None,
            decided => Some(Undecidable::Decided(decided)),
        }
    }

    /// The organisations for which the system user may act, without their subunits.
    pub(crate) fn parties(&self) -> Vec<&str> {
        match self.kind {
            Kind::Standard => vec![&self.owner],
            Kind::Agent => fixtures::organisation(&self.owner).map(|agent| agent.clients.to_vec()).unwrap_or_default(),
        }
    }

    /// The system user that an approval creates. Its title is the request's title, or else the system's name.
    pub(crate) fn user(&self, system_name: String, now: DateTime<Utc>) -> SystemUser {
        SystemUser { request: self.clone(), title: self.title.clone().unwrap_or(system_name), created: now }
    }
}

/// A system user, with the id, the owner and the rights of its request. It cannot be deleted, because the owner would
/// do that in a part of Altinn that the sandbox does not implement.
pub(crate) struct SystemUser {
    pub(crate) request: Request,
    pub(crate) title: String,
    pub(crate) created: DateTime<Utc>,
}
