//! Retries after connection errors and temporary statuses.
//!
//! A request that the server may have carried out is repeated only if it is idempotent. A grant is never sent twice, because
//! Maskinporten accepts each `jti` once: every attempt uses a new grant.

use std::error::Error;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::http::{CallError, TransportError, TransportErrorKind};

/// The pauses before the second attempt and before the third, which is the last.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_millis(1000)];

/// Up to three attempts of one request. Call [`attempt`](Self::attempt) and sleep until it returns no pause, then take the
/// [`answer`](Self::answer).
#[derive(Debug)]
pub struct Retries<T, R: Error + 'static> {
    end: Instant,
    idempotent: bool,
    pauses: &'static [Duration],
    answer: Option<Result<T, CallError<R>>>,
}

impl<T, R: Error + 'static> Retries<T, R> {
    /// Limits the attempts and the pauses to `timeout`. `idempotent` is whether the request may be carried out twice.
    pub fn new(timeout: Duration, idempotent: bool) -> Self {
        Self { end: sleep(timeout).deadline(), idempotent, pauses: &PAUSES, answer: None }
    }

    /// Makes an attempt, and returns the pause before the next attempt if another attempt may help. The first attempt has
    /// only the time limit of the HTTP client.
    pub async fn attempt(&mut self, attempt: impl Future<Output = Result<T, CallError<R>>>) -> Option<Duration> {
        let answer = match self.answer.take() {
            None => attempt.await,
            Some(previous) => timeout_at(self.end, attempt).await.unwrap_or(previous),
        };
        let Err(CallError::Transport(error)) = self.answer.insert(answer) else { return None };
        let (pause, others) = self.pauses.split_first()?;
        self.pauses = others;
        // A longer pause could overflow the deadline.
        let asked_for = error.retry_after.unwrap_or_default().min(Duration::from_secs(86_400));
        let pause = asked_for.max(*pause);
        (may_help(error, self.idempotent) && sleep(pause).deadline() < self.end).then_some(pause)
    }

    /// The answer of the last attempt that ended in time.
    ///
    /// # Errors
    /// If that attempt failed.
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
        TransportErrorKind::Status { status: 502..=504, .. } | TransportErrorKind::NotHttp { closed: true, .. } => {
            idempotent
        }
        // A refusal is final, even if its body was cut off.
        TransportErrorKind::CutOff { status: 200..=299 | 429 | 502..=504 } => idempotent,
        _ => false,
    }
}
