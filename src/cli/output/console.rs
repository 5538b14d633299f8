//! The console: results go to stdout, messages for a person to stderr.
//!
//! Messages begin with `error:`, `hint:`, `warning:` or `note:`, in lower case and without a full stop. Control
//! characters are made visible.

use std::io::{self, BufWriter, Write};

use clap::builder::StyledStr;
use serde::Serialize;

use super::json;
use crate::client::visible;

/// The level of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Error,
    Hint,
    Warning,
    Note,
}

impl Level {
    /// The word in front of a message, and its ANSI colour (ECMA-48, "select graphic rendition").
    fn word_and_colour(self) -> (&'static str, &'static str) {
        match self {
            Self::Error => ("error", "1;31"),
            Self::Hint => ("hint", "1;36"),
            Self::Warning => ("warning", "1;33"),
            Self::Note => ("note", "1;34"),
        }
    }

    /// A message as a line.
    pub(crate) fn line(self, text: &str, colour: bool) -> String {
        let (word, code) = self.word_and_colour();
        format!("{} {text}", painted(&format!("{word}:"), code, colour))
    }
}

/// A message and its level.
pub(crate) type Message = (Level, String);

/// A text in this ANSI colour.
pub(crate) fn painted(text: &str, code: &str, colour: bool) -> String {
    if colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// Moves to the beginning of the line, and erases it (ECMA-48, "erase in page"). A line that a narrower window has
/// broken into several is erased whole, because the cursor stays at its beginning.
const ERASE_LINE: &str = "\r\x1b[J";
/// Turns wrapping off, so that a text wider than the terminal stays on one line and can be erased (DEC, "auto wrap").
const WRAP_OFF: &str = "\x1b[?7l";
/// Turns wrapping on again.
const WRAP_ON: &str = "\x1b[?7h";

/// A space in help at which clap must not wrap a line. It is printed as a space.
pub(crate) const UNBROKEN_SPACE: &str = "\u{a0}";

/// An output stream.
pub struct Stream<'a> {
    /// The destination of the output.
    pub writer: &'a mut (dyn Write + Send),
    /// Whether it is a terminal. On stderr: a terminal that can erase a line.
    pub terminal: bool,
    /// Whether the program's own text has colours.
    pub colour: bool,
}

/// How much is written to stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbosity {
    /// Only errors with their hints and notes.
    Quiet,
    /// Also notes, warnings and progress.
    Normal,
    /// Also each step.
    Verbose,
}

/// The only part of the program that writes to stdout and stderr.
pub struct Console<'a> {
    out: Stream<'a>,
    err: Stream<'a>,
    verbosity: Verbosity,
    /// Whether the last line on the terminal is a progress line.
    has_progress_line: bool,
}

impl<'a> Console<'a> {
    /// Creates a console.
    pub fn new(out: Stream<'a>, err: Stream<'a>, verbosity: Verbosity) -> Self {
        Self { out, err, verbosity, has_progress_line: false }
    }

    /// Whether the program's own text on stdout has colours.
    pub(crate) fn answers_in_colour(&self) -> bool {
        self.out.colour
    }

    fn is_quiet(&self) -> bool {
        self.verbosity == Verbosity::Quiet
    }

    /// Whether progress can be shown in a line that changes.
    pub(crate) fn shows_progress(&self) -> bool {
        self.err.terminal && self.verbosity == Verbosity::Normal
    }

    /// Replaces the progress line. The next message replaces it, too.
    pub(crate) fn progress(&mut self, text: &str) {
        if self.shows_progress() {
            self.has_progress_line = true;
            self.prompt(&format!("{ERASE_LINE}{WRAP_OFF}{}{WRAP_ON}\r", visible(text)));
        }
    }

    /// Removes the progress line.
    pub(crate) fn end_progress(&mut self) {
        if std::mem::take(&mut self.has_progress_line) {
            self.prompt(ERASE_LINE);
        }
    }

    /// Writes a result to stdout in one piece.
    pub(crate) fn answer(&mut self, text: impl AsRef<[u8]>) -> io::Result<()> {
        self.end_progress();
        self.out.writer.write_all(text.as_ref()).and_then(|()| self.out.writer.flush())
    }

    pub(crate) fn answer_line(&mut self, line: &str) -> io::Result<()> {
        self.answer(format!("{line}\n"))
    }

    /// Writes text from a server or a file unchanged. On a terminal, control characters other than line breaks and tabs
    /// are made visible.
    pub(crate) fn answer_of_others(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !self.out.terminal {
            return self.answer(bytes);
        }
        let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
        let lines = text.split('\n').map(|line| line.split('\t').map(visible).collect::<Vec<_>>().join("\t"));
        self.answer(lines.collect::<Vec<_>>().join("\n"))
    }

    pub(crate) fn answer_json(&mut self, answer: &impl Serialize) -> io::Result<()> {
        self.end_progress();
        let mut out = BufWriter::new(&mut self.out.writer);
        json::write_pretty(&mut out, answer)?;
        out.flush()
    }

    pub(crate) fn message(&mut self, level: Level, text: &str) {
        self.write_line(&level.line(&visible(text), self.err.colour));
    }

    pub(crate) fn note(&mut self, text: &str) {
        self.unless_quiet(Level::Note, text);
    }

    pub(crate) fn warning(&mut self, text: &str) {
        self.unless_quiet(Level::Warning, text);
    }

    /// Writes a message that is not part of an error, unless `--quiet` is set.
    pub(crate) fn unless_quiet(&mut self, level: Level, text: &str) {
        if !self.is_quiet() {
            self.message(level, text);
        }
    }

    /// Writes an error of the parser, which clap formats.
    pub(crate) fn usage_error(&mut self, text: &StyledStr) {
        let text = if self.err.colour { text.ansi().to_string() } else { text.to_string() };
        let _ = self.err.writer.write_all(text.as_bytes());
    }

    /// Writes help, which clap formats, to stdout.
    pub(crate) fn answer_styled(&mut self, text: &StyledStr) -> io::Result<()> {
        let text = if self.out.colour { text.ansi().to_string() } else { text.to_string() };
        self.answer(text.replace(UNBROKEN_SPACE, " "))
    }

    /// Writes a line that belongs to the message before it.
    pub(crate) fn detail(&mut self, line: &str) {
        self.write_line(&format!("  {}", visible(line)));
    }

    /// Writes a question. The answer is typed on the same line.
    pub(crate) fn prompt(&mut self, text: &str) {
        let _ = self.err.writer.write_all(text.as_bytes()).and_then(|()| self.err.writer.flush());
    }

    /// Writes the program's own text without a level.
    #[cfg(feature = "sandbox")]
    pub(crate) fn plain(&mut self, text: &str) {
        if !self.is_quiet() {
            self.write_line(text);
        }
    }

    /// Writes a line in one piece, so that lines of several programs do not mix. A failure is ignored, because it means
    /// that nobody reads stderr.
    fn write_line(&mut self, line: &str) {
        self.end_progress();
        let _ = self.err.writer.write_all(format!("{line}\n").as_bytes());
    }

    /// Writes a step for `--verbose`. Without `--verbose`, `lines` is not called.
    pub(crate) fn verbose(&mut self, step: &str, lines: impl FnOnce() -> Vec<String>) {
        if self.verbosity != Verbosity::Verbose {
            return;
        }
        for (nth, line) in lines().iter().enumerate() {
            self.write_line(&visible(&format!("{:<14} {line}", if nth == 0 { step } else { "" })));
        }
    }
}
