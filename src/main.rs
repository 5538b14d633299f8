//! The edge of the process: the command line comes in, an exit code goes out.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use systemuser_demo::cli::{Cli, Console, Stream, report};
use systemuser_demo::sanitize::{draws, visible};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap's own voice: help on stdout, a wrong command line on stderr. Nobody listening is no failure.
            let _ = match harmless(&error.to_string()) {
                Some(text) => io::stderr().write_all(text.as_bytes()),
                None => error.print(),
            };
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let (mut stdout, mut stderr) = (io::stdout(), io::stderr());
    let out = Stream { terminal: stdout.is_terminal(), writer: &mut stdout };
    let err = Stream { terminal: stderr.is_terminal(), writer: &mut stderr };
    let colour = err.terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut console = Console::new(out, err, colour, cli.is_verbose());
    match run(cli, &mut console) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => ExitCode::from(report(&error, &mut console)),
    }
}

/// A message of clap's without the arguments that it repeats and that may be secrets or draw on a terminal; `None` where
/// there are none.
fn harmless(message: &str) -> Option<String> {
    const LONGEST: usize = 60;
    let arguments: Vec<String> = std::env::args_os().skip(1).map(|text| text.to_string_lossy().into_owned()).collect();
    // Of `--option=value` clap repeats the value alone.
    let values = arguments.iter().flat_map(|text| [Some(text.as_str()), text.split_once('=').map(|(_, value)| value)]);
    let secrets = values.flatten().filter(|text| text.len() > LONGEST && message.contains(text));
    let mut secrets: Vec<&str> = secrets.collect();
    secrets.sort_by_key(|text| std::cmp::Reverse(text.len()));
    let scrubbed =
        secrets.iter().fold(message.to_owned(), |text, secret| text.replace(secret, "[too long to be shown]"));
    let drawn = message.contains(|c| c != '\n' && draws(c));
    let shown: Vec<String> = scrubbed.split('\n').map(visible).collect();
    (drawn || !secrets.is_empty()).then(|| shown.join("\n"))
}

fn run(cli: Cli, console: &mut Console<'_>) -> anyhow::Result<()> {
    // One thread: there is one thing to wait for at a time.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(cli.run(console));
    // What still looks a name up is not waited for.
    runtime.shutdown_background();
    result
}
