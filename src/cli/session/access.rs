//! Finds out for which parties a system user may act, and with which rights.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::timeout;

use super::altinn_session::with_scope;
use super::{AltinnSession, Session, check_external_ref, exchange, explain_altinn};
use crate::altinn::authorized_parties::{self, Party, SCOPE};
use crate::altinn::exchange::AltinnToken;
use crate::altinn::rights::ACCESS_PACKAGE;
use crate::altinn::{Altinn, Item};
use crate::cli::args::{Rerun, rerun, shell};
use crate::cli::error::CommandError;
use crate::cli::error::token_refused::GrantInputs;
use crate::cli::output::{ClockDifference, Console, columns};
use crate::client::maskinporten::{ExchangeError, TokenRefused};
use crate::client::{OrgNumber, TokenSource, quote};
use crate::config::{Config, Given};

/// The largest number of parties in an error.
const MOST_PARTIES: usize = 5;

/// A session with Altinn as the system user.
pub(crate) struct Access<'s> {
    session: &'s Session,
    /// The Altinn token of the system user.
    token: AltinnToken,
    /// The difference between the clocks, of which a command warns once.
    pub(crate) clock: Option<ClockDifference>,
}

/// Rights that a system user should have.
#[derive(Debug, Default)]
pub(crate) struct Rights {
    /// The ids of resources.
    pub(crate) resources: Vec<String>,
    /// The names of access packages.
    pub(crate) packages: Vec<String>,
}

impl Rights {
    pub(crate) fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.packages.is_empty()
    }

    /// All names, as a message shows them.
    pub(crate) fn quoted(&self) -> String {
        self.resources.iter().chain(&self.packages).map(|name| quote(name)).collect::<Vec<_>>().join(", ")
    }
}

/// The configuration of the system user's token that Altinn requires.
pub(crate) fn configuration(config: &Config) -> Config {
    with_scope(config, SCOPE)
}

impl<'s> Access<'s> {
    /// Gets a token for the system user of this configuration, and exchanges it for an Altinn token.
    pub(crate) async fn start(
        session: &'s Session,
        config: &Config,
        tokens: &TokenSource,
        console: &mut Console<'_>,
    ) -> Result<Self, CommandError> {
        let config = configuration(config);
        let grant = GrantInputs { config: &config, key: &tokens.key, system_user: true };
        let exchanged = exchange(tokens, &grant, None, console).await;
        let exchanged = exchanged.map_err(|failed| {
            let is_unknown = |refused: &TokenRefused| refused.code.as_deref() == Some("MP-303");
            match &failed.error {
                ExchangeError::Refused(refused) if is_unknown(refused) => {
                    failed.explain(&grant, console).hint(how_to_begin(&config))
                }
                _ => failed.explain(&grant, console),
            }
        })?;
        let token = session.altinn_token(&exchanged.token, console).await?;
        Ok(Self { session, token, clock: exchanged.clock })
    }

    /// Gets the parties for which the system user may act. With `resource`, only the parties for which it has access to
    /// this resource, also through an access package.
    pub(crate) async fn parties(
        &self,
        resource: Option<&str>,
        console: &mut Console<'_>,
    ) -> Result<Vec<Item<Party>>, CommandError> {
        let call = async |api: &Altinn<'_>| authorized_parties::list(api, resource).await;
        let (parties, _) = self.session.call_altinn(&self.token.secret, console, call).await;
        let parties = parties.map_err(|error| explain_altinn(error, &Rerun::new(&self.session.config)))?;
        Ok(parties.items)
    }

    /// The organisations, main units and subunits, for which the system user has all wanted rights; and the wanted rights
    /// that it has for none.
    pub(crate) async fn matching<'p>(
        &self,
        parties: &'p [Item<Party>],
        wanted: &Rights,
        console: &mut Console<'_>,
    ) -> Result<(Vec<&'p Party>, Rights), CommandError> {
        let (all, mut missing) = (accessible(parties), Rights::default());
        let mut matching = all.clone();
        for resource in &wanted.resources {
            // Altinn knows which access packages include the resource.
            let with_access = self.parties(Some(resource), console).await?;
            let with_access: HashSet<_> =
                accessible(&with_access).iter().map(|party| &party.party_uuid).cloned().collect();
            if with_access.is_empty() {
                missing.resources.push(resource.clone());
            }
            matching.retain(|party| with_access.contains(&party.party_uuid));
        }
        for package in &wanted.packages {
            let has = |party: &Party| party.packages().any(|name| name == package);
            if !all.iter().any(|party| has(party)) {
                missing.packages.push(package.clone());
            }
            matching.retain(|party| has(party));
        }
        Ok((matching, missing))
    }
}

/// The parties and their subunits, without those for which the system user may do nothing.
fn accessible(parties: &[Item<Party>]) -> Vec<&Party> {
    units(parties).filter(|unit| !unit.only_hierarchy_element_with_no_access).collect()
}

fn units(parties: &[Item<Party>]) -> impl Iterator<Item = &Party> {
    parties.iter().flat_map(|party| party.known.with_subunits()).map(|(_, unit)| unit)
}

/// The longest wait for the rights of today, which nothing depends on.
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// The access packages and resources that the owner's system user has now, as the rows of a change name them. `None` if
/// Altinn does not list them in time, for example because the client does not have the scope.
pub(crate) async fn rights_now(
    altinn: &AltinnSession,
    owner: Given<OrgNumber>,
    console: &mut Console<'_>,
) -> Option<Vec<String>> {
    let number = owner.value;
    let config = Config { org: Some(Ok(owner)), ..altinn.config().clone() };
    check_external_ref(&config).ok()?;
    let listed = async {
        let access = Access::start(&altinn.session, &config, &altinn.tokens, console).await.ok()?;
        access.parties(None, console).await.ok()
    };
    let parties = timeout(LONGEST_WAIT, listed).await.ok()??;
    let owner = unit_of(&parties, number)?;
    let packages = owner.packages().map(|name| format!("{ACCESS_PACKAGE}{name}"));
    Some(packages.chain(owner.resources().map(str::to_owned)).collect())
}

fn unit_of(parties: &[Item<Party>], number: OrgNumber) -> Option<&Party> {
    let number = number.to_string();
    units(parties).find(|unit| unit.organization_number.as_ref() == Some(&number))
}

/// Whether the system user acts for others than its owner. `None` if it acts for nobody.
pub(crate) fn is_agent(parties: &[Item<Party>], owner: OrgNumber) -> Option<bool> {
    (!parties.is_empty()).then(|| unit_of(parties, owner).is_none())
}

/// Lines that show the rights of a system user.
pub(crate) fn rights_of(parties: &[Item<Party>]) -> Vec<String> {
    if parties.is_empty() {
        return vec!["Altinn lists no organisation for which the system user may act".to_owned()];
    }
    let row = |Item { known: party, .. }: &Item<Party>| {
        let names: Vec<&str> = party.packages().chain(party.resources()).collect();
        let names = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        [party.organization_number.clone().unwrap_or_default(), party.name.clone().unwrap_or_default(), names]
    };
    let rows = columns(parties.iter().take(MOST_PARTIES).map(row));
    let mut lines = vec!["the system user has these rights:".to_owned()];
    lines.extend(rows.lines().map(|line| format!("  {line}")));
    if parties.len() > MOST_PARTIES {
        lines.push(format!("  and rights for {} more organisations", parties.len() - MOST_PARTIES));
    }
    lines
}

/// A hint with the command that asks a customer for its first system user.
fn how_to_begin(config: &Config) -> String {
    let rerun = Rerun::new(config);
    let owner = config.org().map(|org| org.value.to_string()).unwrap_or_default();
    let external_ref = rerun::external_ref_option(config);
    let create = rerun.command(&format!("request create {owner} --right RESOURCE{external_ref}{}", rerun.system));
    format!("does the customer have no system user yet? to ask for a system user, run `{create}`")
}

/// The hints how to ask the customer for rights that the system user lacks. An agent's system user cannot be changed.
pub(crate) fn how_to_ask(config: &Config, is_agent: Option<bool>, rights: &Rights) -> Vec<String> {
    let rerun = Rerun::new(config);
    let owner = config.org().map(|org| org.value.to_string()).unwrap_or_default();
    let added = shell::options("--add-right", &rights.resources) + &shell::options("--add-package", &rights.packages);
    let added = if added.is_empty() { " --add-right RESOURCE".to_owned() } else { added };
    let external_ref = rerun::external_ref_option(config);
    let change = rerun.command(&format!("request change {owner}{added}{external_ref}{}", rerun.system));
    let packages = shell::options("--package", &rights.packages);
    let packages = if packages.is_empty() { " --package PACKAGE".to_owned() } else { packages };
    let create = rerun.command(&format!("request create {owner} --agent --external-ref REF{packages}{}", rerun.system));
    let change_it = format!("to ask the customer to add what is missing, run `{change}`");
    let replace_it = format!(
        "to ask for a new system user with the missing rights, choose a new external reference, and run `{create}`"
    );
    match is_agent {
        Some(false) => vec![change_it],
        Some(true) => vec![replace_it],
        None => vec![change_it, format!("is it an agent's system user, which cannot be changed? {replace_it}")],
    }
}
