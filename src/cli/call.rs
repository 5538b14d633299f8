//! `call`: call an API with a system-user token, and show what it says.

use std::time::Instant;

use clap::Args;
use reqwest::Url;
use serde::de::IgnoredAny;

use super::console::{Console, Tone, aligned};
use super::flow::Flow;
use super::options::{Common, TokenOptions, typed};
use super::{flow, hints, json, report, story};
use crate::api::{self, CallError, Logistics, ReferenceApi, Salary, SystemUserInfo};
use crate::config::{Api, Config, ConfigError, Source};
use crate::http::{Reply, address};
use crate::org_number::OrgNumber;
use crate::token::{AccessToken, without_scheme};

/// call an API with a system-user token
#[derive(Debug, Args)]
pub(super) struct Call {
    /// `systemuserinfo`, `logistics`, `salary`, or an [api.NAME] of the configuration
    api: String,
    /// whose data is asked for [default: the system user's owner]
    #[arg(value_name = "ORG")]
    whose: Option<String>,
    /// add to the address's query; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    query: Vec<String>,
    #[command(flatten)]
    options: TokenOptions,
}

/// What is called.
enum Target {
    Reference(ReferenceApi),
    Configured(Api),
}

impl Call {
    pub(super) async fn run(self, common: &Common, console: &mut Console<'_>) -> anyhow::Result<()> {
        let patience = self.options.patience()?;
        let query = self.query()?;
        let config = self.options.configuration(common)?;
        let target = Target::named(&self.api, &config)?;
        let org = self.whose_data(&target, &config)?;
        if let (Some(org), Some(_)) = (org, &self.whose) {
            flow::warn_of_test_series(&config, org, "ORG", console);
        }

        let config = target.scoped(config);
        let flow = Flow::start(config, !self.options.no_system_user, patience, console).await?;
        let mut url = target.address(&flow.config, org)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let token = flow.token(console).await?;
        let answer = self.ask(&flow, &url, &token, console).await;
        let shown = answer.and_then(|reply| target.show(&reply, common.json)).map_err(|error| match error {
            CallError::Refused(refused) => report::with_hints(
                hints::of_refusal(&refused, &self.api, target.takes_org().then_some(self.whose.is_some())),
                refused,
            ),
            CallError::Unreachable(unreachable) => unreachable.into(),
        })?;
        if shown.is_empty() {
            console.say(Tone::Note, "the answer is empty");
        }
        console.answer(&shown)
    }

    async fn ask(
        &self,
        flow: &Flow,
        url: &Url,
        token: &AccessToken,
        console: &mut Console<'_>,
    ) -> Result<Reply, CallError> {
        story::sent(console, "get", &address(url));
        let started = Instant::now();
        let answer = api::get(&flow.http, url, token).await;
        let status = match &answer {
            Ok(reply) => Some(reply.status),
            Err(CallError::Refused(refused)) => Some(refused.status),
            Err(CallError::Unreachable(unreachable)) => unreachable.status(),
        };
        story::answered(console, status, started.elapsed());
        answer
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

    fn whose_data(&self, target: &Target, config: &Config) -> anyhow::Result<Option<OrgNumber>> {
        // Whether there is such an API at all is to be known before anything else.
        target.address(config, None)?;
        match &self.whose {
            Some(_) if !target.takes_org() => {
                let problem = format!("`{}` takes no ORG, its address has no `{{org}}`", self.api);
                Err(report::Usage { problem, command: "call" }.into())
            }
            Some(org) => Ok(Some(typed("ORG", org).check(|org| org.parse::<OrgNumber>())?.value)),
            None if target.takes_org() => Ok(Some(config.org()?.value)),
            None => Ok(None),
        }
    }
}

impl Target {
    fn named(name: &str, config: &Config) -> Result<Self, ConfigError> {
        let name = &typed("API", name).check(Ok::<_, ConfigError>)?.value;
        if let Some(api) = ReferenceApi::named(name) {
            return Ok(Self::Reference(api));
        }
        if let Some(api) = config.apis.get(name) {
            return Ok(Self::Configured(api.clone()));
        }
        let mut known: Vec<&str> = ReferenceApi::ALL.map(ReferenceApi::name).to_vec();
        known.extend(config.apis.keys().map(String::as_str));
        let hint = match hints::nearest(name, known.iter().copied()) {
            Some(nearest) => hints::did_you_mean(nearest),
            None => format!("known are {}; others are configured under [api.NAME]", known.join(", ")),
        };
        Err(ConfigError::Invalid { problem: format!("`{name}` is not an API that is known"), hint: Some(hint) })
    }

    fn takes_org(&self) -> bool {
        match self {
            Self::Reference(api) => api.takes_org(),
            Self::Configured(api) => api.takes_org(),
        }
    }

    fn address(&self, config: &Config, org: Option<OrgNumber>) -> Result<Url, ConfigError> {
        match (self, &config.endpoints.reference_api) {
            (Self::Configured(api), _) => Ok(api.address(org)),
            (Self::Reference(api), Some(base)) => Ok(api.address(base, org)),
            (Self::Reference(api), None) => Err(ConfigError::Invalid {
                problem: format!("`{}` is a reference API, and `{}` has none", api.name(), config.environment.value),
                hint: Some("configure the API that you mean under [api.NAME]".to_owned()),
            }),
        }
    }

    /// The scope that the API wants, unless an option or a variable says another.
    fn scoped(&self, config: Config) -> Config {
        let in_file = config.scope.as_ref().is_none_or(|scope| matches!(scope.source, Source::File { .. }));
        match self {
            Self::Configured(Api { scope: Some(scope), .. }) if in_file => {
                Config { scope: Some(scope.clone()), ..config }
            }
            _ => config,
        }
    }

    fn show(&self, reply: &Reply, json: bool) -> Result<Vec<u8>, CallError> {
        let indented = || json::indented(&reply.body).map(String::into_bytes);
        let rows = match self {
            Self::Configured(_) => return Ok(indented().unwrap_or_else(|| reply.body.clone())),
            Self::Reference(_) if json => {
                api::read::<IgnoredAny>(reply)?;
                return Ok(indented().unwrap_or_default());
            }
            Self::Reference(ReferenceApi::SystemUserInfo) => system_user(api::read(reply)?),
            Self::Reference(ReferenceApi::Logistics) => logistics(api::read(reply)?),
            Self::Reference(ReferenceApi::Salary) => salary(api::read(reply)?),
        };
        Ok(aligned(&rows).into_bytes())
    }
}

fn system_user(answer: SystemUserInfo) -> Vec<(&'static str, String)> {
    let owner = answer.systemuser_org.and_then(|owner| owner.id);
    let ids = answer.systemuser_id.unwrap_or_default().join(", ");
    vec![
        ("system", or_dash(answer.system_id)),
        ("system user", or_dash(Some(ids).filter(|ids| !ids.is_empty()))),
        ("owner", or_dash(owner.map(|id| without_scheme(&id).to_owned()))),
    ]
}

fn logistics(answer: Logistics) -> Vec<(&'static str, String)> {
    vec![
        ("status", or_dash(answer.status)),
        ("shipment", or_dash(answer.shipment_status)),
        ("import", or_dash(answer.import_status)),
        ("export", or_dash(answer.export_status)),
        ("transit", or_dash(answer.transit_status)),
        ("created", or_dash(answer.create_time)),
    ]
}

fn salary(answer: Salary) -> Vec<(&'static str, String)> {
    vec![
        ("status", or_dash(answer.salary_status)),
        ("amount", or_dash(answer.salary_amount.map(|amount| amount.to_string()))),
    ]
}

fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".to_owned())
}
