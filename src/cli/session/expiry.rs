//! The messages about a certificate or a registered key that expires soon, with the steps to replace it.

use chrono::{DateTime, Days, Months, NaiveDate, Utc};

use crate::cli::args::Rerun;
use crate::cli::output::{Level, Message, duration};
use crate::client::SigningKey;
use crate::config::Config;
use crate::explain::Command;
use crate::keystore::Certificate;

/// The warning begins this many days before the end.
const NOTICE: i64 = 30;

/// The message about the end of the certificates, or of the key's registration if grants have a key id: a warning if the
/// end is near, else a note about the registration.
pub(crate) fn message(config: &Config, key: &SigningKey, now: DateTime<Utc>) -> Option<Message> {
    if !key.certificates.is_empty() {
        return of_certificates(key, now.date_naive());
    }
    config.registered.as_ref().map(|registered| {
        let public_key = Rerun::new(config).complete(&Command::Key("key public --set"));
        of_registration(registered.value, now.date_naive(), &public_key)
    })
}

/// The warning about the certificate that expires first. A root may have expired, and a certificate that has expired is
/// an error before.
fn of_certificates(key: &SigningKey, today: NaiveDate) -> Option<Message> {
    let certificates = key.certificates.iter().filter_map(|der| Certificate::parse(der)).enumerate();
    let issued = certificates.filter(|(_, certificate)| certificate.subject != certificate.issuer);
    let (nth, certificate) = issued.min_by_key(|(_, certificate)| certificate.not_after)?;
    let ends = certificate.not_after.date_naive();
    let days = (ends - today).num_days();
    let warning = match nth {
        0 => format!(
            "the certificate expires on {ends}, {}; order a new certificate from its issuer, and replace the certificate \
             and, if it is new, the private key; nothing needs to be registered in Maskinporten",
            in_days(days)
        ),
        _ => format!(
            "an issuer's certificate expires on {ends}, {}: {}; replace it with the issuer's new certificate",
            in_days(days),
            certificate.subject
        ),
    };
    (days <= NOTICE).then_some((Level::Warning, warning))
}

/// A registered key is valid for a year (Digdir, "Client registration"), and is renewed by registering it again.
fn of_registration(registered: NaiveDate, today: NaiveDate, public_key: &str) -> Message {
    let ends = registered + Months::new(12);
    let days = (ends - today).num_days();
    let steps = format!(
        "register the output of `{public_key}` again in Maskinporten's self-service portal or API, and set \
         `registered` to the new date"
    );
    let warning = match days {
        // The local date may be one day ahead of the date in UTC.
        _ if registered > today + Days::new(1) => format!("`registered` is {registered}, which is in the future"),
        ..=0 => format!("the key's registration ended on {ends}, so expect MP-121; {steps}"),
        1..=NOTICE => format!("the key's registration ends on {ends}, {}; {steps}", in_days(days)),
        _ => return (Level::Note, format!("registered until {ends}")),
    };
    (Level::Warning, warning)
}

fn in_days(days: i64) -> String {
    match days {
        ..=0 => "today".to_owned(),
        _ => format!("in {}", duration(days.unsigned_abs() * 24 * 60 * 60)),
    }
}
