//! A system's file: the System Register's own JSON, read and checked before anything is sent.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::altinn::system::{Draft, IGNORED_FIELDS, System, ValidationError};
use crate::cli::args::{config_file, file_name};
use crate::cli::error::{CommandError, did_you_mean, nearest};
use crate::client::{quote, quote_path};
use crate::config::Source;

/// The fields that it may have.
const KNOWN: [&str; 9] =
    ["id", "vendor", "name", "description", "rights", "accessPackages", "clientId", "isVisible", "allowedRedirectUrls"];

/// Reads a draft.
pub(super) fn read(path: &OsStr) -> Result<(PathBuf, Draft), CommandError> {
    let path = file_name(path.to_owned(), Source::Option("FILE"))?.value;
    let text = config_file::text(&path, "").map_err(|error| CommandError::command_line(error.to_string()))?;
    let mut unknown = BTreeSet::new();
    let mut json = serde_json::Deserializer::from_str(text.trim_start_matches('\u{feff}'));
    let draft = {
        let mut note = |field: serde_ignored::Path<'_>| {
            unknown.insert(field.to_string());
        };
        serde_path_to_error::deserialize(serde_ignored::Deserializer::new(&mut json, &mut note))
    };
    let wrong = |field: &str, error: &serde_json::Error| {
        let hint = if is_a_key(&text) { Some(A_KEY.to_owned()) } else { hint(error, field.is_empty()) };
        let problem = format!("{}: {field}{}", quote_path(&path), without_texts(error));
        CommandError { hints: hint.into_iter().collect(), ..CommandError::command_line(problem) }
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

/// Rejects a field that is not known here, unless `is_known` accepts it.
pub(super) fn check_fields(path: &Path, draft: &Draft, is_known: impl Fn(&str) -> bool) -> Result<(), CommandError> {
    match draft.extra_fields.keys().find(|field| !is_known(field)) {
        Some(field) => Err(unknown_field(path, field)),
        None => Ok(()),
    }
}

/// Whether a field may be one that Altinn has added: it looks like a field, and not like a typo of a known one.
pub(super) fn may_be_new(field: &str) -> bool {
    field.len() < 40 && field.bytes().all(|byte| byte.is_ascii_alphabetic()) && meant(field).is_none()
}

fn unknown_field(path: &Path, key: &str) -> CommandError {
    let hint = meant(key).map(did_you_mean);
    let problem = format!("{}: {} is not a key that is known here", quote_path(path), quote(key));
    CommandError { hints: hint.into_iter().collect(), ..CommandError::command_line(problem) }
}

/// The field that was probably meant, of those that are known where this one stands.
fn meant(field: &str) -> Option<&'static str> {
    let mut names = field.split('.').filter(|name| name.parse::<usize>().is_err()).collect::<Vec<_>>();
    let name = names.pop()?;
    let known: &[&str] = match names.as_slice() {
        [] => &KNOWN,
        ["rights"] => &["action", "resource"],
        ["rights", "resource"] => &["id", "value"],
        ["accessPackages"] => &["urn"],
        _ => &[],
    };
    nearest(name, known.iter().copied())
}

/// The message without the text that it repeats: that may be a key, in a file that was named by mistake.
fn without_texts(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match (message.find(" \""), message.rfind("\", expected ")) {
        (Some(begin), Some(end)) if begin < end => format!("{}{}", &message[..begin], &message[end + 1..]),
        _ => message,
    }
}

/// Whether it is a private key instead, in PEM or as a JWK.
fn is_a_key(text: &str) -> bool {
    text.contains("-----BEGIN") || text.contains("\"kty\"")
}

const A_KEY: &str = "this is a key; the file of a system is JSON, such as config/system.json";

const FORM: &str = "in config/system.json, and as `system show --json` prints it";

/// `is_whole` tells that the error is about the file as a whole.
fn hint(error: &serde_json::Error, is_whole: bool) -> Option<String> {
    let text = error.to_string();
    if is_whole && text.contains("expected an object") || text.contains("invalid type: map, expected a string") {
        Some(format!("one system is expected, as {FORM}"))
    } else if text.contains("invalid type: null") {
        Some("Altinn fails on null: give it a value, or leave it out where it is a list".to_owned())
    } else if error.is_data() {
        Some(format!("a system is written as {FORM}"))
    } else {
        None
    }
}

/// Rejects a system that Altinn would refuse, as far as that can be seen here.
pub(super) fn check(path: &Path, system: &System) -> Result<(), CommandError> {
    let errors = system.validation_errors();
    let line = |ValidationError { code, field, problem }: &ValidationError| format!("`{field}`: {problem} ({code})");
    let explain = |error: &ValidationError| format!("`systemuser-demo explain {}` says more", error.code);
    let path = quote_path(path);
    match errors.as_slice() {
        [] => Ok(()),
        [error] => Err(CommandError::command_line(format!("{path}: {}", line(error))).hint(explain(error))),
        [first, ..] => {
            let error = CommandError::command_line(format!("{path} has {} faults", errors.len()));
            let hint = format!("{}, and likewise for the others", explain(first));
            Err(CommandError { detail: errors.iter().map(line).collect(), ..error }.hint(hint))
        }
    }
}
