//! `request create`: ask a customer for a system user.

use clap::Args;
use reqwest::Url;
use serde_json::{Value, json};

use super::browser;
use super::lookup::rows;
use super::wait::{self, End, Outcome, ToJson, WaitArg};
use crate::altinn::rights::{ACCESS_PACKAGE, AccessPackage, RESOURCE_URN, Right};
use crate::altinn::system_user_request::{self, Created, Kind, NewRequest, Request, State, WRITE};
use crate::altinn::{Altinn, Item};
use crate::cli::args::{CommonArgs, ExternalRefArg, SystemArg, VendorArgs, checked_text, shell, typed};
use crate::cli::error::{CommandError, Exit};
use crate::cli::output::{Console, pairs};
use crate::cli::session::{AltinnSession, note_untyped, test_series_warning};
use crate::client::{OrgNumber, may_be_secret, quote};
use crate::config::{Config, ConfigError, Given, Overrides, Source, parse_endpoint};

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
    /// URL to send the customer to after the decision [default: `redirect_url` under [vendor]]
    #[arg(long, value_name = "URL")]
    redirect_url: Option<String>,
    /// title of the system user
    #[arg(long)]
    title: Option<String>,
    /// open the confirm URL in the browser
    #[arg(long)]
    open: bool,
    #[command(flatten)]
    waiting: WaitArg,
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
        let wait = self.waiting.duration()?;
        self.check_shape()?;
        let org = typed("ORG", &self.org).check(|org| org.parse::<OrgNumber>())?.value;
        let rights = each(RIGHT, &self.right, PACKAGE)?;
        let packages = each(PACKAGE, &self.package, RIGHT)?;
        let title = self.title.as_ref().map(|text| checked_text(typed("--title", text))).transpose()?;
        let config = self.options.configuration(common, self.reference.overrides(Overrides::default())?)?;
        let system = self.system.choose(&config)?;
        let redirect_url = self.redirect_url(&config)?;
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
            rights: rights.iter().map(|name| Right::to(name)).collect(),
            access_packages: packages.iter().map(|name| AccessPackage::named(name)).collect(),
            redirect_url: redirect_url.as_ref().map(|given| given.value.as_str()),
        };
        let kind = if self.agent { Kind::Agent } else { Kind::Standard };
        let call = async |api: &Altinn<'_>| system_user_request::create(api, kind, &new_request).await;
        let (is_new, request) = match altinn.call(WRITE, console, call).await? {
            Created::New(request) => (true, request),
            Created::Existing(request) => (false, request),
        };
        // A sandbox inside the process ends with this command, and so do the request and its page.
        let inside = altinn.config().sandbox_inside;
        let lives = matches!(request.known.state(), Some(State::New) | None);
        let command = (lives && !inside).then(|| altinn.token_command(org, reference));
        if !common.json {
            console.answer(pairs(&rows(kind, &request.known)))?;
        }
        if !is_new {
            let status = request.known.status();
            console.note(&format!("this request already exists with status {status}, so no new request was created"));
            if lives && request.known.asks_for() != new_request.asks_for() {
                let delete = altinn.rerun.command(&format!("request delete {}", shell::quote(&request.known.id)));
                console.warning(&format!(
                    "that request asks for other rights or packages; delete it with `{delete}` and create a new request"
                ));
            }
        }
        // A request that has ended is not waited for.
        let outcome = match (request.known.state(), wait) {
            (Some(State::New) | None, wait) => {
                self.introduce(&request.known, common.json && wait.is_some(), inside && wait.is_none(), console);
                match wait {
                    Some(wait) => wait::until_decided(&mut altinn, kind, request, wait, console).await,
                    None => Outcome { request, end: End::NotWaited },
                }
            }
            _ => Outcome { request, end: End::Over },
        };
        let json = |request: &Item<Request>| -> Value {
            let serves = matches!(request.known.state(), Some(State::New | State::Accepted) | None);
            // A program cannot fill in the placeholder of a hidden reference.
            let is_whole = !reference.is_some_and(may_be_secret);
            let command = command.as_deref().filter(|_| serves && is_whole);
            json!({ "new": is_new, "request": request, "token_command": command })
        };
        let to_json: Option<ToJson<'_>> = if common.json { Some(&json) } else { None };
        outcome.finish(to_json, command.as_deref(), is_new, &altinn, console)
    }

    fn check_shape(&self) -> Result<(), CommandError> {
        let problem = match (self.agent, self.right.is_empty(), self.package.is_empty()) {
            (false, true, true) => "a request needs at least one --right or --package",
            (true, _, true) => "a request with --agent needs at least one --package",
            _ => return Ok(()),
        };
        Err(CommandError::usage(problem, "request create"))
    }

    /// The redirect URL, from the option, else from the configuration.
    fn redirect_url(&self, config: &Config) -> Result<Option<Given<String>>, ConfigError> {
        let given = match &self.redirect_url {
            Some(url) => Some(typed("--redirect-url", url)),
            None => config.vendor.redirect_url.clone(),
        };
        let check = |text: String| match Url::parse(text.trim()) {
            Ok(url) if url.has_host() => Ok(text.trim().to_owned()),
            _ => Err(format!("expected a URL such as https://example.no/receipt, found {}", quote(&text))),
        };
        given.map(|given| given.check(check)).transpose()
    }

    /// Prints the confirm URL if it is `unseen` on stdout, and opens the page if `--open` was typed.
    fn introduce(&self, request: &Request, unseen: bool, ends_at_once: bool, console: &mut Console<'_>) {
        let Some(url) = request.confirm_url.as_deref().filter(|url| !url.is_empty()) else {
            console.warning("Altinn returned no confirm URL, so the customer cannot approve the request");
            return;
        };
        if unseen {
            console.note(&format!("to approve or reject the request, the customer opens {url}"));
        }
        if !self.open {
            return;
        }
        if ends_at_once {
            console.warning(
                "the page was not opened, because the built-in sandbox ends with this command; to open it, add --wait",
            );
            return;
        }
        // A browser must not open a URL from a server before it is checked.
        let opened = parse_endpoint(url).and_then(|url| browser::open(&url).map_err(|error| error.to_string()));
        if let Err(error) = opened {
            console.warning(&format!("cannot open a browser ({error}); open the URL yourself"));
        }
    }
}

const EXTERNAL_REF_HELP: &str =
    "external reference, to distinguish several system users of one owner [env: SYSTEMUSER_EXTERNAL_REF]";

/// An option that accepts names, and the prefix of the URNs that the names belong to.
type Named = (&'static str, &'static str);

const RIGHT: Named = ("--right", RESOURCE_URN);
const PACKAGE: Named = ("--package", ACCESS_PACKAGE);

/// The names that were given for an option, without URN prefixes and duplicates.
fn each((option, begins): Named, given: &[String], (its_option, other): Named) -> Result<Vec<String>, ConfigError> {
    let mut names: Vec<String> = Vec::new();
    for text in given {
        let name = typed(option, text).check(|text| match text.trim() {
            name if name.contains(char::is_whitespace) => Err(format!("{} contains a space", quote(name))),
            name if name.starts_with(other) => Err(format!("{} belongs to {its_option}", quote(name))),
            name => match name.strip_prefix(begins).unwrap_or(name) {
                "" => Err("the value is empty".to_owned()),
                name => Ok(name.to_owned()),
            },
        })?;
        if !names.contains(&name.value) {
            names.push(name.value);
        }
    }
    Ok(names)
}
