//! Key errors in words.

use std::path::Path;

use super::{CommandError, Exit};
use crate::cli::args::shell;
use crate::client::key::{KeyError, KeyErrorKind};
use crate::client::{Environment, KeySource};
use crate::config::{Given, KEY};

/// The error with hints for a key that was given like this.
pub(crate) fn explained(error: &KeyError, given: &Given<KeySource>, environment: Environment) -> CommandError {
    let hints = hints(&error.kind, given, environment);
    CommandError { hints, ..CommandError::new(Exit::Configuration, error.to_string()) }
}

fn hints(kind: &KeyErrorKind, given: &Given<KeySource>, environment: Environment) -> Vec<String> {
    let source = &given.source;
    let in_file = matches!(given.value, KeySource::File(_));
    let (file, new) = names(&given.value);
    let hint = match kind {
        KeyErrorKind::Missing if environment == Environment::Sandbox => {
            format!("{source} names it: the sandbox knows the project's mp-key.pem.example, and no other")
        }
        KeyErrorKind::Missing => {
            let mut hints = vec![
                format!(
                    "{source} names it: put the private key there whose public half is registered on the client in \
                     Maskinporten, or name another file with {}",
                    KEY.option
                ),
                format!("no key yet? `systemuser-demo key new {file}` makes one"),
            ];
            if cfg!(feature = "sandbox") {
                hints.push(
                    "no client yet? `--env sandbox` brings its own, and needs no agreement with Digdir".to_owned(),
                );
            }
            return hints;
        }
        KeyErrorKind::PublicKey => {
            "the file of the private key says `PRIVATE KEY`, and was made together with this one".to_owned()
        }
        KeyErrorKind::JwkWithoutD => "the private JWK has a `d`, and was made together with this one".to_owned(),
        KeyErrorKind::Certificate => {
            format!("its private key is often in a .p12 file: `openssl pkcs12 -in FILE.p12 -nodes -out {new}`")
        }
        KeyErrorKind::Encrypted => format!("decrypt it: `openssl pkey -in {file} -out {new}`"),
        KeyErrorKind::Der => format!(
            "`openssl pkcs12 -in {file} -nodes -out {new}` takes it out of PKCS#12, and \
             `openssl pkey -inform DER -in {file} -out {new}` out of DER"
        ),
        KeyErrorKind::Utf16 => "PowerShell's `>` writes UTF-16: save the file as UTF-8".to_owned(),
        KeyErrorKind::NotRsa { .. } | KeyErrorKind::TooSmall { .. } => {
            format!("`systemuser-demo key new {new}` makes one that will do; its public half is to be registered")
        }
        KeyErrorKind::OpenSsh => {
            format!(
                "if it is an RSA key, this makes a PEM of a copy: `cp {file} {new} && ssh-keygen -p -m PEM -f {new}`"
            )
        }
        KeyErrorKind::SeveralKeys { .. } => {
            "keep the one that is registered on this client in a file of its own".to_owned()
        }
        KeyErrorKind::Base64OfPem if in_file => format!("decode it: `base64 -d {file} > {new}`"),
        KeyErrorKind::Base64OfPem => format!("give the PEM itself, or the base64 of a JWK, in {source}"),
        KeyErrorKind::Base64OfDer => {
            "a PEM says what it is: for a PKCS#8 key, `-----BEGIN PRIVATE KEY-----` stands before it and \
             `-----END PRIVATE KEY-----` after it, on lines of their own"
                .to_owned()
        }
        KeyErrorKind::Damaged | KeyErrorKind::NotJson { .. } => {
            "was it copied whole, from its first line to its last?".to_owned()
        }
        KeyErrorKind::JwkIncomplete { .. } => {
            "export the whole private JWK: it has n, e, d, p, q, dp, dq and qi".to_owned()
        }
        KeyErrorKind::Empty if !in_file => {
            format!("has the secret arrived? {source} is set, and there is nothing in it")
        }
        KeyErrorKind::NotAKey if !in_file => {
            format!("{source} takes the key itself; a path goes into {}", KEY.variable)
        }
        _ => return Vec::new(),
    };
    vec![hint]
}

/// The key's file, and a new file beside it, as a shell takes them.
fn names(key: &KeySource) -> (String, String) {
    let path = match key {
        KeySource::File(path) => path.as_path(),
        KeySource::Text { .. } => Path::new("FILE"),
    };
    (shell::path(path), shell::path(&shell::free_name(path)))
}
