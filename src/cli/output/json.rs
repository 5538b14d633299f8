//! JSON for a person: indented, and otherwise as it came. Its keys keep their order, its numbers their digits; what could
//! draw on a terminal is written as escapes.

use serde::de::IgnoredAny;

use crate::client::sanitize::draws;

const INDENT: &str = "  ";

/// The most that is laid out anew, in bytes. Nobody reads more.
const LARGEST: usize = 1024 * 1024;
/// How many times its size a text may grow. Deep nesting makes more indentation than text.
const GROWTH: usize = 8;

/// The text with its white space laid out anew; `None` where it is not JSON, or too large or too deep to be
/// read more easily so.
pub(crate) fn indented(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok().filter(|text| text.len() <= LARGEST)?;
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if out.len() > GROWTH * text.len() + 1024 {
            return None;
        }
        match c {
            ' ' | '\t' | '\r' | '\n' => continue,
            '"' => string(&mut out, &mut rest),
            '{' | '[' => {
                out.push(c);
                while rest.next_if(|c| c.is_ascii_whitespace()).is_some() {}
                match rest.next_if(|c| matches!(c, '}' | ']')) {
                    Some(end) => out.push(end),
                    None => {
                        depth += 1;
                        line(&mut out, depth);
                    }
                }
            }
            '}' | ']' => {
                depth -= 1;
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            other => out.push(other),
        }
    }
    out.push('\n');
    Some(harmless(&out))
}

/// The same JSON, with what could draw on a terminal written as escapes (RFC 8259, section 7).
pub(crate) fn harmless(json: &str) -> String {
    // Room for the longest escape of each. There may be a token in it, and a text that grows leaves copies behind.
    let drawing: usize = json.chars().filter(|c| draws(*c)).count();
    let mut out = String::with_capacity(json.len() + 12 * drawing);
    for c in json.chars() {
        match draws(c) && c != '\n' {
            true => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}"))),
            false => out.push(c),
        }
    }
    out
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    (0..depth).for_each(|_| out.push_str(INDENT));
}

/// Copies a string to its closing quote.
fn string(out: &mut String, rest: &mut impl Iterator<Item = char>) {
    out.push('"');
    while let Some(c) = rest.next() {
        out.push(c);
        match c {
            '\\' => out.extend(rest.next()),
            '"' => return,
            _ => {}
        }
    }
}
