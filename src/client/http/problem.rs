//! The refusal of an API, in the formats of Altinn and ASP.NET.
//!
//! Altinn's problem documents (RFC 9457) have a `code`, a text in `title` (in `detail` before 2026), and
//! `validationErrors`. The problem documents of ASP.NET have `errors` by field. ASP.NET sends some refusals as plain
//! text, or as a JSON string to clients that accept JSON. Other refusals have no body.
//!
//! Source: github.com/Altinn/altinn-authorization-utils, `src/Altinn.Authorization.ProblemDetails`.

use serde_json::{Map, Value};

use super::super::sanitize::excerpt;

/// The refusal of an API.
#[derive(Debug, Clone, thiserror::Error)]
#[error("`{address}` {}", self.sentence())]
pub struct Problem {
    /// The address of the request, without the query.
    pub address: String,
    /// The HTTP status.
    pub status: u16,
    /// The API's error code, such as `AUTH-00011`.
    pub code: Option<String>,
    /// The API's own text, at most 200 characters.
    pub text: Option<String>,
    /// Errors in fields of the request, at most 20.
    pub errors: Vec<FieldError>,
    /// The names and values of at most 20 extension members, such as the access packages that a refusal is about.
    pub extensions: Vec<(String, String)>,
    /// The `WWW-Authenticate` header, which explains a 401 (RFC 6750, section 3).
    pub www_authenticate: Option<String>,
    /// The `Allow` header, which names the methods that the API accepts (RFC 9110, section 10.2.1).
    pub allow: Option<String>,
}

/// An error in a field of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The API's error code, such as `AUTH.VLD-00004`.
    pub code: Option<String>,
    /// The API's own text.
    pub text: Option<String>,
    /// The paths of the fields, as the API writes them.
    pub paths: Vec<String>,
}

impl Problem {
    pub(super) fn read(address: String, status: u16, body: String) -> Self {
        let problem: Map<String, Value> = serde_json::from_str(&body).unwrap_or_default();
        let errors = errors(&problem);
        let text = |name: &str| problem.get(name).and_then(Value::as_str).and_then(excerpt);
        let (code, own) = (text("code"), text("detail").or_else(|| text("title")));
        let is_problem = code.is_some() || own.is_some() || !errors.is_empty();
        let text = match is_problem {
            true => own,
            // ASP.NET sends a text as a JSON string to clients that accept JSON.
            false => excerpt(&serde_json::from_str::<String>(&body).unwrap_or(body)),
        };
        let extensions = problem.iter().filter(|(name, _)| is_problem && !KNOWN.contains(&name.as_str()));
        let extensions =
            extensions.filter_map(|(name, value)| Some((excerpt(name)?, display_value(value)?))).take(MOST_ENTRIES);
        let extensions = extensions.collect();
        Self { address, status, code, text, errors, extensions, www_authenticate: None, allow: None }
    }

    /// The message after the address: the status, the code, and the API's own text.
    fn sentence(&self) -> String {
        let words: Vec<&str> = [&self.code, &self.text].into_iter().flatten().map(String::as_str).collect();
        match self.status {
            204 => "returned an empty response: status 204".to_owned(),
            status if words.is_empty() => format!("returned status {status}"),
            status => format!("returned status {status}: {}", words.join(" ")),
        }
    }
}

/// The largest number of errors, of paths in an error, and of extension members that are read.
const MOST_ENTRIES: usize = 20;

/// The members that are not extensions.
const KNOWN: [&str; 9] =
    ["type", "title", "detail", "status", "statusDescription", "instance", "code", "validationErrors", "errors"];

/// Reads Altinn's `validationErrors` and ASP.NET's `errors` by field.
fn errors(problem: &Map<String, Value>) -> Vec<FieldError> {
    let by_altinn = problem.get("validationErrors").and_then(Value::as_array).into_iter().flatten().map(|error| {
        let text = |name: &str| error.get(name).and_then(Value::as_str).and_then(excerpt);
        let paths = error.get("paths").map(texts).unwrap_or_default();
        FieldError { code: text("code"), text: text("detail").or_else(|| text("title")), paths }
    });
    let by_framework = problem.get("errors").and_then(Value::as_object).into_iter().flatten().map(|(field, errors)| {
        FieldError { code: None, text: excerpt(&texts(errors).join("; ")), paths: excerpt(field).into_iter().collect() }
    });
    let says_something = |error: &FieldError| error.code.is_some() || error.text.is_some() || !error.paths.is_empty();
    by_altinn.chain(by_framework).filter(says_something).take(MOST_ENTRIES).collect()
}

fn texts(value: &Value) -> Vec<String> {
    let array = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    array.iter().filter_map(|text| excerpt(text.as_str()?)).take(MOST_ENTRIES).collect()
}

/// Formats a value on one line. `None` if there is nothing to show.
fn display_value(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => excerpt(text),
        Value::Array(items) if items.iter().all(Value::is_string) => excerpt(&texts(value).join(", ")),
        other => excerpt(&other.to_string()),
    }
}
