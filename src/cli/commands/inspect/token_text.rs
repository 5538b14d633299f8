//! Finds the token in a pasted text: after `Bearer`, in quotes, or in a server's JSON response. It may be cut off.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::altinn::decoded_jwt::DecodedJwt;
use crate::cli::error::CommandError;
use crate::config::is_secret;

/// The kind of token that a text contains.
pub(crate) enum TokenText {
    /// A signed token, or a grant.
    Jwt { token: String, decoded: DecodedJwt },
    /// A JWE (RFC 7516).
    Encrypted { header: Map<String, Value> },
    /// A token that only its issuer can read.
    Opaque,
}

/// The shortest signature of an RSA key that may be used, in bytes.
const SHORTEST_SIGNATURE: usize = 256;

impl TokenText {
    /// Finds the token in a text. Error messages never repeat the text.
    pub(crate) fn read(text: &str) -> Result<Self, CommandError> {
        let token = bare(text);
        if token.is_empty() {
            return Err(CommandError::command_line("the token is empty".to_owned())
                .hint("to get a token, run `systemuser-demo token`"));
        }
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(CommandError::command_line("this is not a token: it contains invalid characters".to_owned()));
        }
        let parts: Vec<&str> = token.split('.').collect();
        let header = object(parts[0]);
        let damage = match (DecodedJwt::read(&token), header, parts.len()) {
            (Some(decoded), ..) => match too_short(&decoded, parts[2]) {
                None => return Ok(Self::Jwt { token, decoded }),
                Some(damage) => damage,
            },
            (None, Some(header), 5) if header.contains_key("enc") => return Ok(Self::Encrypted { header }),
            (None, Some(_), 3) => "its claims are not JSON in base64url, or are nested too deeply".to_owned(),
            (None, Some(_), count) => format!("a JWT has three parts separated by dots, but this text has {count}"),
            // Every JWT begins with `ey`, which is the beginning of a JSON object in base64.
            (None, None, _) if token.starts_with("ey") => "its header is not JSON in base64url".to_owned(),
            (None, None, 3) if object(parts[1]).is_some() => "its header is not JSON in base64url".to_owned(),
            (None, None, _) if token.starts_with('{') => {
                return Err(CommandError::command_line("this is JSON without an `access_token`".to_owned()));
            }
            (None, None, _) if is_secret(&token) => {
                return Err(CommandError::command_line("this is not a token: it looks like a key".to_owned()));
            }
            (None, None, _) => return Ok(Self::Opaque),
        };
        Err(CommandError::command_line(format!("the token is cut off or damaged: {damage}"))
            .hint("was the token copied only in part? copy the whole token"))
    }
}

/// The reason why a signature cannot be complete, if there is one.
fn too_short(decoded: &DecodedJwt, signature: &str) -> Option<String> {
    let is_rsa = decoded.header.get("alg").and_then(Value::as_str).is_some_and(|alg| alg.starts_with("RS"));
    match URL_SAFE_NO_PAD.decode(signature) {
        Err(_) => Some("its signature is not base64url".to_owned()),
        Ok(bytes) if is_rsa && bytes.len() < SHORTEST_SIGNATURE => {
            let count = bytes.len();
            Some(format!("its signature has {count} bytes, but an RSA signature has {SHORTEST_SIGNATURE} or more"))
        }
        Ok(_) => None,
    }
}

fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// The token without the text that is often copied with it.
fn bare(text: &str) -> String {
    let mut text = text.trim_start_matches('\u{feff}').trim();
    if let Ok(Value::Object(answer)) = serde_json::from_str(text) {
        let member = ["access_token", "assertion"].into_iter().find_map(|name| answer.get(name)?.as_str());
        if let Some(token) = member {
            return token.to_owned();
        }
    }
    for prefix in ["authorization:", "bearer"] {
        let (start, rest) = text.split_at_checked(prefix.len()).unwrap_or_default();
        let ends = prefix.ends_with(':') || rest.is_empty() || rest.starts_with(char::is_whitespace);
        if start.eq_ignore_ascii_case(prefix) && ends {
            text = rest.trim();
        }
    }
    // Altinn's exchange returns a JSON string, and e-mail programs break lines.
    text.trim_matches(['"', '\'']).chars().filter(|c| !matches!(c, '\r' | '\n')).collect()
}
