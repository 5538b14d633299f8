//! `request list`: list the system's requests.

use clap::Args;
use clap_complete::ArgValueCandidates;

use super::lookup::word;
use crate::altinn::system_user_request::{self, Kind, READ, Request, State};
use crate::altinn::{Altinn, Item};
use crate::cli::args::{CommonArgs, SystemArg, VendorArgs, candidates, parsed};
use crate::cli::error::{CommandError, did_you_mean, nearest};
use crate::cli::output::{Console, or_dash, server_time, table};
use crate::cli::session::AltinnSession;
use crate::client::quote;
use crate::config::Overrides;

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct List {
    /// list only requests with this status: New, Accepted, Rejected, Denied or Timedout
    #[arg(long, add = ArgValueCandidates::new(|| candidates::names(State::ALL.map(State::name))))]
    status: Option<String>,
    /// list agent requests instead of standard requests
    #[arg(long)]
    agent: bool,
    #[command(flatten)]
    system: SystemArg,
    #[command(flatten)]
    options: VendorArgs,
}

const EXAMPLES: &str = "\
Examples:
  systemuser-demo request list
  systemuser-demo request list --status New
  systemuser-demo request list --agent --json";

impl List {
    pub(super) async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let timeout = self.options.timeout.duration()?;
        let status = parsed("--status", self.status.as_ref(), known)?;
        let config = self.options.configuration(common, Overrides::default())?;
        let system = self.system.choose(&config)?;
        let kind = if self.agent { Kind::Agent } else { Kind::Standard };
        let mut altinn = AltinnSession::start(config, READ, timeout, console).await?.about(&system);
        let call = async |api: &Altinn<'_>| system_user_request::list(api, kind, &system.value).await;
        let list = altinn.call(READ, console, call).await?;
        if list.pages > 1 {
            let status = altinn.command_about_system("request status --org ORG");
            console.note(&format!(
                "the list has {} pages, and Altinn may omit a request at the beginning of a page; to find a request by \
                 its customer, run `{status}`",
                list.pages,
            ));
        }
        let wanted = |item: &&Item<Request>| status.as_ref().is_none_or(|status| item.known.state() == Some(*status));
        let requests: Vec<_> = list.items.iter().filter(wanted).collect();
        if common.json {
            return Ok(console.answer_json(&requests)?);
        }
        if requests.is_empty() {
            let which = status.map(|status| format!(" with status {}", status.name())).unwrap_or_default();
            console.note(&format!("{} has no {} requests{which}", quote(&system.value), word(kind)));
            return Ok(());
        }
        let row = |Item { known: request, .. }: &&Item<Request>| {
            let customer = or_dash(request.party_org_no.as_deref());
            let external_ref = request.external_ref().unwrap_or("none").to_owned();
            let created = server_time(request.created.as_deref());
            [request.id.clone(), request.status().to_owned(), customer, external_ref, created]
        };
        let heading = ["request", "status", "customer", "external ref", "created"];
        Ok(console.answer(table(heading, requests.iter().map(row)))?)
    }
}

/// The state with this name.
fn known(text: String) -> Result<State, String> {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['-', '_', ' '], "");
    let found = State::ALL.into_iter().find(|state| plain(state.name()) == plain(&text));
    found.ok_or_else(|| {
        let names = State::ALL.map(State::name);
        let near = nearest(&text, names.iter().copied()).map(|name| format!("; {}", did_you_mean(name)));
        format!("{} is not a status; expected one of {}{}", quote(&text), names.join(", "), near.unwrap_or_default())
    })
}
