//! Reads keys in JSON: a private RSA JWK (RFC 7517; RFC 7518, section 6.3), or a JWK set that contains a private RSA
//! key.

use pkcs1::UintRef;
use pkcs1::der::Encode;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretBox};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::error::Category;

use super::error::KeyErrorKind;
use super::material::{MORE_PRIMES, Material, decode_base64, name};

/// The members of a JWK or a JWK set that are read. .NET also writes empty `key_ops`, `oth` and `x5c` arrays.
#[derive(Deserialize)]
struct Json {
    keys: Option<Vec<Json>>,
    kty: Option<String>,
    kid: Option<String>,
    alg: Option<String>,
    n: Option<SecretBox<String>>,
    e: Option<SecretBox<String>>,
    d: Option<SecretBox<String>>,
    p: Option<SecretBox<String>>,
    q: Option<SecretBox<String>>,
    dp: Option<SecretBox<String>>,
    dq: Option<SecretBox<String>>,
    qi: Option<SecretBox<String>>,
    oth: Option<Vec<IgnoredAny>>,
}

pub(super) fn read(text: &str) -> Result<Material, KeyErrorKind> {
    // The parser's message may repeat content of the file, so only the position is kept.
    let json: Json = serde_json::from_str(text).map_err(|error| match error.classify() {
        Category::Data => {
            not_a_jwk(&format!("a value has an unexpected type (line {}, column {})", error.line(), error.column()))
        }
        _ => KeyErrorKind::NotJson { line: error.line(), column: error.column() },
    })?;
    let Some(keys) = json.keys else { return private_rsa(json, "JWK") };
    let total = keys.len();
    let mut private: Vec<Json> = keys.into_iter().filter(|key| key.d.is_some()).collect();
    match (private.len(), total) {
        (1, _) => private_rsa(private.remove(0), "JWK set"),
        (0, 0) => Err(not_a_jwk("its `keys` array is empty")),
        (0, _) => Err(KeyErrorKind::JwkWithoutD),
        (count, _) => Err(KeyErrorKind::SeveralKeys { count }),
    }
}

fn private_rsa(jwk: Json, form: &'static str) -> Result<Material, KeyErrorKind> {
    let kty = jwk.kty.as_deref().ok_or_else(|| not_a_jwk("it has no `kty`"))?;
    if kty != "RSA" {
        return Err(KeyErrorKind::NotRsa { kind: name(kty) });
    }
    if jwk.d.is_none() {
        return Err(KeyErrorKind::JwkWithoutD);
    }
    if jwk.oth.is_some_and(|primes| !primes.is_empty()) {
        return Err(KeyErrorKind::NotRsa { kind: MORE_PRIMES.to_owned() });
    }
    let members = [
        ("n", &jwk.n),
        ("e", &jwk.e),
        ("d", &jwk.d),
        ("p", &jwk.p),
        ("q", &jwk.q),
        ("dp", &jwk.dp),
        ("dq", &jwk.dq),
        ("qi", &jwk.qi),
    ];
    let missing: Vec<String> =
        members.iter().filter(|(_, text)| text.is_none()).map(|(name, _)| format!("`{name}`")).collect();
    if !missing.is_empty() {
        return Err(KeyErrorKind::JwkIncomplete { missing: missing.join(", ") });
    }
    let bytes = members.map(|(_, text)| decode_base64(text.as_ref().map_or("", |text| text.expose_secret())));
    // `RSAPrivateKey` (RFC 8017) is a sequence of its version, 0, and then these numbers in this order.
    let mut numbers = vec![UintRef::new(&[0]).map_err(|_| KeyErrorKind::Damaged)?];
    for ((name, _), bytes) in members.iter().zip(&bytes) {
        let number = bytes.as_ref().and_then(|bytes| UintRef::new(bytes).ok());
        numbers.push(number.ok_or_else(|| not_a_jwk(&format!("its `{name}` is not base64url")))?);
    }
    let pkcs1 = Zeroizing::new(numbers.to_der().map_err(|_| KeyErrorKind::Damaged)?);
    let not_empty = |text: Option<String>| text.filter(|text| !text.is_empty());
    Ok(Material { pkcs1, form, kid: not_empty(jwk.kid), alg: not_empty(jwk.alg) })
}

fn not_a_jwk(reason: &str) -> KeyErrorKind {
    KeyErrorKind::NotAJwk { reason: reason.to_owned() }
}
