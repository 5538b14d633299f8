//! The access token, and what a token says about itself.
//!
//! A token is opaque to the client that carries it (Digdir, "Token endpoint"). Reading it is a diagnosis, done
//! without verification, and a token that cannot be read is as good as any.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::{Map, Value};

/// An access token as Maskinporten issued it.
#[derive(Debug)]
pub struct AccessToken {
    /// The token itself.
    pub secret: SecretString,
    /// How it is presented; always `Bearer`.
    pub token_type: String,
    /// How long it lives from now, in seconds.
    pub expires_in: u64,
    /// The scopes that it carries, where Maskinporten said so.
    pub scope: Option<String>,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
        let mut parts = token.split('.');
        let (header, claims) = (parts.next()?, parts.next()?);
        parts.next()?;
        let object = |part: &str| {
            let json = URL_SAFE_NO_PAD.decode(part).ok()?;
            serde_json::from_slice::<Map<String, Value>>(&json).ok()
        };
        if parts.next().is_some() {
            return None;
        }
        Some(Self { header: object(header)?, claims: object(claims)? })
    }

    /// The system user that the claims name; `None` for a plain Maskinporten token.
    pub fn system_user(&self) -> Option<SystemUser> {
        let details = self.claims.get("authorization_details")?.as_array()?;
        let details = details.iter().find(|entry| entry["type"] == "urn:altinn:systemuser")?;
        // A list in shape, one element in fact. Altinn's examples write `id`, tokens have `ID`.
        let id = &details["systemuser_id"];
        let id = id.get(0).unwrap_or(id);
        let party = &details["systemuser_org"];
        let org = party.get("ID").or_else(|| party.get("id"));
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Some(SystemUser {
            id: text(id),
            org: org.and_then(Value::as_str).map(without_scheme).map(str::to_owned),
            system_id: text(&details["system_id"]),
        })
    }
}

/// An organisation number without the ISO 6523 scheme before it.
pub fn without_scheme(id: &str) -> &str {
    id.rsplit(':').next().unwrap_or(id)
}
