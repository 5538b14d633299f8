//! Maskinporten's metadata document. The flow does without it, and its environments imply the same.

use reqwest::Url;
use serde::Deserialize;

/// Maskinporten's metadata document (RFC 8414), as far as it matters here.
#[derive(Deserialize)]
pub(super) struct Metadata {
    pub(super) issuer: String,
    pub(super) token_endpoint: String,
    pub(super) jwks_uri: String,
    /// Absent if the document does not name them, like the next.
    pub(super) token_endpoint_auth_signing_alg_values_supported: Option<Vec<String>>,
    pub(super) authorization_details_types_supported: Option<Vec<String>>,
}

/// The address of an issuer's metadata.
pub(super) fn address(issuer: &Url) -> Url {
    issuer.join(".well-known/oauth-authorization-server").expect("a relative path joins an http address")
}
