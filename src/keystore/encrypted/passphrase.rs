//! Decrypts with a passphrase, and checks authentication codes with it: PBES2 and PBMAC1 (RFC 8018), and the older
//! algorithms of PKCS#12 (RFC 7292, appendix B and C).

use std::num::NonZeroU32;

use aws_lc_rs::digest::{self, digest};
use aws_lc_rs::{hmac, pbkdf2};
use der::asn1::OctetStringRef;
use pkcs8::AlgorithmIdentifierRef;
use scrypt::scrypt;
use secrecy::zeroize::Zeroizing;

use super::algorithm::{
    Hash, MacData, PBES2, PBKDF2, PBMAC1, Pbes2Parameters, Pbkdf2Parameters, Pkcs12Parameters, SCRYPT, SHA1,
    ScryptParameters, hash_of_digest, hash_of_hmac, pbes2_cipher, pkcs12_cipher,
};
use super::error::EncryptedError;

/// The maximum work for all key derivations of a file, in calls of SHA-1 or SHA-256. It is enough for 1,000,000
/// iterations of each HMAC in a PEM file, and for 600,000 iterations of OpenSSL's algorithms for the
/// authentication code, the certificates and the key in a PKCS#12 file; programs use 2,048 to 100,000 iterations. It
/// takes about half a second.
const MOST_WORK: u64 = 6_000_000;
/// The work of scrypt for each block. The maximum is 2^20 blocks, which need 128 MiB.
const SCRYPT_WORK: u64 = 5;

/// The use of a key in PKCS#12 (RFC 7292, appendix B.3).
#[derive(Clone, Copy)]
enum Purpose {
    Encryption = 1,
    Iv = 2,
    Mac = 3,
}

/// A passphrase, and the work that is left for its key derivations.
pub(super) struct Passphrase<'a> {
    utf8: &'a str,
    /// `BMPString` with a terminator (RFC 7292, appendix B.1). Characters outside the BMP are two surrogates, as
    /// OpenSSL and Windows write them.
    utf16: Zeroizing<Vec<u8>>,
    work: u64,
}

impl<'a> Passphrase<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut utf16 = Zeroizing::new(Vec::with_capacity(text.len() * 2 + 2));
        text.encode_utf16().chain([0]).for_each(|unit| utf16.extend(unit.to_be_bytes()));
        Self { utf8: text, utf16, work: MOST_WORK }
    }

    /// Changes to the other form of the empty passphrase in PKCS#12, which has no terminator.
    pub(super) fn remove_terminator(&mut self) {
        self.utf16.clear();
    }

    /// Decrypts an element of BER, and returns it in DER.
    pub(super) fn decrypt(
        &mut self,
        algorithm: &AlgorithmIdentifierRef<'_>,
        data: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, EncryptedError> {
        let parameters = algorithm.parameters.ok_or(EncryptedError::Damaged);
        if algorithm.oid == PBES2 {
            let Pbes2Parameters { derivation, usage } = parameters?.decode_as()?;
            let cipher = pbes2_cipher(usage.oid)?;
            let iv: &OctetStringRef = usage.parameters.ok_or(EncryptedError::Damaged)?.decode_as()?;
            let key = self.derive(&derivation, Some(cipher.key_length()))?;
            return cipher.decrypt(&key, iv.as_bytes(), data);
        }
        let cipher = pkcs12_cipher(algorithm.oid)?;
        let Pkcs12Parameters { salt, iterations } = parameters?.decode_as()?;
        let mut derive = |purpose, length| self.derive_pkcs12(&SHA1, purpose, salt, iterations, length);
        let key = derive(Purpose::Encryption, cipher.key_length())?;
        cipher.decrypt(&key, &derive(Purpose::Iv, 8)?, data)
    }

    /// Checks the message authentication code of a PKCS#12 file.
    pub(super) fn verify(&mut self, mac: &MacData<'_>, content: &[u8]) -> Result<(), EncryptedError> {
        let algorithm = &mac.mac.algorithm;
        let (hmac, key) = if algorithm.oid == PBMAC1 {
            // RFC 9579: the salt and the iterations beside the digest have no meaning.
            let Pbes2Parameters { derivation, usage } =
                algorithm.parameters.ok_or(EncryptedError::Damaged)?.decode_as()?;
            (hash_of_hmac(usage.oid)?.hmac, self.derive(&derivation, None)?)
        } else {
            let hash = hash_of_digest(algorithm.oid)?;
            let length = hash.hmac.digest_algorithm().output_len();
            (hash.hmac, self.derive_pkcs12(hash, Purpose::Mac, mac.salt, mac.iterations, length)?)
        };
        hmac::verify(&hmac::Key::new(hmac, &key), content, mac.mac.digest.as_bytes())
            .map_err(|_| EncryptedError::WrongPassphrase)
    }

    /// Subtracts from the remaining work.
    fn spend(&mut self, work: u64) -> Result<(), EncryptedError> {
        self.work = self.work.checked_sub(work).ok_or(EncryptedError::TooSlow)?;
        Ok(())
    }

    /// Derives a key of `length` bytes, or of the length that the parameters contain.
    fn derive(
        &mut self,
        algorithm: &AlgorithmIdentifierRef<'_>,
        length: Option<usize>,
    ) -> Result<Zeroizing<Vec<u8>>, EncryptedError> {
        let parameters = algorithm.parameters.ok_or(EncryptedError::Damaged);
        let new_key = |stored: Option<u16>| {
            let stored = stored.map(usize::from);
            let length = length
                .or(stored)
                .filter(|length| *length <= digest::MAX_OUTPUT_LEN && stored.is_none_or(|stored| stored == *length));
            length.map(|length| Zeroizing::new(vec![0; length])).ok_or(EncryptedError::Damaged)
        };
        match algorithm.oid {
            PBKDF2 => {
                let Pbkdf2Parameters { salt, iterations, key_length, hmac } = parameters?.decode_as()?;
                let hash = hmac.map_or(Ok(&SHA1), |hmac| hash_of_hmac(hmac.oid))?;
                let mut key = new_key(key_length)?;
                // An HMAC is two hashes.
                self.spend(2 * hash.work_of(iterations, key.len()))?;
                let iterations = NonZeroU32::new(iterations).ok_or(EncryptedError::Damaged)?;
                pbkdf2::derive(hash.pbkdf2, iterations, salt.as_bytes(), self.utf8.as_bytes(), &mut key);
                Ok(key)
            }
            SCRYPT => {
                let ScryptParameters { salt, cost, block_size: r, parallelization: p, key_length } =
                    parameters?.decode_as()?;
                let mut key = new_key(key_length)?;
                // PBKDF2 fills the blocks before they are mixed, which takes as long as 16 of the `cost` mixtures.
                let blocks = u64::from(r) * u64::from(p);
                self.spend(cost.saturating_add(16).saturating_mul(blocks).saturating_mul(SCRYPT_WORK))?;
                let log_cost =
                    cost.checked_ilog2().filter(|_| cost.is_power_of_two()).ok_or(EncryptedError::Damaged)?;
                let parameters = scrypt::Params::new(log_cost as u8, r.into(), p.into());
                let parameters = parameters.map_err(|_| EncryptedError::Damaged)?;
                scrypt(self.utf8.as_bytes(), salt.as_bytes(), &parameters, &mut key)
                    .map_err(|_| EncryptedError::Damaged)?;
                Ok(key)
            }
            other => Err(EncryptedError::unsupported(other)),
        }
    }

    /// Derives a key as RFC 7292, appendix B.2, does.
    fn derive_pkcs12(
        &mut self,
        hash: &Hash,
        purpose: Purpose,
        salt: &OctetStringRef,
        iterations: u32,
        length: usize,
    ) -> Result<Zeroizing<Vec<u8>>, EncryptedError> {
        self.spend(hash.work_of(iterations, length))?;
        let algorithm = hash.hmac.digest_algorithm();
        let (block, output) = (algorithm.block_len(), algorithm.output_len());
        // The diversifier, and then salt and passphrase, each repeated to a multiple of the block length.
        let mut input = Zeroizing::new(vec![purpose as u8; block]);
        let filled = |text: &[u8]| text.len().div_ceil(block) * block;
        let (salt, passphrase) = (salt.as_bytes(), &self.utf16[..]);
        input.reserve_exact(filled(salt) + filled(passphrase));
        for text in [salt, passphrase] {
            input.extend(text.iter().cycle().take(filled(text)));
        }
        let mut key = Zeroizing::new(vec![0; length]);
        for part in key.chunks_mut(output) {
            let mut hash = Zeroizing::new([0; digest::MAX_OUTPUT_LEN]);
            let hash = &mut hash[..output];
            hash.copy_from_slice(digest(algorithm, &input).as_ref());
            for _ in 1..iterations {
                hash.copy_from_slice(digest(algorithm, hash).as_ref());
            }
            part.copy_from_slice(&hash[..part.len()]);
            // Adds the hash and 1 to each block of salt and passphrase.
            for block in input[block..].chunks_mut(block) {
                let mut carry = 1;
                for (at, byte) in block.iter_mut().enumerate().rev() {
                    carry += u16::from(*byte) + u16::from(hash[at % output]);
                    *byte = carry as u8;
                    carry >>= 8;
                }
            }
        }
        Ok(key)
    }
}
