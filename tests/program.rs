//! Runs the real binary in an empty folder and a bare environment.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// A copy of a fixture with permissions for the owner only, which git does not store.
pub fn data(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let copies = Path::new(env!("CARGO_TARGET_TMPDIR")).join("data");
        fs::create_dir_all(&copies).unwrap();
        let entries = fs::read_dir(project("tests/data")).unwrap().map(Result::unwrap);
        for entry in entries.filter(|entry| entry.path().is_file()) {
            let copy = copies.join(entry.file_name());
            fs::write(&copy, fs::read(entry.path()).unwrap()).unwrap();
            for_owner_alone(&copy);
        }
        copies
    });
    folder.join(name)
}

pub fn data_text(name: &str) -> String {
    fs::read_to_string(data(name)).unwrap()
}

fn for_owner_alone(path: &Path) {
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

/// A path in the project's folder.
pub fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

pub fn project_text(path: &str) -> String {
    fs::read_to_string(project(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A program that is Cargo or starts it, offline and in this target directory, so that built dependencies are used
/// again. Outside the project's folder, its `.cargo/config.toml` applies only if it was copied there.
pub fn with_cargo(program: &str, folder: &Path) -> Command {
    // This binary lies in the folder of one of Cargo's profiles.
    let target = Path::new(env!("CARGO_BIN_EXE_systemuser-demo")).ancestors().nth(2).unwrap();
    let mut command = Command::new(program);
    command.current_dir(folder).env("CARGO_TARGET_DIR", target).env("CARGO_NET_OFFLINE", "true");
    command
}

#[track_caller]
pub fn succeeds(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}:\n{}", String::from_utf8_lossy(&output.stderr));
    output
}

pub struct Program {
    folder: TempDir,
    arguments: Vec<String>,
    variables: Vec<(String, OsString)>,
}

/// The result of a run.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// A program with these arguments, which are split at spaces.
pub fn program(arguments: &str) -> Program {
    let arguments = arguments.split_whitespace().map(str::to_owned).collect();
    Program { folder: tempfile::tempdir().unwrap(), arguments, variables: Vec::new() }
}

impl Program {
    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds arguments, which are split at spaces.
    pub fn args(mut self, arguments: &str) -> Self {
        self.arguments.extend(arguments.split_whitespace().map(str::to_owned));
        self
    }

    pub fn var(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// Writes a file in the folder in which the program runs.
    pub fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        for_owner_alone(&path);
        self
    }

    /// The path of a file in the program's folder; the file need not exist.
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn folder(self, path: &str) -> Self {
        fs::create_dir_all(self.folder.path().join(path)).unwrap();
        self
    }

    pub fn command(&self) -> Command {
        // A test that runs the program thousands of times takes a third of the time with an optimised program.
        let optimised = std::env::var_os("TESTED_PROGRAM");
        let mut command = Command::new(optimised.unwrap_or_else(|| env!("CARGO_BIN_EXE_systemuser-demo").into()));
        command.args(&self.arguments).env_clear().envs(self.variables.iter().cloned());
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    /// The same command in a terminal that `script` provides, and that does not know its width.
    #[cfg(target_os = "linux")]
    pub fn at_a_terminal(&self) -> Command {
        self.at_a_terminal_of(0)
    }

    /// The same command in a terminal that has this number of columns.
    #[cfg(target_os = "linux")]
    pub fn at_a_terminal_of(&self, columns: u16) -> Command {
        let plain = self.command();
        let line: Vec<&str> =
            std::iter::once(plain.get_program()).chain(plain.get_args()).map(|word| word.to_str().unwrap()).collect();
        assert!(line.iter().all(|word| !word.contains([' ', '\''])), "no word is quoted here: {line:?}");
        let line = format!("stty rows 24 cols {columns}; exec {}", line.join(" "));
        let mut script = Command::new("script");
        script.args(["--quiet", "--return", "--command", &line, "/dev/null"]).env_clear();
        script.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("SHELL", "/bin/sh");
        script.envs(self.variables.iter().cloned()).current_dir(self.path("")).stdin(Stdio::null());
        script
    }

    pub fn run(self) -> Run {
        self.run_with("")
    }

    /// Runs the program with this text on standard input.
    pub fn run_with(self, input: &str) -> Run {
        let mut command = self.command();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_owned();
        // A program that does not read its input must not block the test.
        let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Run::from(output)
    }
}

/// Runs a line in a shell, like a person who opens a terminal: in an empty folder, without variables, and with the
/// program on the search path.
#[cfg(all(unix, feature = "sandbox"))]
pub fn in_a_new_terminal(line: &str) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_systemuser-demo")).parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", binary.display());
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).env_clear().env("PATH", path).current_dir(&folder).stdin(Stdio::null());
    Run::of(&mut shell)
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Run {
    /// Runs a command and keeps its folder, so that a test can inspect the files.
    pub fn of(command: &mut Command) -> Self {
        command.output().unwrap().into()
    }

    /// Asserts that the run failed with this exit code and this stderr, with nothing on stdout.
    #[track_caller]
    pub fn fails(&self, code: i32, err: &str) {
        assert_eq!((without_chance(&self.err).as_str(), self.code, self.out.as_str()), (err, code, ""));
    }

    #[track_caller]
    pub fn succeeds(&self, out: &str) {
        assert_eq!((self.out.as_str(), self.code), (out, 0), "{}", self.err);
    }
}

/// The text without parts that differ between runs and machines: loopback ports, and the numbers of system errors.
pub fn without_chance(text: &str) -> String {
    let without = |text: &str, mark: &str, instead: &str, more: &str| {
        let mut parts = text.split(mark);
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| {
            let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{text}{instead}{}", rest.strip_prefix(more).unwrap_or(rest))
        })
    };
    let text = without(text, "127.0.0.1:", "127.0.0.1:PORT", "");
    without(&without(&text, "sandbox --port ", "sandbox --port PORT", ""), " (os error ", "", ")")
}
