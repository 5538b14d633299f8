//! The configured key: reads it, and warns about it.

use jsonwebtoken::Algorithm;

use crate::cli::args::config_file::{EXAMPLE_KEY, INCOMPLETE, within_time_limit};
use crate::cli::args::shell;
use crate::cli::error::CommandError;
use crate::cli::error::key::explained;
use crate::cli::output::verbose::display_kid;
use crate::cli::output::{Console, Level};
use crate::client::key::{KeyError, KeyErrorKind};
use crate::client::{Environment, KeySource, SigningKey};
use crate::config::Config;

/// A message and its level.
pub(crate) type Message = (Level, String);

/// Reads the key, and writes the messages about it.
pub(crate) fn load(config: &Config, console: &mut Console<'_>) -> Result<SigningKey, CommandError> {
    let (key, messages) = read(config)?;
    messages.iter().for_each(|(level, text)| console.unless_quiet(*level, text));
    Ok(key)
}

/// Reads the key, and returns the messages about it.
pub(crate) fn read(config: &Config) -> Result<(SigningKey, Vec<Message>), CommandError> {
    let given = config.key()?;
    let kid = config.kid.as_ref();
    let algorithm = config.algorithm.as_ref().map(|given| given.value);
    let key = load_within_time_limit(&given.value, kid.map(|kid| kid.value.clone()), algorithm)
        .map_err(|error| explained(&error, given, config.environment.value))?;
    let mut messages: Vec<Message> = Vec::new();
    messages.extend(readable_by_others(config, &given.value).map(|warning| (Level::Warning, warning)));
    if config.environment.value != Environment::Sandbox && is_the_example(&key) {
        messages.push((Level::Warning, EXAMPLE_IS_PUBLIC.to_owned()));
    }
    if let (Some(kid), Some(own)) = (kid, &key.kid_of_jwk)
        && *own != kid.value
    {
        let [own, sent] = [own, &kid.value].map(|kid| display_kid(kid, &key));
        messages.push((
            Level::Warning,
            format!("the JWK's `kid` is `{own}`, but the key id `{sent}` ({}) is sent", kid.source),
        ));
    }
    if kid.is_none() && key.kid_of_jwk.is_none() {
        let note = "no key id is configured, so the key's thumbprint is sent; if you registered the key as PEM, set --kid \
                    to the key id that the self-service portal generated";
        messages.push((Level::Note, note.to_owned()));
    }
    Ok((key, messages))
}

/// Reads the key. A time limit applies to a pipe.
fn load_within_time_limit(
    source: &KeySource,
    kid: Option<String>,
    algorithm: Option<Algorithm>,
) -> Result<SigningKey, KeyError> {
    let KeySource::File(path) = source else { return SigningKey::load(source, kid.as_deref(), algorithm) };
    let file = source.clone();
    within_time_limit(path, INCOMPLETE, move || SigningKey::load(&file, kid.as_deref(), algorithm))
        .unwrap_or_else(|error| Err(KeyError { key: source.to_string(), kind: KeyErrorKind::Unreadable(error) }))
}

/// The warning if the sandbox's key is used outside the sandbox, or if its public half is printed.
pub(crate) const EXAMPLE_IS_PUBLIC: &str =
    "this is the sandbox key; its private half is published, so never register it";

/// Whether the key is the sandbox's key, in any format.
pub(crate) fn is_the_example(key: &SigningKey) -> bool {
    key.thumbprint() == "ustUXcpKH5FI1PHh_H-Fpb_ueVLr0DGgksZ0WyT4eFs"
}

/// The warning about a key file that users other than its owner can read.
fn readable_by_others(config: &Config, key: &KeySource) -> Option<String> {
    let KeySource::File(path) = key else { return None };
    let mode = file_mode(config, key).filter(|mode| mode & 0o044 != 0)?;
    let path = shell::path(path);
    Some(format!(
        "{key} can be read by users other than its owner (mode {mode:04o}); to restrict it, run `chmod 600 {path}`"
    ))
}

/// The permissions of the key file, as Unix mode bits. `None` for the sandbox's key, which is public, and for a key
/// that is not in a regular file.
#[cfg(unix)]
pub(crate) fn file_mode(config: &Config, key: &KeySource) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let KeySource::File(path) = key else { return None };
    let metadata = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let is_example = config.environment.value == Environment::Sandbox
        && std::fs::read(path).is_ok_and(|content| content == EXAMPLE_KEY.as_bytes());
    (!is_example).then_some(metadata.permissions().mode() & 0o777)
}

#[cfg(not(unix))]
pub(crate) fn file_mode(_: &Config, _: &KeySource) -> Option<u32> {
    None
}
