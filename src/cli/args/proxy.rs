//! The proxy that is asked, if one is. The variables are read by the HTTP client itself, which passes over what it
//! cannot use.

use std::env;

use hyper_util::client::proxy::matcher::Matcher;

use crate::cli::output::console::{Console, Tone};
use crate::client::environment::is_loopback;
use crate::config::Config;

/// The variables for https; of each pair the first that is set decides, and the second pair where the first says nothing.
const VARIABLES: [[&str; 2]; 2] = [["HTTPS_PROXY", "https_proxy"], ["ALL_PROXY", "all_proxy"]];

/// The variables that are read, with what they say.
fn named() -> impl Iterator<Item = (&'static str, String)> {
    let set = |names: [&'static str; 2]| names.into_iter().find_map(|name| Some((name, env::var(name).ok()?)));
    VARIABLES.into_iter().filter_map(set).filter(|(_, value)| !value.is_empty())
}

fn is_usable(value: &str) -> bool {
    Matcher::builder().all(value).build().intercept(&"https://maskinporten.no/".parse().expect("an address")).is_some()
}

/// The variable that names a proxy for https.
pub(crate) fn variable() -> Option<&'static str> {
    named().find(|(_, value)| is_usable(value)).map(|(name, _)| name)
}

/// Whether a proxy is asked for this address: one may be excepted.
pub(crate) fn is_asked(address: &str) -> bool {
    address.parse().is_ok_and(|address| Matcher::from_env().intercept(&address).is_some())
}

/// Says so where a proxy is named in a way that cannot be used. It may hold a password, so it is not repeated.
pub(crate) fn warn(config: &Config, console: &mut Console<'_>) {
    let endpoints = &config.endpoints;
    let servers = [&endpoints.token, &endpoints.altinn].into_iter().chain(&endpoints.reference_api);
    if servers.into_iter().all(is_loopback) {
        return;
    }
    for (name, _) in named().take(1).filter(|(_, value)| !is_usable(value)) {
        let said =
            format!("{name} is passed over: it does not hold a proxy's address, such as http://proxy.example:8080");
        console.say(Tone::Warning, &said);
    }
}
