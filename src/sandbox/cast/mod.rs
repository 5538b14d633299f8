//! The cast: who and what exists in the sandbox when it starts, and what each demonstrates. README has the same tables.

mod client;
mod organisation;
mod register;
mod request;

pub(super) use self::client::{CLIENTS, Client, EXPIRED_KID, KEY, SCOPE_NOT_GRANTED, SCOPE_OF_ID_PORTEN};
pub(super) use self::organisation::{ORGANISATIONS, Organisation, organisation};
pub(super) use self::register::{Api, PackageKind, SYSTEMS, System, package, resource};
pub(super) use self::request::{Decision, REQUESTS, Request};
