//! Public documents: Maskinporten's metadata document, which `doctor` reads, and its keys, with which `inspect`
//! verifies.

use super::wire::{Connection, Wire};
use super::{MEMORY, TOKEN, at_once, bounded, no_response, outcome, shows_no_secret, tls};
use crate::program::{Program, Run, data, program, without_chance};
use crate::server::{empty, json};

/// Neither command sends a secret, so a few faults are enough: silence, broken connections, wrong answers and large
/// answers.
fn faults() -> Vec<(&'static str, Wire, String, String)> {
    let answering = |answer: Vec<u8>| Wire::answering(move |_| answer.clone());
    let body = |body: String| answering(json("200 OK", &body).into_bytes());
    let is_not = |what: &str| {
        (format!("status 200, but not a metadata document{what}"), format!("status 200, but not a JWK set{what}"))
    };
    let same = |message: &str| (message.to_owned(), message.to_owned());
    let too_long = {
        let message = |what: &str| format!("status 200, but it is too large for a {what}");
        (message("metadata document"), message("JWK set"))
    };
    let large = 8 * 1024 * 1024 - 64;
    let faults = [
        (
            "silent",
            Wire::start(|mut connection| connection.wait_for_its_end()),
            same("the request took longer than 1 s"),
        ),
        (
            "reset",
            Wire::start(|mut connection| {
                connection.request();
                connection.reset();
            }),
            same("no complete HTTP response: Connection reset by peer"),
        ),
        ("500", answering(empty("500 Internal Server Error").into_bytes()), same("status 500")),
        (
            "a redirect",
            answering(empty("308 Permanent Redirect\r\nLocation: https://example.no/").into_bytes()),
            same("status 308 is a redirect to `https://example.no/`, which is not followed"),
        ),
        ("html", body("<html>\u{1b}[2J</html>".to_owned()), is_not(": <html>\\u{1b}[2J</html>")),
        ("an array", body("[]".to_owned()), is_not(": []")),
        ("nothing", body(String::new()), is_not("")),
        ("deep", body("{\"keys\":".repeat(200_000)), too_long.clone()),
        ("dense", body(format!("{{\"keys\":[{}0]}}", "{},".repeat(large / 3))), too_long),
        (
            "endless",
            Wire::start(|mut connection: Connection| {
                connection.request();
                connection.send("HTTP/1.1 200 OK\r\n\r\n");
                while connection.send([b' '; 0x10000]) {}
            }),
            same("the response is larger than 8 MiB"),
        ),
        (
            "expired",
            Wire::start_tls(tls::TRUSTED.server(tls::here([2020, 2021])), |mut connection| drop(connection.request())),
            same("the TLS handshake failed: its certificate has expired"),
        ),
    ];
    faults.into_iter().map(|(fault, server, (metadata, keys))| (fault, server, metadata, keys)).collect()
}

fn asking(command: &str, server: &Wire) -> Program {
    let url = server.url();
    let key = data("key.jwk.json");
    let file = format!(
        "environment = \"test\"\nclient_id = \"tests\"\nscope = \"a:b\"\norg = \"210493352\"\n[key]\npath = {key:?}\n\
         [endpoints]\nissuer = \"{url}\"\naltinn = \"{url}\"\nreference_api = \"{url}\"\n"
    );
    let program = program(command).args("--env test --timeout 1 --verbose").file("config/test.toml", file);
    program.var("SSL_CERT_FILE", tls::roots())
}

#[test]
fn missing_keys_verify_nothing() {
    at_once(faults(), |(fault, server, _, message)| {
        let (code, output) = outcome(&asking("inspect --verify", &server).arg(TOKEN.as_str()), 1, &[&server]);
        let address = without_chance(&server.url());
        let message = format!("error: {}\n", no_response(&format!("{address}jwk"), &message));
        assert!(code == 6 && output.starts_with(&message), "{fault}: {output}\n{message}");
    });
}

#[test]
fn a_missing_metadata_document_is_a_failed_step() {
    at_once(faults(), |(fault, server, message, _)| {
        let run = Run::of(&mut bounded(&asking("doctor", &server), MEMORY));
        shows_no_secret(&run.err, &[&server]);
        shows_no_secret(&run.out, &[&server]);
        let address = without_chance(&server.url());
        let address = format!("{address}.well-known/oauth-authorization-server");
        let message = format!("✗ metadata       {}\n", no_response(&address, &message));
        let out = without_chance(&run.out);
        assert!(matches!(run.code, 4 | 6) && out.contains(&message), "{fault}: {out}\n{message}");
    });
}
