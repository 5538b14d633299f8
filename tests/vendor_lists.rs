//! Are lists read to the end, and does the token go to its own server only?

use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::program::{Run, program, without_chance};
use crate::server::{Server, empty, json as answer};

const LIST: &str = "systemuser/request/vendor/bysystem/991825827_smartcloud";
const READ: &str = "systemuser.request.read";

/// A page with requests that have these ids.
fn page(ids: &[&str], links: Value) -> String {
    let request =
        |id: &&str| json!({ "id": id, "partyOrgNo": "210493352", "externalRef": "210493352", "status": "New" });
    let data: Vec<Value> = ids.iter().map(request).collect();
    answer("200 OK", &json!({ "links": links, "data": data }).to_string())
}

/// A page with a link to the next page.
fn leading(ids: &[&str], next: &str) -> String {
    page(ids, json!({ "next": next }))
}

fn list(server: &Server) -> Run {
    program("request list --json --env test").file("config/test.toml", server.vendor_configuration()).run()
}

fn ids(run: &Run) -> Vec<String> {
    assert_eq!(run.code, 0, "{}", run.err);
    let items: Vec<Value> = serde_json::from_str(&run.out).unwrap();
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// The second request, after a first page with this `next`.
fn asked_after(next: &str) -> String {
    let server = Server::vendor_in_turn([leading(&["a"], next), page(&["b"], json!({}))]);
    assert_eq!(ids(&list(&server)), ["a", "b"], "{next}");
    let calls = server.calls();
    assert_eq!((calls.len(), calls[0].as_str()), (2, format!("GET {LIST} {READ}").as_str()));
    calls[1].strip_prefix(&format!("GET {LIST}")).unwrap().strip_suffix(&format!(" {READ}")).unwrap().to_owned()
}

#[test]
fn all_pages_are_read_in_order_with_one_token() {
    let next = |token: &str| format!("https://platform.altinn.no/authentication/api/v1/{LIST}?token={token}");
    let pages = [leading(&["a", "b"], &next("1")), leading(&["c"], &next("2")), page(&["d"], json!({}))];
    let server = Server::vendor_in_turn(pages);
    let run = list(&server);
    assert_eq!(ids(&run), ["a", "b", "c", "d"]);
    assert_eq!(
        run.err,
        "note: the list has 3 pages, and Altinn may omit a request at the beginning of a page; to find a \
         request by its customer, run `systemuser-demo request status --org ORG --env test`\n"
    );
    assert_eq!(server.calls(), ["", "?token=1", "?token=2"].map(|query| format!("GET {LIST}{query} {READ}")));
    assert_eq!(server.grants().len(), 1);
}

#[test]
fn lists_of_system_users_are_paged_too() {
    let user = |id: &str| json!({ "id": id, "reporteeOrgNo": "210493352", "userType": "standard", "more": 1 });
    let first = json!({ "links": { "next": "/?token=x" }, "data": [user("a")] });
    let pages = [first, json!({ "links": {}, "data": [user("b")] })];
    let server = Server::vendor_in_turn(pages.map(|page| answer("200 OK", &page.to_string())));
    let run = program("user list --json --env test").file("config/test.toml", server.vendor_configuration()).run();
    assert_eq!(ids(&run), ["a", "b"]);
    assert_eq!(run.err, "");
    let list = "GET systemuser/vendor/bysystem/991825827_smartcloud";
    assert_eq!(server.calls(), ["", "?token=x"].map(|query| format!("{list}{query} systemregister.write")));
}

#[test]
fn the_host_of_the_next_link_is_never_called() {
    let other = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    other.set_nonblocking(true).unwrap();
    let address = other.local_addr().unwrap();
    for next in [
        format!("http://{address}/authentication/api/v1/{LIST}?token=t"),
        format!("http://{address}?token=t"),
        format!("//{address}/?token=t"),
        format!("http://user:word@{address}/x?token=t"),
        format!("file:///etc/passwd?token=t&host={address}"),
    ] {
        assert_eq!(asked_after(&next), "?token=t");
    }
    assert_eq!(other.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "the client called the other host");
}

#[test]
fn only_the_token_of_the_next_link_is_used() {
    assert_eq!(asked_after("?token=t"), "?token=t");
    assert_eq!(asked_after("/elsewhere?page=7&token=t&status=x"), "?token=t");
    assert_eq!(asked_after("http://10.0.0.1:5050/x?token=t#token=u"), "?token=t");
}

#[test]
fn a_token_with_special_characters_arrives_unchanged() {
    for token in ["a+b/c==", "a b&c=d", "%", "#?", "å", "\u{1b}[2J"] {
        let mut next = reqwest::Url::parse("https://platform.altinn.no/").unwrap();
        next.query_pairs_mut().append_pair("token", token);
        let query = asked_after(next.as_str());
        let asked = reqwest::Url::parse(&format!("http://x/{query}")).unwrap();
        let pairs: Vec<_> = asked.query_pairs().into_owned().collect();
        assert_eq!(pairs, [("token".to_owned(), token.to_owned())]);
    }
}

#[test]
fn a_page_without_links_is_the_last() {
    for body in [
        r#"{"data":[{"id":"a","status":"New"}]}"#,
        r#"{"links":null,"data":[{"id":"a","status":"New"}]}"#,
        r#"{"links":{"next":null},"data":[{"id":"a","status":"New"}],"more":{}}"#,
        r#"{"data":[{"id":"a","status":"New"}],"links":{"prev":"?token=x"}}"#,
    ] {
        let server = Server::vendor_in_turn([answer("200 OK", body)]);
        let run = list(&server);
        assert_eq!((ids(&run), run.err.as_str()), (vec!["a".to_owned()], ""));
        assert_eq!(server.calls().len(), 1);
    }
}

#[track_caller]
fn has_no_end(pages: Vec<String>, reason: &str) -> Server {
    let server = Server::vendor_in_turn(pages);
    list(&server).fails(
        6,
        &format!(
            "error: no usable response from `http://127.0.0.1:PORT/authentication/api/v1/{LIST}`: status 200, \
             {reason}\n"
        ),
    );
    server
}

#[test]
fn a_list_that_links_back_to_an_earlier_page_is_refused() {
    let round = "but `links.next` repeats an earlier page, so the list never ends";
    let server = has_no_end(vec![leading(&["a"], "?token=1")], round);
    assert_eq!(server.calls().len(), 2);
    let pages = ["?token=1", "?token=2", "?token=1"].map(|next| leading(&[], next));
    let server = has_no_end(pages.to_vec(), round);
    assert_eq!(server.calls().len(), 3);
    // The same token in another encoding.
    has_no_end(["?token=a%20b", "?token=a+b"].map(|next| leading(&[], next)).to_vec(), round);
}

#[test]
fn a_next_link_without_a_token_is_an_error() {
    for next in ["https://platform.altinn.no/list", "?token=", "?Page=2", "", "?", "token=1"] {
        has_no_end(vec![leading(&["a"], next)], "but its `links.next` has no `token`");
    }
}

#[test]
fn an_invalid_page_is_quoted_from_its_beginning() {
    for body in [r#"[]"#, r#"{}"#, r#"{"links":{}}"#, r#"{"data":{}}"#, r#"{"data":[],"links":[]}"#, "null", "\"x\""] {
        has_no_end(vec![answer("200 OK", body)], &format!("but not a page of a list: {body}"));
    }
    // Only the list of authorised parties may be nested.
    let nested = r#"{"data":[[{"id":"a","status":"New"}]]}"#;
    for body in [r#"{"data":[1]}"#, r#"{"data":[["a"]]}"#, r#"{"data":[{"status":"New"}]}"#, nested] {
        has_no_end(vec![answer("200 OK", body)], &format!("but not a request for a system user: {body}"));
    }
}

#[test]
fn an_incomplete_list_is_not_printed() {
    let server = Server::vendor_in_turn([leading(&["a"], "?token=1"), answer("503 Service Unavailable", "\"busy\"")]);
    list(&server).fails(
        6,
        &format!(
            "error: no usable response from `http://127.0.0.1:PORT/authentication/api/v1/{LIST}`: status 503: \
             \"busy\"\n"
        ),
    );
}

#[test]
fn an_endless_list_is_refused() {
    let nth = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::vendor(move |_| {
        let nth = nth.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        leading(&[], &format!("?token={nth}"))
    });
    let run = list(&server);
    assert_eq!((run.code, run.out.as_str()), (6, ""));
    assert!(run.err.contains(": status 200, but the list did not end after ") && run.err.len() < 300, "{}", run.err);
    assert!(server.requests().len() < 5000);
}

#[test]
fn a_slow_list_ends_after_ten_time_limits_also_in_the_middle_of_a_page() {
    let asked = AtomicUsize::new(0);
    let server = Server::vendor(move |_| {
        std::thread::sleep(std::time::Duration::from_millis(950));
        leading(&[], &format!("?token={}", asked.fetch_add(1, Ordering::SeqCst)))
    });
    let program = program("request list --env test --timeout 1 --verbose");
    let run = program.file("config/test.toml", server.vendor_configuration()).run();
    let err = without_chance(&run.err);
    let end = format!(
        "error: no usable response from `http://127.0.0.1:PORT/authentication/api/v1/{LIST}`: the list took longer \
         than 10 s\nhint: increase the time limit with --timeout; a list may take ten times as long\n"
    );
    assert!(run.code == 6 && run.out.is_empty() && err.ends_with(&end), "{err}");
    // The token and ten pages arrived, and the request for the eleventh page was interrupted.
    let shown = |step: &str| err.lines().filter(|line| line.starts_with(step)).count();
    assert_eq!((shown("get "), shown("response       200"), shown("response       none")), (11, 11, 1), "{err}");
}

#[test]
fn a_redirect_to_another_host_is_not_followed() {
    let other = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    other.set_nonblocking(true).unwrap();
    let to = format!("http://{}/authentication/api/v1/{LIST}", other.local_addr().unwrap());
    for status in ["301 Moved Permanently", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let moved = format!("HTTP/1.1 {status}\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        let run = list(&Server::vendor_in_turn([moved]));
        assert_eq!((run.code, run.out.as_str()), (6, ""));
        let says = format!("status {} is a redirect to `{to}`, which is not followed\n", &status[..3]);
        assert!(run.err.ends_with(&says), "{}", run.err);
    }
    assert_eq!(other.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "the client called the other host");
}

#[test]
fn a_token_that_expires_between_two_pages_is_replaced_once_and_the_list_is_read_again() {
    let first = || leading(&["a"], "?token=1");
    let expired = || empty("401 Unauthorized");
    let server = Server::vendor_in_turn([first(), expired(), first(), page(&["b"], json!({}))]);
    assert_eq!(ids(&list(&server)), ["a", "b"]);
    assert_eq!(server.grants().len(), 2);
    let server = Server::vendor_in_turn([first(), expired(), first(), expired()]);
    let run = list(&server);
    assert_eq!((run.code, run.out.as_str()), (5, ""), "{}", run.err);
    assert_eq!(server.grants().len(), 2);
}

/// Each page is valid, but the whole list would need too much memory.
#[test]
fn a_list_with_too_many_large_pages_is_refused() {
    let asked = AtomicUsize::new(0);
    let server = Server::vendor(move |_| {
        let nth = asked.fetch_add(1, Ordering::SeqCst);
        let filling = "x".repeat(1024 * 1024);
        let entry = format!("{{\"id\":\"{nth}\",\"systemId\":\"s\",\"filling\":\"{filling}\"}}");
        crate::server::json("200 OK", &format!("{{\"links\":{{\"next\":\"?token={nth}\"}},\"data\":[{entry}]}}"))
    });
    let run = program("user list --env test").file("config/test.toml", server.vendor_configuration()).run();
    assert_eq!((run.code, run.out.as_str()), (6, ""), "{}", run.err);
    assert!(run.err.ends_with("but the list did not end after 32 entries on 32 pages\n"), "{}", run.err);
    assert_eq!(server.calls().len(), 32);
}

#[test]
fn a_misspelt_status_gets_a_suggestion() {
    for (typed, meant) in [("nwe", "New"), ("ACEPTED", "Accepted"), ("rejcted", "Rejected")] {
        let run = program(&format!("request list --env test --status {typed}")).run();
        let end = format!(
            "`{typed}` is not a status; expected one of New, Accepted, Rejected, Denied, Timedout; did you \
             mean `{meant}`?\n"
        );
        assert!(run.code == 2 && run.err.ends_with(&end), "{}", run.err);
    }
}
