//! The check for free file handles, and the error if the process may not open enough of them.
//!
//! Too few handles have many effects: the runtime panics, the sandbox inside the process never accepts a connection,
//! and root certificates are not found. A check beforehand gives all of them the same message.

use std::io;
#[cfg(unix)]
use std::os::fd::AsFd;

use super::{CommandError, Exit};

/// The handles that every command needs: six for the runtime, and two to read a directory and a file in it, or for a
/// connection.
pub const COMMAND: usize = 8;
/// The handles that the sandbox inside the process needs: one to listen, and one for each end of a connection.
#[cfg(feature = "sandbox")]
pub(crate) const SANDBOX_INSIDE: usize = 3;
/// The handles that the `sandbox` command needs to accept a connection.
#[cfg(feature = "sandbox")]
pub(crate) const CONNECTION: usize = 1;

pub(super) const RAISE_LIMIT: &str = "raise the limit on open files, for example with `ulimit -n 1024`";

/// Checks that the process can open this many more file handles. `purpose` ends the message "cannot …".
///
/// # Errors
/// Returns an error with the operating system's reason if it cannot. Windows has no such limit.
pub fn check(count: usize, purpose: &str) -> Result<(), CommandError> {
    open(count)
        .map_err(|error| CommandError::new(Exit::Unexpected, format!("cannot {purpose}: {error}")).hint(RAISE_LIMIT))
}

#[cfg(unix)]
fn open(count: usize) -> io::Result<()> {
    (0..count).map(|_| io::stderr().as_fd().try_clone_to_owned()).collect::<io::Result<Vec<_>>>().map(drop)
}

#[cfg(not(unix))]
fn open(_: usize) -> io::Result<()> {
    Ok(())
}
