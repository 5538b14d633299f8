//! Organisation numbers. They identify the owner of a system user, and the organisation whose data a call requests.

use std::fmt;
use std::str::FromStr;

use super::sanitize::quote;

/// A Norwegian organisation number: nine digits, of which the last is a check digit.
///
/// Altinn does not verify the check digit of a number that it looks up, so it treats a mistyped number as an unknown
/// system user. This type rejects the number before a request is sent.
///
/// Source: Brønnøysund Register Centre, "Organisasjonsnummeret".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrgNumber(u32);

impl OrgNumber {
    /// The number as it is written in claims: the ISO 6523 scheme 0192 (Norwegian organisations), a colon, and nine
    /// digits, such as `0192:210493352`.
    pub fn iso6523(self) -> String {
        format!("0192:{self}")
    }
}

impl FromStr for OrgNumber {
    type Err = OrgNumberError;

    /// Parses nine digits. Spaces and the prefix `0192:` are accepted and ignored.
    ///
    /// # Errors
    /// Returns an error if there are not exactly nine digits, or if the check digit is wrong.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let digits = compact.strip_prefix("0192:").unwrap_or(&compact);
        let problem = match digits.as_bytes() {
            bytes if bytes.is_empty() || !bytes.iter().all(u8::is_ascii_digit) => "expected 9 digits".to_owned(),
            bytes if bytes.len() != 9 => format!("expected 9 digits, found {}", bytes.len()),
            bytes if check_digit(digits) != Some(bytes[8] - b'0') => "its check digit is wrong".to_owned(),
            bytes => return Ok(Self(bytes.iter().fold(0, |number, byte| number * 10 + u32::from(byte - b'0')))),
        };
        Err(OrgNumberError { given: text.to_owned(), problem })
    }
}

/// The check digit (modulus 11) for the first eight digits. `None` if these digits have no valid check digit.
fn check_digit(digits: &str) -> Option<u8> {
    const WEIGHTS: [u32; 8] = [3, 2, 7, 6, 5, 4, 3, 2];
    let sum: u32 = digits.bytes().zip(WEIGHTS).map(|(b, weight)| u32::from(b - b'0') * weight).sum();
    match sum % 11 {
        0 => Some(0),
        1 => None,
        rest => u8::try_from(11 - rest).ok(),
    }
}

impl fmt::Display for OrgNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:09}", self.0))
    }
}

/// The error for a text that is not an organisation number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not an organisation number: {problem}", quote(given))]
pub struct OrgNumberError {
    given: String,
    problem: String,
}
