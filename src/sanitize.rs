//! Text from elsewhere that is safe to print: nothing in it draws on a terminal, and nothing in it may be a secret.
//!
//! A wrong value may be a key or a token that somebody pasted into the wrong place. [`quote`] is the rule for what a
//! message repeats of a value.

use std::ffi::OsStr;
use std::path::Path;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

/// A longer value is quoted only if its form excludes a key, and a run of base64 characters that is as long may be a
/// piece of one.
const PIECE: usize = 40;
/// No longer value is quoted, whatever its form, in bytes.
const LONGEST_VALUE: usize = 1_000;
/// How a PEM begins (RFC 7468).
const PEM: &str = "-----BEGIN";
/// How a JWT begins: `{"` in base64.
const JWT: &str = "eyJ";
/// What may stand around a value.
const QUOTES: [char; 3] = ['"', '\'', '`'];
/// What stands where a server repeats a secret.
const STRUCK: &str = "[what was sent]";
/// The longest that an error quotes from an answer, in characters.
const LONGEST_EXCERPT: usize = 200;

/// A value as a message quotes it: in backticks, or only its length if it may be a secret.
pub fn quote(value: &str) -> String {
    if value.len() > LONGEST_VALUE || may_be_secret(value) { describe(value) } else { format!("`{}`", visible(value)) }
}

/// A value as a table shows it: bare, or only its length if it may be a secret.
pub fn show(value: &str) -> String {
    if may_be_secret(value) { describe(value) } else { visible(value) }
}

/// A path as a message quotes it.
pub fn quote_path(path: &Path) -> String {
    quote(&path.to_string_lossy())
}

fn describe(value: &str) -> String {
    format!("a text of {} characters", value.chars().count())
}

/// Whether a value may be a key, a token, or a piece of one. The form of some long values excludes that: that of an
/// address, of a path whose folder exists, and of a name in lower case, such as a scope.
pub fn may_be_secret(value: &str) -> bool {
    let is_name = || value.contains([':', '.', '_']);
    let is_harmless = match Url::parse(value).ok().filter(|url| matches!(url.scheme(), "http" | "https")) {
        Some(url) => url.username().is_empty() && url.password().is_none() && !has_piece(value),
        None => is_plain(value) && (value.chars().count() <= PIECE || is_name()) || is_path(value),
    };
    !is_harmless || value.contains(PEM) || without_quotes(value).starts_with(JWT)
}

/// Whether a text is a key or a token, which is never the value that is wanted.
pub fn is_secret(text: &str) -> bool {
    // JSON and PEM in base64, and the DER of an Ed25519 key.
    const BEGINNINGS: [&str; 5] = ["ewog", "ewoJ", "ew0K", "LS0tLS1CRUdJTi", "MC4CAQ"];
    let text = without_quotes(text);
    // The version with which the DER of a private key begins.
    let is_der = text.starts_with("MI") && (text.get(6..9) == Some("IBA") || text.get(4..7) == Some("AgE"));
    let is_jwt = text.starts_with(JWT) && text.contains('.');
    let is_jwk = text.starts_with('{') && text.contains("\"kty\"");
    is_der || is_jwt || is_jwk || text.contains(PEM) || BEGINNINGS.iter().any(|start| text.starts_with(start))
}

fn without_quotes(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_whitespace() || QUOTES.contains(&c))
}

/// Whether a text is no piece of a key: it is short, or has no capitals.
fn is_plain(text: &str) -> bool {
    !has_piece(text) && (text.chars().count() <= PIECE || !text.contains(|c: char| c.is_uppercase() || c.is_control()))
}

/// Whether a text is the path of a file in a folder that exists, and is named with it.
fn is_path(text: &str) -> bool {
    let path = Path::new(text);
    let is_name = |name: &OsStr| name.to_str().is_some_and(|name| !has_piece(name));
    path.parent().is_some_and(Path::is_dir) && path.file_name().is_some_and(is_name) && !text.contains(char::is_control)
}

/// Whether a run of base64 characters, of either alphabet, is as long as a piece of a key. Without capitals it may be
/// words with hyphens between, but hexadecimal digits have none; OpenSSL writes those in pairs, too: `00:c3:5f`.
fn has_piece(text: &str) -> bool {
    let mut pairs = 0;
    let is_in_pairs = text.split([':', ' ']).any(|part| {
        pairs = if part.trim_matches(QUOTES).len() <= 2 { pairs + 1 } else { 0 };
        pairs * "00:".len() >= PIECE
    });
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || MARKS_OF_BASE64.contains(&c);
    let is_piece = |run: &str| match run.contains(|c: char| c.is_ascii_uppercase()) {
        true => run.len() >= PIECE,
        false => run.split(MARKS_OF_BASE64).any(|word| word.len() >= PIECE),
    };
    is_in_pairs || text.split(|c| !is_base64(c)).any(is_piece)
}

const MARKS_OF_BASE64: [char; 5] = ['+', '/', '-', '_', '%'];

/// The text without a secret that it may repeat.
pub fn without(secret: Option<&SecretString>, text: String) -> String {
    secret.map(|secret| text.replace(secret.expose_secret(), STRUCK)).unwrap_or(text)
}

/// The beginning of a body, fit to be shown: on one line, short, without what may be a piece of a secret, and with
/// control characters made visible.
pub fn excerpt(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().take(LONGEST_EXCERPT).collect();
    let line = without_pieces(&words.join(" "));
    match line.char_indices().nth(LONGEST_EXCERPT) {
        Some((end, _)) => Some(format!("{}…", &line[..end])),
        None => (!line.is_empty()).then_some(line),
    }
}

/// A text of somebody else's, with the length of each part that may be a piece of a secret in the place of it.
pub fn without_pieces(text: &str) -> String {
    let is_end = |c: char| c.is_whitespace() || QUOTES.contains(&c) || "<>()[]{},;=".contains(c);
    let text = text.split_once(PEM).map_or(text, |(before, _)| before);
    let parts = text.split_inclusive(is_end).map(|part| {
        let word = part.trim_end_matches(is_end);
        let is_piece = match word {
            address if address.contains("://") => may_be_secret(address),
            // The fields of what was sent, from part to part.
            path if path.starts_with('/') => path.split('/').any(has_piece),
            word => has_piece(word) || word.starts_with(JWT),
        };
        match is_piece {
            true => format!("[{}]{}", describe(word), &part[word.len()..]),
            false => part.to_owned(),
        }
    });
    visible(&parts.collect::<String>())
}

/// Whether a character does something to a terminal, or to the order or the look of other characters.
pub fn draws(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The text with control characters written out, so that a server cannot draw on a terminal.
pub fn visible(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut shown, c| {
        match draws(c) {
            true => shown.extend(c.escape_unicode()),
            false => shown.push(c),
        }
        shown
    })
}
