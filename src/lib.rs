//! Getting a token for an Altinn system user (systembruker), and calling an API with it.

pub mod config;
pub mod environment;
pub mod grant;
pub mod key;
pub mod org_number;
