//! Sends a C# string as ASP.NET does: as plain text, or as JSON if the client prefers it.

use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::super::accept_header::best_match;

pub(crate) fn text(status: StatusCode, headers: &HeaderMap, text: &str) -> Response {
    match wants_json(headers) {
        true => quoted(status, text),
        false => (status, [(CONTENT_TYPE, "text/plain; charset=utf-8")], text.to_owned()).into_response(),
    }
}

/// Whether the client prefers JSON to plain text. As in ASP.NET Core, `*/*` anywhere selects plain text; otherwise the
/// highest weight wins, and the first of equal weights. If nothing matches, the answer is plain text.
///
/// Source: learn.microsoft.com, "Format response data in ASP.NET Core Web API", "Content negotiation"; RFC 9110,
/// section 12.5.1.
fn wants_json(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let takes_all = |range: &str| range.split(';').next().is_some_and(|range| range.trim() == "*/*");
    let json = |range: &str| match range {
        "text/plain" | "text/*" => Some(false),
        "application/json" | "application/*" => Some(true),
        _ => None,
    };
    !lines.flat_map(|line| line.split(',')).any(takes_all) && best_match(headers, &ACCEPT, json).unwrap_or(false)
}

/// Sends a text as a JSON string, for actions that return only JSON.
pub(crate) fn quoted(status: StatusCode, text: &str) -> Response {
    json(status, &Value::from(text))
}

pub(crate) fn json(status: StatusCode, value: &Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json; charset=utf-8")], value.to_string()).into_response()
}
