//! A raw HTTP server on loopback that answers as it is told, and fails the test if it was never asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// What a client sent.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

pub struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// A whole HTTP response with a body.
pub fn response(status: &str, content_type: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

pub fn json(status: &str, body: &str) -> String {
    response(status, "application/json", body)
}

/// A token answer with an opaque token.
pub fn opaque_token() -> String {
    json("200 OK", r#"{"access_token":"opaque-token","token_type":"Bearer","expires_in":119,"scope":"a:b"}"#)
}

impl Server {
    /// `answer` gives the raw bytes that go back.
    pub fn start(answer: impl Fn(&Request) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (requests, ended) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let thread = thread::spawn({
            let (requests, ended) = (requests.clone(), ended.clone());
            move || {
                for stream in listener.incoming() {
                    if ended.load(Ordering::SeqCst) {
                        return;
                    }
                    let mut stream = stream.unwrap();
                    let Some(request) = read(&stream) else { continue };
                    let bytes = answer(&request);
                    requests.lock().unwrap().push(request);
                    let _ = stream.write_all(bytes.as_bytes());
                }
            }
        });
        Self { address, requests, ended, thread: Some(thread) }
    }

    /// A Maskinporten that gives an opaque token, and an API that answers everything else.
    pub fn with_token(api: impl Fn(&Request) -> String + Send + 'static) -> Self {
        Self::start(move |request| if request.target == "/token" { opaque_token() } else { api(request) })
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// A configuration file for this server.
    pub fn configuration(&self) -> String {
        let url = self.url();
        format!(
            "environment = \"test\"\nclient_id = \"tests\"\nscope = \"a:b\"\norg = \"210493352\"\n\
             [key]\npath = {:?}\n[endpoints]\nissuer = \"{url}\"\nreference_api = \"{url}\"\n\
             [api.orders]\nurl = \"{url}orders/{{org}}\"\n",
            crate::program::data("key.jwk.json")
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        let joined = self.thread.take().map(JoinHandle::join);
        if !thread::panicking() {
            assert!(matches!(joined, Some(Ok(()))), "the server panicked");
            assert!(!self.requests().is_empty(), "nobody asked the server");
        }
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
        Some(line.trim_end().to_owned())
    };
    let first = line()?;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let line = line()?;
        let Some((name, value)) = line.split_once(": ") else { break };
        headers.push((name.to_owned(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let mut body = vec![0; length.map_or(0, |(_, value)| value.parse().unwrap())];
    reader.read_exact(&mut body).ok()?;
    Some(Request { method, target, headers, body: String::from_utf8(body).unwrap() })
}

/// A sandbox that stands until the tests are over.
#[cfg(feature = "sandbox")]
pub fn sandbox(conditions: systemuser_demo::sandbox::Conditions) -> String {
    let (sender, receiver) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let sandbox = systemuser_demo::sandbox::Sandbox::start_with(conditions).await.unwrap();
            sender.send(sandbox.address().to_owned()).unwrap();
            std::future::pending::<()>().await
        })
    });
    receiver.recv().unwrap()
}

/// An address at which nobody listens. Its port is held until the tests are over, so that nobody else gets it.
pub fn nobody() -> String {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = socket.local_addr().unwrap();
    std::mem::forget(socket);
    format!("http://{address}/")
}
