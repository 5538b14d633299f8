//! Requests for system users: a vendor asks, and a customer answers on the approval page.
//!
//! Source: github.com/Altinn/altinn-authentication, `src/Authentication/Controllers/RequestSystemUserController.cs`.

use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::IntoResponse;
use chrono::SecondsFormat;
use serde_json::{Value, json};

use super::super::fixtures::Decision;
use super::super::server::aspnet::{guid, text};
use super::super::store::state::State;
use super::super::store::{Key, Kind, Request};
use super::caller::{REQUEST_READ, REQUEST_WRITE, authorised};
use super::failure::Failure;
use super::page::{Rows, page};
use super::request_check::{RequestBody, check};
use super::system_register::packages;
use super::{Answer, Call, body, problem};

/// The path of the page on which a customer answers a request.
pub(crate) fn confirm_url_path(kind: Kind) -> &'static str {
    match kind {
        Kind::Standard => "accessmanagement/ui/systemuser/request",
        Kind::Agent => "accessmanagement/ui/systemuser/agentrequest",
    }
}

/// `POST systemuser/request/vendor`, and `…/agent`. If the request already exists, the response is the existing
/// request, whatever its status.
pub(super) fn create(call: &Call<'_>, kind: Kind) -> Answer {
    let caller = authorised(call, &REQUEST_WRITE)?;
    let parameter = match kind {
        Kind::Standard => "createRequest",
        Kind::Agent => "createAgentRequest",
    };
    let body = RequestBody::read(body::read(call, parameter)?, parameter, kind)?;
    let vendor = caller.vendor_or(Failure::Problem(&problem::VENDOR_UNKNOWN))?;
    let mut store = call.state.store();
    let external_ref = body.external_ref.as_deref().unwrap_or(&body.owner);
    let key = Key { owner: &body.owner, external_ref, system: &body.system };
    if store.user_with_key(&key).is_some() {
        return Err(Failure::Problem(&problem::USER_EXISTS));
    }
    let is_own = store.system(&body.system).is_some_and(|system| system.vendor == vendor);
    let same = store.requests.iter().find(|request| request.key() == key);
    if let Some(same) = same.filter(|request| is_own && request.kind == kind) {
        return Ok(text::json(StatusCode::OK, &request_json(call.state, same, true)));
    }
    check(&store, &body, kind, vendor)?;
    if !store.has_room_for_request(call.body.len()) {
        return Err(Failure::full());
    }
    let id = store.new_id();
    let name = store.system(&body.system).and_then(|system| system.name_in("nb")).map(str::to_owned);
    let request = Request {
        id,
        kind,
        title: body.title.or(name),
        // An empty reference is looked up as an empty text, but stored as the owner's organisation number.
        external_ref: body.external_ref.filter(|text| !text.is_empty()).unwrap_or_else(|| body.owner.clone()),
        system: body.system,
        owner: body.owner,
        rights: body.rights.unwrap_or_default(),
        packages: body.packages.unwrap_or_default(),
        decision: Decision::New,
        redirect_url: body.redirect_url,
        created: call.state.now(),
        size: call.body.len(),
    };
    let body = request_json(call.state, &request, true);
    // As in the real server, this URL lacks `vendor/` and does not work.
    let location = format!("{}authentication/api/v1/systemuser/request/{}", call.state.issuer, request.id);
    let location = HeaderValue::try_from(location).expect("an address and an id are plain text");
    store.requests.push(request);
    Ok(([(LOCATION, location)], text::json(StatusCode::CREATED, &body)).into_response())
}

/// `GET systemuser/request/vendor/{id}`, and `…/agent/{id}`. A request of the other kind is not found.
pub(super) fn show(call: &Call<'_>, kind: Kind, id: &str) -> Answer {
    let caller = authorised(call, &REQUEST_READ)?;
    let id = guid("requestId", id)?;
    let vendor = caller.vendor_or(Failure::Plain(StatusCode::UNAUTHORIZED))?;
    find(call, vendor, |request| request.kind == kind && request.id == id)
}

/// `GET systemuser/request/vendor/byexternalref/{systemId}/{orgNo}/{externalRef}`, and `…/agent/…`
pub(super) fn by_external_ref(call: &Call<'_>, kind: Kind, system: &str, owner: &str, external_ref: &str) -> Answer {
    let caller = authorised(call, &REQUEST_READ)?;
    let vendor = caller.vendor_or(Failure::Plain(StatusCode::UNAUTHORIZED))?;
    let key = Key { owner, external_ref, system };
    find(call, vendor, |request| request.kind == kind && request.key() == key)
}

fn find(call: &Call<'_>, vendor: &str, which: impl Fn(&Request) -> bool) -> Answer {
    let store = call.state.store();
    let request = store.requests.iter().find(|request| which(request));
    let request = request.ok_or(Failure::Problem(&problem::REQUEST_NOT_FOUND))?;
    if store.system(&request.system).is_none_or(|system| system.vendor != vendor) {
        return Err(Failure::Problem(&problem::SYSTEM_NOT_FOUND));
    }
    Ok(text::json(StatusCode::OK, &request_json(call.state, request, true)))
}

/// `GET systemuser/request/vendor/bysystem/{systemId}`, and `…/agent/…`
pub(super) fn by_system(call: &Call<'_>, kind: Kind, system: &str) -> Answer {
    let caller = authorised(call, &REQUEST_READ)?;
    let vendor = caller.vendor_or(Failure::Plain(StatusCode::UNAUTHORIZED))?;
    let store = call.state.store();
    if store.system(system).is_none_or(|system| system.vendor != vendor) {
        return Err(Failure::Problem(&problem::SYSTEM_NOT_FOUND));
    }
    let requests = store.requests.iter().filter(|request| request.kind == kind && request.system == system);
    let rows = requests.map(|request| (request.id.as_str(), request_json(call.state, request, false))).collect();
    let path = match kind {
        Kind::Standard => "systemuser/request/vendor/bysystem",
        Kind::Agent => "systemuser/request/vendor/agent/bysystem",
    };
    page(call, path, system, Rows::Requests, rows)
}

/// `DELETE systemuser/request/vendor/{id}`. It checks neither the kind of the request nor which vendor owns it.
pub(super) fn delete(call: &Call<'_>, id: &str) -> Answer {
    let caller = authorised(call, &REQUEST_WRITE)?;
    let id = guid("requestId", id)?;
    caller.vendor_or(Failure::Plain(StatusCode::UNAUTHORIZED))?;
    let mut store = call.state.store();
    let at = store.requests.iter().position(|request| request.id == id);
    store.requests.remove(at.ok_or(Failure::Problem(&problem::REQUEST_NOT_FOUND))?);
    Ok(StatusCode::ACCEPTED.into_response())
}

/// Parses an id in a route into the form that the store uses.
pub(super) fn guid(name: &str, text: &str) -> Result<String, Failure> {
    guid::read(text).ok_or_else(|| Failure::not_valid(name, text))
}

fn request_json(state: &State, request: &Request, with_confirm_url: bool) -> Value {
    let mut json_object = json!({ "id": request.id });
    if let Some(title) = &request.title {
        json_object["integrationTitle"] = title.as_str().into();
    }
    json_object["externalRef"] = request.external_ref.as_str().into();
    json_object["systemId"] = request.system.as_str().into();
    json_object["partyOrgNo"] = request.owner.as_str().into();
    if request.kind == Kind::Standard {
        json_object["rights"] = json!(request.rights);
    }
    json_object["accessPackages"] = packages(&request.packages);
    json_object["status"] = status(request.decision).into();
    if let Some(url) = &request.redirect_url {
        json_object["redirectUrl"] = url.as_str().into();
    }
    if with_confirm_url {
        let page = confirm_url_path(request.kind);
        json_object["confirmUrl"] = format!("{}{page}?id={}&DONTCHOOSEREPORTEE=true", state.issuer, request.id).into();
    }
    json_object["escalated"] = false.into();
    json_object["created"] = request.created.to_rfc3339_opts(SecondsFormat::Micros, true).into();
    json_object["timedOut"] = request.timed_out(state.now()).into();
    json_object
}

pub(super) fn status(decision: Decision) -> &'static str {
    match decision {
        Decision::New => "New",
        Decision::Accepted => "Accepted",
        Decision::Rejected => "Rejected",
        Decision::Denied => "Denied",
    }
}
