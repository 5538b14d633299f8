//! The API that is called: one of the reference's, or a configured one.

use std::mem;

use reqwest::Url;

use crate::cli::args::{checked_text, rerun};
use crate::cli::error;
use crate::cli::error::{Again, hints};
use crate::cli::output::console::{Console, aligned};
use crate::cli::output::{json, origin};
use crate::cli::session::with_retries;
use crate::client::http::{CallError, Http, Reply};
use crate::client::org_number::OrgNumber;
use crate::client::reference_api::{self, Logistics, ReferenceApi, Salary, SystemUserInfo};
use crate::client::sanitize::{may_be_secret, quote};
use crate::client::token::{AccessToken, without_scheme};
use crate::config::{ApiConfig, Config, ConfigError, Given};

/// What is called.
pub(crate) enum ApiTarget {
    Reference(ReferenceApi),
    Configured(String, ApiConfig),
}

impl ApiTarget {
    pub(crate) fn named(name: Given<String>, config: &Config) -> Result<Self, ConfigError> {
        let name = &checked_text(name)?.value;
        if let Some(api) = ReferenceApi::named(name) {
            return Ok(Self::Reference(api));
        }
        if let Some(api) = config.apis.get(name) {
            return Ok(Self::Configured(name.clone(), api.clone()));
        }
        let mut known: Vec<&str> = ReferenceApi::ALL.map(ReferenceApi::name).to_vec();
        known.extend(config.apis.keys().map(String::as_str).filter(|name| !may_be_secret(name)));
        let hint = match hints::nearest(name, known.iter().copied()) {
            Some(nearest) => hints::did_you_mean(nearest),
            None => format!("known are {}; others are configured under [api.NAME]", known.join(", ")),
        };
        Err(ConfigError::Invalid { problem: format!("{} is not an API that is known", quote(name)), hint: Some(hint) })
    }

    pub(crate) fn takes_org(&self) -> bool {
        match self {
            Self::Reference(api) => api.takes_org(),
            Self::Configured(_, api) => api.takes_org(),
        }
    }

    pub(crate) fn address(&self, config: &Config, org: Option<OrgNumber>) -> Result<Url, ConfigError> {
        match (self, &config.endpoints.reference_api) {
            (Self::Configured(_, api), _) => Ok(api.address(org)),
            (Self::Reference(api), Some(base)) => Ok(api.address(base, org)),
            (Self::Reference(api), None) => Err(ConfigError::Invalid {
                problem: format!("`{}` is a reference API, and `{}` has none", api.name(), config.environment.value),
                hint: Some("configure the API that you mean under [api.NAME]".to_owned()),
            }),
        }
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Reference(api) => api.name(),
            Self::Configured(name, _) => name,
        }
    }

    pub(crate) async fn ask(
        &self,
        http: &Http,
        url: &Url,
        token: &AccessToken,
        console: &mut Console<'_>,
    ) -> Result<Reply, CallError> {
        let status = |answer: &Result<_, _>| with_retries::status(answer, |reply: &Reply| reply.status);
        with_retries::got(http, url, console, || reference_api::get(http, url, token), status).await.0
    }

    /// The error with what may be behind it; `org_named` is whether somebody said whose data is asked for.
    pub(crate) fn explained(&self, error: CallError, org_named: bool, config: &Config) -> anyhow::Error {
        let options = rerun::options(config);
        let call = format!(
            "systemuser-demo call {} ORG{}{options}",
            hints::argument(self.name(), "API"),
            rerun::parties(config)
        );
        let org_named = self.takes_org().then_some(org_named);
        let again = Again { options, system: String::new() };
        error::of_call(error, again, |refused| hints::of_refusal(refused, &call, org_named))
    }

    /// The scope that the API wants, unless an option or a variable says another.
    pub(crate) fn scoped(&self, config: Config) -> Config {
        let in_file = config.scope.as_ref().is_none_or(|scope| origin::is_file(&scope.source));
        match self {
            Self::Configured(_, ApiConfig { scope: Some(scope), .. }) if in_file => {
                Config { scope: Some(scope.clone()), ..config }
            }
            _ => config,
        }
    }

    pub(crate) fn show(&self, mut reply: Reply, json: bool) -> Result<Vec<u8>, CallError> {
        let rows = match self {
            Self::Configured(..) => {
                return Ok(json::indented(&reply.body).map_or_else(|| mem::take(&mut *reply.body), String::into_bytes));
            }
            Self::Reference(ReferenceApi::SystemUserInfo) => system_user(reference_api::read(&reply)?),
            Self::Reference(ReferenceApi::Logistics) => logistics(reference_api::read(&reply)?),
            Self::Reference(ReferenceApi::Salary) => salary(reference_api::read(&reply)?),
        };
        match json {
            true => Ok(json::indented(&reply.body).map_or_else(|| mem::take(&mut *reply.body), String::into_bytes)),
            false => Ok(aligned(&rows).into_bytes()),
        }
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
