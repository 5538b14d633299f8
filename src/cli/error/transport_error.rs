//! What it means that nobody answered, in plain words, and what may be behind it.

use std::env;

use reqwest::Url;

use crate::cli::args::proxy;
use crate::cli::error::told::{Told, exit};
use crate::client::environment::is_loopback;
use crate::client::http::{TransportError, TransportErrorKind};

pub(crate) fn told(transport_error: &TransportError) -> Told {
    let sentence = transport_error.to_string();
    let sentence = match &transport_error.kind {
        TransportErrorKind::Tls(theirs)
        | TransportErrorKind::Proxy(theirs)
        | TransportErrorKind::Connection(theirs)
        | TransportErrorKind::NotHttp { reason: theirs, .. } => sentence.replace(theirs, &plain(theirs)),
        _ => sentence,
    };
    Told { exit_code: exit::SILENCE, sentence, hints: hints(transport_error), ..Told::default() }
}

/// Whether the server may have done what it was asked for: it was reached, and nothing can be made of what it said.
pub(crate) fn may_be_done(transport_error: &TransportError) -> bool {
    match transport_error.kind {
        TransportErrorKind::TooSlow { .. }
        | TransportErrorKind::CutOff { .. }
        | TransportErrorKind::NotHttp { .. }
        | TransportErrorKind::TooLarge => true,
        TransportErrorKind::Status { status, .. } => status != 429,
        _ => false,
    }
}

/// What TLS and tunnels are found wanting in, by the words of the libraries.
const PLAIN: [(&str, &str); 14] = [
    (EXPIRED, "its certificate has expired"),
    (NOT_YET, "its certificate is not valid yet"),
    (UNTRUSTED, "its certificate is signed by nobody who is trusted here"),
    // Of an authority that is known by name.
    ("BadSignature", "its certificate is signed by nobody who is trusted here"),
    (SIGNS_OTHERS, "its certificate is one for signing others, as self-signed ones often are"),
    (NO_TLS, "it does not speak TLS"),
    (NO_HANDSHAKE, "it closed the connection in the TLS handshake"),
    ("without sending TLS close_notify", "the connection was closed"),
    ("invalid HTTP version parsed", "it does not speak HTTP"),
    (PASSWORD, "it wants a user name and a password"),
    ("tunnel error: unsuccessful", "it refuses to make one"),
    ("tunnel error: unexpected end of file", "it closed the connection"),
    ("tunnel error: proxy response headers too long", "it does not answer in HTTP"),
    ("failed to lookup address information", "its name was not found"),
];
const EXPIRED: &str = "certificate expired";
const NOT_YET: &str = "certificate not valid yet";
const OTHER_HOST: &str = "certificate not valid for name";
const UNTRUSTED: &str = "UnknownIssuer";
const SIGNS_OTHERS: &str = "CaUsedAsEndEntity";
const NO_HANDSHAKE: &str = "tls handshake eof";
const NO_TLS: &str = "InvalidContentType";
const PASSWORD: &str = "tunnel error: proxy authorization required";

fn plain(theirs: &str) -> String {
    if theirs.contains(OTHER_HOST) {
        let names = theirs.split("DnsName(\"").skip(1).filter_map(|rest| rest.split('"').next());
        let names: Vec<String> = names.take(3).map(|name| format!("`{name}`")).collect();
        let names = if names.is_empty() { "others".to_owned() } else { names.join(", ") };
        return format!("its certificate is for {names}, and not for this host");
    }
    let known = PLAIN.iter().find(|(words, _)| theirs.contains(words));
    known.map_or(theirs, |(_, plain)| plain).to_owned()
}

fn hints(transport_error: &TransportError) -> Vec<String> {
    let asked_for = transport_error.retry_after.filter(|after| !after.is_zero());
    if let (TransportErrorKind::Status { .. }, Some(after)) = (&transport_error.kind, asked_for) {
        return vec![format!("it asks to be left alone for {}", humantime::format_duration(after))];
    }
    let on_this_machine = Url::parse(&transport_error.address).is_ok_and(|url| is_loopback(&url));
    let certificates = ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter().find(|name| env::var_os(name).is_some());
    let proxy = proxy::variable().unwrap_or("HTTPS_PROXY");
    let hint = match &transport_error.kind {
        TransportErrorKind::Connection(_)
            if transport_error.address.starts_with("http:") && cfg!(feature = "sandbox") =>
        {
            "is a sandbox standing there? `systemuser-demo sandbox` starts one".to_owned()
        }
        TransportErrorKind::Connection(reason) if reason.contains(NO_HANDSHAKE) => {
            "does it speak TLS at this port?".to_owned()
        }
        TransportErrorKind::Connection(_) if on_this_machine => "is a server standing there?".to_owned(),
        TransportErrorKind::Proxy(reason) if reason.contains(PASSWORD) => {
            format!("{proxy} takes them as http://NAME:PASSWORD@HOST:PORT, with what is no letter or digit as %XX")
        }
        TransportErrorKind::Proxy(_) => format!("{proxy} names it: is it there, and does it let this address through?"),
        TransportErrorKind::NoConnection if proxy::is_asked(&transport_error.address) => {
            format!("a proxy is asked first, which {proxy} names: is it there?")
        }
        TransportErrorKind::Connection(_)
        | TransportErrorKind::UnknownHost { .. }
        | TransportErrorKind::NoConnection
            if proxy::variable().is_some() =>
        {
            format!("NO_PROXY excepts this host from the proxy that {proxy} names: is there another way to it?")
        }
        TransportErrorKind::Connection(_)
        | TransportErrorKind::UnknownHost { .. }
        | TransportErrorKind::NoConnection => {
            "is there a way to the internet from here? a proxy is named in HTTPS_PROXY".to_owned()
        }
        TransportErrorKind::Tls(reason) if reason.contains(EXPIRED) || reason.contains(NOT_YET) => {
            "is the clock of this machine right? if it is, the certificate is the server's to renew".to_owned()
        }
        TransportErrorKind::Tls(reason) if reason.contains(SIGNS_OTHERS) => {
            "one of your own that is to be trusted by itself says CA:FALSE, and the host among its names".to_owned()
        }
        TransportErrorKind::Tls(reason) if reason.contains(OTHER_HOST) => {
            "is the address right? a network that wants a login first may answer in a server's place, too".to_owned()
        }
        TransportErrorKind::Tls(reason) if reason.contains(NO_TLS) && on_this_machine => {
            "is its address one with http:// in front?".to_owned()
        }
        TransportErrorKind::Tls(reason) if reason.contains(UNTRUSTED) && certificates.is_some() => {
            format!(
                "{} replaces the system's root certificates: are all there that are wanted, also that of a proxy which \
                 opens the encryption?",
                certificates.unwrap_or_default()
            )
        }
        TransportErrorKind::Tls(_) => {
            "does a proxy open the encryption? its root certificate goes into the file that SSL_CERT_FILE names"
                .to_owned()
        }
        TransportErrorKind::Setup(_) => match certificates {
            Some(name) => format!(
                "{name} is set: does it name what is there, with certificates in PEM? without it, the system's are taken"
            ),
            None => "does this machine have root certificates? Debian's package is called ca-certificates".to_owned(),
        },
        TransportErrorKind::TooSlow { .. } => "--timeout gives it longer".to_owned(),
        _ => return Vec::new(),
    };
    vec![hint]
}
