//! Candidates that a shell offers for a value. Errors are ignored, because a message would disturb the shell.
//!
//! A configuration file may come from others. A value is therefore offered only if it needs no quotes: bash and
//! PowerShell would insert `$(…)` as it is.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clap_complete::{ArgValueCompleter, CompletionCandidate, PathCompleter};

use super::variables::{self, CONFIG_FILE, raw_value};
use super::{config_file, shell};
use crate::client::reference_api::ReferenceApi;
use crate::client::{may_be_secret, show};
use crate::config::{ApiConfig, Config, ENVIRONMENT, Given, Overrides, Source};

/// The words of the typed command line. They are stored here because the functions below have no parameters.
static WORDS: OnceLock<Vec<OsString>> = OnceLock::new();

/// Stores the words of the typed command line.
pub(crate) fn set_words(words: Vec<OsString>) {
    let _ = WORDS.set(words);
}

/// The words of the typed command line.
pub(crate) fn words() -> &'static [OsString] {
    WORDS.get().map(Vec::as_slice).unwrap_or_default()
}

/// The reference APIs, and the APIs of the configuration.
pub(crate) fn apis() -> Vec<CompletionCandidate> {
    let config = config();
    let has_reference = config.as_ref().is_none_or(|config| config.endpoints.reference_api.is_some());
    let reference = ReferenceApi::ALL.into_iter().filter(|_| has_reference);
    let reference = reference.map(|api| (api.name().to_owned(), "reference API".to_owned()));
    let apis = config.into_iter().flat_map(|config| config.apis);
    let help = |api: ApiConfig| match api.method {
        Some(method) => format!("{method} {}", show(&api.url.value)),
        None => show(&api.url.value),
    };
    offered(reference.chain(apis.map(|(name, api)| (name, help(api)))))
}

/// The configured system.
pub(crate) fn systems() -> Vec<CompletionCandidate> {
    let system = config().and_then(|config| config.vendor.system_id);
    offered(system.into_iter().map(|given| (given.value, "`system_id` under [vendor]".to_owned())))
}

/// The configured scopes.
pub(crate) fn scopes() -> Vec<CompletionCandidate> {
    let Some(config) = config() else { return Vec::new() };
    let of_apis =
        config.apis.into_iter().filter_map(|(name, api)| Some((api.scope?, format!("[api.{}]", show(&name)))));
    let scopes = config.scope.into_iter().map(|scope| (scope, "`scope`".to_owned())).chain(of_apis);
    let scopes = scopes.flat_map(|(scopes, help)| {
        let scopes: Vec<String> = scopes.value.split_whitespace().map(str::to_owned).collect();
        scopes.into_iter().map(move |scope| (scope, help.clone()))
    });
    offered(scopes)
}

/// Completes the paths of files with this extension, and of directories.
pub(crate) fn files(extension: &'static str) -> ArgValueCompleter {
    let is_wanted = move |path: &Path| path.extension().is_some_and(|found| found == extension) && path.is_file();
    ArgValueCompleter::new(PathCompleter::any().filter(is_wanted))
}

/// Candidates without a description.
pub(crate) fn names(names: impl IntoIterator<Item = impl Into<OsString>>) -> Vec<CompletionCandidate> {
    names.into_iter().map(CompletionCandidate::new).collect()
}

fn offered(values: impl Iterator<Item = (String, String)>) -> Vec<CompletionCandidate> {
    let is_safe = |value: &str| shell::is_plain(value) && !value.starts_with('-') && !may_be_secret(value);
    let values = values.filter(|(value, _)| is_safe(value));
    // Only the first candidate with an id is offered.
    values.map(|(value, help)| CompletionCandidate::new(&value).help(Some(help.into())).id(Some(value))).collect()
}

/// The configuration that the typed words choose.
fn config() -> Option<Config> {
    let path = raw_value(words(), &["--config", "-c"]).or_else(|| variables::os(CONFIG_FILE));
    let named = path.map(|path| Given { value: PathBuf::from(path), source: Source::Option("--config") });
    let name = raw_value(words(), &["--env", "-e"]).or_else(|| variables::os(ENVIRONMENT.variable));
    let environment = name.and_then(|name| name.to_str()?.parse().ok());
    let environment = environment.map(|value| Given { value, source: Source::Option(ENVIRONMENT.option) });
    let default =
        || config_file::environment(environment.clone()).ok().map(|given| config_file::default_path(given.value));
    let file = named.as_ref().map(|given| given.value.clone()).or_else(default)?;
    // Reading a pipe could wait for its writer, and would take its content from the command.
    if file.metadata().is_ok_and(|file| !file.is_file()) {
        return None;
    }
    config_file::choose(named, Overrides { environment, ..Overrides::default() }).ok()
}
