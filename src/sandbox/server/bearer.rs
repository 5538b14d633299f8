//! The token that a request carries (RFC 6750, section 2.1).

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

/// Returns the token after the scheme `Bearer`. The case of the scheme is ignored.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = (header.get(..7)?, &header[7..]);
    scheme.eq_ignore_ascii_case("bearer ").then_some(token.trim())
}
