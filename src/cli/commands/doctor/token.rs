//! Checks the claims of the token, and calls the API with it.

use std::io;

use reqwest::Method;
use reqwest::header::HeaderMap;
use secrecy::ExposeSecret;

use super::step::{Findings, Step};
use super::{checks, rights};
use crate::altinn::decoded_jwt::DecodedJwt;
use crate::cli::error::{CommandError, Exit};
use crate::cli::output::{ClockDifference, maskinportens_time};
use crate::cli::session::verification::verify;
use crate::cli::session::{ApiRequest, ApiTarget, Session, fetch_document};
use crate::client::{AccessToken, CallError, TokenSource, show};

pub(super) async fn claims(
    session: &Session,
    token: &AccessToken,
    system_user: bool,
    clock: Option<ClockDifference>,
    findings: &mut Findings<'_, '_>,
) -> io::Result<()> {
    let secret = token.secret.expose_secret();
    let Some(decoded) = DecodedJwt::read(secret) else {
        return findings.skipped(Step::Claims, "the token is opaque");
    };
    let Session { config, http, .. } = session;
    let keys = match fetch_document(http, &config.endpoints.jwks, "JWK set", findings.console()).await {
        (Ok(keys), _) => keys,
        (Err(error), _) => return findings.failed(Step::Claims, error),
    };
    // Uses Maskinporten's time. An earlier step compared the clocks.
    let error = verify(secret, &keys, &config.endpoints.issuer, maskinportens_time(clock)).err();
    let mut faults: Vec<String> = error.map(|error| format!("the token {error}")).into_iter().collect();
    let lifetime = decoded.time("exp").zip(decoded.time("iat")).map(|(exp, iat)| (exp - iat).num_seconds());
    if lifetime.is_none_or(|lifetime| lifetime.abs_diff(token.expires_in.cast_signed()) > 5) {
        let lifetime = lifetime.map_or("none".to_owned(), |lifetime| format!("{lifetime} s"));
        faults.push(format!("lifetime: the token has {lifetime}, but `expires_in` is {} s", token.expires_in));
    }
    faults.extend(checks::check_claims(&decoded, config, system_user));
    if !faults.is_empty() {
        let error = CommandError::new(Exit::Maskinporten, "the token does not match the request");
        return findings.failed(Step::Claims, CommandError { detail: faults, ..error });
    }
    let user = match decoded.system_user() {
        Some(user) => {
            format!("system user {} of {}", user.id.as_deref().unwrap_or("-"), user.system_id.as_deref().unwrap_or("-"))
        }
        None => "no system user".to_owned(),
    };
    findings.passed(Step::Claims, format!("{user}; the signature is Maskinporten's"), &[])
}

pub(super) async fn call(
    session: &Session,
    tokens: &TokenSource,
    target: Option<&ApiTarget>,
    token: &AccessToken,
    system_user: bool,
    findings: &mut Findings<'_, '_>,
) -> io::Result<()> {
    let Session { config, http, .. } = session;
    let Some(target) = target else {
        let because = match system_user {
            true => format!("`{}` has no reference API; specify an API with --api", config.environment.value),
            false => "--no-system-user is set; specify an API for a plain token with --api".to_owned(),
        };
        return findings.skipped(Step::Api, &because);
    };
    let method = target.method().cloned().unwrap_or(Method::GET);
    if !method.is_safe() {
        return findings.skipped(Step::Api, &format!("{method} may change data"));
    }
    let org = if target.takes_org() { config.org().map(|org| Some(org.value)) } else { Ok(None) };
    let url = match org.map_err(CommandError::from).and_then(|org| target.address(config, org)) {
        Ok(url) => url,
        Err(error) => return findings.failed(Step::Api, error),
    };
    let altinns = match target.needs_exchange() {
        true => match session.altinn_token(token, findings.console()).await {
            Ok(token) => Some(token),
            Err(error) => return findings.failed(Step::Api, error),
        },
        false => None,
    };
    let request = ApiRequest { method, headers: HeaderMap::new(), body: Vec::new() };
    let secret = altinns.as_ref().map_or(&token.secret, |altinns| &altinns.secret);
    let answer = target.call(http, &url, secret, &request, findings.console()).await;
    match answer.and_then(|reply| target.display(&reply, &request.method, false).map(|_| reply.status)) {
        Ok(status) => findings.passed(Step::Api, format!("{}: status {status}", show(target.name())), &[]),
        Err(error) => {
            let is_403 = matches!(&error, CallError::Refused(refused) if refused.status == 403);
            let mut error = target.explain(error, None, system_user, &request, "", config);
            if is_403 && system_user {
                error = rights::add(session, tokens, target, error, findings.console()).await;
            }
            findings.failed(Step::Api, error)
        }
    }
}
