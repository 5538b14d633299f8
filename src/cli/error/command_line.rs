//! Prints help, the version, and the errors of the parser.

use std::env;
use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ColorChoice, ValueEnum};

use super::{CommandError, Exit};
use crate::cli::args;
use crate::cli::output::Console;
use crate::client::sanitize::{may_be_secret, show};

/// Prints help and the version to stdout, and an error to stderr.
///
/// # Errors
/// Returns an error if stdout cannot be written.
pub fn print(error: clap::Error, console: &mut Console<'_>) -> Result<Exit, CommandError> {
    let text = with_hint(sanitized(error));
    if text.use_stderr() {
        console.usage_error(&text.render());
        return Ok(Exit::CommandLine);
    }
    console.answer_styled(&text.render())?;
    Ok(Exit::Done)
}

/// The value of `--color` on a command line that cannot be parsed.
pub fn typed_colour() -> ColorChoice {
    let words: Vec<OsString> = env::args_os().collect();
    let value = args::raw_value(&words, &["--color"]);
    let choice = value.and_then(|value| ColorChoice::from_str(&value.to_string_lossy(), false).ok());
    choice.unwrap_or_default()
}

/// Hides arguments in clap's errors that may be secrets, and escapes control characters in them.
fn sanitized(mut error: clap::Error) -> clap::Error {
    for kind in [ContextKind::InvalidArg, ContextKind::InvalidValue, ContextKind::InvalidSubcommand] {
        let Some(ContextValue::String(argument)) = error.get(kind) else { continue };
        let shown = if may_be_secret(argument) { format!("[{}]", show(argument)) } else { show(argument) };
        if shown != *argument {
            error.insert(kind, ContextValue::String(shown));
            // The suggestion repeats the argument.
            error.remove(ContextKind::Suggested);
        }
    }
    error
}

/// Adds a hint if a duration stands after `--wait` without an equals sign.
fn with_hint(mut error: clap::Error) -> clap::Error {
    if error.kind() == ErrorKind::UnknownArgument
        && let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg)
        && humantime::parse_duration(argument).is_ok()
    {
        let words: Vec<OsString> = env::args_os().collect();
        if words.windows(2).any(|pair| pair[0] == "--wait" && pair[1] == argument.as_str()) {
            let hint = format!("write an equals sign before a duration: `--wait={argument}`").into();
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![hint]));
        }
    }
    error
}
