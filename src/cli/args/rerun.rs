//! The command line to type again: a command that uses the same configuration and the same sandbox, also in a new
//! terminal. Files still have their values, so only options and environment variables are repeated.

use std::path::Path;

use super::config_file::default_path;
use super::shell;
use super::variables::{self, CONFIG_FILE, SANDBOX};
use crate::client::{Environment, KeySource, may_be_secret};
use crate::config::{CERTIFICATE, CLIENT_ID, Config, ENVIRONMENT, EXTERNAL_REF, Given, KEY, KID, ORG, SCOPE, Source};
use crate::explain::Command;

/// The parts of a command that repeat a configuration: the running sandbox, and options with a space before each.
#[derive(Debug)]
pub(crate) struct Rerun {
    sandbox: String,
    /// For commands that accept the client id and the key.
    options: String,
    /// For commands that accept only the key.
    key_options: String,
    /// The system, if it was typed; a placeholder if no system is known.
    pub(crate) system: String,
    /// The scopes as arguments, unless they are in a file.
    scopes: String,
}

impl Rerun {
    pub(crate) fn new(config: &Config) -> Self {
        let environment = environment(config.environment.value, config.file.as_deref());
        let environment = if environment == implied() { String::new() } else { format!(" {environment}") };
        let client_id = text(CLIENT_ID.option, config.client_id.as_ref());
        let key = key(config);
        let is_sandbox = config.environment.value == Environment::Sandbox && variables::os(SANDBOX).is_some();
        let rerun = Self {
            sandbox: if is_sandbox {
                format!("{SANDBOX}={} ", config.endpoints.issuer.as_str().trim_end_matches('/'))
            } else {
                String::new()
            },
            options: format!("{environment}{client_id}{key}"),
            key_options: format!("{environment}{key}"),
            system: " --system ID".to_owned(),
            scopes: config.scope.as_ref().filter(|scope| !scope.source.is_file()).map_or(String::new(), arguments),
        };
        match &config.vendor.system_id {
            Some(system) => rerun.about(system),
            None => rerun,
        }
    }

    /// Adds this system to the commands, if it was typed.
    pub(crate) fn about(self, system: &Given<String>) -> Self {
        let is_typed = matches!(system.source, Source::Option(_));
        Self { system: if is_typed { shell::option("--system", &system.value) } else { String::new() }, ..self }
    }

    /// A complete command line of this program.
    pub(crate) fn command(&self, line: &str) -> String {
        format!("{}systemuser-demo {line}{}", self.sandbox, self.options)
    }

    /// The command that shows what the configured system user may do. `None` without an owner.
    pub(crate) fn user_access(&self, config: &Config) -> Option<String> {
        let owner = config.org().ok()?.value;
        let external_ref = external_ref_option(config);
        Some(self.command(&format!("user access {owner}{external_ref}")))
    }

    /// The complete command line of a command in a remedy.
    pub(crate) fn complete(&self, command: &Command) -> String {
        match command {
            Command::Key(line) => format!("systemuser-demo {line}{}", self.key_options),
            Command::Vendor(line) => self.command(line),
            Command::System(line) => self.command(&format!("{line}{}", self.system)),
            Command::Scope(line) => self.command(&format!("{line}{}", self.scopes)),
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

/// The options of the grant, except the client id and the key.
pub(crate) fn grant_options(config: &Config) -> String {
    let org = config.org.as_ref().and_then(|org| org.as_ref().ok());
    let org = org.map(|org| Given { value: org.value.to_string(), source: org.source.clone() });
    text(SCOPE.option, config.scope.as_ref()) + &text(ORG.option, org.as_ref()) + &external_ref_option(config)
}

/// The option for the external reference.
pub(crate) fn external_ref_option(config: &Config) -> String {
    text(EXTERNAL_REF.option, config.external_ref.as_ref())
}

/// The scope for a command that needs one: a placeholder if none is configured.
pub(crate) fn scope_option(config: &Config) -> String {
    match &config.scope {
        None => format!(" {} SCOPE", SCOPE.option),
        scope => text(SCOPE.option, scope.as_ref()),
    }
}

/// The options of the key.
fn key(config: &Config) -> String {
    let file = |option, path: &Path| shell::option(option, &path.display().to_string());
    let path = match &config.key {
        Some(Given { value: KeySource::File(path), source }) if is_repeated(source) => file(KEY.option, path),
        // The key itself is not printed.
        Some(Given { value: KeySource::Text { .. }, source: Source::Variable(_) }) => format!(" {} FILE", KEY.option),
        _ => String::new(),
    };
    let certificate = config.certificate.as_ref().filter(|given| is_repeated(&given.source));
    let certificate = certificate.map(|given| file(CERTIFICATE.option, &given.value)).unwrap_or_default();
    path + &certificate + &text(KID.option, config.kid.as_ref())
}

/// Each scope as an argument, with a space before it.
fn arguments(scopes: &Given<String>) -> String {
    // A key with spaces looks like several scopes. clap would read a scope that begins with `-` as an option.
    let argument = |scope: &str| match may_be_secret(&scopes.value) || scope.starts_with('-') {
        true => "SCOPE".to_owned(),
        false => shell::quote(scope),
    };
    scopes.value.split(' ').map(|scope| format!(" {}", argument(scope))).collect()
}

fn text(option: &str, given: Option<&Given<String>>) -> String {
    match given {
        Some(Given { value, source }) if is_repeated(source) => shell::option(option, value),
        _ => String::new(),
    }
}

/// Whether a new command needs an option for a value from this source.
fn is_repeated(source: &Source) -> bool {
    match source {
        Source::Option(name) => name.starts_with("--"),
        Source::Variable(_) => true,
        Source::File { .. } | Source::BuiltIn(_) => false,
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
