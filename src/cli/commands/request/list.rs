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
    /// list change requests instead of standard requests
    #[arg(long, conflicts_with = "agent")]
    change: bool,
    #[command(flatten)]
    system: SystemArg,
    #[command(flatten)]
    options: VendorArgs,
}

const EXAMPLES: &str = "\
Examples:
  systemuser-demo request list
  systemuser-demo request list --status New
  systemuser-demo request list --agent --json
  systemuser-demo request list --change";

impl List {
    pub(super) async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let timeout = self.options.timeout.duration()?;
        let status = parsed("--status", self.status.as_ref(), known)?;
        let config = self.options.configuration(common, Overrides::default())?;
        let system = self.system.choose(&config)?;
        let kind = match (self.agent, self.change) {
            (true, _) => Kind::Agent,
            (_, true) => Kind::Change,
            _ => Kind::Standard,
        };
        let mut altinn = AltinnSession::start(config, READ, timeout, console).await?.about(&system);
        let call = async |api: &Altinn<'_>| system_user_request::list(api, kind, &system.value).await;
        let list = altinn.call(READ, console, call).await?;
        if list.pages > 1 && kind != Kind::Change {
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
            console.answer_json(&requests)?;
        } else if !requests.is_empty() {
            console.answer(rows(kind, &requests))?;
        } else if list.endless.is_none() {
            let which = status.map(|status| format!(" with status {}", status.name())).unwrap_or_default();
            console.note(&format!("{} has no {} requests{which}", quote(&system.value), word(kind)));
        }
        list.endless.map_or(Ok(()), |error| {
            let find = altinn.command_about_system("request status --org ORG --change");
            Err(CommandError::from(error)
                .hint(format!(
                    "Altinn returns only the first page of change requests; to find another change request, run `{find}`"
                ))
                .hint(format!(
                    "to shorten the list, delete decided change requests with `{}`",
                    altinn.rerun.command("request delete ID")
                )))
        })
    }
}

/// The table of requests.
fn rows(kind: Kind, requests: &[&Item<Request>]) -> String {
    let row = |Item { known: request, .. }: &&Item<Request>| {
        let customer = or_dash(request.party_org_no.as_deref());
        let external_ref = request.external_ref().unwrap_or("none").to_owned();
        let created = server_time(request.created.as_deref());
        [request.id.clone(), request.status().to_owned(), customer, external_ref, created]
    };
    if kind != Kind::Change {
        return table(["request", "status", "customer", "external ref", "created"], requests.iter().map(row));
    }
    // Change requests have no time of creation.
    let row = |item: &&Item<Request>| {
        let [id, status, customer, external_ref, _] = row(item);
        [id, status, customer, external_ref, item.known.adds().join(", "), item.known.removes().join(", ")]
    };
    table(["request", "status", "customer", "external ref", "adds", "removes"], requests.iter().map(row))
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
