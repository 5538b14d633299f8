//! Do the commands in messages run as printed, from a new terminal?

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::documents::edited_clone;
use crate::program::{Program, Run, data, program, project_text};
use crate::server::{nobody, sandbox};

/// The client of the sandbox's vendor that belongs to no system.
const CLIENT: &str = "1c9b7d52-6e0f-4b83-a5d4-92f3e8c07b16";

/// The commands of this program in a text.
fn printed_commands(text: &str) -> BTreeSet<String> {
    let spans = text.split('`').skip(1).step_by(2);
    spans.filter(|span| span.contains("systemuser-demo ")).map(str::to_owned).collect()
}

/// Replaces the words in capitals, which the reader fills in.
fn filled_in(command: &str) -> String {
    let id =
        if command.contains(" request ") { "7c9e6679-7425-40de-944b-e07fc1f90ae7" } else { "991825827_smartcloud" };
    let words = command.split(' ').map(|word| match word {
        "ORG" => "312600757",
        "RESOURCE" => "ttd_systembruker-logistikk-demo",
        "PACKAGE" => "regnskapsforer-lonn",
        "FILE" => "config/system.json",
        "ID" => id,
        "REF" => "customer-42",
        "SCOPE" => "altinn:systembruker.demo",
        "ENV" => "test",
        "API" => "logistics",
        // The customer decides in another test.
        "--wait" => "--wait=1s",
        word => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Runs a printed command in a shell with a bare environment.
fn run_in_new_terminal(command: &str, folder: &Path) -> Run {
    let binary = Path::new(env!("CARGO_BIN_EXE_systemuser-demo"));
    let path = format!("{}:/usr/bin:/bin", binary.parent().unwrap().display());
    let is_sandbox = command.starts_with("systemuser-demo sandbox");
    let command = if is_sandbox { "exec systemuser-demo sandbox --port 0" } else { command };
    let mut child = Command::new("sh")
        .args(["-c", command])
        .env_clear()
        .envs([("PATH", path), ("HTTPS_PROXY", nobody())])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    if is_sandbox {
        let mut line = String::new();
        BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let code = if line.starts_with("note: the sandbox listens on ") { 0 } else { 1 };
        return Run { code, out: String::new(), err: line };
    }
    Run::from(child.wait_with_output().unwrap())
}

/// Runs the commands that a run printed, and returns them.
#[track_caller]
fn follow(run: &Run, folder: &Path) -> BTreeSet<String> {
    let commands: BTreeSet<String> = [&run.out, &run.err].into_iter().flat_map(|text| printed_commands(text)).collect();
    for command in &commands {
        let Run { code, err, .. } = run_in_new_terminal(&filled_in(command), folder);
        assert!(![2, 3, 126, 127].contains(&code), "{command}\n{err}\nprinted by:\n{}{}", run.out, run.err);
    }
    commands
}

/// Runs a command in this folder, and then each command that it prints.
#[track_caller]
fn follow_commands_of(program: Program) -> BTreeSet<String> {
    let program = program.var("HTTPS_PROXY", nobody());
    let run = Run::of(&mut program.command());
    follow(&run, &program.path(""))
}

/// Runs each command, and expects it to print a command that runs.
#[track_caller]
fn expect(cases: &[(&str, &str)], in_folder: impl Fn(&str) -> Program) {
    for (arguments, expected) in cases {
        let commands = follow_commands_of(in_folder(arguments));
        let is_expected = |command: &String| crate::program::without_chance(command) == *expected;
        assert!(commands.iter().any(is_expected), "{arguments}: {expected}\n{commands:#?}");
    }
}

/// A program in a folder with a system file, with the built-in sandbox.
fn alone(arguments: &str) -> Program {
    program(arguments).file("config/system.json", project_text("config/system.json"))
}

/// A program in an empty folder, with a running sandbox and the client that belongs to no system.
fn beside(arguments: &str) -> Program {
    let client = program(arguments).var("SYSTEMUSER_CLIENT_ID", CLIENT);
    client.var("SYSTEMUSER_SANDBOX", sandbox(Default::default()))
}

/// A program in a clone, whose config/test.toml has been edited.
fn in_clone(arguments: &str) -> Program {
    edited_clone().args(arguments).file("mp-key.pem", project_text("mp-key.pem.example"))
}

#[test]
fn those_of_the_built_in_sandbox() {
    expect(
        &[
            ("token --org 313790509", "systemuser-demo system show"),
            ("token --org 313790509", "systemuser-demo sandbox"),
            ("token --org 313790509", "systemuser-demo explain MP-303"),
            ("doctor --system 991825827_other --org 313790509", "systemuser-demo system show --system 991825827_other"),
            ("request create 312600757 --right demo", "systemuser-demo sandbox"),
            ("request create 312600757", "systemuser-demo request create --help"),
            ("request change 210493352", "systemuser-demo request change --help"),
            ("request change 312600757 --add-package lonn", "systemuser-demo request create 312600757 --package lonn"),
            (
                "request change 314250052 --add-package lonn",
                "systemuser-demo request create 314250052 --agent --package lonn",
            ),
            (
                "request create 210493352 --agent --package lonn",
                "systemuser-demo request create 210493352 --agent --package lonn --external-ref REF",
            ),
            ("request status 123456", "systemuser-demo request list"),
            ("token -c config/system.json", "systemuser-demo system register config/system.json"),
            ("request status 312600757", "systemuser-demo request status --org 312600757"),
            ("system show 991825827_other", "systemuser-demo system list"),
            ("user list --system 991825827_other", "systemuser-demo system list"),
            ("call salary --org 314250052", "systemuser-demo call salary ORG --org 314250052"),
            ("call logistics --org 310904473 --external-ref x", "systemuser-demo system show"),
            ("grant", "systemuser-demo sandbox"),
            ("inspect", "systemuser-demo token"),
            ("explain nonsense", "systemuser-demo explain"),
            ("call salary --org 310904473", "systemuser-demo user access 310904473"),
            (
                "call salary --org 313790509 --external-ref customer-42 312605031",
                "systemuser-demo user access 313790509 --external-ref customer-42",
            ),
            ("doctor --api logistics --org 314250052", "systemuser-demo call logistics 310385980 --org 314250052"),
            ("user access 312600757", "systemuser-demo request create 312600757 --right RESOURCE"),
            ("user access 310904473 --package lonn", "systemuser-demo request change 310904473 --add-package lonn"),
            (
                "user access 314250052 --resource ske-krav-og-betalinger",
                "systemuser-demo request create 314250052 --agent --external-ref REF --package PACKAGE",
            ),
            ("token --env test", "systemuser-demo init --env test"),
            ("init --env test", "systemuser-demo key public --env test"),
            ("init --env test", "systemuser-demo doctor --env test"),
            (
                "token --key missing.pem --env prod --client-id x --scope a:b --org 210493352",
                "systemuser-demo key new missing.pem",
            ),
        ],
        alone,
    );
}

#[test]
fn those_of_a_running_sandbox_name_it_and_the_client() {
    let prefix = "SYSTEMUSER_SANDBOX=http://127.0.0.1:PORT systemuser-demo";
    let client = format!("--client-id {CLIENT}");
    let show = format!("{prefix} system show {client}");
    let list = format!("{prefix} system list {client}");
    let named = format!("{prefix} system show --system 991825827_other {client}");
    let token = format!("{prefix} token --org 312600757 --external-ref a {client}");
    let status = format!("{prefix} request status --org 312600757 --external-ref a {client}");
    expect(
        &[
            ("token --org 313790509", &show),
            ("doctor --system 991825827_other --org 313790509", &named),
            ("system show 991825827_other", &list),
            ("user find 312600757 --external-ref a", &status),
            (
                "request create 312600757 --right ttd_systembruker-logistikk-demo --system 991825827_smartcloud --external-ref a",
                &token,
            ),
        ],
        beside,
    );
    let wrong = program("token").var("SYSTEMUSER_SANDBOX", nobody());
    let commands = follow_commands_of(wrong);
    let starts = |command: &String| command.starts_with("systemuser-demo sandbox --port ");
    assert!(commands.iter().any(starts), "{commands:?}");
}

#[test]
fn those_about_a_request_find_it() {
    let create = "request create 312600757 --right ttd_systembruker-logistikk-demo --external-ref lager-1";
    let program = beside(create).var("HTTPS_PROXY", nobody());
    let again = |arguments: &str| Run::of(program.command().args(arguments.split(' ')));
    let waited = again("--wait=1s");
    assert_eq!(waited.code, 7, "{}", waited.err);
    assert!(waited.err.contains(" request status "), "{}", waited.err);
    assert_eq!(follow(&waited, &program.path("")).len(), 1);
    let other_rights = again("--right ttd_systembruker-salary");
    assert_eq!(other_rights.code, 0, "{}", other_rights.err);
    // The first command gets a token, and the second deletes the request.
    assert_eq!(follow(&other_rights, &program.path("")).len(), 2, "{}", other_rights.err);
}

#[test]
fn those_of_a_configuration_for_another_environment() {
    expect(
        &[
            ("token --env test --kid unknown", "systemuser-demo key public --env test --kid unknown"),
            ("user find 312600757 --env test", "systemuser-demo user list --env test"),
            ("request list --env test --system 991825827_other", "systemuser-demo system list --env test"),
        ],
        in_clone,
    );
    let small =
        in_clone("token --env test --key small.pem").file("small.pem", std::fs::read(data("rsa-1024.pem")).unwrap());
    assert_eq!(follow_commands_of(small), ["systemuser-demo key new small.new.pem".to_owned()].into());
}

#[test]
fn those_of_explain_and_init_run_in_a_clone() {
    let mut count = 0;
    let list = program("explain --json").run().out;
    let list: Vec<serde_json::Value> = serde_json::from_str(&list).unwrap();
    let mut texts = String::new();
    for entry in list {
        texts += &program("explain").arg(entry["code"].as_str().unwrap()).run().out;
    }
    let folder = in_clone("");
    let init = Run::of(folder.command().args(["init", "--env", "test"]));
    assert_eq!(init.code, 0, "{}", init.err);
    count += follow(&Run { code: 0, out: texts, err: String::new() }, &folder.path("")).len();
    count += follow(&init, &folder.path("")).len();
    assert!(count >= 10, "{count}");
}
