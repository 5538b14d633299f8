//! `explain`: explain a Maskinporten or Altinn error code.

use std::collections::BTreeSet;
use std::ffi::OsStr;

use clap::Args;
use clap_complete::{ArgValueCompleter, CompletionCandidate};
use serde_json::{Value, json};

use crate::cli::args::{CommonArgs, KeyArgs, checked_text, typed};
use crate::cli::error::{CommandError, did_you_mean, nearest};
use crate::cli::output::{Console, certificate, pairs};
use crate::cli::session::signing_key;
use crate::client::quote;
use crate::explain::{self, Cause, Entry, Subject};
use crate::keystore::Certificate;

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Explain {
    /// error code in any spelling, such as MP-303, mp303 or AUTH-4; if omitted, all codes are listed in groups
    #[arg(add = ArgValueCompleter::new(codes))]
    code: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  systemuser-demo explain  # list all codes
  systemuser-demo explain MP-303
  systemuser-demo explain auth4 --json";

/// The codes and OAuth errors that a shell offers. Each begins with the typed text in its spelling, because some shells
/// drop other candidates.
fn codes(typed: &OsStr) -> Vec<CompletionCandidate> {
    let Some(typed) = typed.to_str() else { return Vec::new() };
    let codes = explain::all().filter_map(|entry| Some((completed(typed, entry)?, entry.meaning)));
    let errors: BTreeSet<_> = explain::all().map(|entry| entry.kind).filter(|kind| kind.starts_with(typed)).collect();
    let errors = errors.into_iter().filter(|kind| !kind.contains(' '));
    let errors = errors.map(|kind| (kind.to_owned(), "all codes with this OAuth error"));
    codes.chain(errors).map(|(code, help)| CompletionCandidate::new(code).help(Some(help.into()))).collect()
}

/// The code of this entry as a continuation of the typed text. `None` if the text is not the beginning of a spelling.
fn completed(typed: &str, entry: &Entry) -> Option<String> {
    let Entry { code, .. } = entry;
    let is_lower = typed.contains(|c: char| c.is_ascii_lowercase());
    let spelled = |end: &str| format!("{typed}{}", if is_lower { end.to_lowercase() } else { end.to_owned() });
    match code.get(..typed.len()) {
        Some(beginning) if beginning.eq_ignore_ascii_case(typed) => Some(spelled(&code[typed.len()..])),
        // Other spellings, such as `mp3` and `AUTH-4`, are completed with the shortest ending that gives this code.
        _ if typed.contains(|c: char| !c.is_ascii_alphanumeric() && !"-._".contains(c)) => None,
        _ => (0..=code.len())
            .rev()
            .map(|start| spelled(&code[start..]))
            .find(|spelling| explain::is_spelling(spelling, code)),
    }
}

impl Explain {
    pub(crate) fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let code = self.code.map(|code| checked_text(typed("CODE", &code))).transpose()?;
        let is_code = code.as_ref().is_some_and(|code| explain::of_code(&code.value).is_some());
        let is_all = code.is_none();
        let entries = match code {
            None => explain::all().collect(),
            Some(code) => find(&code.value)?,
        };
        let certificate = match &entries[..] {
            [entry] if is_code && entry.about.contains(&Subject::Certificate) => configured_certificate(common),
            _ => None,
        };
        let written = match &entries[..] {
            [entry] if common.json && is_code => {
                console.answer_json(&with_certificate(with_other_reading(entry), certificate.as_ref()))
            }
            entries if common.json => console.answer_json(&entries.iter().map(|entry| json(entry)).collect::<Value>()),
            [entry] => {
                let other = explain::other_reading(entry).map(|other| format!("\n{}", page(other)));
                let certificate = certificate.map(|certificate| {
                    let rows = pairs(&certificate::rows(&certificate));
                    let lines: String = rows.lines().map(|line| format!("  {line}\n")).collect();
                    format!("\nthe configured certificate\n{lines}")
                });
                console.answer(page(entry) + &other.or(certificate).unwrap_or_default())
            }
            _ if is_all => {
                console.answer(explain::groups().map(|(heading, entries)| group(heading, entries)).join("\n"))
            }
            entries => console.answer(list(entries.iter().copied())),
        };
        Ok(written?)
    }
}

/// The certificate of the configuration that other commands use with the same options and variables. An error in it
/// does not matter here.
fn configured_certificate(common: &CommonArgs) -> Option<Certificate> {
    signing_key::configured_certificate(&KeyArgs::default().configuration(common).ok()?)
}

fn with_certificate(mut answer: Value, certificate: Option<&Certificate>) -> Value {
    if let Some(certificate) = certificate {
        answer["certificate"] = certificate::json(certificate);
    }
    answer
}

fn list(entries: impl IntoIterator<Item = &'static Entry>) -> String {
    let rows: Vec<_> = entries.into_iter().map(|entry| (entry.code, entry.meaning)).collect();
    pairs(&rows)
}

fn group(heading: &str, entries: &'static [Entry]) -> String {
    let lines: String = list(entries).lines().map(|line| format!("  {line}\n")).collect();
    format!("{heading}\n{lines}")
}

/// The entry of a code, or all entries of an OAuth error name.
fn find(code: &str) -> Result<Vec<&'static Entry>, CommandError> {
    if let Some(entry) = explain::of_code(code) {
        return Ok(vec![entry]);
    }
    let entries = explain::of_error(code.trim());
    if !entries.is_empty() {
        return Ok(entries);
    }
    let near: Vec<String> = explain::nearest(code).into_iter().map(|code| format!("`{code}`")).collect();
    let names = explain::all().flat_map(|entry| [entry.code, entry.kind]).filter(|name| !name.contains(' '));
    let word = code.trim().to_lowercase();
    let word = if matches!(word.as_str(), "clock" | "iat") { "issue-time" } else { word.as_str() };
    let alike = names.clone().find(|name| word.len() > 2 && name.contains(word));
    let hint = match (near.is_empty(), alike.or_else(|| nearest(code, names))) {
        (false, _) => format!("the nearest known codes are {}", near.join(", ")),
        (true, Some(name)) => did_you_mean(name),
        (true, None) => "to see all known codes, run `systemuser-demo explain`".to_owned(),
    };
    Err(CommandError::command_line(format!("{} is not a known code", quote(code))).hint(hint))
}

fn page(entry: &Entry) -> String {
    let Entry { code, kind, meaning, .. } = entry;
    let causes =
        entry.causes.iter().map(|cause| format!("  {}\n    {}\n", cause.question, cause.remedy.general_text()));
    let causes: String = causes.collect();
    format!("{code}  {kind}\n{meaning}\n\nlikely causes, most likely first\n{causes}")
}

fn json(entry: &Entry) -> Value {
    let cause = |cause: &Cause| json!({ "question": cause.question, "remedy": cause.remedy.general_text() });
    let causes: Vec<Value> = entry.causes.iter().map(cause).collect();
    json!({ "code": entry.code, "kind": entry.kind, "meaning": entry.meaning, "causes": causes })
}

/// An entry with the entry of the same code that has the other prefix, if there is one.
fn with_other_reading(entry: &Entry) -> Value {
    let mut answer = json(entry);
    if let Some(other) = explain::other_reading(entry) {
        answer["other_reading"] = json(other);
    }
    answer
}
