//! The command line: parses the arguments, runs the command, and returns its result or its error.
//!
//! Imports run downwards: `commands`, `session`, `error`, `args`, `output`. Commands do not import each other.
//! Responses of APIs and configuration files are parsed in `altinn`, `client` and `config`, not here.

mod args;
mod commands;
mod error;
mod output;
pub mod session;

use std::cell::LazyCell;

use clap::{ColorChoice, CommandFactory, Parser, Subcommand};

use self::args::deferred::Deferred;
use self::args::{CommonArgs, variables};
pub use self::commands::inspect::in_words;
#[cfg(feature = "sandbox")]
use self::commands::sandbox;
use self::commands::{
    call, completions, doctor, explain, grant, help, init, inspect, key, request, scope, system, token, user,
};
pub use self::error::{CommandError, Exit, command_line, file_handles};
use self::error::{did_you_mean, nearest};
pub use self::output::{Console, Stream, Verbosity};
use crate::client::quote;

/// The end of `--help`. config/README.md repeats it.
const EXIT_CODES: &str = "\
Exit codes:
  0    success
  1    unexpected error
  2    invalid command line, or an invalid input file
  3    invalid configuration, environment variable or key
  4    Maskinporten refused, or a token failed verification
  5    the API, Altinn or the customer refused
  6    no usable response from a server
  7    the customer has not decided yet
  130  interrupted";

/// A client for Altinn's system users: get tokens, call APIs, and find out why a call fails
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES, disable_help_subcommand = true, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: CommonArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// get a system-user token and print it
    Token(Deferred<token::Token>),
    /// call an API with a system-user token
    Call(Deferred<call::Call>),
    /// build and sign a JWT grant, and print it
    Grant(Deferred<grant::Grant>),
    /// show the contents of a token or a grant
    Inspect(Deferred<inspect::Inspect>),
    /// create a key pair, or print a public key
    Key(Deferred<key::Key>),
    /// find out which scopes the client has, and who grants the others
    Scope(Deferred<scope::Scope>),
    /// run every step of the flow and say which one fails
    Doctor(Deferred<doctor::Doctor>),
    /// explain a Maskinporten or Altinn error code
    Explain(Deferred<explain::Explain>),
    /// write a starter configuration file and private key
    Init(Deferred<init::Init>),
    /// register and manage systems in Altinn's System Register
    System(Deferred<system::System>),
    /// ask a customer for a system user or for a change to one, and track the request
    Request(Deferred<request::Request>),
    /// list and find system users, and show what they may do
    User(Deferred<user::User>),
    #[cfg(feature = "sandbox")]
    /// run Maskinporten, Altinn and the reference APIs locally
    Sandbox(Deferred<sandbox::Sandbox>),
    /// print a shell completion script
    Completions(Deferred<completions::Completions>),
    /// print help for a command
    Help(Deferred<help::Help<Cli>>),
}

/// Answers a shell that asks for completions. Returns whether a shell asked.
pub fn complete() -> bool {
    completions::complete(Cli::command)
}

impl Cli {
    /// How much is written to stderr.
    pub fn verbosity(&self) -> Verbosity {
        match (self.common.quiet, self.common.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, true) => Verbosity::Verbose,
            (false, false) => Verbosity::Normal,
        }
    }

    /// The value of `--color`.
    pub fn colour(&self) -> ColorChoice {
        self.common.color
    }

    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error if the command fails.
    pub async fn run(self, console: &mut Console<'_>) -> Result<Exit, CommandError> {
        if self.common.quiet && self.common.verbose {
            // clap would not see the conflict if one of them stood before the command.
            return Err(CommandError::command_line("--quiet cannot be used with --verbose"));
        }
        if self.command.warns_of_variables() {
            warn_of_variables(console);
        }
        match self.command {
            Command::Token(Deferred(token)) => token.run(&self.common, console).await?,
            Command::Call(Deferred(call)) => call.run(&self.common, console).await?,
            Command::Grant(Deferred(grant)) => grant.run(&self.common, console)?,
            Command::Inspect(Deferred(inspect)) => inspect.run(&self.common, console).await?,
            Command::Key(Deferred(key)) => key.run(&self.common, console)?,
            Command::Scope(Deferred(scope)) => scope.run(&self.common, console).await?,
            Command::Doctor(Deferred(doctor)) => return doctor.run(&self.common, console).await,
            Command::Explain(Deferred(explain)) => explain.run(&self.common, console)?,
            Command::Init(Deferred(init)) => init.run(&self.common, console)?,
            Command::System(Deferred(system)) => system.run(&self.common, console).await?,
            Command::Request(Deferred(request)) => return request.run(&self.common, console).await,
            Command::User(Deferred(user)) => user.run(&self.common, console).await?,
            #[cfg(feature = "sandbox")]
            Command::Sandbox(Deferred(sandbox)) => sandbox.run(&self.common, console).await?,
            Command::Completions(Deferred(completions)) => completions.run(console)?,
            Command::Help(Deferred(help)) => return help.run(console),
        }
        Ok(Exit::Done)
    }
}

impl Command {
    /// Whether a warning about an unknown variable helps. `explain` and `help` need no variables, and a shell runs
    /// `completions` whenever it starts. `sandbox` reads none, either, but its user may expect it to.
    fn warns_of_variables(&self) -> bool {
        !matches!(self, Self::Explain(_) | Self::Completions(_) | Self::Help(_))
    }
}

/// Warns about variables whose names begin like this program's, but which it does not read. An option or a known
/// variable may be meant.
fn warn_of_variables(console: &mut Console<'_>) {
    let command = LazyCell::new(command_line::chosen::<Cli>);
    for name in variables::unknown() {
        let end = &name[variables::PREFIX.len()..];
        let option = end.to_ascii_lowercase().replace('_', "-");
        // The common beginning would make all names similar.
        let ends = variables::names().filter_map(|known| known.strip_prefix(variables::PREFIX));
        let hint = match nearest(end, ends) {
            _ if command_line::has_option(&command, &option) => format!("; use the option --{option}"),
            Some(end) => format!("; {}", did_you_mean(&format!("{}{end}", variables::PREFIX))),
            None => String::new(),
        };
        console.warning(&format!("{} is not a known environment variable{hint}", quote(&name)));
    }
}
