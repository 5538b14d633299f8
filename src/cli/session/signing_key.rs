//! The configured key, read, and what a person should know about it; and the grant that it signs.

use chrono::Utc;
use secrecy::zeroize::Zeroizing;
use uuid::Uuid;

use crate::cli::args::config_file::EXAMPLE_KEY;
use crate::cli::error;
use crate::cli::error::hints;
use crate::cli::output::console::{Console, Tone};
use crate::cli::output::origin;
use crate::client::environment::Environment;
use crate::client::grant::{Assertion, Grant, SystemUserRef};
use crate::client::key::{ALGORITHMS, KeySource, KidOrigin, SigningKey};
use crate::config::{Config, ConfigError};

/// What is to be said, and how.
pub(crate) type Remark = (Tone, String);

/// Reads the key, and says what there is to be said.
pub(crate) fn load_key(config: &Config, console: &mut Console<'_>) -> anyhow::Result<SigningKey> {
    let (key, remarks) = read_key(config)?;
    remarks.iter().for_each(|(tone, text)| console.say(*tone, text));
    Ok(key)
}

/// Reads the key, and answers with what there is to be said.
pub(crate) fn read_key(config: &Config) -> anyhow::Result<(SigningKey, Vec<Remark>)> {
    let given = config.key()?;
    let kid = config.kid.as_ref();
    let algorithm = config.algorithm.as_ref().map(|given| given.value);
    let key = SigningKey::load(&given.value, kid.map(|kid| kid.value.as_str()), algorithm)
        .map_err(|error| error::with_hints(hints::of_key(&error.kind, given, config.environment.value), error))?;
    let open = open_to_others(config, &given.value).map(|said| (Tone::Warning, said));
    let mut remarks: Vec<Remark> = open.into_iter().collect();
    if config.environment.value != Environment::Sandbox && is_the_example(&key) {
        remarks.push((Tone::Warning, EXAMPLE_IS_PUBLIC.to_owned()));
    }
    match (kid, &key.kid_of_jwk) {
        (Some(kid), Some(own)) if *own != kid.value => {
            let [own, sent] = [own, &kid.value].map(|kid| origin::show_kid(kid, &key));
            let said = format!("the key's own kid is `{own}`, and `{sent}` ({}) is sent", kid.source);
            remarks.push((Tone::Warning, said));
        }
        _ => {}
    }
    if key.kid_origin == KidOrigin::Thumbprint {
        let said = "no kid is configured, so the key's thumbprint is sent; a key that was registered in the portal \
                    as PEM has the portal's kid";
        remarks.push((Tone::Note, said.to_owned()));
    }
    Ok((key, remarks))
}

/// The name of the algorithm that a key signs with.
pub(crate) fn algorithm_name(key: &SigningKey) -> &'static str {
    let known = ALGORITHMS.iter().find(|(_, algorithm, ..)| *algorithm == key.algorithm);
    known.map(|(name, ..)| *name).expect("the key signs with it")
}

/// What is said of the sandbox's key, where it might be taken for another.
pub(crate) const EXAMPLE_IS_PUBLIC: &str = "it is the sandbox's key, whose private half is public: never register it";

/// Whether it is the key of the sandbox, however it was written down: its modulus begins so.
pub(crate) fn is_the_example(key: &SigningKey) -> bool {
    key.public_jwk().n.starts_with("vIIqQ9RQV_qR-Ip2JRYDxxp23PNTsuM1rHKy3SmVKPe-")
}

/// Whether others than its owner can read the key's file.
fn open_to_others(config: &Config, key: &KeySource) -> Option<String> {
    let KeySource::File(path) = key else { return None };
    let mode = mode(config, key).filter(|mode| mode & 0o044 != 0)?;
    let quoted = hints::quoted(path);
    Some(format!("{key} can be read by others than its owner (mode {mode:04o}): `chmod 600 {quoted}`"))
}

/// Who may do what with the key's file; of no interest where that is the sandbox's, which is public on purpose.
#[cfg(unix)]
pub(crate) fn mode(config: &Config, key: &KeySource) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let KeySource::File(path) = key else { return None };
    let metadata = path.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let mode = metadata.permissions().mode() & 0o777;
    let sandbox = config.environment.value == Environment::Sandbox;
    let is_example =
        sandbox && std::fs::read(path).is_ok_and(|content| *Zeroizing::new(content) == EXAMPLE_KEY.as_bytes());
    (!is_example).then_some(mode)
}

#[cfg(not(unix))]
pub(crate) fn mode(_: &Config, _: &KeySource) -> Option<u32> {
    None
}

/// What signs a new grant each time, for Maskinporten takes none twice. Here are the clock and the randomness.
pub(crate) fn signer<'a>(
    config: &'a Config,
    key: &'a SigningKey,
    system_user: bool,
) -> Result<impl Fn() -> Assertion + 'a, ConfigError> {
    let external_ref = config.external_ref.as_ref().map(|given| given.value.as_str());
    let owner = system_user.then(|| config.org()).transpose()?;
    let (client_id, scope) = (&config.client_id()?.value, &config.scope()?.value);
    Ok(move || {
        let grant = Grant {
            issuer: &config.endpoints.issuer,
            client_id,
            scope,
            system_user: owner.map(|owner| SystemUserRef { owner: owner.value, external_ref }),
            resource: config.resource.as_ref().map_or(&[], |given| &given.value),
            now: Utc::now(),
            jti: Uuid::new_v4(),
        };
        grant.sign(key)
    })
}
