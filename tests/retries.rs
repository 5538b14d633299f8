//! Which requests are retried, and with which grant or token?

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::program::{Program, Run, program, without_chance};
use crate::server::{Request, Server, empty, json, nobody, opaque_token, response, system};

const UNAVAILABLE: &str = "503 Service Unavailable";

/// Returns the first answer this number of times, and then the second answer.
fn in_turn(times: usize, first: String, then: String) -> impl Fn(&Request) -> String + Send + 'static {
    let asked = AtomicUsize::new(0);
    move |_| if asked.fetch_add(1, Ordering::SeqCst) < times { first.clone() } else { then.clone() }
}

fn vendor(arguments: &str, server: &Server) -> Program {
    program(arguments).args("--env test").file("config/test.toml", server.vendor_configuration())
}

fn run(arguments: &str, server: &Server) -> Run {
    vendor(arguments, server).run()
}

/// The number of grants. Asserts that each grant has a different id.
fn distinct_grants(server: &Server) -> usize {
    let grants = server.grants();
    let ids: HashSet<String> = grants.iter().map(|grant| grant["jti"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), grants.len(), "a grant was sent twice: {grants:?}");
    ids.len()
}

/// A request for a system user, as Altinn returns it.
fn asked_for() -> serde_json::Value {
    serde_json::json!({
        "id": "c48d1e6f-97b2-4c0a-a3d8-2b5f7e9a1c04",
        "systemId": "991825827_smartcloud",
        "partyOrgNo": "312600757",
        "rights": [],
        "status": "New",
    })
}

/// The number of requests other than grants.
fn calls(server: &Server) -> usize {
    server.requests().iter().filter(|request| request.target != "/token").count()
}

/// An answer that ends before its body is complete.
fn cut_off(status: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{{\"acc")
}

#[test]
fn an_unanswered_grant_is_followed_by_two_new_grants() {
    let nothing = String::new();
    thread::scope(|at_once| {
        for (answer, says) in [
            (empty("408 Request Timeout"), "status 408"),
            (empty("429 Too Many Requests"), "status 429"),
            (empty("502 Bad Gateway"), "status 502"),
            (empty(UNAVAILABLE), "status 503"),
            (empty("504 Gateway Timeout"), "status 504"),
            (nothing, "no complete HTTP response"),
            (cut_off("200 OK"), "the response was cut off"),
        ] {
            at_once.spawn(move || {
                let server = Server::start(in_turn(usize::MAX, answer, String::new()));
                let run = run("token", &server);
                assert_eq!((run.code, run.out.as_str()), (6, ""), "{}", run.err);
                assert!(run.err.contains(says), "{says}: {}", run.err);
                assert_eq!(distinct_grants(&server), 3, "{says}");
            });
        }
    });
}

#[test]
fn the_first_answer_ends_the_retries() {
    for failures in [1, 2] {
        let server = Server::start(in_turn(failures, empty(UNAVAILABLE), opaque_token()));
        run("token", &server).succeeds("opaque-token\n");
        assert_eq!(distinct_grants(&server), failures + 1);
    }
    let refused = json("400 Bad Request", r#"{"error":"invalid_grant","error_description":"no"}"#);
    let server = Server::start(in_turn(1, empty(UNAVAILABLE), refused));
    let run = run("token", &server);
    assert_eq!(run.code, 4, "{}", run.err);
    assert_eq!(distinct_grants(&server), 2);
}

#[test]
fn a_definite_answer_is_not_retried() {
    for answer in [
        json("400 Bad Request", r#"{"error":"invalid_grant"}"#),
        empty("401 Unauthorized"),
        empty("500 Internal Server Error"),
        empty("501 Not Implemented"),
        empty("302 Found\r\nLocation: /elsewhere"),
        response("200 OK", "text/html", "<html>"),
        json("200 OK", "{}"),
        empty("204 No Content"),
        "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n".to_owned(),
        cut_off("400 Bad Request"),
        cut_off("500 Internal Server Error"),
        // An answer that cannot be parsed may still be a refusal.
        "HTTP/1.1 400 Bad Request\r\nA: b\u{1}c\r\n\r\n".to_owned(),
        "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n".to_owned(),
        "220 mail.example ESMTP\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n{}\r\n0\r\n\r\n".to_owned(),
        json("206 Partial Content", "{\"access_token\":\"part\",\"expires_in\":9}"),
        "HTTP/1.1 304 Not Modified\r\n\r\n".to_owned(),
    ] {
        let server = Server::start(in_turn(usize::MAX, answer.clone(), String::new()));
        let run = run("token", &server);
        assert!(matches!(run.code, 4 | 6), "{}", run.err);
        assert_eq!(distinct_grants(&server), 1, "{answer}");
    }
}

#[test]
fn verbose_shows_every_attempt() {
    let server = Server::start(in_turn(2, empty("429 Too Many Requests"), opaque_token()));
    let run = run("token --verbose", &server);
    assert_eq!(run.code, 0, "{}", run.err);
    let steps: Vec<&str> = run.err.lines().filter_map(|line| line.split("  ").next()).collect();
    let count = |step: &str| steps.iter().filter(|printed| **printed == step).count();
    assert_eq!((count("grant"), count("post"), count("response"), count("retry")), (3, 3, 3, 2), "{}", run.err);
    assert!(run.err.contains("retry          in 250 ms\ngrant "), "{}", run.err);
    assert!(run.err.contains("retry          in 1 s\ngrant "), "{}", run.err);

    let server = Server::vendor(in_turn(1, empty(UNAVAILABLE), json("200 OK", &system().to_string())));
    let run = vendor("system show --verbose", &server).run();
    assert_eq!(run.code, 0, "{}", run.err);
    let output = without_chance(&run.err);
    let address = "http://127.0.0.1:PORT/authentication/api/v1/systemregister/vendor/991825827_smartcloud";
    assert!(
        output.contains(&format!("get            {address}\nresponse       503\nretry          in 250 ms\nget            {address}\nresponse       200 in ")),
        "{output}"
    );
}

#[test]
fn the_client_waits_as_long_as_retry_after_says() {
    let late = "Date: Mon, 23 Nov 2026 04:00:00 GMT\r\nRetry-After: Mon, 23 Nov 2026 04:00:02 GMT";
    // The obsolete forms (RFC 9110, section 5.6.7).
    let rfc850 = "Date: Monday, 23-Nov-26 04:00:00 GMT\r\nRetry-After: Monday, 23-Nov-26 04:00:02 GMT";
    let asctime = "Date: Sun Nov  1 04:00:00 2026\r\nRetry-After: Sun Nov  1 04:00:02 2026";
    let check = |header: &str, seconds: u64| {
        let busy = empty(&format!("{UNAVAILABLE}\r\n{header}"));
        let server = Server::start(in_turn(1, busy, opaque_token()));
        let begun = Instant::now();
        run("token", &server).succeeds("opaque-token\n");
        assert!(begun.elapsed() >= Duration::from_secs(seconds), "{header}");
        assert_eq!(distinct_grants(&server), 2, "{header}");
    };
    let headers =
        [("Retry-After: 1", 1), (late, 2), (rfc850, 2), (asctime, 2), ("Retry-After: soon", 0), ("Retry-After: -9", 0)];
    std::thread::scope(|scope| {
        for (header, seconds) in headers {
            scope.spawn(move || check(header, seconds));
        }
    });
}

#[test]
fn a_retry_after_beyond_the_timeout_ends_the_retries() {
    for after in ["30", "120", "18446744073709551615", "18446744073709551616", &"9".repeat(300)] {
        let busy = empty(&format!("429 Too Many Requests\r\nRetry-After: {after}"));
        let server = Server::start(in_turn(usize::MAX, busy, String::new()));
        let run = run("token", &server);
        assert_eq!(run.code, 6);
        assert!(run.err.contains("\nhint: the server asks clients to wait "), "{}", run.err);
        assert_eq!(distinct_grants(&server), 1, "{after}");
    }
    let busy = empty("429 Too Many Requests\r\nRetry-After: 120");
    let server = Server::start(in_turn(usize::MAX, busy, String::new()));
    run("token", &server).fails(
        6,
        "error: no usable response from `http://127.0.0.1:PORT/token`: status 429\nhint: the server asks clients to \
         wait 2 min\n",
    );
}

#[test]
fn the_timeout_covers_all_attempts() {
    // The client does not start to wait if the wait would exceed the timeout.
    let server = Server::start(in_turn(usize::MAX, empty(UNAVAILABLE), String::new()));
    let begun = Instant::now();
    run("token --timeout 1", &server)
        .fails(6, "error: no usable response from `http://127.0.0.1:PORT/token`: status 503\n");
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!(distinct_grants(&server), 2);
}

#[test]
fn an_attempt_that_times_out_keeps_the_message_of_the_attempt_before() {
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (held, asked) = (std::sync::Mutex::new(held), AtomicUsize::new(0));
    let server = Server::start(move |_| {
        if asked.fetch_add(1, Ordering::SeqCst) > 0 {
            let _ = held.lock().unwrap().recv();
        }
        empty(UNAVAILABLE)
    });
    let begun = Instant::now();
    let run = run("token --timeout 2 --verbose", &server);
    let taken = begun.elapsed();
    drop(release);
    assert!((Duration::from_secs(2)..Duration::from_secs(4)).contains(&taken), "{taken:?}");
    let error = run.err.find("error: ").unwrap();
    assert_eq!(
        without_chance(&run.err[error..]),
        "error: no usable response from `http://127.0.0.1:PORT/token`: status 503\n"
    );
    assert!(run.err.contains("\nresponse       none in "), "{}", run.err);
    assert_eq!(run.err.matches("\ngrant ").count(), 2, "{}", run.err);
}

#[test]
fn a_call_is_tried_again_with_the_same_token() {
    for answer in [empty(UNAVAILABLE), String::new(), cut_off("200 OK")] {
        let server = Server::with_token(in_turn(1, answer.clone(), json("200 OK", "{\"a\":1}")));
        run("call orders", &server).succeeds("{\n  \"a\": 1\n}\n");
        assert_eq!((distinct_grants(&server), calls(&server)), (1, 2), "{answer}");
    }
    let server = Server::with_token(|_| empty("500 Internal Server Error"));
    assert_eq!(run("call orders", &server).code, 6);
    assert_eq!(calls(&server), 1);
}

#[test]
fn a_list_continues_at_the_page_that_failed() {
    let user =
        |id: &str| format!("{{\"id\":\"{id}\",\"systemId\":\"991825827_smartcloud\",\"userType\":\"standard\"}}");
    let first = format!(
        "{{\"links\":{{\"next\":\"http://inside/?token=2\"}},\"data\":[{}]}}",
        user("d6a1d5a4-2d58-4b0f-9c3b-7e1f0c7a4e01")
    );
    let second = format!("{{\"links\":{{}},\"data\":[{}]}}", user("d6a1d5a4-2d58-4b0f-9c3b-7e1f0c7a4e02"));
    let answers = [json("200 OK", &first), empty("502 Bad Gateway"), json("200 OK", &second)];
    let server = Server::vendor_in_turn(answers);
    let run = run("user list", &server);
    assert_eq!(run.code, 0, "{}", run.err);
    let targets: Vec<String> = server.requests().into_iter().skip(1).map(|request| request.target).collect();
    assert_eq!(targets.len(), 3);
    assert!(targets[1].ends_with("?token=2") && targets[2] == targets[1], "{targets:?}");
}

#[test]
fn a_change_that_altinn_may_have_made_is_not_sent_again() {
    let creates = "request create 312600757 --right ttd_systembruker-salary";
    for (arguments, answer) in [
        (creates, empty(UNAVAILABLE)),
        (creates, empty("408 Request Timeout")),
        (creates, empty("502 Bad Gateway")),
        (creates, empty("504 Gateway Timeout")),
        (creates, String::new()),
        (creates, cut_off("201 Created")),
        ("request delete c48d1e6f-97b2-4c0a-a3d8-2b5f7e9a1c04", empty(UNAVAILABLE)),
        ("system register s.json", empty(UNAVAILABLE)),
        ("system update other.json", empty("502 Bad Gateway")),
        ("system delete --yes", String::new()),
    ] {
        let answered = answer.clone();
        let server = Server::vendor(move |request| match request.method.as_str() {
            "GET" if request.target.contains("systemregister") => json("200 OK", &system().to_string()),
            "GET" => json("200 OK", &asked_for().to_string()),
            _ => answered.clone(),
        });
        let run = vendor(arguments, &server).file("s.json", system().to_string());
        let run = run.file("other.json", system().to_string().replace("Regnskap", "Annet")).run();
        assert_eq!(run.code, 6, "{arguments}: {}", run.err);
        assert!(
            run.err.contains("\nhint: before you retry, check whether the server has carried out the request"),
            "{arguments}: {}",
            run.err
        );
        let changes =
            server.requests().into_iter().filter(|request| request.method != "GET" && request.target != "/token");
        assert_eq!(changes.count(), 1, "{arguments}: {answer}");
    }
}

#[test]
fn a_change_that_altinn_cannot_have_made_is_sent_again() {
    let creates = "request create 312600757 --right ttd_systembruker-salary";
    let server = Server::vendor(in_turn(usize::MAX, empty("429 Too Many Requests"), String::new()));
    assert_eq!(run(creates, &server).code, 6);
    assert_eq!(calls(&server), 3);

    let server = Server::start(|_| opaque_token());
    let configuration = server
        .vendor_configuration()
        .replace(&format!("altinn = \"{}\"", server.url()), &format!("altinn = \"{}\"", nobody()));
    let run = program(creates).args("--env test --verbose").file("config/test.toml", configuration).run();
    assert_eq!(run.code, 6, "{}", run.err);
    assert_eq!(run.err.matches("\nretry ").count(), 2, "{}", run.err);
    assert_eq!(run.err.matches("\npost ").count(), 4, "{}", run.err);
}
