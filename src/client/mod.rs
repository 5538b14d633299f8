//! The flow, as a folder to copy: a private key makes a grant, Maskinporten exchanges it for a token, an API takes that.
//!
//! It has no clock, no randomness, no environment variables and no output: all of that is passed in. Configuration files
//! belong to `config`, Altinn's own APIs to `altinn`, and words for a person to `cli`.

pub mod environment;
pub mod grant;
pub mod http;
pub mod key;
pub mod maskinporten;
pub mod org_number;
pub mod reference_api;
pub mod retry;
pub mod sanitize;
pub mod token;
