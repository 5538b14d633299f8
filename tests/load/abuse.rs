//! Clients that are slow, and clients that send too much.

use std::io::{self, Write};
use std::thread;
use std::time::{Duration, Instant};

use tokio::net::TcpSocket;

use super::{Client, METADATA, answers_others, ends_within_a_second, has_held_little, peak_memory};
use crate::sandbox::{Standing, standing};

/// How long the sandbox waits for a client.
const PATIENCE: Duration = Duration::from_secs(10);

const FORM: &str = "POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n";

/// A client that goes on and on, and comes to no end.
struct Slow {
    what: &'static str,
    client: Client,
    /// What it sends again and again.
    goes_on: &'static str,
    reads: bool,
}

impl Slow {
    fn begun(sandbox: &Standing, what: &'static str, begins: &str, goes_on: &'static str) -> Self {
        let mut client = Client::of(sandbox);
        client.send(begins).unwrap();
        Self { what, client, goes_on, reads: true }
    }

    /// It asks until neither its requests nor their answers go anywhere.
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

    /// Whether the sandbox has closed the connection, when it has gone on once more.
    fn has_ended(&mut self) -> bool {
        self.client.stream.get_ref().set_nonblocking(true).unwrap();
        let sent = self.client.send(self.goes_on);
        let refused = sent.is_err_and(|error| error.kind() != io::ErrorKind::WouldBlock);
        refused || self.reads && self.client.is_closed()
    }
}

/// So many of each kind, but for the one that never reads, which takes its time.
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
            // The sandbox has said that it sends no more, but not that it reads no more.
            Slow { reads: false, ..slow("goes on although it was refused", &too_large, "a") },
        ]);
    }
    slow_ones.push(Slow::never_reading(sandbox));
    slow_ones
}

#[test]
fn slow_clients_have_their_time_and_others_do_not_wait_for_them() {
    let sandbox = standing();
    let begun = Instant::now();
    let mut busy = Client::of(&sandbox);
    let mut slow_ones = slow_ones(&sandbox, 8);
    while !slow_ones.is_empty() {
        answers_others(&sandbox);
        // Who asks keeps the connection.
        assert_eq!(busy.ask(METADATA).unwrap().status, 200);
        thread::sleep(Duration::from_millis(250));
        slow_ones.retain_mut(|slow| {
            let ended = slow.has_ended();
            let after = begun.elapsed();
            assert!(!ended || after >= PATIENCE, "one that {}, after {after:?}", slow.what);
            assert!(ended || after < PATIENCE + Duration::from_secs(5), "one that {}, after {after:?}", slow.what);
            !ended
        });
    }
    has_held_little(&sandbox);
}

#[test]
fn ctrl_c_ends_it_while_slow_clients_hold_on() {
    let sandbox = standing();
    let mut slow_ones = slow_ones(&sandbox, 4);
    answers_others(&sandbox);
    assert!(slow_ones.iter_mut().all(|slow| !slow.has_ended()));
    ends_within_a_second(sandbox);
}

/// Sends the body in pieces of 64 KiB, and tells the answer.
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
fn huge_bodies_are_refused_and_neither_held_nor_waited_for() {
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
fn ctrl_c_ends_it_in_the_middle_of_uploads() {
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

/// Each piece that a body comes in would keep some 40 bytes of its own alive, were it not copied together.
#[test]
fn bodies_of_tiny_chunks_take_no_more_than_their_bytes() {
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
fn a_head_without_an_end_is_refused() {
    let sandbox = standing();
    let mut client = Client::of(&sandbox);
    let head = format!("GET /jwk HTTP/1.1\r\nHost: x\r\nA: {}\r\n", "a".repeat(1 << 20));
    assert_eq!(client.ask(head).unwrap().status, 431);
    // One that is longer than anybody's is taken.
    let head = format!("GET /jwk HTTP/1.1\r\nHost: x\r\nA: {}\r\n\r\n", "a".repeat(30_000));
    assert_eq!(Client::of(&sandbox).ask(head).unwrap().status, 200);
    has_held_little(&sandbox);
}
