//! The reference APIs `SystemUserInfo`, `Logistics/{org}` and `Salary/{org}`, with the responses of ASP.NET; and the tax
//! administration's API for claims and payments.
//!
//! Source: github.com/TheTechArch/altinn-systemuser, `src/SystemUserApi`. Like the original, they check the signature,
//! issuer and lifetime of a token, but not its scope or audience.

mod krav_og_betalinger;

use axum::http::header::{ALLOW, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use jsonwebtoken::errors::ErrorKind;
use serde_json::{Map, Value, json};

use super::fixtures::Api;
use super::server::aspnet::text;
use super::server::bearer::bearer;
use super::store::state::State;

type Claims = Map<String, Value>;

/// Answers a request to a reference API; any other path gets 404. ASP.NET ignores the case of paths.
pub(super) fn answer(state: &State, method: &Method, uri: &Uri, headers: &HeaderMap) -> Response {
    let path = uri.path().to_ascii_lowercase();
    let api: Vec<&str> = path.trim_matches('/').split('/').collect();
    let krav_og_betalinger = krav_og_betalinger::matched(uri.path());
    let known = matches!(api[..], ["api", "systemuserinfo"] | ["api", "logistics" | "salary", _]);
    if !known && krav_og_betalinger.is_none() {
        return StatusCode::NOT_FOUND.into_response();
    }
    if *method != Method::GET {
        return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET")]).into_response();
    }
    if let Some(matched) = krav_og_betalinger {
        return krav_og_betalinger::answer(state, uri, headers, matched);
    }
    let claims = match authenticate(state, headers) {
        Ok(claims) => claims,
        Err(challenge) => return (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, challenge)]).into_response(),
    };
    // The real APIs ask Altinn's policy decision point.
    let may_read = |api, org: &str| user_of(&claims).is_some_and(|user| state.store().may_read(user, api, org));
    match api[..] {
        [_, "logistics", org] if may_read(Api::Logistics, org) => ok(&logistics(state.now())),
        [_, "salary", org] if may_read(Api::Salary, org) => {
            ok(&json!({ "salaryStatus": "Paid", "salaryAmount": 1337 }))
        }
        [_, _, _] => text::text(StatusCode::FORBIDDEN, headers, "Access denied"),
        _ => system_user_info(&claims),
    }
}

/// Returns the claims of a valid token, or the value of `WWW-Authenticate` (RFC 6750, section 3).
fn authenticate(state: &State, headers: &HeaderMap) -> Result<Claims, String> {
    let Some(token) = bearer(headers) else { return Err("Bearer".to_owned()) };
    let invalid = |why: String| match why.as_str() {
        "" => "Bearer error=\"invalid_token\"".to_owned(),
        why => format!("Bearer error=\"invalid_token\", error_description=\"{why}\""),
    };
    let claims = state.signed_claims(token).map_err(|error| {
        invalid(match error.kind() {
            ErrorKind::InvalidSignature => "The signature key was not found".to_owned(),
            ErrorKind::InvalidAlgorithm => "The signature is invalid".to_owned(),
            _ => String::new(),
        })
    })?;
    if claims["iss"] != *state.issuer {
        return Err(invalid("The issuer is invalid".to_owned()));
    }
    let expires = claims["exp"].as_i64().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    match expires {
        Some(expires) if expires > state.now() => Ok(claims),
        Some(expires) => Err(invalid(format!("The token expired at '{}'", expires.format("%m/%d/%Y %H:%M:%S")))),
        None => Err(invalid(String::new())),
    }
}

fn system_user(claims: &Claims) -> Option<&Value> {
    claims.get("authorization_details")?.get(0)
}

/// The id of the token's system user.
fn user_of(claims: &Claims) -> Option<&str> {
    system_user(claims)?["systemuser_id"][0].as_str()
}

/// A token without a system user gets an empty 204: the C# action returns null.
fn system_user_info(claims: &Claims) -> Response {
    let Some(details) = system_user(claims) else { return StatusCode::NO_CONTENT.into_response() };
    ok(&json!({
        "type": "urn:altinn:systemuser",
        "systemuser_org": { "authority": "iso6523-actorid-upis", "ID": details["systemuser_org"]["ID"] },
        "systemuser_id": details["systemuser_id"],
        "system_id": details["system_id"],
    }))
}

fn logistics(now: DateTime<Utc>) -> Value {
    json!({
        "status": "VeryWell",
        "shipmentStatus": "InTransit",
        "importStatus": "Vandaley",
        "exportStatus": "Backlog",
        "transitStatus": "InShipment",
        "createTime": now.format("%m/%d/%Y %H:%M:%S").to_string(),
    })
}

fn ok(value: &Value) -> Response {
    text::json(StatusCode::OK, value)
}
