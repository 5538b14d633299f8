//! Chooses the configuration: the named file, the environment's default file, the built-in configuration, or no file.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

#[cfg(feature = "sandbox")]
use crate::client::KeySource;
use crate::client::{Environment, quote_path};
use crate::config::{Config, ConfigError, Given, Overrides, Source};

/// Reads the named file, or else the environment's default file in the current directory. If there is neither, the
/// sandbox uses its built-in configuration, and the other environments use no file.
pub(crate) fn choose(named: Option<Given<PathBuf>>, overrides: Overrides) -> Result<Config, ConfigError> {
    if let Some(Given { value: path, source }) = named {
        return Config::parse(&text(&path, &format!("{source}: "))?, Some(&path), overrides);
    }
    let environment = environment(overrides.environment.clone())?;
    let path = default_path(environment.value);
    // A file that exists but cannot be read is an error, not a reason to try the next choice.
    let absent = path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
    if !absent {
        return Config::parse(&text(&path, "")?, Some(&path), overrides);
    }
    #[cfg(feature = "sandbox")]
    if environment.value == Environment::Sandbox {
        return built_in(overrides);
    }
    Config::without_file(environment, overrides)
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

/// Reads a configuration file of at most 1 MiB. `named_by` is the beginning of an error message.
pub(crate) fn text(path: &Path, named_by: &str) -> Result<String, ConfigError> {
    const LARGEST: u64 = 1024 * 1024;
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text));
    let cannot = |why: String| ConfigError::new(format!("{named_by}cannot read {}: {why}", quote_path(path)));
    match read {
        Ok(_) if text.len() as u64 <= LARGEST => Ok(text),
        Ok(_) => Err(cannot("it is larger than 1 MiB".to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => {
            Err(ConfigError::new(format!("{named_by}{} does not exist", quote_path(path))))
        }
        Err(error) => Err(cannot(error.to_string())),
    }
}

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
