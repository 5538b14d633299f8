//! `call`: call an API with a system-user token, and print the response.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::sync::mpsc;
use std::thread;

use clap::Args;
use clap_complete::engine::ValueCompleter;
use clap_complete::{ArgValueCandidates, ArgValueCompleter, CompletionCandidate, PathCompleter};
use reqwest::Method;
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue,
    TRANSFER_ENCODING,
};
use serde::Serialize;
use serde::de::IgnoredAny;

use crate::cli::args::config_file::{pipe_timeout, within_time_limit};
use crate::cli::args::{CommonArgs, GrantArgs, TimeoutArg, candidates, file_name, parsed, shell, typed};
use crate::cli::error::CommandError;
use crate::cli::output::{Console, or_dash, table};
use crate::cli::session::output_file::OutputFile;
use crate::cli::session::{ApiRequest, ApiTarget, Session, prepare, test_series_warning};
use crate::client::reference_api::ReferenceApi;
use crate::client::{KeySource, OrgNumber, quote, quote_path, show};
use crate::config::{ApiConfig, Config, ConfigError, METHODS, Source, parse_method};

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
  systemuser-demo call logistics --org 310904473
  systemuser-demo call salary --json";

/// The method, headers and body of the request.
#[derive(Debug, Args)]
struct RequestArgs {
    /// HTTP method [default: the configured method, otherwise POST with --data and GET without]
    #[arg(long, add = ArgValueCandidates::new(|| candidates::names(METHODS.map(|method| method.to_string()))))]
    method: Option<String>,
    /// request body: TEXT, @FILE, or @- for standard input
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, add = ArgValueCompleter::new(files_after_at))]
    data: Option<String>,
    /// add an HTTP header; may be repeated
    #[arg(long, value_name = "NAME:VALUE")]
    header: Vec<String>,
}

/// The paths that a shell offers for `@FILE`.
fn files_after_at(typed: &OsStr) -> Vec<CompletionCandidate> {
    let Some(path) = typed.to_str().and_then(|typed| typed.strip_prefix('@')) else { return Vec::new() };
    let paths = PathCompleter::file().complete(OsStr::new(path));
    paths.into_iter().map(|path| path.add_prefix("@")).collect()
}

/// The destination of the response body.
enum Output {
    /// Standard output, formatted.
    Formatted,
    /// Standard output, exactly as received.
    Raw,
    File(OutputFile),
}

/// The largest request body that is read, in bytes.
const LARGEST_BODY: u64 = 64 * 1024 * 1024;

impl Call {
    pub(crate) async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let Some(api) = &self.api else { return self.list(common, console) };
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
        let mut token = session.token(&tokens, self.options.system_user(), console).await?;
        if self.exchange || target.needs_exchange() {
            token = session.altinn_token(&token, console).await?.into();
        }
        let answer = target.call(&session.http, &url, &token, &request, console).await;
        let answer = answer.and_then(|reply| Ok((target.display(&reply, &request.method, common.json)?, reply)));
        let (formatted, reply) = answer.map_err(|error| {
            target.explain(error, self.org.is_some(), &request, &self.request_options(), &session.config)
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

    /// Prints the APIs that can be called.
    fn list(&self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let config = self.options.configuration(common)?;
        let reference = ReferenceApi::ALL.into_iter().filter(|_| config.endpoints.reference_api.is_some());
        let reference = reference.map(|api| (api.name(), ApiTarget::Reference(api)));
        let configured =
            config.apis.iter().map(|(name, api)| (&name[..], ApiTarget::Configured(name.clone(), api.clone())));
        let rows: Vec<Row> =
            reference.chain(configured).map(|(name, target)| Row::new(name, &target, &config)).collect();
        if common.json {
            return Ok(console.answer_json(&rows)?);
        }
        if rows.is_empty() {
            console.note("no API can be called: add an [api.NAME] table to the configuration file");
            return Ok(());
        }
        let cells = |row: Row| [row.name, row.method, or_dash(row.url.as_deref()), or_dash(row.scope.as_deref())];
        console.answer(table(["name", "method", "URL", "scope"], rows.into_iter().map(cells)))?;
        if config.sandbox_inside {
            console.note("the built-in sandbox selects a free port for each command, so its URLs are not listed");
        }
        Ok(())
    }
}

/// An empty response as JSON.
#[derive(Serialize)]
struct Empty<'a> {
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<&'a str>,
}

/// An API in the list.
#[derive(Serialize)]
struct Row {
    name: String,
    method: String,
    /// `None` if the API is part of a sandbox that is not running.
    url: Option<String>,
    scope: Option<String>,
    exchange: bool,
}

impl Row {
    fn new(name: &str, target: &ApiTarget, config: &Config) -> Self {
        let url = match target {
            ApiTarget::Configured(_, ApiConfig { url, .. }) => Some(show(&url.value)),
            ApiTarget::Reference(_) if config.sandbox_inside => None,
            ApiTarget::Reference(api) => config.endpoints.reference_api.as_ref().map(|base| {
                let org = if api.takes_org() { "{org}" } else { "" };
                format!("{}{org}", api.address(base, None))
            }),
        };
        let scope = target.with_scope(config.clone()).scope;
        Self {
            name: show(name),
            method: target.method().unwrap_or(&Method::GET).to_string(),
            url,
            scope: scope.map(|given| show(&given.value)),
            exchange: target.needs_exchange(),
        }
    }
}

impl RequestArgs {
    /// The headers. Messages never quote a value, because it may be a secret.
    fn headers(&self) -> Result<HeaderMap, ConfigError> {
        let wrong = |problem: String| ConfigError::at(&Source::Option("--header"), problem);
        let mut headers = HeaderMap::new();
        for header in &self.header {
            let pair = header.split_once(':').ok_or_else(|| wrong("expected NAME:VALUE".to_owned()))?;
            let name = HeaderName::from_bytes(pair.0.as_bytes());
            let name = name.map_err(|_| wrong("the text before the colon is not the name of a header".to_owned()))?;
            if [AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING].contains(&name) {
                return Err(wrong(format!("`{name}` cannot be changed: the program sets this header itself")));
            }
            let mut value = HeaderValue::from_bytes(pair.1.trim_matches([' ', '\t']).as_bytes())
                .map_err(|_| wrong(format!("the value of {} contains a control character", quote(name.as_str()))))?;
            value.set_sensitive(![ACCEPT, CONTENT_TYPE].contains(&name));
            headers.append(name, value);
        }
        Ok(headers)
    }

    /// The request with this method, or with the default method.
    fn build(
        &self,
        method: Option<Method>,
        mut headers: HeaderMap,
        console: &mut Console<'_>,
    ) -> Result<ApiRequest, CommandError> {
        let default = if self.data.is_some() { Method::POST } else { Method::GET };
        let method = method.unwrap_or(default);
        let body = self.data.as_deref().map(|data| read(data, console)).transpose()?.unwrap_or_default();
        if !body.is_empty() {
            headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(content_type(&body)));
        } else if [Method::POST, Method::PUT, Method::PATCH].contains(&method) {
            // A body is expected with these methods (RFC 9110, section 8.6), and hyper omits this header.
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        Ok(ApiRequest { method, headers, body })
    }
}

/// The body that `--data` names.
fn read(data: &str, console: &mut Console<'_>) -> Result<Vec<u8>, CommandError> {
    let (name, bytes) = match data.strip_prefix('@') {
        None => return Ok(data.into()),
        Some("-") if io::stdin().is_terminal() => {
            return Err(CommandError::usage("--data is @-, but standard input is a terminal", "call"));
        }
        Some("-") => ("standard input".to_owned(), read_at_most("standard input", io::stdin(), console)),
        Some(path) => {
            let path = file_name(path.into(), Source::Option("--data"))?.value;
            let (file, name) = (path.clone(), quote_path(&path));
            let opened = within_time_limit(&path, "no program had opened it for writing", move || File::open(file));
            let bytes = opened.and_then(|opened| opened).and_then(|file| read_at_most(&name, file, console));
            (name, bytes)
        }
    };
    let bytes = bytes.map_err(|error| CommandError::command_line(format!("--data: cannot read {name}: {error}")))?;
    match bytes.len() as u64 > LARGEST_BODY {
        true => Err(CommandError::command_line(format!("--data: {name} is larger than 64 MiB"))),
        false => Ok(bytes),
    }
}

/// Reads an input to its end or to the limit of its size. The program or the person that writes the input may be slow,
/// so there is no time limit, but a note says what the command is waiting for.
fn read_at_most(name: &str, input: impl Read + Send + 'static, console: &mut Console<'_>) -> io::Result<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        sender.send(input.take(LARGEST_BODY + 1).read_to_end(&mut bytes).map(|_| bytes))
    });
    let read = receiver.recv_timeout(pipe_timeout()).or_else(|_| {
        console.note(&format!("--data: waiting for the end of {name}"));
        receiver.recv()
    });
    read.expect("the thread sends a result")
}

/// The media type of a body that no `--header` describes.
fn content_type(body: &[u8]) -> &'static str {
    if serde_json::from_slice::<IgnoredAny>(body).is_ok() {
        "application/json"
    } else if body.trim_ascii_start().starts_with(b"<?xml") {
        "application/xml"
    } else if str::from_utf8(body).is_ok() {
        "text/plain; charset=utf-8"
    } else {
        "application/octet-stream"
    }
}
