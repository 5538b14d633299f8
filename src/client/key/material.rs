//! Code that the readers of PEM and JWK share: the key that they return, and lenient base64 decoding.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use secrecy::zeroize::Zeroizing;

/// The numbers of an RSA key that was read from PEM or JWK and has not been checked yet.
pub(super) struct Material {
    /// `RSAPrivateKey` of RFC 8017, in DER.
    pub(super) pkcs1: Zeroizing<Vec<u8>>,
    pub(super) form: &'static str,
    pub(super) kid: Option<String>,
    pub(super) alg: Option<String>,
}

/// The name of multi-prime RSA keys in errors. RFC 8017 allows these keys, but very few programs can read them.
pub(super) const MORE_PRIMES: &str = "RSA with more than two primes";

/// Returns a name from a key file, such as a PEM label. Returns `unknown` for a text that is too long for a name,
/// because it may be part of the key.
pub(super) fn name(text: &str) -> String {
    let short = text.len() <= 40 && text.split(' ').all(|word| word.len() <= 12);
    if short { text } else { "unknown" }.to_owned()
}

/// Decodes base64 in either alphabet, with or without padding and line breaks.
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
