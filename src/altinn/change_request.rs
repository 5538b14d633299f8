//! New change requests: a vendor asks a customer for a change to the rights of a system user. Existing change requests
//! are read in `system_user_request`.
//!
//! Source: github.com/Altinn/altinn-authentication,
//! `src/Authentication/Controllers/ChangeRequestSystemUserController.cs`.

use reqwest::Method;
use serde::Serialize;

use super::Altinn;
use super::rights::{AccessPackage, Right};
use super::system_user_request::{Created, Kind, address, created, names};
use crate::client::CallError;

/// A change to the rights of a standard system user. Other rights stay unchanged.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewChange<'a> {
    /// The rights to add, which the system must have.
    pub required_rights: Vec<Right>,
    /// The rights to remove.
    pub unwanted_rights: Vec<Right>,
    /// The access packages to add, which the system must have.
    pub required_access_packages: Vec<AccessPackage>,
    /// The access packages to remove.
    pub unwanted_access_packages: Vec<AccessPackage>,
    /// The URL to which the customer is redirected after the decision. Its query must be registered, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<&'a str>,
}

impl NewChange<'_> {
    /// The names of the rights and access packages to add, sorted.
    pub fn adds(&self) -> Vec<String> {
        names(&self.required_rights, &self.required_access_packages)
    }

    /// The names of the rights and access packages to remove, sorted.
    pub fn removes(&self) -> Vec<String> {
        names(&self.unwanted_rights, &self.unwanted_access_packages)
    }
}

/// Asks a customer for a change to a system user. The token needs the scope
/// [`WRITE`](super::system_user_request::WRITE). The correlation id becomes the id of the change request. It is a UUID
/// that no other change request has, and it differs from the id of the system user.
///
/// # Errors
/// Returns an error if Altinn refuses the call, or if there is no usable response.
pub async fn create(
    altinn: &Altinn<'_>,
    correlation_id: &str,
    system_user_id: &str,
    change: &NewChange<'_>,
) -> Result<Created, CallError> {
    let mut url = address(altinn, Kind::Change, &[]);
    let mut query = url.query_pairs_mut();
    query.append_pair("correlation-id", correlation_id).append_pair("system-user-id", system_user_id);
    drop(query);
    created(&altinn.send(Method::POST, &url, change).await?)
}
