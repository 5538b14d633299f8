//! Waiting for a customer's answer, and telling what came of it.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use clap::Args;
use serde_json::Value;

use super::Made;
use crate::altinn::system_user_request::{self, Kind, READ, State};
use crate::altinn::{Altinn, Item};
use crate::cli::args::typed;
use crate::cli::error::told::exit;
use crate::cli::error::{AlreadyTold, Failed, hints};
use crate::cli::output::clock;
use crate::cli::output::console::{Console, Tone, aligned};
use crate::cli::session::altinn_session::AltinnSession;
use crate::client::http::TransportError;
use crate::client::sanitize::quote;
use crate::config::ConfigError;

/// Whether to wait, and how long.
#[derive(Debug, Args)]
pub(super) struct WaitArg {
    /// wait for the answer, 10m at most, or as long as is said, such as 90s or 2h
    #[arg(long, value_name = "DURATION", num_args = 0..=1, require_equals = true, default_missing_value = "10m")]
    wait: Option<String>,
}

/// The first pause between two looks; each is half as long again as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How often the live line is written anew.
const TICK: Duration = Duration::from_secs(1);

impl WaitArg {
    pub(super) fn duration(&self) -> Result<Option<Duration>, ConfigError> {
        let Some(text) = &self.wait else { return Ok(None) };
        let given = typed("--wait", text).check(|text| match humantime::parse_duration(&text) {
            Ok(duration) if (SHORTEST_WAIT..=LONGEST_WAIT).contains(&duration) => Ok(duration),
            Ok(_) => Err(format!("{} is not between 1s and 180d, after which a request has timed out", quote(&text))),
            Err(_) => Err(format!("{} is not a duration, such as 90s, 10m or 2h", quote(&text))),
        })?;
        Ok(Some(given.value))
    }
}

/// So long the last look may take, beyond the time that was given.
const LAST_LOOK: Duration = Duration::from_secs(1);
/// Less would be no waiting.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
/// So long is a request open.
const LONGEST_WAIT: Duration = Duration::from_secs(180 * 24 * 60 * 60);

/// Makes the answer for a program.
pub(super) type InJson<'a> = &'a dyn Fn(&Item<Made>) -> Value;

/// How the waiting ended.
pub(super) enum Outcome {
    /// Nobody wanted to wait.
    NotWaited(Item<Made>),
    /// It was over before, so there was nothing to wait for.
    Over(Item<Made>),
    /// The customer answered, or will not any more.
    Decided(Item<Made>),
    /// Time was up.
    Undecided(Item<Made>, Duration),
    /// Somebody pressed Ctrl-C.
    Interrupted(Item<Made>),
    /// Something went wrong.
    Failed(Item<Made>, anyhow::Error),
}

/// Looks again and again, until the request is decided, or time is up.
pub(super) async fn until_decided(
    vendor: &mut AltinnSession,
    kind: Kind,
    mut request: Item<Made>,
    timeout: Duration,
    console: &mut Console<'_>,
) -> Outcome {
    if !console.has_live_line() {
        let long = duration(timeout);
        console.say(Tone::Note, &format!("waiting for the customer's answer, {long} at most; Ctrl-C ends the waiting"));
    }
    let ended = tokio::select! {
        // An answer that is there already counts.
        biased;
        ended = look(vendor, kind, &mut request, timeout, console) => Some(ended),
        Ok(()) = tokio::signal::ctrl_c() => None,
    };
    console.end_live_line();
    match ended {
        None => Outcome::Interrupted(request),
        Some(Err(error)) => Outcome::Failed(request, error),
        Some(Ok(true)) => Outcome::Decided(request),
        Some(Ok(false)) => Outcome::Undecided(request, timeout),
    }
}

/// Whether it was decided in time.
async fn look(
    vendor: &mut AltinnSession,
    kind: Kind,
    request: &mut Item<Made>,
    timeout: Duration,
    console: &mut Console<'_>,
) -> anyhow::Result<bool> {
    let id = request.known.id.clone();
    let started = Instant::now();
    let mut pause = FIRST_PAUSE;
    let mut silence = None;
    loop {
        let call = async |altinn: &Altinn<'_>| system_user_request::by_id(altinn, kind, &id).await;
        let mut asked_for = Duration::ZERO;
        let rest = timeout.saturating_sub(started.elapsed()).max(LAST_LOOK);
        match tokio::time::timeout(rest, vendor.ask(READ, console, call)).await {
            Ok(Ok(answer)) => (*request, silence) = (answer, None),
            // A server that has no answer just now may have one later.
            Ok(Err(error)) => match error.downcast_ref::<TransportError>() {
                Some(transport_error) => {
                    if silence.is_none() {
                        console.say(Tone::Warning, &format!("{transport_error}; still waiting"));
                    }
                    asked_for = transport_error.retry_after.unwrap_or_default();
                    silence = Some(error);
                }
                None => return Err(error),
            },
            Err(_) => silence = silence.or_else(|| Some(no_answer())),
        }
        if !matches!(request.known.state(), Some(State::New) | None) {
            return Ok(true);
        }
        if started.elapsed() >= timeout {
            return silence.map_or(Ok(false), Err);
        }
        let until = started.elapsed().saturating_add(pause.max(asked_for)).min(timeout);
        while started.elapsed() < until {
            let waited = duration(started.elapsed());
            // A line that is longer than the terminal is wide could not be taken away.
            let status: String = request.known.status().chars().take(20).collect();
            console.live_line(&format!("waiting for the customer: {status}, {waited}; Ctrl-C ends the waiting"));
            tokio::time::sleep(TICK.min(until.saturating_sub(started.elapsed()))).await;
        }
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

/// Time was up before an answer came.
fn no_answer() -> anyhow::Error {
    let problem = "no answer came any more in the time that was given".to_owned();
    Failed { exit_code: exit::SILENCE, problem, detail: Vec::new(), hints: Vec::new() }.into()
}

fn duration(duration: Duration) -> String {
    clock::duration(TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX))
}

impl Outcome {
    /// Answers with what became of the request; `json` makes the whole answer for a program. A request that came to
    /// nothing is an error, and so is one that is not decided. Whether one that was accepted before `lives`,
    /// only the caller knows.
    pub(super) fn tell(
        self,
        json: Option<InJson<'_>>,
        token_command: Option<&str>,
        lives: bool,
        vendor: &AltinnSession,
        console: &mut Console<'_>,
    ) -> anyhow::Result<()> {
        let request = match &self {
            Self::NotWaited(request) | Self::Over(request) | Self::Decided(request) => request,
            Self::Undecided(request, _) | Self::Interrupted(request) | Self::Failed(request, _) => request,
        };
        let waited = matches!(self, Self::Decided(_));
        match json {
            Some(json) => console.answer_json(&json(request))?,
            // It stands below the rows that were told before, and is as wide as they are.
            None if waited => {
                console.answer(aligned(&[("status      ", request.known.status().to_owned())]).as_bytes())?;
            }
            _ => {}
        }
        let go_on = |request: &Item<Made>| {
            let status = format!("request status {} --wait", hints::in_shell(&request.known.id));
            // What was asked for in a sandbox inside has ended with it.
            (!vendor.config().sandbox_inside).then(|| format!("to go on waiting: `{}`", vendor.command(&status)))
        };
        let stays = |request: &Item<Made>, console: &mut Console<'_>| {
            let go_on = go_on(request).map(|go_on| format!("the request stays; {go_on}"));
            console.say(Tone::Note, go_on.as_deref().unwrap_or("the request has ended with the sandbox"));
        };
        match self {
            Self::Failed(request, error) => {
                stays(&request, console);
                Err(error)
            }
            Self::NotWaited(_) => {
                token_command.iter().for_each(|it| console.say(Tone::Note, &format!("once it is accepted: `{it}`")));
                Ok(())
            }
            // What has just been accepted has its system user.
            Self::Over(ref request) | Self::Decided(ref request) => {
                let delete = vendor.command(&format!("request delete {}", hints::in_shell(&request.known.id)));
                came_to(&request.known, token_command, &delete, lives || waited, console)
            }
            Self::Undecided(request, timeout) => {
                let problem =
                    format!("not decided yet: the request is {} after {}", request.known.status(), duration(timeout));
                let go_on = go_on(&request);
                let confirm = request.known.confirm_url.as_ref().filter(|_| go_on.is_some());
                let sent = confirm.map(|url| format!("has the customer been sent there? {url}"));
                let hints = go_on.into_iter().chain(sent).collect();
                Err(Failed { exit_code: exit::UNDECIDED, problem, detail: Vec::new(), hints }.into())
            }
            Self::Interrupted(request) => {
                stays(&request, console);
                Err(AlreadyTold { exit_code: exit::INTERRUPTED }.into())
            }
        }
    }
}

/// What a decided request comes to.
fn came_to(
    request: &Made,
    token_command: Option<&str>,
    delete_command: &str,
    lives: bool,
    console: &mut Console<'_>,
) -> anyhow::Result<()> {
    let again = format!("to ask once more: `{delete_command}`, and then create a new one");
    let problem = match request.state() {
        Some(State::Accepted) if lives => {
            let token = token_command.map(|command| format!("; its token: `{command}`")).unwrap_or_default();
            console.say(Tone::Note, &format!("the system user is there{token}"));
            return Ok(());
        }
        Some(State::Accepted) => "the request was accepted before, and its system user has been deleted since",
        Some(State::Rejected) => "the customer rejected the request",
        Some(State::Denied) => "the request was denied",
        Some(State::TimedOut) => "the request has timed out: nobody answered it for 180 days",
        Some(State::New) | None => "the request is not decided",
    };
    Err(Failed { exit_code: exit::API, problem: problem.to_owned(), detail: Vec::new(), hints: vec![again] }.into())
}
