//! Values that a shell offers on completion. A shell must not be disturbed, so an invalid configuration offers nothing.

use std::env;
use std::ffi::OsString;

use clap::{ColorChoice, ValueEnum};
use clap_complete::CompletionCandidate;

use super::{CommonArgs, raw_value};
use crate::client::Environment;
use crate::client::reference_api::ReferenceApi;
use crate::client::sanitize::draws;
use crate::config::{Config, Overrides};

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
    let of_apis = config.apis.into_iter().filter_map(|(_, api)| api.scope);
    offered(config.scope.into_iter().chain(of_apis).map(|given| given.value))
}

/// The values that cannot control the terminal.
fn offered(values: impl Iterator<Item = String>) -> Vec<CompletionCandidate> {
    values.filter(|value| !value.contains(draws)).map(CompletionCandidate::new).collect()
}

/// The configuration that the typed part of the command line chooses.
fn config() -> Option<Config> {
    // The shell passes the words of the command line after `--`.
    let words: Vec<OsString> = env::args_os().skip_while(|word| word != "--").skip(1).collect();
    let env = raw_value(&words, &["--env", "-e"]);
    let common = CommonArgs {
        env: env.and_then(|name| Environment::from_str(name.to_str()?, false).ok()),
        config: raw_value(&words, &["--config", "-c"]),
        json: false,
        verbose: false,
        quiet: false,
        color: ColorChoice::Auto,
    };
    common.configuration(Overrides::default()).ok()
}
