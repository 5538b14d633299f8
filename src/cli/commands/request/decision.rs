//! The customer's decision on a request that was just created: the page where the customer decides, and the waiting.

use std::time::Duration;

use clap::Args;
use reqwest::Url;
use serde_json::{Value, json};

use super::browser;
use super::lookup::rows;
use super::wait::{self, End, Outcome, ToJson, WaitArg};
use crate::altinn::Item;
use crate::altinn::system_user_request::{Created, Kind, Request, State};
use crate::cli::args::{CommonArgs, shell, typed};
use crate::cli::error::{CommandError, Exit};
use crate::cli::output::{Console, pairs};
use crate::cli::session::AltinnSession;
use crate::client::{OrgNumber, may_be_secret, quote};
use crate::config::{Config, ConfigError, Given, parse_endpoint};

/// Options about the customer's decision.
#[derive(Debug, Args)]
pub(super) struct DecisionArgs {
    /// URL to send the customer to after the decision [default: `redirect_url` under [vendor]]
    #[arg(long, value_name = "URL")]
    redirect_url: Option<String>,
    /// open the confirm URL in the browser
    #[arg(long)]
    open: bool,
    #[command(flatten)]
    waiting: WaitArg,
}

/// The customer of a request, and the external reference.
#[derive(Clone, Copy)]
pub(super) struct Customer<'a> {
    pub(super) org: OrgNumber,
    pub(super) external_ref: Option<&'a str>,
}

impl DecisionArgs {
    /// How long to wait.
    pub(super) fn wait(&self) -> Result<Option<Duration>, ConfigError> {
        self.waiting.duration()
    }

    /// The redirect URL, from the option, else from the configuration.
    pub(super) fn redirect_url(&self, config: &Config) -> Result<Option<Given<String>>, ConfigError> {
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

    /// Prints the request, opens its page, and waits for the decision, as the options say. `is_same` is whether a
    /// request asks for what the command line asks for.
    pub(super) async fn follow(
        &self,
        (kind, created): (Kind, Created),
        customer: Customer<'_>,
        is_same: impl Fn(&Request) -> bool,
        altinn: &mut AltinnSession,
        common: &CommonArgs,
        console: &mut Console<'_>,
    ) -> Result<Exit, CommandError> {
        let wait = self.wait()?;
        let (is_new, request) = match created {
            Created::New(request) => (true, request),
            Created::Existing(request) => (false, request),
        };
        // A sandbox inside the process ends with this command, and so do the request and its page.
        let inside = altinn.config().sandbox_inside;
        let state = request.known.state();
        let lives = matches!(state, Some(State::New) | None);
        let command = altinn.token_command(customer.org, customer.external_ref).filter(|_| lives && !inside);
        if !common.json {
            console.answer(pairs(&rows(kind, &request.known)))?;
        }
        if !is_new && state != Some(State::NoChangeNeeded) {
            let (what, status) =
                (if kind == Kind::Change { "change request" } else { "request" }, request.known.status());
            console.note(&format!("this {what} already exists with status {status}, so no new {what} was created"));
            if lives && !is_same(&request.known) {
                console.warning(&match kind {
                    Kind::Change => "that change request asks for another change; to ask for this change, omit \
                                     --correlation-id"
                        .to_owned(),
                    Kind::Standard | Kind::Agent => {
                        let id = shell::quote(&request.known.id);
                        let delete = altinn.rerun.command(&format!("request delete {id}"));
                        format!(
                            "that request asks for other rights or packages; delete it with `{delete}` and create a new \
                             request"
                        )
                    }
                });
            }
        }
        // A request that has ended is not waited for.
        let outcome = if lives {
            self.introduce(&request.known, common.json && wait.is_some(), inside && wait.is_none(), console);
            match wait {
                Some(wait) => wait::until_decided(altinn, kind, request, wait, console).await,
                None => Outcome { kind, request, end: End::NotWaited },
            }
        } else {
            Outcome { kind, request, end: End::Over }
        };
        let json = |request: &Item<Request>| -> Value {
            let serves = matches!(request.known.state(), Some(State::New | State::Accepted) | None);
            // A program cannot fill in the placeholder of a hidden reference.
            let is_whole = !customer.external_ref.is_some_and(may_be_secret);
            let command = command.as_deref().filter(|_| serves && is_whole);
            json!({ "new": is_new, "request": request, "token_command": command })
        };
        let to_json: Option<ToJson<'_>> = if common.json { Some(&json) } else { None };
        outcome.finish(to_json, command.as_deref(), is_new, altinn, console)
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
