//! What does it say, and how soon, and in how much memory, when a server or the way to it is out of order?
//!
//! Each fault stands between the client and one of its servers; the others answer as they should.

mod bodies;
mod connections;
mod documents;
mod proxies;
mod redirects;
mod statuses;
mod tls;
mod tokens;
mod wire;

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use self::wire::{Connection, Wire};
use crate::program::{Program, Run, data, program, without_chance};
use crate::secrets::{pieces_of_jwt, pieces_of_keys, shows_none};
use crate::server::{Request, json};
use Call::{Create, Exchange, Orders, Reference, System, Token, Users};

/// A call that a fault may stand in the way of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    /// A grant goes to Maskinporten.
    Token,
    /// A token is exchanged at Altinn.
    Exchange,
    /// An API that is configured.
    Orders,
    /// An API of the reference.
    Reference,
    /// Something is got from Altinn.
    System,
    /// A list is got from Altinn.
    Users,
    /// Something is sent to Altinn.
    Create,
}

impl Call {
    const ALL: [Self; 7] = [Token, Exchange, Orders, Reference, System, Users, Create];

    fn command(self) -> &'static str {
        match self {
            Token => "token",
            Exchange => "token --exchange",
            Orders => "call orders",
            Reference => "call systemuserinfo",
            System => "system show",
            Users => "user list",
            Create => "request create 312600757 --right demo",
        }
    }

    /// What is asked for, below the server's address.
    fn path(self) -> &'static str {
        match self {
            Token => "token",
            Exchange => "authentication/api/v1/exchange/maskinporten",
            Orders => "orders/210493352",
            Reference => "api/SystemUserInfo",
            System => "authentication/api/v1/systemregister/vendor/991825827_smartcloud",
            Users => "authentication/api/v1/systemuser/vendor/bysystem/991825827_smartcloud",
            Create => "authentication/api/v1/systemuser/request/vendor",
        }
    }

    /// The program that makes this call to the server at this address. Everything before goes to Maskinporten.
    fn program(self, server: &str, maskinporten: &str, timeout: u64) -> Program {
        let issuer = if self == Token { server } else { maskinporten };
        let program = program(self.command()).args(&format!("--env test --verbose --timeout {timeout}"));
        program.file("config/test.toml", configuration(server, issuer))
    }
}

/// The configuration of a vendor, with its servers at these addresses.
fn configuration(server: &str, issuer: &str) -> String {
    format!(
        "environment = \"test\"\nclient_id = \"tests\"\nscope = \"a:b\"\norg = \"210493352\"\n\
             [key]\npath = {:?}\n[vendor]\norg = \"991825827\"\nsystem_id = \"991825827_smartcloud\"\n\
             [endpoints]\nissuer = \"{issuer}\"\nreference_api = \"{server}\"\naltinn = \"{server}\"\n\
             [api.orders]\nurl = \"{server}orders/{{org}}\"\n",
        data("key.jwk.json")
    )
}

/// A token that looks like a real one, and is of nobody.
static TOKEN: LazyLock<String> = LazyLock::new(|| {
    let now = chrono::Utc::now().timestamp();
    let claims = format!(r#"{{"iss":"https://maskinporten.no/","iat":{now},"exp":{},"jti":"0123456789"}}"#, now + 119);
    let signature: Vec<u8> = (0..=255).collect();
    let parts = [br#"{"alg":"RS256","typ":"JWT"}"#.as_slice(), claims.as_bytes(), &signature];
    parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
});

/// The answer that brings it.
fn token_answer(token: &str) -> String {
    json("200 OK", &format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":119}}"#))
}

/// More memory of its own than this the program must not take, in KiB: 32 MiB less its code, which others share.
const MEMORY: u32 = 20 * 1024;

/// The program with a limit on its memory, where there is a shell that can set one: whoever comes to it is ended by a
/// signal. What a child has needed cannot be asked for, since Linux reckons from what its parent had.
fn bounded(program: &Program, kib: u32) -> Command {
    let command = program.command();
    if !cfg!(target_os = "linux") {
        return command;
    }
    let mut bounded = Command::new("/bin/sh");
    bounded.arg("-c").arg(format!("ulimit -d {kib}; exec \"$0\" \"$@\""));
    bounded.arg(command.get_program()).args(command.get_args()).env_clear();
    bounded.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    bounded.current_dir(command.get_current_dir().unwrap()).stdin(std::process::Stdio::null());
    bounded
}

/// Runs it, and holds what is true of each fault: it ends in time, within its memory, with one error, nothing on
/// stdout, and no secret. Answers with the exit code, and with the error and all that is said about it.
///
/// Where the answer can be printed as it came, it answers with what is printed, and with the notes.
fn outcome(program: &Program, timeout: u64, servers: &[&Wire]) -> (i32, String) {
    let begun = Instant::now();
    let run = Run::of(&mut bounded(program, MEMORY));
    let taken = begun.elapsed();
    // A busy machine takes its time to start a program.
    assert!(taken < Duration::from_secs(timeout + 2), "{taken:?}: {}", run.err);
    shows_no_secret(&run.err, servers);
    let errors = run.err.lines().filter(|line| line.starts_with("error: ")).count();
    if run.code == 0 && errors == 0 {
        let notes = run.err.lines().filter(|line| line.starts_with("note: ")).map(|note| format!("{note}\n"));
        return (0, run.out + &notes.collect::<String>());
    }
    assert!(errors == 1 && run.out.is_empty(), "code: {}\nstdout: {}\nstderr: {}", run.code, run.out, run.err);
    (run.code, without_chance(&run.err[run.err.find("error: ").unwrap()..]))
}

/// No key, no grant and no token is in it, and nothing that draws on a terminal.
fn shows_no_secret(output: &str, servers: &[&Wire]) {
    static PIECES: LazyLock<Vec<String>> = LazyLock::new(|| {
        let mut pieces = pieces_of_keys();
        pieces.extend(pieces_of_jwt(&TOKEN));
        pieces
    });
    let sent = servers.iter().flat_map(|server| server.requests());
    let sent: Vec<String> = sent.flat_map(|request| secrets_in(&request)).collect();
    shows_none(output, &PIECES);
    shows_none(output, &sent);
    assert!(!output.contains("eyJ"), "what begins like a token is in:\n{output}");
    let drawn = output.chars().find(|c| c.is_control() && *c != '\n');
    assert_eq!(drawn, None, "{output}");
}

/// What there is in a request that nobody else may see.
fn secrets_in(request: &Request) -> Vec<String> {
    let assertion = request.body.split("assertion=").nth(1).into_iter();
    let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).into_iter();
    assertion.chain(bearer).flat_map(pieces_of_jwt).collect()
}

/// A row of the table, for one call.
struct Case {
    fault: String,
    call: Call,
    /// In seconds.
    timeout: u64,
    /// The server that is out of order, or the address at which there is none.
    server: Box<dyn Fn() -> Result<Wire, String> + Send + Sync>,
    /// The exit code, and what is said.
    expected: (i32, String),
}

/// Longer than any of it takes that is not about time.
const PATIENCE: u64 = 10;

impl Case {
    fn new(
        fault: &str,
        call: Call,
        server: impl Fn() -> Wire + Send + Sync + 'static,
        expected: (i32, String),
    ) -> Self {
        Self { fault: fault.to_owned(), call, timeout: PATIENCE, server: Box::new(move || Ok(server())), expected }
    }

    fn nowhere(fault: &str, call: Call, url: String, expected: (i32, String)) -> Self {
        Self { server: Box::new(move || Err(url.clone())), ..Self::new(fault, call, || unreachable!(), expected) }
    }

    fn within(self, timeout: u64) -> Self {
        Self { timeout, ..self }
    }

    /// What comes out of it, be it right or not.
    fn outcome(&self) -> (i32, String) {
        let server = (self.server)();
        let maskinporten = Wire::answering(|_| token_answer(&TOKEN).into_bytes());
        let url = server.as_ref().map_or_else(String::clone, Wire::url);
        let program = self.call.program(&url, &maskinporten.url(), self.timeout);
        let servers: Vec<&Wire> = server.iter().chain([&maskinporten]).collect();
        outcome(&program.var("SSL_CERT_FILE", tls::roots()), self.timeout, &servers)
    }
}

/// The sentence about a server that gave no usable answer; hints may follow it.
fn no_answer(call: Call, server: &str, said: &str) -> (i32, String) {
    let (said, hints) =
        said.split_once('\n').map_or((said, String::new()), |(said, hints)| (said, format!("{hints}\n")));
    // It never came so far, or was sent away.
    let undone = ["the name ", "no connection", "the TLS handshake", "status 429", "status 200,", "the client "];
    let undone = undone.iter().any(|begin| said.starts_with(begin)) || said.contains("points elsewhere");
    let looks = "hint: it may have been carried out all the same: look before it is sent again\n";
    let looks = if call == Create && !undone { looks } else { "" };
    (6, format!("error: no usable answer from `{server}{}`: {said}\n{looks}{hints}", call.path()))
}

/// What is said of a refusal in a text of no known form.
fn refused(call: Call, words: &str) -> (i32, String) {
    let address = format!("{HTTP}{}", call.path());
    match call {
        Call::Token => (
            4,
            format!(
                "error: Maskinporten refused the grant: status 400 from `{address}`\n  \"{words}\"\n\
                 hint: is this the address of Maskinporten's token endpoint?\n"
            ),
        ),
        _ => (5, format!("error: `{address}` refused the call: status 400, {words}\n")),
    }
}

const HTTP: &str = "http://127.0.0.1:PORT/";
const HTTPS: &str = "https://127.0.0.1:PORT/";

/// Whatever is done with the connection, the same is said at every call.
fn everywhere(fault: &str, act: impl Fn(Connection) + Clone + Send + Sync + 'static, said: &str) -> Vec<Case> {
    let case = |call| {
        let act = act.clone();
        Case::new(fault, call, move || Wire::start(act.clone()), no_answer(call, HTTP, said))
    };
    Call::ALL.into_iter().map(case).collect()
}

/// The same answer comes at every call.
fn answer(fault: &str, answer: impl Into<Vec<u8>>, said: impl Fn(Call) -> (i32, String)) -> Vec<Case> {
    let answer: Vec<u8> = answer.into();
    let case = |call| {
        let answer = answer.clone();
        let server = move || {
            let answer = answer.clone();
            Wire::answering(move |_| answer.clone())
        };
        Case::new(fault, call, server, said(call))
    };
    Call::ALL.into_iter().map(case).collect()
}

/// Does this with all of them at once: most of it is waiting.
fn at_once<T: Send>(all: impl IntoIterator<Item = T>, act: impl Fn(T) + Sync) {
    let act = &act;
    thread::scope(|threads| all.into_iter().for_each(|one| drop(threads.spawn(move || act(one)))));
}

/// Goes through a part of the table, several cases at a time.
fn hold(cases: impl IntoIterator<Item = Case>) {
    let cases: Vec<Case> = cases.into_iter().collect();
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|threads| {
        for _ in 0..16 {
            threads.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| case.outcome()));
                    if !matches!(&outcome, Ok(outcome) if *outcome == case.expected) {
                        let wrongly = format!("{}, {:?}:\n  {outcome:?}\n  {:?}", case.fault, case.call, case.expected);
                        wrong.lock().unwrap().push(wrongly);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
