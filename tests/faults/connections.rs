//! Connections that fail, break, or deliver nothing.

use std::thread;
use std::time::Duration;

#[cfg(all(unix, feature = "sandbox"))]
use super::at_once;
use super::wire::Connection;
use super::{Call, Case, HTTP, HTTPS, everywhere, hold, no_answer, token_answer};
#[cfg(all(unix, feature = "sandbox"))]
use crate::program::{Program, Run, program};
#[cfg(all(unix, feature = "sandbox"))]
use crate::server::Server;
use crate::server::{empty, nobody};

/// Reads the request, and then calls `act` with the connection.
fn asked(act: impl Fn(Connection) + Clone + Send + Sync + 'static) -> impl Fn(Connection) + Clone + Send + Sync {
    move |mut connection: Connection| {
        if connection.request().is_some() {
            act(connection);
        }
    }
}

/// Sends a part of an answer, and then resets or closes the connection.
fn partly(part: &'static str, reset: bool) -> impl Fn(Connection) + Clone + Send + Sync {
    asked(move |mut connection| {
        connection.send(part);
        if reset {
            connection.reset();
        }
    })
}

/// Otherwise the runtime would panic, the sandbox in the process would never accept the connection, and a file that
/// cannot be opened would look like a wrong configuration or key.
#[cfg(all(unix, feature = "sandbox"))]
#[test]
fn any_low_limit_on_open_files_is_reported() {
    let server = Server::with_token(|_| empty("204 No Content"));
    let vendor = server.vendor_configuration();
    let tls = vendor.replace("http://127.0.0.1:", "https://localhost:");
    let programs = || {
        let file = |arguments: &str, content: &str| program(arguments).file("config/test.toml", content);
        let certificates = file("token --env test --timeout 5", &tls).var("SSL_CERT_DIR", "/etc/ssl/certs");
        let inside =
            ["--version", "token", "call salary", "doctor", "system list", "key public", "explain"].map(program);
        let outside = ["token", "call orders", "doctor", "system list", "grant", "key public", "init", "user list"]
            .map(|command| file(&format!("{command} --env test"), &vendor));
        inside.into_iter().chain(outside).chain([certificates]).collect::<Vec<_>>()
    };
    // With a lower limit, the dynamic loader cannot open the C library.
    at_once(4..=30, |limit| programs().into_iter().for_each(|program| hold_limit(limit, &program)));
}

#[cfg(all(unix, feature = "sandbox"))]
fn hold_limit(limit: u32, program: &Program) {
    let mut limited = std::process::Command::new("/bin/sh");
    limited.arg("-c").arg(format!("ulimit -n {limit}; exec \"$0\" \"$@\""));
    let command = program.command();
    limited.arg(command.get_program()).args(command.get_args()).env_clear().current_dir(program.path(""));
    limited.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let run = Run::of(&mut limited);
    let end = ": Too many open files (os error 24)\nhint: raise the limit on open files, for example with `ulimit -n \
            1024`\n";
    let is_short = run.code == 1 && run.out.is_empty() && run.err.starts_with("error: cannot start the ");
    let is_reported = is_short && run.err.lines().count() == 2 && run.err.ends_with(end);
    let needs_runtime = !command.get_args().any(|argument| argument == "--version");
    assert!(!run.err.contains("TLS setup failed"), "{limit}: {run:?}");
    let expected = match limit {
        ..=11 => is_reported || !needs_runtime && run.code == 0,
        // The test runner's own open files count, too.
        12..=19 => is_reported || !["Too many", "took longer"].iter().any(|words| run.err.contains(words)),
        _ => !run.err.contains("Too many"),
    };
    assert!(expected, "{limit}, {command:?}: {run:?}");
}

const TOO_SLOW: &str = "the request took longer than 1 s\nhint: increase the time limit with --timeout";

#[test]
fn a_broken_connection_is_reported() {
    let reset = "no complete HTTP response: Connection reset by peer";
    let closed = "no complete HTTP response: connection closed before message completed";
    let broken = "the response was cut off";
    let (head, body) = ("HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"");
    let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{\"\r\n";
    hold(
        [
            everywhere("reset without a word", partly("", true), reset),
            everywhere("reset in the headers", partly(head, true), reset),
            everywhere("reset in the body", partly(body, true), broken),
            everywhere("reset in the chunks", partly(chunks, true), broken),
            everywhere("closed without a word", partly("", false), closed),
            everywhere("closed in the headers", partly(head, false), closed),
            everywhere("closed in the body", partly(body, false), broken),
            everywhere("closed in the chunks", partly(chunks, false), broken),
            everywhere(
                "another protocol",
                partly("SSH-2.0-OpenSSH_9.2p1\r\n", false),
                "the server does not speak HTTP",
            ),
            everywhere(
                "an invalid length",
                partly("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}", false),
                "the response is not valid HTTP: invalid content-length parsed",
            ),
        ]
        .into_iter()
        .flatten(),
    );
}

#[test]
fn malformed_chunks_are_not_valid_http() {
    for (fault, chunks, reason) in [
        ("no size", "x\r\n{}\r\n0\r\n\r\n", "Invalid chunk size line: missing size digit"),
        ("a size that overflows", "fffffffffffffffff\r\n{}", "invalid chunk size: overflow"),
        ("a chunk longer than its size", "1\r\n{}\r\n0\r\n\r\n", "Invalid chunk body CR"),
        ("a trailer without its line break", "2\r\n{}\r\n0\r\nx\ry", "Invalid trailer end LF"),
    ] {
        let response = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}").leak();
        let message = format!("the response is not valid HTTP: {reason}");
        hold(everywhere(fault, partly(response, false), &message));
    }
}

#[test]
fn a_slow_server_is_awaited_until_the_timeout() {
    let late = asked(|mut connection| {
        thread::sleep(Duration::from_millis(1500));
        connection.send(token_answer("late"));
    });
    let drip = asked(|mut connection| connection.drip(empty("200 OK").as_bytes()));
    let drip_body = asked(|mut connection| {
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
        connection.drip(&[b' '; 100]);
    });
    let cases = [
        everywhere("accepted and then silent", |mut connection| connection.wait_for_its_end(), TOO_SLOW),
        everywhere("silent when asked", asked(|mut connection| connection.wait_for_its_end()), TOO_SLOW),
        everywhere("a reply after the timeout", late, TOO_SLOW),
        everywhere("headers of a byte a second", drip, TOO_SLOW),
        everywhere("a body at one byte per second", drip_body, TOO_SLOW),
    ];
    hold(cases.into_iter().flatten().map(|case| case.within(1)));
}

#[test]
fn a_refused_connection_is_distinguished_from_an_unknown_host() {
    let sandbox = match cfg!(feature = "sandbox") {
        true => "is no sandbox running there? start one with `systemuser-demo sandbox --port PORT`",
        false => "is no server running there?",
    };
    let refused = |call, url: String, server, hint| {
        let message = format!("Connection refused\nhint: {hint}");
        Case::nowhere("connection refused", call, url, no_answer(call, server, &message))
    };
    let cases = Call::ALL.into_iter().flat_map(|call| {
        let unknown = "cannot resolve the host name `nobody.invalid`\n\
            hint: is this machine offline? if it needs a proxy, set HTTPS_PROXY";
        let url = "https://nobody.invalid/";
        [
            refused(call, nobody(), HTTP, sandbox),
            refused(call, nobody().replace("http:", "https:"), HTTPS, "is no server running there?"),
            Case::nowhere("name not resolved", call, url.to_owned(), no_answer(call, url, unknown)),
        ]
    });
    hold(cases);
}
