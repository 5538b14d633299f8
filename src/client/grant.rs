//! The JWT grant: a request for a token, signed with the key of a client.
//!
//! The time and the id are arguments, so the same grant always has the same bytes.
//! Sources: RFC 7523; Digdir, "JWT grant" and "System users".

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use jsonwebtoken::Header;
use reqwest::Url;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::key::SigningKey;
use super::org_number::OrgNumber;

/// The lifetime of a grant, in seconds. The value is Maskinporten's maximum, so that a grant from a slow clock is still
/// valid.
pub const LIFETIME: i64 = 120;
/// The `type` of an entry in `authorization_details` that describes a system user.
pub const SYSTEM_USER: &str = "urn:altinn:systemuser";

/// A grant that is not signed yet.
#[derive(Debug, Clone)]
pub struct Grant<'a> {
    /// Maskinporten's issuer, exactly as in its metadata.
    pub issuer: &'a Url,
    /// The client id of the client that sends the grant.
    pub client_id: &'a str,
    /// The token that the grant requests.
    pub request: &'a TokenRequest,
    /// The time of issue (`iat`).
    pub now: DateTime<Utc>,
    /// The id of the grant (`jti`). Maskinporten accepts each id once.
    pub jti: Uuid,
}

/// The token that a grant requests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TokenRequest {
    /// One scope, or several separated by single spaces.
    pub scope: String,
    /// The system user to act as; `None` for a plain Maskinporten token.
    pub system_user: Option<SystemUserRef>,
    /// The APIs that the token is restricted to; empty for a token that is not restricted.
    pub resource: Vec<String>,
}

/// The system user that a grant names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SystemUserRef {
    /// The organisation that owns the system user. For an agent system user this is the agent, never a client of it.
    pub owner: OrgNumber,
    /// The external reference that the system user was requested with, if any. Maskinporten refuses a grant with MP-302
    /// unless it has at most 255 characters of `a-z`, `A-Z`, `0-9`, `æøåÆØÅ`, `_` and `-`
    /// (github.com/Altinn/altinn-studio, app-lib).
    pub external_ref: Option<String>,
}

/// A signed grant: a JWT in compact form. It is a secret, because anyone can exchange it for a token until it is used
/// or expires.
#[derive(Debug)]
pub struct Assertion(pub SecretString);

impl Grant<'_> {
    /// Signs the grant, and returns it as a JWT in compact form (RFC 7515, section 3.1).
    ///
    /// # Panics
    /// If the algorithm of the key was changed to an algorithm other than RS256, RS384 or RS512.
    pub fn sign(&self, key: &SigningKey) -> Assertion {
        let x5c: Vec<String> = key.certificates.iter().map(|der| STANDARD.encode(der)).collect();
        let kid = x5c.is_empty().then(|| key.kid.clone());
        let header = Header { x5c: kid.is_none().then_some(x5c), kid, ..Header::new(key.algorithm) };
        let signed = format!("{}.{}", part(&header), part(&self.claims()));
        let signature = URL_SAFE_NO_PAD.encode(key.sign(&signed));
        Assertion(format!("{signed}.{signature}").into())
    }

    /// Builds the claims. Maskinporten refuses a grant with an undocumented claim.
    fn claims(&self) -> Value {
        let TokenRequest { scope, system_user, resource } = self.request;
        let now = self.now.timestamp();
        let mut claims = json!({
            "aud": self.issuer.as_str(),
            "scope": scope,
            "iss": self.client_id,
            "exp": now + LIFETIME,
            "iat": now,
            "jti": self.jti.to_string(),
        });
        if !resource.is_empty() {
            // An array even for a single API (Digdir, "Audience-restricted tokens").
            claims["resource"] = json!(resource);
        }
        if let Some(SystemUserRef { owner, external_ref }) = system_user {
            // RFC 9396. Maskinporten refuses an unknown field in this object with MP-302.
            let party = json!({ "authority": "iso6523-actorid-upis", "ID": owner.iso6523() });
            let mut details = json!({ "type": SYSTEM_USER, "systemuser_org": party });
            if let Some(external_ref) = external_ref {
                details["externalRef"] = json!(external_ref);
            }
            claims["authorization_details"] = json!([details]);
        }
        claims
    }
}

/// Encodes a part of a JWT: base64url of its JSON (RFC 7515, section 3.1).
fn part(json: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(json).expect("all keys of this JSON are texts"))
}
