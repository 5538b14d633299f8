//! Answers with an error status.

use super::{Call, HTTP, answer, hold, no_answer, refused};
use crate::server::{empty, json, response};

#[test]
fn a_busy_or_failing_server_is_reported_with_its_status_and_text() {
    let html = "<html>\r\n<title>Oops</title></html>";
    let statuses = [
        "408 Request Timeout",
        "429 Too Many Requests",
        "429 Too Many Requests\r\nRetry-After: 3600",
        "429 Too Many Requests\r\nRetry-After: Wed, 21 Oct 2099 07:28:00 GMT",
        "500 Internal Server Error",
        "502 Bad Gateway",
        "503 Service Unavailable",
        "504 Gateway Timeout",
    ];
    let cases = statuses.into_iter().flat_map(|status| {
        let code = &status[..3];
        // Without a `Date` header, a date in `Retry-After` has no meaning.
        let hint = if status.ends_with("3600") { "\nhint: the server asks clients to wait 1 h" } else { "" };
        let words = answer(status, response(status, "text/html", html), |call| {
            no_answer(call, HTTP, &format!("status {code}: <html> <title>Oops</title></html>{hint}"))
        });
        let bare = answer(status, empty(status), |call| no_answer(call, HTTP, &format!("status {code}{hint}")));
        words.into_iter().chain(bare)
    });
    hold(cases);
}

#[test]
fn a_response_to_another_request_is_not_used() {
    let part = json("206 Partial Content\r\nContent-Range: bytes 0-12/99", r#"{"fine":true}"#);
    let part = answer("a part", part, |call| no_answer(call, HTTP, "status 206, which is only a part of the content"));
    let unmodified = answer("not modified", "HTTP/1.1 304 Not Modified\r\n\r\n", |call| {
        no_answer(call, HTTP, "status 304, which has no content")
    });
    hold(part.into_iter().chain(unmodified));
}

#[test]
fn a_refusal_can_neither_control_the_terminal_nor_fill_it() {
    let escapes = "\u{1b}[2J\u{1b}]0;title\u{7}gone\u{202e}";
    let shown = "\\u{1b}[2J\\u{1b}]0;title\\u{7}gone\\u{202e}";
    let bad = "400 Bad Request";
    let problem = json(bad, &serde_json::json!({ "error": escapes, "title": escapes }).to_string());
    let problem = answer("escape codes in JSON", problem, |call| match call {
        Call::Token => (
            4,
            format!(
                "error: Maskinporten refused the grant: {shown}\n\
                 note: no trace id; from {HTTP}{}\n",
                call.path()
            ),
        ),
        _ => {
            let (code, message) = refused(call, shown);
            (code, format!("{message}  error: {shown}\n"))
        }
    });
    let words = "word ".repeat(10_000);
    let not_utf8 =
        [response(bad, "text/plain", "??????").trim_end_matches('?').as_bytes(), b"a\xff\xfe\x80bc"].concat();
    let texts = [
        answer("escape codes in a text", response(bad, "text/plain", escapes), |call| refused(call, shown)),
        answer("invalid UTF-8", not_utf8, |call| refused(call, "a\u{fffd}\u{fffd}\u{fffd}bc")),
        answer("a long text", response(bad, "text/plain", &words), |call| {
            refused(call, &format!("{}…", &words[..200]))
        }),
        answer("escape codes in a header", empty("302 Found\r\nLocation: /\x1b[2J"), |call| {
            no_answer(call, HTTP, "the response is not valid HTTP: invalid HTTP header parsed")
        }),
    ];
    hold(texts.into_iter().flatten().chain(problem));
}

/// A server cannot fill the terminal with a header.
#[test]
fn a_quoted_header_is_shortened() {
    let long = format!("/{}", "long.".repeat(2_000));
    let cases = answer("a long Location", empty(&format!("302 Found\r\nLocation: {long}")), |call| {
        let message = format!("status 302 is a redirect to `{}…`, which is not followed", &long[..200]);
        no_answer(call, HTTP, &message)
    });
    hold(cases);
}
