//! `key`: create a key pair, or print a public key.

use std::ffi::OsString;

use clap::{Args, Subcommand, ValueHint};
use serde_json::json;

use crate::cli::args::{CommonArgs, KeyArgs, file_name};
use crate::cli::error::CommandError;
use crate::cli::output::Console;
use crate::cli::output::verbose::{self, display_kid, kid_source};
use crate::cli::session::new_file::{self, Readers};
use crate::cli::session::new_key::{SIZES, is_registrable, make, warn_of_other_kid};
use crate::cli::session::signing_key;
use crate::client::{Environment, KeySource, quote_path};
use crate::config::{Config, ConfigError, Overrides, Source};

#[derive(Debug, Args)]
pub(crate) struct Key {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    Public(Public),
    New(New),
}

/// print the configured key's public JWK, for registration in Maskinporten's self-service portal
#[derive(Debug, Args)]
#[command(after_long_help = PUBLIC_EXAMPLES)]
struct Public {
    /// print a JWK set, the format that the self-service API requires
    #[arg(long)]
    set: bool,
    #[command(flatten)]
    options: KeyArgs,
}

const PUBLIC_EXAMPLES: &str = "\
Examples:
  systemuser-demo key public
  systemuser-demo key public --set  # a JWK set";

/// create an RSA key pair, and print its public JWK
#[derive(Debug, Args)]
#[command(after_long_help = NEW_EXAMPLES)]
struct New {
    /// file for the private key [default: the configured path for test or prod, otherwise mp-key.pem]
    #[arg(value_hint = ValueHint::FilePath)]
    file: Option<OsString>,
    /// size of the key in bits
    #[arg(long, default_value = SIZES[0], value_parser = SIZES)]
    bits: String,
}

const NEW_EXAMPLES: &str = "\
Examples:
  systemuser-demo key new  # creates mp-key.pem
  systemuser-demo key new customer.pem --bits 4096";

impl Key {
    pub(crate) fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        match self.command {
            KeyCommand::Public(public) => public.run(common, console),
            KeyCommand::New(new) => new.run(common, console),
        }
    }
}

impl Public {
    fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let config = self.options.configuration(common)?;
        let key = signing_key::load(&config, console)?;
        verbose::key(console, &key, &config);
        match key.certificates.is_empty() {
            true => {
                let (kid, source) = (display_kid(&key.kid, &key), kid_source(&config, &key, Source::to_string));
                console.note(&format!("the key id that is sent is `{kid}` ({source})"));
                if !is_registrable(&key.kid) {
                    console
                        .warning("a key id can be registered only if it consists of letters, digits, `.`, `_` and `-`");
                }
            }
            false => {
                console.note("grants contain a certificate instead of a key id, so this key need not be registered")
            }
        }
        let jwk = key.public_jwk();
        // In other environments, reading the key gave this warning.
        if config.environment.value == Environment::Sandbox && signing_key::is_the_example(&key) {
            console.warning(signing_key::EXAMPLE_IS_PUBLIC);
        }
        Ok(console.answer_json(&if self.set { json!({ "keys": [jwk] }) } else { jwk })?)
    }
}

impl New {
    /// The configuration that the key is for, if an option or a variable names it. The sandbox needs no new key.
    fn configuration(&self, common: &CommonArgs) -> Result<Option<Config>, ConfigError> {
        let named = common.named_file()?.is_some() || common.environment()?.is_some();
        let config = named.then(|| common.configuration(Overrides::default())).transpose()?;
        Ok(config.filter(|config| config.environment.value != Environment::Sandbox))
    }

    fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let config = self.configuration(common)?;
        let configured = config.as_ref().and_then(|config| match &config.key.as_ref()?.value {
            KeySource::File(path) => Some(path.clone()),
            KeySource::Text { .. } => None,
        });
        let path = match (self.file, configured) {
            (Some(path), _) => file_name(path, Source::Option("FILE"))?.value,
            (None, configured) => configured.unwrap_or_else(|| "mp-key.pem".into()),
        };
        if path.file_name().is_none() || path.as_os_str() == "-" {
            return Err(CommandError::command_line(format!("FILE: {} is not a file name", quote_path(&path))));
        }
        new_file::check_name(&path, "pem")?;
        // Checked first, since it takes time to create a key.
        if path.symlink_metadata().is_ok() {
            return Err(new_file::exists(&path));
        }
        let (pem, key) = make(&self.bits, None)?;
        new_file::create(&path, pem.as_bytes(), Readers::Owner)?;
        let quoted = quote_path(&path);
        console.note(&format!("the private key is in {quoted}, readable only by its owner; register the public JWK"));
        if let Some(kid) = config.and_then(|config| config.kid) {
            warn_of_other_kid(&kid, console);
        }
        Ok(console.answer_json(&key.public_jwk())?)
    }
}
