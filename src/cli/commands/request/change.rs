//! `request change`: ask a customer for a change to a system user.

use clap::Args;
use uuid::Uuid;

use super::decision::{Customer, DecisionArgs};
use crate::altinn::change_request::{self, NewChange};
use crate::altinn::system_user::{self, SystemUser};
use crate::altinn::system_user_request::{Created, Kind, Request, WRITE};
use crate::altinn::{Altinn, Item};
use crate::cli::args::rights::{packages, rights};
use crate::cli::args::{CommonArgs, ExternalRefArg, SystemArg, VendorArgs, parsed, shell, typed};
use crate::cli::error::{CommandError, Exit};
use crate::cli::output::Console;
use crate::cli::session::access::rights_now;
use crate::cli::session::{AltinnError, AltinnSession, is_usable, note_untyped, test_series_warning};
use crate::client::{CallError, OrgNumber, quote};
use crate::config::{Given, Overrides, Source};

/// ask a customer for a change to a system user
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Change {
    /// the customer's organisation number
    org: String,
    /// add the right to this resource; may be repeated
    #[arg(long, value_name = "RESOURCE")]
    add_right: Vec<String>,
    /// remove the right to this resource; may be repeated
    #[arg(long, value_name = "RESOURCE")]
    remove_right: Vec<String>,
    /// add this access package; may be repeated
    #[arg(long, value_name = "PACKAGE")]
    add_package: Vec<String>,
    /// remove this access package; may be repeated
    #[arg(long, value_name = "PACKAGE")]
    remove_package: Vec<String>,
    #[command(flatten)]
    reference: ExternalRefArg,
    /// id of the change request, a UUID; to repeat a command safely, pass the same id again [default: a new id]
    #[arg(long, value_name = "UUID")]
    correlation_id: Option<String>,
    #[command(flatten)]
    decision: DecisionArgs,
    #[command(flatten)]
    system: SystemArg,
    #[command(flatten)]
    options: VendorArgs,
}

const EXAMPLES: &str = "\
Examples:
  systemuser-demo request change 210493352 --remove-right ttd_systembruker-salary --add-package veitransport";

impl Change {
    pub(super) async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<Exit, CommandError> {
        let timeout = self.options.timeout.duration()?;
        self.decision.wait()?;
        let org = typed("ORG", &self.org).check(|org| org.parse::<OrgNumber>())?.value;
        let mut change = self.change()?;
        let correlation_id = parsed(CORRELATION_ID, self.correlation_id.as_ref(), correlation_id);
        let correlation_id = correlation_id.map_err(|error| error.with_hint(NEW_ID))?;
        let config = self.options.configuration(common, self.reference.overrides(Overrides::default())?)?;
        let system = self.system.choose(&config)?;
        let redirect_url = self.decision.redirect_url(&config)?;
        let warning = test_series_warning(&config, org, &Source::Option("ORG"));
        warning.iter().for_each(|warning| console.warning(warning));

        let mut altinn = AltinnSession::start(config, WRITE, timeout, console).await?.about(&system);
        let external_ref = altinn.config().external_ref.clone();
        let external_ref = external_ref.as_ref().map(|given| given.value.as_str());
        altinn.note_external_ref(console);
        note_untyped("after the decision, the customer is sent to", redirect_url.as_ref(), console);
        change.redirect_url = redirect_url.as_ref().map(|given| given.value.as_str());
        let customer = Customer { org, external_ref };
        let user = self.system_user(&system, customer, &mut altinn, console).await?.known;
        if correlation_id.is_some_and(|id| user.id.parse() == Ok(id)) {
            let problem = format!(
                "{CORRELATION_ID}: `{}` is the id of the system user; a change request needs its own id",
                user.id
            );
            return Err(CommandError::command_line(problem).hint(NEW_ID));
        }
        let id = correlation_id.unwrap_or_else(Uuid::new_v4).to_string();
        let call = async |api: &Altinn<'_>| change_request::create(api, &id, &user.id, &change).await;
        let created = altinn.try_call(WRITE, console, call).await.map_err(|error| {
            let is_uncertain = error.transport_error().is_some();
            let error = altinn.explain(error, console);
            match (is_uncertain, correlation_id) {
                (false, _) => error,
                (true, None) => error
                    .hint(format!("to repeat the command with the same change request, add `{CORRELATION_ID} {id}`")),
                (true, Some(_)) => error.hint(format!("was a change request with this id deleted? {NEW_ID}")),
            }
        })?;
        if let Created::Existing(Item { known, .. }) = &created
            && known.system_user_id.as_deref().is_some_and(|known| !known.eq_ignore_ascii_case(&user.id))
        {
            let customer = known.party_org_no.as_deref().map(quote);
            let customer = customer.map(|org| format!("; its customer is {org}")).unwrap_or_default();
            let problem =
                format!("{CORRELATION_ID}: `{id}` is the id of a change request for another system user{customer}");
            return Err(CommandError::command_line(problem).hint(NEW_ID));
        }
        if matches!(created, Created::New(_)) {
            let owner = Given { value: org, source: Source::Option("ORG") };
            if let Some(rights) = rights_now(&altinn, owner, console).await {
                compare(&change, &rights, console);
            }
        }
        let is_same = |request: &Request| request.adds() == change.adds() && request.removes() == change.removes();
        self.decision.follow((Kind::Change, created), customer, is_same, &mut altinn, common, console).await
    }

    /// The change, without a redirect URL.
    fn change(&self) -> Result<NewChange<'static>, CommandError> {
        let change = NewChange {
            required_rights: rights("--add-right", &self.add_right, "--add-package")?,
            unwanted_rights: rights("--remove-right", &self.remove_right, "--remove-package")?,
            required_access_packages: packages("--add-package", &self.add_package, "--add-right")?,
            unwanted_access_packages: packages("--remove-package", &self.remove_package, "--remove-right")?,
            redirect_url: None,
        };
        let (adds, removes) = (change.adds(), change.removes());
        if adds.is_empty() && removes.is_empty() {
            let problem = "a change needs at least one --add-right, --remove-right, --add-package or --remove-package";
            return Err(CommandError::usage(problem, "request change"));
        }
        match adds.iter().find(|name| removes.contains(name)) {
            Some(both) => {
                let problem = format!("{} cannot be added and removed in the same change", quote(both));
                Err(CommandError::usage(problem, "request change"))
            }
            None => Ok(change),
        }
    }

    /// Finds the system user to change.
    async fn system_user(
        &self,
        system: &Given<String>,
        customer: Customer<'_>,
        altinn: &mut AltinnSession,
        console: &mut Console<'_>,
    ) -> Result<Item<SystemUser>, CommandError> {
        let Customer { org, external_ref } = customer;
        let call = async |api: &Altinn<'_>| system_user::find(api, &system.value, org, external_ref).await;
        let user = match altinn.try_call(system_user::FIND, console, call).await {
            Ok(user) => user,
            Err(AltinnError::Call { error: CallError::Refused(problem), .. })
                if problem.status == 404 && problem.code.as_deref() != Some(NO_SYSTEM) =>
            {
                let reference = match external_ref {
                    Some(reference) => format!("with the external reference {}", quote(reference)),
                    None => "without an external reference".to_owned(),
                };
                let mut error = CommandError::new(
                    Exit::Api,
                    format!("{org} has no system user of {} {reference}", quote(&system.value)),
                );
                error.detail.push(problem.to_string());
                let list = altinn.command_about_system("user list");
                let other =
                    format!("does it have another external reference? pass it with --external-ref; `{list}` shows it");
                return Err(error
                    .hint(other)
                    .hint(format!("to ask for a system user, run `{}`", self.create(customer, altinn))));
            }
            Err(error) => return Err(altinn.explain(error, console)),
        };
        let problem = match &user.known {
            SystemUser { is_deleted: true, .. } => format!("the system user of {org} has been deleted"),
            SystemUser { user_type: Some(kind), .. } if kind.eq_ignore_ascii_case("agent") => {
                format!("the system user of {org} is an agent system user, and Altinn cannot change it")
            }
            _ => return Ok(user),
        };
        let SystemUser { id, is_deleted, .. } = &user.known;
        let deleted = if *is_deleted { "" } else { "ask the customer to delete the system user in Altinn; then " };
        let delete = altinn.rerun.command(&format!("request delete {}", shell::quote(id)));
        let create = match is_deleted {
            true => self.create(customer, altinn),
            false => {
                let packages = match &self.add_package[..] {
                    [] => " --package PACKAGE".to_owned(),
                    packages => shell::options("--package", packages),
                };
                altinn.command_about_system(&create_command(customer, &format!(" --agent{packages}")))
            }
        };
        let hint =
            format!("{deleted}delete its request with `{delete}`, and ask for a new system user with `{create}`");
        Err(CommandError::new(Exit::Api, problem).hint(hint))
    }

    /// The command that asks for a system user with the rights to add.
    fn create(&self, customer: Customer<'_>, altinn: &AltinnSession) -> String {
        let asked_for = shell::options("--right", &self.add_right) + &shell::options("--package", &self.add_package);
        let asked_for = if asked_for.is_empty() { " --right RESOURCE".to_owned() } else { asked_for };
        altinn.command_about_system(&create_command(customer, &asked_for))
    }
}

/// Prints the rights that the system user has now, and warns of the parts of the change that have no effect.
fn compare(change: &NewChange<'_>, rights: &[String], console: &mut Console<'_>) {
    for name in change.adds().iter().filter(|name| rights.contains(name)) {
        console.warning(&format!("the system user already has {}", quote(name)));
    }
    for name in change.removes().iter().filter(|name| !rights.contains(name)) {
        console.warning(&format!("the system user does not have {}, which the change removes", quote(name)));
    }
    let rights = if rights.is_empty() { "no rights".to_owned() } else { rights.join(", ") };
    console.note(&format!("before the change, the system user has {rights}"));
}

fn create_command(Customer { org, external_ref }: Customer<'_>, asked_for: &str) -> String {
    // A new system user needs a reference that grants can contain.
    let option =
        |text| if is_usable(text) { shell::option("--external-ref", text) } else { " --external-ref REF".into() };
    format!("request create {org}{asked_for}{}", external_ref.map(option).unwrap_or_default())
}

/// Altinn's code for an unknown system.
const NO_SYSTEM: &str = "AUTH-00011";

const CORRELATION_ID: &str = "--correlation-id";
const NEW_ID: &str = "to use a new id, omit --correlation-id";

fn correlation_id(text: String) -> Result<Uuid, String> {
    let id = Uuid::try_parse(text.trim()).ok().filter(|id| !id.is_nil());
    id.ok_or_else(|| format!("expected a UUID, found {}", quote(&text)))
}
