//! `call`: call an API with a system-user token, and show what it says.

use clap::Args;

use crate::cli::args::{CommonArgs, GrantArgs, TimeoutArg, typed};
use crate::cli::output::console::{Console, Tone};
use crate::cli::session::Flow;
use crate::cli::session::api_target::ApiTarget;
use crate::cli::{error, session};
use crate::client::org_number::OrgNumber;
use crate::client::sanitize::quote;
use crate::config::{Config, ConfigError, Source};

#[derive(Debug, Args)]
pub(crate) struct Call {
    /// `systemuserinfo`, `logistics`, `salary`, or an [api.NAME] of the configuration
    api: String,
    /// whose data is asked for [default: the system user's owner]
    #[arg(value_name = "ORG")]
    whose: Option<String>,
    /// add to the address's query; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    query: Vec<String>,
    #[command(flatten)]
    options: GrantArgs,
    #[command(flatten)]
    timeout: TimeoutArg,
}

impl Call {
    pub(crate) async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> anyhow::Result<()> {
        let timeout = self.timeout.duration()?;
        let query = self.query()?;
        let config = self.options.configuration(common)?;
        let target = ApiTarget::named(typed("API", &self.api), &config)?;
        let org = self.whose_data(&target, &config)?;
        let named = org.filter(|_| self.whose.is_some());
        if let Some(said) = named.and_then(|org| session::of_the_test_series(&config, org, "ORG")) {
            console.say(Tone::Warning, &said);
        }

        let config = target.scoped(config);
        let flow = Flow::start(config, self.options.system_user(), timeout, console).await?;
        let mut url = target.address(&flow.servers.config, org)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let token = flow.token(console).await?;
        let answer = target.ask(&flow.servers.http, &url, &token, console).await;
        let shown = answer.and_then(|reply| target.show(reply, common.json));
        let shown = shown.map_err(|error| target.explained(error, self.whose.is_some(), &flow.servers.config))?;
        if shown.is_empty() {
            console.say(Tone::Note, "the answer is empty");
        }
        console.answer_of_others(&shown)
    }

    fn query(&self) -> Result<Vec<(&str, &str)>, ConfigError> {
        // A value may be a secret, so a wrong one is not repeated.
        let wrong = || ConfigError::at(&Source::Option("--query"), "NAME=VALUE is expected");
        let pairs = self.query.iter().map(|text| match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name, value)),
            _ => Err(wrong()),
        });
        pairs.collect()
    }

    fn whose_data(&self, target: &ApiTarget, config: &Config) -> anyhow::Result<Option<OrgNumber>> {
        // Whether there is such an API at all is to be known before anything else.
        target.address(config, None)?;
        match &self.whose {
            Some(_) if !target.takes_org() => {
                let problem = format!("{} takes no ORG, its address has no `{{org}}`", quote(&self.api));
                Err(error::Usage { problem, command: "call" }.into())
            }
            Some(org) => Ok(Some(typed("ORG", org).check(|org| org.parse::<OrgNumber>())?.value)),
            None if target.takes_org() => Ok(Some(config.org()?.value)),
            None => Ok(None),
        }
    }
}
