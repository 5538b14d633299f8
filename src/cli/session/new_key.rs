//! Creates RSA keys.

use anyhow::Context;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use pkcs8::SecretDocument;
use pkcs8::der::pem::LineEnding;
use secrecy::zeroize::Zeroizing;

use crate::cli::output::{Console, Level};
use crate::client::{KeySource, SigningKey, quote};
use crate::config::Given;

/// The sizes of key that can be created, in bits.
pub(crate) const SIZES: [&str; 3] = ["2048", "3072", "4096"];

/// Whether a key can be registered with this key id (Digdir, "Client registration").
pub(crate) fn is_registrable(kid: &str) -> bool {
    kid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// Warns that the configured key id is not that of a new key.
pub(crate) fn warn_of_other_kid(kid: &Given<String>, console: &mut Console<'_>) {
    let (value, place) = (quote(&kid.value), kid.source.place());
    console.warning(&format!("the key id that is sent is {value} ({place}), not the key id of this key"));
    let hint = "remove the configured `kid`, since the default is the new key's id; if you register the key as PEM, set \
                `kid` to the key id that the self-service portal shows";
    console.unless_quiet(Level::Hint, hint);
}

/// Creates a key of one of the [`SIZES`]. Returns the content of its file, and the key itself.
pub(crate) fn make(bits: &str, kid: Option<&str>) -> anyhow::Result<(Zeroizing<String>, SigningKey)> {
    let size = match bits {
        "4096" => KeySize::Rsa4096,
        "3072" => KeySize::Rsa3072,
        _ => KeySize::Rsa2048,
    };
    let pair = KeyPair::generate(size).context("cannot create a key")?;
    let der: Pkcs8V1Der<'_> = pair.as_der().context("cannot encode the key")?;
    let document = SecretDocument::try_from(der.as_ref()).context("cannot encode the key")?;
    let pem = document.to_pem("PRIVATE KEY", LineEnding::LF).context("cannot encode the key")?;
    let source = KeySource::Text { name: "the new key".to_owned(), text: pem.as_str().into() };
    let key = SigningKey::load(&source, kid, None)?;
    Ok((pem, key))
}
