//! The file of a system: JSON in the System Register's format, read and checked before anything is sent.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::member_names::{in_altinns_spelling, known};
use crate::altinn::system::{Draft, IGNORED_FIELDS, System, ValidationError};
use crate::cli::args::{config_file, file_name};
use crate::cli::error::{CommandError, Exit, did_you_mean, nearest};
use crate::client::{quote, quote_path};
use crate::config::Source;

/// Reads the draft of a system from a file.
pub(super) fn read(path: &OsStr) -> Result<(PathBuf, Draft), CommandError> {
    let path = file_name(path.to_owned(), Source::Option("FILE"))?.value;
    let text = config_file::text(&path, "")
        .map_err(|error| CommandError { exit: Exit::CommandLine, ..CommandError::from(error) })?;
    let mut unknown = BTreeSet::new();
    let spelled = in_altinns_spelling(text.trim_start_matches('\u{feff}'));
    let mut json = serde_json::Deserializer::from_str(&spelled);
    let draft = {
        let mut note = |field: serde_ignored::Path<'_>| {
            unknown.insert(field.to_string());
        };
        serde_path_to_error::deserialize(serde_ignored::Deserializer::new(&mut json, &mut note))
    };
    let wrong = |field: &str, error: &serde_json::Error| {
        let other = other_format(&text).filter(|_| !error.is_data());
        let hint = match other {
            _ if is_a_key(&text) => Some(A_KEY.to_owned()),
            Some(_) => Some(format!("write the system as {FORM}")),
            None if error.is_data() => Some(hint(error, field.is_empty())),
            None => syntax_hint(error, &text).map(str::to_owned),
        };
        let problem = match other {
            Some(problem) => problem.to_owned(),
            None if error.is_data() => format!(": {field}{}", without_texts(error)),
            None => format!(" is not valid JSON: {field}{}", without_texts(error)),
        };
        let error = CommandError::command_line(format!("{}{problem}", quote_path(&path)));
        CommandError { hints: hint.into_iter().collect(), ..error }
    };
    let draft: Draft = draft.map_err(|error| match error.path().to_string().as_str() {
        "." | "?" => wrong("", error.inner()),
        field => wrong(&format!("{}: ", quote(field)), error.inner()),
    })?;
    json.end().map_err(|error| wrong("", &error))?;
    match unknown.into_iter().find(|field| !IGNORED_FIELDS.contains(&field.as_str())) {
        Some(field) => Err(unknown_field(&path, &field)),
        None => Ok((path, draft.without_ignored_fields())),
    }
}

/// Rejects an extra field, unless `is_known` accepts it.
pub(super) fn check_fields(path: &Path, draft: &Draft, is_known: impl Fn(&str) -> bool) -> Result<(), CommandError> {
    match draft.extra_fields.keys().find(|field| !is_known(field)) {
        Some(field) => Err(unknown_field(path, field)),
        None => Ok(()),
    }
}

/// Whether Altinn may have added this field: it looks like a field, and not like a misspelled known field.
pub(super) fn may_be_new(field: &str) -> bool {
    field.len() < 40 && field.bytes().all(|byte| byte.is_ascii_alphabetic()) && meant(field).is_none()
}

fn unknown_field(path: &Path, key: &str) -> CommandError {
    let hint = meant(key).map(did_you_mean);
    let problem = format!("{}: {} is not a known field", quote_path(path), quote(key));
    CommandError { hints: hint.into_iter().collect(), ..CommandError::command_line(problem) }
}

/// The known field at the same place in the JSON that was probably meant.
fn meant(field: &str) -> Option<&'static str> {
    let mut names = field.split('.').filter(|name| name.parse::<usize>().is_err()).collect::<Vec<_>>();
    let name = names.pop()?;
    nearest(name, known(&names).iter().copied())
}

/// The message without the text that it quotes: if the wrong file was named, that text may be a key.
fn without_texts(error: &serde_json::Error) -> String {
    let message = error.to_string().replace("expected a sequence", "expected an array");
    match (message.find(" \""), message.rfind("\", expected ")) {
        (Some(begin), Some(end)) if begin < end => format!("{}{}", &message[..begin], &message[end + 1..]),
        _ => message,
    }
}

/// Whether the text is a private key, in PEM or as a JWK.
fn is_a_key(text: &str) -> bool {
    text.contains("-----BEGIN") || text.contains("\"kty\"")
}

const A_KEY: &str = "the file contains a key; a system is described in JSON, as in config/system.json";

const FORM: &str = "in config/system.json or in the output of `systemuser-demo system show --json`";

/// The problem with a file that has no JSON in it.
fn other_format(text: &str) -> Option<&'static str> {
    // An empty file is valid TOML, too.
    if toml::from_str::<toml::Table>(text).is_ok_and(|table| !table.is_empty()) {
        return Some(" is TOML, but the System Register accepts only JSON");
    }
    let text = text.trim_start_matches('\u{feff}').trim();
    let is_comment = |line: &str| line.starts_with('#') || line.starts_with("//");
    let mut lines = text.lines().map(str::trim);
    match lines.find(|line| !line.is_empty() && !is_comment(line)) {
        None if text.is_empty() => Some(" is empty"),
        None => Some(" contains only comments"),
        Some(line) if line.starts_with(['{', '[', '"', '/']) => None,
        Some(_) => Some(" is not JSON, but the System Register accepts only JSON"),
    }
}

/// The hint for a mistake in JSON's syntax.
fn syntax_hint(error: &serde_json::Error, text: &str) -> Option<&'static str> {
    const HINTS: [(&str, &str); 7] = [
        ("trailing comma", "delete the comma before the bracket"),
        ("EOF", "is the end of the file missing? close each quote, `[` and `{`"),
        ("trailing characters", "delete the text after the last `}` of the system"),
        ("control character", "close the quotes on the same line, and write a line break inside them as \\n"),
        ("invalid escape", "write a backslash as \\\\"),
        ("key must", "put each name in straight double quotes, such as \"id\""),
        ("expected value", "put text in straight double quotes; true, false and numbers need no quotes"),
    ];
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    match line.as_bytes().get(error.column().saturating_sub(1)) {
        Some(b'/' | b'#') => return Some("delete the comment: JSON has no comments"),
        Some(0x80..) => {
            return Some("is there a typographic quote or a no-break space? replace it with `\"` or a space");
        }
        _ => {}
    }
    let message = error.to_string();
    HINTS.iter().find(|(problem, _)| message.starts_with(problem)).map(|(_, hint)| *hint)
}

/// The hint for JSON that is not a system. `is_whole` means that the error is about the whole file.
fn hint(error: &serde_json::Error, is_whole: bool) -> String {
    let text = error.to_string();
    if is_whole && text.contains("expected an object") || text.contains("invalid type: map, expected a string") {
        format!("expected a single system, as {FORM}")
    } else if text.starts_with("duplicate field") {
        "is the name listed twice, perhaps in another case? Altinn ignores the case of names".to_owned()
    } else if text.contains("invalid type: null") {
        "Altinn fails on null: set a value, or leave the field out if it is a list".to_owned()
    } else {
        format!("write the system as {FORM}")
    }
}

/// Rejects a system that Altinn would refuse, as far as the file shows it.
pub(super) fn check(path: &Path, system: &System, is_new: bool) -> Result<(), CommandError> {
    let errors = system.validation_errors(is_new);
    let line = |ValidationError { code, field, problem }: &ValidationError| {
        format!("`{field}`: {problem}{}", code.map(|code| format!(" ({code})")).unwrap_or_default())
    };
    let codes: BTreeSet<&str> = errors.iter().filter_map(|error| error.code).collect();
    let others = if codes.len() > 1 { ", and likewise for the other codes" } else { "" };
    let first = errors.iter().find_map(|error| error.code);
    let hint = first.map(|code| format!("for details, run `systemuser-demo explain {code}`{others}"));
    let path = quote_path(path);
    let error = match errors.as_slice() {
        [] => return Ok(()),
        [error] => CommandError::command_line(format!("{path}: {}", line(error))),
        _ => {
            let error = CommandError::command_line(format!("{path} has {} errors", errors.len()));
            CommandError { detail: errors.iter().map(line).collect(), ..error }
        }
    };
    Err(CommandError { hints: hint.into_iter().collect(), ..error })
}
