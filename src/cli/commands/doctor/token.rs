//! What the token says, and what it opens.

use secrecy::ExposeSecret;

use super::checks;
use super::step::{Findings, Step};
use crate::cli::error::told::exit;
use crate::cli::output::clock::{self, ClockDifference};
use crate::cli::session::api_target::ApiTarget;
use crate::cli::session::verification::verify;
use crate::cli::session::{self, Flow, Servers};
use crate::client::sanitize::show;
use crate::client::token::{AccessToken, DecodedJwt};

pub(super) async fn claims(
    flow: &Flow,
    token: &AccessToken,
    clock: Option<ClockDifference>,
    findings: &mut Findings<'_, '_>,
) -> anyhow::Result<()> {
    let secret = token.secret.expose_secret();
    let Some(decoded) = DecodedJwt::read(secret) else {
        return findings.skipped(Step::Claims, "the token, which is opaque");
    };
    let Servers { config, http, .. } = &flow.servers;
    let keys = match session::published_keys(http, &config.endpoints.jwks, findings.console()).await {
        (Ok(keys), _) => keys,
        (Err(transport_error), _) => return findings.failed(Step::Claims, &transport_error.into()),
    };
    // By Maskinporten's clock: how ours goes has been told already.
    let fault = verify(secret, &keys, &config.endpoints.issuer, clock::maskinportens(clock)).err();
    let mut faults: Vec<String> = fault.map(|fault| format!("the token {fault}")).into_iter().collect();
    let lifetime = decoded.time("exp").zip(decoded.time("iat")).map(|(exp, iat)| (exp - iat).num_seconds());
    if lifetime.is_none_or(|lifetime| lifetime.abs_diff(token.expires_in.cast_signed()) > 5) {
        let says = lifetime.map_or("none".to_owned(), |lifetime| format!("{lifetime} s"));
        faults.push(format!("lifetime: the token says {says}, and came with {} s", token.expires_in));
    }
    faults.extend(checks::of_claims(&decoded, config, flow.system_user));
    if !faults.is_empty() {
        return findings.fault(
            Step::Claims,
            exit::MASKINPORTEN,
            "the token is not what was asked for".to_owned(),
            faults,
        );
    }
    let whose = match decoded.system_user() {
        Some(user) => {
            format!("system user {} of {}", user.id.as_deref().unwrap_or("-"), user.system_id.as_deref().unwrap_or("-"))
        }
        None => "no system user".to_owned(),
    };
    findings.passed(Step::Claims, format!("{whose}; the signature is Maskinporten's"), &[])
}

pub(super) async fn call(
    flow: &Flow,
    target: Option<&ApiTarget>,
    token: &AccessToken,
    findings: &mut Findings<'_, '_>,
) -> anyhow::Result<()> {
    let Servers { config, http, .. } = &flow.servers;
    let Some(target) = target else {
        let because = match flow.system_user {
            true => format!("`{}`, which has no reference API: --api names another", config.environment.value),
            false => "--no-system-user: --api names an API for a plain token".to_owned(),
        };
        return findings.skipped(Step::Api, &because);
    };
    let org = match target.takes_org() {
        true => match config.org() {
            Ok(org) => Some(org.value),
            Err(error) => return findings.failed(Step::Api, &error.into()),
        },
        false => None,
    };
    let url = target.address(config, org)?;
    let answer = target.ask(http, &url, token, findings.console()).await;
    match answer.and_then(|reply| Ok((reply.status, target.show(reply, false)?).0)) {
        Ok(status) => findings.passed(Step::Api, format!("{}: status {status}", show(target.name())), &[]),
        Err(error) => findings.failed(Step::Api, &target.explained(error, false, config)),
    }
}
