//! Can a request be answered by anyone except the person who sees the page?

use super::approval::{Page, open, path_of};
use super::requests::REQUESTS;
use super::*;

const REQUEST: &str = "c48d1e6f-97b2-4c0a-a3d8-2b5f7e9a1c04";

/// The data that a browser sends when a button is pressed, which tests tamper with.
struct Press {
    cookie: Option<String>,
    origin: Option<String>,
    site: Option<&'static str>,
    host: Option<String>,
    token: Option<String>,
}

fn honest(altinn: &Altinn, page: &Page) -> Press {
    Press {
        cookie: Some(page.cookie()),
        origin: Some(altinn.address.trim_end_matches('/').to_owned()),
        site: Some("same-origin"),
        host: None,
        token: Some(page.token()),
    }
}

impl Press {
    fn send(&self, altinn: &Altinn, path: &str) -> Answer {
        let mut headers = vec![("Content-Type", "application/x-www-form-urlencoded")];
        headers.extend(self.cookie.as_deref().map(|cookie| ("Cookie", cookie)));
        headers.extend(self.origin.as_deref().map(|origin| ("Origin", origin)));
        headers.extend(self.site.map(|site| ("Sec-Fetch-Site", site)));
        headers.extend(self.host.as_deref().map(|host| ("Host", host)));
        let token = self.token.as_deref().map(|token| format!("token={token}&")).unwrap_or_default();
        altinn.send("POST", path, &headers, &format!("{token}decision=approve"))
    }
}

#[track_caller]
fn still_new(altinn: &Altinn) {
    assert_eq!(altinn.get(&format!("{REQUESTS}/{REQUEST}")).ok()["status"], "New");
    altinn.has_no_user(CLIENT, "314168267", None);
}

/// Tampers with an honest press, and asserts that it is refused and changes nothing.
#[track_caller]
fn refused(tamper: impl FnOnce(&Altinn, &mut Press)) {
    let altinn = altinn();
    let page = open(&altinn, &path_of(REQUEST));
    let mut press = honest(&altinn, &page);
    tamper(&altinn, &mut press);
    let answer = press.send(&altinn, &page.path);
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert!(!answer.body.contains("Treg Bekk"), "the answer shows the request: {}", answer.body);
    assert!(answer.body.contains("role=\"alert\""), "{}", answer.body);
    still_new(&altinn);
}

#[test]
fn an_honest_press_is_accepted_also_from_an_older_browser() {
    for site in [Some("same-origin"), Some("none"), None] {
        let altinn = altinn();
        let page = open(&altinn, &path_of(REQUEST));
        let mut press = honest(&altinn, &page);
        press.site = site;
        if site.is_none() {
            press.origin = None;
        }
        assert_eq!(press.send(&altinn, &page.path).status, 303);
        altinn.user_token("314168267");
    }
}

#[test]
fn a_press_under_the_name_localhost_is_accepted() {
    let altinn = altinn();
    let port = altinn.host().rsplit(':').next().unwrap().to_owned();
    let host = format!("localhost:{port}");
    let page = Page { path: path_of(REQUEST), answer: altinn.send("GET", &path_of(REQUEST), &[("Host", &host)], "") };
    let mut press = honest(&altinn, &page);
    // The origin must then be `localhost`.
    press.host = Some(host.clone());
    assert_eq!(press.send(&altinn, &page.path).status, 403);
    press.origin = Some(format!("http://{host}"));
    assert_eq!(press.send(&altinn, &page.path).status, 303);
}

#[test]
fn a_press_without_the_token_or_with_another_token_is_refused() {
    refused(|_, press| press.token = None);
    refused(|_, press| press.token = Some(String::new()));
    refused(|_, press| press.token = Some("A".repeat(43)));
    refused(|_, press| press.token = press.token.take().map(|token| token[1..].to_owned()));
    // The token of another visitor.
    refused(|altinn, press| press.token = Some(open(altinn, &path_of(REQUEST)).token()));
}

#[test]
fn a_press_without_the_cookie_or_with_another_cookie_is_refused() {
    refused(|_, press| press.cookie = None);
    refused(|_, press| press.cookie = Some(format!("approval-{REQUEST}=")));
    refused(|altinn, press| press.cookie = Some(open(altinn, &path_of(REQUEST)).cookie()));
    // The right value under the name of another request's cookie.
    refused(|_, press| {
        let cookie = press.cookie.take().unwrap();
        press.cookie = Some(cookie.replace(REQUEST, "00000000-0000-4000-8000-000000000001"));
    });
}

#[test]
fn a_token_of_another_request_is_refused() {
    let altinn = altinn();
    let body = super::requests::new_request();
    let other = altinn.post(REQUESTS, &body).json()["id"].as_str().unwrap().to_owned();
    let page = open(&altinn, &path_of(&other));
    let mut press = honest(&altinn, &page);
    press.cookie = press.cookie.map(|cookie| cookie.replace(&other, REQUEST));
    assert_eq!(press.send(&altinn, &path_of(REQUEST)).status, 403);
    still_new(&altinn);
}

#[test]
fn a_press_from_another_origin_is_refused() {
    for site in ["cross-site", "same-site", "other"] {
        refused(|_, press| press.site = Some(site));
    }
    refused(|_, press| press.origin = Some("https://example.no".to_owned()));
    refused(|_, press| press.origin = Some("null".to_owned()));
    // Servers on other ports of this machine share this server's cookies.
    refused(|_, press| press.origin = Some("http://127.0.0.1:1".to_owned()));
    refused(|altinn, press| press.origin = Some(format!("https://{}", altinn.host())));
}

#[test]
fn a_foreign_host_name_is_refused_before_anything_is_shown() {
    refused(|altinn, press| {
        let port = altinn.host().rsplit(':').next().unwrap();
        press.host = Some(format!("example.no:{port}"));
        press.origin = Some(format!("http://example.no:{port}"));
    });
    refused(|_, press| press.host = Some("127.0.0.1:1".to_owned()));
    let altinn = altinn();
    let port = altinn.host().rsplit(':').next().unwrap();
    for host in [format!("example.no:{port}"), format!("127.0.0.1.example.no:{port}"), "localhost".to_owned()] {
        let answer = altinn.send("GET", &path_of(REQUEST), &[("Host", &host)], "");
        assert_eq!(answer.status, 403, "{host}");
        assert!(!answer.body.contains("token") && answer.header("set-cookie").is_none());
    }
}

#[test]
fn an_unknown_decision_changes_nothing() {
    let altinn = altinn();
    let page = open(&altinn, &path_of(REQUEST));
    assert_eq!(page.press(&altinn, "perhaps").status, 400);
    // Opening the page changes nothing, even with a decision in the query.
    assert_eq!(
        altinn.send("GET", &format!("{}&decision=approve&token={}", page.path, page.token()), &[], "").status,
        200
    );
    still_new(&altinn);
}

/// The cookies of a browser that has opened these pages in order.
fn jar(pages: &[&Page]) -> (String, String) {
    let last = pages.iter().rev().find_map(|page| page.answer.header("set-cookie")).unwrap();
    let (pair, attributes) = last.split_once("; ").unwrap();
    (pair.to_owned(), attributes.to_owned())
}

#[test]
fn a_second_tab_does_not_invalidate_the_first() {
    // Opened by hand, or with the link on the vendor's own site.
    for site in ["none", "cross-site"] {
        let altinn = altinn();
        let first = open(&altinn, &path_of(REQUEST));
        let (cookie, attributes) = jar(&[&first]);
        // A browser sends no strict cookie when it follows a link on another site, and then gets a new cookie.
        let held_back = site == "cross-site" && attributes.contains("SameSite=Strict");
        let mut headers = vec![("Sec-Fetch-Site", site)];
        headers.extend((!held_back).then_some(("Cookie", cookie.as_str())));
        let second = Page { path: path_of(REQUEST), answer: altinn.send("GET", &path_of(REQUEST), &headers, "") };
        let mut press = honest(&altinn, &first);
        press.cookie = Some(jar(&[&first, &second]).0);
        assert_eq!(press.send(&altinn, &first.path).status, 303, "{site}");
        // The second tab cannot answer again, because the request is already answered.
        assert_eq!(second.press(&altinn, "approve").status, 409);
    }
}

#[test]
fn the_cookie_is_not_sent_with_a_form_from_another_site() {
    let altinn = altinn();
    let (_, attributes) = jar(&[&open(&altinn, &path_of(REQUEST))]);
    // Without `SameSite`, browsers differ in what they send.
    assert!(attributes.split("; ").any(|attribute| attribute == "SameSite=Lax"), "{attributes}");
    // The sandbox also refuses the press if the browser sends the cookie anyway.
    refused(|_, press| press.site = Some("cross-site"));
    refused(|_, press| (press.site, press.origin) = (None, Some("https://example.no".to_owned())));
}
