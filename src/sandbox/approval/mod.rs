//! The page on which a customer approves or rejects a request for a system user.
//!
//! The real one asks for a login, and for a person who may approve. This one asks nobody, so it is all the more careful
//! that it is the person in front of it who presses: see [`guard`].

mod guard;
mod view;
mod words;

use axum::http::header::{ALLOW, HeaderName, LOCATION};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use self::guard::Form;
use self::view::{Asked, Page};
use self::words::Words;
use super::altinn::confirm_url_path;
use super::guid;
use super::state::State;
use super::store::{Kind, Request, Store, Undecidable};

/// A visit of the page.
struct Visit<'a> {
    state: &'a State,
    headers: &'a HeaderMap,
    words: &'static Words,
    /// The page's path.
    path: &'static str,
    /// The query without the language.
    query: String,
}

pub(super) fn answer(state: &State, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Response {
    let path = uri.path().trim_matches('/').to_ascii_lowercase();
    let Some(kind) = [Kind::Standard, Kind::Agent].into_iter().find(|kind| path == confirm_url_path(*kind)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let query: Vec<(String, String)> =
        form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let words = Words::wanted(value("lang"), headers);
    let id = value("id").and_then(guid::read);
    let query = format!("id={}&DONTCHOOSEREPORTEE=true", id.as_deref().unwrap_or_default());
    let visit = Visit { state, headers, words, path: confirm_url_path(kind), query };
    if !guard::is_our_name(state, headers) {
        return visit.plain(StatusCode::FORBIDDEN, words.other_host);
    }
    let Some(id) = id else { return visit.plain(StatusCode::BAD_REQUEST, words.no_id) };
    match *method {
        Method::GET | Method::HEAD => visit.show(kind, &id),
        Method::POST => visit.decide(kind, &id, body),
        _ => (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD, POST")]).into_response(),
    }
}

impl Visit<'_> {
    fn show(&self, kind: Kind, id: &str) -> Response {
        let store = self.state.store();
        match store.request(id).filter(|request| request.kind == kind) {
            Some(request) => self.request(StatusCode::OK, &store, request),
            None => self.plain(StatusCode::NOT_FOUND, self.words.unknown),
        }
    }

    fn decide(&self, kind: Kind, id: &str, body: &[u8]) -> Response {
        let fields: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
        let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        // Before anything is said of the request, so that a stranger learns nothing.
        if !guard::is_pressed_here(self.state, self.headers, id, field("token").unwrap_or_default()) {
            return self.plain(StatusCode::FORBIDDEN, self.words.forged);
        }
        let mut store = self.state.store();
        if store.request(id).is_none_or(|request| request.kind != kind) {
            return self.plain(StatusCode::NOT_FOUND, self.words.unknown);
        }
        let now = self.state.now();
        let decided: Result<(), Undecidable> = match field("decision") {
            Some("approve") => store.approve(id, now),
            Some("reject") => store.reject(id, now),
            _ => return self.plain(StatusCode::BAD_REQUEST, self.words.no_decision),
        };
        let Some(request) = store.request(id) else {
            return self.plain(StatusCode::NOT_FOUND, self.words.unknown);
        };
        match (decided, request.redirect_url.as_deref().and_then(redirect)) {
            (Err(_), _) => self.request(StatusCode::CONFLICT, &store, request),
            (Ok(()), Some(to)) => {
                let answer = self.page(StatusCode::SEE_OTHER, &Page::Plain(""), None, None);
                ([(LOCATION, to)], answer).into_response()
            }
            (Ok(()), None) => {
                let asked = Asked::of(&store, request, self.words);
                self.page(StatusCode::OK, &Page::Receipt(&asked), None, None)
            }
        }
    }

    /// The request with its buttons, or why there are none.
    fn request(&self, status: StatusCode, store: &Store, request: &Request) -> Response {
        let asked = Asked::of(store, request, self.words);
        let now = self.state.now();
        if request.not_decidable(now).is_some() {
            let why = store.not_approvable(request, now);
            return self.page(status, &Page::Closed(&asked, why), None, None);
        }
        let form = Form::new(self.state, self.headers, &request.id);
        let open = Page::Open { asked: &asked, not_approvable: store.not_approvable(request, now), token: &form.token };
        self.page(status, &open, Some(&form), request.redirect_url.as_deref())
    }

    fn plain(&self, status: StatusCode, sentence: &'static str) -> Response {
        self.page(status, &Page::Plain(sentence), None, None)
    }

    fn page(&self, status: StatusCode, page: &Page<'_>, form: Option<&Form>, redirect: Option<&str>) -> Response {
        let here = |language: &str| format!("/{}?{}&lang={language}", self.path, self.query);
        let html = match status {
            StatusCode::SEE_OTHER => String::new(),
            _ => view::html(page, self.words, &here(self.words.lang), &here(self.words.other_lang)),
        };
        let mut headers = guard::headers(form.is_some(), redirect);
        headers.push((HeaderName::from_static("content-language"), HeaderValue::from_static(self.words.lang)));
        let mut response = (status, html).into_response();
        for (name, value) in headers {
            response.headers_mut().insert(name, value);
        }
        if let Some(form) = form {
            response.headers_mut().append("set-cookie", form.cookie.clone());
        }
        response
    }
}

/// Where to go after deciding, where that is an address that a header can hold.
fn redirect(url: &str) -> Option<HeaderValue> {
    guard::origin(url)?;
    HeaderValue::from_str(url).ok()
}
