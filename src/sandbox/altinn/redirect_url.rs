//! Addresses that a customer is led back to, read as a browser reads them: hosts in lower case and, where they are in
//! other letters than ASCII, in Punycode; and no port where it is the scheme's own.
//!
//! Source: url.spec.whatwg.org. The real server reads them with .NET's `Uri`, which knows the same hosts.

use reqwest::Url;

/// An absolute address with a host.
pub(crate) fn read(url: &str) -> Option<Url> {
    // A browser would guess what is meant by `https:example.no`, and skip line breaks; those are no absolute addresses.
    let (_, rest) = url.split_once("://")?;
    let plain = !rest.starts_with(['/', '\\', '?', '#']) && !url.contains(char::is_control);
    let url = Url::parse(url).ok().filter(|_| plain)?;
    url.has_host().then_some(url)
}

/// One of the web, where a page may lead.
pub(crate) fn of_the_web(url: &str) -> Option<Url> {
    read(url).filter(|url| matches!(url.scheme(), "http" | "https"))
}

pub(crate) fn is_https(url: &str) -> bool {
    read(url).is_some_and(|url| url.scheme() == "https")
}

/// Whether two addresses are the same place: scheme, host and path are, while what the query says is free. The real
/// server looks at no more; here another port is another place, and so is one with other credentials, which are a way to
/// make an address look like another.
pub(crate) fn same_place(one: &str, other: &str) -> bool {
    let place = |url: &str| {
        let mut url = read(url)?;
        url.set_query(None);
        url.set_fragment(None);
        Some(url)
    };
    place(one).is_some_and(|one| place(other) == Some(one))
}
