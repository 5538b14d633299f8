//! Requests: a vendor asks a customer for a system user, and the customer answers in Altinn.
//!
//! Source: github.com/Altinn/altinn-authentication, `src/Authentication/Controllers/RequestSystemUserController.cs`.

use reqwest::{Method, Url};
use serde::{Deserialize, Serialize, Serializer};

use super::page::{self, List};
use super::rights::{AccessPackage, Right};
use super::{Altinn, Item, read};
use crate::client::{CallError, OrgNumber};

/// The scope for asking and deleting.
pub const WRITE: &str = "altinn:authentication/systemuser.request.write";
/// The scope for following.
pub const READ: &str = "altinn:authentication/systemuser.request.read";

/// For whom a system user acts. Altinn keeps the requests for the two kinds apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// For its owner.
    Standard,
    /// For its owner's clients.
    Agent,
}

/// What a customer is asked for. An agent's request has packages only.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewRequest<'a> {
    /// What the system user is to be called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integration_title: Option<&'a str>,
    /// Tells the system users of one owner apart. The grant must repeat it. Left out where there is none: an empty one
    /// would be another than none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_ref: Option<&'a str>,
    /// The vendor's system.
    pub system_id: &'a str,
    /// The customer.
    #[serde(serialize_with = "as_text")]
    pub party_org_no: OrgNumber,
    /// Rights, out of those of the system.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rights: Vec<Right>,
    /// Access packages, out of those of the system.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub access_packages: Vec<AccessPackage>,
    /// Where the customer is sent after answering.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<&'a str>,
}

impl NewRequest<'_> {
    /// What it asks for, by name and in order.
    pub fn asks_for(&self) -> Vec<String> {
        names(&self.rights, &self.access_packages)
    }
}

fn names(rights: &[Right], packages: &[AccessPackage]) -> Vec<String> {
    let packages = packages.iter().map(|package| package.urn.clone());
    let mut names: Vec<String> = rights.iter().map(Right::name).chain(packages).collect();
    names.sort();
    names
}

fn as_text<S: Serializer>(org: &OrgNumber, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(org)
}

/// A request that was made.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Its id, and that of the system user that is made when it is accepted.
    pub id: String,
    /// The vendor's system.
    pub system_id: Option<String>,
    /// The customer.
    pub party_org_no: Option<String>,
    /// The reference. Altinn puts the customer's number where there was none.
    pub external_ref: Option<String>,
    /// The rights that it asks for.
    #[serde(default)]
    pub rights: Vec<Right>,
    /// The access packages that it asks for.
    #[serde(default)]
    pub access_packages: Vec<AccessPackage>,
    /// What Altinn says became of it.
    pub status: String,
    /// Nobody answered it for 180 days. The status does not say so.
    #[serde(default)]
    pub timed_out: bool,
    /// Where the customer answers it. Lists leave it out.
    pub confirm_url: Option<String>,
    /// When it was made, as Altinn writes it.
    pub created: Option<String>,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are Altinn's own")]
pub enum State {
    New,
    Accepted,
    Rejected,
    Denied,
    TimedOut,
}

impl State {
    /// All of them, a living one first.
    pub const ALL: [Self; 5] = [Self::New, Self::Accepted, Self::Rejected, Self::Denied, Self::TimedOut];

    /// The name, as Altinn spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::Accepted => "Accepted",
            Self::Rejected => "Rejected",
            Self::Denied => "Denied",
            Self::TimedOut => "Timedout",
        }
    }
}

impl Request {
    /// What became of it; `None` for a status that is not known here.
    pub fn state(&self) -> Option<State> {
        let state = State::ALL.into_iter().find(|state| state.name().eq_ignore_ascii_case(&self.status));
        match state {
            // A request that nobody answered keeps its status.
            None | Some(State::New) if self.timed_out => Some(State::TimedOut),
            state => state,
        }
    }

    /// What it asks for, by name and in order.
    pub fn asks_for(&self) -> Vec<String> {
        names(&self.rights, &self.access_packages)
    }

    /// Its status in a word.
    pub fn status(&self) -> &str {
        match self.state() {
            Some(state) => state.name(),
            None => &self.status,
        }
    }

    /// The reference, where there was one.
    pub fn external_ref(&self) -> Option<&str> {
        self.external_ref.as_deref().filter(|reference| Some(*reference) != self.party_org_no.as_deref())
    }
}

/// What became of asking.
#[derive(Debug)]
pub enum Created {
    /// A new request.
    New(Item<Request>),
    /// The request that was there already, for the same customer, reference and system, whatever became of it.
    Existing(Item<Request>),
}

/// Asks a customer for a system user. Wants [`WRITE`].
///
/// # Errors
/// Where Altinn refused, or nobody gave a usable answer; here and below.
pub async fn create(altinn: &Altinn<'_>, kind: Kind, ask: &NewRequest<'_>) -> Result<Created, CallError> {
    let reply = altinn.send(Method::POST, &address(altinn, kind, &[]), ask).await?;
    let request = read(&reply, A_REQUEST)?;
    // Where the request is, is said by `Location` too, and wrongly.
    Ok(if reply.status == 201 { Created::New(request) } else { Created::Existing(request) })
}

/// A request by its id. Wants [`READ`].
pub async fn by_id(altinn: &Altinn<'_>, kind: Kind, id: &str) -> Result<Item<Request>, CallError> {
    read(&altinn.get(&address(altinn, kind, &[id])).await?, A_REQUEST)
}

/// A request by what it was made with. Wants [`READ`].
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

/// All requests of a system. Wants [`READ`]. Where they come in several pages, Altinn loses the first of each page but
/// the first one.
pub async fn list(altinn: &Altinn<'_>, kind: Kind, system_id: &str) -> Result<List<Request>, CallError> {
    page::all(altinn, &address(altinn, kind, &["bysystem", system_id]), A_REQUEST, |request: &Request| &request.id)
        .await
}

/// Deletes a request, of either kind. Wants [`WRITE`]. Altinn does not ask whose it is.
pub async fn delete(altinn: &Altinn<'_>, id: &str) -> Result<(), CallError> {
    let reply = altinn.delete(&address(altinn, Kind::Standard, &[id])).await?;
    // A page for a browser says nothing about that.
    if reply.body.is_empty() { Ok(()) } else { Err(reply.is_not("a word of success").into()) }
}

/// What an answer is called that is none.
const A_REQUEST: &str = "a request for a system user";

fn address(altinn: &Altinn<'_>, kind: Kind, segments: &[&str]) -> Url {
    let agent: &[&str] = if kind == Kind::Agent { &["agent"] } else { &[] };
    altinn.address(&[&["systemuser", "request", "vendor"], agent, segments].concat())
}
