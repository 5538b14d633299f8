//! The state of a running sandbox: its base URL, its key, the used grants, and Altinn's data.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock};

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Validation};
use serde_json::{Map, Value};

use super::Store;
use super::options::SandboxOptions;
use super::replay::{ReplayCache, ReplayError};

/// The key id of the sandbox's own key.
pub(crate) const ISSUER_KID: &str = "sandbox-issuer";

/// The maximum offset of the clock: a century, so that adding a duration to the clock's time does not overflow.
const FURTHEST_CLOCK: TimeDelta = TimeDelta::days(36_525);

const ISSUER_KEY: &str = include_str!("issuer-key.pem");

pub(crate) struct State {
    /// The base URL of all servers in the sandbox, with a trailing slash.
    pub(crate) issuer: String,
    /// The key that signs tokens.
    pub(crate) key: EncodingKey,
    public_key: OnceLock<(String, String)>,
    pub(crate) options: SandboxOptions,
    /// The key that signs the forms of the approval page.
    pub(crate) form_key: aws_lc_rs::hmac::Key,
    store: Mutex<Store>,
    used: Mutex<ReplayCache>,
    refusals: AtomicU64,
    sessions: AtomicU64,
}

impl State {
    pub(crate) fn new(issuer: String, options: SandboxOptions) -> Self {
        let clock_ahead = options.clock_ahead.clamp(-FURTHEST_CLOCK, FURTHEST_CLOCK);
        let options = SandboxOptions { clock_ahead, ..options };
        let pem = pem::parse(ISSUER_KEY).expect("the file is part of the program");
        let now = Utc::now() + options.clock_ahead;
        Self {
            issuer,
            key: EncodingKey::from_rsa_der(pem.contents()),
            public_key: OnceLock::new(),
            options,
            form_key: aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &random()),
            store: Mutex::new(Store::from_fixtures(now)),
            used: Mutex::default(),
            refusals: AtomicU64::new(0),
            sessions: AtomicU64::new(0),
        }
    }

    /// The current time by the sandbox's clock.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        Utc::now() + self.options.clock_ahead
    }

    /// The public half of the sandbox's own key: modulus and exponent, in base64url. It is cached, because computing it
    /// takes as long as verifying a signature.
    pub(crate) fn public_key(&self) -> &(String, String) {
        self.public_key.get_or_init(|| {
            let jwk = Jwk::from_encoding_key(&self.key, Algorithm::RS256).expect("the file is part of the program");
            match jwk.algorithm {
                AlgorithmParameters::RSA(rsa) => (rsa.n, rsa.e),
                _ => unreachable!("the file holds an RSA key"),
            }
        })
    }

    /// Locks Altinn's data for the caller.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().expect("nobody panics while holding it")
    }

    /// The claims of a token that the sandbox has signed. The caller must check the issuer and the expiry time: the
    /// whole sandbox uses one clock, but the library would use the machine's clock.
    pub(crate) fn signed_claims(&self, token: &str) -> jsonwebtoken::errors::Result<Map<String, Value>> {
        let (n, e) = self.public_key();
        let key = DecodingKey::from_rsa_components(n, e)?;
        let mut validation = Validation::new(Algorithm::RS256);
        validation.leeway = 0;
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.set_required_spec_claims(&["exp", "iss"]);
        Ok(jsonwebtoken::decode(token, &key, &validation)?.claims)
    }

    /// Marks a grant as used until `end`, after which it would be refused as expired.
    pub(crate) fn use_once(&self, id: &str, end: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), ReplayError> {
        self.used.lock().expect("nobody panics while holding it").once(id, end, now)
    }

    /// Returns a new trace id. Trace ids are counted, so that they are the same in each run.
    pub(crate) fn trace_id(&self) -> String {
        format!("{:032x}", self.refusals.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Returns a new session id. Session ids are counted, so that they are the same in each run.
    pub(crate) fn session_id(&self) -> String {
        format!("00000000-0000-4000-9000-{:012x}", self.sessions.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

/// Returns 32 random bytes that nobody can guess.
pub(crate) fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system has randomness");
    bytes
}
