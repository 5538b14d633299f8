//! The System Register, in which a vendor's systems are.
//!
//! Source: github.com/Altinn/altinn-authentication, `src/Authentication/Controllers/SystemRegisterController.cs`.

use reqwest::{Method, Url};
use serde::{Deserialize, Deserializer};

use super::rights::{AccessPackage, Right};
use super::system::{System, Translations};
use super::{Altinn, Item, read, read_all};
use crate::client::{CallError, Reply, excerpt};

/// The scope that all of it wants.
pub const SCOPE: &str = "altinn:authentication/systemregister.write";

/// A system in the list.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SystemSummary {
    /// Its id.
    pub system_id: String,
    /// Its name in bokmål, or in the first language listed.
    #[serde(default, deserialize_with = "display_name")]
    pub name: String,
    /// The rights that it may ask for.
    #[serde(default)]
    pub rights: Vec<Right>,
    /// The access packages that it may ask for.
    #[serde(default)]
    pub access_packages: Vec<AccessPackage>,
    /// Whether customers find it by themselves.
    #[serde(default)]
    pub is_visible: bool,
}

fn display_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let mut names = Translations::deserialize(deserializer)?;
    Ok(names.remove("nb").or_else(|| names.into_values().next()).unwrap_or_default())
}

/// An entry of a system's log.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// When, as Altinn writes it.
    pub created: Option<String>,
    /// `create`, `update`, `rightsupdate`, `accesspackageupdate`, `delete` or `unknown`.
    pub change_type: Option<String>,
    /// Which organisation did it.
    pub changed_by_org_number: Option<String>,
    /// With which client.
    pub client_id: Option<String>,
}

/// The vendor's systems.
///
/// # Errors
/// Where Altinn refused, or nobody gave a usable answer; here and below.
pub async fn list(altinn: &Altinn<'_>) -> Result<Vec<Item<SystemSummary>>, CallError> {
    let reply = altinn.get(&altinn.address(&["systemregister", "vendor"])).await?;
    read_all(&reply, "a list of systems")
}

/// A system. One that was deleted is still shown.
pub async fn show(altinn: &Altinn<'_>, system_id: &str) -> Result<Item<System>, CallError> {
    let reply = altinn.get(&address(altinn, system_id)).await?;
    read(&reply, "a system")
}

/// Registers a new system; answers with Altinn's own id for it.
pub async fn register(altinn: &Altinn<'_>, system: &System) -> Result<String, CallError> {
    let reply = altinn.send(Method::POST, &altinn.address(&["systemregister", "vendor"]), system).await?;
    let id = reply.json::<String>().ok();
    id.as_deref().and_then(excerpt).ok_or_else(|| reply.is_not("the id of a system").into())
}

/// Replaces all that is registered of a system.
pub async fn update(altinn: &Altinn<'_>, system: &System) -> Result<(), CallError> {
    succeeded(&altinn.send(Method::PUT, &address(altinn, &system.id), system).await?)
}

/// Deletes a system. Its id stays taken.
pub async fn delete(altinn: &Altinn<'_>, system_id: &str) -> Result<(), CallError> {
    succeeded(&altinn.delete(&address(altinn, system_id)).await?)
}

/// Who changed it, and when.
pub async fn log(altinn: &Altinn<'_>, system_id: &str) -> Result<Vec<Item<Change>>, CallError> {
    let reply = altinn.get(&altinn.address(&["systemregister", "vendor", system_id, "changelog"])).await?;
    read_all(&reply, "a list of changes")
}

/// What answers a change, as far as it must be there.
#[derive(Deserialize)]
struct Succeeded {
    succeeded: Option<bool>,
}

/// Whether a change was made. A page for a browser says nothing about that.
fn succeeded(reply: &Reply) -> Result<(), CallError> {
    match reply.json_object() {
        Ok(Succeeded { succeeded: None | Some(true) }) => Ok(()),
        _ => Err(reply.is_not("a word of success").into()),
    }
}

fn address(altinn: &Altinn<'_>, system_id: &str) -> Url {
    altinn.address(&["systemregister", "vendor", system_id])
}
