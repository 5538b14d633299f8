//! `request create`: ask a customer for a system user.

use clap::Args;
use reqwest::Url;
use serde_json::{Value, json};

use super::wait::{self, InJson, WaitArg};
use super::{Made, rows};
use crate::altinn::rights::{ACCESS_PACKAGE, AccessPackage, RESOURCE_URN, Right};
use crate::altinn::system_user_request::{self, Created, Kind, NewRequest, State, WRITE};
use crate::altinn::{Altinn, Item};
use crate::cli::args::{CommonArgs, ExternalRefArg, SystemArg, VendorArgs, checked_text, typed};
use crate::cli::commands::request::browser;
use crate::cli::error::hints;
use crate::cli::output::console::{Console, Tone, aligned};
use crate::cli::session::altinn_session::{AltinnSession, tell_untyped};
use crate::cli::{error, session};
use crate::client::environment::parse_endpoint;
use crate::client::org_number::OrgNumber;
use crate::client::sanitize::{may_be_secret, quote};
use crate::config::{Config, ConfigError, Given, Overrides};

/// ask a customer for a system user
#[derive(Debug, Args)]
pub(super) struct Create {
    /// the customer; for an agent system user the agent, such as an accountant
    org: String,
    /// ask for the right to this resource; may be repeated
    #[arg(long, value_name = "RESOURCE", conflicts_with = "agent")]
    right: Vec<String>,
    /// ask for this access package; may be repeated
    #[arg(long, value_name = "PACKAGE")]
    package: Vec<String>,
    /// for a system user that acts for the customer's clients
    #[arg(long)]
    agent: bool,
    #[command(flatten)]
    reference: ExternalRefArg,
    /// where the customer is sent afterwards [default: `redirect_url` under [vendor]]
    #[arg(long, value_name = "URL")]
    redirect_url: Option<String>,
    /// what the system user is to be called
    #[arg(long)]
    title: Option<String>,
    /// open the confirm address in the browser
    #[arg(long)]
    open: bool,
    #[command(flatten)]
    waiting: WaitArg,
    #[command(flatten)]
    system: SystemArg,
    #[command(flatten)]
    options: VendorArgs,
}

impl Create {
    pub(super) async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> anyhow::Result<()> {
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
        if let Some(said) = session::of_the_test_series(&config, org, "ORG") {
            console.say(Tone::Warning, &said);
        }

        let mut vendor = AltinnSession::start(config, WRITE, timeout, console).await?.about(&system);
        let external_ref = vendor.config().external_ref.clone();
        let reference = external_ref.as_ref().map(|given| given.value.as_str());
        vendor.tell_reference(console);
        tell_untyped("afterwards the customer is sent to", redirect_url.as_ref(), console);
        let ask = NewRequest {
            integration_title: title.as_ref().map(|given| given.value.as_str()),
            external_ref: reference,
            system_id: &system.value,
            party_org_no: org,
            rights: rights.iter().map(|name| Right::to(name)).collect(),
            access_packages: packages.iter().map(|name| AccessPackage::named(name)).collect(),
            redirect_url: redirect_url.as_ref().map(|given| given.value.as_str()),
        };
        let kind = if self.agent { Kind::Agent } else { Kind::Standard };
        let call = async |altinn: &Altinn<'_>| system_user_request::create(altinn, kind, &ask).await;
        let (is_new, request) = match vendor.ask(WRITE, console, call).await? {
            Created::New(request) => (true, request),
            Created::Existing(request) => (false, request),
        };
        // What is asked for in a sandbox inside ends with this command, and so does the page.
        let inside = vendor.config().sandbox_inside;
        let lives = matches!(request.known.state(), Some(State::New) | None);
        let command = (lives && !inside).then(|| vendor.token_command(org, reference));
        if !common.json {
            console.answer(aligned(&rows(kind, &request.known)).as_bytes())?;
        }
        if !is_new {
            let status = request.known.status();
            console.say(Tone::Note, &format!("this request was there already, and is {status}: no new one was made"));
            if lives && request.known.asks_for() != ask.asks_for() {
                let delete = vendor.command(&format!("request delete {}", hints::in_shell(&request.known.id)));
                let said = format!("it asks for something else than you did; `{delete}` makes room for a new one");
                console.say(Tone::Warning, &said);
            }
        }
        // What cannot come to anything any more is not waited for.
        let request = match (request.known.state(), wait) {
            (Some(State::New) | None, wait) => {
                self.introduce(&request.known, common.json && wait.is_some(), inside && wait.is_none(), console);
                match wait {
                    Some(wait) => wait::until_decided(&mut vendor, kind, request, wait, console).await,
                    None => wait::Outcome::NotWaited(request),
                }
            }
            _ => wait::Outcome::Over(request),
        };
        let json = |request: &Item<Made>| -> Value {
            let serves = matches!(request.known.state(), Some(State::New | State::Accepted) | None);
            // A program cannot fill in the placeholder of a hidden reference.
            let is_whole = !reference.is_some_and(may_be_secret);
            let command = command.as_deref().filter(|_| serves && is_whole);
            json!({ "new": is_new, "request": request, "token_command": command })
        };
        let in_json: Option<InJson<'_>> = if common.json { Some(&json) } else { None };
        request.tell(in_json, command.as_deref(), is_new, &vendor, console)
    }

    fn check_shape(&self) -> Result<(), error::Usage> {
        let problem = match (self.agent, self.right.is_empty(), self.package.is_empty()) {
            (false, true, true) => "a request asks for something: at least one --right or --package",
            (true, _, true) => "a request for an agent asks for at least one --package",
            _ => return Ok(()),
        };
        Err(error::Usage { problem: problem.to_owned(), command: "request create" })
    }

    /// The customer's way back, from the option, else from the configuration.
    fn redirect_url(&self, config: &Config) -> Result<Option<Given<String>>, ConfigError> {
        let given = match &self.redirect_url {
            Some(url) => Some(typed("--redirect-url", url)),
            None => config.vendor.redirect_url.clone(),
        };
        let check = |text: String| match Url::parse(text.trim()) {
            Ok(url) if url.has_host() => Ok(text.trim().to_owned()),
            _ => Err(format!("{} is not an address, such as https://example.no/receipt", quote(&text))),
        };
        given.map(|given| given.check(check)).transpose()
    }

    /// Says where the customer answers, to whoever does not see it on stdout yet, and opens it.
    fn introduce(&self, request: &Made, unseen: bool, ends_at_once: bool, console: &mut Console<'_>) {
        let Some(url) = request.confirm_url.as_deref().filter(|url| !url.is_empty()) else {
            console.say(Tone::Warning, "Altinn did not say where the customer answers");
            return;
        };
        if unseen {
            console.say(Tone::Note, &format!("the customer answers at {url}"));
        }
        if !self.open {
            return;
        }
        if ends_at_once {
            console.say(Tone::Warning, "the page ends with this command, so it is not opened: --wait keeps it");
            return;
        }
        // Whatever else a server may send there is not for a browser.
        let opened = match parse_endpoint(url) {
            Ok(url) => browser::open(&url).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = opened {
            console.say(Tone::Warning, &format!("no browser could be opened ({error}): open the address yourself"));
        }
    }
}

/// An option that takes names, and the beginning of the URNs that they stand for.
type Named = (&'static str, &'static str);

const RIGHT: Named = ("--right", RESOURCE_URN);
const PACKAGE: Named = ("--package", ACCESS_PACKAGE);

/// The names that were given for an option, without the beginning of their URNs, each once.
fn each((option, begins): Named, given: &[String], (its_option, other): Named) -> Result<Vec<String>, ConfigError> {
    let mut names: Vec<String> = Vec::new();
    for text in given {
        let name = typed(option, text).check(|text| match text.trim() {
            name if name.contains(char::is_whitespace) => Err(format!("{} has a space in it", quote(name))),
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
