//! Output: the console, tables, certificates, `--verbose`, JSON, times, and the comparison of clocks.
//!
//! This module decides how output looks. The text of an error comes from the `error` module. Only help is wrapped.
//! The terminal wraps other lines, so that a command in a message can be copied as one line.

pub(crate) mod certificate;
mod clock;
mod console;
pub(crate) mod json;
mod table;
mod time;
pub(crate) mod verbose;

pub(crate) use self::clock::{ClockDifference, RequestTimer, maskinportens_time};
pub use self::console::{Console, Stream, Verbosity};
pub(crate) use self::console::{Level, Message, UNBROKEN_SPACE, painted};
pub(crate) use self::table::{columns, or_dash, pairs, table};
pub(crate) use self::time::{duration, server_time, time};
