//! Certificates, made anew for each run of the tests, and what the client says to those that it must not trust.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use super::wire::{Connection, Wire};
use super::{Call, Case, HTTPS, PATIENCE, TOKEN, hold, no_answer, outcome, token_answer};
use crate::program::program;
use crate::server::{empty, json};

/// An authority that signs certificates.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// The one that the client is told to trust.
pub static TRUSTED: LazyLock<Authority> = LazyLock::new(|| Authority::new("an authority of the tests"));

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// How a server speaks TLS that shows the authority's certificate for its own.
    fn itself(&self) -> Arc<ServerConfig> {
        configuration(self.0.as_ref().der().clone(), self.0.key())
    }

    /// How a server speaks TLS whose certificate says this.
    pub fn server(&self, params: CertificateParams) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        configuration(certificate.der().clone(), &key)
    }
}

/// How a server speaks TLS whose certificate nobody signed but itself.
pub fn self_signed(params: CertificateParams) -> Arc<ServerConfig> {
    let key = KeyPair::generate().unwrap();
    configuration(params.self_signed(&key).unwrap().der().clone(), &key)
}

fn configuration(certificate: CertificateDer<'static>, key: &KeyPair) -> Arc<ServerConfig> {
    let config = ServerConfig::builder_with_provider(default_provider().into());
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    config.with_single_cert(vec![certificate], key.into()).unwrap().into()
}

/// A certificate for these names, of these years, both of them included.
pub fn certificate(names: &[&str], years: [i32; 2]) -> CertificateParams {
    let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    params.not_before = date_time_ymd(years[0], 1, 1);
    params.not_after = date_time_ymd(years[1], 12, 31);
    params
}

/// Years in which the tests run.
pub const NOW: [i32; 2] = [2020, 2099];

/// A certificate for this machine.
pub fn here(years: [i32; 2]) -> CertificateParams {
    certificate(&["localhost", "127.0.0.1"], years)
}

/// The file that SSL_CERT_FILE names.
pub fn roots() -> &'static Path {
    static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults-roots.pem");
        std::fs::write(&file, TRUSTED.pem()).unwrap();
        file
    });
    &FILE
}

/// How a server on this machine speaks TLS that is to be trusted.
pub fn here_now() -> Arc<ServerConfig> {
    TRUSTED.server(here(NOW))
}

/// Whatever the server's certificate, the same is said at every call.
fn with_certificate(fault: &str, tls: Arc<ServerConfig>, said: &str) -> Vec<Case> {
    let case = |call| {
        let tls = tls.clone();
        let server = move || Wire::start_tls(tls.clone(), |mut connection| assert!(connection.request().is_none()));
        Case::new(fault, call, server, no_answer(call, HTTPS, &format!("the TLS handshake failed: {said}")))
    };
    Call::ALL.into_iter().map(case).collect()
}

#[test]
fn a_server_whose_certificate_cannot_be_trusted_gets_no_secret() {
    let untrusted = "its certificate is signed by nobody who is trusted here\nhint: SSL_CERT_FILE replaces the system's root \
        certificates: are all there that are wanted, also that of a proxy which opens the encryption?";
    let known_by_name = "its certificate is signed by nobody who is trusted here\nhint: does a proxy open the encryption? \
        its root certificate goes into the file that SSL_CERT_FILE names";
    let clock = "\nhint: is the clock of this machine right? if it is, the certificate is the server's to renew";
    let address =
        "\nhint: is the address right? a network that wants a login first may answer in a server's place, too";
    let others = |names: &[&str], said: &str| {
        let said = format!("its certificate is for {said}, and not for this host{address}");
        with_certificate("for other hosts", TRUSTED.server(certificate(names, NOW)), &said)
    };
    let cases = [
        with_certificate("expired", TRUSTED.server(here([2020, 2021])), &format!("its certificate has expired{clock}")),
        with_certificate(
            "not valid yet",
            TRUSTED.server(here([2098, 2099])),
            &format!("its certificate is not valid yet{clock}"),
        ),
        others(&["maskinporten.example"], "`maskinporten.example`"),
        others(&["a.example", "b.example", "c.example", "d.example"], "`a.example`, `b.example`, `c.example`"),
        others(&["10.0.0.1"], "others"),
        others(&[], "others"),
        with_certificate("self-signed", self_signed(here(NOW)), untrusted),
        with_certificate("of another authority", Authority::new("another").server(here(NOW)), untrusted),
        with_certificate(
            "of another authority by the same name",
            Authority::new("an authority of the tests").server(here(NOW)),
            known_by_name,
        ),
        with_certificate(
            "the authority's own",
            TRUSTED.itself(),
            "its certificate is one for signing others, as self-signed ones often are\nhint: one of your own that is to be \
             trusted by itself says CA:FALSE, and the host among its names",
        ),
    ];
    hold(cases.into_iter().flatten());
}

#[test]
fn what_goes_wrong_behind_the_handshake_is_told_as_it_is_without_one() {
    let fault = |fault: &str, act: fn(Connection), said: &str| -> Vec<Case> {
        let case = |call| {
            let server = move || Wire::start_tls(TRUSTED.server(here(NOW)), act);
            Case::new(&format!("{fault}, over TLS"), call, server, no_answer(call, HTTPS, said)).within(2)
        };
        Call::ALL.into_iter().map(case).collect()
    };
    let cases = [
        fault(
            "silent",
            |mut connection| {
                connection.request();
                connection.wait_for_its_end();
            },
            "it took longer than 2 s\nhint: --timeout gives it longer",
        ),
        fault(
            "reset",
            |mut connection| {
                connection.request();
                connection.reset();
            },
            "no whole answer in HTTP came: Connection reset by peer",
        ),
        fault(
            "closed in the head, without a word",
            |mut connection| {
                connection.request();
                connection.send("HTTP/1.1 200 OK\r\nContent-");
            },
            "no whole answer in HTTP came: the connection was closed",
        ),
        fault(
            "closed in the body",
            |mut connection| {
                connection.request();
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
            },
            "the answer broke off before its end",
        ),
        fault(
            "without an end",
            |mut connection| {
                connection.request();
                connection.send("HTTP/1.1 200 OK\r\n\r\n");
                while connection.send([b' '; 0x10000]) {}
            },
            "the answer is larger than 8 MiB",
        ),
        fault(
            "a redirect to http",
            |mut connection| {
                connection.request();
                connection.send(empty("302 Found\r\nLocation: http://127.0.0.1:9/"));
            },
            "status 302 points elsewhere, to `http://127.0.0.1:PORT/`, and no redirect is followed",
        ),
    ];
    hold(cases.into_iter().flatten());
}

#[test]
fn a_server_that_closes_in_the_tls_handshake_is_tried_again() {
    let server = Wire::start(|mut connection| connection.hear()).called("https");
    let run =
        program("token --env test").file("config/test.toml", super::configuration(&server.url(), &server.url())).run();
    assert_eq!((run.code, server.connections()), (6, 3), "{}", run.err);
}

#[test]
fn a_server_that_does_not_come_to_speak_tls_is_told_from_one_that_is_not_there() {
    let fault = |fault: &str, act: fn(Connection), said: &str| -> Vec<Case> {
        let case = |call| {
            let server = move || Wire::start(act).called("https");
            Case::new(fault, call, server, no_answer(call, HTTPS, said)).within(2)
        };
        Call::ALL.into_iter().map(case).collect()
    };
    let standing = "\nhint: is a server standing there?";
    let no_way = "\nhint: is there a way to the internet from here? a proxy is named in HTTPS_PROXY";
    let cases = [
        fault(
            "silent in the handshake",
            |mut connection| connection.wait_for_its_end(),
            &format!("no connection in time{no_way}"),
        ),
        fault(
            "closed in the handshake",
            |mut connection| connection.hear(),
            "no connection: it closed the connection in the TLS handshake\nhint: does it speak TLS at this port?",
        ),
        fault(
            "reset in the handshake",
            |mut connection| {
                connection.hear();
                connection.reset();
            },
            &format!("no connection: Connection reset by peer{standing}"),
        ),
        fault(
            "plain HTTP",
            |mut connection| {
                connection.hear();
                connection.send(empty("400 Bad Request"));
            },
            "the TLS handshake failed: it does not speak TLS\nhint: is its address one with http:// in front?",
        ),
    ];
    hold(cases.into_iter().flatten());
}

#[test]
fn a_server_of_a_trusted_authority_is_asked_over_tls() {
    for host in ["127.0.0.1", "localhost"] {
        let server = Wire::answering_tls(here_now(), |request| match request.target.as_str() {
            "/token" => token_answer(&TOKEN).into_bytes(),
            _ => json("200 OK", r#"{"fine":true}"#).into_bytes(),
        });
        let url = server.url().replace("127.0.0.1", host);
        let run = |call: Call| call.program(&url, &url, PATIENCE).var("SSL_CERT_FILE", roots()).run();
        run(Call::Token).succeeds(&format!("{}\n", *TOKEN));
        run(Call::Orders).succeeds("{\n  \"fine\": true\n}\n");
        assert_eq!(server.requests().len(), 3);
    }
}

#[test]
fn root_certificates_that_cannot_be_read_are_missed_before_anything_is_sent() {
    let server = Wire::start_tls(here_now(), |_| {});
    let no_certificate = "-----BEGIN CERTIFICATE-----\nMIIBAAAA\n-----END CERTIFICATE-----\n";
    for roots in [None, Some(""), Some("rubbish"), Some("\0\u{1}"), Some(no_certificate)] {
        let program = Call::Token.program(&server.url(), &server.url(), PATIENCE);
        let path = program.path("roots.pem");
        let program = roots.into_iter().fold(program, |program, text| program.file("roots.pem", text));
        let outcome = outcome(&program.var("SSL_CERT_FILE", path), PATIENCE, &[&server]);
        let said = "the client could not be set up: unexpected error: No CA certificates were loaded from the system\n\
            hint: SSL_CERT_FILE is set: does it name what is there, with certificates in PEM? without it, the system's are \
            taken";
        assert_eq!(outcome, no_answer(Call::Token, HTTPS, said), "{roots:?}");
    }
    assert_eq!(server.connections(), 0);
}
