//! Exchanges a token from Maskinporten for a token from Altinn.
//!
//! Source: github.com/Altinn/altinn-authentication, `src/Authentication/Controllers/AuthenticationController.cs`.

use axum::http::StatusCode;
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, Header};
use serde_json::{Map, Value};

use super::super::server::aspnet::text;
use super::super::server::bearer::bearer;
use super::super::store::state::{ISSUER_KID, State};
use super::caller::{consumer, issuer, living_claims};
use super::failure::Failure;
use super::{Answer, Call};

/// The lifetime of an exchanged token, even if the original token expires earlier.
const LIFETIME: TimeDelta = TimeDelta::minutes(30);

/// `GET exchange/{provider}`. Any fault in a token gives a 401 without a reason.
pub(super) fn exchange(call: &Call<'_>, provider: &str) -> Answer {
    let unauthorized = || Failure::Plain(StatusCode::UNAUTHORIZED);
    let token = bearer(call.headers).filter(|token| !token.is_empty()).ok_or_else(unauthorized)?;
    match provider.to_ascii_lowercase().as_str() {
        "maskinporten" => {}
        // The sandbox issues no tokens of these providers.
        "id-porten" | "altinnstudio" => return Err(unauthorized()),
        _ => {
            let message = format!(
                "Invalid token provider: {provider}. Trusted token providers are 'Maskinporten', 'Id-porten' and 'AltinnStudio'."
            );
            return Err(Failure::Text(StatusCode::BAD_REQUEST, message));
        }
    }
    let claims = living_claims(call.state, token).ok_or_else(unauthorized)?;
    let vendor = consumer(&claims).ok_or_else(unauthorized)?;
    if claims["iss"] != *call.state.issuer {
        return Err(unauthorized());
    }
    if call.headers.get("X-Altinn-EnterpriseUser-Authentication").is_some_and(|value| !value.is_empty()) {
        return Err(Failure::Gone);
    }
    let header = Header { kid: Some(ISSUER_KID.to_owned()), ..Header::new(Algorithm::RS256) };
    let exchanged = jsonwebtoken::encode(&header, &exchanged(call.state, &claims, vendor), &call.state.key);
    let exchanged = exchanged.expect("the sandbox's own key can sign");
    Ok(text::text(StatusCode::OK, call.headers, &exchanged))
}

/// The claims of the exchanged token: the given claims, except those that Altinn sets itself.
fn exchanged(state: &State, given: &Map<String, Value>, vendor: &str) -> Map<String, Value> {
    let now = state.now();
    let not_copied = ["aud", "client_amr", "iss", "sid", "nbf", "exp", "iat"];
    let mut claims: Map<String, Value> = given
        .iter()
        .filter(|(name, _)| !not_copied.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut claim = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    claim("urn:altinn:orgNumber", vendor.into());
    claim("urn:altinn:authenticatemethod", "maskinporten".into());
    claim("urn:altinn:authlevel", 3.into());
    claim("iss", issuer(state).into());
    claim("sid", state.session_id().into());
    claim("nbf", now.timestamp().into());
    claim("exp", (now + LIFETIME).timestamp().into());
    claim("iat", now.timestamp().into());
    claims
}
