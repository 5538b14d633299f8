//! Messages for errors: each typed error becomes a [`CommandError`] once, with the values and hints that are known
//! where it occurred. Each kind of error has its own file.
//!
//! The `output` module decides how an error looks.

pub(crate) mod certificate;
pub mod command_line;
mod config;
pub mod file_handles;
pub(crate) mod key;
pub(crate) mod problem;
mod suggestion;
pub(crate) mod token_refused;
pub(crate) mod transport_error;

use std::io;

pub(crate) use self::suggestion::{did_you_mean, nearest};

use crate::cli::output::{Console, Level};

/// The exit codes of the process, as the end of `--help` lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the end of `--help` describes them")]
pub enum Exit {
    Done = 0,
    Unexpected = 1,
    CommandLine = 2,
    Configuration = 3,
    Maskinporten = 4,
    Api = 5,
    NoAnswer = 6,
    Undecided = 7,
    Interrupted = 130,
}

/// The error of a command, with all its messages.
#[derive(Debug, thiserror::Error)]
#[error("{sentence}")]
pub struct CommandError {
    /// The exit code of the process.
    pub exit: Exit,
    pub(crate) sentence: String,
    /// The server's own text, its meaning, and the values that it is about, one per line.
    pub(crate) detail: Vec<String>,
    pub(crate) hints: Vec<String>,
    pub(crate) notes: Vec<String>,
}

impl CommandError {
    pub(crate) fn new(exit: Exit, sentence: impl Into<String>) -> Self {
        Self { exit, sentence: sentence.into(), detail: Vec::new(), hints: Vec::new(), notes: Vec::new() }
    }

    /// An error for a command line that clap accepts but that is not valid.
    pub(crate) fn usage(sentence: impl Into<String>, command: &str) -> Self {
        Self::command_line(sentence).hint(format!("for usage, run `systemuser-demo {command} --help`"))
    }

    /// An error for a wrong value on the command line or on stdin, or for a wrong input file.
    pub(crate) fn command_line(sentence: impl Into<String>) -> Self {
        Self::new(Exit::CommandLine, sentence)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Whether the process ends without a message, because the reader of stdout has closed the pipe, as `head` does.
    fn is_quiet(&self) -> bool {
        self.exit == Exit::Done
    }

    /// Writes the error to stderr.
    pub fn render(&self, console: &mut Console<'_>) {
        if self.is_quiet() {
            return;
        }
        console.message(Level::Error, &self.sentence);
        self.detail.iter().for_each(|line| console.detail(line));
        self.hints.iter().for_each(|hint| console.message(Level::Hint, hint));
        self.notes.iter().for_each(|note| console.message(Level::Note, note));
    }
}

/// An unexpected error, with its chain of causes.
impl From<anyhow::Error> for CommandError {
    fn from(error: anyhow::Error) -> Self {
        Self::new(Exit::Unexpected, format!("{error:#}"))
    }
}

/// A failed write to the console. A closed pipe ends the process with 0 and without a message.
impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::new(Exit::Done, ""),
            _ => Self::new(Exit::Unexpected, format!("cannot write to stdout: {error}")),
        }
    }
}
