//! The header and the claims of a JWT, to print or to diagnose them.
//!
//! A client treats a token as opaque (Digdir, "Token endpoint"): decoding does not verify a token, and a token that
//! cannot be decoded may still be valid. The folder `client` therefore decodes no token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::client::grant::SYSTEM_USER;

/// The header and the claims of a signed JWT (RFC 7519). The signature is not verified.
#[derive(Debug, Clone)]
pub struct DecodedJwt {
    /// The header. Its `alg` and `kid` identify the signature algorithm and the key.
    pub header: Map<String, Value>,
    /// The claims.
    pub claims: Map<String, Value>,
}

/// The system user in the claims of a token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SystemUser {
    /// The system user's id.
    pub id: Option<String>,
    /// The organisation number of the owner, as nine digits.
    pub org: Option<String>,
    /// The id of the vendor's system that the system user belongs to, such as `991825827_smartcloud`.
    pub system_id: Option<String>,
}

impl DecodedJwt {
    /// Decodes a JWT in compact form (RFC 7515, section 3.1). `None` if the text is not a signed JWT.
    pub fn read(token: &str) -> Option<Self> {
        let parts: Vec<&str> = token.splitn(4, '.').collect();
        let [header, claims, _] = parts[..] else { return None };
        let object = |part: &str| {
            let json = URL_SAFE_NO_PAD.decode(part).ok()?;
            serde_json::from_slice::<Map<String, Value>>(&json).ok()
        };
        Some(Self { header: object(header)?, claims: object(claims)? })
    }

    /// The time in a claim such as `exp`, which is written in seconds since 1970-01-01 UTC (NumericDate in RFC 7519,
    /// section 2). `None` if the claim is missing or is not a time.
    pub fn time(&self, claim: &str) -> Option<DateTime<Utc>> {
        let value = self.claims.get(claim)?;
        // The fraction of a second is not needed, and the cast saturates.
        let seconds = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))?;
        DateTime::from_timestamp(seconds, 0)
    }

    /// The organisation number in a claim such as `consumer` or `supplier`, without its ISO 6523 prefix. `None` if the
    /// claim is missing or has another form.
    pub fn organisation(&self, claim: &str) -> Option<&str> {
        organisation(self.claims.get(claim)?)
    }

    /// The system user in the claims. `None` for a Maskinporten token without a system user.
    pub fn system_user(&self) -> Option<SystemUser> {
        let details = self.system_user_details().next()?;
        // The claim is a list, but in practice it has one element.
        let id = &details["systemuser_id"];
        let id = id.get(0).unwrap_or(id);
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Some(SystemUser {
            id: text(id),
            org: organisation(&details["systemuser_org"]).map(str::to_owned),
            system_id: text(&details["system_id"]),
        })
    }

    /// The entries of the claim `authorization_details` that describe a system user.
    pub fn system_user_details(&self) -> impl Iterator<Item = &Value> {
        let details = self.claims.get("authorization_details").and_then(Value::as_array);
        details.into_iter().flatten().filter(|details| details["type"] == SYSTEM_USER)
    }
}

/// The organisation number in a claim. The member is `ID` in tokens, and `id` in Altinn's examples.
fn organisation(party: &Value) -> Option<&str> {
    party.get("ID").or_else(|| party.get("id"))?.as_str().map(without_scheme)
}

/// An organisation number without its ISO 6523 prefix, such as `0192:`.
pub fn without_scheme(id: &str) -> &str {
    id.rsplit(':').next().unwrap_or(id)
}
