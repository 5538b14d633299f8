//! `user access`: show for which organisations a system user may act, and with which rights.

use clap::Args;

use crate::altinn::authorized_parties::Party;
use crate::cli::args::{CommonArgs, OwnerArgs, VendorArgs, rights};
use crate::cli::error::{CommandError, Exit};
use crate::cli::output::{Console, or_dash, table};
use crate::cli::session::access::{self, Rights, how_to_ask, is_agent, rights_of};
use crate::cli::session::{Session, note_untyped, prepare};
use crate::config::Overrides;

/// show what a system user may do, and for which organisations
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Access {
    #[command(flatten)]
    owner: OwnerArgs,
    /// show only organisations with access to this resource; may be repeated
    #[arg(long, value_name = "RESOURCE")]
    resource: Vec<String>,
    /// show only organisations with this access package; may be repeated
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
        let parties = access.parties(None, console).await?;
        let (matching, missing) = access.matching(&parties, &wanted, console).await?;
        let is_agent = is_agent(&parties, owner);
        if matching.is_empty() && !wanted.is_empty() {
            let sentence = match missing.is_empty() {
                false => format!("the system user of {owner} lacks {}", missing.quoted()),
                true => format!("the system user of {owner} has no organisation with all of {}", wanted.quoted()),
            };
            let lacking = if missing.is_empty() { wanted } else { missing };
            let error = CommandError::new(Exit::Api, sentence).hint(how_to_ask(&session.config, is_agent, &lacking));
            return Err(CommandError { detail: rights_of(&parties), ..error });
        }
        if is_agent {
            console.note(&format!("these are the clients of the agent {owner}"));
        }
        if common.json {
            return Ok(console.answer_json(&matching)?);
        }
        if matching.is_empty() {
            console.note(&format!("the system user of {owner} has no rights; an agent must give it clients in Altinn"));
            return Ok(());
        }
        let heading = ["organisation", "name", "packages", "resources"];
        let parties = matching.iter().flat_map(|party| party.known.with_subunits());
        Ok(console.answer(table(heading, parties.map(row)))?)
    }
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
