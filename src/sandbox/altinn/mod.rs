//! Altinn's authentication component, as a vendor uses it: token exchange, System Register, requests for system users,
//! change requests, and system users; and the authorised parties of Altinn's access management.
//!
//! Source: github.com/Altinn/altinn-authentication, `src/Authentication/Controllers`. Client delegation is not
//! implemented.
//!
//! The customer's page is in `approval`, and the data is in `store`.

mod authorized_parties;
mod body;
mod caller;
mod change_request;
mod exchange;
mod failure;
mod page;
mod problem;
pub(super) mod redirect_url;
mod request;
mod request_check;
mod system_register;
mod system_user;
mod validation;

use axum::http::header::ALLOW;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;

use self::failure::Failure;
use super::store::Kind;
use super::store::state::State;

pub(super) use self::change_request::CHANGE_URL_PATH;
pub(super) use self::request::confirm_url_path;

/// An incoming HTTP request.
struct Call<'a> {
    state: &'a State,
    method: &'a Method,
    headers: &'a HeaderMap,
    query: Vec<(String, String)>,
    body: &'a [u8],
}

type Answer = Result<Response, Failure>;

impl Call<'_> {
    /// A query parameter. ASP.NET ignores the case of its name.
    fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// All values of a query parameter.
    fn parameters<'c>(&'c self, name: &'c str) -> impl Iterator<Item = &'c str> {
        let found = self.query.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// Answers a path that supports only these methods.
    fn only(&self, methods: &'static str, answer: impl FnOnce() -> Answer) -> Response {
        match methods.split(", ").any(|method| method == self.method.as_str()) {
            true => answer().unwrap_or_else(|failure| failure.into_response(self.state, self.headers)),
            false => (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, methods)]).into_response(),
        }
    }
}

pub(super) fn answer(state: &State, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Response {
    let query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let call = Call { state, method, headers, query, body };
    let segments: Vec<String> = uri.path().split('/').skip(1).map(decoded).collect();
    // ASP.NET ignores the case of a route's names and a trailing slash. Values in a route keep their case.
    let lower: Vec<String> = segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
    let names: Vec<&str> = lower.iter().map(String::as_str).collect();
    let values: Vec<&str> = segments.iter().map(String::as_str).collect();
    let length = names.len() - usize::from(names.last() == Some(&""));
    let (Some(names), Some(values)) = (names.get(3..length), values.get(3..length)) else { return not_found() };
    if lower[1..3] != ["api", "v1"] {
        return not_found();
    }
    if lower[0] == "accessmanagement" {
        return match names {
            ["enduser", "authorizedparties"] => call.only("GET", || authorized_parties::list(&call)),
            _ => not_found(),
        };
    }
    match names {
        ["exchange", _] => call.only("GET", || exchange::exchange(&call, values[1])),
        ["systemregister", rest @ ..] => register(&call, rest, &values[1..]),
        ["systemuser", "request", "vendor", "agent"] if *method == Method::POST => {
            call.only("POST", || request::create(&call, Kind::Agent))
        }
        ["systemuser", "request", "vendor", "agent", rest @ ..] if !rest.is_empty() => {
            requests(&call, Kind::Agent, rest, &values[4..])
        }
        ["systemuser", "request", "vendor"] => call.only("POST", || request::create(&call, Kind::Standard)),
        ["systemuser", "request", "vendor", rest @ ..] => requests(&call, Kind::Standard, rest, &values[3..]),
        ["systemuser", "changerequest", "vendor"] => call.only("POST", || change_request::create(&call)),
        ["systemuser", "changerequest", "vendor", rest @ ..] => change_requests(&call, rest, &values[3..]),
        ["systemuser", "vendor", "byquery"] => call.only("GET", || system_user::by_query(&call)),
        ["systemuser", "vendor", "bysystem", _] => call.only("GET", || system_user::by_system(&call, values[3])),
        _ => not_found(),
    }
}

fn register(call: &Call<'_>, names: &[&str], values: &[&str]) -> Response {
    let method = call.method.as_str();
    match names {
        ["vendor"] => call.only("GET, POST", || match method {
            "GET" => system_register::list(call),
            _ => system_register::create(call),
        }),
        ["vendor", _] => call.only("GET, PUT, DELETE", || match method {
            "GET" => system_register::show(call, values[1]),
            "PUT" => system_register::replace(call, values[1]),
            _ => system_register::delete(call, values[1]),
        }),
        ["vendor", _, "rights"] => call.only("PUT", || system_register::replace_rights(call, values[1])),
        ["vendor", _, "accesspackages"] => call.only("PUT", || system_register::replace_packages(call, values[1])),
        ["vendor", _, "changelog"] => call.only("GET", || system_register::changelog(call, values[1])),
        // These paths now belong to the portal, and no vendor has the portal's scope.
        [] | [_] | [_, "rights" | "accesspackages"] => call.only("GET", || {
            caller::authorised(call, &["altinn:portal/enduser"])?;
            Err(Failure::Plain(StatusCode::NOT_FOUND))
        }),
        _ => not_found(),
    }
}

fn requests(call: &Call<'_>, kind: Kind, names: &[&str], values: &[&str]) -> Response {
    match (kind, names) {
        (_, ["byexternalref", _, _, _]) => {
            call.only("GET", || request::by_external_ref(call, kind, values[1], values[2], values[3]))
        }
        (_, ["bysystem", _]) => call.only("GET", || request::by_system(call, kind, values[1])),
        (Kind::Standard, [_]) => call.only("GET, DELETE", || match call.method.as_str() {
            "GET" => request::show(call, kind, values[0]),
            _ => request::delete(call, values[0]),
        }),
        (Kind::Agent, [_]) => call.only("GET", || request::show(call, kind, values[0])),
        _ => not_found(),
    }
}

fn change_requests(call: &Call<'_>, names: &[&str], values: &[&str]) -> Response {
    match names {
        ["byexternalref", _, _, _] => {
            call.only("GET", || change_request::by_external_ref(call, values[1], values[2], values[3]))
        }
        ["bysystem", _] => call.only("GET", || change_request::by_system(call, values[1])),
        [_] => call.only("GET, DELETE", || match call.method.as_str() {
            "GET" => change_request::show(call, values[0]),
            _ => change_request::delete(call, values[0]),
        }),
        _ => not_found(),
    }
}

/// Decodes a path segment as ASP.NET does for a route value: an escaped slash stays as it was sent. An id or reference
/// with a slash can therefore never be found: it is looked up with `%2F` instead of the slash.
///
/// Source: github.com/dotnet/aspnetcore, issue 4718.
fn decoded(segment: &str) -> String {
    let kept = segment.replace("%2F", "%252F").replace("%2f", "%252f");
    percent_decode_str(&kept).decode_utf8_lossy().into_owned()
}

fn not_found() -> Response {
    StatusCode::NOT_FOUND.into_response()
}
