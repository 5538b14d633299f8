//! The configured key: reads it, and warns about it.

use chrono::Utc;
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;

use super::certificates::{CERTIFICATE, Choice, KeyFile, contains};
use super::permissions::{mode, too_open};
use super::{certificates, expiry, passphrase};
use crate::cli::args::config_file::{EXAMPLE_KEY, INCOMPLETE, within_time_limit};
use crate::cli::error::CommandError;
use crate::cli::error::key::{explained, not_decrypted};
use crate::cli::output::verbose::display_kid;
use crate::cli::output::{Console, Level, Message, certificate};
use crate::client::key::{KeyError, KeyErrorKind};
use crate::client::{Environment, KeySource, SigningKey};
use crate::config::{Config, Given};
use crate::keystore::{self, Certificate, Encrypted, EncryptedError, Opened};

/// Reads the key, and writes the messages about it.
pub(crate) fn load(config: &Config, console: &mut Console<'_>) -> Result<SigningKey, CommandError> {
    let (key, messages) = read(config)?;
    messages.iter().for_each(|(level, text)| console.unless_quiet(*level, text));
    Ok(key)
}

/// Reads the key, and returns the messages about it.
pub(crate) fn read(config: &Config) -> Result<(SigningKey, Vec<Message>), CommandError> {
    let given = config.key()?;
    let kid = config.kid.as_ref();
    let algorithm = config.algorithm.as_ref().map(|given| given.value);
    let wrong = |kind| explained(&KeyError { key: given.value.to_string(), kind }, given, config.environment.value);
    let mut file = read_within_time_limit(&given.value).map_err(wrong)?;
    // OpenSSL writes names in Latin-1 between the PEM blocks.
    if contains(&file, b"-----BEGIN") && std::str::from_utf8(&file).is_err() {
        file.iter_mut().filter(|byte| !byte.is_ascii()).for_each(|byte| *byte = b'?');
    }
    let mut messages: Vec<Message> = Vec::new();
    let encrypted = Encrypted::recognise(&file);
    let opened = encrypted.as_ref().map(|encrypted| open(encrypted, given, &mut messages)).transpose()?;
    let text = opened.as_ref().map_or(&file[..], |opened| opened.key.as_bytes());
    let mut key = SigningKey::parse(text, kid.map(|kid| kid.value.as_str()), algorithm).map_err(wrong)?;
    key.form = encrypted.map_or(key.form, |encrypted| encrypted.form);
    let key_file = KeyFile {
        name: given.value.to_string(),
        source: &given.source,
        is_pkcs12: opened.as_ref().is_some_and(|opened| !opened.certificates.is_empty()),
        certificates: match opened {
            Some(Opened { certificates, .. }) if !certificates.is_empty() => Ok(certificates),
            _ if contains(&file, CERTIFICATE) => keystore::certificates(&file),
            _ => Ok(Vec::new()),
        },
    };
    messages.extend(certificates::add(config, &mut key, key_file)?);
    messages.extend(readable_by_others(config, &given.value).map(|warning| (Level::Warning, warning)));
    if config.environment.value != Environment::Sandbox && is_the_example(&key) {
        messages.push((Level::Warning, EXAMPLE_IS_PUBLIC.to_owned()));
    }
    messages.extend(expiry::message(config, &key, Utc::now()).filter(|(level, _)| *level == Level::Warning));
    if !key.certificates.is_empty() {
        return Ok((key, messages));
    }
    if let (Some(kid), Some(own)) = (kid, &key.kid_of_jwk)
        && *own != kid.value
    {
        let [own, sent] = [own, &kid.value].map(|kid| display_kid(kid, &key));
        messages.push((
            Level::Warning,
            format!("the JWK's `kid` is `{own}`, but the key id `{sent}` ({}) is sent", kid.source),
        ));
    }
    if kid.is_none() && key.kid_of_jwk.is_none() {
        let note = "no key id is configured, so the key's thumbprint is sent; if you registered the key as PEM, set --kid \
                    to the key id that the self-service portal generated";
        messages.push((Level::Note, note.to_owned()));
    }
    Ok((key, messages))
}

/// Reads the file or the text. A time limit applies to a pipe.
fn read_within_time_limit(source: &KeySource) -> Result<Zeroizing<Vec<u8>>, KeyErrorKind> {
    let KeySource::File(path) = source else { return source.read() };
    let file = source.clone();
    within_time_limit(path, INCOMPLETE, move || file.read())
        .unwrap_or_else(|error| Err(KeyErrorKind::Unreadable(error)))
}

/// Decrypts a key. The passphrase is asked for if no variable is set, and a PKCS#12 file does not open with the empty
/// passphrase.
fn open(encrypted: &Encrypted, given: &Given<KeySource>, messages: &mut Vec<Message>) -> Result<Opened, CommandError> {
    let passphrase = match passphrase::configured(messages)? {
        Some(passphrase) => passphrase,
        None if encrypted.is_pem() => passphrase::typed(&given.value)?,
        None => match encrypted.open(&SecretString::default()) {
            Err(EncryptedError::WrongPassphrase | EncryptedError::TooSlow) => passphrase::typed(&given.value)?,
            opened => return opened.map_err(|error| not_decrypted(&error, encrypted, given)),
        },
    };
    encrypted.open(&passphrase.secret).map_err(|error| {
        let hint = passphrase.hint().filter(|_| matches!(error, EncryptedError::WrongPassphrase));
        hint.into_iter().fold(not_decrypted(&error, encrypted, given), CommandError::hint)
    })
}

/// The business certificate that grants of this configuration have, for a command that signs nothing: no passphrase is
/// asked for, and no error is reported. A certificate that cannot be used is returned, too.
pub(crate) fn configured_certificate(config: &Config) -> Option<Certificate> {
    let given = config.key.as_ref()?;
    // Reading a pipe could wait, and would take the content from the command that needs it.
    let key_file = match &given.value {
        KeySource::File(path) if !path.is_file() => None,
        source => source.read().ok(),
    };
    if config.certificate.as_ref().is_some_and(|given| !given.value.is_file()) {
        return None;
    }
    let opens = |encrypted: Encrypted| !encrypted.is_pem() && encrypted.open(&SecretString::default()).is_ok();
    if key_file.as_ref().is_some_and(|file| passphrase::is_set() || Encrypted::recognise(file).is_none_or(opens))
        && let Ok((key, _)) = read(config)
    {
        return certificate::of_key(&key);
    }
    let is_beside = key_file.as_ref().is_some_and(|file| contains(file, CERTIFICATE));
    let certificates = match Choice::of(config, &given.source, is_beside) {
        Choice::File(given) => keystore::certificates(&certificates::read(given).ok()?),
        Choice::KeyFile => keystore::certificates(key_file.as_ref()?),
        Choice::KeyId(_) => return None,
    };
    let key = key_file.and_then(|file| SigningKey::parse(&file, None, None).ok());
    keystore::business_certificate(&certificates.ok()?, key.as_ref())
}

/// The warning if the sandbox's key is used outside the sandbox, or if its public half is printed.
pub(crate) const EXAMPLE_IS_PUBLIC: &str =
    "this is the sandbox key; its private half is published, so never register it";

/// Whether the key is the sandbox's key, in any format.
pub(crate) fn is_the_example(key: &SigningKey) -> bool {
    key.thumbprint() == "ustUXcpKH5FI1PHh_H-Fpb_ueVLr0DGgksZ0WyT4eFs"
}

/// The warning about a key file that users other than its owner can read.
fn readable_by_others(config: &Config, key: &KeySource) -> Option<String> {
    let KeySource::File(path) = key else { return None };
    file_mode(config, key).and_then(|mode| too_open(&key.to_string(), path, mode))
}

/// The permissions of the key file, as Unix mode bits. `None` for the sandbox's key, which is public, and for a key
/// that is not in a regular file.
pub(crate) fn file_mode(config: &Config, key: &KeySource) -> Option<u32> {
    let KeySource::File(path) = key else { return None };
    let mode = mode(path)?;
    let is_example = config.environment.value == Environment::Sandbox
        && std::fs::read(path).is_ok_and(|content| content == EXAMPLE_KEY.as_bytes());
    (!is_example).then_some(mode)
}
