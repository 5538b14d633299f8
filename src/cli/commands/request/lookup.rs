//! Finds a request by the user's input, and describes it.

use crate::altinn::system_user_request::{self, Kind, Request};
use crate::altinn::{Altinn, Item};
use crate::cli::args::{Rerun, checked_text, typed};
use crate::cli::error::CommandError;
use crate::cli::output::{or_dash, server_time};
use crate::client::{CallError, OrgNumber, quote};
use crate::config::Config;

/// Parses the id of a request, which is a UUID.
pub(super) fn id(text: &str, config: &Config) -> Result<String, CommandError> {
    let rerun = Rerun::new(config);
    let given = checked_text(typed("ID", text))?;
    if let Ok(id) = uuid::Uuid::try_parse(given.value.trim()) {
        return Ok(id.to_string());
    }
    let end = given.value.trim().rsplit(['=', '/']).next().unwrap_or_default();
    let hint = match given.value.trim().parse::<OrgNumber>() {
        Ok(org) => {
            let status = rerun.command(&format!("request status --org {org}"));
            format!("to find a customer's request, run `{status}`")
        }
        Err(_) if humantime::parse_duration(&given.value).is_ok() => {
            format!("write an equals sign before a duration: `--wait={}`", given.value)
        }
        Err(_) if given.value.len() < 5 && given.value.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("write an equals sign and a unit for a duration: `--wait={}s`", given.value)
        }
        Err(_) if uuid::Uuid::try_parse(end).is_ok() => format!("pass only the id, which is at the end: `{end}`"),
        Err(_) => format!("to see the existing ids, run `{}`", rerun.command("request list")),
    };
    let problem = format!("ID: {} is not a request id; expected a UUID", quote(&given.value));
    Err(CommandError::command_line(problem).hint(hint))
}

/// Finds a request of these kinds by its id. Altinn has a separate URL for each kind.
pub(super) async fn by_id(altinn: &Altinn<'_>, kinds: &[Kind], id: &str) -> Result<(Kind, Item<Request>), CallError> {
    first_of(kinds, async |kind| system_user_request::by_id(altinn, kind, id).await).await
}

/// Tries the kinds in this order. If none of them is found, returns the refusal of the first kind.
pub(super) async fn first_of(
    kinds: &[Kind],
    find: impl AsyncFn(Kind) -> Result<Item<Request>, CallError>,
) -> Result<(Kind, Item<Request>), CallError> {
    let (first, others) = kinds.split_first().expect("a list of kinds is not empty");
    let mut found = find(*first).await.map(|request| (*first, request));
    for kind in others {
        let Err(CallError::Refused(problem)) = &found else { break };
        if problem.status != 404 {
            break;
        }
        match find(*kind).await {
            Err(CallError::Refused(next)) if next.status == 404 => {}
            answer => found = answer.map(|request| (*kind, request)),
        }
    }
    found
}

/// The kinds that a command looks for by an id.
pub(super) fn kinds(change: bool) -> &'static [Kind] {
    if change { &[Kind::Change] } else { &[Kind::Standard, Kind::Agent, Kind::Change] }
}

/// The word for a kind.
pub(super) fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Standard => "standard",
        Kind::Agent => "agent",
        Kind::Change => "change",
    }
}

/// The rows that describe a request.
pub(super) fn rows(kind: Kind, request: &Request) -> Vec<(&'static str, String)> {
    let mut rows = vec![
        ("request", request.id.clone()),
        ("status", request.status().to_owned()),
        ("kind", word(kind).to_owned()),
        ("customer", or_dash(request.party_org_no.as_deref())),
        ("external ref", request.external_ref().unwrap_or("none").to_owned()),
        ("system", or_dash(request.system_id.as_deref())),
    ];
    rows.extend(request.system_user_id.clone().map(|user| ("system user", user)));
    let lists = [("asks for", request.asks_for()), ("adds", request.adds()), ("removes", request.removes())];
    rows.extend(lists.into_iter().filter(|(_, names)| !names.is_empty()).map(|(name, names)| (name, names.join(", "))));
    // Change requests have no time of creation.
    if kind != Kind::Change || request.created.is_some() {
        rows.push(("created", server_time(request.created.as_deref())));
    }
    rows.extend(request.confirm_url.clone().filter(|url| !url.is_empty()).map(|url| ("confirm", url)));
    rows
}
