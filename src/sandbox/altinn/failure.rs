//! Altinn's error responses: its own problem documents, ASP.NET's problem documents, plain texts, and empty bodies.
//!
//! Sources: github.com/Altinn/altinn-authorization-utils, `src/Altinn.Authorization.ProblemDetails` (version 5);
//! RFC 9457; ASP.NET Core.

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::super::server::aspnet::text;
use super::super::store::state::State;
use super::problem::Problem;
use super::validation::Fault;

pub(super) enum Failure {
    /// An empty body, from an authorisation policy. The 401 has no `WWW-Authenticate`.
    Empty(StatusCode),
    /// ASP.NET's problem document for an action that returns only a status.
    Plain(StatusCode),
    /// A C# string, sent as plain text or as JSON.
    Text(StatusCode, String),
    /// A C# string of an action that returns only JSON.
    JsonText(StatusCode, String),
    Problem(&'static Problem),
    /// A problem with an extra member that lists the values at fault.
    ProblemWith(&'static Problem, &'static str, String),
    /// Faults that Altinn's own validation found.
    Validation(Vec<Fault>),
    /// Faults that ASP.NET found: the request does not fit the action. Each fault is a member's name and a message.
    Invalid(Vec<(String, String)>),
    /// The response to a `Virksomhetsbruker` (enterprise user), which Altinn no longer supports.
    Gone,
}

impl From<&'static Problem> for Failure {
    fn from(problem: &'static Problem) -> Self {
        Self::Problem(problem)
    }
}

impl Failure {
    /// A value in the path or the query that does not have the right type.
    pub(super) fn not_valid(name: &str, value: &str) -> Self {
        Self::Invalid(vec![(name.to_owned(), format!("The value '{value}' is not valid."))])
    }

    /// The response of a full sandbox, which keeps all data in memory while it runs.
    pub(super) fn full() -> Self {
        let message = "The sandbox is full. Restart it to discard its data.".to_owned();
        Self::Text(StatusCode::INTERNAL_SERVER_ERROR, message)
    }

    pub(super) fn into_response(self, state: &State, headers: &HeaderMap) -> Response {
        match self {
            Self::Empty(status) => status.into_response(),
            Self::Plain(status) => {
                let title = status.canonical_reason().unwrap_or_default();
                document(
                    status,
                    &json!({
                        "type": help_url(status), "title": title, "status": status.as_u16(), "traceId": trace_id(state),
                    }),
                )
            }
            Self::Text(status, message) => text::text(status, headers, &message),
            Self::JsonText(status, message) => text::quoted(status, &message),
            Self::Problem(problem) => document(problem.status, &problem_json(problem)),
            Self::ProblemWith(problem, member, list) => {
                let mut body = problem_json(problem);
                body[member] = list.into();
                document(problem.status, &body)
            }
            Self::Validation(faults) => {
                let mut body = problem_json(&FAULTS);
                body["validationErrors"] = faults.iter().map(Fault::to_json).collect();
                document(FAULTS.status, &body)
            }
            Self::Invalid(errors) => {
                let errors: Map<String, Value> =
                    errors.into_iter().map(|(member, message)| (member, json!([message]))).collect();
                let status = StatusCode::BAD_REQUEST;
                document(
                    status,
                    &json!({
                        "type": help_url(status), "title": "One or more validation errors occurred.", "status": 400,
                        "errors": errors, "traceId": trace_id(state),
                    }),
                )
            }
            Self::Gone => document(
                StatusCode::GONE,
                &json!({
                    "type": "https://docs.altinn.studio",
                    "title": "Virksomhetsbruker is no longer available",
                    "status": 410,
                    "detail": "Use a system user, or ID-porten.",
                }),
            ),
        }
    }
}

static FAULTS: Problem =
    Problem { code: "STD-00000", status: StatusCode::BAD_REQUEST, title: "One or more validation errors occurred." };

fn problem_json(problem: &Problem) -> Value {
    json!({
        "type": format!("urn:altinn:error:{}", problem.code),
        "title": problem.title,
        "status": problem.status.as_u16(),
        "code": problem.code,
        "statusDescription": problem.status.canonical_reason().unwrap_or_default(),
    })
}

fn document(status: StatusCode, body: &Value) -> Response {
    (status, [(CONTENT_TYPE, "application/problem+json; charset=utf-8")], body.to_string()).into_response()
}

/// The `type` of ASP.NET's problem documents: a URL that explains the status.
fn help_url(status: StatusCode) -> String {
    let section = match status.as_u16() {
        401 => "15.5.2",
        403 => "15.5.4",
        404 => "15.5.5",
        415 => "15.5.16",
        _ => "15.5.1",
    };
    format!("https://tools.ietf.org/html/rfc9110#section-{section}")
}

/// A trace id in the format of W3C Trace Context. Trace ids are the same in each run.
fn trace_id(state: &State) -> String {
    let id = state.trace_id();
    format!("00-{id}-{}-00", &id[16..])
}
