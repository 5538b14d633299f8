//! The steps of `token` in a separate process, because the first time takes longer in a process.

use std::path::Path;
use std::time::{Duration, SystemTime};

use systemuser_demo::client::grant::Grant;
use systemuser_demo::client::http::Http;
use systemuser_demo::client::key::SigningKey;
use systemuser_demo::client::{SystemUserRef, TokenRequest, maskinporten};
use systemuser_demo::config::{Config, Given, Overrides, Source};

use crate::server::Server;

/// The time in microseconds since 1970, by a clock that all processes share.
pub fn now() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    u64::try_from(now.as_micros()).unwrap()
}

/// The start of the first step, and the end of each step.
pub struct Times([u64; 6]);

/// The names of the steps.
pub const NAMES: [&str; 5] = ["configuration", "key", "signature", "connection", "exchange"];

impl Times {
    /// Reads the times that the process printed. `server` has the time of the connection.
    pub fn read(printed: &str, server: &Server) -> Self {
        let times: Vec<u64> = printed.split_whitespace().map(|time| time.parse().unwrap()).collect();
        let [begun, configured, read, signed, exchanged] = times[..] else { panic!("five times: {printed}") };
        Self([begun, configured, read, signed, server.came(), exchanged])
    }

    /// The duration of each step.
    pub fn steps(&self) -> [Duration; 5] {
        std::array::from_fn(|step| Duration::from_micros(self.0[step + 1].saturating_sub(self.0[step])))
    }
}

/// Runs the steps of `token` with the server at this address, and prints the end of each step.
pub fn run(address: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let begun = now();
    let path = Path::new("config/sandbox.toml");
    let sandbox = Given { value: address.to_owned(), source: Source::Variable("SYSTEMUSER_SANDBOX") };
    let overrides = Overrides { sandbox: Some(sandbox), ..Overrides::default() };
    let config = Config::parse(&std::fs::read_to_string(path).unwrap(), Some(path), overrides).unwrap();
    let configured = now();
    let kid = config.kid.as_ref().map(|kid| kid.value.as_str());
    let key = SigningKey::load(&config.key().unwrap().value, kid, None).unwrap();
    let read = now();
    let request = TokenRequest {
        scope: config.scope().unwrap().value.clone(),
        system_user: Some(SystemUserRef { owner: config.org().unwrap().value, external_ref: None }),
        resource: Vec::new(),
    };
    let grant = Grant {
        issuer: &config.endpoints.issuer,
        client_id: &config.client_id().unwrap().value,
        request: &request,
        now: chrono::Utc::now(),
        jti: uuid::Uuid::new_v4(),
    };
    let assertion = grant.sign(&key);
    let signed = now();
    let http = Http::new(Duration::from_secs(30));
    runtime.block_on(maskinporten::exchange(&http, &config.endpoints.token, &assertion)).unwrap();
    println!("{begun} {configured} {read} {signed} {}", now());
}
