//! Does `grant` print a grant that Maskinporten accepts, and a curl command that gets a token for it?

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::program::{Program, Run, data, program};

const OPTIONS: &str = "--client-id c --scope s:t --org 210493352";

fn with_key(program: Program) -> Program {
    program.var("SYSTEMUSER_KEY_FILE", data("key.jwk.json"))
}

#[test]
fn the_assertion_alone_is_printed() {
    let run = with_key(program("grant --env test").args(OPTIONS)).run();
    assert_eq!((run.code, run.err.as_str(), run.out.lines().count()), (0, "", 1));
    assert_eq!(run.out.trim_end().split('.').count(), 3);
}

#[test]
fn decode_prints_the_header_and_the_claims() {
    let run = with_key(program("grant --decode --env test --resource https://a.no").args(OPTIONS)).run();
    let answer: Value = serde_json::from_str(&run.out).unwrap();
    let names: Vec<&String> = answer["claims"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["aud", "scope", "iss", "exp", "iat", "jti", "resource", "authorization_details"]);
    assert_eq!((&answer["header"]["kid"], &answer["header"]["alg"]), (&"tests".into(), &"RS256".into()));
    assert_eq!(answer["claims"]["resource"], serde_json::json!(["https://a.no"]));
    let plain = with_key(program("grant --decode --env test --no-system-user").args(OPTIONS)).run();
    let answer: Value = serde_json::from_str(&plain.out).unwrap();
    assert!(answer["claims"].get("authorization_details").is_none() && answer["claims"].get("resource").is_none());
    let json = with_key(program("grant --json --env test").args(OPTIONS)).run();
    let answer: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(answer["assertion"].as_str().unwrap().split('.').count(), 3);
}

#[test]
fn a_resource_in_the_file_is_an_array_too() {
    let file = |line: &str| {
        let file = format!("environment = \"test\"\nclient_id = \"c\"\nscope = \"s\"\norg = \"210493352\"\n{line}\n");
        with_key(program("grant --decode --env test")).file("config/test.toml", file)
    };
    let run = file("resource = [\"https://a.no\", \"urn:b\"]").run();
    let answer: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(answer["claims"]["resource"], serde_json::json!(["https://a.no", "urn:b"]));
    let replaced = file("resource = [\"https://a.no\"]").args("--resource c:d").run();
    let answer: Value = serde_json::from_str(&replaced.out).unwrap();
    assert_eq!(answer["claims"]["resource"], serde_json::json!(["c:d"]));
    let refused = |line: &str, err: &str| file(line).run().fails(3, &format!("error: config/test.toml line 5{err}\n"));
    let hint = "hint: write `resource = [\"VALUE\"]`, and separate several values by commas";
    refused("resource = \"https://a.no\"", &format!(": `resource`: expected an array\n{hint}"));
    refused("resource = []", ": the array is empty");
    refused("resource = [\"a b\"]", ": the value contains a space");
    refused("resource = [7]", &format!(": `resource`: expected a string\n{hint}"));
    with_key(program("grant --env test --resource=").args(OPTIONS))
        .run()
        .fails(2, "error: --resource: the value is empty\n");
}

#[test]
fn a_resource_is_sent_unchanged_if_it_is_an_absolute_uri_without_a_fragment() {
    let grant =
        |uri: &str| with_key(program("grant --decode --env test").args(OPTIONS).arg("--resource").arg(uri)).run();
    for uri in [
        "HTTPS://API.Example.no",
        "https://a.no/%7Ex?y=z&w",
        "urn:altinn:resource:x",
        "a+b.c-d:e",
        "a:b:",
        "http://[::1]:80/",
    ] {
        let answer: Value = serde_json::from_str(&grant(uri).out).unwrap();
        assert_eq!(answer["claims"]["resource"], serde_json::json!([uri]));
    }
    for other in ["api.example.no", "b", "/x", "//a.no", "https://", "https://a.no/#x", "urn:x#", "urn:", "urn://"] {
        let problem = "is not an absolute URI without a fragment, such as https://example.no";
        grant(other).fails(2, &format!("error: --resource: `{other}` {problem}\n"));
    }
    let problem = "is not an absolute URI without a fragment, such as https://example.no";
    with_key(program("grant --env test").args(OPTIONS))
        .file("config/test.toml", "environment = \"test\"\nresource = [\"https://a.no\", \"b\"]\n")
        .run()
        .fails(3, &format!("error: config/test.toml line 2: `b` {problem}\n"));
}

#[test]
fn missing_and_invalid_settings_have_the_usual_errors() {
    let run = with_key(program("grant --env test --client-id c --scope s")).run();
    assert_eq!((run.code, run.out.as_str()), (3, ""));
    assert!(run.err.starts_with("error: no organisation: "), "{}", run.err);
    let run = program("grant --curl --env test --key nowhere.pem").args(OPTIONS).run();
    assert_eq!((run.code, run.out.as_str()), (3, ""));
    let run = program("grant --curl --decode").run();
    assert_eq!((run.code, run.out.as_str()), (2, ""));
}

#[cfg(feature = "sandbox")]
#[test]
fn without_a_running_sandbox_the_grant_is_for_the_default_address() {
    let run = program("grant --decode").run();
    assert_eq!(
        run.err,
        "note: the grant is for a sandbox at http://127.0.0.1:7070/; start it with `systemuser-demo sandbox`\n"
    );
    let answer: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(answer["claims"]["aud"], "http://127.0.0.1:7070/");
}

/// The printed command line, and its result in a shell, where a fake `curl` may replace the real `curl`.
#[cfg(unix)]
fn pasted(program: &Program, curl: Option<&str>) -> (String, Run) {
    let line = Run::of(&mut program.command());
    assert_eq!((line.code, line.out.lines().count()), (0, 1), "{}", line.err);
    if let Some(script) = curl {
        use std::os::unix::fs::PermissionsExt;
        fs::write(program.path("curl"), format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(program.path("curl"), PermissionsExt::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:{}", program.path("").display(), std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(line.out.trim_end()).current_dir(program.path("")).env_clear().env("PATH", path);
    let command = program.command();
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    (line.out, Run::of(&mut shell))
}

#[cfg(unix)]
#[test]
fn the_command_line_gets_the_assertion_from_this_program_and_contains_no_secret() {
    let options = "grant --env test --curl --verbose --scope s:t --org 210493352 --client-id";
    let program = with_key(program(options).arg("it's$1"));
    let (line, run) = pasted(&program, Some("printf '%s\\n' \"$@\""));
    assert!(
        line.starts_with("curl --data-urlencode grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer "),
        "{line}"
    );
    let repeated = "systemuser-demo grant --env test --scope s:t --org 210493352 --client-id 'it'\\''s$1'";
    assert!(line.contains(repeated), "{line}");
    assert!(line.ends_with(" https://test.maskinporten.no/token\n") && !line.contains("eyJ"), "{line}");
    let arguments: Vec<&str> = run.out.lines().collect();
    assert_eq!(arguments.len(), 5, "{}", run.out);
    assert_eq!((arguments[0], arguments[2]), ("--data-urlencode", "--data-urlencode"));
    let assertion = arguments[3].strip_prefix("assertion=").unwrap();
    let claims = systemuser_demo::altinn::decoded_jwt::DecodedJwt::read(assertion).unwrap().claims;
    assert_eq!(claims["iss"], "it's$1");
}

#[cfg(unix)]
#[test]
fn variables_of_this_run_are_repeated_in_the_command_line_except_for_a_key() {
    let file = "environment = \"test\"\n[endpoints]\ntoken = \"https://example.no/token?tenant=42\"\n";
    let line = program("grant --curl --env test --client-id c --org 210493352").file("config/test.toml", file);
    let line = line.var("SYSTEMUSER_SCOPE", "a:b c:d").var("SYSTEMUSER_KEY", crate::program::data_text("key.jwk.json"));
    let run = line.run();
    assert!(run.out.contains("\"assertion=$(SYSTEMUSER_SCOPE='a:b c:d' "), "{}{}", run.out, run.err);
    assert!(run.out.ends_with(" 'https://example.no/token?tenant=42'\n"), "{}", run.out);
    assert!(!run.out.contains("SYSTEMUSER_KEY="), "{}", run.out);
}

#[cfg(all(unix, feature = "sandbox"))]
#[test]
#[ignore = "needs curl; .ci/run has it"]
fn the_real_curl_gets_a_token_with_it() {
    let address = crate::server::sandbox(Default::default());
    let program = program("grant --curl").var("SYSTEMUSER_SANDBOX", &address);
    let (_, run) = pasted(&program, None);
    let answer: Value =
        serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {}{}", run.out, run.err));
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&"Bearer".into(), &120.into()));
}
