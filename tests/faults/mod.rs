//! How does the client behave when a server or the network fails: what does it print, how soon, and with how much
//! memory?
//!
//! Each fault affects one of the client's servers; the other servers answer normally.

mod bodies;
mod catalogue;
mod connections;
mod documents;
mod proxies;
mod redirects;
mod statuses;
mod tls;
mod tokens;
pub mod wire;

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
use Call::{Change, Create, Exchange, Orders, Reference, System, Token, Users};

/// A call that a fault affects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    /// Sends a grant to Maskinporten.
    Token,
    /// Exchanges a token at Altinn.
    Exchange,
    /// Calls an API from the configuration.
    Orders,
    /// Calls a reference API.
    Reference,
    /// Reads a resource from Altinn.
    System,
    /// Reads a list from Altinn.
    Users,
    /// Reads a change request from Altinn.
    Change,
    /// Sends data to Altinn.
    Create,
}

impl Call {
    const ALL: [Self; 8] = [Token, Exchange, Orders, Reference, System, Users, Change, Create];

    fn command(self) -> &'static str {
        match self {
            Token => "token",
            Exchange => "token --exchange",
            Orders => "call orders",
            Reference => "call systemuserinfo",
            System => "system show",
            Users => "user list",
            Change => "request status 7d6e1d3c-2f0b-4c3e-9b57-1f6a2c8d9e04 --change",
            Create => "request create 312600757 --right demo",
        }
    }

    /// The path of the request, relative to the server's URL.
    fn path(self) -> &'static str {
        match self {
            Token => "token",
            Exchange => "authentication/api/v1/exchange/maskinporten",
            Orders => "orders/210493352",
            Reference => "api/SystemUserInfo",
            System => "authentication/api/v1/systemregister/vendor/991825827_smartcloud",
            Users => "authentication/api/v1/systemuser/vendor/bysystem/991825827_smartcloud",
            Change => "authentication/api/v1/systemuser/changerequest/vendor/7d6e1d3c-2f0b-4c3e-9b57-1f6a2c8d9e04",
            Create => "authentication/api/v1/systemuser/request/vendor",
        }
    }

    /// The program that makes this call to the server at this URL. All requests before the call go to Maskinporten.
    fn program(self, server: &str, maskinporten: &str, timeout: u64) -> Program {
        let issuer = if self == Token { server } else { maskinporten };
        let program = program(self.command()).args(&format!("--env test --verbose --timeout {timeout}"));
        program.file("config/test.toml", configuration(server, issuer))
    }
}

/// A vendor's configuration with these server URLs.
fn configuration(server: &str, issuer: &str) -> String {
    format!(
        "environment = \"test\"\nclient_id = \"tests\"\nscope = \"a:b\"\norg = \"210493352\"\n\
             [key]\npath = {:?}\n[vendor]\norg = \"991825827\"\nsystem_id = \"991825827_smartcloud\"\n\
             [endpoints]\nissuer = \"{issuer}\"\nreference_api = \"{server}\"\naltinn = \"{server}\"\n\
             [api.orders]\nurl = \"{server}orders/{{org}}\"\n",
        data("key.jwk.json")
    )
}

/// A token that looks real but belongs to nobody.
static TOKEN: LazyLock<String> = LazyLock::new(|| {
    let now = chrono::Utc::now().timestamp();
    let claims = format!(r#"{{"iss":"https://maskinporten.no/","iat":{now},"exp":{},"jti":"0123456789"}}"#, now + 119);
    let signature: Vec<u8> = (0..=255).collect();
    let parts = [br#"{"alg":"RS256","typ":"JWT"}"#.as_slice(), claims.as_bytes(), &signature];
    parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
});

/// This token, for an Altinn that exchanges tokens.
pub fn token() -> &'static str {
    &TOKEN
}

/// A token answer with this token.
fn token_answer(token: &str) -> String {
    json("200 OK", &format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":119}}"#))
}

/// Limit on the program's data memory, in KiB: 32 MiB minus the size of its code, which is shared.
const MEMORY: u32 = 20 * 1024;

/// The program with a memory limit, if the shell can set a limit: a signal ends a program that reaches it. Peak memory
/// of a child process is no alternative, because Linux counts from the parent's memory.
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

/// Runs the program and asserts what is true for each fault: the program ends in time, within its memory limit, with
/// one error, with nothing on stdout, and without printing a secret. Returns the exit code and the text from the error
/// on.
///
/// If the program prints the answer, returns what it prints, followed by the notes.
fn outcome(program: &Program, timeout: u64, servers: &[&Wire]) -> (i32, String) {
    let begun = Instant::now();
    let run = Run::of(&mut bounded(program, MEMORY));
    let taken = begun.elapsed();
    // Allows for the slow start of a program on a busy machine.
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

/// Asserts that the output contains no key, grant or token, and no control characters.
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
    assert!(!output.contains("eyJ"), "the output contains the beginning of a token:\n{output}");
    let drawn = output.chars().find(|c| c.is_control() && *c != '\n');
    assert_eq!(drawn, None, "{output}");
}

/// The secrets in a request: its grant and its token.
fn secrets_in(request: &Request) -> Vec<String> {
    let assertion = request.body.split("assertion=").nth(1).into_iter();
    let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).into_iter();
    assertion.chain(bearer).flat_map(pieces_of_jwt).collect()
}

/// A fault in one call, and the expected outcome.
struct Case {
    fault: String,
    call: Call,
    /// Time limit, in seconds.
    timeout: u64,
    /// The faulty server, or a URL at which no server runs.
    server: Box<dyn Fn() -> Result<Wire, String> + Send + Sync>,
    /// The exit code and the message.
    expected: (i32, String),
}

/// Time limit, in seconds, for faults that do not depend on time.
const TIMEOUT: u64 = 10;

impl Case {
    fn new(
        fault: &str,
        call: Call,
        server: impl Fn() -> Wire + Send + Sync + 'static,
        expected: (i32, String),
    ) -> Self {
        Self { fault: fault.to_owned(), call, timeout: TIMEOUT, server: Box::new(move || Ok(server())), expected }
    }

    fn nowhere(fault: &str, call: Call, url: String, expected: (i32, String)) -> Self {
        Self { server: Box::new(move || Err(url.clone())), ..Self::new(fault, call, || unreachable!(), expected) }
    }

    fn within(self, timeout: u64) -> Self {
        Self { timeout, ..self }
    }

    /// The actual outcome.
    fn outcome(&self) -> (i32, String) {
        let server = (self.server)();
        let maskinporten = Wire::answering(|_| token_answer(&TOKEN).into_bytes());
        let url = server.as_ref().map_or_else(String::clone, Wire::url);
        let program = self.call.program(&url, &maskinporten.url(), self.timeout);
        let servers: Vec<&Wire> = server.iter().chain([&maskinporten]).collect();
        outcome(&program.var("SSL_CERT_FILE", tls::roots()), self.timeout, &servers)
    }
}

/// The message about a server without a usable answer; hints may follow it.
fn no_answer(call: Call, server: &str, message: &str) -> (i32, String) {
    let (message, hints) =
        message.split_once('\n').map_or((message, String::new()), |(message, hints)| (message, format!("{hints}\n")));
    // There was no connection, or the server asked for the same request later or at another URL.
    let undone = ["status 429", "status 307", "status 308"].iter().any(|begin| message.starts_with(begin));
    let undone = undone || !is_connected(message);
    let looks = "hint: before you retry, check whether the server has carried out the request\n";
    let looks = if call == Create && !undone { looks } else { "" };
    (6, format!("error: {}\n{looks}{hints}", no_response(&format!("{server}{}", call.path()), message)))
}

/// The sentence about an address without a usable response.
fn no_response(address: &str, message: &str) -> String {
    let outcome = if is_connected(message) { "no usable response from" } else { "cannot connect to" };
    format!("{outcome} `{address}`: {message}")
}

/// Whether a connection was made before the fault that this message describes.
fn is_connected(message: &str) -> bool {
    let begins =
        ["the request took", "the response ", "the server does", "the connection was", "no complete", "status "];
    begins.iter().any(|begin| message.starts_with(begin))
}

/// The message about a refusal in an unknown form.
fn refused(call: Call, words: &str) -> (i32, String) {
    let address = format!("{HTTP}{}", call.path());
    match call {
        Call::Token => (
            4,
            format!(
                "error: Maskinporten refused the grant: status 400 from `{address}`\n  \"{words}\"\n\
                 hint: is the URL of the token endpoint wrong?\n"
            ),
        ),
        _ => (5, format!("error: `{address}` returned status 400: {words}\n")),
    }
}

const HTTP: &str = "http://127.0.0.1:PORT/";
const HTTPS: &str = "https://127.0.0.1:PORT/";

/// Cases for a fault of the connection, which has the same message at every call.
fn everywhere(fault: &str, act: impl Fn(Connection) + Clone + Send + Sync + 'static, message: &str) -> Vec<Case> {
    let case = |call| {
        let act = act.clone();
        Case::new(fault, call, move || Wire::start(act.clone()), no_answer(call, HTTP, message))
    };
    Call::ALL.into_iter().map(case).collect()
}

/// Cases for an answer that is the same at every call.
fn answer(fault: &str, answer: impl Into<Vec<u8>>, message: impl Fn(Call) -> (i32, String)) -> Vec<Case> {
    let answer: Vec<u8> = answer.into();
    let case = |call| {
        let answer = answer.clone();
        let server = move || {
            let answer = answer.clone();
            Wire::answering(move |_| answer.clone())
        };
        Case::new(fault, call, server, message(call))
    };
    Call::ALL.into_iter().map(case).collect()
}

/// Runs the function on all items in parallel, because most of the time is spent waiting.
fn at_once<T: Send>(all: impl IntoIterator<Item = T>, act: impl Fn(T) + Sync) {
    let act = &act;
    thread::scope(|threads| all.into_iter().for_each(|one| drop(threads.spawn(move || act(one)))));
}

/// Runs the cases in parallel and asserts their outcomes.
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
