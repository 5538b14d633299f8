//! Refusals of APIs in words.

use super::{CommandError, Exit};
use crate::cli::args::Rerun;
use crate::client::Problem;
use crate::explain::{self, Entry};

/// The refusal of an API, with the meaning of its codes. Field errors are what a refusal is about, if it lists any.
pub(crate) fn explained(problem: &Problem, hints: Vec<String>, rerun: &Rerun) -> CommandError {
    let mut detail: Vec<String> = problem.www_authenticate.iter().cloned().collect();
    let entry = |code: &Option<String>| code.as_deref().and_then(explain::of_code);
    let whole = entry(&problem.code).filter(|_| problem.errors.is_empty());
    detail.extend(whole.map(|entry| format!("{}: {}", entry.code, entry.meaning)));
    let mut entries: Vec<&Entry> = whole.into_iter().collect();
    for error in &problem.errors {
        let words = [error.code.clone(), Some(error.paths.join(", ")).filter(|paths| !paths.is_empty())];
        let words: Vec<String> = words.into_iter().flatten().collect();
        let text = error.text.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
        detail.push(format!("{}{text}", words.join(" ")));
        if let Some(entry) = entry(&error.code) {
            detail.push(format!("  {}", entry.meaning));
            if !entries.iter().any(|known| known.code == entry.code) {
                entries.push(entry);
            }
        }
    }
    // ASP.NET's id of the call, which support asks for.
    let (trace, others): (Vec<_>, Vec<_>) = problem.extensions.iter().partition(|(name, _)| name == "traceId");
    detail.extend(others.into_iter().map(|(name, value)| format!("{name}: {value}")));
    let causes = entries.iter().flat_map(|entry| entry.causes);
    let causes = causes.map(|cause| cause.line(|command| rerun.complete(command)));
    CommandError {
        detail,
        hints: hints.into_iter().chain(causes).collect(),
        notes: trace.into_iter().map(|(_, id)| format!("trace id {id}")).collect(),
        ..CommandError::new(Exit::Api, problem.to_string())
    }
}

/// Hints for a refusal of an API that a system user's token opens. `call` is the command with a placeholder for an
/// organisation; `org_named` says whether the call named one, and is `None` if the API takes none.
pub(crate) fn api_hints(problem: &Problem, call: &str, org_named: Option<bool>) -> Vec<String> {
    let right = "has the system user been given the right that this API asks for";
    match (problem.status, org_named) {
        (204, _) => vec!["the token carries no system user, and this API needs one".to_owned()],
        (401, _) => vec!["does the API belong to the environment that issued the token?".to_owned()],
        (403, Some(true)) => vec![format!("{right}, for this organisation?")],
        (403, Some(false)) => {
            let agent = format!("is it an agent's? then name the client whose data is asked for: `{call}`");
            vec![format!("{right}?"), agent]
        }
        (403, None) => vec![format!("{right}?")],
        _ => Vec::new(),
    }
}

/// Hints for a refusal of Altinn's that has no code, or an unknown one.
pub(crate) fn altinn_hints(problem: &Problem, rerun: &Rerun) -> Vec<String> {
    let Rerun { options, system, .. } = rerun;
    let hint = match problem.status {
        401 => "does Altinn's address belong to the environment that issued the token?".to_owned(),
        403 => {
            "is it another vendor's? the organisation of the client decides, and the `consumer` of the token says which \
             that is"
                .to_owned()
        }
        // The deletion of a system says so of an unknown system.
        400 if problem.errors.iter().any(|error| error.paths == ["return"]) => {
            format!("is there a slip in the id? `systemuser-demo system list{options}` shows what is there")
        }
        404 if problem.code.is_none() => format!(
            "is there a slip in the id, or is it of the other environment? `systemuser-demo system list{options}` and \
             `systemuser-demo user list{system}{options}` show what is there"
        ),
        _ => return Vec::new(),
    };
    vec![hint]
}
