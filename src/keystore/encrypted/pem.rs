//! Encrypted keys in PEM: PKCS#8 (RFC 5958, section 3), and the older form of OpenSSL, which has headers.

use der::Decode;
use der::pem::{LineEnding, encode_string};
use md5::{Digest, Md5};
use pkcs8::PrivateKeyInfoRef;
use secrecy::zeroize::Zeroizing;

use super::Opened;
use super::algorithm::EncryptedKey;
use super::cipher::Cipher;
use super::error::EncryptedError;
use super::passphrase::Passphrase;

/// A text with a single encrypted key.
pub(super) struct EncryptedPem {
    key: pem::Pem,
}

/// The supported ciphers of the older form, by their names in the header.
const CIPHERS: [(&str, Cipher); 4] = [
    ("AES-128-CBC", Cipher::Aes128),
    ("AES-192-CBC", Cipher::Aes192),
    ("AES-256-CBC", Cipher::Aes256),
    ("DES-EDE3-CBC", Cipher::TripleDes),
];

impl EncryptedPem {
    pub(super) fn recognise(text: &str) -> Option<Self> {
        // This is a plain key.
        if !text.contains("ENCRYPTED") {
            return None;
        }
        // A PEM in an environment variable often has the two characters `\n` in place of each line break.
        let mut lines = Zeroizing::new(String::with_capacity(text.len() + 1));
        text.split("\\n").for_each(|line| lines.extend(line.split("\\r").chain(["\n"])));
        let blocks = pem::parse_many(lines.as_bytes()).ok()?;
        // The parser skips a block that has no end.
        if blocks.len() < lines.matches("-----BEGIN").count() {
            return None;
        }
        let mut keys: Vec<_> = blocks.into_iter().filter(|block| block.tag().ends_with("PRIVATE KEY")).collect();
        let key = keys.pop().filter(|_| keys.is_empty())?;
        let is_encrypted = key.tag() == "ENCRYPTED PRIVATE KEY"
            || key.headers().get("Proc-Type").is_some_and(|kind| kind.contains("ENCRYPTED"));
        is_encrypted.then_some(Self { key })
    }

    pub(super) fn open(&self, passphrase: &str) -> Result<Opened, EncryptedError> {
        let key = match self.key.tag() {
            "ENCRYPTED PRIVATE KEY" => {
                let key = EncryptedKey::from_der(self.key.contents())?;
                let plain = Passphrase::new(passphrase).decrypt(&key.algorithm, key.data.as_bytes())?;
                PrivateKeyInfoRef::from_der(&plain).map_err(|_| EncryptedError::WrongPassphrase)?;
                to_pem("PRIVATE KEY", &plain)?
            }
            tag => to_pem(tag, &self.decrypt_older_form(passphrase)?)?,
        };
        Ok(Opened { key, certificates: Vec::new() })
    }

    /// Decrypts the form of OpenSSL's `PEM_write_bio_PrivateKey_traditional`. Its headers are those of RFC 1421,
    /// section 4.6; OpenSSL's documentation of `PEM_read` and `EVP_BytesToKey` has the rest.
    fn decrypt_older_form(&self, passphrase: &str) -> Result<Zeroizing<Vec<u8>>, EncryptedError> {
        let (name, iv) =
            self.key.headers().get("DEK-Info").and_then(|info| info.split_once(',')).ok_or(EncryptedError::Damaged)?;
        let cipher = CIPHERS.iter().find(|(known, _)| name.trim().eq_ignore_ascii_case(known));
        let (_, cipher) = cipher.ok_or_else(|| EncryptedError::Unsupported(display_name(name.trim())))?;
        let iv = from_hex(iv.trim()).filter(|iv| iv.len() >= 8).ok_or(EncryptedError::Damaged)?;
        let mut key = Zeroizing::new(Vec::with_capacity(48));
        while key.len() < cipher.key_length() {
            let previous = key.len().saturating_sub(16);
            let hash = Md5::new().chain_update(&key[previous..]).chain_update(passphrase).chain_update(&iv[..8]);
            key.extend_from_slice(&Zeroizing::new(<[u8; 16]>::from(hash.finalize()))[..]);
        }
        cipher.decrypt(&key[..cipher.key_length()], &iv, self.key.contents())
    }
}

/// A private key as PEM.
pub(super) fn to_pem(tag: &str, der: &[u8]) -> Result<Zeroizing<String>, EncryptedError> {
    encode_string(tag, LineEnding::LF, der).map(Zeroizing::new).map_err(|_| EncryptedError::Damaged)
}

/// The name of a cipher. A longer text may be part of the key.
fn display_name(name: &str) -> String {
    let is_name = name.len() <= 20 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if is_name { name } else { "an unknown cipher" }.to_owned()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let byte = |at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (0..text.len()).step_by(2).map(byte).collect()
}
