//! Gets a token for an Altinn system user (systembruker), and calls an API with it.
//!
//! This example runs the whole flow against the sandbox. To use Maskinporten, replace the endpoints with
//! [`Environment::endpoints`](client::environment::Environment::endpoints), and the key with a registered key. In a
//! product, use [`TokenSource`](client::TokenSource), which keeps and renews tokens.
//!
#![cfg_attr(feature = "sandbox", doc = "```")]
#![cfg_attr(not(feature = "sandbox"), doc = "```ignore")]
//! use std::time::Duration;
//!
//! use systemuser_demo::client::reference_api::{self, ReferenceApi, SystemUserInfo};
//! use systemuser_demo::client::environment::Endpoints;
//! use systemuser_demo::client::grant::{Grant, SystemUserRef, TokenRequest};
//! use systemuser_demo::client::http::Http;
//! use systemuser_demo::client::key::{KeySource, SigningKey};
//! use systemuser_demo::client::maskinporten;
//! use systemuser_demo::sandbox::Sandbox;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // The endpoints of a sandbox, which runs until this variable is dropped.
//! let sandbox = Sandbox::start().await?;
//! let endpoints = Endpoints::sandbox(&sandbox.address().parse()?);
//!
//! // The private key, and the key id with which its public half is registered on the client.
//! let key = SigningKey::load(&KeySource::File("mp-key.pem.example".into()), Some("sandbox-example"), None)?;
//!
//! // The requested scope, and the owner of the system user.
//! let request = TokenRequest {
//!     scope: "altinn:systembruker.demo".to_owned(),
//!     system_user: Some(SystemUserRef { owner: "210493352".parse()?, external_ref: None }),
//!     resource: Vec::new(),
//! };
//! let grant = Grant {
//!     issuer: &endpoints.issuer,
//!     client_id: "7ee41fce-9f6e-4c32-8195-0fe2c1517f43",
//!     request: &request,
//!     now: chrono::Utc::now(),
//!     jti: uuid::Uuid::new_v4(),
//! };
//! let assertion = grant.sign(&key);
//!
//! // Exchange the grant for a token, and call an API with the token.
//! let http = Http::new(Duration::from_secs(30));
//! let token = maskinporten::exchange(&http, &endpoints.token, &assertion).await?;
//! let base = endpoints.reference_api.expect("the sandbox has reference APIs");
//! let reply = reference_api::get(&http, &ReferenceApi::SystemUserInfo.address(&base, None), &token).await?;
//! let answer: SystemUserInfo = reference_api::read(&reply)?;
//! assert_eq!(answer.system_id.as_deref(), Some("991825827_smartcloud"));
//! # Ok(())
//! # }
//! ```

pub mod altinn;
pub mod cli;
pub mod client;
pub mod config;
pub mod explain;
pub mod keystore;
#[cfg(feature = "sandbox")]
pub mod sandbox;
