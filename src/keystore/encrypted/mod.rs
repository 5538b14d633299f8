//! Encrypted key files: PKCS#12, and PEM with an encrypted private key. A file is recognised by its content, as
//! `client` recognises a plain key.

mod algorithm;
mod ber;
mod cipher;
mod error;
mod passphrase;
mod pem;
mod pkcs12;

use std::fmt;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

pub(super) use self::algorithm::EncryptedKey;
pub use self::error::EncryptedError;
use self::pem::EncryptedPem;
pub(super) use self::pkcs12::is_pkcs12;

/// A file with an encrypted private key.
pub struct Encrypted {
    /// The format, such as `PKCS#12` or `encrypted PEM`.
    pub form: &'static str,
    content: Content,
}

enum Content {
    Pkcs12(Zeroizing<Vec<u8>>),
    Pem(EncryptedPem),
}

/// The contents of a decrypted file.
pub struct Opened {
    /// The private key in PEM.
    pub key: Zeroizing<String>,
    /// The certificates in a PKCS#12 file in DER, in the order of the file. Certificates in PEM are not encrypted:
    /// [`certificates`](super::certificates) reads them.
    pub certificates: Vec<Vec<u8>>,
}

impl Encrypted {
    /// Recognises an encrypted file by its content. Returns `None` for any other file, which may be a plain key.
    pub fn recognise(file: &[u8]) -> Option<Self> {
        let pkcs12 = |form, content| Some(Self { form, content: Content::Pkcs12(content) });
        if is_pkcs12(file) {
            return pkcs12("PKCS#12", Zeroizing::new(file.to_vec()));
        }
        let text = std::str::from_utf8(file).ok()?.trim_start_matches('\u{feff}').trim();
        if text.get(..12).is_some_and(|start| is_pkcs12(&decode_base64(start))) {
            return pkcs12("base64 of PKCS#12", decode_base64(text));
        }
        EncryptedPem::recognise(text).map(|pem| Self { form: "encrypted PEM", content: Content::Pem(pem) })
    }

    /// Whether the file is PEM, not PKCS#12.
    pub fn is_pem(&self) -> bool {
        matches!(self.content, Content::Pem(_))
    }

    /// Decrypts the file. A PKCS#12 file with the empty passphrase opens with an empty `passphrase`.
    ///
    /// # Errors
    /// Returns an error if the passphrase is wrong, or if the file does not contain exactly one private key.
    pub fn open(&self, passphrase: &SecretString) -> Result<Opened, EncryptedError> {
        match &self.content {
            Content::Pkcs12(file) => pkcs12::open(file, passphrase.expose_secret()),
            Content::Pem(pem) => pem.open(passphrase.expose_secret()),
        }
    }
}

impl fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encrypted").field("form", &self.form).finish_non_exhaustive()
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("certificates", &self.certificates.len()).finish_non_exhaustive()
    }
}

/// Decodes base64 with or without padding and line breaks. Returns nothing for any other text.
fn decode_base64(text: &str) -> Zeroizing<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let mut bare = Zeroizing::new(String::with_capacity(text.len()));
    bare.extend(text.split("\\n").flat_map(|line| line.split("\\r")).flat_map(str::split_whitespace));
    Zeroizing::new(GeneralPurpose::new(&STANDARD, LENIENT).decode(bare.as_bytes()).unwrap_or_default())
}
