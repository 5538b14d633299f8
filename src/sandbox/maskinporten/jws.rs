//! Parses a signed grant, and verifies its client, key id and signature. The module `x5c` checks certificate chains.
//!
//! Sources: RFC 7515; Digdir's documentation of Maskinporten ("JWT grant").

use std::collections::HashSet;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::super::fixtures::{CLIENTS, Client, EXPIRED_KID, KEY};
use super::refusal::{Refusal, display, excerpt};
use super::x5c;

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
            // A truncated signature is still part of a grant, so the refusal does not quote it.
            let got = || format!("a text of {} characters", part.chars().count());
            let expected = || Refusal::value(format!("{name}: expected base64url without padding, got {}", got()));
            URL_SAFE_NO_PAD.decode(part).map_err(|_| expected())
        };
        let object = |name: &str, part: &str| {
            let json = bytes(name, part)?;
            let members = serde_json::from_slice(&json)
                .map_err(|_| Refusal::value(format!("{name}: expected a JSON object, got something else")))?;
            match duplicate_member(&json) {
                None => Ok(members),
                Some(member) => {
                    let got = excerpt(&member);
                    Err(Refusal::value(format!("{name}: expected each member once, got {got} more than once")))
                }
            }
        };
        let (header, claims) = (object("header", header)?, object("payload", claims)?);
        bytes("signature", signature)?;
        let signed = &compact[..compact.len() - signature.len() - 1];
        Ok(Self { header, claims, signed, signature: signature.to_owned() })
    }

    /// Checks the algorithm, critical extensions, client, key id or certificate chain, and signature. Returns the
    /// client that signed the grant.
    pub(super) fn verify(&self, now: DateTime<Utc>) -> Result<&'static Client, Refusal> {
        let algorithm = match self.header.get("alg").and_then(Value::as_str) {
            Some("RS256") => Algorithm::RS256,
            Some("RS384") => Algorithm::RS384,
            Some("RS512") => Algorithm::RS512,
            _ => {
                let got = display(self.header.get("alg"));
                return Err(Refusal::value(format!("alg: expected RS256, RS384 or RS512, got {got}")));
            }
        };
        // No extension is supported, and an empty list is not valid (RFC 7515, section 4.1.11).
        if let Some(extensions) = self.header.get("crit") {
            let got = display(Some(extensions));
            return Err(Refusal::value(format!("crit: expected no critical extensions, got {got}")));
        }
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
        let (key, signer) = match client.uses_certificates {
            true => {
                let leaf = x5c::check(&self.header, client, now)?;
                (leaf.key(), format!("the key of the certificate of {leaf}"))
            }
            false => {
                self.check_key_id()?;
                let key = DecodingKey::from_rsa_components(KEY.n, KEY.e).expect("the fixture is a key");
                (key, format!("key {}", KEY.kid))
            }
        };
        match jsonwebtoken::crypto::verify(&self.signature, self.signed.as_bytes(), &key, algorithm) {
            Ok(true) => Ok(client),
            _ => {
                let what = format!("Client authentication failed. Invalid signature: expected a signature by {signer}");
                Err(Refusal::grant("MP-124", what))
            }
        }
    }

    /// Checks the key id of a client that is registered for keys.
    fn check_key_id(&self) -> Result<(), Refusal> {
        match (self.header.get("kid"), self.header.get("x5c")) {
            (Some(kid), _) if *kid == KEY.kid => Ok(()),
            (Some(kid), _) if *kid == EXPIRED_KID => {
                Err(Refusal::grant("MP-121", "Client authentication failed. Expired key."))
            }
            (Some(kid), _) => {
                let what = format!(
                    "Unknown key identifier (kid) for client: expected {}, got {}",
                    KEY.kid,
                    display(Some(kid))
                );
                Err(Refusal::grant(None, what))
            }
            (None, Some(x5c)) if !is_array_of_strings(x5c) => {
                Err(Refusal::grant("MP-123", format!("x5c: expected an array of strings, got {}", display(Some(x5c)))))
            }
            (None, _) => {
                let what = "Invalid JWT. The client requires pre-registered jwk and no key identifier (kid) provided";
                Err(Refusal::grant(None, what))
            }
        }
    }
}

pub(super) fn is_array_of_strings(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(Value::is_string))
}

/// The name of a member that an object in valid JSON has more than once, at any depth. A parser of grants may reject
/// such objects or use the last member (RFC 7515, section 4; RFC 7519, section 4). Parsers that disagree would read
/// different grants.
fn duplicate_member(json: &[u8]) -> Option<String> {
    let mut duplicate = None;
    let _ = UniqueMembers(&mut duplicate).deserialize(&mut serde_json::Deserializer::from_slice(json));
    duplicate
}

/// Visits a JSON value until it finds a duplicate member.
struct UniqueMembers<'a>(&'a mut Option<String>);

impl<'de> DeserializeSeed<'de> for UniqueMembers<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for UniqueMembers<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if names.contains(&name) {
                *self.0 = Some(name);
                return Err(A::Error::custom("a duplicate member"));
            }
            names.insert(name);
            map.next_value_seed(UniqueMembers(&mut *self.0))?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(UniqueMembers(&mut *self.0))?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
