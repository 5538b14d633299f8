//! `completions`: print a shell completion script.

use crate::cli::error::CommandError;
use crate::cli::output::Console;
use clap::{Args, Command};
use clap_complete::Shell;

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// shell to print the script for
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self, mut command: Command, console: &mut Console<'_>) -> Result<(), CommandError> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, env!("CARGO_PKG_NAME"), &mut script);
        Ok(console.answer(&script)?)
    }
}
