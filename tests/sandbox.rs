//! Does `systemuser-demo sandbox` start, run and stop correctly?

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, ChildStderr, Command, Stdio};

use systemuser_demo::{explain, sandbox};

use crate::program::{Run, program};
use crate::server::nobody;

pub struct Standing {
    pub child: Child,
    stderr: BufReader<ChildStderr>,
    introduction: String,
    pub address: String,
}

pub fn standing() -> Standing {
    standing_with("")
}

fn standing_with(options: &str) -> Standing {
    standing_by(program("sandbox --port 0 --verbose").args(options).command())
}

/// Starts a sandbox with this command.
pub fn standing_by(mut command: Command) -> Standing {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut introduction = String::new();
    while !introduction.contains("export SYSTEMUSER_SANDBOX=") {
        assert_ne!(stderr.read_line(&mut introduction).unwrap(), 0, "{introduction}");
    }
    let address = introduction.trim_end().rsplit('=').next().unwrap().to_owned();
    Standing { child, stderr, introduction, address }
}

impl Standing {
    /// Sends the signal. Returns the exit code, and the output on stdout and stderr after the introduction.
    pub fn end(&mut self, signal: &str) -> (Option<i32>, String, String) {
        let kill = format!("kill {signal} {}", self.child.id());
        let kill = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(kill.success());
        let code = self.child.wait().unwrap().code();
        let (mut out, mut err) = (String::new(), String::new());
        self.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        self.stderr.read_to_string(&mut err).unwrap();
        (code, out, err)
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_prints_an_introduction_and_ends_cleanly_on_ctrl_c() {
    let mut sandbox = standing();
    let introduction = sandbox.introduction.replace(&sandbox.address, "ADDRESS");
    assert_eq!(
        introduction,
        "note: the sandbox listens on this machine only; Ctrl-C stops it\n\
         \n\
         endpoints\n  \
         Maskinporten        POST /token  GET /jwk  GET /.well-known/oauth-authorization-server\n  \
         self-service        GET /api/v1/scopes/all (catalogue of scopes)\n  \
         Altinn              /authentication/api/v1/exchange  /systemregister  /systemuser\n  \
         authorised parties  GET /accessmanagement/api/v1/enduser/authorizedparties\n  \
         approval page       /accessmanagement/ui/systemuser/request  /agentrequest  /changerequest (the confirmUrl)\n  \
         reference APIs      GET /api/SystemUserInfo  /api/Logistics/{org}  /api/Salary/{org}\n  \
         krav og betalinger  GET /api/innkreving/kravogbetalinger/v1/regnskapssystem/{org}/aapnekrav  /krav  /innbetalinger  /utbetalinger\n  \
         test authority      GET /sandbox/certificate.pem  /sandbox/authority.pem  /sandbox/authority-key.pem\n  \
         other pages         GET / (overview)  GET /errors/{code} (explanation of an error code)\n\
         \n\
         organisations\n  \
         210493352  everything works, also for its subunit 314107713\n  \
         310904473  no right to salary: 403\n  \
         313790509  a system user with external reference customer-42: MP-303 without it\n  \
         314168267  a request that was never approved: MP-303\n  \
         314250052  an agent for its clients 310385980 and 312236265; 403 for 312605031 and for itself\n  \
         312600757  a customer without a system user: request a standard system user\n  \
         314112938  an accountant without a system user: request an agent system user, for its client 313775429\n  \
         314048431  a request that timed out: nobody answered it for 180 days\n  \
         313725138  a request that the customer rejected\n  \
         312530341  a request that was denied\n  \
         any other  no system user: MP-303\n\
         \n\
         settings for other programs\n  \
         issuer     ADDRESS/\n  \
         client id  7ee41fce-9f6e-4c32-8195-0fe2c1517f43\n  \
         scope      altinn:systembruker.demo\n  \
         kid        sandbox-example\n  \
         key        the private key in mp-key.pem.example\n\
         \n\
         all clients, which use the same key\n  \
         7ee41fce-9f6e-4c32-8195-0fe2c1517f43  belongs to vendor 991825827 and its system 991825827_smartcloud\n  \
         1c9b7d52-6e0f-4b83-a5d4-92f3e8c07b16  belongs to vendor 991825827 but to no system yet: use it for a system \
         of your own\n  \
         e2f7a94b-0d35-4c68-b1f9-6a83d5c27e04  belongs to vendor 310702641 and its system 310702641_fjordlonn; may \
         not request system users: MP-200\n  \
         b8d4f6a2-3c91-4e07-a5f8-1d6c92e7b340  belongs to vendor 991825827 but to no system: has only the scope \
         altinn:authentication/systemregister.admin\n  \
         c5a0e913-7b2d-4f86-9d41-3e6f8b20a7d5  belongs to vendor 991825827 and its system 991825827_smartcloud; \
         registered for business certificates, not for keys\n\
         \n\
         settings for this program, in another terminal\n  \
         export SYSTEMUSER_SANDBOX=ADDRESS\n"
    );
    let ended = "\nnote: the sandbox has stopped and discarded its data\n".to_owned();
    assert_eq!(sandbox.end("-INT"), (Some(0), format!("{}\n", sandbox.address), ended.clone()));
    let mut sandbox = standing();
    assert_eq!(sandbox.end("-TERM"), (Some(0), format!("{}\n", sandbox.address), ended));
}

#[test]
fn only_its_url_is_printed_with_quiet() {
    for (options, before, after) in [("", "", "\n"), ("--json", "{\n  \"url\": \"", "\"\n}\n")] {
        let sandbox = program("sandbox --port 0 --quiet").args(options);
        let mut child = sandbox.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (mut stdout, mut result) = (BufReader::new(child.stdout.take().unwrap()), String::new());
        while !result.ends_with(after) {
            assert_ne!(stdout.read_line(&mut result).unwrap(), 0, "{result}");
        }
        let url = result.strip_prefix(before).unwrap().strip_suffix(after).unwrap();
        let run = program("call salary").var("SYSTEMUSER_SANDBOX", url).run();
        child.kill().unwrap();
        run.succeeds("status  Paid\namount  1337\n");
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).unwrap();
        let err = Run::from(child.wait_with_output().unwrap()).err;
        assert_eq!((rest.as_str(), err.as_str()), ("", ""));
    }
}

/// Like tests/secrets.rs, for a sandbox that runs separately: all of its output is checked after it has ended.
#[test]
fn it_prints_neither_key_nor_token() {
    let mut sandbox = standing();
    let token = program("token").var("SYSTEMUSER_SANDBOX", &sandbox.address).run();
    assert_eq!(token.code, 0, "{}", token.err);
    let (_, out, err) = sandbox.end("-INT");
    let output = sandbox.introduction.clone() + &out + &err;
    crate::secrets::shows_none(&output, &crate::secrets::pieces_of_keys());
    crate::secrets::shows_none(&output, &crate::secrets::pieces_of_jwt(&token.out));
}

#[test]
fn it_ends_even_if_a_connection_is_open() {
    let mut sandbox = standing();
    let mut half = TcpStream::connect(sandbox.address.trim_start_matches("http://")).unwrap();
    half.write_all(b"POST /token HTTP/1.1\r\nHost: x\r\n").unwrap();
    assert_eq!(sandbox.end("-INT").0, Some(0));
}

#[test]
fn other_commands_use_it_when_its_address_is_set() {
    let sandbox = standing();
    let run = program("call salary --verbose").var("SYSTEMUSER_SANDBOX", &sandbox.address).run();
    run.succeeds("status  Paid\namount  1337\n");
    assert!(run.err.contains(&format!("post           {}/token\n", sandbox.address)), "{}", run.err);
    let note = format!("note: using the sandbox at {}/; nothing leaves this machine\n", sandbox.address);
    assert!(run.err.contains(&note), "{}", run.err);
    // By the name `localhost`.
    let by_name = sandbox.address.replace("127.0.0.1", "localhost");
    program("call salary").var("SYSTEMUSER_SANDBOX", by_name).run().succeeds("status  Paid\namount  1337\n");
    // A configuration file can also set the URL, and the issuer is enough.
    let file = format!(
        "{}[endpoints]\nissuer = \"{}/\"\n",
        crate::program::project_text("config/sandbox.toml"),
        sandbox.address.replace("127.0.0.1", "localhost")
    );
    let key = crate::program::project_text("mp-key.pem.example");
    let run = program("call salary").file("config/sandbox.toml", file).file("mp-key.pem.example", key).run();
    assert_eq!(run.err, note);
    run.succeeds("status  Paid\namount  1337\n");
}

#[test]
fn it_can_refuse_everything_and_shift_its_clock_and_prints_this() {
    let sandbox = standing_with("--refuse mp012 --clock-ahead -90");
    let notes = "note: its clock is 1 min 30 s behind this machine's clock\nnote: it refuses every grant: MP-012\n";
    assert!(sandbox.introduction.contains(notes), "{}", sandbox.introduction);
    let run = program("token").var("SYSTEMUSER_SANDBOX", &sandbox.address).run();
    assert!(run.err.contains("error: Maskinporten refused the grant: MP-012 invalid_grant\n"), "{}", run.err);
    assert!(run.err.contains("hint: this machine's clock is 1 min "), "{}", run.err);
    let ahead = standing_with("--clock-ahead 90");
    assert!(
        ahead.introduction.contains("note: its clock is 1 min 30 s ahead of this machine's clock\n"),
        "{}",
        ahead.introduction
    );
}

#[test]
fn it_can_change_its_paging_and_prints_this() {
    let sandbox = standing_with("--page-size 2 --paging-fault loses-rows");
    let notes = "note: Altinn's lists have 2 rows per page\n\
                note: the paging of Altinn's lists has a fault: loses-rows\n";
    assert!(sandbox.introduction.contains(notes), "{}", sandbox.introduction);
    for size in ["0", "x", "-1"] {
        let run = program("sandbox").arg(format!("--page-size={size}")).run();
        run.fails(2, &format!("error: --page-size: expected 1 or more, found `{size}`\n"));
    }
    program("sandbox --paging-fault lost").run().fails(
        2,
        "error: --paging-fault: `lost` is not a known paging fault; expected one of right, loses-rows, never-ends, \
         internal-host\n",
    );
}

#[test]
fn an_address_without_a_running_sandbox_is_reported() {
    let run = program("token").var("SYSTEMUSER_SANDBOX", nobody()).run();
    assert_eq!(run.code, 6);
    run.fails(
        6,
        "note: using the sandbox at http://127.0.0.1:PORT/; nothing leaves this machine\n\
         error: cannot connect to `http://127.0.0.1:PORT/token`: Connection refused\n\
         hint: is no sandbox running there? start one with `systemuser-demo sandbox --port PORT`\n",
    );
}

#[test]
fn it_accepts_no_other_environment_and_no_configuration_file() {
    program("sandbox --env prod").run().fails(
        2,
        "error: `sandbox` works only with --env sandbox, but --env is `prod`\n\
         hint: for usage, run `systemuser-demo sandbox --help`\n",
    );
    program("sandbox --config x.toml").run().fails(
        2,
        "error: `sandbox` does not accept --config\n\
         hint: for usage, run `systemuser-demo sandbox --help`\n",
    );
}

#[test]
fn a_port_must_be_a_free_number() {
    for port in ["x", "70000", "-1"] {
        let run = program("sandbox").arg(format!("--port={port}")).run();
        run.fails(2, &format!("error: --port: expected a port number from 0 to 65535, found `{port}`\n"));
    }
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    program(&format!("sandbox --port {port}")).run().fails(
        2,
        &format!(
            "error: --port: port {port} on 127.0.0.1 is already in use\n\
             hint: is another sandbox running? choose another port with --port, or 0 for a free port\n"
        ),
    );
}

#[test]
fn it_refuses_a_socket_that_other_machines_can_reach() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let error = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(("0.0.0.0", 0)).await.unwrap();
        systemuser_demo::sandbox::serve(listener, Default::default(), std::future::pending()).await.unwrap_err()
    });
    assert_eq!(error.to_string(), "the sandbox can only listen on a loopback address");
}

/// All that a sandbox sends for this text until it closes the connection.
fn all_answers(address: &str, text: &str, closes_sending_side: bool) -> String {
    let mut stream = TcpStream::connect(address.trim_start_matches("http://").trim_end_matches('/')).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(9))).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    if closes_sending_side {
        stream.shutdown(Shutdown::Write).unwrap();
    }
    let mut answers = String::new();
    stream.read_to_string(&mut answers).expect("the connection is closed before the time limit");
    answers
}

#[test]
fn a_missing_double_or_invalid_host_is_refused() {
    let address = crate::server::sandbox(Default::default());
    let asked = |version: &str, hosts: &str| {
        let text = format!("GET /jwk HTTP/{version}\r\n{hosts}Connection: close\r\n\r\n");
        let answer = all_answers(&address, &text, false);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert_eq!(head.matches("date: ").count(), 1, "{head}");
        (head.split(' ').nth(1).unwrap().parse::<u16>().unwrap(), body.to_owned())
    };
    for (hosts, fault) in [
        ("", "The Host header is missing."),
        ("Host: 127.0.0.1\r\nHost: 127.0.0.1\r\n", "The request has more than one Host header."),
        ("Host: a\r\nhost:\r\n", "The request has more than one Host header."),
        ("Host: a b\r\n", "The Host header is invalid."),
        ("Host: http://a/\r\n", "The Host header is invalid."),
        ("Host: user@a\r\n", "The Host header is invalid."),
        ("Host: \u{e5}\r\n", "The Host header is invalid."),
    ] {
        assert_eq!(asked("1.1", hosts), (400, fault.to_owned()), "{hosts:?}");
    }
    for hosts in ["Host: a\r\n", "Host:\r\n", "Host: a:\r\n", "Host: 127.0.0.1:7070\r\n", "Host: [::1]:7070\r\n"] {
        assert_eq!(asked("1.1", hosts).0, 200, "{hosts:?}");
    }
    assert_eq!(asked("1.0", "").0, 200);
    assert_eq!(asked("1.0", "Host: a\r\n").0, 200);
    assert_eq!(asked("1.0", "Host: a\r\nHost: a\r\n").0, 400);
}

#[test]
fn an_answer_to_a_body_that_was_not_read_closes_the_connection() {
    let address = crate::server::sandbox(Default::default());
    let next = "GET /jwk HTTP/1.1\r\nHost: a\r\n\r\n";
    let is_closed = |head: &str, body: &str, status: u16| {
        let answers = all_answers(&address, &format!("{head} HTTP/1.1\r\nHost: a\r\n{body}{next}"), false);
        assert!(answers.starts_with(&format!("HTTP/1.1 {status} ")), "{head}: {answers}");
        assert!(answers.contains("connection: close\r\n"), "{head}: {answers}");
        assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{head}: {answers}");
    };
    // The body itself is a request, which must not be answered.
    let length = next.len();
    is_closed("POST /jwk", &format!("Content-Length: {length}\r\n\r\n"), 405);
    is_closed("PUT /token", &format!("Content-Length: {length}\r\n\r\n"), 405);
    is_closed("GET /jwk", &format!("Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n"), 200);
    // The sandbox answers these requests before their bodies arrive.
    is_closed("PUT /token", "Content-Length: 1000\r\n\r\n", 405);
    is_closed("POST /token", "Content-Length: 65537\r\n\r\n", 413);
    is_closed("POST /nowhere", "Content-Length: 65537\r\nExpect: 100-continue\r\n\r\n", 413);
    is_closed("POST /token", &format!("Transfer-Encoding: chunked\r\n\r\n10001\r\n{}", "a".repeat(0x10001)), 413);
    // After a body that was read, and after a request without a body, the connection stays open.
    for (head, status) in [("POST /token", 400), ("POST /nowhere", 404), ("POST /jwk", 405)] {
        let body = if head == "POST /jwk" { "" } else { "Content-Length: 3\r\n\r\na=b" };
        let end = if body.is_empty() { "\r\n" } else { "" };
        let text = format!(
            "{head} HTTP/1.1\r\nHost: a\r\n{body}{end}GET /jwk HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        );
        let answers = all_answers(&address, &text, false);
        assert!(answers.starts_with(&format!("HTTP/1.1 {status} ")), "{answers}");
        assert_eq!(answers.matches("HTTP/1.1 ").count(), 2, "{answers}");
    }
}

#[test]
fn a_client_that_closes_its_sending_side_gets_its_answers() {
    let address = crate::server::sandbox(Default::default());
    let ask = "GET /jwk HTTP/1.1\r\nHost: a\r\n\r\n";
    for times in [1, 3] {
        let answers = all_answers(&address, &ask.repeat(times), true);
        assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), times, "{answers}");
    }
    let form = "POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n";
    assert!(all_answers(&address, &format!("{form}a=b"), true).starts_with("HTTP/1.1 400 "));
    // Incomplete requests are not kept waiting for.
    assert!(all_answers(&address, &format!("{form}a="), true).contains("The body is incomplete."));
    assert_eq!(all_answers(&address, "GET /jwk HTTP/1.1\r\nHo", true), "");
    assert_eq!(all_answers(&address, "", true), "");
}

/// The head and the HTML of a page of the sandbox.
fn page(address: &str, method: &str, path: &str) -> (u16, String, String) {
    page_for(address, &format!("{method} {path}"), "*/*")
}

fn page_for(address: &str, request: &str, accept: &str) -> (u16, String, String) {
    let text = format!("{request} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {accept}\r\nConnection: close\r\n\r\n");
    let answer = all_answers(address, &text, false);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_owned(), body.to_owned())
}

/// The text as a browser shows it.
fn shown(html: &str) -> String {
    let text = html.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text)).collect::<String>();
    text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// The commands on a page that need no value from the reader.
fn commands(html: &str) -> Vec<String> {
    let codes = html.split("<code>").skip(1).map(|rest| shown(rest.split("</code>").next().unwrap()));
    let is_placeholder = |word: &str| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_uppercase());
    codes.filter(|code| code.contains("systemuser-demo ") && !code.split(' ').any(is_placeholder)).collect()
}

#[test]
fn the_overview_lists_what_the_sandbox_has_and_its_commands_work() {
    let standing = standing();
    let (status, head, html) = page(&standing.address, "GET", "/");
    assert_eq!(status, 200, "{head}");
    let text = shown(&html);
    for (name, shows) in sandbox::organisations().chain(sandbox::clients()).chain(sandbox::endpoints()) {
        assert!(text.contains(&format!("{name}{shows}")), "{name}: {text}");
    }
    let commands = commands(&html);
    assert_eq!(commands.len(), 3, "{html}");
    for command in commands {
        assert!(command.starts_with(&format!("SYSTEMUSER_SANDBOX={} systemuser-demo ", standing.address)), "{command}");
        #[cfg(unix)]
        {
            let run = crate::program::in_a_new_terminal(&command);
            assert_eq!(run.code, 0, "{command}: {}", run.err);
        }
    }
}

#[test]
fn it_serves_its_certificates_and_the_key_that_issues_more() {
    let address = crate::server::sandbox(Default::default());
    let file = |path: &str| {
        let (status, head, body) = page(&address, "GET", path);
        assert!(status == 200 && head.contains("content-type: text/plain; charset=utf-8\r\n"), "{path}: {head}");
        body
    };
    let project = |file: &str| crate::program::project_text(&format!("src/sandbox/fixtures/authority/{file}"));
    let certificate = crate::program::project_text("config/sandbox-certificate.pem");
    assert_eq!(file("/sandbox/certificate.pem"), certificate);
    assert_eq!(file("/sandbox/authority-key.pem"), project("issuing-key.pem"));
    let contents = |text: &str| pem::parse_many(text).unwrap();
    assert_eq!(contents(&file("/sandbox/authority.pem")), contents(&certificate)[1..]);
    assert!(!file("/sandbox/authority.pem").contains("PRIVATE KEY"));
    assert_eq!(page(&address, "POST", "/sandbox/certificate.pem").0, 405);
    assert_eq!(page(&address, "GET", "/sandbox/other.pem").0, 404);
    let (_, _, html) = page(&address, "GET", "/");
    assert!(html.contains("<a href=\"/sandbox/certificate.pem\">"), "{html}");
}

#[test]
fn each_code_has_a_page_and_the_commands_on_it_work() {
    let standing = standing();
    let (_, _, list) = page(&standing.address, "GET", "/errors/");
    let mut all_commands = std::collections::BTreeSet::new();
    for entry in explain::all() {
        assert!(list.contains(&format!("<a href=\"/errors/{0}\">{0}</a>", entry.code)), "{}", entry.code);
        let (status, _, html) = page(&standing.address, "GET", &format!("/errors/{}", entry.code));
        let text = shown(&html);
        assert!(status == 200 && text.contains(&entry.meaning.replace('`', "")), "{}: {text}", entry.code);
        for cause in entry.causes {
            assert!(text.contains(&cause.question.replace('`', "")), "{}: {text}", entry.code);
        }
        all_commands.extend(commands(&html));
    }
    assert!(all_commands.len() > 3, "{all_commands:?}");
    #[cfg(unix)]
    for command in all_commands {
        let run = crate::program::in_a_new_terminal(&command);
        assert_eq!(run.code, 0, "{command}: {}", run.err);
    }
}

#[test]
fn the_page_in_a_refusal_explains_it() {
    let standing = standing();
    let run = program("token --org 314168267").var("SYSTEMUSER_SANDBOX", &standing.address).run();
    let url = run.err.split_once("; see ").unwrap_or_else(|| panic!("{}", run.err)).1.trim_end().to_owned();
    let path = url.strip_prefix(&standing.address).expect("a page of the sandbox");
    assert_eq!(path, "/errors/MP-303");
    let is_explained = |path: &str, code: &str| {
        let (status, _, html) = page(&standing.address, "GET", path);
        assert!(status == 200 && html.contains(&format!("<h1>{code}</h1>")), "{path}: {html}");
    };
    for path in [path, "/errors/mp-303", "/Errors/MP-303/", "/errors/MP_303", "/errors/MP303"] {
        is_explained(path, "MP-303");
    }
    is_explained("/errors/invalid_target", "invalid-target");
    // Altinn's approval page shows a code with another prefix.
    for path in ["/errors/AMUI-00016", "/errors/AUTH-00016", "/errors/amui_16"] {
        is_explained(path, "AMUI-00016");
    }
    is_explained("/errors/AUTH-00004", "AUTH-00004");
    is_explained("/errors/AMUI-00004", "AMUI-00004");
    let (status, head, html) = page(&standing.address, "HEAD", path);
    assert_eq!((status, html.as_str()), (200, ""), "{head}");
}

#[test]
fn a_sandbox_without_explanations_describes_its_own_refusals() {
    let address = crate::server::sandbox(Default::default());
    let (_, _, list) = page(&address, "GET", "/errors");
    for refusal in sandbox::ForcedRefusal::all() {
        assert!(list.contains(&format!("<a href=\"/errors/{0}\">{0}</a>", refusal.name)), "{}", refusal.name);
        let (status, _, html) = page(&address, "GET", &format!("/errors/{}", refusal.name));
        assert!(status == 200 && html.contains(&format!("<h1>{}</h1>", refusal.name)), "{html}");
    }
    let (_, _, html) = page(&address, "GET", "/errors/MP-303");
    let text = "<code>invalid_altinn_customer_configuration</code>: No approved system user</p>";
    assert!(html.contains(text), "{html}");
}

#[test]
fn the_pages_forbid_what_they_do_not_need_and_repeat_nothing_from_the_url() {
    let address = crate::server::sandbox(Default::default());
    for (path, expected) in [
        ("/", 200),
        ("/?a=%3Cscript%3E", 200),
        ("/errors/", 200),
        ("/errors/MP-303", 200),
        ("/errors/MP-999", 404),
        ("/errors/%3Cscript%3Ealert(1)%3C/script%3E", 404),
        ("/errors/\"onload=script()", 404),
        ("/errors/MP-303/more", 404),
    ] {
        let (status, head, html) = page(&address, "GET", path);
        assert_eq!(status, expected, "{path}: {head}");
        assert!(
            html.contains("<h1>") && !html.contains("script>") && !html.contains("onload") && !html.contains("999"),
            "{path}: {html}"
        );
        let style = html.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, style.as_bytes());
        let hash = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, hash);
        let policy = format!(
            "content-security-policy: default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; \
             frame-ancestors 'none'; form-action 'none'\r\n"
        );
        for header in [policy.as_str(), "content-type: text/html; charset=utf-8\r\n", "x-frame-options: DENY\r\n"] {
            assert!(head.contains(header), "{path}: {head}");
        }
    }
    let (status, head, _) = page(&address, "POST", "/errors/MP-303");
    assert!(status == 405 && head.contains("allow: GET, HEAD"), "{head}");
}

#[test]
fn a_code_is_found_in_any_spelling() {
    let standing = standing();
    for address in [&standing.address, &crate::server::sandbox(Default::default())] {
        for path in ["/errors/mp303", "/errors/MP303", "/Errors/mp_303/", "/errors/Mp-303"] {
            let (status, _, html) = page(address, "GET", path);
            assert!(status == 200 && html.contains("<h1>MP-303</h1>"), "{path}: {html}");
        }
        assert_eq!(page(address, "GET", "/errors/mp30").0, 404);
    }
    let (status, _, html) = page(&standing.address, "GET", "/errors/auth4");
    assert!(status == 200 && html.contains("<h1>AUTH-00004</h1>"), "{html}");
}

#[test]
fn an_unknown_path_has_a_page_for_browsers_only() {
    let address = crate::server::sandbox(Default::default());
    let accepts = |path: &str, accept: &str| {
        let (status, _, body) = page_for(&address, &format!("GET {path}"), accept);
        assert_eq!(status, 404, "{path}: {accept}");
        body
    };
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    for path in ["/nowhere", "/nowhere/at?all=1", "/favicon.ico"] {
        let html = accepts(path, browser);
        assert!(html.contains("<h1>Page not found</h1>") && html.contains("<a href=\"/\">"), "{path}: {html}");
        for other in ["*/*", "application/json", "text/html;q=0"] {
            assert_eq!(accepts(path, other), "", "{path}: {other}");
        }
    }
    for path in ["/api/nowhere", "/api", "/authentication/nowhere", "/authentication/api/v1/nowhere"] {
        assert_eq!(accepts(path, browser), "", "{path}");
    }
}
