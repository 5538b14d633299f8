//! Why a key cannot sign grants. No part of a key is ever said.

use std::io;

/// Why a key cannot sign grants: which key, and what is the matter with it.
#[derive(Debug, thiserror::Error)]
#[error("{key} {kind}")]
pub struct KeyError {
    /// The key, as a person knows it.
    pub key: String,
    /// What is the matter with it.
    pub kind: KeyErrorKind,
}

/// What is the matter with a key, as the end of a sentence about it.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the sentences say it")]
pub enum KeyErrorKind {
    #[error("does not exist")]
    Missing,
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    #[error("is a directory")]
    Directory,
    #[error("is empty")]
    Empty,
    #[error("is UTF-16 text, and a key is plain ASCII")]
    Utf16,
    #[error("is binary (DER or PKCS#12), and a PEM or JWK is needed")]
    Der,
    #[error("is not a private key in PEM or JWK form")]
    NotAKey,
    #[error("holds {tag}, and not a private key")]
    OtherPem { tag: String },
    #[error("is a public key, and signing needs the private one")]
    PublicKey,
    #[error("is a certificate without its private key")]
    Certificate,
    #[error("is encrypted")]
    Encrypted,
    #[error("is of the kind {kind}, and a plain RSA key is needed")]
    NotRsa { kind: String },
    #[error("is in the format of OpenSSH, and a PEM or JWK is needed")]
    OpenSsh,
    #[error("holds {count} private keys, and it is not clear which one to sign with")]
    SeveralKeys { count: usize },
    #[error("is cut off or damaged")]
    Damaged,
    #[error("has {bits} bits, and an RSA key of at least 2048 is needed")]
    TooSmall { bits: usize },
    #[error("has {bits} bits, and RSA keys of at most 8192 can be used")]
    TooLarge { bits: usize },
    #[error("holds numbers that do not belong together")]
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
    #[error("cannot be used: the algorithm is `{name}`, and Maskinporten takes RS256, RS384 and RS512")]
    Algorithm { name: String },
}
