//! `doctor`: run every step of the flow and say which one fails.
//!
//! Code that a step shares with other commands is in `session`.

mod checks;
mod metadata;
mod registration;
mod rights;
mod step;
mod token;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use clap::Args;
use clap_complete::ArgValueCandidates;

use self::metadata::Metadata;
use self::step::{Findings, Step};
use crate::cli::args::config_file::{self, shipped};
use crate::cli::args::{CommonArgs, GrantArgs, SystemArg, TimeoutArg, candidates, typed};
use crate::cli::error::token_refused::GrantInputs;
use crate::cli::error::{CommandError, Exit};
use crate::cli::output::verbose::{self, display_file, display_kid, kid_source};
use crate::cli::output::{ClockDifference, Console, Level, Message, certificate};
use crate::cli::session::scope_check::explain_scopes;
use crate::cli::session::signing_key;
use crate::cli::session::starter;
use crate::cli::session::verification::CLOCK_TOLERANCE;
use crate::cli::session::{
    ApiTarget, Exchanged, Session, check_external_ref, exchange, expiry, fetch_document, org_numbers,
    test_series_warning,
};
use crate::client::reference_api::ReferenceApi;
use crate::client::{Environment, ExchangeError, SigningKey, quote_path};
use crate::client::{grant, http};
use crate::config::{Config, Given, Source};
use crate::keystore::Certificate;

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Doctor {
    /// API to call in the last step [default: systemuserinfo]
    #[arg(long, add = ArgValueCandidates::new(candidates::apis))]
    api: Option<String>,
    /// skip the steps that need the network
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    system: SystemArg,
    #[command(flatten)]
    options: GrantArgs,
    #[command(flatten)]
    timeout: TimeoutArg,
}

const EXAMPLES: &str = "\
Examples:
  systemuser-demo doctor
  systemuser-demo doctor --api logistics
  systemuser-demo doctor --offline  # without the network";

/// The most seconds that the clock may be ahead of Maskinporten's clock. Beyond that, every grant is refused.
const TOO_FAST: i64 = CLOCK_TOLERANCE.num_seconds();
/// The most seconds that the clock may be behind Maskinporten's clock. Beyond that, a grant arrives expired.
const TOO_SLOW: i64 = grant::LIFETIME + CLOCK_TOLERANCE.num_seconds();

impl Doctor {
    pub(crate) async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<Exit, CommandError> {
        let timeout = self.timeout.duration()?;
        let mut findings = Findings::new(console, common.json);
        self.examine(common, timeout, &mut findings).await?;
        Ok(findings.finish()?)
    }

    async fn examine(
        &self,
        common: &CommonArgs,
        timeout: Duration,
        findings: &mut Findings<'_, '_>,
    ) -> Result<(), CommandError> {
        let config = self.options.configuration(common).and_then(|config| self.system.replace(config));
        let config = match config {
            Ok(config) => config,
            Err(error) => {
                findings.failed(Step::Configuration, error)?;
                return Ok(findings.skip_the_rest("the configuration step failed")?);
            }
        };
        let target = self.target(&config);
        let config = match &target {
            Ok(Some(target)) => target.with_scope(config),
            _ => config,
        };
        // The session starts first, since it prints the note about the sandbox.
        let session = match self.offline {
            true => Err(config),
            false => Ok(Session::start(config, timeout, findings.console()).await?),
        };
        let config = session.as_ref().map_or_else(|config| config, |session| &session.config);
        let target = check_configuration(config, self.system_user(), target, findings)?;
        let key = read_key(config, findings)?;
        self.check_organisation(config, findings)?;
        let Ok(session) = session else { return Ok(findings.skip_the_rest("--offline is set")?) };
        let (is_reachable, clock) = self.check_maskinporten(&session, key.as_ref(), findings).await?;
        let needed = [Step::Configuration, Step::Key, Step::Organisation, Step::Clock];
        let failed = if is_reachable { findings.failed_among(&needed) } else { Some(Step::Metadata) };
        let key = match (failed, key) {
            (None, Some(key)) => key,
            (step, _) => {
                return Ok(findings.skip_the_rest(&format!("the {} step failed", step.unwrap_or(Step::Key).name()))?);
            }
        };
        let tokens = session.token_source(key);
        let (session, tokens) = registration::examine(session, tokens, findings).await?;
        // A new source, so that the step never reuses a token of the step before it.
        let tokens = Arc::new(session.token_source(tokens.key));
        let grant = GrantInputs { config: &session.config, key: &tokens.key, system_user: self.system_user() };
        let (token, later_clock) = match exchange(&tokens, &grant, None, findings.console()).await {
            Ok(Exchanged { token, clock, .. }) => (token, clock),
            Err(failed) => {
                let cause = failed.error.clone();
                let mut error = failed.explain(&grant, findings.console());
                if let ExchangeError::Refused(refused) = cause {
                    error = explain_scopes(&session, &tokens, &refused, error, findings.console()).await;
                }
                findings.failed(Step::Token, error)?;
                return Ok(findings.skip_the_rest("the token step failed")?);
            }
        };
        // An earlier step compared the clocks, if the response with the metadata had a date.
        let advice = later_clock.filter(|_| clock.is_none()).and_then(ClockDifference::advice);
        let messages: Vec<Message> = advice.map(|advice| (Level::Warning, advice)).into_iter().collect();
        findings.passed(Step::Token, format!("issued by Maskinporten, valid for {} s", token.expires_in), &messages)?;
        token::claims(&session, &token, self.system_user(), clock.or(later_clock), findings).await?;
        Ok(token::call(&session, &tokens, target.as_ref(), &token, self.system_user(), findings).await?)
    }

    fn system_user(&self) -> bool {
        self.options.system_user()
    }

    /// The API to call: the named API, else the default. `None` if there is no default.
    fn target(&self, config: &Config) -> Result<Option<ApiTarget>, CommandError> {
        let name = match &self.api {
            Some(name) => typed("--api", name),
            // This API describes the system user of the token, so a plain token cannot be used.
            None if self.system_user() && config.endpoints.reference_api.is_some() => {
                typed("--api", ReferenceApi::SystemUserInfo.name())
            }
            None => return Ok(None),
        };
        let target = ApiTarget::named(name, config)?;
        target.address(config, None)?;
        Ok(Some(target))
    }

    fn check_organisation(&self, config: &Config, findings: &mut Findings<'_, '_>) -> io::Result<()> {
        let owner = if self.system_user() { config.org().map(Some) } else { Ok(None) };
        let (owner, numbers) = match owner.and_then(|owner| Ok((owner, org_numbers(config, self.system_user())?))) {
            Ok(found) => found,
            Err(error) => return findings.failed(Step::Organisation, error),
        };
        let Some(owner) = owner else { return findings.skipped(Step::Organisation, "--no-system-user is set") };
        let warnings = numbers.iter().filter_map(|org| test_series_warning(config, org.value, &org.source));
        let messages: Vec<Message> = warnings.map(|warning| (Level::Warning, warning)).collect();
        findings.passed(Step::Organisation, format!("{} ({})", owner.value, owner.source), &messages)
    }

    /// Checks metadata and clock. Returns whether a server responded, and how far the clocks differ.
    async fn check_maskinporten(
        &self,
        session: &Session,
        key: Option<&SigningKey>,
        findings: &mut Findings<'_, '_>,
    ) -> io::Result<(bool, Option<ClockDifference>)> {
        let Session { config, http, .. } = session;
        let url = metadata::address(&config.endpoints.issuer);
        let (document, clock) = fetch_document(http, &url, "metadata document", findings.console()).await;
        match document.map(|document: Metadata| checks::check_metadata(&document, config, key, self.system_user())) {
            Ok(faults) if faults.is_empty() => {
                findings.passed(Step::Metadata, format!("{} matches the configuration", http::address(&url)), &[])?;
            }
            Ok(faults) => {
                let error = CommandError::new(Exit::Maskinporten, "the document and the configuration differ");
                findings.failed(Step::Metadata, CommandError { detail: faults, ..error })?;
            }
            Err(error) => match error.status() {
                None => {
                    findings.failed(Step::Metadata, error)?;
                    findings.skipped(Step::Clock, "the metadata step failed")?;
                    return Ok((false, None));
                }
                // A server other than Maskinporten responded.
                Some(..=499) if !matches!(error.status(), Some(408 | 429)) => {
                    let error = CommandError::new(Exit::Maskinporten, error.to_string());
                    let hint = "is the issuer wrong? check it, because the metadata document's URL is derived from it";
                    findings.failed(Step::Metadata, error.hint(hint))?;
                }
                Some(_) => findings.failed(Step::Metadata, error)?,
            },
        }
        let Some(clock) = clock else {
            findings.skipped(Step::Clock, "the response has no Date header")?;
            return Ok((true, None));
        };
        match clock.advice() {
            Some(_) if clock.seconds_ahead() > TOO_FAST || clock.seconds_ahead() < -TOO_SLOW => {
                let error = CommandError::new(Exit::Maskinporten, clock.describe());
                let hint = "set the clock, preferably with NTP: Maskinporten would refuse every grant";
                findings.failed(Step::Clock, error.hint(hint))?;
            }
            Some(advice) => findings.passed(Step::Clock, clock.describe(), &[(Level::Warning, advice)])?,
            None => findings.passed(Step::Clock, clock.describe(), &[])?,
        }
        Ok((true, Some(clock)))
    }
}

/// Checks that the configuration has every value that a grant needs. Returns the API to call.
fn check_configuration(
    config: &Config,
    system_user: bool,
    target: Result<Option<ApiTarget>, CommandError>,
    findings: &mut Findings<'_, '_>,
) -> io::Result<Option<ApiTarget>> {
    verbose::configuration(findings.console(), config);
    let file = display_file(config);
    let reference = if system_user { check_external_ref(config) } else { Ok(()) };
    let checked = config.client_id().and(config.scope()).and(reference);
    match target.and_then(|target| Ok(checked.map(|()| target)?)) {
        Ok(target) => {
            let mut messages: Vec<Message> = config.notes.iter().map(|note| (Level::Note, note.clone())).collect();
            messages.extend(example_values(config).into_iter().flatten());
            findings.passed(Step::Configuration, format!("{file}, for {}", config.environment.value), &messages)?;
            Ok(target)
        }
        Err(error) => {
            findings.failed(Step::Configuration, error)?;
            Ok(None)
        }
    }
}

/// The messages about values in the file that are still those of the shipped example. A value that an option or a
/// variable replaces does not count. The sandbox's values are not examples.
fn example_values(config: &Config) -> Option<[Message; 2]> {
    let environment = config.environment.value;
    // A pipe cannot be read again.
    let file = config.file.as_deref().filter(|file| environment != Environment::Sandbox && file.is_file())?;
    let replaced = |given: &Option<Given<String>>| given.as_ref().is_some_and(|given| !given.source.is_file());
    let org_is_replaced = config.org().is_ok_and(|org| !org.source.is_file());
    let mut examples = starter::examples(&config_file::text(file, "").ok()?, shipped(environment));
    examples.retain(|example| match example.key.as_str() {
        "client_id" => !replaced(&config.client_id),
        "scope" => !replaced(&config.scope),
        "org" => !org_is_replaced,
        "[key] kid" => !replaced(&config.kid),
        "[vendor] system_id" => !replaced(&config.vendor.system_id),
        _ => true,
    });
    let lines = starter::lines(&examples);
    (!examples.is_empty()).then(|| {
        let warning = format!("these lines still have example values: {lines}");
        let hint = format!("replace the values in {} with your own", quote_path(file));
        [(Level::Warning, warning), (Level::Hint, hint)]
    })
}

fn read_key(config: &Config, findings: &mut Findings<'_, '_>) -> io::Result<Option<SigningKey>> {
    let (key, mut messages) = match signing_key::read(config) {
        Ok(read) => read,
        Err(error) => {
            findings.failed(Step::Key, error)?;
            return Ok(None);
        }
    };
    verbose::key(findings.console(), &key, config);
    let signed_by = match certificate::of_key(&key) {
        Some(certificate) => {
            let Certificate { organisation, issuer, not_after, .. } = certificate;
            let organisation = organisation.unwrap_or_default();
            format!("certificate for {organisation}, issued by {issuer}, valid until {}", not_after.date_naive())
        }
        None => {
            let (kid, source) = (display_kid(&key.kid, &key), kid_source(config, &key, Source::to_string));
            // Reading the key gave the warning, if its registration ends soon.
            messages.extend(expiry::message(config, &key, Utc::now()).filter(|(level, _)| *level == Level::Note));
            format!("key id {kid} ({source})")
        }
    };
    let mode = config.key.as_ref().and_then(|given| signing_key::file_mode(config, &given.value));
    let mode = mode.map(|mode| format!(", mode {mode:04o}")).unwrap_or_default();
    let summary = format!("{}, RSA, {} bits, {signed_by}{mode}", key.form, key.bits);
    findings.passed(Step::Key, summary, &messages)?;
    Ok(Some(key))
}
