//! Checks an incoming grant as Maskinporten does.
//!
//! The checks run in this order, and the refusal names the first fault: content type, grant type, a decodable
//! assertion without duplicate members, its algorithm and critical extensions, the client, the key id or the
//! certificate chain, the signature, `aud`, `iat`, `nbf`, `exp`, the lifetime, unknown or malformed claims, `jti`,
//! `scope`, `authorization_details` (type, fields, values), and an approved system user that matches.
//!
//! Sources: Digdir's documentation of Maskinporten ("JWT grant", "Troubleshooting", "System users"); RFC 8707;
//! github.com/Altinn/altinn-studio, app-lib (the characters of `externalRef`, and `invalid_target`).

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::super::fixtures::{Client, SCOPE_NOT_GRANTED, SCOPE_OF_ID_PORTEN};
use super::super::store::Request;
use super::super::store::replay::ReplayError;
use super::super::store::state::State;
use super::jws::{Jws, Members, is_array_of_strings};
use super::refusal::{Refusal, display, excerpt};

/// The largest difference between two clocks that is tolerated, in seconds.
const CLOCK_TOLERANCE: i64 = 10;
/// The maximum lifetime of a grant, in seconds.
const LONGEST_GRANT: i64 = 120;
/// The maximum length of an external reference, in characters.
const LONGEST_REFERENCE: usize = 255;

/// The `grant_type` of a JWT grant (RFC 7523).
pub(super) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// A grant that passed all checks.
pub(super) struct Accepted {
    pub(super) client: &'static Client,
    pub(super) claims: Members,
    pub(super) scope: String,
    /// The request of the system user; `None` for a plain token.
    pub(super) user: Option<Request>,
}

/// Checks a token request, and marks its grant as used.
pub(super) fn check(state: &State, content_type: &str, body: &[u8]) -> Result<Accepted, Refusal> {
    let assertion = assertion(content_type, body)?;
    let jws = Jws::read(&assertion)?;
    // All checks use the same time, so that the replay cache still contains every grant that has not expired.
    let now = state.now();
    let client = jws.verify(now)?;
    let claims = jws.claims;
    check_audience(&claims, &state.issuer)?;
    let expires = check_times(&claims, now)?;
    check_members(&claims, client)?;
    // A grant without a `jti` is identified by its signature.
    let id = claims.get("jti").and_then(Value::as_str).unwrap_or(&jws.signature);
    state.use_once(id, expires + TimeDelta::seconds(CLOCK_TOLERANCE), now).map_err(|unusable| match unusable {
        ReplayError::Replayed => {
            Refusal::grant("MP-012", format!("The assertion has been used before: jti {}", excerpt(id)))
        }
        ReplayError::Full => Refusal::unavailable("The sandbox cannot store more used grants; wait until some expire"),
    })?;
    let scope = check_scope(&claims, client)?;
    let user = check_system_user(&claims, client, state)?;
    Ok(Accepted { client, claims, scope, user })
}

fn assertion(content_type: &str, body: &[u8]) -> Result<String, Refusal> {
    let wrong = |what: String| Refusal::new("invalid_request", None, what);
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let got = excerpt(content_type);
        return Err(wrong(format!("Content-Type: expected application/x-www-form-urlencoded, got {got}")));
    }
    let (mut grant_type, mut assertion) = (None, None);
    for (name, value) in form_urlencoded::parse(body) {
        let slot = match &*name {
            "grant_type" => &mut grant_type,
            "assertion" => &mut assertion,
            _ => continue,
        };
        // RFC 6749 section 3.2
        if slot.replace(value.into_owned()).is_some() {
            return Err(wrong(format!("{name}: expected one value, got more than one")));
        }
    }
    match grant_type.as_deref() {
        Some(GRANT_TYPE) => {}
        Some(other) => {
            let what = format!("grant_type: expected {GRANT_TYPE}, got {}", excerpt(other));
            return Err(Refusal::new("unsupported_grant_type", None, what));
        }
        None => return Err(wrong(format!("grant_type: expected {GRANT_TYPE}, got nothing"))),
    }
    assertion.ok_or_else(|| wrong("assertion: expected a JWT, got nothing".to_owned()))
}

fn check_audience(claims: &Members, issuer: &str) -> Result<(), Refusal> {
    match claims.get("aud") {
        Some(aud) if *aud == *issuer => Ok(()),
        other => {
            let is_token_endpoint = |aud: &str| aud.trim_end_matches('/') == format!("{issuer}token");
            let cause = match other.and_then(Value::as_str).is_some_and(is_token_endpoint) {
                true => ", which is the URL of the token endpoint",
                false => "",
            };
            let got = display(other);
            Err(Refusal::grant("MP-110", format!("Invalid JWT claim aud: expected {issuer}, got {got}{cause}")))
        }
    }
}

/// Checks `iat`, `nbf` and `exp`, and returns the time when the grant expires.
fn check_times(claims: &Members, now: DateTime<Utc>) -> Result<DateTime<Utc>, Refusal> {
    let time = |name: &str| {
        let seconds = claims.get(name).and_then(Value::as_f64);
        // A fraction of a second does not matter, and the cast saturates.
        let time = seconds.and_then(|seconds| DateTime::from_timestamp(seconds as i64, 0));
        time.ok_or_else(|| {
            Refusal::value(format!("{name}: expected a time in seconds since 1970, got {}", display(claims.get(name))))
        })
    };
    let (issued, expires) = (time("iat")?, time("exp")?);
    let tolerance = TimeDelta::seconds(CLOCK_TOLERANCE);
    let not_before = if claims.contains_key("nbf") { time("nbf")? } else { issued };
    for (name, time) in [("iat", issued), ("nbf", not_before)] {
        if time > now + tolerance {
            let ahead = (time - now).num_seconds();
            return Err(Refusal::grant(None, format!("Issue time is after now: {name} is {ahead} seconds ahead")));
        }
    }
    if expires < now - tolerance {
        let ago = (now - expires).num_seconds();
        return Err(Refusal::grant("MP-130", format!("JWT has expired: exp was {ago} seconds ago")));
    }
    let lifetime = (expires - issued).num_seconds();
    // The tolerance would permit this for a grant of a few seconds.
    if lifetime < 0 {
        return Err(Refusal::value(format!(
            "exp: expected a time after iat, got a time {} seconds before iat",
            -lifetime
        )));
    }
    if lifetime > LONGEST_GRANT {
        return Err(Refusal::value(format!("exp - iat: expected {LONGEST_GRANT} seconds at most, got {lifetime}")));
    }
    Ok(expires)
}

/// Checks that every claim is documented and has the right type.
fn check_members(claims: &Members, client: &Client) -> Result<(), Refusal> {
    for (name, value) in claims {
        let fits = match name.as_str() {
            // `nbf` is not documented, but accepted.
            "aud" | "iat" | "nbf" | "exp" | "iss" | "authorization_details" => true,
            "scope" | "jti" | "pid" | "consumer_org" | "iss_onbehalfof" => value.is_string(),
            "resource" => {
                check_resource(value)?;
                true
            }
            // Altinn's examples send `sub`, and the real Maskinporten accepts it.
            "sub" => *value == *client.id,
            _ => return Err(Refusal::value(format!("{}: not a documented claim", excerpt(name)))),
        };
        if !fits {
            return Err(Refusal::value(format!("{name}: the value is not valid, got {}", display(Some(value)))));
        }
    }
    match claims.get("consumer_org").or_else(|| claims.get("iss_onbehalfof")) {
        None => Ok(()),
        Some(org) if *org == *client.vendor => {
            let what = "consumer_org: expected an organisation other than the client's own";
            Err(Refusal::new("invalid_request", None, what))
        }
        Some(org) => {
            let what = format!(
                "Consumer {} has not delegated access to the scope to supplier {}",
                display(Some(org)),
                client.vendor
            );
            Err(Refusal::new("forbidden", "MP-251", what))
        }
    }
}

/// Checks the APIs that the token is restricted to (RFC 8707, section 2).
fn check_resource(value: &Value) -> Result<(), Refusal> {
    if !is_array_of_strings(value) {
        let example = r#"["https://api.example.no"]"#;
        let got = display(Some(value));
        return Err(Refusal::value(format!("resource: expected an array of strings such as {example}, got {got}")));
    }
    let wrong = value.as_array().into_iter().flatten().filter_map(Value::as_str).find(|uri| !is_absolute_uri(uri));
    wrong.map_or(Ok(()), |uri| {
        let got = excerpt(uri);
        let what = format!("resource: expected an absolute URI without a fragment, got {got}");
        Err(Refusal::new("invalid_target", None, what))
    })
}

/// Whether a text is an absolute URI, which has a scheme but no fragment (RFC 3986, section 4.3).
fn is_absolute_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        && !rest.trim_start_matches('/').is_empty()
        && !rest.contains(|c: char| c == '#' || c.is_whitespace() || c.is_control())
}

fn check_scope(claims: &Members, client: &Client) -> Result<String, Refusal> {
    let scope = claims.get("scope").and_then(Value::as_str).unwrap_or_default();
    let requested: Vec<&str> = scope.split_whitespace().collect();
    if requested.is_empty() {
        return Err(Refusal::value(format!(
            "scope: expected at least one scope, got {}",
            display(claims.get("scope"))
        )));
    }
    if requested.contains(&SCOPE_OF_ID_PORTEN) {
        let what = format!("Scope {SCOPE_OF_ID_PORTEN} is not available through Maskinporten");
        return Err(Refusal::new("invalid_scope", "MP-201", what));
    }
    if requested.contains(&SCOPE_NOT_GRANTED) {
        let what = format!("Consumer has not been granted access to the scope {SCOPE_NOT_GRANTED}");
        return Err(Refusal::new("invalid_scope", "MP-250", what));
    }
    let unknown: Vec<&str> = requested.iter().copied().filter(|scope| !client.scopes.contains(scope)).collect();
    match unknown.is_empty() {
        true => Ok(requested.join(" ")),
        false => {
            let what = format!("Token request contains invalid scopes for client, {}", excerpt(&unknown.join(" ")));
            Err(Refusal::new("invalid_scope", "MP-200", what))
        }
    }
}

/// The requested system user; `None` for a plain token.
fn check_system_user(claims: &Members, client: &Client, state: &State) -> Result<Option<Request>, Refusal> {
    let details = |code: &'static str, what: String| Refusal::new("invalid_authorization_details", code, what);
    let Some(value) = claims.get("authorization_details") else { return Ok(None) };
    let detail = match value.as_array().map(Vec::as_slice) {
        Some([Value::Object(detail)]) => detail,
        _ => return Err(Refusal::value("authorization_details: expected an array with one object")),
    };
    if detail.get("type").and_then(Value::as_str) != Some("urn:altinn:systemuser") {
        let got = display(detail.get("type"));
        return Err(details("MP-301", format!("type: expected urn:altinn:systemuser, got {got}")));
    }
    let fields = |members: &Members, known: &[&str]| match members.keys().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => {
            Err(details("MP-302", format!("{}: unknown field, expected {}", excerpt(name), known.join(", "))))
        }
    };
    fields(detail, &["type", "systemuser_org", "externalRef"])?;
    let Some(Value::Object(party)) = detail.get("systemuser_org") else {
        return Err(no_system_user(format!(
            "systemuser_org: expected an object, got {}",
            display(detail.get("systemuser_org"))
        )));
    };
    fields(party, &["authority", "ID"])?;
    if party.get("authority").and_then(Value::as_str) != Some("iso6523-actorid-upis") {
        let got = display(party.get("authority"));
        return Err(no_system_user(format!("systemuser_org.authority: expected iso6523-actorid-upis, got {got}")));
    }
    let id = party.get("ID").and_then(Value::as_str).unwrap_or_default();
    let owner = id.strip_prefix("0192:").filter(|org| org.len() == 9 && org.bytes().all(|b| b.is_ascii_digit()));
    let Some(owner) = owner else {
        let got = display(party.get("ID"));
        return Err(no_system_user(format!("systemuser_org.ID: expected 0192: and 9 digits, got {got}")));
    };
    let external_ref = match detail.get("externalRef") {
        None => None,
        Some(Value::String(text)) if is_reference(text) => Some(text.as_str()),
        Some(other) => {
            let got = display(Some(other));
            let what = format!(
                "externalRef: expected a string of at most {LONGEST_REFERENCE} letters, digits, _ and -, got {got}"
            );
            return Err(details("MP-302", what));
        }
    };
    // Altinn stores the owner's organisation number if there is no external reference.
    let key = external_ref.unwrap_or(owner);
    match state.store().user_of_client(client, owner, key) {
        Some(user) => Ok(Some(user.request.clone())),
        None => {
            let reference = external_ref.map_or("none".to_owned(), excerpt);
            Err(no_system_user(format!("No approved system user: owner {owner}, external reference {reference}")))
        }
    }
}

/// Whether Maskinporten accepts a text as an external reference. Altinn accepts more in a request.
pub(crate) fn is_reference(text: &str) -> bool {
    let is_known = |c: char| c.is_ascii_alphanumeric() || "æøåÆØÅ_-".contains(c);
    text.chars().count() <= LONGEST_REFERENCE && text.chars().all(is_known)
}

fn no_system_user(what: String) -> Refusal {
    Refusal::new("invalid_altinn_customer_configuration", "MP-303", what)
}
