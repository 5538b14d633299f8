//! The flow, as the commands walk it: configuration, key, grant, token. Here are the clock and the randomness.

use std::time::{Duration, Instant};

use chrono::Utc;
use uuid::Uuid;

use super::console::{Console, Tone};
use super::{hints, report, story};
use crate::config::Config;
use crate::environment::Environment;
use crate::grant::{Grant, SystemUserOf};
use crate::http::{Http, address};
use crate::key::{KidOrigin, SigningKey};
use crate::maskinporten::{ExchangeError, exchange};
use crate::org_number::OrgNumber;
use crate::token::AccessToken;

/// Everything that is needed to get a token.
pub(super) struct Flow {
    pub(super) config: Config,
    pub(super) http: Http,
    key: SigningKey,
    system_user: bool,
    #[cfg(feature = "sandbox")]
    _sandbox: Option<crate::sandbox::Sandbox>,
}

impl Flow {
    /// Checks that everything is there, and starts the sandbox where it is to run inside.
    /// Without `system_user` the token is a plain one.
    pub(super) async fn start(
        config: Config,
        system_user: bool,
        patience: Duration,
        console: &mut Console<'_>,
    ) -> anyhow::Result<Self> {
        story::configuration(console, &config);
        config.notes.iter().for_each(|note| console.say(Tone::Note, note));
        for org in [&config.org, &config.vendor.org].into_iter().flatten() {
            warn_of_test_series(&config, org.value, &org.source.to_string(), console);
        }
        config.client_id()?;
        config.scope()?;
        if system_user {
            config.org()?;
        }
        let key = load_key(&config, console)?;
        story::key(console, &key, &config);
        #[cfg(feature = "sandbox")]
        let (config, sandbox) = super::sandbox::inside(config, console).await?;
        if config.environment.value == Environment::Sandbox && !config.sandbox_inside {
            let address = &config.endpoints.issuer;
            console.say(Tone::Note, &format!("this is the sandbox at {address}; nothing leaves this machine"));
        }
        Ok(Self {
            http: Http::new(patience),
            config,
            key,
            system_user,
            #[cfg(feature = "sandbox")]
            _sandbox: sandbox,
        })
    }

    /// Signs a new grant and exchanges it.
    pub(super) async fn token(&self, console: &mut Console<'_>) -> anyhow::Result<AccessToken> {
        let endpoints = &self.config.endpoints;
        let owner = self.config.org.as_ref().filter(|_| self.system_user);
        let external_ref = self.config.external_ref.as_ref().map(|given| given.value.as_str());
        let grant = Grant {
            issuer: &endpoints.issuer,
            client_id: &self.config.client_id()?.value,
            scope: &self.config.scope()?.value,
            system_user: owner.map(|owner| SystemUserOf { owner: owner.value, external_ref }),
            now: Utc::now(),
            jti: Uuid::new_v4(),
        };
        let assertion = grant.sign(&self.key);
        story::grant(console, &assertion);
        story::sent(console, "post", &address(&endpoints.token));
        let started = Instant::now();
        let answer = exchange(&self.http, &endpoints.token, &assertion).await;
        let status = match &answer {
            Ok(_) => Some(200),
            Err(ExchangeError::Refused(refused)) => Some(refused.status),
            Err(ExchangeError::Unreachable(unreachable)) => unreachable.status(),
        };
        story::answered(console, status, started.elapsed());
        let token = answer.map_err(|error| match error {
            ExchangeError::Refused(refused) => anyhow::Error::from(refused),
            ExchangeError::Unreachable(unreachable) => unreachable.into(),
        })?;
        story::token(console, &token);
        Ok(token)
    }
}

/// The number of an organisation that exists in the test environments only, in production, is a mix-up.
pub(super) fn warn_of_test_series(config: &Config, org: OrgNumber, source: &str, console: &mut Console<'_>) {
    if config.environment.value == Environment::Prod && org.is_test_series() {
        let said = format!("{org} ({source}) is of the series for test environments, and this is production");
        console.say(Tone::Warning, &said);
    }
}

fn load_key(config: &Config, console: &mut Console<'_>) -> anyhow::Result<SigningKey> {
    let given = config.key()?;
    let kid = config.kid.as_ref();
    let algorithm = config.algorithm.as_ref().map(|given| given.value);
    let key = SigningKey::load(&given.value, kid.map(|kid| kid.value.as_str()), algorithm)
        .map_err(|error| report::with_hints(hints::of_key(&error.fault, given, config.environment.value), error))?;
    match (kid, &key.kid_of_jwk) {
        (Some(kid), Some(own)) if *own != kid.value => {
            let said = format!("the key's own kid is `{own}`, and `{}` ({}) is sent", kid.value, kid.source);
            console.say(Tone::Warning, &said);
        }
        _ => {}
    }
    if key.kid_origin == KidOrigin::Thumbprint {
        let said = "no kid is configured, so the key's thumbprint is sent; a key that was registered in the portal \
                    as PEM has the portal's kid";
        console.say(Tone::Note, said);
    }
    Ok(key)
}
