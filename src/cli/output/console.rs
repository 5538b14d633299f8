//! What is printed: the answer on stdout, and everything said to a person on stderr, in one voice.
//!
//! The rules of the voice: `error:`, `hint:`, `warning:`, `note:`; lower case, no full stop; paths and values quoted;
//! ids whole. What comes from outside has its control characters made visible.

use std::io::Write;

use anyhow::Context;
use secrecy::zeroize::Zeroizing;
use serde::Serialize;

use crate::cli::output::json;
use crate::client::sanitize::{draws, visible};

/// In which tone a line is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Error,
    Hint,
    Warning,
    Note,
}

impl Tone {
    fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Hint => "hint",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }

    /// A line in this tone, without colour.
    pub(crate) fn line(self, text: &str) -> String {
        format!("{}: {text}", self.word())
    }

    /// ANSI colour codes (ECMA-48, "select graphic rendition").
    fn colour(self) -> &'static str {
        match self {
            Self::Error => "1;31",
            Self::Hint => "1;36",
            Self::Warning => "1;33",
            Self::Note => "1;34",
        }
    }
}

/// Room for a token with what is known of it, so that the text of it need not grow.
const LONGEST_SECRET: usize = 80 * 1024;

/// To the beginning of an empty line (ECMA-48, "erase in line").
const ERASED: &str = "\r\x1b[2K";

/// What is longer than the terminal is wide stays on one line, so that it can be taken away (DEC, "auto wrap").
const UNWRAPPED: &str = "\x1b[?7l";
/// The usual way again.
const WRAPPED: &str = "\x1b[?7h";

/// Where something is written to.
pub struct Stream<'a> {
    /// What writes.
    pub writer: &'a mut dyn Write,
    /// Whether it is a terminal, so that somebody looks on.
    pub terminal: bool,
}

/// The only writers of the program.
pub struct Console<'a> {
    out: Stream<'a>,
    err: Stream<'a>,
    colour: bool,
    verbose: bool,
    /// A live line stands on the terminal.
    live: bool,
}

impl<'a> Console<'a> {
    /// `colour` is for what is said, and `verbose` turns the story on.
    pub fn new(out: Stream<'a>, err: Stream<'a>, colour: bool, verbose: bool) -> Self {
        Self { out, err, colour, verbose, live: false }
    }

    /// Whether a line can be written that changes while somebody looks on.
    pub(crate) fn has_live_line(&self) -> bool {
        self.err.terminal && !self.verbose
    }

    /// Writes the live line anew; the next line that is said takes its place.
    pub(crate) fn live_line(&mut self, text: &str) {
        if self.has_live_line() {
            self.live = true;
            self.prompt(&format!("{ERASED}{UNWRAPPED}{}{WRAPPED}", visible(text)));
        }
    }

    /// Takes the live line away.
    pub(crate) fn end_live_line(&mut self) {
        if std::mem::take(&mut self.live) {
            self.prompt(ERASED);
        }
    }

    /// The answer, whole: what goes to stdout goes there in one piece, or not at all.
    pub(crate) fn answer(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.end_live_line();
        self.out.writer.write_all(bytes).and_then(|()| self.out.writer.flush()).context("cannot write to stdout")
    }

    /// The answer as a line.
    pub(crate) fn answer_line(&mut self, line: &str) -> anyhow::Result<()> {
        // What grows leaves copies behind, and this may be a token.
        let mut whole = Zeroizing::new(String::with_capacity(line.len() + 1));
        whole.extend([line, "\n"]);
        self.answer(whole.as_bytes())
    }

    /// Somebody else's text, as it came; on a terminal with its control characters made visible, apart from line breaks
    /// and tabs.
    pub(crate) fn answer_of_others(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        if !self.out.terminal {
            return self.answer(bytes);
        }
        let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
        let lines = text.split('\n').map(|line| line.split('\t').map(visible).collect::<Vec<_>>().join("\t"));
        self.answer(lines.collect::<Vec<_>>().join("\n").as_bytes())
    }

    /// The answer as JSON, indented.
    pub(crate) fn answer_json(&mut self, answer: &impl Serialize) -> anyhow::Result<()> {
        let mut json = Zeroizing::new(Vec::with_capacity(LONGEST_SECRET));
        serde_json::to_writer_pretty(&mut *json, answer)?;
        json.push(b'\n');
        let text = String::from_utf8_lossy(&json);
        // A long list is not copied without need.
        match text.contains(|c| draws(c) && c != '\n') {
            true => self.answer(Zeroizing::new(json::harmless(&text)).as_bytes()),
            false => self.answer(&json),
        }
    }

    /// A line on stderr. Where stderr cannot be written to, nobody is listening.
    pub(crate) fn say(&mut self, tone: Tone, text: &str) {
        let text = visible(text);
        self.write_line(&match self.colour {
            true => format!("\x1b[{}m{}:\x1b[0m {text}", tone.colour(), tone.word()),
            false => tone.line(&text),
        });
    }

    /// A question on stderr, whose answer is typed behind it.
    pub(crate) fn prompt(&mut self, text: &str) {
        let _ = self.err.writer.write_all(text.as_bytes()).and_then(|()| self.err.writer.flush());
    }

    /// A line on stderr that belongs to the one before it.
    pub(crate) fn detail(&mut self, line: &str) {
        self.write_line(&format!("  {}", visible(line)));
    }

    /// Lines on stderr of our own text, that belong to no tone.
    #[cfg(feature = "sandbox")]
    pub(crate) fn plain(&mut self, text: &str) {
        self.write_line(text);
    }

    /// In one piece, so that lines of several programs do not mix.
    fn write_line(&mut self, line: &str) {
        self.end_live_line();
        let _ = self.err.writer.write_all(format!("{line}\n").as_bytes());
    }

    /// A step of the story, for those who asked for it: for others its lines are not even put together.
    pub(crate) fn story(&mut self, step: &str, lines: impl FnOnce() -> Vec<String>) {
        if !self.verbose {
            return;
        }
        for (nth, line) in lines().iter().enumerate() {
            self.write_line(&visible(&format!("{:<14} {line}", if nth == 0 { step } else { "" })));
        }
    }
}

/// Names and values in two columns, a pair a line.
pub(crate) fn aligned(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    rows.iter().map(|(name, value)| format!("{name:<width$}  {}\n", visible(value))).collect()
}
