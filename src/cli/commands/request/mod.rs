//! `request`: ask a customer for a system user or for a change to one, and track the request.
//!
//! Each subcommand has a file. The API calls are in `altinn`.

mod browser;
mod change;
mod create;
mod decision;
mod delete;
mod list;
mod lookup;
mod status;
mod wait;

use clap::{Args, Subcommand};

use crate::cli::args::CommonArgs;
use crate::cli::error::{CommandError, Exit};
use crate::cli::output::Console;

#[derive(Debug, Args)]
pub(crate) struct Request {
    #[command(subcommand)]
    command: RequestCommand,
}

#[derive(Debug, Subcommand)]
enum RequestCommand {
    /// ask a customer for a system user
    Create(create::Create),
    /// ask a customer for a change to a system user
    Change(change::Change),
    /// show the status of a request
    Status(status::Status),
    /// list the system's requests
    List(list::List),
    /// delete a request
    Delete(delete::Delete),
}

impl Request {
    pub(crate) async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<Exit, CommandError> {
        match self.command {
            RequestCommand::Create(create) => create.run(common, console).await,
            RequestCommand::Change(change) => change.run(common, console).await,
            RequestCommand::Status(status) => status.run(common, console).await,
            RequestCommand::List(list) => list.run(common, console).await.map(|()| Exit::Done),
            RequestCommand::Delete(delete) => delete.run(common, console).await.map(|()| Exit::Done),
        }
    }
}
