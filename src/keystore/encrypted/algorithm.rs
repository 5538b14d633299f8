//! The algorithms of encrypted files: their object identifiers, and their parameters.

use aws_lc_rs::{hmac, pbkdf2};
use der::Sequence;
use der::asn1::{ObjectIdentifier, OctetStringRef};
use pkcs8::AlgorithmIdentifierRef;

use super::cipher::Cipher;
use super::error::EncryptedError;

/// `EncryptedPrivateKeyInfo` (RFC 5958, section 3).
#[derive(Sequence)]
pub(in crate::keystore) struct EncryptedKey<'a> {
    pub(super) algorithm: AlgorithmIdentifierRef<'a>,
    pub(super) data: &'a OctetStringRef,
}

/// `DigestInfo` (RFC 8017, appendix A.2.4).
#[derive(Sequence)]
pub(super) struct DigestInfo<'a> {
    pub(super) algorithm: AlgorithmIdentifierRef<'a>,
    pub(super) digest: &'a OctetStringRef,
}

/// `MacData` (RFC 7292, section 4).
#[derive(Sequence)]
pub(super) struct MacData<'a> {
    pub(super) mac: DigestInfo<'a>,
    pub(super) salt: &'a OctetStringRef,
    #[asn1(default = "once")]
    pub(super) iterations: u32,
}

fn once() -> u32 {
    1
}

/// `PBES2-params` and `PBMAC1-params` (RFC 8018, appendix A.4 and A.5): how to derive the key, and its use.
#[derive(Sequence)]
pub(super) struct Pbes2Parameters<'a> {
    pub(super) derivation: AlgorithmIdentifierRef<'a>,
    pub(super) usage: AlgorithmIdentifierRef<'a>,
}

/// `PBKDF2-params` (RFC 8018, appendix A.2).
#[derive(Sequence)]
pub(super) struct Pbkdf2Parameters<'a> {
    pub(super) salt: &'a OctetStringRef,
    pub(super) iterations: u32,
    pub(super) key_length: Option<u16>,
    pub(super) hmac: Option<AlgorithmIdentifierRef<'a>>,
}

/// `scrypt-params` (RFC 7914, section 7).
#[derive(Sequence)]
pub(super) struct ScryptParameters<'a> {
    pub(super) salt: &'a OctetStringRef,
    pub(super) cost: u64,
    pub(super) block_size: u16,
    pub(super) parallelization: u16,
    pub(super) key_length: Option<u16>,
}

/// `pkcs-12PbeParams` (RFC 7292, appendix C).
#[derive(Sequence)]
pub(super) struct Pkcs12Parameters<'a> {
    pub(super) salt: &'a OctetStringRef,
    pub(super) iterations: u32,
}

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

pub(super) const PBKDF2: ObjectIdentifier = oid("1.2.840.113549.1.5.12");
pub(super) const PBES2: ObjectIdentifier = oid("1.2.840.113549.1.5.13");
pub(super) const PBMAC1: ObjectIdentifier = oid("1.2.840.113549.1.5.14");
pub(super) const SCRYPT: ObjectIdentifier = oid("1.3.6.1.4.1.11591.4.11");

/// The ciphers of PBES2.
const PBES2_CIPHERS: [(ObjectIdentifier, Cipher); 4] = [
    (oid("2.16.840.1.101.3.4.1.2"), Cipher::Aes128),
    (oid("2.16.840.1.101.3.4.1.22"), Cipher::Aes192),
    (oid("2.16.840.1.101.3.4.1.42"), Cipher::Aes256),
    (oid("1.2.840.113549.3.7"), Cipher::TripleDes),
];

/// The older algorithms of PKCS#12, which all use SHA-1.
const PKCS12_CIPHERS: [(ObjectIdentifier, Cipher); 4] = [
    (oid("1.2.840.113549.1.12.1.3"), Cipher::TripleDes),
    (oid("1.2.840.113549.1.12.1.4"), Cipher::TripleDesWithTwoKeys),
    (oid("1.2.840.113549.1.12.1.5"), Cipher::Rc2With128Bits),
    (oid("1.2.840.113549.1.12.1.6"), Cipher::Rc2With40Bits),
];

/// A hash function: the object identifiers of the function and of its HMAC, its algorithms, and its work
/// compared with SHA-256.
pub(super) struct Hash {
    oid: ObjectIdentifier,
    hmac_oid: ObjectIdentifier,
    pub(super) hmac: hmac::Algorithm,
    pub(super) pbkdf2: pbkdf2::Algorithm,
    work: u64,
}

impl Hash {
    /// The work of deriving a key, which has a part for each output of the hash function.
    pub(super) fn work_of(&self, iterations: u32, length: usize) -> u64 {
        let parts = length.div_ceil(self.hmac.digest_algorithm().output_len());
        self.work * u64::from(iterations) * parts as u64
    }
}

pub(super) const SHA1: Hash = Hash {
    oid: oid("1.3.14.3.2.26"),
    hmac_oid: oid("1.2.840.113549.2.7"),
    hmac: hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
    pbkdf2: pbkdf2::PBKDF2_HMAC_SHA1,
    work: 1,
};
static HASHES: [Hash; 4] = [
    SHA1,
    Hash {
        oid: oid("2.16.840.1.101.3.4.2.1"),
        hmac_oid: oid("1.2.840.113549.2.9"),
        hmac: hmac::HMAC_SHA256,
        pbkdf2: pbkdf2::PBKDF2_HMAC_SHA256,
        work: 1,
    },
    Hash {
        oid: oid("2.16.840.1.101.3.4.2.2"),
        hmac_oid: oid("1.2.840.113549.2.10"),
        hmac: hmac::HMAC_SHA384,
        pbkdf2: pbkdf2::PBKDF2_HMAC_SHA384,
        work: 3,
    },
    Hash {
        oid: oid("2.16.840.1.101.3.4.2.3"),
        hmac_oid: oid("1.2.840.113549.2.11"),
        hmac: hmac::HMAC_SHA512,
        pbkdf2: pbkdf2::PBKDF2_HMAC_SHA512,
        work: 3,
    },
];

/// The cipher of PBES2 with this object identifier.
pub(super) fn pbes2_cipher(oid: ObjectIdentifier) -> Result<Cipher, EncryptedError> {
    find(&PBES2_CIPHERS, |(known, _)| *known == oid, oid).map(|(_, cipher)| *cipher)
}

/// The cipher of the older algorithm of PKCS#12 with this object identifier.
pub(super) fn pkcs12_cipher(oid: ObjectIdentifier) -> Result<Cipher, EncryptedError> {
    find(&PKCS12_CIPHERS, |(known, _)| *known == oid, oid).map(|(_, cipher)| *cipher)
}

/// The hash function with this object identifier.
pub(super) fn hash_of_digest(oid: ObjectIdentifier) -> Result<&'static Hash, EncryptedError> {
    find(&HASHES, |hash| hash.oid == oid, oid)
}

/// The hash function of the HMAC with this object identifier.
pub(super) fn hash_of_hmac(oid: ObjectIdentifier) -> Result<&'static Hash, EncryptedError> {
    find(&HASHES, |hash| hash.hmac_oid == oid, oid)
}

fn find<T>(rows: &[T], is_it: impl Fn(&T) -> bool, oid: ObjectIdentifier) -> Result<&T, EncryptedError> {
    rows.iter().find(|row| is_it(row)).ok_or_else(|| EncryptedError::unsupported(oid))
}
