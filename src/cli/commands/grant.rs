//! `grant`: build and sign a JWT grant, and print it.

use std::env;
use std::ffi::OsString;

use clap::Args;
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::cli::args::{CommonArgs, GrantArgs};
use crate::cli::error::hints::in_shell;
use crate::cli::output::console::{Console, Tone};
use crate::cli::output::verbose;
use crate::cli::session;
use crate::cli::session::signing_key;
use crate::client::http::address;
use crate::client::maskinporten::GRANT_TYPE;
use crate::client::sanitize::may_be_secret;
use crate::client::token::DecodedJwt;
use crate::config::{Config, ConfigError};

#[derive(Debug, Args)]
pub(crate) struct Grant {
    /// print its header and claims instead
    #[arg(long)]
    decode: bool,
    /// print a curl command line that exchanges it, with no secret in it
    #[arg(long, conflicts_with = "decode")]
    curl: bool,
    #[command(flatten)]
    options: GrantArgs,
}

/// The grant with what it says.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    assertion: Option<&'a str>,
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl Grant {
    pub(crate) fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> anyhow::Result<()> {
        let config = self.options.configuration(common)?;
        let system_user = self.options.system_user();
        let key = session::prepare(&config, system_user, console)?;
        if config.sandbox_inside {
            let issuer = address(&config.endpoints.issuer);
            let said = format!("it is for a sandbox at {issuer}, which `systemuser-demo sandbox` starts");
            console.say(Tone::Note, &said);
        }
        if self.curl {
            let line = curl(&config, console)?;
            return console.answer_line(&line);
        }
        let assertion = signing_key::signer(&config, &key, system_user)?();
        verbose::grant(console, &assertion, &key);
        let secret = assertion.0.expose_secret();
        if !self.decode && !common.json {
            return console.answer_line(secret);
        }
        let DecodedJwt { header, claims } = DecodedJwt::read(secret).expect("what was just signed is a JWT");
        let assertion = (!self.decode).then_some(secret);
        console.answer_json(&Answer { assertion, header, claims })
    }
}

/// The command line. A shell takes the line break from the end of what `$(…)` prints.
fn curl(config: &Config, console: &mut Console<'_>) -> Result<String, ConfigError> {
    let typed: Result<Vec<String>, _> = env::args_os().map(OsString::into_string).collect();
    let typed =
        typed.map_err(|_| ConfigError::new("an argument is not UTF-8 text, and cannot be repeated".to_owned()))?;
    let value = |argument: &str| match argument.split_once('=') {
        Some((option, value)) if option.starts_with("--") => value.to_owned(),
        _ => argument.to_owned(),
    };
    let mut values = typed.iter().skip(1).map(|argument| value(argument)).chain([config.endpoints.token.to_string()]);
    if values.any(|value| may_be_secret(&value)) {
        return Err(ConfigError::Invalid {
            problem: "an argument may be a secret, so the command line is not printed".to_owned(),
            hint: Some("set the value in the configuration file or in a SYSTEMUSER_… variable".to_owned()),
        });
    }
    let told = ["--curl", "--json", "--verbose", "-v"];
    let again = typed.iter().filter(|argument| !told.contains(&argument.as_str())).map(|argument| in_shell(argument));
    // A variable that was set for this run only would be lost.
    let set = REPEATED.into_iter().filter_map(|name| Some((name, env::var(name).ok()?)));
    let (secret, set): (Vec<_>, Vec<_>) =
        set.filter(|(_, value)| !value.is_empty()).partition(|(_, value)| may_be_secret(value));
    for (name, _) in secret {
        console.say(
            Tone::Note,
            &format!(
                "the value of {name} may be a secret and is not printed; export {name} before you run the command"
            ),
        );
    }
    let variables = set.into_iter().map(|(name, value)| format!("{name}={}", in_shell(&value)));
    let again: Vec<String> = variables.chain(again).collect();
    Ok(format!(
        "curl --data-urlencode {} --data-urlencode \"assertion=$({})\" {}",
        in_shell(&format!("grant_type={GRANT_TYPE}")),
        again.join(" "),
        in_shell(config.endpoints.token.as_str()),
    ))
}

/// The variables that are repeated. The one that holds a key is not.
const REPEATED: [&str; 9] = [
    "SYSTEMUSER_ENV",
    "SYSTEMUSER_CONFIG",
    "SYSTEMUSER_CLIENT_ID",
    "SYSTEMUSER_SCOPE",
    "SYSTEMUSER_ORG",
    "SYSTEMUSER_EXTERNAL_REF",
    "SYSTEMUSER_KEY_FILE",
    "SYSTEMUSER_KID",
    "SYSTEMUSER_SANDBOX",
];
