//! A source of tokens: it gets tokens, keeps them, renews them in time, and can be shared between tasks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Url;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::environment::Endpoints;
use super::grant::{Assertion, Grant, TokenRequest};
use super::http::{CallError, Http, TransportError, TransportErrorKind, address};
use super::key::SigningKey;
use super::maskinporten::{ExchangeError, exchange};
use super::retry::Retries;
use super::token::AccessToken;

/// How long a token in the last fifth of its lifetime is used after an attempt to renew it failed.
const RENEWAL_PAUSE: TimeDelta = TimeDelta::seconds(10);

/// Gets tokens for one client in Maskinporten, and keeps a token for each [`TokenRequest`]. A token is renewed when it
/// is requested after 80 % of its lifetime, never in the background. To share a source between tasks, use an [`Arc`].
///
/// If several tasks request the same token at the same time, there is only one exchange. If the task that performs the
/// exchange is dropped, the next waiting task performs another exchange. If your tasks have a shorter time limit than
/// [`http`](Self::http), spawn the call, so that the exchange can finish. A refusal goes to all waiting tasks, and is
/// not kept.
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

/// The outcome of the last exchange for a token request, and when it ended. A task must hold the lock to make an
/// exchange.
type Slot = tokio::sync::Mutex<Option<(Instant, Result<Kept, ExchangeError>)>>;

/// A token that is kept.
struct Kept {
    token: Arc<AccessToken>,
    /// The time of the request. If the clock is set back to an earlier time, the age of the token is unknown.
    requested: DateTime<Utc>,
    renew: DateTime<Utc>,
    expires: DateTime<Utc>,
}

/// A step of an exchange, for an observer.
#[derive(Debug)]
pub enum ExchangeEvent<'a> {
    /// A grant was signed.
    Signed(&'a Assertion),
    /// The grant is about to be posted to this token endpoint.
    Sent(&'a Url),
    /// The attempt ended, with this result and duration. An attempt that the time limit interrupts has no such event.
    Answered(&'a Result<AccessToken, ExchangeError>, Duration),
    /// A pause of this duration begins, before the next attempt.
    Waiting(Duration),
}

impl std::fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenSource").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl TokenSource {
    /// Creates a source of tokens for one client. It uses the clock of this machine.
    pub fn new(http: impl Into<Arc<Http>>, endpoints: &Endpoints, client_id: &str, key: SigningKey) -> Self {
        let (client_id, endpoints) = (client_id.to_owned(), endpoints.clone());
        Self { http: http.into(), key, client_id, endpoints, clock: Box::new(Utc::now), slots: Mutex::default() }
    }

    /// Replaces the clock, which determines the times in grants and the age of tokens.
    pub fn with_clock(self, clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self { clock: Box::new(clock), ..self }
    }

    /// Returns the kept token if it has more than a fifth of its lifetime left. Otherwise exchanges a new grant, with
    /// up to three attempts, which may take at most half of the remaining lifetime. If Maskinporten gives no usable
    /// response, or a refusal that is not an OAuth error, returns the kept token until it expires, and makes the next
    /// attempt to renew it after ten seconds.
    ///
    /// # Errors
    /// Returns [`ExchangeError::Refused`] if Maskinporten refused the grant, and [`ExchangeError::Transport`] if there
    /// is neither a usable response nor a valid token.
    pub async fn token(&self, request: &TokenRequest) -> Result<Arc<AccessToken>, ExchangeError> {
        self.token_observed(request, None, |_| {}).await
    }

    /// Returns a token other than `refused`, which is dropped. Use it only after an API responded with 401 to
    /// `refused`. If several tasks replace the same token, there is only one exchange.
    ///
    /// # Errors
    /// Returns an error if Maskinporten refused the grant, or gave no usable response.
    pub async fn replace(
        &self,
        request: &TokenRequest,
        refused: &Arc<AccessToken>,
    ) -> Result<Arc<AccessToken>, ExchangeError> {
        self.token_observed(request, Some(refused), |_| {}).await
    }

    /// Returns a token as [`token`](Self::token) does, or as [`replace`](Self::replace) does if `refused` is not
    /// `None`. Calls `observer` at each step of an exchange, unless another task performs the exchange.
    ///
    /// # Errors
    /// The same errors as [`token`](Self::token) and [`replace`](Self::replace).
    pub async fn token_observed(
        &self,
        request: &TokenRequest,
        refused: Option<&Arc<AccessToken>>,
        mut observer: impl FnMut(ExchangeEvent<'_>),
    ) -> Result<Arc<AccessToken>, ExchangeError> {
        let asked = Instant::now();
        let slot = self.slots().entry(request.clone()).or_default().clone();
        let mut last = slot.lock().await;
        let now = (self.clock)();
        // If an exchange ended while this task waited for the lock, this task uses its outcome, too.
        let limit = match &*last {
            Some((ended, Ok(kept))) if !kept.is(refused) && (asked < *ended || kept.is_fresh(now)) => {
                return Ok(kept.token.clone());
            }
            Some((ended, Err(error))) if asked < *ended => return Err(error.clone()),
            // A renewal must end while the kept token is still valid.
            Some((_, Ok(kept))) if !kept.is(refused) && kept.is_valid(now) => (kept.expires - now) / 2,
            _ => TimeDelta::days(1),
        };
        let limit = limit.to_std().unwrap_or_default();
        let mut outcome = timeout(limit, self.exchange(request, &mut observer)).await.unwrap_or_else(|_| {
            let kind = TransportErrorKind::TooSlow { subject: "the request", seconds: limit.as_secs() };
            let address = address(&self.endpoints.token);
            Err(TransportError { address, date: None, retry_after: None, kind }.into())
        });
        let now = (self.clock)();
        // A refusal that is not an OAuth error may come from a gateway, and says nothing about the kept token.
        if let (Err(error), Some((_, Ok(kept)))) = (&outcome, last.take())
            && !matches!(error, CallError::Refused(refused) if refused.is_oauth_error())
            && !kept.is(refused)
            && kept.is_valid(now)
        {
            outcome = Ok(Kept { renew: kept.expires.min(now + RENEWAL_PAUSE), ..kept });
        }
        self.drop_expired();
        let (_, outcome) = last.insert((Instant::now(), outcome));
        outcome.as_ref().map(|kept| kept.token.clone()).map_err(ExchangeError::clone)
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<TokenRequest, Arc<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn drop_expired(&self) {
        let now = (self.clock)();
        self.slots().retain(|_, slot| match Arc::get_mut(slot) {
            Some(slot) => matches!(slot.get_mut(), Some((_, Ok(kept))) if now < kept.expires),
            // A task is using it.
            None => true,
        });
    }

    async fn exchange(
        &self,
        request: &TokenRequest,
        observer: &mut impl FnMut(ExchangeEvent<'_>),
    ) -> Result<Kept, ExchangeError> {
        let mut retries = Retries::new(self.http.timeout, true);
        while let Some(pause) = retries.attempt(self.attempt(request, observer)).await {
            observer(ExchangeEvent::Waiting(pause));
            sleep(pause).await;
        }
        retries.answer()
    }

    /// Signs a new grant, since Maskinporten accepts each grant once, and exchanges it for a token.
    async fn attempt(
        &self,
        request: &TokenRequest,
        observer: &mut impl FnMut(ExchangeEvent<'_>),
    ) -> Result<Kept, ExchangeError> {
        let now = (self.clock)();
        let grant =
            Grant { issuer: &self.endpoints.issuer, client_id: &self.client_id, request, now, jti: Uuid::new_v4() };
        let assertion = grant.sign(&self.key);
        observer(ExchangeEvent::Signed(&assertion));
        observer(ExchangeEvent::Sent(&self.endpoints.token));
        let sent = Instant::now();
        let answer = exchange(&self.http, &self.endpoints.token, &assertion).await;
        observer(ExchangeEvent::Answered(&answer, sent.elapsed()));
        answer.map(|token| Kept::new(token, now))
    }
}

impl Kept {
    /// Wraps a token that was requested at `now`.
    fn new(token: AccessToken, now: DateTime<Utc>) -> Self {
        // A longer lifetime could overflow the date.
        let life = TimeDelta::seconds(token.expires_in.min(1_000_000_000).cast_signed());
        Self { token: Arc::new(token), requested: now, renew: now + life * 4 / 5, expires: now + life }
    }

    fn is(&self, refused: Option<&Arc<AccessToken>>) -> bool {
        refused.is_some_and(|refused| Arc::ptr_eq(refused, &self.token))
    }

    fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        (self.requested..self.renew).contains(&now)
    }

    fn is_valid(&self, now: DateTime<Utc>) -> bool {
        (self.requested..self.expires).contains(&now)
    }
}
