//! The environments of Maskinporten and Altinn, and the addresses of their servers.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

use super::sanitize::quote;

/// An environment of Maskinporten and Altinn. A client, key, system or system user exists in only one environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// A local sandbox that replaces Maskinporten and Altinn, on a loopback address.
    Sandbox,
    /// Maskinporten's test environment, which is connected to Altinn's test environment TT02.
    Test,
    /// The production environment.
    Prod,
}

impl Environment {
    /// All environments. Production is last.
    pub const ALL: [Self; 3] = [Self::Sandbox, Self::Test, Self::Prod];

    /// The name of the environment: `sandbox`, `test` or `prod`. `FromStr` parses the same names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Test => "test",
            Self::Prod => "prod",
        }
    }

    /// The addresses of the servers in this environment. For the sandbox, these are the addresses at its default port,
    /// 7070.
    ///
    /// Sources: Digdir's documentation of Maskinporten ("Well-known", "Self-service API"), Altinn's platform
    /// documentation, and the C# reference client (github.com/TheTechArch/altinn-systemuser).
    pub fn endpoints(self) -> Endpoints {
        let url = |text| Url::parse(text).expect("the address is a constant");
        let of = |issuer, altinn, self_service| Endpoints::of_issuer(url(issuer), url(altinn), url(self_service));
        match self {
            Self::Sandbox => Endpoints::sandbox(&url("http://127.0.0.1:7070/")),
            Self::Test => Endpoints {
                reference_api: Some(url("https://systemuserapi.azurewebsites.net/")),
                ..of(
                    "https://test.maskinporten.no/",
                    "https://platform.tt02.altinn.no/",
                    "https://api.test.samarbeid.digdir.no/",
                )
            },
            Self::Prod => {
                of("https://maskinporten.no/", "https://platform.altinn.no/", "https://api.samarbeid.digdir.no/")
            }
        }
    }
}

impl FromStr for Environment {
    type Err = UnknownEnvironment;

    /// Parses the [`name`](Self::name) of an environment.
    ///
    /// # Errors
    /// Returns an error if the text is not exactly `sandbox`, `test` or `prod`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|known| known.name() == text).ok_or_else(|| UnknownEnvironment(text.to_owned()))
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The error for a text that is not the name of an environment. It contains the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not an environment; expected sandbox, test or prod", quote(.0))]
pub struct UnknownEnvironment(pub String);

/// The addresses of Maskinporten, Altinn and the reference APIs in an environment. Base addresses end in a slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// Maskinporten's issuer identifier, with its trailing slash. It is the `aud` claim of a grant and the `iss` claim
    /// of a token.
    pub issuer: Url,
    /// Maskinporten's token endpoint, which exchanges a grant for an access token.
    pub token: Url,
    /// The address of the JWK set with Maskinporten's public keys (RFC 7517).
    pub jwks: Url,
    /// The base address of Altinn's platform, with its trailing slash. The platform has the APIs for the System
    /// Register and for system users.
    pub altinn: Url,
    /// The base address of Digdir's self-service API, with its trailing slash. It publishes the catalogue of scopes.
    pub self_service: Url,
    /// The base address of the reference APIs, with its trailing slash. `None` for production, which has no reference
    /// APIs.
    pub reference_api: Option<Url>,
}

impl Endpoints {
    /// The addresses of a sandbox, which runs all its servers at `address`. The host `localhost` is replaced by
    /// `127.0.0.1`, because the issuer must be equal to the issuer in the sandbox's tokens.
    ///
    /// # Panics
    /// If `address` cannot be a base URL, such as a `data:` URL.
    pub fn sandbox(address: &Url) -> Self {
        let mut address = address.clone();
        if address.host_str() == Some("localhost") {
            address.set_host(Some("127.0.0.1")).expect("an http URL accepts an IP address as its host");
        }
        Self { reference_api: Some(address.clone()), ..Self::of_issuer(address.clone(), address.clone(), address) }
    }

    /// Derives the addresses from an issuer, and from the base addresses of Altinn's platform and of the self-service
    /// API. All must end in a slash. The token endpoint is the path `token` below the issuer, and the JWK set is the
    /// path `jwk`.
    ///
    /// # Panics
    /// If `issuer` cannot be a base URL, such as a `data:` URL.
    pub fn of_issuer(issuer: Url, altinn: Url, self_service: Url) -> Self {
        let below = |path| issuer.join(path).expect("an http URL can be joined with a relative path");
        Self { token: below("token"), jwks: below("jwk"), issuer, altinn, self_service, reference_api: None }
    }
}

/// Whether a URL leads to this machine: its host is `localhost`, `[::1]`, or in 127.0.0.0/8.
pub fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    matches!(host, "localhost" | "[::1]") || host.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}
