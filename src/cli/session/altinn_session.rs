//! A session with Altinn as the vendor, with a plain token for each scope.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;

use super::{Exchanged, FailedExchange, Session, exchange, explain_altinn, is_usable, prepare, warn_of_clock};
use crate::altinn::Altinn;
use crate::altinn::system_user_request::Request;
use crate::cli::args::{Rerun, rerun, shell};
use crate::cli::error::CommandError;
use crate::cli::error::token_refused::GrantInputs;
use crate::cli::error::transport_error::error_of_change;
use crate::cli::output::Console;
use crate::client::maskinporten::ExchangeError;
use crate::client::{AccessToken, CallError, OrgNumber, TokenSource, TransportError, quote};
use crate::config::{Config, EXTERNAL_REF, Given, Source};

pub(crate) struct AltinnSession {
    pub(super) session: Session,
    pub(super) tokens: TokenSource,
    clock_warning_given: bool,
    pub(crate) rerun: Rerun,
    /// The option for the scope of the system user's token.
    scope_option: String,
}

/// The error of a call to Altinn.
pub(crate) enum AltinnError {
    /// There is no token for this scope.
    Token { scope: &'static str, failed: FailedExchange },
    /// The call failed. `changes` is true unless the last request was a GET.
    Call { error: CallError, changes: bool },
}

impl AltinnError {
    /// The status of a refusal by Altinn.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Call { error: CallError::Refused(problem), .. } => Some(problem.status),
            _ => None,
        }
    }

    /// The transport error; `None` for a refusal.
    pub(crate) fn transport_error(&self) -> Option<&TransportError> {
        match self {
            Self::Token { failed: FailedExchange { error: ExchangeError::Transport(error), .. }, .. }
            | Self::Call { error: CallError::Transport(error), .. } => Some(error),
            _ => None,
        }
    }
}

/// The source that messages show for a scope that the command itself chooses.
const THIS_COMMAND: Source = Source::Option("this command");

impl AltinnSession {
    /// Checks the configuration, and starts the session.
    pub(crate) async fn start(
        config: Config,
        scope: &'static str,
        timeout: Duration,
        console: &mut Console<'_>,
    ) -> Result<Self, CommandError> {
        let scope_option = rerun::scope_option(&config);
        let config = with_scope(&config, scope);
        let key = prepare(&config, false, console)?;
        let session = Session::start(config, timeout, console).await?;
        if session.config.sandbox_inside {
            console.note(
                "its state is lost when this command ends; to keep it between commands, run `systemuser-demo sandbox`",
            );
        }
        let tokens = session.token_source(key);
        Ok(Self { scope_option, clock_warning_given: false, ..Self::new(session, tokens) })
    }

    /// Uses a session that has started. The clocks have been compared already.
    pub(crate) fn new(session: Session, tokens: TokenSource) -> Self {
        let (rerun, scope_option) = (Rerun::new(&session.config), rerun::scope_option(&session.config));
        Self { session, tokens, clock_warning_given: true, rerun, scope_option }
    }

    pub(crate) fn into_parts(self) -> (Session, TokenSource) {
        (self.session, self.tokens)
    }

    /// Sets the system in the commands that hints suggest.
    pub(crate) fn about(self, system: &Given<String>) -> Self {
        Self { rerun: self.rerun.about(system), ..self }
    }

    pub(crate) fn config(&self) -> &Config {
        &self.session.config
    }

    /// Prints the external reference and its source, unless it is an option of this command.
    pub(crate) fn note_external_ref(&self, console: &mut Console<'_>) {
        note_untyped("the external reference is", self.config().external_ref.as_ref(), console);
    }

    /// Calls Altinn with a token for this scope.
    pub(crate) async fn call<T>(
        &mut self,
        scope: &'static str,
        console: &mut Console<'_>,
        call: impl AsyncFn(&Altinn<'_>) -> Result<T, CallError>,
    ) -> Result<T, CommandError> {
        let answer = self.try_call(scope, console, call).await;
        answer.map_err(|error| self.explain(error, console))
    }

    /// Calls Altinn with a token for this scope. If Altinn refuses a token that it accepted before, even between two
    /// pages of a list, repeats the call once with a new token.
    pub(crate) async fn try_call<T>(
        &mut self,
        scope: &'static str,
        console: &mut Console<'_>,
        call: impl AsyncFn(&Altinn<'_>) -> Result<T, CallError>,
    ) -> Result<T, AltinnError> {
        let mut refused = None;
        loop {
            let Exchanged { token, is_new, .. } = self.token(scope, refused.as_ref(), console).await?;
            let (answer, calls) = self.session.call_altinn(&token.secret, console, &call).await;
            let was_accepted = !is_new || calls.iter().any(|call| call.status == Some(200));
            if let Err(CallError::Refused(problem)) = &answer
                && problem.status == 401
                && was_accepted
                && refused.is_none()
            {
                refused = Some(token);
                continue;
            }
            let changes = calls.last().is_some_and(|call| call.method != Method::GET);
            return answer.map_err(|error| AltinnError::Call { error, changes });
        }
    }

    /// Gets a plain token without a `resource`.
    async fn token(
        &mut self,
        scope: &'static str,
        refused: Option<&Arc<AccessToken>>,
        console: &mut Console<'_>,
    ) -> Result<Exchanged, AltinnError> {
        let config = with_scope(self.config(), scope);
        let grant = GrantInputs { config: &config, key: &self.tokens.key, system_user: false };
        let exchanged = exchange(&self.tokens, &grant, refused, console).await;
        let exchanged = exchanged.map_err(|failed| AltinnError::Token { scope, failed })?;
        if !std::mem::replace(&mut self.clock_warning_given, true) {
            warn_of_clock(exchanged.clock, console);
        }
        Ok(exchanged)
    }

    pub(crate) fn explain(&self, error: AltinnError, console: &mut Console<'_>) -> CommandError {
        match error {
            AltinnError::Token { scope, failed } => {
                let config = with_scope(self.config(), scope);
                failed.explain(&GrantInputs { config: &config, key: &self.tokens.key, system_user: false }, console)
            }
            AltinnError::Call { error: CallError::Transport(error), changes: true } => error_of_change(error),
            AltinnError::Call { error, .. } => explain_altinn(error, &self.rerun),
        }
    }

    /// The command that gets a token for the system user of a request. The command repeats the external reference,
    /// because Maskinporten does not find the system user without it. `None` if a grant cannot contain the reference.
    pub(crate) fn token_command(&self, org: OrgNumber, external_ref: Option<&str>) -> Option<String> {
        // If the configuration has a reference and the request has none, the command names the owner's number, which
        // Altinn uses as the default reference.
        let owner = self.config().external_ref.as_ref().map(|_| org.to_string());
        let external_ref = external_ref.map(str::to_owned).or(owner);
        if external_ref.as_deref().is_some_and(|text| !is_usable(text)) {
            return None;
        }
        let external_ref = external_ref.map(|text| shell::option(EXTERNAL_REF.option, &text)).unwrap_or_default();
        Some(self.rerun.command(&format!("token --org {org}{external_ref}{}", self.scope_option)))
    }

    /// The command that gets a token for the system user of a request from Altinn. `None` if a grant cannot contain the
    /// reference.
    pub(crate) fn token_command_for(&self, request: &Request) -> Option<String> {
        let org = request.party_org_no.as_deref()?.parse().ok()?;
        self.token_command(org, request.external_ref())
    }

    /// A suggested command, with the `--system` option if the user typed it.
    pub(crate) fn command_about_system(&self, line: &str) -> String {
        self.rerun.command(&format!("{line}{}", self.rerun.system))
    }
}

/// The configuration of a token with this scope, which the command itself chooses. The token has no `resource`.
pub(super) fn with_scope(config: &Config, scope: &str) -> Config {
    let scope = Some(Given { value: scope.to_owned(), source: THIS_COMMAND });
    Config { scope, resource: None, ..config.clone() }
}

/// Prints a value and its source, unless it is an option of this command.
pub(crate) fn note_untyped(words: &str, given: Option<&Given<String>>, console: &mut Console<'_>) {
    if let Some(Given { value, source }) = given
        && !matches!(source, Source::Option(_))
    {
        console.note(&format!("{words} {} ({source})", quote(value)));
    }
}
