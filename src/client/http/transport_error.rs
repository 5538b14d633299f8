//! What comes instead of an answer, and what became of a request that failed.

use std::error::Error;
use std::io;
use std::iter::successors;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::Url;

/// Nobody answered, or not with anything that can be used.
#[derive(Debug, thiserror::Error)]
#[error("no usable answer from `{address}`: {kind}")]
pub struct TransportError {
    /// Who was asked, without the query.
    pub address: String,
    /// When that answered, by its own clock, if it did.
    pub date: Option<DateTime<Utc>>,
    /// How long it wants to be left alone, where it says so.
    pub retry_after: Option<Duration>,
    /// What came instead of an answer.
    pub kind: TransportErrorKind,
}

impl TransportError {
    /// The status of an answer that was of no use.
    pub fn status(&self) -> Option<u16> {
        match self.kind {
            TransportErrorKind::Redirect { status, .. }
            | TransportErrorKind::Status { status, .. }
            | TransportErrorKind::Unusable { status, .. } => Some(status),
            _ => None,
        }
    }
}

/// What came instead of an answer.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the sentences say it")]
pub enum TransportErrorKind {
    #[error("the client could not be set up: {0}")]
    Setup(String),
    #[error("the name `{host}` was not found")]
    UnknownHost { host: String },
    #[error("no connection in time")]
    NoConnection,
    #[error("it took longer than {seconds} s")]
    TooSlow { seconds: u64 },
    #[error("no connection: {0}")]
    Connection(String),
    #[error("no connection through the proxy: {0}")]
    Proxy(String),
    #[error("the TLS handshake failed: {0}")]
    Tls(String),
    #[error("the answer broke off before its end")]
    CutOff { status: u16 },
    #[error("no whole answer in HTTP came: {reason}")]
    NotHttp { reason: String, closed: bool },
    #[error("the answer is larger than 8 MiB")]
    TooLarge,
    #[error("status {status} points elsewhere{}, and no redirect is followed", location.as_ref().map(|to| format!(", to `{to}`")).unwrap_or_default())]
    Redirect { status: u16, location: Option<String> },
    #[error("status {status}{}", excerpt.as_ref().map(|text| format!(": {text}")).unwrap_or_default())]
    Status { status: u16, excerpt: Option<String> },
    #[error("status {status}, {reason}")]
    Unusable { status: u16, reason: String },
}

impl TransportErrorKind {
    /// What became of a request, from the error that came back, and the status that may have come before it. The order
    /// matters: a TLS failure is also a failure to connect, a stalled body is also a timeout, and a name that is not
    /// found may be the proxy's.
    pub(super) fn of(error: &reqwest::Error, url: &Url, timeout: Duration, status: Option<u16>) -> Self {
        if error.is_builder() {
            Self::Setup(deepest(error))
        } else if error.is_timeout() && error.is_connect() {
            Self::NoConnection
        } else if error.is_timeout() {
            Self::TooSlow { seconds: timeout.as_secs() }
        } else if causes(error).any(|cause| cause.to_string().starts_with("tunnel error")) {
            Self::Proxy(deepest(error))
        } else if error.is_dns() {
            Self::UnknownHost { host: url.host_str().unwrap_or_default().to_owned() }
        } else if error.is_connect() {
            tls_failure(error).map_or_else(|| Self::Connection(deepest(error)), Self::Tls)
        } else if let Some(status) = status {
            Self::CutOff { status }
        } else {
            let reason = deepest(error);
            // What came and makes no sense may be a refusal all the same.
            let closed = causes(error).any(|cause| cause.is::<io::Error>()) || reason.starts_with("connection closed");
            Self::NotHttp { reason, closed }
        }
    }
}

/// The innermost cause, which is the one that says something.
fn deepest(error: &reqwest::Error) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

/// The error, its cause, the cause of that, and so on.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    successors(Some(error as &(dyn Error + 'static)), |&error| error.source())
}

/// What went wrong in a TLS handshake: it is wrapped as invalid data in an I/O error, whose inside `source` skips.
fn tls_failure(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(io) = error.downcast_ref::<io::Error>() {
        let inner = io.get_ref()?;
        return tls_failure(inner).or_else(|| (io.kind() == io::ErrorKind::InvalidData).then(|| inner.to_string()));
    }
    tls_failure(error.source()?)
}
