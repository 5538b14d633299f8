//! Makes untrusted text safe to print: escapes control characters, and hides possible secrets.
//!
//! An invalid value may be a key or a token that somebody pasted into the wrong place. Messages therefore repeat a
//! value only through [`quote`] or [`show`].

use std::collections::HashSet;
use std::path::Path;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

/// The length from which a run of base64 may be part of a key, in characters. A longer value is quoted only if its form
/// shows that it is not a key.
const PIECE: usize = 40;
/// The longest value that a message quotes, in bytes.
const LONGEST_VALUE: usize = 1_000;
/// The beginning of a PEM block (RFC 7468).
const PEM: &str = "-----BEGIN";
/// Characters that may surround a value.
const QUOTES: [char; 5] = ['"', '\'', '`', ' ', '\n'];
/// The replacement for a secret that a server repeats.
const REDACTED: &str = "[redacted]";
/// The length of the shortest part of a secret that is replaced, in bytes.
const SECRET_PART: usize = 20;
/// The longest excerpt that an error quotes from a response, in characters.
const LONGEST_EXCERPT: usize = 200;

/// Formats a value for a message: in backticks, or only its length if it may be a secret or is longer than 1,000 bytes.
pub fn quote(value: &str) -> String {
    if value.len() > LONGEST_VALUE || may_be_secret(value) { describe(value) } else { format!("`{}`", visible(value)) }
}

/// Formats a value for a table: without quotes, or only its length if it may be a secret.
pub fn show(value: &str) -> String {
    if may_be_secret(value) { describe(value) } else { visible(value) }
}

/// Formats a path for a message, by the rules of [`quote`].
pub fn quote_path(path: &Path) -> String {
    quote(&path.to_string_lossy())
}

fn describe(value: &str) -> String {
    format!("a text of {} characters", value.chars().count())
}

/// Whether a value may be a key, a token, or a part of a key or token. A value of more than 40 characters is considered
/// harmless only if it is a URL without credentials, a path in an existing folder, or a lower-case name such as a
/// scope. This call looks up the folder in the file system.
pub fn may_be_secret(value: &str) -> bool {
    let is_name = || value.contains([':', '.', '_']);
    let is_url = |url: &Url| matches!(url.scheme(), "http" | "https") && !value.contains(char::is_whitespace);
    let is_harmless = match Url::parse(value).ok().filter(is_url) {
        Some(url) => url.username().is_empty() && url.password().is_none() && !has_piece_in_path(value),
        None => is_plain(value) && (value.chars().count() <= PIECE || is_name()) || is_path(value),
    };
    !is_harmless || value.contains(PEM) || is_jwt(value)
}

/// Whether a text begins like a JWT: with `eyJ`, which is `{"` in base64.
pub fn is_jwt(text: &str) -> bool {
    text.trim_start_matches(QUOTES).starts_with("eyJ")
}

/// Whether a text cannot be part of a key: it has no long base64 run, and it is short or has no upper-case letters.
fn is_plain(text: &str) -> bool {
    !has_piece(text) && (text.chars().count() <= PIECE || !text.contains(|c: char| c.is_uppercase() || c.is_control()))
}

/// Whether a text is a path in an existing folder and contains no part of a key. The folder alone is not enough, since
/// it may have been created from a pasted key.
fn is_path(text: &str) -> bool {
    let is_folder = |folder: &Path| folder.is_dir() && folder.parent().is_some();
    Path::new(text).parent().is_some_and(is_folder) && !text.contains(char::is_control) && !has_piece_in_path(text)
}

/// Whether a text has a run of base64 characters, or of hex pairs as OpenSSL prints them (`00:c3:5f`), that is long
/// enough to be part of a key. A run without upper-case letters may be hyphenated words, so each word is measured
/// alone.
fn has_piece(text: &str) -> bool {
    let mut pairs = 0;
    let is_in_pairs = text.split([':', ' ']).any(|part| {
        pairs = if part.trim_matches(|c: char| !c.is_alphanumeric()).len() <= 2 { pairs + 1 } else { 0 };
        pairs * "00:".len() >= PIECE
    });
    let is_piece = |run: &str| {
        let has = |kind: fn(&u8) -> bool| run.as_bytes().iter().any(kind);
        // Dots separate the parts of a token. They also separate words, but words have no digits.
        let ends: &[char] = match has(u8::is_ascii_uppercase) {
            true if has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit) => &[],
            true => &['.'],
            false => &MARKS,
        };
        run.split(ends).any(|part| part.len() >= PIECE)
    };
    is_in_pairs || text.split(|c: char| !c.is_ascii_alphanumeric() && !MARKS.contains(&c)).any(is_piece)
}

/// Whether a path may contain part of a key. Short segments without upper-case letters count as words.
fn has_piece_in_path(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    let is_word = |part: &&str| (3..PIECE).contains(&part.len()) && !part.contains(|c: char| c.is_uppercase());
    parts.split(is_word).any(|parts| has_piece(&parts.join("/")))
}

/// The characters, other than letters and digits, that occur in base64, in percent-encoding, and between the parts of a
/// token.
const MARKS: [char; 6] = ['+', '/', '-', '_', '%', '.'];

/// Replaces `secret`, and each part of it with 20 or more characters, with `[redacted]` wherever `text` contains it.
/// Returns `text` unchanged if there is no secret.
pub fn without(secret: Option<&SecretString>, text: String) -> String {
    let Some(secret) = secret.map(ExposeSecret::expose_secret) else { return text };
    if secret.len() < SECRET_PART {
        return text.replace(secret, REDACTED);
    }
    let parts: HashSet<&[u8]> = secret.as_bytes().windows(SECRET_PART).collect();
    let (text, mut shown, mut hidden) = (text.as_bytes(), Vec::with_capacity(text.len()), 0);
    for (start, byte) in text.iter().enumerate() {
        if text.get(start..start + SECRET_PART).is_some_and(|part| parts.contains(part)) {
            if start >= hidden {
                shown.extend(REDACTED.bytes());
            }
            hidden = start + SECRET_PART;
        }
        shown.extend((start >= hidden).then_some(byte));
    }
    String::from_utf8_lossy(&shown).into_owned()
}

/// The beginning of a text on one line, with at most 200 characters. Possible parts of secrets are replaced, and
/// control characters are escaped. `None` if nothing is left to show.
pub fn excerpt(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().take(LONGEST_EXCERPT).collect();
    let line = without_pieces(&words.join(" "));
    match line.char_indices().nth(LONGEST_EXCERPT) {
        Some((end, _)) => Some(format!("{}…", &line[..end])),
        None => (!line.is_empty()).then_some(line),
    }
}

/// Replaces each word that may be part of a secret by its length, and escapes control characters. The text ends before
/// the first PEM block.
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

/// Whether a character can control a terminal, or change the order or the appearance of other characters.
pub fn draws(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Writes control characters as escapes, such as `\u{1b}`, so that text from a server cannot control the terminal.
pub fn visible(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut shown, c| {
        match draws(c) {
            true => shown.extend(c.escape_unicode()),
            false => shown.push(c),
        }
        shown
    })
}
