//! Proxies that environment variables name.

use std::ffi::OsString;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::wire::{Connection, Wire};
use super::{Call, TIMEOUT, TOKEN, at_once, no_answer, outcome, shows_no_secret, tls, token_answer};
use crate::program::{Program, Run};
use crate::secrets::shows_none;
use crate::server::{json, nobody, response};

/// The server's URL as the client sees it. The host does not exist in DNS.
const SERVER: &str = "https://maskinporten.example/";

/// The user name and password for the proxy, in all forms in which they could be printed.
const CREDENTIALS: &str = "name:p%40ss-word-of-the-proxy";
fn credentials() -> Vec<String> {
    let plain = "name:p@ss-word-of-the-proxy";
    [CREDENTIALS.to_owned(), plain.to_owned(), STANDARD.encode(plain)]
        .into_iter()
        .chain([CREDENTIALS, plain].map(|text| text[5..].to_owned()))
        .collect()
}

fn program(call: Call) -> Program {
    call.program(SERVER, SERVER, TIMEOUT).var("SSL_CERT_FILE", tls::roots())
}

/// A server for Maskinporten and an API under the same host name.
fn server() -> Wire {
    let tls = tls::TRUSTED.server(tls::certificate(&["maskinporten.example"], tls::NOW));
    Wire::answering_tls(tls, |request| match request.target.as_str() {
        "/token" => token_answer(&TOKEN).into_bytes(),
        _ => json("200 OK", r#"{"fine":true}"#).into_bytes(),
    })
}

/// A proxy that opens a tunnel to this server for every host name.
pub(super) fn tunnel(server: &Wire) -> Wire {
    let address = server.address;
    Wire::start(move |mut connection| {
        if connection.request().is_some() {
            connection.send("HTTP/1.1 200 Connection established\r\n\r\n");
            connection.tunnel_to(address);
        }
    })
}

/// The requests to a proxy: the target and the credentials.
fn asked(proxy: &Wire) -> Vec<(String, Option<String>)> {
    let requests = proxy.requests().into_iter();
    let asked = requests.map(|request| {
        assert!(request.method == "CONNECT" && request.header("authorization").is_none() && request.body.is_empty());
        (request.target.clone(), request.header("proxy-authorization").map(str::to_owned))
    });
    asked.collect()
}

#[test]
fn a_proxy_opens_a_tunnel_and_cannot_read_the_traffic() {
    for (variable, scheme) in [
        ("HTTPS_PROXY", "http://"),
        ("https_proxy", "http://"),
        ("ALL_PROXY", "http://"),
        ("all_proxy", "http://"),
        ("HTTPS_PROXY", ""),
    ] {
        let server = server();
        let proxy = tunnel(&server);
        let named = format!("{scheme}{}", proxy.address);
        let run = program(Call::Orders).var(variable, named).run();
        run.succeeds("{\n  \"fine\": true\n}\n");
        shows_no_secret(&run.err, &[&server]);
        let paths: Vec<String> = server.requests().into_iter().map(|request| request.target).collect();
        assert_eq!(paths, ["/token", "/orders/210493352"], "{variable}");
        assert!(asked(&proxy).iter().all(|asked| *asked == ("maskinporten.example:443".to_owned(), None)));
    }
}

#[test]
fn credentials_in_a_proxys_url_are_sent_to_the_proxy_only() {
    let server = server();
    let proxy = tunnel(&server);
    let run = program(Call::Token).var("HTTPS_PROXY", format!("http://{CREDENTIALS}@{}/", proxy.address)).run();
    run.succeeds(&format!("{}\n", *TOKEN));
    shows_none(&run.err, &credentials());
    let basic = format!("Basic {}", STANDARD.encode("name:p@ss-word-of-the-proxy"));
    assert_eq!(asked(&proxy), [("maskinporten.example:443".to_owned(), Some(basic))]);
    assert!(server.requests().iter().all(|request| request.header("proxy-authorization").is_none()));
}

#[test]
fn a_host_in_no_proxy_is_contacted_without_a_proxy() {
    let exceptions = [
        ("NO_PROXY", "maskinporten.example"),
        ("no_proxy", "maskinporten.example"),
        ("NO_PROXY", "other.example, .example"),
        ("NO_PROXY", "*"),
    ];
    at_once(exceptions, |(variable, excepted)| {
        let proxy = Wire::start(|_| {});
        let program = program(Call::Token).var("HTTPS_PROXY", proxy.url()).var(variable, excepted);
        let message = "cannot resolve the host name `maskinporten.example`\n\
            hint: NO_PROXY excludes this host from the proxy set by HTTPS_PROXY: is the host unreachable without the \
            proxy?";
        assert_eq!(outcome(&program, TIMEOUT, &[]), no_answer(Call::Token, SERVER, message), "{variable}={excepted}");
        assert_eq!(proxy.connections(), 0);
    });
    // An exception for another host has no effect.
    let server = server();
    let proxy = tunnel(&server);
    let program = program(Call::Token).var("HTTPS_PROXY", proxy.url()).var("NO_PROXY", "porten.example,10.0.0.0/8");
    program.run().succeeds(&format!("{}\n", *TOKEN));
    assert_eq!(proxy.connections(), 1);
}

#[test]
fn no_proxy_is_used_for_this_machine_over_tls() {
    let proxy = Wire::start(|_| {});
    for host in ["127.0.0.1", "localhost"] {
        let server = Wire::answering_tls(tls::here_now(), |_| token_answer(&TOKEN).into_bytes());
        let url = server.url().replace("127.0.0.1", host);
        let program = Call::Token.program(&url, &url, TIMEOUT).var("SSL_CERT_FILE", tls::roots());
        let variables = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "ALL_PROXY"];
        let program = variables.into_iter().fold(program, |program, name| program.var(name, proxy.url()));
        program.run().succeeds(&format!("{}\n", *TOKEN));
    }
    assert_eq!(proxy.connections(), 0);
}

#[test]
fn a_proxy_that_opens_no_tunnel_is_named_as_the_proxy() {
    let names = "\nhint: the proxy is set by HTTPS_PROXY: is it not running, or does it block this host?";
    let html = |status: &'static str| {
        move |mut connection: Connection| {
            connection.request();
            connection.send(response(status, "text/html", "<html>who are you?</html>"));
        }
    };
    let proxies: [(Wire, u64, String); 8] = [
        (
            Wire::start(html("407 Proxy Authentication Required")),
            TIMEOUT,
            "the proxy requires a user name and a password\n\
             hint: set HTTPS_PROXY to http://NAME:PASSWORD@HOST:PORT, and write characters other than letters and \
             digits as %XX"
                .to_owned(),
        ),
        (Wire::start(html("403 Forbidden")), TIMEOUT, format!("the proxy refuses the connection{names}")),
        (
            Wire::start(html("302 Found\r\nLocation: https://login.example/")),
            TIMEOUT,
            format!("the proxy refuses the connection{names}"),
        ),
        (
            Wire::start(|mut connection| {
                connection.hear();
                connection.send("SSH-2.0-OpenSSH_9.2p1\r\n");
            }),
            TIMEOUT,
            format!("the proxy refuses the connection{names}"),
        ),
        (Wire::start(|mut connection| connection.hear()), TIMEOUT, format!("the proxy closed the connection{names}")),
        (
            Wire::start(|mut connection| {
                connection.hear();
                connection.reset();
            }),
            TIMEOUT,
            format!("the connection to the proxy failed: Connection reset by peer{names}"),
        ),
        (
            Wire::start(|mut connection| {
                connection.request();
                connection.send(format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(10_000)));
                connection.wait_for_its_end();
            }),
            TIMEOUT,
            format!("the proxy's response is not valid HTTP{names}"),
        ),
        (
            Wire::start(|mut connection| connection.wait_for_its_end()),
            1,
            "the connection timed out\n\
             hint: the connection uses the proxy set by HTTPS_PROXY: is the proxy not running?"
                .to_owned(),
        ),
    ];
    at_once(proxies, |(proxy, timeout, message)| {
        let named = format!("http://{CREDENTIALS}@{}", proxy.address);
        let program = Call::Token.program(SERVER, SERVER, timeout).var("HTTPS_PROXY", named);
        let (code, output) = outcome(&program.var("SSL_CERT_FILE", tls::roots()), timeout, &[]);
        shows_none(&output, &credentials());
        assert_eq!((code, output), no_answer(Call::Token, SERVER, &message));
    });
    let nowhere = [
        (nobody(), "the connection to the proxy failed: Connection refused"),
        ("http://proxy.invalid:8080".to_owned(), "cannot resolve the host name of the proxy"),
        ("socks5://127.0.0.1:1080".to_owned(), "the connection to the proxy failed: unsupported scheme socks5"),
    ];
    at_once(nowhere, |(named, message)| {
        let message = format!("{message}{names}");
        let program = program(Call::Token).var("HTTPS_PROXY", named);
        assert_eq!(outcome(&program, TIMEOUT, &[]), no_answer(Call::Token, SERVER, &message));
    });
}

#[test]
fn a_proxy_that_interferes_with_tls_is_reported_like_a_faulty_server() {
    let certificate = |authority: &tls::Authority, name| authority.server(tls::certificate(&[name], tls::NOW));
    let opening = |tls: Arc<rustls::ServerConfig>| Wire::start_tls(tls, |mut connection| drop(connection.request()));
    for (server, message) in [
        (
            opening(certificate(&tls::Authority::new("a proxy's"), "maskinporten.example")),
            "its certificate is not signed by a trusted authority\nhint: SSL_CERT_FILE replaces the operating \
             system's root certificates: does it lack a certificate, such as the root certificate of a proxy that \
             decrypts TLS?",
        ),
        (
            opening(certificate(&tls::TRUSTED, "login.example")),
            "its certificate is for `login.example`, not for this host\n\
             hint: is the URL wrong, or does a login page of this network respond in place of the server?",
        ),
    ] {
        let proxy = tunnel(&server);
        let program = program(Call::Token).var("HTTPS_PROXY", proxy.url());
        let message = format!("the TLS handshake failed: {message}");
        assert_eq!(outcome(&program, TIMEOUT, &[&server, &proxy]), no_answer(Call::Token, SERVER, &message));
        assert_eq!(server.requests().len(), 0);
    }
}

#[test]
fn an_invalid_proxy_value_is_warned_about_and_not_printed() {
    let warned = |variables: &[(&str, &str)]| -> Vec<String> {
        let program = variables
            .iter()
            .fold(program(Call::Token), |program, (name, value)| program.var(name, OsString::from(value)));
        let run: Run = program.run();
        shows_none(&run.err, &credentials());
        assert_eq!((run.code, run.out.as_str()), (6, ""), "{}", run.err);
        run.err.lines().filter(|line| line.starts_with("warning: ")).map(str::to_owned).collect()
    };
    let passed_over = |name: &str| {
        vec![format!(
            "warning: {name} is ignored, because it is not a valid proxy URL, such as http://proxy.example:8080"
        )]
    };
    let nobody = nobody();
    let password = format!("http://{CREDENTIALS}@");
    at_once(["http://", "not an address", "ftp://127.0.0.1:1", &password, "http://[::1"], |value| {
        for name in ["HTTPS_PROXY", "all_proxy"] {
            assert_eq!(warned(&[(name, value)]), passed_over(name), "{value}");
        }
    });
    assert_eq!(warned(&[("HTTPS_PROXY", &nobody), ("ALL_PROXY", "?")]), [""; 0]);
    assert_eq!(warned(&[("HTTPS_PROXY", ""), ("HTTP_PROXY", "?")]), [""; 0]);
    // No proxy is used for this machine.
    let server = Wire::answering(|_| token_answer(&TOKEN).into_bytes());
    let run = Call::Token.program(&server.url(), &server.url(), TIMEOUT).var("HTTPS_PROXY", "?").run();
    assert!(run.code == 0 && !run.err.contains("warning"), "{}", run.err);
}
