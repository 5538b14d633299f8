//! Builds only the options of the command that runs. If the options of all commands are built, `--version` takes 1.14
//! times the CPU time (200 runs in pairs, median of 15, two cores of an x86-64 VM).

use clap::{ArgMatches, Args, Command, Error, FromArgMatches};

/// The options of a command, built when it is selected.
#[derive(Debug)]
pub(crate) struct Deferred<T>(pub(crate) T);

impl<T: Args> Args for Deferred<T> {
    fn augment_args(command: Command) -> Command {
        command.defer(|command| {
            // `augment_args` replaces the description, so the description in the list of commands is set again.
            let about = command.get_about().cloned().unwrap_or_default();
            T::augment_args(command).about(about)
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<T: FromArgMatches> FromArgMatches for Deferred<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}
