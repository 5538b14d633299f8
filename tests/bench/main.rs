//! How much time and memory does a whole process need? `cargo bench` prints medians, and ratios to `curl`.
//!
//! Each process is measured from start to end, on loopback. The compared commands run in turn, so that a slow machine
//! slows all of them; a ratio is the median of the ratios of all rounds.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and ends where it cannot go on")]
#![allow(unreachable_pub, reason = "a benchmark hands nothing on")]

mod server;
mod steps;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::server::{Authority, Server};
use crate::steps::{NAMES, Times};

const ROUNDS: usize = 60;
const PROGRAM: &str = env!("CARGO_BIN_EXE_systemuser-demo");

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, asked, address] = &arguments[..]
        && asked == "steps"
    {
        return steps::run(address);
    }
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let roots = folder.path().join("roots.pem");
    fs::write(&roots, authority.among_the_systems()).unwrap();
    let form = folder.path().join("form");
    fs::write(&form, posted()).unwrap();
    let (http, https) = (Server::http(), Server::https(&authority));
    let sandbox = Sandbox::start();

    // The sources of certificates if neither variable is set: a file, and a folder with the same certificates as single
    // files.
    let trust = [("SSL_CERT_FILE", roots.as_path()), ("SSL_CERT_DIR", Path::new("/etc/ssl/certs"))];
    let trust = trust.into_iter().filter(|(_, path)| path.exists()).collect::<Vec<_>>();
    let token = |server: &Server| {
        let mut command = program("token");
        command.env("SYSTEMUSER_SANDBOX", &server.address).envs(trust.iter().copied());
        command
    };
    let mut call = program("call systemuserinfo");
    call.env("SYSTEMUSER_SANDBOX", &sandbox.address);
    let curl = |server: &Server| {
        let mut command = bare("curl");
        command.args(["--silent", "--fail", "--output", "/dev/null", "--data", &format!("@{}", form.display())]);
        command.arg("--cacert").arg(&roots).arg(format!("{}token", server.address));
        command
    };

    println!("whole processes on loopback, medians of {ROUNDS} rounds");
    let mut commands = vec![
        ("--version", program("--version")),
        ("token", token(&http)),
        ("call systemuserinfo, with a running sandbox", call),
        ("call systemuserinfo, with the sandbox inside", program("call systemuserinfo")),
        ("token, over https", token(&https)),
    ];
    let own_count = commands.len();
    if bare("curl").arg("--version").status().is_ok() {
        commands.push(("curl with a ready-made grant", curl(&http)));
        commands.push(("curl with a ready-made grant, over https", curl(&https)));
    }
    let times = in_turn(&mut commands);
    for ((name, _), times) in commands.iter().zip(&times) {
        line(name, &milliseconds(median(times.clone())));
    }
    println!("\nratios (median of all rounds)");
    match &times[own_count..] {
        [curl, curl_over_https] => {
            line("token to curl (at most 0.6)", &format!("{:.2}", ratio(&times[1], curl)));
            line("token to curl, over https", &format!("{:.2}", ratio(&times[4], curl_over_https)));
        }
        _ => println!("  this machine has no curl, so there are no ratios"),
    }
    for (server, whole, how) in [(&http, &times[1], ""), (&https, &times[4], ", over https")] {
        println!("\ntime of each step of token{how}");
        print_steps(server, &trust, median(whole.clone()));
    }
    println!("\nsize and memory");
    line("the binary", &mebibytes(fs::metadata(PROGRAM).unwrap().len()));
    for (name, command) in &commands[1..own_count] {
        match peak_memory(command) {
            Some(kibibytes) => line(&format!("peak memory, {name}"), &mebibytes(kibibytes * 1024)),
            None => println!("  this machine has no /usr/bin/time, so there is no peak memory"),
        }
    }
}

fn line(name: &str, figure: &str) {
    println!("  {name:<54} {figure:>9}");
}

/// The body that `curl` posts: a grant as long as a real grant, which the server accepts repeatedly.
fn posted() -> String {
    let assertion = format!("{}.{}.{}", "h".repeat(70), "c".repeat(420), "s".repeat(342));
    format!("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={assertion}")
}

/// A command in a bare environment, in the project's folder, without output.
fn bare(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn program(arguments: &str) -> Command {
    let mut command = bare(PROGRAM);
    command.args(arguments.split(' '));
    command
}

/// A sandbox that runs until this value is dropped.
struct Sandbox {
    address: String,
    process: Child,
}

impl Sandbox {
    fn start() -> Self {
        let mut process = program("sandbox --port 0").stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines().map(Result::unwrap);
        let export = lines.find_map(|line| line.trim().strip_prefix("export SYSTEMUSER_SANDBOX=").map(str::to_owned));
        Self { address: export.unwrap(), process }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.process.kill().and_then(|()| self.process.wait());
    }
}

/// Runs all commands in turn, for many rounds. Returns the durations of each command.
fn in_turn(commands: &mut [(&str, Command)]) -> Vec<Vec<Duration>> {
    let mut times = vec![Vec::new(); commands.len()];
    for round in 0..ROUNDS + 5 {
        for ((_, command), times) in commands.iter_mut().zip(&mut times) {
            let start = Instant::now();
            let status = command.status().unwrap();
            let taken = start.elapsed();
            assert!(status.success(), "{command:?}");
            // The first rounds are a warm-up.
            if round >= 5 {
                times.push(taken);
            }
        }
    }
    times
}

/// Prints the time of each step, each measured in a new process; the rest of the total is the start and the end of the
/// process.
fn print_steps(server: &Server, trust: &[(&str, &Path)], whole: Duration) {
    let mut command = bare(std::env::current_exe().unwrap().to_str().unwrap());
    command.args(["steps", &server.address]).envs(trust.iter().copied()).stdout(Stdio::piped());
    let rounds: Vec<[Duration; 5]> = (0..ROUNDS)
        .map(|_| {
            let output = command.output().unwrap();
            assert!(output.status.success(), "{command:?}");
            Times::read(&String::from_utf8(output.stdout).unwrap(), server).steps()
        })
        .collect();
    let steps: [Duration; 5] = std::array::from_fn(|step| median(rounds.iter().map(|round| round[step]).collect()));
    line("start and end of the process, command line", &milliseconds(whole.saturating_sub(steps.iter().sum())));
    for (name, step) in NAMES.iter().zip(steps) {
        line(name, &milliseconds(step));
    }
}

fn median<T: Ord>(mut values: Vec<T>) -> T {
    values.sort();
    values.swap_remove(values.len() / 2)
}

fn ratio(own: &[Duration], curls: &[Duration]) -> f64 {
    let ratios = own.iter().zip(curls).map(|(own, curl)| own.as_secs_f64() / curl.as_secs_f64());
    let mut ratios: Vec<f64> = ratios.collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

/// Peak memory in KiB, as measured by GNU time.
fn peak_memory(command: &Command) -> Option<u64> {
    let mut time = bare("/usr/bin/time");
    time.args(["-f", "%M"]).arg(command.get_program()).args(command.get_args());
    time.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = time.stderr(Stdio::piped()).output().ok()?;
    String::from_utf8(output.stderr).ok()?.lines().last()?.trim().parse().ok()
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1000.0)
}

#[allow(clippy::cast_precision_loss, reason = "one decimal is printed")]
fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / 1024.0 / 1024.0)
}
