//! Options and environment variables, gathered into what replaces the configuration file's values.
//!
//! clap judges the shape of the command line only. Variables are read here, not by clap, so that each value keeps
//! where it came from.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use super::configuration;
use crate::api::ReferenceApi;
use crate::config::{
    CLIENT_ID, Config, ConfigError, ENVIRONMENT, EXTERNAL_REF, Given, KEY, KID, ORG, Overrides, SCOPE, Setting, Source,
};
use crate::environment::Environment;
use crate::key::KeySource;

/// The options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(super) struct Common {
    /// which environment [env: SYSTEMUSER_ENV] [default: sandbox]
    #[arg(short, long, global = true, value_name = "ENV")]
    env: Option<Environment>,
    /// the configuration file [env: SYSTEMUSER_CONFIG] [default: config/<ENV>.toml]
    #[arg(short, long, global = true, value_name = "FILE")]
    config: Option<OsString>,
    /// structured output on stdout
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// tell the story, step by step, on stderr
    #[arg(short, long, global = true)]
    pub(super) verbose: bool,
}

/// The options of the commands that get a token.
#[derive(Debug, Args)]
pub(super) struct TokenOptions {
    /// Maskinporten client id [env: SYSTEMUSER_CLIENT_ID]
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// one scope, or several with spaces [env: SYSTEMUSER_SCOPE]
    #[arg(long)]
    scope: Option<String>,
    /// organisation that owns the system user [env: SYSTEMUSER_ORG]
    #[arg(long, allow_negative_numbers = true)]
    org: Option<String>,
    /// the reference the system user was requested with [env: SYSTEMUSER_EXTERNAL_REF]
    #[arg(long, value_name = "REF")]
    external_ref: Option<String>,
    /// ask for a plain Maskinporten token, of no system user
    #[arg(long, conflicts_with = "external_ref")]
    pub(super) no_system_user: bool,
    /// private key file [env: SYSTEMUSER_KEY_FILE, or the key itself in SYSTEMUSER_KEY]
    #[arg(long, value_name = "FILE")]
    key: Option<OsString>,
    /// key id, where the key file does not carry it [env: SYSTEMUSER_KID]
    #[arg(long)]
    kid: Option<String>,
    /// patience for one exchange, in seconds [default: 30]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    timeout: Option<String>,
}

impl Common {
    /// What is said that means nothing to the sandbox by itself.
    #[cfg(feature = "sandbox")]
    pub(super) fn not_for_the_sandbox(&self) -> Option<String> {
        let environment = self.env.filter(|environment| *environment != Environment::Sandbox);
        let environment = environment.map(|environment| format!("--env says `{environment}`"));
        environment.or_else(|| self.config.as_ref().map(|_| "--config names a file".to_owned()))
    }
}

impl ValueEnum for Environment {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}

impl TokenOptions {
    /// How long an exchange may take.
    pub(super) fn patience(&self) -> Result<Duration, ConfigError> {
        let Some(text) = &self.timeout else { return Ok(Duration::from_secs(30)) };
        let seconds = typed("--timeout", text).check(|text| match text.parse() {
            Ok(seconds @ 1..=3600) => Ok(seconds),
            _ => Err(format!("`{text}` is not 1 to 3600 seconds")),
        })?;
        Ok(Duration::from_secs(seconds.value))
    }

    /// Chooses the configuration, and puts what options and variables say in the places of what the file says.
    pub(super) fn configuration(&self, common: &Common) -> Result<Config, ConfigError> {
        let option = |value: &Option<String>, setting: &Setting| match value {
            Some(value) => Ok(Some(typed(setting.option, value))),
            None => variable(setting.variable),
        };
        const FILE: &str = "SYSTEMUSER_CONFIG";
        let overrides = Overrides {
            environment: environment(common)?,
            client_id: option(&self.client_id, &CLIENT_ID)?,
            scope: option(&self.scope, &SCOPE)?,
            org: option(&self.org, &ORG)?,
            external_ref: option(&self.external_ref, &EXTERNAL_REF)?,
            key: self.key_source()?,
            kid: option(&self.kid, &KID)?,
            sandbox: variable("SYSTEMUSER_SANDBOX")?,
        };
        let named = common.config.clone().map(|path| (path, Source::Option("--config")));
        let named = named.or_else(|| non_empty(FILE).map(|path| (path, Source::Variable(FILE))));
        let named = named.map(|(path, source)| Given { value: PathBuf::from(path), source });
        let config = configuration::choose(named, overrides)?;
        // A build without the sandbox has none to run inside.
        let config = Config { sandbox_inside: config.sandbox_inside && cfg!(feature = "sandbox"), ..config };
        match config.apis.iter().find(|(name, _)| ReferenceApi::named(name).is_some()) {
            Some((name, api)) => {
                Err(ConfigError::at(&api.url.source, format!("[api.{name}] has a built-in API's name")))
            }
            None => Ok(config),
        }
    }

    fn key_source(&self) -> Result<Option<Given<KeySource>>, ConfigError> {
        if let Some(path) = &self.key {
            let source = Source::Option(KEY.option);
            return Ok(Some(Given { value: KeySource::File(path.into()), source }));
        }
        const INLINE: &str = "SYSTEMUSER_KEY";
        let file = non_empty(KEY.variable);
        // Set but empty is a secret that did not arrive, and not the wish for another key.
        match (env::var_os(INLINE), file) {
            (Some(_), Some(_)) => Err(ConfigError::Invalid {
                problem: format!("{INLINE} and {} are both set, and they are two ways to say one thing", KEY.variable),
                hint: Some(format!("unset one of them, or name the key with {}", KEY.option)),
            }),
            (Some(text), None) => {
                let text = text.into_string().map_err(|_| not_text(INLINE))?;
                let value = KeySource::Text { name: INLINE.to_owned(), text: text.into() };
                Ok(Some(Given { value, source: Source::Variable(INLINE) }))
            }
            (None, Some(path)) => {
                Ok(Some(Given { value: KeySource::File(path.into()), source: Source::Variable(KEY.variable) }))
            }
            (None, None) => Ok(None),
        }
    }
}

/// What was typed for an option or an argument.
pub(super) fn typed(name: &'static str, text: &str) -> Given<String> {
    Given { value: text.to_owned(), source: Source::Option(name) }
}

fn environment(common: &Common) -> Result<Option<Given<Environment>>, ConfigError> {
    if let Some(value) = common.env {
        return Ok(Some(Given { value, source: Source::Option(ENVIRONMENT.option) }));
    }
    let given = variable(ENVIRONMENT.variable)?;
    given.map(|given| given.check(|text| text.parse::<Environment>())).transpose()
}

fn variable(name: &'static str) -> Result<Option<Given<String>>, ConfigError> {
    let Some(value) = non_empty(name) else { return Ok(None) };
    let value = value.into_string().map_err(|_| not_text(name))?;
    Ok(Some(Given { value, source: Source::Variable(name) }))
}

fn non_empty(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

fn not_text(name: &'static str) -> ConfigError {
    ConfigError::at(&Source::Variable(name), "the value is not UTF-8 text")
}
