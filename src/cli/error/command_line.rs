//! Prints help, the version, and the errors of the parser.

use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ColorChoice, Command, CommandFactory, ValueEnum};

use super::config::{NO_PASSPHRASE, is_passphrase};
use super::{CommandError, Exit, did_you_mean};
use crate::cli::args::shell;
use crate::cli::args::variables::{raw_value, words};
use crate::cli::output::Console;
use crate::client::sanitize::{may_be_secret, show};
use crate::client::{Environment, OrgNumber};

/// Prints help and the version to stdout, and an error to stderr.
///
/// # Errors
/// Returns an error if stdout cannot be written.
pub fn print<C: CommandFactory>(error: clap::Error, console: &mut Console<'_>) -> Result<Exit, CommandError> {
    let text = with_hint::<C>(sanitized(error));
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

/// Adds a hint at the command line that was probably meant.
fn with_hint<C: CommandFactory>(mut error: clap::Error) -> clap::Error {
    let words: Vec<String> = words().iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let argument = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) => argument.clone(),
        _ => String::new(),
    };
    if let Some(ContextValue::StyledStrs(hints)) = error.get(ContextKind::Suggested)
        && hints.iter().any(|hint| hint.to_string().contains("as a value"))
    {
        // No positional argument of this program begins with a hyphen.
        error.remove(ContextKind::Suggested);
    }
    let is_unknown = error.kind() == ErrorKind::UnknownArgument;
    let owners = if is_unknown { owners::<C>(&argument) } else { Vec::new() };
    let is_passphrase = is_unknown && argument.starts_with("--") && is_passphrase(&argument);
    if !owners.is_empty() || is_passphrase {
        // A similar option would change the meaning of the command.
        error.remove(ContextKind::SuggestedArg);
        error.remove(ContextKind::Usage);
    }
    let by_kind = || match error.kind() {
        _ if !owners.is_empty() => Some(format!("{argument} is an option of {}", owners.join(", "))),
        ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand if words.iter().any(|word| is_typographic(word)) => {
            Some(TYPOGRAPHIC.to_owned())
        }
        _ if is_passphrase => Some(NO_PASSPHRASE.to_owned()),
        ErrorKind::UnknownArgument => {
            let command = chosen::<C>();
            duration(&words, &command).or_else(|| meant(&argument, &words, &command))
        }
        // The duration was read as the id of a request.
        ErrorKind::ArgumentConflict => duration(&words, &chosen::<C>()),
        ErrorKind::InvalidSubcommand if error.get(ContextKind::SuggestedSubcommand).is_none() => {
            let names: Vec<String> = chosen::<C>().get_subcommands().map(|command| format!("`{command}`")).collect();
            Some(format!("the commands are {}", names.join(", "))).filter(|_| !names.is_empty())
        }
        _ => None,
    };
    if let Some(hint) = by_kind() {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![hint.into()]));
    }
    error
}

/// The hint about an argument with typographic quotes or dashes.
const TYPOGRAPHIC: &str = "an argument has typographic quotes or a typographic dash: type straight quotes and hyphens";

/// Whether a word of the command line begins with a quote or a dash that a shell does not know. Web pages and word
/// processors write them.
fn is_typographic(word: &str) -> bool {
    let value = word.split_once('=').filter(|(name, _)| name.starts_with("--")).map_or(word, |(_, value)| value);
    value.starts_with(['“', '”', '„', '«', '»', '‘', '’']) || word.trim_start_matches('-').starts_with(['–', '—'])
}

/// The hint for a duration that follows `--wait` without an equals sign: clap reads it as another argument.
fn duration(words: &[String], command: &Command) -> Option<String> {
    let number = &words.windows(2).find(|pair| pair[0] == "--wait")?[1];
    let unit = if number.bytes().all(|byte| byte.is_ascii_digit()) { "s" } else { "" };
    let is_number = number.starts_with(|c: char| c.is_ascii_digit()) && number.len() < 9;
    (is_number && has_option(command, "wait"))
        .then(|| format!("write an equals sign before a duration: `--wait={number}{unit}`"))
}

/// The hint for an unexpected argument.
fn meant(argument: &str, words: &[String], command: &Command) -> Option<String> {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let before = &words[words.iter().position(|word| word == argument)?.checked_sub(1)?];
    let file = format!("{before} {argument}");
    if Path::new(&file).is_file() {
        return Some(format!("put quotes around a file name with a space: {}", shell::path(Path::new(&file))));
    }
    if is_number(before) && is_number(argument) {
        return Some("write an organisation number without spaces".to_owned());
    }
    let option = match argument {
        // The options of curl.
        "-X" => "method",
        "-d" => "data",
        "-H" => "header",
        "-o" => "output",
        text if text.parse::<Environment>().is_ok() => "env",
        text if text.parse::<OrgNumber>().is_ok() => "org",
        text if text.parse::<u16>().is_ok() => "port",
        text if [".pem", ".p12", ".pfx"].iter().any(|end| text.ends_with(end)) => "key",
        text if [".cer", ".crt"].iter().any(|end| text.ends_with(end)) => "certificate",
        text if text.ends_with(".toml") => "config",
        text if text.contains(':') => "scope",
        text if text.contains('_') => "system",
        _ => return None,
    };
    let value = if argument.starts_with('-') { String::new() } else { format!(" {}", shell::quote(argument)) };
    has_option(command, option).then(|| did_you_mean(&format!("--{option}{value}")))
}

/// The commands that have an option that is unknown to the chosen command.
fn owners<C: CommandFactory>(argument: &str) -> Vec<String> {
    let Some(name) = argument.strip_prefix("--") else { return Vec::new() };
    program::<C>().get_subcommands().flat_map(|command| owners_of(command, name)).collect()
}

/// The command, if it has this option, or one or two commands below it that have the option. More than two are not
/// listed.
fn owners_of(command: &Command, name: &str) -> Vec<String> {
    let below: Vec<&Command> = command.get_subcommands().filter(|below| has_option(below, name)).collect();
    match below.len() {
        1 | 2 => below.iter().map(|owner| format!("`{} {}`", command.get_name(), owner.get_name())).collect(),
        _ if has_option(command, name) => vec![format!("`{}`", command.get_name())],
        _ => Vec::new(),
    }
}

/// The command that the typed words choose.
pub(crate) fn chosen<C: CommandFactory>() -> Command {
    let words = words();
    words.iter().skip(1).fold(program::<C>(), |command, word| command.find_subcommand(word).cloned().unwrap_or(command))
}

/// The program with the options of its commands, which are added when it is built.
fn program<C: CommandFactory>() -> Command {
    let mut program = C::command();
    program.build();
    program
}

/// Whether the command or a command below it has this option.
pub(crate) fn has_option(command: &Command, name: &str) -> bool {
    command.get_arguments().any(|option| option.get_long() == Some(name))
        || command.get_subcommands().any(|command| has_option(command, name))
}
