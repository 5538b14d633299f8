//! A source of tokens: it gets tokens, keeps them, renews them in time, and can be shared between tasks.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Url;
use tokio::time::sleep;
use uuid::Uuid;

use super::environment::Endpoints;
use super::grant::{Assertion, Grant, TokenRequest};
use super::http::Http;
use super::key::SigningKey;
use super::maskinporten::{ExchangeError, exchange};
use super::retry::Retries;
use super::token::AccessToken;

/// Gets tokens for one client in Maskinporten, and keeps them for 80 % of their lifetime. Share it between tasks in an
/// [`Arc`].
///
/// Tasks that ask for the same token at the same time cause one exchange. If the task that makes the exchange is dropped,
/// the next waiting task makes it. All waiting tasks get the same refusal, which is not kept.
pub struct TokenSource {
    /// The HTTP client. Use it for calls with the tokens, too.
    pub http: Arc<Http>,
    /// The key that signs the grants.
    pub key: SigningKey,
    client_id: String,
    endpoints: Endpoints,
    clock: Box<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    slots: Mutex<HashMap<TokenRequest, Arc<Slot>>>,
}

/// The state of one token request.
#[derive(Default)]
struct Slot {
    /// The number of completed exchanges.
    exchanges: AtomicUsize,
    /// The outcome of the last exchange. A task must hold this lock to make an exchange.
    last: tokio::sync::Mutex<Option<Result<Kept, ExchangeError>>>,
}

/// A token that is kept.
struct Kept {
    token: Arc<AccessToken>,
    /// The time in which the token needs no renewal. If the clock was set back before it, the token's age is unknown.
    fresh: Range<DateTime<Utc>>,
    expires: DateTime<Utc>,
}

/// A step of an exchange, for an observer.
#[derive(Debug)]
pub enum Event<'a> {
    /// A grant was signed.
    Signed(&'a Assertion),
    /// The grant is about to be posted to this token endpoint.
    Sent(&'a Url),
    /// The attempt ended, with this result and duration.
    Answered(&'a Result<AccessToken, ExchangeError>, Duration),
    /// A pause of this duration begins, before the next attempt.
    Waiting(Duration),
}

impl TokenSource {
    /// Creates a source of tokens for one client. It uses the clock of this machine.
    pub fn new(http: impl Into<Arc<Http>>, endpoints: &Endpoints, client_id: &str, key: SigningKey) -> Self {
        let (client_id, endpoints) = (client_id.to_owned(), endpoints.clone());
        Self { http: http.into(), key, client_id, endpoints, clock: Box::new(Utc::now), slots: Mutex::default() }
    }

    /// Replaces the clock.
    pub fn with_clock(self, clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self { clock: Box::new(clock), ..self }
    }

    /// Returns a token, which has at least a fifth of its lifetime left. If an older token cannot be renewed because
    /// Maskinporten gives no usable answer, returns that token until it expires.
    ///
    /// # Errors
    /// If Maskinporten refused the grant, or did not answer with a token.
    pub async fn token(&self, request: &TokenRequest) -> Result<Arc<AccessToken>, ExchangeError> {
        self.token_observed(request, None, |_| {}).await
    }

    /// Returns a token other than `refused`, which an API did not accept. Tasks that replace the same token cause one
    /// exchange.
    ///
    /// # Errors
    /// If Maskinporten refused the grant, or did not answer with a token.
    pub async fn replace(
        &self,
        request: &TokenRequest,
        refused: &Arc<AccessToken>,
    ) -> Result<Arc<AccessToken>, ExchangeError> {
        self.token_observed(request, Some(refused), |_| {}).await
    }

    /// Does the same as [`token`](Self::token), or as [`replace`](Self::replace) if `refused` is a token. If this task makes
    /// an exchange, it calls `observer` at each step.
    ///
    /// # Errors
    /// If Maskinporten refused the grant, or did not answer with a token.
    pub async fn token_observed(
        &self,
        request: &TokenRequest,
        refused: Option<&Arc<AccessToken>>,
        mut observer: impl FnMut(Event<'_>),
    ) -> Result<Arc<AccessToken>, ExchangeError> {
        let slot = self.slot(request);
        let ended_before = slot.exchanges.load(Ordering::SeqCst);
        let mut last = slot.last.lock().await;
        // If an exchange ended while this task waited for the lock, this task uses its outcome, too.
        let is_shared = slot.exchanges.load(Ordering::SeqCst) != ended_before;
        match &*last {
            Some(Ok(kept)) if kept.is_usable((self.clock)(), is_shared, refused) => return Ok(kept.token.clone()),
            Some(Err(error)) if is_shared => return Err(error.clone()),
            _ => {}
        }
        let outcome = self.exchange(request, &mut observer).await;
        slot.exchanges.fetch_add(1, Ordering::SeqCst);
        match (&outcome, &*last) {
            (Err(ExchangeError::Transport(_)), Some(Ok(kept))) if kept.is_usable((self.clock)(), true, refused) => {
                Ok(kept.token.clone())
            }
            _ => {
                self.drop_expired();
                let outcome = last.insert(outcome);
                outcome.as_ref().map(|kept| kept.token.clone()).map_err(ExchangeError::clone)
            }
        }
    }

    fn slot(&self, request: &TokenRequest) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.entry(request.clone()).or_default().clone()
    }

    fn drop_expired(&self) {
        let now = (self.clock)();
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|_, slot| match Arc::get_mut(slot) {
            Some(slot) => matches!(slot.last.get_mut(), Some(Ok(kept)) if now < kept.expires),
            // A task is using it.
            None => true,
        });
    }

    async fn exchange(
        &self,
        request: &TokenRequest,
        observer: &mut impl FnMut(Event<'_>),
    ) -> Result<Kept, ExchangeError> {
        let mut retries = Retries::new(self.http.timeout, true);
        while let Some(pause) = retries.attempt(self.attempt(request, observer)).await {
            observer(Event::Waiting(pause));
            sleep(pause).await;
        }
        retries.answer()
    }

    /// Signs a new grant, since Maskinporten accepts each grant once, and exchanges it for a token.
    async fn attempt(
        &self,
        request: &TokenRequest,
        observer: &mut impl FnMut(Event<'_>),
    ) -> Result<Kept, ExchangeError> {
        let now = (self.clock)();
        let grant =
            Grant { issuer: &self.endpoints.issuer, client_id: &self.client_id, request, now, jti: Uuid::new_v4() };
        let assertion = grant.sign(&self.key);
        observer(Event::Signed(&assertion));
        observer(Event::Sent(&self.endpoints.token));
        let sent = Instant::now();
        let answer = exchange(&self.http, &self.endpoints.token, &assertion).await;
        observer(Event::Answered(&answer, sent.elapsed()));
        answer.map(|token| Kept::new(token, now))
    }
}

impl Kept {
    /// A token that was requested at `now`.
    fn new(token: AccessToken, now: DateTime<Utc>) -> Self {
        // A longer lifetime could overflow the date.
        let life = TimeDelta::seconds(token.expires_in.min(1_000_000_000).cast_signed());
        Self { token: Arc::new(token), fresh: now..now + life * 4 / 5, expires: now + life }
    }

    /// Whether the token is fresh (or, with `valid_is_enough`, still valid) and is not the refused token.
    fn is_usable(&self, now: DateTime<Utc>, valid_is_enough: bool, refused: Option<&Arc<AccessToken>>) -> bool {
        let is_usable = self.fresh.contains(&now) || valid_is_enough && now < self.expires;
        is_usable && refused.is_none_or(|refused| !Arc::ptr_eq(refused, &self.token))
    }
}
