//! The parties for which a system user may act, as access management lists them.
//!
//! Source: github.com/Altinn/altinn-authorization-tmp, `AuthorizedPartiesController` and `AuthorizedPartiesServiceEf`.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::super::fixtures::{self, AUTHORIZED_PARTIES, ORGANISATIONS, Organisation};
use super::super::server::aspnet::{guid, text};
use super::super::store::Request;
use super::caller::system_user;
use super::failure::Failure;
use super::{Answer, Call};

/// The parts that a response includes.
struct Include {
    packages: bool,
    resources: bool,
    subunits: bool,
    /// The ids of these parties only, if there are any. A main unit is included with its subunit.
    parties: Vec<String>,
}

/// `GET enduser/authorizedparties`
pub(super) fn list(call: &Call<'_>) -> Answer {
    let user = system_user(call, AUTHORIZED_PARTIES)?;
    let include = Include {
        packages: flag(call, "includeAccessPackages")?,
        resources: flag(call, "includeResources")?,
        subunits: is_included(call, "includeSubParties")?,
        parties: party_filter(call)?,
    };
    // No system user has roles or instances, and no organisation has been deleted.
    flag(call, "includeRoles")?;
    flag(call, "includeInstances")?;
    is_included(call, "includePartiesViaKeyRoles")?;
    is_included(call, "includeInactiveParties")?;
    let unknown_type = || Failure::JsonText(StatusCode::UNAUTHORIZED, "Unknown user type".to_owned());
    let user = user.ok_or_else(unknown_type)?;
    let wanted: Vec<&str> = call.parameters("anyOfResourceIds").collect();
    let store = call.state.store();
    let parties = store.user(&user).map(|user| parties(user, &wanted, include)).unwrap_or_default();
    Ok(text::json(StatusCode::OK, &json!({ "links": { "next": null }, "data": parties })))
}

fn parties(user: &Request, wanted: &[&str], mut include: Include) -> Vec<Value> {
    let (mut packages, mut resources): (Vec<&str>, Vec<&str>) = (
        user.packages.iter().map(String::as_str).collect(),
        user.rights.iter().flat_map(|right| &right.resource).map(|attribute| attribute.value.as_str()).collect(),
    );
    if !wanted.is_empty() {
        // Only what gives access to a wanted resource is left, and is always included. Unknown resources are ignored.
        let wanted: Vec<_> = wanted
            .iter()
            .filter_map(|id| fixtures::resource(id.strip_prefix("urn:altinn:resource:").unwrap_or(id)))
            .collect();
        let opens = |urn: &str| fixtures::package(urn).map(|package| package.opens).unwrap_or_default();
        let includes = |urn: &str| wanted.iter().any(|it| it.opens.is_some_and(|api| opens(urn).contains(&api)));
        packages.retain(|urn| includes(urn));
        resources.retain(|id| wanted.iter().any(|it| it.id == *id));
        (include.packages, include.resources) = (true, true);
        if packages.is_empty() && resources.is_empty() {
            return Vec::new();
        }
    }
    let none = || Vec::new();
    let packages = if include.packages { packages } else { none() };
    let resources = if include.resources { resources } else { none() };
    let is_wanted = |unit: &Organisation| include.parties.is_empty() || include.parties.contains(&party_id(unit));
    let party = |unit: &Organisation, subunits: Vec<Value>| {
        json!({
            "partyUuid": party_id(unit),
            "name": unit.name,
            "organizationNumber": unit.number,
            "partyId": 50_000_000 + ORGANISATIONS.iter().take_while(|other| other.number != unit.number).count(),
            "type": "Organization",
            "unitType": if unit.main_unit.is_some() { "BEDR" } else { "AS" },
            "isDeleted": false,
            "onlyHierarchyElementWithNoAccess": false,
            "authorizedAccessPackages": packages,
            "authorizedResources": resources,
            "authorizedRoles": [],
            "authorizedInstances": [],
            "subunits": subunits,
        })
    };
    let units = user.parties().into_iter().filter_map(fixtures::organisation);
    let units = units.filter(|unit| is_wanted(unit) || fixtures::subunits(unit.number).any(is_wanted));
    let subunits = |unit: &Organisation| match include.subunits {
        true => fixtures::subunits(unit.number).map(|subunit| party(subunit, Vec::new())).collect(),
        false => Vec::new(),
    };
    units.map(|unit| party(unit, subunits(unit))).collect()
}

/// The party's id. It contains the organisation number, so that it is the same in each run.
fn party_id(organisation: &Organisation) -> String {
    format!("4a06214d-b261-4695-b33a-000{}", organisation.number)
}

/// A parameter that is `true` or `false`, which is the default.
fn flag(call: &Call<'_>, name: &str) -> Result<bool, Failure> {
    let value = call.parameter(name).unwrap_or("false");
    value.to_ascii_lowercase().parse().map_err(|_| Failure::not_valid(name, value))
}

/// A parameter that is `true`, `false` or `auto`, which is the default. For a system user, `auto` means `true`.
fn is_included(call: &Call<'_>, name: &str) -> Result<bool, Failure> {
    match call.parameter(name) {
        Some(value) if value.eq_ignore_ascii_case("auto") => Ok(true),
        Some(_) => flag(call, name),
        None => Ok(true),
    }
}

fn party_filter(call: &Call<'_>) -> Result<Vec<String>, Failure> {
    let name = "partyFilter";
    call.parameters(name).map(|id| guid::read(id).ok_or_else(|| Failure::not_valid(name, id))).collect()
}
