//! Certificates, created for each run of the tests, and the client's messages about certificates that it must not
//! trust.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    KeyPair, KeyUsagePurpose, NameConstraints, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;

use super::wire::{Connection, Wire};
use super::{Call, Case, HTTPS, TIMEOUT, TOKEN, hold, no_answer, outcome, token_answer};
use crate::program::program;
use crate::server::{empty, json};

/// A certificate authority.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// The authority that the client trusts.
pub static TRUSTED: LazyLock<Authority> = LazyLock::new(|| Authority::new("an authority of the tests"));

/// An authority that the client trusts for other hosts.
static FOR_OTHERS: LazyLock<Authority> = LazyLock::new(|| {
    let subtrees = vec![GeneralSubtree::DnsName("example.no".to_owned())];
    Authority::with("for others", Some(NameConstraints { permitted_subtrees: subtrees, excluded_subtrees: vec![] }))
});

impl Authority {
    pub fn new(name: &str) -> Self {
        Self::with(name, None)
    }

    fn with(name: &str, name_constraints: Option<NameConstraints>) -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params.name_constraints = name_constraints;
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// TLS configuration of a server that presents the authority's own certificate.
    fn itself(&self) -> Arc<ServerConfig> {
        configuration(self.0.as_ref().der().clone(), self.0.key())
    }

    /// TLS configuration of a server whose certificate has these parameters.
    pub fn server(&self, params: CertificateParams) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        configuration(certificate.der().clone(), &key)
    }
}

/// TLS configuration of a server with a self-signed certificate.
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

/// Parameters of a certificate for these names, valid for these years inclusive.
pub fn certificate(names: &[&str], years: [i32; 2]) -> CertificateParams {
    let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    params.not_before = date_time_ymd(years[0], 1, 1);
    params.not_after = date_time_ymd(years[1], 12, 31);
    params
}

/// Validity of a certificate that is valid when the tests run.
pub const NOW: [i32; 2] = [2020, 2099];

/// Parameters of a certificate for this machine.
pub fn here(years: [i32; 2]) -> CertificateParams {
    certificate(&["localhost", "127.0.0.1"], years)
}

/// The file that SSL_CERT_FILE names.
pub fn roots() -> &'static Path {
    static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faults-roots.pem");
        std::fs::write(&file, TRUSTED.pem() + &FOR_OTHERS.pem()).unwrap();
        file
    });
    &FILE
}

/// TLS configuration of a trusted server on this machine.
pub fn here_now() -> Arc<ServerConfig> {
    TRUSTED.server(here(NOW))
}

/// Cases for a bad certificate, which has the same message at every call.
fn with_certificate(fault: &str, tls: Arc<ServerConfig>, message: &str) -> Vec<Case> {
    let case = |call| {
        let tls = tls.clone();
        let server = move || Wire::start_tls(tls.clone(), |mut connection| assert!(connection.request().is_none()));
        Case::new(fault, call, server, no_answer(call, HTTPS, &format!("the TLS handshake failed: {message}")))
    };
    Call::ALL.into_iter().map(case).collect()
}

#[test]
fn a_server_with_an_untrusted_certificate_gets_no_secret() {
    let untrusted = "its certificate is not signed by a trusted authority\nhint: SSL_CERT_FILE replaces the operating \
                     system's root certificates: does it lack a certificate, such as the root certificate of a proxy \
                     that decrypts TLS?";
    let known_by_name = "its certificate is not signed by a trusted authority\nhint: does a proxy decrypt TLS? add \
        its root certificate to the file set by SSL_CERT_FILE";
    let clock = "\nhint: is this machine's clock wrong? if not, the server must renew its certificate";
    let address = "\nhint: is the URL wrong, or does a login page of this network respond in place of the server?";
    let others = |names: &[&str], message: &str| {
        let message = format!("its certificate is for {message}, not for this host{address}");
        with_certificate("for other hosts", TRUSTED.server(certificate(names, NOW)), &message)
    };
    let mut for_clients = here(NOW);
    for_clients.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let cases = [
        with_certificate("expired", TRUSTED.server(here([2020, 2021])), &format!("its certificate has expired{clock}")),
        with_certificate(
            "not valid yet",
            TRUSTED.server(here([2098, 2099])),
            &format!("its certificate is not valid yet{clock}"),
        ),
        others(&["maskinporten.example"], "`maskinporten.example`"),
        others(&["a.example", "b.example", "c.example", "d.example"], "`a.example`, `b.example`, `c.example`"),
        others(&["10.0.0.1"], "other hosts"),
        others(&[], "other hosts"),
        with_certificate("self-signed", self_signed(here(NOW)), untrusted),
        with_certificate("of another authority", Authority::new("another").server(here(NOW)), untrusted),
        with_certificate(
            "of another authority by the same name",
            Authority::new("an authority of the tests").server(here(NOW)),
            known_by_name,
        ),
        with_certificate(
            "for clients",
            TRUSTED.server(for_clients),
            "its certificate is not a server certificate\nhint: is it a client certificate? a server certificate needs the extended key usage `serverAuth`",
        ),
        with_certificate(
            "of an authority for other hosts",
            FOR_OTHERS.server(here(NOW)),
            "its certificate's authority may not issue certificates for this host\nhint: the name constraints of the \
             authority exclude this host: the server needs another certificate",
        ),
        with_certificate(
            "the authority's own",
            TRUSTED.itself(),
            "its certificate is a CA certificate, as self-signed certificates often are\nhint: a self-signed server \
             certificate needs CA:FALSE and the host among its names",
        ),
    ];
    hold(cases.into_iter().flatten());
}

#[test]
fn a_tls_handshake_without_a_common_version_algorithm_or_certificate_has_its_own_reason() {
    let fault = |fault: &'static str, bytes: Vec<u8>, message: &str| -> Vec<Case> {
        let case = |call| {
            let bytes = bytes.clone();
            let server = move || {
                let bytes = bytes.clone();
                Wire::start(move |mut connection| {
                    connection.hear();
                    connection.send(&bytes);
                    connection.wait_for_its_end();
                })
                .called("https")
            };
            Case::new(fault, call, server, no_answer(call, HTTPS, &format!("the TLS handshake failed: {message}")))
        };
        Call::ALL.into_iter().map(case).collect()
    };
    // Alerts and ServerHello messages as RFC 5246 defines them (sections 7.2 and 7.4.1.3).
    let alert = |description: u8| vec![21, 3, 3, 0, 2, 2, description];
    let hello = |minor: u8, cipher: [u8; 2]| {
        let body = [&[3, minor][..], &[7; 32], &[0], &cipher, &[0]].concat();
        let (length, record) = (body.len() as u8, body.len() as u8 + 4);
        [&[22, 3, minor, 0, record, 2, 0, 0, length][..], &body].concat()
    };
    let old = "the server does not support TLS 1.2 or 1.3\nhint: does the server need an update, or is the URL wrong?";
    let refused = "the server accepts none of the offered algorithms, or it requires a client certificate\nhint: does the \
        server support only old ciphers, or require a client certificate? this program supports neither";
    let unsafe_cipher = "the server selected an algorithm that this program does not support\nhint: does the server support only old ciphers?";
    let cases = [
        fault("TLS 1.0 only, by a message", hello(1, [0, 0x2f]), old),
        fault("TLS 1.1 only, by a message", hello(2, [0, 0x2f]), old),
        fault("TLS 1.0 only, by an alert", alert(70), old),
        fault("old ciphers, by an alert", alert(40), refused),
        fault("weak keys, by an alert", alert(71), refused),
        fault("an old cipher, by a message", hello(3, [0, 0x2f]), unsafe_cipher),
    ];
    hold(cases.into_iter().flatten());
}

#[test]
fn a_server_that_requires_a_client_certificate_is_reported() {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(TRUSTED.0.as_ref().der().clone()).unwrap();
    let provider = Arc::new(default_provider());
    let clients = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone()).build().unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = here(NOW).signed_by(&key, &TRUSTED.0).unwrap().der().clone();
    let cases = [&rustls::version::TLS12, &rustls::version::TLS13].into_iter().flat_map(|version| {
        let config = ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(&[version]).unwrap();
        let config = config.with_client_cert_verifier(clients.clone());
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let config: Arc<ServerConfig> = config.with_single_cert(vec![certificate.clone()], key.into()).unwrap().into();
        Call::ALL.map(|call| {
            let config = config.clone();
            let server = move || {
                Wire::start_tls(config.clone(), |mut connection| {
                    assert!(connection.request().is_none());
                    connection.wait_for_its_end();
                })
            };
            let message = "the TLS handshake failed: the server requires a client certificate\nhint: is the URL wrong? \
                this program does not support client certificates";
            Case::new(&format!("{version:?}"), call, server, no_answer(call, HTTPS, message))
        })
    });
    hold(cases);
}

#[test]
fn faults_after_the_tls_handshake_have_the_same_messages_as_without_tls() {
    let fault = |fault: &str, act: fn(Connection), message: &str| -> Vec<Case> {
        let case = |call| {
            let server = move || Wire::start_tls(TRUSTED.server(here(NOW)), act);
            Case::new(&format!("{fault}, over TLS"), call, server, no_answer(call, HTTPS, message)).within(2)
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
            "the request took longer than 2 s\nhint: increase the time limit with --timeout",
        ),
        fault(
            "reset",
            |mut connection| {
                connection.request();
                connection.reset();
            },
            "no complete HTTP response: Connection reset by peer",
        ),
        fault(
            "closed in the head without a reply",
            |mut connection| {
                connection.request();
                connection.send("HTTP/1.1 200 OK\r\nContent-");
            },
            "the connection was closed",
        ),
        fault(
            "closed in the body",
            |mut connection| {
                connection.request();
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
            },
            "the response was cut off",
        ),
        fault(
            "without an end",
            |mut connection| {
                connection.request();
                connection.send("HTTP/1.1 200 OK\r\n\r\n");
                while connection.send([b' '; 0x10000]) {}
            },
            "the response is larger than 8 MiB",
        ),
        fault(
            "a redirect to http",
            |mut connection| {
                connection.request();
                connection.send(empty("302 Found\r\nLocation: http://127.0.0.1:9/"));
            },
            "status 302 is a redirect to `http://127.0.0.1:PORT/`, which is not followed",
        ),
    ];
    hold(cases.into_iter().flatten());
}

#[test]
fn a_server_that_closes_during_the_tls_handshake_is_tried_again() {
    let server = Wire::start(|mut connection| connection.hear()).called("https");
    let run =
        program("token --env test").file("config/test.toml", super::configuration(&server.url(), &server.url())).run();
    assert_eq!((run.code, server.connections()), (6, 3), "{}", run.err);
}

#[test]
fn a_failed_tls_handshake_is_distinguished_from_a_missing_server() {
    let fault = |fault: &str, act: fn(Connection), message: &str| -> Vec<Case> {
        let case = |call| {
            let server = move || Wire::start(act).called("https");
            Case::new(fault, call, server, no_answer(call, HTTPS, message)).within(2)
        };
        Call::ALL.into_iter().map(case).collect()
    };
    let standing = "\nhint: is no server running there?";
    let no_way = "\nhint: is this machine offline? if it needs a proxy, set HTTPS_PROXY";
    let cases = [
        fault(
            "silent in the handshake",
            |mut connection| connection.wait_for_its_end(),
            &format!("the connection timed out{no_way}"),
        ),
        fault(
            "closed in the handshake",
            |mut connection| connection.hear(),
            "the server closed the connection during the TLS handshake\nhint: does the server use plain HTTP on this \
             port?",
        ),
        fault(
            "reset in the handshake",
            |mut connection| {
                connection.hear();
                connection.reset();
            },
            &format!("Connection reset by peer{standing}"),
        ),
        fault(
            "plain HTTP",
            |mut connection| {
                connection.hear();
                connection.send(empty("400 Bad Request"));
            },
            "the TLS handshake failed: the server does not speak TLS\nhint: should its URL begin with http://?",
        ),
    ];
    hold(cases.into_iter().flatten());
}

#[test]
fn a_server_with_a_trusted_certificate_is_called_over_tls() {
    for host in ["127.0.0.1", "localhost"] {
        let server = Wire::answering_tls(here_now(), |request| match request.target.as_str() {
            "/token" => token_answer(&TOKEN).into_bytes(),
            _ => json("200 OK", r#"{"fine":true}"#).into_bytes(),
        });
        let url = server.url().replace("127.0.0.1", host);
        let run = |call: Call| call.program(&url, &url, TIMEOUT).var("SSL_CERT_FILE", roots()).run();
        run(Call::Token).succeeds(&format!("{}\n", *TOKEN));
        run(Call::Orders).succeeds("{\n  \"fine\": true\n}\n");
        assert_eq!(server.requests().len(), 3);
    }
}

#[test]
fn unreadable_root_certificates_are_reported_before_anything_is_sent() {
    let server = Wire::start_tls(here_now(), |_| {});
    let no_certificate = "-----BEGIN CERTIFICATE-----\nMIIBAAAA\n-----END CERTIFICATE-----\n";
    let token = || Call::Token.program(&server.url(), &server.url(), TIMEOUT);
    for (roots, problem) in [
        (None, "does not exist"),
        (Some(""), "is empty"),
        (Some("rubbish"), "contains no PEM certificate"),
        (Some("\0\u{1}"), "contains no PEM certificate"),
    ] {
        let program = roots.into_iter().fold(token(), |program, text| program.file("roots.pem", text));
        let outcome = outcome(&program.var("SSL_CERT_FILE", "roots.pem"), TIMEOUT, &[&server]);
        let message =
            format!("there are no root certificates: SSL_CERT_FILE names `roots.pem`, which {problem}\n{SET}");
        assert_eq!(outcome, (3, no_answer(Call::Token, HTTPS, &message).1), "{roots:?}");
    }
    for (file, folder, problem) in [
        ("", "", "SSL_CERT_FILE is set, but empty"),
        ("/dev/null", "", "SSL_CERT_FILE names `/dev/null`, which is empty"),
        (
            "/dev/null",
            "none",
            "SSL_CERT_FILE names `/dev/null`, which is empty, and SSL_CERT_DIR names `none`, which does not exist",
        ),
    ] {
        let program = token().var("SSL_CERT_FILE", file).var("SSL_CERT_DIR", folder);
        let message = format!("there are no root certificates: {problem}\n{SET}");
        let expected = (3, no_answer(Call::Token, HTTPS, &message).1);
        assert_eq!(outcome(&program, TIMEOUT, &[&server]), expected, "{file}");
    }
    let program = token().file("roots.pem", no_certificate).var("SSL_CERT_FILE", "roots.pem");
    let message = "TLS setup failed: unexpected error: No CA certificates were loaded from the system\n\
        hint: does SSL_CERT_FILE point to a missing file or directory, or to one without PEM certificates? if the \
        variable is unset, the operating system's certificates are used";
    assert_eq!(outcome(&program, TIMEOUT, &[&server]), no_answer(Call::Token, HTTPS, message));
    assert_eq!(server.connections(), 0);
}

/// The hint for a variable that names no root certificates.
const SET: &str = "hint: set SSL_CERT_FILE to the path of root certificates in PEM, or unset it and SSL_CERT_DIR to use \
    the operating system's certificates";

/// Another variable may name certificates, so a file that is missing may do no harm.
#[test]
fn a_missing_file_of_root_certificates_is_named_if_the_certificate_of_the_server_is_not_trusted() {
    let server = Wire::answering_tls(here_now(), |_| token_answer(&TOKEN).into_bytes());
    let token = |roots: String, file: &str| {
        let program = Call::Token.program(&server.url(), &server.url(), TIMEOUT).file("roots/a.pem", roots);
        outcome(&program.var("SSL_CERT_DIR", "roots").var("SSL_CERT_FILE", file), TIMEOUT, &[&server])
    };
    for (file, problem) in [("missing.pem", "does not exist"), ("/dev/null", "is empty")] {
        assert_eq!(token(TRUSTED.pem(), file), (0, format!("{}\n", *TOKEN)));
        let message = format!(
            "the TLS handshake failed: its certificate is not signed by a trusted authority\n\
             hint: SSL_CERT_FILE replaces the operating system's root certificates: does it lack a certificate, such \
             as the root certificate of a proxy that decrypts TLS? (SSL_CERT_FILE names `{file}`, which {problem})"
        );
        assert_eq!(token(FOR_OTHERS.pem(), file), no_answer(Call::Token, HTTPS, &message));
    }
}
