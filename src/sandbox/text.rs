//! How ASP.NET sends a C# string: quoted for whoever accepts JSON, bare for everybody else.

use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

pub(super) fn text(status: StatusCode, headers: &HeaderMap, text: &str) -> Response {
    let accepts = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match accepts.contains("application/json") {
        true => quoted(status, text),
        false => (status, [(CONTENT_TYPE, "text/plain; charset=utf-8")], text.to_owned()).into_response(),
    }
}

/// Where the C# action gives JSON only.
pub(super) fn quoted(status: StatusCode, text: &str) -> Response {
    json(status, &Value::from(text))
}

pub(super) fn json(status: StatusCode, value: &Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json; charset=utf-8")], value.to_string()).into_response()
}
