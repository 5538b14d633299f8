//! `help`: print help for a command.

use std::iter;

use clap::{Args, Parser};

use crate::cli::error::{CommandError, Exit, command_line};
use crate::cli::output::Console;

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Help {
    /// command, such as `token` or `system register`
    command: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  systemuser-demo help  # list the commands
  systemuser-demo help token
  systemuser-demo help system register";

impl Help {
    /// Prints the same as the command with `--help`.
    pub(crate) fn run<C: Parser>(self, console: &mut Console<'_>) -> Result<Exit, CommandError> {
        let words = iter::once(env!("CARGO_PKG_NAME").to_owned()).chain(self.command);
        match C::try_parse_from(words.chain(iter::once("--help".to_owned()))) {
            Ok(_) => Ok(Exit::Done),
            Err(error) => command_line::print::<C>(error, console),
        }
    }
}
