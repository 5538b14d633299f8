//! Access tokens. A token is opaque to the client (Digdir, "Token endpoint"), so it is not decoded here.

use chrono::{DateTime, Utc};
use secrecy::SecretString;

/// An access token from a server, with its lifetime and its scopes.
#[derive(Debug)]
pub struct AccessToken {
    /// The token itself.
    pub secret: SecretString,
    /// The lifetime of the token from the moment when it was issued, in seconds.
    pub expires_in: u64,
    /// The scopes of the token, separated by spaces, if Maskinporten returned them.
    pub scope: Option<String>,
    /// The time of the server's response, in whole seconds, from its `Date` header. `None` if the header is missing or
    /// invalid.
    pub date: Option<DateTime<Utc>>,
}
