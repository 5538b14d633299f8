//! Retries after connection errors and temporary statuses.
//!
//! A request that the server may have carried out is repeated only if it is idempotent. A grant is never sent twice,
//! because Maskinporten accepts each `jti` once: every attempt uses a new grant.

use std::error::Error;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::http::{CallError, TransportError, TransportErrorKind};

/// The pauses before the second attempt and before the third, which is the last.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_millis(1000)];

/// Up to three attempts of a request. Call [`attempt`](Self::attempt) and sleep for the pause that it returns. Repeat
/// this until it returns `None`, and then call [`answer`](Self::answer).
#[derive(Debug)]
pub struct Retries<T, R: Error + 'static> {
    end: Instant,
    idempotent: bool,
    pauses: &'static [Duration],
    answer: Option<Result<T, CallError<R>>>,
}

impl<T, R: Error + 'static> Retries<T, R> {
    /// Limits all pauses and all attempts after the first attempt to `timeout` in total, counted from this call. Set
    /// `idempotent` if it does no harm to carry out the request twice.
    pub fn new(timeout: Duration, idempotent: bool) -> Self {
        Self { end: sleep(timeout).deadline(), idempotent, pauses: &PAUSES, answer: None }
    }

    /// Runs an attempt. Returns the pause before the next attempt, or `None` if another attempt would not help or would
    /// be too late. The pause is 250 ms before the second attempt and 1 s before the third, or the server's
    /// `Retry-After` if that is longer. The first attempt has only the time limit of the HTTP client.
    pub async fn attempt(&mut self, attempt: impl Future<Output = Result<T, CallError<R>>>) -> Option<Duration> {
        let answer = match self.answer.take() {
            None => attempt.await,
            Some(previous) => timeout_at(self.end, attempt).await.unwrap_or(previous),
        };
        let Err(CallError::Transport(error)) = self.answer.insert(answer) else { return None };
        let (pause, others) = self.pauses.split_first()?;
        self.pauses = others;
        let pause = error.retry_after.unwrap_or_default().max(*pause);
        (may_help(error, self.idempotent) && sleep(pause).deadline() < self.end).then_some(pause)
    }

    /// Returns the answer of the last attempt that ended in time.
    ///
    /// # Errors
    /// Returns the error of that attempt if it failed.
    ///
    /// # Panics
    /// If no attempt has ended.
    pub fn answer(self) -> Result<T, CallError<R>> {
        self.answer.expect("an attempt was made")
    }
}

/// Whether another attempt may help and is harmless.
fn may_help(error: &TransportError, idempotent: bool) -> bool {
    match error.kind {
        TransportErrorKind::UnknownHost { .. }
        | TransportErrorKind::NoConnection
        | TransportErrorKind::HandshakeClosed
        | TransportErrorKind::Connection(_)
        | TransportErrorKind::Status { status: 429, .. } => true,
        TransportErrorKind::Status { status: 408 | 502..=504, .. }
        | TransportErrorKind::NotHttp { closed: true, .. } => idempotent,
        // A refusal is final, even if its body was cut off.
        TransportErrorKind::CutOff { status: 200..=299 | 408 | 429 | 502..=504 } => idempotent,
        _ => false,
    }
}
