//! Altinn's System Register, which contains the systems of a vendor.
//!
//! Source: github.com/Altinn/altinn-authentication, `src/Authentication/Controllers/SystemRegisterController.cs`.

use reqwest::{Method, Url};
use serde::{Deserialize, Deserializer};

use super::rights::{AccessPackage, Right};
use super::system::{System, Translations};
use super::{Altinn, Item, read, read_all};
use crate::client::{CallError, Reply, excerpt};

/// The scope that every call to the System Register needs.
pub const SCOPE: &str = "altinn:authentication/systemregister.write";

/// A system in the list of the vendor's systems.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SystemSummary {
    /// The system's id.
    pub system_id: String,
    /// The system's name in Bokmål, or in the first language listed.
    #[serde(default, deserialize_with = "display_name")]
    pub name: String,
    /// The rights that the system may request from customers.
    #[serde(default)]
    pub rights: Vec<Right>,
    /// The access packages that the system may request from customers.
    #[serde(default)]
    pub access_packages: Vec<AccessPackage>,
    /// Whether customers can find the system in Altinn without a request.
    #[serde(default)]
    pub is_visible: bool,
}

fn display_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let mut names = Translations::deserialize(deserializer)?;
    Ok(names.remove("nb").or_else(|| names.into_values().next()).unwrap_or_default())
}

/// An entry in the change log of a system.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The time of the change, in Altinn's format.
    pub created: Option<String>,
    /// `create`, `update`, `rightsupdate`, `accesspackageupdate`, `delete` or `unknown`.
    pub change_type: Option<String>,
    /// The number of the organisation that made the change.
    pub changed_by_org_number: Option<String>,
    /// The id of the client that made the change.
    pub client_id: Option<String>,
}

/// Gets the list of the vendor's systems.
///
/// # Errors
/// Returns an error if Altinn refuses the call, or if there is no usable response.
pub async fn list(altinn: &Altinn<'_>) -> Result<Vec<Item<SystemSummary>>, CallError> {
    let reply = altinn.get(&altinn.address(&["systemregister", "vendor"])).await?;
    read_all(&reply, "a list of systems")
}

/// Gets a system. Altinn still returns deleted systems.
///
/// # Errors
/// Returns an error if Altinn refuses the call, or if there is no usable response.
pub async fn show(altinn: &Altinn<'_>, system_id: &str) -> Result<Item<System>, CallError> {
    let reply = altinn.get(&address(altinn, system_id)).await?;
    read(&reply, "a system")
}

/// Registers a new system, and returns Altinn's internal id for it.
///
/// # Errors
/// Returns an error if Altinn refuses the call, or if there is no usable response.
pub async fn register(altinn: &Altinn<'_>, system: &System) -> Result<String, CallError> {
    let reply = altinn.send(Method::POST, &altinn.address(&["systemregister", "vendor"]), system).await?;
    let id = reply.json::<String>().ok();
    id.as_deref().and_then(excerpt).ok_or_else(|| reply.is_not("the id of a system").into())
}

/// Replaces the whole registration of a system.
///
/// # Errors
/// Returns an error if Altinn refuses the call, or if there is no usable response.
pub async fn update(altinn: &Altinn<'_>, system: &System) -> Result<(), CallError> {
    succeeded(&altinn.send(Method::PUT, &address(altinn, &system.id), system).await?)
}

/// Deletes a system. The id cannot be reused.
///
/// # Errors
/// Returns an error if Altinn refuses the call, or if there is no usable response.
pub async fn delete(altinn: &Altinn<'_>, system_id: &str) -> Result<(), CallError> {
    succeeded(&altinn.delete(&address(altinn, system_id)).await?)
}

/// Gets the change log of a system.
///
/// # Errors
/// Returns an error if Altinn refuses the call, or if there is no usable response.
pub async fn log(altinn: &Altinn<'_>, system_id: &str) -> Result<Vec<Item<Change>>, CallError> {
    let reply = altinn.get(&altinn.address(&["systemregister", "vendor", system_id, "changelog"])).await?;
    read_all(&reply, "a list of changes")
}

/// The response to a change, with the only field that is read.
#[derive(Deserialize)]
struct Succeeded {
    succeeded: Option<bool>,
}

/// Checks that a change was made. An HTML page, for example, does not confirm it.
fn succeeded(reply: &Reply) -> Result<(), CallError> {
    match reply.json_object() {
        Ok(Succeeded { succeeded: None | Some(true) }) => Ok(()),
        _ => Err(reply.is_not("a confirmation").into()),
    }
}

fn address(altinn: &Altinn<'_>, system_id: &str) -> Url {
    altinn.address(&["systemregister", "vendor", system_id])
}
