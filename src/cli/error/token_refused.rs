//! Messages and hints for grants that Maskinporten refused, with the values in the grant.

use chrono::Utc;

use super::{CommandError, Exit};
use crate::cli::args::Rerun;
use crate::cli::output::verbose::{display_kid, endpoint_source, kid_source};
use crate::cli::output::{ClockDifference, certificate, columns, time};
use crate::client::http::address;
use crate::client::maskinporten::TokenRefused;
use crate::client::{KeySource, SigningKey, may_be_secret, show};
use crate::config::{Config, Given, Source};
use crate::explain::{self, Cause, Entry, Subject};

/// The largest number of causes in a message; `explain` lists all of them.
const CAUSES: usize = 3;
/// The beginnings of the scopes that a system vendor needs for Altinn.
const VENDOR_SCOPES: [&str; 2] = ["altinn:authentication/", "altinn:accessmanagement/"];
/// The hint about a system user that was requested in a sandbox inside another process.
const FORGETS: &str = "was the system user requested by an earlier command? the built-in sandbox loses its data at \
                       the end of a command: run `systemuser-demo sandbox` in another terminal, and set \
                       SYSTEMUSER_SANDBOX=http://127.0.0.1:7070 before each command";

/// The inputs of a grant.
#[derive(Clone, Copy)]
pub(crate) struct GrantInputs<'a> {
    pub(crate) config: &'a Config,
    pub(crate) key: &'a SigningKey,
    /// Whether the grant is for a system user's token.
    pub(crate) system_user: bool,
}

impl GrantInputs<'_> {
    /// The refusal with its meaning and its likely causes.
    pub(crate) fn explain(&self, refused: &TokenRefused, clock: Option<ClockDifference>) -> CommandError {
        let description = self.description(refused);
        let words = description.as_deref().unwrap_or_default();
        let entry = explain::of_refusal(refused.code.as_deref(), refused.error.as_deref(), words);
        let mut detail: Vec<String> = description.iter().map(|words| format!("\"{words}\"")).collect();
        detail.extend(entry.map(|entry| entry.meaning.to_owned()));
        let subjects = self.subjects(entry, words);
        let values = subjects.iter().flat_map(|subject| self.values(*subject, clock));
        detail.extend(columns(values).lines().map(|line| format!("  {line}")));
        let (causes, mut hints, mut notes) = self.causes(refused, entry, clock, subjects.contains(&Subject::Clock));
        let rerun = Rerun::new(self.config);
        hints.extend(causes.iter().take(CAUSES).map(|cause| cause.line(|command| rerun.complete(command))));
        if self.config.sandbox_inside && entry.is_some_and(|entry| entry.code == "MP-303") {
            hints.push(FORGETS.to_owned());
        }
        if !refused.is_oauth_error() {
            hints.push("is the URL of the token endpoint wrong?".to_owned());
        }
        if let Some(entry) = entry.filter(|_| causes.len() > CAUSES) {
            notes.push(format!("for more causes, run `systemuser-demo explain {}`", entry.code));
        }
        let source = match &refused.error_uri {
            // The address of a sandbox inside the process works only until the process ends.
            _ if self.config.sandbox_inside => String::new(),
            Some(page) => format!("; see {page}"),
            None => format!("; from {}", refused.address),
        };
        match &refused.trace_id {
            Some(id) => notes.push(format!("trace id {id}{source}")),
            // The sentence has the address of an anonymous refusal.
            None if !refused.is_oauth_error() => {}
            None => notes.push(format!("no trace id{source}")),
        }
        CommandError { detail, hints, notes, ..CommandError::new(Exit::Maskinporten, refused.to_string()) }
    }

    /// Maskinporten's own words, unless they repeat part of a value that may be a secret. Single words are not enough
    /// for this check: a key with spaces looks like several scopes, each too short to be recognised as part of a key.
    fn description(&self, refused: &TokenRefused) -> Option<String> {
        let Config { client_id, scope, external_ref, resource, .. } = self.config;
        let texts = [client_id, scope, external_ref].into_iter().flatten().map(|given| &given.value);
        let mut values = texts.chain(resource.iter().flat_map(|given| &given.value));
        let words = refused.description.as_deref()?;
        let is_repeated = |value: &String| {
            let mut pieces = value.as_bytes().windows(12).filter_map(|piece| std::str::from_utf8(piece).ok());
            may_be_secret(value) && pieces.any(|piece| words.contains(piece))
        };
        match values.any(is_repeated) {
            true => Some("[hidden: the description repeats a value that was sent]".to_owned()),
            false => Some(words.to_owned()),
        }
    }

    /// The values that the refusal is about.
    fn subjects(&self, entry: Option<&Entry>, words: &str) -> Vec<Subject> {
        let about = entry.map_or([].as_slice(), |entry| entry.about).iter().copied();
        let mut subjects: Vec<Subject> = about
            .filter(|subject| self.system_user || !matches!(subject, Subject::Owner | Subject::ExternalRef))
            .filter(|subject| *subject != Subject::Kid || self.key.certificates.is_empty())
            .collect();
        if explain::is_about_time(words) && !subjects.contains(&Subject::Clock) {
            subjects.push(Subject::Clock);
        }
        subjects
    }

    /// The likely causes, hints, and notes. A wrong clock becomes a hint, and a correct clock becomes a note.
    fn causes(
        &self,
        refused: &TokenRefused,
        entry: Option<&Entry>,
        clock: Option<ClockDifference>,
        is_about_the_clock: bool,
    ) -> (&'static [Cause], Vec<String>, Vec<String>) {
        if let Some(scopes) = self.vendor_scopes(refused) {
            let check = Rerun::new(self.config).complete(&explain::Command::Scope("scope check"));
            let remedy = format!(
                "ask Digdir for `{scopes}`, and add it to the client in Maskinporten's self-service portal; see \
                 https://docs.altinn.studio/en/authorization/getting-started/systemuser"
            );
            return (&[], vec![remedy, format!("to check each scope, run `{check}`")], Vec::new());
        }
        let causes: &[Cause] = entry.map_or(&[], |entry| entry.causes);
        // An entry about the clock lists the clock as its first cause.
        let is_first = entry.is_some_and(|entry| entry.about.contains(&Subject::Clock));
        let others = if is_first { causes.get(1..).unwrap_or_default() } else { causes };
        match clock {
            Some(clock) if clock.is_notable() => {
                let is_ahead = clock.seconds_ahead() > 0;
                // A fast clock explains a grant from the future, and a slow clock an expired one.
                let is_explained = match entry.map(|entry| entry.code) {
                    Some("issue-time") => is_ahead,
                    Some("MP-130") => !is_ahead,
                    _ => false,
                };
                (if is_explained { &[] } else { others }, clock.advice().into_iter().collect(), Vec::new())
            }
            Some(clock) if clock.is_negligible() && is_about_the_clock => {
                let note = "this machine's clock agrees with Maskinporten's, so the clock is not the cause".to_owned();
                (others, Vec::new(), vec![note])
            }
            _ => (causes, Vec::new(), Vec::new()),
        }
    }

    /// The vendor's scopes that the client lacks. Vendors ask Digdir for these scopes.
    fn vendor_scopes(&self, refused: &TokenRefused) -> Option<String> {
        let is_known = |scope: &str| VENDOR_SCOPES.iter().any(|begin| scope.starts_with(begin));
        let is_vendors = |scope: &&str| is_known(scope) && !may_be_secret(scope);
        let scope = self.config.scope.as_ref()?.value.split(' ').filter(is_vendors).collect::<Vec<_>>().join(" ");
        let is_missing = matches!(refused.code.as_deref(), Some("MP-200" | "MP-250"));
        (is_missing && !scope.is_empty()).then_some(scope)
    }

    /// The values of an input, each with its name and its source.
    fn values(&self, subject: Subject, clock: Option<ClockDifference>) -> Vec<[String; 3]> {
        let Self { config, key, .. } = self;
        let text =
            |given: &Option<Given<String>>| given.as_ref().map(|given| (show(&given.value), given.source.to_string()));
        let (name, value) = match subject {
            Subject::Issuer => {
                let source = endpoint_source(config, &["issuer"], Source::to_string);
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
                let name = |given: &Given<KeySource>| match &given.value {
                    KeySource::File(path) => show(&path.to_string_lossy()),
                    KeySource::Text { .. } => key.form.to_owned(),
                };
                ("key", config.key.as_ref().map(|given| (name(given), given.source.to_string())))
            }
            Subject::Certificate => {
                let rows = certificate::of_key(key).map(|found| certificate::rows(&found)).into_iter().flatten();
                return rows.map(|(name, value)| [name.to_owned(), value, String::new()]).collect();
            }
            Subject::Kid => ("kid", Some((display_kid(&key.kid, key), kid_source(config, key, Source::to_string)))),
            Subject::Clock => {
                let unknown = || "Maskinporten did not return its time".to_owned();
                ("this clock", Some((time(Utc::now()), clock.map_or_else(unknown, ClockDifference::describe))))
            }
        };
        let (text, source) = value.unzip();
        let source = source.map(|source| format!("({source})")).unwrap_or_default();
        vec![[name.to_owned(), text.unwrap_or_else(|| "none".to_owned()), source]]
    }
}
