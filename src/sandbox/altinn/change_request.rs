//! Change requests: a vendor asks for a change to a system user, and a customer answers on the approval page.
//!
//! Source: github.com/Altinn/altinn-authentication,
//! `src/Authentication/Controllers/ChangeRequestSystemUserController.cs` and
//! `src/Authentication/Services/ChangeRequestSystemUserService.cs`.

use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::fixtures::Decision;
use super::super::server::aspnet::text;
use super::super::store::state::State;
use super::super::store::{ChangeRequest, Key, Kind, Request, Right, Store, SystemUser};
use super::body::{List, Members};
use super::caller::{REQUEST_READ, REQUEST_WRITE, authorised};
use super::failure::Failure;
use super::page::{Rows, page};
use super::request::{guid, status};
use super::request_check::{check_packages, check_redirect, check_rights_of};
use super::system_register::packages;
use super::{Answer, Call, body, problem, redirect_url};

/// The path of the page on which a customer answers a change request.
pub(crate) const CHANGE_URL_PATH: &str = "accessmanagement/ui/systemuser/changerequest";

/// The name of the C# action's parameter.
const PARAMETER: &str = "createRequest";

/// The body of a vendor's change request.
struct Body {
    required_rights: Vec<Right>,
    unwanted_rights: Vec<Right>,
    required_packages: Vec<String>,
    unwanted_packages: Vec<String>,
    redirect_url: Option<String>,
}

impl Body {
    /// A list may be missing, but not null.
    fn read(call: &Call<'_>) -> Result<Self, Failure> {
        let members = Members::of(body::read(call, PARAMETER)?, "$", PARAMETER)?;
        let rights = |name| members.list(name, body::right).map(List::or_empty);
        let packages = |name| members.list(name, body::package).map(List::or_empty);
        let body = Self {
            required_rights: rights("requiredRights")?,
            unwanted_rights: rights("unwantedRights")?,
            required_packages: packages("requiredAccessPackages")?,
            unwanted_packages: packages("unwantedAccessPackages")?,
            redirect_url: members.text("redirectUrl")?,
        };
        members.not_null(&["RequiredRights", "UnwantedRights", "RequiredAccessPackages", "UnwantedAccessPackages"])?;
        Ok(body)
    }

    fn is_empty(&self) -> bool {
        let no_rights = self.required_rights.is_empty() && self.unwanted_rights.is_empty();
        no_rights && self.required_packages.is_empty() && self.unwanted_packages.is_empty()
    }
}

/// `POST systemuser/changerequest/vendor`. The vendor chooses the id. If it is known, the response is the existing change
/// request.
pub(super) fn create(call: &Call<'_>) -> Answer {
    let caller = authorised(call, &REQUEST_WRITE)?;
    let id_in = |name| call.parameter(name).map(|text| guid(name, text)).transpose();
    let (id, user) = (id_in("correlation-id")?, id_in("system-user-id")?);
    let body = Body::read(call)?;
    let refused = |message: &str| Failure::Text(StatusCode::BAD_REQUEST, message.to_owned());
    let id = id.filter(|id| *id != Uuid::nil().to_string()).ok_or_else(|| {
        refused("Missing or invalid correlation-id. Generate a unique UUID (RFC 4122) for this Change Request.")
    })?;
    let vendor = caller.vendor_or(Failure::Plain(StatusCode::UNAUTHORIZED))?;
    let mut store = call.state.store();
    let user = store.users.iter().find(|known| Some(&known.request.id) == user.as_ref());
    let user = user.ok_or(Failure::Problem(&problem::USER_NOT_FOUND))?;
    if user.request.id == id {
        return Err(refused("The correlation-id should not be the same as the system-user-id. Generate a unique id."));
    }
    if !is_own(&store, &user.request.system, vendor) {
        return Err(Failure::Plain(StatusCode::UNAUTHORIZED));
    }
    if body.is_empty() {
        let nothing = change_json(&new_change(call, id, user, body), "NoChangeNeeded", Some(""), true);
        return Ok(text::json(StatusCode::OK, &nothing));
    }
    if let Some(known) = store.change_request(&id).filter(|known| is_own(&store, &known.request.system, vendor)) {
        return Ok(found(call.state, known, true));
    }
    check(&store, &body, user, &id)?;
    if !store.has_room_for_change_request(call.body.len()) {
        return Err(Failure::full());
    }
    let change = new_change(call, id, user, body);
    let confirm_url = confirm_url(call.state, &change);
    let body = change_json(&change, status(change.request.decision), Some(&confirm_url), true);
    // As in the real server, this URL lacks `vendor/` and does not work.
    let location = format!("{}authentication/api/v1/systemuser/changerequest/{}", call.state.issuer, change.request.id);
    let location = HeaderValue::try_from(location).expect("an address and an id are plain text");
    store.change_requests.push(change);
    Ok(([(LOCATION, location)], text::json(StatusCode::CREATED, &body)).into_response())
}

/// Checks a new change request as Altinn does and in Altinn's order.
fn check(store: &Store, body: &Body, user: &SystemUser, id: &str) -> Result<(), Failure> {
    if user.request.kind == Kind::Agent {
        return Err(Failure::Problem(&problem::USER_NOT_FOUND));
    }
    match store.change_requests.iter().find(|known| known.request.id == id) {
        // The database still contains the deleted change request, and an id cannot be used twice.
        Some(known) if known.deleted => return Err(Failure::Empty(StatusCode::INTERNAL_SERVER_ERROR)),
        // The change request belongs to another vendor.
        Some(known) if known.request.decision == Decision::New => return Err(Failure::Problem(&problem::KEY_PENDING)),
        Some(_) => return Err(Failure::Problem(&problem::CHANGE_DECIDED)),
        None => {}
    }
    let system = store.system(&user.request.system).ok_or(Failure::Problem(&problem::SYSTEM_NOT_FOUND))?;
    let redirect_url = body.redirect_url.as_deref().filter(|url| !url.is_empty());
    if let Some(url) = redirect_url {
        check_redirect(url, system)?;
    }
    if !body.required_rights.is_empty() {
        check_rights_of(system, &body.required_rights)?;
    }
    check_packages(&body.required_packages, Kind::Standard, system)?;
    // Unlike for a request, the query is compared, too.
    let same = |allowed: &String| redirect_url::read(allowed) == redirect_url.and_then(redirect_url::read);
    match redirect_url.is_none() || system.redirect_urls.iter().any(same) {
        true => Ok(()),
        false => Err(Failure::Problem(&problem::REDIRECT_MISMATCH)),
    }
}

fn is_own(store: &Store, system: &str, vendor: &str) -> bool {
    store.system(system).is_some_and(|system| system.vendor == vendor)
}

fn new_change(call: &Call<'_>, id: String, user: &SystemUser, body: Body) -> ChangeRequest {
    ChangeRequest {
        request: Request {
            id,
            title: Some(user.title.clone()),
            rights: body.required_rights,
            packages: body.required_packages,
            decision: Decision::New,
            redirect_url: body.redirect_url,
            created: call.state.now(),
            size: call.body.len(),
            ..user.request.clone()
        },
        user: user.request.id.clone(),
        unwanted_rights: body.unwanted_rights,
        unwanted_packages: body.unwanted_packages,
        deleted: false,
    }
}

/// `GET systemuser/changerequest/vendor/{id}`
pub(super) fn show(call: &Call<'_>, id: &str) -> Answer {
    let caller = authorised(call, &REQUEST_READ)?;
    let id = guid("requestId", id)?;
    let vendor = caller.vendor_or(Failure::Plain(StatusCode::UNAUTHORIZED))?;
    find(call, vendor, true, |change| change.request.id == id)
}

/// `GET systemuser/changerequest/vendor/byexternalref/{systemId}/{orgNo}/{externalRef}`. A system user may have several
/// change requests: the response is one of them. Its lists of packages are always empty.
pub(super) fn by_external_ref(call: &Call<'_>, system: &str, owner: &str, external_ref: &str) -> Answer {
    let caller = authorised(call, &REQUEST_READ)?;
    let vendor = caller.vendor_or(Failure::Plain(StatusCode::UNAUTHORIZED))?;
    let key = Key { owner, external_ref, system };
    find(call, vendor, false, |change| change.request.key() == key)
}

fn find(call: &Call<'_>, vendor: &str, with_packages: bool, which: impl Fn(&ChangeRequest) -> bool) -> Answer {
    let store = call.state.store();
    let change = store.change_requests.iter().find(|change| !change.deleted && which(change));
    let change = change.ok_or(Failure::Problem(&problem::REQUEST_NOT_FOUND))?;
    match is_own(&store, &change.request.system, vendor) {
        true => Ok(found(call.state, change, with_packages)),
        false => Err(Failure::Problem(&problem::SYSTEM_NOT_FOUND)),
    }
}

/// `GET systemuser/changerequest/vendor/bysystem/{systemId}`
pub(super) fn by_system(call: &Call<'_>, system: &str) -> Answer {
    let caller = authorised(call, &REQUEST_READ)?;
    let vendor = caller.vendor_or(Failure::Plain(StatusCode::UNAUTHORIZED))?;
    let store = call.state.store();
    if !is_own(&store, system, vendor) {
        return Err(Failure::Problem(&problem::SYSTEM_NOT_FOUND));
    }
    let changes = store.change_requests.iter().filter(|change| !change.deleted && change.request.system == system);
    let row = |change: &ChangeRequest| change_json(change, status(change.request.decision), None, true);
    let rows = changes.map(|change| (change.request.id.as_str(), row(change))).collect();
    page(call, "systemuser/changerequest/vendor/bysystem", system, Rows::ChangeRequests, rows)
}

/// `DELETE systemuser/changerequest/vendor/{id}`. It does not check which vendor owns the change request.
pub(super) fn delete(call: &Call<'_>, id: &str) -> Answer {
    authorised(call, &REQUEST_WRITE)?;
    let id = guid("requestId", id)?;
    let mut store = call.state.store();
    let change = store.change_request_mut(&id).ok_or(Failure::Problem(&problem::REQUEST_NOT_FOUND))?;
    change.deleted = true;
    Ok(StatusCode::ACCEPTED.into_response())
}

fn found(state: &State, change: &ChangeRequest, with_packages: bool) -> Response {
    let confirm_url = confirm_url(state, change);
    let json = change_json(change, status(change.request.decision), Some(&confirm_url), with_packages);
    text::json(StatusCode::OK, &json)
}

fn confirm_url(state: &State, change: &ChangeRequest) -> String {
    format!("{}{CHANGE_URL_PATH}?id={}&DONTCHOOSEREPORTEE=true", state.issuer, change.request.id)
}

fn change_json(change: &ChangeRequest, status: &str, confirm_url: Option<&str>, with_packages: bool) -> Value {
    let ChangeRequest { request, unwanted_packages, .. } = change;
    let packages = |urns: &[String]| packages(if with_packages { urns } else { &[] });
    let mut json_object = json!({
        "id": request.id,
        "externalRef": request.external_ref,
        "systemId": request.system,
        "systemUserId": change.user,
        "partyOrgNo": request.owner,
        "requiredRights": request.rights,
        "unwantedRights": change.unwanted_rights,
        "requiredAccessPackages": packages(&request.packages),
        "unwantedAccessPackages": packages(unwanted_packages),
        "status": status,
    });
    if let Some(url) = &request.redirect_url {
        json_object["redirectUrl"] = url.as_str().into();
    }
    if let Some(url) = confirm_url {
        json_object["confirmUrl"] = url.into();
    }
    json_object
}
