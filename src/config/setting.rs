//! Settings and their values: what each is called, and where a value came from.

use std::fmt::{self, Display};
use std::path::PathBuf;

use super::ConfigError;
use crate::client::sanitize::is_jwt;
use crate::client::{quote, show};

/// A setting by all its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// What a person calls it.
    pub words: &'static str,
    /// Its key in the configuration file.
    pub key: &'static str,
    /// The option that replaces it.
    pub option: &'static str,
    /// The environment variable that replaces it.
    pub variable: &'static str,
}

const fn setting(words: &'static str, key: &'static str, option: &'static str, variable: &'static str) -> Setting {
    Setting { words, key, option, variable }
}

/// Which environment the file is for.
pub const ENVIRONMENT: Setting = setting("environment", "environment", "--env", "SYSTEMUSER_ENV");
/// The client's id at Maskinporten.
pub const CLIENT_ID: Setting = setting("client id", "client_id", "--client-id", "SYSTEMUSER_CLIENT_ID");
/// What the client asks for.
pub const SCOPE: Setting = setting("scope", "scope", "--scope", "SYSTEMUSER_SCOPE");
/// The owner of the system user.
pub const ORG: Setting = setting("organisation", "org", "--org", "SYSTEMUSER_ORG");
/// The reference that the system user was requested with.
pub const EXTERNAL_REF: Setting =
    setting("external reference", "external_ref", "--external-ref", "SYSTEMUSER_EXTERNAL_REF");
/// What may use the token, for those that restrict it.
pub const RESOURCE: &str = "--resource";
/// The private key.
pub const KEY: Setting = setting("private key", "key.path", "--key", "SYSTEMUSER_KEY_FILE");
/// The id that Maskinporten knows the key by.
pub const KID: Setting = setting("key id", "key.kid", "--kid", "SYSTEMUSER_KID");

/// All settings that have an option and a variable.
pub const SETTINGS: [Setting; 7] = [ENVIRONMENT, CLIENT_ID, SCOPE, ORG, EXTERNAL_REF, KEY, KID];

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// An option of the command line.
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
    /// Whether the value is in a file, the built-in one included, and nobody gave it for this run.
    pub fn is_file(&self) -> bool {
        matches!(self, Self::File { .. } | Self::BuiltIn(_))
    }

    /// The place to look at: with the line, where there is one.
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

/// A value and where it came from.
#[derive(Debug, Clone)]
pub struct Given<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub source: Source,
}

/// What became of a value that was looked at.
pub type Checked<T> = Result<Given<T>, ConfigError>;

impl Given<String> {
    /// Parses the text. A key or a token is never a valid value, and must not be sent.
    pub(crate) fn check<U, E: Display>(self, check: impl FnOnce(String) -> Result<U, E>) -> Checked<U> {
        let Self { value, source } = self;
        if is_secret(&value) || value.len() > 500 || value.contains(char::is_control) {
            return Err(ConfigError::at(&source, NOT_SHOWN));
        }
        match check(value) {
            Ok(value) => Ok(Given { value, source }),
            Err(problem) => Err(ConfigError::at(&source, problem)),
        }
    }

    /// Scopes, with one space between each (RFC 6749, section 3.3).
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

/// Whether a text is a key or a token, which is never the value that is wanted.
pub fn is_secret(text: &str) -> bool {
    // JSON and PEM in base64, and the DER of an Ed25519 key.
    const BEGINNINGS: [&str; 5] = ["ewog", "ewoJ", "ew0K", "LS0tLS1CRUdJTi", "MC4CAQ"];
    let text = text.trim_start_matches(['"', '\'', '`', ' ', '\n']);
    // The version with which the DER of a private key begins.
    let is_der = text.starts_with("MI") && (text.get(6..9) == Some("IBA") || text.get(4..7) == Some("AgE"));
    let is_jwk = text.starts_with('{') && text.contains("\"kty\"");
    let is_known = is_der || is_jwk || BEGINNINGS.iter().any(|start| text.starts_with(start));
    text.contains("-----BEGIN") || text.len() > 40 && (is_known || is_jwt(text) && text.contains('.'))
}
