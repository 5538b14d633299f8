//! Maskinporten: the token endpoint, the published keys, the metadata document, and the catalogue of scopes, which
//! belongs to Digdir's self-service API.
//!
//! Sources: Digdir's documentation of Maskinporten ("Token endpoint", "Self-service API"); RFC 6749, RFC 8414.
//!
//! The clients and their keys are in `fixtures`, and the used grants are in `store`.

mod grant;
mod jws;
mod refusal;
mod x5c;

use std::sync::Arc;

use axum::extract;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, Header};
use serde_json::{Map, Value, json};

pub(super) use self::grant::is_reference;
use self::grant::{Accepted, GRANT_TYPE};
use self::refusal::Refusal;
use super::fixtures::{SCOPES, scope};
use super::server::body::WholeBody;
use super::store::state::{ISSUER_KID, State, random};

/// The lifetime of a token in seconds, as observed for real system-user tokens, if its scopes have no other.
const TOKEN_LIFETIME: i64 = 120;

/// `POST /token`
pub(super) async fn token(
    extract::State(state): extract::State<Arc<State>>,
    headers: HeaderMap,
    WholeBody(body): WholeBody,
) -> Response {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let checked = match state.options.refusal {
        Some(forced) => Err(Refusal::new(forced.error, forced.code, forced.description)),
        None => grant::check(&state, content_type, &body),
    };
    match checked {
        Ok(accepted) => ([(CACHE_CONTROL, "no-store")], axum::Json(issue(&state, &accepted))).into_response(),
        Err(refusal) => refusal.into_response(&state.issuer, &state.trace_id()),
    }
}

/// `GET /jwk`
pub(super) async fn keys(extract::State(state): extract::State<Arc<State>>) -> Response {
    let (n, e) = state.public_key();
    let key = json!({ "kty": "RSA", "e": e, "use": "sig", "kid": ISSUER_KID, "alg": "RS256", "n": n });
    axum::Json(json!({ "keys": [key] })).into_response()
}

/// `GET /.well-known/oauth-authorization-server` (RFC 8414)
pub(super) async fn metadata(extract::State(state): extract::State<Arc<State>>) -> Response {
    let issuer = &state.issuer;
    axum::Json(json!({
        "issuer": issuer,
        "token_endpoint": format!("{issuer}token"),
        "jwks_uri": format!("{issuer}jwk"),
        "grant_types_supported": [GRANT_TYPE],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256", "RS384", "RS512"],
        "authorization_details_types_supported": ["urn:altinn:systemuser", "urn:altinn:consent"],
    }))
    .into_response()
}

/// `GET /api/v1/scopes/all`: the scopes that are not private. The real catalogue has more fields.
pub(super) async fn scopes() -> Response {
    let public = SCOPES.iter().filter(|scope| !scope.private).map(|scope| {
        let (prefix, subscope) = scope.name.split_once(':').unwrap_or(("", scope.name));
        json!({
            "name": scope.name,
            "prefix": prefix,
            "subscope": subscope,
            "description": scope.description,
            "description#en": scope.english,
            "active": scope.active,
            "allowed_integration_types": scope.client_types,
            "owner_orgno": scope.owner,
            "token_type": "SELF_CONTAINED",
            "visibility": "PUBLIC",
            "at_max_age": scope.lifetime,
            "accessible_for_all": scope.open_to_all,
        })
    });
    axum::Json(public.collect::<Vec<_>>()).into_response()
}

/// The lifetime of a token in seconds: the shortest of its scopes.
fn lifetime(scopes: &str) -> i64 {
    let lifetimes = scopes.split(' ').filter_map(|name| Some(scope(name)?.lifetime));
    lifetimes.min().unwrap_or(TOKEN_LIFETIME)
}

fn issue(state: &State, grant: &Accepted) -> Value {
    let header = Header { typ: None, kid: Some(ISSUER_KID.to_owned()), ..Header::new(Algorithm::RS256) };
    let token = jsonwebtoken::encode(&header, &token_claims(state, grant), &state.key);
    let token = token.expect("the sandbox's own key can sign");
    json!({ "access_token": token, "token_type": "Bearer", "expires_in": lifetime(&grant.scope), "scope": grant.scope })
}

/// The claims of a token, in the order of a real token.
fn token_claims(state: &State, grant: &Accepted) -> Map<String, Value> {
    let organisation = |number: &str| json!({ "authority": "iso6523-actorid-upis", "ID": format!("0192:{number}") });
    let Accepted { client, claims: grant_claims, scope, user } = grant;
    let now = state.now().timestamp();
    let mut claims = Map::new();
    let mut claim = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    if let Some(user) = user {
        let details = json!([{
            "type": "urn:altinn:systemuser",
            "systemuser_org": organisation(&user.owner),
            "systemuser_id": [user.id],
            "system_id": user.system,
        }]);
        claim("authorization_details", details);
    }
    claim("scope", scope.as_str().into());
    claim("iss", state.issuer.as_str().into());
    claim("client_amr", if client.uses_certificates { "virksomhetssertifikat" } else { "private_key_jwt" }.into());
    claim("token_type", "Bearer".into());
    claim("exp", (now + lifetime(scope)).into());
    claim("iat", now.into());
    claim("client_id", client.id.into());
    claim("jti", token_id().into());
    claim("consumer", organisation(client.vendor));
    for (requested, given) in [("resource", "aud"), ("pid", "pid")] {
        if let Some(value) = grant_claims.get(requested) {
            claim(given, value.clone());
        }
    }
    claims
}

/// 32 random bytes in base64url: 43 characters, as real tokens have.
fn token_id() -> String {
    URL_SAFE_NO_PAD.encode(random())
}
