//! `token`: get a system-user token and print it.

use clap::Args;
use secrecy::ExposeSecret;
use serde::Serialize;

use crate::cli::args::{CommonArgs, GrantArgs, TimeoutArg};
use crate::cli::output::console::Console;
use crate::cli::session::Flow;
use crate::client::token::{DecodedJwt, SystemUser};

#[derive(Debug, Args)]
pub(crate) struct Token {
    /// exchange it for Altinn's own token, which Altinn's apps and platform want
    #[arg(long)]
    exchange: bool,
    #[command(flatten)]
    options: GrantArgs,
    #[command(flatten)]
    timeout: TimeoutArg,
}

/// The token with what is known of it.
#[derive(Serialize)]
struct Answer<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_user: Option<SystemUser>,
}

impl Token {
    pub(crate) async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> anyhow::Result<()> {
        let timeout = self.timeout.duration()?;
        let config = self.options.configuration(common)?;
        let flow = Flow::start(config, self.options.system_user(), timeout, console).await?;
        let token = flow.token(console).await?;
        let token = if self.exchange { flow.exchanged(&token, console).await? } else { token };
        let secret = token.secret.expose_secret();
        if !common.json {
            return console.answer_line(secret);
        }
        let answer = Answer {
            access_token: secret,
            // One of another kind is no usable answer.
            token_type: "Bearer",
            expires_in: token.expires_in,
            scope: token.scope.as_deref(),
            system_user: DecodedJwt::read(secret).and_then(|decoded| decoded.system_user()),
        };
        console.answer_json(&answer)
    }
}
