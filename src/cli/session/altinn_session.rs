//! The vendor at Altinn: a plain token for each scope that is wanted, and a new one where one has expired.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use reqwest::Method;

use crate::altinn::Altinn;
use crate::altinn::system_user_request::Request;
use crate::cli::args::rerun;
use crate::cli::error;
use crate::cli::error::{Again, hints, transport_error};
use crate::cli::output::clock::Asked;
use crate::cli::output::console::{Console, Tone};
use crate::cli::output::verbose;
use crate::cli::session::{self, Flow, Servers};
use crate::client::http::CallError;
use crate::client::org_number::OrgNumber;
use crate::client::sanitize::quote;
use crate::client::token::AccessToken;
use crate::config::{Config, EXTERNAL_REF, Given, Source};

/// Somebody who asks Altinn in the vendor's name.
pub(crate) struct AltinnSession {
    flow: Flow,
    tokens: HashMap<&'static str, CachedToken>,
    /// Whether it has been told how the clocks differ.
    clock_is_told: bool,
    /// The system, where it was typed, as an option that repeats it.
    system: String,
    /// Whether the configuration says a scope, for the system user's token.
    has_scope: bool,
}

/// A token to be used again.
struct CachedToken {
    token: AccessToken,
    /// When to request a new token; `None` means never.
    renew_at: Option<Instant>,
}

impl CachedToken {
    /// Keeps the token for 80 % of its life, counted from `asked`, or without limit if that time overflows.
    fn new(token: AccessToken, asked: Instant) -> Self {
        let renew_at = asked.checked_add(Duration::from_secs(token.expires_in.saturating_mul(4) / 5));
        Self { token, renew_at }
    }

    fn is_fresh(&self) -> bool {
        self.renew_at.is_none_or(|renew_at| Instant::now() < renew_at)
    }
}

/// What is told as the source of a scope that a command asks for by itself.
const THIS_COMMAND: Source = Source::Option("this command");

impl AltinnSession {
    /// Checks that everything is there, and starts the sandbox where it is to run inside.
    pub(crate) async fn start(
        config: Config,
        scope: &'static str,
        timeout: Duration,
        console: &mut Console<'_>,
    ) -> anyhow::Result<Self> {
        let has_scope = config.scope.is_some();
        let config = Config { scope: Some(Given { value: scope.to_owned(), source: THIS_COMMAND }), ..config };
        let flow = Flow::start(config, false, timeout, console).await?;
        if flow.servers.config.sandbox_inside {
            let said =
                "it forgets everything when this command ends; `systemuser-demo sandbox` runs one that remembers";
            console.say(Tone::Note, said);
        }
        Ok(Self { flow, tokens: HashMap::new(), clock_is_told: false, system: String::new(), has_scope })
    }

    /// The same for a flow that is there already, of which the clock has been told.
    pub(crate) fn of(flow: Flow) -> Self {
        let has_scope = flow.servers.config.scope.is_some();
        Self { flow, tokens: HashMap::new(), clock_is_told: true, system: String::new(), has_scope }
    }

    pub(crate) fn into_flow(self) -> Flow {
        self.flow
    }

    /// The same, about this system.
    pub(crate) fn about(self, system: &Given<String>) -> Self {
        let system = match system.source {
            Source::Option(_) => hints::option("--system", &system.value),
            _ => String::new(),
        };
        Self { system, ..self }
    }

    pub(crate) fn config(&self) -> &Config {
        &self.flow.servers.config
    }

    /// Says which reference is meant, where nobody typed it for this command.
    pub(crate) fn tell_reference(&self, console: &mut Console<'_>) {
        tell_untyped("the external reference is", self.config().external_ref.as_ref(), console);
    }

    /// Calls Altinn with a token for this scope. If Altinn refuses a token that it took before, even between two pages of
    /// a list, calls once more with a new one.
    pub(crate) async fn ask<T>(
        &mut self,
        scope: &'static str,
        console: &mut Console<'_>,
        call: impl AsyncFn(&Altinn<'_>) -> Result<T, CallError>,
    ) -> anyhow::Result<T> {
        let mut again = false;
        loop {
            let kept = self.tokens.remove(scope).filter(CachedToken::is_fresh);
            let mut served = kept.is_some();
            let kept = match kept {
                Some(kept) => kept,
                None => self.token(scope, console).await?,
            };
            let Servers { config, http, .. } = &self.flow.servers;
            let altinn = Altinn::new(http, &config.endpoints.altinn, &kept.token);
            let asked = Asked::now();
            let answer = call(&altinn).await;
            let calls = altinn.calls();
            served |= calls.iter().any(|call| call.status == Some(200));
            verbose::altinn(console, &calls, asked.taken());
            match answer {
                Err(CallError::Problem(refused)) if refused.status == 401 && served && !again => {
                    again = true;
                    continue;
                }
                _ => self.tokens.insert(scope, kept),
            };
            let changes = calls.last().is_some_and(|call| call.method != Method::GET);
            return answer.map_err(|error| match error {
                CallError::Transport(transport_error) if changes && transport_error::may_be_done(&transport_error) => {
                    let hint = "it may have been carried out all the same: look before it is sent again".to_owned();
                    error::with_hints(vec![hint], transport_error)
                }
                error => error::of_call(error, self.again(), hints::of_altinn),
            });
        }
    }

    /// A plain token, for any audience.
    async fn token(&mut self, scope: &'static str, console: &mut Console<'_>) -> anyhow::Result<CachedToken> {
        let scope = Some(Given { value: scope.to_owned(), source: THIS_COMMAND });
        let config = Config { scope, resource: None, ..self.config().clone() };
        let asked = Instant::now();
        let (token, clock) = self.flow.exchange_for(&config, false, console).await?;
        if !std::mem::replace(&mut self.clock_is_told, true) {
            session::warn_of(clock, console);
        }
        Ok(CachedToken::new(token, asked))
    }

    /// The command that gets a token for the system user of a request: with the same reference, or Maskinporten does
    /// not find it.
    pub(crate) fn token_command(&self, org: OrgNumber, external_ref: Option<&str>) -> String {
        // Where the configuration has a reference and the request has none, that is said too: the owner's number, which
        // Altinn puts in its place.
        let none = self.config().external_ref.as_ref().map(|_| org.to_string());
        let reference = external_ref.map(str::to_owned).or(none);
        let reference = reference.map(|text| hints::option(EXTERNAL_REF.option, &text));
        // Without one, the command would say that there is none.
        let scope = if self.has_scope { "" } else { " --scope SCOPE" };
        self.command(&format!("token --org {org}{}{scope}", reference.unwrap_or_default()))
    }

    /// The same for one that came from Altinn.
    pub(crate) fn token_command_for(&self, request: &Request) -> Option<String> {
        let org = request.party_org_no.as_deref()?.parse().ok()?;
        Some(self.token_command(org, request.external_ref()))
    }

    /// What completes the commands of hints.
    fn again(&self) -> Again {
        Again { options: rerun::options(self.config()), system: self.system.clone() }
    }

    /// The same command about the same system.
    pub(crate) fn command_about_system(&self, command: &str) -> String {
        self.command(&format!("{command}{}", self.system))
    }

    /// A command that takes the same configuration, whatever options said about it.
    pub(crate) fn command(&self, command: &str) -> String {
        format!("systemuser-demo {command}{}", rerun::options(self.config()))
    }
}

/// Says a value that nobody typed for this command, so that it does not come as a surprise.
pub(crate) fn tell_untyped(words: &str, given: Option<&Given<String>>, console: &mut Console<'_>) {
    if let Some(Given { value, source: source @ (Source::File { .. } | Source::BuiltIn(_) | Source::Variable(_)) }) =
        given
    {
        console.say(Tone::Note, &format!("{words} {} ({source})", quote(value)));
    }
}
