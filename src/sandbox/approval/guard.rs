//! Protects the buttons of the page: only the person in front of it can use them, and only from this page.
//!
//! - The `Host` header must name this machine. A foreign name that resolves to this machine (DNS rebinding) is
//!   rejected.
//! - A form contains a token that is bound to the request and to a cookie. Both must be sent back, and other sites can
//!   read neither.
//! - A browser sends the origin of a form in `Sec-Fetch-Site` and `Origin`, and it must be the origin of this page.
//!   This keeps out other servers on this machine, which share its cookies.
//! - The page cannot be shown in a frame. It loads no resources and runs no scripts: see [`html`].

use aws_lc_rs::hmac;
use axum::http::header::{COOKIE, HOST, HeaderName, ORIGIN, VARY};
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::super::server::html;
use super::super::store::state::{State, random};

/// The token and the cookie that the buttons need.
pub(super) struct Form {
    pub(super) token: String,
    pub(super) cookie: HeaderValue,
}

impl Form {
    /// Creates the token and the cookie. A browser that already has the request's cookie keeps it, so that the same
    /// page in another tab stays valid. A link on another site must therefore send the cookie, which `Lax` permits and
    /// `Strict` would not. A form on another site does not send it under either (RFC 6265bis, section 4.1.2.7).
    pub(super) fn new(state: &State, headers: &HeaderMap, request: &str) -> Self {
        let visitor = visitor(headers, request).unwrap_or_else(|| URL_SAFE_NO_PAD.encode(random()));
        let token = URL_SAFE_NO_PAD.encode(hmac::sign(&state.form_key, &bound(&visitor, request)));
        let cookie = format!("{}={visitor}; Path=/accessmanagement/; SameSite=Lax; HttpOnly", cookie_name(request));
        Self { token, cookie: HeaderValue::try_from(cookie).expect("base64url and an id are plain text") }
    }
}

fn cookie_name(request: &str) -> String {
    format!("approval-{request}")
}

fn bound(visitor: &str, request: &str) -> Vec<u8> {
    format!("{visitor} {request}").into_bytes()
}

/// The value of the request's cookie, if it has the right format.
fn visitor(headers: &HeaderMap, request: &str) -> Option<String> {
    let name = cookie_name(request);
    let mut cookies =
        headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|line| line.split(';'));
    let value = cookies.find_map(|cookie| cookie.trim().strip_prefix(&name)?.strip_prefix('='))?;
    let own_host = URL_SAFE_NO_PAD.decode(value).is_ok_and(|bytes| bytes.len() == 32);
    own_host.then(|| value.to_owned())
}

/// Whether the `Host` header contains a name of this machine.
pub(super) fn is_own_host(state: &State, headers: &HeaderMap) -> bool {
    host(headers).is_some_and(|host| {
        let own_host = state.issuer.trim_start_matches("http://").trim_end_matches('/');
        let port = own_host.rsplit(':').next().unwrap_or_default();
        host == own_host || host == format!("localhost:{port}") || host == format!("127.0.0.1:{port}")
    })
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(HOST)?.to_str().ok()
}

/// Whether the form was sent with a button of this page, in this browser, for this request.
pub(super) fn is_own_form(state: &State, headers: &HeaderMap, request: &str, token: &str) -> bool {
    let values = |name: HeaderName| headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("?"));
    let same_site =
        values(HeaderName::from_static("sec-fetch-site")).all(|site| matches!(site, "same-origin" | "none"));
    let own = host(headers).map(|host| format!("http://{host}"));
    let same_origin = values(ORIGIN).all(|origin| Some(origin) == own.as_deref());
    let Some(visitor) = visitor(headers, request) else { return false };
    let Ok(token) = URL_SAFE_NO_PAD.decode(token) else { return false };
    // The comparison takes constant time.
    let fits = hmac::verify(&state.form_key, &bound(&visitor, request), &token).is_ok();
    same_site && same_origin && fits
}

/// The headers of every page.
pub(super) fn headers(with_form: bool) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = html::headers(with_form);
    headers.push((VARY, HeaderValue::from_static("accept-language, cookie")));
    headers
}
