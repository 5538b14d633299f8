//! `explain`: say what a code means, and what to do.

use clap::Args;
use serde_json::{Value, json};

use crate::cli::args::{CommonArgs, checked_text, typed};
use crate::cli::error::hints;
use crate::cli::output::console::{Console, aligned};
use crate::client::sanitize::quote;
use crate::config::ConfigError;
use crate::explain::{self, Entry};

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// the code, in any spelling: MP-303, mp303, AUTH-4; without one, all are listed
    code: Option<String>,
}

/// What was asked for.
enum Asked {
    One(&'static Entry),
    Several(Vec<&'static Entry>),
}

impl Explain {
    pub(crate) fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> anyhow::Result<()> {
        let asked = match &self.code {
            None => Asked::Several(explain::all().collect()),
            Some(code) => named(&checked_text(typed("CODE", code))?.value)?,
        };
        match asked {
            Asked::One(entry) if common.json => console.answer_json(&in_json(entry)),
            Asked::One(entry) => console.answer(in_full(entry).as_bytes()),
            Asked::Several(entries) if entries.len() == 1 && !common.json => {
                console.answer(in_full(entries[0]).as_bytes())
            }
            Asked::Several(entries) if common.json => {
                console.answer_json(&entries.into_iter().map(in_json).collect::<Value>())
            }
            Asked::Several(entries) => {
                let rows: Vec<_> = entries.iter().map(|entry| (entry.code, entry.meaning.to_owned())).collect();
                console.answer(aligned(&rows).as_bytes())
            }
        }
    }
}

/// The entry of a code, or all that go by one of OAuth's names.
fn named(code: &str) -> Result<Asked, ConfigError> {
    if let Some(entry) = explain::of_code(code) {
        return Ok(Asked::One(entry));
    }
    let entries = explain::of_error(code.trim());
    if !entries.is_empty() {
        return Ok(Asked::Several(entries));
    }
    let near: Vec<String> = explain::nearest(code).into_iter().map(|code| format!("`{code}`")).collect();
    let names = explain::all().flat_map(|entry| [entry.code, entry.beside]).filter(|name| !name.starts_with("status"));
    let word = code.trim().to_lowercase();
    let word = if matches!(word.as_str(), "clock" | "iat") { "issue-time" } else { word.as_str() };
    let alike = names.clone().find(|name| word.len() > 2 && name.contains(word));
    let hint = match (near.is_empty(), alike.or_else(|| hints::nearest(code, names))) {
        (false, _) => format!("the nearest that can be explained are {}", near.join(", ")),
        (true, Some(name)) => hints::did_you_mean(name),
        (true, None) => "`systemuser-demo explain` lists all that can be explained".to_owned(),
    };
    Err(ConfigError::Invalid { problem: format!("{} is not a code that is known here", quote(code)), hint: Some(hint) })
}

fn in_full(entry: &Entry) -> String {
    let Entry { code, beside, meaning, .. } = entry;
    let causes = entry.causes.iter().map(|cause| format!("  {}\n    {}\n", cause.question, cause.remedy));
    let causes: String = causes.collect();
    format!("{code}  {beside}\n{meaning}\n\nlikely causes, the most likely first\n{causes}")
}

fn in_json(entry: &Entry) -> Value {
    let causes: Vec<Value> =
        entry.causes.iter().map(|cause| json!({ "question": cause.question, "remedy": cause.remedy })).collect();
    json!({ "code": entry.code, "beside": entry.beside, "meaning": entry.meaning, "causes": causes })
}
