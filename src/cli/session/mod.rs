//! A session: a configuration with an HTTP client, which gets tokens, retries, and runs a sandbox inside the process.
//! Other work that commands share is here, too: new keys and files, and the verification of a token.
//!
//! Work of one command alone belongs to `commands`.

mod altinn_session;
mod api_target;
pub(crate) mod new_file;
pub(crate) mod new_key;
pub(crate) mod signing_key;
pub mod verification;
pub(crate) mod with_retries;

use std::convert::Infallible;
use std::time::Duration;

use reqwest::Url;
use serde::de::DeserializeOwned;

pub(crate) use self::altinn_session::{AltinnError, AltinnSession, note_untyped};
pub(crate) use self::api_target::ApiTarget;
use self::with_retries::{get_with_retries, send_with_retries};
use super::args::{Rerun, variables};
use super::error::token_refused::GrantInputs;
use super::error::{CommandError, problem};
use super::output::{ClockDifference, Console, verbose};
use crate::altinn;
use crate::client::http::address;
use crate::client::maskinporten::{ExchangeError, exchange};
use crate::client::{AccessToken, CallError, Environment, Http, OrgNumber, Problem, Reply, SigningKey, TransportError};
use crate::config::{Config, ConfigError, Given, Source};

/// A configuration and the means to call the servers that it names.
pub(crate) struct Session {
    pub(crate) config: Config,
    pub(crate) http: Http,
    /// The sandbox inside the process, which stops when this is dropped.
    #[cfg(feature = "sandbox")]
    _sandbox: Option<crate::sandbox::Sandbox>,
}

/// Why there is no token, and how far the clocks differ.
pub(crate) struct FailedExchange {
    pub(crate) error: ExchangeError,
    clock: Option<ClockDifference>,
}

impl Session {
    /// Starts the sandbox inside the process, if no address is configured, and notes that the sandbox is in use.
    pub(crate) async fn start(
        config: Config,
        timeout: Duration,
        console: &mut Console<'_>,
    ) -> Result<Self, CommandError> {
        #[cfg(feature = "sandbox")]
        let (config, sandbox) = sandbox_inside(config, console).await?;
        if config.environment.value == Environment::Sandbox && !config.sandbox_inside {
            let address = address(&config.endpoints.issuer);
            console.note(&format!("this is the sandbox at {address}; nothing leaves this machine"));
        }
        warn_of_proxy(&config, console);
        Ok(Self {
            http: Http::new(timeout),
            config,
            #[cfg(feature = "sandbox")]
            _sandbox: sandbox,
        })
    }

    /// The inputs of a grant.
    pub(crate) fn grant<'s>(&'s self, key: &'s SigningKey, system_user: bool) -> GrantInputs<'s> {
        GrantInputs { config: &self.config, key, system_user }
    }

    /// Gets a token, and warns if the clocks differ.
    pub(crate) async fn token(
        &self,
        grant: &GrantInputs<'_>,
        console: &mut Console<'_>,
    ) -> Result<AccessToken, CommandError> {
        match self.exchange(grant, console).await {
            Ok((token, clock)) => {
                warn_of_clock(clock, console);
                Ok(token)
            }
            Err(failed) => Err(failed.explain(grant, console)),
        }
    }

    /// Signs a new grant for each try, and exchanges it for a token.
    pub(crate) async fn exchange(
        &self,
        grant: &GrantInputs<'_>,
        console: &mut Console<'_>,
    ) -> Result<(AccessToken, Option<ClockDifference>), FailedExchange> {
        let token_endpoint = &self.config.endpoints.token;
        let post = |console: &mut Console<'_>| {
            let assertion = signing_key::sign(grant);
            verbose::grant(console, &assertion, grant.key);
            verbose::sent(console, "post", &address(token_endpoint));
            async move { exchange(&self.http, token_endpoint, &assertion).await }
        };
        let (answer, clock) = send_with_retries(&self.http, console, post, |answer| match answer {
            Ok(token) => (Some(200), token.date),
            Err(refused) => (Some(refused.status), refused.date),
        })
        .await;
        let token = answer.map_err(|error| FailedExchange { error, clock })?;
        verbose::token(console, &token);
        Ok((token, clock))
    }

    /// Exchanges Maskinporten's token for Altinn's.
    pub(crate) async fn altinn_token(
        &self,
        token: &AccessToken,
        console: &mut Console<'_>,
    ) -> Result<AccessToken, CommandError> {
        let url = altinn::exchange::address(&self.config.endpoints.altinn);
        let exchange = || altinn::exchange::exchange(&self.http, &url, token);
        let status = |answer: Result<&AccessToken, &Problem>| (Some(answer.map_or_else(|no| no.status, |_| 200)), None);
        let (answer, _) = get_with_retries(&self.http, &url, console, exchange, status).await;
        let token = answer.map_err(|error| explain_altinn(error, &Rerun::new(&self.config)))?;
        verbose::token(console, &token);
        Ok(token)
    }
}

/// Altinn's refusal, or why it gave no answer.
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

/// Checks that everything is there that a grant is made from, and reads the key. Without `system_user`, the grant is for a
/// plain token.
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
    }
    let key = signing_key::load(config, console)?;
    verbose::key(console, &key, config);
    Ok(key)
}

/// The organisation numbers that were given. The owner's counts if a system user's token is asked for.
pub(crate) fn org_numbers(config: &Config, system_user: bool) -> Result<Vec<&Given<OrgNumber>>, ConfigError> {
    let given = config.org.iter().filter(|_| system_user).chain(&config.vendor.org);
    given.map(|org| org.as_ref().map_err(ConfigError::clone)).collect()
}

/// The warning for a number of the test series in production.
pub(crate) fn test_series_warning(config: &Config, org: OrgNumber, source: &Source) -> Option<String> {
    let is_mix_up = config.environment.value == Environment::Prod && org.is_test_series();
    is_mix_up.then(|| format!("{org} ({source}) is of the series for test environments, and this is production"))
}

/// Warns if the clocks differ.
pub(crate) fn warn_of_clock(clock: Option<ClockDifference>, console: &mut Console<'_>) {
    clock.and_then(ClockDifference::advice).iter().for_each(|advice| console.warning(advice));
}

/// Warns of a proxy that cannot be used. Its address may hold a password, so it is not repeated.
pub(crate) fn warn_of_proxy(config: &Config, console: &mut Console<'_>) {
    if let Some(name) = variables::ignored_proxy(config) {
        console.warning(&format!(
            "{name} is passed over: it does not hold a proxy's address, such as http://proxy.example:8080"
        ));
    }
}

/// Fetches a public JSON document, which errors call `name`.
pub(crate) async fn fetch_document<T: DeserializeOwned>(
    http: &Http,
    url: &Url,
    name: &str,
    console: &mut Console<'_>,
) -> (Result<T, TransportError>, Option<ClockDifference>) {
    // No server refuses a public document.
    let get = async || Ok::<Reply, CallError<Infallible>>(http.get_public(url).await?);
    let facts = |answer: Result<&Reply, &Infallible>| match answer {
        Ok(reply) => (Some(reply.status), reply.date),
        Err(never) => match *never {},
    };
    let (answer, clock) = get_with_retries(http, url, console, get, facts).await;
    let document = match answer {
        Ok(reply) => verification::document(&reply, name),
        Err(CallError::Transport(error)) => Err(error),
        Err(CallError::Refused(never)) => match *never {},
    };
    (document, clock)
}

/// Starts the sandbox inside the process, unless an address is configured.
#[cfg(feature = "sandbox")]
async fn sandbox_inside(
    config: Config,
    console: &mut Console<'_>,
) -> anyhow::Result<(Config, Option<crate::sandbox::Sandbox>)> {
    use anyhow::Context;
    if !config.sandbox_inside {
        return Ok((config, None));
    }
    let sandbox = crate::sandbox::Sandbox::start().await.context("the sandbox could not be started")?;
    console.note("this is the sandbox, which runs inside this command; nothing leaves this machine");
    let endpoints = crate::client::environment::Endpoints::sandbox(&Url::parse(sandbox.address())?);
    Ok((Config { endpoints, ..config }, Some(sandbox)))
}
