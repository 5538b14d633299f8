//! Errors of certificates that cannot be sent. Subjects and issuers in them are safe to print.

use chrono::{DateTime, Utc};

/// The largest number of certificates that are read. A chain has three or four.
pub(super) const LONGEST_CHAIN: usize = 20;

/// The reason why certificates cannot be used. The message is the end of a sentence that begins with the name of the
/// file.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the fields are distinguished names and dates of certificates")]
pub enum CertificateError {
    /// The file is empty.
    #[error("is empty")]
    Empty,
    /// The file is UTF-16 text.
    #[error("is UTF-16 text, but PEM must be ASCII")]
    Utf16,
    /// There is no certificate.
    #[error("contains no certificate in PEM or DER")]
    Missing,
    /// A PEM block is cut off or is not base64.
    #[error("is cut off or damaged")]
    CutOff,
    /// The text is base64 without the first and the last line of a PEM.
    #[error("is base64 without the BEGIN and END lines of PEM")]
    Base64,
    /// A PKCS#12 file.
    #[error("is a PKCS#12 file, but a certificate in PEM or DER is required")]
    Pkcs12,
    /// A PKCS#7 bundle.
    #[error("is a PKCS#7 bundle, but certificates in PEM or DER are required")]
    Pkcs7,
    /// A private key without a certificate.
    #[error("contains a private key, but no certificate")]
    PrivateKey,
    /// A certificate request.
    #[error("is a certificate request (CSR), but the certificate that was issued for it is required")]
    Request,
    /// There are more certificates than a chain can have.
    #[error("contains {count} certificates, but at most {LONGEST_CHAIN} are accepted")]
    TooMany { count: usize },
    /// A certificate that cannot be read. `number` is its place in the file, counted from 1.
    #[error("contains a certificate that is cut off or damaged (number {number})")]
    Damaged { number: usize },
    /// Bytes after the end of a certificate. `number` is the certificate's place in the file, counted from 1.
    #[error("has extra bytes after the end of a certificate (number {number})")]
    TrailingBytes { number: usize },
    /// No certificate belongs to the key.
    #[error("contains no certificate for this private key, but a certificate for another key: {subject}")]
    OtherKey { subject: String },
    /// The key in the certificate is not an RSA key. `kind` is the key type, such as `EC`.
    #[error("contains a certificate with a key of type {kind}, but an RSA key is required: {subject}")]
    NotRsa { subject: String, kind: String },
    /// The certificate is its own issuer.
    #[error("contains a self-signed certificate, but a business certificate from an issuer is required: {subject}")]
    SelfSigned { subject: String },
    /// The key belongs to an authority, which issues certificates.
    #[error("contains a CA certificate, but a business certificate is required: {subject}")]
    Authority { subject: String },
    /// The certificate is no longer valid.
    #[error("contains a certificate that expired on {}: {subject}", .on.date_naive())]
    Expired { subject: String, on: DateTime<Utc> },
    /// The certificate is not valid yet.
    #[error("contains a certificate that is not valid before {}: {subject}", .from.date_naive())]
    NotYetValid { subject: String, from: DateTime<Utc> },
    /// The subject has no organisation number and no other identifier of an organisation.
    #[error("contains a certificate without an organisation number: {subject}")]
    NoOrganisation { subject: String },
    /// The certificate of an issuer is missing.
    #[error("does not contain the certificate of the issuer {issuer}, which issued the certificate of {subject}")]
    MissingIssuer { subject: String, issuer: String },
    /// The certificate of the issuer is no longer valid.
    #[error("contains an issuer's certificate that expired on {}: {subject}", .on.date_naive())]
    IssuerExpired { subject: String, on: DateTime<Utc> },
    /// The certificate of the issuer is not valid yet.
    #[error("contains an issuer's certificate that is not valid before {}: {subject}", .from.date_naive())]
    IssuerNotYetValid { subject: String, from: DateTime<Utc> },
    /// The named issuer may not issue certificates.
    #[error("contains a certificate whose issuer is not a CA: {subject}, issued by {issuer}")]
    NotAnAuthority { subject: String, issuer: String },
    /// The key of the named issuer did not sign the certificate.
    #[error("contains a certificate with an invalid signature: {subject}, issued by {issuer}")]
    WrongSignature { subject: String, issuer: String },
    /// The issuers issued each other, and there is no root.
    #[error("contains issuers that issued each other's certificates, and no root certificate: {subject}")]
    Circle { subject: String },
}
