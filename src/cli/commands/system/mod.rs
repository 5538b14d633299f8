//! `system`: register and manage systems in Altinn's System Register.
//!
//! The API calls and the rules for a system are in `altinn`.

mod changes;
mod file;
mod member_names;

use std::ffi::OsString;
use std::io::{self, IsTerminal};

use anyhow::Context;
use clap::{Args, Subcommand};
use clap_complete::ArgValueCandidates;
use serde_json::json;

use self::changes::FieldChange;
use crate::altinn::rights::Right;
use crate::altinn::system::{System as Registered, Translations};
use crate::altinn::system_register::{self, Change, SCOPE, SystemSummary};
use crate::altinn::{Altinn, Item};
use crate::cli::args::{self, CommonArgs, SystemArg, VendorArgs};
use crate::cli::error::{CommandError, Exit};
use crate::cli::output::{Console, or_dash, pairs, server_time, table};
use crate::cli::session::AltinnSession;
use crate::client::{may_be_secret, quote, show};
use crate::config::{Config, Overrides};

#[derive(Debug, Args)]
pub(crate) struct System {
    #[command(subcommand)]
    command: SystemCommand,
}

#[derive(Debug, Subcommand)]
enum SystemCommand {
    /// list the vendor's systems
    List(List),
    /// show a system
    #[command(after_long_help = SHOW_EXAMPLES)]
    Show(One),
    /// register a new system
    Register(Register),
    /// update a system from a file, and print the differences
    Update(Update),
    /// delete a system; the id cannot be reused
    Delete(Delete),
    /// show who changed a system, and when
    #[command(after_long_help = LOG_EXAMPLES)]
    Log(One),
}

#[derive(Debug, Args)]
#[command(after_long_help = LIST_EXAMPLES)]
struct List {
    #[command(flatten)]
    options: VendorArgs,
}

const LIST_EXAMPLES: &str = "\
Examples:
  systemuser-demo system list
  systemuser-demo system list --json";

#[derive(Debug, Args)]
struct One {
    /// system id (same as `--system`)
    #[arg(value_name = "SYSTEM", conflicts_with = "system", add = ArgValueCandidates::new(args::candidates::systems))]
    id: Option<String>,
    #[command(flatten)]
    system: SystemArg,
    #[command(flatten)]
    options: VendorArgs,
}

#[derive(Debug, Args)]
#[command(after_long_help = REGISTER_EXAMPLES)]
struct Register {
    /// JSON file in the System Register's format, such as config/system.json
    #[arg(add = args::candidates::files("json"))]
    file: OsString,
    #[command(flatten)]
    options: VendorArgs,
}

const REGISTER_EXAMPLES: &str = "\
Examples:
  systemuser-demo system register config/system.json
  systemuser-demo system register config/system.json --json";

#[derive(Debug, Args)]
#[command(after_long_help = UPDATE_EXAMPLES)]
struct Update {
    /// JSON file in the System Register's format, as `system show --json` prints it; lists missing from the file stay
    /// unchanged
    #[arg(add = args::candidates::files("json"))]
    file: OsString,
    /// allow the update to remove client ids; the removed clients can then no longer get tokens for this system
    #[arg(long)]
    allow_removing_client_ids: bool,
    #[command(flatten)]
    options: VendorArgs,
}

const UPDATE_EXAMPLES: &str = "\
Examples:
  systemuser-demo system update system.json
  systemuser-demo system update system.json --json";

#[derive(Debug, Args)]
#[command(after_long_help = DELETE_EXAMPLES)]
struct Delete {
    #[command(flatten)]
    one: One,
    /// delete without asking for confirmation
    #[arg(long)]
    yes: bool,
}

const DELETE_EXAMPLES: &str = "\
Examples:
  systemuser-demo system delete --yes  # the default system
  systemuser-demo system delete 991825827_skylager --yes";

const SHOW_EXAMPLES: &str = "\
Examples:
  systemuser-demo system show
  systemuser-demo system show --json > system.json";

const LOG_EXAMPLES: &str = "\
Examples:
  systemuser-demo system log
  systemuser-demo system log 991825827_smartcloud --json";

impl System {
    pub(crate) async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        match self.command {
            SystemCommand::List(list) => list.run(common, console).await,
            SystemCommand::Show(one) => one.show(common, console).await,
            SystemCommand::Register(register) => register.run(common, console).await,
            SystemCommand::Update(update) => update.run(common, console).await,
            SystemCommand::Delete(delete) => delete.run(common, console).await,
            SystemCommand::Log(one) => one.log(common, console).await,
        }
    }
}

/// Starts a session with the System Register.
async fn start(options: &VendorArgs, config: Config, console: &mut Console<'_>) -> Result<AltinnSession, CommandError> {
    AltinnSession::start(config, SCOPE, options.timeout.duration()?, console).await
}

impl List {
    async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let config = self.options.configuration(common, Overrides::default())?;
        let mut altinn = start(&self.options, config, console).await?;
        let systems = altinn.call(SCOPE, console, system_register::list).await?;
        if common.json {
            return Ok(console.answer_json(&systems)?);
        }
        if systems.is_empty() {
            console.note("the vendor has no systems");
            return Ok(());
        }
        let row = |Item { known: system, .. }: &Item<SystemSummary>| {
            let visible = if system.is_visible { "yes" } else { "no" }.to_owned();
            let counts = [system.rights.len(), system.access_packages.len()].map(|count| count.to_string());
            let [rights, packages] = counts;
            [system.system_id.clone(), rights, packages, visible, system.name.clone()]
        };
        let heading = ["system", "rights", "packages", "visible", "name"];
        Ok(console.answer(table(heading, systems.iter().map(row)))?)
    }
}

impl One {
    /// Starts a session. Returns it with the id of the system.
    async fn start(
        &self,
        common: &CommonArgs,
        console: &mut Console<'_>,
    ) -> Result<(AltinnSession, String), CommandError> {
        let config = self.options.configuration(common, Overrides::default())?;
        let system = match &self.id {
            Some(id) => args::system("SYSTEM", Some(id), &config)?,
            None => self.system.choose(&config)?,
        };
        Ok((start(&self.options, config, console).await?.about(&system), system.value))
    }

    async fn show(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let (mut altinn, id) = self.start(common, console).await?;
        let call = async |api: &Altinn<'_>| system_register::show(api, &id).await;
        let system = altinn.call(SCOPE, console, call).await?;
        if common.json {
            return Ok(console.answer_json(&system)?);
        }
        Ok(console.answer(pairs(&rows(&system.known)))?)
    }

    async fn log(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let (mut altinn, id) = self.start(common, console).await?;
        let call = async |api: &Altinn<'_>| system_register::log(api, &id).await;
        let changes = altinn.call(SCOPE, console, call).await?;
        if common.json {
            return Ok(console.answer_json(&changes)?);
        }
        let row = |Item { known: change, .. }: &Item<Change>| {
            let texts = [&change.change_type, &change.changed_by_org_number, &change.client_id];
            let [change_type, org, client] = texts.map(|text| or_dash(text.as_deref()));
            [server_time(change.created.as_deref()), change_type, org, client]
        };
        Ok(console.answer(table(["time", "change", "by", "client id"], changes.iter().map(row)))?)
    }
}

/// The rows that describe a system.
fn rows(system: &Registered) -> Vec<(&'static str, String)> {
    let yes_or_no = |yes| if yes { "yes" } else { "no" }.to_owned();
    let mut rows = vec![("system", system.id.clone()), ("vendor", system.vendor_org().to_owned())];
    // Only the first line of a list has the list's name.
    let mut list = |name: &'static str, values: Vec<String>| {
        let values = if values.is_empty() { vec!["none".to_owned()] } else { values };
        rows.extend(values.into_iter().enumerate().map(|(nth, value)| (if nth == 0 { name } else { "" }, value)));
    };
    let texts =
        |texts: &Translations| texts.iter().map(|(language, text)| format!("{language}: {text}")).collect::<Vec<_>>();
    list("name", texts(&system.name));
    list("description", texts(&system.description));
    list("rights", system.rights.iter().map(Right::name).collect());
    list("packages", system.access_packages.iter().map(|package| package.urn.clone()).collect());
    list("client ids", system.client_id.clone());
    list("redirect urls", system.allowed_redirect_urls.clone());
    rows.push(("visible", yes_or_no(system.is_visible)));
    rows.push(("deleted", yes_or_no(system.is_deleted)));
    rows
}

impl Register {
    async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let config = self.options.configuration(common, Overrides::default())?;
        let (path, draft) = file::read(&self.file)?;
        file::check_fields(&path, &draft, |_| false)?;
        let system = draft.new_system();
        file::check(&path, &system, true)?;
        let mut altinn = start(&self.options, config, console).await?;
        if system.client_id.is_empty() {
            console.warning("`clientId` is empty, so no client can get tokens for this system's system users");
        }
        let call = async |api: &Altinn<'_>| system_register::register(api, &system).await;
        let internal = altinn.call(SCOPE, console, call).await?;
        if common.json {
            return Ok(console.answer_json(&json!({ "id": system.id, "internal_id": internal }))?);
        }
        let rows = [("registered", system.id.clone()), ("internal id", internal)];
        console.answer(pairs(&rows))?;
        let known = altinn.config().vendor.system_id.as_ref().is_some_and(|configured| configured.value == system.id);
        // The system is lost with a sandbox inside this process.
        if !known && !altinn.config().sandbox_inside {
            let (setting, option) = match may_be_secret(&system.id) {
                true => ("its id into `system_id`".to_owned(), "its id with --system".to_owned()),
                false => (format!("`system_id = \"{}\"`", system.id), format!("--system {}", system.id)),
            };
            console.note(&format!(
                "to make this system the default for --system, put {setting} under [vendor] in the configuration file; \
                 otherwise, pass {option}"
            ));
        }
        Ok(())
    }
}

impl Update {
    async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let config = self.options.configuration(common, Overrides::default())?;
        let (path, draft) = file::read(&self.file)?;
        file::check_fields(&path, &draft, file::may_be_new)?;
        file::check(&path, &draft.clone().new_system(), false)?;
        let mut altinn = start(&self.options, config, console).await?;
        let id = draft.id.clone();
        let call = async |api: &Altinn<'_>| system_register::show(api, &id).await;
        let current = altinn.call(SCOPE, console, call).await?.known;
        if current.is_deleted {
            let problem = format!("{} has been deleted, so it cannot be changed", quote(&id));
            let hint = "the id cannot be reused; register a system with another name";
            return Err(CommandError::new(Exit::Api, problem).hint(hint));
        }
        file::check_fields(&path, &draft, |field| current.extra_fields.contains_key(field))?;
        let system = draft.merged_into(&current);
        let changes = changes::between(&current, &system);
        if changes.is_empty() {
            console.note(&format!("{} already has these values, so nothing was sent", quote(&id)));
        } else {
            console.note(&format!("the file would make these changes to {}", quote(&id)));
            changes.iter().flat_map(FieldChange::lines).for_each(|line| console.detail(&line));
            self.check_client_ids(&current, &system)?;
            let call = async |api: &Altinn<'_>| system_register::update(api, &system).await;
            altinn.call(SCOPE, console, call).await?;
        }
        if common.json {
            return Ok(console.answer_json(&json!({ "id": id, "changes": changes }))?);
        }
        if !changes.is_empty() {
            console.answer(pairs(&[("updated", id)]))?;
        }
        Ok(())
    }

    /// A client whose id is removed gets no more tokens for this system's system users.
    fn check_client_ids(&self, current: &Registered, system: &Registered) -> Result<(), CommandError> {
        let lost: Vec<&str> =
            current.client_id.iter().map(String::as_str).filter(|id| !system.has_client(id)).collect();
        if lost.is_empty() || self.allow_removing_client_ids {
            return Ok(());
        }
        let problem = format!("the file leaves out client ids that the system has: {}", lost.join(", "));
        Err(CommandError::command_line(problem)
            .hint("Maskinporten would then refuse to issue tokens to these clients (MP-303), for all customers")
            .hint("to remove them, pass --allow-removing-client-ids; to keep all client ids, leave out `clientId`"))
    }
}

impl Delete {
    async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let can_ask = io::stdin().is_terminal() && io::stderr().is_terminal();
        if !self.yes && !can_ask {
            let problem = "cannot ask for confirmation without a terminal; use --yes";
            return Err(CommandError::usage(problem, "system delete"));
        }
        let (mut altinn, id) = self.one.start(common, console).await?;
        if !self.yes {
            console.prompt(&format!(
                "delete {}? its system users will get no more tokens, and the id cannot be reused [y/N] ",
                show(&id)
            ));
            let mut line = String::new();
            io::stdin().read_line(&mut line).context("cannot read standard input")?;
            if !matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
                console.note("nothing was deleted");
                return Ok(());
            }
        }
        let read = async |api: &Altinn<'_>| system_register::show(api, &id).await;
        let delete = async |api: &Altinn<'_>| system_register::delete(api, &id).await;
        if altinn.call(SCOPE, console, read).await?.known.is_deleted {
            console.note("the system is already deleted, so nothing was sent");
        } else if let Err(error) = altinn.try_call(SCOPE, console, delete).await {
            // Altinn deletes a system without clients, but returns 400. Source: github.com/Altinn/altinn-authentication,
            // `src/Persistance/RepositoryImplementations/SystemRegisterRepository.cs`.
            let is_deleted = error.status() == Some(400)
                && altinn.try_call(SCOPE, console, read).await.is_ok_and(|system| system.known.is_deleted);
            if !is_deleted {
                return Err(altinn.explain(error, console));
            }
            console
                .note("Altinn returned status 400, as for every system without client ids, but it deleted the system");
        }
        if common.json {
            return Ok(console.answer_json(&json!({ "deleted": id }))?);
        }
        Ok(console.answer(pairs(&[("deleted", id)]))?)
    }
}
