//! The entry point: it parses the command line, runs the command, and returns the exit code.

use std::env;
use std::io::{self, IsTerminal};
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use clap::error::{ContextKind, ContextValue};
use systemuser_demo::cli::session::check_file_handles;
use systemuser_demo::cli::{Cli, CommandError, Console, Exit, Stream};
use systemuser_demo::client::sanitize::{may_be_secret, show};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help goes to stdout, usage errors to stderr. A closed stream is not an error.
            let error = sanitized(error);
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let (mut stdout, mut stderr) = (io::stdout(), io::stderr());
    let out = Stream { terminal: stdout.is_terminal(), writer: &mut stdout };
    let err = Stream { terminal: stderr.is_terminal(), writer: &mut stderr };
    let colour = err.terminal && takes_colour();
    let mut console = Console::new(out, err, colour, cli.is_verbose());
    let exit = run(cli, &mut console).unwrap_or_else(|error| {
        error.render(&mut console);
        error.exit
    });
    ExitCode::from(exit as u8)
}

/// Whether colour is allowed: `NO_COLOR` (no-color.org) and `TERM=dumb` turn it off.
fn takes_colour() -> bool {
    env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && env::var_os("TERM").is_none_or(|name| name != "dumb")
}

/// Hides arguments in clap's errors that may be secrets, and escapes control characters in them.
fn sanitized(mut error: clap::Error) -> clap::Error {
    for kind in [ContextKind::InvalidArg, ContextKind::InvalidValue, ContextKind::InvalidSubcommand] {
        let Some(ContextValue::String(argument)) = error.get(kind) else { continue };
        let shown = if may_be_secret(argument) { format!("[{}]", show(argument)) } else { show(argument) };
        if shown != *argument {
            error.insert(kind, ContextValue::String(shown));
            // The suggestion repeats the argument.
            error.remove(ContextKind::Suggested);
        }
    }
    error
}

fn run(cli: Cli, console: &mut Console<'_>) -> Result<Exit, CommandError> {
    // The runtime opens this number of file handles, and panics if it gets only some of them.
    check_file_handles(6).context("cannot start the runtime")?;
    // One thread is enough, since the program waits for one thing at a time.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the runtime")?;
    let exit = runtime.block_on(cli.run(console));
    // Do not wait for a DNS lookup that is still running.
    runtime.shutdown_background();
    exit
}
