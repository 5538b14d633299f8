//! Text from elsewhere that is safe to print: nothing in it draws on a terminal, and nothing in it may be a secret.
//!
//! A wrong value may be a key or a token that somebody pasted into the wrong place. [`quote`] is the rule for what a
//! message repeats of a value.

use std::path::Path;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

/// A longer value is quoted only if its form excludes a key, and a base64 run of this length may be part of one.
const PIECE: usize = 40;
/// The longest value that a message quotes, in bytes.
const LONGEST_VALUE: usize = 1_000;
/// How a PEM begins (RFC 7468).
const PEM: &str = "-----BEGIN";
/// Characters that may surround a value.
const QUOTES: [char; 5] = ['"', '\'', '`', ' ', '\n'];
/// Replaces a secret that a server repeats.
const REDACTED: &str = "[what was sent]";
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

/// Whether a value may be a key, a token, or part of one. A long value is not if it is a URL, a path whose folder exists,
/// or a lower-case name such as a scope.
pub fn may_be_secret(value: &str) -> bool {
    let is_name = || value.contains([':', '.', '_']);
    let is_url = |url: &Url| matches!(url.scheme(), "http" | "https") && !value.contains(char::is_whitespace);
    let is_harmless = match Url::parse(value).ok().filter(is_url) {
        Some(url) => url.username().is_empty() && url.password().is_none() && !has_piece_in_path(value),
        None => is_plain(value) && (value.chars().count() <= PIECE || is_name()) || is_path(value),
    };
    !is_harmless || value.contains(PEM) || is_jwt(value)
}

/// Whether a text begins like a JWT, with `{"` in base64.
pub fn is_jwt(text: &str) -> bool {
    text.trim_start_matches(QUOTES).starts_with("eyJ")
}

/// Whether a text is no piece of a key: it is short, or has no capitals.
fn is_plain(text: &str) -> bool {
    !has_piece(text) && (text.chars().count() <= PIECE || !text.contains(|c: char| c.is_uppercase() || c.is_control()))
}

/// Whether a text is a path whose folder exists, and has no part of a key in it: the folder may have been made by mistake.
fn is_path(text: &str) -> bool {
    let is_folder = |folder: &Path| folder.is_dir() && folder.parent().is_some();
    Path::new(text).parent().is_some_and(is_folder) && !text.contains(char::is_control) && !has_piece_in_path(text)
}

/// Whether a text has a run of base64 characters, or of hex pairs as OpenSSL prints them (`00:c3:5f`), that is as long
/// as part of a key. A run without capitals may be hyphenated words, so each word of it is measured by itself.
fn has_piece(text: &str) -> bool {
    let mut pairs = 0;
    let is_in_pairs = text.split([':', ' ']).any(|part| {
        pairs = if part.trim_matches(|c: char| !c.is_alphanumeric()).len() <= 2 { pairs + 1 } else { 0 };
        pairs * "00:".len() >= PIECE
    });
    let is_piece = |run: &str| {
        let has = |kind: fn(&u8) -> bool| run.as_bytes().iter().any(kind);
        // Dots stand between the parts of a token. They stand between words, too, but those have no digits.
        let ends: &[char] = match has(u8::is_ascii_uppercase) {
            true if has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit) => &[],
            true => &['.'],
            false => &MARKS,
        };
        run.split(ends).any(|part| part.len() >= PIECE)
    };
    is_in_pairs || text.split(|c: char| !c.is_ascii_alphanumeric() && !MARKS.contains(&c)).any(is_piece)
}

/// Whether a path has a piece of a key in it. Short parts without capitals are words, and no piece of a key.
fn has_piece_in_path(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    let is_word = |part: &&str| (3..PIECE).contains(&part.len()) && !part.contains(|c: char| c.is_uppercase());
    parts.split(is_word).any(|parts| has_piece(&parts.join("/")))
}

/// The marks of base64 in either alphabet, in a URL, and between the parts of a token.
const MARKS: [char; 6] = ['+', '/', '-', '_', '%', '.'];

/// The text without a secret that it may repeat.
pub fn without(secret: Option<&SecretString>, text: String) -> String {
    secret.map(|secret| text.replace(secret.expose_secret(), REDACTED)).unwrap_or(text)
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

/// A text from a server or a file, with each word that may be part of a secret replaced by its length.
pub fn without_pieces(text: &str) -> String {
    let is_end = |c: char| c.is_whitespace() || QUOTES.contains(&c) || "<>()[]{},;=".contains(c);
    let text = text.split_once(PEM).map_or(text, |(before, _)| before);
    let parts = text.split_inclusive(is_end).map(|part| {
        let word = part.trim_end_matches(is_end);
        match has_piece_in_path(word) || is_jwt(word) {
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
