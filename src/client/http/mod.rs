//! The HTTP client, with limits on the time, the size and the destination of a request.
//!
//! Requests contain secrets (assertions and tokens), so redirects are not followed. A call without a usable response
//! (a timeout, a redirect, or status 408, 429 or 5xx) returns a [`TransportError`]. Any other response, including a refusal,
//! is a [`Reply`].
//!
//! This module parses only the refusals of APIs ([`Problem`]). The modules of the servers, such as `maskinporten`,
//! parse all other bodies.

mod problem;
mod transport_error;

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::OnceLock;
use std::time::Duration;

use chrono::{DateTime, Datelike, NaiveDateTime, Utc};
use reqwest::header::{
    ACCEPT, ALLOW, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE,
};
use reqwest::{Client, Method, RequestBuilder, Url, redirect};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::de::{DeserializeOwned, Error as _};
use serde_json::Value;

pub use self::problem::{FieldError, Problem};
pub use self::transport_error::{TransportError, TransportErrorKind};
use super::environment::is_loopback;
use super::sanitize::{excerpt, may_be_secret, without};

/// The largest body that is read by default, in bytes.
const LARGEST_BODY: usize = 8 * 1024 * 1024;
/// The longest body that an error quotes from, in bytes. A longer body is not quoted at all, because a secret that the
/// limit cuts in two would not be recognised.
const LONGEST_QUOTE: usize = 64 * 1024;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// The addresses of `localhost`, whatever a DNS server says (RFC 6761, section 6.3). The port is the URL's.
const LOCALHOST: [SocketAddr; 2] =
    [SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0), SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 0)];

/// An HTTP client for Maskinporten, Altinn and APIs. It requires HTTPS except on loopback, uses the proxy from the
/// environment except on loopback, follows no redirects, and reads at most 8 MiB of a response by default.
#[derive(Debug)]
pub struct Http {
    /// The time limit for each request and its response. It must not change after the first request, because a client
    /// is created with this limit when it is first used.
    pub timeout: Duration,
    /// The largest body of a response that is read, in bytes.
    pub largest_body: usize,
    /// The clients for HTTP on loopback, HTTPS on loopback, and other hosts. Each is created when it is first used.
    clients: [OnceLock<Client>; 3],
}

/// A usable response: a success (2xx) or a refusal. It does not implement `Debug`, because its body may contain a
/// token.
pub struct Reply {
    /// The address of the request, without the query.
    pub address: String,
    /// The HTTP status.
    pub status: u16,
    /// The time of the response by the server's clock, in whole seconds, from the `Date` header.
    pub date: Option<DateTime<Utc>>,
    /// How long the server asks to wait before the next request, from the `Retry-After` header (RFC 9110, section
    /// 10.2.3).
    pub retry_after: Option<Duration>,
    /// The `WWW-Authenticate` header, which explains a 401 (RFC 6750, section 3).
    pub www_authenticate: Option<String>,
    /// The `Allow` header, which names the methods that the server accepts (RFC 9110, section 10.2.1).
    pub allow: Option<String>,
    /// The `Location` header, such as the address of a created resource (RFC 9110, section 10.2.2).
    pub location: Option<String>,
    /// The body, which may contain a token.
    pub body: Zeroizing<Vec<u8>>,
    /// The secret in the request, if any. It is removed from the text that errors quote.
    pub sent: Option<SecretString>,
}

impl Http {
    /// Creates a client. `timeout` limits each request and its response. Connecting may take at most 80 % of `timeout`
    /// and at most 10 seconds.
    pub fn new(timeout: Duration) -> Self {
        Self { timeout, largest_body: LARGEST_BODY, clients: Default::default() }
    }

    /// Posts a form. `secret` is the secret in the form: errors never quote it.
    ///
    /// # Errors
    /// Returns an error if there is no usable response (see [`TransportErrorKind`]). A refusal such as 400 is a
    /// [`Reply`].
    pub async fn post_form(
        &self,
        url: &Url,
        form: &[(&str, &str)],
        secret: &SecretString,
    ) -> Result<Reply, TransportError> {
        self.send(url, Some(secret), |client| client.post(url.clone()).form(form)).await
    }

    /// Sends a request with a bearer token. `json` is the text of a JSON body, if the request has a body.
    ///
    /// # Errors
    /// Returns an error if there is no usable response (see [`TransportErrorKind`]). A refusal such as 400 is a
    /// [`Reply`].
    pub async fn call(
        &self,
        method: Method,
        url: &Url,
        bearer: &SecretString,
        json: Option<String>,
    ) -> Result<Reply, TransportError> {
        let headers = json.iter().map(|_| (CONTENT_TYPE, JSON)).collect();
        self.call_with(method, url, bearer, headers, json.unwrap_or_default().into()).await
    }

    /// Sends a request with a bearer token, other headers, and a body of any type. An `Accept` header replaces the
    /// default, which is JSON. An empty `body` means no body. Errors never quote the token, or 20 characters of a header
    /// that is marked as sensitive.
    ///
    /// # Errors
    /// Returns an error if there is no usable response (see [`TransportErrorKind`]). A refusal such as 400 is a
    /// [`Reply`].
    pub async fn call_with(
        &self,
        method: Method,
        url: &Url,
        bearer: &SecretString,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Reply, TransportError> {
        let bearer_auth = |client: &Client| client.request(method, url.clone()).bearer_auth(bearer.expose_secret());
        let secret_headers = headers.values().filter(|value| value.is_sensitive()).map(HeaderValue::as_bytes);
        let secrets = secret_headers
            .fold(bearer.expose_secret().to_owned(), |all, value| all + "\n" + &String::from_utf8_lossy(value));
        self.send(url, Some(&secrets.into()), |client| bearer_auth(client).headers(headers).body(body)).await
    }

    /// Gets a public document. The request contains no secret.
    ///
    /// # Errors
    /// Returns an error if there is no usable response (see [`TransportErrorKind`]). A refusal such as 400 is a
    /// [`Reply`].
    pub async fn get_public(&self, url: &Url) -> Result<Reply, TransportError> {
        self.send(url, None, |client| client.get(url.clone())).await
    }

    async fn send(
        &self,
        url: &Url,
        secret: Option<&SecretString>,
        request: impl FnOnce(&Client) -> RequestBuilder,
    ) -> Result<Reply, TransportError> {
        let failed = |kind| TransportError { address: address(url), date: None, retry_after: None, kind };
        let classify = |status: Option<u16>| {
            move |error: reqwest::Error| failed(TransportErrorKind::of(&error, url, self.timeout, status))
        };
        let request = request(self.client(url).map_err(classify(None))?);
        let mut response = request.send().await.map_err(classify(None))?;
        let status = response.status().as_u16();
        let too_large = TransportErrorKind::TooLarge { limit: self.largest_body };
        // An error body is only quoted, so the rest of it is not read.
        let is_success = response.status().is_success();
        if is_success && response.content_length().is_some_and(|length| length > self.largest_body as u64) {
            return Err(failed(too_large));
        }
        // The capacity is larger than any usual response with a token, because a growing buffer leaves copies in
        // memory.
        let mut body = Zeroizing::new(Vec::with_capacity(LONGEST_QUOTE));
        while is_success || body.len() <= LONGEST_QUOTE {
            let Some(chunk) = response.chunk().await.map_err(classify(Some(status)))? else { break };
            if body.len() + chunk.len() > self.largest_body {
                return Err(failed(too_large));
            }
            body.extend_from_slice(&chunk);
        }
        let raw =
            |name: &HeaderName| Some(String::from_utf8_lossy(response.headers().get(name)?.as_bytes()).into_owned());
        let header = |name: &HeaderName| excerpt(&without(secret, raw(name)?));
        // A date in another century is not the time of a real clock.
        let date = raw(&DATE).and_then(|date| http_date(&date)).filter(|date| (2000..2100).contains(&date.year()));
        let retry_after = raw(&RETRY_AFTER).and_then(|text| match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true if text.is_empty() => None,
            true => Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX))),
            false => (http_date(&text)? - date?).to_std().ok(),
        });
        let (www_authenticate, allow, location) = (header(&WWW_AUTHENTICATE), header(&ALLOW), header(&LOCATION));
        let (address, sent) = (address(url), secret.cloned());
        let reply = Reply { address, status, date, retry_after, www_authenticate, allow, location, body, sent };
        let kind = match status {
            // RFC 9110, sections 15.3.7 and 15.4.5.
            206 => return Err(reply.unusable("which is only a part of the content")),
            304 => return Err(reply.unusable("which has no content")),
            300..=399 => TransportErrorKind::Redirect { status, location: reply.location.clone() },
            408 | 429 | 500..=599 => TransportErrorKind::Status { status, excerpt: excerpt(&reply.quotable()) },
            _ => return Ok(reply),
        };
        Err(reply.transport_error(kind))
    }

    fn client(&self, url: &Url) -> Result<&Client, reqwest::Error> {
        let builder = Client::builder()
            .redirect(redirect::Policy::none())
            .default_headers(HeaderMap::from_iter([(ACCEPT, JSON)]))
            // Shorter than the time limit of the whole call, so that the error shows which of the two limits was
            // exceeded.
            .connect_timeout(self.timeout.mul_f32(0.8).min(Duration::from_secs(10)))
            .timeout(self.timeout);
        let (slot, builder) = match (is_loopback(url), url.scheme()) {
            // A call on this machine needs no proxy. Over HTTP, it also needs no root certificates, and reading them
            // would take longer than the call.
            (true, "http") => (0, builder.no_proxy().tls_certs_only([]).resolve_to_addrs("localhost", &LOCALHOST)),
            (true, _) => (1, builder.no_proxy().https_only(true).resolve_to_addrs("localhost", &LOCALHOST)),
            (false, _) => (2, builder.https_only(true)),
        };
        let slot = &self.clients[slot];
        match slot.get() {
            Some(client) => Ok(client),
            None => builder.build().map(|client| slot.get_or_init(|| client)),
        }
    }
}

/// The URL without its query, and with `...` in place of a path that may contain a secret.
pub fn address(url: &Url) -> String {
    let mut bare = url.clone();
    bare.set_query(None);
    if may_be_secret(bare.as_str()) {
        bare.set_path("...");
    }
    bare.into()
}

/// Parses an HTTP date, also in its two obsolete forms (RFC 9110, section 5.6.7).
fn http_date(text: &str) -> Option<DateTime<Utc>> {
    let obsolete = ["%A, %d-%b-%y %T GMT", "%a %b %e %T %Y"];
    let obsolete = || obsolete.into_iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let time = DateTime::parse_from_rfc2822(text).map(|time| time.to_utc());
    time.ok().or_else(|| obsolete().map(|time| time.and_utc()))
}

/// Whether JSON is too large to parse: more than 2 MiB, if each `[`, `{` and `,` counts as 40 bytes. Small values need
/// far more memory than their text.
pub fn is_too_large(json: &[u8]) -> bool {
    let weight = |byte: &u8| if matches!(byte, b'[' | b'{' | b',') { 40 } else { 1 };
    let most = LARGEST_BODY / 4;
    json.len() > most || json.iter().map(weight).sum::<usize>() > most
}

impl Reply {
    /// Creates the error for a response that cannot be used. `reason` ends the message, such as `without a token`.
    pub fn unusable(&self, reason: impl Into<String>) -> TransportError {
        self.transport_error(TransportErrorKind::Unusable { status: self.status, reason: reason.into() })
    }

    fn transport_error(&self, kind: TransportErrorKind) -> TransportError {
        TransportError { address: self.address.clone(), date: self.date, retry_after: self.retry_after, kind }
    }

    /// Creates the error for a response that is not the requested document. `what` names the document, such as "a list
    /// of systems". The error quotes the beginning of the body.
    pub fn is_not(&self, what: &str) -> TransportError {
        if is_too_large(&self.body) {
            return self.unusable(format!("but it is too large for {what}"));
        }
        let quoted = excerpt(&self.quotable()).map(|text| format!(": {text}"));
        self.unusable(format!("but not {what}{}", quoted.unwrap_or_default()))
    }

    /// Parses the body as JSON.
    ///
    /// # Errors
    /// Returns an error if the body is not JSON of this type, or is too large to parse (see [`is_too_large`]).
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(if is_too_large(&self.body) { &[] } else { &self.body })
    }

    /// Parses the body as a JSON object. [`json`](Self::json) also accepts an array for a struct, because serde does.
    ///
    /// # Errors
    /// Returns an error if the body is not a JSON object of this type, or is too large to parse (see [`is_too_large`]).
    pub fn json_object<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        match self.body.trim_ascii_start().first() {
            Some(b'{') => self.json(),
            _ => Err(serde_json::Error::custom("no object")),
        }
    }

    /// Returns the body as text that an error may quote. Replaces the secret of the request wherever the body repeats
    /// it, or 20 or more characters of it. Replaces the whole body if it contains `access_token` or is longer than 64 KiB.
    pub fn quotable(&self) -> String {
        let quoted = match &self.body[..] {
            body if body.len() > LONGEST_QUOTE => &b"[a text of more than 64 KiB]"[..],
            body if body.windows(12).any(|word| word == b"access_token") => b"[a text with a token in it]",
            body => body,
        };
        // JSON with escapes is parsed and serialized again, because the escapes could hide the secret.
        let plain = quoted.contains(&b'\\').then(|| serde_json::from_slice::<Value>(quoted).ok()).flatten();
        let plain = plain.map_or_else(|| String::from_utf8_lossy(quoted).into_owned(), |json| json.to_string());
        without(self.sent.as_ref(), plain)
    }

    /// Reads the reply as a refusal.
    pub fn problem(&self) -> Problem {
        let (www_authenticate, allow) = (self.www_authenticate.clone(), self.allow.clone());
        Problem { www_authenticate, allow, ..Problem::read(self.address.clone(), self.status, self.quotable()) }
    }

    /// Returns the reply if its status is 2xx.
    ///
    /// # Errors
    /// Returns [`CallError::Refused`] for status 4xx, and [`CallError::Transport`] for any other status.
    pub fn accepted(self) -> Result<Self, CallError> {
        match self.status {
            200..=299 => Ok(self),
            400..=499 => Err(CallError::Refused(self.problem().into())),
            _ => Err(self.unusable("which is unexpected").into()),
        }
    }
}

/// The reason why a call failed. `R` is the type of the server's refusals.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallError<R: Error + 'static = Problem> {
    /// The server refused the call.
    #[error(transparent)]
    Refused(Box<R>),
    /// There is no usable response.
    #[error(transparent)]
    Transport(#[from] TransportError),
}
