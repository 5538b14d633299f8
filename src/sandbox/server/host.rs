//! Checks the `Host` header of a request.

use axum::extract::Request;
use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{HeaderValue, StatusCode, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Refuses a request without a `Host` header, with more than one, or with an invalid one (RFC 9112, section 3.2). Only
/// HTTP/1.0 permits a request without the header.
pub(crate) async fn check_host(request: Request, next: Next) -> Response {
    let mut hosts = request.headers().get_all(HOST).iter();
    let fault = match (hosts.next(), hosts.next()) {
        (None, _) if request.version() >= Version::HTTP_11 => "The Host header is missing.",
        (Some(_), Some(_)) => "The request has more than one Host header.",
        (Some(host), None) if !is_valid(host) => "The Host header is invalid.",
        _ => return next.run(request).await,
    };
    (StatusCode::BAD_REQUEST, fault).into_response()
}

/// Whether the value is a host and an optional port. An empty value is valid: it stands for a URI without authority.
fn is_valid(host: &HeaderValue) -> bool {
    let is_authority = |text: &str| !text.contains('@') && text.parse::<Authority>().is_ok();
    host.is_empty() || host.to_str().is_ok_and(is_authority)
}
