//! Requests: a vendor asks a customer for a system user, or for a change to one, and the customer decides in Altinn.
//! Change requests are created in `change_request`.
//!
//! Source: github.com/Altinn/altinn-authentication, `src/Authentication/Controllers/RequestSystemUserController.cs` and
//! `ChangeRequestSystemUserController.cs`.

use reqwest::{Method, Url};
use serde::{Deserialize, Serialize, Serializer};

use super::page::{self, List};
use super::rights::{AccessPackage, Right};
use super::{Altinn, Item, read};
use crate::client::{CallError, OrgNumber, Reply};

/// The scope for creating and deleting requests.
pub const WRITE: &str = "altinn:authentication/systemuser.request.write";
/// The scope for reading requests.
pub const READ: &str = "altinn:authentication/systemuser.request.read";

/// The kind of a request. Altinn keeps the kinds apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// For a system user that acts for its owner.
    Standard,
    /// For a system user that acts for its owner's clients.
    Agent,
    /// For a change to a system user that acts for its owner.
    Change,
}

/// A new request for a system user. A request for an agent system user has packages only.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewRequest<'a> {
    /// The name of the system user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integration_title: Option<&'a str>,
    /// The external reference, which distinguishes the system users of an owner. The grant must repeat it. With `None`,
    /// the field is left out, because Altinn treats an empty reference differently.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_ref: Option<&'a str>,
    /// The id of the vendor's system.
    pub system_id: &'a str,
    /// The customer's organisation number.
    #[serde(serialize_with = "as_text")]
    pub party_org_no: OrgNumber,
    /// The requested rights, which the system must have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rights: Vec<Right>,
    /// The requested access packages, which the system must have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub access_packages: Vec<AccessPackage>,
    /// The URL to which the customer is redirected after the decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<&'a str>,
}

impl NewRequest<'_> {
    /// The names of the requested rights and access packages, sorted.
    pub fn asks_for(&self) -> Vec<String> {
        names(&self.rights, &self.access_packages)
    }
}

/// The names of rights and access packages, sorted.
pub(super) fn names(rights: &[Right], packages: &[AccessPackage]) -> Vec<String> {
    let packages = packages.iter().map(|package| package.urn.clone());
    let mut names: Vec<String> = rights.iter().map(Right::name).chain(packages).collect();
    names.sort();
    names
}

fn as_text<S: Serializer>(org: &OrgNumber, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(org)
}

/// An existing request.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The request's id, which is also the id of the system user that is created when the customer accepts. The id of a
    /// change request is the vendor's correlation id.
    pub id: String,
    /// The id of the vendor's system.
    pub system_id: Option<String>,
    /// The id of the system user to change. Only a change request has it, and the following four lists.
    pub system_user_id: Option<String>,
    /// The rights to add.
    #[serde(default)]
    pub required_rights: Vec<Right>,
    /// The rights to remove.
    #[serde(default)]
    pub unwanted_rights: Vec<Right>,
    /// The access packages to add.
    #[serde(default)]
    pub required_access_packages: Vec<AccessPackage>,
    /// The access packages to remove.
    #[serde(default)]
    pub unwanted_access_packages: Vec<AccessPackage>,
    /// The customer's organisation number.
    pub party_org_no: Option<String>,
    /// The external reference. Without a reference, Altinn returns the customer's number.
    pub external_ref: Option<String>,
    /// The requested rights.
    #[serde(default)]
    pub rights: Vec<Right>,
    /// The requested access packages.
    #[serde(default)]
    pub access_packages: Vec<AccessPackage>,
    /// The status, as Altinn spells it.
    pub status: String,
    /// Whether the request has timed out, because the customer did not decide for 180 days. Altinn does not change
    /// `status` then.
    #[serde(default)]
    pub timed_out: bool,
    /// The URL at which the customer decides. Lists do not contain it.
    pub confirm_url: Option<String>,
    /// The time of creation, in Altinn's format.
    pub created: Option<String>,
}

/// The state of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are Altinn's own")]
pub enum State {
    New,
    Accepted,
    Rejected,
    Denied,
    TimedOut,
    NoChangeNeeded,
}

impl State {
    /// All states of a stored request, starting with an open request.
    pub const ALL: [Self; 5] = [Self::New, Self::Accepted, Self::Rejected, Self::Denied, Self::TimedOut];

    /// The name of the state, as Altinn spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::Accepted => "Accepted",
            Self::Rejected => "Rejected",
            Self::Denied => "Denied",
            Self::TimedOut => "Timedout",
            Self::NoChangeNeeded => "NoChangeNeeded",
        }
    }
}

impl Request {
    /// The state of the request, or `None` for an unknown status.
    pub fn state(&self) -> Option<State> {
        let mut states = State::ALL.into_iter().chain([State::NoChangeNeeded]);
        let state = states.find(|state| state.name().eq_ignore_ascii_case(&self.status));
        match state {
            // Altinn does not change the status when a request times out.
            None | Some(State::New) if self.timed_out => Some(State::TimedOut),
            state => state,
        }
    }

    /// The names of the requested rights and access packages, sorted.
    pub fn asks_for(&self) -> Vec<String> {
        names(&self.rights, &self.access_packages)
    }

    /// The names of the rights and access packages to add, sorted.
    pub fn adds(&self) -> Vec<String> {
        names(&self.required_rights, &self.required_access_packages)
    }

    /// The names of the rights and access packages to remove, sorted.
    pub fn removes(&self) -> Vec<String> {
        names(&self.unwanted_rights, &self.unwanted_access_packages)
    }

    /// The name of the request's state, or an unknown status as Altinn returned it.
    pub fn status(&self) -> &str {
        match self.state() {
            Some(state) => state.name(),
            None => &self.status,
        }
    }

    /// The external reference that the request was created with, if any.
    pub fn external_ref(&self) -> Option<&str> {
        self.external_ref.as_deref().filter(|reference| Some(*reference) != self.party_org_no.as_deref())
    }
}

/// The result of creating a request.
#[derive(Debug)]
pub enum Created {
    /// Altinn created a new request.
    New(Item<Request>),
    /// A request for the same customer, reference and system already existed, in any state.
    Existing(Item<Request>),
}

/// Asks a customer for a system user of the standard or agent kind. The token needs the scope [`WRITE`].
///
/// # Errors
/// Returns an error if Altinn refuses the call, or if there is no usable response.
pub async fn create(altinn: &Altinn<'_>, kind: Kind, ask: &NewRequest<'_>) -> Result<Created, CallError> {
    created(&altinn.send(Method::POST, &address(altinn, kind, &[]), ask).await?)
}

/// Reads the response to a new request.
pub(super) fn created(reply: &Reply) -> Result<Created, CallError> {
    let request = read(reply, A_REQUEST)?;
    // The `Location` header is ignored, since Altinn returns a wrong URL in it.
    Ok(if reply.status == 201 { Created::New(request) } else { Created::Existing(request) })
}

/// Gets a request by its id. The token needs the scope [`READ`].
///
/// # Errors
/// Returns an error if Altinn refuses the call, or if there is no usable response.
pub async fn by_id(altinn: &Altinn<'_>, kind: Kind, id: &str) -> Result<Item<Request>, CallError> {
    read(&altinn.get(&address(altinn, kind, &[id])).await?, A_REQUEST)
}

/// Gets a request by its system, customer and external reference. The token needs the scope [`READ`]. A system user may
/// have several change requests: Altinn returns one of them, without its access packages.
///
/// # Errors
/// Returns an error if Altinn refuses the call, or if there is no usable response.
pub async fn by_external_ref(
    altinn: &Altinn<'_>,
    kind: Kind,
    system_id: &str,
    org: OrgNumber,
    external_ref: Option<&str>,
) -> Result<Item<Request>, CallError> {
    let org = org.to_string();
    let segments = ["byexternalref", system_id, &org, external_ref.unwrap_or(&org)];
    read(&altinn.get(&address(altinn, kind, &segments)).await?, A_REQUEST)
}

/// Gets all requests of a system. The token needs the scope [`READ`]. If there are several pages, Altinn leaves out the
/// first request of each page after the first page. It repeats the first page of change requests without end; the list
/// then has [`List::endless`].
///
/// # Errors
/// Returns an error if Altinn refuses the call, or if there is no usable response.
pub async fn list(altinn: &Altinn<'_>, kind: Kind, system_id: &str) -> Result<List<Request>, CallError> {
    let url = address(altinn, kind, &["bysystem", system_id]);
    let list = page::all(altinn, &url, A_REQUEST, |row| vec![row], |request: &Request| &request.id).await?;
    if kind == Kind::Change { Ok(list) } else { list.complete() }
}

/// Deletes a request. The token needs the scope [`WRITE`]. Altinn does not check who owns the request.
///
/// # Errors
/// Returns an error if Altinn refuses the call, or if there is no usable response.
pub async fn delete(altinn: &Altinn<'_>, kind: Kind, id: &str) -> Result<(), CallError> {
    // Agent requests have no URL of their own for this.
    let kind = if kind == Kind::Agent { Kind::Standard } else { kind };
    let reply = altinn.delete(&address(altinn, kind, &[id])).await?;
    // An HTML page, for example, does not confirm the deletion.
    if reply.body.is_empty() { Ok(()) } else { Err(reply.is_not("a confirmation").into()) }
}

/// The name of a request in errors.
const A_REQUEST: &str = "a request for a system user";

pub(super) fn address(altinn: &Altinn<'_>, kind: Kind, segments: &[&str]) -> Url {
    let path: &[&str] = match kind {
        Kind::Standard => &["request", "vendor"],
        Kind::Agent => &["request", "vendor", "agent"],
        Kind::Change => &["changerequest", "vendor"],
    };
    altinn.address(&[&["systemuser"], path, segments].concat())
}
