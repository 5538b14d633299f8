//! The flow, as the commands walk it: configuration, key, grant, token.

pub(crate) mod altinn_session;
pub(crate) mod api_target;
pub(crate) mod new_file;
pub(crate) mod signing_key;
pub mod verification;
pub(crate) mod with_retries;

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::Url;

use crate::altinn;
use crate::cli::args::{proxy, rerun};
use crate::cli::error;
use crate::cli::error::token_refused::RefusedGrant;
use crate::cli::error::{Again, hints};
use crate::cli::output::clock::ClockDifference;
use crate::cli::output::console::{Console, Tone};
use crate::cli::output::verbose;
use crate::cli::session::verification::PublishedKeys;
use crate::client::environment::Environment;
use crate::client::http::{Http, TransportError, address};
use crate::client::key::SigningKey;
use crate::client::maskinporten::{ExchangeError, exchange};
use crate::client::org_number::OrgNumber;
use crate::client::retry::FailedAttempt;
use crate::client::token::AccessToken;
use crate::config::{Config, ConfigError, Given};

/// Everything that is needed to get a token.
pub(crate) struct Flow {
    pub(crate) servers: Servers,
    pub(crate) key: SigningKey,
    pub(crate) system_user: bool,
}

/// A configuration whose servers can be asked: where it is to run inside, the sandbox is there.
pub(crate) struct Servers {
    pub(crate) config: Config,
    pub(crate) http: Http,
    #[cfg(feature = "sandbox")]
    _sandbox: Option<crate::sandbox::Sandbox>,
}

impl Servers {
    /// Starts the sandbox where it is to run inside, and says that it is the sandbox.
    pub(crate) async fn start(config: Config, timeout: Duration, console: &mut Console<'_>) -> anyhow::Result<Self> {
        #[cfg(feature = "sandbox")]
        let (config, sandbox) = crate::cli::commands::sandbox::inside(config, console).await?;
        if config.environment.value == Environment::Sandbox && !config.sandbox_inside {
            let address = address(&config.endpoints.issuer);
            console.say(Tone::Note, &format!("this is the sandbox at {address}; nothing leaves this machine"));
        }
        proxy::warn(&config, console);
        Ok(Self {
            http: Http::new(timeout),
            config,
            #[cfg(feature = "sandbox")]
            _sandbox: sandbox,
        })
    }
}

/// Checks that everything is there that a grant is made from, and reads the key.
/// Without `system_user` it is a plain one.
pub(crate) fn prepare(config: &Config, system_user: bool, console: &mut Console<'_>) -> anyhow::Result<SigningKey> {
    verbose::configuration(console, config);
    config.notes.iter().for_each(|note| console.say(Tone::Note, note));
    for org in org_numbers(config, system_user)? {
        if let Some(said) = of_the_test_series(config, org.value, &org.source.to_string()) {
            console.say(Tone::Warning, &said);
        }
    }
    config.client_id()?;
    config.scope()?;
    if system_user {
        config.org()?;
    }
    let key = signing_key::load_key(config, console)?;
    verbose::key(console, &key, config);
    Ok(key)
}

/// The organisation numbers that were given, all of which are to be numbers; the owner's where a system user's token is
/// asked for, and otherwise not.
pub(crate) fn org_numbers(config: &Config, system_user: bool) -> Result<Vec<&Given<OrgNumber>>, ConfigError> {
    let given = config.org.iter().filter(|_| system_user).chain(&config.vendor.org);
    given.map(|org| org.as_ref().map_err(ConfigError::clone)).collect()
}

/// The number of an organisation that exists in the test environments only, in production, is a mix-up.
pub(crate) fn of_the_test_series(config: &Config, org: OrgNumber, source: &str) -> Option<String> {
    let mixed_up = config.environment.value == Environment::Prod && org.is_test_series();
    mixed_up.then(|| format!("{org} ({source}) is of the series for test environments, and this is production"))
}

/// Says so where the clocks differ.
pub(crate) fn warn_of(clock: Option<ClockDifference>, console: &mut Console<'_>) {
    if let Some(advice) = clock.and_then(ClockDifference::advice) {
        console.say(Tone::Warning, &advice);
    }
}

/// Fetches Maskinporten's published keys; tells also how far the clocks differ.
pub(crate) async fn published_keys(
    http: &Http,
    jwks: &Url,
    console: &mut Console<'_>,
) -> (Result<PublishedKeys, TransportError>, Option<ClockDifference>) {
    fetched(http, jwks, || verification::published_keys(http, jwks), console).await
}

/// Fetches a public document, and tells how far the clocks differ.
pub(crate) async fn fetched<T, A: Future<Output = Result<(T, Option<DateTime<Utc>>), TransportError>>>(
    http: &Http,
    url: &Url,
    fetch: impl Fn() -> A,
    console: &mut Console<'_>,
) -> (Result<T, TransportError>, Option<ClockDifference>) {
    let (answer, clock) = with_retries::got(http, url, console, fetch, |answer| match answer {
        Ok((_, date)) => (Some(200), *date),
        Err(transport_error) => (transport_error.status(), transport_error.date),
    })
    .await;
    (answer.map(|(document, _)| document), clock)
}

impl FailedAttempt for ExchangeError {
    fn kind(&self) -> Option<&TransportError> {
        match self {
            Self::Transport(transport_error) => Some(transport_error),
            Self::Refused(_) => None,
        }
    }
}

impl Flow {
    /// Checks that everything is there, and starts the sandbox where it is to run inside.
    pub(crate) async fn start(
        config: Config,
        system_user: bool,
        timeout: Duration,
        console: &mut Console<'_>,
    ) -> anyhow::Result<Self> {
        let key = prepare(&config, system_user, console)?;
        Ok(Self { servers: Servers::start(config, timeout, console).await?, key, system_user })
    }

    /// Gets a token, and says so where the clocks differ.
    pub(crate) async fn token(&self, console: &mut Console<'_>) -> anyhow::Result<AccessToken> {
        let (token, clock) = self.exchange(console).await?;
        warn_of(clock, console);
        Ok(token)
    }

    /// Exchanges Maskinporten's token for Altinn's.
    pub(crate) async fn exchanged(
        &self,
        token: &AccessToken,
        console: &mut Console<'_>,
    ) -> anyhow::Result<AccessToken> {
        let Servers { config, http, .. } = &self.servers;
        let url = altinn::exchange::address(&config.endpoints.altinn);
        let exchange = || altinn::exchange::exchange(http, &url, token);
        let status = |answer: &Result<_, _>| with_retries::status(answer, |_| 200);
        let (answer, _) = with_retries::got(http, &url, console, exchange, status).await;
        let again = || Again { options: rerun::options(config), system: String::new() };
        let token = answer.map_err(|error| error::of_call(error, again(), hints::of_altinn))?;
        verbose::token(console, &token);
        Ok(token)
    }

    /// Signs a new grant and exchanges it; tells also how far the clocks differ.
    pub(crate) async fn exchange(
        &self,
        console: &mut Console<'_>,
    ) -> anyhow::Result<(AccessToken, Option<ClockDifference>)> {
        self.exchange_for(&self.servers.config, self.system_user, console).await
    }

    /// Gets a token for the given configuration instead of the flow's own.
    pub(crate) async fn exchange_for(
        &self,
        config: &Config,
        system_user: bool,
        console: &mut Console<'_>,
    ) -> anyhow::Result<(AccessToken, Option<ClockDifference>)> {
        let http = &self.servers.http;
        let token_endpoint = &config.endpoints.token;
        let sign = signing_key::signer(config, &self.key, system_user)?;
        let post = |console: &mut Console<'_>| {
            let assertion = sign();
            verbose::grant(console, &assertion, &self.key);
            verbose::sent(console, "post", &address(token_endpoint));
            async move { exchange(http, token_endpoint, &assertion).await }
        };
        let (answer, clock) = with_retries::asked(http, console, post, |answer| match answer {
            Ok(token) => (Some(200), token.date),
            Err(ExchangeError::Refused(refused)) => (Some(refused.status), refused.date),
            Err(ExchangeError::Transport(transport_error)) => (transport_error.status(), transport_error.date),
        })
        .await;
        let token = answer.map_err(|error| match error {
            ExchangeError::Refused(refused) => {
                anyhow::Error::from(RefusedGrant::new(*refused, config, &self.key, system_user, clock))
            }
            ExchangeError::Transport(transport_error) => {
                warn_of(clock, console);
                transport_error.into()
            }
        })?;
        verbose::token(console, &token);
        Ok((token, clock))
    }
}
