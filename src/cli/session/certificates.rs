//! The business certificate of the configured key: chooses it, reads it, and checks it.

use std::io;
use std::path::PathBuf;

use chrono::Utc;
use secrecy::zeroize::Zeroizing;

use super::starter;
use crate::cli::args::config_file::{read_within_limits, shipped};
use crate::cli::error::certificate::{ONLY_THE_CHAIN, explained, other_organisation};
use crate::cli::error::{CommandError, Exit};
use crate::cli::output::verbose::display_kid;
use crate::cli::output::{Level, Message};
use crate::client::{Environment, KeySource, SigningKey, quote_path};
use crate::config::{Config, Given, Source};
use crate::keystore::{self, Certificate, CertificateError, Chain, Encrypted};

/// The certificates in the key file.
pub(super) struct KeyFile<'a> {
    /// The name of the key file in messages.
    pub(super) name: String,
    pub(super) source: &'a Source,
    pub(super) is_pkcs12: bool,
    pub(super) certificates: Result<Vec<Vec<u8>>, CertificateError>,
}

/// The part of a grant's header that identifies the key.
pub(super) enum Choice<'a> {
    /// The certificate in this file.
    File(&'a Given<PathBuf>),
    /// The certificate in the key file.
    KeyFile,
    /// The key id. The certificate in this file, if there is one, has a lower precedence.
    KeyId(Option<&'a Given<PathBuf>>),
}

impl<'a> Choice<'a> {
    /// Chooses for a key from this source. `is_beside` is whether its file contains certificates.
    ///
    /// The setting `certificate` or `kid` with the higher precedence decides; if both have the same precedence, the grant
    /// has the certificate. The certificates in the key file are used if there is no key id, or if the key id is in the
    /// configuration file and the key is not.
    pub(super) fn of(config: &'a Config, key: &Source, is_beside: bool) -> Self {
        // A key that replaces the configured key also replaces the configured certificate, if it has its own.
        let replaced = |given: &&Given<PathBuf>| is_beside && precedence(key) < precedence(&given.source);
        let kid = config.kid.as_ref();
        match config.certificate.as_ref().filter(|given| !replaced(given)) {
            Some(given) if kid.is_none_or(|kid| precedence(&kid.source) >= precedence(&given.source)) => {
                Self::File(given)
            }
            None if is_beside && kid.is_none_or(|kid| kid.source.is_file() && !key.is_file()) => Self::KeyFile,
            outranked => Self::KeyId(outranked),
        }
    }
}

/// Adds the certificates to the key if its grants have `x5c`.
pub(super) fn add(config: &Config, key: &mut SigningKey, key_file: KeyFile<'_>) -> Result<Vec<Message>, CommandError> {
    let KeyFile { name, source, is_pkcs12, certificates: beside } = key_file;
    let is_beside = !matches!(&beside, Ok(certificates) if certificates.is_empty());
    let (name, certificates, set) = match Choice::of(config, source, is_beside) {
        Choice::File(given) => {
            let is_issuer = |der: &Vec<u8>| Certificate::parse(der).is_some_and(|facts| facts.is_authority);
            let set = keystore::certificates(&read(given)?).map(|set| match set.iter().all(is_issuer) {
                // The issuers of a certificate in the key file.
                true => [set, beside.unwrap_or_default()].concat(),
                false => set,
            });
            (format!("the certificate file {}", quote_path(&given.value)), set, Some(given))
        }
        Choice::KeyFile => (name, beside, None),
        // A PEM file with a registered key may contain certificates by chance.
        Choice::KeyId(None) if !is_pkcs12 => return Ok(Vec::new()),
        Choice::KeyId(outranked) => {
            let name = outranked.map_or(name, |given| quote_path(&given.value));
            let kid = config.kid.as_ref().map(|kid| kid.source.to_string()).unwrap_or_default();
            let note = format!("the certificate in {name} is not sent, because a key id is set ({kid})");
            return Ok(vec![(Level::Note, note)]);
        }
    };
    let explained = |error| explained(&name, &error, set.is_none());
    let chain = certificates.and_then(|certificates| Chain::check(certificates, key, Utc::now())).map_err(explained)?;
    check_organisation(&name, &chain.leaf, config)?;
    key.certificates = chain.certificates;
    let usage = (!chain.leaf.can_sign).then(|| {
        // Maskinporten does not document which key usage it requires.
        let subject = &chain.leaf.subject;
        let warning = format!(
            "the certificate's key usage does not allow signatures: {subject}; if Maskinporten refuses the certificate, \
             use the certificate that the issuer delivered for authentication or signatures"
        );
        (Level::Warning, warning)
    });
    let message = match (set, &config.kid) {
        // The certificates may be in the file by chance.
        (None, _) if !is_pkcs12 => Some((
            Level::Note,
            format!(
                "grants contain the certificate in {name} instead of a key id; if the key itself is registered, set \
                 --kid"
            ),
        )),
        (Some(certificate), Some(kid)) if precedence(&certificate.source) == precedence(&kid.source) => {
            let (shown, source) = (display_kid(&kid.value, key), &kid.source);
            let warning =
                format!("the key id `{shown}` ({source}) is not sent, because grants contain a certificate instead");
            Some((Level::Warning, warning))
        }
        _ => None,
    };
    Ok(usage.into_iter().chain(message).collect())
}

/// Checks that the certificate belongs to the vendor, whose organisation the client belongs to. A foreign identifier
/// cannot be compared, and an example in a starter file is nobody's number.
fn check_organisation(name: &str, certificate: &Certificate, config: &Config) -> Result<(), CommandError> {
    let (Some(organisation), Some(Ok(vendor))) = (&certificate.organisation, &config.vendor.org) else { return Ok(()) };
    let vendors = vendor.value.to_string();
    let is_other = *organisation != vendors && organisation.bytes().all(|byte| byte.is_ascii_digit());
    let environment = config.environment.value;
    let is_example = || {
        let example = starter::value(shipped(environment), "vendor", "org");
        environment != Environment::Sandbox && vendor.source.is_file() && example == Some(&vendors)
    };
    match is_other && !is_example() {
        true => Err(other_organisation(name, organisation, vendor)),
        false => Ok(()),
    }
}

/// The end of the first line of a certificate in PEM.
pub(super) const CERTIFICATE: &[u8] = b"CERTIFICATE-----";

pub(super) fn contains(file: &[u8], text: &[u8]) -> bool {
    file.windows(text.len()).any(|part| part == text)
}

/// Whether grants of this configuration are signed with a certificate, as far as the files show without a passphrase.
pub(crate) fn are_configured(config: &Config) -> bool {
    let is_in_key_file = || {
        // Reading a pipe could wait.
        let key = config.key.as_ref().map(|given| &given.value);
        let key = key.filter(|key| !matches!(key, KeySource::File(path) if !path.is_file()));
        let file = key.and_then(|key| key.read().ok()).unwrap_or_default();
        contains(&file, CERTIFICATE) || Encrypted::recognise(&file).is_some_and(|encrypted| !encrypted.is_pem())
    };
    config.certificate.is_some() || config.kid.is_none() && is_in_key_file()
}

/// The rank of a source: options outrank variables, and variables outrank files.
fn precedence(source: &Source) -> usize {
    match source {
        Source::Option(_) => 0,
        Source::Variable(_) => 1,
        Source::BuiltIn(_) | Source::File { .. } => 2,
    }
}

/// The largest certificate file that is read, in bytes. A chain is much smaller.
const LARGEST_FILE: u64 = 256 * 1024;

pub(super) fn read(given: &Given<PathBuf>) -> Result<Zeroizing<Vec<u8>>, CommandError> {
    let (path, source) = (&given.value, &given.source);
    let cannot = |problem: &str| {
        let sentence = format!("the certificate file {} {problem}", quote_path(path));
        CommandError::new(Exit::Configuration, sentence)
    };
    match read_within_limits(path, LARGEST_FILE) {
        Ok(bytes) if bytes.len() as u64 > LARGEST_FILE => Err(cannot("is larger than 256 KiB").hint(ONLY_THE_CHAIN)),
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(cannot("does not exist").hint(format!("{source} specifies this path")))
        }
        Err(_) if path.is_dir() => Err(cannot("is a directory")),
        Err(error) => Err(cannot(&format!("cannot be read: {error}"))),
    }
}
