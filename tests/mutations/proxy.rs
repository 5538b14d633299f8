//! The proxy: it forwards each request to the sandbox, and changes one message as a [`Mutation`] describes.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::mutation::{Ending, Mutation, content_length, head_length};

/// The time after which a connection without data counts as stalled. It is longer than the time limit of the tests, and
/// shorter than the idle timeout of the sandbox.
const STALLED: Duration = Duration::from_secs(5);

/// A request and its response, as received, and the response as sent to the client.
#[derive(Debug, Clone, Default)]
pub struct Exchange {
    pub request: Vec<u8>,
    pub response: Vec<u8>,
    pub delivered: Vec<u8>,
    /// Whether the request or the response was changed.
    pub is_mutated: bool,
    /// Whether the sandbox neither answered nor closed the connection.
    pub is_stalled: bool,
}

/// All exchanges during a run of the program.
#[derive(Default)]
struct Recording {
    mutation: Option<Mutation>,
    exchanges: Mutex<Vec<Exchange>>,
}

pub struct Proxy {
    address: SocketAddr,
    recording: Arc<Mutex<Arc<Recording>>>,
    ended: Arc<AtomicBool>,
}

impl Proxy {
    /// Starts a proxy. `sandbox` gets the address of the proxy and returns the address of the sandbox.
    pub fn start(sandbox: impl FnOnce(SocketAddr) -> SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let sandbox = sandbox(address);
        let proxy = Self { address, recording: Arc::default(), ended: Arc::default() };
        let (recording, ended) = (proxy.recording.clone(), proxy.ended.clone());
        thread::spawn(move || {
            for client in listener.incoming() {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                let recording = recording.lock().unwrap().clone();
                // An error means that the program or the sandbox has closed its connection.
                thread::spawn(move || client.and_then(|client| forward(client, sandbox, &recording)));
            }
        });
        proxy
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Records the exchanges during `run`, and changes them.
    pub fn record<T>(&self, mutation: Option<Mutation>, run: impl FnOnce() -> T) -> (T, Vec<Exchange>) {
        let recording = Arc::new(Recording { mutation, ..Recording::default() });
        *self.recording.lock().unwrap() = recording.clone();
        let result = run();
        let exchanges = recording.exchanges.lock().unwrap().clone();
        (result, exchanges)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

/// Forwards the requests of a connection, each on a new connection to the sandbox.
fn forward(mut client: TcpStream, sandbox: SocketAddr, recording: &Recording) -> io::Result<()> {
    client.set_nodelay(true)?;
    client.set_read_timeout(Some(2 * STALLED))?;
    loop {
        let request = read_message(&mut client)?;
        if request.is_empty() {
            return Ok(());
        }
        let mut exchanges = recording.exchanges.lock().unwrap();
        let nth = exchanges.len();
        let mutation = recording.mutation.as_ref().filter(|mutation| mutation.applies_to(nth));
        exchanges.push(Exchange { request: request.clone(), is_mutated: mutation.is_some(), ..Exchange::default() });
        drop(exchanges);

        let mut stream = TcpStream::connect(sandbox)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(STALLED))?;
        match mutation.filter(|mutation| mutation.changes_request) {
            Some(mutation) => {
                // The sandbox may answer or close the connection before it has read everything.
                let _ = write_parts(&mut stream, &mutation.parts(&request));
                if !mutation.keeps_content() {
                    let _ = stream.shutdown(Shutdown::Write);
                }
            }
            None => stream.write_all(&request)?,
        }
        let response = read_message(&mut stream);
        let is_stalled = response.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
        let response = response.unwrap_or_default();
        let changed = mutation.filter(|mutation| !mutation.changes_request);
        let parts =
            changed.map_or_else(|| vec![(Duration::ZERO, response.clone())], |changed| changed.parts(&response));
        {
            let exchange = &mut recording.exchanges.lock().unwrap()[nth];
            exchange.delivered = parts.iter().flat_map(|(_, part)| part.clone()).collect();
            (exchange.response, exchange.is_stalled) = (response, is_stalled);
        }
        write_parts(&mut client, &parts)?;
        match mutation.map_or(Ending::Continue, Mutation::ending) {
            Ending::Continue if !recording.exchanges.lock().unwrap()[nth].delivered.is_empty() => {}
            Ending::Continue | Ending::Close => return Ok(()),
            Ending::Reset => return socket2::SockRef::from(&client).set_linger(Some(Duration::ZERO)),
            Ending::Stall => return read_message(&mut client).map(drop),
        }
    }
}

fn write_parts(stream: &mut TcpStream, parts: &[(Duration, Vec<u8>)]) -> io::Result<()> {
    for (pause, part) in parts {
        if !pause.is_zero() {
            thread::sleep(*pause);
        }
        stream.write_all(part)?;
    }
    Ok(())
}

/// Reads a message by its `Content-Length`, or less if the connection ends.
fn read_message(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let (mut message, mut buffer) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let head = head_length(&message);
        let has_head = message[..head].ends_with(b"\r\n\r\n");
        if has_head && message.len() >= head + content_length(&message).unwrap_or(0) {
            return Ok(message);
        }
        match stream.read(&mut buffer)? {
            0 => return Ok(message),
            length => message.extend_from_slice(&buffer[..length]),
        }
    }
}
