//! `scope`: find out which scopes the client has, and search the catalogue of scopes.

use std::collections::HashSet;
use std::sync::Arc;

use clap::{Args, Subcommand};
use clap_complete::ArgValueCandidates;
use serde_json::json;

use crate::altinn::{scope_catalogue::Scope as Entry, system_register, system_user_request};
use crate::cli::args::{CommonArgs, TimeoutArg, VendorArgs, candidates, typed, variables};
use crate::cli::error::{CommandError, Exit};
use crate::cli::output::{Console, Level, or_dash, table};
use crate::cli::session::scope_check::{CheckedScope, Verdict, check};
use crate::cli::session::{Session, prepare, scope_catalogue};
use crate::client::quote;
use crate::config::{Config, Given, Overrides, SCOPE, Source};

#[derive(Debug, Args)]
pub(crate) struct Scope {
    #[command(subcommand)]
    command: ScopeCommand,
}

#[derive(Debug, Subcommand)]
enum ScopeCommand {
    Check(Check),
    List(List),
}

/// request each scope separately from Maskinporten, and show who grants the scopes that are missing
#[derive(Debug, Args)]
#[command(after_long_help = CHECK_EXAMPLES)]
struct Check {
    /// scopes to check [default: all configured scopes, and the three scopes of a system vendor]
    #[arg(value_name = "SCOPE", add = ArgValueCandidates::new(candidates::scopes))]
    scopes: Vec<String>,
    #[command(flatten)]
    catalogue: CatalogueArgs,
    #[command(flatten)]
    options: VendorArgs,
}

const CHECK_EXAMPLES: &str = "\
Examples:
  systemuser-demo scope check
  systemuser-demo scope check altinn:systembruker.demo --json";

/// search the public catalogue of scopes
#[derive(Debug, Args)]
#[command(after_long_help = LIST_EXAMPLES)]
struct List {
    /// words to find in the name or the description of a scope
    #[arg(value_name = "TEXT")]
    text: Option<String>,
    #[command(flatten)]
    catalogue: CatalogueArgs,
    #[command(flatten)]
    timeout: TimeoutArg,
}

const LIST_EXAMPLES: &str = "\
Examples:
  systemuser-demo scope list
  systemuser-demo scope list systemregister --json";

#[derive(Debug, Args)]
struct CatalogueArgs {
    /// fetch the catalogue of scopes again, instead of using a copy that is less than a day old
    #[arg(long)]
    refresh: bool,
}

/// The scopes of the vendor's commands.
const VENDOR_SCOPES: [&str; 3] = [system_register::SCOPE, system_user_request::WRITE, system_user_request::READ];
/// The source that messages show for these scopes.
const VENDOR: Source = Source::Option("the vendor's commands");

impl Scope {
    pub(crate) async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        match self.command {
            ScopeCommand::Check(check) => check.run(common, console).await,
            ScopeCommand::List(list) => list.run(common, console).await,
        }
    }
}

impl Check {
    async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let timeout = self.options.timeout.duration()?;
        let scopes = self.scopes.iter().map(|scope| one_scope(scope)).collect::<Result<Vec<_>, _>>()?;
        let scope = variables::text(SCOPE.variable)?;
        let config = self.options.configuration(common, Overrides { scope, ..Overrides::default() })?;
        let scopes = if scopes.is_empty() { default_scopes(&config) } else { scopes };
        let config = Config { scope: Some(joined(scopes)), resource: None, ..config };
        let key = prepare(&config, false, console)?;
        let session = Session::start(config, timeout, console).await?;
        let tokens = Arc::new(session.token_source(key));
        let checked = check(&session, &tokens, self.catalogue.refresh, console).await?;
        match common.json {
            true => console.answer_json(&json!({ "scopes": checked }))?,
            false => console.answer(table(["scope", "result", "owner", "lifetime"], checked.iter().map(row)))?,
        }
        for checked in checked.iter().filter(|checked| checked.verdict == Verdict::Granted) {
            checked.advice.iter().for_each(|advice| console.unless_quiet(Level::Warning, advice));
        }
        outcome(&checked)
    }
}

impl List {
    async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        let timeout = self.timeout.duration()?;
        let config = common.configuration(Overrides::default())?;
        let session = Session::start(config, timeout, console).await?;
        let mut scopes = scope_catalogue::get(&session, self.catalogue.refresh, console).await?;
        let text = self.text.unwrap_or_default();
        let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        scopes.retain(|scope| {
            let texts = [Some(&scope.name), scope.description.as_ref(), scope.english.as_ref()];
            let all = texts.map(|text| text.map(|text| text.to_lowercase()).unwrap_or_default()).join(" ");
            words.iter().all(|word| all.contains(word))
        });
        if common.json {
            return Ok(console.answer_json(&scopes)?);
        }
        if scopes.is_empty() {
            console.note(&format!("the catalogue has no scope with {} in its name or description", quote(&text)));
            return Ok(());
        }
        let row = |scope: &Entry| {
            let retired = if scope.is_retired() { "retired: " } else { "" };
            let description = scope.english.as_ref().or(scope.description.as_ref());
            let description: Vec<&str> = description.iter().flat_map(|text| text.split_whitespace()).collect();
            let owner = or_dash(scope.owner_orgno.as_deref());
            [scope.name.clone(), owner, format!("{retired}{}", description.join(" "))]
        };
        Ok(console.answer(table(["scope", "owner", "description"], scopes.iter().map(row)))?)
    }
}

/// Parses an argument. RFC 6749 allows a comma in a scope, but Maskinporten's scopes have none.
fn one_scope(text: &str) -> Result<Given<String>, CommandError> {
    let given = typed("SCOPE", text).scopes()?;
    match given.value.contains([' ', ',']) {
        true => {
            let example = "`systemuser-demo scope check SCOPE SCOPE`";
            let error = CommandError::command_line(format!("SCOPE: {} is more than one scope", quote(text)));
            Err(error.hint(format!("pass each scope as a separate argument: {example}")))
        }
        false => Ok(given),
    }
}

/// The configured scopes, the scopes of the vendor's commands, and the scopes of the configured APIs.
fn default_scopes(config: &Config) -> Vec<Given<String>> {
    let vendors = VENDOR_SCOPES.map(|scope| Given { value: scope.to_owned(), source: VENDOR });
    let of_apis = config.apis.values().filter_map(|api| api.scope.clone());
    config.scope.iter().cloned().chain(vendors).chain(of_apis).collect()
}

/// All scopes in one value, without duplicates. Its source is that of the first scope.
fn joined(scopes: Vec<Given<String>>) -> Given<String> {
    let source = scopes.first().map_or(VENDOR, |scope| scope.source.clone());
    let mut known = HashSet::new();
    let mut words: Vec<&str> = scopes.iter().flat_map(|scope| scope.value.split(' ')).collect();
    words.retain(|word| known.insert(*word));
    Given { value: words.join(" "), source }
}

fn row(checked: &CheckedScope) -> [String; 4] {
    let owner = checked.catalogue.as_ref().and_then(|entry| entry.owner_orgno.as_deref());
    let lifetime = checked.lifetime().map(|seconds| format!("{seconds} s"));
    [checked.scope.clone(), checked.result(), or_dash(owner), or_dash(lifetime.as_deref())]
}

/// The error if the client does not have all scopes, with the next step for each problem.
fn outcome(checked: &[CheckedScope]) -> Result<(), CommandError> {
    let all = checked.len();
    let problems: Vec<&CheckedScope> = checked.iter().filter(|checked| checked.verdict != Verdict::Granted).collect();
    let silent = problems.iter().filter(|checked| checked.verdict == Verdict::NoResponse).count();
    let error = match problems.len() {
        0 => return Ok(()),
        _ if silent > 0 => {
            CommandError::new(Exit::NoAnswer, format!("there is no usable response for {silent} of {all} scopes"))
        }
        _ if all == 1 => {
            CommandError::new(Exit::Maskinporten, format!("Maskinporten refused {}", quote(&checked[0].scope)))
        }
        refused => CommandError::new(Exit::Maskinporten, format!("Maskinporten refused {refused} of {all} scopes")),
    };
    let detail = problems.iter().filter(|checked| matches!(checked.verdict, Verdict::Refused | Verdict::NoResponse));
    let detail = detail.map(|checked| checked.detail()).collect();
    let hints = problems.iter().filter_map(|checked| checked.advice.clone()).collect();
    Err(CommandError { detail, hints, ..error })
}
