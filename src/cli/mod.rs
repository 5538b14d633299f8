//! The command line: what was typed, carried out, and told to a person.

mod again;
mod asking;
mod call;
mod clock;
mod completions;
mod configuration;
mod console;
mod doctor;
mod explain;
mod flow;
mod grant;
mod hints;
mod init;
mod inspect;
mod json;
mod key;
mod new_file;
mod options;
mod origin;
mod refusal;
mod report;
mod request;
#[cfg(feature = "sandbox")]
mod sandbox;
mod signing;
mod story;
mod system;
mod table;
mod target;
mod token;
mod told;
mod user;
mod vendor;
mod written;

use clap::{Parser, Subcommand};

pub use self::console::{Console, Stream};
pub use self::inspect::in_words;
pub use self::report::report;

/// Ends `--help`, and stands in README.
const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    unexpected
  2    usage
  3    configuration or key
  4    Maskinporten refused, or what it gave does not hold
  5    the API or Altinn refused
  6    nobody answered, or no usable answer
  7    not decided yet
  130  interrupted";

/// A client for Altinn's system users: get a token, call an API with it, and see why not
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES, disable_help_subcommand = true, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: options::Common,
}

#[derive(Debug, Subcommand)]
enum Command {
    Token(token::Token),
    Call(call::Call),
    Grant(grant::Grant),
    Inspect(inspect::Inspect),
    Key(key::Key),
    Doctor(doctor::Doctor),
    Explain(explain::Explain),
    Init(init::Init),
    System(system::System),
    Request(request::Request),
    User(user::User),
    #[cfg(feature = "sandbox")]
    Sandbox(sandbox::Sandbox),
    Completions(completions::Completions),
}

impl Cli {
    /// Whether the story is to be told.
    pub fn is_verbose(&self) -> bool {
        self.common.verbose
    }

    /// Carries the command out.
    ///
    /// # Errors
    /// Whatever went wrong, for [`report`] to put into words.
    pub async fn run(self, console: &mut Console<'_>) -> anyhow::Result<()> {
        match self.command {
            Command::Token(token) => token.run(&self.common, console).await,
            Command::Call(call) => call.run(&self.common, console).await,
            Command::Grant(grant) => grant.run(&self.common, console),
            Command::Inspect(inspect) => inspect.run(&self.common, console).await,
            Command::Key(key) => key.run(&self.common, console),
            Command::Doctor(doctor) => doctor.run(&self.common, console).await,
            Command::Explain(explain) => explain.run(&self.common, console),
            Command::Init(init) => init.run(&self.common, console),
            Command::System(system) => system.run(&self.common, console).await,
            Command::Request(request) => request.run(&self.common, console).await,
            Command::User(user) => user.run(&self.common, console).await,
            #[cfg(feature = "sandbox")]
            Command::Sandbox(sandbox) => sandbox.run(&self.common, console).await,
            Command::Completions(completions) => completions.run(console),
        }
    }
}
