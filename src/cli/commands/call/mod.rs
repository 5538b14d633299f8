//! `call`: call an API with a system-user token, and print the response.

mod list;
mod request;

use std::ffi::OsString;

use clap::Args;
use clap_complete::{ArgValueCandidates, ArgValueCompleter, PathCompleter};
use serde::Serialize;

use self::request::RequestArgs;
use crate::cli::args::{CommonArgs, GrantArgs, TimeoutArg, candidates, file_name, parsed, shell, typed};
use crate::cli::error::CommandError;
use crate::cli::output::Console;
use crate::cli::session::output_file::OutputFile;
use crate::cli::session::{ApiTarget, Session, prepare, test_series_warning};
use crate::client::reference_api::ReferenceApi;
use crate::client::{CallError, KeySource, OrgNumber, quote, quote_path};
use crate::config::{Config, ConfigError, Source, parse_method};

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Call {
    /// `systemuserinfo`, `logistics`, `salary`, or the NAME of an [api.NAME] table in the configuration file
    #[arg(required_unless_present = "list", add = ArgValueCandidates::new(candidates::apis))]
    api: Option<String>,
    /// organisation whose data you request [default: the system user's owner]
    #[arg(value_name = "ORG", id = "data_org")]
    org: Option<String>,
    /// list the APIs that can be called
    #[arg(long, conflicts_with_all = ["api", "query", "exchange", "output", "method", "data", "header"])]
    list: bool,
    /// add a query parameter to the URL; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    query: Vec<String>,
    #[command(flatten)]
    request: RequestArgs,
    /// exchange the token for an Altinn token before the call
    #[arg(long)]
    exchange: bool,
    /// write the response body to this file, exactly as received; `-` is standard output
    #[arg(long, value_name = "FILE", add = ArgValueCompleter::new(PathCompleter::file().stdio()))]
    output: Option<OsString>,
    #[command(flatten)]
    options: GrantArgs,
    #[command(flatten)]
    timeout: TimeoutArg,
}

const EXAMPLES: &str = "\
Examples:
  systemuser-demo call systemuserinfo
  systemuser-demo call logistics --org 310904473 --output logistics.json
  systemuser-demo call --list";

/// The destination of the response body.
enum Output {
    /// Standard output, formatted.
    Formatted,
    /// Standard output, exactly as received.
    Raw,
    File(OutputFile),
}

impl Call {
    pub(crate) async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let Some(api) = &self.api else {
            return list::print(&self.options.configuration(common)?, common.json, console);
        };
        let timeout = self.timeout.duration()?;
        let query = self.query()?;
        let method = parsed("--method", self.request.method.as_ref(), parse_method)?;
        let headers = self.request.headers()?;
        let config = self.options.configuration(common)?;
        let target = ApiTarget::named(typed("API", api), &config)?;
        let org = self.organisation(api, &target, &config)?;
        let typed_org = org.filter(|_| self.org.is_some());
        let warning = typed_org.and_then(|org| test_series_warning(&config, org, &Source::Option("ORG")));
        warning.iter().for_each(|warning| console.warning(warning));
        let request = self.request.build(method.or_else(|| target.method().cloned()), headers, console)?;

        let config = target.with_scope(config);
        let key = prepare(&config, self.options.system_user(), console)?;
        let output = self.output(&config)?;
        let session = Session::start(config, timeout, console).await?;
        let mut url = target.address(&session.config, org)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let tokens = session.token_source(key);
        let token = session.token(&tokens, self.options.system_user(), console).await?;
        let is_exchanged = self.exchange || target.needs_exchange();
        let altinns = if is_exchanged { Some(session.altinn_token(&token, console).await?) } else { None };
        let secret = altinns.as_ref().map_or(&token.secret, |altinns| &altinns.secret);
        let answer = target.call(&session.http, &url, secret, &request, console).await;
        let answer = answer.and_then(|reply| Ok((target.display(&reply, &request.method, common.json)?, reply)));
        let (formatted, reply) = answer.map_err(|error| {
            let is_401 = matches!(&error, CallError::Refused(refused) if refused.status == 401);
            let system_user = self.options.system_user();
            let error = target.explain(error, org, system_user, &request, &self.request_options(), &session.config);
            match is_exchanged {
                true if is_401 => error.hint("does the API require Maskinporten's token? do not exchange it"),
                false if is_401 && matches!(target, ApiTarget::Configured(..)) => {
                    error.hint("does the API require an Altinn token? exchange it with --exchange")
                }
                _ => error,
            }
        })?;
        let has_json = common.json && matches!(output, Output::Formatted);
        if reply.body.is_empty() && !has_json {
            let location = reply.location.as_ref().map(|location| format!(", location {location}"));
            console.note(&format!("the response is empty: status {}{}", reply.status, location.unwrap_or_default()));
        }
        match output {
            Output::File(file) => file.write(&reply.body).map_err(|error| match request.method.is_safe() {
                true => error,
                false => error.hint("do not send the request again, because the API has carried it out"),
            }),
            Output::Raw => Ok(console.answer_of_others(&reply.body)?),
            Output::Formatted if reply.body.is_empty() && common.json => {
                Ok(console.answer_json(&Empty { status: reply.status, location: reply.location.as_deref() })?)
            }
            Output::Formatted => Ok(console.answer_of_others(&formatted)?),
        }
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

    fn output(&self, config: &Config) -> Result<Output, CommandError> {
        match &self.output {
            None => Ok(Output::Formatted),
            Some(path) if path == "-" => Ok(Output::Raw),
            Some(path) => {
                let path = file_name(path.clone(), Source::Option("--output"))?.value;
                let key = config.key.as_ref().and_then(|key| match &key.value {
                    KeySource::File(path) => Some(path),
                    KeySource::Text { .. } => None,
                });
                let inputs = config.file.iter().chain(key).filter_map(|input| input.canonicalize().ok());
                if path.canonicalize().is_ok_and(|path| inputs.into_iter().any(|input| input == path)) {
                    let problem =
                        format!("--output: {} is the configuration or the key of this call", quote_path(&path));
                    return Err(CommandError::command_line(problem));
                }
                OutputFile::open(&path).map(Output::File)
            }
        }
    }

    /// The options of this call to repeat in a command. Values that may be secrets are placeholders.
    fn request_options(&self) -> String {
        let RequestArgs { method, data, header } = &self.request;
        let method = method.iter().map(|method| shell::option("--method", method));
        let data = data.iter().map(|_| " --data DATA".to_owned());
        let headers = header.iter().map(|_| " --header NAME:VALUE".to_owned());
        let queries = self.query.iter().map(|_| " --query NAME=VALUE".to_owned());
        let exchange = self.exchange.then(|| " --exchange".to_owned());
        method.chain(queries).chain(data).chain(headers).chain(exchange).collect()
    }

    /// The organisation whose data is requested.
    fn organisation(&self, api: &str, target: &ApiTarget, config: &Config) -> Result<Option<OrgNumber>, CommandError> {
        // An API without a URL is reported before a wrong ORG.
        target.address(config, None)?;
        match &self.org {
            Some(_) if !target.takes_org() => {
                let reason = match ReferenceApi::named(api) {
                    Some(_) => "it always describes the system user of the token",
                    None => "its URL has no `{org}`",
                };
                let problem = format!("{} does not take ORG: {reason}", quote(api));
                Err(CommandError::usage(problem, "call"))
            }
            Some(org) => Ok(Some(typed("ORG", org).check(|org| org.parse::<OrgNumber>())?.value)),
            None if target.takes_org() => Ok(Some(config.org()?.value)),
            None => Ok(None),
        }
    }
}

/// An empty response as JSON.
#[derive(Serialize)]
struct Empty<'a> {
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<&'a str>,
}
