//! Maskinporten's refusal of a grant, explained with the values that the grant was made from.

use chrono::Utc;

use crate::cli::args::rerun;
use crate::cli::error::told::{Told, exit};
use crate::cli::output::clock::{ClockDifference, time};
use crate::cli::output::origin;
use crate::cli::output::table::width;
use crate::client::http::address;
use crate::client::key::{KeySource, SigningKey};
use crate::client::maskinporten::TokenRefused;
use crate::client::sanitize::{may_be_secret, show};
use crate::config::{Config, Given, Source};
use crate::explain::{self, Cause, Entry, Subject};

/// How many causes a report names; `explain` has them all.
const CAUSES: usize = 3;

/// A refused grant, what it means, and what it was made from.
#[derive(Debug, thiserror::Error)]
#[error("{refused}")]
pub(crate) struct RefusedGrant {
    refused: TokenRefused,
    explained: Option<&'static Entry>,
    /// The values that the refusal is about.
    values: Vec<Value>,
    /// It says so, or it speaks of time.
    is_about_the_clock: bool,
    clock: Option<ClockDifference>,
    /// How a command is told to take the same configuration again.
    again: String,
    /// The same for one that takes no client.
    again_with_key: String,
    /// The vendor's scopes that were asked for: those are ordered.
    vendor_scopes: Option<String>,
}

/// The beginning of the scopes that a system vendor needs for Altinn.
const VENDOR_SCOPE: &str = "altinn:authentication/";

/// A value of one's own, and where it came from.
#[derive(Debug)]
struct Value {
    name: &'static str,
    text: String,
    source: Option<String>,
}

impl RefusedGrant {
    pub(crate) fn new(
        mut refused: TokenRefused,
        config: &Config,
        key: &SigningKey,
        system_user: bool,
        clock: Option<ClockDifference>,
    ) -> Self {
        let values = [&config.client_id, &config.scope, &config.external_ref];
        let values = values.into_iter().flatten().map(|given| given.value.clone());
        let mut values = values.chain(config.resource.iter().flat_map(|given| given.value.clone()));
        // A key with spaces in it looks like several scopes, each too short to be recognised as part of a key.
        let repeated = |value: String| {
            let words = refused.description.as_deref().unwrap_or_default();
            may_be_secret(&value) && repeats(words, &value)
        };
        if values.any(repeated) {
            refused.description = Some("[hidden: the description repeats what was sent]".to_owned());
        }
        let words = refused.description.as_deref().unwrap_or_default();
        let explained = explain::of_refusal(refused.code.as_deref(), words);
        let about = explained.map_or([].as_slice(), |entry| entry.about).iter();
        let about = about.filter(|subject| system_user || !matches!(subject, Subject::Owner | Subject::ExternalRef));
        let mut about: Vec<Subject> = about.copied().collect();
        let is_about_the_clock = about.contains(&Subject::Clock) || explain::speaks_of_time(words);
        if is_about_the_clock && !about.contains(&Subject::Clock) {
            about.push(Subject::Clock);
        }
        let values = about.into_iter().map(|subject| value(subject, config, key, clock)).collect();
        let environment = rerun::environment(config.environment.value, config.file.as_deref());
        let again = format!("{environment}{}", rerun::typed(config));
        let again_with_key = format!("{environment}{}", rerun::key(config));
        let is_vendors = |scope: &&str| scope.starts_with(VENDOR_SCOPE) && !may_be_secret(scope);
        let scope = config.scope.as_ref().map(|given| given.value.as_str()).unwrap_or_default();
        let vendors: Vec<&str> = scope.split(' ').filter(is_vendors).collect();
        let not_had = matches!(refused.code.as_deref(), Some("MP-200" | "MP-250"));
        let vendor_scopes = (not_had && !vendors.is_empty()).then(|| vendors.join(" "));
        Self { refused, explained, values, is_about_the_clock, clock, again, again_with_key, vendor_scopes }
    }

    /// Maskinporten's code.
    pub(crate) fn code(&self) -> Option<&str> {
        self.refused.code.as_deref()
    }

    /// In words.
    pub(crate) fn told(&self) -> Told {
        let refused = &self.refused;
        let mut detail: Vec<String> = refused.description.iter().map(|words| format!("\"{words}\"")).collect();
        if let Some(entry) = self.explained {
            detail.push(entry.meaning.to_owned());
        }
        detail.extend(aligned(&self.values));
        let (causes, mut hints, clock) = self.causes();
        let public = format!("key public {}", self.again_with_key);
        let here = |cause: &Cause| {
            cause.in_a_line().replace("key public --env ENV", &public).replace("--env ENV", &self.again)
        };
        hints.extend(causes.iter().take(CAUSES).map(here));
        if is_anonymous(refused) {
            hints.push("is this the address of Maskinporten's token endpoint?".to_owned());
        }
        let code = self.explained.filter(|_| causes.len() > CAUSES).map(|entry| entry.code);
        let more = code.map(|code| format!("`systemuser-demo explain {code}` names further causes"));
        let notes = clock.into_iter().chain(more).chain(for_support(refused)).collect();
        Told { exit_code: exit::MASKINPORTEN, sentence: refused.to_string(), detail, hints, notes }
    }

    /// What may be behind it; and what is known of the clock, as a hint where it is to be set, else as a note.
    fn causes(&self) -> (&'static [Cause], Vec<String>, Option<String>) {
        if let Some(scopes) = &self.vendor_scopes {
            let order = format!(
                "order `{scopes}` from Digdir, and add it to the client in the self-service: \
                 https://docs.altinn.studio/en/authorization/getting-started/systemuser says how"
            );
            return (&[], vec![order], None);
        }
        let causes = self.explained.map_or([].as_slice(), |entry| entry.causes);
        // Where an entry is about the clock, that is its first cause, and how it goes may be known here.
        let first_is_the_clock = self.explained.is_some_and(|entry| entry.about.contains(&Subject::Clock));
        let others = if first_is_the_clock { causes.get(1..).unwrap_or_default() } else { causes };
        match self.clock {
            Some(clock) if clock.is_notable() => {
                let ahead = clock.seconds_ahead() > 0;
                // A grant from the future needs a fast clock, and one that has expired a slow one.
                let found = match self.explained.map(|entry| entry.code) {
                    Some("issue-time") => ahead,
                    Some("MP-130") => !ahead,
                    _ => false,
                };
                (if found { &[] } else { others }, clock.advice().into_iter().collect(), None)
            }
            Some(clock) if clock.is_none() && self.is_about_the_clock => {
                let said = "this machine's clock agrees with Maskinporten's, so it is not that".to_owned();
                (others, Vec::new(), Some(said))
            }
            _ => (causes, Vec::new(), None),
        }
    }
}

/// Whether a text contains 12 bytes in a row of another.
fn repeats(text: &str, other: &str) -> bool {
    let mut pieces = other.as_bytes().windows(12).filter_map(|piece| std::str::from_utf8(piece).ok());
    pieces.any(|piece| text.contains(piece))
}

/// Whether it has nothing of a refusal but the status.
fn is_anonymous(refused: &TokenRefused) -> bool {
    refused.code.is_none() && refused.error.is_none()
}

/// What support asks for.
fn for_support(refused: &TokenRefused) -> Option<String> {
    let address = refused.error_uri.as_ref().unwrap_or(&refused.address);
    match &refused.trace_id {
        Some(id) => Some(format!("trace id {id}, {address}")),
        // Then the sentence has the address.
        None if is_anonymous(refused) => None,
        None => Some(format!("no trace id came along, {address}")),
    }
}

fn value(subject: Subject, config: &Config, key: &SigningKey, clock: Option<ClockDifference>) -> Value {
    let text =
        |given: &Option<Given<String>>| given.as_ref().map(|given| (show(&given.value), given.source.to_string()));
    let (name, said) = match subject {
        Subject::Issuer => {
            let source = origin::endpoint(config, &["issuer"], Source::to_string);
            ("issuer", Some((address(&config.endpoints.issuer), source)))
        }
        Subject::ClientId => ("client id", text(&config.client_id)),
        Subject::Scope => ("scope", text(&config.scope)),
        Subject::Owner => ("owner", config.org().ok().map(|org| (org.value.to_string(), org.source.to_string()))),
        Subject::ExternalRef => ("external ref", text(&config.external_ref)),
        Subject::Resource => {
            let given = config.resource.as_ref();
            ("resource", given.map(|given| (show(&given.value.join(" ")), given.source.to_string())))
        }
        Subject::Key => {
            let named = |given: &Given<KeySource>| match &given.value {
                KeySource::File(path) => (show(&path.to_string_lossy()), given.source.to_string()),
                KeySource::Text { .. } => (key.form.to_owned(), given.source.to_string()),
            };
            ("key", config.key.as_ref().map(named))
        }
        Subject::Kid => ("kid", Some((origin::show_kid(&key.kid, key), origin::kid(config, key, Source::to_string)))),
        Subject::Clock => {
            let words = clock.map_or("Maskinporten did not say its time".to_owned(), ClockDifference::words);
            ("this clock", Some((time(Utc::now()), words)))
        }
    };
    let (text, source) = said.unzip();
    Value { name, text: text.unwrap_or_else(|| "none".to_owned()), source }
}

/// Names, values and sources in three columns.
fn aligned(values: &[Value]) -> Vec<String> {
    let (names, texts) = (width(values.iter().map(|value| value.name)), width(values.iter().map(|value| &*value.text)));
    let line = |Value { name, text, source }: &Value| match source {
        Some(source) => format!("  {name:<names$}  {text:<texts$}  ({source})"),
        None => format!("  {name:<names$}  {text}"),
    };
    values.iter().map(line).collect()
}
