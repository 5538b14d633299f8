//! Checks a request for a system user as Altinn does and in Altinn's order. The response names the first fault.
//!
//! Source: github.com/Altinn/altinn-authentication, `RequestSystemUserService.cs` and `SystemUserService.cs` in
//! `src/Authentication/Services`.

use serde_json::Value;

use super::super::fixtures::{self, Decision, Package};
use super::super::store::{Key, Kind, Right, Store, System};
use super::body::{self, List, Members};
use super::failure::Failure;
use super::{problem, redirect_url};

/// The body of a vendor's request.
pub(super) struct RequestBody {
    pub(super) title: Option<String>,
    pub(super) external_ref: Option<String>,
    pub(super) system: String,
    pub(super) owner: String,
    /// `None` if the list is missing or null.
    pub(super) rights: Option<Vec<Right>>,
    pub(super) packages: Option<Vec<String>>,
    pub(super) redirect_url: Option<String>,
}

impl RequestBody {
    pub(super) fn read(body: Value, parameter: &'static str, kind: Kind) -> Result<Self, Failure> {
        let members = Members::of(body, "$", parameter)?;
        let body = Self {
            title: members.text("integrationTitle")?,
            external_ref: members.text("externalRef")?,
            system: members.text("systemId")?.unwrap_or_default(),
            owner: members.text("partyOrgNo")?.unwrap_or_default(),
            rights: match kind {
                Kind::Standard => unless_missing(members.list("rights", body::right)?),
                Kind::Agent => None,
            },
            packages: unless_missing(members.list("accessPackages", body::package)?),
            redirect_url: members.text("redirectUrl")?.filter(|url| !url.is_empty()),
        };
        let required = [
            ("SystemId", body.system.is_empty()),
            ("PartyOrgNo", body.owner.is_empty()),
            ("AccessPackages", kind == Kind::Agent && body.packages.is_none()),
        ];
        let missing: Vec<_> = required
            .into_iter()
            .filter(|(_, is_missing)| *is_missing)
            .map(|(name, _)| (name.to_owned(), format!("The {name} field is required.")))
            .collect();
        if missing.is_empty() { Ok(body) } else { Err(Failure::Invalid(missing)) }
    }
}

fn unless_missing<T>(list: List<T>) -> Option<Vec<T>> {
    match list {
        List::Absent | List::Null => None,
        List::Items(items) => Some(items),
    }
}

pub(super) fn check(store: &Store, body: &RequestBody, kind: Kind, vendor: &str) -> Result<(), Failure> {
    // Altinn does not check whether the system has been deleted.
    let system = store.system(&body.system).filter(|system| system.vendor == vendor);
    let system = system.ok_or(Failure::Problem(&problem::SYSTEM_NOT_FOUND))?;
    check_key(store, body)?;
    if fixtures::organisation(&body.owner).is_none() {
        return Err(Failure::Problem(&problem::CUSTOMER_UNKNOWN));
    }
    if let Some(url) = &body.redirect_url {
        check_redirect(url, system)?;
    }
    let packages = body.packages.as_deref().unwrap_or_default();
    match kind {
        Kind::Agent if packages.is_empty() => return Err(Failure::Problem(&problem::AGENT_WITHOUT_PACKAGE)),
        Kind::Agent => {}
        Kind::Standard => check_rights(body, packages, system)?,
    }
    check_packages(packages, kind, system)
}

/// Checks that the request's key is free. A key can belong to only one request, of either kind, and to one system user.
/// An empty reference counts as the owner's organisation number, because it would be stored as that number.
fn check_key(store: &Store, body: &RequestBody) -> Result<(), Failure> {
    let external_ref = body.external_ref.as_deref().filter(|text| !text.is_empty()).unwrap_or(&body.owner);
    let key = Key { owner: &body.owner, external_ref, system: &body.system };
    if store.user_with_key(&key).is_some() {
        return Err(Failure::Problem(&problem::NOT_STORED));
    }
    let Some(request) = store.requests.iter().find(|request| request.key() == key) else { return Ok(()) };
    Err(Failure::Problem(match request.decision {
        Decision::Accepted => &problem::KEY_ACCEPTED,
        Decision::New => &problem::KEY_PENDING,
        Decision::Denied => &problem::KEY_DENIED,
        Decision::Rejected => &problem::KEY_REJECTED,
    }))
}

/// Checks that the URL is one of the system's redirect URLs, apart from its query.
pub(super) fn check_redirect(url: &str, system: &System) -> Result<(), Failure> {
    if system.redirect_urls.is_empty() {
        return Err(Failure::Problem(&problem::NO_REDIRECT_URLS));
    }
    match system.redirect_urls.iter().any(|allowed| redirect_url::same_place(allowed, url)) {
        true => Ok(()),
        false => Err(Failure::Problem(&problem::REDIRECT_MISMATCH)),
    }
}

fn check_rights(body: &RequestBody, packages: &[String], system: &System) -> Result<(), Failure> {
    if body.rights.is_none() && body.packages.is_none() {
        return Err(Failure::Problem(&problem::RIGHT_NOT_FOUND));
    }
    let rights = body.rights.as_deref().unwrap_or_default();
    if rights.is_empty() && packages.is_empty() {
        return Err(Failure::Problem(&problem::NOTHING_ASKED_FOR));
    }
    check_rights_of(system, rights)
}

/// Checks that the system has these rights. The whole resource must match, with all its attributes. The action is not
/// compared.
pub(super) fn check_rights_of(system: &System, rights: &[Right]) -> Result<(), Failure> {
    let is_same = |one: &Right, other: &Right| {
        let (one, other) = (&one.resource, &other.resource);
        one.len() == other.len() && one.iter().all(|attribute| other.contains(attribute))
    };
    let on_system =
        |right: &Right| !right.resource.is_empty() && system.rights.iter().any(|registered| is_same(registered, right));
    match rights.len() <= system.rights.len() && rights.iter().all(on_system) {
        true => Ok(()),
        false => Err(Failure::Problem(&problem::RIGHT_NOT_FOUND)),
    }
}

pub(super) fn check_packages(packages: &[String], kind: Kind, system: &System) -> Result<(), Failure> {
    let listed = |unfit: &dyn Fn(&String) -> bool| -> Option<String> {
        let unfit: Vec<&str> = packages.iter().filter(|urn| unfit(urn)).map(String::as_str).collect();
        (!unfit.is_empty()).then(|| unfit.join(", "))
    };
    if let Some(list) = listed(&|urn| !system.packages.contains(urn)) {
        return Err(Failure::ProblemWith(&problem::PACKAGE_NOT_ON_SYSTEM, "NotFoundPackages", list));
    }
    let (fits, problem): (fn(&Package) -> bool, _) = match kind {
        Kind::Standard => (|package| package.assignable, &problem::PACKAGE_NOT_STANDARD),
        Kind::Agent => (|package| package.delegable, &problem::PACKAGE_NOT_FOR_CLIENTS),
    };
    match listed(&|urn| !fixtures::package(urn).is_some_and(fits)) {
        None => Ok(()),
        Some(list) => Err(Failure::ProblemWith(problem, "NotDelegablePackages", list)),
    }
}
