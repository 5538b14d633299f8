//! Parses a signed grant, and verifies its client, key id and signature.
//!
//! Sources: RFC 7515; Digdir's documentation of Maskinporten ("JWT grant").

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::{Map, Value};

use super::super::fixtures::{CLIENTS, Client, EXPIRED_KID, KEY};
use super::refusal::{Refusal, display, excerpt};

pub(super) type Members = Map<String, Value>;

/// A parsed compact JWS.
pub(super) struct Jws<'a> {
    header: Members,
    pub(super) claims: Members,
    signed: &'a str,
    pub(super) signature: String,
}

impl<'a> Jws<'a> {
    pub(super) fn read(compact: &'a str) -> Result<Self, Refusal> {
        let parts: Vec<&str> = compact.split('.').collect();
        let [header, claims, signature] = parts[..] else {
            return Err(Refusal::value(format!("Expected three parts separated by dots, got {}", parts.len())));
        };
        // RFC 7515 section 2: base64url without padding, and nothing else.
        let bytes = |name: &str, part: &str| {
            let expected =
                || Refusal::value(format!("{name}: expected base64url without padding, got {}", excerpt(part)));
            URL_SAFE_NO_PAD.decode(part).map_err(|_| expected())
        };
        let object = |name: &str, part: &str| {
            serde_json::from_slice(&bytes(name, part)?)
                .map_err(|_| Refusal::value(format!("{name}: expected a JSON object, got something else")))
        };
        let (header, claims) = (object("header", header)?, object("payload", claims)?);
        bytes("signature", signature)?;
        let signed = &compact[..compact.len() - signature.len() - 1];
        Ok(Self { header, claims, signed, signature: signature.to_owned() })
    }

    /// Checks the algorithm, client, key id and signature, and returns the client that signed the grant.
    pub(super) fn verify(&self) -> Result<&'static Client, Refusal> {
        let algorithm = match self.header.get("alg").and_then(Value::as_str) {
            Some("RS256") => Algorithm::RS256,
            Some("RS384") => Algorithm::RS384,
            Some("RS512") => Algorithm::RS512,
            _ => {
                let got = display(self.header.get("alg"));
                return Err(Refusal::value(format!("alg: expected RS256, RS384 or RS512, got {got}")));
            }
        };
        let issuer = self.claims.get("iss").and_then(Value::as_str);
        let client = match CLIENTS.iter().find(|client| Some(client.id) == issuer) {
            Some(client) => client,
            None => {
                let [first, others @ ..] = &CLIENTS;
                let others: Vec<&str> = others.iter().map(|client| client.id).collect();
                let what = format!(
                    "Client authentication failed. Unknown client: iss: expected {}, got {}; the other clients are {}",
                    first.id,
                    display(self.claims.get("iss")),
                    others.join(" and ")
                );
                return Err(Refusal::grant("MP-100", what));
            }
        };
        match (self.header.get("kid"), self.header.get("x5c")) {
            (Some(kid), _) if *kid == KEY.kid => {}
            (Some(kid), _) if *kid == EXPIRED_KID => {
                return Err(Refusal::grant("MP-121", "Client authentication failed. Expired key."));
            }
            (Some(kid), _) => {
                let what = format!(
                    "Unknown key identifier (kid) for client: expected {}, got {}",
                    KEY.kid,
                    display(Some(kid))
                );
                return Err(Refusal::grant(None, what));
            }
            (None, Some(x5c)) if !is_array_of_strings(x5c) => {
                return Err(Refusal::grant(
                    "MP-123",
                    format!("x5c: expected an array of strings, got {}", display(Some(x5c))),
                ));
            }
            (None, _) => {
                let what = "Invalid JWT. The client requires pre-registered jwk and no key identifier (kid) provided";
                return Err(Refusal::grant(None, what));
            }
        }
        let key = DecodingKey::from_rsa_components(KEY.n, KEY.e).expect("the fixture is a key");
        match jsonwebtoken::crypto::verify(&self.signature, self.signed.as_bytes(), &key, algorithm) {
            Ok(true) => Ok(client),
            _ => {
                let what =
                    format!("Client authentication failed. Invalid signature: expected a signature by key {}", KEY.kid);
                Err(Refusal::grant("MP-124", what))
            }
        }
    }
}

pub(super) fn is_array_of_strings(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(Value::is_string))
}
