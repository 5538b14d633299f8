//! The page on which a customer approves or rejects a request for a system user, or a change request.
//!
//! The real page requires a login, and a person who may approve. This page requires neither, so it takes extra care
//! that the answer comes from the person in front of it: see [`guard`]. The vendor's API for requests is in `altinn`.

mod guard;
mod subject;
mod texts;
mod view;
mod view_model;

use axum::http::header::{ALLOW, HeaderName, LOCATION};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use self::guard::Form;
use self::subject::{PageKind, Subject};
use self::texts::Texts;
use self::view::Page;
use self::view_model::RequestView;
use super::server::aspnet::guid;
use super::store::state::State;
use super::store::{Store, Undecidable};

/// A visit to the page.
struct Visit<'a> {
    state: &'a State,
    headers: &'a HeaderMap,
    texts: &'static Texts,
    page: PageKind,
    /// The query without the language.
    query: String,
    /// Whether the visit is to the receipt, to which an answer redirects.
    receipt: bool,
}

pub(super) fn answer(state: &State, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Response {
    let path = uri.path().trim_matches('/').to_ascii_lowercase();
    let Some(page) = PageKind::at(&path) else { return StatusCode::NOT_FOUND.into_response() };
    let query: Vec<(String, String)> =
        form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let texts = Texts::wanted(value("lang"), headers);
    let id = value("id").and_then(guid::read);
    let query = format!("id={}&DONTCHOOSEREPORTEE=true", id.as_deref().unwrap_or_default());
    let receipt = value("receipt").is_some();
    let visit = Visit { state, headers, texts, page, query, receipt };
    if !guard::is_own_host(state, headers) {
        return visit.plain(StatusCode::FORBIDDEN, texts.other_host);
    }
    let Some(id) = id else { return visit.plain(StatusCode::BAD_REQUEST, texts.no_id) };
    match *method {
        Method::GET | Method::HEAD => visit.show(&id),
        Method::POST => visit.decide(&id, body),
        _ => (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD, POST")]).into_response(),
    }
}

impl Visit<'_> {
    fn show(&self, id: &str) -> Response {
        let store = self.state.store();
        match self.page.find(&store, id) {
            Some(subject) if self.receipt && subject.request().decision.is_by_customer() => {
                let view = RequestView::of(&store, subject, self.texts);
                let command = view_model::token_command(&store, subject, &self.state.issuer);
                self.respond(StatusCode::OK, &Page::Receipt { view: &view, command }, None)
            }
            Some(subject) => self.request(StatusCode::OK, &store, subject),
            None => self.plain(StatusCode::NOT_FOUND, self.texts.unknown),
        }
    }

    fn decide(&self, id: &str, body: &[u8]) -> Response {
        let fields: Vec<(String, String)> = form_urlencoded::parse(body).into_owned().collect();
        let field = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        // This check comes first, so that a stranger learns nothing about the request.
        if !guard::is_own_form(self.state, self.headers, id, field("token").unwrap_or_default()) {
            return self.plain(StatusCode::FORBIDDEN, self.texts.forged);
        }
        let mut store = self.state.store();
        if self.page.find(&store, id).is_none() {
            return self.plain(StatusCode::NOT_FOUND, self.texts.unknown);
        }
        let now = self.state.now();
        let decided: Result<(), Undecidable> = match field("decision") {
            Some("approve") => self.page.approve(&mut store, id, now),
            Some("reject") => self.page.reject(&mut store, id, now),
            _ => return self.plain(StatusCode::BAD_REQUEST, self.texts.no_decision),
        };
        match (decided, self.page.find(&store, id)) {
            (Err(_), Some(subject)) => self.request(StatusCode::CONFLICT, &store, subject),
            (Err(_), None) => self.plain(StatusCode::NOT_FOUND, self.texts.unknown),
            (Ok(()), _) => self.see_receipt(),
        }
    }

    /// Redirects to the receipt. The receipt has its own address, so that a reload does not send the form again. The
    /// receipt, not the form, redirects the customer to the vendor: see `html::headers`.
    fn see_receipt(&self) -> Response {
        let to = format!("/{}?{}&receipt=1&lang={}", self.page.path(), self.query, self.texts.lang);
        let mut response = (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response();
        for (name, value) in guard::headers(false) {
            response.headers_mut().insert(name, value);
        }
        response
    }

    /// The request with its buttons, or with the reason why it has no buttons.
    fn request(&self, status: StatusCode, store: &Store, subject: Subject<'_>) -> Response {
        let (view, request) = (RequestView::of(store, subject, self.texts), subject.request());
        let now = self.state.now();
        let answered = status == StatusCode::CONFLICT;
        let not_approvable = subject.not_approvable(store, now);
        if request.not_decidable(now).is_some() {
            return self.respond(status, &Page::Closed { view: &view, why: not_approvable, answered }, None);
        }
        let form = Form::new(self.state, self.headers, &request.id);
        let open = Page::Open { view: &view, not_approvable, answered, token: &form.token };
        self.respond(status, &open, Some(&form))
    }

    fn plain(&self, status: StatusCode, sentence: &'static str) -> Response {
        self.respond(status, &Page::Plain(sentence), None)
    }

    fn respond(&self, status: StatusCode, page: &Page<'_>, form: Option<&Form>) -> Response {
        let receipt = if matches!(page, Page::Receipt { .. }) { "&receipt=1" } else { "" };
        let url = |language: &str| format!("/{}?{}{receipt}&lang={language}", self.page.path(), self.query);
        let html = view::html(page, self.texts, &url(self.texts.lang), &url(self.texts.other_lang));
        let mut headers = guard::headers(form.is_some());
        headers.push((HeaderName::from_static("content-language"), HeaderValue::from_static(self.texts.lang)));
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
