//! What is shown of somebody else's text: its beginning, with nothing in it that draws on a terminal, and no secret.

use secrecy::{ExposeSecret, SecretString};

/// What stands where a server repeats a secret.
const STRUCK: &str = "[what was sent]";
/// The longest that an error quotes from an answer, in characters.
const LONGEST_EXCERPT: usize = 200;

/// The text without a secret that it may repeat.
pub fn without(secret: Option<&SecretString>, text: String) -> String {
    secret.map(|secret| text.replace(secret.expose_secret(), STRUCK)).unwrap_or(text)
}

/// The beginning of a body, fit to be shown: on one line, short, and with control characters made visible.
pub fn excerpt(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().take(LONGEST_EXCERPT).collect();
    let line = visible(&words.join(" "));
    match line.char_indices().nth(LONGEST_EXCERPT) {
        Some((end, _)) => Some(format!("{}…", &line[..end])),
        None => (!line.is_empty()).then_some(line),
    }
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
