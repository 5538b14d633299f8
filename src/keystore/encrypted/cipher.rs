//! The ciphers of encrypted keys, in CBC mode with the padding of PKCS#7.

use aes::{Aes128Dec, Aes192Dec, Aes256Dec};
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt, InnerIvInit, InvalidLength, KeyInit};
use des::{TdesEde2, TdesEde3};
use rc2::Rc2;
use secrecy::zeroize::Zeroizing;

use super::ber;
use super::error::EncryptedError;

/// A block cipher.
#[derive(Clone, Copy)]
pub(super) enum Cipher {
    Aes128,
    Aes192,
    Aes256,
    TripleDes,
    TripleDesWithTwoKeys,
    Rc2With40Bits,
    Rc2With128Bits,
}

impl Cipher {
    /// The length of the key, in bytes.
    pub(super) fn key_length(self) -> usize {
        match self {
            Self::Rc2With40Bits => 5,
            Self::Aes128 | Self::TripleDesWithTwoKeys | Self::Rc2With128Bits => 16,
            Self::Aes192 | Self::TripleDes => 24,
            Self::Aes256 => 32,
        }
    }

    /// Decrypts an element of BER, and returns it in DER. A wrong passphrase derives a wrong `key`, which results in
    /// invalid padding or, rarely, in content that is not BER.
    pub(super) fn decrypt(self, key: &[u8], iv: &[u8], data: &[u8]) -> Result<Zeroizing<Vec<u8>>, EncryptedError> {
        let mut plain = Zeroizing::new(data.to_vec());
        let content = match self {
            Self::Aes128 => cbc(Aes128Dec::new_from_slice(key), iv, &mut plain),
            Self::Aes192 => cbc(Aes192Dec::new_from_slice(key), iv, &mut plain),
            Self::Aes256 => cbc(Aes256Dec::new_from_slice(key), iv, &mut plain),
            Self::TripleDes => cbc(TdesEde3::new_from_slice(key), iv, &mut plain),
            Self::TripleDesWithTwoKeys => cbc(TdesEde2::new_from_slice(key), iv, &mut plain),
            Self::Rc2With40Bits => cbc(Ok(Rc2::new_with_eff_key_len(key, 40)), iv, &mut plain),
            Self::Rc2With128Bits => cbc(Ok(Rc2::new_with_eff_key_len(key, 128)), iv, &mut plain),
        }?;
        ber::to_der(content).ok_or(EncryptedError::WrongPassphrase)
    }
}

fn cbc<'a, C: BlockCipherDecrypt>(
    cipher: Result<C, InvalidLength>,
    iv: &[u8],
    data: &'a mut [u8],
) -> Result<&'a [u8], EncryptedError> {
    let cipher = cipher.map_err(|_| EncryptedError::Damaged)?;
    let decryptor = Decryptor::inner_iv_slice_init(cipher, iv).map_err(|_| EncryptedError::Damaged)?;
    decryptor.decrypt_padded::<Pkcs7>(data).map_err(|_| EncryptedError::WrongPassphrase)
}
