//! Quotes the words of a command line for a shell, and removes their quotes.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use crate::client::may_be_secret;

/// A path, or the placeholder `FILE` if the path may be a secret.
pub(crate) fn path(path: &Path) -> String {
    argument(&path.to_string_lossy(), "FILE")
}

/// A value, or the placeholder if the value may be a secret.
pub(crate) fn argument(value: &str, placeholder: &str) -> String {
    if may_be_secret(value) { placeholder.to_owned() } else { quote(value) }
}

/// A text, in quotes if it needs them.
pub(crate) fn quote(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// Whether a text needs no quotes in any shell.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "/._-:=".contains(c))
}

/// The words of a line that is being typed, without their quotes. The last word ends at the cursor: it may be empty, and
/// its quotes may be open.
pub(crate) fn words(line: &str) -> Vec<String> {
    let (mut words, mut quote) = (vec![String::new()], None);
    let mut chars = line.trim_start().chars().peekable();
    while let Some(c) = chars.next() {
        let Some(word) = words.last_mut() else { break };
        match c {
            _ if quote == Some(c) => quote = None,
            '\\' if quote != Some('\'') => word.extend(chars.next()),
            '"' | '\'' if quote.is_none() => quote = Some(c),
            _ if quote.is_some() || !c.is_whitespace() => word.push(c),
            _ if chars.peek().is_none_or(|next| !next.is_whitespace()) => words.push(String::new()),
            _ => {}
        }
    }
    words
}

/// A word without its quotes.
pub(crate) fn unquoted(word: &OsStr) -> OsString {
    words(&word.to_string_lossy()).pop().unwrap_or_default().into()
}

/// An option and its value, with a space before them.
pub(crate) fn option(name: &str, value: &str) -> String {
    // After a space, clap would read a value that begins with `-` as an option.
    let sign = if value.starts_with('-') { '=' } else { ' ' };
    let placeholder = match name {
        "--key" => "FILE",
        "--kid" => "KID",
        "--scope" => "SCOPE",
        "--external-ref" => "REF",
        _ => "ID",
    };
    format!(" {name}{sign}{}", argument(value, placeholder))
}

/// The option with each of these names as its value.
pub(crate) fn options(option: &str, names: &[String]) -> String {
    names.iter().map(|name| self::option(option, name.trim())).collect()
}

/// An unused name for a key file in the same directory as `path`. A command in a hint must never overwrite a file.
pub(crate) fn free_name(path: &Path) -> PathBuf {
    // A path such as `..` has no file name to change.
    let path = if path.file_name().is_some() { path } else { Path::new("key") };
    // For `key.pem.example`, the name is `key.new.pem`.
    let stem = path.with_extension("");
    let path = if stem.extension().is_some_and(|extension| extension == "pem") { &stem } else { path };
    let mut names = (1..).map(|nth| match nth {
        1 => path.with_extension("new.pem"),
        nth => path.with_extension(format!("new{nth}.pem")),
    });
    names.find(|name| name.symlink_metadata().is_err()).unwrap_or_default()
}
