//! Chooses the configuration: the named file, the environment's default file, the built-in configuration, or no file.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use secrecy::zeroize::Zeroizing;

use super::{toml_slip, variables};
#[cfg(feature = "sandbox")]
use crate::client::KeySource;
use crate::client::{Environment, quote_path};
use crate::config::{Config, ConfigError, Given, Overrides, Source};

/// Reads the named file, or else the environment's default file in the current directory. If there is neither, the
/// sandbox uses its built-in configuration, and the other environments use no file.
pub(crate) fn choose(named: Option<Given<PathBuf>>, overrides: Overrides) -> Result<Config, ConfigError> {
    if let Some(Given { value: path, source }) = named {
        return parse(&text(&path, &format!("{source}: "))?, &path, overrides);
    }
    let environment = environment(overrides.environment.clone())?;
    let path = default_path(environment.value);
    // A file that exists but cannot be read is an error, not a reason to try the next choice.
    let absent = path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    if !absent {
        return parse(&text(&path, "")?, &path, overrides);
    }
    #[cfg(feature = "sandbox")]
    if environment.value == Environment::Sandbox {
        return built_in(overrides);
    }
    Config::without_file(environment, overrides)
}

/// Parses a configuration file. The error names a mistake that was probably made.
pub(crate) fn parse(text: &str, path: &Path, overrides: Overrides) -> Result<Config, ConfigError> {
    Config::parse(text, Some(path), overrides).map_err(|error| toml_slip::explained(error, text, path))
}

/// The chosen environment, else the sandbox, if this build contains it.
pub(crate) fn environment(chosen: Option<Given<Environment>>) -> Result<Given<Environment>, ConfigError> {
    match chosen {
        Some(environment) => Ok(environment),
        None if cfg!(feature = "sandbox") => {
            Ok(Given { value: Environment::Sandbox, source: Source::Option("the default") })
        }
        None => Err(ConfigError::new("no environment: this build has no sandbox to use by default")
            .with_hint("pass --env test or --env prod, or specify a file with --config")),
    }
}

/// The environment's default file, relative to the current directory.
pub(crate) fn default_path(environment: Environment) -> PathBuf {
    Path::new("config").join(format!("{environment}.toml"))
}

/// Reads a text file of at most 1 MiB. `named_by` is the beginning of an error message.
pub(crate) fn text(path: &Path, named_by: &str) -> Result<String, ConfigError> {
    const LARGEST: u64 = 1024 * 1024;
    let cannot = |why: String| ConfigError::new(format!("{named_by}cannot read {}: {why}", quote_path(path)));
    match read_within_limits(path, LARGEST) {
        Ok(bytes) if bytes.len() as u64 > LARGEST => Err(cannot("it is larger than 1 MiB".to_owned())),
        Ok(bytes) if matches!(bytes[..], [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [_, 0, _, 0, ..]) => {
            Err(cannot("it is UTF-16 text".to_owned())
                .with_hint("PowerShell's `>` writes UTF-16: save the file as UTF-8"))
        }
        Ok(mut bytes) => String::from_utf8(std::mem::take(&mut *bytes))
            .map_err(|_| cannot("it is not UTF-8 text".to_owned()).with_hint("save the file as UTF-8")),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => {
            Err(ConfigError::new(format!("{named_by}{} does not exist", quote_path(path))))
        }
        Err(error) => Err(cannot(error.to_string())),
    }
}

/// Reads a file within the time limit for a pipe. The result is longer than `largest`, in bytes, if the file is.
pub(crate) fn read_within_limits(path: &Path, largest: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let owned = path.to_owned();
    let read = within_time_limit(path, INCOMPLETE, move || {
        let file = File::open(owned)?;
        // A growing buffer would leave copies of a secret in memory. The length of a pipe is unknown.
        let length = file.metadata().ok().filter(Metadata::is_file).map_or(largest, |file| file.len().min(largest));
        let mut bytes = Zeroizing::new(Vec::with_capacity(length as usize + 1));
        file.take(largest + 1).read_to_end(&mut bytes).map(|_| bytes)
    });
    read.and_then(|read| read)
}

/// The default of `--timeout`, in seconds.
pub(super) const DEFAULT_TIMEOUT: u64 = 30;
/// The values of `--timeout`, in seconds.
pub(super) const TIMEOUTS: RangeInclusive<u64> = 1..=3600;

/// The time limit for a pipe: the typed `--timeout`, otherwise its default, which also applies to commands without this
/// option. The command line is read here, because the reading of a file is far from the options of a command.
pub(crate) fn pipe_timeout() -> Duration {
    let typed = variables::raw_value(&variables::words(), &["--timeout"]);
    let seconds = typed.and_then(|seconds| seconds.to_str()?.parse().ok());
    Duration::from_secs(seconds.filter(|seconds| TIMEOUTS.contains(seconds)).unwrap_or(DEFAULT_TIMEOUT))
}

/// Reads or opens the file at `path` with `act`. A pipe, such as that of `--key <(pass show key)`, is used like a file.
/// A time limit applies to it, because a pipe without another program at its other end would block for ever. `problem`
/// is the reason in the error, which ends with the time limit.
pub(crate) fn within_time_limit<T: Send + 'static>(
    path: &Path,
    problem: &str,
    act: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    if path.metadata().map_or(true, |metadata| metadata.is_file() || metadata.is_dir()) {
        return Ok(act());
    }
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(act()));
    let limit = pipe_timeout();
    receiver.recv_timeout(limit).map_err(|_| {
        let problem = format!("it is not a regular file, and {problem} after {} s", limit.as_secs());
        io::Error::new(io::ErrorKind::TimedOut, problem)
    })
}

/// The reason if a pipe did not end within the time limit.
pub(crate) const INCOMPLETE: &str = "its content was not complete";

/// The example key, which the sandbox accepts. It is public, and protects nothing.
pub(crate) const EXAMPLE_KEY: &str = include_str!("../../../mp-key.pem.example");

/// The built-in configuration: `config/sandbox.toml` with the example key.
#[cfg(feature = "sandbox")]
fn built_in(mut overrides: Overrides) -> Result<Config, ConfigError> {
    overrides.key.get_or_insert_with(|| Given {
        value: KeySource::Text { name: "the built-in configuration".to_owned(), text: EXAMPLE_KEY.into() },
        source: Source::BuiltIn(1),
    });
    Config::parse(shipped(Environment::Sandbox), None, overrides)
}

/// The configuration that is shipped for an environment.
pub(crate) fn shipped(environment: Environment) -> &'static str {
    match environment {
        Environment::Sandbox => include_str!("../../../config/sandbox.toml"),
        Environment::Test => include_str!("../../../config/test.toml"),
        Environment::Prod => include_str!("../../../config/prod.toml"),
    }
}
