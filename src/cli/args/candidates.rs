//! Values that a shell offers on completion. Errors are ignored, because a message would disturb the shell.

use std::ffi::OsString;

use clap_complete::CompletionCandidate;

use super::config_file;
use super::variables::{self, CONFIG_FILE, raw_value};
use crate::client::reference_api::ReferenceApi;
use crate::client::sanitize::draws;
use crate::config::{Config, ENVIRONMENT, Given, Overrides, Source};

/// The reference APIs, and the APIs of the configuration.
pub(crate) fn apis() -> Vec<CompletionCandidate> {
    let configured = config().into_iter().flat_map(|config| config.apis).map(|(name, _)| name);
    let reference = ReferenceApi::ALL.map(|api| api.name().to_owned());
    offered(reference.into_iter().chain(configured))
}

/// The configured system.
pub(crate) fn systems() -> Vec<CompletionCandidate> {
    let system = config().and_then(|config| config.vendor.system_id);
    offered(system.into_iter().map(|given| given.value))
}

/// The configured scopes.
pub(crate) fn scopes() -> Vec<CompletionCandidate> {
    let Some(config) = config() else { return Vec::new() };
    let of_apis = config.apis.into_values().filter_map(|api| api.scope);
    offered(config.scope.into_iter().chain(of_apis).map(|given| given.value))
}

/// The values that cannot control the terminal.
fn offered(values: impl Iterator<Item = String>) -> Vec<CompletionCandidate> {
    values.filter(|value| !value.contains(draws)).map(CompletionCandidate::new).collect()
}

/// The configuration that the typed part of the command line chooses.
fn config() -> Option<Config> {
    // The shell passes the words of the command line after `--`.
    let words: Vec<OsString> = variables::words().into_iter().skip_while(|word| word != "--").skip(1).collect();
    let path = raw_value(&words, &["--config", "-c"]).or_else(|| variables::os(CONFIG_FILE));
    let named = path.map(|path| Given { value: path.into(), source: Source::Option("--config") });
    let name = raw_value(&words, &["--env", "-e"]).or_else(|| variables::os(ENVIRONMENT.variable));
    let environment = name.and_then(|name| name.to_str()?.parse().ok());
    let environment = environment.map(|value| Given { value, source: Source::Option(ENVIRONMENT.option) });
    config_file::choose(named, Overrides { environment, ..Overrides::default() }).ok()
}
