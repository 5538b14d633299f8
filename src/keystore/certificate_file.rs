//! Reads the certificates in a file, and recognises other files.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use pkcs8::PrivateKeyInfoRef;
use x509_cert::der::{Decode, Header, Reader, SliceReader};
use x509_cert::request::CertReq;

use super::certificate::X509;
use super::certificate_error::{CertificateError, LONGEST_CHAIN};
use super::encrypted::{EncryptedKey, is_pkcs12};

/// OpenSSL's label for a certificate that is followed by trust settings.
const TRUSTED: &str = "TRUSTED CERTIFICATE";
const LABELS: [&str; 3] = ["CERTIFICATE", "X509 CERTIFICATE", TRUSTED];
/// The beginning of the object identifiers of PKCS#7, in DER.
const PKCS7: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07];

/// Reads the certificates in a file: PEM with any number of certificates, also beside a key, or a certificate in DER.
/// Returns them in DER, in the order of the file.
///
/// # Errors
/// Returns an error if the file contains no certificate, a damaged certificate, or more than 20 certificates.
pub fn certificates(file: &[u8]) -> Result<Vec<Vec<u8>>, CertificateError> {
    let is_pem = file.windows(BEGIN.len()).any(|part| part == BEGIN.as_bytes());
    let certificates = if is_pem { of_pem(&String::from_utf8_lossy(file))? } else { vec![of_der(file)?] };
    for (nth, certificate) in certificates.iter().enumerate() {
        parse(certificate, nth + 1)?;
    }
    Ok(certificates)
}

const BEGIN: &str = "-----BEGIN";

fn of_pem(text: &str) -> Result<Vec<Vec<u8>>, CertificateError> {
    // Only the blocks of certificates are copied and decoded, not the key.
    let blocks = text.split(BEGIN).skip(1).map(|rest| (rest.split("-----").next().unwrap_or_default().trim(), rest));
    let (certificates, others): (Vec<_>, Vec<_>) = blocks.partition(|(label, _)| LABELS.contains(label));
    match others.first() {
        _ if certificates.len() > LONGEST_CHAIN => Err(CertificateError::TooMany { count: certificates.len() }),
        _ if !certificates.is_empty() => certificates.iter().map(|(_, rest)| contents(rest)).collect(),
        Some((label, _)) if label.ends_with("PRIVATE KEY") => Err(CertificateError::PrivateKey),
        Some((label, _)) if label.ends_with("CERTIFICATE REQUEST") => Err(CertificateError::Request),
        Some(("PKCS7" | "CMS", _)) => Err(CertificateError::Pkcs7),
        _ => Err(CertificateError::Missing),
    }
}

/// The certificate in a PEM block, whose text begins after `-----BEGIN`.
fn contents(rest: &str) -> Result<Vec<u8>, CertificateError> {
    // A PEM in an environment variable often has the two characters `\n` in place of each line break.
    let text = format!("{BEGIN}{}", rest.replace("\\r", "").replace("\\n", "\n"));
    let block = pem::parse(text).map_err(|_| CertificateError::CutOff)?;
    let is_trusted = block.tag() == TRUSTED;
    let mut der = block.into_contents();
    if let Some(end) = end(&der).filter(|_| is_trusted) {
        der.truncate(end);
    }
    Ok(der)
}

fn of_der(file: &[u8]) -> Result<Vec<u8>, CertificateError> {
    let text = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file).trim_ascii();
    match text {
        [] => Err(CertificateError::Empty),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [_, 0, ..] | [0, ..] => Err(CertificateError::Utf16),
        [0x30, ..] if !text.is_ascii() => Ok(file.to_vec()),
        _ if is_base64(text) => Err(CertificateError::Base64),
        _ => Err(CertificateError::Missing),
    }
}

/// Whether a text is the base64 of DER.
fn is_base64(text: &[u8]) -> bool {
    let bare: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=').collect();
    bare.starts_with(b"MI") && STANDARD_NO_PAD.decode(bare).is_ok()
}

/// Reads a certificate in DER. `number` is its place in the file, counted from 1.
pub(super) fn parse(der: &[u8], number: usize) -> Result<X509, CertificateError> {
    X509::parse(der).ok_or_else(|| not_one(der, number))
}

/// The reason why bytes are not a certificate. `certutil -encode` writes `BEGIN CERTIFICATE` around any file.
fn not_one(der: &[u8], number: usize) -> CertificateError {
    let is_pkcs7 = der.get(..32).unwrap_or(der).windows(PKCS7.len()).any(|bytes| bytes == PKCS7);
    let is_key = || {
        PrivateKeyInfoRef::try_from(der).is_ok()
            || EncryptedKey::from_der(der).is_ok()
            || pkcs1::RsaPrivateKeyRef::from_der(der).is_ok()
    };
    match end(der) {
        _ if is_pkcs12(der) => CertificateError::Pkcs12,
        _ if is_pkcs7 => CertificateError::Pkcs7,
        _ if CertReq::from_der(der).is_ok() => CertificateError::Request,
        _ if is_key() => CertificateError::PrivateKey,
        Some(end) if x509_cert::Certificate::from_der(&der[..end]).is_ok() => {
            CertificateError::TrailingBytes { number }
        }
        _ => CertificateError::Damaged { number },
    }
}

/// The position after the first element, if the bytes contain it completely.
fn end(der: &[u8]) -> Option<usize> {
    let mut reader = SliceReader::new(der).ok()?;
    let header = Header::decode(&mut reader).ok()?;
    let end = usize::try_from((reader.position() + header.length()).ok()?).ok()?;
    (end <= der.len()).then_some(end)
}
