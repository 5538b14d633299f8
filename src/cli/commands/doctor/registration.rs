//! Whether Altinn's System Register has the client on the system: without that, it finds no system user for it.

use super::step::{Findings, Step};
use crate::altinn::system_register::{self, SCOPE};
use crate::altinn::{Altinn, Item};
use crate::cli::error::token_refused::RefusedGrant;
use crate::cli::error::told::exit;
use crate::cli::output::console::Tone;
use crate::cli::session::Flow;
use crate::cli::session::altinn_session::AltinnSession;
use crate::client::http::{self, TransportError};
use crate::client::sanitize::{self, quote};
use crate::config::Config;

/// Looks the system up, where the client has the vendor's scope, and gives the flow back as it was.
pub(super) async fn examine(flow: Flow, findings: &mut Findings<'_, '_>) -> anyhow::Result<Flow> {
    let Config { client_id: Some(client_id), vendor, .. } = &flow.servers.config else {
        findings.skipped(Step::System, "the client id")?;
        return Ok(flow);
    };
    let Some(system) = vendor.system_id.clone() else {
        findings.skipped(Step::System, "[vendor], which has no `system_id`")?;
        return Ok(flow);
    };
    let client_id = client_id.value.clone();
    let token_endpoint = http::address(&flow.servers.config.endpoints.token);
    let mut vendor = AltinnSession::of(flow).about(&system);
    let call = async |altinn: &Altinn<'_>| system_register::show(altinn, &system.value).await;
    let answer = vendor.ask(SCOPE, findings.console(), call).await;
    let (update, show) = (vendor.command("system update FILE"), vendor.command_about_system("system show --json"));
    let flow = vendor.into_flow();
    match answer.map(|Item { known, .. }| known) {
        Ok(system) if system.is_deleted => {
            let says = format!("{} has been deleted from the System Register", quote(&system.id));
            findings.fault(Step::System, exit::API, says, Vec::new())?;
        }
        Ok(system) if !system.has_client(&client_id) => {
            let says = format!(
                "{} does not have client id {} in the System Register",
                quote(&system.id),
                sanitize::show(&client_id)
            );
            let hint = format!("add it to `clientId` and keep the others: `{update}`, with a file from `{show}`");
            findings.fault(Step::System, exit::API, says, vec![Tone::Hint.line(&hint)])?;
        }
        Ok(system) => findings.passed(Step::System, format!("{} has the client id", quote(&system.id)), &[])?,
        // What is wrong with the grant, or keeps it from being answered, is the next step's affair.
        Err(error) => match (error.downcast_ref::<RefusedGrant>(), error.downcast_ref::<TransportError>()) {
            (Some(refused), _) => {
                let code = refused.code().map(|code| format!(": {code}")).unwrap_or_default();
                findings.skipped(Step::System, &format!("the scope `{SCOPE}`, for which there is no token{code}"))?;
            }
            (None, Some(transport_error)) if transport_error.address == token_endpoint => {
                findings.skipped(Step::System, &format!("the scope `{SCOPE}`, for which there is no token"))?;
            }
            _ => findings.failed(Step::System, &error)?,
        },
    }
    Ok(flow)
}
