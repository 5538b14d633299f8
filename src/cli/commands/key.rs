//! `key`: make a key pair, or show the public half of one.

use std::ffi::OsString;

use anyhow::Context;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use clap::{Args, Subcommand, ValueEnum};
use pkcs8::SecretDocument;
use pkcs8::der::pem::LineEnding;
use secrecy::zeroize::Zeroizing;
use serde_json::json;

use crate::cli::args::{CommonArgs, KeyArgs, file_name};
use crate::cli::output::console::{Console, Tone};
use crate::cli::output::{origin, verbose};
use crate::cli::session::new_file::{self, Readers};
use crate::cli::session::signing_key;
use crate::client::environment::Environment;
use crate::client::key::{KeySource, SigningKey};
use crate::client::sanitize::{quote, quote_path};
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

/// print the public JWK of the configured key, to be registered in Maskinporten's self-service
#[derive(Debug, Args)]
struct Public {
    /// as a JWK set, which the self-service's API takes
    #[arg(long)]
    set: bool,
    #[command(flatten)]
    options: KeyArgs,
}

/// make an RSA key, and print its public JWK
#[derive(Debug, Args)]
struct New {
    /// where to put the private key [default: where the configuration has it, else mp-key.pem]
    file: Option<OsString>,
    /// the size of the key
    #[arg(long, default_value = "2048")]
    bits: Bits,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Bits {
    #[value(name = "2048")]
    Rsa2048,
    #[value(name = "3072")]
    Rsa3072,
    #[value(name = "4096")]
    Rsa4096,
}

impl Key {
    pub(crate) fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> anyhow::Result<()> {
        match self.command {
            KeyCommand::Public(public) => public.run(common, console),
            KeyCommand::New(new) => new.run(common, console),
        }
    }
}

impl Public {
    fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> anyhow::Result<()> {
        let config = self.options.configuration(common)?;
        let key = signing_key::load_key(&config, console)?;
        verbose::key(console, &key, &config);
        let origin = origin::kid(&config, &key, Source::to_string);
        console.say(Tone::Note, &format!("the kid that is sent is `{}` ({origin})", origin::show_kid(&key.kid, &key)));
        if !is_registrable(&key.kid) {
            console.say(Tone::Warning, "a kid that is registered holds letters, digits, `.`, `_` and `-` only");
        }
        let jwk = key.public_jwk();
        // Elsewhere the reading of the key has said it.
        if config.environment.value == Environment::Sandbox && signing_key::is_the_example(&key) {
            console.say(Tone::Warning, signing_key::EXAMPLE_IS_PUBLIC);
        }
        match self.set {
            true => console.answer_json(&json!({ "keys": [jwk] })),
            false => console.answer_json(&jwk),
        }
    }
}

impl New {
    /// The configuration that the key is for, where one was named: `--env` and `--config` do.
    fn configuration(&self, common: &CommonArgs) -> Result<Option<Config>, ConfigError> {
        let named = common.named_file()?.is_some() || common.environment()?.is_some();
        let config = named.then(|| common.configuration(Overrides::default())).transpose()?;
        Ok(config.filter(|config| config.environment.value != Environment::Sandbox))
    }

    fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> anyhow::Result<()> {
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
            return Err(ConfigError::new(format!("FILE: {} is not the name of a file", quote_path(&path))).into());
        }
        new_file::check_name(&path, "pem")?;
        // Before a key is made for nothing.
        if path.symlink_metadata().is_ok() {
            return Err(new_file::exists(&path).into());
        }
        let (pem, key) = make(self.bits, None)?;
        new_file::create(&path, pem.as_bytes(), Readers::Owner)?;
        let said = format!(
            "the private key is in {}, for its owner alone; its public half is to be registered",
            quote_path(&path)
        );
        console.say(Tone::Note, &said);
        if let Some(kid) = config.and_then(|config| config.kid) {
            let said = format!(
                "the kid that is sent is {} ({}), and not that of this key",
                quote(&kid.value),
                kid.source.place()
            );
            console.say(Tone::Warning, &said);
        }
        console.answer_json(&key.public_jwk())
    }
}

/// Whether a key can be registered under this id (Digdir, "Client registration").
pub(crate) fn is_registrable(kid: &str) -> bool {
    kid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// Makes a key: as it is to be written down, and as it signs.
pub(crate) fn make(bits: Bits, kid: Option<&str>) -> anyhow::Result<(Zeroizing<String>, SigningKey)> {
    let size = match bits {
        Bits::Rsa2048 => KeySize::Rsa2048,
        Bits::Rsa3072 => KeySize::Rsa3072,
        Bits::Rsa4096 => KeySize::Rsa4096,
    };
    let pair = KeyPair::generate(size).context("no key could be made")?;
    let der: Pkcs8V1Der<'_> = pair.as_der().context("the key could not be written down")?;
    let document = SecretDocument::try_from(der.as_ref()).context("the key could not be written down")?;
    let pem = document.to_pem("PRIVATE KEY", LineEnding::LF).context("the key could not be written down")?;
    let source = KeySource::Text { name: "the new key".to_owned(), text: pem.as_str().into() };
    let key = SigningKey::load(&source, kid, None)?;
    Ok((pem, key))
}
