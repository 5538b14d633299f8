//! `user`: list and find system users, and show what they may do.

mod access;

use clap::{Args, Subcommand};

use self::access::Access;
use crate::altinn::system_user::{self, SystemUser};
use crate::altinn::{Altinn, Item};
use crate::cli::args::{CommonArgs, ExternalRefArg, SystemArg, VendorArgs, shell, typed};
use crate::cli::error::CommandError;
use crate::cli::output::{Console, or_dash, pairs, server_time, table};
use crate::cli::session::AltinnSession;
use crate::client::{OrgNumber, quote};
use crate::config::{EXTERNAL_REF, Overrides};

#[derive(Debug, Args)]
pub(crate) struct User {
    #[command(subcommand)]
    command: UserCommand,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    List(List),
    Find(Find),
    Access(Access),
}

/// list the system's system users
#[derive(Debug, Args)]
#[command(after_long_help = LIST_EXAMPLES)]
struct List {
    #[command(flatten)]
    system: SystemArg,
    #[command(flatten)]
    options: VendorArgs,
}

const LIST_EXAMPLES: &str = "\
Examples:
  systemuser-demo user list
  systemuser-demo user list --json";

/// find the system user of an organisation
#[derive(Debug, Args)]
#[command(after_long_help = FIND_EXAMPLES)]
struct Find {
    /// organisation that owns the system user
    org: String,
    #[command(flatten)]
    reference: ExternalRefArg,
    #[command(flatten)]
    system: SystemArg,
    #[command(flatten)]
    options: VendorArgs,
}

const FIND_EXAMPLES: &str = "\
Examples:
  systemuser-demo user find 210493352
  systemuser-demo user find 313790509 --external-ref customer-42";

impl User {
    pub(crate) async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        match self.command {
            UserCommand::List(list) => list.run(common, console).await,
            UserCommand::Find(find) => find.run(common, console).await,
            UserCommand::Access(access) => access.run(common, console).await,
        }
    }
}

impl List {
    async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let timeout = self.options.timeout.duration()?;
        let config = self.options.configuration(common, Overrides::default())?;
        let system = self.system.choose(&config)?;
        let mut altinn = AltinnSession::start(config, system_user::LIST, timeout, console).await?.about(&system);
        let call = async |api: &Altinn<'_>| system_user::list(api, &system.value).await;
        let users = altinn.call(system_user::LIST, console, call).await?.items;
        if common.json {
            return Ok(console.answer_json(&users)?);
        }
        if users.is_empty() {
            console.note(&format!("{} has no system users", quote(&system.value)));
            return Ok(());
        }
        let heading = ["system user", "kind", "owner", "external ref", "created", "title"];
        let row = |Item { known: user, .. }: &Item<SystemUser>| {
            let kind = kind(user);
            let external_ref = user.external_ref().unwrap_or("none").to_owned();
            let title = user.integration_title.clone().unwrap_or_default();
            [
                user.id.clone(),
                kind,
                or_dash(user.reportee_org_no.as_deref()),
                external_ref,
                server_time(user.created.as_deref()),
                title,
            ]
        };
        Ok(console.answer(table(heading, users.iter().map(row)))?)
    }
}

impl Find {
    async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let timeout = self.options.timeout.duration()?;
        let org = typed("ORG", &self.org).check(|org| org.parse::<OrgNumber>())?.value;
        let config = self.options.configuration(common, self.reference.overrides(Overrides::default())?)?;
        let system = self.system.choose(&config)?;
        let mut altinn = AltinnSession::start(config, system_user::FIND, timeout, console).await?.about(&system);
        altinn.note_external_ref(console);
        let external_ref = altinn.config().external_ref.as_ref().map(|given| given.value.clone());
        let call = async |api: &Altinn<'_>| system_user::find(api, &system.value, org, external_ref.as_deref()).await;
        let found = altinn.try_call(system_user::FIND, console, call).await.map_err(|error| {
            let is_missing = error.status() == Some(404);
            let error = altinn.explain(error, console);
            if is_missing { not_found(error, &altinn, org, external_ref.as_deref()) } else { error }
        })?;
        let user = &found.known;
        if common.json {
            console.answer_json(&found)?;
        } else {
            let rows = [
                ("system user", user.id.clone()),
                ("kind", kind(user)),
                ("owner", or_dash(user.reportee_org_no.as_deref())),
                ("external ref", user.external_ref().unwrap_or("none").to_owned()),
                ("system", or_dash(user.system_id.as_deref())),
                ("created", server_time(user.created.as_deref())),
                ("title", or_dash(user.integration_title.as_deref())),
            ];
            console.answer(pairs(&rows))?;
        }
        if !user.is_deleted {
            match altinn.token_command(org, external_ref.as_deref()) {
                Some(command) => console.note(&format!("to get a token for this system user, run `{command}`")),
                None => console.warning("Maskinporten does not accept this external reference, so no token can be issued for the system user"),
            }
        }
        Ok(())
    }
}

/// The error if there is no such system user. Altinn returns 404 without a code.
fn not_found(error: CommandError, altinn: &AltinnSession, org: OrgNumber, external_ref: Option<&str>) -> CommandError {
    let reference = match external_ref {
        None => {
            "was the system user requested with an external reference? pass that reference with --external-ref: Altinn \
             looks up a system user by owner and external reference"
        }
        Some(_) => {
            "was the system user requested with another external reference, or without one? pass the same reference, \
             or none: Altinn looks up a system user by owner and external reference"
        }
    };
    let option = external_ref.map(|text| shell::option(EXTERNAL_REF.option, text)).unwrap_or_default();
    let status = altinn.command_about_system(&format!("request status --org {org}{option}"));
    let list = altinn.command_about_system("user list");
    let hints = vec![
        reference.to_owned(),
        format!(
            "is there a typo in the organisation number, or does the system user belong to another system or to the \
             other environment? `{list}` lists the system's system users"
        ),
        format!("is the request not approved yet, or has the system user been deleted? check with `{status}`"),
    ];
    CommandError { hints, ..error }
}

fn kind(user: &SystemUser) -> String {
    let kind = user.user_type.as_deref().unwrap_or("-");
    if user.is_deleted { format!("{kind}, deleted") } else { kind.to_owned() }
}
