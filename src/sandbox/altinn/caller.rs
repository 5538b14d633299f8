//! Identifies the caller, and checks what it may do.
//!
//! A token from Maskinporten and an exchanged token from Altinn give the same access. The policies require a scope and
//! nothing else. The `consumer` claim identifies the vendor.

use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta};
use serde_json::{Map, Value};

use super::super::server::bearer::bearer;
use super::super::store::state::State;
use super::Call;
use super::failure::Failure;

/// The largest difference between two clocks that is tolerated.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::seconds(10);

/// The scope that opens the systems of all vendors.
const ADMIN: &str = "altinn:authentication/systemregister.admin";
pub(super) const REGISTER: [&str; 2] = ["altinn:authentication/systemregister.write", ADMIN];
pub(super) const REQUEST_WRITE: [&str; 1] = ["altinn:authentication/systemuser.request.write"];
pub(super) const REQUEST_READ: [&str; 1] = ["altinn:authentication/systemuser.request.read"];

pub(super) struct Caller {
    /// The organisation number in `consumer`.
    vendor: Option<String>,
    pub(super) client: Option<String>,
    is_admin: bool,
}

impl Caller {
    /// The vendor. `failure` is the error for a token without a vendor, because the actions fail in different ways.
    pub(super) fn vendor_or(&self, failure: Failure) -> Result<&str, Failure> {
        self.vendor.as_deref().ok_or(failure)
    }

    /// Checks that the caller is this vendor, or may administer the systems of all vendors (`HasWriteAccess` in
    /// `src/Authentication/Helpers/AuthenticationHelper.cs`).
    pub(super) fn must_act_for(&self, vendor: &str) -> Result<(), Failure> {
        match self.is_admin || self.vendor.as_deref() == Some(vendor) {
            true => Ok(()),
            false => Err(Failure::Empty(StatusCode::FORBIDDEN)),
        }
    }
}

/// Returns the caller if its token has one of these scopes.
pub(super) fn authorised(call: &Call<'_>, scopes: &[&str]) -> Result<Caller, Failure> {
    let claims = claims(call, &[call.state.issuer.clone(), issuer(call.state)], scopes)?;
    let client = claims.get("client_id").and_then(Value::as_str).map(str::to_owned);
    Ok(Caller {
        vendor: consumer(&claims).map(str::to_owned),
        client,
        is_admin: scopes_of(&claims).any(|scope| scope == ADMIN),
    })
}

/// The id of the caller's system user, if its token has this scope; `None` for a token without a system user. Access
/// management accepts only Altinn's own tokens, so a token from Maskinporten must have been exchanged.
pub(super) fn system_user(call: &Call<'_>, scope: &str) -> Result<Option<String>, Failure> {
    let claims = claims(call, &[issuer(call.state)], &[scope])?;
    let id = claims.get("authorization_details").and_then(|details| details[0]["systemuser_id"][0].as_str());
    Ok(id.map(str::to_owned))
}

/// The claims of the caller's token, if it is from one of these issuers and has one of these scopes.
fn claims(call: &Call<'_>, issuers: &[String], scopes: &[&str]) -> Result<Map<String, Value>, Failure> {
    let claims = bearer(call.headers).and_then(|token| living_claims(call.state, token));
    let claims = claims.filter(|claims| issuers.iter().any(|issuer| claims["iss"] == **issuer));
    let claims = claims.ok_or(Failure::Empty(StatusCode::UNAUTHORIZED))?;
    let is_permitted = scopes_of(&claims).any(|scope| scopes.contains(&scope));
    match is_permitted {
        true => Ok(claims),
        false => Err(Failure::Empty(StatusCode::FORBIDDEN)),
    }
}

fn scopes_of(claims: &Map<String, Value>) -> impl Iterator<Item = &str> {
    claims.get("scope").and_then(Value::as_str).unwrap_or_default().split_whitespace()
}

/// The claims of a token that the sandbox has signed, and that has not expired.
pub(super) fn living_claims(state: &State, token: &str) -> Option<Map<String, Value>> {
    let claims = state.signed_claims(token).ok()?;
    let expires = DateTime::from_timestamp(claims.get("exp")?.as_i64()?, 0)?;
    // The tolerance is subtracted from the sandbox's own time, because an addition to the token's time could overflow.
    (expires > state.now() - CLOCK_TOLERANCE).then_some(claims)
}

/// The organisation that a token was issued to.
pub(super) fn consumer(claims: &Map<String, Value>) -> Option<&str> {
    let id = claims.get("consumer")?.get("ID")?.as_str()?;
    id.strip_prefix("0192:").filter(|number| !number.is_empty())
}

/// The issuer of Altinn's tokens.
pub(super) fn issuer(state: &State) -> String {
    format!("{}authentication/api/v1/openid/", state.issuer)
}
