//! Clearer messages for common mistakes in a configuration file than those of the TOML parser. They quote no value,
//! because it may be a secret.

use std::path::Path;

use toml::Table;

use super::shell;
use crate::client::quote_path;
use crate::client::sanitize::draws;
use crate::config::{ConfigError, KEY, Source, table_of};

/// The error for the mistake that was probably made, or else the given error.
pub(super) fn explained(error: ConfigError, text: &str, path: &Path) -> ConfigError {
    if let Err(syntax) = toml::from_str::<Table>(text) {
        return slip(text, path, &syntax).unwrap_or(error);
    }
    let ConfigError::Invalid { given_by: Some(Source::File { line, .. }), problem, hint: None } = &error else {
        return error;
    };
    let line = nth(text, *line).trim();
    let hint = match problem.rsplit_once(": expected ") {
        Some((_, "a table")) => TABLE.to_owned(),
        Some((_, "a string" | "an array" | "a boolean")) if line.starts_with('[') => HEADER.to_owned(),
        Some((_, "a string" | "an array" | "a boolean")) => form(known(line)),
        _ if setting(line).is_some_and(|(_, value)| has_escape(value)) => BACKSLASH.to_owned(),
        _ => return error,
    };
    error.with_hint(hint)
}

/// The line with this number, counted from 1.
fn nth(text: &str, line: usize) -> &str {
    text.lines().nth(line - 1).unwrap_or_default()
}

const LINE: &str =
    "write a setting such as `client_id = \"VALUE\"`, a table such as `[key]`, or a comment such as `# TEXT`";

const HEADER: &str = "write a table on a line of its own, such as `[key]` or `[api.NAME]`; put quotes around a NAME with \
                      spaces or special characters";

const TABLE: &str = "write a table on a line of its own, such as `[key]` or `[api.NAME]`, and its settings below it, \
                     such as `path = \"FILE\"`";

const BACKSLASH: &str = "does the value contain a backslash, such as a Windows path? put it in single quotes, such as \
                         path = 'C:\\keys\\mp-key.pem'";

/// Whether a value in double quotes has a backslash, apart from `\"` and `\\`.
fn has_escape(value: &str) -> bool {
    value.starts_with('"') && value.replace("\\\\", "").replace("\\\"", "").contains('\\')
}

/// The name and the value of the setting in a line.
fn setting(line: &str) -> Option<(&str, &str)> {
    line.split_once('=').map(|(key, value)| (key.trim(), value.trim()))
}

/// The known setting that a line sets, with its table if it is written as `key.path`.
fn known(line: &str) -> Option<&str> {
    let is_known = |key: &&str| match key.rsplit_once('.') {
        None => table_of(key).is_some(),
        Some((table, name)) => table_of(name) == Some(table),
    };
    setting(line).map(|(key, _)| key).filter(is_known)
}

/// The hint that shows how to write a setting.
fn form(key: Option<&str>) -> String {
    let key = key.unwrap_or("NAME");
    match key {
        "resource" => format!("write `{key} = [\"VALUE\"]`, and separate several values by commas"),
        "scope" => format!("write `{key} = \"VALUE\"`, and separate several scopes by spaces"),
        "environment" => "write `environment = \"sandbox\"`, `\"test\"` or `\"prod\"`".to_owned(),
        "exchange" => format!("write `{key} = true` or `{key} = false`"),
        _ => format!("write `{key} = \"VALUE\"`"),
    }
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
    if text.lines().any(|line| line.trim_start().starts_with("-----BEGIN ")) && text.contains("-----END ") {
        let problem = format!("{} contains a key or a certificate, not a configuration", quote_path(path));
        return Some(ConfigError::new(problem).with_hint(format!("specify a key with {}", KEY.option)));
    }
    let at = syntax.span().map_or(0, |span| span.start);
    let number = text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
    let line = nth(text, number);
    let (problem, hint) = mistake(line, syntax.message())?;
    let name = known(line).map(|key| format!("`{key}`: ")).unwrap_or_default();
    let place = Source::File { path: path.to_owned(), line: number }.place();
    Some(ConfigError::new(format!("{place}: {name}{problem}")).with_hint(hint))
}

/// The problem with a line, and a hint.
fn mistake(line: &str, message: &str) -> Option<(String, String)> {
    const TYPOGRAPHIC: [char; 8] = ['“', '”', '„', '‟', '‘', '’', '«', '»'];
    let is_invisible = |c: char| c != '\t' && (draws(c) || c.is_whitespace() && !c.is_ascii());
    let slip = |problem: &str, hint: &str| Some((problem.to_owned(), hint.to_owned()));
    let parser = || format!("not valid TOML: {message}");
    if message == "duplicate key" {
        let what = if line.trim_start().starts_with('[') { "table" } else { "setting" };
        return slip(&format!("this {what} occurs twice"), "remove one of the two");
    }
    if line.contains(TYPOGRAPHIC) {
        return slip("typographic quotes are not accepted", "write straight quotes: \"VALUE\"");
    }
    if line.contains(is_invisible) {
        let problem = "the line contains a no-break space or another invisible character";
        return slip(problem, "replace it with an ordinary space, or delete it");
    }
    let line = line.trim();
    if line.starts_with('[') {
        return slip("this is not a valid table", HEADER);
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_-.\"'".contains(c);
    let Some((key, value)) = setting(line).filter(|(key, _)| !key.is_empty() && key.chars().all(is_name)) else {
        if line.starts_with(['/', ';']) {
            return slip("a comment must begin with `#`", LINE);
        }
        // The name of a setting among other words, as in `client_id: "VALUE"` or `export client_id = "VALUE"`.
        let before = line.split(['=', '"', '\'']).next().unwrap_or_default();
        let mut words = before.split(|c: char| !c.is_ascii_alphanumeric() && !['_', '.'].contains(&c));
        return match words.find(|word| table_of(word).is_some()) {
            None => message.contains("key").then(|| (parser(), LINE.to_owned())),
            word => Some(("expected the name of a setting, `=`, and its value".to_owned(), form(word))),
        };
    };
    let problem = match value.chars().next() {
        // The parser's error says which date is expected.
        _ if key.ends_with("registered") => return None,
        None | Some('#') => "the value is missing",
        _ if has_escape(value) => return slip("a backslash in double quotes begins an escape sequence", BACKSLASH),
        Some(quote @ ('"' | '\'')) if !value[1..].contains(quote) => "the closing quote of the value is missing",
        Some('"' | '\'') => "there is text after the value",
        Some('[' | '{') => return Some((parser(), form(known(line)))),
        Some(_) if key == "exchange" => "expected a boolean",
        Some(_) => "the value needs quotes",
    };
    Some((problem.to_owned(), form(known(line))))
}
