//! The entry point: it parses the command line, runs the command, and returns the exit code.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::{ColorChoice, Parser};
use systemuser_demo::cli::{Cli, CommandError, Console, Exit, Stream, Verbosity, command_line, complete, file_handles};

fn main() -> ExitCode {
    if complete() {
        return ExitCode::SUCCESS;
    }
    let parsed = Cli::try_parse();
    let colour = parsed.as_ref().map_or_else(|_| command_line::typed_colour(), Cli::colour);
    let verbosity = parsed.as_ref().map_or(Verbosity::Normal, Cli::verbosity);
    let (terminal, err_terminal) = (io::stdout().is_terminal(), io::stderr().is_terminal());
    let (mut stdout, mut stderr) = (stdout(), io::stderr());
    let out = Stream { terminal, colour: takes_colour(colour, terminal), writer: &mut stdout };
    // A dumb terminal cannot erase a progress line.
    let err = Stream {
        terminal: err_terminal && !is_dumb(),
        colour: takes_colour(colour, err_terminal),
        writer: &mut stderr,
    };
    let mut console = Console::new(out, err, verbosity);
    let exit = match parsed {
        Ok(cli) => run(cli, &mut console),
        Err(error) => command_line::print::<Cli>(error, &mut console),
    };
    let exit = exit.unwrap_or_else(|error| {
        error.render(&mut console);
        error.exit
    });
    ExitCode::from(exit as u8)
}

/// Stdout. The standard library ignores the error of a write to a descriptor that is not open for writing; a file
/// reports it. A closed stdout cannot be reported: Rust's runtime has replaced it with `/dev/null`, opened for reading
/// and writing, which Python (`subprocess.DEVNULL`) and Node.js (`stdio: 'ignore'`) pass for a stdout to discard.
#[cfg(unix)]
fn stdout() -> Box<dyn Write + Send> {
    use std::fs::File;
    use std::os::fd::AsFd;
    match io::stdout().as_fd().try_clone_to_owned() {
        Ok(descriptor) => Box::new(File::from(descriptor)),
        Err(_) => Box::new(io::stdout()),
    }
}

#[cfg(not(unix))]
fn stdout() -> Box<dyn Write + Send> {
    Box::new(io::stdout())
}

/// Whether a stream gets colours. With `auto`, `NO_COLOR` (no-color.org) and `TERM=dumb` turn them off.
fn takes_colour(choice: ColorChoice, terminal: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => terminal && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) && !is_dumb(),
    }
}

/// Whether the terminal understands no control sequences.
fn is_dumb() -> bool {
    env::var_os("TERM").is_some_and(|name| name == "dumb")
}

fn run(cli: Cli, console: &mut Console<'_>) -> Result<Exit, CommandError> {
    file_handles::check(file_handles::COMMAND, "start the runtime")?;
    // One thread is enough, since the program waits for one thing at a time.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the runtime")?;
    let exit = runtime.block_on(cli.run(console));
    // Do not wait for a DNS lookup that is still running.
    runtime.shutdown_background();
    exit
}
