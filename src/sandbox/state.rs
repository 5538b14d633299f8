//! What the sandbox remembers while it runs: its name, its key, and which grants it has seen.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use jsonwebtoken::{Algorithm, EncodingKey};

use super::conditions::Conditions;

/// The key id of the sandbox's own key.
pub(super) const ISSUER_KID: &str = "sandbox-issuer";

const ISSUER_KEY: &str = include_str!("issuer-key.pem");

pub(super) struct State {
    /// The sandbox's address, with a slash at its end: it serves everything at one.
    pub(super) issuer: String,
    /// Signs tokens.
    pub(super) key: EncodingKey,
    pub(super) conditions: Conditions,
    /// Grants that were used, until they are so old that they are refused anyway.
    used: Mutex<HashMap<String, DateTime<Utc>>>,
    refusals: AtomicU64,
}

impl State {
    pub(super) fn new(issuer: String, conditions: Conditions) -> Self {
        let pem = pem::parse(ISSUER_KEY).expect("the file is part of the program");
        Self {
            issuer,
            key: EncodingKey::from_rsa_der(pem.contents()),
            conditions,
            used: Mutex::default(),
            refusals: AtomicU64::new(0),
        }
    }

    /// The time by the sandbox's clock.
    pub(super) fn now(&self) -> DateTime<Utc> {
        Utc::now() + self.conditions.clock_ahead
    }

    /// The public half of the sandbox's own key: modulus and exponent, base64url.
    pub(super) fn public_key(&self) -> (String, String) {
        let jwk = Jwk::from_encoding_key(&self.key, Algorithm::RS256).expect("the file is part of the program");
        match jwk.algorithm {
            AlgorithmParameters::RSA(rsa) => (rsa.n, rsa.e),
            _ => unreachable!("the file holds an RSA key"),
        }
    }

    /// Notes that a grant was used; `false` where it had been used before.
    pub(super) fn use_once(&self, id: &str, until: DateTime<Utc>) -> bool {
        let now = self.now();
        let mut used = self.used.lock().expect("nobody panics while holding it");
        used.retain(|_, until| *until >= now);
        used.insert(id.to_owned(), until).is_none()
    }

    /// A trace id that is the same in each run: they are counted.
    pub(super) fn trace_id(&self) -> String {
        format!("{:032x}", self.refusals.fetch_add(1, Ordering::Relaxed) + 1)
    }
}
