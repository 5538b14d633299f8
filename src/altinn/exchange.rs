//! Exchanges a Maskinporten token for an Altinn token.
//!
//! Altinn Apps and Altinn's platform services require an Altinn token. The APIs in this folder also accept a
//! Maskinporten token.

use reqwest::{Method, Url};
use secrecy::zeroize::Zeroizing;

use super::decoded_jwt::DecodedJwt;
use crate::client::{AccessToken, CallError, Http, Reply, TransportError};

/// Exchanges a Maskinporten token, with or without a system user, for an Altinn token.
///
/// # Errors
/// Returns an error if Altinn refuses the token, or does not return a usable token.
pub async fn exchange(http: &Http, address: &Url, token: &AccessToken) -> Result<AccessToken, CallError> {
    let reply = http.call(Method::GET, address, &token.secret, None).await?.accepted()?;
    Ok(read(&reply, token.scope.clone())?)
}

/// Reads the Altinn token from a response. `scope` is the scope of the Maskinporten token.
///
/// # Errors
/// Returns an error if the response contains no token, or a token without a lifetime.
pub fn read(reply: &Reply, scope: Option<String>) -> Result<AccessToken, TransportError> {
    // A token of more than 64 KiB does not fit into an HTTP header that a server accepts.
    let body = Some(&reply.body[..]).filter(|body| body.len() <= 65_536).unwrap_or_default();
    let text = std::str::from_utf8(body).unwrap_or_default();
    // Altinn returns a JSON string to a client that accepts JSON, and plain text to others.
    let quoted = serde_json::from_str::<String>(text).map(Zeroizing::new);
    let altinns = quoted.as_ref().map_or(text.trim(), |text| text.trim());
    // The body may still be a token, so no error quotes it.
    let decoded = DecodedJwt::read(altinns).filter(|_| altinns.bytes().all(|byte| byte.is_ascii_graphic()));
    let begins = |decoded: &DecodedJwt| decoded.time("iat").or_else(|| decoded.time("nbf"));
    let lifetime = decoded.as_ref().and_then(|decoded| Some((decoded.time("exp")?, begins(decoded)?)));
    let lifetime = lifetime.and_then(|(ends, begins)| u64::try_from((ends - begins).num_seconds()).ok());
    let expires_in = lifetime.ok_or_else(|| reply.unusable("but not a token with a lifetime"))?;
    Ok(AccessToken { secret: altinns.into(), expires_in, scope, date: reply.date })
}

/// The URL of the token exchange. `platform` is the base URL of Altinn's platform, with its trailing slash.
///
/// # Panics
/// If `platform` cannot be a base URL, such as a `data:` URL.
pub fn address(platform: &Url) -> Url {
    platform.join("authentication/api/v1/exchange/maskinporten").expect("a relative path joins an http URL")
}
