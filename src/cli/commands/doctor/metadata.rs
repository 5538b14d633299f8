//! Maskinporten's metadata document. The flow does without it, and its environments imply the same.

use chrono::{DateTime, Utc};
use reqwest::Url;
use serde::Deserialize;

use crate::cli::session::verification::document;
use crate::client::http::{Http, TransportError};

/// What Maskinporten says about itself (RFC 8414), as far as it matters here.
#[derive(Deserialize)]
pub(crate) struct Metadata {
    pub(crate) issuer: String,
    pub(crate) token_endpoint: String,
    pub(crate) jwks_uri: String,
    /// Where it is absent, the document does not say; likewise the next.
    pub(crate) token_endpoint_auth_signing_alg_values_supported: Option<Vec<String>>,
    pub(crate) authorization_details_types_supported: Option<Vec<String>>,
}

/// Where the metadata of an issuer is.
pub(crate) fn address(issuer: &Url) -> Url {
    issuer.join(".well-known/oauth-authorization-server").expect("a relative path joins an http address")
}

/// Fetches Maskinporten's metadata; tells also when it answered, by its own clock.
pub(crate) async fn fetch(http: &Http, issuer: &Url) -> Result<(Metadata, Option<DateTime<Utc>>), TransportError> {
    let reply = http.get_public(&address(issuer)).await?;
    Ok((document(&reply, "metadata document")?, reply.date))
}
