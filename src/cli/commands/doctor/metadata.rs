//! Maskinporten's metadata document. Only `doctor` reads it, since each environment implies the same URLs.

use reqwest::Url;
use serde::Deserialize;

/// The values of Maskinporten's metadata document (RFC 8414) that `doctor` checks.
#[derive(Deserialize)]
pub(super) struct Metadata {
    pub(super) issuer: String,
    pub(super) token_endpoint: String,
    pub(super) jwks_uri: String,
    /// Absent if the document does not list them.
    pub(super) token_endpoint_auth_signing_alg_values_supported: Option<Vec<String>>,
    /// Absent if the document does not list them.
    pub(super) authorization_details_types_supported: Option<Vec<String>>,
}

/// The URL of an issuer's metadata.
pub(super) fn address(issuer: &Url) -> Url {
    issuer.join(".well-known/oauth-authorization-server").expect("a relative path joins an http address")
}
