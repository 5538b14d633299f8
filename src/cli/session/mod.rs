//! Code that several commands share: the session, calls with retries, the check of scopes, what a system user may do,
//! new keys and files, and the verification of tokens.
//!
//! A session is a configuration with an HTTP client. It gets tokens, and starts a sandbox inside the process if
//! necessary. Code of a single command belongs to `commands`.

pub(crate) mod access;
mod altinn_session;
mod api_target;
pub(crate) mod certificates;
pub(crate) mod expiry;
mod external_ref;
pub(crate) mod new_file;
pub(crate) mod new_key;
pub(crate) mod output_file;
mod passphrase;
mod permissions;
pub(crate) mod scope_catalogue;
pub(crate) mod scope_check;
pub(crate) mod signing_key;
pub(crate) mod starter;
pub mod verification;
pub(crate) mod with_retries;

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Url;
use secrecy::SecretString;
use serde::de::DeserializeOwned;

pub(crate) use self::altinn_session::{AltinnError, AltinnSession, note_untyped};
pub(crate) use self::api_target::{ApiRequest, ApiTarget};
pub(crate) use self::external_ref::{check_external_ref, is_usable};
use self::with_retries::{RequestObserver, get_with_retries};
use super::args::{Rerun, variables};
#[cfg(feature = "sandbox")]
use super::error::file_handles;
use super::error::token_refused::GrantInputs;
use super::error::{CommandError, problem};
use super::output::{ClockDifference, Console, RequestTimer, verbose};
use crate::altinn::exchange::AltinnToken;
use crate::altinn::{self, Altinn, CallRecord};
use crate::client::http::address;
use crate::client::{
    AccessToken, CallError, Environment, ExchangeError, ExchangeEvent, Http, OrgNumber, Problem, Reply, SigningKey,
    SystemUserRef, TokenRequest, TokenSource, TransportError,
};
use crate::config::{Config, ConfigError, Given, Source};

/// A configuration, and an HTTP client for its servers.
pub(crate) struct Session {
    pub(crate) config: Config,
    pub(crate) http: Arc<Http>,
    /// The sandbox inside the process. It stops when the session is dropped.
    #[cfg(feature = "sandbox")]
    _sandbox: Option<crate::sandbox::Sandbox>,
}

/// A token, and facts about its exchange.
pub(crate) struct Exchanged {
    pub(crate) token: Arc<AccessToken>,
    /// The difference between the clocks, if Maskinporten's response had a date.
    pub(crate) clock: Option<ClockDifference>,
    /// Whether the token was just issued.
    pub(crate) is_new: bool,
}

/// The reason why there is no token, and the difference between the clocks.
pub(crate) struct FailedExchange {
    pub(crate) error: ExchangeError,
    clock: Option<ClockDifference>,
}

impl Session {
    /// Starts a session, with a sandbox inside the process if no address is configured. Prints a note if a sandbox is
    /// used.
    pub(crate) async fn start(
        config: Config,
        timeout: Duration,
        console: &mut Console<'_>,
    ) -> Result<Self, CommandError> {
        #[cfg(feature = "sandbox")]
        let (config, sandbox) = sandbox_inside(config, console).await?;
        if config.environment.value == Environment::Sandbox && !config.sandbox_inside {
            let address = address(&config.endpoints.issuer);
            console.note(&format!("using the sandbox at {address}; nothing leaves this machine"));
        }
        warn_of_proxy(&config, console);
        variables::check_root_certificates(&config)?;
        Ok(Self {
            http: Arc::new(Http::new(timeout)),
            config,
            #[cfg(feature = "sandbox")]
            _sandbox: sandbox,
        })
    }

    /// Creates a source of tokens for this configuration.
    pub(crate) fn token_source(&self, key: SigningKey) -> TokenSource {
        let client_id = self.config.client_id.as_ref().map_or("", |given| &given.value);
        TokenSource::new(self.http.clone(), &self.config.endpoints, client_id, key)
    }

    /// Gets a token, and warns if the clocks differ.
    pub(crate) async fn token(
        &self,
        tokens: &TokenSource,
        system_user: bool,
        console: &mut Console<'_>,
    ) -> Result<Arc<AccessToken>, CommandError> {
        let grant = GrantInputs { config: &self.config, key: &tokens.key, system_user };
        match exchange(tokens, &grant, None, console).await {
            Ok(Exchanged { token, clock, .. }) => {
                warn_of_clock(clock, console);
                Ok(token)
            }
            Err(failed) => Err(failed.explain(&grant, console)),
        }
    }

    /// Exchanges Maskinporten's token for Altinn's.
    pub(crate) async fn altinn_token(
        &self,
        token: &AccessToken,
        console: &mut Console<'_>,
    ) -> Result<AltinnToken, CommandError> {
        let url = altinn::exchange::address(&self.config.endpoints.altinn);
        let exchange = || altinn::exchange::exchange(&self.http, &url, token);
        let status = |answer: Result<&AltinnToken, &Problem>| (Some(answer.map_or_else(|no| no.status, |_| 200)), None);
        let (answer, _) = get_with_retries(&self.http, &url, console, exchange, status).await;
        let altinns = answer.map_err(|error| explain_altinn(error, &Rerun::new(&self.config)))?;
        verbose::token(console, &altinns.secret, altinns.expires_in, token.scope.as_deref());
        Ok(altinns)
    }

    /// Calls Altinn with this token. Prints the lines of `--verbose`. Also returns a record of each call.
    async fn call_altinn<T>(
        &self,
        token: &SecretString,
        console: &mut Console<'_>,
        call: impl AsyncFn(&Altinn<'_>) -> Result<T, CallError>,
    ) -> (Result<T, CallError>, Vec<CallRecord>) {
        let progress = Mutex::new(&mut *console);
        let on_pause = |pause| verbose::wait(&mut progress.lock().unwrap_or_else(PoisonError::into_inner), pause);
        let altinn = Altinn::new(&self.http, &self.config.endpoints.altinn, token).on_pause(&on_pause);
        let timer = RequestTimer::start();
        let answer = call(&altinn).await;
        let calls = altinn.calls();
        verbose::altinn(console, &calls, timer.elapsed());
        (answer, calls)
    }
}

/// Gets a token for a configuration, other than `refused`. Prints the lines of `--verbose`.
pub(crate) async fn exchange(
    tokens: &TokenSource,
    grant: &GrantInputs<'_>,
    refused: Option<&Arc<AccessToken>>,
    console: &mut Console<'_>,
) -> Result<Exchanged, FailedExchange> {
    let (mut requests, mut is_new) = (RequestObserver::default(), false);
    let observer = |event: ExchangeEvent<'_>| match event {
        ExchangeEvent::Signed(assertion) => verbose::grant(console, assertion, grant.key),
        ExchangeEvent::Sent(url) => requests.sent(console, "post", url),
        ExchangeEvent::Answered(answer, elapsed) => {
            let facts = match answer {
                Ok(token) => (Some(200), token.date),
                Err(ExchangeError::Refused(refused)) => (Some(refused.status), refused.date),
                Err(ExchangeError::Transport(error)) => (error.status(), error.date),
            };
            requests.answered(console, facts, Some(elapsed));
            is_new = answer.is_ok();
        }
        ExchangeEvent::Waiting(pause) => verbose::retry(console, pause),
    };
    let request = token_request(grant.config, grant.system_user);
    let answer = tokens.token_observed(&request, refused, observer).await;
    let clock = requests.finish(console);
    let token = answer.map_err(|error| FailedExchange { error, clock })?;
    if is_new {
        verbose::token(console, &token.secret, Some(token.expires_in), token.scope.as_deref());
    }
    Ok(Exchanged { token, clock, is_new })
}

/// The token that a configuration asks for: a system user's token, or a plain token.
pub(crate) fn token_request(config: &Config, system_user: bool) -> TokenRequest {
    let text = |given: &Option<Given<String>>| given.as_ref().map(|given| given.value.clone());
    let owner = config.org().ok().filter(|_| system_user);
    TokenRequest {
        scope: text(&config.scope).unwrap_or_default(),
        system_user: owner.map(|owner| SystemUserRef { owner: owner.value, external_ref: text(&config.external_ref) }),
        resource: config.resource.as_ref().map(|given| given.value.clone()).unwrap_or_default(),
    }
}

/// Explains a refusal by Altinn or a transport error.
pub(crate) fn explain_altinn(error: CallError, rerun: &Rerun) -> CommandError {
    match error {
        CallError::Refused(refused) => {
            let hints = problem::altinn_hints(&refused, rerun);
            problem::explained(&refused, hints, rerun)
        }
        CallError::Transport(error) => error.into(),
    }
}

impl FailedExchange {
    pub(crate) fn explain(self, grant: &GrantInputs<'_>, console: &mut Console<'_>) -> CommandError {
        match self.error {
            ExchangeError::Refused(refused) => grant.explain(&refused, self.clock),
            ExchangeError::Transport(error) => {
                warn_of_clock(self.clock, console);
                error.into()
            }
        }
    }
}

/// Checks that the configuration has every value for a grant, and reads the key. If `system_user` is false, the grant
/// is for a plain token.
pub(crate) fn prepare(
    config: &Config,
    system_user: bool,
    console: &mut Console<'_>,
) -> Result<SigningKey, CommandError> {
    verbose::configuration(console, config);
    config.notes.iter().for_each(|note| console.note(note));
    for org in org_numbers(config, system_user)? {
        test_series_warning(config, org.value, &org.source).iter().for_each(|warning| console.warning(warning));
    }
    config.client_id()?;
    config.scope()?;
    if system_user {
        config.org()?;
        check_external_ref(config)?;
    }
    let key = signing_key::load(config, console)?;
    verbose::key(console, &key, config);
    Ok(key)
}

/// The configured organisation numbers. The owner's number is needed for a system user's token only.
pub(crate) fn org_numbers(config: &Config, system_user: bool) -> Result<Vec<&Given<OrgNumber>>, ConfigError> {
    let given = config.org.iter().filter(|_| system_user).chain(&config.vendor.org);
    given.map(|org| org.as_ref().map_err(ConfigError::clone)).collect()
}

/// The warning about an organisation number of the test series in production.
pub(crate) fn test_series_warning(config: &Config, org: OrgNumber, source: &Source) -> Option<String> {
    // Numbers that begin with 2 or 3 exist in test environments only.
    let is_mix_up = config.environment.value == Environment::Prod && org.to_string().starts_with(['2', '3']);
    is_mix_up.then(|| format!("{org} ({source}) is a test organisation number, but the environment is production"))
}

/// Warns if the clocks differ.
pub(crate) fn warn_of_clock(clock: Option<ClockDifference>, console: &mut Console<'_>) {
    clock.and_then(ClockDifference::advice).iter().for_each(|advice| console.warning(advice));
}

/// Warns about a proxy address that is invalid. The warning does not repeat the address, since it may contain a
/// password.
pub(crate) fn warn_of_proxy(config: &Config, console: &mut Console<'_>) {
    if let Some(name) = variables::ignored_proxy(config) {
        console.warning(&format!(
            "{name} is ignored, because it is not a valid proxy URL, such as http://proxy.example:8080"
        ));
    }
}

/// Fetches a public JSON document. Errors call it `name`.
pub(crate) async fn fetch_document<T: DeserializeOwned>(
    http: &Http,
    url: &Url,
    name: &str,
    console: &mut Console<'_>,
) -> (Result<T, TransportError>, Option<ClockDifference>) {
    let (reply, clock) = fetch_public(http, url, console).await;
    (reply.and_then(|reply| verification::document(&reply, name)), clock)
}

/// Sends a GET request without a token.
async fn fetch_public(
    http: &Http,
    url: &Url,
    console: &mut Console<'_>,
) -> (Result<Reply, TransportError>, Option<ClockDifference>) {
    // A public document is never refused.
    let get = async || Ok::<Reply, CallError<Infallible>>(http.get_public(url).await?);
    let facts = |answer: Result<&Reply, &Infallible>| match answer {
        Ok(reply) => (Some(reply.status), reply.date),
        Err(never) => match *never {},
    };
    let (answer, clock) = get_with_retries(http, url, console, get, facts).await;
    let reply = answer.map_err(|error| match error {
        CallError::Transport(error) => error,
        CallError::Refused(never) => match *never {},
    });
    (reply, clock)
}

/// Starts the sandbox inside the process, unless an address is configured.
#[cfg(feature = "sandbox")]
async fn sandbox_inside(
    config: Config,
    console: &mut Console<'_>,
) -> Result<(Config, Option<crate::sandbox::Sandbox>), CommandError> {
    use anyhow::Context;
    if !config.sandbox_inside {
        return Ok((config, None));
    }
    file_handles::check(file_handles::SANDBOX_INSIDE, "start the sandbox")?;
    let cannot = "cannot start the sandbox";
    let sandbox = crate::sandbox::Sandbox::start().await.context(cannot)?;
    let address = Url::parse(sandbox.address()).context(cannot)?;
    console.note("using the built-in sandbox; nothing leaves this machine");
    let endpoints = crate::client::environment::Endpoints::sandbox(&address);
    Ok((Config { endpoints, ..config }, Some(sandbox)))
}
