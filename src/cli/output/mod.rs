//! Output: the console, tables, progress, `--verbose`, and times in words.

pub(crate) mod clock;
pub(crate) mod console;
pub(crate) mod json;
pub(crate) mod origin;
pub(crate) mod table;
pub(crate) mod verbose;
