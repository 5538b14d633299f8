//! Waits for a customer's decision.

use std::time::{Duration, Instant};

use clap::Args;
use serde_json::Value;

use crate::altinn::rights::{AccessPackage, Right};
use crate::altinn::system_user_request::{self, Kind, READ, Request, State};
use crate::altinn::{Altinn, Item};
use crate::cli::args::{parsed, shell};
use crate::cli::error::{CommandError, Exit};
use crate::cli::output::{Console, duration, pairs};
use crate::cli::session::AltinnSession;
use crate::client::{OrgNumber, is_loopback, quote};
use crate::config::{ConfigError, EXTERNAL_REF};

/// Whether to wait, and how long.
#[derive(Debug, Args)]
pub(super) struct WaitArg {
    /// wait for the customer's decision, for at most DURATION, such as 90s or 2h; `--wait` alone means 10m
    #[arg(long, value_name = "DURATION", num_args = 0..=1, require_equals = true, default_missing_value = "10m")]
    wait: Option<String>,
}

/// The first pause between two polls. Each further pause is 1.5 times as long as the previous pause.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The longest pause between two polls of a server on this machine, which nobody else uses.
const LONGEST_LOCAL_PAUSE: Duration = Duration::from_secs(1);
/// The interval at which the progress line is updated.
const TICK: Duration = Duration::from_secs(1);

impl WaitArg {
    pub(super) fn duration(&self) -> Result<Option<Duration>, ConfigError> {
        parsed("--wait", self.wait.as_ref(), |text| match humantime::parse_duration(&text) {
            Ok(duration) if (SHORTEST_WAIT..=LONGEST_WAIT).contains(&duration) => Ok(duration),
            Ok(_) => Err(format!(
                "expected a duration from 1s to 180d, found {}; a request times out after 180d",
                quote(&text)
            )),
            Err(_) => Err(format!("expected a duration such as 90s, 10m or 2h, found {}", quote(&text))),
        })
    }
}

/// The time that the last poll may take after the given time has ended.
const LAST_LOOK: Duration = Duration::from_secs(1);
/// The shortest time to wait.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
/// How long a request stays open.
const LONGEST_WAIT: Duration = Duration::from_secs(180 * 24 * 60 * 60);

/// Converts a request into the whole result as JSON.
pub(super) type ToJson<'a> = &'a dyn Fn(&Item<Request>) -> Value;

/// A request, and how the waiting for it ended.
pub(super) struct Outcome {
    pub(super) kind: Kind,
    pub(super) request: Item<Request>,
    pub(super) end: End,
}

/// How the waiting ended.
pub(super) enum End {
    /// `--wait` was not given.
    NotWaited,
    /// The request had ended already, so there was nothing to wait for.
    Over,
    /// The customer decided, or can no longer decide.
    Decided,
    /// The time ended.
    Undecided(Duration),
    /// The user pressed Ctrl-C.
    Interrupted,
    /// A call failed.
    Failed(CommandError),
}

/// Polls the request until it is decided or the time ends.
pub(super) async fn until_decided(
    altinn: &mut AltinnSession,
    kind: Kind,
    mut request: Item<Request>,
    timeout: Duration,
    console: &mut Console<'_>,
) -> Outcome {
    if !console.shows_progress() {
        let timeout = duration(timeout.as_secs());
        console.note(&format!("waiting at most {timeout} for the customer's decision; press Ctrl-C to stop"));
    }
    let decided = tokio::select! {
        // A decision that has arrived takes precedence over Ctrl-C.
        biased;
        decided = look(altinn, kind, &mut request, timeout, console) => Some(decided),
        Ok(()) = tokio::signal::ctrl_c() => None,
    };
    console.end_progress();
    let end = match decided {
        None => End::Interrupted,
        Some(Err(error)) => End::Failed(error),
        Some(Ok(true)) => End::Decided,
        Some(Ok(false)) => End::Undecided(timeout),
    };
    Outcome { kind, request, end }
}

/// Polls the request. Returns whether it was decided in time.
async fn look(
    altinn: &mut AltinnSession,
    kind: Kind,
    request: &mut Item<Request>,
    timeout: Duration,
    console: &mut Console<'_>,
) -> Result<bool, CommandError> {
    let id = request.known.id.clone();
    let call = async |api: &Altinn<'_>| system_user_request::by_id(api, kind, &id).await;
    let is_local = is_loopback(&altinn.config().endpoints.altinn);
    let longest_pause = if is_local { LONGEST_LOCAL_PAUSE } else { LONGEST_PAUSE };
    let (started, mut pause, mut last_error) = (Instant::now(), FIRST_PAUSE, None);
    loop {
        let mut retry_after = Duration::ZERO;
        let rest = timeout.saturating_sub(started.elapsed()).max(LAST_LOOK);
        match tokio::time::timeout(rest, altinn.try_call(READ, console, &call)).await {
            Ok(Ok(answer)) => (*request, last_error) = (answer, None),
            Ok(Err(error)) => {
                let requested_pause = error.transport_error().map(|error| error.retry_after.unwrap_or_default());
                let error = altinn.explain(error, console);
                // A server that does not respond now may respond later.
                let Some(requested_pause) = requested_pause else { return Err(error) };
                if last_error.is_none() {
                    console.warning(&format!("{}; still waiting", error.sentence));
                }
                retry_after = requested_pause;
                last_error = Some(error);
            }
            Err(_) => {
                let no_answer = || CommandError::new(Exit::NoAnswer, "no response arrived in the given time");
                last_error = last_error.or_else(|| Some(no_answer()));
            }
        }
        if !matches!(request.known.state(), Some(State::New) | None) {
            return Ok(true);
        }
        if started.elapsed() >= timeout {
            return last_error.map_or(Ok(false), Err);
        }
        let until = started.elapsed().saturating_add(pause.max(retry_after)).min(timeout);
        while started.elapsed() < until {
            let waited = duration(started.elapsed().as_secs());
            // With a known status, the line has at most 58 characters. A longer status would hide the rest of it.
            let status: String = request.known.status().chars().take(20).collect();
            console.progress(&format!("waiting for the customer: {status}, {waited}; Ctrl-C to stop"));
            tokio::time::sleep(TICK.min(until.saturating_sub(started.elapsed()))).await;
        }
        pause = (pause * 3 / 2).min(longest_pause);
    }
}

impl Outcome {
    /// Prints the result and the next steps, and returns the exit code. `to_json` converts the request for `--json`.
    /// `has_system_user` is whether a request that was accepted earlier still has its system user.
    pub(super) fn finish(
        self,
        to_json: Option<ToJson<'_>>,
        token_command: Option<&str>,
        has_system_user: bool,
        altinn: &AltinnSession,
        console: &mut Console<'_>,
    ) -> Result<Exit, CommandError> {
        let Self { kind, request, end } = self;
        let waited = matches!(end, End::Decided);
        match to_json {
            Some(to_json) => console.answer_json(&to_json(&request))?,
            // This row follows the rows of the request, so its first column has the same width.
            None if waited => console.answer(pairs(&[("status      ", request.known.status().to_owned())]))?,
            _ => {}
        }
        // A request in a sandbox inside this process ends with the process.
        let is_kept = !altinn.config().sandbox_inside;
        let id = shell::quote(&request.known.id);
        let change = if kind == Kind::Change { " --change" } else { "" };
        let status = altinn.rerun.command(&format!("request status {id}{change} --wait"));
        let wait_on = is_kept.then(|| format!("to continue waiting: `{status}`"));
        let note = wait_on.as_ref().map(|wait_on| format!("the request stays open; {wait_on}"));
        let note = note.unwrap_or_else(|| "the built-in sandbox has ended and discarded the request".to_owned());
        match end {
            End::Failed(error) => {
                console.note(&note);
                Err(error)
            }
            End::NotWaited if kind == Kind::Change => {
                let status = is_kept.then_some(status).map(|it| format!("; to wait for the decision, run `{it}`"));
                let status = status.unwrap_or_default();
                console.note(&format!("the change takes effect once the customer approves it{status}"));
                Ok(Exit::Done)
            }
            End::NotWaited => {
                token_command
                    .iter()
                    .for_each(|it| console.note(&format!("to get a token once the request is accepted, run `{it}`")));
                Ok(Exit::Done)
            }
            // A request that has just been accepted has its system user.
            End::Over | End::Decided if kind == Kind::Change => {
                let customer = request.known.party_org_no.as_deref().and_then(|org| org.parse::<OrgNumber>().ok());
                let customer = customer.map_or("ORG".to_owned(), |org| org.to_string());
                // If the configuration has a reference and the request has none, the command names the customer's
                // number, which Altinn uses as the default reference.
                let default = altinn.config().external_ref.as_ref().map(|_| customer.as_str());
                let external_ref = request.known.external_ref().or(default);
                let external_ref =
                    external_ref.map(|text| shell::option(EXTERNAL_REF.option, text)).unwrap_or_default();
                let again = format!("request change {customer}{}{external_ref}", change_options(&request.known));
                let again = altinn.command_about_system(&again);
                let again = format!("to ask again, create a new change request, for example with `{again}`");
                result(&request.known, "the system user has been changed", token_command, again, true, console)
            }
            End::Over | End::Decided => {
                let delete = altinn.rerun.command(&format!("request delete {id}"));
                let again = format!("to ask again, delete the request with `{delete}`, then create a new request");
                result(
                    &request.known,
                    "the system user exists",
                    token_command,
                    again,
                    has_system_user || waited,
                    console,
                )
            }
            End::Undecided(timeout) => {
                let (status, timeout) = (request.known.status(), duration(timeout.as_secs()));
                let problem = format!(
                    "the customer has not decided yet: after {timeout}, the request's status is still {status}"
                );
                let confirm = request.known.confirm_url.as_ref().filter(|_| is_kept);
                let sent =
                    confirm.map(|url| format!("has the customer not opened the confirm URL? send it again: {url}"));
                let hints = wait_on.into_iter().chain(sent).collect();
                Err(CommandError { hints, ..CommandError::new(Exit::Undecided, problem) })
            }
            End::Interrupted => {
                console.note(&note);
                Ok(Exit::Interrupted)
            }
        }
    }
}

/// The options of `request change` that ask for the same change.
fn change_options(request: &Request) -> String {
    let rights =
        |option, rights: &[Right]| shell::options(option, &rights.iter().map(Right::resource).collect::<Vec<_>>());
    let packages = |option, packages: &[AccessPackage]| {
        shell::options(option, &packages.iter().map(|package| package.name().to_owned()).collect::<Vec<_>>())
    };
    let options = rights("--add-right", &request.required_rights)
        + &rights("--remove-right", &request.unwanted_rights)
        + &packages("--add-package", &request.required_access_packages)
        + &packages("--remove-package", &request.unwanted_access_packages);
    if options.is_empty() { " --add-right RESOURCE".to_owned() } else { options }
}

/// The result of a request that has ended. `again` is the hint for a request that was not accepted.
fn result(
    request: &Request,
    accepted: &str,
    token_command: Option<&str>,
    again: String,
    has_system_user: bool,
    console: &mut Console<'_>,
) -> Result<Exit, CommandError> {
    let problem = match request.state() {
        Some(State::Accepted) if has_system_user => {
            let token =
                token_command.map(|command| format!("; to get a token for it, run `{command}`")).unwrap_or_default();
            console.note(&format!("{accepted}{token}"));
            return Ok(Exit::Done);
        }
        Some(State::NoChangeNeeded) => {
            console.note("no change is needed, so the customer has nothing to approve");
            return Ok(Exit::Done);
        }
        Some(State::Accepted) => "the request was accepted earlier, but its system user has since been deleted",
        Some(State::Rejected) => "the customer rejected the request",
        Some(State::Denied) => "the request was denied",
        Some(State::TimedOut) => "the request has timed out: the customer did not decide within 180 days",
        Some(State::New) | None => "the request is not decided",
    };
    Err(CommandError::new(Exit::Api, problem).hint(again))
}
