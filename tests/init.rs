//! Does `init` write a working configuration and key, and leave existing files unchanged?

use std::fs;
use std::path::Path;

use serde_json::Value;
use systemuser_demo::config::{Config, Overrides};

use crate::program::{Program, Run, data_text, program, project_text};

fn ran(program: &Program) -> Run {
    Run::of(&mut program.command())
}

/// The files in a folder and their contents.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push((path.display().to_string(), fs::read(&path).unwrap())),
        }
    }
    found.sort();
    found
}

fn read(program: &Program, path: &str) -> String {
    fs::read_to_string(program.path(path)).unwrap()
}

fn config(program: &Program, path: &str) -> Config {
    Config::parse(&read(program, path), Some(Path::new(path)), Overrides::default()).unwrap()
}

const CHECKLIST: &str = "\
remaining steps, according to https://docs.altinn.studio/en/authorization/guides/system-vendor/system-user/
";
const STEPS: &str = "\
[ ] in Maskinporten's self-service portal (https://sjolvbetjening.test.samarbeid.digdir.no), create a client \
and register the public key that `systemuser-demo key public --env test` prints
[ ] add the scopes to the client there; ask Digdir for `altinn:authentication/systemregister.write`, \
`altinn:authentication/systemuser.request.read` and `altinn:authentication/systemuser.request.write`
[ ] in `config/system.json`, replace the example names, rights and access packages; \
https://docs.altinn.studio/en/authorization/guides/system-vendor/system-user/systemregistration describes the file
[ ] register the system in Altinn's System Register, with the client id in its `clientId`: `systemuser-demo system \
register config/system.json --env test`
[ ] ask the customer for a system user: `systemuser-demo request create ORG --right RESOURCE --env test` \
prints the confirm URL, which the customer opens in Altinn (https://am.ui.tt02.altinn.no)
[ ] check every step: `systemuser-demo doctor --env test`
";

#[test]
fn a_configuration_and_a_key_are_written_and_the_rest_is_listed() {
    let program = program("init --env test --client-id my-client --scope a:b --org 310904473");
    let run = ran(&program);
    assert_eq!(
        (run.code, run.err.as_str()),
        (
            0,
            "note: the private key is in `mp-key.pem`, readable only by its owner; do not commit it\n\
             note: the configuration is in `config/test.toml`\n\
             note: an example system file is in `config/system.json`\n"
        )
    );
    let (jwk, checklist) = run.out.split_once("\n\n").unwrap();
    let jwk: Value = serde_json::from_str(jwk).unwrap();
    let vendor = "[ ] in `config/test.toml`, replace the example values on these lines: 20 \
                  ([vendor] org), 21 ([vendor] system_id), 22 ([vendor] redirect_url)\n";
    assert_eq!(checklist, format!("{CHECKLIST}{vendor}{STEPS}"));
    let config = config(&program, "config/test.toml");
    assert_eq!(config.client_id().unwrap().value, "my-client");
    assert_eq!(config.scope().unwrap().value, "a:b");
    assert_eq!(config.org().unwrap().value.to_string(), "310904473");
    assert_eq!(config.kid.unwrap().value, jwk["kid"].as_str().unwrap());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(program.path("mp-key.pem")).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn the_file_is_the_shipped_file_with_the_given_values() {
    let program = program("init --env test --client-id my-client --scope a:b --org 310904473");
    ran(&program);
    let (shipped, written) = (project_text("config/test.toml"), read(&program, "config/test.toml"));
    let changed: Vec<(&str, &str)> = shipped.lines().zip(written.lines()).filter(|(a, b)| a != b).collect();
    let expected = [
        "client_id   = \"my-client\"                             # your client (integration) in Maskinporten",
        "scope       = \"a:b\"                                   # one of the client's scopes; separate several scopes \
         with spaces",
        "org         = \"310904473\"                             # owner of the system user: the customer, or an agent",
    ];
    for (line, expected) in changed.iter().zip(expected) {
        assert_eq!(line.1, expected);
    }
    assert_eq!((changed.len(), shipped.lines().count()), (4, written.lines().count()));
    assert!(changed[3].1.starts_with("kid  = \""), "{}", changed[3].1);
}

#[test]
fn the_new_configuration_and_key_work_immediately() {
    let program = program("init --env test --client-id c --scope s --org 310904473");
    ran(&program);
    let again = |arguments: &str| {
        let mut command = std::process::Command::new(program.command().get_program());
        Run::of(command.args(arguments.split(' ')).env_clear().current_dir(program.path("")))
    };
    let doctor = again("doctor --offline --env test");
    assert_eq!(doctor.code, 0, "{}", doctor.out);
    // The vendor's values are still examples.
    assert_eq!((doctor.out.matches('✓').count(), doctor.out.matches('!').count()), (2, 1), "{}", doctor.out);
    assert_eq!(again("grant --env test").code, 0);
}

#[test]
fn existing_files_are_never_changed_and_missing_files_are_added() {
    let file = project_text("config/test.toml").replace("7ee41fce-9f6e-4c32-8195-0fe2c1517f43", "mine");
    let program = program("init --env test --client-id other --org 310904473").file("config/test.toml", file);
    let configuration = read(&program, "config/test.toml");
    let run = ran(&program);
    assert_eq!(
        run.err,
        "note: `config/test.toml` already exists and was left unchanged\n\
         warning: --client-id and --org were ignored, because the configuration file already exists\n\
         note: the private key is in `mp-key.pem`, readable only by its owner; do not commit it\n\
         warning: the key id that is sent is `650a4snb5f` (config/test.toml line 14), not the key id of this key\n\
         hint: remove the configured `kid`, since the default is the new key's id; if you register the key as PEM, set \
         `kid` to the key id that the self-service portal shows\n\
         note: an example system file is in `config/system.json`\n"
    );
    let lines = "[ ] in `config/test.toml`, replace the example values on these lines: 7 (scope), 8 \
                 (org), 14 ([key] kid), 20 ([vendor] org), 21 ([vendor] system_id), 22 ([vendor] redirect_url)\n";
    let (jwk, list) = run.out.split_once("\n\n").unwrap();
    assert_eq!((list, run.code), (format!("{CHECKLIST}{lines}{STEPS}").as_str(), 0));
    assert_eq!(serde_json::from_str::<Value>(jwk).unwrap()["kty"], "RSA");
    assert_eq!(read(&program, "config/test.toml"), configuration);
    let system: Value = serde_json::from_str(&read(&program, "config/system.json")).unwrap();
    assert_eq!(system["clientId"], serde_json::json!(["mine"]));

    let before = files(&program.path(""));
    let again = ran(&program);
    assert!(
        again.err.ends_with(
            "note: `mp-key.pem` already exists and was left unchanged\n\
             note: `config/system.json` already exists and was left unchanged\n"
        ),
        "{}",
        again.err
    );
    assert_eq!(again.out, list);
    assert_eq!(files(&program.path("")), before);
}

#[test]
fn a_missing_key_is_not_created_if_another_key_is_given() {
    let program = program("init --env test --key own.json")
        .file("config/test.toml", project_text("config/test.toml"))
        .file("own.json", data_text("key.jwk.json"));
    let run = ran(&program);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(!program.path("mp-key.pem").exists());
}

#[test]
fn the_system_file_has_the_values_of_the_configuration() {
    let file = project_text("config/test.toml").replace("\"991825827\"", "\"0192:310904473\"");
    let file = file.replace("991825827_smartcloud", "310904473_mine").replace("https://smartcloudaltinn.", "https://");
    let program = program("init --env test").file("config/test.toml", file);
    ran(&program);
    let written: Value = serde_json::from_str(&read(&program, "config/system.json")).unwrap();
    let mut expected: Value = serde_json::from_str(&project_text("config/system.json")).unwrap();
    expected["id"] = "310904473_mine".into();
    expected["vendor"]["ID"] = "0192:310904473".into();
    expected["clientId"][0] = "7ee41fce-9f6e-4c32-8195-0fe2c1517f43".into();
    expected["allowedRedirectUrls"][0] = "https://azurewebsites.net/receipt".into();
    assert_eq!(written, expected);
}

#[test]
fn a_key_that_git_does_not_ignore_causes_a_hint() {
    let hint = "hint: git does not ignore `mp-key.pem`: add it to `.gitignore` before you commit\n";
    for (list, is_hinted) in [("", true), ("*.pem\n", false)] {
        let program = program("init --env test").file(".gitignore", list);
        let git =
            std::process::Command::new("git").args(["init", "--quiet", "."]).current_dir(program.path("")).status();
        if !git.is_ok_and(|status| status.success()) {
            return;
        }
        let program = program.var("PATH", std::env::var_os("PATH").unwrap());
        let run = ran(&program);
        assert_eq!((run.code, run.err.contains(hint)), (0, is_hinted), "{}", run.err);
        assert_eq!(read(&program, ".gitignore"), list);
    }
}

#[test]
fn a_second_run_prints_the_same_list_and_writes_nothing() {
    let program = program("init --env prod --client-id c --scope s");
    let first = ran(&program);
    assert_eq!(first.code, 0, "{}", first.err);
    let before = files(&program.path(""));
    assert_eq!(before.len(), 3);
    let second = ran(&program);
    assert_eq!(second.code, 0);
    assert_eq!(first.out.split_once("\n\n").unwrap().1, second.out);
    assert_eq!(files(&program.path("")), before);
    assert!(second.out.contains("on these lines: 7 (org), "), "{}", second.out);
    assert!(
        second.out.contains("https://am.ui.altinn.no") && second.out.contains("doctor --env prod"),
        "{}",
        second.out
    );
}

#[test]
fn a_given_key_is_used() {
    let program = program("init --env test --key keys/mine.json").file("keys/mine.json", data_text("key.jwk.json"));
    let run = ran(&program);
    let notes = "note: the configuration is in `config/test.toml`\n\
                 note: an example system file is in `config/system.json`\n";
    assert_eq!((run.code, run.err.as_str()), (0, notes));
    let jwk: Value = serde_json::from_str(run.out.split_once("\n\n").unwrap().0).unwrap();
    assert_eq!(jwk["kid"], "tests");
    let text = read(&program, "config/test.toml");
    assert!(text.contains("path = \"../keys/mine.json\" ") && text.contains("kid  = \"tests\" "), "{text}");
    assert_eq!(files(&program.path("")).len(), 3);
    let absolute =
        self::program("init --env test --kid portal --key").arg(program.path("keys/mine.json").to_str().unwrap());
    let run = ran(&absolute);
    assert_eq!(run.code, 0, "{}", run.err);
    let text = read(&absolute, "config/test.toml");
    assert!(
        text.contains(&format!("path = {:?}", program.path("keys/mine.json"))) && text.contains("kid  = \"portal\""),
        "{text}"
    );
}

#[test]
fn a_key_in_the_default_place_is_used() {
    let program = program("init --env test").file("mp-key.pem", data_text("key.pkcs8.pem"));
    let before = read(&program, "mp-key.pem");
    let run = ran(&program);
    assert_eq!(
        (run.code, run.err.as_str()),
        (
            0,
            "note: the existing key in `mp-key.pem` is used\n\
             note: the configuration is in `config/test.toml`\n\
             note: an example system file is in `config/system.json`\n"
        )
    );
    assert_eq!(read(&program, "mp-key.pem"), before);
    let thumbprint = data_text("key.thumbprint.txt");
    assert!(read(&program, "config/test.toml").contains(&format!("kid  = \"{}\"", thumbprint.trim())));
}

#[test]
fn nothing_is_written_after_an_error() {
    let fails = |program: Program, code: i32, err: &str| {
        let before = files(&program.path(""));
        let run = ran(&program);
        run.fails(code, err);
        assert_eq!(files(&program.path("")), before);
    };
    fails(
        program("init --env test --org 310904474"),
        2,
        "error: --org: `310904474` is not an organisation number: its check digit is wrong\n",
    );
    fails(program("init --env test --client-id").arg("a b"), 2, "error: --client-id: the value contains a space\n");
    let run = program("init --env test --key nowhere.pem").run();
    assert_eq!((run.code, run.out.as_str()), (3, ""));
    assert!(run.err.starts_with("error: the key file `nowhere.pem` does not exist\n"), "{}", run.err);
    fails(
        program("init --env test --key k.pem").file("k.pem", data_text("public.pem")),
        3,
        "error: the key file `k.pem` is a public key, but a private key is required\n\
         hint: look for the private key file that was created with it; its first line contains `PRIVATE KEY`\n",
    );
    fails(
        program("init --env test").file("config", ""),
        3,
        "error: cannot create the directory `config`: File exists\n",
    );
    fails(
        program("init --env test").file("config/test.toml", "environment = \"prod\"\n"),
        3,
        "error: config/test.toml line 1: this file is for `prod`, but --env is `test`\n",
    );
    fails(
        program("init --env test").file("config/test.toml", "nonsense\n"),
        3,
        "error: config/test.toml line 1: not valid TOML: key with no value, expected `=`\n\
         hint: write a setting such as `client_id = \"VALUE\"`, a table such as `[key]`, or a comment such as `# TEXT`\n",
    );
}

#[cfg(feature = "sandbox")]
#[test]
fn the_sandbox_is_ready_with_its_own_key() {
    let program = program("init");
    let run = ran(&program);
    assert_eq!(
        run.err,
        "note: the sandbox key, which is published, is in `mp-key.pem.example`\n\
         note: the configuration is in `config/sandbox.toml`\n"
    );
    let (jwk, checklist) = run.out.split_once("\n\n").unwrap();
    assert_eq!(serde_json::from_str::<Value>(jwk).unwrap()["kid"], "sandbox-example");
    assert_eq!(
        checklist,
        format!(
            "no setup is needed: the sandbox includes a client, a key, a system and customers\n\
             [ ] check every step: `systemuser-demo doctor --env sandbox`\n"
        )
    );
    assert_eq!(read(&program, "config/sandbox.toml"), project_text("config/sandbox.toml"));
    assert_eq!(read(&program, "mp-key.pem.example"), project_text("mp-key.pem.example"));
}

#[test]
fn with_another_path_the_key_is_next_to_the_file_and_the_list_names_it() {
    let program = program("init --env test --config here/my.toml --client-id c");
    let run = ran(&program);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("`here/mp-key.pem`") && run.err.contains("`here/my.toml`"), "{}", run.err);
    assert!(run.out.contains("`systemuser-demo doctor --config here/my.toml`"), "{}", run.out);
    assert!(run.out.contains("`systemuser-demo key public --config here/my.toml`"), "{}", run.out);
    assert_eq!(config(&program, "here/my.toml").client_id().unwrap().value, "c");
    let mut names: Vec<String> = files(&program.path("")).into_iter().map(|(name, _)| name).collect();
    names.iter_mut().for_each(|name| *name = name.rsplit('/').next().unwrap().to_owned());
    assert_eq!(names, ["mp-key.pem", "my.toml", "system.json"]);
}

#[test]
fn a_kid_that_cannot_be_registered_is_not_written() {
    let jwk = |kid: &str| {
        let mut jwk: Value = serde_json::from_str(&data_text("key.jwk.json")).unwrap();
        jwk["kid"] = kid.into();
        jwk.to_string()
    };
    for kid in ["my key 1", "a\nhint: x", "\"", "a/b"] {
        let program = program("init --env test --key k.json").file("k.json", jwk(kid));
        let run = ran(&program);
        assert_eq!((run.code, run.out.as_str(), run.err.lines().count()), (3, "", 2), "{}", run.err);
        assert!(
            run.err.ends_with("hint: a key id consists of letters, digits, `.`, `_` and `-`; set it with --kid\n"),
            "{}",
            run.err
        );
        assert!(!program.path("config/test.toml").exists());
    }
    let given = program("init --env test --key k.json --kid mine").file("k.json", jwk("my key 1"));
    assert_eq!(ran(&given).code, 0);
}

#[test]
fn an_invalid_kid_is_reported_with_its_source() {
    let run = program("init --env test --key k.pem --kid a/b").file("k.pem", data_text("key.pkcs8.pem")).run();
    run.fails(
        2,
        "error: --kid: `a/b` cannot be registered as a key id\n\
         hint: a key id consists of letters, digits, `.`, `_` and `-`; set it with --kid\n",
    );
}

#[test]
fn a_key_in_a_variable_is_not_missing_and_given_values_are_not_examples() {
    let program = program("init --env test --org 210493352").var("SYSTEMUSER_KEY", data_text("key.jwk.json"));
    let run = ran(&program);
    assert!(run.err.starts_with("note: the key in SYSTEMUSER_KEY is used; "), "{}", run.err);
    assert!(!run.out.contains("the private key `") && !run.out.contains("8 (org)"), "{}", run.out);
    assert!(run.out.contains("on these lines: 6 (client_id), 7 (scope), "), "{}", run.out);
}

#[cfg(unix)]
#[test]
fn a_key_is_found_from_a_configuration_folder_that_is_a_symlink() {
    let program =
        program("init --env test --key own.pem").file("own.pem", data_text("key.pkcs8.pem")).folder("far/away/deep");
    std::os::unix::fs::symlink("far/away/deep", program.path("config")).unwrap();
    assert_eq!(ran(&program).code, 0);
    let public = std::process::Command::new(program.command().get_program())
        .args(["key", "public", "--env", "test"])
        .env_clear()
        .current_dir(program.path(""))
        .output()
        .unwrap();
    assert!(public.status.success(), "{}", String::from_utf8_lossy(&public.stderr));
}

#[test]
fn examples_are_recognised_in_both_kinds_of_quotes() {
    let file = project_text("config/test.toml")
        .replace("\"7ee41fce-9f6e-4c32-8195-0fe2c1517f43\"", "'7ee41fce-9f6e-4c32-8195-0fe2c1517f43'");
    let run = program("init --env test").file("config/test.toml", file.replace('\n', "\r\n")).run();
    assert!(run.out.contains("on these lines: 6 (client_id), 7 (scope), "), "{}", run.out);
}

#[test]
fn json_has_the_same_facts() {
    let program = program("init --env test --json");
    let run = ran(&program);
    let answer: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((&answer["configuration"], &answer["written"]), (&"config/test.toml".into(), &true.into()));
    assert_eq!(answer["created"], serde_json::json!(["mp-key.pem", "config/test.toml", "config/system.json"]));
    assert_eq!(answer["public_jwk"]["kty"], "RSA");
    assert_eq!(answer["examples"][0], serde_json::json!({ "line": 6, "key": "client_id" }));
    assert!(answer["remaining"].as_array().unwrap().len() > 5 && answer["guide"].is_string());
    let again: Value = serde_json::from_str(&ran(&program).out).unwrap();
    assert_eq!((&again["written"], &again["public_jwk"]), (&false.into(), &Value::Null));
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs script, of util-linux; .ci/run has it"]
fn a_person_at_a_terminal_is_asked() {
    use std::io::Write;
    use std::process::Stdio;
    let program = program("init --env test --scope a:b");
    let mut script = program.at_a_terminal();
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The input: a client id in Latin-1, a client id with a space, a valid client id, an invalid number, Enter, which
    // keeps the example, the vendor's number, the id of another vendor's system, and a valid id.
    let input = b"klient-\xe5\nmy client\nmy-client\n310904474\n\n310 904 473\n991825827_x\n310904473_mine\n";
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let transcript = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{transcript}");
    for text in [
        "client id [7ee41fce-9f6e-4c32-8195-0fe2c1517f43]: ",
        "organisation that owns the system user [210493352]: ",
        "vendor's organisation number [991825827]: ",
        "system id [310904473_smartcloud]: ",
        " client id: the value is not UTF-8 text\r\n",
        "the value contains a space",
        "its check digit is wrong",
        "a system id begins with the vendor's number: 310904473_NAME",
    ] {
        assert!(transcript.contains(text), "{text}: {transcript}");
    }
    assert!(!transcript.contains("scope ["), "{transcript}");
    let config = config(&program, "config/test.toml");
    assert_eq!(config.client_id().unwrap().value, "my-client");
    assert_eq!(
        (config.scope().unwrap().value.as_str(), config.org().unwrap().value.to_string().as_str()),
        ("a:b", "210493352")
    );
    assert_eq!(config.vendor.org.unwrap().unwrap().value.to_string(), "310904473");
    assert_eq!(config.vendor.system_id.unwrap().value, "310904473_mine");
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs script, of util-linux, and git; .ci/run has both"]
fn a_person_at_a_terminal_can_add_the_key_to_gitignore() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    for (answer, expected) in [("", "target\n/mp-key.pem\n"), ("n", "target")] {
        let program = program("init --env test").file(".gitignore", "target");
        assert!(
            Command::new("git").args(["init", "--quiet"]).current_dir(program.path("")).status().unwrap().success()
        );
        let mut script = program.at_a_terminal();
        let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Enter keeps the five examples.
        child.stdin.take().unwrap().write_all(format!("\n\n\n\n\n{answer}\n").as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let transcript = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && transcript.contains("to `.gitignore`? [Y/n]: "), "{transcript}");
        assert_eq!(read(&program, ".gitignore"), expected);
    }
}
