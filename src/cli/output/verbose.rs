//! `--verbose`: the facts of each step of the flow, without keys, signatures and tokens.

use std::time::Duration;

use jsonwebtoken::Algorithm;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::certificate;
use super::console::Console;
use super::table::pairs;
use super::time::duration;
use crate::altinn::CallRecord;
use crate::altinn::decoded_jwt::DecodedJwt;
use crate::client::grant::Assertion;
use crate::client::http::address;
use crate::client::{Environment, KeySource, OrgNumber, SigningKey, may_be_secret, show, visible};
use crate::config::{Config, Given, Source};

pub(crate) fn configuration(console: &mut Console<'_>, config: &Config) {
    console.verbose("configuration", || configuration_facts(config));
}

fn configuration_facts(config: &Config) -> Vec<String> {
    let text = |given: &Option<Given<String>>| display_given(given.as_ref(), |text| show(text));
    let owner = match &config.org {
        Some(Err(_)) => "not an organisation number".to_owned(),
        org => display_given(org.as_ref().and_then(|org| org.as_ref().ok()), OrgNumber::to_string),
    };
    let mut rows = vec![
        ("environment", format!("{}  ({})", config.environment.value, config.environment.source.place())),
        ("client id", text(&config.client_id)),
        ("scope", text(&config.scope)),
        ("owner", owner),
        ("external ref", text(&config.external_ref)),
    ];
    if config.vendor.system_id.is_some() {
        rows.push(("system", text(&config.vendor.system_id)));
    }
    if config.resource.is_some() {
        rows.push(("resource", display_given(config.resource.as_ref(), |audiences| show(&audiences.join(" ")))));
    }
    if !config.sandbox_inside {
        let endpoints = &config.endpoints;
        // A sandbox has one address for everything.
        let issuer: &[&str] = if config.environment.value == Environment::Sandbox { &["issuer"] } else { &[] };
        for (name, url, keys) in [
            ("issuer", Some(&endpoints.issuer), vec!["issuer"]),
            ("token", Some(&endpoints.token), vec!["token", "issuer"]),
            ("Altinn", Some(&endpoints.altinn), [&["altinn"], issuer].concat()),
            ("self-service", Some(&endpoints.self_service), [&["self_service"], issuer].concat()),
            ("reference API", endpoints.reference_api.as_ref(), [&["reference_api"], issuer].concat()),
        ] {
            let display = |url| format!("{}  ({})", address(url), endpoint_source(config, &keys, Source::place));
            rows.push((name, url.map_or("none".to_owned(), display)));
        }
    }
    [vec![display_file(config)], pairs(&rows).lines().map(str::to_owned).collect()].concat()
}

/// The name of the configuration file as messages show it.
pub(crate) fn display_file(config: &Config) -> String {
    match (&config.file, &config.environment.source) {
        (Some(file), _) => show(&file.to_string_lossy()),
        (None, built_in @ Source::BuiltIn(_)) => built_in.to_string(),
        (None, _) => "no file".to_owned(),
    }
}

fn display_given<T>(given: Option<&Given<T>>, display: impl Fn(&T) -> String) -> String {
    given.map_or("none".to_owned(), |given| format!("{}  ({})", display(&given.value), given.source.place()))
}

/// A key id. If it may be a secret, only its beginning is shown, which is enough to recognise another key's thumbprint.
pub(crate) fn display_kid(kid: &str, key: &SigningKey) -> String {
    // The key's own thumbprint is public, although it is as long as a piece of a key.
    match may_be_secret(kid) && kid != key.thumbprint() {
        true => format!("{}… ({} characters)", visible(&kid.chars().take(8).collect::<String>()), kid.chars().count()),
        false => visible(kid),
    }
}

/// The source of a grant's key id, as messages show it.
pub(crate) fn kid_source(config: &Config, key: &SigningKey, display: impl Fn(&Source) -> String) -> String {
    match (&config.kid, &key.kid_of_jwk) {
        (Some(kid), _) => display(&kid.source),
        (None, Some(_)) => "the JWK's `kid`".to_owned(),
        (None, None) => "the key's thumbprint, RFC 7638".to_owned(),
    }
}

/// The source of an endpoint, as messages show it. `keys` are the settings that can set the endpoint: the first setting
/// that the configuration has determines the source.
pub(crate) fn endpoint_source(config: &Config, keys: &[&str], display: impl Fn(&Source) -> String) -> String {
    let source = keys.iter().find_map(|key| config.endpoint_sources.get(key));
    source.map_or_else(|| format!("default for {}", config.environment.value), display)
}

pub(crate) fn key(console: &mut Console<'_>, key: &SigningKey, config: &Config) {
    console.verbose("key", || {
        let place = match &config.key {
            Some(Given { value: KeySource::File(path), source }) => {
                format!("{} ({})", show(&path.to_string_lossy()), source.place())
            }
            Some(Given { value: KeySource::Text { name, .. }, .. }) => name.clone(),
            None => "nowhere".to_owned(),
        };
        let signed_by = match certificate::of_key(key) {
            Some(found) => certificate::rows(&found).map(|(name, value)| format!("{name} {value}")).to_vec(),
            None => vec![format!("kid {} ({})", display_kid(&key.kid, key), kid_source(config, key, Source::place))],
        };
        let algorithm_source = match (&config.algorithm, key.algorithm) {
            (Some(algorithm), _) => algorithm.source.place(),
            (None, Algorithm::RS256) => "the default".to_owned(),
            (None, _) => "the JWK's `alg`".to_owned(),
        };
        let first = format!("{}, RSA, {} bits, from {place}", key.form, key.bits);
        let last = format!("signs with {:?} ({algorithm_source})", key.algorithm);
        [vec![first], signed_by, vec![last]].concat()
    });
}

pub(crate) fn grant(console: &mut Console<'_>, assertion: &Assertion, key: &SigningKey) {
    console.verbose("grant", || {
        let mut decoded = DecodedJwt::read(assertion.0.expose_secret());
        if let Some(kid) = decoded.as_mut().and_then(|DecodedJwt { header, .. }| header.get_mut("kid")) {
            *kid = display_kid(&key.kid, key).into();
        }
        [jwt_facts(decoded), vec!["the signature is omitted".to_owned()]].concat()
    });
}

pub(crate) fn sent(console: &mut Console<'_>, method: &str, address: &str) {
    console.verbose(method, || vec![address.to_owned()]);
}

pub(crate) fn answered(console: &mut Console<'_>, status: Option<u16>, elapsed: Duration) {
    console.verbose("response", || vec![format!("{} in {} ms", display_status(status), elapsed.as_millis())]);
}

fn display_status(status: Option<u16>) -> String {
    status.map_or("none".to_owned(), |status| status.to_string())
}

/// Prints the pause before a request is retried. On a terminal, shows a long pause while it lasts.
pub(crate) fn retry(console: &mut Console<'_>, pause: Duration) {
    retried(console, pause);
    wait(console, pause);
}

/// Shows a pause in the progress line, if the server asked for it. The program's own pauses are shorter.
pub(crate) fn wait(console: &mut Console<'_>, pause: Duration) {
    if pause > Duration::from_secs(1) {
        console.progress(&format!("waiting {}, as requested by the server", duration(pause.as_secs())));
    }
}

fn retried(console: &mut Console<'_>, pause: Duration) {
    let pause =
        if pause.subsec_millis() == 0 { duration(pause.as_secs()) } else { format!("{} ms", pause.as_millis()) };
    console.verbose("retry", || vec![format!("in {pause}")]);
}

/// Prints calls to Altinn, and their total time.
pub(crate) fn altinn(console: &mut Console<'_>, calls: &[CallRecord], elapsed: Duration) {
    for (nth, CallRecord { method, address, status, pause }) in calls.iter().enumerate() {
        sent(console, &method.as_str().to_lowercase(), address);
        match nth + 1 == calls.len() {
            true => answered(console, *status, elapsed),
            false => console.verbose("response", || vec![display_status(*status)]),
        }
        if let Some(pause) = pause {
            retried(console, *pause);
        }
    }
}

pub(crate) fn token(console: &mut Console<'_>, secret: &SecretString, expires_in: Option<u64>, scope: Option<&str>) {
    console.verbose("token", || {
        let lifetime = expires_in.map_or("lifetime unknown".to_owned(), |seconds| format!("valid for {seconds} s"));
        let first = format!("{lifetime}, scope {}", scope.unwrap_or("not returned"));
        [vec![first], jwt_facts(DecodedJwt::read(secret.expose_secret()))].concat()
    });
}

fn jwt_facts(decoded: Option<DecodedJwt>) -> Vec<String> {
    match decoded {
        Some(DecodedJwt { header, mut claims }) => {
            // A `jti` is random and no secret, but it may be long enough to look like part of a key.
            claims.iter_mut().filter(|(name, _)| *name != "jti").for_each(|(_, value)| redact(value));
            let header = certificate::with_subjects(header);
            vec![Value::Object(header).to_string(), Value::Object(claims).to_string()]
        }
        None => vec!["opaque (not a JWT)".to_owned()],
    }
}

/// Replaces each string that may be a secret by its length.
fn redact(value: &mut Value) {
    match value {
        Value::String(text) => *text = show(text),
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::Object(members) => members.values_mut().for_each(redact),
        _ => {}
    }
}
