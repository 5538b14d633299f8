//! The likely mix-ups, in the user's own values.

use std::path::{Path, PathBuf};

use crate::client::environment::Environment;
use crate::client::http::Problem;
use crate::client::key::{KeyErrorKind, KeySource};
use crate::client::sanitize::may_be_secret;
use crate::config::{ConfigError, Given, KEY};

pub(crate) fn of_config(error: &ConfigError) -> Vec<String> {
    match error {
        ConfigError::Invalid { hint, .. } => hint.iter().cloned().collect(),
        ConfigError::UnknownKey { key, known, .. } => {
            let hint = match place_of(key) {
                Some((name, place)) if !known.contains(&name) => Some(format!("`{name}` belongs {place}")),
                Some((name, _)) => Some(did_you_mean(&name)),
                None => nearest(key, known.iter().map(String::as_str)).map(did_you_mean),
            };
            hint.into_iter().collect()
        }
        ConfigError::Missing { setting, environment, file } => {
            let usual = format!(
                "`systemuser-demo init --env {environment}` writes `config/{environment}.toml` below the current folder, \
                 which is the usual place; --config names another"
            );
            let inline = "a script may put the key itself into SYSTEMUSER_KEY".to_owned();
            let hints = [(file.is_none(), usual), (*setting == KEY, inline)];
            hints.into_iter().filter(|(fits, _)| *fits).map(|(_, hint)| hint).collect()
        }
    }
}

/// Where a key belongs that is known elsewhere in the file, or in the C# reference.
fn place_of(key: &str) -> Option<(String, &'static str)> {
    let lower = key.to_ascii_lowercase();
    let (key, place) = match lower.as_str() {
        "kid" | "keyid" => ("kid", "under [key]"),
        "path" | "pemcertificatepath" => ("path", "under [key]"),
        "alg" => ("alg", "under [key]"),
        "systemuserorg" => ("org", "before the first table"),
        known @ ("issuer" | "token" | "jwks" | "altinn" | "reference_api") => (known, "under [endpoints]"),
        known @ ("system_id" | "redirect_url") => (known, "under [vendor]"),
        "registered" => ("registered", "under [key]"),
        known @ ("client_id" | "scope" | "org" | "external_ref" | "resource") => (known, "before the first table"),
        _ => return None,
    };
    Some((key.to_owned(), place))
}

/// The known word that was most probably meant.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    // One typo always counts as a match; in a short word it would lower the score too far.
    let likeness = |known: &str| match strsim::osa_distance(&word, known) {
        0 => 2.0,
        1 if word.len() > 2 => 1.0,
        _ => strsim::jaro_winkler(&word, known),
    };
    known
        .map(|known| (likeness(&known.to_lowercase()), known))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

pub(crate) fn did_you_mean(word: &str) -> String {
    format!("did you mean `{word}`?")
}

pub(crate) fn of_key(fault: &KeyErrorKind, given: &Given<KeySource>, environment: Environment) -> Vec<String> {
    let source = &given.source;
    let in_file = matches!(given.value, KeySource::File(_));
    let (file, new) = names(&given.value);
    let hint = match fault {
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

/// The key's file, and a new one beside it, as a shell takes them. A command in a hint must never write to the file
/// that it reads, nor to the only key.
fn names(key: &KeySource) -> (String, String) {
    let path = match key {
        KeySource::File(path) => path.as_path(),
        KeySource::Text { .. } => Path::new("FILE"),
    };
    (quoted(path), quoted(&free_name(path)))
}

/// A name for a new key beside another, at which nothing stands.
pub(crate) fn free_name(path: &Path) -> PathBuf {
    // A folder has no extension.
    let path = if path.file_name().is_some() { path } else { Path::new("key") };
    let mut names = (1..).map(|nth| match nth {
        1 => path.with_extension("new.pem"),
        nth => path.with_extension(format!("new{nth}.pem")),
    });
    names.find(|name| name.symlink_metadata().is_err()).unwrap_or_default()
}

/// A path as a shell takes it.
pub(crate) fn quoted(path: &Path) -> String {
    argument(&path.to_string_lossy(), "FILE")
}

/// A value as a shell takes it, or the placeholder if the value may be a secret.
pub(crate) fn argument(value: &str, placeholder: &str) -> String {
    if may_be_secret(value) { placeholder.to_owned() } else { in_shell(value) }
}

/// A text as a shell takes it.
pub(crate) fn in_shell(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:=".contains(c);
    match text {
        text if text.chars().all(plain) && !text.is_empty() => text.to_owned(),
        text => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// An option and its value as a shell takes them, with a space before.
pub(crate) fn option(name: &str, value: &str) -> String {
    // Behind a space, what begins like an option would be taken for one.
    let sign = if value.starts_with('-') { '=' } else { ' ' };
    let placeholder = match name {
        "--key" => "FILE",
        "--kid" => "KID",
        "--scope" => "SCOPE",
        "--external-ref" => "REF",
        _ => "ID",
    };
    format!(" {name}{sign}{}", argument(value, placeholder))
}

/// `call` is the command that names a client; `org_named` is whether the call named an organisation; `None` where the API takes none.
pub(crate) fn of_refusal(refused: &Problem, call: &str, org_named: Option<bool>) -> Vec<String> {
    match refused.status {
        204 => vec!["the token carries no system user, and this API needs one".to_owned()],
        401 => vec!["does the API belong to the environment that issued the token?".to_owned()],
        403 if org_named == Some(true) => {
            vec!["has the system user been given the right that this API asks for, for this organisation?".to_owned()]
        }
        403 if org_named == Some(false) => vec![
            "has the system user been given the right that this API asks for?".to_owned(),
            format!("is it an agent's? then name the client whose data is asked for: `{call}`"),
        ],
        403 => vec!["has the system user been given the right that this API asks for?".to_owned()],
        _ => Vec::new(),
    }
}

/// What Altinn's status says that has no code, or none that is known.
pub(crate) fn of_altinn(refused: &Problem) -> Vec<String> {
    let hint = match refused.status {
        401 => "does Altinn's address belong to the environment that issued the token?",
        403 => {
            "is it another vendor's? the organisation of the client decides, and the `consumer` of the token says which \
             that is"
        }
        // What is not there is so told by the deletion of a system.
        400 if refused.faults.iter().any(|fault| fault.paths == ["return"]) => {
            "is there a slip in the id? `systemuser-demo system list --env ENV` shows what is there"
        }
        404 if refused.code.is_none() => {
            "is there a slip in the id, or is it of the other environment? `systemuser-demo system list --env ENV` and \
             `systemuser-demo user list --system ID --env ENV` show what is there"
        }
        _ => return Vec::new(),
    };
    vec![hint.to_owned()]
}
