//! `grant`: build and sign a JWT grant, and print it.

use chrono::Utc;
use clap::Args;
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::altinn::decoded_jwt::DecodedJwt;
use crate::cli::args::{CommonArgs, GrantArgs, shell, variables};
use crate::cli::error::CommandError;
use crate::cli::output::{Console, verbose};
use crate::cli::session::{prepare, token_request};
use crate::client::http::address;
use crate::client::maskinporten::GRANT_TYPE;
use crate::client::{grant, may_be_secret};
use crate::config::Config;

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Grant {
    /// print the header and claims instead of the signed grant
    #[arg(long)]
    decode: bool,
    /// print a curl command that builds a new grant and exchanges it; the command contains no secret
    #[arg(long, conflicts_with = "decode")]
    curl: bool,
    #[command(flatten)]
    options: GrantArgs,
}

const EXAMPLES: &str = "\
Examples:
  systemuser-demo grant --decode  # header and claims
  systemuser-demo grant --curl";

/// The grant with its header and claims.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    assertion: Option<&'a str>,
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl Grant {
    pub(crate) fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let config = self.options.configuration(common)?;
        let system_user = self.options.system_user();
        let key = prepare(&config, system_user, console)?;
        if config.sandbox_inside {
            let issuer = address(&config.endpoints.issuer);
            console.note(&format!("the grant is for a sandbox at {issuer}; start it with `systemuser-demo sandbox`"));
        }
        if self.curl {
            let line = curl(&config, console)?;
            return Ok(console.answer_line(&line)?);
        }
        let grant = grant::Grant {
            issuer: &config.endpoints.issuer,
            client_id: &config.client_id()?.value,
            request: &token_request(&config, system_user),
            now: Utc::now(),
            jti: Uuid::new_v4(),
        };
        let assertion = grant.sign(&key);
        verbose::grant(console, &assertion, &key);
        let secret = assertion.0.expose_secret();
        if !self.decode && !common.json {
            return Ok(console.answer_line(secret)?);
        }
        let DecodedJwt { header, claims } = DecodedJwt::read(secret).expect("a signed grant is a JWT");
        let assertion = (!self.decode).then_some(secret);
        Ok(console.answer_json(&Answer { assertion, header, claims })?)
    }
}

/// The curl command line. The shell runs this command in `$(…)` to get the grant, and removes its line break.
fn curl(config: &Config, console: &mut Console<'_>) -> Result<String, CommandError> {
    let words = variables::command_line()
        .ok_or_else(|| CommandError::command_line("an argument is not UTF-8 text, so no command line is printed"))?;
    let value = |argument: &str| match argument.split_once('=') {
        Some((option, value)) if option.starts_with("--") => value.to_owned(),
        _ => argument.to_owned(),
    };
    let values = words.iter().skip(1).map(|argument| value(argument));
    let mut values = values.chain([config.endpoints.token.to_string()]);
    if values.any(|value| may_be_secret(&value)) {
        let problem = "an argument may be a secret, so the command line is not printed";
        let hint = "set the value in the configuration file or in a SYSTEMUSER_… variable";
        return Err(CommandError::command_line(problem).hint(hint));
    }
    let left_out = ["--curl", "--json", "--verbose", "-v"];
    let words = words.iter().filter(|word| !left_out.contains(&word.as_str())).map(|word| shell::quote(word));
    // A variable may be set for this run only, so the command line repeats it.
    let (secret, variables): (Vec<_>, Vec<_>) =
        variables::settings().into_iter().partition(|(_, value)| may_be_secret(value));
    for (name, _) in secret {
        console.note(&format!(
            "the value of {name} may be a secret and is not printed; export {name} before you run the command"
        ));
    }
    let variables = variables.into_iter().map(|(name, value)| format!("{name}={}", shell::quote(&value)));
    let words: Vec<String> = variables.chain(words).collect();
    Ok(format!(
        "curl --data-urlencode {} --data-urlencode \"assertion=$({})\" {}",
        shell::quote(&format!("grant_type={GRANT_TYPE}")),
        words.join(" "),
        shell::quote(config.endpoints.token.as_str()),
    ))
}
