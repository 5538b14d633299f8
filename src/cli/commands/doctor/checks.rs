//! Comparisons of the configuration with Maskinporten's metadata and with a token. Each difference is a line.

use serde_json::Value;

use super::metadata::Metadata;
use crate::altinn::decoded_jwt::DecodedJwt;
use crate::cli::output::Level;
use crate::cli::output::verbose::endpoint_source;
use crate::client::grant::SYSTEM_USER;
use crate::client::http::address;
use crate::client::{SigningKey, excerpt, quote};
use crate::config::{Config, Given, Source};

pub(super) fn check_metadata(
    metadata: &Metadata,
    config: &Config,
    key: Option<&SigningKey>,
    system_user: bool,
) -> Vec<String> {
    let endpoints = &config.endpoints;
    let source = |keys: &[&str]| endpoint_source(config, keys, Source::to_string);
    let addresses = [
        ("issuer", &metadata.issuer, &endpoints.issuer, source(&["issuer"])),
        ("token URL", &metadata.token_endpoint, &endpoints.token, source(&["token", "issuer"])),
        ("JWK set URL", &metadata.jwks_uri, &endpoints.jwks, source(&["jwks", "issuer"])),
    ];
    let mut faults: Vec<String> = Vec::new();
    for (name, published, configured, source) in addresses {
        if published != configured.as_str() {
            let (published, configured) = (short(published), address(configured));
            faults.push(format!("{name}: the document has `{published}`, but `{configured}` is used ({source})"));
        }
    }
    if !faults.is_empty() {
        let hint = "if you trust the document, put its values under [endpoints] in the configuration file";
        faults.push(Level::Hint.line(hint, false));
    }
    let algorithms = metadata.token_endpoint_auth_signing_alg_values_supported.as_deref();
    if let (Some(key), Some(published)) = (key, algorithms)
        && let algorithm = format!("{:?}", key.algorithm)
        && !published.contains(&algorithm)
    {
        faults.push(format!("algorithm: the key signs with {algorithm}, but the document lists {}", listed(published)));
    }
    let types = metadata.authorization_details_types_supported.as_deref();
    if let Some(published) = types.filter(|known| system_user && !known.iter().any(|name| name == SYSTEM_USER)) {
        let published = listed(published);
        faults.push(format!("authorization details: {SYSTEM_USER} is requested, but the document lists {published}"));
    }
    faults
}

/// Compares the claims with the configuration. `verify` checks signature, issuer and lifetime.
pub(super) fn check_claims(decoded: &DecodedJwt, config: &Config, system_user: bool) -> Vec<String> {
    let mut faults = Vec::new();
    let mut compare = |name: &str, configured: &str, source: &Source, actual: Option<&str>| {
        if actual != Some(configured) {
            let actual = actual.map_or("none".to_owned(), |actual| format!("`{}`", short(actual)));
            let configured = quote(configured);
            faults.push(format!("{name}: {configured} is configured ({source}), but the token has {actual}"));
        }
    };
    let user = decoded.system_user();
    if let (true, Ok(org)) = (system_user, config.org()) {
        let owner = user.as_ref().and_then(|user| user.org.as_deref());
        compare("owner", &org.value.to_string(), &org.source, owner);
    }
    if let (true, Some(Given { value, source })) = (user.is_some(), &config.vendor.system_id) {
        compare("system", value, source, user.as_ref().and_then(|user| user.system_id.as_deref()));
    }
    if let Some(Ok(Given { value, source })) = &config.vendor.org {
        compare("consumer", &value.to_string(), source, decoded.organisation("consumer"));
    }
    if let Some(Given { value, source }) = &config.client_id {
        compare("client id", value, source, decoded.claims.get("client_id").and_then(Value::as_str));
    }
    let granted: Vec<&str> = words(decoded.claims.get("scope"));
    if let Some(Given { value, source }) = &config.scope {
        let missing: Vec<&str> = value.split(' ').filter(|scope| !granted.contains(scope)).collect();
        if !missing.is_empty() {
            let missing = quote(&missing.join(" "));
            faults.push(format!("scope: {missing} is configured ({source}), but the token lacks it"));
        }
    }
    if let Some(Given { value, source }) = &config.resource {
        let audience = words(decoded.claims.get("aud"));
        if value.iter().any(|resource| !audience.contains(&resource.as_str())) {
            let (resources, audience) = (quote(&value.join(" ")), short(&audience.join(" ")));
            faults.push(format!("audience: {resources} is configured ({source}), but the token has `{audience}`"));
        }
    }
    match (system_user, system_users(decoded)) {
        (true, 1) | (false, 0) => {}
        (true, count) => faults.push(format!("system user: expected exactly 1, but the token has {count}")),
        (false, count) => faults.push(format!("system user: expected none, but the token has {count}")),
    }
    faults
}

/// The words of a text, or the texts of an array.
fn words(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(text)) => text.split_whitespace().collect(),
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { short(&names.join(", ")) }
}

/// A text from Maskinporten, shortened and safe to print.
fn short(text: &str) -> String {
    excerpt(text).unwrap_or_default()
}

/// How many system users the claims name.
fn system_users(decoded: &DecodedJwt) -> usize {
    let ids = decoded.system_user_details().map(|details| match &details["systemuser_id"] {
        Value::Array(ids) => ids.iter().filter(|id| id.as_str().is_some_and(|id| !id.is_empty())).count(),
        Value::String(id) => usize::from(!id.is_empty()),
        _ => 0,
    });
    ids.sum()
}
