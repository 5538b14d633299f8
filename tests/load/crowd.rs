//! More connections than the sandbox accepts.

use std::io;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use systemuser_demo::sandbox::Sandbox;

use super::{Client, METADATA, answers_others, ends_within_a_second, has_held_little};
use crate::program::program;
use crate::sandbox::{standing, standing_by};

/// The sandbox's limit on open connections.
const LIMIT: usize = 128;

#[test]
fn above_the_limit_the_connections_that_are_idle_longest_are_closed() {
    let sandbox = standing();
    let mut busy = Client::of(&sandbox);
    let mut crowd = Vec::new();
    for _ in 0..6 {
        crowd.extend((0..50).map(|_| Client::of(&sandbox)));
        answers_others(&sandbox);
        assert_eq!(busy.ask(METADATA).unwrap().status, 200);
    }
    // The newest connections are still open and are answered.
    let (first, last) = crowd.split_at_mut(40);
    let late = last.len() - 100;
    assert!(last[late..].iter_mut().all(|client| client.ask(METADATA).unwrap().status == 200));
    let begun = Instant::now();
    while !first.iter_mut().all(Client::is_closed) {
        assert!(begun.elapsed() < Duration::from_secs(1));
        thread::sleep(Duration::from_millis(10));
    }
    let open = crowd.iter_mut().filter_map(|client| (!client.is_closed()).then_some(())).count();
    assert!((100..LIMIT).contains(&open), "{open}");
    has_held_little(&sandbox);
    ends_within_a_second(sandbox);
}

#[test]
fn it_answers_new_clients_even_with_a_low_file_descriptor_limit() {
    let binary = program("sandbox --port 0").command();
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -n 64; exec \"$0\" sandbox --port 0"]).arg(binary.get_program()).env_clear();
    let sandbox = standing_by(shell);
    let crowd: Vec<Client> = (0..100).map(|_| Client::of(&sandbox)).collect();
    let begun = Instant::now();
    assert_eq!(Client::of(&sandbox).ask(METADATA).unwrap().status, 200);
    // Before the other connections time out.
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    drop(crowd);
    ends_within_a_second(sandbox);
}

/// Waits for data and returns the number of bytes read, or 0 at the end.
async fn read(stream: &tokio::net::TcpStream) -> usize {
    loop {
        stream.readable().await.unwrap();
        match stream.try_read(&mut [0; 4096]) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            read => return read.unwrap_or(0),
        }
    }
}

#[tokio::test]
async fn dropping_a_sandbox_closes_its_connections() {
    let sandbox = Sandbox::start().await.unwrap();
    let address = sandbox.address().trim_start_matches("http://").trim_end_matches('/');
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    assert_eq!(stream.try_write(METADATA.as_bytes()).unwrap(), METADATA.len());
    assert!(read(&stream).await > 0);
    drop(sandbox);
    let ended = async { while read(&stream).await > 0 {} };
    tokio::time::timeout(Duration::from_secs(5), ended).await.unwrap();
}
