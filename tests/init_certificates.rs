//! Does `init` set up a client that signs with a business certificate?

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::certificates::{Authority, business, key};
use crate::program::{Program, Run, data_text, program, project};

const STEP: &str = "[ ] in Maskinporten's self-service portal (https://sjolvbetjening.test.samarbeid.digdir.no), create \
                    a client for the certificate's organisation, and register no public key\n";

/// The `[key]` table of the new file, which has no key id, with its first lines.
fn key_table(lines: &str) -> String {
    format!(
        "\n[key]\n{lines}\
         # alg = \"RS256\"                                       # or RS384, RS512\n\
         # registered = 2026-03-01                             # when the key was registered; commands warn before it \
         expires\n\n[vendor]"
    )
}

fn p12(arguments: &str) -> Program {
    let file = fs::read(project("tests/data/encrypted/openssl-3.p12")).unwrap();
    program(arguments).file("k.p12", file).var("SYSTEMUSER_KEY_PASSPHRASE", "test")
}

fn certificate_file() -> String {
    ["certificate.seid2.pem", "authority.issuing.pem"].map(data_text).concat()
}

fn with_certificate(arguments: &str) -> Program {
    program(arguments).file("k.pem", data_text("key.pkcs8.pem")).file("c.pem", certificate_file())
}

fn ran(program: &Program) -> Run {
    Run::of(&mut program.command())
}

fn read(program: &Program, path: &str) -> String {
    fs::read_to_string(program.path(path)).unwrap()
}

/// Runs another command in the folder of a program.
fn next(program: &Program, arguments: &str) -> Run {
    let mut command = std::process::Command::new(program.command().get_program());
    command.args(arguments.split(' ')).env_clear().env("SYSTEMUSER_KEY_PASSPHRASE", "test");
    Run::of(command.current_dir(program.path("")))
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

/// Checks the result of `init` with the key and the certificate of this program, the `[key]` lines in the file, and a
/// second run.
#[track_caller]
fn sets_up(program: &Program, key: &str, lines: &str) {
    let run = ran(program);
    assert_eq!(
        (run.code, run.err.as_str()),
        (
            0,
            "note: the configuration is in `config/test.toml`\n\
             note: an example system file is in `config/system.json`\n"
        )
    );
    // No public key is printed, because the certificate contains it.
    assert!(run.out.starts_with("remaining steps, according to ") && !run.out.contains("\"kty\""), "{}", run.out);
    assert!(run.out.contains(STEP) && !run.out.contains("key public"), "{}", run.out);
    let text = read(program, "config/test.toml");
    assert!(text.contains(&key_table(lines)), "{text}");
    // The lines of the key have no example value.
    assert!(run.out.contains("8 (org), 19 ([vendor] org)"), "{}", run.out);
    assert_eq!(names(&program.path("config")), ["system.json", "test.toml"]);

    let again = next(program, "init --env test");
    assert_eq!(
        (again.code, again.err),
        (
            0,
            format!(
                "note: `config/test.toml` already exists and was left unchanged\n\
                 note: `{key}` already exists and was left unchanged\n\
                 note: `config/system.json` already exists and was left unchanged\n"
            )
        )
    );
    assert_eq!(again.out, run.out);
    assert_eq!(read(program, "config/test.toml"), text);
}

/// Checks that a grant of the new configuration has this number of certificates and no key id.
#[track_caller]
fn signs_with_certificates(program: &Program, count: usize) {
    let run = next(program, "grant --env test --decode");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let grant: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(grant["header"]["x5c"].as_array().map(Vec::len), Some(count), "{}", run.out);
    assert!(grant["header"]["kid"].is_null(), "{}", run.out);
}

#[test]
fn a_pkcs12_file_is_the_key_and_the_certificate() {
    let program = p12("init --env test --key k.p12");
    let lines = "\
path = \"../k.p12\"                                     # the private key: PEM, JWK or PKCS#12; relative to this file
# certificate = \"../certificate.pem\"                  # business certificate and its issuers, instead of kid
";
    sets_up(&program, "k.p12", lines);
    signs_with_certificates(&program, 2);
}

#[test]
fn a_certificate_file_is_written_into_the_configuration() {
    let program = with_certificate("init --env test --key k.pem --certificate c.pem");
    let lines = "\
path = \"../k.pem\"                                     # the private key: PEM, JWK or PKCS#12; relative to this file
certificate = \"../c.pem\"                              # business certificate and its issuers, instead of kid
";
    sets_up(&program, "k.pem", lines);
    signs_with_certificates(&program, 2);
}

#[test]
fn json_contains_no_public_key_of_a_certificate() {
    for program in [
        p12("init --env test --json --key k.p12"),
        with_certificate("init --env test --json --key k.pem --certificate c.pem"),
    ] {
        let run = ran(&program);
        assert_eq!(run.code, 0, "{}", run.err);
        let answer: Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!((&answer["public_jwk"], &answer["written"]), (&Value::Null, &true.into()));
        let step = STEP.trim_start_matches("[ ] ").trim_end();
        assert!(answer["remaining"].as_array().unwrap().contains(&step.into()), "{}", run.out);
    }
}

#[test]
fn a_key_id_that_was_given_with_a_certificate_is_not_written_in_its_place() {
    // An option has the precedence of the option for the certificate, so grants contain the certificate.
    let program = with_certificate("init --env test --key k.pem --certificate c.pem --kid mine");
    let run = ran(&program);
    assert_eq!(run.code, 0, "{}", run.err);
    let warning = "warning: the key id `mine` (--kid) is not sent, because grants contain a certificate instead\n";
    assert!(run.err.starts_with(warning) && run.out.contains(STEP), "{} {}", run.err, run.out);
    assert!(!read(&program, "config/test.toml").contains("mine"));
}

#[test]
fn a_certificate_of_any_organisation_can_be_set_up() {
    // The vendor in the new file is only an example.
    let root = Authority::root("Test Root");
    let leaf = root.issue(&key("tests/data/key.pkcs8.pem"), &business("310904473"));
    let chain = [&leaf, &root.der].map(|der| pem::encode(&pem::Pem::new("CERTIFICATE", &der[..]))).concat();
    let program = program("init --env test --key k.pem --certificate c.pem")
        .file("k.pem", data_text("key.pkcs8.pem"))
        .file("c.pem", chain);
    let run = ran(&program);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains(STEP), "{}", run.out);
    assert!(read(&program, "config/test.toml").contains("\ncertificate = \"../c.pem\""));
}

#[test]
fn a_certificate_without_its_key_is_refused_and_nothing_is_written() {
    const HINT: &str = "hint: specify the private key with --key\n";
    let new = program("init --env test --certificate c.pem").file("c.pem", certificate_file());
    let sentence = "the private key of the certificate is required, too\n";
    ran(&new).fails(2, &format!("error: --certificate: {sentence}{HINT}"));
    assert_eq!(names(&new.path("")), ["c.pem"]);
    let by_variable = program("init --env test").file("c.pem", certificate_file());
    let by_variable = by_variable.var("SYSTEMUSER_CERTIFICATE_FILE", "c.pem");
    ran(&by_variable).fails(3, &format!("error: SYSTEMUSER_CERTIFICATE_FILE: {sentence}{HINT}"));
    assert_eq!(names(&by_variable.path("")), ["c.pem"]);

    let text = "environment = \"test\"\n[key]\npath = \"../k.pem\"\ncertificate = \"../c.pem\"\n";
    let existing = program("init --env test").file("config/test.toml", text).file("c.pem", certificate_file());
    ran(&existing).fails(
        3,
        &format!(
            "note: `config/test.toml` already exists and was left unchanged\n\
             error: config/test.toml line 4: {sentence}{HINT}"
        ),
    );
    assert_eq!(
        (names(&existing.path("")), names(&existing.path("config"))),
        (vec!["c.pem".to_owned(), "config".to_owned()], vec!["test.toml".to_owned()])
    );
    assert_eq!(read(&existing, "config/test.toml"), text);
}
