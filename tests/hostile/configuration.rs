//! The configuration, with arbitrary files.

use std::path::Path;

use proptest::prelude::*;
use systemuser_demo::config::{Config, ConfigError, Overrides};

use super::{MEBIBYTE, giants, is_soon_done, text, try_all};
use crate::program::{data_text, project_text};

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Some(Path::new("config/test.toml")), Overrides::default())
}

fn with_api(url: &str) -> Result<Config, ConfigError> {
    parse(&format!("environment = \"test\"\n[api.a]\nurl = {url:?}\n"))
}

#[test]
fn an_arbitrary_file_is_usable_or_refused_without_printing_its_key() {
    let (file, pem) = (project_text("config/test.toml"), data_text("key.pkcs8.pem"));
    let secret = pem.lines().filter(|line| line.len() == 64).collect::<String>();
    let keys =
        [format!("\"{secret}\""), format!("'''{pem}'''"), pem.clone(), format!("{:?}", data_text("key.jwk.json"))];
    let lines: Vec<String> = file.lines().map(|line| line.trim_start_matches("# ").to_owned()).collect();
    let line = prop_oneof![
        4 => prop::sample::select(lines.clone()),
        2 => text(),
        1 => (prop::sample::select(lines), prop_oneof![prop::sample::select(keys.to_vec()), text()]).prop_map(
            |(line, value)| format!("{} = {value}", line.split('=').next().unwrap_or_default())
        ),
    ];
    try_all(1_500, prop::collection::vec(line, 0..25), |lines| {
        let pieces: Vec<&str> = (0..secret.len() - 20).step_by(8).map(|at| &secret[at..at + 20]).collect();
        match parse(&format!("environment = \"test\"\n{}", lines.join("\n"))) {
            Ok(config) => config.apis.values().for_each(|api| drop(api.address(None))),
            Err(error) => {
                let message = format!("{error} {error:?}");
                prop_assert!(!pieces.iter().any(|piece| message.contains(piece)), "{}", message);
                prop_assert!(error.to_string().len() < 2_000, "{}", message);
            }
        }
        Ok(())
    });
}

#[test]
fn an_organisation_number_is_never_part_of_the_host_name() {
    let odd =
        ["https:/{org}/", "https:{org}", "https:///{org}/x", "https:\\{org}\\", "https:\t//{org}/", "https://a:{org}/"];
    for url in odd {
        let error = with_api(url).expect_err(url).to_string();
        assert!(error.contains("`{org}` in the host name") || error.contains("may be a secret"), "{url}: {error}");
    }
    let separators =
        prop::collection::vec(prop::sample::select(&["/", "\\", ":", "@", "?", "#", ".", "a", "[", "{org}"][..]), 0..8);
    try_all(2_000, separators, |parts| {
        let url = format!("https:{}", parts.concat());
        if let Ok(config) = with_api(&url) {
            let api = &config.apis["a"];
            let server = |org: Option<&str>| {
                let url = api.address(org.map(|org| org.parse().unwrap()));
                (url.host_str().map(str::to_owned), url.port())
            };
            prop_assert_eq!(server(None), server(Some("991825827")), "{}", url);
            prop_assert_eq!(server(None), server(Some("210493352")), "{}", url);
        }
        Ok(())
    });
}

#[test]
fn a_giant_configuration_is_read_or_refused_without_a_panic() {
    for (name, giant) in giants() {
        let files =
            [giant.clone(), format!("environment = \"test\"\nscope = {giant:?}"), format!("resource = {giant}")];
        for file in files {
            let read = is_soon_done(|| parse(&file));
            assert!(read.is_ok() || read.is_err_and(|error| error.to_string().len() < 500), "{name}");
        }
    }
}

#[test]
fn a_file_with_many_apis_is_read_in_linear_time() {
    let apis: String =
        (0..MEBIBYTE / 36).map(|nth| format!("[api.a{nth}]\nurl=\"https://a\"\nscope=\"s\"\n")).collect();
    let config = is_soon_done(|| parse(&format!("environment = \"test\"\n{apis}"))).unwrap();
    assert!(config.apis.len() > 29_000, "{}", config.apis.len());
    assert!(matches!(&config.apis["a0"].url.source, systemuser_demo::config::Source::File { line: 3, .. }));
}
