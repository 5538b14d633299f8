//! `request status`: what became of a request.

use clap::Args;
use serde_json::json;

use super::wait::{self, InJson, Outcome, WaitArg};
use super::{Made, either, first_of_both, id, rows};
use crate::altinn::system_user_request::{self, Kind, READ, State};
use crate::altinn::{Altinn, Item};
use crate::cli::args::{CommonArgs, CustomerArgs, SystemArg, VendorArgs, rerun};
use crate::cli::output::console::{Console, Tone, aligned};
use crate::cli::session::altinn_session::AltinnSession;
use crate::client::http::CallError;
use crate::client::org_number::OrgNumber;
use crate::config::{Config, ConfigError, Given, Overrides};

/// show what became of a request
#[derive(Debug, Args)]
pub(super) struct Status {
    /// its id; without one, it is found by customer and external reference
    #[arg(conflicts_with_all = ["org", "external_ref", "system"])]
    id: Option<String>,
    #[command(flatten)]
    customer: CustomerArgs,
    #[command(flatten)]
    system: SystemArg,
    #[command(flatten)]
    waiting: WaitArg,
    #[command(flatten)]
    options: VendorArgs,
}

/// How a request is found.
enum Wanted {
    ById(String),
    ByReference { system: Given<String>, org: OrgNumber, external_ref: Option<String> },
}

impl Status {
    pub(super) async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> anyhow::Result<()> {
        let timeout = self.options.timeout.duration()?;
        let wait = self.waiting.duration()?;
        let config = self.options.configuration(common, self.customer.overrides(Overrides::default())?)?;
        let named = self.id.as_deref().map(|text| id(text, &config)).transpose()?;
        let wanted = self.wanted(named, &config)?;
        let mut vendor = AltinnSession::start(config, READ, timeout, console).await?;
        if let Wanted::ByReference { system, external_ref, .. } = &wanted {
            vendor = vendor.about(system);
            vendor.tell_reference(console);
            // ASP.NET leaves an escaped slash in a path as it is (github.com/dotnet/aspnetcore, issue 4718).
            if external_ref.as_ref().is_some_and(|reference| reference.contains('/')) {
                let said = "the external reference has a slash in it, and by that Altinn may not find the request; by its \
                            id it does";
                console.say(Tone::Warning, said);
            }
        }
        let call = async |altinn: &Altinn<'_>| wanted.find(altinn).await;
        let (kind, request) = vendor.ask(READ, console, call).await?;
        let command = vendor.token_command_for(&request.known);
        let json = |request: &Item<Made>| json!(request);
        let json: Option<InJson<'_>> = if common.json { Some(&json) } else { None };
        if json.is_none() {
            console.answer(aligned(&rows(kind, &request.known)).as_bytes())?;
        }
        let outcome = match (request.known.state(), wait) {
            (_, None) => {
                if let Some(json) = json {
                    console.answer_json(&json(&request))?;
                }
                if let (Some(State::Accepted), Some(command)) = (request.known.state(), command) {
                    console.say(Tone::Note, &format!("its token: `{command}`"));
                }
                return Ok(());
            }
            (Some(State::New) | None, Some(wait)) => {
                wait::until_decided(&mut vendor, kind, request, wait, console).await
            }
            _ => Outcome::Over(request),
        };
        outcome.tell(json, command.as_deref(), true, &vendor, console)
    }

    fn wanted(&self, id: Option<String>, config: &Config) -> Result<Wanted, ConfigError> {
        if let Some(id) = id {
            return Ok(Wanted::ById(id));
        }
        let external_ref = config.external_ref.as_ref().map(|given| given.value.clone());
        if let Some(dots @ ("." | "..")) = external_ref.as_deref() {
            // A part of an address that says this leads elsewhere (RFC 3986, section 3.3), however it is encoded.
            return Err(ConfigError::Invalid {
                problem: format!(
                    "no request can be found by the external reference `{dots}`, which no address can hold"
                ),
                hint: Some(format!("`systemuser-demo request status ID{}` finds it by its id", rerun::options(config))),
            });
        }
        Ok(Wanted::ByReference { system: self.system.choose(config)?, org: config.org()?.value, external_ref })
    }
}

impl Wanted {
    async fn find(&self, altinn: &Altinn<'_>) -> Result<(Kind, Item<Made>), CallError> {
        let (system, org, external_ref) = match self {
            Self::ById(id) => return either(altinn, id).await,
            Self::ByReference { system, org, external_ref } => (&system.value, *org, external_ref.as_deref()),
        };
        let find = async |kind| system_user_request::by_external_ref(altinn, kind, system, org, external_ref).await;
        first_of_both(find).await
    }
}
