//! X.509 certificates (RFC 5280): reads the facts in a certificate, and compares it with a key and an issuer.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use pkcs1::RsaPublicKeyRef;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode, Encode, Header, Reader, SliceReader, Tag, Tagged};
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, BasicConstraints, KeyUsage, SubjectKeyIdentifier};
use x509_cert::name::Name;
use x509_cert::time::Time;

use crate::client::{SigningKey, visible};

/// The longest name that is shown, in characters.
const LONGEST_NAME: usize = 250;
/// The attributes of names (RFC 4519; X.520), as OpenSSL abbreviates them.
const ATTRIBUTES: [(&str, &str); 14] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "street"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.17", "postalCode"),
    ("2.5.4.42", "GN"),
    ("2.5.4.97", "organizationIdentifier"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
];
const ORGANIZATION_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.97");
const SERIAL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.5");
/// The types of public keys, by their object identifiers.
const KEY_KINDS: [(&str, &str); 5] = [
    ("1.2.840.113549.1.1.10", "RSA-PSS"),
    ("1.2.840.10045.2.1", "EC"),
    ("1.3.101.112", "Ed25519"),
    ("1.3.101.113", "Ed448"),
    ("1.2.840.10040.4.1", "DSA"),
];
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// The facts in a certificate that messages show.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The subject's distinguished name, the most specific attribute first. It is safe to print, and shortened to 250
    /// characters.
    pub subject: String,
    /// The issuer's distinguished name, in the same form.
    pub issuer: String,
    /// The organisation's identifier in the subject: a Norwegian organisation number, or another identifier such as
    /// `VATSE-556677889901` (ETSI EN 319 412-1, section 5.1.4).
    pub organisation: Option<String>,
    /// The first second at which the certificate is valid.
    pub not_before: DateTime<Utc>,
    /// The last second at which the certificate is valid.
    pub not_after: DateTime<Utc>,
    /// Whether this is a CA certificate.
    pub is_authority: bool,
    /// Whether its key usage allows signatures: `digitalSignature` or `nonRepudiation` (`contentCommitment`). A
    /// certificate without key usage allows them.
    pub can_sign: bool,
}

impl Certificate {
    /// Reads the facts in a certificate in DER. `None` if it is not a certificate.
    pub fn parse(der: &[u8]) -> Option<Self> {
        X509::parse(der).map(|certificate| certificate.facts)
    }
}

/// A certificate that can be compared with keys and with other certificates.
pub(super) struct X509 {
    pub(super) facts: Certificate,
    pub(super) der: Vec<u8>,
    parsed: x509_cert::Certificate,
    subject: String,
    issuer: String,
    subject_key_id: Option<Vec<u8>>,
    authority_key_id: Option<Vec<u8>>,
    /// Whether the basic constraints state that it is not a CA. Old root certificates have none.
    is_end_entity: bool,
}

impl X509 {
    /// Reads a certificate in DER. `None` if it is not a certificate.
    pub(super) fn parse(der: &[u8]) -> Option<Self> {
        let parsed = x509_cert::Certificate::from_der(der).ok()?;
        let body = parsed.tbs_certificate();
        // An extension that cannot be parsed is ignored.
        let constraints = body.get_extension::<BasicConstraints>().ok().flatten().map(|(_, constraints)| constraints);
        let usage = body.get_extension::<KeyUsage>().ok().flatten().map(|(_, usage)| usage);
        let subject_key_id = body.get_extension::<SubjectKeyIdentifier>().ok().flatten();
        let authority_key_id = body.get_extension::<AuthorityKeyIdentifier>().ok().flatten();
        let (subject, issuer) = (name(body.subject()), name(body.issuer()));
        let facts = Certificate {
            subject: shown(&subject),
            issuer: shown(&issuer),
            organisation: organisation(body.subject()),
            not_before: moment(body.validity().not_before),
            not_after: moment(body.validity().not_after),
            is_authority: constraints.as_ref().is_some_and(|constraints| constraints.ca),
            can_sign: usage.is_none_or(|usage| usage.digital_signature() || usage.non_repudiation()),
        };
        Some(Self {
            der: der.to_vec(),
            subject: comparable(&subject),
            issuer: comparable(&issuer),
            subject_key_id: subject_key_id.map(|(_, id)| id.0.into_bytes().into()),
            authority_key_id: authority_key_id.and_then(|(_, id)| Some(id.key_identifier?.into_bytes().into())),
            is_end_entity: constraints.is_some_and(|constraints| !constraints.ca),
            facts,
            parsed,
        })
    }

    pub(super) fn is_valid_at(&self, now: DateTime<Utc>) -> bool {
        (self.facts.not_before..=self.facts.not_after).contains(&now)
    }

    /// Whether the certificate contains the public half of this key.
    pub(super) fn belongs_to(&self, key: &SigningKey) -> bool {
        let spki = self.parsed.tbs_certificate().subject_public_key_info();
        let numbers = spki.subject_public_key.as_bytes().and_then(|der| RsaPublicKeyRef::from_der(der).ok());
        let own = key.public_jwk();
        spki.algorithm.oid == RSA
            && numbers.is_some_and(|RsaPublicKeyRef { modulus, public_exponent }| {
                [("n", modulus), ("e", public_exponent)]
                    .iter()
                    .all(|(name, number)| own[*name] == URL_SAFE_NO_PAD.encode(number.as_bytes()))
            })
    }

    /// The type of its key, if it is not RSA.
    pub(super) fn other_key_kind(&self) -> Option<String> {
        let oid = self.parsed.tbs_certificate().subject_public_key_info().algorithm.oid;
        (oid != RSA).then(|| known(&KEY_KINDS, oid))
    }

    /// Whether it names itself as its issuer. The signature of a root proves nothing, so it is not checked.
    pub(super) fn is_self_signed(&self) -> bool {
        self.names_as_issuer(self)
    }

    /// Whether the names and the key identifiers match this issuer.
    pub(super) fn names_as_issuer(&self, issuer: &Self) -> bool {
        let ids = self.authority_key_id.as_ref().zip(issuer.subject_key_id.as_ref());
        self.issuer == issuer.subject && ids.is_none_or(|(named, own)| named == own)
    }

    /// Whether the issuer may issue certificates.
    pub(super) fn may_issue(&self) -> bool {
        !self.is_end_entity
    }

    /// Whether the issuer's key verifies the signature of this certificate. A signature with an unknown algorithm, such
    /// as SHA-1, is left to the server.
    pub(super) fn may_be_signed_by(&self, issuer: &Self) -> bool {
        if self.parsed.signature_algorithm() != self.parsed.tbs_certificate().signature() {
            return false;
        }
        let public = issuer.parsed.tbs_certificate().subject_public_key_info();
        // The identifiers of `webpki` lack the header of the sequence.
        let identifiers = (self.parsed.signature_algorithm().to_der(), public.algorithm.to_der());
        let (Ok(signed_with), Ok(key)) = identifiers else { return true };
        let algorithm = webpki::ALL_VERIFICATION_ALGS.iter().find(|algorithm| {
            signed_with.get(2..) == Some(algorithm.signature_alg_id().as_ref())
                && key.get(2..) == Some(algorithm.public_key_alg_id().as_ref())
        });
        let parts = (public.subject_public_key.as_bytes(), self.signed_part(), self.parsed.signature().as_bytes());
        match (algorithm, parts) {
            (None, _) => true,
            (Some(algorithm), (Some(key), Some(message), Some(signature))) => {
                algorithm.verify_signature(key, message, signature).is_ok()
            }
            (Some(_), _) => false,
        }
    }

    /// The bytes of the certificate that its signature covers.
    fn signed_part(&self) -> Option<&[u8]> {
        let mut reader = SliceReader::new(&self.der).ok()?;
        Header::decode(&mut reader).ok()?;
        reader.tlv_bytes().ok()
    }
}

/// A name as text, the most specific attribute first. A value with a character that separates attributes is in quotes
/// (RFC 1779, section 2.3), which is easier to read than the escapes of RFC 4514.
fn name(name: &Name) -> String {
    let attributes: Vec<&AttributeTypeAndValue> = name.iter().collect();
    let attributes = attributes.iter().rev().map(|attribute| {
        let (name, value) = (known(&ATTRIBUTES, attribute.oid), text(attribute));
        match value.contains([',', '+', '"', '\\', '<', '>', ';', '=']) {
            true => format!("{name}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
            false => format!("{name}={value}"),
        }
    });
    attributes.collect::<Vec<_>>().join(", ")
}

/// The name of an object identifier, or the identifier itself if it is unknown.
fn known(names: &[(&str, &str)], oid: ObjectIdentifier) -> String {
    let number = oid.to_string();
    names.iter().find(|(known, _)| *known == number).map_or(number, |(_, name)| (*name).to_owned())
}

/// The value of an attribute. Certificates often have characters that their string type does not allow, so no type is
/// strict.
fn text(attribute: &AttributeTypeAndValue) -> String {
    let bytes = attribute.value.value();
    match attribute.value.tag() {
        Tag::BmpString => {
            let units: Vec<u16> =
                bytes.chunks(2).map(|pair| pair.iter().fold(0, |unit, byte| unit << 8 | u16::from(*byte))).collect();
            String::from_utf16_lossy(&units)
        }
        // Teletex strings are Latin-1 in practice.
        Tag::TeletexString => bytes.iter().copied().map(char::from).collect(),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// The name with at most 250 characters, and without characters that act on a terminal.
fn shown(name: &str) -> String {
    if name.is_empty() {
        return "(no name)".to_owned();
    }
    match name.char_indices().nth(LONGEST_NAME - 1) {
        Some((end, _)) => format!("{}…", visible(&name[..end])),
        None => visible(name),
    }
}

/// The form of a name in which it is compared: case and repeated spaces do not count (RFC 5280, section 7.1).
fn comparable(name: &str) -> String {
    name.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The organisation's identifier. Certificates of the Norwegian profile SEID 2 have it in `organizationIdentifier`,
/// older certificates have the number in `serialNumber`.
fn organisation(subject: &Name) -> Option<String> {
    let values =
        |oid| subject.iter().filter(move |attribute| attribute.oid == oid).map(|value| text(value).trim().to_owned());
    let is_number = |text: &str| text.len() == 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    let identifier = |value: String| match value.strip_prefix("NTRNO-") {
        Some(number) => is_number(number).then(|| number.to_owned()),
        None => (!value.is_empty()).then(|| shown(&value)),
    };
    let serial_number = || values(SERIAL_NUMBER).find(|value| is_number(value));
    values(ORGANIZATION_IDENTIFIER).find_map(identifier).or_else(serial_number)
}

fn moment(time: Time) -> DateTime<Utc> {
    // The last year of X.509 is 9999.
    let seconds = i64::try_from(time.to_unix_duration().as_secs()).unwrap_or_default();
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}
