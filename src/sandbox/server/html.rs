//! The style sheet and the headers of HTML pages. A page loads no resources, runs no scripts and cannot be shown in a
//! frame.

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The only style sheet. The Content-Security-Policy contains its hash.
pub(crate) const STYLE: &str = include_str!("style.css");

/// The headers of every page. A form can only be sent to this page's origin. Chromium also applies `form-action` to
/// every redirect after a form (Content Security Policy Level 3, section 6.4.1), so the response to a form does not
/// redirect to the vendor.
pub(crate) fn headers(with_form: bool) -> Vec<(HeaderName, HeaderValue)> {
    let style = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    let action = if with_form { "'self'" } else { "'none'" };
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; frame-ancestors 'none'; form-action {action}"
    );
    let policy = HeaderValue::try_from(policy).expect("base64 is plain text");
    let fixed = |name, value| (name, HeaderValue::from_static(value));
    vec![
        (CONTENT_SECURITY_POLICY, policy),
        fixed(CONTENT_TYPE, "text/html; charset=utf-8"),
        fixed(X_CONTENT_TYPE_OPTIONS, "nosniff"),
        fixed(X_FRAME_OPTIONS, "DENY"),
        // With `no-referrer`, a form of the page would send `Origin: null`.
        fixed(REFERRER_POLICY, "same-origin"),
        fixed(CACHE_CONTROL, "no-store"),
    ]
}
