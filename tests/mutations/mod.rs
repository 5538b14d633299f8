//! Are damaged messages between the program and a server harmless? A proxy between the program and the sandbox
//! truncates, repeats, flips, delays and drops parts of requests and responses. Each mutation follows from a seed.

mod mutation;
mod outcome;
mod proxy;

use std::collections::BTreeMap;
use std::env;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use systemuser_demo::sandbox::router;

use self::mutation::Mutation;
use self::outcome::{Outcome, Reference};
use self::proxy::{Exchange, Proxy};
use crate::program::{program, project_text};
use crate::sandbox::{Standing, standing};

/// The commands, each with a time limit of a second. `doctor` is the last, because it cannot use a proxy that has
/// another URL than the issuer.
const COMMANDS: [&str; 8] = [
    "token",
    "token --exchange",
    "call systemuserinfo",
    "call logistics",
    "system show",
    "user list",
    "request list",
    "doctor",
];

/// A program that has not ended by then hangs: `doctor` sends eight requests, each with a time limit of a second.
const HANGS: Duration = Duration::from_secs(60);

/// Many runs wait, for a retry or for the time limit.
const THREADS: usize = 24;

#[test]
fn damaged_messages_are_harmless() {
    try_all(0..300);
}

#[test]
fn a_piece_of_a_secret_is_a_leak_but_a_piece_of_a_public_key_is_not() {
    let sandbox = standing();
    let (_, exchanges) = Proxies::start(&sandbox).run(COMMANDS.len() - 1, false, None);
    let exchange = |request: &str| {
        let exchange = exchanges.iter().find(|exchange| exchange.request.starts_with(request.as_bytes())).unwrap();
        [&exchange.request, &exchange.response].map(|message| String::from_utf8(message.clone()).unwrap())
    };
    let [grant, token] = exchange("POST /token ");
    let [_, keys] = exchange("GET /jwk ");
    let after = |text: &str, mark: &str| text.split(mark).nth(1).unwrap()[..40].to_owned();
    let signature = |jwt: &str| jwt.rsplit('.').next().unwrap()[..40].to_owned();
    let secrets = [
        ("the header of a grant", after(&grant, "assertion=")),
        ("the claims of a grant", after(&grant, ".ey")),
        ("the signature of a grant", signature(&grant)),
        ("the signature of a token", signature(token.split('"').nth(3).unwrap())),
        ("a line of the key file", project_text("mp-key.pem.example").lines().nth(20).unwrap().to_owned()),
        // These values are from `openssl rsa -text`.
        ("`d` of the key", "B9zvbGLicw5a9mC4KuCEidKQcLOe-HrtFeNhk0NqcF9d".to_owned()),
        ("`qi` of the key", "MfoIyKogTp1J8dkKA8gwlMFtgJZZ0eqPzQFz5POG1gAr".to_owned()),
    ];
    for (name, piece) in secrets {
        assert!(outcome::leak("", &format!("error: `{piece}`"), &exchanges).is_some(), "{name}: {piece}");
        assert!(outcome::leak(&piece[10..30], "", &exchanges).is_some(), "{name}: {piece}");
    }
    let modulus = after(&keys, "\"n\":\"");
    assert_eq!(outcome::leak("", &format!("error: `{modulus}`"), &exchanges), None);
}

#[test]
#[ignore = "runs the program 20,000 times, which takes minutes"]
fn any_damaged_message_is_harmless() {
    // A number of seeds, or a range such as `17..18`.
    let seeds = env::var("MUTATIONS").unwrap_or_else(|_| "20000".to_owned());
    let (first, end) = seeds.split_once("..").unwrap_or(("0", &seeds));
    try_all(first.parse().unwrap()..end.parse().unwrap());
}

/// A proxy that changes responses, in front of a sandbox in this process that has the proxy's URL, and a proxy that
/// changes requests, in front of a sandbox in another process.
struct Proxies {
    of_responses: Proxy,
    of_requests: Proxy,
    configuration: String,
}

impl Proxies {
    fn start(sandbox: &Standing) -> Self {
        let of_requests = Proxy::start(|_| sandbox.address.trim_start_matches("http://").parse().unwrap());
        let url = of_requests.url();
        let configuration = format!(
            "{}\n[endpoints]\nissuer = '{}/'\ntoken = '{url}token'\njwks = '{url}jwk'\naltinn = '{url}'\n\
             reference_api = '{url}'\n",
            project_text("config/sandbox.toml"),
            sandbox.address.trim_end_matches('/'),
        );
        Self { of_responses: Proxy::start(sandbox_of), of_requests, configuration }
    }

    /// Runs a command with a mutation.
    fn run(&self, command: usize, requests: bool, mutation: Option<Mutation>) -> (Outcome, Vec<Exchange>) {
        let program = program(COMMANDS[command]).args("--timeout 1");
        let (proxy, program) = match requests {
            true => {
                let program = program.file("config/sandbox.toml", &self.configuration);
                (&self.of_requests, program.file("mp-key.pem.example", project_text("mp-key.pem.example")))
            }
            false => (&self.of_responses, program.var("SYSTEMUSER_SANDBOX", self.of_responses.url())),
        };
        proxy.record(mutation, || {
            let mut child = program.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            let (id, (ended, end)) = (child.id(), mpsc::channel());
            let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
            thread::spawn(move || ended.send(outcome::read(out, err)));
            let output = end.recv_timeout(HANGS);
            if output.is_err() {
                child.kill().unwrap();
            }
            let code = child.wait().unwrap().code();
            let (out, err) = output.unwrap_or_else(|_| (Vec::new(), format!("process {id} hangs").into()));
            Outcome { code, out, err }
        })
    }
}

/// Starts a sandbox with this URL, which is the proxy's. Returns the sandbox's own address.
fn sandbox_of(proxy: SocketAddr) -> SocketAddr {
    let router = TowerToHyperService::new(router(format!("http://{proxy}/"), Default::default()));
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let stream = TokioIo::new(listener.accept().await.unwrap().0);
                tokio::spawn(http1::Builder::new().serve_connection(stream, router.clone()));
            }
        })
    });
    address
}

/// Runs the mutations of these seeds.
#[allow(clippy::print_stdout, reason = "prints the number of runs by exit code, and the faults")]
fn try_all(seeds: Range<u64>) {
    let mut sandbox = standing();
    let proxies = Proxies::start(&sandbox);
    let sides = [(false, COMMANDS.len()), (true, COMMANDS.len() - 1)];
    let references = sides.map(|(requests, commands)| {
        let references = (0..commands).map(|command| {
            let (outcome, exchanges) = proxies.run(command, requests, None);
            assert_eq!(outcome.code, Some(0), "{}: {outcome}", COMMANDS[command]);
            Reference::new(COMMANDS[command], outcome, exchanges)
        });
        references.collect::<Vec<_>>()
    });

    let (next, codes, faults) = (AtomicU64::new(seeds.start), Mutex::new(BTreeMap::new()), Mutex::new(Vec::new()));
    let mutated = AtomicU64::new(0);
    let work = || {
        let proxies = Proxies::start(&sandbox);
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return;
            }
            // A quarter of the mutations change a request.
            let requests = seed % 4 == 3;
            let references = &references[usize::from(requests)];
            let command = (seed / 4) as usize % references.len();
            let reference = &references[command];
            let mutation = Mutation::of(seed, requests, reference.exchanges);
            let (outcome, exchanges) = proxies.run(command, requests, Some(mutation.clone()));
            mutated.fetch_add(u64::from(exchanges.iter().any(|exchange| exchange.is_mutated)), Ordering::Relaxed);
            *codes.lock().unwrap().entry(outcome.code).or_insert(0) += 1;
            let fault = reference.fault(&outcome, &exchanges, mutation.keeps_content());
            if fault.is_some() || seeds.end - seeds.start == 1 {
                let fault = fault.unwrap_or_else(|| "no fault".to_owned());
                let text = format!("seed {seed}: {fault}: {}: {mutation:?}\n{outcome}", COMMANDS[command]);
                println!("{text}{}", outcome::display(&exchanges));
                faults.lock().unwrap().extend((fault != "no fault").then_some(text));
            }
        }
    };
    thread::scope(|scope| {
        (0..THREADS).for_each(|_| drop(scope.spawn(work)));
    });

    // The sandbox still answers, and nothing in it has panicked.
    for (command, reference) in references[1].iter().enumerate() {
        let (outcome, exchanges) = proxies.run(command, true, None);
        assert_eq!(reference.fault(&outcome, &exchanges, true), None, "{outcome}");
    }
    let (code, _, err) = sandbox.end("-INT");
    assert!(code == Some(0) && !err.contains("panicked"), "{code:?} {err}");
    let (codes, faults) = (codes.into_inner().unwrap(), faults.into_inner().unwrap());
    let (mutated, runs) = (mutated.into_inner(), seeds.end - seeds.start);
    println!("runs by exit code: {codes:?}; {mutated} of {runs} mutated; {} faults", faults.len());
    assert!(mutated > runs * 3 / 4 || runs < 100, "only {mutated} of {runs} runs had a damaged message");
    assert!(
        faults.is_empty(),
        "{} faults, such as\n{}replay one with `MUTATIONS=SEED..END`, as tests/README.md describes",
        faults.len(),
        faults.iter().take(5).map(String::as_str).collect::<String>()
    );
}
