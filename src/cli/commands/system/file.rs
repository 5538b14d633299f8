//! A system's file: the System Register's own JSON, read and checked before anything is sent.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::altinn::system::{Draft, IGNORED_FIELDS, System, ValidationError};
use crate::cli::args::{config_file, file_name};
use crate::cli::error::told::exit;
use crate::cli::error::{Failed, hints};
use crate::client::sanitize::{quote, quote_path};
use crate::config::{ConfigError, Source};

/// The fields that it may have.
const KNOWN: [&str; 9] =
    ["id", "vendor", "name", "description", "rights", "accessPackages", "clientId", "isVisible", "allowedRedirectUrls"];

/// Reads a draft.
pub(super) fn read(path: &OsStr) -> Result<(PathBuf, Draft), ConfigError> {
    let path = file_name(path.to_owned(), Source::Option("FILE"))?.value;
    let text = config_file::text(&path, "")?;
    let mut unknown = BTreeSet::new();
    let mut json = serde_json::Deserializer::from_str(text.trim_start_matches('\u{feff}'));
    let draft = {
        let mut note = |field: serde_ignored::Path<'_>| {
            unknown.insert(field.to_string());
        };
        serde_path_to_error::deserialize(serde_ignored::Deserializer::new(&mut json, &mut note))
    };
    let wrong = |field: &str, error: &serde_json::Error| ConfigError::Invalid {
        problem: format!("{}: {field}{}", quote_path(&path), without_texts(error)),
        hint: if is_a_key(&text) { Some(A_KEY.to_owned()) } else { hint(error, field.is_empty()) },
    };
    let draft: Draft = draft.map_err(|error| match error.path().to_string().as_str() {
        "." | "?" => wrong("", error.inner()),
        field => wrong(&format!("{}: ", quote(field)), error.inner()),
    })?;
    json.end().map_err(|error| wrong("", &error))?;
    match unknown.into_iter().find(|field| !IGNORED_FIELDS.contains(&field.as_str())) {
        Some(field) => Err(unknown_field(&path, field)),
        None => Ok((path, draft.without_what_is_shown_only())),
    }
}

/// Whether it has a field that is not known, here or in the system that is there.
pub(super) fn check_fields(path: &Path, draft: &Draft, current: &System) -> Result<(), ConfigError> {
    first_unknown(path, draft, |field| current.others.contains_key(field))
}

/// The same while it is not known what is there: what may be a field of Altinn's is let pass, a slip is not.
pub(super) fn check_spelling(path: &Path, draft: &Draft) -> Result<(), ConfigError> {
    let plausible = |field: &str| field.len() < 40 && field.bytes().all(|byte| byte.is_ascii_alphabetic());
    first_unknown(path, draft, |field| plausible(field) && meant(field).is_none())
}

/// The same for a new system: nothing is there.
pub(super) fn check_new(path: &Path, draft: &Draft) -> Result<(), ConfigError> {
    first_unknown(path, draft, |_| false)
}

fn first_unknown(path: &Path, draft: &Draft, is_known: impl Fn(&str) -> bool) -> Result<(), ConfigError> {
    match draft.others.keys().find(|field| !is_known(field)) {
        Some(field) => Err(unknown_field(path, field.clone())),
        None => Ok(()),
    }
}

fn unknown_field(path: &Path, key: String) -> ConfigError {
    let hint = meant(&key).map(hints::did_you_mean);
    let unknown = ConfigError::UnknownKey { place: quote_path(path), key, known: Vec::new() };
    ConfigError::Invalid { problem: unknown.to_string(), hint }
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
    hints::nearest(name, known.iter().copied())
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

/// Whether it has none of the flaws that can be seen from here.
pub(super) fn check(path: &Path, system: &System) -> Result<(), Failed> {
    let validation_errors = system.validation_errors();
    let line = |ValidationError { code, field, problem }: &ValidationError| format!("`{field}`: {problem} ({code})");
    let explain = |flaw: &ValidationError| format!("`systemuser-demo explain {}` says more", flaw.code);
    let path = quote_path(path);
    let (problem, detail, hint) = match validation_errors.as_slice() {
        [] => return Ok(()),
        [flaw] => (format!("{path}: {}", line(flaw)), Vec::new(), explain(flaw)),
        [first, ..] => {
            let problem = format!("{path} has {} faults", validation_errors.len());
            (
                problem,
                validation_errors.iter().map(line).collect(),
                format!("{}, and likewise for the others", explain(first)),
            )
        }
    };
    Err(Failed { exit_code: exit::CONFIGURATION, problem, detail, hints: vec![hint] })
}
