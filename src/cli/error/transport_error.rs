//! Transport errors in words: why there is no usable answer, and what may help.

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
            Kind::NotHttp { reason, .. } => (format!("no whole answer in HTTP came: {}", plain(reason)), hint(&error)),
            kind => (kind.to_string(), hint(&error)),
        };
        let sentence = format!("no usable answer from `{}`: {reason}", error.address);
        Self { hints: hint.into_iter().collect(), ..Self::new(Exit::NoAnswer, sentence) }
    }
}

fn is_on_this_machine(error: &TransportError) -> bool {
    Url::parse(&error.address).is_ok_and(|url| is_loopback(&url))
}

/// Whether the server may have carried out the request: it was reached, and its answer says nothing.
pub(crate) fn may_be_done(error: &TransportError) -> bool {
    match error.kind {
        Kind::TooSlow { .. } | Kind::CutOff { .. } | Kind::NotHttp { .. } | Kind::TooLarge => true,
        Kind::Status { status, .. } => status != 429,
        _ => false,
    }
}

/// The end of a sentence about a TLS failure, and a hint.
fn tls(error: &TlsError, on_this_machine: bool) -> (String, String) {
    const UNTRUSTED: &str = "its certificate is signed by nobody who is trusted here";
    const CLOCK: &str = "is the clock of this machine right? if it is, the certificate is the server's to renew";
    const PROXY: &str =
        "does a proxy open the encryption? its root certificate goes into the file that SSL_CERT_FILE names";
    let (reason, hint) = match error {
        TlsError::InvalidMessage(InvalidMessage::InvalidContentType) => {
            ("it does not speak TLS", if on_this_machine { "is its address one with http:// in front?" } else { PROXY })
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
                    "{name} replaces the system's root certificates: are all there that are wanted, also that of a \
                     proxy which opens the encryption?"
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
            let names = if names.is_empty() { "others".to_owned() } else { names.join(", ") };
            let hint = "is the address right? a network that wants a login first may answer in a server's place, too";
            return (format!("its certificate is for {names}, and not for this host"), hint.to_owned());
        }
        TlsError::InvalidCertificate(Certificate::Other(other))
            if matches!(other.0.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity)) =>
        {
            (
                "its certificate is one for signing others, as self-signed ones often are",
                "one of your own that is to be trusted by itself says CA:FALSE, and the host among its names",
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
        (PASSWORD, "it wants a user name and a password"),
        ("tunnel error: unsuccessful", "it refuses to make one"),
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
            format!("it asks to be left alone for {}", duration(pause.as_secs()))
        }
        Kind::Connection(_) if error.address.starts_with("http:") && cfg!(feature = "sandbox") => {
            "is a sandbox standing there? `systemuser-demo sandbox` starts one".to_owned()
        }
        Kind::Connection(_) if is_on_this_machine(error) => "is a server standing there?".to_owned(),
        Kind::HandshakeClosed => "does it speak TLS at this port?".to_owned(),
        Kind::Proxy(reason) if reason.contains(PASSWORD) => {
            format!("{proxy} takes them as http://NAME:PASSWORD@HOST:PORT, with what is no letter or digit as %XX")
        }
        Kind::Proxy(_) => format!("{proxy} names it: is it there, and does it let this address through?"),
        Kind::NoConnection if variables::uses_proxy(&error.address) => {
            format!("a proxy is asked first, which {proxy} names: is it there?")
        }
        Kind::Connection(_) | Kind::UnknownHost { .. } | Kind::NoConnection if variables::proxy().is_some() => {
            format!("NO_PROXY excepts this host from the proxy that {proxy} names: is there another way to it?")
        }
        Kind::Connection(_) | Kind::UnknownHost { .. } | Kind::NoConnection => {
            "is there a way to the internet from here? a proxy is named in HTTPS_PROXY".to_owned()
        }
        Kind::Setup(_) => match variables::root_certificates() {
            Some(name) => format!(
                "{name} is set: does it name what is there, with certificates in PEM? without it, the system's are taken"
            ),
            None => "does this machine have root certificates? Debian's package is called ca-certificates".to_owned(),
        },
        Kind::TooSlow { .. } => "--timeout gives it longer".to_owned(),
        _ => return None,
    })
}
