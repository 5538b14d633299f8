//! Finds out for which parties a system user may act, and with which rights.

use super::altinn_session::with_scope;
use super::{Session, exchange, explain_altinn, warn_of_clock};
use crate::altinn::authorized_parties::{self, Party, SCOPE};
use crate::altinn::{Altinn, Item};
use crate::cli::args::Rerun;
use crate::cli::error::CommandError;
use crate::cli::error::token_refused::GrantInputs;
use crate::cli::output::Console;
use crate::client::{AccessToken, TokenSource};
use crate::config::Config;

/// A session with Altinn as the system user.
pub(crate) struct Access<'s> {
    session: &'s Session,
    /// The Altinn token of the system user.
    token: AccessToken,
}

/// The configuration of the system user's token that Altinn requires.
pub(crate) fn configuration(config: &Config) -> Config {
    with_scope(config, SCOPE)
}

impl<'s> Access<'s> {
    /// Gets a token for the system user, and exchanges it for an Altinn token.
    pub(crate) async fn start(
        session: &'s Session,
        tokens: &TokenSource,
        console: &mut Console<'_>,
    ) -> Result<Self, CommandError> {
        let config = configuration(&session.config);
        let grant = GrantInputs { config: &config, key: &tokens.key, system_user: true };
        let exchanged = exchange(tokens, &grant, None, console).await;
        let exchanged = exchanged.map_err(|failed| failed.explain(&grant, console))?;
        warn_of_clock(exchanged.clock, console);
        let token = session.altinn_token(&exchanged.token, console).await?;
        Ok(Self { session, token })
    }

    /// Gets the parties for which the system user may act. With `resource`, only the parties for which it has access to
    /// this resource, also through an access package.
    pub(crate) async fn parties(
        &self,
        resource: Option<&str>,
        console: &mut Console<'_>,
    ) -> Result<Vec<Item<Party>>, CommandError> {
        let call = async |api: &Altinn<'_>| authorized_parties::list(api, resource).await;
        let (parties, _) = self.session.call_altinn(&self.token, console, call).await;
        let parties = parties.map_err(|error| explain_altinn(error, &Rerun::new(&self.session.config)))?;
        Ok(parties.items)
    }
}
