//! Key files that are more than a plain key: encrypted keys, PKCS#12 files, and business certificates
//! (virksomhetssertifikater).
//!
//! [`Encrypted`] recognises an encrypted key file and decrypts it. [`certificates`] reads the certificates in a file,
//! and [`Chain`] checks that they belong to a key. This module works on bytes and a given time; it reads no file,
//! variable, terminal or clock. `client` accepts the results: a key in PEM, and the certificates in DER.

mod certificate;
mod certificate_error;
mod certificate_file;
mod chain;
mod encrypted;

pub use self::certificate::Certificate;
pub use self::certificate_error::CertificateError;
pub use self::certificate_file::certificates;
pub use self::chain::{Chain, business_certificate};
pub use self::encrypted::{Encrypted, EncryptedError, Opened};
