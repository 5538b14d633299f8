//! `doctor`: check every step of the flow, in order, and say which one is wrong.

mod checks;
mod metadata;
mod registration;
mod step;
mod token;

use std::time::Duration;

use chrono::{Days, Months, NaiveDate, TimeDelta, Utc};
use clap::Args;

use self::step::{Findings, Step};
use crate::cli::args::config_file::display_file;
use crate::cli::args::{CommonArgs, GrantArgs, SystemArg, TimeoutArg, rerun, typed};
use crate::cli::error::AlreadyTold;
use crate::cli::error::told::exit;
use crate::cli::output::clock::ClockDifference;
use crate::cli::output::console::{Console, Tone};
use crate::cli::output::{clock, origin, verbose};
use crate::cli::session::api_target::ApiTarget;
use crate::cli::session::signing_key::{self, Remark};
use crate::cli::session::verification::CLOCK_TOLERANCE;
use crate::cli::session::{self, Flow, Servers};
use crate::client::key::SigningKey;
use crate::client::reference_api::ReferenceApi;
use crate::client::{grant, http};
use crate::config::{Config, ConfigError, Source};

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// the API to call at the end [default: systemuserinfo]
    #[arg(long)]
    api: Option<String>,
    /// stop before the network
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    system: SystemArg,
    #[command(flatten)]
    options: GrantArgs,
    #[command(flatten)]
    timeout: TimeoutArg,
}

/// How much before the end of a key's year it is warned, in days.
const NOTICE: i64 = 30;
/// Further ahead of Maskinporten's clock, in seconds, every grant is refused.
const TOO_FAST: i64 = CLOCK_TOLERANCE.num_seconds();
/// Further behind it, a grant has expired before it comes.
const TOO_SLOW: i64 = grant::LIFETIME + CLOCK_TOLERANCE.num_seconds();

impl Doctor {
    pub(crate) async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> anyhow::Result<()> {
        let timeout = self.timeout.duration()?;
        let mut findings = Findings::new(console, common.json);
        self.examine(common, timeout, &mut findings).await?;
        match findings.answer()? {
            0 => Ok(()),
            exit_code => Err(AlreadyTold { exit_code }.into()),
        }
    }

    async fn examine(
        &self,
        common: &CommonArgs,
        timeout: Duration,
        findings: &mut Findings<'_, '_>,
    ) -> anyhow::Result<()> {
        let config = self.options.configuration(common).and_then(|config| self.system.replace(config));
        let config = match config {
            Ok(config) => config,
            Err(error) => {
                findings.failed(Step::Configuration, &error.into())?;
                return findings.skip_the_rest("the configuration");
            }
        };
        let target = self.target(&config);
        let config = match &target {
            Ok(Some(target)) => target.scoped(config),
            _ => config,
        };
        // That it is the sandbox is said before everything else.
        let servers = match self.offline {
            true => Err(config),
            false => Ok(Servers::start(config, timeout, findings.console()).await?),
        };
        let config = servers.as_ref().map_or_else(|config| config, |servers| &servers.config);
        let target = configuration(config, target, findings)?;
        let key = read_key(config, findings)?;
        self.organisation(config, findings)?;
        let Ok(servers) = servers else { return findings.skip_the_rest("--offline") };
        let (answered, clock) = self.maskinporten(&servers, key.as_ref(), findings).await?;
        let needed = [Step::Configuration, Step::Key, Step::Organisation, Step::Clock];
        let in_the_way = if answered { findings.failed_among(&needed) } else { Some(Step::Metadata) };
        let key = match (in_the_way, key) {
            (None, Some(key)) => key,
            (step, _) => return findings.skip_the_rest(&format!("the {}", step.unwrap_or(Step::Key).name())),
        };
        let flow = Flow { servers, key, system_user: self.system_user() };
        let flow = registration::examine(flow, findings).await?;
        let (token, clock) = match flow.exchange(findings.console()).await {
            // What the metadata's answer said of the clock has been told.
            Ok((token, later)) => (token, clock.ok_or(later)),
            Err(error) => {
                findings.failed(Step::Token, &error)?;
                return findings.skip_the_rest("the token");
            }
        };
        let advice = clock.err().flatten().and_then(ClockDifference::advice).map(|said| (Tone::Warning, said));
        let remarks: Vec<Remark> = advice.into_iter().collect();
        findings.passed(Step::Token, format!("Maskinporten gave one, for {} s", token.expires_in), &remarks)?;
        token::claims(&flow, &token, clock.map_or_else(|later| later, Some), findings).await?;
        token::call(&flow, target.as_ref(), &token, findings).await
    }

    fn system_user(&self) -> bool {
        self.options.system_user()
    }

    /// The API that is to be called; none where nobody named one, and there is none to call without being asked.
    fn target(&self, config: &Config) -> Result<Option<ApiTarget>, ConfigError> {
        let name = match &self.api {
            Some(name) => typed("--api", name),
            // It says who the system user is, so there must be one.
            None if self.system_user() && config.endpoints.reference_api.is_some() => {
                typed("--api", ReferenceApi::SystemUserInfo.name())
            }
            None => return Ok(None),
        };
        let target = ApiTarget::named(name, config)?;
        target.address(config, None)?;
        Ok(Some(target))
    }

    fn organisation(&self, config: &Config, findings: &mut Findings<'_, '_>) -> anyhow::Result<()> {
        let owner = if self.system_user() { config.org().map(Some) } else { Ok(None) };
        let (owner, numbers) =
            match owner.and_then(|owner| Ok((owner, session::org_numbers(config, self.system_user())?))) {
                Ok(found) => found,
                Err(error) => return findings.failed(Step::Organisation, &error.into()),
            };
        let Some(owner) = owner else { return findings.skipped(Step::Organisation, "--no-system-user") };
        let mixed_up =
            numbers.iter().filter_map(|org| session::of_the_test_series(config, org.value, &org.source.to_string()));
        let remarks: Vec<Remark> = mixed_up.map(|said| (Tone::Warning, said)).collect();
        findings.passed(Step::Organisation, format!("{} ({})", owner.value, owner.source), &remarks)
    }

    /// Metadata and clock: whether anybody answered, and how far the clocks differ.
    async fn maskinporten(
        &self,
        servers: &Servers,
        key: Option<&SigningKey>,
        findings: &mut Findings<'_, '_>,
    ) -> anyhow::Result<(bool, Option<ClockDifference>)> {
        let Servers { config, http, .. } = servers;
        let issuer = &config.endpoints.issuer;
        let (document, clock) =
            session::fetched(http, &metadata::address(issuer), || metadata::fetch(http, issuer), findings.console())
                .await;
        match document.map(|document| checks::of_metadata(&document, config, key, self.system_user())) {
            Ok(faults) if faults.is_empty() => {
                let document = http::address(&metadata::address(issuer));
                findings.passed(Step::Metadata, format!("{document} agrees"), &[])?;
            }
            Ok(faults) => {
                let says = "the document says something else".to_owned();
                findings.fault(Step::Metadata, exit::MASKINPORTEN, says, faults)?;
            }
            Err(transport_error) => match transport_error.status() {
                None => {
                    findings.failed(Step::Metadata, &transport_error.into())?;
                    findings.skipped(Step::Clock, "the metadata")?;
                    return Ok((false, None));
                }
                // Somebody answered, who is not the one that is meant.
                Some(..=499) if transport_error.status() != Some(429) => {
                    let hint = Tone::Hint.line("is this Maskinporten's issuer? its metadata document is below it");
                    findings.fault(Step::Metadata, exit::MASKINPORTEN, transport_error.to_string(), vec![hint])?;
                }
                Some(_) => findings.failed(Step::Metadata, &transport_error.into())?,
            },
        }
        let Some(clock) = clock else {
            findings.skipped(Step::Clock, "the answer, which has no Date")?;
            return Ok((true, None));
        };
        match clock.advice() {
            Some(_) if clock.seconds_ahead() > TOO_FAST || clock.seconds_ahead() < -TOO_SLOW => {
                let hint = Tone::Hint.line("set it, best by network time (NTP): every grant would be refused");
                findings.fault(Step::Clock, exit::MASKINPORTEN, clock.words(), vec![hint])?;
            }
            Some(advice) => findings.passed(Step::Clock, clock.words(), &[(Tone::Warning, advice)])?,
            None => findings.passed(Step::Clock, clock.words(), &[])?,
        }
        Ok((true, Some(clock)))
    }
}

/// Whether everything is there that a grant is made from; answers with the API that is to be called.
fn configuration(
    config: &Config,
    target: Result<Option<ApiTarget>, ConfigError>,
    findings: &mut Findings<'_, '_>,
) -> anyhow::Result<Option<ApiTarget>> {
    verbose::configuration(findings.console(), config);
    let file = display_file(config);
    match target.and_then(|target| config.client_id().and(config.scope()).map(|_| target)) {
        Ok(target) => {
            let notes: Vec<Remark> = config.notes.iter().map(|note| (Tone::Note, note.clone())).collect();
            findings.passed(Step::Configuration, format!("{file}, for {}", config.environment.value), &notes)?;
            Ok(target)
        }
        Err(error) => {
            findings.failed(Step::Configuration, &error.into())?;
            Ok(None)
        }
    }
}

fn read_key(config: &Config, findings: &mut Findings<'_, '_>) -> anyhow::Result<Option<SigningKey>> {
    let (key, mut remarks) = match signing_key::read_key(config) {
        Ok(read) => read,
        Err(error) => {
            findings.failed(Step::Key, &error)?;
            return Ok(None);
        }
    };
    verbose::key(findings.console(), &key, config);
    let origin = origin::kid(config, &key, Source::to_string);
    let mode = config.key.as_ref().and_then(|given| signing_key::mode(config, &given.value));
    let mode = mode.map(|mode| format!(", mode {mode:04o}")).unwrap_or_default();
    let says =
        format!("{}, RSA, {} bits, kid {} ({origin}){mode}", key.form, key.bits, origin::show_kid(&key.kid, &key));
    if let Some(registered) = &config.registered {
        let again = rerun::environment(config.environment.value, config.file.as_deref());
        remarks.extend(of_registration(registered.value, Utc::now().date_naive(), &again));
    }
    findings.passed(Step::Key, says, &remarks)?;
    Ok(Some(key))
}

/// A registered key is valid for a year (Digdir, "Client registration"), and is renewed by registering it again.
fn of_registration(registered: NaiveDate, today: NaiveDate, again: &str) -> Option<Remark> {
    let ends = registered + Months::new(12);
    let days = (ends - today).num_days();
    let again = format!("register it again: `systemuser-demo key public {again} --set` prints it");
    let said = match days {
        // The machine's day may have begun already, where UTC's has not.
        _ if registered > today + Days::new(1) => format!("`registered` is {registered}, which is yet to come"),
        ..=0 => format!("its year was over on {ends}, and MP-121 is to be expected; {again}"),
        1..=NOTICE => format!("its year is over on {ends}, in {}; {again}", clock::duration(TimeDelta::days(days))),
        _ => return Some((Tone::Note, format!("registered until {ends}"))),
    };
    Some((Tone::Warning, said))
}
