//! `request status`: show the status of a request.

use clap::Args;
use serde_json::json;

use super::lookup::{by_id, first_of, id, kinds, rows};
use super::wait::{self, End, Outcome, ToJson, WaitArg};
use crate::altinn::system_user_request::{self, Kind, READ, Request, State};
use crate::altinn::{Altinn, Item};
use crate::cli::args::{CommonArgs, CustomerArgs, Rerun, SystemArg, VendorArgs};
use crate::cli::error::{CommandError, Exit};
use crate::cli::output::{Console, pairs};
use crate::cli::session::AltinnSession;
use crate::client::{CallError, OrgNumber};
use crate::config::{Config, ConfigError, Given, Overrides};

/// show the status of a request
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Status {
    /// request id; if omitted, the request is found by customer and external reference
    #[arg(conflicts_with_all = ["org", "external_ref", "system"])]
    id: Option<String>,
    /// look only for a change request; needed to find a change request without ID
    #[arg(long)]
    change: bool,
    #[command(flatten)]
    customer: CustomerArgs,
    #[command(flatten)]
    system: SystemArg,
    #[command(flatten)]
    waiting: WaitArg,
    #[command(flatten)]
    options: VendorArgs,
}

const EXAMPLES: &str = "\
Examples:
  systemuser-demo request status --org 210493352
  systemuser-demo request status --org 210493352 --wait=90s";

/// How to find a request.
enum Wanted {
    ById(String),
    ByReference { system: Given<String>, org: OrgNumber, external_ref: Option<String> },
}

impl Status {
    pub(super) async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<Exit, CommandError> {
        let timeout = self.options.timeout.duration()?;
        let wait = self.waiting.duration()?;
        let config = self.options.configuration(common, self.customer.overrides(Overrides::default())?)?;
        let named = self.id.as_deref().map(|text| id(text, &config)).transpose()?;
        let wanted = self.wanted(named, &config)?;
        let mut altinn = AltinnSession::start(config, READ, timeout, console).await?;
        if let Wanted::ByReference { system, external_ref, .. } = &wanted {
            altinn = altinn.about(system);
            altinn.note_external_ref(console);
            // ASP.NET leaves an escaped slash in a path as it is (github.com/dotnet/aspnetcore, issue 4718).
            if external_ref.as_ref().is_some_and(|reference| reference.contains('/')) {
                console.warning(
                    "the external reference contains a slash, so Altinn may not find the request; pass the request id \
                     instead",
                );
            }
        }
        let call = async |api: &Altinn<'_>| wanted.find(api, self.change).await;
        let (kind, request) = altinn.call(READ, console, call).await?;
        let is_by_reference = matches!(wanted, Wanted::ByReference { .. });
        if kind == Kind::Change && is_by_reference && request.known.state() != Some(State::New) {
            let list = altinn.command_about_system("request list --change");
            console.note(&format!(
                "a system user may have several change requests, and Altinn returned one of them; to see all, run `{list}`"
            ));
        }
        let command = altinn.token_command_for(&request.known);
        let json = |request: &Item<Request>| json!(request);
        let json: Option<ToJson<'_>> = if common.json { Some(&json) } else { None };
        if json.is_none() {
            console.answer(pairs(&rows(kind, &request.known)))?;
        }
        let outcome = match (request.known.state(), wait) {
            (_, None) => {
                if let Some(json) = json {
                    console.answer_json(&json(&request))?;
                }
                if let (Some(State::Accepted), Some(command)) = (request.known.state(), command) {
                    console.note(&format!("to get a token for this system user, run `{command}`"));
                }
                return Ok(Exit::Done);
            }
            (Some(State::New) | None, Some(wait)) => {
                wait::until_decided(&mut altinn, kind, request, wait, console).await
            }
            _ => Outcome { kind, request, end: End::Over },
        };
        outcome.finish(json, command.as_deref(), true, &altinn, console)
    }

    fn wanted(&self, id: Option<String>, config: &Config) -> Result<Wanted, CommandError> {
        if let Some(id) = id {
            return Ok(Wanted::ById(id));
        }
        let external_ref = config.external_ref.as_ref().map(|given| given.value.clone());
        if let Some(dots @ ("." | "..")) = external_ref.as_deref() {
            // A path segment of dots leads elsewhere (RFC 3986, section 3.3), however it is encoded.
            let status = Rerun::new(config).command("request status ID");
            let problem =
                format!("no request can be found by the external reference `{dots}`, because a URL cannot contain it");
            return Err(CommandError::from(ConfigError::Invalid {
                given_by: config.external_ref.as_ref().map(|given| given.source.clone()),
                problem,
                hint: Some(format!("to find the request by its id, run `{status}`")),
            }));
        }
        Ok(Wanted::ByReference { system: self.system.choose(config)?, org: config.org()?.value, external_ref })
    }
}

impl Wanted {
    async fn find(&self, altinn: &Altinn<'_>, change: bool) -> Result<(Kind, Item<Request>), CallError> {
        let (system, org, external_ref) = match self {
            Self::ById(id) => return by_id(altinn, kinds(change), id).await,
            Self::ByReference { system, org, external_ref } => (&system.value, *org, external_ref.as_deref()),
        };
        let find = async |kind| system_user_request::by_external_ref(altinn, kind, system, org, external_ref).await;
        if !change {
            return first_of(&[Kind::Standard, Kind::Agent], find).await;
        }
        // By reference, Altinn returns a change request without its access packages.
        by_id(altinn, kinds(change), &find(Kind::Change).await?.known.id).await
    }
}
