//! `--verbose`: the story of the flow, told from the facts of each step. No key, no signature and no token is a fact.

use std::time::Duration;

use jsonwebtoken::Algorithm;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::altinn::CallRecord;
use crate::cli::args::config_file::display_file;
use crate::cli::output::console::{Console, aligned};
use crate::cli::output::origin;
use crate::cli::session::signing_key;
use crate::client::environment::Environment;
use crate::client::grant::Assertion;
use crate::client::http::address;
use crate::client::key::{KeySource, SigningKey};
use crate::client::org_number::OrgNumber;
use crate::client::sanitize::show;
use crate::client::token::{AccessToken, DecodedJwt};
use crate::config::{Config, Given, Source};

pub(crate) fn configuration(console: &mut Console<'_>, config: &Config) {
    console.story("configuration", || configured(config));
}

fn configured(config: &Config) -> Vec<String> {
    let file = display_file(config);
    let text = |given: &Option<Given<String>>| said(given, |text| show(text));
    let mut rows = vec![
        ("environment", format!("{}  ({})", config.environment.value, config.environment.source.place())),
        ("client id", text(&config.client_id)),
        ("scope", text(&config.scope)),
        ("owner", owner(config)),
        ("external ref", text(&config.external_ref)),
    ];
    if config.vendor.system_id.is_some() {
        rows.push(("system", text(&config.vendor.system_id)));
    }
    if config.resource.is_some() {
        rows.push(("resource", said(&config.resource, |audiences| show(&audiences.join(" ")))));
    }
    if !config.sandbox_inside {
        let source = |keys: &[&str]| origin::endpoint(config, keys, Source::place);
        let endpoints = &config.endpoints;
        // A sandbox serves everything at one address.
        let (altinn_keys, reference_keys): (&[&str], &[&str]) = match config.environment.value {
            Environment::Sandbox => (&["altinn", "issuer"], &["reference_api", "issuer"]),
            _ => (&["altinn"], &["reference_api"]),
        };
        let reference_api =
            endpoints.reference_api.as_ref().map(|url| format!("{}  ({})", address(url), source(reference_keys)));
        rows.push(("issuer", format!("{}  ({})", address(&endpoints.issuer), source(&["issuer"]))));
        rows.push(("token", format!("{}  ({})", address(&endpoints.token), source(&["token", "issuer"]))));
        rows.push(("Altinn", format!("{}  ({})", address(&endpoints.altinn), source(altinn_keys))));
        rows.push(("reference API", reference_api.unwrap_or_else(|| "none".to_owned())));
    }
    [vec![file], aligned(&rows).lines().map(str::to_owned).collect()].concat()
}

fn owner(config: &Config) -> String {
    match &config.org {
        Some(Err(_)) => "no organisation number".to_owned(),
        Some(Ok(org)) => said(&Some(org.clone()), OrgNumber::to_string),
        None => said(&None, OrgNumber::to_string),
    }
}

fn said<T>(given: &Option<Given<T>>, show: impl Fn(&T) -> String) -> String {
    given.as_ref().map_or("none".to_owned(), |given| format!("{}  ({})", show(&given.value), given.source.place()))
}

pub(crate) fn key(console: &mut Console<'_>, key: &SigningKey, config: &Config) {
    console.story("key", || read(key, config));
}

fn read(key: &SigningKey, config: &Config) -> Vec<String> {
    let place = match &config.key {
        Some(Given { value: KeySource::File(path), source }) => {
            format!("{} ({})", show(&path.to_string_lossy()), source.place())
        }
        Some(Given { value: KeySource::Text { name, .. }, .. }) => name.clone(),
        None => "nowhere".to_owned(),
    };
    let kid_origin = origin::kid(config, key, Source::place);
    let algorithm_origin = match (&config.algorithm, key.algorithm) {
        (Some(algorithm), _) => algorithm.source.place(),
        (None, Algorithm::RS256) => "the usual one".to_owned(),
        (None, _) => "the JWK's own".to_owned(),
    };
    vec![
        format!("{}, RSA, {} bits, from {place}", key.form, key.bits),
        format!("kid {} ({kid_origin})", origin::show_kid(&key.kid, key)),
        format!("signs with {} ({algorithm_origin})", signing_key::algorithm_name(key)),
    ]
}

pub(crate) fn grant(console: &mut Console<'_>, assertion: &Assertion, key: &SigningKey) {
    console.story("grant", || {
        let mut decoded = DecodedJwt::read(assertion.0.expose_secret());
        if let Some(DecodedJwt { header, .. }) = &mut decoded {
            header.insert("kid".to_owned(), origin::show_kid(&key.kid, key).into());
        }
        [facts(decoded), vec!["the signature is left out".to_owned()]].concat()
    });
}

/// Replaces each text that may be a secret by its length.
fn redact(value: &mut Value) {
    match value {
        Value::String(text) => *text = show(text),
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::Object(members) => members.values_mut().for_each(redact),
        _ => {}
    }
}

pub(crate) fn sent(console: &mut Console<'_>, method: &str, address: &str) {
    console.story(method, || vec![address.to_owned()]);
}

pub(crate) fn answered(console: &mut Console<'_>, status: Option<u16>, taken: Duration) {
    let status = status.map_or("none".to_owned(), |status| status.to_string());
    console.story("answer", || vec![format!("{status} in {} ms", taken.as_millis())]);
}

/// What failed is tried again, after a pause.
pub(crate) fn again(console: &mut Console<'_>, pause: Duration) {
    console.story("again", || vec![format!("in {}", humantime::format_duration(pause))]);
}

/// The calls of Altinn, and how long all of them took.
pub(crate) fn altinn(console: &mut Console<'_>, calls: &[CallRecord], taken: Duration) {
    for (nth, CallRecord { method, address, status, again: pause }) in calls.iter().enumerate() {
        sent(console, &method.as_str().to_lowercase(), address);
        match nth + 1 == calls.len() {
            true => answered(console, *status, taken),
            false => console.story("answer", || vec![status.map_or("none".to_owned(), |status| status.to_string())]),
        }
        if let Some(pause) = pause {
            again(console, *pause);
        }
    }
}

pub(crate) fn token(console: &mut Console<'_>, token: &AccessToken) {
    console.story("token", || {
        let scope = token.scope.as_deref().unwrap_or("not said");
        let first = format!("lives {} s, scope {scope}", token.expires_in);
        [vec![first], facts(DecodedJwt::read(token.secret.expose_secret()))].concat()
    });
}

fn facts(decoded: Option<DecodedJwt>) -> Vec<String> {
    match decoded {
        Some(DecodedJwt { header, mut claims }) => {
            // The `jti` is as long as part of a key, but the server generated it.
            claims.iter_mut().filter(|(name, _)| *name != "jti").for_each(|(_, value)| redact(value));
            vec![Value::Object(header).to_string(), Value::Object(claims).to_string()]
        }
        None => vec!["opaque, it is no JWT".to_owned()],
    }
}
