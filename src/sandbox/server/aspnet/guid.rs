//! Parses ids as .NET does: in any of the five forms of a `Guid`, in upper or lower case, and in no other form.
//!
//! Source: learn.microsoft.com, `System.Guid.Parse`.

use uuid::Uuid;

/// Parses an id into the form that the store uses: lower case, with hyphens.
pub(crate) fn read(text: &str) -> Option<String> {
    let text = text.trim();
    // The URN form of RFC 9562, section 4, is not a form of a `Guid`, although `Uuid` parses it.
    let id = match text.len() {
        32 | 36 => text.parse().ok(),
        38 => {
            let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
            inner.or_else(|| text.strip_prefix('(')?.strip_suffix(')')).and_then(|text| text.parse().ok())
        }
        _ => None,
    };
    id.or_else(|| of_numbers(text)).map(|id: Uuid| id.to_string())
}

/// The form `{0x00000000,0x0000,0x0000,{0x00,0x00,0x00,0x00,0x00,0x00,0x00,0x00}}`.
fn of_numbers(text: &str) -> Option<Uuid> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let (first, last) = text.strip_prefix('{')?.strip_suffix("}}")?.split_once(",{")?;
    let number = |text: &str| {
        let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
        // `from_str_radix` accepts a sign.
        let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if plain { u32::from_str_radix(digits, 16).ok() } else { None }
    };
    let first: Vec<u32> = first.split(',').map(number).collect::<Option<_>>()?;
    let last: Vec<u8> = last.split(',').map(|text| u8::try_from(number(text)?).ok()).collect::<Option<_>>()?;
    let ([a, b, c], Ok(d)) = (&first[..], <[u8; 8]>::try_from(last)) else { return None };
    Some(Uuid::from_fields(*a, u16::try_from(*b).ok()?, u16::try_from(*c).ok()?, &d))
}
