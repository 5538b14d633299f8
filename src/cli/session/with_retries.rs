//! Sends requests with retries, with `--verbose` lines and a comparison of the clocks.

use std::error::Error;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::Url;

use crate::cli::output::{ClockDifference, Console, RequestTimer, verbose};
use crate::client::http::address;
use crate::client::retry::RetryPolicy;
use crate::client::{CallError, Http};

/// The status and the `Date` of an answer.
pub(crate) type Facts = (Option<u16>, Option<DateTime<Utc>>);

/// Sends a request, and again after failures that may pass. `send` makes one attempt, and prints what it sends; `facts`
/// gives those of an answer or a refusal.
pub(crate) async fn send_with_retries<T, R: Error + 'static, A: Future<Output = Result<T, CallError<R>>>>(
    http: &Http,
    console: &mut Console<'_>,
    mut send: impl FnMut(&mut Console<'_>) -> A,
    facts: impl Fn(Result<&T, &R>) -> Facts,
) -> (Result<T, CallError<R>>, Option<ClockDifference>) {
    let (mut clock, mut waiting) = (None, None);
    let attempt = async |console: &mut Console<'_>| {
        let answer = send(console);
        let timer = waiting.insert(RequestTimer::start());
        let answer = answer.await;
        let elapsed = timer.elapsed();
        let (status, date) = match &answer {
            Err(CallError::Transport(error)) => (error.status(), error.date),
            Err(CallError::Refused(refused)) => facts(Err(refused)),
            Ok(answer) => facts(Ok(answer)),
        };
        verbose::answered(console, status, elapsed);
        clock = timer.clock_difference(date, elapsed);
        waiting = None;
        answer
    };
    let on_pause = |console: &mut Console<'_>, pause: Duration| verbose::retry(console, pause);
    let answer = RetryPolicy { timeout: http.timeout, idempotent: true }.run(console, attempt, on_pause).await;
    // The time limit ended in the middle of a try.
    if let Some(timer) = waiting {
        verbose::answered(console, None, timer.elapsed());
    }
    (answer, clock)
}

/// Sends a GET request, and again after failures that may pass.
pub(crate) async fn get_with_retries<T, R: Error + 'static, A: Future<Output = Result<T, CallError<R>>>>(
    http: &Http,
    url: &Url,
    console: &mut Console<'_>,
    get: impl Fn() -> A,
    facts: impl Fn(Result<&T, &R>) -> Facts,
) -> (Result<T, CallError<R>>, Option<ClockDifference>) {
    let get = |console: &mut Console<'_>| {
        verbose::sent(console, "get", &address(url));
        get()
    };
    send_with_retries(http, console, get, facts).await
}
