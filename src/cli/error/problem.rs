//! Messages and hints for refusals of APIs.

use super::{CommandError, Exit};
use crate::cli::args::Rerun;
use crate::client::{OrgNumber, Problem};
use crate::explain::{self, Entry};

/// The message for the refusal of an API, with the meaning of its codes. If the refusal lists field errors, only their
/// codes are explained, because the code of the refusal itself is then a general code.
pub(crate) fn explained(problem: &Problem, hints: Vec<String>, rerun: &Rerun) -> CommandError {
    let mut detail: Vec<String> = problem.www_authenticate.iter().cloned().collect();
    let entry = |code: &Option<String>| code.as_deref().and_then(explain::of_code);
    let whole = entry(&problem.code).filter(|_| problem.errors.is_empty());
    detail.extend(whole.map(|entry| entry.meaning.to_owned()));
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
    // ASP.NET's id of the call. Support teams ask for it.
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

/// Hints for a refusal of an API that is called with a system user's token. `call` is the command with a placeholder
/// for an organisation, or `None` if the API accepts none. `other` is the organisation of the call, unless it is the
/// owner.
pub(crate) fn api_hints(problem: &Problem, call: Option<&str>, other: Option<OrgNumber>) -> Vec<String> {
    let right = "does the system user lack the right that this API requires";
    let approval = "the customer must approve a request for the right";
    match (problem.status, call, other) {
        (204, ..) => vec!["the token has no system user, but this API requires a system user's token".to_owned()],
        (401, ..) => {
            vec![
                "does the API belong to the other environment? it must be the environment that issued the token"
                    .to_owned(),
            ]
        }
        (403, _, Some(org)) => {
            let other = format!(
                "is {org} neither a subunit of the owner nor a client of the agent? a standard system user acts only \
                 for its owner and the owner's subunits, an agent system user only for the agent's clients"
            );
            vec![other, format!("{right} for this organisation? {approval}")]
        }
        (403, Some(call), None) => {
            let agent = format!("is this an agent system user? then pass the agent's client as ORG: `{call}`");
            vec![format!("{right}? {approval}"), agent]
        }
        (403, None, None) => vec![format!("{right}? {approval}")],
        _ => Vec::new(),
    }
}

/// Hints for a refusal by Altinn without a code, or with an unknown code.
pub(crate) fn altinn_hints(problem: &Problem, rerun: &Rerun) -> Vec<String> {
    let (systems, users) = (rerun.command("system list"), rerun.command(&format!("user list{}", rerun.system)));
    let is_about_rights = problem.address.ends_with("/authorizedparties");
    let hint = match problem.status {
        401 if is_about_rights => {
            "does Altinn not know the system user of the token? was it deleted, or does Altinn's \
                                   URL belong to the other environment?"
                .to_owned()
        }
        403 if is_about_rights => "does Altinn require another scope for this list? the token has the scope that \
                                   Altinn's guide to the access management API names"
            .to_owned(),
        401 => "does Altinn's URL belong to the other environment? it must be the environment that issued the token"
            .to_owned(),
        403 => "does the system belong to another vendor? only a client of the system's own vendor has access; the \
             token's `consumer` is the organisation that owns the client"
            .to_owned(),
        // Altinn returns this error if the system to delete does not exist.
        400 if problem.errors.iter().any(|error| error.paths == ["return"]) => {
            format!("is the id misspelled? to see your systems, run `{systems}`")
        }
        404 if problem.code.is_none() && problem.address.contains("/systemregister/") => format!(
            "is the id misspelled, is the system not registered yet, or is it in the other environment? to see your \
             systems, run `{systems}`"
        ),
        404 if problem.code.is_none() => format!(
            "is the id misspelled, or does it belong to the other environment? to see the existing ids, run \
             `{systems}` or `{users}`"
        ),
        _ => return Vec::new(),
    };
    vec![hint]
}
