//! The reference APIs, as ASP.NET answers: `SystemUserInfo`, `Logistics/{org}`, `Salary/{org}`.
//!
//! Source: github.com/TheTechArch/altinn-systemuser, `src/SystemUserApi`. Like it, they check signature, issuer and
//! lifetime of a token, and neither scope nor audience.

use std::sync::Arc;

use axum::extract;
use axum::http::header::{ACCEPT, ALLOW, AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value, json};

use super::cast::{Resource, SYSTEM_USERS};
use super::state::State;

type Claims = Map<String, Value>;

/// Whatever is not Maskinporten's. ASP.NET's routes do not mind upper and lower case.
pub(super) async fn answer(
    extract::State(state): extract::State<Arc<State>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let path = uri.path().to_ascii_lowercase();
    let api: Vec<&str> = path.trim_matches('/').split('/').collect();
    let known = matches!(api[..], ["api", "systemuserinfo"] | ["api", "logistics" | "salary", _]);
    if !known {
        return StatusCode::NOT_FOUND.into_response();
    }
    if method != Method::GET {
        return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET")]).into_response();
    }
    let claims = match authenticate(&state, &headers) {
        Ok(claims) => claims,
        Err(challenge) => return (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, challenge)]).into_response(),
    };
    match api[..] {
        [_, "logistics", org] if may_read(&claims, Resource::Logistics, org) => json_body(&logistics(state.now())),
        [_, "salary", org] if may_read(&claims, Resource::Salary, org) => {
            json_body(&json!({ "salaryStatus": "Paid", "salaryAmount": 1337 }))
        }
        [_, _, _] => access_denied(&headers),
        _ => system_user_info(&claims),
    }
}

/// The claims of a valid token, or what to say in `WWW-Authenticate` (RFC 6750, section 3).
fn authenticate(state: &State, headers: &HeaderMap) -> Result<Claims, String> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some(token) = header.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("bearer ")).map(|_| &header[7..])
    else {
        return Err("Bearer".to_owned());
    };
    let invalid = |why: String| match why.as_str() {
        "" => "Bearer error=\"invalid_token\"".to_owned(),
        why => format!("Bearer error=\"invalid_token\", error_description=\"{why}\""),
    };
    let (n, e) = state.public_key();
    let key = DecodingKey::from_rsa_components(&n, &e).map_err(|_| invalid(String::new()))?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.leeway = 0;
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.set_required_spec_claims(&["exp", "iss"]);
    let claims = jsonwebtoken::decode::<Claims>(token.trim(), &key, &validation).map_err(|error| {
        invalid(match error.kind() {
            ErrorKind::InvalidSignature => "The signature key was not found".to_owned(),
            ErrorKind::InvalidAlgorithm => "The signature is invalid".to_owned(),
            _ => String::new(),
        })
    })?;
    let claims = claims.claims;
    if claims["iss"] != *state.issuer {
        return Err(invalid("The issuer is invalid".to_owned()));
    }
    // One clock decides in all of the sandbox; the library would ask the machine's.
    let expires = claims["exp"].as_i64().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    match expires {
        Some(expires) if expires > state.now() => Ok(claims),
        Some(expires) => Err(invalid(format!("The token expired at '{}'", expires.format("%m/%d/%Y %H:%M:%S")))),
        None => Err(invalid(String::new())),
    }
}

/// What Altinn's policy decision point answers.
fn may_read(claims: &Claims, resource: Resource, org: &str) -> bool {
    let Some(id) = system_user(claims).and_then(|details| details["systemuser_id"][0].as_str()) else { return false };
    SYSTEM_USERS.iter().any(|user| user.id == id && user.rights.contains(&(resource, org)))
}

fn system_user(claims: &Claims) -> Option<&Value> {
    claims.get("authorization_details")?.get(0)
}

/// A token without a system user gets an empty 204: the C# action returns null.
fn system_user_info(claims: &Claims) -> Response {
    let Some(details) = system_user(claims) else { return StatusCode::NO_CONTENT.into_response() };
    json_body(&json!({
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

fn json_body(value: &Value) -> Response {
    ([(CONTENT_TYPE, "application/json; charset=utf-8")], value.to_string()).into_response()
}

/// A C# string: quoted for whoever accepts JSON, bare for everybody else.
fn access_denied(headers: &HeaderMap) -> Response {
    let accepts = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (kind, text) = match accepts.contains("application/json") {
        true => ("application/json; charset=utf-8", "\"Access denied\""),
        false => ("text/plain; charset=utf-8", "Access denied"),
    };
    (StatusCode::FORBIDDEN, [(CONTENT_TYPE, kind)], text).into_response()
}
