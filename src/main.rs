//! The edge of the process: the command line comes in, an exit code goes out.

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::Parser;
use systemuser_demo::cli::{Cli, Console, report};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap's own voice: help on stdout, a wrong command line on stderr. Nobody listening is no failure.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let (mut stdout, mut stderr) = (io::stdout(), io::stderr());
    let colour = stderr.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut console = Console::new(&mut stdout, &mut stderr, colour, cli.is_verbose());
    match run(cli, &mut console) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => ExitCode::from(report(&error, &mut console)),
    }
}

fn run(cli: Cli, console: &mut Console<'_>) -> anyhow::Result<()> {
    // One thread: there is one thing to wait for at a time.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(cli.run(console))
}
