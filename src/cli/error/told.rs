//! An error in words, before they are printed.

/// The exit codes that the command line's own `--help` lists, where something went wrong.
pub(crate) mod exit {
    pub(crate) const UNEXPECTED: u8 = 1;
    pub(crate) const USAGE: u8 = 2;
    pub(crate) const CONFIGURATION: u8 = 3;
    pub(crate) const MASKINPORTEN: u8 = 4;
    pub(crate) const API: u8 = 5;
    pub(crate) const SILENCE: u8 = 6;
    pub(crate) const UNDECIDED: u8 = 7;
    pub(crate) const INTERRUPTED: u8 = 130;
}

/// An error in words.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) exit_code: u8,
    pub(crate) sentence: String,
    /// The other side's own words, what they mean, and the values that they are about: a line each.
    pub(crate) detail: Vec<String>,
    pub(crate) hints: Vec<String>,
    pub(crate) notes: Vec<String>,
}
