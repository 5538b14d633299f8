//! Redirect URLs, parsed as a browser parses them: hosts in lower case, hosts with non-ASCII letters in Punycode, and
//! no default port.
//!
//! Source: url.spec.whatwg.org. The real server parses them with .NET's `Uri`, which treats hosts in the same way.

use reqwest::Url;

/// Parses an absolute URL with a host.
pub(crate) fn read(url: &str) -> Option<Url> {
    // A browser accepts `https:example.no` and ignores line breaks, but these are not absolute URLs.
    let (_, rest) = url.split_once("://")?;
    let plain = !rest.starts_with(['/', '\\', '?', '#']) && !url.contains(char::is_control);
    let url = Url::parse(url).ok().filter(|_| plain)?;
    url.has_host().then_some(url)
}

/// Parses an HTTP or HTTPS URL, to which a page may link.
pub(crate) fn of_the_web(url: &str) -> Option<Url> {
    read(url).filter(|url| matches!(url.scheme(), "http" | "https"))
}

pub(crate) fn is_https(url: &str) -> bool {
    read(url).is_some_and(|url| url.scheme() == "https")
}

/// Whether the database accepts the URL: it begins with `http://` or `https://`, and its host does not begin with a dot.
/// .NET's `Uri` writes the scheme in lower case.
pub(super) fn has_web_scheme(url: &str) -> bool {
    let url = url.trim().to_ascii_lowercase();
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('.'))
}

/// Whether two URLs are equal apart from their query and fragment. The real server compares only scheme, host and path.
/// The sandbox also compares the port, and the credentials, which can make a URL look like another URL.
pub(crate) fn same_place(one: &str, other: &str) -> bool {
    let place = |url: &str| {
        let mut url = read(url)?;
        url.set_query(None);
        url.set_fragment(None);
        Some(url)
    };
    place(one).is_some_and(|one| place(other) == Some(one))
}
