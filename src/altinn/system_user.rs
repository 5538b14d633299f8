//! The system users that customers have given a vendor.
//!
//! Source: github.com/Altinn/altinn-authentication, `src/Authentication/Controllers/SystemUserController.cs`.

use serde::Deserialize;

use super::page::{self, List};
use super::{Altinn, Item, read};
use crate::client::{CallError, OrgNumber};

/// The scope for the list. It is one for writing, although nothing is written.
pub const LIST: &str = super::system_register::SCOPE;
/// The scope for finding one; likewise.
pub const FIND: &str = super::system_user_request::WRITE;

/// A system user.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SystemUser {
    /// Its id, which is that of its request.
    pub id: String,
    /// The vendor's system.
    pub system_id: Option<String>,
    /// Its owner.
    pub reportee_org_no: Option<String>,
    /// The reference. Altinn puts the owner's number where there was none.
    pub external_ref: Option<String>,
    /// `standard` or `agent`.
    pub user_type: Option<String>,
    /// What it is called.
    pub integration_title: Option<String>,
    /// When it was made, as Altinn writes it.
    pub created: Option<String>,
    /// It has been deleted, and is still shown.
    #[serde(default)]
    pub is_deleted: bool,
}

impl SystemUser {
    /// The reference, where there was one.
    pub fn external_ref(&self) -> Option<&str> {
        self.external_ref.as_deref().filter(|reference| Some(*reference) != self.reportee_org_no.as_deref())
    }
}

/// All system users of a system. Wants [`LIST`].
///
/// # Errors
/// Where Altinn refused, or nobody gave a usable answer; here and below.
pub async fn list(altinn: &Altinn<'_>, system_id: &str) -> Result<List<SystemUser>, CallError> {
    let list = altinn.address(&["systemuser", "vendor", "bysystem", system_id]);
    page::all(altinn, &list, "a system user", |user: &SystemUser| &user.id).await
}

/// A system user by what it was requested with. Wants [`FIND`].
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
