//! The commands. Each command has a file or a folder with its name.
//!
//! Options that several commands share are in `args`, and code that they share is in `session`.

pub(super) mod call;
pub(super) mod completions;
pub(super) mod doctor;
pub(super) mod explain;
pub(super) mod grant;
pub(super) mod help;
pub(super) mod init;
pub(super) mod inspect;
pub(super) mod key;
pub(super) mod request;
#[cfg(feature = "sandbox")]
pub(super) mod sandbox;
pub(super) mod scope;
pub(super) mod system;
pub(super) mod token;
pub(super) mod user;
