//! `completions`: print a shell completion script.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::cli::output::console::Console;

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// the shell that it is for
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self, console: &mut Console<'_>) -> anyhow::Result<()> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), env!("CARGO_PKG_NAME"), &mut script);
        console.answer(&script)
    }
}
