//! Do the commands take a vendor from a registered system to a token, and do they explain each refusal?

use std::io::Read;
use std::process::Stdio;

use serde_json::Value;
use systemuser_demo::sandbox::{PagingFault, SandboxOptions};

use crate::altinn_wire::answer;
use crate::program::{Program, Run, program, project_text, without_chance};
use crate::server::sandbox;

/// The vendor's client that belongs to no system yet.
const CLIENT: &str = "1c9b7d52-6e0f-4b83-a5d4-92f3e8c07b16";
/// The client of another vendor.
const OTHER_VENDORS: &str = "e2f7a94b-0d35-4c68-b1f9-6a83d5c27e04";

/// A run with a running sandbox, without the note about it.
#[track_caller]
fn ran(sandbox: &str, program: Program) -> Run {
    let run = program.var("SYSTEMUSER_SANDBOX", sandbox).run();
    let note = format!("note: using the sandbox at {sandbox}; nothing leaves this machine\n");
    // Errors on this side come before the note.
    Run { err: run.err.strip_prefix(&note).unwrap_or(&run.err).to_owned(), ..run }
}

#[track_caller]
fn refused(sandbox: &str, arguments: &str, code: i32, beginning: &str) -> String {
    let run = ran(sandbox, program(arguments));
    let err = without_chance(&run.err);
    assert!(err.starts_with(beginning), "{arguments}: {err}");
    assert_eq!((run.code, run.out.as_str()), (code, ""), "{arguments}: {err}");
    err
}

/// Asserts that Altinn refuses to create a request.
#[track_caller]
fn not_asked(sandbox: &str, arguments: &str, agent: &str, code: &str) {
    let beginning = format!(
        "error: `http://127.0.0.1:PORT/authentication/api/v1/systemuser/request/vendor{agent}` returned status "
    );
    let err = refused(sandbox, &format!("request create {arguments}"), 5, &beginning);
    assert!(err.lines().next().unwrap().contains(code), "{err}");
    assert!(err.contains("\nhint: "), "{err}");
}

const RIGHT: &str = "--right ttd_systembruker-logistikk-demo";

#[test]
fn an_accepted_request_becomes_a_system_user_with_the_requested_rights() {
    let sandbox = sandbox(SandboxOptions::default());
    let create = format!("request create 312600757 {RIGHT} --external-ref lager-1 --json");
    let made: Value = serde_json::from_str(&ran(&sandbox, program(&create)).out).unwrap();
    assert_eq!((&made["new"], &made["request"]["status"]), (&true.into(), &"New".into()));
    answer(made["request"]["confirmUrl"].as_str().unwrap(), "approve");
    // The printed command gets the token; without the external reference it does not.
    let command = made["token_command"].as_str().unwrap();
    let arguments = command.split_once("systemuser-demo ").unwrap().1;
    assert_eq!(ran(&sandbox, program(arguments)).code, 0);
    let without = ran(&sandbox, program("token --org 312600757"));
    assert!(without.err.contains("MP-303") && without.code == 4, "{}", without.err);
    let call = |api: &str| ran(&sandbox, program(&format!("call {api} --org 312600757 --external-ref lager-1"))).code;
    assert_eq!((call("systemuserinfo"), call("logistics"), call("salary")), (0, 0, 5));
    // No token command is printed after a rejection.
    let rejected = ran(&sandbox, program(&format!("request create 312600757 {RIGHT} --external-ref no --json")));
    let rejected: Value = serde_json::from_str(&rejected.out).unwrap();
    answer(rejected["request"]["confirmUrl"].as_str().unwrap(), "reject");
    let again = ran(&sandbox, program(&format!("request create 312600757 {RIGHT} --external-ref no --json --wait=1m")));
    let again: Value = serde_json::from_str(&again.out).unwrap();
    assert_eq!((&again["request"]["status"], &again["token_command"]), (&"Rejected".into(), &Value::Null));
    // The system user has the request's id.
    let id = made["request"]["id"].as_str().unwrap();
    let found = ran(&sandbox, program("user find 312600757 --external-ref lager-1 --json"));
    assert_eq!(serde_json::from_str::<Value>(&found.out).unwrap()["id"], id);
    let list = ran(&sandbox, program("user list"));
    assert!(list.out.contains(id), "{}", list.out);
    let status = ran(&sandbox, program(&format!("request status {id}")));
    assert!(status.out.contains("\nstatus        Accepted\n"), "{}", status.out);
    assert_eq!(status.err, format!("note: to get a token for this system user, run `{command}`\n"));
    // The system user exists already.
    not_asked(&sandbox, &format!("312600757 {RIGHT} --external-ref lager-1"), "", "AUTH-00004");
}

#[test]
fn a_decided_or_timed_out_request_is_not_reported_as_new() {
    let sandbox = sandbox(SandboxOptions::default());
    for (org, status, error) in [
        ("313725138", "Rejected", "the customer rejected the request"),
        ("312530341", "Denied", "the request was denied"),
        ("314048431", "Timedout", "the request has timed out: the customer did not decide within 180 days"),
    ] {
        let run = ran(&sandbox, program(&format!("request create {org} {RIGHT} --wait=1m")));
        let said = format!(
            "note: this request already exists with status {status}, so no new request was created\nerror: {error}\n"
        );
        assert!(run.err.starts_with(&said) && run.code == 5, "{}", run.err);
        assert!(run.out.contains(&format!("\nstatus        {status}\n")), "{}", run.out);
        // The command in the hint deletes the request.
        let delete = run.err.split("systemuser-demo ").nth(1).unwrap().split('`').next().unwrap();
        assert_eq!(ran(&sandbox, program(delete)).code, 0, "{delete}");
        let again = ran(&sandbox, program(&format!("request create {org} {RIGHT}")));
        assert!(again.out.contains("\nstatus        New\n") && !again.err.contains("already"), "{}", again.err);
    }
    // A request that is still open is reported as existing, and is not an error.
    let run = ran(&sandbox, program(&format!("request create 314168267 {RIGHT}")));
    assert!(
        run.err.starts_with("note: this request already exists with status New, so no new request was created\n"),
        "{}",
        run.err
    );
    assert_eq!(run.code, 0);
}

/// Registers a system without clients. Returns its id.
fn without_clients(sandbox: &str) -> String {
    let file = serde_json::json!({
        "Id": "991825827_admin", "Vendor": { "Id": "0192:991825827" },
        "Name": { "nb": "Admin", "nn": "Admin", "en": "Admin" },
        "Description": { "nb": "", "nn": "", "en": "" },
        "AccessPackages": [{ "Urn": "urn:altinn:accesspackage:hovedadministrator" }], "IsVisible": true,
    });
    let registered = ran(sandbox, program("system register s.json").file("s.json", file.to_string()));
    assert_eq!(registered.code, 0, "{}", registered.err);
    "991825827_admin".to_owned()
}

#[test]
fn a_system_without_clients_is_deleted_and_reported_as_deleted_the_second_time() {
    let sandbox = sandbox(SandboxOptions::default());
    let delete = program(&format!("system delete {} --yes", without_clients(&sandbox)));
    let refused =
        "note: Altinn returned status 400, as for every system without client ids, but it deleted the system\n";
    let before = "note: the system is already deleted, so nothing was sent\n";
    for note in [refused, before] {
        let run = Run::of(delete.command().env("SYSTEMUSER_SANDBOX", &sandbox));
        assert!(run.err.ends_with(note), "{}", run.err);
        assert_eq!((run.code, run.out.as_str()), (0, "deleted  991825827_admin\n"));
    }
}

#[test]
fn a_system_user_with_a_reference_is_found_only_with_it() {
    let sandbox = sandbox(SandboxOptions::default());
    let run = ran(&sandbox, program("user find 313790509"));
    assert!(
        run.err.contains(
            "returned status 404: Not Found\nhint: was the system user requested with an external reference?"
        ),
        "{}",
        run.err
    );
    assert_eq!((run.code, run.out.as_str()), (5, ""));
    assert_eq!(ran(&sandbox, program("user find 313790509 --external-ref customer-42")).code, 0);
}

#[test]
fn each_refusal_by_altinn_is_explained() {
    let sandbox = sandbox(SandboxOptions::default());
    let customer = "312600757";
    not_asked(&sandbox, &format!("{customer} {RIGHT} --system 991825827_nope"), "", "AUTH-00011");
    not_asked(&sandbox, &format!("{customer} {RIGHT} --system 310702641_fjordlonn"), "", "AUTH-00011");
    not_asked(&sandbox, &format!("974761076 {RIGHT}"), "", "AUTH-00000");
    not_asked(&sandbox, &format!("{customer} --right ttd_other"), "", "AUTH-00001");
    not_asked(&sandbox, &format!("{customer} --package regnskapsforer-lonn"), "", "AUTH-00064");
    not_asked(&sandbox, &format!("{customer} --package nope"), "", "AUTH-00063");
    let administrator = without_clients(&sandbox);
    let agent = format!("314112938 --agent --package hovedadministrator --system {administrator}");
    not_asked(&sandbox, &agent, "/agent", "AUTH-00065");
    let both = ran(&sandbox, program("request create 314112938 --agent --package veitransport --package lonn"));
    assert_eq!(both.code, 0, "{}", both.err);
    not_asked(&sandbox, &format!("{customer} {RIGHT} --redirect-url https://example.no/other"), "", "AUTH-00021");
    refused(
        &sandbox,
        &format!("request create {customer}"),
        2,
        "error: a request needs at least one --right or --package\n",
    );
    refused(
        &sandbox,
        "request create 314112938 --agent",
        2,
        "error: a request with --agent needs at least one --package\n",
    );
    refused(&sandbox, "request status 42", 2, "error: ID: `42` is not a request id; expected a UUID\n");
    let unknown = "request status 6f1f3f0e-0000-4000-8000-000000000000";
    let err = refused(&sandbox, unknown, 5, "error: `http://127.0.0.1:PORT/authentication/api/v1/systemuser/request/");
    assert!(err.contains("AUTH-00010"), "{err}");
    let foreign = "system show 310702641_fjordlonn";
    let err =
        refused(&sandbox, foreign, 5, "error: `http://127.0.0.1:PORT/authentication/api/v1/systemregister/vendor/");
    assert!(err.contains("status 403\nhint: does the system belong to another vendor?"), "{err}");
}

#[test]
fn an_external_reference_that_no_grant_can_name_works_only_for_the_vendor() {
    let sandbox = sandbox(SandboxOptions::default());
    let create = format!("request create 312600757 {RIGHT} --external-ref a/b --json");
    let refused = ran(&sandbox, program(&create));
    refused.fails(
        2,
        "error: --external-ref: `a/b` contains `/`, so Maskinporten would refuse every grant with it (MP-302)\n\
         hint: use at most 255 characters: letters (A to Z, Æ, Ø, Å, in either case), digits, `_` and `-`; to send \
         the request anyway, add --force\n",
    );
    let forced = ran(&sandbox, program(&create).arg("--force"));
    let warning =
        "warning: --external-ref: `a/b` contains `/`, so Maskinporten would refuse every grant with it (MP-302)\n";
    assert!(forced.err.starts_with(warning) && !forced.err.contains("token"), "{}", forced.err);
    let made: Value = serde_json::from_str(&forced.out).unwrap();
    assert_eq!((&made["request"]["externalRef"], &made["token_command"]), (&"a/b".into(), &Value::Null));
    answer(made["request"]["confirmUrl"].as_str().unwrap(), "approve");
    let status = ran(&sandbox, program("request status --org 312600757 --external-ref a/b"));
    assert!(
        status.err.starts_with("warning: the external reference contains a slash, so Altinn may not find "),
        "{}",
        status.err
    );
    assert!(status.err.contains("AUTH-00010") && status.code == 5, "{}", status.err);
    let by_id = ran(&sandbox, program(&format!("request status {}", made["request"]["id"].as_str().unwrap())));
    assert!(by_id.code == 0 && !by_id.err.contains("warning") && !by_id.err.contains("token"), "{}", by_id.err);
    let found = ran(&sandbox, program("user find 312600757 --external-ref a/b"));
    assert!(found.code == 0 && found.out.contains("external ref  a/b\n"), "{}", found.err);
    let warning = "warning: Maskinporten does not accept this external reference, so no token can be issued for the system user\n";
    assert!(found.err.ends_with(warning), "{}", found.err);
}

#[test]
fn a_grant_for_a_system_user_is_not_sent_with_a_reference_that_maskinporten_refuses() {
    let sandbox = sandbox(SandboxOptions::default());
    let hint = "hint: a system user with this external reference can never get a token: ask the customer for a new \
                system user, with another external reference\n";
    let refused = |run: Run, code: i32, source: &str, fault: &str| {
        let problem = format!("error: {source}: {fault}, so Maskinporten would refuse every grant with it (MP-302)\n");
        run.fails(code, &format!("{problem}{hint}"));
    };
    let hidden = "the value has 256 characters, more than 255";
    for (reference, fault) in [
        ("a b", "`a b` contains a space"),
        ("v1.2", "`v1.2` contains `.`"),
        ("é", "`é` contains `é`"),
        ("a\u{30a}", "`a\u{30a}` contains the character U+030A"),
        (&"a-".repeat(128), hidden),
    ] {
        for command in ["token", "call salary", "grant --decode"] {
            let run = ran(&sandbox, program(command).arg("--external-ref").arg(reference));
            refused(run, 2, "--external-ref", fault);
        }
    }
    let variable = program("token").var("SYSTEMUSER_EXTERNAL_REF", "a/b");
    refused(ran(&sandbox, variable), 3, "SYSTEMUSER_EXTERNAL_REF", "`a/b` contains `/`");
    let file = "environment = \"sandbox\"\nexternal_ref = \"a/b\"\n";
    let run = ran(&sandbox, program("token --client-id c --scope s --org 210493352").file("config/sandbox.toml", file));
    refused(run, 3, "config/sandbox.toml line 2", "`a/b` contains `/`");
    // The reference is valid for every other command, and for a plain token.
    for command in ["token --no-system-user", "system list", "user list", "request list"] {
        let run = ran(&sandbox, program(command).var("SYSTEMUSER_EXTERNAL_REF", "a/b"));
        assert_eq!(run.code, 0, "{command}: {}", run.err);
    }
    let doctor = ran(&sandbox, program("doctor --external-ref a/b"));
    let problem = "✗ configuration  --external-ref: `a/b` contains `/`, so Maskinporten would refuse every grant with it \
                   (MP-302)\n    hint: a system user with this external reference can never get a token: ";
    assert!(doctor.code == 2 && doctor.out.starts_with(problem), "{}", doctor.out);
    // The longest reference, and all letters.
    let longest = "æøåÆØÅ_-a0".repeat(25) + "zZ9-_";
    let run = ran(&sandbox, program("grant --decode --external-ref").arg(&longest));
    assert!(run.code == 0 && run.out.contains(&longest), "{}", run.err);
}

#[test]
fn a_missing_scope_is_explained_with_the_scope_to_ask_for() {
    let sandbox = sandbox(SandboxOptions::default());
    let create = format!("request create 312600757 {RIGHT} --client-id {OTHER_VENDORS}");
    let err = refused(&sandbox, &create, 4, "error: Maskinporten refused the grant: MP-200 invalid_scope\n");
    let hint = "hint: ask Digdir for `altinn:authentication/systemuser.request.write`, and add it to the client in \
                Maskinporten's self-service portal; see \
                https://docs.altinn.studio/en/authorization/getting-started/systemuser\n";
    assert!(err.contains(hint), "{err}");
    // The client may list its own systems.
    let list = ran(&sandbox, program(&format!("system list --client-id {OTHER_VENDORS}")));
    assert!(list.out.contains("310702641_fjordlonn") && !list.out.contains("991825827"), "{}", list.out);
}

#[test]
fn a_system_is_registered_shown_changed_and_deleted() {
    let sandbox = sandbox(SandboxOptions::default());
    let file = project_text("config/system.json");
    let system = |arguments: &str, file: &str| {
        let program = program(&format!("system {arguments} --client-id {CLIENT}")).file("s.json", file);
        ran(&sandbox, program)
    };
    assert_eq!(system("register s.json", &file).code, 0);
    let doctor = format!("doctor --no-system-user --client-id {CLIENT} --system 991825827_skylager");
    let doctor = ran(&sandbox, program(&doctor));
    assert!(doctor.out.contains("✓ system         `991825827_skylager` has the client id\n"), "{}", doctor.out);
    let taken = system("register s.json", &file);
    assert!(taken.err.contains("AUTH.VLD-00002") && taken.err.contains("AUTH.VLD-00004"), "{}", taken.err);
    assert_eq!((taken.code, taken.out.as_str()), (5, ""));
    // The output of `show` is a valid file, and changes nothing.
    let shown = system("show 991825827_skylager --json", "").out;
    let same = system("update s.json", &shown);
    assert_eq!(
        (same.out.as_str(), same.err.as_str()),
        ("", "note: `991825827_skylager` already has these values, so nothing was sent\n")
    );
    let visible = file.replace("\"Skylager\", \"nn\"", "\"Skylageret\", \"nn\"");
    let changed = system("update s.json", &visible);
    changed.succeeds("updated  991825827_skylager\n");
    assert!(changed.err.ends_with("\n  - name.nb: Skylager\n  + name.nb: Skylageret\n"), "{}", changed.err);
    let dropped = system("update s.json", &file.replace(CLIENT, "7e0f4a52-0000-4000-8000-000000000000"));
    assert!(dropped.err.contains(&format!("error: the file leaves out client ids that the system has: {CLIENT}\n")));
    assert_eq!((dropped.code, dropped.out.as_str()), (2, ""));
    let log = system("log 991825827_skylager", "");
    let changes: Vec<&str> = log.out.lines().skip(1).map(|line| line.split_whitespace().nth(3).unwrap()).collect();
    assert_eq!(changes, ["create", "update"], "{}", log.out);
    assert_eq!(system("delete 991825827_skylager", "").code, 2);
    system("delete 991825827_skylager --yes", "").succeeds("deleted  991825827_skylager\n");
    let update = system("update s.json", &visible);
    assert!(update.err.starts_with("error: `991825827_skylager` has been deleted, so it cannot be changed\n"));
    assert_eq!(update.code, 5);
    // A system of another vendor is refused.
    let foreign = file.replace("991825827", "310702641");
    let foreign = system("register s.json", &foreign);
    assert!(
        foreign.err.contains("status 403\nhint: does the system belong to another vendor?") && foreign.code == 5,
        "{}",
        foreign.err
    );
}

#[test]
fn lists_are_read_to_their_end_and_an_endless_list_is_refused() {
    let with = |paging| {
        let page_size = std::num::NonZeroUsize::new(1);
        sandbox(SandboxOptions { page_size, paging, ..SandboxOptions::default() })
    };
    let ids = |sandbox: &str| {
        let run = ran(sandbox, program("request list --json"));
        assert_eq!(run.code, 0, "{}", run.err);
        let list: Vec<Value> = serde_json::from_str(&run.out).unwrap();
        (list.len(), run.err)
    };
    let whole = ids(&sandbox(SandboxOptions::default()));
    assert_eq!(whole.1, "");
    let (right, note) = ids(&with(PagingFault::Right));
    assert_eq!(right, whole.0);
    assert!(note.starts_with("note: the list has ") && note.contains("Altinn may omit a request"), "{note}");
    assert!(ids(&with(PagingFault::LosesRows)).0 < whole.0);
    let run = ran(&with(PagingFault::NeverEnds), program("request list"));
    assert!(
        run.err.contains("repeats an earlier page, so the list never ends") && run.out.is_empty() && run.code == 6,
        "{}",
        run.err
    );
}

#[test]
fn an_exchanged_token_is_printed_alone() {
    let sandbox = sandbox(SandboxOptions::default());
    let run = ran(&sandbox, program("token --exchange"));
    assert!(run.out.starts_with("eyJ") && run.out.trim_end().split('.').count() == 3 && run.code == 0, "{}", run.err);
    let json: Value = serde_json::from_str(&ran(&sandbox, program("token --exchange --json")).out).unwrap();
    assert_eq!(json["expires_in"], 1800);
    assert_eq!(json["system_user"]["org"], "210493352");
}

#[test]
fn no_follow_up_is_suggested_for_a_request_in_the_built_in_sandbox() {
    let run = program(&format!("request create 312600757 {RIGHT} --wait=1s")).run();
    assert_eq!(run.code, 7);
    assert!(!run.err.contains("to continue waiting") && !run.err.contains("token --org"), "{}", run.err);
    let run = program(&format!("request create 312600757 {RIGHT} --open")).run();
    assert!(run.err.ends_with(
        "warning: the page was not opened, because the built-in sandbox ends with this command; to open it, add \
             --wait\n"
    ));
    assert_eq!(run.code, 0);
}

#[test]
fn a_note_says_that_the_built_in_sandbox_loses_its_state() {
    let mut child = program("request list").command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(
        err,
        "note: using the built-in sandbox; nothing leaves this machine\n\
         note: its state is lost when this command ends; to keep it between commands, run `systemuser-demo sandbox`\n"
    );
}
