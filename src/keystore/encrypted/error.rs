//! Errors of encrypted files. An error never contains any part of a key or a passphrase.

use der::asn1::ObjectIdentifier;

/// The reason why an encrypted file cannot be opened. The message is the end of a sentence that begins with the name of
/// the file.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncryptedError {
    /// The passphrase does not open the file. The same happens if the encrypted part is damaged.
    #[error("cannot be decrypted: the passphrase is wrong, or the key is damaged")]
    WrongPassphrase,
    /// The passphrase opens the PKCS#12 file, but not the private key in it.
    #[error("has different passphrases for the file and its private key, which is not supported")]
    OtherPassphrase,
    /// The structure of the file is damaged.
    #[error("is cut off or damaged")]
    Damaged,
    /// The file is encrypted with an algorithm that is not read. The field is the name of the algorithm, or its object
    /// identifier.
    #[error("uses {0}, which is not supported")]
    Unsupported(String),
    /// The file makes the derivation of a key from the passphrase too slow.
    #[error("takes too long to decrypt: its key derivation has too many iterations")]
    TooSlow,
    /// A PKCS#12 file contains certificates, but no private key.
    #[error("contains no private key")]
    NoKey,
    /// A PKCS#12 file contains different private keys.
    #[error("contains {0} private keys, but a single key is required")]
    SeveralKeys(usize),
}

impl From<der::Error> for EncryptedError {
    fn from(_: der::Error) -> Self {
        Self::Damaged
    }
}

/// Unsupported algorithms that key files may use.
const UNSUPPORTED: [(&str, &str); 9] = [
    ("1.2.840.113549.1.5.1", "PBE-MD2-DES"),
    ("1.2.840.113549.1.5.3", "PBE-MD5-DES"),
    ("1.2.840.113549.1.5.4", "PBE-MD2-RC2-64"),
    ("1.2.840.113549.1.5.6", "PBE-MD5-RC2-64"),
    ("1.2.840.113549.1.5.10", "PBE-SHA1-DES"),
    ("1.2.840.113549.1.5.11", "PBE-SHA1-RC2-64"),
    ("1.2.840.113549.1.7.3", "a public key"),
    ("1.2.840.113549.1.12.1.1", "PBE-SHA1-RC4-128"),
    ("1.2.840.113549.1.12.1.2", "PBE-SHA1-RC4-40"),
];

impl EncryptedError {
    pub(super) fn unsupported(oid: ObjectIdentifier) -> Self {
        let oid = oid.to_string();
        let name = UNSUPPORTED.iter().find(|(known, _)| *known == oid).map(|(_, name)| (*name).to_owned());
        Self::Unsupported(name.unwrap_or_else(|| format!("the algorithm {oid}")))
    }
}
