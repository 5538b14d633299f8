//! Sends requests with retries, and observes requests for `--verbose` and for a comparison of the clocks.

use std::error::Error;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{Method, Url};
use tokio::time::sleep;

use crate::cli::output::{ClockDifference, Console, RequestTimer, verbose};
use crate::client::http::address;
use crate::client::retry::Retries;
use crate::client::{CallError, Http};

/// The status and the `Date` of a response.
pub(crate) type Facts = (Option<u16>, Option<DateTime<Utc>>);

/// Observes the attempts of a request: prints the lines of `--verbose`, and compares the clocks.
#[derive(Default)]
pub(crate) struct RequestObserver {
    waiting: Option<RequestTimer>,
    clock: Option<ClockDifference>,
}

impl RequestObserver {
    /// An attempt begins.
    pub(crate) fn sent(&mut self, console: &mut Console<'_>, method: &str, url: &Url) {
        console.end_progress();
        verbose::sent(console, method, &address(url));
        self.waiting = Some(RequestTimer::start());
    }

    /// The attempt ended. `elapsed` is its duration, if the caller measured it.
    pub(crate) fn answered(&mut self, console: &mut Console<'_>, (status, date): Facts, elapsed: Option<Duration>) {
        let Some(timer) = self.waiting.take() else { return };
        let elapsed = elapsed.unwrap_or_else(|| timer.elapsed());
        verbose::answered(console, status, elapsed);
        self.clock = timer.clock_difference(date, elapsed);
    }

    /// The last attempt ended, or the time limit interrupted it. Returns the difference between the clocks.
    pub(crate) fn finish(mut self, console: &mut Console<'_>) -> Option<ClockDifference> {
        let clock = self.clock;
        self.answered(console, (None, None), None);
        clock
    }
}

/// Sends a GET request, and retries it after temporary failures. `facts` returns the status and the `Date` of a
/// response or a refusal.
pub(crate) async fn get_with_retries<T, R: Error + 'static, A: Future<Output = Result<T, CallError<R>>>>(
    http: &Http,
    url: &Url,
    console: &mut Console<'_>,
    get: impl Fn() -> A,
    facts: impl Fn(Result<&T, &R>) -> Facts,
) -> (Result<T, CallError<R>>, Option<ClockDifference>) {
    send_with_retries(http, (&Method::GET, url), console, get, facts).await
}

/// Sends a request, and retries it after temporary failures. A request whose method may change data is retried only if
/// the server cannot have carried it out.
pub(crate) async fn send_with_retries<T, R: Error + 'static, A: Future<Output = Result<T, CallError<R>>>>(
    http: &Http,
    (method, url): (&Method, &Url),
    console: &mut Console<'_>,
    send: impl Fn() -> A,
    facts: impl Fn(Result<&T, &R>) -> Facts,
) -> (Result<T, CallError<R>>, Option<ClockDifference>) {
    let mut observer = RequestObserver::default();
    let attempt = async |console: &mut Console<'_>, observer: &mut RequestObserver| {
        observer.sent(console, &method.as_str().to_lowercase(), url);
        let answer = send().await;
        let facts = match &answer {
            Ok(answer) => facts(Ok(answer)),
            Err(CallError::Refused(refused)) => facts(Err(refused)),
            Err(CallError::Transport(error)) => (error.status(), error.date),
        };
        observer.answered(console, facts, None);
        answer
    };
    let mut retries = Retries::new(http.timeout, method.is_safe());
    while let Some(pause) = retries.attempt(attempt(console, &mut observer)).await {
        verbose::retry(console, pause);
        sleep(pause).await;
    }
    (retries.answer(), observer.finish(console))
}
