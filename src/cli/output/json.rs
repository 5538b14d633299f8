//! Indented JSON that is safe to print on a terminal.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

use crate::client::Reply;
use crate::client::sanitize::draws;

/// The body of a response as indented JSON. A body that is not JSON, or that is too large to be parsed, is returned
/// unchanged.
pub(crate) fn pretty_body(reply: &Reply) -> Vec<u8> {
    let mut pretty = Vec::new();
    match reply.json::<Value>().map(|json| write_pretty(&mut pretty, &json)) {
        Ok(Ok(())) => pretty,
        _ => reply.body.to_vec(),
    }
}

/// Writes indented JSON and a line break.
pub(crate) fn write_pretty(mut writer: impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(Escape(&mut writer), value)?;
    writer.write_all(b"\n")
}

/// Escapes the characters in JSON that could control a terminal (RFC 8259, section 7).
struct Escape<W>(W);

impl<W: Write> Write for Escape<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // serde_json writes whole characters.
        let text = str::from_utf8(bytes).map_err(io::Error::other)?;
        let is_drawing = |c: char| draws(c) && c != '\n';
        if !text.contains(is_drawing) {
            return self.0.write_all(bytes).map(|()| bytes.len());
        }
        for c in text.chars() {
            match is_drawing(c) {
                true => c.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(self.0, "\\u{unit:04x}"))?,
                false => write!(self.0, "{c}")?,
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
