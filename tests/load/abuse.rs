//! Clients that are slow, and clients that send too much.

use std::fs;
use std::io::{self, Write};
use std::net::Shutdown;
use std::thread;
use std::time::{Duration, Instant};

use tokio::net::TcpSocket;

use super::{Client, METADATA, answers_others, ends_within_a_second, has_held_little, peak_memory};
use crate::sandbox::{Standing, standing};

/// The sandbox's time limit for a client.
const TIMEOUT: Duration = Duration::from_secs(10);

const FORM: &str = "POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n";

/// A client that never finishes.
struct Slow {
    what: &'static str,
    client: Client,
    /// The bytes that it sends repeatedly.
    goes_on: &'static str,
    reads: bool,
}

impl Slow {
    fn begun(sandbox: &Standing, what: &'static str, begins: &str, goes_on: &'static str) -> Self {
        let mut client = Client::of(sandbox);
        client.send(begins).unwrap();
        Self { what, client, goes_on, reads: true }
    }

    /// Sends requests without reading answers, until the buffers in both directions are full.
    fn never_reading(sandbox: &Standing) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let address = sandbox.address.trim_start_matches("http://").parse().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let mut stream = runtime.block_on(socket.connect(address)).unwrap().into_std().unwrap();
        let requests = METADATA.repeat(100);
        let (mut at, mut tries) = (0, 0);
        while tries < 30 {
            match stream.write(&requests.as_bytes()[at..]) {
                Ok(sent) => (at, tries) = ((at + sent) % requests.len(), 0),
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                    thread::sleep(Duration::from_millis(10));
                    tries += 1;
                }
            }
        }
        Self { what: "never reads", client: Client::with(stream), goes_on: METADATA, reads: false }
    }

    /// Sends once more, and returns whether the sandbox has closed the connection.
    fn has_ended(&mut self) -> bool {
        self.client.stream.get_ref().set_nonblocking(true).unwrap();
        let sent = self.client.send(self.goes_on);
        let refused = sent.is_err_and(|error| error.kind() != io::ErrorKind::WouldBlock);
        refused || self.reads && self.client.is_closed()
    }
}

/// The given number of slow clients of each kind, and one client that never reads, since filling its buffers takes
/// time.
fn slow_ones(sandbox: &Standing, each: usize) -> Vec<Slow> {
    let half_a_body = format!("{FORM}Content-Length: 1000\r\n\r\ngrant_type=");
    let chunks = format!("{FORM}Transfer-Encoding: chunked\r\n\r\n");
    let too_large = format!("{FORM}Content-Length: 100000000\r\n\r\n{}", "a".repeat(70_000));
    let slow = |what, begins, goes_on| Slow::begun(sandbox, what, begins, goes_on);
    let mut slow_ones = Vec::new();
    for _ in 0..each {
        slow_ones.extend([
            slow("says nothing", "", ""),
            slow("sends half a head", "GET /jwk HTTP/1.1\r\nHo", ""),
            slow("sends a head bit by bit", "GET /jwk HTTP/1.1\r\n", "A: b\r\n"),
            slow("sends a body bit by bit", &half_a_body, "a"),
            slow("sends chunks bit by bit", &chunks, "1\r\na\r\n"),
            slow("asks nothing more", METADATA, ""),
            // The sandbox has closed only its sending side.
            Slow { reads: false, ..slow("goes on although it was refused", &too_large, "a") },
        ]);
    }
    slow_ones.push(Slow::never_reading(sandbox));
    slow_ones
}

#[test]
fn slow_clients_are_disconnected_after_the_time_limit_and_do_not_delay_others() {
    let sandbox = standing();
    let begun = Instant::now();
    let mut busy = Client::of(&sandbox);
    assert_eq!(busy.ask(METADATA).unwrap().status, 200);
    let sockets = open_sockets(&sandbox);
    // This client cannot notice that it was disconnected: it reads nothing, and sends nothing more.
    let half_closed = Slow::never_reading(&sandbox);
    half_closed.client.stream.get_ref().shutdown(Shutdown::Write).unwrap();
    let mut slow_ones = slow_ones(&sandbox, 8);
    while !slow_ones.is_empty() {
        answers_others(&sandbox);
        // A client that sends requests keeps its connection.
        assert_eq!(busy.ask(METADATA).unwrap().status, 200);
        thread::sleep(Duration::from_millis(250));
        slow_ones.retain_mut(|slow| {
            let ended = slow.has_ended();
            let after = begun.elapsed();
            assert!(!ended || after >= TIMEOUT, "a client that {}, after {after:?}", slow.what);
            assert!(ended || after < TIMEOUT + Duration::from_secs(5), "a client that {}, after {after:?}", slow.what);
            !ended
        });
    }
    assert_eq!(open_sockets(&sandbox), sockets);
    drop(half_closed);
    has_held_little(&sandbox);
}

/// The number of sockets that the sandbox has open.
fn open_sockets(sandbox: &Standing) -> usize {
    let files = fs::read_dir(format!("/proc/{}/fd", sandbox.child.id())).unwrap();
    let targets = files.filter_map(|file| fs::read_link(file.unwrap().path()).ok());
    targets.filter(|target| target.to_string_lossy().starts_with("socket:")).count()
}

#[test]
fn ctrl_c_ends_it_while_slow_clients_are_connected() {
    let sandbox = standing();
    let mut slow_ones = slow_ones(&sandbox, 4);
    answers_others(&sandbox);
    assert!(slow_ones.iter_mut().all(|slow| !slow.has_ended()));
    ends_within_a_second(sandbox);
}

/// Sends the body in pieces of 64 KiB and returns the status of the answer.
fn uploaded(sandbox: &Standing, mebibytes: usize, chunked: bool) -> u16 {
    let mut client = Client::of(sandbox);
    let piece = "a".repeat(64 * 1024);
    let (head, piece, end) = match chunked {
        true => ("Transfer-Encoding: chunked".to_owned(), format!("10000\r\n{piece}\r\n"), "0\r\n\r\n"),
        false => (format!("Content-Length: {}", mebibytes << 20), piece, ""),
    };
    client.send(format!("{FORM}{head}\r\n\r\n")).unwrap();
    for _ in 0..mebibytes * 16 {
        client.send(&piece).unwrap();
    }
    client.send(end).unwrap();
    client.receive().unwrap().status
}

#[test]
fn huge_bodies_are_refused_without_being_stored_or_read_to_the_end() {
    let sandbox = standing();
    thread::scope(|scope| {
        let uploads: Vec<_> = (0..6)
            .map(|nth| {
                scope.spawn({
                    let sandbox = &sandbox;
                    move || uploaded(sandbox, 100, nth % 2 == 0)
                })
            })
            .collect();
        while uploads.iter().any(|upload| !upload.is_finished()) {
            answers_others(&sandbox);
        }
        for upload in uploads {
            assert_eq!(upload.join().unwrap(), 413);
        }
    });
    has_held_little(&sandbox);
}

#[test]
fn ctrl_c_ends_it_during_uploads() {
    let sandbox = standing();
    let piece = "a".repeat(64 * 1024);
    thread::scope(|scope| {
        for _ in 0..8 {
            let mut client = Client::of(&sandbox);
            client.send(format!("{FORM}Content-Length: 100000000000\r\n\r\n")).unwrap();
            scope.spawn(|| {
                let mut client = client;
                while client.send(&piece).is_ok() {}
            });
        }
        thread::sleep(Duration::from_millis(200));
        ends_within_a_second(sandbox);
    });
}

/// If the sandbox kept the pieces of a body uncopied, each piece would cost about 40 extra bytes.
#[test]
fn bodies_in_tiny_chunks_take_little_extra_memory() {
    let sandbox = standing();
    answers_others(&sandbox);
    let before = peak_memory(&sandbox);
    let body = format!("{FORM}Transfer-Encoding: chunked\r\n\r\n{}", "1\r\na\r\n".repeat(60_000));
    let mut clients: Vec<Client> = (0..4).map(|_| Client::of(&sandbox)).collect();
    for client in &mut clients {
        client.send(&body).unwrap();
    }
    for client in &mut clients {
        assert_eq!(client.ask("0\r\n\r\n").unwrap().status, 400);
    }
    let grown = peak_memory(&sandbox) - before;
    assert!(grown < 3 * 1024, "{grown} KiB");
}

#[test]
fn an_endless_head_is_refused() {
    let sandbox = standing();
    let mut client = Client::of(&sandbox);
    let head = format!("GET /jwk HTTP/1.1\r\nHost: x\r\nA: {}\r\n", "a".repeat(1 << 20));
    assert_eq!(client.ask(head).unwrap().status, 431);
    // A head that is longer than any real client's is accepted.
    let head = format!("GET /jwk HTTP/1.1\r\nHost: x\r\nA: {}\r\n\r\n", "a".repeat(30_000));
    assert_eq!(Client::of(&sandbox).ask(head).unwrap().status, 200);
    has_held_little(&sandbox);
}
