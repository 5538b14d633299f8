//! `request delete`: delete a request.

use clap::Args;
use serde_json::json;

use super::lookup::{by_id, id, kinds};
use crate::altinn::Altinn;
use crate::altinn::system_user_request::{self, Kind, READ, WRITE};
use crate::cli::args::{CommonArgs, VendorArgs};
use crate::cli::error::CommandError;
use crate::cli::output::{Console, pairs};
use crate::cli::session::AltinnSession;
use crate::config::Overrides;

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Delete {
    /// request id
    id: String,
    /// delete the request only if it is a change request
    #[arg(long)]
    change: bool,
    #[command(flatten)]
    options: VendorArgs,
}

const EXAMPLES: &str = "\
Examples:
  systemuser-demo request delete ID  # see `request list`";

impl Delete {
    pub(super) async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let timeout = self.options.timeout.duration()?;
        let config = self.options.configuration(common, Overrides::default())?;
        let id = id(&self.id, &config)?;
        let mut altinn = AltinnSession::start(config, READ, timeout, console).await?;
        // Altinn deletes the request of any vendor, but shows only the vendor's own requests.
        let find = async |api: &Altinn<'_>| by_id(api, kinds(self.change), &id).await;
        let (kind, request) = altinn.call(READ, console, find).await?;
        let call = async |api: &Altinn<'_>| system_user_request::delete(api, kind, &id).await;
        altinn.call(WRITE, console, call).await?;
        if common.json {
            return Ok(console.answer_json(&json!({ "deleted": request }))?);
        }
        console.answer(pairs(&[("deleted", id)]))?;
        let customer = request.known.party_org_no.as_deref().unwrap_or("-");
        let status = request.known.status();
        let kind = match kind {
            Kind::Standard => "a standard",
            Kind::Agent => "an agent",
            Kind::Change => "a change",
        };
        console.note(&format!("it was {kind} request to {customer}, and its status was {status}"));
        Ok(())
    }
}
