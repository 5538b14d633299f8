//! Environment variables: this program's own, those of proxies and certificates, and what a child process gets.

use std::env;
use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use hyper_util::client::proxy::matcher::Matcher;

use crate::client::{Endpoints, is_loopback, quote_path};
use crate::config::{Config, ConfigError, Given, SETTINGS, Source};

/// The beginning of the names of this program's variables.
pub(crate) const PREFIX: &str = "SYSTEMUSER_";
/// The variable that names the configuration file.
pub(crate) const CONFIG_FILE: &str = "SYSTEMUSER_CONFIG";
/// The variable that holds the URL of a running sandbox.
pub(crate) const SANDBOX: &str = "SYSTEMUSER_SANDBOX";
/// The variable that holds a private key.
pub(crate) const KEY_TEXT: &str = "SYSTEMUSER_KEY";
/// The variable that holds the passphrase of an encrypted key.
pub(crate) const PASSPHRASE: &str = "SYSTEMUSER_KEY_PASSPHRASE";
/// The variable that names a file with the passphrase of an encrypted key.
pub(crate) const PASSPHRASE_FILE: &str = "SYSTEMUSER_KEY_PASSPHRASE_FILE";

/// The value of a variable, unless it is empty.
pub(crate) fn os(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// The text of a variable, unless it is empty.
pub(crate) fn text(name: &'static str) -> Result<Option<Given<String>>, ConfigError> {
    os(name).map(|value| utf8(name, value)).transpose()
}

/// The secret in a variable. An empty variable counts as set, since it is probably a secret that got lost.
pub(crate) fn secret(name: &'static str) -> Result<Option<Given<String>>, ConfigError> {
    env::var_os(name).map(|value| utf8(name, value)).transpose()
}

/// The variables of this program.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    SETTINGS.iter().map(|setting| setting.variable).chain([CONFIG_FILE, SANDBOX, KEY_TEXT, PASSPHRASE, PASSPHRASE_FILE])
}

/// The variables whose names begin like this program's, but which it does not know.
pub(crate) fn unknown() -> Vec<String> {
    let set = env::vars_os().filter(|(_, value)| !value.is_empty());
    let mut unknown: Vec<String> = set.map(|(name, _)| name.to_string_lossy().into_owned()).collect();
    unknown.retain(|name| {
        let upper = name.to_ascii_uppercase();
        // Windows does not distinguish the case of a name.
        let name = if cfg!(windows) { &upper } else { name };
        upper.starts_with(PREFIX) && !names().any(|known| known == name)
    });
    unknown.sort();
    unknown
}

fn utf8(name: &'static str, value: OsString) -> Result<Given<String>, ConfigError> {
    let source = Source::Variable(name);
    match value.into_string() {
        Ok(value) => Ok(Given { value, source }),
        Err(_) => Err(ConfigError::at(&source, "the value is not UTF-8 text")),
    }
}

/// The name of this process and its arguments.
pub(crate) fn words() -> Vec<OsString> {
    env::args_os().collect()
}

/// The value of an option on a command line that is not parsed.
pub(crate) fn raw_value(words: &[OsString], names: &[&str]) -> Option<OsString> {
    let mut words = words.iter().take_while(|word| *word != "--");
    let mut value = None;
    while let Some(word) = words.next() {
        for name in names {
            match word.to_str().and_then(|word| word.strip_prefix(name)) {
                Some("") => value = words.next().cloned(),
                Some(rest) if rest.starts_with('=') => value = Some(rest[1..].into()),
                Some(rest) if !name.starts_with("--") => value = Some(rest.into()),
                Some(_) | None => {}
            }
        }
    }
    value
}

/// The name of this process and its arguments, if all of them are UTF-8 text.
pub(crate) fn command_line() -> Option<Vec<String>> {
    env::args_os().map(|argument| argument.into_string().ok()).collect()
}

/// This program's variables and their values, except secrets.
pub(crate) fn settings() -> Vec<(&'static str, String)> {
    let names = names().filter(|name| ![KEY_TEXT, PASSPHRASE].contains(name));
    let values = names.filter_map(|name| Some((name, os(name)?.into_string().ok()?)));
    // The variable may contain the passphrase itself by mistake.
    values.filter(|(name, value)| *name != PASSPHRASE_FILE || Path::new(value).is_file()).collect()
}

/// The user's directory for cached data (XDG Base Directory Specification). A path that is not absolute is ignored, and
/// so is a home directory that does not exist.
pub(crate) fn cache_directory() -> Option<PathBuf> {
    let path = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    match cfg!(windows) {
        true => path("LOCALAPPDATA"),
        false => path("XDG_CACHE_HOME").or_else(|| Some(path("HOME").filter(|home| home.is_dir())?.join(".cache"))),
    }
}

/// The variable that replaces the system's root certificates.
pub(crate) fn root_certificates() -> Option<&'static str> {
    ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter().find(|name| env::var_os(name).is_some())
}

/// The largest size of all root certificates together, in bytes. Those of an operating system have less than 1 MiB.
const LARGEST_ROOTS: u64 = 16 * 1024 * 1024;

/// Checks the files that [`root_certificates`] names, because the TLS library reads them without a limit of time or
/// size. A file that is missing or has no certificates is not an error here. Plain http, which loopback addresses may
/// use, needs no root certificates.
pub(crate) fn check_root_certificates(config: &Config) -> Result<(), ConfigError> {
    let Endpoints { issuer, token, jwks, altinn, self_service, reference_api } = &config.endpoints;
    let mut servers = [issuer, token, jwks, altinn, self_service].into_iter().chain(reference_api);
    let uses_tls = servers.any(|url| url.scheme() == "https")
        || config.apis.values().any(|api| api.url.value.to_ascii_lowercase().starts_with("https"));
    if cfg!(any(windows, target_os = "macos")) || !uses_tls {
        return Ok(());
    }
    let wrong = |variable, path: &Path, problem: &str| {
        let hint = format!("set {variable} to the path of root certificates in PEM, or unset it");
        ConfigError::at(&Source::Variable(variable), format!("{} {problem}", quote_path(path))).with_hint(hint)
    };
    let file = PathBuf::from(env::var_os("SSL_CERT_FILE").unwrap_or_default());
    match file.metadata() {
        // /dev/null is a usual way to use only SSL_CERT_DIR.
        Ok(metadata) if !metadata.is_file() && !metadata.is_dir() && file != Path::new("/dev/null") => {
            return Err(wrong("SSL_CERT_FILE", &file, "is not a regular file"));
        }
        Ok(metadata) if metadata.len() > LARGEST_ROOTS => {
            return Err(wrong("SSL_CERT_FILE", &file, "is larger than 16 MiB"));
        }
        _ => {}
    }
    for folder in env::split_paths(&env::var_os("SSL_CERT_DIR").unwrap_or_default()) {
        let files = folder.read_dir().into_iter().flatten().filter_map(|entry| entry.ok()?.path().metadata().ok());
        if files.filter(Metadata::is_file).map(|file| file.len()).sum::<u64>() > LARGEST_ROOTS {
            return Err(wrong("SSL_CERT_DIR", &folder, "contains more than 16 MiB"));
        }
    }
    Ok(())
}

/// The reasons why the files that [`root_certificates`] names contain no root certificate, as the end of a sentence.
/// `None` if no reason is found.
pub(crate) fn root_certificates_problem() -> Option<String> {
    if cfg!(any(windows, target_os = "macos")) {
        return None;
    }
    let problem = |variable: &str, path: PathBuf| match certificates_problem(&path, variable == "SSL_CERT_DIR")? {
        _ if path.as_os_str().is_empty() => Some(format!("{variable} is set, but empty")),
        problem => Some(format!("{variable} names {}, which {problem}", quote_path(&path))),
    };
    let file = env::var_os("SSL_CERT_FILE").and_then(|path| problem("SSL_CERT_FILE", path.into()));
    let folders = env::var_os("SSL_CERT_DIR").unwrap_or_default();
    let mut folders = env::split_paths(&folders).filter(|path| !path.as_os_str().is_empty());
    let folder = folders.find_map(|path| problem("SSL_CERT_DIR", path));
    let problems: Vec<String> = file.into_iter().chain(folder).collect();
    (!problems.is_empty()).then(|| problems.join(", and "))
}

/// The reason why a file or a directory contains no certificate. The files in a directory are not read.
fn certificates_problem(path: &Path, in_directory: bool) -> Option<String> {
    const PEM: &[u8] = b"-----BEGIN CERTIFICATE-----";
    let mut bytes = Vec::new();
    let read = match in_directory {
        true => path.read_dir().map(|mut files| files.next().is_none()),
        false => {
            File::open(path).and_then(|file| file.take(LARGEST_ROOTS).read_to_end(&mut bytes)).map(|read| read == 0)
        }
    };
    match read {
        Ok(true) => Some("is empty".to_owned()),
        Ok(false) if in_directory || bytes.windows(PEM.len()).any(|words| words == PEM) => None,
        Ok(false) => Some("contains no PEM certificate".to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some("does not exist".to_owned()),
        Err(error) => Some(format!("cannot be read: {error}")),
    }
}

/// The variables that name a proxy for HTTPS. In each pair, the first variable that is set decides. The second pair
/// counts only if the first pair is not set.
const PROXIES: [[&str; 2]; 2] = [["HTTPS_PROXY", "https_proxy"], ["ALL_PROXY", "all_proxy"]];

fn proxies() -> impl Iterator<Item = (&'static str, String)> {
    let set = |names: [&'static str; 2]| names.into_iter().find_map(|name| Some((name, env::var(name).ok()?)));
    PROXIES.into_iter().filter_map(set).filter(|(_, value)| !value.is_empty())
}

fn is_proxy(value: &str) -> bool {
    Matcher::builder().all(value).build().intercept(&"https://maskinporten.no/".parse().expect("a URL")).is_some()
}

/// The variable that names the proxy for HTTPS.
pub(crate) fn proxy() -> Option<&'static str> {
    proxies().find(|(_, value)| is_proxy(value)).map(|(name, _)| name)
}

/// Whether this address is reached through a proxy.
pub(crate) fn uses_proxy(address: &str) -> bool {
    address.parse().is_ok_and(|address| Matcher::from_env().intercept(&address).is_some())
}

/// The proxy variable that the HTTP client ignores because its value is not the address of a proxy.
pub(crate) fn ignored_proxy(config: &Config) -> Option<&'static str> {
    let endpoints = &config.endpoints;
    let mut servers = [&endpoints.token, &endpoints.altinn].into_iter().chain(&endpoints.reference_api);
    if servers.all(is_loopback) {
        return None;
    }
    proxies().next().filter(|(_, value)| !is_proxy(value)).map(|(name, _)| name)
}

/// The variables to change for a child process: this program's variables are removed, and proxy addresses lose their
/// user names and passwords. `None` removes a variable.
pub(crate) fn without_secrets() -> impl Iterator<Item = (OsString, Option<String>)> {
    env::vars_os().filter_map(|(name, value)| {
        let upper = name.to_string_lossy().to_ascii_uppercase();
        if upper.starts_with(PREFIX) {
            Some((name, None))
        } else if upper.ends_with("_PROXY") && upper != "NO_PROXY" {
            let Some(proxy) = value.to_str() else { return Some((name, None)) };
            let (_, host) = proxy.rsplit_once('@')?;
            let scheme = proxy.split_once("://").map(|(scheme, _)| format!("{scheme}://")).unwrap_or_default();
            Some((name, Some(scheme + host)))
        } else {
            None
        }
    })
}
