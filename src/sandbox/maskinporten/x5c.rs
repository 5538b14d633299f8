//! Checks the certificate chain of a grant, `x5c`, from a client that is registered for business certificates.
//!
//! The checks run in this order: no key id; the form of `x5c`, and the order and completeness of the chain (MP-123);
//! the client's certificate, the authority, the signatures and the validity (MP-120); the organisation (MP-122).
//!
//! Sources: Digdir's documentation of Maskinporten ("JWT grant", "Troubleshooting"); RFC 7515, section 4.1.6; RFC 5280,
//! section 6.1; github.com/digipost/certificate-validator, `X509.java` (the attributes with the organisation number).

use std::fmt;
use std::sync::LazyLock;

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use jsonwebtoken::DecodingKey;
use serde_json::{Map, Value};
use x509_cert::Certificate;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Decode, Header, Reader, SliceReader};
use x509_cert::ext::pkix::BasicConstraints;
use x509_cert::ext::pkix::name::DirectoryString;
use x509_cert::name::Name;

use super::super::fixtures::{Client, ROOT};
use super::refusal::{Refusal, display, excerpt};

/// The maximum number of certificates in a chain.
const LONGEST_CHAIN: usize = 10;
/// The sizes of RSA keys that are accepted, in bits.
const KEY_SIZES: std::ops::RangeInclusive<usize> = 2048..=8192;

const ORGANIZATION_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.97");
const SERIAL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.5");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const RSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const RSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");

static TRUSTED: LazyLock<Link> = LazyLock::new(|| {
    let pem = pem::parse(ROOT).expect("the file is part of the program");
    Link::read(pem.into_contents()).expect("the file holds a certificate")
});

/// A certificate of a chain.
pub(super) struct Link {
    der: Vec<u8>,
    certificate: Certificate,
}

/// Returns the client's certificate, which has the key that signs the grant.
pub(super) fn check(header: &Map<String, Value>, client: &Client, now: DateTime<Utc>) -> Result<Link, Refusal> {
    if let Some(kid) = header.get("kid") {
        let why = "because the client is registered for business certificates";
        let got = display(Some(kid));
        let what = format!("Unknown key identifier (kid) for client: expected none, {why}, got {got}");
        return Err(Refusal::grant(None, what));
    }
    let mut chain = read(header.get("x5c"))?;
    check_order(&chain)?;
    check_leaf(&chain[0])?;
    check_authority(&chain)?;
    chain.iter().try_for_each(|link| check_validity(link, now))?;
    check_organisation(&chain[0], client)?;
    Ok(chain.swap_remove(0))
}

fn read(x5c: Option<&Value>) -> Result<Vec<Link>, Refusal> {
    let texts = x5c.and_then(Value::as_array).map(|items| items.iter().map(Value::as_str));
    let texts: Vec<&str> = match texts.and_then(Iterator::collect) {
        Some(texts) => texts,
        None => return Err(malformed(format!("x5c: expected an array of strings, got {}", display(x5c)))),
    };
    if texts.is_empty() || texts.len() > LONGEST_CHAIN {
        let got = texts.len();
        return Err(malformed(format!("x5c: expected 1 to {LONGEST_CHAIN} certificates, got {got}")));
    }
    texts.into_iter().enumerate().map(|(nth, text)| entry(nth, text)).collect()
}

fn entry(nth: usize, text: &str) -> Result<Link, Refusal> {
    let der = STANDARD.decode(text).map_err(|_| {
        // The text may be a private key, so the refusal does not quote it.
        let got = match text {
            _ if text.contains("-----BEGIN") => "PEM".to_owned(),
            _ if text.contains(char::is_whitespace) => "text with line breaks or spaces".to_owned(),
            _ if text.contains(['-', '_']) => "base64url".to_owned(),
            _ => format!("text with {} characters", text.chars().count()),
        };
        malformed(format!("x5c[{nth}]: expected a certificate in standard base64 with padding, got {got}"))
    })?;
    let length = der.len();
    let wrong = || {
        malformed(format!(
            "x5c[{nth}]: expected one whole certificate in DER, got {length} bytes that are not a certificate"
        ))
    };
    Link::read(der).ok_or_else(wrong)
}

/// Checks that each certificate is followed by its issuer's. The root may be missing, because the sandbox has it.
fn check_order(chain: &[Link]) -> Result<(), Refusal> {
    for (nth, pair) in chain.windows(2).enumerate() {
        let issuer = pair[0].issuer();
        if issuer != pair[1].subject() {
            let cause = match chain.iter().any(|link| link.subject() == issuer) {
                true => "the client's certificate comes first, and each certificate before its issuer's",
                false => "the chain has a gap",
            };
            return Err(missing(nth + 1, &pair[0], &format!("the certificate of {}: {cause}", pair[1])));
        }
    }
    match chain {
        [leaf] if leaf.issuer() != leaf.subject() && leaf.issuer() != TRUSTED.subject() => {
            Err(missing(1, leaf, "nothing: the chain needs the certificate of each issuer up to the root"))
        }
        _ => Ok(()),
    }
}

fn missing(nth: usize, issued: &Link, got: &str) -> Refusal {
    let issuer = display_name(issued.issuer());
    malformed(format!(
        "x5c[{nth}]: expected the certificate of {issuer}, which issued the certificate of {issued}, got {got}"
    ))
}

fn check_leaf(leaf: &Link) -> Result<(), Refusal> {
    if leaf.constraints().is_some_and(|constraints| constraints.ca) {
        return Err(unacceptable(format!("expected the client's certificate, got the CA certificate of {leaf}")));
    }
    if leaf.issuer() == leaf.subject() {
        return Err(unacceptable(format!(
            "expected a certificate from an authority, got {leaf}, which is self-signed"
        )));
    }
    let key = leaf.certificate.tbs_certificate().subject_public_key_info();
    let got = match key.algorithm.oid {
        RSA => match pkcs1::RsaPublicKeyRef::from_der(leaf.public_key()) {
            Ok(key) => {
                let modulus = key.modulus.as_bytes();
                let unused = modulus.first().map_or(0, |first| first.leading_zeros() as usize);
                let size = modulus.len() * 8 - unused;
                if KEY_SIZES.contains(&size) {
                    return Ok(());
                }
                format!("RSA with {size} bits")
            }
            Err(_) => "an invalid RSA key".to_owned(),
        },
        EC => "EC".to_owned(),
        other => format!("a key of type {other}"),
    };
    let (least, most) = (KEY_SIZES.start(), KEY_SIZES.end());
    Err(unacceptable(format!("{leaf}: expected an RSA key with {least} to {most} bits, got {got}")))
}

/// Checks that the chain ends at the sandbox's root, that each issuer may issue, and that the signatures match.
fn check_authority(chain: &[Link]) -> Result<(), Refusal> {
    let top = chain.last().expect("the chain is not empty");
    if top.issuer() != TRUSTED.subject() {
        let got = display_name(top.issuer());
        let what = format!(
            "issued below {got}, which is not trusted: expected {}, since only test certificates are accepted",
            *TRUSTED
        );
        return Err(unacceptable(what));
    }
    for (below, issuer) in chain[1..].iter().enumerate() {
        let constraints = issuer.constraints().filter(|constraints| constraints.ca);
        let Some(constraints) = constraints else {
            return Err(unacceptable(format!(
                "expected a CA as the issuer of {}, got {issuer}, which is not a CA",
                chain[below]
            )));
        };
        // RFC 5280, section 4.2.1.9: the limit counts the CAs below, without the client's certificate.
        if constraints.path_len_constraint.is_some_and(|most| below > usize::from(most)) {
            return Err(unacceptable(format!("expected no CA below {issuer}, which may not issue CA certificates")));
        }
    }
    let issuers = chain[1..].iter().chain([&*TRUSTED]);
    match chain.iter().zip(issuers).find(|(link, issuer)| !link.is_signed_by(issuer)) {
        None => Ok(()),
        Some((link, issuer)) => Err(unacceptable(format!(
            "{link}: expected a signature by {issuer}, with RSA and SHA-256, SHA-384 or SHA-512, got another signature"
        ))),
    }
}

fn check_validity(link: &Link, now: DateTime<Utc>) -> Result<(), Refusal> {
    let validity = link.certificate.tbs_certificate().validity();
    let seconds = |time: x509_cert::time::Time| time.to_unix_duration().as_secs() as i64;
    let state = match now.timestamp() {
        now if now < seconds(validity.not_before) => "is not valid yet",
        now if now > seconds(validity.not_after) => "has expired",
        _ => return Ok(()),
    };
    let (from, to, now) = (validity.not_before, validity.not_after, now.format("%Y-%m-%dT%H:%M:%SZ"));
    Err(unacceptable(format!(
        "expected a certificate that is valid at {now}, got {link}, which {state}: it is valid from {from} to {to}"
    )))
}

fn check_organisation(leaf: &Link, client: &Client) -> Result<(), Refusal> {
    let got = match leaf.organisation() {
        Some(organisation) if organisation == client.vendor => return Ok(()),
        Some(organisation) => organisation,
        None => "no organizationIdentifier such as NTRNO-123456789, and no serialNumber with 9 digits".to_owned(),
    };
    let expected = format!("expected {}, got {got} in the certificate of {leaf}", client.vendor);
    Err(Refusal::grant("MP-122", format!("The certificate does not belong to the client's organisation: {expected}")))
}

fn malformed(what: String) -> Refusal {
    Refusal::grant("MP-123", what)
}

fn unacceptable(what: String) -> Refusal {
    Refusal::grant("MP-120", format!("Client authentication failed. Invalid certificate: {what}"))
}

impl Link {
    fn read(der: Vec<u8>) -> Option<Self> {
        let certificate = Certificate::from_der(&der).ok()?;
        Some(Self { der, certificate })
    }

    fn subject(&self) -> &Name {
        self.certificate.tbs_certificate().subject()
    }

    fn issuer(&self) -> &Name {
        self.certificate.tbs_certificate().issuer()
    }

    /// The basic constraints, unless they are missing or malformed.
    fn constraints(&self) -> Option<BasicConstraints> {
        Some(self.certificate.tbs_certificate().get_extension().ok()??.1)
    }

    /// The public key in the form of its algorithm, which is PKCS#1 for RSA.
    fn public_key(&self) -> &[u8] {
        self.certificate.tbs_certificate().subject_public_key_info().subject_public_key.raw_bytes()
    }

    /// The key that verifies a grant. The certificate must have an RSA key.
    pub(super) fn key(&self) -> DecodingKey {
        DecodingKey::from_rsa_der(self.public_key())
    }

    /// The organisation number in the subject: in `organizationIdentifier`, or in an older certificate in
    /// `serialNumber`.
    fn organisation(&self) -> Option<String> {
        let text = |attribute| self.subject().by_oid::<DirectoryString>(attribute).ok().flatten();
        let identifier = text(ORGANIZATION_IDENTIFIER).map(|text| text.value().into_owned());
        let identifier = identifier.and_then(|text| text.strip_prefix("NTRNO-").map(str::to_owned));
        let serial_number = text(SERIAL_NUMBER).map(|text| text.value().into_owned());
        let is_number = |text: &String| text.len() == 9 && text.bytes().all(|byte| byte.is_ascii_digit());
        identifier.filter(is_number).or(serial_number.filter(is_number))
    }

    fn is_signed_by(&self, issuer: &Self) -> bool {
        let algorithm = self.certificate.signature_algorithm();
        let hash = match algorithm.oid {
            RSA_SHA256 => &RSA_PKCS1_2048_8192_SHA256,
            RSA_SHA384 => &RSA_PKCS1_2048_8192_SHA384,
            RSA_SHA512 => &RSA_PKCS1_2048_8192_SHA512,
            _ => return false,
        };
        // Encoding the certificate again could give other bytes.
        let signed = || {
            let mut reader = SliceReader::new(&self.der).ok()?;
            Header::decode(&mut reader).ok()?;
            reader.tlv_bytes().ok()
        };
        let signature = self.certificate.signature().as_bytes();
        let key = UnparsedPublicKey::new(hash, issuer.public_key());
        // RFC 5280, section 4.1.1.2: both algorithms must be the same.
        algorithm == self.certificate.tbs_certificate().signature()
            && signed().zip(signature).is_some_and(|(signed, signature)| key.verify(signed, signature).is_ok())
    }
}

impl fmt::Display for Link {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&display_name(self.subject()))
    }
}

/// The common name. The text of a whole name would need the table of all object identifiers, which makes every start of
/// the program slower.
fn display_name(name: &Name) -> String {
    match name.common_name() {
        Ok(Some(common_name)) => excerpt(&common_name.value()),
        _ if name.is_empty() => "an empty name".to_owned(),
        _ => "a name without a common name".to_owned(),
    }
}
