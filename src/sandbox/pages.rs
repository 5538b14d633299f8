//! The pages for people: an overview of the sandbox, and an explanation of each error code. The approval page has its
//! own folder.

use axum::http::header::{ACCEPT, ALLOW};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::server::accept_header::best_match;
use super::server::html::{STYLE, headers};
use super::store::forced_refusal::ForcedRefusal;
use super::store::options::Explanation;
use super::store::state::State;

/// The commands on the overview, each of which works without options.
const COMMANDS: [&str; 3] = ["systemuser-demo token", "systemuser-demo call systemuserinfo", "systemuser-demo doctor"];

/// Answers `/`, `/errors/` and `/errors/{code}`.
pub(super) fn answer(state: &State, method: &Method, uri: &Uri) -> Response {
    let path: Vec<&str> = uri.path().split('/').filter(|segment| !segment.is_empty()).collect();
    if !matches!(*method, Method::GET | Method::HEAD) {
        return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD")]).into_response();
    }
    match path[..] {
        [] => page(StatusCode::OK, "The sandbox", &overview(state)),
        [_] => page(StatusCode::OK, "Error codes", &codes(state)),
        [_, code] => match explanation(state, code) {
            Some((code, content)) => page(StatusCode::OK, code, &content),
            None => not_found(),
        },
        _ => not_found(),
    }
}

/// Answers a path that no simulated server has: with a page for a browser, and without a body for other programs.
pub(super) fn unknown_path(headers: &HeaderMap) -> Response {
    match best_match(headers, &ACCEPT, |range| (range == "text/html").then_some(())) {
        Some(()) => {
            let content = html! { p { "The sandbox has no page at this path. " a href="/" { "Overview" } } };
            page(StatusCode::NOT_FOUND, "Page not found", &content)
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn not_found() -> Response {
    let content = html! { p { "The sandbox does not know this error code. " a href="/errors/" { "All error codes" } } };
    page(StatusCode::NOT_FOUND, "Unknown error code", &content)
}

fn page(status: StatusCode, heading: &str, content: &Markup) -> Response {
    let whole = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (heading) " – systemuser-demo" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    p.name { "systemuser-demo " span.tag { "Sandbox" } }
                    nav aria-label="Pages" { a href="/" { "Overview" } " " a href="/errors/" { "Error codes" } }
                }
                main { h1 { (heading) } (content) }
                footer { p { "This is a sandbox on your own machine, and nothing leaves it." } }
            }
        }
    };
    let mut response = (status, whole.into_string()).into_response();
    for (name, value) in headers(false) {
        response.headers_mut().insert(name, value);
    }
    response
}

fn overview(state: &State) -> Markup {
    html! {
        p.lead { "This server simulates Maskinporten, Altinn and the reference APIs at one address." }
        h2 { "Commands" }
        @for command in COMMANDS { pre { code { (in_this_sandbox(state, command)) } } }
        h2 { "Endpoints" }
        (table(super::endpoints()))
        h2 { "Organisations" }
        (table(super::organisations()))
        h2 { "Clients" }
        p {
            "All clients use the private key in " code { "mp-key.pem.example" } " with the key id "
            code { (super::fixtures::KEY.kid) } ". The client that is registered for business certificates uses the key with "
            a href="/sandbox/certificate.pem" { "this certificate" } " instead of the key id."
        }
        (table(super::clients()))
    }
}

fn table(rows: impl IntoIterator<Item = (&'static str, &'static str)>) -> Markup {
    html! {
        table { tbody { @for (name, text) in rows { tr { th scope="row" { (name) } td { (text) } } } } }
    }
}

/// All known codes, with links to their pages. A sandbox without explanations knows its own refusals only.
fn codes(state: &State) -> Markup {
    let explained = state.options.explanations.iter().map(|explanation| (explanation.code, explanation.meaning));
    let is_explained = |name: &str| explained.clone().any(|(code, _)| code == name);
    let others = ForcedRefusal::all().iter().filter(|refusal| !is_explained(refusal.name));
    let others = others.map(|refusal| (refusal.name, refusal.description));
    html! {
        table {
            tbody {
                @for (code, text) in explained.clone().chain(others) {
                    tr { th scope="row" { a href={ "/errors/" (code) } { (code) } } td { (with_code(state, text)) } }
                }
            }
        }
    }
}

/// The letters and the number of a code, which are the same in every spelling: `mp303`, `MP-303`, `MP_303`.
fn bare(code: &str) -> String {
    let letters = code.chars().filter(char::is_ascii_alphabetic).map(|letter| letter.to_ascii_lowercase());
    let digits: String = code.chars().filter(char::is_ascii_digit).collect();
    letters.collect::<String>() + digits.trim_start_matches('0')
}

/// The code as documented, and the content of its page.
fn explanation(state: &State, code: &str) -> Option<(&'static str, Markup)> {
    let is_named = |name: &str| bare(name) == bare(code);
    // Altinn's approval page shows a code with another prefix.
    let alias = bare(code).replacen("auth", "amui", 1);
    let known = |code: &str| state.options.explanations.iter().find(|known| bare(known.code) == code);
    if let Some(known) = known(&bare(code)).or_else(|| known(&alias)) {
        let Explanation { code, kind, meaning, causes } = known;
        let content = html! {
            p.lead { code { (kind) } ": " (with_code(state, meaning)) }
            @if !causes.is_empty() {
                h2 { "Causes, most likely first" }
                ul { @for cause in causes { li { (with_code(state, cause)) } } }
            }
        };
        return Some((code, content));
    }
    let refusal = ForcedRefusal::all().iter().find(|refusal| is_named(refusal.name))?;
    Some((refusal.name, html! { p.lead { code { (refusal.error) } ": " (refusal.description) } }))
}

/// A text in which backticks enclose code. Commands of this program become commands for this sandbox.
fn with_code(state: &State, text: &str) -> Markup {
    html! {
        @for (nth, piece) in text.split('`').enumerate() {
            @if nth % 2 == 0 { (piece) }
            @else if piece.starts_with("systemuser-demo ") { code { (in_this_sandbox(state, piece)) } }
            @else { code { (piece) } }
        }
    }
}

/// The command, as it works in a new terminal.
fn in_this_sandbox(state: &State, command: &str) -> String {
    format!("SYSTEMUSER_SANDBOX={} {command}", state.issuer.trim_end_matches('/'))
}
