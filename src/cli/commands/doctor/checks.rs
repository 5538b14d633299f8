//! What Maskinporten says about itself, and what a token says, compared with what was configured. A line each where
//! they disagree.

use serde_json::Value;

use super::metadata::Metadata;
use crate::cli::output::console::Tone;
use crate::cli::output::origin;
use crate::cli::session::signing_key;
use crate::client::http::address;
use crate::client::key::SigningKey;
use crate::client::sanitize::{excerpt, quote};
use crate::client::token::{DecodedJwt, SYSTEM_USER};
use crate::config::{Config, Given, Source};

pub(super) fn of_metadata(
    metadata: &Metadata,
    config: &Config,
    key: Option<&SigningKey>,
    system_user: bool,
) -> Vec<String> {
    let endpoints = &config.endpoints;
    let source = |keys: &[&str]| origin::endpoint(config, keys, Source::to_string);
    let addresses = [
        ("issuer", &metadata.issuer, &endpoints.issuer, source(&["issuer"])),
        ("token address", &metadata.token_endpoint, &endpoints.token, source(&["token", "issuer"])),
        ("keys address", &metadata.jwks_uri, &endpoints.jwks, source(&["jwks", "issuer"])),
    ];
    let mut faults: Vec<String> = Vec::new();
    for (name, theirs, ours, source) in addresses {
        if theirs != ours.as_str() {
            let (theirs, ours) = (short(theirs), address(ours));
            faults.push(format!("{name}: the document says `{theirs}`, and `{ours}` is used ({source})"));
        }
    }
    if !faults.is_empty() {
        let hint =
            "[endpoints] in the configuration replaces what the environment implies, if the document is to be trusted";
        faults.push(Tone::Hint.line(hint));
    }
    let algorithm = key.map(signing_key::algorithm_name);
    let algorithms = metadata.token_endpoint_auth_signing_alg_values_supported.as_deref();
    if let (Some(ours), Some(theirs)) = (algorithm, algorithms.filter(|known| !lists(known, algorithm))) {
        faults.push(format!("algorithm: the key signs with {ours}, and the document lists {}", listed(theirs)));
    }
    let types = metadata.authorization_details_types_supported.as_deref();
    if let Some(theirs) = types.filter(|known| system_user && !lists(known, Some(SYSTEM_USER))) {
        let theirs = listed(theirs);
        faults.push(format!("authorization details: {SYSTEM_USER} is asked for, and the document lists {theirs}"));
    }
    faults
}

fn lists(names: &[String], wanted: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| names.iter().any(|name| name == wanted))
}

/// What is not a matter of signature, issuer and lifetime.
pub(super) fn of_claims(decoded: &DecodedJwt, config: &Config, system_user: bool) -> Vec<String> {
    let mut faults = Vec::new();
    let mut compare = |name: &str, ours: &str, source: &Source, theirs: Option<&str>| {
        if theirs != Some(ours) {
            let theirs = theirs.map_or("none".to_owned(), |theirs| format!("`{}`", short(theirs)));
            faults.push(format!("{name}: {} is configured ({source}), and the token says {theirs}", quote(ours)));
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
        compare("consumer", &value.to_string(), source, decoded.consumer());
    }
    if let Some(Given { value, source }) = &config.client_id {
        compare("client id", value, source, decoded.claims.get("client_id").and_then(Value::as_str));
    }
    let granted: Vec<&str> = words(decoded.claims.get("scope"));
    if let Some(Given { value, source }) = &config.scope {
        let missing: Vec<&str> = value.split(' ').filter(|scope| !granted.contains(scope)).collect();
        if !missing.is_empty() {
            let missing = quote(&missing.join(" "));
            faults.push(format!("scope: {missing} is configured ({source}), and the token lacks it"));
        }
    }
    if let Some(Given { value, source }) = &config.resource {
        let audience = words(decoded.claims.get("aud"));
        if value.iter().any(|resource| !audience.contains(&resource.as_str())) {
            let (asked, audience) = (quote(&value.join(" ")), short(&audience.join(" ")));
            faults.push(format!("audience: {asked} is configured ({source}), and the token says `{audience}`"));
        }
    }
    match (system_user, system_users(decoded)) {
        (true, 1) | (false, 0) => {}
        (true, count) => faults.push(format!("system user: exactly one is wanted, and the token has {count}")),
        (false, count) => faults.push(format!("system user: none is wanted, and the token has {count}")),
    }
    faults
}

/// The words of a text, or of several.
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

/// A text of Maskinporten's, fit to be shown.
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
