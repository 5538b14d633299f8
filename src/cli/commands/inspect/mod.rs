//! `inspect`: show the contents of a token or a grant.
//!
//! The verification of a token is in `session`.

mod token_text;

use std::io::{self, IsTerminal, Read};
use std::path::Path;

use chrono::{DateTime, Utc};
use clap::Args;
use reqwest::Url;
use serde_json::{Value, json};

use self::token_text::TokenText;
use crate::altinn::decoded_jwt::DecodedJwt;
use crate::cli::args::{CommonArgs, TimeoutArg, shell, variables};
use crate::cli::error::{CommandError, Exit};
use crate::cli::output::{Console, certificate, duration, maskinportens_time, pairs, time};
use crate::cli::session::verification::{VerificationError, algorithm, verify};
use crate::cli::session::{fetch_document, warn_of_clock, warn_of_proxy};
use crate::client::{Environment, Http, is_loopback};
use crate::config::Overrides;

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Inspect {
    /// token or grant; if omitted or `-`, read from standard input
    token: Option<String>,
    /// verify the signature against the environment's published Maskinporten keys, and check the issuer and lifetime
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    timeout: TimeoutArg,
}

const EXAMPLES: &str = "\
Examples:
  systemuser-demo inspect eyJhbGciOiJub25lIn0.e30.
  systemuser-demo inspect < token.txt  # from a file";

/// The longest accepted input, in bytes.
const LONGEST: u64 = 1024 * 1024;

impl Inspect {
    pub(crate) async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let text = match self.token.as_deref() {
            None | Some("-") => from_standard_input()?,
            Some(path) if Path::new(path).is_file() => {
                let hint =
                    format!("to inspect the file's content, run `systemuser-demo inspect < {}`", shell::quote(path));
                return Err(CommandError::command_line("TOKEN: this is the name of a file").hint(hint));
            }
            Some(token) => token.to_owned(),
        };
        let token = TokenText::read(&text)?;
        if self.verify {
            let TokenText::Jwt { token, decoded } = &token else { return Err(VerificationError::NotAJwt.into()) };
            self.check(token, decoded, common, console).await?;
        }
        if common.json {
            let answer = match &token {
                TokenText::Jwt { decoded, .. } => {
                    let DecodedJwt { header, claims } = decoded;
                    let certificate = certificate::of_header(header);
                    let header = certificate::with_subjects(header.clone());
                    let mut answer = json!({ "kind": name(decoded), "header": header, "claims": claims });
                    if let Some(certificate) = certificate {
                        answer["certificate"] = certificate::json(&certificate);
                    }
                    answer["verified"] = self.verify.into();
                    answer
                }
                TokenText::Encrypted { header } => json!({ "kind": ENCRYPTED, "header": header, "verified": false }),
                TokenText::Opaque => json!({ "kind": OPAQUE, "verified": false }),
            };
            return Ok(console.answer_json(&answer)?);
        }
        Ok(console.answer(describe(&token, Utc::now(), self.verify))?)
    }

    async fn check(
        &self,
        token: &str,
        decoded: &DecodedJwt,
        common: &CommonArgs,
        console: &mut Console<'_>,
    ) -> Result<(), CommandError> {
        let timeout = self.timeout.duration()?;
        let config = common.configuration(Overrides::default())?;
        config.notes.iter().for_each(|note| console.note(note));
        // Checked first, since no key can verify a token with a wrong algorithm.
        algorithm(decoded).map_err(|error| match &error {
            VerificationError::Algorithm { got } if got.starts_with("HS") || got.eq_ignore_ascii_case("none") => {
                CommandError::from(error).hint("anyone could have created this token")
            }
            _ => error.into(),
        })?;
        let claimed = decoded.claims.get("iss").and_then(Value::as_str);
        let claimed = Environment::ALL.into_iter().find(|other| claimed == Some(other.endpoints().issuer.as_str()));
        let claimed = claimed.map(|environment| format!("the issuer is `{environment}`: pass --env {environment}"));
        if config.sandbox_inside {
            let standing = "start a sandbox with `systemuser-demo sandbox`, and set SYSTEMUSER_SANDBOX to its URL";
            let problem =
                "no running sandbox could have issued the token: each command starts and stops its own sandbox";
            let error = CommandError::new(Exit::Configuration, problem);
            return Err(error.hint(claimed.unwrap_or_else(|| standing.to_owned())));
        }
        warn_of_proxy(&config, console);
        variables::check_root_certificates(&config)?;
        let http = Http::new(timeout);
        let (keys, clock) = fetch_document(&http, &config.endpoints.jwks, "JWK set", console).await;
        warn_of_clock(clock, console);
        let keys = keys?;
        verify(token, &keys, &config.endpoints.issuer, maskinportens_time(clock)).map_err(|error| {
            let hint = match (&error, kind(decoded)) {
                (VerificationError::UnknownKey { .. } | VerificationError::Issuer { .. }, kind) => match kind {
                    Kind::Grant => "this is a grant, which is signed by the client and not by Maskinporten".to_owned(),
                    Kind::Altinn => {
                        "this is an Altinn token, which is signed by Altinn and not by Maskinporten".to_owned()
                    }
                    _ => claimed.unwrap_or_else(|| {
                        let environment = config.environment.value;
                        format!("the keys are from `{environment}`; choose another environment with --env")
                    }),
                },
                (VerificationError::Signature, _) => {
                    "was the token changed, or copied only in part? copy the whole token".to_owned()
                }
                _ => return error.into(),
            };
            CommandError::from(error).hint(hint)
        })
    }
}

/// Describes an unverified token or grant, one fact per line.
///
/// # Errors
/// Returns an error if the text is not a token, or is only a part of a token.
pub fn in_words(text: &str, now: DateTime<Utc>) -> Result<String, CommandError> {
    TokenText::read(text).map(|token| describe(&token, now, false))
}

fn describe(token: &TokenText, now: DateTime<Utc>, verified: bool) -> String {
    pairs(&match token {
        TokenText::Jwt { decoded, .. } => facts(decoded, now, verified),
        TokenText::Encrypted { .. } => vec![("kind", ENCRYPTED.to_owned()), ("signature", NOT_VERIFIED.to_owned())],
        TokenText::Opaque => vec![("kind", OPAQUE.to_owned()), ("signature", NOT_VERIFIED.to_owned())],
    })
}

fn from_standard_input() -> Result<String, CommandError> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return Err(CommandError::usage("no token: TOKEN is missing, and standard input is a terminal", "inspect"));
    }
    let mut bytes = Vec::new();
    let cannot = |error: io::Error| CommandError::command_line(format!("cannot read standard input: {error}"));
    stdin.lock().take(LONGEST + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > LONGEST {
        return Err(CommandError::command_line("standard input is longer than 1 MiB, which is too long for a token"));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

const ENCRYPTED: &str = "an encrypted token (JWE), which only its receiver can read";
const OPAQUE: &str = "an opaque token, which only its issuer can read";
const NOT_VERIFIED: &str = "not verified";

/// The kind of a JWT, by its claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Grant,
    Maskinporten,
    Altinn,
    Other,
}

fn kind(decoded: &DecodedJwt) -> Kind {
    let has = |claim: &str| decoded.claims.contains_key(claim);
    if decoded.claims.keys().any(|claim| claim.starts_with("urn:altinn:")) {
        Kind::Altinn
    } else if has("client_amr") || has("client_id") && has("consumer") {
        Kind::Maskinporten
    } else if has("aud") && has("scope") && !has("client_id") && is_issued_by_a_client(decoded) {
        Kind::Grant
    } else {
        Kind::Other
    }
}

/// Whether a client issued the JWT for Maskinporten. Client ids are UUIDs today. A grant with an older client id is
/// recognised by its audience.
fn is_issued_by_a_client(decoded: &DecodedJwt) -> bool {
    let claim = |name: &str| decoded.claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let audience = Url::parse(claim("aud")).ok();
    let is_maskinporten = |url: Url| {
        let issuers = Environment::ALL.map(|environment| environment.endpoints().issuer);
        is_loopback(&url) || issuers.iter().any(|issuer| issuer.host() == url.host())
    };
    uuid::Uuid::try_parse(claim("iss")).is_ok()
        || !claim("iss").contains("://") && audience.is_some_and(is_maskinporten)
}

fn name(decoded: &DecodedJwt) -> &'static str {
    match (kind(decoded), decoded.system_user().is_some()) {
        (Kind::Grant, true) => "a JWT grant for a system user's token",
        (Kind::Grant, false) => "a JWT grant for a plain Maskinporten token",
        (Kind::Maskinporten, true) => "a system user's token from Maskinporten",
        (Kind::Maskinporten, false) => "a plain Maskinporten token, without a system user",
        (Kind::Altinn, true) => "an Altinn token of a system user",
        (Kind::Altinn, false) => "an Altinn token, without a system user",
        (Kind::Other, _) => "a JWT of an unknown kind",
    }
}

fn facts(decoded: &DecodedJwt, now: DateTime<Utc>, verified: bool) -> Vec<(&'static str, String)> {
    let claim = |name: &str| decoded.claims.get(name).map(text);
    let user = decoded.system_user().unwrap_or_default();
    let reference = decoded.claims.get("authorization_details").map(|details| &details[0]["externalRef"]);
    let (issuer, client) = match kind(decoded) {
        Kind::Grant => (None, claim("iss")),
        _ => (claim("iss"), claim("client_id")),
    };
    let when = |name: &str| decoded.time(name).map(|at| format!("{}, {}", time(at), relative(name, at, now)));
    let key_id = decoded.header.get("kid").map(text);
    let signed_with = decoded.header.get("alg").map_or("no algorithm".to_owned(), text);
    let signature = if verified { "verified: signature, issuer and lifetime" } else { NOT_VERIFIED };
    let party = claim("urn:altinn:orgNumber");
    let certificate = certificate::of_header(&decoded.header).map(|certificate| certificate::rows(&certificate));
    let damaged = decoded.header.get("x5c").map(|_| [("certificate", "not a certificate".to_owned())]);
    let certificate: Vec<_> = match certificate {
        Some(rows) => rows.to_vec(),
        None => damaged.into_iter().flatten().collect(),
    };
    let mut rows = vec![
        ("kind", Some(name(decoded).to_owned())),
        ("system", user.system_id),
        ("system user", user.id),
        ("owner", user.org),
        ("external ref", reference.filter(|reference| !reference.is_null()).map(text)),
        ("consumer", decoded.organisation("consumer").map(str::to_owned).or(party)),
        ("supplier", decoded.organisation("supplier").map(str::to_owned)),
        ("client id", client),
        ("scope", claim("scope")),
        ("resource", claim("resource")),
        ("issuer", issuer),
        ("audience", claim("aud")),
        ("issued", when("iat").or(claim("iat"))),
        ("expires", when("exp").or(claim("exp"))),
        ("key id", key_id),
    ];
    rows.extend(certificate.into_iter().map(|(name, value)| (name, Some(value))));
    rows.extend([("algorithm", Some(signed_with)), ("signature", Some(signature.to_owned()))]);
    rows.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// A claim as text: a string without quotes, an array of strings separated by spaces, any other value as JSON.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().map(text).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}

fn relative(claim: &str, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let words = duration((at - now).num_seconds().unsigned_abs());
    match (claim, at > now) {
        (_, true) => format!("in {words}"),
        ("exp", false) => format!("expired {words} ago"),
        (_, false) => format!("{words} ago"),
    }
}
