//! `call`: call an API with a system-user token, and print the response.

use clap::Args;

use crate::cli::args::{CommonArgs, GrantArgs, TimeoutArg, typed};
use crate::cli::error::CommandError;
use crate::cli::output::Console;
use crate::cli::session::{ApiTarget, Session, prepare, test_series_warning};
use crate::client::reference_api::ReferenceApi;
use crate::client::{OrgNumber, quote};
use crate::config::{Config, ConfigError, Source};

#[derive(Debug, Args)]
pub(crate) struct Call {
    /// `systemuserinfo`, `logistics`, `salary`, or the NAME of an [api.NAME] table in the configuration file
    api: String,
    /// organisation whose data you request [default: the system user's owner]
    #[arg(value_name = "ORG", id = "data_org")]
    org: Option<String>,
    /// add a query parameter to the URL; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    query: Vec<String>,
    #[command(flatten)]
    options: GrantArgs,
    #[command(flatten)]
    timeout: TimeoutArg,
}

impl Call {
    pub(crate) async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let timeout = self.timeout.duration()?;
        let query = self.query()?;
        let config = self.options.configuration(common)?;
        let target = ApiTarget::named(typed("API", &self.api), &config)?;
        let org = self.organisation(&target, &config)?;
        let typed_org = org.filter(|_| self.org.is_some());
        let warning = typed_org.and_then(|org| test_series_warning(&config, org, &Source::Option("ORG")));
        warning.iter().for_each(|warning| console.warning(warning));

        let config = target.with_scope(config);
        let key = prepare(&config, self.options.system_user(), console)?;
        let session = Session::start(config, timeout, console).await?;
        let mut url = target.address(&session.config, org)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let tokens = session.token_source(key);
        let token = session.token(&tokens, self.options.system_user(), console).await?;
        let answer = target.call(&session.http, &url, &token, console).await;
        let answer = answer.and_then(|reply| target.display(reply, common.json));
        let answer = answer.map_err(|error| target.explain(error, self.org.is_some(), &session.config))?;
        if answer.is_empty() {
            console.note("the response is empty");
        }
        Ok(console.answer_of_others(&answer)?)
    }

    fn query(&self) -> Result<Vec<(&str, &str)>, ConfigError> {
        // The text may contain a secret, so the message does not repeat it.
        let wrong = || ConfigError::at(&Source::Option("--query"), "expected NAME=VALUE");
        let pairs = self.query.iter().map(|text| match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name, value)),
            _ => Err(wrong()),
        });
        pairs.collect()
    }

    /// The organisation whose data is requested.
    fn organisation(&self, target: &ApiTarget, config: &Config) -> Result<Option<OrgNumber>, CommandError> {
        // An API without a URL is reported before a wrong ORG.
        target.address(config, None)?;
        match &self.org {
            Some(_) if !target.takes_org() => {
                let reason = match ReferenceApi::named(&self.api) {
                    Some(_) => "it always describes the system user of the token",
                    None => "its URL has no `{org}`",
                };
                let problem = format!("{} does not take ORG: {reason}", quote(&self.api));
                Err(CommandError::usage(problem, "call"))
            }
            Some(org) => Ok(Some(typed("ORG", org).check(|org| org.parse::<OrgNumber>())?.value)),
            None if target.takes_org() => Ok(Some(config.org()?.value)),
            None => Ok(None),
        }
    }
}
