//! Errors of requests without a usable answer: no connection, a timeout, or an answer that cannot be used.

use std::error::Error;
use std::io;
use std::iter::successors;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::Url;

/// The error of a request that received no answer, or an answer that cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
#[error("no usable answer from `{address}`: {kind}")]
pub struct TransportError {
    /// The address of the request, without the query.
    pub address: String,
    /// The time of the answer by the server's clock, if the server answered.
    pub date: Option<DateTime<Utc>>,
    /// How long the server asks to wait before the next request, if it does.
    pub retry_after: Option<Duration>,
    /// The kind of error.
    pub kind: TransportErrorKind,
}

impl TransportError {
    /// The HTTP status, if there was an answer that was received completely and cannot be used.
    pub fn status(&self) -> Option<u16> {
        match self.kind {
            TransportErrorKind::Redirect { status, .. }
            | TransportErrorKind::Status { status, .. }
            | TransportErrorKind::Unusable { status, .. } => Some(status),
            _ => None,
        }
    }
}

/// The kind of a transport error.
#[derive(Debug, Clone, thiserror::Error)]
#[allow(missing_docs, reason = "the messages describe the variants")]
pub enum TransportErrorKind {
    #[error("the client could not be set up: {0}")]
    Setup(String),
    #[error("the name `{host}` was not found")]
    UnknownHost { host: String },
    #[error("no connection: it timed out")]
    NoConnection,
    #[error("it took longer than {seconds} s")]
    TooSlow { seconds: u64 },
    #[error("no connection: {0}")]
    Connection(String),
    #[error("no connection through the proxy: {0}")]
    Proxy(String),
    #[error("the TLS handshake failed: {0}")]
    Tls(rustls::Error),
    #[error("no connection: the server closed it during the TLS handshake")]
    HandshakeClosed,
    #[error("the answer was cut off")]
    CutOff { status: u16 },
    #[error("no complete HTTP answer: {reason}")]
    NotHttp { reason: String, closed: bool },
    #[error("the answer is larger than 8 MiB")]
    TooLarge,
    #[error("status {status} is a redirect{}, which is not followed", location.as_ref().map(|to| format!(" to `{to}`")).unwrap_or_default())]
    Redirect { status: u16, location: Option<String> },
    #[error("status {status}{}", excerpt.as_ref().map(|text| format!(": {text}")).unwrap_or_default())]
    Status { status: u16, excerpt: Option<String> },
    #[error("status {status}, {reason}")]
    Unusable { status: u16, reason: String },
}

impl TransportErrorKind {
    /// Classifies a failed request. `status` is the status of an answer whose body could not be read. The order
    /// matters: a TLS failure is also a failure to connect, a stalled body is also a timeout, and an unknown host may
    /// be the proxy.
    pub(super) fn of(error: &reqwest::Error, url: &Url, timeout: Duration, status: Option<u16>) -> Self {
        let reason = causes(error).last().map(ToString::to_string).unwrap_or_default();
        let tls = causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>());
        let mut io = causes(error).filter_map(|cause| cause.downcast_ref::<io::Error>());
        if error.is_builder() {
            Self::Setup(reason)
        } else if error.is_timeout() && error.is_connect() {
            Self::NoConnection
        } else if error.is_timeout() {
            Self::TooSlow { seconds: timeout.as_secs() }
        } else if causes(error).any(|cause| cause.to_string().starts_with("tunnel error")) {
            Self::Proxy(reason)
        } else if error.is_dns() {
            Self::UnknownHost { host: url.host_str().unwrap_or_default().to_owned() }
        } else if let Some(tls) = tls.filter(|_| error.is_connect()) {
            Self::Tls(tls.clone())
        } else if url.scheme() == "https"
            && error.is_connect()
            && io.any(|io| io.kind() == io::ErrorKind::UnexpectedEof)
        {
            Self::HandshakeClosed
        } else if error.is_connect() {
            Self::Connection(reason)
        } else if let Some(status) = status {
            Self::CutOff { status }
        } else {
            // An answer that cannot be parsed may still be a refusal, so it is not the same as a closed connection.
            let closed = io.next().is_some() || reason.starts_with("connection closed");
            Self::NotHttp { reason, closed }
        }
    }
}

/// Iterates over the error and its chain of causes. `source` alone would skip the error that an I/O error wraps.
fn causes(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    successors(Some(error as &(dyn Error + 'static)), |&error| {
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|wrapped| wrapped as &(dyn Error + 'static)).or_else(|| error.source())
    })
}
