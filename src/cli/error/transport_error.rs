//! Messages and hints for transport errors.

use reqwest::Url;
use rustls::{CertificateError as Certificate, Error as TlsError, InvalidMessage};

use super::{CommandError, Exit};
use crate::cli::args::variables;
use crate::cli::output::duration;
use crate::client::http::TransportErrorKind as Kind;
use crate::client::{TransportError, is_loopback};

impl From<TransportError> for CommandError {
    fn from(error: TransportError) -> Self {
        let (reason, hint) = match &error.kind {
            Kind::Tls(tls_error) => {
                let (reason, hint) = tls(tls_error, is_on_this_machine(&error));
                (format!("the TLS handshake failed: {reason}"), Some(hint))
            }
            Kind::Proxy(reason) => (format!("no connection through the proxy: {}", plain(reason)), hint(&error)),
            Kind::Connection(reason) => (format!("no connection: {}", plain(reason)), hint(&error)),
            Kind::NotHttp { reason, .. } => (format!("no complete HTTP answer: {}", plain(reason)), hint(&error)),
            kind => (kind.to_string(), hint(&error)),
        };
        let sentence = format!("no usable answer from `{}`: {reason}", error.address);
        Self { hints: hint.into_iter().collect(), ..Self::new(Exit::NoAnswer, sentence) }
    }
}

fn is_on_this_machine(error: &TransportError) -> bool {
    Url::parse(&error.address).is_ok_and(|url| is_loopback(&url))
}

/// Whether the server may have carried out the request: the server was reached, but its answer does not show the
/// result.
pub(crate) fn may_be_done(error: &TransportError) -> bool {
    match error.kind {
        Kind::TooSlow { .. } | Kind::CutOff { .. } | Kind::NotHttp { .. } | Kind::TooLarge => true,
        Kind::Status { status, .. } => status != 429,
        _ => false,
    }
}

/// The reason for a TLS failure, which ends the message, and a hint.
fn tls(error: &TlsError, on_this_machine: bool) -> (String, String) {
    const UNTRUSTED: &str = "its certificate is not signed by a trusted authority";
    const CLOCK: &str = "is the clock of this machine right? if so, the server must renew its certificate";
    const PROXY: &str = "does a proxy decrypt TLS? add its root certificate to the file that SSL_CERT_FILE names";
    let (reason, hint) = match error {
        TlsError::InvalidMessage(InvalidMessage::InvalidContentType) => {
            ("it does not speak TLS", if on_this_machine { "should its address begin with http://?" } else { PROXY })
        }
        TlsError::InvalidCertificate(Certificate::Expired | Certificate::ExpiredContext { .. }) => {
            ("its certificate has expired", CLOCK)
        }
        TlsError::InvalidCertificate(Certificate::NotValidYet | Certificate::NotValidYetContext { .. }) => {
            ("its certificate is not valid yet", CLOCK)
        }
        TlsError::InvalidCertificate(Certificate::UnknownIssuer) => match variables::root_certificates() {
            Some(name) => {
                let hint = format!(
                    "{name} replaces the system's root certificates: does it contain all that are needed, including \
                     that of a proxy that decrypts TLS?"
                );
                return (UNTRUSTED.to_owned(), hint);
            }
            None => (UNTRUSTED, PROXY),
        },
        // The signature is bad if another authority has the same name.
        TlsError::InvalidCertificate(Certificate::BadSignature) => (UNTRUSTED, PROXY),
        TlsError::InvalidCertificate(Certificate::NotValidForNameContext { presented, .. }) => {
            let names = presented.iter().filter_map(|name| name.strip_prefix("DnsName(\"")?.strip_suffix("\")"));
            let names: Vec<String> = names.take(3).map(|name| format!("`{name}`")).collect();
            let names = if names.is_empty() { "other hosts".to_owned() } else { names.join(", ") };
            let hint = "is the address right? a network with a login page may also answer in place of the server";
            return (format!("its certificate is for {names}, not for this host"), hint.to_owned());
        }
        TlsError::InvalidCertificate(Certificate::Other(other))
            if matches!(other.0.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity)) =>
        {
            (
                "its certificate is a CA certificate, as self-signed certificates often are",
                "a self-signed server certificate needs CA:FALSE and the host among its names",
            )
        }
        other => return (other.to_string(), PROXY.to_owned()),
    };
    (reason.to_owned(), hint.to_owned())
}

/// Rewords the messages of libraries that have no error types for tunnels, names and HTTP.
fn plain(reason: &str) -> &str {
    const PLAIN: [(&str, &str); 7] = [
        ("without sending TLS close_notify", "the connection was closed"),
        ("invalid HTTP version parsed", "it does not speak HTTP"),
        (PASSWORD, "it requires a user name and a password"),
        ("tunnel error: unsuccessful", "it refuses the connection"),
        ("tunnel error: unexpected end of file", "it closed the connection"),
        ("tunnel error: proxy response headers too long", "it does not answer in HTTP"),
        ("failed to lookup address information", "its name was not found"),
    ];
    PLAIN.iter().find(|(words, _)| reason.contains(words)).map_or(reason, |(_, plain)| plain)
}

const PASSWORD: &str = "tunnel error: proxy authorization required";

fn hint(error: &TransportError) -> Option<String> {
    let proxy = variables::proxy().unwrap_or("HTTPS_PROXY");
    Some(match &error.kind {
        Kind::Status { .. } => {
            let pause = error.retry_after.filter(|pause| !pause.is_zero())?;
            format!("the server asks clients to wait {}", duration(pause.as_secs()))
        }
        Kind::Connection(_) if error.address.starts_with("http:") && cfg!(feature = "sandbox") => {
            "is a sandbox running there? start it with `systemuser-demo sandbox`".to_owned()
        }
        Kind::Connection(_) if is_on_this_machine(error) => "is a server running there?".to_owned(),
        Kind::HandshakeClosed => "does it speak TLS at this port?".to_owned(),
        Kind::Proxy(reason) if reason.contains(PASSWORD) => {
            format!(
                "set {proxy} to http://NAME:PASSWORD@HOST:PORT, and write characters other than letters and digits \
                 as %XX"
            )
        }
        Kind::Proxy(_) => format!("{proxy} names the proxy: is it running, and does it allow this address?"),
        Kind::NoConnection if variables::uses_proxy(&error.address) => {
            format!("the connection uses the proxy that {proxy} names: is the proxy running?")
        }
        Kind::Connection(_) | Kind::UnknownHost { .. } | Kind::NoConnection if variables::proxy().is_some() => {
            format!(
                "NO_PROXY excludes this host from the proxy that {proxy} names: can it be reached without the proxy?"
            )
        }
        Kind::Connection(_) | Kind::UnknownHost { .. } | Kind::NoConnection => {
            "is this machine connected to the internet? if it needs a proxy, set HTTPS_PROXY".to_owned()
        }
        Kind::Setup(_) => match variables::root_certificates() {
            Some(name) => format!(
                "{name} is set: does it name an existing file or folder with certificates in PEM? without the \
                 variable, the system's certificates are used"
            ),
            None => {
                "does this machine have root certificates? on Debian, install the package ca-certificates".to_owned()
            }
        },
        Kind::TooSlow { .. } => "increase the time limit with --timeout".to_owned(),
        _ => return None,
    })
}
