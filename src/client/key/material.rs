//! What the readers of PEM and JWK share: the key that they find, and lenient base64.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use secrecy::zeroize::Zeroizing;

/// What the readers of PEM and JWK find: the numbers of an RSA key, not yet checked.
pub(super) struct Material {
    /// `RSAPrivateKey` of RFC 8017, in DER.
    pub(super) pkcs1: Zeroizing<Vec<u8>>,
    pub(super) form: &'static str,
    pub(super) kid: Option<String>,
    pub(super) alg: Option<String>,
}

/// RFC 8017 allows them, and hardly anything reads them.
pub(super) const MORE_PRIMES: &str = "RSA with more than two primes";
/// A name that a key was given: what is longer than one may be a part of the key.
pub(super) fn name(text: &str) -> String {
    let short = text.len() <= 40 && text.split(' ').all(|word| word.len() <= 12);
    if short { text } else { "unknown" }.to_owned()
}

/// Base64 as it is found in the wild: either alphabet, with or without padding and line breaks.
pub(super) fn decode_base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
    let url_safe = |c| match c {
        '+' => '-',
        '/' => '_',
        other => other,
    };
    let mut bare = Zeroizing::new(String::with_capacity(text.len()));
    bare.extend(text.chars().filter(|c| !c.is_whitespace()).map(url_safe));
    URL_SAFE.decode(bare.as_bytes()).ok().map(Zeroizing::new)
}
