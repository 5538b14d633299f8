//! Prints help, the version, and the errors of the parser.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue};
use clap::{ColorChoice, ValueEnum};

use super::{CommandError, Exit};
use crate::cli::args::variables::{raw_value, words};
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
    let value = raw_value(&words(), &["--color"]);
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

/// Adds a hint if a duration follows `--wait` without an equals sign: clap reads it as another argument.
fn with_hint(mut error: clap::Error) -> clap::Error {
    let words = words();
    let is_wait = |pair: &&[OsString]| pair[0] == "--wait";
    let duration = words.windows(2).find(is_wait).and_then(|pair| pair[1].to_str());
    let is_number = |text: &&str| text.starts_with(|c: char| c.is_ascii_digit());
    if let Some(number) = duration.filter(is_number).filter(|text| text.len() < 9) {
        let unit = if number.bytes().all(|byte| byte.is_ascii_digit()) { "s" } else { "" };
        let hint = format!("write an equals sign before a duration: `--wait={number}{unit}`").into();
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![hint]));
    }
    error
}
