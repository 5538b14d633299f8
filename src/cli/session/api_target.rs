//! The API to call: a reference API or a configured API.

use reqwest::header::HeaderMap;
use reqwest::{Method, Url};
use secrecy::SecretString;

use super::with_retries::send_with_retries;
use crate::altinn::decoded_jwt::without_scheme;
use crate::cli::args::{Rerun, checked_text, rerun, shell};
use crate::cli::error::problem::{api_hints, explained};
use crate::cli::error::transport_error::error_of_change;
use crate::cli::error::{CommandError, Exit, did_you_mean, nearest};
use crate::cli::output::{Console, json, or_dash, pairs};
use crate::client::reference_api::{self, Logistics, ReferenceApi, Salary, SystemUserInfo};
use crate::client::{CallError, Http, OrgNumber, Problem, Reply, may_be_secret, quote};
use crate::config::{ApiConfig, Config, ConfigError, Given};

/// The request to an API, apart from its URL and its token. It does not implement `Debug`, because a header may be a
/// secret.
pub(crate) struct ApiRequest {
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    /// The body. An empty body means no body.
    pub(crate) body: Vec<u8>,
}

/// The API to call.
pub(crate) enum ApiTarget {
    Reference(ReferenceApi),
    Configured(String, ApiConfig),
}

impl ApiTarget {
    pub(crate) fn named(name: Given<String>, config: &Config) -> Result<Self, CommandError> {
        let Given { value: name, source } = &checked_text(name)?;
        if let Some(api) = ReferenceApi::named(name) {
            return Ok(Self::Reference(api));
        }
        if let Some(api) = config.apis.get(name) {
            return Ok(Self::Configured(name.clone(), api.clone()));
        }
        let mut known: Vec<&str> = ReferenceApi::ALL.map(ReferenceApi::name).to_vec();
        known.extend(config.apis.keys().map(String::as_str).filter(|name| !may_be_secret(name)));
        let hint = match nearest(name, known.iter().copied()) {
            Some(nearest) => did_you_mean(nearest),
            None => format!(
                "the known APIs are {}; add others as [api.NAME] tables in the configuration file",
                known.join(", ")
            ),
        };
        Err(ConfigError::at(source, format!("{} is not a known API", quote(name))).with_hint(hint).into())
    }

    pub(crate) fn takes_org(&self) -> bool {
        match self {
            Self::Reference(api) => api.takes_org(),
            Self::Configured(_, api) => api.takes_org(),
        }
    }

    pub(crate) fn address(&self, config: &Config, org: Option<OrgNumber>) -> Result<Url, CommandError> {
        match (self, &config.endpoints.reference_api) {
            (Self::Configured(_, api), _) => Ok(api.address(org)),
            (Self::Reference(api), Some(base)) => Ok(api.address(base, org)),
            (Self::Reference(api), None) => {
                let problem = format!(
                    "`{}` is a reference API, but `{}` has no reference APIs",
                    api.name(),
                    config.environment.value
                );
                let hint = "add your API as an [api.NAME] table in the configuration file";
                Err(CommandError::new(Exit::Configuration, problem).hint(hint))
            }
        }
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Reference(api) => api.name(),
            Self::Configured(name, _) => name,
        }
    }

    /// The resource that the API requires a right to, if it is known.
    pub(crate) fn right(&self) -> Option<&'static str> {
        match self {
            Self::Reference(ReferenceApi::Logistics) => Some("ttd_systembruker-logistikk-demo"),
            Self::Reference(ReferenceApi::Salary) => Some("ttd_systembruker-salary"),
            Self::Reference(ReferenceApi::SystemUserInfo) | Self::Configured(..) => None,
        }
    }

    /// The configured HTTP method.
    pub(crate) fn method(&self) -> Option<&Method> {
        match self {
            Self::Reference(_) => None,
            Self::Configured(_, api) => api.method.as_ref(),
        }
    }

    /// Whether the API requires an Altinn token.
    pub(crate) fn needs_exchange(&self) -> bool {
        matches!(self, Self::Configured(_, ApiConfig { exchange: true, .. }))
    }

    pub(crate) async fn call(
        &self,
        http: &Http,
        url: &Url,
        token: &SecretString,
        request: &ApiRequest,
        console: &mut Console<'_>,
    ) -> Result<Reply, CallError> {
        let ApiRequest { method, headers, body } = request;
        let send = async || {
            let reply = http.call_with(method.clone(), url, token, headers.clone(), body.clone()).await;
            reply?.accepted()
        };
        let facts =
            |answer: Result<&Reply, &Problem>| (Some(answer.map_or_else(|no| no.status, |yes| yes.status)), None);
        send_with_retries(http, (method, url), console, send, facts).await.0
    }

    /// The message for an error. `org` is the organisation whose data was requested, and `system_user` is whether the
    /// token was a system user's. `request_options` are the options to repeat in a command.
    pub(crate) fn explain(
        &self,
        error: CallError,
        org: Option<OrgNumber>,
        system_user: bool,
        request: &ApiRequest,
        request_options: &str,
        config: &Config,
    ) -> CommandError {
        match error {
            CallError::Refused(refused) if refused.status == 405 => {
                let method = &request.method;
                let problem = match &refused.allow {
                    Some(others) => format!("the API accepts {others}, but not {method}"),
                    None => format!("the API does not accept {method}"),
                };
                let body = if request.body.is_empty() { "" } else { ", and leave out --data if it needs no body" };
                let hint = format!("{problem}: set the method with --method{body}");
                explained(&refused, vec![hint], &Rerun::new(config))
            }
            CallError::Refused(refused) if refused.status == 403 && !system_user => {
                let hint = "does the API require a system user's token? leave out --no-system-user".to_owned();
                explained(&refused, vec![hint], &Rerun::new(config))
            }
            CallError::Refused(refused) => {
                let rerun = Rerun::new(config);
                let options = rerun::grant_options(config);
                let call = format!("call {} ORG{request_options}{options}", shell::argument(self.name(), "API"));
                let call = rerun.command(&call);
                let other = org.filter(|org| config.org().is_ok_and(|owner| owner.value != *org));
                let mut hints = api_hints(&refused, self.takes_org().then_some(&*call), other);
                let access = rerun.user_access(config).filter(|_| refused.status == 403);
                hints.extend(access.map(|access| format!("to see the system user's rights, run `{access}`")));
                explained(&refused, hints, &rerun)
            }
            CallError::Transport(error) if request.method.is_safe() => error.into(),
            CallError::Transport(error) => error_of_change(error),
        }
    }

    /// The configuration with the scope of the API, unless an option or a variable sets the scope.
    pub(crate) fn with_scope(&self, config: Config) -> Config {
        let in_file = config.scope.as_ref().is_none_or(|scope| scope.source.is_file());
        match self {
            Self::Configured(_, ApiConfig { scope: Some(scope), .. }) if in_file => {
                Config { scope: Some(scope.clone()), ..config }
            }
            _ => config,
        }
    }

    /// The response to a request with this method, as text for a person or as JSON.
    pub(crate) fn display(&self, reply: &Reply, method: &Method, json: bool) -> Result<Vec<u8>, CallError> {
        let rows = match self {
            Self::Reference(ReferenceApi::SystemUserInfo) if method == Method::GET => {
                system_user(&reference_api::read(reply)?)
            }
            Self::Reference(ReferenceApi::Logistics) if method == Method::GET => {
                logistics(&reference_api::read(reply)?)
            }
            Self::Reference(ReferenceApi::Salary) if method == Method::GET => salary(&reference_api::read(reply)?),
            _ => return Ok(json::pretty_body(reply)),
        };
        Ok(if json { json::pretty_body(reply) } else { pairs(&rows).into_bytes() })
    }
}

fn system_user(answer: &SystemUserInfo) -> Vec<(&'static str, String)> {
    let owner = answer.systemuser_org.as_ref().and_then(|owner| owner.id.as_deref());
    let ids = answer.systemuser_id.as_ref().map(|ids| ids.join(", ")).filter(|ids| !ids.is_empty());
    vec![
        ("system", or_dash(answer.system_id.as_deref())),
        ("system user", or_dash(ids.as_deref())),
        ("owner", or_dash(owner.map(without_scheme))),
    ]
}

fn logistics(answer: &Logistics) -> Vec<(&'static str, String)> {
    let Logistics { status, shipment_status, import_status, export_status, transit_status, create_time } = answer;
    let rows = [
        ("status", status),
        ("shipment", shipment_status),
        ("import", import_status),
        ("export", export_status),
        ("transit", transit_status),
        ("created", create_time),
    ];
    rows.map(|(name, value)| (name, or_dash(value.as_deref()))).to_vec()
}

fn salary(answer: &Salary) -> Vec<(&'static str, String)> {
    let amount = answer.salary_amount.as_ref().map(ToString::to_string);
    vec![("status", or_dash(answer.salary_status.as_deref())), ("amount", or_dash(amount.as_deref()))]
}
