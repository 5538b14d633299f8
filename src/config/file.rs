//! The configuration file: its tables, the lines of its values, and its syntax errors.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use super::{ConfigError, Given, Source};

/// Reads the tables of the file at `path`, or of the built-in configuration if that is `None`.
pub(super) fn read<'f>(text: &str, path: Option<&'f Path>) -> Result<(File, Place<'f>), ConfigError> {
    let place = Place { breaks: text.match_indices('\n').map(|(at, _)| at).collect(), path };
    toml::from_str(text).map_err(|error| toml_error(text, &place, &error)).map(|file| (file, place))
}

/// The contents of the file. An unknown setting is an error.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct File {
    pub(super) environment: Text,
    pub(super) client_id: Text,
    pub(super) scope: Text,
    pub(super) org: Text,
    pub(super) external_ref: Text,
    pub(super) resource: Option<Spanned<Vec<String>>>,
    pub(super) key: KeyTable,
    pub(super) vendor: VendorTable,
    pub(super) endpoints: Option<EndpointsTable>,
    pub(super) api: BTreeMap<String, ApiTable>,
}

pub(super) type Text = Option<Spanned<String>>;

/// The expected format of a date.
pub(super) const DATE: &str = "a date such as 2026-03-01, without quotes";

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct KeyTable {
    pub(super) path: Text,
    pub(super) certificate: Text,
    pub(super) kid: Text,
    pub(super) alg: Text,
    pub(super) registered: Option<Spanned<Datetime>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct VendorTable {
    pub(super) org: Text,
    pub(super) system_id: Text,
    pub(super) redirect_url: Text,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct EndpointsTable {
    pub(super) issuer: Text,
    pub(super) token: Text,
    pub(super) jwks: Text,
    pub(super) altinn: Text,
    pub(super) self_service: Text,
    pub(super) reference_api: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(super) struct ApiTable {
    pub(super) url: Spanned<String>,
    pub(super) scope: Text,
    pub(super) method: Text,
    pub(super) exchange: Option<bool>,
}

/// The settings of a configuration file by table. The empty name means the lines before the first table.
const KEYS: [(&str, &[&str]); 5] = [
    ("", &["environment", "client_id", "scope", "org", "external_ref", "resource"]),
    ("key", &["path", "certificate", "kid", "alg", "registered"]),
    ("vendor", &["system_id", "redirect_url"]),
    ("endpoints", &["issuer", "token", "jwks", "altinn", "self_service", "reference_api"]),
    ("api.NAME", &["url", "method", "exchange"]),
];

/// The table that a setting belongs to, if any table of a configuration file has the setting.
pub fn table_of(key: &str) -> Option<&'static str> {
    KEYS.iter().find(|(_, keys)| keys.contains(&key)).map(|(table, _)| *table)
}

/// Finds the lines of the values in the file that is being read.
pub(super) struct Place<'f> {
    /// The byte positions at which the lines end.
    pub(super) breaks: Vec<usize>,
    /// The file's path; `None` for the built-in configuration.
    pub(super) path: Option<&'f Path>,
}

impl Place<'_> {
    /// The value with its place in the file as the source.
    pub(super) fn given<T>(&self, value: Option<Spanned<T>>) -> Option<Given<T>> {
        value.map(|value| {
            let source = self.source(value.span().start);
            Given { value: value.into_inner(), source }
        })
    }

    fn source(&self, at: usize) -> Source {
        let line = self.line_of(at);
        self.path.map_or(Source::BuiltIn(line), |path| Source::File { path: path.to_owned(), line })
    }

    fn line_of(&self, at: usize) -> usize {
        self.breaks.partition_point(|end| *end < at) + 1
    }
}

/// Converts an error of the parser. The message repeats the names of settings, and no other text of the file.
fn toml_error(text: &str, place: &Place<'_>, error: &toml::de::Error) -> ConfigError {
    let at = error.span().map_or(0, |span| span.start);
    let (line, source, message) = (place.line_of(at), place.source(at), error.message());
    if let Some(names) = message.strip_prefix("unknown field ") {
        let mut names = names.split('`').skip(1).step_by(2).map(str::to_owned);
        let key = names.next().unwrap_or_default();
        return ConfigError::UnknownKey { place: source.place(), key, known: names.collect() };
    }
    let key = text.lines().nth(line - 1).and_then(|line| line.split_once('=')).map(|(key, _)| key.trim());
    let is_known = |key: &&str| ["key", "vendor", "endpoints", "api"].contains(key) || table_of(key).is_some();
    let key = key.filter(is_known).map(|key| format!("`{key}`: "));
    let problem = match message.rsplit_once(", expected ") {
        // The text before this is the value, which may be a secret.
        Some((wrong, expected)) if wrong.starts_with("invalid type") => {
            let plain = [("a map", "a table"), ("a sequence", "an array"), ("a TOML datetime", DATE)];
            let expected = plain.iter().fold(expected.to_owned(), |text, (rust, toml)| text.replace(rust, toml));
            format!("expected {expected}")
        }
        _ if key.as_deref() == Some("`registered`: ") => format!("expected {DATE}"),
        _ if message.starts_with("missing field ") => format!("{} is missing", &message["missing field ".len()..]),
        _ => format!("not valid TOML: {message}"),
    };
    ConfigError::at(&source, key.unwrap_or_default() + &problem)
}
