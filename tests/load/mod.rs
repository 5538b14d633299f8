//! Does the sandbox keep answering under load and abuse, within a memory limit? The memory figures come from Linux's
//! `/proc`.

mod abuse;
mod crowd;
mod requests;

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::sandbox::Standing;

/// Memory limit of a debug build, in KiB; an idle sandbox uses about 12,000 KiB.
const MOST_MEMORY: u64 = 32 * 1024;

const METADATA: &str = "GET /.well-known/oauth-authorization-server HTTP/1.1\r\nHost: x\r\n\r\n";

/// A client that keeps its connection open.
struct Client {
    stream: BufReader<TcpStream>,
}

#[derive(Debug)]
struct Answer {
    status: u16,
    body: String,
}

impl Client {
    fn of(sandbox: &Standing) -> Self {
        Self::at(&sandbox.address)
    }

    fn at(address: &str) -> Self {
        Self::with(TcpStream::connect(address.trim_start_matches("http://")).unwrap())
    }

    fn with(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes.as_ref())
    }

    fn receive(&mut self) -> io::Result<Answer> {
        let (mut status, mut length) = (None, 0);
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().unwrap();
            }
            status = status.or_else(|| line.split(' ').nth(1)?.parse().ok());
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(Answer { status: status.unwrap(), body: String::from_utf8(body).unwrap() })
    }

    fn ask(&mut self, request: impl AsRef<[u8]>) -> io::Result<Answer> {
        self.send(request)?;
        self.receive()
    }

    /// Whether the sandbox has closed the connection. Reads and discards pending data.
    fn is_closed(&mut self) -> bool {
        self.stream.get_ref().set_nonblocking(true).unwrap();
        let mut bytes = [0; 1024];
        let closed = loop {
            match self.stream.read(&mut bytes) {
                Ok(0) => break true,
                Ok(_) => {}
                Err(error) => break error.kind() != io::ErrorKind::WouldBlock,
            }
        };
        self.stream.get_ref().set_nonblocking(false).unwrap();
        closed
    }
}

/// Asserts that a new client is answered within a second.
#[track_caller]
fn answers_others(sandbox: &Standing) {
    let begun = Instant::now();
    assert_eq!(Client::of(sandbox).ask(METADATA).unwrap().status, 200);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

/// The sandbox's peak memory, in KiB.
fn peak_memory(sandbox: &Standing) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", sandbox.child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

#[track_caller]
fn has_held_little(sandbox: &Standing) {
    let peak = peak_memory(sandbox);

    assert!(peak < MOST_MEMORY, "{peak} KiB");
}

/// Asserts that Ctrl-C ends the sandbox within a second.
#[track_caller]
fn ends_within_a_second(mut sandbox: Standing) {
    let begun = Instant::now();
    assert_eq!(sandbox.end("-INT").0, Some(0));
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}
