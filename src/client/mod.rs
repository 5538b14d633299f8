//! The client gets a token for a system user and calls an API with the token. Copy this folder into your own program.
//!
//! Start with [`TokenSource`]. It signs a grant, exchanges the grant at Maskinporten for a token, and keeps the token.
//! Call an API with [`reference_api::get`] or [`Http::call`].
//!
//! [`TokenSource`] reads the clock and creates random ids. The other modules take the time and ids as arguments. No
//! module prints. Only reqwest reads environment variables, for proxies and root certificates. Configuration files
//! belong to `config`, Altinn's own APIs to `altinn`, and messages for a person to `cli`.
//!
//! Licence: MIT, copyright (c) 2026 the authors of systemuser-demo. Copy the file `LICENSE` along with this folder.

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
pub mod token_source;

pub use self::environment::{Endpoints, Environment, is_loopback};
pub use self::grant::{SystemUserRef, TokenRequest};
pub use self::http::{CallError, Http, Problem, Reply, TransportError};
pub use self::key::{KeySource, SigningKey};
pub use self::maskinporten::{ExchangeError, TokenRefused};
pub use self::org_number::OrgNumber;
pub use self::sanitize::{excerpt, may_be_secret, quote, quote_path, show, visible};
pub use self::token::AccessToken;
pub use self::token_source::{ExchangeEvent, TokenSource};
