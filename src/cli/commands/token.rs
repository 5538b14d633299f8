//! `token`: get a system-user token and print it.

use clap::Args;
use secrecy::ExposeSecret;
use serde::Serialize;

use crate::altinn::decoded_jwt::{DecodedJwt, SystemUser};
use crate::cli::args::{CommonArgs, GrantArgs, TimeoutArg};
use crate::cli::error::CommandError;
use crate::cli::output::Console;
use crate::cli::session::{Session, prepare};

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Token {
    /// exchange the token for an Altinn token, which Altinn's apps and platform APIs require
    #[arg(long)]
    exchange: bool,
    #[command(flatten)]
    options: GrantArgs,
    #[command(flatten)]
    timeout: TimeoutArg,
}

const EXAMPLES: &str = "\
Examples:
  systemuser-demo token
  systemuser-demo token --org 310904473    # for a customer
  systemuser-demo token --exchange --json  # an Altinn token";

/// The token as JSON.
#[derive(Serialize)]
struct Answer<'a> {
    access_token: &'a str,
    token_type: &'static str,
    /// `None` if the lifetime is unknown (RFC 6749, section 5.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_user: Option<SystemUser>,
}

impl Token {
    pub(crate) async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let timeout = self.timeout.duration()?;
        let config = self.options.configuration(common)?;
        let key = prepare(&config, self.options.system_user(), console)?;
        let session = Session::start(config, timeout, console).await?;
        let tokens = session.token_source(key);
        let token = session.token(&tokens, self.options.system_user(), console).await?;
        let (secret, expires_in) = match self.exchange {
            true => {
                let altinns = session.altinn_token(&token, console).await?;
                (altinns.secret, altinns.expires_in)
            }
            false => (token.secret.clone(), Some(token.expires_in)),
        };
        let secret = secret.expose_secret();
        if !common.json {
            return Ok(console.answer_line(secret)?);
        }
        let answer = Answer {
            access_token: secret,
            // Maskinporten issues no other type.
            token_type: "Bearer",
            expires_in,
            scope: token.scope.as_deref(),
            system_user: DecodedJwt::read(secret).and_then(|decoded| decoded.system_user()),
        };
        Ok(console.answer_json(&answer)?)
    }
}
