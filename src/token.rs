//! The access token, and what a token says about itself.
//!
//! A token is opaque to the client that carries it (Digdir, "Token endpoint"). Reading it is a diagnosis, done
//! without verification, and a token that cannot be read is as good as any. [`verify`] is what an API does.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey};
use reqwest::Url;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An access token as Maskinporten issued it.
#[derive(Debug)]
pub struct AccessToken {
    /// The token itself.
    pub secret: SecretString,
    /// How long it lives from now, in seconds.
    pub expires_in: u64,
    /// The scopes that it carries, where Maskinporten said so.
    pub scope: Option<String>,
    /// When Maskinporten issued it, by its own clock.
    pub date: Option<DateTime<Utc>>,
}

/// What a signed JWT says: its header and its claims, unverified.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// The header, of which `alg` and `kid` say how it was signed.
    pub header: Map<String, Value>,
    /// The claims.
    pub claims: Map<String, Value>,
}

/// The system user that a token stands for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SystemUser {
    /// The system user's id.
    pub id: Option<String>,
    /// The organisation that owns it, as nine digits.
    pub org: Option<String>,
    /// The vendor's system that it belongs to.
    pub system_id: Option<String>,
}

impl Decoded {
    /// Reads a compact JWT; `None` for anything else.
    pub fn read(token: &str) -> Option<Self> {
        let parts: Vec<&str> = token.splitn(4, '.').collect();
        let [header, claims, _] = parts[..] else { return None };
        let object = |part: &str| {
            let json = URL_SAFE_NO_PAD.decode(part).ok()?;
            serde_json::from_slice::<Map<String, Value>>(&json).ok()
        };
        Some(Self { header: object(header)?, claims: object(claims)? })
    }

    /// A claim that is a time, in seconds since 1970 (RFC 7519, NumericDate).
    pub fn time(&self, claim: &str) -> Option<DateTime<Utc>> {
        let value = self.claims.get(claim)?;
        #[allow(clippy::cast_possible_truncation, reason = "fractions do not matter, and casts saturate")]
        let seconds = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))?;
        DateTime::from_timestamp(seconds, 0)
    }

    /// The organisation whose client it is, as nine digits.
    pub fn consumer(&self) -> Option<&str> {
        organisation(self.claims.get("consumer")?)
    }

    /// The organisation that the consumer has delegated a scope to, as nine digits.
    pub fn supplier(&self) -> Option<&str> {
        organisation(self.claims.get("supplier")?)
    }

    /// The system user that the claims name; `None` for a plain Maskinporten token.
    pub fn system_user(&self) -> Option<SystemUser> {
        let details = self.system_user_details().next()?;
        // A list in shape, one element in fact.
        let id = &details["systemuser_id"];
        let id = id.get(0).unwrap_or(id);
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Some(SystemUser {
            id: text(id),
            org: organisation(&details["systemuser_org"]).map(str::to_owned),
            system_id: text(&details["system_id"]),
        })
    }

    /// What the claims say of system users.
    pub fn system_user_details(&self) -> impl Iterator<Item = &Value> {
        let details = self.claims.get("authorization_details").and_then(Value::as_array);
        details.into_iter().flatten().filter(|details| details["type"] == SYSTEM_USER)
    }
}

/// The type of authorization details that name a system user.
pub const SYSTEM_USER: &str = "urn:altinn:systemuser";

/// The number of an organisation in a claim. Altinn's examples write `id`, tokens have `ID`.
fn organisation(party: &Value) -> Option<&str> {
    party.get("ID").or_else(|| party.get("id"))?.as_str().map(without_scheme)
}

/// An organisation number without the ISO 6523 scheme before it.
pub fn without_scheme(id: &str) -> &str {
    id.rsplit(':').next().unwrap_or(id)
}

/// The keys with which an issuer signs, as it publishes them (RFC 7517). What is no key that is known here is passed over.
#[derive(Debug, Clone, Deserialize)]
pub struct PublishedKeys {
    keys: Vec<Value>,
}

impl PublishedKeys {
    /// The keys for RSA signatures with this algorithm that go by this id. Nothing forbids two.
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

/// Whether an API may trust a token: signature, issuer and lifetime.
///
/// # Errors
/// Where one of them is wrong.
pub fn verify(token: &str, keys: &PublishedKeys, issuer: &Url, now: DateTime<Utc>) -> Result<(), TokenFault> {
    let decoded = Decoded::read(token).ok_or(TokenFault::NotAJwt)?;
    let algorithm = algorithm(&decoded)?;
    // RFC 7515 section 4.1.11: what must be understood, and is not.
    if decoded.header.contains_key("crit") {
        return Err(TokenFault::Critical);
    }
    let Some(kid) = decoded.header.get("kid").and_then(Value::as_str) else { return Err(TokenFault::NoKeyId) };
    let keys = keys.find(kid, &shown(decoded.header.get("alg")));
    let (signed, signature) = token.rsplit_once('.').ok_or(TokenFault::NotAJwt)?;
    let fits = |key: &DecodingKey| jsonwebtoken::crypto::verify(signature, signed.as_bytes(), key, algorithm);
    if keys.is_empty() {
        return Err(TokenFault::UnknownKey { kid: kid.to_owned() });
    } else if !keys.iter().any(|key| fits(key).unwrap_or(false)) {
        return Err(TokenFault::Signature);
    }
    let iss = decoded.claims.get("iss");
    if iss.and_then(Value::as_str) != Some(issuer.as_str()) {
        return Err(TokenFault::Issuer { got: shown(iss), expected: issuer.to_string() });
    }
    for claim in ["exp", "nbf", "iat"] {
        match (decoded.claims.contains_key(claim), decoded.time(claim)) {
            (_, Some(expires)) if claim == "exp" && expires <= now => {
                return Err(TokenFault::Expired { ago: now - expires });
            }
            (_, Some(begins)) if claim != "exp" && begins - now > CLOCK_TOLERANCE => {
                return Err(TokenFault::Early { until: begins - now });
            }
            (true, None) => return Err(TokenFault::NoTime { claim }),
            (false, _) if claim == "exp" => return Err(TokenFault::NoTime { claim }),
            _ => {}
        }
    }
    Ok(())
}

/// The algorithm of a token's signature, if it is one that can be trusted.
///
/// # Errors
/// For `none`, for the HMAC algorithms, for which a published key would be the secret, and for all that Maskinporten
/// does not use.
pub fn algorithm(decoded: &Decoded) -> Result<Algorithm, TokenFault> {
    let alg = decoded.header.get("alg");
    match alg.and_then(Value::as_str) {
        Some("RS256") => Ok(Algorithm::RS256),
        Some("RS384") => Ok(Algorithm::RS384),
        Some("RS512") => Ok(Algorithm::RS512),
        _ => Err(TokenFault::Algorithm { got: shown(alg) }),
    }
}

/// A value as a sentence tells it.
fn shown(value: Option<&Value>) -> String {
    value.map_or("nothing".to_owned(), |value| value.to_string().replace('"', ""))
}

/// How far clocks may differ, as Maskinporten has it.
pub const CLOCK_TOLERANCE: TimeDelta = TimeDelta::seconds(10);

/// Why a token is not to be trusted, as the end of a sentence about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the sentences say it")]
pub enum TokenFault {
    #[error("is no signed JWT")]
    NotAJwt,
    #[error("has a `crit` in its header, which is not understood here")]
    Critical,
    #[error("is signed with the algorithm `{got}`, and must be with RS256, RS384 or RS512")]
    Algorithm { got: String },
    #[error("names no key id in its header")]
    NoKeyId,
    #[error("is signed with the key `{kid}`, which is not among the published ones")]
    UnknownKey { kid: String },
    #[error("has a signature that its issuer did not make")]
    Signature,
    #[error("is issued by `{got}`, and not by `{expected}`")]
    Issuer { got: String, expected: String },
    #[error("has no `{claim}` that is a time")]
    NoTime { claim: &'static str },
    #[error("expired {} s ago", ago.num_seconds())]
    Expired { ago: TimeDelta },
    #[error("is not valid yet, for another {} s", until.num_seconds())]
    Early { until: TimeDelta },
}
