//! `completions`: print a shell completion script. The script asks this program, which knows the configured names.

mod bash;

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Command};
use clap_complete::Shell;
use clap_complete::env::{Elvish, EnvCompleter, Fish, Powershell, Shells, Zsh};

use self::bash::Bash;
use crate::cli::args::variables::{self, words};
use crate::cli::args::{candidates, shell};
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

To enable completions, add the line for your shell to its startup file (for zsh, after any `compinit`):
  bash        eval \"$(systemuser-demo completions bash)\"
  zsh         eval \"$(systemuser-demo completions zsh)\"
  fish        systemuser-demo completions fish | source
  elvish      eval (systemuser-demo completions elvish | slurp)
  powershell  systemuser-demo completions powershell | Out-String | Invoke-Expression";

/// The variable with which a script asks for completions. It holds the name of the shell.
const VARIABLE: &str = "_SYSTEMUSER_DEMO_COMPLETE";

/// Loads zsh's completion system, unless the startup file has loaded it.
const ZSH_SYSTEM: &str = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }\n";

const SHELLS: Shells<'static> = Shells(&[&Bash, &Elvish, &Fish, &Powershell, &Zsh]);

/// Answers a shell that asks for completions. Returns whether a shell asked. Errors are ignored, because a message would
/// disturb the line that is typed.
pub(crate) fn complete(command: impl FnOnce() -> Command) -> bool {
    let Some(name) = variables::os(VARIABLE) else { return false };
    let mut typed: Vec<OsString> = words().into_iter().skip_while(|word| word != "--").skip(1).collect();
    // zsh passes words with their quotes, and fish the last word.
    let quoted = match name.to_str() {
        Some("zsh") => typed.len(),
        Some("fish") => 1,
        _ => 0,
    };
    typed.iter_mut().rev().take(quoted).for_each(|word| *word = shell::unquoted(word));
    let shell = name.to_str().and_then(|name| SHELLS.completer(name)).filter(|_| !typed.is_empty());
    let Some(shell) = shell else { return true };
    candidates::set_words(if name == Bash.name() { bash::words(&typed) } else { typed.clone() });
    let mut answer = Vec::new();
    if shell.write_complete(&mut command(), typed, env::current_dir().ok().as_deref(), &mut answer).is_ok() {
        let _ = io::stdout().write_all(&answer);
    }
    true
}

impl Completions {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Result<(), CommandError> {
        let shell = SHELLS.completer(&self.shell.to_string()).context("the shell has no completions")?;
        // A path that was typed is completed, so that the script works in every directory.
        let typed = PathBuf::from(words().into_iter().next().unwrap_or_default());
        let is_path = typed.components().count() > 1;
        let program = match env::current_dir() {
            Ok(directory) if is_path => directory.join(typed),
            _ => typed,
        };
        let (name, mut script) = (env!("CARGO_PKG_NAME"), Vec::new());
        if self.shell == Shell::Zsh {
            script.extend(ZSH_SYSTEM.bytes());
        }
        shell.write_registration(VARIABLE, name, name, &program.to_string_lossy(), &mut script)?;
        Ok(console.answer(&script)?)
    }
}
