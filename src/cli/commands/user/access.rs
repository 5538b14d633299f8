//! `user access`: show for which organisations a system user may act, and with which rights.

use std::collections::HashSet;

use clap::Args;
use serde::ser::Error;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::altinn::Item;
use crate::altinn::authorized_parties::Party;
use crate::cli::args::{CommonArgs, OwnerArgs, VendorArgs, rights};
use crate::cli::error::{CommandError, Exit};
use crate::cli::output::{Console, or_dash, table};
use crate::cli::session::access::{self, Rights, how_to_ask, is_agent, rights_of};
use crate::cli::session::{Session, note_untyped, prepare, warn_of_clock};
use crate::config::Overrides;

/// show what a system user may do, and for which organisations
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Access {
    #[command(flatten)]
    owner: OwnerArgs,
    /// show only organisations for which the system user has this resource; may be repeated
    #[arg(long, value_name = "RESOURCE")]
    resource: Vec<String>,
    /// show only organisations for which the system user has this access package; may be repeated
    #[arg(long, value_name = "PACKAGE")]
    package: Vec<String>,
    #[command(flatten)]
    options: VendorArgs,
}

const EXAMPLES: &str = "\
Examples:
  systemuser-demo user access 210493352
  systemuser-demo user access 314250052 --resource ttd_systembruker-salary
  systemuser-demo user access 313790509 --external-ref customer-42 --json";

impl Access {
    pub(super) async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let timeout = self.options.timeout.duration()?;
        let wanted = Rights {
            resources: rights::resources("--resource", &self.resource, "--package")?,
            packages: rights::package_names("--package", &self.package, "--resource")?,
        };
        let config = self.options.configuration(common, self.owner.overrides(Overrides::default())?)?;
        let config = access::configuration(&config);
        let owner = OwnerArgs::owner(&config)?;
        let key = prepare(&config, true, console)?;
        let session = Session::start(config, timeout, console).await?;
        note_untyped("the external reference is", session.config.external_ref.as_ref(), console);
        let access = access::Access::start(&session, &session.config, &session.token_source(key), console).await?;
        warn_of_clock(access.clock, console);
        let parties = access.parties(None, console).await?;
        let (matching, missing) = access.matching(&parties, &wanted, console).await?;
        let is_agent = is_agent(&parties, owner);
        if matching.is_empty() && !wanted.is_empty() {
            let sentence = match missing.is_empty() {
                false => format!("the system user of {owner} lacks {}", missing.quoted()),
                true => format!("the system user of {owner} has no organisation with all of {}", wanted.quoted()),
            };
            let lacking = if missing.is_empty() { wanted } else { missing };
            let hints = how_to_ask(&session.config, is_agent, &lacking);
            let error = CommandError::new(Exit::Api, sentence);
            return Err(CommandError { detail: rights_of(&parties), hints, ..error });
        }
        if is_agent == Some(true) {
            console.note(&format!("these are the clients of the agent {owner}"));
        }
        // A filter keeps the organisations that match, and those above them.
        let matching: HashSet<&str> = matching.iter().map(|unit| unit.party_uuid.as_str()).collect();
        let is_match = |unit: &Party| matching.contains(&*unit.party_uuid);
        let is_kept =
            |unit: &Party| wanted.is_empty() || unit.with_subunits().into_iter().any(|(_, below)| is_match(below));
        let parties = parties.iter().filter(|party| is_kept(&party.known));
        let units = parties.clone().flat_map(|party| party.known.with_subunits()).filter(|(_, unit)| is_kept(unit));
        if common.json {
            let kept: HashSet<&str> = units.map(|(_, unit)| unit.party_uuid.as_str()).collect();
            return Ok(console.answer_json(&parties.map(|party| Kept { party, kept: &kept }).collect::<Vec<_>>())?);
        }
        let rows: Vec<_> = units.map(row).collect();
        if rows.is_empty() {
            console.note(&format!("the system user of {owner} may not act for any organisation; for an agent system user, the agent must first add clients in Altinn"));
            return Ok(());
        }
        Ok(console.answer(table(["organisation", "name", "packages", "resources"], rows))?)
    }
}

/// A party in the JSON of Altinn, with these subunits only.
struct Kept<'a> {
    party: &'a Item<Party>,
    kept: &'a HashSet<&'a str>,
}

impl Serialize for Kept<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut json = serde_json::to_value(self.party).map_err(S::Error::custom)?;
        retain_subunits(&mut json, self.kept);
        json.serialize(serializer)
    }
}

fn retain_subunits(party: &mut Value, kept: &HashSet<&str>) {
    let Some(Value::Array(subunits)) = party.get_mut("subunits") else { return };
    subunits.retain(|unit| unit["partyUuid"].as_str().is_some_and(|id| kept.contains(id)));
    subunits.iter_mut().for_each(|unit| retain_subunits(unit, kept));
}

fn row((depth, party): (usize, &Party)) -> [String; 4] {
    let number = party.organization_number.as_deref().or(party.kind.as_deref());
    let mut name = or_dash(party.name.as_deref());
    if party.is_deleted {
        name += " (deleted)";
    }
    if party.only_hierarchy_element_with_no_access {
        name += " (only its subunits)";
    }
    let joined = |names: Vec<&str>| or_dash(Some(names.join(", ")).filter(|names| !names.is_empty()).as_deref());
    [
        format!("{}{}", "  ".repeat(depth), or_dash(number)),
        name,
        joined(party.packages().collect()),
        joined(party.resources().collect()),
    ]
}
