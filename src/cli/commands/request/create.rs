//! `request create`: ask a customer for a system user.

use clap::Args;

use super::decision::{Customer, DecisionArgs};
use crate::altinn::system_user_request::{self, Kind, NewRequest, Request, WRITE};
use crate::altinn::{Altinn, system_user};
use crate::cli::args::rights::{packages, rights};
use crate::cli::args::{CommonArgs, ExternalRefArg, SystemArg, VendorArgs, checked_text, shell, typed};
use crate::cli::error::{CommandError, Exit};
use crate::cli::output::Console;
use crate::cli::session::{AltinnError, AltinnSession, check_external_ref, note_untyped, test_series_warning};
use crate::client::{CallError, OrgNumber};
use crate::config::{Overrides, Source};

/// ask a customer for a system user
#[derive(Debug, Args)]
#[command(mut_arg("external_ref", |arg| arg.help(EXTERNAL_REF_HELP)))]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Create {
    /// the customer's organisation number; with --agent, the agent's (for example, an accountant's)
    org: String,
    /// ask for the right to this resource; may be repeated
    #[arg(long, value_name = "RESOURCE", conflicts_with = "agent")]
    right: Vec<String>,
    /// ask for this access package; may be repeated
    #[arg(long, value_name = "PACKAGE")]
    package: Vec<String>,
    /// request an agent system user, which acts for the agent's clients
    #[arg(long)]
    agent: bool,
    #[command(flatten)]
    reference: ExternalRefArg,
    /// title of the system user
    #[arg(long)]
    title: Option<String>,
    /// send the request even if its external reference cannot be used in a grant
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    decision: DecisionArgs,
    #[command(flatten)]
    system: SystemArg,
    #[command(flatten)]
    options: VendorArgs,
}

const EXAMPLES: &str = "\
Examples:
  systemuser-demo request create 312600757 --right ttd_systembruker-logistikk-demo
  systemuser-demo request create 314112938 --agent --package regnskapsforer-lonn";

impl Create {
    pub(super) async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<Exit, CommandError> {
        let timeout = self.options.timeout.duration()?;
        self.decision.wait()?;
        self.check_shape()?;
        let org = typed("ORG", &self.org).check(|org| org.parse::<OrgNumber>())?.value;
        let rights = rights("--right", &self.right, "--package")?;
        let access_packages = packages("--package", &self.package, "--right")?;
        let title = self.title.as_ref().map(|text| checked_text(typed("--title", text))).transpose()?;
        let config = self.options.configuration(common, self.reference.overrides(Overrides::default())?)?;
        let system = self.system.choose(&config)?;
        let redirect_url = self.decision.redirect_url(&config)?;
        if let Err(error) = check_external_ref(&config) {
            if !self.force {
                let hint = "use at most 255 characters: letters (A to Z, Æ, Ø, Å, in either case), digits, `_` and `-`; \
                            to send the request anyway, add --force";
                return Err(error.with_hint(hint).into());
            }
            console.warning(&error.to_string());
        }
        let warning = test_series_warning(&config, org, &Source::Option("ORG"));
        warning.iter().for_each(|warning| console.warning(warning));

        let mut altinn = AltinnSession::start(config, WRITE, timeout, console).await?.about(&system);
        let external_ref = altinn.config().external_ref.clone();
        let reference = external_ref.as_ref().map(|given| given.value.as_str());
        altinn.note_external_ref(console);
        note_untyped("after the decision, the customer is sent to", redirect_url.as_ref(), console);
        let new_request = NewRequest {
            integration_title: title.as_ref().map(|given| given.value.as_str()),
            external_ref: reference,
            system_id: &system.value,
            party_org_no: org,
            rights,
            access_packages,
            redirect_url: redirect_url.as_ref().map(|given| given.value.as_str()),
        };
        let kind = if self.agent { Kind::Agent } else { Kind::Standard };
        let call = async |api: &Altinn<'_>| system_user_request::create(api, kind, &new_request).await;
        let created = match altinn.try_call(WRITE, console, call).await {
            Ok(created) => created,
            Err(error) => return Err(self.explain(error, &new_request, &mut altinn, console).await),
        };
        let is_same = |request: &Request| request.asks_for() == new_request.asks_for();
        let customer = Customer { org, external_ref: reference };
        self.decision.follow((kind, created), customer, is_same, &mut altinn, common, console).await
    }

    /// The message for an error. If the customer has a system user of the other kind, the message says so.
    async fn explain(
        &self,
        error: AltinnError,
        new_request: &NewRequest<'_>,
        altinn: &mut AltinnSession,
        console: &mut Console<'_>,
    ) -> CommandError {
        let exists = matches!(&error, AltinnError::Call { error: CallError::Refused(problem), .. }
            if problem.code.as_deref() == Some(SYSTEM_USER_EXISTS));
        let mut error = altinn.explain(error, console);
        if !exists {
            return error;
        }
        let NewRequest { system_id, party_org_no: org, external_ref, .. } = *new_request;
        let find = async |api: &Altinn<'_>| system_user::find(api, system_id, org, external_ref).await;
        let Ok(user) = altinn.try_call(system_user::FIND, console, find).await else { return error };
        let (agent, wanted, existing, other) = match self.agent {
            true => (" --agent", "an agent system user", "a standard system user", "standard"),
            false => ("", "a standard system user", "an agent system user", "agent"),
        };
        if user.known.user_type.is_some_and(|kind| kind.eq_ignore_ascii_case(other)) {
            let names = shell::options("--right", &self.right) + &shell::options("--package", &self.package);
            let title = self.title.as_ref().map(|title| shell::option("--title", title)).unwrap_or_default();
            let create =
                altinn.command_about_system(&format!("request create {org}{agent}{names} --external-ref REF{title}"));
            error.detail.push(format!("the existing system user is {existing}, but this request is for {wanted}"));
            let hint = "choose another external reference, and run";
            error.hints.insert(0, format!("do you want {wanted} as well? {hint} `{create}`"));
        }
        error
    }

    fn check_shape(&self) -> Result<(), CommandError> {
        let problem = match (self.agent, self.right.is_empty(), self.package.is_empty()) {
            (false, true, true) => "a request needs at least one --right or --package",
            (true, _, true) => "a request with --agent needs at least one --package",
            _ => return Ok(()),
        };
        Err(CommandError::usage(problem, "request create"))
    }
}

/// Altinn's code if the customer already has a system user with this external reference.
const SYSTEM_USER_EXISTS: &str = "AUTH-00004";

const EXTERNAL_REF_HELP: &str =
    "external reference, to distinguish several system users of one owner [env: SYSTEMUSER_EXTERNAL_REF]";
