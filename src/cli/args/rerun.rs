//! The command line to type again: the options with which a command uses the same configuration. Variables and files
//! still have their values, so only typed options are repeated.

use std::path::Path;

use super::config_file::default_path;
use super::shell;
use super::variables::{self, CONFIG_FILE};
use crate::client::{Environment, KeySource};
use crate::config::{CLIENT_ID, Config, ENVIRONMENT, EXTERNAL_REF, Given, KEY, KID, ORG, SCOPE, Source};
use crate::explain::Command;

/// The options that repeat a configuration, each with a space before it.
#[derive(Debug)]
pub(crate) struct Rerun {
    /// For commands that accept the client id and the key.
    pub(crate) options: String,
    /// For commands that accept only the key.
    key_options: String,
    /// The system, if it was typed.
    pub(crate) system: String,
}

impl Rerun {
    pub(crate) fn new(config: &Config) -> Self {
        let environment = environment(config.environment.value, config.file.as_deref());
        let environment = if environment == implied() { String::new() } else { format!(" {environment}") };
        let client_id = text(CLIENT_ID.option, config.client_id.as_ref());
        let key = key(config);
        Self {
            options: format!("{environment}{client_id}{key}"),
            key_options: format!("{environment}{key}"),
            system: String::new(),
        }
    }

    /// Adds this system to the commands, if it was typed.
    pub(crate) fn about(self, system: &Given<String>) -> Self {
        let is_typed = matches!(system.source, Source::Option(_));
        Self { system: if is_typed { shell::option("--system", &system.value) } else { String::new() }, ..self }
    }

    /// A complete command line of this program.
    pub(crate) fn command(&self, line: &str) -> String {
        format!("systemuser-demo {line}{}", self.options)
    }

    /// The complete command line of a command in a remedy.
    pub(crate) fn complete(&self, command: &Command) -> String {
        match command {
            Command::Key(line) => format!("{line}{}", self.key_options),
            Command::Vendor(line) => format!("{line}{}", self.options),
            Command::System(line) => format!("{line}{}{}", self.system, self.options),
        }
    }
}

/// The option that names the environment, or the file if that is not the environment's default.
pub(crate) fn environment(environment: Environment, file: Option<&Path>) -> String {
    match file {
        Some(file) if file != default_path(environment) || variables::os(CONFIG_FILE).is_some() => {
            format!("--config {}", shell::path(file))
        }
        _ => format!("--env {environment}"),
    }
}

/// The typed options of the grant, except the client id and the key.
pub(crate) fn grant_options(config: &Config) -> String {
    let org = config.org.as_ref().and_then(|org| org.as_ref().ok());
    let org = org.map(|org| Given { value: org.value.to_string(), source: org.source.clone() });
    text(SCOPE.option, config.scope.as_ref())
        + &text(ORG.option, org.as_ref())
        + &text(EXTERNAL_REF.option, config.external_ref.as_ref())
}

/// The typed options of the key.
fn key(config: &Config) -> String {
    let path = match &config.key {
        Some(Given { value: KeySource::File(path), source: Source::Option(_) }) => {
            shell::option(KEY.option, &path.display().to_string())
        }
        _ => String::new(),
    };
    path + &text(KID.option, config.kid.as_ref())
}

fn text(option: &str, given: Option<&Given<String>>) -> String {
    match given {
        Some(Given { value, source: Source::Option(name) }) if name.starts_with("--") => shell::option(option, value),
        _ => String::new(),
    }
}

/// The `--env` option that a command can omit in any terminal; empty if there is no default. While `SYSTEMUSER_ENV` is
/// set, every command names its environment.
fn implied() -> String {
    match variables::os(ENVIRONMENT.variable) {
        None if cfg!(feature = "sandbox") => format!("--env {}", Environment::Sandbox),
        _ => String::new(),
    }
}
