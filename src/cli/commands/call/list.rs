//! `call --list`: list the APIs that can be called.

use reqwest::Method;
use serde::Serialize;

use crate::cli::error::CommandError;
use crate::cli::output::{Console, or_dash, table};
use crate::cli::session::ApiTarget;
use crate::client::reference_api::ReferenceApi;
use crate::client::show;
use crate::config::{ApiConfig, Config};

/// Prints the APIs that can be called.
pub(super) fn print(config: &Config, json: bool, console: &mut Console<'_>) -> Result<(), CommandError> {
    let reference = ReferenceApi::ALL.into_iter().filter(|_| config.endpoints.reference_api.is_some());
    let configured = config.apis.iter().map(|(name, api)| ApiTarget::Configured(name.clone(), api.clone()));
    let apis = reference.map(ApiTarget::Reference).chain(configured);
    let rows: Vec<Row> = apis.map(|api| Row::new(&api, config)).collect();
    if json {
        return Ok(console.answer_json(&rows)?);
    }
    if rows.is_empty() {
        console.note("no API can be called: add an [api.NAME] table to the configuration file");
        return Ok(());
    }
    let cells = |row: Row| [row.name, row.method, or_dash(row.url.as_deref()), or_dash(row.scope.as_deref())];
    console.answer(table(["name", "method", "URL", "scope"], rows.into_iter().map(cells)))?;
    if config.sandbox_inside {
        console.note("the built-in sandbox selects a free port for each command, so its URLs are not listed");
    }
    Ok(())
}

/// An API in the list.
#[derive(Serialize)]
struct Row {
    name: String,
    method: String,
    /// `None` if the API is part of a sandbox that is not running.
    url: Option<String>,
    scope: Option<String>,
    exchange: bool,
}

impl Row {
    fn new(target: &ApiTarget, config: &Config) -> Self {
        let url = match target {
            ApiTarget::Configured(_, ApiConfig { url, .. }) => Some(show(&url.value)),
            ApiTarget::Reference(_) if config.sandbox_inside => None,
            ApiTarget::Reference(api) => config.endpoints.reference_api.as_ref().map(|base| {
                let org = if api.takes_org() { "{org}" } else { "" };
                format!("{}{org}", api.address(base, None))
            }),
        };
        let scope = target.with_scope(config.clone()).scope;
        Self {
            name: show(target.name()),
            method: target.method().unwrap_or(&Method::GET).to_string(),
            url,
            scope: scope.map(|given| show(&given.value)),
            exchange: target.needs_exchange(),
        }
    }
}
