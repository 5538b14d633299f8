//! The exchange: a token of Maskinporten's goes in, Altinn's own comes out.
//!
//! Altinn Apps and Altinn's platform services require it; the APIs in this folder accept Maskinporten's token, too.

use reqwest::{Method, Url};
use secrecy::zeroize::Zeroizing;

use crate::client::{AccessToken, CallError, DecodedJwt, Http, Reply, TransportError};

/// Exchanges Maskinporten's token for Altinn's, be it a plain one or a system user's.
///
/// # Errors
/// Where Altinn refused it, or did not answer with a token.
pub async fn exchange(http: &Http, address: &Url, token: &AccessToken) -> Result<AccessToken, CallError> {
    let reply = http.call(Method::GET, address, &token.secret, None).await?.accepted()?;
    Ok(read(&reply, token.scope.clone())?)
}

/// Reads the token out of an answer; `scope` is that of the token that was exchanged.
///
/// # Errors
/// Where there is none in it.
pub fn read(reply: &Reply, scope: Option<String>) -> Result<AccessToken, TransportError> {
    // No server takes more in a header.
    let body = Some(&reply.body[..]).filter(|body| body.len() <= 65_536).unwrap_or_default();
    let text = std::str::from_utf8(body).unwrap_or_default();
    // It is a JSON string for whoever accepts JSON, and bare for others.
    let quoted = serde_json::from_str::<String>(text).map(Zeroizing::new);
    let altinns = quoted.as_ref().map_or(text.trim(), |text| text.trim());
    // What came may be a token all the same, so it is not shown.
    let decoded = DecodedJwt::read(altinns).filter(|_| altinns.bytes().all(|byte| byte.is_ascii_graphic()));
    let begins = |decoded: &DecodedJwt| decoded.time("iat").or_else(|| decoded.time("nbf"));
    let lifetime = decoded.as_ref().and_then(|decoded| Some((decoded.time("exp")?, begins(decoded)?)));
    let lifetime = lifetime.and_then(|(ends, begins)| u64::try_from((ends - begins).num_seconds()).ok());
    let expires_in = lifetime.ok_or_else(|| reply.unusable("but not a token with a lifetime"))?;
    Ok(AccessToken { secret: altinns.into(), expires_in, scope, date: reply.date })
}

/// Where tokens are exchanged, below the address of Altinn's platform.
pub fn address(platform: &Url) -> Url {
    platform.join("authentication/api/v1/exchange/maskinporten").expect("a relative path joins an http address")
}
