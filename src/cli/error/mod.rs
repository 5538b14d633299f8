//! From a finished error to words, hints and the exit code.

pub(crate) mod hints;
pub(crate) mod token_refused;
pub(crate) mod told;
pub(crate) mod transport_error;

use std::error::Error;
use std::io;

use crate::cli::error::token_refused::RefusedGrant;
use crate::cli::error::told::{Told, exit};
use crate::cli::output::console::{Console, Tone};
use crate::cli::session::verification::TokenFault;
use crate::client::http::{CallError, Problem, TransportError};
use crate::client::key::KeyError;
use crate::config::ConfigError;
use crate::explain::{self, Cause, Entry};

/// The command line has a shape that clap lets pass, and that makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub(crate) struct Usage {
    pub(crate) problem: String,
    /// The command that was typed.
    pub(crate) command: &'static str,
}

/// What was asked for cannot be had, and no room below has a type for that.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub(crate) struct Failed {
    pub(crate) exit_code: u8,
    pub(crate) problem: String,
    pub(crate) detail: Vec<String>,
    pub(crate) hints: Vec<String>,
}

/// An error with hints that only the place where it happened could give.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
struct Hinted {
    error: anyhow::Error,
    hints: Vec<String>,
    again: Option<Again>,
}

/// What completes the commands of hints, each with a space before it.
#[derive(Debug)]
pub(crate) struct Again {
    /// What stands for `--env ENV`.
    pub(crate) options: String,
    /// What stands for `--system ID`.
    pub(crate) system: String,
}

pub(crate) fn with_hints(hints: Vec<String>, error: impl Error + Send + Sync + 'static) -> anyhow::Error {
    Hinted { error: error.into(), hints, again: None }.into()
}

/// Why a call has no answer. Where it was refused, there are hints, whose commands are to take this configuration.
pub(crate) fn of_call(error: CallError, again: Again, hints: impl FnOnce(&Problem) -> Vec<String>) -> anyhow::Error {
    match error {
        CallError::Problem(refused) => {
            Hinted { hints: hints(&refused), error: (*refused).into(), again: Some(again) }.into()
        }
        CallError::Transport(transport_error) => transport_error.into(),
    }
}

/// What has been told already, where it belongs, and only ends the process.
#[derive(Debug, thiserror::Error)]
#[error("exit code {exit_code}")]
pub(crate) struct AlreadyTold {
    pub(crate) exit_code: u8,
}

/// Tells a person what went wrong, and answers with the exit code.
pub fn report(error: &anyhow::Error, console: &mut Console<'_>) -> u8 {
    if is_broken_pipe(error) {
        return 0;
    }
    if let Some(AlreadyTold { exit_code }) = error.downcast_ref() {
        return *exit_code;
    }
    let told = told(error);
    console.say(Tone::Error, &told.sentence);
    told.detail.iter().for_each(|line| console.detail(line));
    told.hints.iter().for_each(|hint| console.say(Tone::Hint, hint));
    told.notes.iter().for_each(|note| console.say(Tone::Note, note));
    told.exit_code
}

/// Puts an error into words.
pub(crate) fn told(error: &anyhow::Error) -> Told {
    match error.downcast_ref::<Hinted>() {
        Some(Hinted { error, hints, again }) => {
            let told = tell(error);
            let hints = hints.iter().chain(&told.hints).map(|hint| match again {
                Some(again) => hint.replace(" --env ENV", &again.options).replace(" --system ID", &again.system),
                None => hint.clone(),
            });
            Told { hints: hints.collect(), ..told }
        }
        None => tell(error),
    }
}

fn tell(error: &anyhow::Error) -> Told {
    if let Some(usage) = error.downcast_ref::<Usage>() {
        let hints = vec![format!("`systemuser-demo {} --help` shows what it takes", usage.command)];
        Told { exit_code: exit::USAGE, sentence: usage.to_string(), hints, ..Told::default() }
    } else if let Some(config) = error.downcast_ref::<ConfigError>() {
        Told {
            exit_code: exit::CONFIGURATION,
            sentence: config.to_string(),
            hints: hints::of_config(config),
            ..Told::default()
        }
    } else if let Some(key) = error.downcast_ref::<KeyError>() {
        Told { exit_code: exit::CONFIGURATION, sentence: key.to_string(), ..Told::default() }
    } else if let Some(refused) = error.downcast_ref::<RefusedGrant>() {
        refused.told()
    } else if let Some(fault) = error.downcast_ref::<TokenFault>() {
        Told { exit_code: exit::MASKINPORTEN, sentence: format!("the token {fault}"), ..Told::default() }
    } else if let Some(refused) = error.downcast_ref::<Problem>() {
        refused_call(refused)
    } else if let Some(Failed { exit_code, problem, detail, hints }) = error.downcast_ref::<Failed>() {
        let (sentence, detail, hints) = (problem.clone(), detail.clone(), hints.clone());
        Told { exit_code: *exit_code, sentence, detail, hints, notes: Vec::new() }
    } else if let Some(transport_error) = error.downcast_ref::<TransportError>() {
        transport_error::told(transport_error)
    } else {
        Told { exit_code: exit::UNEXPECTED, sentence: format!("{error:#}"), ..Told::default() }
    }
}

/// An API's refusal, with what its codes mean. Where it lists faults, they are what it is about.
fn refused_call(refused: &Problem) -> Told {
    let mut detail: Vec<String> = refused.www_authenticate.iter().cloned().collect();
    let of_code = |code: &Option<String>| code.as_deref().and_then(explain::of_code);
    let whole = of_code(&refused.code).filter(|_| refused.faults.is_empty());
    detail.extend(whole.map(|entry| format!("{}: {}", entry.code, entry.meaning)));
    let mut entries: Vec<&Entry> = whole.into_iter().collect();
    for fault in &refused.faults {
        let words = [fault.code.clone(), Some(fault.paths.join(", ")).filter(|paths| !paths.is_empty())];
        let words: Vec<String> = words.into_iter().flatten().collect();
        let text = fault.text.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
        detail.push(format!("{}{text}", words.join(" ")));
        if let Some(entry) = of_code(&fault.code) {
            detail.push(format!("  {}", entry.meaning));
            if !entries.iter().any(|known| known.code == entry.code) {
                entries.push(entry);
            }
        }
    }
    // ASP.NET's id of the call is what support asks for.
    let (trace, others): (Vec<_>, Vec<_>) = refused.others.iter().partition(|(name, _)| name == "traceId");
    detail.extend(others.into_iter().map(|(name, value)| format!("{name}: {value}")));
    let notes = trace.into_iter().map(|(_, id)| format!("trace id {id}")).collect();
    let causes = entries.iter().flat_map(|entry| entry.causes).map(Cause::in_a_line);
    Told { exit_code: exit::API, sentence: refused.to_string(), detail, hints: causes.collect(), notes }
}

/// Whoever read the answer has seen enough, as `head` does.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
