//! Reads keys in PEM: PKCS#8 and PKCS#1. The error for any other PEM block contains its label.

use pkcs8::{ObjectIdentifier, PrivateKeyInfoRef};
use secrecy::zeroize::Zeroizing;

use super::error::KeyErrorKind;
use super::material::{Material, name};

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// The other types of key that `openssl genpkey` creates, by the object identifier inside PKCS#8.
const OTHER_KINDS: [(ObjectIdentifier, &str); 6] = [
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10"), "RSA-PSS"),
    (ObjectIdentifier::new_unwrap("1.2.840.10045.2.1"), "EC"),
    (ObjectIdentifier::new_unwrap("1.3.101.110"), "X25519"),
    (ObjectIdentifier::new_unwrap("1.3.101.112"), "Ed25519"),
    (ObjectIdentifier::new_unwrap("1.3.101.113"), "Ed448"),
    (ObjectIdentifier::new_unwrap("1.2.840.10040.4.1"), "DSA"),
];

pub(super) fn read(text: &str) -> Result<Material, KeyErrorKind> {
    // A PEM in an environment variable often has the two characters `\n` in place of each line break.
    let mut lines = Zeroizing::new(String::with_capacity(text.len() + 1));
    text.split("\\n").for_each(|line| lines.extend(line.split("\\r").chain(["\n"])));
    let blocks = ::pem::parse_many(lines.as_bytes()).map_err(|_| KeyErrorKind::Damaged)?;
    // The parser skips a block that has no end.
    if blocks.len() < lines.matches("-----BEGIN").count() {
        return Err(KeyErrorKind::Damaged);
    }
    let (keys, others): (Vec<_>, Vec<_>) = blocks.into_iter().partition(|block| block.tag().ends_with("PRIVATE KEY"));
    let key = match (keys.len(), others.first()) {
        (1, _) => keys.into_iter().next().expect("there is one"),
        (0, Some(other)) => return Err(not_private(other.tag())),
        (0, None) => return Err(KeyErrorKind::Damaged),
        (count, _) => return Err(KeyErrorKind::SeveralKeys { count }),
    };
    // OpenSSL's legacy encryption is marked by a header inside the block, not by the label.
    let encrypted = key.headers().get("Proc-Type").is_some_and(|kind| kind.contains("ENCRYPTED"));
    let tag = key.tag().to_owned();
    let contents = Zeroizing::new(key.into_contents());
    match tag.as_str() {
        _ if encrypted => Err(KeyErrorKind::Encrypted),
        "PRIVATE KEY" => pkcs8(&contents),
        "RSA PRIVATE KEY" => Ok(material(contents, "PKCS#1 PEM")),
        "ENCRYPTED PRIVATE KEY" => Err(KeyErrorKind::Encrypted),
        "OPENSSH PRIVATE KEY" => Err(KeyErrorKind::OpenSsh),
        other => Err(KeyErrorKind::NotRsa { kind: name(other.trim_end_matches("PRIVATE KEY").trim()) }),
    }
}

fn pkcs8(der: &[u8]) -> Result<Material, KeyErrorKind> {
    let info = PrivateKeyInfoRef::try_from(der).map_err(|_| KeyErrorKind::Damaged)?;
    let oid = info.algorithm.oid;
    if oid == RSA {
        let pkcs1 = Zeroizing::new(info.private_key.as_bytes().to_vec());
        return Ok(material(pkcs1, "PKCS#8 PEM"));
    }
    let name = OTHER_KINDS.iter().find(|(other, _)| *other == oid).map(|(_, name)| *name);
    Err(KeyErrorKind::NotRsa { kind: name.map_or_else(|| oid.to_string(), str::to_owned) })
}

fn material(pkcs1: Zeroizing<Vec<u8>>, form: &'static str) -> Material {
    Material { pkcs1, form, kid: None, alg: None }
}

fn not_private(tag: &str) -> KeyErrorKind {
    match tag {
        "PUBLIC KEY" | "RSA PUBLIC KEY" => KeyErrorKind::PublicKey,
        "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => KeyErrorKind::Certificate,
        other => KeyErrorKind::OtherPem { tag: format!("a PEM block `{}`", name(other)) },
    }
}
