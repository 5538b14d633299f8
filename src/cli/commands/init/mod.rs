//! `init`: write a starter configuration file and private key for an environment, and list the remaining steps.
//!
//! Code that writes files and creates keys is in `session`.

mod checklist;

use std::fs;
use std::io::{self, BufRead, IsTerminal};
use std::path::{Component, Path, PathBuf};

use anyhow::Context;
use clap::Args;
use secrecy::zeroize::Zeroizing;
use serde_json::{Value, json};

use crate::cli::args::config_file::{self, EXAMPLE_KEY, shipped};
use crate::cli::args::{ClientArgs, CommonArgs, KeyArgs, typed};
use crate::cli::error::CommandError;
use crate::cli::output::{Console, Level};
use crate::cli::session::new_file::{self, Readers};
use crate::cli::session::new_key::{self, SIZES, is_registrable};
use crate::cli::session::{signing_key, starter};
use crate::client::{Environment, KeySource, OrgNumber, SigningKey, quote, quote_path};
use crate::config::{CLIENT_ID, Config, ConfigError, Given, ORG, Overrides, SCOPE, Setting, Source};

#[derive(Debug, Args)]
pub(crate) struct Init {
    #[command(flatten)]
    parties: ClientArgs,
    #[command(flatten)]
    key: KeyArgs,
}

impl Init {
    pub(crate) fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let chosen = common.environment()?;
        let named = common.named_file()?.map(|given| given.value);
        let (file, text, jwk) = match named {
            Some(file) if is_there(&file) => (file, None, None),
            named => {
                let environment = config_file::environment(chosen.clone())?.value;
                let file = named.unwrap_or_else(|| config_file::default_path(environment));
                if is_there(&file) {
                    (file, None, None)
                } else {
                    new_file::check_name(&file, "toml")?;
                    let (text, jwk) = self.write(environment, &file, console)?;
                    (file, Some(text), Some(jwk))
                }
            }
        };
        let text = text.map_or_else(|| config_file::text(&file, ""), Ok)?;
        let config = Config::parse(&text, Some(&file), Overrides { environment: chosen, ..Overrides::default() })?;
        if jwk.is_none() {
            console.note(&format!("{} already exists, so nothing was written", quote_path(&file)));
            let given = self.parties.overrides(self.key.overrides()?)?;
            let texts = [given.client_id, given.scope, given.org, given.kid].into_iter().flatten();
            let sources = texts.map(|given| given.source).chain(given.key.map(|given| given.source));
            let ignored: Vec<String> = sources.map(|source| source.to_string()).collect();
            if !ignored.is_empty() {
                let were = if ignored.len() == 1 { "was" } else { "were" };
                let ignored = ignored.join(" and ");
                console.warning(&format!("{ignored} {were} ignored, because the configuration file already exists"));
            }
        }
        let environment = config.environment.value;
        let examples = starter::examples(&text, shipped(environment));
        let key = config.key.as_ref().and_then(|given| match &given.value {
            KeySource::File(path) if !is_there(path) => Some(path.as_path()),
            _ => None,
        });
        // If a variable holds the key, no key file is missing.
        let inline = matches!(self.key.overrides()?.key, Some(Given { value: KeySource::Text { .. }, .. }));
        let key = key.filter(|_| !inline);
        let steps = checklist::steps(environment, &file, &examples, key);
        if common.json {
            let examples: Vec<_> =
                examples.iter().map(|example| json!({ "line": example.line, "key": example.key })).collect();
            return Ok(console.answer_json(&json!({
                "configuration": file.display().to_string(),
                "written": jwk.is_some(),
                "public_jwk": jwk,
                "examples": examples,
                "remaining": steps,
                "guide": checklist::GUIDE,
            }))?);
        }
        let jwk = jwk.map(|jwk| format!("{jwk:#}\n\n")).unwrap_or_default();
        let steps: String = steps.iter().map(|step| format!("[ ] {step}\n")).collect();
        let heading = match environment {
            Environment::Sandbox => checklist::SANDBOX.to_owned(),
            _ => format!("remaining steps, according to {}", checklist::GUIDE),
        };
        Ok(console.answer(format!("{jwk}{heading}\n{steps}"))?)
    }

    /// Writes the configuration, and a new key if there is none yet. Returns the text of the configuration and the
    /// public JWK to register.
    fn write(
        &self,
        environment: Environment,
        file: &Path,
        console: &mut Console<'_>,
    ) -> Result<(String, Value), CommandError> {
        let given = asked_for(self.parties.overrides(self.key.overrides()?)?, environment, console)?;
        let org = given.org.is_some();
        let shipped = starter::shipped_for(file, shipped(environment));
        let config = Config::parse(&shipped, Some(file), given)?;
        // A value that was not given is the shipped file's example. Its organisation number may be invalid.
        let own = |given: &Option<Given<String>>| given.clone().filter(|given| !given.source.is_file());
        let values = [
            ("client_id", own(&config.client_id).map(|given| given.value)),
            ("scope", own(&config.scope).map(|given| given.value)),
            ("org", org.then(|| config.org().map(|org| org.value.to_string())).transpose()?),
        ];
        let mut text = shipped;
        for (key, value) in values.into_iter().filter_map(|(key, value)| Some((key, value?))) {
            text = starter::with(&text, "", key, &value);
        }
        // The sandbox's kid is not an example.
        let sandbox = environment == Environment::Sandbox;
        let config = Config { kid: config.kid.filter(|kid| sandbox || !kid.source.is_file()), ..config };
        let (key, new) = key_for(&config, console)?;
        check_kid(&config, &key)?;
        if let Given { value: KeySource::File(path), source: Source::Option(_) | Source::Variable(_) } = config.key()? {
            text = starter::with(&text, "key", "path", &seen_from(file, path)?);
        }
        text = starter::with(&text, "key", "kid", &key.kid);
        // The program must be able to read the file that it writes.
        Config::parse(&text, Some(file), Overrides::default())?;
        new_file::create(file, text.as_bytes(), Readers::Everybody)?;
        if let Some((path, pem)) = new {
            new_file::create(&path, pem.as_bytes(), Readers::Owner).inspect_err(|_| drop(fs::remove_file(file)))?;
            let note = match environment {
                Environment::Sandbox => format!("the sandbox key, which is published, is in {}", quote_path(&path)),
                _ => {
                    format!("the private key is in {}, readable only by its owner; do not commit it", quote_path(&path))
                }
            };
            console.note(&note);
        }
        console.note(&format!("the configuration is in {}", quote_path(file)));
        Ok((text, key.public_jwk()))
    }
}

/// Whether something exists at this path, even a broken link.
fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// A key that is not written yet: its path, and its text in PEM.
type NewKey = (PathBuf, Zeroizing<String>);

/// The given key, or the key at the configured path, or else a new key.
fn key_for(config: &Config, console: &mut Console<'_>) -> Result<(SigningKey, Option<NewKey>), CommandError> {
    let sandbox = config.environment.value == Environment::Sandbox;
    let Given { value, source } = config.key()?;
    match value {
        KeySource::File(path) if source.is_file() && !is_there(path) => {
            let kid = config.kid.as_ref().map(|kid| kid.value.as_str());
            let (pem, key) = if sandbox { example_key(kid)? } else { new_key::make(SIZES[0], kid)? };
            return Ok((key, Some((path.clone(), pem))));
        }
        KeySource::File(path) if source.is_file() => {
            console.note(&format!("the existing key in {} is used", quote_path(path)));
        }
        KeySource::File(_) => {}
        KeySource::Text { name, .. } => {
            console.note(&format!("the key in {name} is used; while it is set, the file's `path` is ignored"));
        }
    }
    if sandbox && !source.is_file() {
        console.warning("the sandbox accepts only the project's mp-key.pem.example");
    }
    let (key, messages) = signing_key::read(config)?;
    let warnings = messages.iter().filter(|(level, _)| *level == Level::Warning);
    warnings.for_each(|(_, text)| console.warning(text));
    Ok((key, None))
}

/// The example key, the only key that the sandbox accepts.
fn example_key(kid: Option<&str>) -> anyhow::Result<(Zeroizing<String>, SigningKey)> {
    let source = KeySource::Text { name: "the example".to_owned(), text: EXAMPLE_KEY.into() };
    Ok((Zeroizing::new(EXAMPLE_KEY.to_owned()), SigningKey::load(&source, kid, None)?))
}

/// Rejects a key id under which no key can be registered.
fn check_kid(config: &Config, key: &SigningKey) -> Result<(), ConfigError> {
    if is_registrable(&key.kid) {
        return Ok(());
    }
    let problem = format!("{} cannot be registered as a key id", quote(&key.kid));
    let (given_by, place) = match &config.kid {
        Some(kid) => (Some(kid.source.clone()), kid.source.to_string()),
        None => (None, "the key's `kid`".to_owned()),
    };
    let hint = "a key id consists of letters, digits, `.`, `_` and `-`; set it with --kid".to_owned();
    Err(ConfigError::Invalid { given_by, problem: format!("{place}: {problem}"), hint: Some(hint) })
}

/// On a terminal, asks for the values that were not given.
fn asked_for(given: Overrides, environment: Environment, console: &mut Console<'_>) -> Result<Overrides, CommandError> {
    let someone = io::stdin().is_terminal() && io::stderr().is_terminal();
    if !someone || environment == Environment::Sandbox {
        return Ok(given);
    }
    let mut or_ask = |given: Option<Given<String>>, setting| match given {
        Some(given) => Ok(Some(given)),
        None => ask(setting, console),
    };
    Ok(Overrides {
        client_id: or_ask(given.client_id, CLIENT_ID)?,
        scope: or_ask(given.scope, SCOPE)?,
        org: or_ask(given.org, ORG)?,
        ..given
    })
}

/// Asks for a value. An empty answer keeps the example's value.
fn ask(setting: Setting, console: &mut Console<'_>) -> Result<Option<Given<String>>, CommandError> {
    loop {
        console.prompt(&format!("{} (press Enter to keep the example): ", setting.words));
        let mut line = Vec::new();
        io::stdin().lock().read_until(b'\n', &mut line).context("cannot read standard input")?;
        let Ok(line) = String::from_utf8(line) else {
            console.message(Level::Error, &format!("{}: the value is not UTF-8 text", setting.words));
            continue;
        };
        if line.trim().is_empty() {
            return Ok(None);
        }
        let answer = typed(setting.words, line.trim());
        let checked = match setting {
            SCOPE => answer.scopes(),
            ORG => answer.check(|text| text.parse::<OrgNumber>().map(|_| text)),
            _ => answer.check(|text| match text.contains(char::is_whitespace) {
                true => Err("the value contains a space"),
                false => Ok(text),
            }),
        };
        match checked {
            Ok(answer) => return Ok(Some(answer)),
            Err(error) => console.message(Level::Error, &error.to_string()),
        }
    }
}

/// A path as the configuration contains it: relative to the directory of the configuration file.
fn seen_from(file: &Path, path: &Path) -> Result<String, ConfigError> {
    let folder: Vec<Component<'_>> = file.parent().unwrap_or(Path::new("")).components().collect();
    // The parent of a link differs from the parent of the folder that the link points to.
    let linked = file.ancestors().skip(1).any(Path::is_symlink);
    let plain = !linked && folder.iter().all(|part| matches!(part, Component::Normal(_)));
    let seen = match plain && path.is_relative() {
        true => folder.iter().map(|_| "..").collect::<PathBuf>().join(path),
        false => {
            std::path::absolute(path).map_err(|error| ConfigError::new(format!("{}: {error}", quote_path(path))))?
        }
    };
    let text = seen.into_os_string().into_string();
    text.map_err(|_| ConfigError::new(format!("the path {} is not UTF-8 text", quote_path(path))))
}
