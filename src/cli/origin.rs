//! Where a value came from that has no source of its own. A source is told as the reader wants it: with its line or not.

use jsonwebtoken::jwk::{Jwk, ThumbprintHash};

use crate::config::{Config, Source};
use crate::key::{KidOrigin, SigningKey};
use crate::sanitize::{quote, show};

/// Whether a value stands in a file, and nobody said it for this run.
pub(super) fn is_file(source: &Source) -> bool {
    matches!(source, Source::File { .. } | Source::BuiltIn(_))
}

/// The key id as a table shows it.
pub(super) fn show_kid(key: &SigningKey) -> String {
    if is_thumbprint(key) { key.kid.clone() } else { show(&key.kid) }
}

/// The key id as a message quotes it.
pub(super) fn quote_kid(key: &SigningKey) -> String {
    if is_thumbprint(key) { format!("`{}`", key.kid) } else { quote(&key.kid) }
}

/// Whether the key id is the key's own thumbprint (RFC 7638), which is as long as a piece of a key, and is none.
fn is_thumbprint(key: &SigningKey) -> bool {
    let jwk = serde_json::to_value(key.public_jwk()).and_then(serde_json::from_value::<Jwk>);
    jwk.is_ok_and(|jwk| jwk.thumbprint(ThumbprintHash::SHA256).is_ok_and(|thumbprint| thumbprint == key.kid))
}

/// Of the key id.
pub(super) fn kid(config: &Config, key: &SigningKey, tell: impl Fn(&Source) -> String) -> String {
    match (&config.kid, key.kid_origin) {
        (Some(kid), _) => tell(&kid.source),
        (None, KidOrigin::Thumbprint) => "the key's thumbprint, RFC 7638".to_owned(),
        (None, _) => "the JWK's own".to_owned(),
    }
}

/// Of an address that the first of these keys decides, else the next.
pub(super) fn endpoint(config: &Config, keys: &[&str], tell: impl Fn(&Source) -> String) -> String {
    let given = keys.iter().find_map(|key| config.endpoint_sources.get(key));
    given.map_or_else(|| format!("implied by {}", config.environment.value), tell)
}
