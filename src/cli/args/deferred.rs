//! Builds only the options of the command that runs. If the options of all commands are built, `--version` takes 1.14
//! times the CPU time (200 runs in pairs, median of 15, two cores of an x86-64 VM).

use clap::{ArgMatches, Args, Command, Error, FromArgMatches};

use crate::cli::output::UNBROKEN_SPACE;

/// The options of a command, built when it is selected.
#[derive(Debug)]
pub(crate) struct Deferred<T>(pub(crate) T);

impl<T: Args> Args for Deferred<T> {
    fn augment_args(command: Command) -> Command {
        command.defer(|command| {
            // `augment_args` replaces the description, so the description in the list of commands is set again.
            let about = command.get_about().cloned().unwrap_or_default();
            with_whole_examples(T::augment_args(command).about(about))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// Keeps clap from wrapping the examples of this command and its subcommands: a command that is copied from a terminal
/// works only if it is one line.
fn with_whole_examples(command: Command) -> Command {
    let command = command.mut_subcommands(with_whole_examples);
    let Some(examples) = command.get_after_long_help().map(ToString::to_string) else { return command };
    let whole = |line: &str| match line.starts_with(' ') {
        true => line.replace(' ', UNBROKEN_SPACE),
        false => line.to_owned(),
    };
    command.after_long_help(examples.split('\n').map(whole).collect::<Vec<_>>().join("\n"))
}

impl<T: FromArgMatches> FromArgMatches for Deferred<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}
