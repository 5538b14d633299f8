//! An error in words, before they are printed.

/// The exit codes that the command line's own `--help` lists, where something went wrong.
pub(super) mod exit {
    pub(in crate::cli) const UNEXPECTED: u8 = 1;
    pub(in crate::cli) const USAGE: u8 = 2;
    pub(in crate::cli) const CONFIGURATION: u8 = 3;
    pub(in crate::cli) const MASKINPORTEN: u8 = 4;
    pub(in crate::cli) const API: u8 = 5;
    pub(in crate::cli) const SILENCE: u8 = 6;
    pub(in crate::cli) const UNDECIDED: u8 = 7;
    pub(in crate::cli) const INTERRUPTED: u8 = 130;
}

/// An error in words.
#[derive(Default)]
pub(super) struct Told {
    pub(super) exit_code: u8,
    pub(super) sentence: String,
    /// The other side's own words, what they mean, and the values that they are about: a line each.
    pub(super) detail: Vec<String>,
    pub(super) hints: Vec<String>,
    pub(super) notes: Vec<String>,
}
