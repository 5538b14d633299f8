//! Finds out which right is missing if the API returned 403.

use crate::altinn::authorized_parties::SCOPE;
use crate::cli::args::{Rerun, rerun};
use crate::cli::error::{CommandError, Exit};
use crate::cli::output::Console;
use crate::cli::session::access::{Access, Rights, how_to_ask, is_agent, rights_of};
use crate::cli::session::{ApiTarget, Session};
use crate::client::{OrgNumber, TokenSource};

/// The error of the API step, with the system user's rights if Altinn lists them.
pub(super) async fn add(
    session: &Session,
    tokens: &TokenSource,
    target: &ApiTarget,
    error: CommandError,
    console: &mut Console<'_>,
) -> CommandError {
    match find(session, tokens, target, console).await {
        Ok((found, hints)) => {
            let detail = error.detail.into_iter().chain(found).collect();
            CommandError { detail, hints: if hints.is_empty() { error.hints } else { hints }, ..error }
        }
        Err(cause) => {
            let scope = match cause.exit {
                Exit::Maskinporten => format!("; the list of rights needs a token with the scope `{SCOPE}`"),
                _ => String::new(),
            };
            let mut notes = error.notes;
            notes.push(format!("cannot find out which right is missing: {}{scope}", cause.sentence));
            CommandError { notes, ..error }
        }
    }
}

/// The rights of the system user, compared with the right that the API requires if that is known. The hints replace the
/// guesses.
async fn find(
    session: &Session,
    tokens: &TokenSource,
    target: &ApiTarget,
    console: &mut Console<'_>,
) -> Result<(Vec<String>, Vec<String>), CommandError> {
    let config = &session.config;
    let owner = config.org()?.value;
    let access = Access::start(session, config, tokens, console).await?;
    let parties = access.parties(None, console).await?;
    let is_agent = is_agent(&parties, owner);
    let Some(right) = target.right() else {
        return Ok((rights_of(&parties), how_to_ask(config, is_agent, &Rights::default())));
    };
    let wanted = Rights { resources: vec![right.to_owned()], ..Rights::default() };
    let (matching, _) = access.matching(&parties, &wanted, console).await?;
    let (sentence, hints) = match matching.first() {
        None => {
            let sentence = format!("the API requires `{right}`, which the system user lacks");
            (sentence, how_to_ask(config, is_agent, &wanted))
        }
        Some(client) if is_agent == Some(true) => {
            let number = client.organization_number.as_deref().and_then(|number| number.parse::<OrgNumber>().ok());
            let number = number.map_or("ORG".to_owned(), |number| number.to_string());
            let line = format!("call {} {number}{}", target.name(), rerun::grant_options(config));
            let call = Rerun::new(config).command(&line);
            let sentence = format!("the API requires `{right}`, which the agent {owner} has for its clients only");
            (sentence, vec![format!("pass a client as ORG: `{call}`")])
        }
        Some(_) => (format!("the API requires `{right}`, which the system user has"), Vec::new()),
    };
    Ok(([sentence].into_iter().chain(rights_of(&parties)).collect(), hints))
}
