//! Exchanges a Maskinporten token for an Altinn token.
//!
//! Altinn Apps and Altinn's platform services require an Altinn token. The APIs in this folder also accept a
//! Maskinporten token.

use reqwest::{Method, Url};
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use super::decoded_jwt::DecodedJwt;
use crate::client::{AccessToken, CallError, Http, Reply, TransportError};

/// A token from Altinn's exchange, which returns the token alone.
#[derive(Debug)]
pub struct AltinnToken {
    /// The token itself.
    pub secret: SecretString,
    /// The lifetime of the token from the moment when it was issued, in seconds. `None` for an opaque token, since only
    /// Altinn knows its lifetime.
    pub expires_in: Option<u64>,
}

/// The length of the shortest and of the longest token, in characters. The secret in a token has at least 128 bits (RFC
/// 6749, section 10.10), which are 22 characters in base64. A token of more than 64 KiB does not fit into an HTTP header
/// that a server accepts.
const LENGTHS: std::ops::RangeInclusive<usize> = 22..=65_536;

/// Exchanges a Maskinporten token, with or without a system user, for an Altinn token.
///
/// # Errors
/// Returns an error if Altinn refuses the token, or does not return a usable token.
pub async fn exchange(http: &Http, address: &Url, token: &AccessToken) -> Result<AltinnToken, CallError> {
    let reply = http.call(Method::GET, address, &token.secret, None).await?.accepted()?;
    Ok(read(&reply)?)
}

/// Reads the Altinn token from a response.
///
/// # Errors
/// Returns an error if the response contains no token, or a JWT without a lifetime.
pub fn read(reply: &Reply) -> Result<AltinnToken, TransportError> {
    // A longer body is no token, even with the quotes and the line break around it.
    let body = Some(&reply.body[..]).filter(|body| body.len() < 2 * LENGTHS.end()).unwrap_or_default();
    let text = std::str::from_utf8(body).unwrap_or_default();
    // Altinn returns a JSON string to a client that accepts JSON, and plain text to others.
    let quoted = serde_json::from_str::<String>(text).map(Zeroizing::new);
    let altinns = quoted.as_ref().map_or(text.trim(), |text| text.trim());
    // The body may still be a token, so no error quotes it.
    if !is_token(altinns) {
        return Err(reply.unusable("but not a token"));
    }
    let decoded = DecodedJwt::read(altinns);
    // A JWT begins with `{"` and a letter in base64. If it cannot be decoded, it was cut off or damaged.
    let is_jwt = decoded.is_some() || altinns.starts_with("eyJ");
    let expires_in = decoded.as_ref().and_then(lifetime);
    match is_jwt && expires_in.is_none() {
        true => Err(reply.unusable("but not a token with a lifetime")),
        false => Ok(AltinnToken { secret: altinns.into(), expires_in }),
    }
}

/// Whether a text is one run of the characters of a token (RFC 6750, section 2.1), of a plausible length.
fn is_token(text: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    let padding = text.bytes().rev().take_while(|byte| *byte == b'=').count();
    LENGTHS.contains(&text.len()) && padding <= 2 && text.bytes().rev().skip(padding).all(is_known)
}

/// The lifetime of a JWT in seconds.
fn lifetime(decoded: &DecodedJwt) -> Option<u64> {
    let begins = decoded.time("iat").or_else(|| decoded.time("nbf"))?;
    u64::try_from((decoded.time("exp")? - begins).num_seconds()).ok()
}

/// The URL of the token exchange. `platform` is the base URL of Altinn's platform, with its trailing slash.
///
/// # Panics
/// If `platform` cannot be a base URL, such as a `data:` URL.
pub fn address(platform: &Url) -> Url {
    platform.join("authentication/api/v1/exchange/maskinporten").expect("a relative path joins an http URL")
}
