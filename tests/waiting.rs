//! What becomes of waiting for a customer's answer?

use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use serde_json::{Value, json};

use crate::program::{Program, Run, program};
use crate::server::{Request, Server, empty, json as answer, nobody, vendor_configuration};

const ID: &str = "7d6e1d3c-2f0b-4c3e-9b57-1f6a2c8d9e04";
const CONFIRM: &str =
    "https://am.ui.altinn.no/accessmanagement/ui/systemuser/request?id=7d6e1d3c&DONTCHOOSEREPORTEE=true";
const WAITING: &str = "note: waiting for the customer's answer, 10 min at most; Ctrl-C ends the waiting\n";
const POST: &str = "POST systemuser/request/vendor systemuser.request.write";

fn request(status: &str, timed_out: bool) -> Value {
    json!({ "id": ID, "externalRef": "customer-42", "systemId": "991825827_smartcloud", "partyOrgNo": "313790509",
        "status": status, "confirmUrl": CONFIRM, "created": "2026-01-02T03:04:05Z", "timedOut": timed_out })
}

fn new() -> String {
    answer("201 Created", &request("New", false).to_string())
}

fn found(status: &str) -> String {
    answer("200 OK", &request(status, false).to_string())
}

fn get() -> String {
    format!("GET systemuser/request/vendor/{ID} systemuser.request.read")
}

fn create(server: &Server, arguments: &str) -> Program {
    let program =
        program("request create 313790509 --right demo --external-ref customer-42 --env test").args(arguments);
    program.file("config/test.toml", server.vendor_configuration())
}

/// The request as it was made, for a person.
fn told() -> String {
    format!(
        "request       {ID}\nstatus        New\nkind          standard\ncustomer      313790509\n\
         external ref  customer-42\nsystem        991825827_smartcloud\ncreated       2026-01-02 03:04:05 UTC\n\
         confirm       {CONFIRM}\n"
    )
}

const ITS_TOKEN: &str = "note: the system user is there; its token: `systemuser-demo token --org 313790509 \
                         --external-ref customer-42 --env test`\n";

#[test]
fn an_accepted_request_is_a_success_and_its_token_is_named() {
    let server = Server::vendor_in_turn([new(), found("New"), found("Accepted")]);
    let run = create(&server, "--wait").run();
    run.succeeds(&format!("{}status        Accepted\n", told()));
    assert_eq!(run.err, format!("{WAITING}{ITS_TOKEN}"));
    assert_eq!(server.calls(), [POST.to_owned(), get(), get()]);
    assert_eq!(server.grants().len(), 2);
}

#[test]
fn a_no_is_a_failure_in_each_of_its_forms() {
    for (status, timed_out, told_status, problem) in [
        ("Rejected", false, "Rejected", "the customer rejected the request"),
        ("Denied", false, "Denied", "the request was denied"),
        ("Timedout", false, "Timedout", "the request has timed out: nobody answered it for 180 days"),
        ("New", true, "Timedout", "the request has timed out: nobody answered it for 180 days"),
    ] {
        let server = Server::vendor_in_turn([new(), answer("200 OK", &request(status, timed_out).to_string())]);
        let run = create(&server, "--wait").run();
        assert_eq!((run.out, run.code), (format!("{}status        {told_status}\n", told()), 5));
        let again = format!("`systemuser-demo request delete {ID} --env test`, and then create a new one");
        assert_eq!(run.err, format!("{WAITING}error: {problem}\nhint: to ask once more: {again}\n"));
    }
}

#[test]
fn a_status_that_nobody_knows_is_waited_on() {
    let server = Server::vendor_in_turn([new(), found("Thinking"), found("accepted")]);
    assert_eq!(create(&server, "--wait").run().code, 0);
    assert_eq!(server.calls().len(), 3);
}

#[test]
fn time_that_is_up_is_told_with_the_command_to_go_on() {
    let server = Server::vendor_in_turn([new(), found("New")]);
    let run = create(&server, "--wait=1s").run();
    assert_eq!((run.out, run.code), (told(), 7));
    assert_eq!(
        run.err,
        format!(
            "note: waiting for the customer's answer, 1 s at most; Ctrl-C ends the waiting\n\
             error: not decided yet: the request is New after 1 s\n\
             hint: to go on waiting: `systemuser-demo request status {ID} --wait --env test`\n\
             hint: has the customer been sent there? {CONFIRM}\n"
        )
    );
    // At least at once, and when time is up.
    assert!(server.calls().len() >= 3);
}

#[test]
fn a_program_gets_one_answer_however_it_ends() {
    for (last, code) in [("Accepted", 0), ("Denied", 5), ("New", 7)] {
        let server = Server::vendor_in_turn([new(), found(last)]);
        let run = create(&server, "--wait=1s --json").run();
        assert_eq!(run.code, code, "{}", run.err);
        let printed: Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!((&printed["new"], &printed["request"]), (&json!(true), &request(last, false)));
        assert!(run.err.starts_with(&format!("note: the customer answers at {CONFIRM}\n")), "{}", run.err);
    }
}

#[test]
fn a_request_that_was_made_is_not_lost_where_it_cannot_be_followed() {
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
    assert_eq!((run.out, run.code), (told(), 4));
    assert!(run.err.contains("hint: order `altinn:authentication/systemuser.request.read` from Digdir"), "{}", run.err);
    let run = create(&server(), "--wait --json").run();
    let printed: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((&printed["request"]["id"], run.code), (&json!(ID), 4));
}

#[test]
fn what_is_over_is_not_waited_for() {
    let server = Server::vendor_in_turn([found("Rejected")]);
    assert_eq!(create(&server, "--wait").run().code, 5);
    assert_eq!(server.calls(), [POST]);
}

#[test]
fn a_token_that_expired_in_the_meantime_is_replaced_by_a_new_grant() {
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
fn a_new_token_that_is_refused_too_ends_the_waiting() {
    let server = Server::vendor_in_turn([new(), found("New"), empty("401 Unauthorized")]);
    let run = create(&server, "--wait").run();
    assert_eq!((run.out, run.code), (told(), 5));
    assert!(run.err.contains(" refused the call: status 401\n"), "{}", run.err);
    assert_eq!(server.calls().len(), 4);
}

#[test]
fn a_request_that_is_deleted_in_the_meantime_ends_the_waiting() {
    let gone = answer("404 Not Found", r#"{"title":"gone","status":404,"code":"AUTH-00010"}"#);
    let server = Server::vendor_in_turn([new(), gone]);
    let run = create(&server, "--wait").run();
    assert_eq!((run.out, run.code), (told(), 5));
    assert!(run.err.contains("AUTH-00010 gone\n  AUTH-00010: Altinn finds no such request\n"), "{}", run.err);
}

#[test]
fn a_server_that_has_no_answer_just_now_is_asked_again_after_one_warning() {
    let busy = || answer("503 Service Unavailable", "\"busy\"");
    // Each look is three tries.
    let server = Server::vendor_in_turn([new(), busy(), busy(), busy(), busy(), found("Accepted")]);
    let run = create(&server, "--wait").run();
    run.succeeds(&format!("{}status        Accepted\n", told()));
    let warning = format!(
        "warning: no usable answer from `http://127.0.0.1:PORT/authentication/api/v1/systemuser/request/vendor/{ID}`: \
         status 503: \"busy\"; still waiting\n"
    );
    assert_eq!(crate::program::without_chance(&run.err), format!("{WAITING}{warning}{ITS_TOKEN}"));
}

#[test]
fn a_request_that_is_there_can_be_waited_for() {
    let server = Server::vendor_in_turn([found("New"), found("Accepted")]);
    let status = |arguments: &str| {
        let program = program("request status --env test").args(arguments);
        program.file("config/test.toml", server.vendor_configuration()).run()
    };
    let run = status("--wait --org 313790509 --external-ref customer-42");
    run.succeeds(&format!("{}status        Accepted\n", told()));
    assert_eq!(run.err, format!("{WAITING}{ITS_TOKEN}"));
    let by_reference =
        "systemuser/request/vendor/byexternalref/991825827_smartcloud/313790509/customer-42 systemuser.request.read";
    assert_eq!(server.calls(), [format!("GET {by_reference}"), get()]);
    assert_eq!(server.grants().len(), 1);
    // It is accepted by now, so there is nothing to wait for.
    let run = status(&format!("{ID} --wait --json"));
    assert_eq!(serde_json::from_str::<Value>(&run.out).unwrap(), request("Accepted", false));
    assert_eq!((run.err.as_str(), server.calls().len()), (ITS_TOKEN, 3));
}

#[test]
fn what_is_no_duration_is_said_before_anything_is_sent() {
    let refused = |arguments: &str, err: &str| {
        let program = program(arguments).arg("--env=test").file("config/test.toml", vendor_configuration(&nobody()));
        program.run().fails(2, err);
    };
    for text in ["5", "soon", "", "-1s", "1.5.s", "99999999999999999999d", "1s;"] {
        for command in ["request create 313790509 --right demo", "request status --org 313790509"] {
            let err = format!("error: --wait: `{text}` is not a duration, such as 90s, 10m or 2h\n");
            refused(&format!("{command} --wait={text}"), &err);
        }
    }
    for text in ["0s", "0", "181d", "1year"] {
        let err = format!("error: --wait: `{text}` is not between 1s and 180d, after which a request has timed out\n");
        refused(&format!("request status --org 313790509 --wait={text}"), &err);
    }
    refused(
        "request status --wait 90s",
        "error: ID: `90s` is not a request's id, which is a UUID\n\
         hint: a duration stands behind an equals sign: `--wait=90s`\n",
    );
}

/// Whatever a shell has for a command that was printed in backquotes behind these words.
fn in_shell(program: &Program, err: &str, behind: &str) -> Run {
    let command = err.split_once(behind).unwrap().1.split('`').nth(1).unwrap();
    let line = command.replacen("systemuser-demo", env!("CARGO_BIN_EXE_systemuser-demo"), 1);
    Run::of(Command::new("/bin/sh").args(["-c", &line]).current_dir(program.path("")).env_clear())
}

/// Ends it by Ctrl-C when the request has been looked at this often.
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
        // Whoever asks after that finds it accepted.
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
fn ctrl_c_leaves_the_request_and_tells_how_to_go_on() {
    let create = "request create 313790509 --right demo --external-ref customer-42 --wait";
    let (program, server, run) = interrupted(create, 1);
    assert_eq!((run.out, run.code), (told(), 130));
    let note = "note: the request stays; to go on waiting:";
    assert_eq!(run.err, format!("{WAITING}{note} `systemuser-demo request status {ID} --wait --env test`\n"));
    let went_on = in_shell(&program, &run.err, note);
    assert_eq!((went_on.err.as_str(), went_on.code), (ITS_TOKEN, 0));
    assert!(server.calls().iter().all(|call| !call.starts_with("DELETE")));

    let (_, _server, run) = interrupted(&format!("request status {ID} --wait --json"), 2);
    assert_eq!((serde_json::from_str::<Value>(&run.out).unwrap(), run.code), (request("New", false), 130));
}

#[test]
fn the_command_to_go_on_takes_the_configuration_and_the_options_along() {
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
    assert_eq!(in_shell(&program, &line, "to go on waiting:").code, 7);
    let grants = server.grants();
    assert_eq!((grants.len(), &grants[before]["iss"]), (before + 1, &json!("other")));
}

/// A folder with a browser, which is a script.
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

/// A pipe beside the browser, and what comes out of it.
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

/// The fake browser logs each URL, and writes the expected one to a pipe that the test reads.
#[cfg(target_os = "linux")]
#[test]
fn the_browser_gets_the_confirm_address_and_no_other_kind() {
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
        assert!(err.starts_with("warning: no browser could be opened ("), "{err}");
    }
    let given = at_the_pipe(&folder);
    let err = opened(CONFIRM);
    assert!(!err.contains("warning:"), "{err}");
    assert_eq!(given.recv_timeout(BROWSER_TIMEOUT).unwrap(), format!("{CONFIRM}\n"));
    assert_eq!(std::fs::read_to_string(path("log")).unwrap(), format!("{CONFIRM}\n"));
}

#[cfg(target_os = "linux")]
#[test]
fn the_browser_gets_no_secret_with_its_environment() {
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
    assert!(run.code == 0 && !run.err.contains("warning: no browser"), "{}", run.err);
    let given = given.recv_timeout(BROWSER_TIMEOUT).unwrap();
    for (name, _, kept) in variables {
        let line = given.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        assert_eq!(line, kept, "{name}");
    }
    assert!(!given.contains("PRIVATE KEY") && !given.contains("pass"), "{given}");
}

/// Otherwise a token is renewed only after an API refuses it.
#[test]
fn a_token_is_used_for_its_life_and_not_beyond() {
    for (seconds, tokens) in [(0, 4), (119, 2), (u64::MAX, 2)] {
        let asked = AtomicUsize::new(0);
        let server = Server::vendor_with_tokens_for(seconds, move |_| match asked.fetch_add(1, Ordering::SeqCst) {
            0 => new(),
            1 | 2 => found("New"),
            _ => found("Accepted"),
        });
        let run = create(&server, "--wait").run();
        run.succeeds(&format!("{}status        Accepted\n", told()));
        assert_eq!((server.grants().len(), server.calls().len()), (tokens, 4), "{seconds} s");
    }
}

#[test]
fn a_machine_without_a_browser_is_no_failure() {
    let server = Server::vendor_in_turn([new()]);
    let run = create(&server, "--open").var("PATH", "/nowhere").run();
    assert_eq!((run.out, run.code), (told(), 0));
    assert!(
        run.err.starts_with("warning: no browser could be opened (") && run.err.lines().count() == 2,
        "{}",
        run.err
    );
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs script, of util-linux; .ci/run has it"]
fn somebody_at_a_terminal_sees_that_it_waits() {
    let server = Server::vendor_in_turn([new(), found("New"), found("Accepted")]);
    let run = Run::of(create(&server, "--wait").at_a_terminal().env("NO_COLOR", "1"));
    let said = run.out.replace("\r\n", "\n");
    let live = "\r\x1b[2K\x1b[?7lwaiting for the customer: New, 0 s; Ctrl-C ends the waiting\x1b[?7h";
    let status = "\r\x1b[2Kstatus        Accepted\n";
    assert!(said.contains(&format!("\n{live}")) && said.contains(&format!("{live}{status}")), "{said:?}");
    assert_eq!((run.code, said.matches("note: waiting").count()), (0, 0));
}

#[test]
fn a_request_that_was_there_and_is_accepted_while_one_waits_is_a_success() {
    let server = Server::vendor_in_turn([found("New"), found("New"), found("Accepted")]);
    let run = create(&server, "--wait").run();
    run.succeeds(&format!("{}status        Accepted\n", told()));
    assert!(run.err.ends_with(ITS_TOKEN), "{}", run.err);
}

#[test]
fn an_answer_that_does_not_come_does_not_keep_it_beyond_its_time() {
    let (release, held) = std::sync::mpsc::channel::<()>();
    let server = Server::vendor(move |request| match request.method.as_str() {
        "POST" => new(),
        _ => held.recv().map_or_else(|_| found("New"), |()| found("New")),
    });
    let begun = std::time::Instant::now();
    let run = create(&server, "--wait=1s --timeout 60").run();
    assert!(begun.elapsed() < std::time::Duration::from_secs(30));
    drop(release);
    assert_eq!((run.out, run.code), (told(), 6));
    let end = format!(
        "note: the request stays; to go on waiting: `systemuser-demo request status {ID} --wait --env test`\n\
         error: no answer came any more in the time that was given\n"
    );
    assert!(run.err.ends_with(&end), "{}", run.err);
}
