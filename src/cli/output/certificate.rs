//! The facts in a business certificate, as reports show them. Its base64 is never shown.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::client::SigningKey;
use crate::keystore::Certificate;

/// The business certificate of a key, if its grants have one.
pub(crate) fn of_key(key: &SigningKey) -> Option<Certificate> {
    Certificate::parse(key.certificates.first()?)
}

/// The business certificate in the header of a grant.
pub(crate) fn of_header(header: &Map<String, Value>) -> Option<Certificate> {
    of_base64(header.get("x5c")?.get(0)?)
}

fn of_base64(text: &Value) -> Option<Certificate> {
    Certificate::parse(&STANDARD.decode(text.as_str()?).ok()?)
}

/// The facts, with their names.
pub(crate) fn rows(certificate: &Certificate) -> [(&'static str, String); 4] {
    let Certificate { subject, issuer, organisation, not_before, not_after, .. } = certificate;
    [
        ("certificate", subject.clone()),
        ("issued by", issuer.clone()),
        ("organisation", organisation.clone().unwrap_or_else(|| "none".to_owned())),
        ("valid", format!("from {} to {}", not_before.date_naive(), not_after.date_naive())),
    ]
}

pub(crate) fn json(certificate: &Certificate) -> Value {
    let Certificate { subject, issuer, organisation, not_before, not_after, .. } = certificate;
    let [not_before, not_after] = [not_before, not_after].map(|time| time.format("%Y-%m-%dT%H:%M:%SZ").to_string());
    json!({
        "subject": subject,
        "issuer": issuer,
        "organisation": organisation,
        "not_before": not_before,
        "not_after": not_after,
    })
}

/// The header of a grant with the subject of each certificate in place of its base64.
pub(crate) fn with_subjects(mut header: Map<String, Value>) -> Map<String, Value> {
    let subject = |text: &Value| of_base64(text).map_or("not a certificate".to_owned(), |found| found.subject);
    if let Some(chain) = header.get_mut("x5c") {
        *chain = match &chain {
            Value::Array(items) => items.iter().map(subject).collect(),
            other => subject(other).into(),
        };
    }
    header
}
