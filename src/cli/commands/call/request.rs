//! The method, headers and body of the request.

use std::ffi::OsStr;
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
use serde::de::IgnoredAny;

use crate::cli::args::config_file::{pipe_timeout, within_time_limit};
use crate::cli::args::{candidates, file_name};
use crate::cli::error::CommandError;
use crate::cli::output::Console;
use crate::cli::session::ApiRequest;
use crate::client::{quote, quote_path};
use crate::config::{ConfigError, METHODS, Source};

/// The options of the request.
#[derive(Debug, Args)]
pub(super) struct RequestArgs {
    /// HTTP method [default: the configured method, otherwise POST with --data and GET without]
    #[arg(long, add = ArgValueCandidates::new(|| candidates::names(METHODS.map(|method| method.to_string()))))]
    pub(super) method: Option<String>,
    /// request body: TEXT, @FILE, or @- for standard input
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, add = ArgValueCompleter::new(files_after_at))]
    pub(super) data: Option<String>,
    /// add an HTTP header; may be repeated
    #[arg(long, value_name = "NAME:VALUE")]
    pub(super) header: Vec<String>,
}

/// The paths that a shell offers for `@FILE`.
fn files_after_at(typed: &OsStr) -> Vec<CompletionCandidate> {
    let Some(path) = typed.to_str().and_then(|typed| typed.strip_prefix('@')) else { return Vec::new() };
    let paths = PathCompleter::file().complete(OsStr::new(path));
    paths.into_iter().map(|path| path.add_prefix("@")).collect()
}

/// The largest request body that is read, in bytes.
const LARGEST_BODY: u64 = 64 * 1024 * 1024;

impl RequestArgs {
    /// The headers. Messages never quote a value, because it may be a secret.
    pub(super) fn headers(&self) -> Result<HeaderMap, ConfigError> {
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
    pub(super) fn build(
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
