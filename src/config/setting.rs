//! The names of the settings, and the sources of their values.

use std::fmt::{self, Display};
use std::path::PathBuf;

use super::ConfigError;
use crate::client::sanitize::is_jwt;
use crate::client::{quote, show};

/// The names of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Its name in messages.
    pub words: &'static str,
    /// Its name in the configuration file and its table, as messages show them.
    pub key: &'static str,
    /// The option that overrides the configuration file.
    pub option: &'static str,
    /// The environment variable that overrides the configuration file.
    pub variable: &'static str,
}

const fn setting(words: &'static str, key: &'static str, option: &'static str, variable: &'static str) -> Setting {
    Setting { words, key, option, variable }
}

/// The environment that the configuration is for.
pub const ENVIRONMENT: Setting = setting("environment", "`environment`", "--env", "SYSTEMUSER_ENV");
/// The id of the client in Maskinporten.
pub const CLIENT_ID: Setting = setting("client id", "`client_id`", "--client-id", "SYSTEMUSER_CLIENT_ID");
/// The scopes that the client requests.
pub const SCOPE: Setting = setting("scope", "`scope`", "--scope", "SYSTEMUSER_SCOPE");
/// The owner of the system user.
pub const ORG: Setting = setting("organisation", "`org`", "--org", "SYSTEMUSER_ORG");
/// The external reference that the system user was requested with.
pub const EXTERNAL_REF: Setting =
    setting("external reference", "`external_ref`", "--external-ref", "SYSTEMUSER_EXTERNAL_REF");
/// The option for the APIs that a token is restricted to.
pub const RESOURCE: &str = "--resource";
/// The private key.
pub const KEY: Setting = setting("private key", "`path` under [key]", "--key", "SYSTEMUSER_KEY_FILE");
/// The business certificate of the private key.
pub const CERTIFICATE: Setting =
    setting("certificate", "`certificate` under [key]", "--certificate", "SYSTEMUSER_CERTIFICATE_FILE");
/// The id of the key in Maskinporten.
pub const KID: Setting = setting("key id", "`kid` under [key]", "--kid", "SYSTEMUSER_KID");

/// All settings that have an option and a variable.
pub const SETTINGS: [Setting; 8] = [ENVIRONMENT, CLIENT_ID, SCOPE, ORG, EXTERNAL_REF, KEY, CERTIFICATE, KID];

/// The source of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A command-line option.
    Option(&'static str),
    /// An environment variable.
    Variable(&'static str),
    /// A line of the built-in configuration, counted from 1.
    BuiltIn(usize),
    /// A line of a configuration file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
}

impl Source {
    /// Whether the value comes from a configuration file or from the built-in configuration.
    pub fn is_file(&self) -> bool {
        matches!(self, Self::File { .. } | Self::BuiltIn(_))
    }

    /// The source, with the line number if it is a file or the built-in configuration.
    pub fn place(&self) -> String {
        match self {
            Self::File { path, line } => format!("{} line {line}", show(&path.to_string_lossy())),
            Self::BuiltIn(line) => format!("{self} line {line}"),
            _ => self.to_string(),
        }
    }
}

impl Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(name) | Self::Variable(name) => f.write_str(name),
            Self::File { path, .. } => f.write_str(&show(&path.to_string_lossy())),
            Self::BuiltIn(_) => f.write_str("built in"),
        }
    }
}

/// A value and its source.
#[derive(Debug, Clone)]
pub struct Given<T> {
    /// The value.
    pub value: T,
    /// The source of the value.
    pub source: Source,
}

/// The result of checking a value.
pub type Checked<T> = Result<Given<T>, ConfigError>;

impl<T> Given<T> {
    /// Checks or converts the value. An error names its source.
    pub(crate) fn convert<U, E: Display>(self, convert: impl FnOnce(T) -> Result<U, E>) -> Checked<U> {
        let Self { value, source } = self;
        match convert(value) {
            Ok(value) => Ok(Given { value, source }),
            Err(problem) => Err(ConfigError::at(&source, problem)),
        }
    }
}

impl Given<String> {
    /// Parses the text. Rejects a key or a token, so that it is not sent by mistake. Also rejects control characters
    /// and texts of more than 500 characters.
    pub(crate) fn check<U, E: Display>(self, check: impl FnOnce(String) -> Result<U, E>) -> Checked<U> {
        if is_secret(&self.value) || self.value.chars().count() > 500 || self.value.contains(char::is_control) {
            return Err(ConfigError::at(&self.source, NOT_SHOWN));
        }
        self.convert(check)
    }

    /// Parses scopes, and separates them with single spaces (RFC 6749, section 3.3).
    pub(crate) fn scopes(self) -> Checked<String> {
        let Self { value, source } = self;
        let is_scope = |word: &&str| {
            let is_text = word.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
            is_text && word.len() <= 200 && !is_jwt(word)
        };
        let words: Vec<&str> = value.split_whitespace().collect();
        match words.iter().find(|word| !is_scope(word)) {
            _ if is_secret(&value) => Err(ConfigError::at(&source, NOT_SHOWN)),
            _ if words.is_empty() => Err(ConfigError::at(&source, "the value is empty")),
            Some(word) => Err(ConfigError::at(&source, format!("{} is not a scope", quote(word)))),
            None => Ok(Given { value: words.join(" "), source }),
        }
    }
}

const NOT_SHOWN: &str = "the value is invalid and is not shown: it may be a secret";

/// Whether a text looks like a key or a token, which is never a valid value of a setting.
pub fn is_secret(text: &str) -> bool {
    // JSON and PEM in base64, and an Ed25519 key in DER.
    const BEGINNINGS: [&str; 5] = ["ewog", "ewoJ", "ew0K", "LS0tLS1CRUdJTi", "MC4CAQ"];
    let text = text.trim_start_matches(['"', '\'', '`', ' ', '\n']);
    // A private key in DER begins with a version.
    let is_der = text.starts_with("MI") && (text.get(6..9) == Some("IBA") || text.get(4..7) == Some("AgE"));
    let is_jwk = text.starts_with('{') && text.contains("\"kty\"");
    let is_known = is_der || is_jwk || BEGINNINGS.iter().any(|start| text.starts_with(start));
    text.contains("-----BEGIN") || text.len() > 40 && (is_known || is_jwt(text) && text.contains('.'))
}
