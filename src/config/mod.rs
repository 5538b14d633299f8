//! The configuration: one file describes one integration, and options and variables override the values in the file.
//!
//! Every value keeps its source, so that an error can show it. Messages never repeat a line of the file, since it
//! may contain a key.
//!
//! This folder reads no files and no variables. The caller passes the text of the file, and values with their sources.
//!
//! To copy this folder, put it beside `client` and add the dependency
//! `toml = { version = "1.2", default-features = false, features = ["parse", "serde", "std"] }`.

mod endpoints;
mod error;
mod file;
mod setting;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use jsonwebtoken::Algorithm;
use reqwest::{Method, Url};
use toml::value::Datetime;

pub use self::endpoints::{METHODS, parse_endpoint, parse_method};
pub use self::error::ConfigError;
pub use self::file::table_of;
use self::file::{File, Place, Text};
pub use self::setting::*;
use crate::client::key::signing_algorithm;
use crate::client::{Endpoints, Environment, KeySource, OrgNumber, quote, quote_path};

/// The values of options and variables. Each overrides the value in the file.
#[derive(Debug, Default)]
#[allow(missing_docs, reason = "setting.rs describes each")]
pub struct Overrides {
    pub environment: Option<Given<Environment>>,
    pub client_id: Option<Given<String>>,
    pub scope: Option<Given<String>>,
    pub org: Option<Given<String>>,
    pub external_ref: Option<Given<String>>,
    pub resource: Option<Given<Vec<String>>>,
    pub key: Option<Given<KeySource>>,
    pub certificate: Option<Given<PathBuf>>,
    pub kid: Option<Given<String>>,
    /// The URL of a running sandbox.
    pub sandbox: Option<Given<String>>,
}

/// The whole configuration. A value that was not given is `None`. The methods `client_id`, `scope`, `org` and `key`
/// return an error if their value is missing.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "setting.rs describes each")]
pub struct Config {
    pub environment: Given<Environment>,
    /// The file that was read, if there was one.
    pub file: Option<PathBuf>,
    pub client_id: Option<Given<String>>,
    pub scope: Option<Given<String>>,
    /// An invalid organisation number is an error only if the number is used.
    pub org: Option<Checked<OrgNumber>>,
    pub external_ref: Option<Given<String>>,
    pub resource: Option<Given<Vec<String>>>,
    pub key: Option<Given<KeySource>>,
    pub certificate: Option<Given<PathBuf>>,
    pub kid: Option<Given<String>>,
    pub algorithm: Option<Given<Algorithm>>,
    /// The date on which the key was registered on the client. A registration is valid for a year.
    pub registered: Option<Given<NaiveDate>>,
    pub vendor: VendorConfig,
    pub endpoints: Endpoints,
    /// The sources of the endpoints that are not defaults of the environment, by their names in the file.
    pub endpoint_sources: BTreeMap<&'static str, Source>,
    /// Whether the sandbox runs inside this process, since no URL was given for it.
    pub sandbox_inside: bool,
    /// Configured APIs by name.
    pub apis: BTreeMap<String, ApiConfig>,
    /// Notes for the user that are not errors.
    pub notes: Vec<String>,
}

/// The vendor of the system, for the System Register and for requests to customers.
#[derive(Debug, Clone, Default)]
pub struct VendorConfig {
    /// The vendor's organisation number.
    pub org: Option<Checked<OrgNumber>>,
    /// The system's id in Altinn's System Register.
    pub system_id: Option<Given<String>>,
    /// The URL to which a customer is redirected after the decision.
    pub redirect_url: Option<Given<String>>,
}

/// A configured API.
#[derive(Debug, Clone)]
pub struct ApiConfig {
    /// The URL, in which `{org}` is replaced by the number of the organisation whose data you request.
    pub url: Given<String>,
    /// The scope that the API needs, if it differs from the configured scope.
    pub scope: Option<Given<String>>,
    /// The HTTP method, if it is configured.
    pub method: Option<Method>,
    /// Whether the API requires an Altinn token.
    pub exchange: bool,
}

impl ApiConfig {
    /// Whether the URL contains `{org}`.
    pub fn takes_org(&self) -> bool {
        self.url.value.contains("{org}")
    }

    /// The URL for the data of an organisation.
    ///
    /// # Panics
    /// If `url` is not a valid URL. [`Config::parse`] checks it.
    pub fn address(&self, org: Option<OrgNumber>) -> Url {
        let org = org.map(|org| org.to_string()).unwrap_or_default();
        Url::parse(&self.url.value.replace("{org}", &org)).expect("the configuration was checked with a number in it")
    }
}

impl Config {
    /// Parses a configuration file. Relative paths in it are relative to the folder of `path`, which is `None` for the
    /// built-in configuration.
    ///
    /// # Errors
    /// If the file is not valid TOML, or a value is invalid.
    pub fn parse(text: &str, path: Option<&Path>, overrides: Overrides) -> Result<Self, ConfigError> {
        let (file, place) = file::read(text, path)?;
        let environment = place.given(file.environment.clone()).ok_or_else(|| {
            let named = path.map(quote_path).unwrap_or_default();
            ConfigError::new(format!("{named} has no `environment`; set it to sandbox, test or prod"))
        })?;
        let environment = environment.check(|text| text.parse::<Environment>())?;
        if let Some(typed) = overrides.environment.as_ref().filter(|typed| typed.value != environment.value) {
            let problem =
                format!("this file is for `{}`, but {} is `{}`", environment.value, typed.source, typed.value);
            return Err(ConfigError::at(&environment.source, problem));
        }
        Self::merge(environment, file, &place, overrides)
    }

    /// Creates a configuration from options and variables only.
    ///
    /// # Errors
    /// If a value is invalid.
    pub fn without_file(environment: Given<Environment>, overrides: Overrides) -> Result<Self, ConfigError> {
        Self::merge(environment, File::default(), &Place { breaks: Vec::new(), path: None }, overrides)
    }

    fn merge(
        environment: Given<Environment>,
        file: File,
        place: &Place<'_>,
        from: Overrides,
    ) -> Result<Self, ConfigError> {
        let or = |given: Option<Given<String>>, text: Text| given.or_else(|| place.given(text));
        let which = environment.value;
        let sandbox = from.sandbox.filter(|_| which == Environment::Sandbox);
        let sandbox_inside = which == Environment::Sandbox && sandbox.is_none() && file.endpoints.is_none();
        let servers = match sandbox {
            Some(address) => endpoints::of_sandbox(address)?,
            None => endpoints::servers(which, file.endpoints.unwrap_or_default(), place)?,
        };
        let folder = place.path.and_then(Path::parent).unwrap_or(Path::new(""));
        let path = |given: Given<String>| Given { value: resolve(folder, &given.value), source: given.source };
        let file_key = |path: Given<PathBuf>| Given { value: KeySource::File(path.value), source: path.source };
        let key = from.key.or_else(|| place.given(file.key.path).map(path).map(file_key));
        let certificate = from.certificate.or_else(|| place.given(file.key.certificate).map(path));
        if let Some(Given { value: KeySource::File(path), source }) = &key {
            check_path(path, source, "key")?;
        }
        if let Some(Given { value: path, source }) = &certificate {
            check_path(path, source, "certificate")?;
        }
        let apis = file.api.into_iter().map(|(name, api)| Ok((name, endpoints::api(which, api, place)?)));
        Ok(Self {
            environment,
            file: place.path.map(Path::to_owned),
            client_id: optional(or(from.client_id, file.client_id), one_word)?,
            scope: or(from.scope, file.scope).map(Given::scopes).transpose()?,
            org: or(from.org, file.org).map(number),
            external_ref: optional(or(from.external_ref, file.external_ref), not_empty)?,
            resource: from.resource.or_else(|| place.given(file.resource)).map(audiences).transpose()?,
            key,
            certificate,
            kid: optional(or(from.kid, file.key.kid), one_word)?,
            algorithm: optional(place.given(file.key.alg), algorithm)?,
            registered: place.given(file.key.registered).map(date).transpose()?,
            vendor: VendorConfig {
                org: place.given(file.vendor.org).map(number),
                system_id: optional(place.given(file.vendor.system_id), one_word)?,
                redirect_url: optional(place.given(file.vendor.redirect_url), one_word)?,
            },
            endpoints: servers.endpoints,
            endpoint_sources: servers.sources,
            sandbox_inside,
            apis: apis.collect::<Result<_, _>>()?,
            notes: servers.notes,
        })
    }

    /// The client id.
    ///
    /// # Errors
    /// If the client id is missing.
    pub fn client_id(&self) -> Result<&Given<String>, ConfigError> {
        self.need(self.client_id.as_ref(), CLIENT_ID)
    }

    /// The scope.
    ///
    /// # Errors
    /// If the scope is missing.
    pub fn scope(&self) -> Result<&Given<String>, ConfigError> {
        self.need(self.scope.as_ref(), SCOPE)
    }

    /// The owner of the system user.
    ///
    /// # Errors
    /// If the organisation number is missing or invalid.
    pub fn org(&self) -> Result<&Given<OrgNumber>, ConfigError> {
        let org = self.org.as_ref().map(|org| org.as_ref().map_err(ConfigError::clone)).transpose()?;
        self.need(org, ORG)
    }

    /// The private key.
    ///
    /// # Errors
    /// If the private key is missing.
    pub fn key(&self) -> Result<&Given<KeySource>, ConfigError> {
        self.need(self.key.as_ref(), KEY)
    }

    fn need<'a, T>(&self, value: Option<&'a Given<T>>, setting: Setting) -> Result<&'a Given<T>, ConfigError> {
        let (environment, file) = (self.environment.value, self.file.clone());
        value.ok_or(ConfigError::Missing { setting, environment, file })
    }
}

/// Parses an organisation number. In `config/prod.toml`, the example value is invalid.
fn number(given: Given<String>) -> Checked<OrgNumber> {
    let is_example = given.source.is_file() && given.value == "123456789";
    let hint = "is this still the example value? replace it with a real organisation number";
    let checked = given.check(|text| text.parse::<OrgNumber>());
    checked.map_err(|error| if is_example { error.with_hint(hint) } else { error })
}

fn optional<U, E: Display>(
    given: Option<Given<String>>,
    check: impl FnOnce(String) -> Result<U, E>,
) -> Result<Option<Given<U>>, ConfigError> {
    given.map(|given| given.check(check)).transpose()
}

fn not_empty(text: String) -> Result<String, &'static str> {
    let text = text.trim();
    if text.is_empty() { Err("the value is empty") } else { Ok(text.to_owned()) }
}

fn one_word(text: String) -> Result<String, &'static str> {
    not_empty(text)
        .and_then(|text| if text.contains(char::is_whitespace) { Err("the value contains a space") } else { Ok(text) })
}

/// Checks the audiences.
fn audiences(given: Given<Vec<String>>) -> Checked<Vec<String>> {
    let check = |value: &String| Given { value: value.clone(), source: given.source.clone() }.check(audience);
    let value = given.value.iter().map(|text| Ok(check(text)?.value)).collect::<Result<Vec<_>, _>>()?;
    let not_empty = |value: Vec<_>| if value.is_empty() { Err("the array is empty") } else { Ok(value) };
    Given { value, ..given }.convert(not_empty)
}

/// Checks an absolute URI without a fragment (RFC 8707, section 2), which may be a URN. It needs more than its scheme.
fn audience(text: String) -> Result<String, String> {
    let is_uri = |url: Url| url.fragment().is_none() && url.as_str().trim_matches('/').len() > url.scheme().len() + 1;
    match one_word(text)? {
        text if Url::parse(&text).is_ok_and(is_uri) => Ok(text),
        text => Err(format!("{} is not an absolute URI without a fragment, such as https://example.no", quote(&text))),
    }
}

fn algorithm(name: String) -> Result<Algorithm, String> {
    let wrong = || format!("`alg`: {} is not supported; Maskinporten accepts RS256, RS384 and RS512", quote(&name));
    signing_algorithm(&name).ok_or_else(wrong)
}

fn date(given: Given<Datetime>) -> Checked<NaiveDate> {
    given.convert(|value| value.to_string().parse().map_err(|_| format!("expected {}", file::DATE)))
}

/// Resolves a path relative to a folder. `config` and `../key.pem` become `key.pem`.
fn resolve(mut folder: &Path, path: &str) -> PathBuf {
    let mut path = Path::new(path.trim());
    while let (Ok(rest), Some(_), false) = (path.strip_prefix(".."), folder.file_name(), folder.is_symlink()) {
        (folder, path) = (folder.parent().unwrap_or(Path::new("")), rest);
    }
    if path.as_os_str().is_empty() { PathBuf::new() } else { folder.join(path) }
}

/// Rejects a key or a certificate that was given instead of its path, since messages repeat the path.
fn check_path(path: &Path, source: &Source, what: &str) -> Result<(), ConfigError> {
    let text = path.to_string_lossy();
    let is_content = is_secret(&text) || text.contains(char::is_control);
    match text.split('/').any(|name| name.len() > 255) || is_content {
        _ if text.is_empty() => Err(ConfigError::at(source, "the value is empty")),
        true => Err(ConfigError::at(source, format!("expected a path, but this looks like the {what} itself"))),
        false => Ok(()),
    }
}
