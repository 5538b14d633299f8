//! Checks that the system in Altinn's System Register has the client id. Otherwise Altinn finds no system user for it.

use std::io;

use super::step::{Findings, Step};
use crate::altinn::system_register::{self, SCOPE};
use crate::altinn::{Altinn, Item};
use crate::cli::error::{CommandError, Exit};
use crate::cli::session::{AltinnError, AltinnSession, FailedExchange, Session};
use crate::client::maskinporten::ExchangeError;
use crate::client::{TokenSource, quote, show};
use crate::config::Config;

/// Looks the system up if the client has the vendor's scope.
pub(super) async fn examine(
    session: Session,
    tokens: TokenSource,
    findings: &mut Findings<'_, '_>,
) -> io::Result<(Session, TokenSource)> {
    let Config { client_id: Some(client_id), vendor, .. } = &session.config else {
        findings.skipped(Step::System, "there is no client id")?;
        return Ok((session, tokens));
    };
    let Some(system) = vendor.system_id.clone() else {
        findings.skipped(Step::System, "there is no `system_id` under [vendor]")?;
        return Ok((session, tokens));
    };
    let (client_id, id) = (client_id.value.clone(), quote(&system.value));
    let mut altinn = AltinnSession::new(session, tokens).about(&system);
    let call = async |api: &Altinn<'_>| system_register::show(api, &system.value).await;
    match altinn.try_call(SCOPE, findings.console(), call).await.map(|Item { known, .. }| known) {
        Ok(system) if system.is_deleted => {
            let problem = format!("{id} has been deleted from the System Register");
            findings.failed(Step::System, CommandError::new(Exit::Api, problem))?;
        }
        Ok(system) if !system.has_client(&client_id) => {
            let problem = format!("{id} does not have client id {} in the System Register", show(&client_id));
            let update = altinn.rerun.command("system update FILE");
            let show = altinn.command_about_system("system show --json");
            let hint =
                format!("add it to `clientId`, and keep the other client ids: `{update}`, with a file from `{show}`");
            findings.failed(Step::System, CommandError::new(Exit::Api, problem).hint(hint))?;
        }
        Ok(_) => findings.passed(Step::System, format!("{id} has the client id"), &[])?,
        // The next step finds out what is wrong with the grant.
        Err(AltinnError::Token { failed: FailedExchange { error: ExchangeError::Refused(refused), .. }, .. }) => {
            let code = refused.code.map(|code| format!(": {code}")).unwrap_or_default();
            findings.skipped(Step::System, &format!("there is no token for the scope `{SCOPE}`{code}"))?;
        }
        Err(error) => {
            let error = altinn.explain(error, findings.console());
            findings.failed(Step::System, error)?;
        }
    }
    Ok(altinn.into_parts())
}
