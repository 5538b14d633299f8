//! Where a value came from that has no source of its own. A source is told as the reader wants it: with its line or not.

use jsonwebtoken::jwk::{Jwk, ThumbprintHash};

use crate::client::key::{KidOrigin, SigningKey};
use crate::client::sanitize::{may_be_secret, visible};
use crate::config::{Config, Source};

/// Whether a value stands in a file, and nobody said it for this run.
pub(crate) fn is_file(source: &Source) -> bool {
    matches!(source, Source::File { .. } | Source::BuiltIn(_))
}

/// A key id as messages show it. One that may be a secret is cut short: the beginning is enough to recognise the
/// thumbprint of another key.
pub(crate) fn show_kid(kid: &str, key: &SigningKey) -> String {
    match may_be_secret(kid) && !is_thumbprint(kid, key) {
        true => format!("{}… ({} characters)", visible(&kid.chars().take(8).collect::<String>()), kid.chars().count()),
        false => visible(kid),
    }
}

/// Whether a key id is the key's thumbprint (RFC 7638), which is public although it is as long as part of a key.
fn is_thumbprint(kid: &str, key: &SigningKey) -> bool {
    let jwk = serde_json::to_value(key.public_jwk()).and_then(serde_json::from_value::<Jwk>);
    jwk.is_ok_and(|jwk| jwk.thumbprint(ThumbprintHash::SHA256).is_ok_and(|thumbprint| thumbprint == kid))
}

/// Of the key id.
pub(crate) fn kid(config: &Config, key: &SigningKey, tell: impl Fn(&Source) -> String) -> String {
    match (&config.kid, key.kid_origin) {
        (Some(kid), _) => tell(&kid.source),
        (None, KidOrigin::Thumbprint) => "the key's thumbprint, RFC 7638".to_owned(),
        (None, _) => "the JWK's own".to_owned(),
    }
}

/// Of an address that the first of these keys decides, else the next.
pub(crate) fn endpoint(config: &Config, keys: &[&str], tell: impl Fn(&Source) -> String) -> String {
    let given = keys.iter().find_map(|key| config.endpoint_sources.get(key));
    given.map_or_else(|| format!("implied by {}", config.environment.value), tell)
}
