//! The JWT grant: what a client asks Maskinporten for, signed with its key.
//!
//! Pure: the time and the grant's id are given, so the same grant gives the same bytes.
//! Sources: RFC 7523; Digdir, "JWT grant" and "System users".

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::Header;
use reqwest::Url;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::key::SigningKey;
use super::org_number::OrgNumber;
use super::token::SYSTEM_USER;

/// How long a grant lives, in seconds: the longest that Maskinporten allows. A long life forgives a slow clock.
pub const LIFETIME: i64 = 120;

/// A grant, before it is signed.
#[derive(Debug, Clone)]
pub struct Grant<'a> {
    /// Maskinporten's issuer, exactly as it calls itself.
    pub issuer: &'a Url,
    /// The client that asks.
    pub client_id: &'a str,
    /// One scope, or several with single spaces between.
    pub scope: &'a str,
    /// The system user to act as; `None` for a plain Maskinporten token.
    pub system_user: Option<SystemUserRef<'a>>,
    /// The APIs that the token is to be for, and no other; empty for a token without such a restriction.
    pub resource: &'a [String],
    /// When the grant is made.
    pub now: DateTime<Utc>,
    /// Its id. No two grants may share one: Maskinporten takes each grant once.
    pub jti: Uuid,
}

/// The system user that a grant names.
#[derive(Debug, Clone, Copy)]
pub struct SystemUserRef<'a> {
    /// The organisation that owns it: for an agent system user the agent, never a client of it.
    pub owner: OrgNumber,
    /// The reference that it was requested with, where it was.
    pub external_ref: Option<&'a str>,
}

/// A signed grant. Whoever holds it can have the token, once, within its life; so it is a secret.
#[derive(Debug)]
pub struct Assertion(pub SecretString);

impl Grant<'_> {
    /// Signs the grant.
    pub fn sign(&self, key: &SigningKey) -> Assertion {
        let header = Header { kid: Some(key.kid.clone()), ..Header::new(key.algorithm) };
        let signed = format!("{}.{}", part(&header), part(&self.claims()));
        let signature = URL_SAFE_NO_PAD.encode(key.sign(&signed));
        Assertion(format!("{signed}.{signature}").into())
    }

    /// Exactly the claims that Maskinporten accepts; it refuses a grant with any other.
    fn claims(&self) -> Value {
        let now = self.now.timestamp();
        let mut claims = json!({
            "aud": self.issuer.as_str(),
            "scope": self.scope,
            "iss": self.client_id,
            "exp": now + LIFETIME,
            "iat": now,
            "jti": self.jti.to_string(),
        });
        if !self.resource.is_empty() {
            // An array, also with one element (Digdir, "Audience-restricted tokens").
            claims["resource"] = self.resource.into();
        }
        if let Some(SystemUserRef { owner, external_ref }) = self.system_user {
            // RFC 9396. Maskinporten refuses an unknown field in here as MP-302.
            let party = json!({ "authority": "iso6523-actorid-upis", "ID": owner.iso6523() });
            let mut details = json!({ "type": SYSTEM_USER, "systemuser_org": party });
            if let Some(external_ref) = external_ref {
                details["externalRef"] = external_ref.into();
            }
            claims["authorization_details"] = json!([details]);
        }
        claims
    }
}

/// A part of a JWT as it is signed (RFC 7515, section 3.1).
fn part(json: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(json).expect("all keys of this JSON are texts"))
}
