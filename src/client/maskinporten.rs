//! Maskinporten: exchanges a grant for a token, or returns the refusal with the reason in Maskinporten's own words.
//!
//! Sources: RFC 7523 section 2.1, RFC 6749 sections 5.1 and 5.2; Digdir, "Token endpoint" and "Troubleshooting".

use chrono::{DateTime, Utc};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::grant::Assertion;
use super::http::{CallError, Http, Reply, TransportError};
use super::sanitize::excerpt;
use super::token::AccessToken;

/// The `grant_type` of a JWT grant (RFC 7523).
pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// Exchanges a signed grant for an access token.
///
/// # Errors
/// Returns [`CallError::Refused`] if Maskinporten refused the grant, and [`CallError::Transport`] if there is no
/// response with a usable token.
pub async fn exchange(http: &Http, token_endpoint: &Url, assertion: &Assertion) -> Result<AccessToken, ExchangeError> {
    let form = [("grant_type", GRANT_TYPE), ("assertion", assertion.0.expose_secret())];
    read(&http.post_form(token_endpoint, &form, &assertion.0).await?)
}

/// Reads the response of a token endpoint.
///
/// # Errors
/// Returns [`CallError::Refused`] if the response is a refusal, and [`CallError::Transport`] if it has no usable token.
pub fn read(reply: &Reply) -> Result<AccessToken, ExchangeError> {
    match reply.status {
        200 => Ok(read_token(reply)?),
        400..=499 => Err(ExchangeError::Refused(TokenRefused::read(reply).into())),
        _ => Err(reply.unusable("without a token").into()),
    }
}

/// The response with a token. Other members are ignored.
#[derive(Deserialize)]
struct TokenAnswer {
    access_token: SecretString,
    token_type: Option<String>,
    expires_in: u64,
    scope: Option<String>,
}

fn read_token(reply: &Reply) -> Result<AccessToken, TransportError> {
    // The error shows neither the body nor the parser's message, because they may contain the token.
    let TokenAnswer { access_token: secret, token_type, expires_in, scope } =
        reply.json_object().map_err(|_| reply.unusable("but not a token response"))?;
    let token = secret.expose_secret();
    // RFC 6750 allows fewer characters. These are safe in a line of output and in a header.
    if token.is_empty() || token.len() > 65_536 || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(reply.unusable("but its `access_token` is not valid"));
    }
    if token_type.is_some_and(|name| !name.eq_ignore_ascii_case("Bearer")) {
        return Err(reply.unusable("but its `token_type` is not Bearer"));
    }
    Ok(AccessToken { secret, expires_in, scope, date: reply.date })
}

/// The error of a token exchange: a refusal by Maskinporten, or no usable response.
pub type ExchangeError = CallError<TokenRefused>;

/// A refusal by Maskinporten.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Maskinporten refused the grant: {}", self.name())]
pub struct TokenRefused {
    /// The address of the token endpoint, without its query.
    pub address: String,
    /// The HTTP status.
    pub status: u16,
    /// Maskinporten's code, such as `MP-303`, from `error_uri`, the description or the OAuth error code.
    pub code: Option<String>,
    /// The OAuth error code, such as `invalid_grant` (RFC 6749, section 5.2).
    pub error: Option<String>,
    /// Maskinporten's description without the trace id, or the body if it is not an OAuth error. At most 200
    /// characters.
    pub description: Option<String>,
    /// The trace id, which Digdir's support asks for.
    pub trace_id: Option<String>,
    /// The address of the page about the code.
    pub error_uri: Option<String>,
    /// The time of the response, by Maskinporten's clock.
    pub date: Option<DateTime<Utc>>,
}

impl TokenRefused {
    fn read(reply: &Reply) -> Self {
        let body = reply.quotable();
        let json: Map<String, Value> = serde_json::from_str(&body).unwrap_or_default();
        let member = |name: &str| json.get(name).and_then(Value::as_str);
        let (error, error_uri) = (member("error"), member("error_uri"));
        let (words, trace_id) = match member("error_description") {
            Some(described) => without_trace_id(described),
            None if error.is_none() => (body.clone(), None),
            None => (String::new(), None),
        };
        // The code is usually the end of `error_uri`. Some responses have it in the description.
        let is_about_the_customer = error == Some("invalid_altinn_customer_configuration");
        let code = error_uri.and_then(code_in).or_else(|| code_in(&words));
        let code = code.or_else(|| is_about_the_customer.then(|| "MP-303".to_owned()));
        Self {
            address: reply.address.clone(),
            status: reply.status,
            code,
            error: error.and_then(excerpt),
            description: excerpt(&words),
            trace_id: trace_id.as_deref().and_then(excerpt),
            error_uri: error_uri.and_then(excerpt),
            date: reply.date,
        }
    }

    /// Whether the response is an OAuth error. If not, it may come from another server than Maskinporten.
    pub fn is_oauth_error(&self) -> bool {
        self.code.is_some() || self.error.is_some()
    }

    fn name(&self) -> String {
        let known: Vec<&str> = [&self.code, &self.error].into_iter().flatten().map(String::as_str).collect();
        if known.is_empty() { format!("status {} from `{}`", self.status, self.address) } else { known.join(" ") }
    }
}

/// Finds a code such as `MP-303` in a text. Some responses spell it `MP_303` (github.com/Altinn/altinn-studio,
/// app-lib).
fn code_in(text: &str) -> Option<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').find_map(|word| {
        let digits = word.strip_prefix("MP")?.trim_start_matches(['-', '_']);
        digits.parse::<u32>().ok().filter(|_| digits.len() <= 6).map(|_| format!("MP-{digits}"))
    })
}

/// Splits a description into its text and its trace id, `(trace_id: …)`. Older responses call it
/// `correlation id`.
fn without_trace_id(text: &str) -> (String, Option<String>) {
    for label in ["(trace_id:", "(correlation id:"] {
        if let Some((before, after)) = text.split_once(label) {
            let (id, rest) = after.split_once(')').unwrap_or((after, ""));
            return (format!("{} {}", before.trim(), rest.trim()), Some(id.trim().to_owned()));
        }
    }
    (text.to_owned(), None)
}
