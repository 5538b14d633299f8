//! How long does a whole process take? `cargo bench` prints medians, and a ratio to `curl`.
//!
//! The figures are of processes, from start to end, on loopback. The two sides of a ratio run in turn, so that a
//! machine that slows down slows both; the ratio is the median of the ratios pair by pair.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and ends where it cannot go on")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const RUNS: usize = 60;
const PROGRAM: &str = env!("CARGO_BIN_EXE_systemuser-demo");

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let address = maskinporten();
    let form = folder.path().join("form");
    // A grant as long as a real one. The server takes it again and again.
    let assertion = format!("{}.{}.{}", "h".repeat(70), "c".repeat(420), "s".repeat(342));
    fs::write(&form, format!("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={assertion}"))
        .unwrap();

    let program = |arguments: &str| {
        let mut command = Command::new(PROGRAM);
        command.args(arguments.split(' ')).env_clear().current_dir(folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let mut token = program("token");
    token.env("SYSTEMUSER_SANDBOX", &address);
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--fail", "--output", "/dev/null", "--data", &format!("@{}", form.display())])
        .arg(format!("{address}token"))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());

    println!("whole processes on loopback, medians of {RUNS} runs");
    println!("  --version                               {}", milliseconds(median(&mut program("--version"))));
    println!("  token                                   {}", milliseconds(median(&mut token)));
    println!("  call systemuserinfo, sandbox inside     {}", milliseconds(median(&mut program("call systemuserinfo"))));
    match Command::new("curl").arg("--version").stdout(Stdio::null()).status() {
        Ok(_) => {
            let (ours, theirs, ratio) = pairs(&mut token, &mut curl);
            println!("token against curl posting a ready-made grant, in turn");
            println!("  token                                   {}", milliseconds(ours));
            println!("  curl                                    {}", milliseconds(theirs));
            println!("  ratio, pair by pair (at most 0.6)       {ratio:.2}");
        }
        Err(_) => println!("there is no curl on this machine, so there is no ratio to it"),
    }
    println!("size");
    println!("  the binary                              {:.1} MiB", mebibytes(fs::metadata(PROGRAM).unwrap().len()));
    for arguments in ["token", "call systemuserinfo"] {
        match peak_memory(&mut program(arguments)) {
            Some(kibibytes) => println!("  peak memory, {arguments:<26} {:.1} MiB", mebibytes(kibibytes * 1024)),
            None => println!("  there is no /usr/bin/time on this machine, so there is no peak memory"),
        }
    }
}

/// A server that answers every request with a token, on a thread of its own for as long as the process lives.
fn maskinporten() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let body =
        format!(r#"{{"access_token":"{}","token_type":"Bearer","expires_in":119,"scope":"a"}}"#, "t".repeat(900));
    let answer =
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = serve(&mut stream.unwrap(), &answer);
        }
    });
    address
}

fn serve(stream: &mut TcpStream, answer: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.trim().is_empty() {
            break;
        }
    }
    reader.read_exact(&mut vec![0; length])?;
    stream.write_all(answer.as_bytes())
}

fn time(command: &mut Command) -> Duration {
    let start = Instant::now();
    let status = command.status().unwrap();
    let taken = start.elapsed();
    assert!(status.success(), "{command:?}");
    taken
}

fn median(command: &mut Command) -> Duration {
    let _warm: Duration = (0..5).map(|_| time(command)).sum();
    let mut times: Vec<Duration> = (0..RUNS).map(|_| time(command)).collect();
    times.sort();
    times[RUNS / 2]
}

/// The two commands in turn: the median of each, and the median of the ratios.
fn pairs(ours: &mut Command, theirs: &mut Command) -> (Duration, Duration, f64) {
    let _warm: Duration = (0..5).map(|_| time(ours) + time(theirs)).sum();
    let times: Vec<(Duration, Duration)> = (0..RUNS).map(|_| (time(ours), time(theirs))).collect();
    let middle = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[RUNS / 2]
    };
    let of = |pick: fn(&(Duration, Duration)) -> f64| middle(times.iter().map(pick).collect());
    (
        Duration::from_secs_f64(of(|(ours, _)| ours.as_secs_f64())),
        Duration::from_secs_f64(of(|(_, theirs)| theirs.as_secs_f64())),
        of(|(ours, theirs)| ours.as_secs_f64() / theirs.as_secs_f64()),
    )
}

/// In KiB, as GNU time tells it.
fn peak_memory(command: &mut Command) -> Option<u64> {
    let mut time = Command::new("/usr/bin/time");
    time.args(["-f", "%M"]).arg(command.get_program()).args(command.get_args());
    time.env_clear().current_dir(command.get_current_dir()?);
    let output = time.output().ok()?;
    String::from_utf8(output.stderr).ok()?.lines().last()?.trim().parse().ok()
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}

#[allow(clippy::cast_precision_loss, reason = "one decimal is printed")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1024.0 / 1024.0
}
