//! The steps of `token`, in a process of their own, since what a process does for the first time takes longer.

use std::path::Path;
use std::time::{Duration, SystemTime};

use systemuser_demo::client::grant::Grant;
use systemuser_demo::client::http::Http;
use systemuser_demo::client::key::SigningKey;
use systemuser_demo::client::{SystemUserRef, TokenRequest, maskinporten};
use systemuser_demo::config::{Config, Given, Overrides, Source};

use crate::server::Server;

/// In microseconds since 1970, by the clock that all processes of a machine share.
pub fn now() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    u64::try_from(now.as_micros()).unwrap()
}

/// When each step was over, and the first one began.
pub struct Times([u64; 6]);

/// The steps, as they are called.
pub const NAMES: [&str; 5] = ["configuration", "key", "signature", "connection", "exchange"];

impl Times {
    /// Of a process that has printed its own; `server` knows when the connection was there.
    pub fn read(printed: &str, server: &Server) -> Self {
        let times: Vec<u64> = printed.split_whitespace().map(|time| time.parse().unwrap()).collect();
        let [begun, configured, read, signed, exchanged] = times[..] else { panic!("five times: {printed}") };
        Self([begun, configured, read, signed, server.came(), exchanged])
    }

    /// How long each took.
    pub fn steps(&self) -> [Duration; 5] {
        std::array::from_fn(|step| Duration::from_micros(self.0[step + 1].saturating_sub(self.0[step])))
    }
}

/// Goes the way of `token` to the server at this address, and prints when each step was over.
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
