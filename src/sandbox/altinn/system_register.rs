//! The System Register: the names of a vendor's systems, and the rights that a system may request from a customer.
//!
//! Source: github.com/Altinn/altinn-authentication, `src/Authentication/Controllers/SystemRegisterController.cs`.

use std::sync::MutexGuard;

use axum::http::StatusCode;
use axum::response::Response;
use chrono::SecondsFormat;
use serde_json::{Map, Value, json};

use super::super::server::aspnet::text;
use super::super::store::{Change, Right, Store, System};
use super::body::{self, List, Members};
use super::caller::{Caller, REGISTER, authorised};
use super::failure::Failure;
use super::validation::{self, Fault};
use super::{Answer, Call, redirect_url};

/// A system as the vendor proposes it.
struct Proposal {
    id: String,
    /// The vendor's `ID`; empty if it is missing.
    vendor: String,
    name: Map<String, Value>,
    description: Map<String, Value>,
    /// `None` if the list is null in the body, which makes the real server fail.
    rights: Option<Vec<Right>>,
    packages: Vec<String>,
    clients: Vec<String>,
    redirect_urls: Vec<String>,
    visible: bool,
}

impl Proposal {
    fn read(call: &Call<'_>, parameter: &'static str) -> Result<Self, Failure> {
        let members = Members::of(body::read(call, parameter)?, "$", parameter)?;
        members.required(&["id", "vendor", "name", "description"])?;
        let vendor = members.object("vendor")?;
        let vendor = vendor.map(|vendor| vendor.text("ID")).transpose()?;
        let proposal = Self {
            id: members.text("id")?.unwrap_or_default(),
            vendor: vendor.flatten().unwrap_or_default(),
            name: members.texts("name")?.unwrap_or_default(),
            description: members.texts("description")?.unwrap_or_default(),
            rights: match members.list("rights", body::right)? {
                List::Absent => Some(Vec::new()),
                List::Null => None,
                List::Items(rights) => Some(rights),
            },
            packages: members.list("accessPackages", body::package)?.or_empty(),
            clients: members.list("clientId", body::text)?.or_empty(),
            redirect_urls: members.list("allowedRedirectUrls", body::text)?.or_empty(),
            visible: members.flag("isVisible", true)?,
        };
        members.not_null(&["Id", "Vendor", "Name", "Description", "ClientId", "AllowedRedirectUrls"])?;
        Ok(proposal)
    }

    /// The message of the database constraint that the system violates, if any. The database compares the names of
    /// languages exactly.
    ///
    /// Source: github.com/Altinn/altinn-authentication, `01-translated-text-domain.sql` and `02-uri-domain.sql` in
    /// `src/Persistance/Migration/v0.04-system-register-update`.
    fn violation(&self) -> Option<String> {
        let violates = |domain: &str, constraint: &str| {
            format!("23514: value for domain business_application.{domain} violates check constraint \"{constraint}\"")
        };
        let lacks =
            |language: &&str| [&self.name, &self.description].iter().any(|texts| !texts.contains_key(*language));
        let language = ["en", "nb", "nn"].into_iter().find(lacks);
        let language =
            language.map(|language| violates("translated_text", &format!("translated_text_contains_{language}")));
        let is_web = |url: &String| redirect_url::has_web_scheme(url);
        language.or_else(|| (!self.redirect_urls.iter().all(is_web)).then(|| violates("uri", "uri_scheme_check")))
    }
}

/// `GET systemregister/vendor`: the vendor's own systems, except deleted systems.
pub(super) fn list(call: &Call<'_>) -> Answer {
    let caller = authorised(call, &REGISTER)?;
    let vendor = caller.vendor_or(Failure::Empty(StatusCode::FORBIDDEN))?;
    let store = call.state.store();
    let own = store.systems.iter().filter(|system| system.vendor == vendor && !system.deleted);
    let rows: Vec<Value> = own
        .map(|system| {
            json!({
                "systemId": system.id,
                "systemVendorOrgNumber": system.vendor,
                "systemVendorOrgName": "",
                "name": system.name,
                "description": system.description,
                "rights": system.rights,
                "accessPackages": packages(&system.packages),
                "isVisible": system.visible,
            })
        })
        .collect();
    ok(&rows.into())
}

/// `POST systemregister/vendor`
pub(super) fn create(call: &Call<'_>) -> Answer {
    let caller = authorised(call, &REGISTER)?;
    let mut proposal = Proposal::read(call, "registerNewSystem")?;
    let failed = |message| Failure::JsonText(StatusCode::INTERNAL_SERVER_ERROR, message);
    let null = || failed("Object reference not set to an instance of an object.".to_owned());
    let vendor = proposal.vendor.strip_prefix("0192:").map(str::to_owned);
    let vendor = vendor.ok_or_else(|| Failure::Validation(vec![Fault::vendor()]))?;
    let rights = proposal.rights.take().ok_or_else(null)?;
    caller.must_act_for(&vendor)?;
    let mut store = call.state.store();
    let mut faults =
        validation::of_new_system(&store, &vendor, &proposal.id, &proposal.redirect_urls, &proposal.clients);
    faults.extend(validation::of_rights(&rights));
    faults.extend(validation::of_packages(&proposal.packages, proposal.visible));
    reject_any(faults)?;
    if let Some(message) = proposal.violation() {
        return Err(failed(message));
    }
    if !store.has_room_for_change(call.body.len()) {
        return Err(Failure::full());
    }
    let internal_id = store.new_id();
    let mut system = System {
        internal_id: internal_id.clone(),
        id: proposal.id,
        vendor,
        name: proposal.name,
        description: proposal.description,
        rights,
        packages: proposal.packages,
        clients: proposal.clients,
        visible: proposal.visible,
        redirect_urls: proposal.redirect_urls,
        deleted: false,
        changes: Vec::new(),
    };
    let data = system_json(&system);
    log_change(call, &caller, &mut system, "create", Some(data));
    store.systems.push(system);
    Ok(text::quoted(StatusCode::OK, &internal_id))
}

/// `GET systemregister/vendor/{systemId}`. It also returns deleted systems.
pub(super) fn show(call: &Call<'_>, id: &str) -> Answer {
    let caller = authorised(call, &REGISTER)?;
    let store = call.state.store();
    let system = store.system(id).ok_or(Failure::Plain(StatusCode::NOT_FOUND))?;
    caller.must_act_for(&system.vendor)?;
    ok(&system_json(system))
}

/// `PUT systemregister/vendor/{systemId}`. It replaces everything. Only the database checks the redirect URLs.
pub(super) fn replace(call: &Call<'_>, id: &str) -> Answer {
    let caller = authorised(call, &REGISTER)?;
    let mut proposal = Proposal::read(call, "proposedUpdateToSystem")?;
    let unknown = || Failure::Text(StatusCode::NOT_FOUND, format!("System with ID '{id}' not found."));
    let store = call.state.store();
    let system = store.system(id).ok_or_else(unknown)?;
    caller.must_act_for(&system.vendor)?;
    if proposal.vendor.strip_prefix("0192:") != Some(system.vendor.as_str()) {
        return Err(unknown());
    }
    if proposal.id != id {
        return Err(Failure::Validation(vec![Fault::id_and_path_differ()]));
    }
    must_exist(system)?;
    let rights = proposal.rights.take().ok_or(FAILED)?;
    let mut faults = validation::of_rights(&rights);
    faults.extend(validation::of_packages(&proposal.packages, proposal.visible));
    faults.extend(validation::of_clients(&store, id, &proposal.clients));
    reject_any(faults)?;
    if proposal.violation().is_some() {
        return Err(FAILED);
    }
    change(call, &caller, store, id, "update", |system| {
        system.name = proposal.name;
        system.description = proposal.description;
        system.rights = rights;
        system.packages = proposal.packages;
        system.clients = proposal.clients;
        system.redirect_urls = proposal.redirect_urls;
        system.visible = proposal.visible;
        Some(system_json(system))
    })
}

/// `PUT systemregister/vendor/{systemId}/rights`
pub(super) fn replace_rights(call: &Call<'_>, id: &str) -> Answer {
    let caller = authorised(call, &REGISTER)?;
    let parameter = "rights";
    let rights = body::items(&body::read(call, parameter)?, "$", parameter, body::right)?;
    let store = call.state.store();
    let system = store.system(id).ok_or(FAILED)?;
    caller.must_act_for(&system.vendor)?;
    must_exist(system)?;
    reject_any(validation::of_rights(&rights))?;
    change(call, &caller, store, id, "rightsupdate", |system| {
        system.rights = rights;
        Some(json!(system.rights))
    })
}

/// `PUT systemregister/vendor/{systemId}/accesspackages`
pub(super) fn replace_packages(call: &Call<'_>, id: &str) -> Answer {
    let caller = authorised(call, &REGISTER)?;
    let parameter = "accessPackages";
    let urns = body::items(&body::read(call, parameter)?, "$", parameter, body::package)?;
    let store = call.state.store();
    let system = store.system(id).ok_or(FAILED)?;
    caller.must_act_for(&system.vendor)?;
    must_exist(system)?;
    reject_any(validation::of_packages(&urns, system.visible))?;
    change(call, &caller, store, id, "accesspackageupdate", |system| {
        system.packages = urns;
        Some(packages(&system.packages))
    })
}

/// `DELETE systemregister/vendor/{systemId}`. The response is 400 unless the system had clients, which its deletion
/// removes from it. The system is deleted anyway.
///
/// Source: github.com/Altinn/altinn-authentication,
/// `src/Persistance/RepositoryImplementations/SystemRegisterRepository.cs`.
pub(super) fn delete(call: &Call<'_>, id: &str) -> Answer {
    let caller = authorised(call, &REGISTER)?;
    let store = call.state.store();
    let unknown = || Failure::Invalid(vec![("return".to_owned(), "System not found".to_owned())]);
    let system = store.system(id).ok_or_else(unknown)?;
    caller.must_act_for(&system.vendor)?;
    let had_clients = !system.deleted && !system.clients.is_empty();
    let deleted = change(call, &caller, store, id, "delete", |system| {
        system.deleted = true;
        None
    });
    if had_clients { deleted } else { deleted.and(Err(Failure::Plain(StatusCode::BAD_REQUEST))) }
}

/// `GET systemregister/vendor/{systemId}/changelog`
pub(super) fn changelog(call: &Call<'_>, id: &str) -> Answer {
    let caller = authorised(call, &REGISTER)?;
    let store = call.state.store();
    let unknown = || Failure::Text(StatusCode::NOT_FOUND, format!("System with ID {id} not found."));
    let system = store.system(id).ok_or_else(unknown)?;
    caller.must_act_for(&system.vendor)?;
    let changes = system.changes.iter().map(|change| {
        let mut row = json!({
            "systemInternalId": system.internal_id,
            "changedByOrgNumber": change.by,
            "changeType": change.kind,
        });
        if let Some(data) = &change.data {
            row["changedData"] = data.clone();
        }
        if let Some(client) = &change.client {
            row["clientId"] = client.as_str().into();
        }
        row["created"] = change.created.to_rfc3339_opts(SecondsFormat::Micros, true).into();
        row
    });
    ok(&changes.collect())
}

/// The response of the real server when it fails, for example on a null object or in the database.
const FAILED: Failure = Failure::Empty(StatusCode::INTERNAL_SERVER_ERROR);

fn must_exist(system: &System) -> Result<(), Failure> {
    let message = "Cannot update a system marked as deleted.";
    if system.deleted { Err(Failure::Text(StatusCode::BAD_REQUEST, message.to_owned())) } else { Ok(()) }
}

fn reject_any(faults: Vec<Fault>) -> Result<(), Failure> {
    if faults.is_empty() { Ok(()) } else { Err(Failure::Validation(faults)) }
}

/// Changes a system, and records the change in its change log.
fn change(
    call: &Call<'_>,
    caller: &Caller,
    mut store: MutexGuard<'_, Store>,
    id: &str,
    kind: &'static str,
    change: impl FnOnce(&mut System) -> Option<Value>,
) -> Answer {
    if !store.has_room_for_change(call.body.len()) {
        return Err(Failure::full());
    }
    let system = store.system_mut(id).ok_or(FAILED)?;
    let data = change(system);
    log_change(call, caller, system, kind, data);
    ok(&json!({ "succeeded": true }))
}

fn log_change(call: &Call<'_>, caller: &Caller, system: &mut System, kind: &'static str, data: Option<Value>) {
    let (by, client) = (system.vendor.clone(), caller.client.clone());
    system.changes.push(Change { by, client, kind, data, created: call.state.now(), size: call.body.len() });
}

fn system_json(system: &System) -> Value {
    json!({
        "id": system.id,
        "vendor": { "ID": format!("0192:{}", system.vendor) },
        "name": system.name,
        "description": system.description,
        "rights": system.rights,
        "accessPackages": packages(&system.packages),
        "isDeleted": system.deleted,
        "clientId": system.clients,
        "isVisible": system.visible,
        "allowedRedirectUrls": system.redirect_urls,
    })
}

pub(super) fn packages(urns: &[String]) -> Value {
    urns.iter().map(|urn| json!({ "urn": urn })).collect()
}

fn ok(value: &Value) -> Result<Response, Failure> {
    Ok(text::json(StatusCode::OK, value))
}
