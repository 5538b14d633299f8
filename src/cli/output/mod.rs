//! Output: the console, tables, `--verbose`, JSON for a terminal, and times in words.
//!
//! It decides how something looks. The words for an error belong to `error`.

pub(crate) mod clock;
pub(crate) mod console;
pub(crate) mod json;
pub(crate) mod table;
pub(crate) mod time;
pub(crate) mod verbose;
