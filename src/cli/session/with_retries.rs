//! Asking a server, again where that can help, and telling of each try.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::Url;

use crate::cli::output::clock::{Asked, ClockDifference};
use crate::cli::output::console::Console;
use crate::cli::output::verbose;
use crate::client::http::{CallError, Http, address};
use crate::client::retry::{FailedAttempt, Tries};

/// What the story tells of an answer: its status, and when it was given by the server's clock.
pub(crate) type Facts = (Option<u16>, Option<DateTime<Utc>>);

/// The status of an answer of an API's; none where there was no answer.
pub(crate) fn status<T>(answer: &Result<T, CallError>, success: impl Fn(&T) -> u16) -> Facts {
    let status = match answer {
        Ok(answer) => Some(success(answer)),
        Err(CallError::Problem(refused)) => Some(refused.status),
        Err(CallError::Transport(transport_error)) => transport_error.status(),
    };
    (status, None)
}

/// Asks until there is an answer; tells also how far the clocks differ. `ask` says what it sends, and to whom, before it
/// is waited for.
pub(crate) async fn asked<T, E: FailedAttempt, A: Future<Output = Result<T, E>>>(
    http: &Http,
    console: &mut Console<'_>,
    mut ask: impl FnMut(&mut Console<'_>) -> A,
    tell: impl Fn(&Result<T, E>) -> Facts,
) -> (Result<T, E>, Option<ClockDifference>) {
    let (mut clock, mut waiting) = (None, None);
    let attempt = async |console: &mut Console<'_>| {
        let answer = ask(console);
        let asked = waiting.insert(Asked::now());
        let answer = answer.await;
        let taken = asked.taken();
        let (status, date) = tell(&answer);
        verbose::answered(console, status, taken);
        clock = asked.difference(date, taken);
        waiting = None;
        answer
    };
    let again = |console: &mut Console<'_>, pause: Duration| verbose::again(console, pause);
    let answer = Tries { timeout: http.timeout, repeatable: true }.make(console, attempt, again).await;
    // The patience was over in the middle of a try.
    if let Some(asked) = waiting {
        verbose::answered(console, None, asked.taken());
    }
    (answer, clock)
}

/// Gets something, and tells of it.
pub(crate) async fn got<T, E: FailedAttempt, A: Future<Output = Result<T, E>>>(
    http: &Http,
    url: &Url,
    console: &mut Console<'_>,
    get: impl Fn() -> A,
    tell: impl Fn(&Result<T, E>) -> Facts,
) -> (Result<T, E>, Option<ClockDifference>) {
    let get = |console: &mut Console<'_>| {
        verbose::sent(console, "get", &address(url));
        get()
    };
    asked(http, console, get, tell).await
}
