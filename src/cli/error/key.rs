//! Messages and hints for key errors.

use std::path::Path;

use super::{CommandError, Exit};
use crate::cli::args::shell;
use crate::client::key::{KeyError, KeyErrorKind};
use crate::client::{Environment, KeySource};
use crate::config::{Given, KEY, Source};
use crate::keystore::{Encrypted, EncryptedError};

/// The message for a key error, with hints that depend on the source of the key.
pub(crate) fn explained(error: &KeyError, given: &Given<KeySource>, environment: Environment) -> CommandError {
    let hints = hints(&error.kind, given, environment);
    CommandError { hints, ..CommandError::new(Exit::Configuration, error.to_string()) }
}

/// The message for an encrypted key that cannot be decrypted, with hints that depend on its format.
pub(crate) fn not_decrypted(error: &EncryptedError, encrypted: &Encrypted, given: &Given<KeySource>) -> CommandError {
    let hints = match error {
        EncryptedError::WrongPassphrase => vec![],
        EncryptedError::OtherPassphrase => vec!["export the key again, with the same passphrase for both".to_owned()],
        EncryptedError::Damaged => vec!["is part of the key missing? copy the whole file".to_owned()],
        EncryptedError::NoKey => vec!["export the certificate again, together with its private key".to_owned()],
        EncryptedError::SeveralKeys(_) => vec!["export the key of this client to a file of its own".to_owned()],
        EncryptedError::Unsupported(_) | EncryptedError::TooSlow => conversion(encrypted, given),
    };
    CommandError { hints, ..CommandError::new(Exit::Configuration, format!("{} {error}", given.value)) }
}

/// The commands that convert an encrypted key.
fn conversion(encrypted: &Encrypted, given: &Given<KeySource>) -> Vec<String> {
    let (file, new) = names(&given.value);
    let (convert, decode) = match encrypted.is_pem() {
        true => (reencrypted(&file, &new), ""),
        false => (from_pkcs12(&file, &new), " | base64 -d"),
    };
    if let KeySource::File(_) = given.value {
        return vec![format!("convert it with `{convert}`")];
    }
    let source = &given.source;
    let save = new_file(&format!("printf %s \"${source}\"{decode}"), &file);
    vec![
        format!("save it in a file with `{save}`"),
        format!("then convert it with `{convert}`, and set {source} to the text of {new}"),
    ]
}

fn hints(kind: &KeyErrorKind, given: &Given<KeySource>, environment: Environment) -> Vec<String> {
    let source = &given.source;
    let in_file = matches!(given.value, KeySource::File(_));
    let (file, new) = names(&given.value);
    let hint = match kind {
        KeyErrorKind::Missing if environment == Environment::Sandbox => match source {
            Source::Option(name) => {
                format!("the registered key in the sandbox is mp-key.pem.example: to use it, leave out {name}")
            }
            _ => format!(
                "the registered key in the sandbox is the project's mp-key.pem.example: copy it to this path (set by {source})"
            ),
        },
        KeyErrorKind::Missing => {
            let mut hints = vec![
                format!(
                    "{source} specifies this path: save the client's private key as `{file}`, or specify another file \
                     with {}",
                    KEY.option
                ),
                format!("no key yet? create a key with `systemuser-demo key new {file}`"),
            ];
            if cfg!(feature = "sandbox") {
                hints.push(
                    "no client yet? try `--env sandbox`, which has a client and needs no agreement with Digdir"
                        .to_owned(),
                );
            }
            return hints;
        }
        KeyErrorKind::PublicKey => {
            "look for the private key file that was created with it; its first line contains `PRIVATE KEY`".to_owned()
        }
        KeyErrorKind::JwkWithoutD => "look for the private JWK that was created with it; it contains a `d`".to_owned(),
        KeyErrorKind::Certificate => {
            "the private key is often in a .p12 or .pfx file; specify that file as the key".to_owned()
        }
        KeyErrorKind::Der => format!("convert it with `openssl pkey -inform DER -in {file} -out {new}`"),
        KeyErrorKind::Utf16 => "PowerShell's `>` writes UTF-16: save the file as UTF-8".to_owned(),
        KeyErrorKind::NotRsa { .. } | KeyErrorKind::TooSmall { .. } => {
            format!(
                "create a suitable key with `systemuser-demo key new {new}`, and register its public key, or order a \
                 business certificate with an RSA key"
            )
        }
        KeyErrorKind::OpenSsh => {
            format!("if it is an RSA key, convert a copy to PEM: `cp {file} {new} && ssh-keygen -p -m PEM -f {new}`")
        }
        KeyErrorKind::SeveralKeys { .. } => {
            "save the key that is registered for this client in a separate file".to_owned()
        }
        KeyErrorKind::Base64OfPem if in_file => {
            format!("decode it with `{}`", new_file(&format!("base64 -d {file}"), &new))
        }
        KeyErrorKind::Base64OfPem => format!("set {source} to the PEM itself, or to the base64 of a JWK"),
        KeyErrorKind::Base64OfDer => {
            "for a PKCS#8 key, add the line `-----BEGIN PRIVATE KEY-----` before it and the line \
             `-----END PRIVATE KEY-----` after it"
                .to_owned()
        }
        KeyErrorKind::Damaged | KeyErrorKind::NotJson { .. } => {
            "is part of the key missing? copy it from its first line to its last".to_owned()
        }
        KeyErrorKind::JwkIncomplete { .. } => {
            "export the whole private JWK, with n, e, d, p, q, dp, dq and qi".to_owned()
        }
        KeyErrorKind::Empty if !in_file => format!(
            "does a CI job set it from a secret that is not available to the job? give the job access to the secret, \
             or unset {source} to use a key file"
        ),
        KeyErrorKind::NotAKey if !in_file => {
            format!("{source} must contain the key itself; for a path, use {}", KEY.variable)
        }
        _ => return Vec::new(),
    };
    vec![hint]
}

/// The command that writes an output to a new file, which only its owner can read.
fn new_file(command: &str, file: &str) -> String {
    format!("(umask 077; set -C; {command} > {file})")
}

/// The command that extracts the private key and the certificates from a PKCS#12 file. OpenSSL 3 reads RC2, RC4 and
/// 3DES, which older programs use, only with `-legacy`, an option that OpenSSL 1.1 does not have. The shell writes the
/// new file after OpenSSL has succeeded, because OpenSSL overwrites files, and leaves an empty file behind when it
/// fails.
fn from_pkcs12(file: &str, new: &str) -> String {
    let extract = format!("openssl pkcs12 -in {file} -nodes");
    new_file(&format!("key=$({extract} -legacy || {extract}) && printf '%s\\n' \"$key\""), new)
}

/// The command that encrypts a PEM file with AES. OpenSSL 3 reads DES, which older programs use, only with its legacy
/// provider, which OpenSSL 1.1 does not have.
fn reencrypted(file: &str, new: &str) -> String {
    let convert = format!("openssl pkcs8 -topk8 -in {file} -out {new}");
    format!("{convert} -provider default -provider legacy || {convert}")
}

/// The key file and a free file name in the same directory, quoted for a shell.
fn names(key: &KeySource) -> (String, String) {
    let path = match key {
        KeySource::File(path) => path.as_path(),
        KeySource::Text { .. } => Path::new("FILE"),
    };
    (shell::path(path), shell::path(&shell::free_name(path)))
}
