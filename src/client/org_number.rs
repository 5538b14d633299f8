//! The organisation number: who owns a system user, and whose data is asked for.

use std::fmt;
use std::str::FromStr;

use super::sanitize::quote;

/// A Norwegian organisation number: nine digits, the last of which checks the others.
///
/// Altinn looks a number up and does not compute the check digit, so a slip of the finger comes back as "no such
/// system user". Here it is caught before anything is sent.
/// Source: Brønnøysund Register Centre, "Organisasjonsnummeret".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrgNumber(u32);

impl OrgNumber {
    /// The form that claims carry: ISO 6523 scheme 0192 (Norwegian organisations), a colon, the number.
    pub fn iso6523(self) -> String {
        format!("0192:{self}")
    }

    /// Whether the number is of the series that exists in the test environments only (it begins with 2 or 3).
    pub fn is_test_series(self) -> bool {
        (200_000_000..400_000_000).contains(&self.0)
    }
}

impl FromStr for OrgNumber {
    type Err = OrgNumberError;

    /// Spaces, and the `0192:` of a claim, are accepted.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let digits = compact.strip_prefix("0192:").unwrap_or(&compact);
        let wrong = |problem: &str| OrgNumberError { given: text.to_owned(), problem: problem.to_owned() };
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong("is not an organisation number, which is nine digits"));
        }
        if digits.len() != 9 {
            return Err(wrong(&format!("has {} digits, and an organisation number has nine", digits.len())));
        }
        let check = digits.as_bytes()[8] - b'0';
        if check_digit(digits) != Some(check) {
            return Err(wrong("is not an organisation number, its check digit is wrong"));
        }
        Ok(Self(digits.bytes().fold(0, |number, b| number * 10 + u32::from(b - b'0'))))
    }
}

/// The check digit for the first eight digits; `None` if no digit fits.
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

/// Why a text is not an organisation number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} {problem}", quote(given))]
pub struct OrgNumberError {
    given: String,
    problem: String,
}
