//! The environments of Maskinporten and Altinn, and the addresses that each one implies.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

use super::sanitize::quote;

/// The environment that a configuration is for. What is registered in one is unknown in the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// The sandbox of this program, on loopback.
    Sandbox,
    /// Maskinporten's test environment, which is wired to Altinn's TT02.
    Test,
    /// Production.
    Prod,
}

impl Environment {
    /// All of them, the harmless ones first.
    pub const ALL: [Self; 3] = [Self::Sandbox, Self::Test, Self::Prod];

    /// The name used in options, variables and configuration files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Test => "test",
            Self::Prod => "prod",
        }
    }

    /// The addresses that this environment implies; for the sandbox those of one that stands on its usual port.
    ///
    /// Sources: Digdir's documentation of Maskinporten ("Well-known"), Altinn's of its platform, and the C# reference.
    pub fn endpoints(self) -> Endpoints {
        let url = |text| Url::parse(text).expect("the address is a constant");
        match self {
            Self::Sandbox => Endpoints::sandbox(&url("http://127.0.0.1:7070/")),
            Self::Test => Endpoints {
                reference_api: Some(url("https://systemuserapi.azurewebsites.net/")),
                ..Endpoints::of_issuer(url("https://test.maskinporten.no/"), url("https://platform.tt02.altinn.no/"))
            },
            Self::Prod => Endpoints::of_issuer(url("https://maskinporten.no/"), url("https://platform.altinn.no/")),
        }
    }
}

impl FromStr for Environment {
    type Err = UnknownEnvironment;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|known| known.name() == text).ok_or_else(|| UnknownEnvironment(text.to_owned()))
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is none of the environments'.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not an environment, which is one of sandbox, test and prod", quote(.0))]
pub struct UnknownEnvironment(pub String);

/// Where the servers of the flow are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// Maskinporten's name for itself, with its last slash: the `aud` of a grant and the `iss` of a token.
    pub issuer: Url,
    /// Where a grant is exchanged for a token.
    pub token: Url,
    /// Maskinporten's published keys.
    pub jwks: Url,
    /// Altinn's platform, for the System Register and the system users.
    pub altinn: Url,
    /// The reference APIs; production has none.
    pub reference_api: Option<Url>,
}

impl Endpoints {
    /// The addresses of a sandbox, which serves everything at one. It calls itself by number, and its issuer is to be
    /// called as it calls itself.
    pub fn sandbox(address: &Url) -> Self {
        let mut address = address.clone();
        if address.host_str() == Some("localhost") {
            address.set_host(Some("127.0.0.1")).expect("an http address takes a number for a host");
        }
        Self { reference_api: Some(address.clone()), ..Self::of_issuer(address.clone(), address) }
    }

    /// What follows from an issuer: `token` and `jwk` lie beside each other below it.
    pub fn of_issuer(issuer: Url, altinn: Url) -> Self {
        let below = |path| issuer.join(path).expect("a relative path joins an http address");
        Self { token: below("token"), jwks: below("jwk"), issuer, altinn, reference_api: None }
    }
}

/// Whether an address stays on this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback()),
        None => false,
    }
}
