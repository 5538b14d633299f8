//! Trying again: where nobody answered, or where the answer says that there may be another one in a moment.
//!
//! What may have been carried out is tried again only where that does no harm. A grant never goes out twice, since
//! Maskinporten takes each `jti` once: every try is made with a new one.

use std::time::Duration;

use tokio::time::sleep;

use super::http::{CallError, TransportError, TransportErrorKind};

/// How long to wait before the second try, and before the third, which is the last.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_millis(1000)];

/// What a try may end with, silence among it.
pub trait FailedAttempt {
    /// What came instead of an answer; `None` where there was one.
    fn kind(&self) -> Option<&TransportError>;
}

impl FailedAttempt for TransportError {
    fn kind(&self) -> Option<&TransportError> {
        Some(self)
    }
}

impl FailedAttempt for CallError {
    fn kind(&self) -> Option<&TransportError> {
        match self {
            Self::Transport(error) => Some(error),
            Self::Problem(_) => None,
        }
    }
}

/// How often something is tried, and how long.
#[derive(Debug, Clone, Copy)]
pub struct Tries {
    /// How long all of them may take, with the pauses between them.
    pub timeout: Duration,
    /// Whether it does no harm where a try that failed was carried out all the same.
    pub repeatable: bool,
}

impl Tries {
    /// Tries until there is an answer, or until it is of no use to go on. `again` is told of each pause, as it begins;
    /// both get hold of `teller`, so that each can tell the story.
    ///
    /// # Errors
    /// What the last try ended with that ended within the patience. How long the first one may take is its own affair.
    pub async fn make<C, T, E: FailedAttempt>(
        self,
        teller: &mut C,
        mut attempt: impl AsyncFnMut(&mut C) -> Result<T, E>,
        again: impl Fn(&mut C, Duration),
    ) -> Result<T, E> {
        let timeout = sleep(self.timeout);
        let end = timeout.deadline();
        let mut answer = attempt(teller).await;
        let others = async {
            for pause in PAUSES {
                let kind = answer.as_ref().err().and_then(E::kind);
                let Some(pause) = kind.and_then(|kind| self.pause(kind, pause)) else { break };
                let paused = sleep(pause);
                if paused.deadline() >= end {
                    break;
                }
                again(teller, pause);
                paused.await;
                answer = attempt(teller).await;
            }
        };
        tokio::select! {
            () = others => {}
            () = timeout => {}
        }
        answer
    }

    /// How long to wait after this, where another try is of use: `pause`, or longer if the server asks for it.
    fn pause(self, error: &TransportError, pause: Duration) -> Option<Duration> {
        let may_pass = match error.kind {
            TransportErrorKind::UnknownHost { .. }
            | TransportErrorKind::NoConnection
            | TransportErrorKind::Connection(_) => true,
            TransportErrorKind::Status { status: 429, .. } => true,
            TransportErrorKind::Status { status: 502..=504, .. } | TransportErrorKind::NotHttp { closed: true, .. } => {
                self.repeatable
            }
            // A no whose words were cut off is a no.
            TransportErrorKind::CutOff { status: 200..=299 | 429 | 502..=504 } => self.repeatable,
            _ => false,
        };
        // What is longer than any patience would be no time that a clock has.
        let asked_for = error.retry_after.unwrap_or_default().min(Duration::from_secs(86_400));
        may_pass.then_some(pause.max(asked_for))
    }
}
