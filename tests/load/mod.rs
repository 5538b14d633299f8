//! Does the sandbox go on answering, within bounds, whatever is done to it? What it holds is read from Linux's `/proc`.

mod abuse;
mod crowd;
mod requests;

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::sandbox::Standing;

/// What a debug build may hold at most, in KiB; at rest it holds some 12,000.
const MOST_MEMORY: u64 = 32 * 1024;

const METADATA: &str = "GET /.well-known/oauth-authorization-server HTTP/1.1\r\nHost: x\r\n\r\n";

/// Somebody with a connection, which stays open.
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

    /// Whether the sandbox has closed it by now. What it has sent before is read, and forgotten.
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

/// A newcomer is answered promptly.
#[track_caller]
fn answers_others(sandbox: &Standing) {
    let begun = Instant::now();
    assert_eq!(Client::of(sandbox).ask(METADATA).unwrap().status, 200);
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

/// The most that it has ever held, in KiB.
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

/// Ctrl-C ends it, whatever is going on.
#[track_caller]
fn ends_within_a_second(mut sandbox: Standing) {
    let begun = Instant::now();
    assert_eq!(sandbox.end("-INT").0, Some(0));
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}
