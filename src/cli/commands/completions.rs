//! `completions`: print a shell completion script. The script asks this program, which knows the configured names.

use std::env;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Command};
use clap_complete::env::Shells;
use clap_complete::{CompleteEnv, Shell};

use crate::cli::args::variables::words;
use crate::cli::error::CommandError;
use crate::cli::output::Console;

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Completions {
    /// shell to print the script for
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  systemuser-demo completions bash
  systemuser-demo completions zsh

To enable completions, add the line for your shell to its startup file:
  bash        source <(systemuser-demo completions bash)
  zsh         source <(systemuser-demo completions zsh)
  fish        systemuser-demo completions fish | source
  elvish      eval (systemuser-demo completions elvish | slurp)
  powershell  systemuser-demo completions powershell | Out-String | Invoke-Expression";

/// The variable with which a script asks for completions. It holds the name of the shell.
const VARIABLE: &str = "_SYSTEMUSER_DEMO_COMPLETE";

/// Answers a shell that asks for completions. Returns whether a shell asked.
pub(crate) fn complete(command: impl Fn() -> Command) -> clap::error::Result<bool> {
    CompleteEnv::with_factory(command).var(VARIABLE).try_complete(words(), env::current_dir().ok().as_deref())
}

impl Completions {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Result<(), CommandError> {
        let shells = Shells::builtins();
        let shell = shells.completer(&self.shell.to_string()).context("the shell has no completions")?;
        // A path that was typed is completed, so that the script works in every directory.
        let typed = PathBuf::from(words().into_iter().next().unwrap_or_default());
        let is_path = typed.components().count() > 1;
        let program = match env::current_dir() {
            Ok(directory) if is_path => directory.join(typed),
            _ => typed,
        };
        let (name, mut script) = (env!("CARGO_PKG_NAME"), Vec::new());
        shell.write_registration(VARIABLE, name, name, &program.to_string_lossy(), &mut script)?;
        Ok(console.answer(&script)?)
    }
}
