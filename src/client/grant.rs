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
use uuid::Uuid;

use super::key::SigningKey;
use super::org_number::OrgNumber;

/// How long a grant lives, in seconds: the longest that Maskinporten allows. A long life forgives a slow clock.
pub const LIFETIME: i64 = 120;

/// A grant, before it is signed.
#[derive(Debug, Clone)]
pub struct Grant<'a> {
    /// Maskinporten's issuer, exactly as it calls itself.
    pub issuer: &'a Url,
    /// The client that asks.
    pub client_id: &'a str,
    /// What it asks for: one scope, or several with single spaces between.
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

/// Which system user is meant.
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
        let mut compact = format!("{}.{}", part(&header), part(&self.claims()));
        let signature = key.sign(&compact);
        // Exactly what is wanted, for what grows or shrinks leaves a copy behind.
        compact.reserve_exact(1 + (signature.len() * 4).div_ceil(3));
        compact.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut compact);
        Assertion(compact.into())
    }

    fn claims(&self) -> Claims<'_> {
        let now = self.now.timestamp();
        Claims {
            aud: self.issuer.as_str(),
            scope: self.scope,
            iss: self.client_id,
            exp: now + LIFETIME,
            iat: now,
            jti: self.jti.to_string(),
            resource: self.resource,
            authorization_details: self.system_user.map(|of| {
                [SystemUserDetails {
                    r#type: "urn:altinn:systemuser",
                    systemuser_org: Party { authority: "iso6523-actorid-upis", id: of.owner.iso6523() },
                    external_ref: of.external_ref,
                }]
            }),
        }
    }
}

/// A part of a JWT as it is signed (RFC 7515, section 3.1).
fn part(json: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(json).expect("what is signed has texts for keys"))
}

/// Exactly the claims that Maskinporten takes; it refuses a grant with any other.
#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    scope: &'a str,
    iss: &'a str,
    exp: i64,
    iat: i64,
    jti: String,
    /// An array, also where it has one element (Digdir, "Audience-restricted tokens").
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    resource: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_details: Option<[SystemUserDetails<'a>; 1]>,
}

/// RFC 9396's name for it; an unknown field in here is refused as MP-302.
#[derive(Serialize)]
struct SystemUserDetails<'a> {
    r#type: &'static str,
    systemuser_org: Party,
    #[serde(rename = "externalRef", skip_serializing_if = "Option::is_none")]
    external_ref: Option<&'a str>,
}

#[derive(Serialize)]
struct Party {
    authority: &'static str,
    #[serde(rename = "ID")]
    id: String,
}
