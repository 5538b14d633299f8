//! Options that several commands share, their environment variables, and how both become a [`Config`]. An option of a
//! single command belongs in that command's file.
//!
//! clap checks only the syntax of the command line. Variables are read here, so that each value keeps its source.

pub(crate) mod candidates;
pub(crate) mod config_file;
pub(crate) mod deferred;
pub(crate) mod rerun;
pub(crate) mod rights;
pub(crate) mod shell;
mod toml_slip;
pub(crate) mod variables;
mod vendor;

use std::ffi::OsString;
use std::fmt::Display;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValue;
use clap::{Args, ColorChoice, ValueEnum, ValueHint};
use clap_complete::ArgValueCandidates;

use self::config_file::{DEFAULT_TIMEOUT, TIMEOUTS};
pub(crate) use self::rerun::Rerun;
use self::variables::{CONFIG_FILE, KEY_TEXT, SANDBOX};
pub(crate) use self::vendor::{CustomerArgs, ExternalRefArg, OwnerArgs, SystemArg, VendorArgs, system};
use crate::client::reference_api::ReferenceApi;
use crate::client::{Environment, KeySource, quote};
use crate::config::{
    CERTIFICATE, CLIENT_ID, Checked, Config, ConfigError, ENVIRONMENT, EXTERNAL_REF, Given, KEY, KID, ORG, Overrides,
    RESOURCE, SCOPE, Setting, Source,
};

/// The options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct CommonArgs {
    /// environment to use [env: SYSTEMUSER_ENV] [default: sandbox]
    #[arg(short, long, global = true, value_name = "ENV")]
    env: Option<Environment>,
    /// configuration file [env: SYSTEMUSER_CONFIG] [default: config/<ENV>.toml]
    #[arg(short, long, global = true, value_name = "FILE", add = candidates::files("toml"))]
    config: Option<OsString>,
    /// print the result as JSON on stdout
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// describe each step on stderr
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// print only results and errors, without notes and warnings
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// when to use colours; `always` overrides NO_COLOR
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,
}

/// The private key, for commands that read it.
#[derive(Debug, Default, Args)]
pub(crate) struct KeyArgs {
    /// private key file: PEM, JWK or PKCS#12 [env: SYSTEMUSER_KEY_FILE; SYSTEMUSER_KEY holds the key itself]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    key: Option<OsString>,
    /// business certificate and its issuers, for a client without a registered key
    /// [env: SYSTEMUSER_CERTIFICATE_FILE]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    certificate: Option<OsString>,
    /// key id [env: SYSTEMUSER_KID] [default: the JWK's kid, otherwise the key's thumbprint]
    #[arg(long)]
    kid: Option<String>,
}

/// Client id, scope, and the owner of the system user.
#[derive(Debug, Args)]
pub(crate) struct ClientArgs {
    /// Maskinporten client id [env: SYSTEMUSER_CLIENT_ID]
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// scope, or several scopes separated by spaces [env: SYSTEMUSER_SCOPE]
    #[arg(long, add = ArgValueCandidates::new(candidates::scopes))]
    scope: Option<String>,
    /// organisation that owns the system user [env: SYSTEMUSER_ORG]
    #[arg(long, allow_negative_numbers = true)]
    org: Option<String>,
}

/// The inputs of a grant.
#[derive(Debug, Args)]
pub(crate) struct GrantArgs {
    #[command(flatten)]
    parties: ClientArgs,
    /// external reference of the system user; needed if its request had one [env: SYSTEMUSER_EXTERNAL_REF]
    #[arg(long, value_name = "REF")]
    external_ref: Option<String>,
    /// restrict the token to this audience; may be repeated
    #[arg(long, value_name = "AUDIENCE")]
    resource: Vec<String>,
    /// leave out the system user, for a plain Maskinporten token
    #[arg(long, conflicts_with = "external_ref")]
    no_system_user: bool,
    #[command(flatten)]
    key: KeyArgs,
}

/// The time limit, for commands that use the network.
#[derive(Debug, Args)]
pub(crate) struct TimeoutArg {
    /// time limit in seconds for each HTTP request, including retries, and for an input or
    /// output that is a pipe; a list may take ten times as long [default: 30]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    timeout: Option<String>,
}

impl CommonArgs {
    /// Chooses the configuration.
    pub(crate) fn configuration(&self, overrides: Overrides) -> Result<Config, ConfigError> {
        let sandbox = variables::text(SANDBOX)?;
        let overrides = Overrides { environment: self.environment()?, sandbox, ..overrides };
        let config = config_file::choose(self.named_file()?, overrides)?;
        // A build without the sandbox cannot run it inside this process.
        let config = Config { sandbox_inside: config.sandbox_inside && cfg!(feature = "sandbox"), ..config };
        match config.apis.iter().find(|(name, _)| ReferenceApi::named(name).is_some()) {
            Some((name, api)) => Err(ConfigError::at(
                &api.url.source,
                format!("`[api.{name}]` has the name of a reference API; choose another name"),
            )),
            None => Ok(config),
        }
    }

    /// The configuration file that an option or a variable names.
    pub(crate) fn named_file(&self) -> Result<Option<Given<PathBuf>>, ConfigError> {
        let named = self.config.clone().map(|path| (path, Source::Option("--config")));
        let named = named.or_else(|| variables::os(CONFIG_FILE).map(|path| (path, Source::Variable(CONFIG_FILE))));
        named.map(|(path, source)| file_name(path, source)).transpose()
    }

    /// The environment that an option or a variable names.
    pub(crate) fn environment(&self) -> Result<Option<Given<Environment>>, ConfigError> {
        if let Some(value) = self.env {
            return Ok(Some(Given { value, source: Source::Option(ENVIRONMENT.option) }));
        }
        let given = variables::text(ENVIRONMENT.variable)?;
        given.map(|given| given.check(|text| text.parse::<Environment>())).transpose()
    }

    /// The end of the message about an option that the `sandbox` command does not accept, if it was typed.
    #[cfg(feature = "sandbox")]
    pub(crate) fn option_for_servers(&self) -> Option<String> {
        let environment = self.env.filter(|environment| *environment != Environment::Sandbox);
        let environment =
            environment.map(|environment| format!("works only with --env sandbox, but --env is `{environment}`"));
        environment.or_else(|| self.config.as_ref().map(|_| "does not accept --config".to_owned()))
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

impl TimeoutArg {
    /// The time limit for each HTTP request, including its retries.
    pub(crate) fn duration(&self) -> Result<Duration, ConfigError> {
        let seconds = parsed("--timeout", self.timeout.as_ref(), |text| match text.parse() {
            Ok(seconds) if TIMEOUTS.contains(&seconds) => Ok(seconds),
            _ => Err(format!("expected a number of seconds from 1 to 3600, found {}", quote(&text))),
        })?;
        Ok(Duration::from_secs(seconds.unwrap_or(DEFAULT_TIMEOUT)))
    }
}

impl GrantArgs {
    /// Whether to get a system user's token instead of a plain token.
    pub(crate) fn system_user(&self) -> bool {
        !self.no_system_user
    }

    /// Chooses the configuration. Options and variables replace the values of the file.
    pub(crate) fn configuration(&self, common: &CommonArgs) -> Result<Config, ConfigError> {
        let resource = (!self.resource.is_empty())
            .then(|| Given { value: self.resource.clone(), source: Source::Option(RESOURCE) });
        let external_ref = option(&self.external_ref, &EXTERNAL_REF)?;
        let overrides = self.parties.overrides(self.key.overrides(Overrides::default())?)?;
        common.configuration(Overrides { external_ref, resource, ..overrides })
    }
}

impl ClientArgs {
    /// Adds the values of these options and their variables to `others`.
    pub(crate) fn overrides(&self, others: Overrides) -> Result<Overrides, ConfigError> {
        Ok(Overrides {
            client_id: option(&self.client_id, &CLIENT_ID)?,
            scope: option(&self.scope, &SCOPE)?,
            org: option(&self.org, &ORG)?,
            ..others
        })
    }
}

impl KeyArgs {
    /// Chooses the configuration, for commands that need only the key.
    pub(crate) fn configuration(&self, common: &CommonArgs) -> Result<Config, ConfigError> {
        common.configuration(self.overrides(Overrides::default())?)
    }

    /// Adds the values of these options and their variables to `others`.
    pub(crate) fn overrides(&self, others: Overrides) -> Result<Overrides, ConfigError> {
        let kid = option(&self.kid, &KID)?;
        Ok(Overrides { key: self.source()?, certificate: self.certificate(), kid, ..others })
    }

    /// The certificate file that an option or a variable names.
    fn certificate(&self) -> Option<Given<PathBuf>> {
        let typed = self.certificate.clone().map(|path| (path, Source::Option(CERTIFICATE.option)));
        let variable = || Some((variables::os(CERTIFICATE.variable)?, Source::Variable(CERTIFICATE.variable)));
        typed.or_else(variable).map(|(path, source)| Given { value: path.into(), source })
    }

    /// The key that an option or a variable names.
    fn source(&self) -> Result<Option<Given<KeySource>>, ConfigError> {
        let file = |path: &OsString, source| Given { value: KeySource::File(path.into()), source };
        if let Some(path) = &self.key {
            return Ok(Some(file(path, Source::Option(KEY.option))));
        }
        match (variables::secret(KEY_TEXT)?, variables::os(KEY.variable)) {
            (Some(Given { source, .. }), Some(_)) => {
                let other = KEY.variable;
                let problem = format!("{source} and {other} cannot both be set");
                Err(ConfigError::new(problem)
                    .with_hint(format!("unset one of them, or specify the key file with {}", KEY.option)))
            }
            (Some(Given { value, source }), None) => {
                let value = KeySource::Text { name: source.to_string(), text: value.into() };
                Ok(Some(Given { value, source }))
            }
            (None, path) => Ok(path.map(|path| file(&path, Source::Variable(KEY.variable)))),
        }
    }
}

/// The path of a file. Messages show it, so a path that may be a secret is rejected and not shown.
pub(crate) fn file_name(path: OsString, source: Source) -> Result<Given<PathBuf>, ConfigError> {
    if path.is_empty() {
        return Err(ConfigError::at(&source, "the value is empty"));
    }
    let text = Given { value: path.to_string_lossy().into_owned(), source };
    checked_text(text).map(|given| Given { value: PathBuf::from(path), source: given.source })
}

/// Rejects a text that is a key or a token, is longer than 500 bytes, or contains control characters.
pub(crate) fn checked_text(given: Given<String>) -> Checked<String> {
    given.check(Ok::<_, ConfigError>)
}

/// The parsed value of an option, if it was typed.
pub(crate) fn parsed<T, E: Display>(
    name: &'static str,
    text: Option<&String>,
    parse: impl FnOnce(String) -> Result<T, E>,
) -> Result<Option<T>, ConfigError> {
    text.map(|text| Ok(typed(name, text).check(parse)?.value)).transpose()
}

/// The typed value of an option or an argument.
pub(crate) fn typed(name: &'static str, text: &str) -> Given<String> {
    Given { value: text.to_owned(), source: Source::Option(name) }
}

fn option(value: &Option<String>, setting: &Setting) -> Result<Option<Given<String>>, ConfigError> {
    match value {
        Some(value) => Ok(Some(typed(setting.option, value))),
        None => variables::text(setting.variable),
    }
}
