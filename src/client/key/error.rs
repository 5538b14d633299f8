//! Errors of keys that cannot sign grants. An error never contains any part of a key.

use std::io;

/// The error for a key that cannot sign grants.
#[derive(Debug, thiserror::Error)]
#[error("{key} {kind}")]
pub struct KeyError {
    /// The name of the key in messages, such as ``the key file `key.pem` ``.
    pub key: String,
    /// The problem with the key.
    pub kind: KeyErrorKind,
}

/// The problem with a key. The message is the end of a sentence that begins with the name of the key.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages describe the variants")]
pub enum KeyErrorKind {
    #[error("does not exist")]
    Missing,
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    #[error("is a directory")]
    Directory,
    #[error("is empty")]
    Empty,
    #[error("is UTF-16 text, but a key must be ASCII")]
    Utf16,
    #[error("is binary (DER or PKCS#12), but must be a PEM or JWK")]
    Der,
    #[error("is not a private key in PEM or JWK form")]
    NotAKey,
    #[error("contains {tag}, not a private key")]
    OtherPem { tag: String },
    #[error("is a public key, but signing needs the private key")]
    PublicKey,
    #[error("is a certificate without its private key")]
    Certificate,
    #[error("is encrypted")]
    Encrypted,
    #[error("has the key type {kind}, but must be a plain RSA key")]
    NotRsa { kind: String },
    #[error("is in OpenSSH format, but must be a PEM or JWK")]
    OpenSsh,
    #[error("contains {count} private keys, but must contain only one")]
    SeveralKeys { count: usize },
    #[error("is cut off or damaged")]
    Damaged,
    #[error("has {bits} bits, but an RSA key must have at least 2048")]
    TooSmall { bits: usize },
    #[error("has {bits} bits, but an RSA key can have at most 8192")]
    TooLarge { bits: usize },
    #[error("contains numbers that do not match each other")]
    Inconsistent,
    #[error("is not valid JSON (line {line}, column {column})")]
    NotJson { line: usize, column: usize },
    #[error("is JSON, but not a JWK: {reason}")]
    NotAJwk { reason: String },
    #[error("is a JWK without `d`, so it is the public half")]
    JwkWithoutD,
    #[error("is a JWK that lacks {missing}")]
    JwkIncomplete { missing: String },
    #[error("is the base64 of a PEM file")]
    Base64OfPem,
    #[error("is base64 without the lines that begin and end a PEM")]
    Base64OfDer,
    #[error("cannot be used: the algorithm is `{name}`, but Maskinporten accepts only RS256, RS384 and RS512")]
    Algorithm { name: String },
}
