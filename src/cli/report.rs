//! From a finished error to words, hints and the exit code.

use std::error::Error;
use std::io;

use super::console::{Console, Tone};
use super::hints;
use crate::config::ConfigError;
use crate::http::{Refused, Unreachable};
use crate::key::KeyError;
use crate::maskinporten::TokenRefused;

/// The command line has a shape that clap lets pass, and that makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub(super) struct Usage {
    pub(super) problem: String,
    /// The command that was typed.
    pub(super) command: &'static str,
}

/// An error with hints that only the place where it happened could give.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
struct Hinted {
    error: anyhow::Error,
    hints: Vec<String>,
}

pub(super) fn with_hints(hints: Vec<String>, error: impl Error + Send + Sync + 'static) -> anyhow::Error {
    Hinted { error: error.into(), hints }.into()
}

/// An error in words.
#[derive(Default)]
struct Told {
    exit_code: u8,
    sentence: String,
    /// The other side's own words.
    quoted: Option<String>,
    hints: Vec<String>,
    note: Option<String>,
}

/// Tells a person what went wrong, and answers with the exit code.
pub fn report(error: &anyhow::Error, console: &mut Console<'_>) -> u8 {
    if is_broken_pipe(error) {
        return 0;
    }
    let (error, placed) = match error.downcast_ref::<Hinted>() {
        Some(Hinted { error, hints }) => (error, hints.as_slice()),
        None => (error, [].as_slice()),
    };
    let told = tell(error);
    console.say(Tone::Error, &told.sentence);
    if let Some(words) = &told.quoted {
        console.plain(&format!("  {words}"));
    }
    for hint in placed.iter().chain(&told.hints) {
        console.say(Tone::Hint, hint);
    }
    if let Some(note) = &told.note {
        console.say(Tone::Note, note);
    }
    told.exit_code
}

fn tell(error: &anyhow::Error) -> Told {
    if let Some(usage) = error.downcast_ref::<Usage>() {
        let hints = vec![format!("`systemuser-demo {} --help` shows what it takes", usage.command)];
        Told { exit_code: 2, sentence: usage.to_string(), hints, ..Told::default() }
    } else if let Some(config) = error.downcast_ref::<ConfigError>() {
        Told { exit_code: 3, sentence: config.to_string(), hints: hints::of_config(config), ..Told::default() }
    } else if let Some(key) = error.downcast_ref::<KeyError>() {
        Told { exit_code: 3, sentence: key.to_string(), ..Told::default() }
    } else if let Some(refused) = error.downcast_ref::<TokenRefused>() {
        Told {
            exit_code: 4,
            sentence: refused.to_string(),
            quoted: refused.description.clone(),
            hints: hints::of_token_refusal(refused),
            note: for_support(refused),
        }
    } else if let Some(refused) = error.downcast_ref::<Refused>() {
        let quoted = refused.www_authenticate.clone();
        Told { exit_code: 5, sentence: refused.to_string(), quoted, ..Told::default() }
    } else if let Some(silence) = error.downcast_ref::<Unreachable>() {
        Told { exit_code: 6, sentence: silence.to_string(), hints: hints::of_silence(silence), ..Told::default() }
    } else {
        Told { exit_code: 1, sentence: format!("{error:#}"), ..Told::default() }
    }
}

/// What support asks for.
fn for_support(refused: &TokenRefused) -> Option<String> {
    let trace_id = refused.trace_id.as_ref().map(|id| format!("trace id {id}"));
    let known: Vec<String> = trace_id.into_iter().chain(refused.error_uri.clone()).collect();
    (!known.is_empty()).then(|| known.join(", "))
}

/// Whoever read the answer has seen enough, as `head` does.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
