//! Does `systemuser-demo sandbox` start, run and stop correctly?

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStderr, Command, Stdio};

use crate::program::program;
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
        "note: the sandbox listens on ADDRESS, on this machine only; Ctrl-C stops it\n\
         \n\
         endpoints\n  \
         Maskinporten    POST /token  GET /jwk  GET /.well-known/oauth-authorization-server\n  \
         Altinn          /authentication/api/v1/exchange  /systemregister  /systemuser\n  \
         approval page   /accessmanagement/ui/systemuser/request?id=…, the page at a request's confirmUrl\n  \
         reference APIs  GET /api/SystemUserInfo  /api/Logistics/{org}  /api/Salary/{org}\n\
         \n\
         organisations\n  \
         210493352  everything works\n  \
         310904473  no right to salary: 403\n  \
         313790509  a system user with external reference customer-42: MP-303 without it\n  \
         314168267  a request that was never approved: MP-303\n  \
         314250052  an agent for its client 310385980; 403 for 312605031 and for itself\n  \
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
         not request system users: MP-200\n\
         \n\
         settings for this program, in another terminal\n  \
         export SYSTEMUSER_SANDBOX=ADDRESS\n"
    );
    let ended = "\nnote: the sandbox has stopped and discarded its data\n".to_owned();
    assert_eq!(sandbox.end("-INT"), (Some(0), String::new(), ended.clone()));
    assert_eq!(standing().end("-TERM"), (Some(0), String::new(), ended));
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
        "error: --paging-fault: `lost` is not a known paging fault; expected one of right, loses-rows, never-ends\n",
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
         hint: is no sandbox running there? start one with `systemuser-demo sandbox`\n",
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
