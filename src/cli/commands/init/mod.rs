//! `init`: write a starter configuration file and private key for an environment, and list the remaining steps.
//!
//! Code that writes files and creates keys is in `session`.

mod checklist;
mod git;
mod questions;

use std::fs;
use std::path::{Component, Path, PathBuf};

use clap::Args;
use secrecy::zeroize::Zeroizing;
use serde_json::{Value, json};

use self::questions::{ask, asked_for, is_at_terminal};
use crate::cli::args::config_file::{self, EXAMPLE_KEY, shipped};
use crate::cli::args::{ClientArgs, CommonArgs, KeyArgs};
use crate::cli::error::CommandError;
use crate::cli::output::{Console, Level};
use crate::cli::session::new_file::{self, Readers};
use crate::cli::session::new_key::{self, SIZES, is_registrable};
use crate::cli::session::{certificates, signing_key, starter};
use crate::client::{Environment, KeySource, SigningKey, quote, quote_path};
use crate::config::{Config, ConfigError, Given, KEY, KID, Overrides, Source};

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Init {
    #[command(flatten)]
    parties: ClientArgs,
    #[command(flatten)]
    key: KeyArgs,
}

const EXAMPLES: &str = "\
Examples:
  systemuser-demo init --env test
  systemuser-demo init --env test --org 310904473";

/// The files of a configuration.
struct Files {
    /// The content of the configuration file.
    text: String,
    /// The public half of the key, if it is new or the configuration is. A key with a certificate is not registered.
    jwk: Option<Value>,
    /// Whether grants are signed with a certificate.
    certificate: bool,
    /// The files that were written.
    created: Vec<PathBuf>,
}

impl Init {
    pub(crate) fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let chosen = common.environment()?;
        let (file, exists) = match common.named_file()?.map(|given| given.value) {
            Some(file) if is_there(&file) => (file, true),
            named => {
                let environment = config_file::environment(chosen.clone())?.value;
                let file = named.unwrap_or_else(|| config_file::default_path(environment));
                let exists = is_there(&file);
                (file, exists)
            }
        };
        let given = self.parties.overrides(self.key.overrides(Overrides::default())?)?;
        let overrides = Overrides { environment: chosen.clone(), ..Overrides::default() };
        // If an option or a variable names the key, no key file is missing.
        let key_is_given = given.key.is_some();
        let mut files = if exists {
            complete(&file, overrides, given, console)?
        } else {
            new_file::check_name(&file, "toml")?;
            write(config_file::environment(chosen)?.value, &file, given, console)?
        };
        let config = config_file::parse(&files.text, &file, Overrides::default())?;
        let environment = config.environment.value;
        let system = file.with_file_name("system.json");
        if environment != Environment::Sandbox {
            if is_there(&system) {
                left_unchanged(&system, console);
            } else {
                new_file::create(&system, starter::system(&files.text).as_bytes(), Readers::Everybody)?;
                console.note(&format!("an example system file is in {}", quote_path(&system)));
                files.created.push(system.clone());
            }
        }
        let examples = starter::examples(&files.text, shipped(environment));
        let key = config.key.as_ref().and_then(|given| match &given.value {
            KeySource::File(path) if !key_is_given && !is_there(path) => Some(path.as_path()),
            _ => None,
        });
        let steps = checklist::steps(environment, &file, &examples, key, files.certificate, &system);
        if common.json {
            let examples: Vec<_> =
                examples.iter().map(|example| json!({ "line": example.line, "key": example.key })).collect();
            let created: Vec<String> = files.created.iter().map(|path| path.display().to_string()).collect();
            return Ok(console.answer_json(&json!({
                "configuration": file.display().to_string(),
                "written": !exists,
                "created": created,
                "public_jwk": files.jwk,
                "examples": examples,
                "remaining": steps,
                "guide": checklist::GUIDE,
            }))?);
        }
        let jwk = files.jwk.map(|jwk| format!("{jwk:#}\n\n")).unwrap_or_default();
        let steps: String = steps.iter().map(|step| format!("[ ] {step}\n")).collect();
        let heading = match environment {
            Environment::Sandbox => checklist::SANDBOX.to_owned(),
            _ => format!("remaining steps, according to {}", checklist::GUIDE),
        };
        Ok(console.answer(format!("{jwk}{heading}\n{steps}"))?)
    }
}

/// Leaves an existing configuration unchanged, and writes a new key if the key that it names is missing.
fn complete(
    file: &Path,
    overrides: Overrides,
    given: Overrides,
    console: &mut Console<'_>,
) -> Result<Files, CommandError> {
    let text = config_file::text(file, "")?;
    let config = config_file::parse(&text, file, overrides)?;
    left_unchanged(file, console);
    let texts = [given.client_id, given.scope, given.org, given.kid].into_iter().flatten();
    let files = [given.key.as_ref().map(|given| &given.source), given.certificate.as_ref().map(|given| &given.source)];
    let sources = texts.map(|given| given.source).chain(files.into_iter().flatten().cloned());
    let ignored: Vec<String> = sources.map(|source| source.to_string()).collect();
    if !ignored.is_empty() {
        let were = if ignored.len() == 1 { "was" } else { "were" };
        let ignored = ignored.join(" and ");
        console.warning(&format!("{ignored} {were} ignored, because the configuration file already exists"));
    }
    let certificate = certificates::are_configured(&config);
    let path = match (&config.key, given.key) {
        (Some(Given { value: KeySource::File(path), .. }), None) => path.clone(),
        _ => return Ok(Files { text, jwk: None, certificate, created: Vec::new() }),
    };
    let sandbox = config.environment.value == Environment::Sandbox;
    if is_there(&path) {
        left_unchanged(&path, console);
        if !sandbox {
            git::ignore(&path, console)?;
        }
        return Ok(Files { text, jwk: None, certificate, created: Vec::new() });
    }
    check_certificate_without_key(&config)?;
    let kid = config.kid.as_ref();
    let (pem, key) = match sandbox {
        true => example_key(kid.map(|kid| kid.value.as_str()))?,
        false => new_key::make(SIZES[0], None)?,
    };
    new_file::create(&path, pem.as_bytes(), Readers::Owner)?;
    announce_key(&path, config.environment.value, console)?;
    if let Some(kid) = kid.filter(|_| !sandbox) {
        new_key::warn_of_other_kid(kid, console);
    }
    Ok(Files { text, jwk: Some(key.public_jwk()), certificate, created: vec![path] })
}

/// Writes a new key, and then the configuration that names it.
fn write(
    environment: Environment,
    file: &Path,
    given: Overrides,
    console: &mut Console<'_>,
) -> Result<Files, CommandError> {
    let shipped = starter::shipped_for(file, shipped(environment));
    let is_asked = environment != Environment::Sandbox && is_at_terminal();
    let (given, vendor) = if is_asked { asked_for(given, &shipped, console)? } else { (given, Vec::new()) };
    let org = given.org.is_some();
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
    for (key, value) in vendor {
        text = starter::with(&text, "vendor", key, &value);
    }
    // The sandbox's kid is not an example.
    let sandbox = environment == Environment::Sandbox;
    let config = Config { kid: config.kid.filter(|kid| sandbox || !kid.source.is_file()), ..config };
    let (mut key, new) = key_for(&config, console)?;
    // The self-service portal generates the id of a key that is registered as PEM.
    let certificate = !key.certificates.is_empty();
    if is_asked && new.is_none() && !certificate && config.kid.is_none() && key.kid_of_jwk.is_none() {
        let check = |text: String| if is_registrable(&text) { Ok(text) } else { Err(KID_CHARACTERS) };
        if let Some(kid) = ask(KID.words, &key.kid, |kid| kid.check(check), console)? {
            key.kid = kid.value;
        }
    }
    if !certificate {
        check_kid(&config, &key)?;
    }
    if let Given { value: KeySource::File(path), source: Source::Option(_) | Source::Variable(_) } = config.key()? {
        text = starter::with(&text, "key", "path", &seen_from(file, path)?);
    }
    text = match (certificate, &config.certificate) {
        (false, _) => starter::with(&text, "key", "kid", &key.kid),
        (true, None) => starter::with_certificate(&text, None),
        (true, Some(given)) => starter::with_certificate(&text, Some(&seen_from(file, &given.value)?)),
    };
    // The program must be able to read the file that it writes.
    Config::parse(&text, Some(file), Overrides::default())?;
    // The key comes first, so that a configuration never names a key that an interrupted run did not write.
    if let Some((path, pem)) = &new {
        new_file::create(path, pem.as_bytes(), Readers::Owner)?;
    }
    new_file::create(file, text.as_bytes(), Readers::Everybody).inspect_err(|_| {
        new.iter().for_each(|(path, _)| drop(fs::remove_file(path)));
    })?;
    if let Some((path, _)) = &new {
        announce_key(path, environment, console)?;
    }
    console.note(&format!("the configuration is in {}", quote_path(file)));
    let created = new.map(|(path, _)| path).into_iter().chain([file.to_owned()]).collect();
    Ok(Files { text, jwk: (!certificate).then(|| key.public_jwk()), certificate, created })
}

/// Says where a new key is, and offers to keep it out of git.
fn announce_key(path: &Path, environment: Environment, console: &mut Console<'_>) -> Result<(), CommandError> {
    if environment == Environment::Sandbox {
        console.note(&format!("the sandbox key, which is published, is in {}", quote_path(path)));
        return Ok(());
    }
    let quoted = quote_path(path);
    console.note(&format!("the private key is in {quoted}, readable only by its owner; do not commit it"));
    git::ignore(path, console)
}

fn left_unchanged(path: &Path, console: &mut Console<'_>) {
    console.note(&format!("{} already exists and was left unchanged", quote_path(path)));
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
            check_certificate_without_key(config)?;
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
        console.warning("the registered key in the sandbox is the project's mp-key.pem.example");
    }
    let (key, messages) = signing_key::read(config)?;
    let warnings = messages.iter().filter(|(level, _)| *level == Level::Warning);
    warnings.for_each(|(_, text)| console.warning(text));
    Ok((key, None))
}

/// Rejects a certificate without its key: a new key cannot belong to it.
fn check_certificate_without_key(config: &Config) -> Result<(), ConfigError> {
    let Some(certificate) = &config.certificate else { return Ok(()) };
    let error = ConfigError::at(&certificate.source, "the private key of the certificate is required, too");
    Err(error.with_hint(format!("specify the private key with {}", KEY.option)))
}

/// The example key, the registered key in the sandbox.
fn example_key(kid: Option<&str>) -> anyhow::Result<(Zeroizing<String>, SigningKey)> {
    let source = KeySource::Text { name: "the example".to_owned(), text: EXAMPLE_KEY.into() };
    Ok((Zeroizing::new(EXAMPLE_KEY.to_owned()), SigningKey::load(&source, kid, None)?))
}

const KID_CHARACTERS: &str = "a key id consists of letters, digits, `.`, `_` and `-`";

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
    let hint = format!("{KID_CHARACTERS}; set it with --kid");
    Err(ConfigError::Invalid { given_by, problem: format!("{place}: {problem}"), hint: Some(hint) })
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
