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
#[allow(missing_docs, reason = "the variants describe their fields")]
pub enum KeyErrorKind {
    /// The file does not exist.
    #[error("does not exist")]
    Missing,
    /// The file cannot be read, because of this error.
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    /// The path is a directory.
    #[error("is a directory")]
    Directory,
    /// The content is empty.
    #[error("is empty")]
    Empty,
    /// The content is UTF-16 text.
    #[error("is UTF-16 text, but a key must be ASCII")]
    Utf16,
    /// The content is binary: DER or PKCS#12.
    #[error("is binary, but PEM or a JWK is required")]
    Der,
    /// The content is neither a PEM nor a JWK.
    #[error("is not a private key in a supported format")]
    NotAKey,
    /// The PEM block is not a private key. `tag` is the PEM block as messages show it, such as ``a PEM block `DH
    /// PARAMETERS` ``.
    #[error("contains {tag}, not a private key")]
    OtherPem { tag: String },
    /// The PEM block is a public key.
    #[error("is a public key, but a private key is required")]
    PublicKey,
    /// The PEM block is a certificate, and there is no private key.
    #[error("is a certificate without its private key")]
    Certificate,
    /// The private key is encrypted.
    #[error("is encrypted")]
    Encrypted,
    /// The key is not a plain RSA key with two primes. `kind` is the key type, such as `EC`.
    #[error("contains a key of type {kind}, but a plain RSA key is required")]
    NotRsa { kind: String },
    /// The private key is in the format of OpenSSH.
    #[error("is in OpenSSH format, but PEM or a JWK is required")]
    OpenSsh,
    /// There are several private keys. `count` is the number of private keys.
    #[error("contains {count} private keys, but a single key is required")]
    SeveralKeys { count: usize },
    /// The PEM or the key in it is cut off or damaged.
    #[error("is cut off or damaged")]
    Damaged,
    /// The RSA key has fewer than 2048 bits. `bits` is the size of the modulus, in bits.
    #[error("has {bits} bits, but an RSA key must have at least 2048")]
    TooSmall { bits: usize },
    /// The RSA key has more than 8192 bits. `bits` is the size of the modulus, in bits.
    #[error("has {bits} bits, but an RSA key can have at most 8192")]
    TooLarge { bits: usize },
    /// The numbers of the RSA key do not match each other.
    #[error("contains numbers that do not match each other")]
    Inconsistent,
    /// The content begins like JSON, but is not valid JSON. `line` is the line of the syntax error, counted from 1.
    /// `column` is the column of the syntax error, counted from 1.
    #[error("is not valid JSON (line {line}, column {column})")]
    NotJson { line: usize, column: usize },
    /// The JSON is not a JWK or a JWK set. `reason` is the end of the message, such as ``it has no `kty` ``.
    #[error("is JSON, but not a JWK: {reason}")]
    NotAJwk { reason: String },
    /// The JWK, or every JWK in the set, has no `d`, so it is a public key.
    #[error("is a JWK without `d`, so it is a public key")]
    JwkWithoutD,
    /// The JWK has `d`, but lacks other members. `missing` is the missing members, separated by commas, such as `` `p`,
    /// `q` ``.
    #[error("is a JWK without {missing}")]
    JwkIncomplete { missing: String },
    /// The text is the base64 of a PEM.
    #[error("is the base64 of a PEM file")]
    Base64OfPem,
    /// The text is the base64 of a key in DER, without the first and the last line of a PEM.
    #[error("is base64 without the BEGIN and END lines of PEM")]
    Base64OfDer,
    /// The `alg` of the JWK is an algorithm that Maskinporten does not accept. `name` is the value of `alg`.
    #[error("cannot be used: its `alg` is `{name}`, but Maskinporten accepts only RS256, RS384 and RS512")]
    Algorithm { name: String },
}
