//! The checks that an API makes before it trusts a token. They show why an API refuses a token.

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey};
use reqwest::Url;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::altinn::decoded_jwt::DecodedJwt;
use crate::cli::error::{CommandError, Exit};
use crate::client::{Reply, TransportError};

/// The JWK set that an issuer publishes (RFC 7517). Keys that are not for RSA signatures are ignored.
#[derive(Debug, Clone, Deserialize)]
pub struct PublishedKeys {
    keys: Vec<Value>,
}

impl PublishedKeys {
    /// The keys for RSA signatures with this algorithm and this key id. A JWK set may contain several keys with the
    /// same id.
    fn find(&self, kid: &str, algorithm: &str) -> Vec<DecodingKey> {
        let text = |key: &Value, member: &str| key[member].as_str().map(str::to_owned);
        let fits = |key: &&Value| {
            key["kty"] == "RSA"
                && key["kid"] == kid
                && text(key, "use").is_none_or(|purpose| purpose == "sig")
                && text(key, "alg").is_none_or(|alg| alg == algorithm)
        };
        let keys = self.keys.iter().filter(fits);
        keys.filter_map(|key| DecodingKey::from_rsa_components(&text(key, "n")?, &text(key, "e")?).ok()).collect()
    }
}

/// Parses a public JSON document. `what` is the name of the document in an error, without an article.
///
/// # Errors
/// Returns an error if the status is not 200, or if the body is not JSON of this type.
pub fn document<T: DeserializeOwned>(reply: &Reply, what: &str) -> Result<T, TransportError> {
    match reply.status {
        200 => reply.json_object().map_err(|_| reply.is_not(&format!("a {what}"))),
        _ => Err(reply.unusable(format!("without a {what}"))),
    }
}

/// Verifies the signature, the issuer and the lifetime of a token.
///
/// # Errors
/// Returns an error if an API must not trust the token.
pub fn verify(token: &str, keys: &PublishedKeys, issuer: &Url, now: DateTime<Utc>) -> Result<(), VerificationError> {
    let decoded = DecodedJwt::read(token).ok_or(VerificationError::NotAJwt)?;
    let algorithm = algorithm(&decoded)?;
    // RFC 7515, section 4.1.11: a token with a critical extension that the reader does not support is invalid.
    if decoded.header.contains_key("crit") {
        return Err(VerificationError::Critical);
    }
    let Some(kid) = decoded.header.get("kid").and_then(Value::as_str) else { return Err(VerificationError::NoKeyId) };
    let keys = keys.find(kid, &display(decoded.header.get("alg")));
    let (signed, signature) = token.rsplit_once('.').ok_or(VerificationError::NotAJwt)?;
    let fits = |key: &DecodingKey| jsonwebtoken::crypto::verify(signature, signed.as_bytes(), key, algorithm);
    if keys.is_empty() {
        return Err(VerificationError::UnknownKey { kid: kid.to_owned() });
    } else if !keys.iter().any(|key| fits(key).unwrap_or(false)) {
        return Err(VerificationError::Signature);
    }
    let iss = decoded.claims.get("iss");
    if iss.and_then(Value::as_str) != Some(issuer.as_str()) {
        return Err(VerificationError::Issuer { got: display(iss), expected: issuer.to_string() });
    }
    for claim in ["exp", "nbf", "iat"] {
        match (decoded.claims.contains_key(claim), decoded.time(claim)) {
            (_, Some(expires)) if claim == "exp" && expires <= now => {
                return Err(VerificationError::Expired { ago: now - expires });
            }
            (_, Some(begins)) if claim != "exp" && begins - now > CLOCK_TOLERANCE => {
                return Err(VerificationError::Early { until: begins - now });
            }
            (true, None) => return Err(VerificationError::NoTime { claim }),
            (false, _) if claim == "exp" => return Err(VerificationError::NoTime { claim }),
            _ => {}
        }
    }
    Ok(())
}

/// The signature algorithm of a token.
///
/// # Errors
/// Returns an error for every algorithm that Maskinporten does not use. These include `none`, and the HMAC algorithms,
/// for which a published key would be the secret.
pub fn algorithm(decoded: &DecodedJwt) -> Result<Algorithm, VerificationError> {
    let alg = decoded.header.get("alg");
    match alg.and_then(Value::as_str) {
        Some("RS256") => Ok(Algorithm::RS256),
        Some("RS384") => Ok(Algorithm::RS384),
        Some("RS512") => Ok(Algorithm::RS512),
        _ => Err(VerificationError::Algorithm { got: display(alg) }),
    }
}

fn display(value: Option<&Value>) -> String {
    value.map_or("nothing".to_owned(), |value| value.to_string().replace('"', ""))
}

/// The largest difference between clocks that Maskinporten accepts.
pub const CLOCK_TOLERANCE: TimeDelta = TimeDelta::seconds(10);

/// The reason not to trust a token. The message is the end of a sentence about the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages describe the variants")]
pub enum VerificationError {
    #[error("is not a signed JWT")]
    NotAJwt,
    #[error("has a `crit` header, which is not supported")]
    Critical,
    #[error("is signed with the algorithm `{got}`, but must be signed with RS256, RS384 or RS512")]
    Algorithm { got: String },
    #[error("has no key id in its header")]
    NoKeyId,
    #[error("is signed with the key `{kid}`, which is not a published key")]
    UnknownKey { kid: String },
    #[error("has a signature that does not match the issuer's keys")]
    Signature,
    #[error("is issued by `{got}`, not by `{expected}`")]
    Issuer { got: String, expected: String },
    #[error("has no valid time in `{claim}`")]
    NoTime { claim: &'static str },
    #[error("expired {} s ago", ago.num_seconds())]
    Expired { ago: TimeDelta },
    #[error("is not valid yet; it becomes valid in {} s", until.num_seconds())]
    Early { until: TimeDelta },
}

impl From<VerificationError> for CommandError {
    fn from(error: VerificationError) -> Self {
        Self::new(Exit::Maskinporten, format!("the token {error}"))
    }
}
