//! Reads and checks the private key of a client, and signs grants with it.
//!
//! The format of a key is recognised by its content, never by its file name. The whole key is checked before it signs
//! anything. A [`KeyErrorKind`] describes the problem with a key, and contains no part of the key. This module does not
//! create keys.

mod error;
mod jwk;
mod material;
mod pem;

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use aws_lc_rs::digest::{self, SHA256, SHA384, SHA512};
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaSignatureEncoding};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use pkcs1::RsaPrivateKeyRef;
use pkcs8::der::Decode;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

pub use self::error::{KeyError, KeyErrorKind};
use self::material::{MORE_PRIMES, Material, decode_base64, name};
use super::sanitize::quote_path;

/// The source of a private key.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// The path of a file that contains a PEM, a JWK, a JWK set, or the base64 of a JWK.
    File(PathBuf),
    /// A text, such as the value of an environment variable.
    Text {
        /// The name of the text in messages, such as the name of the environment variable.
        name: String,
        /// The key: a PEM, a JWK, a JWK set, or the base64 of a JWK.
        text: SecretString,
    },
}

impl KeySource {
    /// Reads the bytes of the key. This call blocks while it reads a file.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, or is larger than any key file.
    pub fn read(&self) -> Result<Zeroizing<Vec<u8>>, KeyErrorKind> {
        let path = match self {
            Self::File(path) => path,
            Self::Text { text, .. } => return Ok(Zeroizing::new(text.expose_secret().as_bytes().to_vec())),
        };
        let file = File::open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => KeyErrorKind::Missing,
            _ => KeyErrorKind::Unreadable(error),
        })?;
        let metadata = file.metadata().map_err(KeyErrorKind::Unreadable)?;
        if metadata.is_dir() {
            return Err(KeyErrorKind::Directory);
        }
        // The buffer has its final size from the start, because a growing buffer leaves copies of the key in memory. It
        // is not larger than necessary, because clearing it takes time. The length of a pipe is unknown.
        let size = if metadata.is_file() { LARGEST_FILE.min(metadata.len() as usize) } else { LARGEST_FILE };
        let mut bytes = Zeroizing::new(Vec::with_capacity(size + 1));
        file.take(LARGEST_FILE as u64 + 1).read_to_end(&mut bytes).map_err(KeyErrorKind::Unreadable)?;
        if bytes.len() > LARGEST_FILE { Err(KeyErrorKind::NotAKey) } else { Ok(bytes) }
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => match quote_path(path) {
                quoted if quoted.starts_with('`') => write!(f, "the key file {quoted}"),
                description => write!(f, "the key file ({description})"),
            },
            Self::Text { name, .. } => write!(f, "the key in {name}"),
        }
    }
}

/// The signature algorithms that Maskinporten accepts, by their names (RFC 7518, section 3.1).
/// Source: `token_endpoint_auth_signing_alg_values_supported` of its metadata document.
pub(crate) const ALGORITHMS: [(&str, Algorithm, &RsaSignatureEncoding, &digest::Algorithm); 3] = [
    ("RS256", Algorithm::RS256, &RSA_PKCS1_SHA256, &SHA256),
    ("RS384", Algorithm::RS384, &RSA_PKCS1_SHA384, &SHA384),
    ("RS512", Algorithm::RS512, &RSA_PKCS1_SHA512, &SHA512),
];

/// The signature algorithm of this name, if Maskinporten accepts it.
pub fn signing_algorithm(name: &str) -> Option<Algorithm> {
    ALGORITHMS.iter().find(|(known, ..)| *known == name).map(|(_, algorithm, ..)| *algorithm)
}

/// A private RSA key that has been read and checked, and can sign grants.
///
/// `Debug` shows no secret, because `Debug` of [`KeyPair`] shows only the public half. AWS-LC clears the memory of the
/// key when it is dropped.
#[derive(Debug)]
pub struct SigningKey {
    pair: KeyPair,
    /// The modulus `n` and the exponent `e` in base64url, without leading zeros (a JWK may have them).
    public: [String; 2],
    /// The signature algorithm.
    pub algorithm: Algorithm,
    /// The key id (`kid`) in the header of a grant: the configured value, or else the `kid` of the JWK, or else the
    /// thumbprint. Maskinporten must know the public half by this id.
    pub kid: String,
    /// The `kid` of the JWK, if the key is a JWK with a `kid`.
    pub kid_of_jwk: Option<String>,
    /// The format that the key was read from, such as `PKCS#8 PEM`.
    pub form: &'static str,
    /// The size of the modulus, in bits.
    pub bits: usize,
    /// The business certificate of this key in DER, and then the certificates of its issuers up to the root (RFC 7515,
    /// section 4.1.6). If there are any, a grant has them as `x5c`, and no `kid`.
    pub certificates: Vec<Vec<u8>>,
}

impl SigningKey {
    /// Reads a key and checks it. This call blocks while it reads a file. If `kid` or `algorithm` is `None`, the `kid`
    /// or `alg` of a JWK is used. Without these, the key id is the thumbprint, and the algorithm is RS256.
    ///
    /// # Errors
    /// Returns an error if the key cannot be read, or if it is not a valid private RSA key of 2048 to 8192 bits. Also
    /// returns an error if the `alg` of a JWK is used, but is not RS256, RS384 or RS512.
    pub fn load(source: &KeySource, kid: Option<&str>, algorithm: Option<Algorithm>) -> Result<Self, KeyError> {
        let key = source.read().and_then(|key| Self::parse(&key, kid, algorithm));
        key.map_err(|kind| KeyError { key: source.to_string(), kind })
    }

    /// Reads a private key from memory, with the checks of [`load`](Self::load).
    ///
    /// # Errors
    /// The same errors as [`load`](Self::load).
    pub fn parse(key: &[u8], kid: Option<&str>, algorithm: Option<Algorithm>) -> Result<Self, KeyErrorKind> {
        let material = recognise(key)?;
        let numbers = RsaPrivateKeyRef::from_der(&material.pkcs1).map_err(|_| KeyErrorKind::Damaged)?;
        if numbers.other_prime_infos.is_some() {
            return Err(KeyErrorKind::NotRsa { kind: MORE_PRIMES.to_owned() });
        }
        let modulus = numbers.modulus.as_bytes();
        let bits = modulus.len() * 8 - modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
        if bits < 2048 {
            return Err(KeyErrorKind::TooSmall { bits });
        }
        // This checks that the numbers of the key match each other. Its only other reason to fail is the size.
        let pair = KeyPair::from_der(&material.pkcs1).map_err(|_| match bits {
            0..=8192 => KeyErrorKind::Inconsistent,
            _ => KeyErrorKind::TooLarge { bits },
        })?;
        let public = [modulus, numbers.public_exponent.as_bytes()].map(|number| URL_SAFE_NO_PAD.encode(number));
        let algorithm = match (algorithm, &material.alg) {
            (Some(configured), _) => configured,
            (None, Some(alg)) => signing_algorithm(alg).ok_or_else(|| KeyErrorKind::Algorithm { name: name(alg) })?,
            (None, None) => Algorithm::RS256,
        };
        let kid = kid.or(material.kid.as_deref()).map_or_else(|| thumbprint(&public), str::to_owned);
        let (kid_of_jwk, form) = (material.kid, material.form);
        Ok(Self { pair, public, algorithm, kid, kid_of_jwk, form, bits, certificates: Vec::new() })
    }

    /// The public half as a JWK (RFC 7517), in the form that Maskinporten's self-service accepts.
    pub fn public_jwk(&self) -> Value {
        let [n, e] = &self.public;
        json!({ "kty": "RSA", "use": "sig", "alg": self.algorithm, "kid": self.kid, "n": n, "e": e })
    }

    /// The SHA-256 thumbprint of the public half (RFC 7638), in base64url.
    pub fn thumbprint(&self) -> String {
        thumbprint(&self.public)
    }

    /// Signs a text with RSASSA-PKCS1-v1_5 (RFC 7518, section 3.3), and returns the bytes of the signature.
    ///
    /// # Panics
    /// If [`algorithm`](Self::algorithm) was changed to an algorithm other than RS256, RS384 or RS512.
    pub fn sign(&self, text: &str) -> Vec<u8> {
        let (.., encoding, hash) =
            ALGORITHMS.iter().find(|(_, known, ..)| *known == self.algorithm).expect("it is known");
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let signed = self.pair.sign_digest(*encoding, &digest::digest(hash, text.as_bytes()), &mut signature);
        signed.expect("a key that was read and checked can sign");
        signature
    }
}

/// The largest key file that is read, in bytes. Keys are much smaller. The limit matters if the path of a device or
/// of a large file is given by mistake.
const LARGEST_FILE: usize = 256 * 1024;

fn recognise(bytes: &[u8]) -> Result<Material, KeyErrorKind> {
    if matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [_, 0, _, 0, ..]) {
        return Err(KeyErrorKind::Utf16);
    }
    // A DER sequence with a length of 128 bytes or more (X.690, section 8.1.3.5).
    if matches!(bytes, [0x30, 0x80..=0xff, ..]) {
        return Err(KeyErrorKind::Der);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| KeyErrorKind::NotAKey)?;
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        Err(KeyErrorKind::Empty)
    } else if text.contains("-----BEGIN") {
        pem::read(text)
    } else if text.starts_with('{') {
        jwk::read(text)
    } else {
        recognise_base64(text)
    }
}

fn recognise_base64(text: &str) -> Result<Material, KeyErrorKind> {
    let decoded = decode_base64(text).ok_or(KeyErrorKind::NotAKey)?;
    if matches!(decoded[..], [0x30, 0x80..=0xff, ..]) {
        return Err(KeyErrorKind::Base64OfDer);
    }
    let inner = std::str::from_utf8(&decoded).map_err(|_| KeyErrorKind::NotAKey)?;
    let inner = inner.trim_start_matches('\u{feff}').trim();
    if inner.starts_with('{') {
        jwk::read(inner).map(|material| Material { form: "base64 of a JWK", ..material })
    } else if inner.contains("-----BEGIN") {
        Err(KeyErrorKind::Base64OfPem)
    } else {
        Err(KeyErrorKind::NotAKey)
    }
}

fn thumbprint([n, e]: &[String; 2]) -> String {
    let members = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
    URL_SAFE_NO_PAD.encode(digest::digest(&SHA256, members.as_bytes()))
}
