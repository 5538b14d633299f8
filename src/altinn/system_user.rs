//! The system users of a vendor's systems.
//!
//! Source: github.com/Altinn/altinn-authentication, `src/Authentication/Controllers/SystemUserController.cs`.

use serde::Deserialize;

use super::page::{self, List};
use super::{Altinn, Item, read};
use crate::client::{CallError, OrgNumber};

/// The scope for listing system users. It is a scope for writing, although nothing is written.
pub const LIST: &str = super::system_register::SCOPE;
/// The scope for finding a system user. It is a scope for writing, although nothing is written.
pub const FIND: &str = super::system_user_request::WRITE;

/// A system user.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SystemUser {
    /// The system user's id, which is also the id of its request.
    pub id: String,
    /// The id of the vendor's system.
    pub system_id: Option<String>,
    /// The owner's organisation number.
    pub reportee_org_no: Option<String>,
    /// The external reference. Without a reference, Altinn returns the owner's number.
    pub external_ref: Option<String>,
    /// `standard` or `agent`.
    pub user_type: Option<String>,
    /// The name of the system user.
    pub integration_title: Option<String>,
    /// The time of creation, in Altinn's format.
    pub created: Option<String>,
    /// Whether the system user has been deleted. Altinn still returns deleted system users.
    #[serde(default)]
    pub is_deleted: bool,
}

impl SystemUser {
    /// The external reference that the system user was requested with, if any.
    pub fn external_ref(&self) -> Option<&str> {
        self.external_ref.as_deref().filter(|reference| Some(*reference) != self.reportee_org_no.as_deref())
    }
}

/// Gets all system users of a system. The token needs the scope [`LIST`].
///
/// # Errors
/// Returns an error if Altinn refuses the call, or if there is no usable response.
pub async fn list(altinn: &Altinn<'_>, system_id: &str) -> Result<List<SystemUser>, CallError> {
    let list = altinn.address(&["systemuser", "vendor", "bysystem", system_id]);
    page::all(altinn, &list, "a system user", |row| vec![row], |user: &SystemUser| &user.id).await?.complete()
}

/// Finds a system user by its system, owner and external reference. The token needs the scope [`FIND`].
///
/// # Errors
/// Returns an error if Altinn refuses the call, or if there is no usable response.
pub async fn find(
    altinn: &Altinn<'_>,
    system_id: &str,
    org: OrgNumber,
    external_ref: Option<&str>,
) -> Result<Item<SystemUser>, CallError> {
    let mut url = altinn.address(&["systemuser", "vendor", "byquery"]);
    url.query_pairs_mut().append_pair("system-id", system_id).append_pair("orgno", &org.to_string());
    if let Some(external_ref) = external_ref {
        url.query_pairs_mut().append_pair("external-ref", external_ref);
    }
    read(&altinn.get(&url).await?, "a system user")
}
