//! The configuration: every file results in a usable configuration or in an error that shows no key.

#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use systemuser_demo::client::environment::is_loopback;
use systemuser_demo::client::org_number::OrgNumber;
use systemuser_demo::config::{Config, ConfigError, Overrides};
use systemuser_demo_fuzz::{hides, replaced};

const PEM: &str = include_str!("../../data/key.pkcs8.pem");
const JWK: &str = include_str!("../../data/key.jwk.json");

/// The lines of the PEM that contain the key.
static SECRET: LazyLock<Vec<&str>> = LazyLock::new(|| {
    PEM.lines().skip_while(|line| !line.starts_with("-----BEGIN")).filter(|l| l.len() == 64).collect()
});
/// The key's base64 in one line, as people put it into a variable.
static LINE: LazyLock<String> = LazyLock::new(|| SECRET.concat());
/// Keys, as a value or pasted as lines, that replace bytes which TOML does not allow.
static PLANTED: LazyLock<[(u8, String); 5]> = LazyLock::new(|| {
    [
        (1, format!("\"{}\"", *LINE)),
        (2, format!("'''{PEM}'''")),
        (3, format!("'''{JWK}'''")),
        (4, PEM.to_owned()),
        (5, format!("\"{}\"", PEM.replace('\n', "\\n"))),
    ]
});

fuzz_target!(|data: &[u8]| {
    let planted = PLANTED.iter().fold(data.to_vec(), |text, (byte, key)| replaced(&text, *byte, key.as_bytes()));
    let text = String::from_utf8_lossy(&planted);
    match Config::parse(&text, Some(Path::new("config/fuzz.toml")), Overrides::default()) {
        Ok(config) => can_be_used(&config),
        Err(error) => shows_no_key(&error),
    }
});

fn shows_no_key(error: &ConfigError) {
    let hint = match error {
        ConfigError::Invalid { hint, .. } => hint.as_deref().unwrap_or_default(),
        _ => "",
    };
    let output = format!("{error} {hint}");
    assert!(output.chars().count() < 2_000, "{output:?}");
    SECRET.iter().for_each(|line| hides(&output, line));
    for number in ["d", "p", "q", "dp", "dq", "qi"] {
        let jwk: serde_json::Value = serde_json::from_str(JWK).expect("a fixture");
        hides(&output, jwk[number].as_str().expect("a number"));
    }
}

fn can_be_used(config: &Config) {
    let org: OrgNumber = "991825827".parse().expect("a number");
    for api in config.apis.values() {
        // The server does not depend on the organisation number: `{org}` is in the path or the query.
        let addresses = [api.address(None), api.address(Some(org))];
        assert_eq!(addresses[0].host(), addresses[1].host());
        assert!(addresses.iter().all(|url| url.scheme() == "https" || is_loopback(url)));
        assert!(!addresses[0].as_str().contains("{org}"));
    }
    let of_a_key = [config.client_id(), config.scope()].into_iter().flatten().map(|given| given.value.as_str());
    let notes = config.notes.iter().map(String::as_str);
    let output = of_a_key.chain(notes).collect::<Vec<_>>().join(" ");
    SECRET.iter().for_each(|line| hides(&output, line));
    for url in [&config.endpoints.issuer, &config.endpoints.token, &config.endpoints.jwks, &config.endpoints.altinn] {
        assert!(url.scheme() == "https" || is_loopback(url), "{url}");
        assert!(url.username().is_empty() && url.password().is_none(), "{url}");
    }
    assert!(config.endpoints.issuer.path().ends_with('/') && config.endpoints.altinn.path().ends_with('/'));
    for result in [config.org().err(), config.key().err(), config.vendor.org.clone().and_then(Result::err)] {
        result.iter().for_each(shows_no_key);
    }
}
