//! Error responses of the sandbox's Maskinporten: the real format and code, with the expected and the received value.

use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An error response in the format of RFC 6749, section 5.2, with Maskinporten's additions.
pub(super) struct Refusal {
    error: &'static str,
    code: Option<&'static str>,
    description: String,
    status: StatusCode,
}

impl Refusal {
    pub(super) fn new(
        error: &'static str,
        code: impl Into<Option<&'static str>>,
        description: impl Into<String>,
    ) -> Self {
        Self { error, code: code.into(), description: description.into(), status: StatusCode::BAD_REQUEST }
    }

    /// A 503 with the error code of RFC 6749, section 4.1.2.1.
    pub(super) fn unavailable(description: impl Into<String>) -> Self {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        Self { status, ..Self::new("temporarily_unavailable", None, description) }
    }

    pub(super) fn value(description: impl Into<String>) -> Self {
        Self::new("invalid_request", "MP-011", format!("Invalid assertion. {}", description.into()))
    }

    pub(super) fn grant(code: impl Into<Option<&'static str>>, description: impl Into<String>) -> Self {
        Self::new("invalid_grant", code, format!("Invalid assertion. {}", description.into()))
    }

    pub(super) fn into_response(self, issuer: &str, trace_id: &str) -> Response {
        let description = format!("{} (trace_id: {trace_id})", self.description);
        let mut body = json!({ "error": self.error, "error_description": description });
        if let Some(code) = self.code {
            body["error_uri"] = format!("{issuer}errors/{code}").into();
        }
        (self.status, [(CACHE_CONTROL, "no-store")], axum::Json(body)).into_response()
    }
}

/// Formats a claim's value for a description.
pub(super) fn display(value: Option<&Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(Value::String(text)) => excerpt(text),
        Some(other) => excerpt(&other.to_string()),
    }
}

/// Shortens a received text to 100 characters.
pub(super) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 100;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
