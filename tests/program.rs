//! The real binary, in an empty folder and a bare environment.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The folder of fixtures.
pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

pub fn data_text(name: &str) -> String {
    fs::read_to_string(data(name)).unwrap()
}

/// The project's own folder.
pub fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

pub fn project_text(path: &str) -> String {
    fs::read_to_string(project(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub struct Program {
    folder: TempDir,
    arguments: Vec<String>,
    variables: Vec<(String, OsString)>,
}

/// What one run left behind.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// A run with these arguments, which are split at spaces.
pub fn program(arguments: &str) -> Program {
    let arguments = arguments.split_whitespace().map(str::to_owned).collect();
    Program { folder: tempfile::tempdir().unwrap(), arguments, variables: Vec::new() }
}

impl Program {
    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub fn var(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// A file in the folder in which the program runs.
    pub fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    pub fn folder(self, path: &str) -> Self {
        fs::create_dir_all(self.folder.path().join(path)).unwrap();
        self
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_systemuser-demo"));
        command.args(&self.arguments).env_clear().envs(self.variables.iter().cloned());
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    pub fn run(self) -> Run {
        let output = self.command().output().unwrap();
        Run {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Run {
    /// The run failed with this code and these words, and said nothing on stdout.
    #[track_caller]
    pub fn fails(&self, code: i32, err: &str) {
        assert_eq!((without_chance(&self.err).as_str(), self.code, self.out.as_str()), (err, code, ""));
    }

    #[track_caller]
    pub fn succeeds(&self, out: &str) {
        assert_eq!((self.out.as_str(), self.code), (out, 0), "{}", self.err);
    }
}

/// The text without what differs between runs and machines: loopback ports, and the numbers of system errors.
pub fn without_chance(text: &str) -> String {
    let without = |text: &str, mark: &str, instead: &str, more: &str| {
        let mut parts = text.split(mark);
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| {
            let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{text}{instead}{}", rest.strip_prefix(more).unwrap_or(rest))
        })
    };
    without(&without(text, "127.0.0.1:", "127.0.0.1:PORT", ""), " (os error ", "", ")")
}
