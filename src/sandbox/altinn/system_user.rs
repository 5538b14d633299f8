//! The system users of a vendor's systems.
//!
//! Source: github.com/Altinn/altinn-authentication, `src/Authentication/Controllers/SystemUserController.cs` and
//! `src/Core/Models/SystemUserExternalDTO.cs`.

use axum::http::StatusCode;
use chrono::SecondsFormat;
use serde_json::{Value, json};

use super::super::server::aspnet::text;
use super::super::store::{Key, Kind, Store, SystemUser};
use super::caller::{REGISTER, REQUEST_WRITE, authorised};
use super::failure::Failure;
use super::page::{Rows, page};
use super::{Answer, Call, problem};

/// `GET systemuser/vendor/bysystem/{systemId}`. It only reads, but requires the scope that permits writing to the
/// register.
pub(super) fn by_system(call: &Call<'_>, system: &str) -> Answer {
    let caller = authorised(call, &REGISTER)?;
    let vendor = caller.vendor_or(Failure::Plain(StatusCode::UNAUTHORIZED))?;
    let store = call.state.store();
    if store.system(system).is_none_or(|system| system.vendor != vendor) {
        return Err(Failure::Problem(&problem::SYSTEM_NOT_FOUND));
    }
    let users = store.users.iter().filter(|user| user.request.system == system);
    let rows = users.map(|user| (user.request.id.as_str(), user_json(&store, user))).collect();
    page(call, "systemuser/vendor/bysystem", system, Rows::SystemUsers, rows)
}

/// `GET systemuser/vendor/byquery`. It only reads, but requires the scope that permits writing requests.
pub(super) fn by_query(call: &Call<'_>) -> Answer {
    let caller = authorised(call, &REQUEST_WRITE)?;
    let vendor = caller.vendor_or(Failure::Plain(StatusCode::UNAUTHORIZED))?;
    let required = |name: &str| {
        let missing = || Failure::Invalid(vec![(name.to_owned(), format!("The {name} field is required."))]);
        call.parameter(name).ok_or_else(missing)
    };
    let (system, owner) = (required("system-id")?, required("orgno")?);
    let external_ref = call.parameter("external-ref").unwrap_or(owner);
    let store = call.state.store();
    let is_own = store.system(system).is_some_and(|system| system.vendor == vendor);
    let user = store.user_with_key(&Key { owner, external_ref, system }).filter(|_| is_own);
    let user = user.ok_or(Failure::Plain(StatusCode::NOT_FOUND))?;
    Ok(text::json(StatusCode::OK, &user_json(&store, user)))
}

fn user_json(store: &Store, user: &SystemUser) -> Value {
    let vendor = store.system(&user.request.system).map(|system| system.vendor.as_str()).unwrap_or_default();
    json!({
        "id": user.request.id,
        "integrationTitle": user.title,
        "systemId": user.request.system,
        // Altinn never sets the names of the product and the supplier.
        "productName": "",
        "reporteeOrgNo": user.request.owner,
        "created": user.created.to_rfc3339_opts(SecondsFormat::Micros, true),
        "isDeleted": false,
        "supplierName": "",
        "supplierOrgno": vendor,
        "externalRef": user.request.external_ref,
        "userType": match user.request.kind {
            Kind::Standard => "standard",
            Kind::Agent => "agent",
        },
    })
}
