//! How a command is told to take the same configuration again: what was typed has to be typed once more, and what a
//! variable or a file says is still there.

use std::env;
use std::path::Path;

use crate::cli::args::CONFIG_FILE;
use crate::cli::args::config_file::usual;
use crate::cli::error::hints;
use crate::client::environment::Environment;
use crate::client::key::KeySource;
use crate::config::{CLIENT_ID, Config, ENVIRONMENT, EXTERNAL_REF, Given, KEY, KID, ORG, SCOPE, Source};

/// The option that names the environment, or the file where that is not the environment's own.
pub(crate) fn environment(environment: Environment, file: Option<&Path>) -> String {
    match file {
        Some(file) if file != usual(environment) || is_set(CONFIG_FILE) => {
            format!("--config {}", hints::quoted(file))
        }
        _ => format!("--env {environment}"),
    }
}

/// All options that were typed for this configuration, and the environment where it is not taken by itself. Each has a
/// space before it.
pub(crate) fn options(config: &Config) -> String {
    let environment = environment(config.environment.value, config.file.as_deref());
    let environment = (environment != implied()).then(|| format!(" {environment}"));
    format!("{}{}", environment.unwrap_or_default(), typed(config))
}

/// What was typed about the client and its key.
pub(crate) fn typed(config: &Config) -> String {
    text(CLIENT_ID.option, &config.client_id).unwrap_or_default() + &key(config)
}

/// What was typed about the key.
pub(crate) fn key(config: &Config) -> String {
    let path = match &config.key {
        Some(Given { value: KeySource::File(path), source: Source::Option(_) }) => {
            Some(hints::option(KEY.option, &path.display().to_string()))
        }
        _ => None,
    };
    path.into_iter().chain(text(KID.option, &config.kid)).collect()
}

/// What was typed about what is asked for, and as whose system user.
pub(crate) fn parties(config: &Config) -> String {
    let org = config.org.as_ref().and_then(|org| org.as_ref().ok()).filter(|org| is_typed(&org.source));
    let org = org.map(|org| hints::option(ORG.option, &org.value.to_string()));
    let options = [text(SCOPE.option, &config.scope), org, text(EXTERNAL_REF.option, &config.external_ref)];
    options.into_iter().flatten().collect()
}

fn text(option: &str, given: &Option<Given<String>>) -> Option<String> {
    let given = given.as_ref().filter(|given| is_typed(&given.source))?;
    Some(hints::option(option, &given.value))
}

fn is_typed(source: &Source) -> bool {
    matches!(source, Source::Option(name) if name.starts_with("--"))
}

/// The environment that a command takes by itself.
fn implied() -> String {
    match env::var_os(ENVIRONMENT.variable).filter(|value| !value.is_empty()) {
        Some(environment) => format!("--env {}", environment.display()),
        None if cfg!(feature = "sandbox") => format!("--env {}", Environment::Sandbox),
        None => String::new(),
    }
}

fn is_set(variable: &str) -> bool {
    env::var_os(variable).is_some_and(|value| !value.is_empty())
}
