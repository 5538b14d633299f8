//! Trying again: where nobody answered, or where the answer says that there may be another one in a moment.
//!
//! What may have been carried out is tried again only where that does no harm. A grant never goes out twice, since
//! Maskinporten takes each `jti` once: every try is made with a new one.

use std::time::Duration;

use tokio::time::sleep;

use super::http::{CallError, Silence, Unreachable};

/// How long to wait before the second try, and before the third, which is the last.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_millis(1000)];

/// What a try may end with, silence among it.
pub trait Failure {
    /// What came instead of an answer; `None` where there was one.
    fn silence(&self) -> Option<&Unreachable>;
}

impl Failure for Unreachable {
    fn silence(&self) -> Option<&Unreachable> {
        Some(self)
    }
}

impl Failure for CallError {
    fn silence(&self) -> Option<&Unreachable> {
        match self {
            Self::Unreachable(unreachable) => Some(unreachable),
            Self::Refused(_) => None,
        }
    }
}

/// How often something is tried, and how long.
#[derive(Debug, Clone, Copy)]
pub struct Tries {
    /// How long all of them may take, with the pauses between them.
    pub patience: Duration,
    /// Whether it does no harm where a try that failed was carried out all the same.
    pub repeatable: bool,
}

impl Tries {
    /// Tries until there is an answer, or until it is of no use to go on. `again` is told of each pause, as it begins;
    /// both get hold of `teller`, so that each can tell the story.
    ///
    /// # Errors
    /// What the last try ended with that ended within the patience. How long the first one may take is its own affair.
    pub async fn make<C, T, E: Failure>(
        self,
        teller: &mut C,
        mut attempt: impl AsyncFnMut(&mut C) -> Result<T, E>,
        again: impl Fn(&mut C, Duration),
    ) -> Result<T, E> {
        let patience = sleep(self.patience);
        let end = patience.deadline();
        let mut answer = attempt(teller).await;
        let others = async {
            for pause in PAUSES {
                let silence = answer.as_ref().err().and_then(E::silence);
                let Some(pause) = silence.and_then(|silence| self.pause(silence, pause)) else { break };
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
            () = patience => {}
        }
        answer
    }

    /// How long to wait after this, where another try is of use: `pause`, or longer if the server asks for it.
    fn pause(self, unreachable: &Unreachable, pause: Duration) -> Option<Duration> {
        let may_pass = match unreachable.silence {
            Silence::UnknownHost { .. } | Silence::NoConnection | Silence::Connection(_) => true,
            Silence::Status { status: 429, .. } => true,
            Silence::Status { status: 502..=504, .. } | Silence::NotHttp { closed: true, .. } => self.repeatable,
            // A no whose words were cut off is a no.
            Silence::CutOff { status: 200..=299 | 429 | 502..=504 } => self.repeatable,
            _ => false,
        };
        // What is longer than any patience would be no time that a clock has.
        let asked_for = unreachable.retry_after.unwrap_or_default().min(Duration::from_secs(86_400));
        may_pass.then_some(pause.max(asked_for))
    }
}
