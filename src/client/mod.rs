//! The client, a folder to copy: it signs a grant, exchanges it at Maskinporten for a token, and calls an API with that.
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

pub use self::environment::{Endpoints, Environment, is_loopback};
pub use self::http::{CallError, Http, Problem, Reply, TransportError};
pub use self::key::{KeySource, SigningKey};
pub use self::org_number::OrgNumber;
pub use self::sanitize::{excerpt, may_be_secret, quote, quote_path, show, visible};
pub use self::token::{AccessToken, DecodedJwt};
