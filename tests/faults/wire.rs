//! A server on raw bytes and sockets, in which a function decides what happens to a connection.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use socket2::SockRef;

use crate::server::Request;

/// A connection from a client.
pub struct Connection {
    stream: Box<dyn Stream>,
    socket: TcpStream,
    requests: Arc<Mutex<Vec<Request>>>,
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

impl Connection {
    /// Reads a request. Returns `None` if the client disconnects before the request is complete.
    pub fn request(&mut self) -> Option<Request> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.stream.read_exact(&mut byte).ok()?;
            head.extend(byte);
        }
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.lines();
        let mut words = lines.next()?.split(' ').map(str::to_owned);
        let (method, target) = (words.next()?, words.next()?);
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers: Vec<(String, String)> = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let mut request = Request { method, target, headers, body: String::new() };
        let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).ok()?;
        request.body = String::from_utf8(body).unwrap();
        self.requests.lock().unwrap().push(request.clone());
        Some(request)
    }

    /// Reads the first bytes, which need not be HTTP.
    pub fn hear(&mut self) {
        let _ = self.socket.read(&mut [0; 16 * 1024]);
    }

    /// Sends bytes. Returns whether the client is still connected.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).and_then(|()| self.stream.flush()).is_ok()
    }

    /// Sends one byte per second until the client disconnects.
    pub fn drip(&mut self, bytes: &[u8]) {
        let still_there = |byte: &u8| {
            thread::sleep(Duration::from_secs(1));
            self.send([*byte])
        };
        assert!(!bytes.iter().all(still_there), "the client waited for more than {} s", bytes.len());
    }

    /// Sends nothing until the client disconnects.
    pub fn wait_for_its_end(&mut self) {
        let _ = io::copy(&mut self.socket, &mut io::sink());
    }

    /// Closes the connection with RST instead of FIN.
    pub fn reset(self) {
        // Gives the bytes sent earlier time to arrive.
        thread::sleep(Duration::from_millis(20));
        SockRef::from(&self.socket).set_linger(Some(Duration::ZERO)).unwrap();
    }

    /// Forwards bytes in both directions until either side closes the connection.
    pub fn tunnel_to(self, address: SocketAddr) {
        let there = TcpStream::connect(address).unwrap();
        let (mut from_here, mut to_there) = (self.socket.try_clone().unwrap(), there.try_clone().unwrap());
        let upwards = thread::spawn(move || {
            let _ = io::copy(&mut from_here, &mut to_there);
            let _ = to_there.shutdown(std::net::Shutdown::Write);
        });
        let _ = io::copy(&mut &there, &mut &self.socket);
        let _ = self.socket.shutdown(std::net::Shutdown::Both);
        upwards.join().unwrap();
    }
}

pub struct Wire {
    pub address: SocketAddr,
    scheme: &'static str,
    requests: Arc<Mutex<Vec<Request>>>,
    connections: Arc<AtomicUsize>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Wire {
    /// Starts a server that calls `act` for each connection, on a separate thread.
    pub fn start(act: impl Fn(Connection) + Send + Sync + 'static) -> Self {
        Self::start_with(None, act)
    }

    /// The same with TLS around it.
    pub fn start_tls(tls: Arc<ServerConfig>, act: impl Fn(Connection) + Send + Sync + 'static) -> Self {
        Self::start_with(Some(tls), act)
    }

    fn start_with(tls: Option<Arc<ServerConfig>>, act: impl Fn(Connection) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let (connections, ended) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let thread = thread::spawn({
            let (requests, connections, ended) = (requests.clone(), connections.clone(), ended.clone());
            move || {
                thread::scope(|threads| {
                    for socket in listener.incoming() {
                        if ended.load(Ordering::SeqCst) {
                            return;
                        }
                        connections.fetch_add(1, Ordering::SeqCst);
                        let socket = socket.unwrap();
                        socket.set_nodelay(true).unwrap();
                        let (tls, requests, act) = (tls.clone(), requests.clone(), &act);
                        threads.spawn(move || act(connection(socket, tls, requests)));
                    }
                });
            }
        });
        Self { address, scheme, requests, connections, ended, thread: Some(thread) }
    }

    /// Starts a server that reads a request and sends these bytes.
    pub fn answering(answer: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::start(move |connection| reply(connection, &answer))
    }

    /// The same with TLS around it.
    pub fn answering_tls(tls: Arc<ServerConfig>, answer: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::start_tls(tls, move |connection| reply(connection, &answer))
    }

    /// The same server under a URL with another scheme.
    pub fn called(self, scheme: &'static str) -> Self {
        let mut called = self;
        called.scheme = scheme;
        called
    }

    pub fn url(&self) -> String {
        format!("{}://{}/", self.scheme, self.address)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The number of connections, including connections without a request.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn connection(socket: TcpStream, tls: Option<Arc<ServerConfig>>, requests: Arc<Mutex<Vec<Request>>>) -> Connection {
    let stream = socket.try_clone().unwrap();
    let stream: Box<dyn Stream> = match tls {
        Some(tls) => Box::new(StreamOwned::new(ServerConnection::new(tls).unwrap(), stream)),
        None => Box::new(stream),
    };
    Connection { stream, socket, requests }
}

fn reply(mut connection: Connection, answer: &(impl Fn(&Request) -> Vec<u8> + ?Sized)) {
    if let Some(request) = connection.request() {
        connection.send(answer(&request));
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        let joined = self.thread.take().map(JoinHandle::join);
        if !thread::panicking() {
            assert!(matches!(joined, Some(Ok(()))), "the server panicked");
        }
    }
}
