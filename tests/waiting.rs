//! How does waiting for a customer's answer end?

use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use serde_json::{Value, json};

use crate::program::{Program, Run, program};
use crate::server::{Request, Server, empty, json as answer, nobody, vendor_configuration};

pub const ID: &str = "7d6e1d3c-2f0b-4c3e-9b57-1f6a2c8d9e04";
const CONFIRM: &str =
    "https://am.ui.altinn.no/accessmanagement/ui/systemuser/request?id=7d6e1d3c&DONTCHOOSEREPORTEE=true";
pub const WAITING: &str = "note: waiting at most 10 min for the customer's decision; press Ctrl-C to stop\n";
const POST: &str = "POST systemuser/request/vendor systemuser.request.write";

fn request(status: &str, timed_out: bool) -> Value {
    json!({ "id": ID, "externalRef": "customer-42", "systemId": "991825827_smartcloud", "partyOrgNo": "313790509",
        "status": status, "confirmUrl": CONFIRM, "created": "2026-01-02T03:04:05Z", "timedOut": timed_out })
}

pub fn new() -> String {
    answer("201 Created", &request("New", false).to_string())
}

pub fn found(status: &str) -> String {
    answer("200 OK", &request(status, false).to_string())
}

fn get() -> String {
    format!("GET systemuser/request/vendor/{ID} systemuser.request.read")
}

pub fn create(server: &Server, arguments: &str) -> Program {
    let program =
        program("request create 313790509 --right demo --external-ref customer-42 --env test").args(arguments);
    program.file("config/test.toml", server.vendor_configuration())
}

/// The printed form of the new request.
pub fn printed_request() -> String {
    format!(
        "request       {ID}\nstatus        New\nkind          standard\ncustomer      313790509\n\
         external ref  customer-42\nsystem        991825827_smartcloud\ncreated       2026-01-02 03:04:05 UTC\n\
         confirm       {CONFIRM}\n"
    )
}

pub const ITS_TOKEN: &str = "note: the system user exists; to get a token for it, run `systemuser-demo token --org \
                         313790509 --external-ref customer-42 --env test`\n";

#[test]
fn an_accepted_request_is_a_success_and_its_token_command_is_printed() {
    let server = Server::vendor_in_turn([new(), found("New"), found("Accepted")]);
    let run = create(&server, "--wait").run();
    run.succeeds(&format!("{}status        Accepted\n", printed_request()));
    assert_eq!(run.err, format!("{WAITING}{ITS_TOKEN}"));
    assert_eq!(server.calls(), [POST.to_owned(), get(), get()]);
    assert_eq!(server.grants().len(), 2);
}

#[test]
fn every_negative_outcome_is_a_failure() {
    for (status, timed_out, printed_status, problem) in [
        ("Rejected", false, "Rejected", "the customer rejected the request"),
        ("Denied", false, "Denied", "the request was denied"),
        ("Timedout", false, "Timedout", "the request has timed out: the customer did not decide within 180 days"),
        ("New", true, "Timedout", "the request has timed out: the customer did not decide within 180 days"),
    ] {
        let server = Server::vendor_in_turn([new(), answer("200 OK", &request(status, timed_out).to_string())]);
        let run = create(&server, "--wait").run();
        assert_eq!((run.out, run.code), (format!("{}status        {printed_status}\n", printed_request()), 5));
        let again = format!("`systemuser-demo request delete {ID} --env test`, then create a new request");
        assert_eq!(
            run.err,
            format!("{WAITING}error: {problem}\nhint: to ask again, delete the request with {again}\n")
        );
    }
}

#[test]
fn waiting_continues_after_an_unknown_status() {
    let server = Server::vendor_in_turn([new(), found("Thinking"), found("accepted")]);
    assert_eq!(create(&server, "--wait").run().code, 0);
    assert_eq!(server.calls().len(), 3);
}

#[test]
fn the_end_of_the_time_is_reported_with_the_command_to_continue() {
    let server = Server::vendor_in_turn([new(), found("New")]);
    let run = create(&server, "--wait=1s").run();
    assert_eq!((run.out, run.code), (printed_request(), 7));
    assert_eq!(
        run.err,
        format!(
            "note: waiting at most 1 s for the customer's decision; press Ctrl-C to stop\n\
             error: the customer has not decided yet: after 1 s, the request's status is still New\n\
             hint: to continue waiting: `systemuser-demo request status {ID} --wait --env test`\n\
             hint: has the customer not opened the confirm URL? send it again: {CONFIRM}\n"
        )
    );
    // The status is read at least twice: at once and at the end.
    assert!(server.calls().len() >= 3);
}

#[test]
fn json_output_is_one_answer_for_every_outcome() {
    for (last, code) in [("Accepted", 0), ("Denied", 5), ("New", 7)] {
        let server = Server::vendor_in_turn([new(), found(last)]);
        let run = create(&server, "--wait=1s --json").run();
        assert_eq!(run.code, code, "{}", run.err);
        let printed: Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!((&printed["new"], &printed["request"]), (&json!(true), &request(last, false)));
        let note = format!("note: to approve or reject the request, the customer opens {CONFIRM}\n");
        assert!(run.err.starts_with(&note), "{}", run.err);
    }
}

#[test]
fn a_new_request_is_printed_even_if_its_status_cannot_be_read() {
    let refused = r#"{"error":"invalid_scope","error_uri":"https://docs.digdir.no/errors/MP-200"}"#;
    let server = || {
        Server::start(move |asked: &Request| {
            let follows = asked.target == "/token"
                && crate::configuration::claims_of(&asked.body).1["scope"].as_str().unwrap().ends_with(".read");
            match (asked.target.as_str(), follows) {
                (_, true) => answer("400 Bad Request", refused),
                ("/token", false) => crate::server::opaque_token(),
                _ => new(),
            }
        })
    };
    let run = create(&server(), "--wait").run();
    assert_eq!((run.out, run.code), (printed_request(), 4));
    assert!(run.err.contains("hint: ask Digdir for `altinn:authentication/systemuser.request.read`"), "{}", run.err);
    let run = create(&server(), "--wait --json").run();
    let printed: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((&printed["request"]["id"], run.code), (&json!(ID), 4));
}

#[test]
fn a_closed_request_is_not_waited_for() {
    let server = Server::vendor_in_turn([found("Rejected")]);
    assert_eq!(create(&server, "--wait").run().code, 5);
    assert_eq!(server.calls(), [POST]);
}

#[test]
fn an_expired_token_is_replaced_with_a_new_grant() {
    let server = Server::vendor_in_turn([new(), found("New"), empty("401 Unauthorized"), found("Accepted")]);
    let run = create(&server, "--wait").run();
    assert_eq!((run.err, run.code), (format!("{WAITING}{ITS_TOKEN}"), 0));
    assert_eq!(server.calls(), [POST.to_owned(), get(), get(), get()]);
    let mut ids: Vec<String> = server.grants().iter().map(|grant| grant["jti"].to_string()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3);
    let bearers = server.requests().into_iter().filter(|request| request.method == "GET");
    let bearers: Vec<_> = bearers.map(|request| request.header("authorization").unwrap().to_owned()).collect();
    assert_eq!(bearers, ["Bearer token-2", "Bearer token-2", "Bearer token-3"]);
}

#[test]
fn a_refused_new_token_ends_the_waiting() {
    let server = Server::vendor_in_turn([new(), found("New"), empty("401 Unauthorized")]);
    let run = create(&server, "--wait").run();
    assert_eq!((run.out, run.code), (printed_request(), 5));
    assert!(run.err.contains(" returned status 401\n"), "{}", run.err);
    assert_eq!(server.calls().len(), 4);
}

#[test]
fn a_request_that_is_deleted_in_the_meantime_ends_the_waiting() {
    let gone = answer("404 Not Found", r#"{"title":"gone","status":404,"code":"AUTH-00010"}"#);
    let server = Server::vendor_in_turn([new(), gone]);
    let run = create(&server, "--wait").run();
    assert_eq!((run.out, run.code), (printed_request(), 5));
    assert!(run.err.contains("AUTH-00010 gone\n  Altinn did not find the request\n"), "{}", run.err);
}

#[test]
fn a_temporary_server_failure_causes_one_warning_and_another_check() {
    let busy = || answer("503 Service Unavailable", "\"busy\"");
    // Each check of the status consists of up to three tries.
    let server = Server::vendor_in_turn([new(), busy(), busy(), busy(), busy(), found("Accepted")]);
    let run = create(&server, "--wait").run();
    run.succeeds(&format!("{}status        Accepted\n", printed_request()));
    let warning = format!(
        "warning: no usable response from \
         `http://127.0.0.1:PORT/authentication/api/v1/systemuser/request/vendor/{ID}`: status 503: \"busy\"; still \
         waiting\n"
    );
    assert_eq!(crate::program::without_chance(&run.err), format!("{WAITING}{warning}{ITS_TOKEN}"));
}

#[test]
fn an_existing_request_can_be_waited_for() {
    let server = Server::vendor_in_turn([found("New"), found("Accepted")]);
    let status = |arguments: &str| {
        let program = program("request status --env test").args(arguments);
        program.file("config/test.toml", server.vendor_configuration()).run()
    };
    let run = status("--wait --org 313790509 --external-ref customer-42");
    run.succeeds(&format!("{}status        Accepted\n", printed_request()));
    assert_eq!(run.err, format!("{WAITING}{ITS_TOKEN}"));
    let by_reference =
        "systemuser/request/vendor/byexternalref/991825827_smartcloud/313790509/customer-42 systemuser.request.read";
    assert_eq!(server.calls(), [format!("GET {by_reference}"), get()]);
    assert_eq!(server.grants().len(), 1);
    // The request is now accepted, so the command does not wait.
    let run = status(&format!("{ID} --wait --json"));
    assert_eq!(serde_json::from_str::<Value>(&run.out).unwrap(), request("Accepted", false));
    assert_eq!((run.err.as_str(), server.calls().len()), (ITS_TOKEN, 3));
}

#[test]
fn an_invalid_duration_is_reported_before_anything_is_sent() {
    let refused = |arguments: &str, err: &str| {
        let program = program(arguments).arg("--env=test").file("config/test.toml", vendor_configuration(&nobody()));
        program.run().fails(2, err);
    };
    for text in ["5", "soon", "", "-1s", "1.5.s", "99999999999999999999d", "1s;"] {
        for command in ["request create 313790509 --right demo", "request status --org 313790509"] {
            let err = format!("error: --wait: expected a duration such as 90s, 10m or 2h, found `{text}`\n");
            refused(&format!("{command} --wait={text}"), &err);
        }
    }
    for text in ["0s", "0", "181d", "1year"] {
        let err = format!(
            "error: --wait: expected a duration from 1s to 180d, found `{text}`; a request times out after 180d\n"
        );
        refused(&format!("request status --org 313790509 --wait={text}"), &err);
    }
    refused(
        "request status --wait 90s",
        "error: ID: `90s` is not a request id; expected a UUID\n\
         hint: write an equals sign before a duration: `--wait=90s`\n",
    );
}

/// Runs, in a shell, the command in backquotes that follows these words in the output.
fn in_shell(program: &Program, err: &str, behind: &str) -> Run {
    let command = err.split_once(behind).unwrap().1.split('`').nth(1).unwrap();
    let line = command.replacen("systemuser-demo", env!("CARGO_BIN_EXE_systemuser-demo"), 1);
    Run::of(Command::new("/bin/sh").args(["-c", &line]).current_dir(program.path("")).env_clear())
}

/// Interrupts the command with Ctrl-C after this number of status checks.
#[cfg(unix)]
fn interrupted(arguments: &str, looks: usize) -> (Program, Server, Run) {
    let (sender, receiver) = mpsc::channel();
    let (looked, over) = (AtomicUsize::new(0), Mutex::new(false));
    let server = Server::vendor(move |asked: &Request| {
        if asked.method == "POST" {
            return new();
        }
        if looked.fetch_add(1, Ordering::SeqCst) + 1 == looks {
            sender.send(()).unwrap();
            *over.lock().unwrap() = true;
        }
        // Later checks return the status Accepted.
        found(if looked.load(Ordering::SeqCst) > looks && *over.lock().unwrap() { "Accepted" } else { "New" })
    });
    let program = program(arguments).arg("--env=test").file("config/test.toml", server.vendor_configuration());
    let child = program.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    receiver.recv_timeout(std::time::Duration::from_secs(20)).unwrap();
    let kill = Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap();
    assert!(kill.success());
    let run = Run::from(child.wait_with_output().unwrap());
    (program, server, run)
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_the_request_and_prints_the_command_to_continue() {
    let create = "request create 313790509 --right demo --external-ref customer-42 --wait";
    let (program, server, run) = interrupted(create, 1);
    assert_eq!((run.out, run.code), (printed_request(), 130));
    let note = "note: the request stays open; to continue waiting:";
    assert_eq!(run.err, format!("{WAITING}{note} `systemuser-demo request status {ID} --wait --env test`\n"));
    let went_on = in_shell(&program, &run.err, note);
    assert_eq!((went_on.err.as_str(), went_on.code), (ITS_TOKEN, 0));
    assert!(server.calls().iter().all(|call| !call.starts_with("DELETE")));

    let (_, _server, run) = interrupted(&format!("request status {ID} --wait --json"), 2);
    assert_eq!((serde_json::from_str::<Value>(&run.out).unwrap(), run.code), (request("New", false), 130));
}

#[test]
fn the_command_to_continue_repeats_the_configuration_and_the_options() {
    let server = Server::vendor_in_turn([new(), found("New")]);
    let program = program("request create 313790509 --right demo --wait=1s --client-id other --kid k2")
        .arg("--config")
        .arg("my files/a.toml")
        .arg("--key=my files/k")
        .file("my files/k", crate::program::data_text("key.jwk.json"))
        .file("my files/a.toml", server.vendor_configuration());
    let run = Run::of(&mut program.command());
    assert_eq!(run.code, 7, "{}", run.err);
    let before = server.grants().len();
    let line = run.err.replace("--wait --config", "--wait=1s --config");
    assert_eq!(in_shell(&program, &line, "to continue waiting:").code, 7);
    let grants = server.grants();
    assert_eq!((grants.len(), &grants[before]["iss"]), (before + 1, &json!("other")));
}

/// A folder with this script as the browser.
#[cfg(target_os = "linux")]
fn browser(script: &str) -> (tempfile::TempDir, std::ffi::OsString) {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("xdg-open");
    std::fs::write(&path, format!("#!/bin/sh\n{script}")).unwrap();
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
    let search = std::env::join_paths([folder.path(), "/usr/bin".as_ref(), "/bin".as_ref()]).unwrap();
    (folder, search)
}

/// Creates a pipe in the browser's folder. Returns a channel with the text from the pipe.
#[cfg(target_os = "linux")]
fn at_the_pipe(folder: &tempfile::TempDir) -> mpsc::Receiver<String> {
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(std::fs::read_to_string(pipe).unwrap()));
    receiver
}

/// Time limit for the browser.
#[cfg(target_os = "linux")]
const BROWSER_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(20);

/// The fake browser logs each URL, and writes the expected URL to a pipe that the test reads.
#[cfg(target_os = "linux")]
#[test]
fn the_browser_opens_the_confirm_url_and_no_other_kind_of_url() {
    let (folder, search) = browser(&format!(
        "cd \"${{0%/*}}\"\nprintf '%s\\n' \"$@\" >> log\ncase $1 in {CONFIRM:?}) echo \"$@\" > pipe;; esac\n"
    ));
    let path = |name: &str| folder.path().join(name);
    let opened = |url: &str| {
        let mut made = request("New", false);
        made["confirmUrl"] = url.into();
        let server = Server::vendor_in_turn([answer("201 Created", &made.to_string())]);
        let run = create(&server, "--open").var("PATH", &search).run();
        assert_eq!(run.code, 0);
        run.err
    };
    for url in
        ["file:///etc/passwd", "javascript:alert(1)", "/etc/passwd", "-h", "http://example.no/", "https://a:b@c.no/"]
    {
        let err = opened(url);
        assert!(err.starts_with("warning: cannot open a browser ("), "{err}");
    }
    let given = at_the_pipe(&folder);
    let err = opened(CONFIRM);
    assert!(!err.contains("warning:"), "{err}");
    assert_eq!(given.recv_timeout(BROWSER_TIMEOUT).unwrap(), format!("{CONFIRM}\n"));
    assert_eq!(std::fs::read_to_string(path("log")).unwrap(), format!("{CONFIRM}\n"));
}

#[cfg(target_os = "linux")]
#[test]
fn the_browsers_environment_contains_no_secret() {
    let (folder, search) = browser("env > \"${0%/*}/pipe\"\n");
    let given = at_the_pipe(&folder);
    let server = Server::vendor_in_turn([new()]);
    let variables = [
        ("SYSTEMUSER_KEY", crate::program::data_text("key.pkcs8.pem").as_str(), None),
        ("SYSTEMUSER_EXTERNAL_REF", "customer-42", None),
        ("Systemuser_Other", "other", None),
        ("HTTPS_PROXY", "http://me:pass@word@proxy.example:8080/", Some("http://proxy.example:8080/")),
        ("all_proxy", "me:password@proxy.example:8080", Some("proxy.example:8080")),
        ("http_proxy", "http://proxy.example:8080", Some("http://proxy.example:8080")),
        ("no_proxy", "127.0.0.1,a@b.example", Some("127.0.0.1,a@b.example")),
        ("DISPLAY", ":0", Some(":0")),
    ]
    .map(|(name, value, kept)| (name, value.to_owned(), kept));
    let program = create(&server, "--open").var("PATH", &search);
    let run = variables.iter().fold(program, |run, (name, value, _)| run.var(name, value)).run();
    assert!(run.code == 0 && !run.err.contains("warning: cannot open a browser"), "{}", run.err);
    let given = given.recv_timeout(BROWSER_TIMEOUT).unwrap();
    for (name, _, kept) in variables {
        let line = given.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        assert_eq!(line, kept, "{name}");
    }
    assert!(!given.contains("PRIVATE KEY") && !given.contains("pass"), "{given}");
}

/// Otherwise a token is renewed only after an API refuses it.
#[test]
fn a_token_is_used_until_it_expires_and_not_longer() {
    for (seconds, tokens) in [(0, 4), (119, 2), (u64::MAX, 2)] {
        let asked = AtomicUsize::new(0);
        let server = Server::vendor_with_tokens_for(seconds, move |_| match asked.fetch_add(1, Ordering::SeqCst) {
            0 => new(),
            1 | 2 => found("New"),
            _ => found("Accepted"),
        });
        let run = create(&server, "--wait").run();
        run.succeeds(&format!("{}status        Accepted\n", printed_request()));
        assert_eq!((server.grants().len(), server.calls().len()), (tokens, 4), "{seconds} s");
    }
}

#[test]
fn a_machine_without_a_browser_causes_no_failure() {
    let server = Server::vendor_in_turn([new()]);
    let run = create(&server, "--open").var("PATH", "/nowhere").run();
    assert_eq!((run.out, run.code), (printed_request(), 0));
    assert!(run.err.starts_with("warning: cannot open a browser (") && run.err.lines().count() == 2, "{}", run.err);
}

/// Nobody else uses a server on this machine.
#[test]
fn a_server_on_this_machine_is_checked_every_second() {
    let server = Server::vendor_in_turn([new(), found("New")]);
    let run = create(&server, "--wait=8s").run();
    assert_eq!(run.code, 7, "{}", run.err);
    // With a pause that kept growing, there would be 7 checks.
    assert!(server.calls().len() > 9, "{:?}", server.calls());
}

#[test]
fn an_existing_request_that_is_accepted_during_the_wait_is_a_success() {
    let server = Server::vendor_in_turn([found("New"), found("New"), found("Accepted")]);
    let run = create(&server, "--wait").run();
    run.succeeds(&format!("{}status        Accepted\n", printed_request()));
    assert!(run.err.ends_with(ITS_TOKEN), "{}", run.err);
}

#[test]
fn a_missing_answer_does_not_extend_the_wait() {
    let (release, held) = std::sync::mpsc::channel::<()>();
    let server = Server::vendor(move |request| match request.method.as_str() {
        "POST" => new(),
        _ => held.recv().map_or_else(|_| found("New"), |()| found("New")),
    });
    let begun = std::time::Instant::now();
    let run = create(&server, "--wait=1s --timeout 60").run();
    assert!(begun.elapsed() < std::time::Duration::from_secs(30));
    drop(release);
    assert_eq!((run.out, run.code), (printed_request(), 6));
    let end = format!(
        "note: the request stays open; to continue waiting: `systemuser-demo request status {ID} --wait --env test`\n\
         error: no response arrived in the given time\n"
    );
    assert!(run.err.ends_with(&end), "{}", run.err);
}
