//! Asks a person at a terminal for the values of a configuration.

use std::io::{self, BufRead, IsTerminal};

use anyhow::Context;

use crate::cli::args::typed;
use crate::cli::error::CommandError;
use crate::cli::output::{Console, Level};
use crate::cli::session::starter;
use crate::client::OrgNumber;
use crate::config::{CLIENT_ID, Checked, Given, Overrides, SCOPE};

/// Whether a person can answer questions.
pub(super) fn is_at_terminal() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// A setting of the table `[vendor]`, and its value.
type VendorValue = (&'static str, String);

/// Asks for the values that were not given, and for the vendor's values, which have no options. Returns the vendor's as
/// settings and values.
pub(super) fn asked_for(
    given: Overrides,
    shipped: &str,
    console: &mut Console<'_>,
) -> Result<(Overrides, Vec<VendorValue>), CommandError> {
    let example = |table: &str, key: &str| starter::value(shipped, table, key).unwrap_or_default();
    let one_word = |text: String| match text.contains(char::is_whitespace) {
        true => Err("the value contains a space"),
        false => Ok(text),
    };
    let number = |answer: Given<String>| answer.check(|text| text.parse::<OrgNumber>().map(|org| org.to_string()));
    let client_id = match given.client_id {
        None => ask(CLIENT_ID.words, example("", "client_id"), |answer| answer.check(one_word), console)?,
        given => given,
    };
    let scope = match given.scope {
        None => ask(SCOPE.words, example("", "scope"), Given::scopes, console)?,
        given => given,
    };
    let org = match given.org {
        None => ask("organisation that owns the system user", example("", "org"), number, console)?,
        given => given,
    };
    let vendor = ask("vendor's organisation number", example("vendor", "org"), number, console)?;
    // The id of a system begins with its vendor's number.
    let name = example("vendor", "system_id").split_once('_').map_or("", |(_, name)| name);
    let begin = vendor.as_ref().map_or(example("vendor", "org"), |vendor| &vendor.value);
    let default = format!("{begin}_{name}");
    let check = |text: String| match text.split_once('_') {
        Some((number, name)) if number == begin && !name.is_empty() => one_word(text).map_err(str::to_owned),
        _ => Err(format!("a system id begins with the vendor's number: {begin}_NAME")),
    };
    let system_id = ask("system id", &default, |answer| answer.check(check), console)?;
    let system_id = system_id.map(|answer| answer.value).or_else(|| vendor.is_some().then_some(default));
    let vendor = vendor.map(|answer| ("org", answer.value)).into_iter();
    let vendor = vendor.chain(system_id.map(|id| ("system_id", id))).collect();
    Ok((Overrides { client_id, scope, org, ..given }, vendor))
}

/// Asks for a value until it is valid. An empty answer keeps the default value.
pub(super) fn ask(
    words: &'static str,
    default: &str,
    check: impl Fn(Given<String>) -> Checked<String>,
    console: &mut Console<'_>,
) -> Result<Option<Given<String>>, CommandError> {
    loop {
        console.prompt(&format!("{words} [{default}]: "));
        let line = read_line()?;
        if line.is_empty() {
            // The prompt has no line break.
            console.prompt("\n");
            return Err(CommandError::command_line("standard input ended before all questions were answered"));
        }
        let Ok(line) = String::from_utf8(line) else {
            console.message(Level::Error, &format!("{words}: the value is not UTF-8 text"));
            continue;
        };
        if line.trim().is_empty() {
            return Ok(None);
        }
        match check(typed(words, line.trim())) {
            Ok(answer) => return Ok(Some(answer)),
            Err(error) => console.message(Level::Error, &error.to_string()),
        }
    }
}

/// A line of standard input.
pub(super) fn read_line() -> Result<Vec<u8>, CommandError> {
    let mut line = Vec::new();
    io::stdin().lock().read_until(b'\n', &mut line).context("cannot read standard input")?;
    Ok(line)
}
