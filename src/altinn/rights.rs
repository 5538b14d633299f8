//! What a system may ask of its customers, and a system user may do: rights to resources, and access packages.

use serde::{Deserialize, Serialize};

/// The prefix of a resource's URN, without the colon.
const RESOURCE: &str = "urn:altinn:resource";
/// The prefix of a resource's URN, with the colon.
pub const RESOURCE_URN: &str = "urn:altinn:resource:";
/// The prefix of an access package's URN.
pub const ACCESS_PACKAGE: &str = "urn:altinn:accesspackage:";

/// A right to a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Right {
    /// What may be done with it; the resource's own policy says so where this is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The resource, in the parts of its name: one, in fact.
    pub resource: Vec<ResourceName>,
}

/// A part of a resource's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct ResourceName {
    /// Always `urn:altinn:resource`.
    pub id: String,
    /// The resource's id in Altinn's resource registry; of an app, `app_<org>_<app>`.
    pub value: String,
}

/// A named bundle of rights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct AccessPackage {
    /// `urn:altinn:accesspackage:` and a name.
    pub urn: String,
}

impl Right {
    /// The right to the resource of this id, with or without its URN's beginning.
    pub fn to(resource: &str) -> Self {
        let value = resource.strip_prefix(RESOURCE_URN).unwrap_or(resource).to_owned();
        Self { action: None, resource: vec![ResourceName { id: RESOURCE.to_owned(), value }] }
    }

    /// The resource's id.
    pub fn resource(&self) -> String {
        self.resource.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join("/")
    }

    /// The resource's id, and what may be done with it, where that is said.
    pub fn name(&self) -> String {
        let action = self.action.as_ref().map(|action| format!(" ({action})"));
        format!("{}{}", self.resource(), action.unwrap_or_default())
    }

    /// Whether its resource is named as Altinn wants it.
    pub fn is_named_well(&self) -> bool {
        !self.resource.is_empty() && self.resource.iter().all(|part| part.id == RESOURCE)
    }
}

impl AccessPackage {
    /// The package of this name, with or without its URN's beginning.
    pub fn named(name: &str) -> Self {
        let name = name.strip_prefix(ACCESS_PACKAGE).unwrap_or(name);
        Self { urn: format!("{ACCESS_PACKAGE}{name}") }
    }
}
