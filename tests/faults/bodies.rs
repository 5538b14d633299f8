//! Answers with status 200 but an unexpected body, and answers that are too large.

use std::sync::Arc;

use super::wire::{Connection, Wire};
use super::{
    Call, Case, HTTP, MEMORY, TIMEOUT, TOKEN, answer, bounded, configuration, hold, no_answer, refused, token_answer,
};
use crate::program::{Run, program};
use crate::server::response;

/// The message about an unexpected body. A configured API may return any body.
fn rubbish(call: Call, printed: &str, quoted: &str) -> (i32, String) {
    let quote = if quoted.is_empty() { String::new() } else { format!(": {quoted}") };
    let is_too_large = quoted == TOO_LONG;
    let (but, quote) = if is_too_large { ("it is too large for", String::new()) } else { ("not", quote) };
    let what = match call {
        Call::Orders => return (0, printed.to_owned()),
        Call::Token => return no_answer(call, HTTP, "status 200, but not a token response"),
        Call::Exchange => return no_answer(call, HTTP, "status 200, but not a token"),
        Call::Reference => format!("the JSON of this API{quote}"),
        Call::System => format!("a system{quote}"),
        Call::Users => format!("a page of a list{quote}"),
        Call::Change | Call::Create => format!("a request for a system user{quote}"),
    };
    no_answer(call, HTTP, &format!("status 200, but {but} {what}"))
}

/// An answer with this body, which need not be text.
fn with_body(status: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

#[test]
fn an_unexpected_body_is_quoted_from_its_beginning() {
    let bodies: [(&str, &str); 8] = [
        ("", "note: the response is empty: status 200\n"),
        ("null", "null\n"),
        ("[]", "[]\n"),
        ("{}", "{}\n"),
        ("[{}]", "[\n  {}\n]\n"),
        ("\"text\"", "\"text\"\n"),
        ("<html>sign in</html>", "<html>sign in</html>"),
        ("{\"error\":", "{\"error\":"),
    ];
    let cases = bodies.into_iter().flat_map(|(body, printed)| {
        let kind = if body.starts_with('<') { "text/html" } else { "application/json" };
        answer(body, response("200 OK", kind, body), |call| rubbish(call, printed, body))
    });
    // Control characters and binary bodies are tested apart, because a configured API's answer is printed.
    let odd: [(&[u8], &str); 3] = [
        (b"\x1b[2J\x07", "\\u{1b}[2J\\u{7}"),
        (b"{\"\x1b]0;title\x07\":1}", "{\"\\u{1b}]0;title\\u{7}\":1}"),
        (b"{\"a\":\"\xff\xfe\x80\"}", "{\"a\":\"\u{fffd}\u{fffd}\u{fffd}\"}"),
    ];
    let odd = odd.into_iter().flat_map(|(body, quoted)| {
        answer(quoted, with_body("200 OK", body), |call| rubbish(call, "", quoted))
            .into_iter()
            .filter(|case| case.call != Call::Orders)
    });
    hold(cases.chain(odd));
}

const TOO_LONG: &str = "[a text of more than 64 KiB]";

/// Just below the limit on the size of an answer.
const LARGE: usize = 8 * 1024 * 1024 - 64;

/// A large body: a beginning, an item repeated many times, and an end.
fn filled(begin: &str, one: &str, end: &str) -> Arc<[u8]> {
    let body = format!("{begin}{}{end}", one.repeat((LARGE - begin.len() - end.len()) / one.len()));
    body.into_bytes().into()
}

#[test]
fn large_or_deeply_nested_answers_stay_within_the_memory_limit() {
    let nested = |open: &str, close: &str| -> Arc<[u8]> {
        format!("{}0{}", open.repeat(200_000), close.repeat(200_000)).into_bytes().into()
    };
    let distinct: String = (0..LARGE / 11).map(|nth| format!("\"{nth:06}\":0,")).collect();
    let bodies: [(&str, Arc<[u8]>); 11] = [
        ("arrays 200,000 deep", nested("[", "]")),
        ("objects 200,000 deep", nested("{\"a\":", "}")),
        ("a list of empty arrays", filled("[", "[],", "[]]")),
        ("a list of empty objects", filled("[", "{},", "{}]")),
        ("a repeated member", filled("{", "\"a\":0,", "\"a\":0}")),
        ("ever another member", format!("{{{distinct}\"a\":0}}").into_bytes().into()),
        ("a page of numbers", filled("{\"data\":[", "0,", "0]}")),
        ("a member of arrays", filled("{\"systemuser_id\":[", "[],", "[]],\"id\":\"a\",\"status\":\"New\"}")),
        ("a text", filled("\"", "x", "\"")),
        ("a token", filled("{\"expires_in\":5,\"access_token\":\"", "x", "\"}")),
        ("not UTF-8", vec![0xff; LARGE].into()),
    ];
    let cases = bodies.into_iter().flat_map(|(fault, body)| {
        let case = move |(status, call): (&'static str, Call)| {
            let expected = match status {
                "200 OK" => rubbish(call, "", TOO_LONG),
                "400 Bad Request" => refused(call, TOO_LONG),
                _ => no_answer(call, HTTP, &format!("status 500: {TOO_LONG}")),
            };
            let body = body.clone();
            let server = move || {
                let body = body.clone();
                Wire::answering(move |_| with_body(status, &body))
            };
            Case::new(&format!("{status}: {fault}"), call, server, expected)
        };
        let of_no_use = ["400 Bad Request", "500 Internal Server Error"].map(|status| (status, Call::Token));
        let calls = Call::ALL.into_iter().filter(|call| *call != Call::Orders).map(|call| ("200 OK", call));
        calls.chain(of_no_use).chain([("400 Bad Request", Call::System)]).map(case)
    });
    hold(cases);
}

/// The answer of a configured API goes to stdout unchanged.
#[test]
fn a_large_answer_is_printed_unchanged_within_the_memory_limit() {
    let body = filled("[", "[],", "[]]");
    let server = Wire::answering({
        let body = body.clone();
        move |request| match request.target.as_str() {
            "/token" => token_answer(&TOKEN).into_bytes(),
            _ => with_body("200 OK", &body),
        }
    });
    let program = || Call::Orders.program(&server.url(), &server.url(), TIMEOUT);
    let run = Run::of(&mut bounded(&program(), MEMORY));
    assert!(run.code == 0 && run.out.as_bytes() == &*body, "{}", run.err);
    // With less memory than the answer needs, the program is killed, so the limit works.
    if cfg!(target_os = "linux") {
        let run = Run::of(&mut bounded(&program(), 8 * 1024));
        assert!(run.code == -1 && run.out.is_empty() && run.err.contains("memory allocation"), "{}", run.err);
    }
}

/// A body of 1 GiB, of which the client reads only a part.
fn endless(status: &'static str, chunked: bool) -> impl Fn(Connection) + Clone {
    const GIB: usize = 1024 * 1024 * 1024;
    move |mut connection: Connection| {
        if connection.request().is_none() {
            return;
        }
        let head = if chunked { "Transfer-Encoding: chunked".to_owned() } else { format!("Content-Length: {GIB}") };
        connection.send(format!("HTTP/1.1 {status}\r\n{head}\r\n\r\n"));
        let piece = [if chunked { "10000\r\n" } else { "" }, &"x".repeat(0x10000), if chunked { "\r\n" } else { "" }];
        let piece = piece.concat();
        let sent = (0..GIB / 0x10000).take_while(|_| connection.send(&piece)).count();
        assert!(sent < 1000, "the client took {sent} pieces of 64 KiB");
    }
}

#[test]
fn an_endless_answer_is_cut_off() {
    let cases = ["200 OK", "400 Bad Request", "503 Service Unavailable", "302 Found"].into_iter().flat_map(|status| {
        [true, false].into_iter().flat_map(move |chunked| {
            let case = move |call| {
                let server = move || Wire::start(endless(status, chunked));
                let fault = format!("{status}, 1 GiB{}", if chunked { " in chunks" } else { "" });
                // For an error, only the status matters.
                let expected = match status {
                    "200 OK" => no_answer(call, HTTP, "the response is larger than 8 MiB"),
                    "400 Bad Request" => refused(call, TOO_LONG),
                    "302 Found" => no_answer(call, HTTP, "status 302 is a redirect, which is not followed"),
                    _ => no_answer(call, HTTP, &format!("status 503: {TOO_LONG}")),
                };
                Case::new(&fault, call, server, expected)
            };
            Call::ALL.into_iter().filter(move |call| status == "200 OK" || *call == Call::Token).map(case)
        })
    });
    hold(cases);
}

#[test]
fn a_refusal_with_an_endless_body_keeps_its_status() {
    for status in ["401 Unauthorized", "403 Forbidden"] {
        for (call, chunked) in [(Call::Token, true), (Call::Orders, true), (Call::Orders, false), (Call::System, true)]
        {
            let server = Wire::start(endless(status, chunked));
            let maskinporten = Wire::answering(|_| token_answer(&TOKEN).into_bytes());
            let program = call.program(&server.url(), &maskinporten.url(), TIMEOUT);
            let run = Run::of(&mut bounded(&program, MEMORY));
            let message = match call {
                Call::Token => format!("status {} from `{}token`\n  \"{TOO_LONG}\"\n", &status[..3], server.url()),
                _ => format!("returned status {}: {TOO_LONG}\n", &status[..3]),
            };
            let code = if call == Call::Token { 4 } else { 5 };
            assert!(run.code == code && run.err.contains(&message), "{call:?}: {}: {}", run.code, run.err);
        }
    }
}

/// The System Register's list has no pages.
#[test]
fn a_list_of_thousands_is_read_within_the_memory_limit() {
    let plain = |nth: usize| {
        let rest = r#""rights":[],"accessPackages":[],"isVisible":false"#;
        format!(r#"{{"systemId":"991825827_s{nth:05}","name":{{"nb":"System {nth}"}},{rest}}}"#)
    };
    let full = |nth: usize| {
        let rights = r#"[{"resource":[{"id":"urn:altinn:resource","value":"ttd_systembruker-salary"}]}]"#;
        let rest = r#""systemVendorOrgNumber":"991825827","systemVendorOrgName":"","isVisible":true"#;
        format!(
            r#"{{"systemId":"991825827_s{nth:05}","name":{{"nb":"System {nth}","nn":"System","en":"System"}},"description":{{"nb":"Regnskap"}},"rights":{rights},"accessPackages":[{{"urn":"urn:altinn:accesspackage:lonn"}}],{rest}}}"#
        )
    };
    let user = |nth: usize| format!(r#"{{"id":"{nth:05}","systemId":"991825827_smartcloud","userType":"standard"}}"#);
    let party = |nth: usize| {
        let rest = r#""partyId":1,"type":"Organization","isDeleted":false,"authorizedRoles":[],"subunits":[]"#;
        format!(r#"{{"partyUuid":"{nth:05}","authorizedAccessPackages":["urn:altinn:accesspackage:lonn"],{rest}}}"#)
    };
    let joined = |row: &dyn Fn(usize) -> String| (0..9_000).map(row).collect::<Vec<_>>().join(",");
    let lists = [
        ("system list", format!("[{}]", joined(&plain))),
        ("system list", format!("[{}]", joined(&full))),
        ("user list", format!(r#"{{"links":{{}},"data":[{}]}}"#, joined(&user))),
        ("user access", format!(r#"{{"links":{{}},"data":[[{}]]}}"#, joined(&party))),
    ];
    for (command, list) in lists {
        let server = Wire::answering(move |request| match request.target.as_str() {
            "/token" => token_answer(&TOKEN).into_bytes(),
            EXCHANGE => with_body("200 OK", TOKEN.as_bytes()),
            _ => with_body("200 OK", list.as_bytes()),
        });
        let file = configuration(&server.url(), &server.url());
        let run = |options: &str| {
            let program = program(command).args("--env test").args(options).file("config/test.toml", &file);
            Run::of(&mut bounded(&program, MEMORY))
        };
        let table = run("");
        assert_eq!((table.code, table.out.lines().count()), (0, 9_001), "{}", table.err);
        let json: Vec<serde_json::Value> = serde_json::from_str(&run("--json").out).unwrap();
        assert_eq!(json.len(), 9_000);
    }
}

const EXCHANGE: &str = "/authentication/api/v1/exchange/maskinporten";

/// Subunits have subunits, so this shape is recursive.
#[test]
fn nested_subunits_stay_within_the_memory_limit_and_a_hundred_levels_are_refused() {
    let nested = |levels: usize| {
        let party = r#"{"partyUuid":"a","organizationNumber":"1","subunits":["#;
        format!(r#"{{"data":[{}{}]}}"#, party.repeat(levels), "]}".repeat(levels))
    };
    let run = |body: String, options: &str| {
        let server = Wire::answering(move |request| match request.target.as_str() {
            "/token" => token_answer(&TOKEN).into_bytes(),
            EXCHANGE => with_body("200 OK", TOKEN.as_bytes()),
            _ => with_body("200 OK", body.as_bytes()),
        });
        let file = configuration(&server.url(), &server.url());
        let program = program("user access --env test").args(options).file("config/test.toml", file);
        Run::of(&mut bounded(&program, MEMORY))
    };
    for options in ["", "--json", "--package a"] {
        let deepest = run(nested(60), options);
        let is_filtered = options.contains("package");
        assert_eq!(
            (deepest.code, deepest.out.is_empty()),
            (if is_filtered { 5 } else { 0 }, is_filtered),
            "{}",
            deepest.err
        );
        for levels in [100, 50_000] {
            let refused = run(nested(levels), options);
            assert!(refused.code == 6 && refused.out.is_empty(), "{levels}: {}", refused.err);
        }
    }
    let wide =
        format!(r#"{{"data":[{{"partyUuid":"a","subunits":[{}]}}]}}"#, [r#"{"partyUuid":"b"}"#; 100_000].join(","));
    let nested_arrays = format!(r#"{{"data":{}{}}}"#, "[".repeat(200_000), "]".repeat(200_000));
    for body in [wide, nested_arrays, format!(r#"{{"data":[[{}0]]}}"#, "0,".repeat(2_000_000))] {
        let refused = run(body, "");
        assert!(refused.code == 6 && refused.out.is_empty(), "{}", refused.err);
    }
}

/// Rows that are nearly empty take many times the memory of their text.
#[test]
fn a_list_with_too_many_rows_is_refused() {
    let list = |rows: usize| {
        let rows = vec![r#"{"systemId":"","name":{"":""}}"#; rows].join(",");
        let server = Wire::answering(move |request| match request.target.as_str() {
            "/token" => token_answer(&TOKEN).into_bytes(),
            _ => with_body("200 OK", format!("[{rows}]").as_bytes()),
        });
        let file = configuration(&server.url(), &server.url());
        let program = program("system list --env test").file("config/test.toml", file);
        Run::of(&mut bounded(&program, MEMORY))
    };
    let (most, more) = (list(25_000), list(25_001));
    assert_eq!((most.code, most.out.lines().count()), (0, 25_001), "{}", most.err);
    let message = "status 200, but it is too large for a list of systems\n";
    assert!(more.code == 6 && more.err.contains(message), "{}", more.err);
}

#[test]
fn an_unprintable_row_is_refused_before_anything_is_printed() {
    let odd = |json: &str| format!(r#"[{{"systemId":"a","more":{json}}}]"#);
    for list in [odd(r#""\ud800""#), odd(&format!("{}{}", "[".repeat(200), "]".repeat(200)))] {
        for command in ["system list", "system list --json"] {
            let body = list.clone();
            let server = Wire::answering(move |request| match request.target.as_str() {
                "/token" => token_answer(&TOKEN).into_bytes(),
                _ => with_body("200 OK", body.as_bytes()),
            });
            let file = configuration(&server.url(), &server.url());
            let run = program(command).args("--env test").file("config/test.toml", file).run();
            assert!(run.code == 6 && run.err.contains("status 200, but not a list of systems"), "{}", run.err);
        }
    }
}

/// A malformed row is not reported as a list that is too long.
#[test]
fn a_malformed_row_in_a_long_list_is_reported() {
    let rows = vec!["{\"id\":\"a\",\"status\":\"New\"}"; 5_000].join(",");
    let server = Wire::answering(move |request| match request.target.as_str() {
        "/token" => token_answer(&TOKEN).into_bytes(),
        _ => with_body("200 OK", format!("{{\"data\":[{rows},5]}}").as_bytes()),
    });
    let program = Call::Users.program(&server.url(), &server.url(), TIMEOUT);
    let run = Run::of(&mut bounded(&program, MEMORY));
    assert!(run.code == 6 && run.err.contains("status 200, but not a system user\n"), "{}", run.err);
}
