//! The access token, and what a token says about itself.
//!
//! A token is opaque to the client that carries it (Digdir, "Token endpoint"). Reading it is a diagnosis, done
//! without verification, and a token that cannot be decoded may still be valid.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::Serialize;
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
pub struct DecodedJwt {
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

impl DecodedJwt {
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
        // A fraction does not matter, and the cast saturates.
        let seconds = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))?;
        DateTime::from_timestamp(seconds, 0)
    }

    /// The organisation in a claim such as `consumer` or `supplier`, as nine digits.
    pub fn organisation(&self, claim: &str) -> Option<&str> {
        organisation(self.claims.get(claim)?)
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
