//! Proxies, by the variables that name them.

use std::ffi::OsString;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::wire::{Connection, Wire};
use super::{Call, PATIENCE, TOKEN, at_once, no_answer, outcome, shows_no_secret, tls, token_answer};
use crate::program::{Program, Run};
use crate::secrets::shows_none;
use crate::server::{json, nobody, response};

/// Where the servers are, as far as a client can tell. Nobody has this name.
const SERVER: &str = "https://maskinporten.example/";

/// The user's name and password at the proxy, and all the forms in which they could be shown.
const CREDENTIALS: &str = "name:p%40ss-word-of-the-proxy";
fn credentials() -> Vec<String> {
    let plain = "name:p@ss-word-of-the-proxy";
    [CREDENTIALS.to_owned(), plain.to_owned(), STANDARD.encode(plain)]
        .into_iter()
        .chain([CREDENTIALS, plain].map(|text| text[5..].to_owned()))
        .collect()
}

fn program(call: Call) -> Program {
    call.program(SERVER, SERVER, PATIENCE).var("SSL_CERT_FILE", tls::roots())
}

/// Maskinporten, and an API, at the same name.
fn server() -> Wire {
    let tls = tls::TRUSTED.server(tls::certificate(&["maskinporten.example"], tls::NOW));
    Wire::answering_tls(tls, |request| match request.target.as_str() {
        "/token" => token_answer(&TOKEN).into_bytes(),
        _ => json("200 OK", r#"{"fine":true}"#).into_bytes(),
    })
}

/// A proxy that makes a tunnel to a server, whatever the name.
fn tunnel(server: &Wire) -> Wire {
    let address = server.address;
    Wire::start(move |mut connection| {
        if connection.request().is_some() {
            connection.send("HTTP/1.1 200 Connection established\r\n\r\n");
            connection.tunnel_to(address);
        }
    })
}

/// What was asked of a proxy: where to, and with which credentials.
fn asked(proxy: &Wire) -> Vec<(String, Option<String>)> {
    let requests = proxy.requests().into_iter();
    let asked = requests.map(|request| {
        assert!(request.method == "CONNECT" && request.header("authorization").is_none() && request.body.is_empty());
        (request.target.clone(), request.header("proxy-authorization").map(str::to_owned))
    });
    asked.collect()
}

#[test]
fn a_proxy_is_asked_for_a_tunnel_and_sees_nothing_of_what_goes_through_it() {
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
fn a_name_and_a_password_in_a_proxys_address_are_for_the_proxy_alone() {
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
fn a_host_that_no_proxy_excepts_is_looked_for_without_one() {
    let exceptions = [
        ("NO_PROXY", "maskinporten.example"),
        ("no_proxy", "maskinporten.example"),
        ("NO_PROXY", "other.example, .example"),
        ("NO_PROXY", "*"),
    ];
    at_once(exceptions, |(variable, excepted)| {
        let proxy = Wire::start(|_| {});
        let program = program(Call::Token).var("HTTPS_PROXY", proxy.url()).var(variable, excepted);
        let said = "the name `maskinporten.example` was not found\n\
            hint: NO_PROXY excepts this host from the proxy that HTTPS_PROXY names: is there another way to it?";
        assert_eq!(outcome(&program, PATIENCE, &[]), no_answer(Call::Token, SERVER, said), "{variable}={excepted}");
        assert_eq!(proxy.connections(), 0);
    });
    // Another's exception is none.
    let server = server();
    let proxy = tunnel(&server);
    let program = program(Call::Token).var("HTTPS_PROXY", proxy.url()).var("NO_PROXY", "porten.example,10.0.0.0/8");
    program.run().succeeds(&format!("{}\n", *TOKEN));
    assert_eq!(proxy.connections(), 1);
}

#[test]
fn no_proxy_is_asked_for_this_machine_over_tls_either() {
    let proxy = Wire::start(|_| {});
    for host in ["127.0.0.1", "localhost"] {
        let server = Wire::answering_tls(tls::here_now(), |_| token_answer(&TOKEN).into_bytes());
        let url = server.url().replace("127.0.0.1", host);
        let program = Call::Token.program(&url, &url, PATIENCE).var("SSL_CERT_FILE", tls::roots());
        let variables = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "ALL_PROXY"];
        let program = variables.into_iter().fold(program, |program, name| program.var(name, proxy.url()));
        program.run().succeeds(&format!("{}\n", *TOKEN));
    }
    assert_eq!(proxy.connections(), 0);
}

#[test]
fn a_proxy_that_makes_no_tunnel_is_said_to_be_the_proxy() {
    let names = "\nhint: HTTPS_PROXY names it: is it there, and does it let this address through?";
    let html = |status: &'static str| {
        move |mut connection: Connection| {
            connection.request();
            connection.send(response(status, "text/html", "<html>who are you?</html>"));
        }
    };
    let proxies: [(Wire, u64, String); 8] = [
        (
            Wire::start(html("407 Proxy Authentication Required")),
            PATIENCE,
            "no connection through the proxy: it wants a user name and a password\n\
             hint: HTTPS_PROXY takes them as http://NAME:PASSWORD@HOST:PORT, with what is no letter or digit as %XX"
                .to_owned(),
        ),
        (
            Wire::start(html("403 Forbidden")),
            PATIENCE,
            format!("no connection through the proxy: it refuses to make one{names}"),
        ),
        (
            Wire::start(html("302 Found\r\nLocation: https://login.example/")),
            PATIENCE,
            format!("no connection through the proxy: it refuses to make one{names}"),
        ),
        (
            Wire::start(|mut connection| {
                connection.hear();
                connection.send("SSH-2.0-OpenSSH_9.2p1\r\n");
            }),
            PATIENCE,
            format!("no connection through the proxy: it refuses to make one{names}"),
        ),
        (
            Wire::start(|mut connection| connection.hear()),
            PATIENCE,
            format!("no connection through the proxy: it closed the connection{names}"),
        ),
        (
            Wire::start(|mut connection| {
                connection.hear();
                connection.reset();
            }),
            PATIENCE,
            format!("no connection through the proxy: Connection reset by peer{names}"),
        ),
        (
            Wire::start(|mut connection| {
                connection.request();
                connection.send(format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(10_000)));
                connection.wait_for_its_end();
            }),
            PATIENCE,
            format!("no connection through the proxy: it does not answer in HTTP{names}"),
        ),
        (
            Wire::start(|mut connection| connection.wait_for_its_end()),
            1,
            "no connection in time\nhint: a proxy is asked first, which HTTPS_PROXY names: is it there?".to_owned(),
        ),
    ];
    at_once(proxies, |(proxy, timeout, said)| {
        let named = format!("http://{CREDENTIALS}@{}", proxy.address);
        let program = Call::Token.program(SERVER, SERVER, timeout).var("HTTPS_PROXY", named);
        let (code, told) = outcome(&program.var("SSL_CERT_FILE", tls::roots()), timeout, &[]);
        shows_none(&told, &credentials());
        assert_eq!((code, told), no_answer(Call::Token, SERVER, &said));
    });
    let nowhere = [
        (nobody(), "Connection refused"),
        ("http://proxy.invalid:8080".to_owned(), "its name was not found"),
        ("socks5://127.0.0.1:1080".to_owned(), "unsupported scheme socks5"),
    ];
    at_once(nowhere, |(named, said)| {
        let said = format!("no connection through the proxy: {said}{names}");
        let program = program(Call::Token).var("HTTPS_PROXY", named);
        assert_eq!(outcome(&program, PATIENCE, &[]), no_answer(Call::Token, SERVER, &said));
    });
}

#[test]
fn a_proxy_in_the_way_of_tls_is_told_like_any_server_in_its_place() {
    let certificate = |authority: &tls::Authority, name| authority.server(tls::certificate(&[name], tls::NOW));
    let opening = |tls: Arc<rustls::ServerConfig>| Wire::start_tls(tls, |mut connection| drop(connection.request()));
    for (server, said) in [
        (
            opening(certificate(&tls::Authority::new("a proxy's"), "maskinporten.example")),
            "its certificate is signed by nobody who is trusted here\nhint: SSL_CERT_FILE replaces the system's root \
             certificates: are all there that are wanted, also that of a proxy which opens the encryption?",
        ),
        (
            opening(certificate(&tls::TRUSTED, "login.example")),
            "its certificate is for `login.example`, and not for this host\nhint: is the address right? a network that \
             wants a login first may answer in a server's place, too",
        ),
    ] {
        let proxy = tunnel(&server);
        let program = program(Call::Token).var("HTTPS_PROXY", proxy.url());
        let said = format!("the TLS handshake failed: {said}");
        assert_eq!(outcome(&program, PATIENCE, &[&server, &proxy]), no_answer(Call::Token, SERVER, &said));
        assert_eq!(server.requests().len(), 0);
    }
}

#[test]
fn a_proxy_that_is_none_is_warned_about_and_not_shown() {
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
            "warning: {name} is passed over: it does not hold a proxy's address, such as http://proxy.example:8080"
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
    // For this machine none is asked.
    let server = Wire::answering(|_| token_answer(&TOKEN).into_bytes());
    let run = Call::Token.program(&server.url(), &server.url(), PATIENCE).var("HTTPS_PROXY", "?").run();
    assert!(run.code == 0 && !run.err.contains("warning"), "{}", run.err);
}
