//! Errors of requests without a usable response: no connection, a timeout, or a response that cannot be used.

use std::error::Error;
use std::io;
use std::iter::successors;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::Url;

/// The error of a request that received no response, or a response that cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{} `{address}`: {kind}", self.outcome())]
pub struct TransportError {
    /// The address of the request, without the query.
    pub address: String,
    /// The time in the `Date` header of the response, in whole seconds. `None` if no complete response was received, or
    /// if the header is missing or invalid.
    pub date: Option<DateTime<Utc>>,
    /// How long the server asks to wait before the next request, from the `Retry-After` header. `None` if no complete
    /// response was received, or if the header is missing or invalid.
    pub retry_after: Option<Duration>,
    /// The kind of error.
    pub kind: TransportErrorKind,
}

impl TransportError {
    /// The beginning of the message, which depends on whether a connection was made.
    pub fn outcome(&self) -> &'static str {
        use TransportErrorKind::{CutOff, NotHttp, TooLarge, TooSlow};
        let is_connected = matches!(self.kind, TooSlow { .. } | CutOff { .. } | NotHttp { .. } | TooLarge { .. });
        if is_connected || self.status().is_some() { "no usable response from" } else { "cannot connect to" }
    }

    /// The HTTP status of the response. `None` if there was no response, or if it was cut off or too large.
    pub fn status(&self) -> Option<u16> {
        match self.kind {
            TransportErrorKind::Redirect { status, .. }
            | TransportErrorKind::Status { status, .. }
            | TransportErrorKind::Unusable { status, .. } => Some(status),
            _ => None,
        }
    }
}

/// The reason why a request has no usable response.
#[derive(Debug, Clone, thiserror::Error)]
#[allow(missing_docs, reason = "the variants describe their fields")]
pub enum TransportErrorKind {
    /// The HTTP client or the request could not be created, for example because a root certificate cannot be read.
    #[error("TLS setup failed: {0}")]
    Setup(String),
    /// The host name was not found. `host` is the host name.
    #[error("cannot resolve the host name `{host}`")]
    UnknownHost { host: String },
    /// Connecting took longer than 80 % of the time limit, or longer than 10 seconds.
    #[error("the connection timed out")]
    NoConnection,
    /// A request and its response, or several requests together, took too long. `subject` is `the request`, or names the
    /// requests. `seconds` is the time limit, in whole seconds.
    #[error("{subject} took longer than {seconds} s")]
    TooSlow { subject: &'static str, seconds: u64 },
    /// The connection failed, for the reason in the text.
    #[error("{0}")]
    Connection(String),
    /// The connection through the proxy failed, for the reason in the text.
    #[error("the connection to the proxy failed: {0}")]
    Proxy(String),
    /// The TLS handshake failed, for example because the certificate is not trusted.
    #[error("the TLS handshake failed: {0}")]
    Tls(rustls::Error),
    /// The server closed the connection during the TLS handshake.
    #[error("the server closed the connection during the TLS handshake")]
    HandshakeClosed,
    /// The connection failed before the whole body was received. `status` is the HTTP status of the response.
    #[error("the response was cut off")]
    CutOff { status: u16 },
    /// The server sent no response, or a response that is not valid HTTP. `reason` is the error of the HTTP library.
    /// `closed` is whether the connection was closed. If it was not, the response could not be parsed.
    #[error("{}: {reason}", if *closed { "no complete HTTP response" } else { "the response is not valid HTTP" })]
    NotHttp { reason: String, closed: bool },
    /// The response is too large. `limit` is the size of the largest body that is read, in bytes.
    #[error("the response is larger than {} MiB", limit / 1024 / 1024)]
    TooLarge { limit: usize },
    /// The response is a redirect (3xx), which is not followed. `status` is the HTTP status. `location` is the
    /// `Location` header, shortened to 200 characters.
    #[error("status {status} is a redirect{}, which is not followed", location.as_ref().map(|to| format!(" to `{to}`")).unwrap_or_default())]
    Redirect { status: u16, location: Option<String> },
    /// The status is 408, 429 or 5xx. `status` is the HTTP status. `excerpt` is the beginning of the body, at most 200
    /// characters. `None` if the body is empty.
    #[error("status {status}{}", excerpt.as_ref().map(|text| format!(": {text}")).unwrap_or_default())]
    Status { status: u16, excerpt: Option<String> },
    /// The content of the response cannot be used. `status` is the HTTP status. `reason` is the end of the message,
    /// such as `but not a token response`.
    #[error("status {status}, {reason}")]
    Unusable { status: u16, reason: String },
}

/// In TLS 1.3, a server asks for the client's certificate after the client has finished the handshake (RFC 8446, section
/// 4.4.2.4).
const NO_CERTIFICATE: rustls::Error = rustls::Error::AlertReceived(rustls::AlertDescription::CertificateRequired);

impl TransportErrorKind {
    /// Classifies a failed request. `status` is the status of a response whose body could not be read. The order
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
            Self::TooSlow { subject: "the request", seconds: timeout.as_secs() }
        } else if causes(error).any(|cause| cause.to_string().starts_with("tunnel error")) {
            Self::Proxy(reason)
        } else if error.is_dns() {
            Self::UnknownHost { host: url.host_str().unwrap_or_default().to_owned() }
        } else if let Some(tls) = tls.filter(|tls| error.is_connect() || **tls == NO_CERTIFICATE) {
            Self::Tls(tls.clone())
        } else if url.scheme() == "https"
            && error.is_connect()
            && io.any(|io| io.kind() == io::ErrorKind::UnexpectedEof)
        {
            Self::HandshakeClosed
        } else if error.is_connect() {
            Self::Connection(reason)
        } else if let Some(status) = status {
            // Malformed chunks, unless TLS failed.
            let malformed =
                |io: &io::Error| matches!(io.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData);
            if tls.is_none() && io.any(malformed) {
                return Self::NotHttp { reason, closed: false };
            }
            Self::CutOff { status }
        } else {
            // A response that cannot be parsed may still be a refusal, so it is not the same as a closed connection.
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
