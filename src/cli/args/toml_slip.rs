//! Clearer messages for common mistakes in a configuration file than those of the TOML parser. They quote no value,
//! because it may be a secret.

use std::path::Path;

use toml::{Table, Value};

use super::shell;
use crate::client::quote_path;
use crate::config::{ConfigError, KEY, Source, table_of};

/// The error for the mistake that was probably made, or else the given error.
pub(super) fn explained(error: ConfigError, text: &str, path: &Path) -> ConfigError {
    match toml::from_str::<Table>(text) {
        Err(syntax) => slip(text, path, &syntax).unwrap_or(error),
        Ok(table) if table.get("key").is_some_and(Value::is_str) => {
            error.with_hint("`[key]` is a table: write the line `[key]`, and below it `path = \"FILE\"`")
        }
        Ok(_) => match &error {
            ConfigError::Invalid { given_by: Some(Source::File { line, .. }), hint: None, .. }
                if setting(nth(text, *line)).is_some_and(|(_, value)| has_escape(value)) =>
            {
                error.with_hint(BACKSLASH)
            }
            ConfigError::Invalid { problem, .. } if problem.ends_with("expected a string") => {
                error.with_hint("put the value in quotes")
            }
            _ => error,
        },
    }
}

/// The line with this number, counted from 1.
fn nth(text: &str, line: usize) -> &str {
    text.lines().nth(line - 1).unwrap_or_default()
}

const BACKSLASH: &str = "does the value contain a backslash, such as a Windows path? put it in single quotes, such as \
                         path = 'C:\\keys\\mp-key.pem'";

fn has_escape(value: &str) -> bool {
    value.starts_with('"') && value.contains('\\')
}

/// The name and the value of the setting in a line.
fn setting(line: &str) -> Option<(&str, &str)> {
    line.split_once('=').map(|(key, value)| (key.trim(), value.trim()))
}

fn slip(text: &str, path: &Path, syntax: &toml::de::Error) -> Option<ConfigError> {
    if text.trim_start().starts_with('{') {
        let hint = format!(
            "is it a system file? pass it to `systemuser-demo system register {}`; --config needs a file such as \
             config/test.toml",
            shell::path(path)
        );
        return Some(
            ConfigError::new(format!("{} is JSON, but a configuration file must be TOML", quote_path(path)))
                .with_hint(hint),
        );
    }
    if text.contains("-----BEGIN ") && text.contains("-----END ") {
        let problem = format!("{} contains a key or a certificate, not a configuration", quote_path(path));
        return Some(ConfigError::new(problem).with_hint(format!("specify a key with {}", KEY.option)));
    }
    let at = syntax.span().map_or(0, |span| span.start);
    let number = text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
    let line = nth(text, number).trim();
    let (problem, hint) = mistake(line, syntax.message())?;
    let name = setting(line).map(|(key, _)| key).filter(|key| table_of(key).is_some());
    let name = name.map(|key| format!("`{key}`: ")).unwrap_or_default();
    let place = Source::File { path: path.to_owned(), line: number }.place();
    Some(ConfigError::new(format!("{place}: {name}{problem}")).with_hint(hint))
}

/// The problem with a line, and a hint.
fn mistake(line: &str, message: &str) -> Option<(&'static str, String)> {
    const TYPOGRAPHIC: [char; 8] = ['“', '”', '„', '‟', '‘', '’', '«', '»'];
    let quoted = |key: &str| format!("write `{} = \"VALUE\"`", if table_of(key).is_some() { key } else { "NAME" });
    if message == "duplicate key" {
        let problem = if line.starts_with('[') { "this table occurs twice" } else { "this setting occurs twice" };
        return Some((problem, "remove one of the two".to_owned()));
    }
    if line.contains(TYPOGRAPHIC) {
        return Some(("typographic quotes are not accepted", "write straight quotes: \"VALUE\"".to_owned()));
    }
    if line.contains('\u{a0}') {
        return Some(("the line contains a no-break space", "replace it with an ordinary space".to_owned()));
    }
    if line.starts_with("//") || line.starts_with(';') {
        return Some(("a comment must begin with `#`", "write `#` at the beginning of the comment".to_owned()));
    }
    if line.starts_with('[') && !line.contains(']') {
        return Some(("the closing `]` of the table is missing", "write a table such as `[key]`".to_owned()));
    }
    let Some((key, value)) = setting(line) else {
        let (key, _) = line.split_once(':').filter(|(key, _)| table_of(key.trim()).is_some())?;
        return Some(("a setting and its value are separated by `=`, not by `:`", quoted(key.trim())));
    };
    if key == "exchange" {
        return Some(("expected a boolean", "write true or false, without quotes and in lower case".to_owned()));
    }
    let quote = value.chars().next()?;
    if !matches!(quote, '"' | '\'') {
        let is_text = !value.starts_with(['[', '{']) && key != "registered";
        return is_text.then(|| ("the value needs quotes", quoted(key)));
    }
    if has_escape(value) {
        return Some(("a backslash in double quotes begins an escape sequence", BACKSLASH.to_owned()));
    }
    match value[1..].split_once(quote) {
        None => Some((
            "the closing quote of the value is missing",
            "write the same quote before and after the value".to_owned(),
        )),
        Some((_, rest)) if rest.trim_start().starts_with([',', ';']) => {
            Some(("there is text after the value", format!("remove `{}`", &rest.trim_start()[..1])))
        }
        Some(_) => None,
    }
}
