//! Getting a token for an Altinn system user (systembruker), and calling an API with it.

pub mod api;
pub mod config;
pub mod environment;
pub mod grant;
pub mod http;
pub mod key;
pub mod maskinporten;
pub mod org_number;
pub mod token;
