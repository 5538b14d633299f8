//! Converts BER to DER (X.690). PKCS#12 files are BER (RFC 7292, section 4): Windows and Bouncy Castle write indefinite
//! lengths and octet strings in parts.

use secrecy::zeroize::Zeroizing;

const CONSTRUCTED: u8 = 0x20;
const OCTET_STRING: u8 = 0x04;
/// The maximum depth. A PKCS#12 file needs about ten levels.
const DEEPEST: usize = 32;

/// Converts a single element. Returns `None` if the bytes are not a single complete element.
pub(super) fn to_der(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut rest = bytes;
    // The buffer never grows, which would leave a copy of it in memory: only headers of very long elements become
    // longer.
    let mut der = Zeroizing::new(Vec::with_capacity(bytes.len() * 2));
    convert(&mut rest, &mut der, false, 0)?;
    rest.is_empty().then_some(der)
}

/// Appends the next element, or only its content if it is a part of an octet string.
fn convert(rest: &mut &[u8], der: &mut Vec<u8>, is_part: bool, depth: usize) -> Option<()> {
    let tag = *rest.split_off_first()?;
    let length = length(rest)?;
    let start = der.len();
    let is_string = tag & !CONSTRUCTED == OCTET_STRING;
    // Tags of several bytes do not occur in PKCS#12.
    if tag & 0x1f == 0x1f || depth == DEEPEST || (is_part && !is_string) {
        return None;
    }
    if tag & CONSTRUCTED == 0 {
        der.extend_from_slice(rest.split_off(..length?)?);
    } else if let Some(length) = length {
        let mut content = rest.split_off(..length)?;
        while !content.is_empty() {
            convert(&mut content, der, is_string, depth + 1)?;
        }
    } else {
        while !rest.starts_with(&[0, 0]) {
            convert(rest, der, is_string, depth + 1)?;
        }
        rest.split_off(..2)?;
    }
    if !is_part {
        let tag = if is_string { OCTET_STRING } else { tag };
        let header = header(tag, der.len() - start);
        der.splice(start..start, header);
    }
    Some(())
}

/// Reads a length. The inner value is `None` for an indefinite length.
fn length(rest: &mut &[u8]) -> Option<Option<usize>> {
    match *rest.split_off_first()? {
        0x80 => Some(None),
        short @ 0..0x80 => Some(Some(short.into())),
        long => {
            let bytes = rest.split_off(..usize::from(long & 0x7f))?;
            let value =
                bytes.iter().try_fold(0_usize, |value, byte| value.checked_mul(256)?.checked_add((*byte).into()));
            value.map(Some)
        }
    }
}

fn header(tag: u8, length: usize) -> Vec<u8> {
    let bytes = length.to_be_bytes();
    let bytes = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
    match length {
        0..0x80 => vec![tag, length as u8],
        _ => [&[tag, 0x80 | bytes.len() as u8], bytes].concat(),
    }
}
