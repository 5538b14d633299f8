//! `help`: print help for a command.

use std::iter;
use std::marker::PhantomData;

use clap::{Args, CommandFactory, Parser};
use clap_complete::{ArgValueCandidates, CompletionCandidate};

use crate::cli::args::candidates;
use crate::cli::error::{CommandError, Exit, command_line};
use crate::cli::output::Console;

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Help<C: CommandFactory + 'static> {
    /// command, such as `token` or `system register`
    #[arg(add = ArgValueCandidates::new(commands::<C>))]
    command: Vec<String>,
    #[arg(skip)]
    program: PhantomData<C>,
}

const EXAMPLES: &str = "\
Examples:
  systemuser-demo help  # list the commands
  systemuser-demo help token
  systemuser-demo help system register";

/// The commands that a shell offers after the typed words.
fn commands<C: CommandFactory>() -> Vec<CompletionCandidate> {
    let mut program = C::command();
    program.build();
    let words = candidates::words();
    let before = words.iter().take(words.len().saturating_sub(1));
    let mut names = before.skip_while(|word| *word != "help").skip(1);
    let command = names.try_fold(&program, |command, name| command.find_subcommand(name));
    let below = command.into_iter().flat_map(|command| command.get_subcommands());
    below.map(|command| CompletionCandidate::new(command.get_name()).help(command.get_about().cloned())).collect()
}

impl<C: Parser> Help<C> {
    /// Prints the same as the command with `--help`.
    pub(crate) fn run(self, console: &mut Console<'_>) -> Result<Exit, CommandError> {
        let words = iter::once(env!("CARGO_PKG_NAME").to_owned()).chain(self.command);
        match C::try_parse_from(words.chain(iter::once("--help".to_owned()))) {
            Ok(_) => Ok(Exit::Done),
            Err(error) => command_line::print::<C>(error, console),
        }
    }
}
