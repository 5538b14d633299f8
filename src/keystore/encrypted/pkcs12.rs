//! Reads the private key and the certificates in a PKCS#12 file (RFC 7292).

use der::asn1::{ObjectIdentifier, OctetStringRef};
use der::{AnyRef, Decode, Encode, Sequence, Tagged};
use pkcs8::AlgorithmIdentifierRef;
use secrecy::zeroize::Zeroizing;

use super::algorithm::{EncryptedKey, MacData};
use super::error::EncryptedError;
use super::passphrase::Passphrase;
use super::pem::to_pem;
use super::{Opened, ber};

/// `PFX` (section 4).
#[derive(Sequence)]
struct Pfx<'a> {
    version: u8,
    safes: ContentInfo<'a>,
    mac: Option<MacData<'a>>,
}

/// `ContentInfo` (RFC 5652, section 3).
#[derive(Sequence)]
struct ContentInfo<'a> {
    kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: AnyRef<'a>,
}

/// `EncryptedData` (RFC 5652, section 8).
#[derive(Sequence)]
struct EncryptedData<'a> {
    version: u8,
    content: EncryptedContent<'a>,
    attributes: Option<AnyRef<'a>>,
}

/// `EncryptedContentInfo` (RFC 5652, section 6.1).
#[derive(Sequence)]
struct EncryptedContent<'a> {
    kind: ObjectIdentifier,
    algorithm: AlgorithmIdentifierRef<'a>,
    /// `[0] IMPLICIT OCTET STRING`. In BER, it may consist of parts.
    data: AnyRef<'a>,
}

/// `SafeBag` (section 4.2). The attributes are ignored: a certificate is matched to the key by its public key.
#[derive(Sequence)]
struct SafeBag<'a> {
    kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: AnyRef<'a>,
    attributes: Option<AnyRef<'a>>,
}

/// `CertBag` (section 4.2.3).
#[derive(Sequence)]
struct CertificateBag<'a> {
    kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: AnyRef<'a>,
}

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");
const KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.1");
const ENCRYPTED_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.2");
const CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.3");
const SAFE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.6");
const X509_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.22.1");

/// Whether a file begins like PKCS#12: a sequence whose first number is the version, 3. The first number of a private
/// key is 0.
pub(in crate::keystore) fn is_pkcs12(file: &[u8]) -> bool {
    matches!(
        file,
        [0x30, 0x80, 2, 1, 3, ..]
            | [0x30, 0x81, _, 2, 1, 3, ..]
            | [0x30, 0x82, _, _, 2, 1, 3, ..]
            | [0x30, 0x83, _, _, _, 2, 1, 3, ..]
            | [0x30, 0x84, _, _, _, _, 2, 1, 3, ..]
    )
}

pub(super) fn open(file: &[u8], text: &str) -> Result<Opened, EncryptedError> {
    // A line break after the file is a usual slip.
    let file = ber::to_der(file).or_else(|| ber::to_der(file.trim_ascii_end())).ok_or(EncryptedError::Damaged)?;
    let pfx = Pfx::from_der(&file)?;
    let mut passphrase = Passphrase::new(text);
    match read(&pfx, &mut passphrase) {
        // Programs differ in the form of the empty passphrase.
        Err(EncryptedError::WrongPassphrase) if text.is_empty() => {
            passphrase.remove_terminator();
            read(&pfx, &mut passphrase)
        }
        opened => opened,
    }
}

fn read(pfx: &Pfx<'_>, passphrase: &mut Passphrase<'_>) -> Result<Opened, EncryptedError> {
    if pfx.safes.kind != DATA {
        return Err(EncryptedError::unsupported(pfx.safes.kind));
    }
    let safes = octets(pfx.safes.content)?;
    if let Some(mac) = &pfx.mac {
        passphrase.verify(mac, &safes)?;
    }
    // If the authentication code accepted the passphrase, the key has a different passphrase.
    let wrong = |error| match error {
        EncryptedError::WrongPassphrase if pfx.mac.is_some() => EncryptedError::OtherPassphrase,
        other => other,
    };
    let mut found = Found::default();
    let safes = ber::to_der(&safes).ok_or(EncryptedError::Damaged)?;
    for safe in Vec::<ContentInfo<'_>>::from_der(&safes)? {
        let bags = match safe.kind {
            DATA => ber::to_der(&octets(safe.content)?).ok_or(EncryptedError::Damaged)?,
            ENCRYPTED_DATA => {
                let EncryptedContent { algorithm, data, .. } = safe.content.decode_as::<EncryptedData<'_>>()?.content;
                passphrase.decrypt(&algorithm, &octets(data)?).map_err(wrong)?
            }
            other => return Err(EncryptedError::unsupported(other)),
        };
        found.add(&bags, &mut |key| passphrase.decrypt(&key.algorithm, key.data.as_bytes()).map_err(wrong))?;
    }
    found.single_key()
}

/// The keys and certificates in the bags.
#[derive(Default)]
struct Found {
    keys: Vec<Zeroizing<Vec<u8>>>,
    certificates: Vec<Vec<u8>>,
}

type Decrypt<'a> = dyn FnMut(&EncryptedKey<'_>) -> Result<Zeroizing<Vec<u8>>, EncryptedError> + 'a;

impl Found {
    /// Adds the keys and certificates in `SafeContents` (section 4.2). Other contents, such as revocation lists, are
    /// left out. The conversion to DER has limited the depth.
    fn add(&mut self, bags: &[u8], decrypt: &mut Decrypt<'_>) -> Result<(), EncryptedError> {
        for bag in Vec::<SafeBag<'_>>::from_der(bags)? {
            match bag.kind {
                KEY => self.keys.push(Zeroizing::new(bag.content.to_der()?)),
                ENCRYPTED_KEY => self.keys.push(decrypt(&bag.content.decode_as()?)?),
                CERTIFICATE => {
                    let certificate: CertificateBag<'_> = bag.content.decode_as()?;
                    if certificate.kind == X509_CERTIFICATE {
                        self.certificates.push(octets(certificate.content)?.to_vec());
                    }
                }
                SAFE => self.add(&Zeroizing::new(bag.content.to_der()?), decrypt)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn single_key(mut self) -> Result<Opened, EncryptedError> {
        self.keys.sort_unstable_by(|a, b| a.as_slice().cmp(b));
        self.keys.dedup();
        match &self.keys[..] {
            [] => Err(EncryptedError::NoKey),
            [key] => Ok(Opened { key: to_pem("PRIVATE KEY", key)?, certificates: self.certificates }),
            keys => Err(EncryptedError::SeveralKeys(keys.len())),
        }
    }
}

/// The content of an octet string, which may have an implicit tag, and may consist of parts.
fn octets(element: AnyRef<'_>) -> Result<Zeroizing<Vec<u8>>, EncryptedError> {
    if !element.tag().is_constructed() {
        return Ok(Zeroizing::new(element.value().to_vec()));
    }
    let mut octets = Zeroizing::new(Vec::with_capacity(element.value().len()));
    let mut rest = element.value();
    while !rest.is_empty() {
        let (part, after) = <&OctetStringRef>::from_der_partial(rest)?;
        octets.extend_from_slice(part.as_bytes());
        rest = after;
    }
    Ok(octets)
}
