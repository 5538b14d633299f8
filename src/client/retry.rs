//! Retries, after connection errors and after statuses that may pass.
//!
//! A request that may have been carried out is tried again only if that does no harm. A grant never goes out twice, since
//! Maskinporten takes each `jti` once: every try is made with a new one.

use std::error::Error;
use std::time::Duration;

use tokio::time::sleep;

use super::http::{CallError, TransportError, TransportErrorKind};

/// How long to wait before the second try, and before the third, which is the last.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_millis(1000)];

/// How often and how long to try.
#[derive(Debug, Clone, Copy)]
pub struct RetryPolicy {
    /// The time limit for all tries, with the pauses between them.
    pub timeout: Duration,
    /// Whether the request may be carried out twice without harm.
    pub idempotent: bool,
}

impl RetryPolicy {
    /// Makes up to three attempts, as long as another one may help. `on_pause` is called as each pause begins; both get
    /// `observer`, so that each can report.
    ///
    /// # Errors
    /// The error of the last try that ended in time. The first try has its own time limit.
    pub async fn run<C, T, R: Error + 'static>(
        self,
        observer: &mut C,
        mut attempt: impl AsyncFnMut(&mut C) -> Result<T, CallError<R>>,
        on_pause: impl Fn(&mut C, Duration),
    ) -> Result<T, CallError<R>> {
        let timeout = sleep(self.timeout);
        let end = timeout.deadline();
        let mut answer = attempt(observer).await;
        let others = async {
            for pause in PAUSES {
                let Err(CallError::Transport(error)) = &answer else { break };
                let Some(pause) = self.pause(error, pause) else { break };
                let paused = sleep(pause);
                if paused.deadline() >= end {
                    break;
                }
                on_pause(observer, pause);
                paused.await;
                answer = attempt(observer).await;
            }
        };
        tokio::select! {
            () = others => {}
            () = timeout => {}
        }
        answer
    }

    /// The pause before another try, if that can help: `pause`, or longer if the server asks for it.
    fn pause(self, error: &TransportError, pause: Duration) -> Option<Duration> {
        let can_help = match error.kind {
            TransportErrorKind::UnknownHost { .. }
            | TransportErrorKind::NoConnection
            | TransportErrorKind::HandshakeClosed
            | TransportErrorKind::Connection(_)
            | TransportErrorKind::Status { status: 429, .. } => true,
            TransportErrorKind::Status { status: 502..=504, .. } | TransportErrorKind::NotHttp { closed: true, .. } => {
                self.idempotent
            }
            // A refusal whose text was cut off is a refusal.
            TransportErrorKind::CutOff { status: 200..=299 | 429 | 502..=504 } => self.idempotent,
            _ => false,
        };
        // A longer time than any timeout could overflow the clock.
        let asked_for = error.retry_after.unwrap_or_default().min(Duration::from_secs(86_400));
        can_help.then_some(pause.max(asked_for))
    }
}
