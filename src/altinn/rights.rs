//! Rights to resources and access packages: a system may request them, and a system user may have them.

use serde::{Deserialize, Serialize};

/// The prefix of a resource's URN, without the colon.
const RESOURCE: &str = "urn:altinn:resource";
/// The prefix of a resource's URN, with the colon.
pub const RESOURCE_URN: &str = "urn:altinn:resource:";
/// The prefix of an access package's URN.
pub const ACCESS_PACKAGE: &str = "urn:altinn:accesspackage:";

/// A right to a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Right {
    /// The permitted action. If it is missing, the resource's own policy decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The parts of the resource's name. In practice, there is a single part.
    pub resource: Vec<ResourceName>,
}

/// A part of a resource's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct ResourceName {
    /// Always `urn:altinn:resource`.
    pub id: String,
    /// The resource's id in Altinn's resource registry; for an app, `app_<org>_<app>`.
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
    /// The right to the resource with this id. The id may begin with the prefix [`RESOURCE_URN`].
    pub fn to(resource: &str) -> Self {
        let value = resource.strip_prefix(RESOURCE_URN).unwrap_or(resource).to_owned();
        Self { action: None, resource: vec![ResourceName { id: RESOURCE.to_owned(), value }] }
    }

    /// The resource's id.
    pub fn resource(&self) -> String {
        self.resource.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join("/")
    }

    /// The resource's id, followed by the action if there is an action. A right may have no resource.
    pub fn name(&self) -> String {
        let action = self.action.as_ref().map(|action| format!(" ({action})"));
        let resource = if self.resource.is_empty() { "no resource".to_owned() } else { self.resource() };
        format!("{resource}{}", action.unwrap_or_default())
    }

    /// Whether the resource's name has the form that Altinn requires. Altinn also accepts a right without a resource.
    pub fn is_named_well(&self) -> bool {
        self.resource.iter().all(|part| part.id == RESOURCE)
    }
}

impl AccessPackage {
    /// The package with this name. The name may begin with the prefix [`ACCESS_PACKAGE`].
    pub fn named(name: &str) -> Self {
        let name = name.strip_prefix(ACCESS_PACKAGE).unwrap_or(name);
        Self { urn: format!("{ACCESS_PACKAGE}{name}") }
    }

    /// The name, without the prefix [`ACCESS_PACKAGE`].
    pub fn name(&self) -> &str {
        self.urn.strip_prefix(ACCESS_PACKAGE).unwrap_or(&self.urn)
    }
}
