//! `request`: ask a customer to create a system user, and follow the answer.

mod browser;
mod create;
mod follow;
mod wait;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::altinn::system_user_request::{self, Kind, READ, Request as Made, State, WRITE};
use crate::altinn::{Altinn, Item};
use crate::cli::args::{CommonArgs, SystemArg, VendorArgs, checked_text, rerun, typed};
use crate::cli::error::hints;
use crate::cli::output::clock;
use crate::cli::output::console::{Console, Tone, aligned};
use crate::cli::output::table::table;
use crate::cli::session::altinn_session::AltinnSession;
use crate::client::http::CallError;
use crate::client::sanitize::quote;
use crate::config::{Config, ConfigError, Overrides};

#[derive(Debug, Args)]
pub(crate) struct Request {
    #[command(subcommand)]
    command: RequestCommand,
}

#[derive(Debug, Subcommand)]
enum RequestCommand {
    /// ask a customer for a system user
    Create(create::Create),
    /// show what became of a request
    Status(follow::Status),
    /// list the requests of the system
    List(List),
    /// delete a request
    Delete(Delete),
}

#[derive(Debug, Args)]
struct List {
    /// only those that are New, Accepted, Rejected, Denied or Timedout
    #[arg(long)]
    status: Option<String>,
    /// those for agents; else the others
    #[arg(long)]
    agent: bool,
    #[command(flatten)]
    system: SystemArg,
    #[command(flatten)]
    options: VendorArgs,
}

#[derive(Debug, Args)]
struct Delete {
    /// the request's id
    id: String,
    #[command(flatten)]
    options: VendorArgs,
}

impl Request {
    pub(crate) async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> anyhow::Result<()> {
        match self.command {
            RequestCommand::Create(create) => create.run(common, console).await,
            RequestCommand::Status(status) => status.run(common, console).await,
            RequestCommand::List(list) => list.run(common, console).await,
            RequestCommand::Delete(delete) => delete.run(common, console).await,
        }
    }
}

/// A request's id, which is a UUID.
fn id(text: &str, config: &Config) -> Result<String, ConfigError> {
    let again = rerun::options(config);
    let given = checked_text(typed("ID", text))?;
    match uuid::Uuid::try_parse(given.value.trim()) {
        Ok(id) => Ok(id.to_string()),
        Err(_) => Err(ConfigError::Invalid {
            problem: format!("ID: {} is not a request's id, which is a UUID", quote(&given.value)),
            hint: Some(match given.value.trim().parse::<crate::client::org_number::OrgNumber>() {
                Ok(org) => {
                    format!("a customer's request is found by `systemuser-demo request status --org {org}{again}`")
                }
                Err(_) if humantime::parse_duration(&given.value).is_ok() => {
                    format!("a duration stands behind an equals sign: `--wait={}`", given.value)
                }
                Err(_) => format!("`systemuser-demo request list{again}` shows the ids"),
            }),
        }),
    }
}

/// Finds a request of either kind by its id. Altinn keeps the two apart.
async fn either(altinn: &Altinn<'_>, id: &str) -> Result<(Kind, Item<Made>), CallError> {
    first_of_both(async |kind| system_user_request::by_id(altinn, kind, id).await).await
}

/// Standard, then agent. What is of neither kind is refused as the first one.
async fn first_of_both(
    find: impl AsyncFn(Kind) -> Result<Item<Made>, CallError>,
) -> Result<(Kind, Item<Made>), CallError> {
    match find(Kind::Standard).await {
        Err(CallError::Problem(refused)) if refused.status == 404 => match find(Kind::Agent).await {
            Err(CallError::Problem(second)) if second.status == 404 => Err(CallError::Problem(refused)),
            agent => Ok((Kind::Agent, agent?)),
        },
        standard => Ok((Kind::Standard, standard?)),
    }
}

/// A kind in a word.
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Standard => "standard",
        Kind::Agent => "agent",
    }
}

/// A request as a person reads it.
fn rows(kind: Kind, request: &Made) -> Vec<(&'static str, String)> {
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let mut rows = vec![
        ("request", request.id.clone()),
        ("status", request.status().to_owned()),
        ("kind", word(kind).to_owned()),
        ("customer", text(&request.party_org_no)),
        ("external ref", request.external_ref().unwrap_or("none").to_owned()),
        ("system", text(&request.system_id)),
        ("created", clock::told(request.created.as_deref())),
    ];
    let asks_for = request.asks_for();
    if !asks_for.is_empty() {
        rows.insert(rows.len() - 1, ("asks for", asks_for.join(", ")));
    }
    rows.extend(request.confirm_url.clone().filter(|url| !url.is_empty()).map(|url| ("confirm", url)));
    rows
}

impl List {
    async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> anyhow::Result<()> {
        let timeout = self.options.timeout.duration()?;
        let status = self.status.as_ref().map(|text| typed("--status", text).check(known)).transpose()?;
        let config = self.options.configuration(common, Overrides::default())?;
        let system = self.system.choose(&config)?;
        let kind = if self.agent { Kind::Agent } else { Kind::Standard };
        let mut vendor = AltinnSession::start(config, READ, timeout, console).await?.about(&system);
        let call = async |altinn: &Altinn<'_>| system_user_request::list(altinn, kind, &system.value).await;
        let list = vendor.ask(READ, console, call).await?;
        if list.pages > 1 {
            let said = format!(
                "the list came in {} pages, and Altinn may leave one out where a page begins: `{}` finds one by its \
                 customer",
                list.pages,
                vendor.command_about_system("request status --org ORG")
            );
            console.say(Tone::Note, &said);
        }
        let wanted = |item: &&Item<Made>| status.as_ref().is_none_or(|status| item.known.state() == Some(status.value));
        let requests: Vec<_> = list.items.iter().filter(wanted).collect();
        if common.json {
            return console.answer_json(&requests);
        }
        if requests.is_empty() {
            let which = status.map(|status| format!(" that are {}", status.value.name())).unwrap_or_default();
            console.say(Tone::Note, &format!("{} has no {} requests{which}", quote(&system.value), word(kind)));
            return Ok(());
        }
        let row = |Item { known: request, .. }: &&Item<Made>| {
            let customer = request.party_org_no.clone().unwrap_or_else(|| "-".to_owned());
            let external_ref = request.external_ref().unwrap_or("none").to_owned();
            let created = clock::told(request.created.as_deref());
            [request.id.clone(), request.status().to_owned(), customer, external_ref, created]
        };
        let rows: Vec<_> = requests.iter().map(row).collect();
        console.answer(table(["request", "status", "customer", "external ref", "created"], &rows).as_bytes())
    }
}

/// The state of this name.
fn known(text: String) -> Result<State, String> {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['-', '_', ' '], "");
    let found = State::ALL.into_iter().find(|state| plain(state.name()) == plain(&text));
    found.ok_or_else(|| {
        let names = State::ALL.map(State::name);
        let near = hints::nearest(&text, names.iter().copied()).map(|name| format!("; {}", hints::did_you_mean(name)));
        format!("{} is not a status, which are {}{}", quote(&text), names.join(", "), near.unwrap_or_default())
    })
}

impl Delete {
    async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> anyhow::Result<()> {
        let timeout = self.options.timeout.duration()?;
        let config = self.options.configuration(common, Overrides::default())?;
        let id = id(&self.id, &config)?;
        let mut vendor = AltinnSession::start(config, READ, timeout, console).await?;
        // Altinn deletes a request whosever it is, but shows the vendor's own only.
        let (kind, request) = vendor.ask(READ, console, async |altinn: &Altinn<'_>| either(altinn, &id).await).await?;
        let call = async |altinn: &Altinn<'_>| system_user_request::delete(altinn, &id).await;
        vendor.ask(WRITE, console, call).await?;
        if common.json {
            return console.answer_json(&json!({ "deleted": request }));
        }
        console.answer(aligned(&[("deleted", id)]).as_bytes())?;
        let customer = request.known.party_org_no.as_deref().unwrap_or("-");
        let status = request.known.status();
        let kind = if kind == Kind::Agent { "an agent" } else { "a standard" };
        console.say(Tone::Note, &format!("it was {kind} request to {customer}, and was {status}"));
        Ok(())
    }
}
