//! The addresses of a configuration: `[endpoints]` and `[api.NAME]`.

use std::collections::BTreeMap;

use reqwest::Url;

use super::file::{ApiTable, EndpointsTable, Place, Text};
use super::{ApiConfig, ConfigError, Given, Source, optional};
use crate::client::{Endpoints, Environment, is_loopback, quote};

/// Where the servers are, where that came from, and what is to be said about it.
pub(super) struct Servers {
    pub(super) endpoints: Endpoints,
    pub(super) sources: BTreeMap<&'static str, Source>,
    pub(super) notes: Vec<String>,
}

/// A sandbox that stands already.
pub(super) fn of_sandbox(address: Given<String>) -> Result<Servers, ConfigError> {
    let source = address.source.clone();
    let endpoints = Endpoints::sandbox(&base(Environment::Sandbox, address)?);
    let sources = ["issuer", "altinn", "reference_api"].map(|key| (key, source.clone())).into();
    Ok(Servers { endpoints, sources, notes: Vec::new() })
}

/// The addresses that the environment implies, with those of `[endpoints]` in their places.
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
    let altinn = base(given("altinn", table.altinn))?;
    let reference_api = base(given("reference_api", table.reference_api))?;
    let token = exact(given("token", table.token))?;
    let jwks = exact(given("jwks", table.jwks))?;
    let implied = environment.endpoints();
    let implied = match (environment, issuer) {
        (_, None) => implied,
        // A sandbox serves everything at one address.
        (Environment::Sandbox, Some(issuer)) => Endpoints::sandbox(&issuer),
        (_, Some(issuer)) => {
            Endpoints { reference_api: implied.reference_api, ..Endpoints::of_issuer(issuer, implied.altinn) }
        }
    };
    let endpoints = Endpoints {
        token: token.map_or(implied.token, |given| given.value),
        jwks: jwks.map_or(implied.jwks, |given| given.value),
        altinn: altinn.unwrap_or(implied.altinn),
        reference_api: reference_api.or(implied.reference_api),
        issuer: implied.issuer,
    };
    Ok(Servers { endpoints, sources, notes })
}

fn issuer(given: Given<String>, notes: &mut Vec<String>) -> Result<Given<String>, ConfigError> {
    let given = given.check(|text| match text.trim_end_matches('/').rsplit_once('/') {
        Some((issuer, "token" | "jwk")) => {
            Err(format!("{} is not the issuer, which is probably {}", quote(&text), quote(&format!("{issuer}/"))))
        }
        _ => Ok(text),
    })?;
    if !given.value.ends_with('/') {
        notes.push(format!("{}: the issuer is taken with a slash at its end", given.source.place()));
    }
    Ok(given)
}

/// An address to which paths are joined, so it ends in a slash.
fn base(environment: Environment, given: Given<String>) -> Result<Url, ConfigError> {
    let checked = given.check(|text| match server(environment, &text)? {
        url if url.query().is_some() || url.fragment().is_some() => {
            Err(format!("{} has more than a path", quote(&text)))
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
            Err(format!("{} is not a loopback address, and the sandbox stays on this machine", quote(text)))
        }
        _ => Ok(url),
    }
}

/// A configured API.
pub(super) fn api(environment: Environment, table: ApiTable, place: &Place<'_>) -> Result<ApiConfig, ConfigError> {
    let url = place.given(Some(table.url)).expect("it is there").check(|text| {
        // The address is whole once the organisation is known; any other brace would be sent as it stands.
        let example = text.replace("{org}", "000000000");
        if example.contains(['{', '}']) {
            return Err(format!("{} has a placeholder other than `{{org}}`", quote(&text)));
        }
        // A reader of addresses sees the server even where slashes are missing, or too many.
        let authority = |url: Url| (url.host_str().map(str::to_owned), url.port());
        if Url::parse(&text.replace("{org}", "")).map(authority) != Url::parse(&example).map(authority) {
            return Err(format!("{} has `{{org}}` in the server's name, and it belongs behind that", quote(&text)));
        }
        server(environment, &example).map_err(|problem| problem.replace(&example, &text)).map(|_| text)
    })?;
    Ok(ApiConfig { url, scope: place.given(table.scope).map(Given::scopes).transpose()? })
}

/// Reads the URL of a server to which keys, assertions or tokens go.
///
/// # Errors
/// If the text is not a URL, or one that must not be trusted with a secret.
pub fn parse_endpoint(text: &str) -> Result<Url, String> {
    let is_web = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    let wrong =
        || format!("{} is not an address, which begins with https:// or, on this machine, http://", quote(text));
    let url = Url::parse(text).ok().filter(is_web).ok_or_else(wrong)?;
    if !url.username().is_empty() || url.password().is_some() {
        // It may be a secret, so it is not repeated.
        Err("the address holds a user name or password, which does not belong there".to_owned())
    } else if url.scheme() == "http" && !is_loopback(&url) {
        Err(format!("{} is plain http, which is for loopback addresses only", quote(text)))
    } else {
        Ok(url)
    }
}
