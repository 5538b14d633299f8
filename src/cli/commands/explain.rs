//! `explain`: explain a Maskinporten or Altinn error code.

use clap::Args;
use clap_complete::{ArgValueCandidates, CompletionCandidate};
use serde_json::{Value, json};

use crate::cli::args::{CommonArgs, checked_text, typed};
use crate::cli::error::{CommandError, did_you_mean, nearest};
use crate::cli::output::{Console, pairs};
use crate::client::quote;
use crate::explain::{self, Cause, Entry};

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Explain {
    /// error code in any spelling, such as MP-303, mp303 or AUTH-4; if omitted, all codes are listed
    #[arg(add = ArgValueCandidates::new(codes))]
    code: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  systemuser-demo explain  # list all codes
  systemuser-demo explain MP-303
  systemuser-demo explain auth4 --json";

/// The codes that a shell offers on completion.
fn codes() -> Vec<CompletionCandidate> {
    explain::all().map(|entry| CompletionCandidate::new(entry.code).help(Some(entry.meaning.into()))).collect()
}

impl Explain {
    pub(crate) fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let code = self.code.map(|code| checked_text(typed("CODE", &code))).transpose()?;
        let is_code = code.as_ref().is_some_and(|code| explain::of_code(&code.value).is_some());
        let entries = match code {
            None => explain::all().collect(),
            Some(code) => find(&code.value)?,
        };
        let written = match &entries[..] {
            [entry] if common.json && is_code => console.answer_json(&json(entry)),
            entries if common.json => console.answer_json(&entries.iter().map(|entry| json(entry)).collect::<Value>()),
            [entry] => console.answer(page(entry)),
            entries => {
                let rows: Vec<_> = entries.iter().map(|entry| (entry.code, entry.meaning)).collect();
                console.answer(pairs(&rows))
            }
        };
        Ok(written?)
    }
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
    let names = explain::all().flat_map(|entry| [entry.code, entry.kind]).filter(|name| !name.starts_with("status"));
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
