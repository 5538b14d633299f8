//! Messages and hints for transport errors.

use reqwest::Url;
use rustls::{
    AlertDescription as Alert, CertificateError as Certificate, Error as TlsError, InvalidMessage,
    PeerIncompatible as Incompatible, PeerMisbehaved,
};

use super::file_handles::RAISE_LIMIT;
use super::{CommandError, Exit};
use crate::cli::args::variables;
use crate::cli::output::duration;
use crate::client::http::TransportErrorKind as Kind;
use crate::client::{TransportError, is_loopback};

impl From<TransportError> for CommandError {
    fn from(error: TransportError) -> Self {
        let mut exit = Exit::NoAnswer;
        let (reason, hint) = match &error.kind {
            Kind::Tls(tls_error) => {
                let (reason, hint) = tls(tls_error, is_on_this_machine(&error));
                (format!("the TLS handshake failed: {reason}"), hint)
            }
            kind @ (Kind::Proxy(reason) | Kind::Connection(reason) | Kind::NotHttp { reason, .. }) => {
                (plain(reason).map_or_else(|| kind.to_string(), str::to_owned), hint(&error))
            }
            kind @ Kind::Setup(_) => match variables::root_certificates_problem() {
                Some(problem) => {
                    exit = Exit::Configuration;
                    (format!("there are no root certificates: {problem}"), Some(ROOTS.to_owned()))
                }
                None => (kind.to_string(), hint(&error)),
            },
            kind => (kind.to_string(), hint(&error)),
        };
        let sentence = format!("{} `{}`: {reason}", error.outcome(), error.address);
        Self { hints: hint.into_iter().collect(), ..Self::new(exit, sentence) }
    }
}

/// The hint for files with root certificates that cannot be used.
const ROOTS: &str = "set SSL_CERT_FILE to the path of root certificates in PEM, or unset it and SSL_CERT_DIR to use the \
                     operating system's certificates";

fn is_on_this_machine(error: &TransportError) -> bool {
    Url::parse(&error.address).is_ok_and(|url| is_loopback(&url))
}

/// The error of a request that changes data, with a hint if the server may have carried it out.
pub(crate) fn error_of_change(error: TransportError) -> CommandError {
    let may_be_done = may_be_done(&error);
    let mut error = CommandError::from(error);
    if may_be_done {
        error.hints.insert(0, "before you retry, check whether the server has carried out the request".to_owned());
    }
    error
}

/// Whether the server may have carried out the request: the server was reached, but its response does not show the
/// result.
fn may_be_done(error: &TransportError) -> bool {
    match error.kind {
        Kind::TooSlow { .. }
        | Kind::CutOff { .. }
        | Kind::NotHttp { .. }
        | Kind::TooLarge { .. }
        | Kind::Unusable { .. } => true,
        Kind::Status { status, .. } => status != 429,
        // A server that has carried out a POST may redirect with 301, 302 or 303. Status 307 and 308 ask for
        // the same request at another URL (RFC 9110, sections 15.4.2 to 15.4.9).
        Kind::Redirect { status, .. } => !matches!(status, 307 | 308),
        _ => false,
    }
}

/// The reason for a TLS failure, which ends the message, and a hint.
fn tls(error: &TlsError, on_this_machine: bool) -> (String, Option<String>) {
    const UNTRUSTED: &str = "its certificate is not signed by a trusted authority";
    const WRONG_PURPOSE: &str = "its certificate is not a server certificate";
    const SERVER_USAGE: &str =
        "is it a client certificate? a server certificate needs the extended key usage `serverAuth`";
    const CLOCK: &str = "is this machine's clock wrong? if not, the server must renew its certificate";
    const PROXY: &str = "does a proxy decrypt TLS? add its root certificate to the file set by SSL_CERT_FILE";
    let (reason, hint) = match error {
        TlsError::InvalidMessage(InvalidMessage::InvalidContentType) => (
            "the server does not speak TLS",
            if on_this_machine { "should its URL begin with http://?" } else { PROXY },
        ),
        TlsError::InvalidCertificate(Certificate::Expired | Certificate::ExpiredContext { .. }) => {
            ("its certificate has expired", CLOCK)
        }
        TlsError::InvalidCertificate(Certificate::NotValidYet | Certificate::NotValidYetContext { .. }) => {
            ("its certificate is not valid yet", CLOCK)
        }
        TlsError::InvalidCertificate(Certificate::UnknownIssuer) => match variables::root_certificates() {
            Some(name) => {
                let problem = variables::root_certificates_problem().map(|problem| format!(" ({problem})"));
                let hint = format!(
                    "{name} replaces the operating system's root certificates: does it lack a certificate, such as the \
                     root certificate of a proxy that decrypts TLS?{}",
                    problem.unwrap_or_default()
                );
                return (UNTRUSTED.to_owned(), Some(hint));
            }
            None => (UNTRUSTED, PROXY),
        },
        // The signature is bad if another authority has the same name.
        TlsError::InvalidCertificate(Certificate::BadSignature) => (UNTRUSTED, PROXY),
        TlsError::InvalidCertificate(Certificate::NotValidForNameContext { presented, .. }) => {
            let names = presented.iter().filter_map(|name| name.strip_prefix("DnsName(\"")?.strip_suffix("\")"));
            let names: Vec<String> = names.take(3).map(|name| format!("`{name}`")).collect();
            let names = if names.is_empty() { "other hosts".to_owned() } else { names.join(", ") };
            let hint = "is the URL wrong, or does a login page of this network respond in place of the server?";
            return (format!("its certificate is for {names}, not for this host"), Some(hint.to_owned()));
        }
        TlsError::InvalidCertificate(Certificate::Other(other))
            if matches!(other.0.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity)) =>
        {
            (
                "its certificate is a CA certificate, as self-signed certificates often are",
                "a self-signed server certificate needs CA:FALSE and the host among its names",
            )
        }
        TlsError::InvalidCertificate(Certificate::Other(other))
            if matches!(other.0.downcast_ref(), Some(webpki::Error::NameConstraintViolation)) =>
        {
            (
                "its certificate's authority may not issue certificates for this host",
                "the name constraints of the authority exclude this host: the server needs another certificate",
            )
        }
        TlsError::InvalidCertificate(Certificate::InvalidPurpose | Certificate::InvalidPurposeContext { .. }) => {
            (WRONG_PURPOSE, SERVER_USAGE)
        }
        // reqwest's verifier has a private type for this error.
        TlsError::InvalidCertificate(Certificate::Other(other)) if format!("{:?}", other.0) == "EkuError" => {
            (WRONG_PURPOSE, SERVER_USAGE)
        }
        TlsError::AlertReceived(Alert::ProtocolVersion)
        | TlsError::PeerIncompatible(Incompatible::ServerDoesNotSupportTls12Or13) => {
            ("the server does not support TLS 1.2 or 1.3", "does the server need an update, or is the URL wrong?")
        }
        TlsError::AlertReceived(Alert::HandshakeFailure | Alert::InsufficientSecurity) => (
            "the server accepts none of the offered algorithms, or it requires a client certificate",
            "does the server support only old ciphers, or require a client certificate? this program supports neither",
        ),
        TlsError::PeerIncompatible(_) | TlsError::PeerMisbehaved(PeerMisbehaved::SelectedUnofferedCipherSuite) => (
            "the server selected an algorithm that this program does not support",
            "does the server support only old ciphers?",
        ),
        TlsError::AlertReceived(Alert::CertificateRequired) => (
            "the server requires a client certificate",
            "is the URL wrong? this program does not support client certificates",
        ),
        other => return (other.to_string(), None),
    };
    (reason.to_owned(), Some(hint.to_owned()))
}

/// Rewords the messages of libraries that have no error types for tunnels, names and HTTP.
fn plain(reason: &str) -> Option<&'static str> {
    const PLAIN: [(&str, &str); 7] = [
        ("without sending TLS close_notify", "the connection was closed"),
        ("invalid HTTP version parsed", "the server does not speak HTTP"),
        (PASSWORD, "the proxy requires a user name and a password"),
        ("tunnel error: unsuccessful", "the proxy refuses the connection"),
        ("tunnel error: unexpected end of file", "the proxy closed the connection"),
        ("tunnel error: proxy response headers too long", "the proxy's response is not valid HTTP"),
        ("failed to lookup address information", "cannot resolve the host name of the proxy"),
    ];
    PLAIN.iter().find(|(words, _)| reason.contains(words)).map(|(_, plain)| *plain)
}

const PASSWORD: &str = "tunnel error: proxy authorization required";

fn hint(error: &TransportError) -> Option<String> {
    let proxy = variables::proxy().unwrap_or("HTTPS_PROXY");
    Some(match &error.kind {
        Kind::Status { .. } => {
            let pause = error.retry_after.filter(|pause| !pause.is_zero())?;
            match pause.as_secs() {
                seconds @ ..=31_536_000 => format!("the server asks clients to wait {}", duration(seconds)),
                _ => "the server asks clients to wait more than a year".to_owned(),
            }
        }
        Kind::Connection(reason) if reason.starts_with("Too many open files") => RAISE_LIMIT.to_owned(),
        Kind::Connection(_) if error.address.starts_with("http:") && cfg!(feature = "sandbox") => {
            let port = Url::parse(&error.address).ok().and_then(|url| url.port()).filter(|port| *port != 7070);
            let port = port.map(|port| format!(" --port {port}")).unwrap_or_default();
            format!("is no sandbox running there? start one with `systemuser-demo sandbox{port}`")
        }
        Kind::Connection(_) if is_on_this_machine(error) => "is no server running there?".to_owned(),
        Kind::HandshakeClosed => "does the server use plain HTTP on this port?".to_owned(),
        Kind::Proxy(reason) if reason.contains(PASSWORD) => {
            format!(
                "set {proxy} to http://NAME:PASSWORD@HOST:PORT, and write characters other than letters and digits \
                 as %XX"
            )
        }
        Kind::Proxy(_) => format!("the proxy is set by {proxy}: is it not running, or does it block this host?"),
        Kind::NoConnection if variables::uses_proxy(&error.address) => {
            format!("the connection uses the proxy set by {proxy}: is the proxy not running?")
        }
        Kind::Connection(_) | Kind::UnknownHost { .. } | Kind::NoConnection if variables::proxy().is_some() => {
            format!(
                "NO_PROXY excludes this host from the proxy set by {proxy}: is the host unreachable without the proxy?"
            )
        }
        Kind::Connection(_) | Kind::UnknownHost { .. } | Kind::NoConnection => {
            "is this machine offline? if it needs a proxy, set HTTPS_PROXY".to_owned()
        }
        Kind::Setup(_) => match variables::root_certificates() {
            Some(name) => format!(
                "does {name} point to a missing file or directory, or to one without PEM certificates? if the \
                 variable is unset, the operating system's certificates are used"
            ),
            None => "are root certificates missing on this machine? on Debian, install the package ca-certificates"
                .to_owned(),
        },
        Kind::TooSlow { subject: "the list", .. } => {
            "increase the time limit with --timeout; a list may take ten times as long".to_owned()
        }
        Kind::TooSlow { .. } => "increase the time limit with --timeout".to_owned(),
        _ => return None,
    })
}
