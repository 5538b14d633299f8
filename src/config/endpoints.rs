//! The URLs of a configuration: `[endpoints]` and `[api.NAME]`.

use std::collections::BTreeMap;

use reqwest::{Method, Url};

use super::file::{ApiTable, EndpointsTable, Place, Text};
use super::{ApiConfig, ConfigError, Given, Source, optional};
use crate::client::{Endpoints, Environment, is_loopback, quote};

/// The endpoints, their sources, and notes for the user.
pub(super) struct Servers {
    pub(super) endpoints: Endpoints,
    pub(super) sources: BTreeMap<&'static str, Source>,
    pub(super) notes: Vec<String>,
}

/// The endpoints of a running sandbox.
pub(super) fn of_sandbox(address: Given<String>) -> Result<Servers, ConfigError> {
    let source = address.source.clone();
    let endpoints = Endpoints::sandbox(&base(Environment::Sandbox, address)?);
    let sources = ["issuer", "altinn", "self_service", "reference_api"].map(|key| (key, source.clone())).into();
    Ok(Servers { endpoints, sources, notes: Vec::new() })
}

/// The default endpoints of the environment, overridden by the values in `[endpoints]`.
pub(super) fn servers(
    environment: Environment,
    table: EndpointsTable,
    place: &Place<'_>,
) -> Result<Servers, ConfigError> {
    let (mut sources, mut notes) = (BTreeMap::new(), Vec::new());
    let mut given = |key: &'static str, text: Text| {
        place.given(text).inspect(|given| drop(sources.insert(key, given.source.clone())))
    };
    let base = |given: Option<Given<String>>| given.map(|given| base(environment, given)).transpose();
    let exact = |given| optional(given, |text: String| server(environment, &text));
    let issuer = given("issuer", table.issuer).map(|given| issuer(given, &mut notes)).transpose()?;
    let issuer = base(issuer)?;
    let implied = environment.endpoints();
    let implied = match (environment, issuer) {
        (_, None) => implied,
        // A sandbox serves everything at one URL.
        (Environment::Sandbox, Some(issuer)) => Endpoints::sandbox(&issuer),
        (_, Some(issuer)) => {
            let of_issuer = Endpoints::of_issuer(issuer, implied.altinn, implied.self_service);
            Endpoints { reference_api: implied.reference_api, ..of_issuer }
        }
    };
    let endpoints = Endpoints {
        token: exact(given("token", table.token))?.map_or(implied.token, |given| given.value),
        jwks: exact(given("jwks", table.jwks))?.map_or(implied.jwks, |given| given.value),
        altinn: base(given("altinn", table.altinn))?.unwrap_or(implied.altinn),
        self_service: base(given("self_service", table.self_service))?.unwrap_or(implied.self_service),
        reference_api: base(given("reference_api", table.reference_api))?.or(implied.reference_api),
        issuer: implied.issuer,
    };
    Ok(Servers { endpoints, sources, notes })
}

fn issuer(given: Given<String>, notes: &mut Vec<String>) -> Result<Given<String>, ConfigError> {
    let given = given.check(|text| match text.trim_end_matches('/').rsplit_once('/') {
        Some((issuer, "token" | "jwk")) => {
            Err(format!("{} is not the issuer; the issuer is probably {}", quote(&text), quote(&format!("{issuer}/"))))
        }
        _ => Ok(text),
    })?;
    if !given.value.ends_with('/') {
        notes.push(format!("{}: a trailing slash was added to the issuer", given.source.place()));
    }
    Ok(given)
}

/// Parses a base URL. It gets a trailing slash, so that paths can be joined to it.
fn base(environment: Environment, given: Given<String>) -> Result<Url, ConfigError> {
    let checked = given.check(|text| match server(environment, &text)? {
        url if url.query().is_some() || url.fragment().is_some() => {
            Err(format!("{} must not have a query or a fragment", quote(&text)))
        }
        url => Ok(url),
    });
    let mut url = checked?.value;
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

fn server(environment: Environment, text: &str) -> Result<Url, String> {
    let url = parse_endpoint(text)?;
    match environment {
        Environment::Sandbox if !is_loopback(&url) => {
            Err(format!("{} is not a loopback address, but the sandbox runs on this machine", quote(text)))
        }
        _ => Ok(url),
    }
}

/// Checks the table of a configured API.
pub(super) fn api(environment: Environment, table: ApiTable, place: &Place<'_>) -> Result<ApiConfig, ConfigError> {
    let url = place.given(Some(table.url)).expect("it is there").check(|text| {
        // The check uses an example number in place of `{org}`. Any other brace would be sent to the server.
        let example = text.replace("{org}", "000000000");
        if example.contains(['{', '}']) {
            return Err(format!("{} has a placeholder other than `{{org}}`", quote(&text)));
        }
        // The URLs are parsed first, since a URL parser finds the host even if slashes are missing or repeated.
        let authority = |url: Url| (url.host_str().map(str::to_owned), url.port());
        if Url::parse(&text.replace("{org}", "")).map(authority) != Url::parse(&example).map(authority) {
            return Err(format!("{} has `{{org}}` in the host name; it belongs after the host name", quote(&text)));
        }
        server(environment, &example).map_err(|problem| problem.replace(&example, &text)).map(|_| text)
    })?;
    let scope = place.given(table.scope).map(Given::scopes).transpose()?;
    let method = optional(place.given(table.method), parse_method)?.map(|given| given.value);
    Ok(ApiConfig { url, scope, method, exchange: table.exchange.unwrap_or_default() })
}

/// The HTTP methods that an API can be called with. TRACE must not carry a token (RFC 9110, section 9.3.8).
pub const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// Parses an HTTP method, in upper or lower case.
///
/// # Errors
/// Returns an error if the text is another method, or no method.
pub fn parse_method(text: String) -> Result<Method, String> {
    let method = METHODS.into_iter().find(|method| method.as_str().eq_ignore_ascii_case(&text));
    method.ok_or_else(|| format!("{} is not GET, HEAD, OPTIONS, POST, PUT, PATCH or DELETE", quote(&text)))
}

/// Parses the URL of a server to which assertions or tokens are sent, or from which keys are read.
///
/// # Errors
/// Returns an error if the text is not a URL, or if the URL is not safe for a secret.
pub fn parse_endpoint(text: &str) -> Result<Url, String> {
    let is_web = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    let wrong = || format!("{} must be a URL with https://, or with http:// for a loopback address", quote(text));
    let url = Url::parse(text).ok().filter(is_web).ok_or_else(wrong)?;
    if !url.username().is_empty() || url.password().is_some() {
        // It may be a secret, so it is not repeated.
        Err("the URL contains a user name or a password, which is not allowed".to_owned())
    } else if url.scheme() == "http" && !is_loopback(&url) {
        Err(format!("{} uses plain http, which is only allowed for loopback addresses", quote(text)))
    } else {
        Ok(url)
    }
}
