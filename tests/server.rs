//! A raw HTTP server on loopback with prepared answers. It fails the test if it receives no request.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// A request from a client.
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

/// A complete HTTP response with a body.
pub fn response(status: &str, content_type: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

pub fn json(status: &str, body: &str) -> String {
    response(status, "application/json", body)
}

pub fn empty(status: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

/// A token answer with an opaque token.
pub fn opaque_token() -> String {
    json("200 OK", r#"{"access_token":"opaque-token","token_type":"Bearer","expires_in":119,"scope":"a:b"}"#)
}

impl Server {
    /// Starts a server. `answer` returns the raw bytes to send.
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

    /// A Maskinporten that issues an opaque token, and an API that answers all other requests.
    pub fn with_token(api: impl Fn(&Request) -> String + Send + 'static) -> Self {
        Self::start(move |request| if request.target == "/token" { opaque_token() } else { api(request) })
    }

    /// A Maskinporten that issues a new token for each grant, and an Altinn that answers all other requests.
    pub fn vendor(altinn: impl Fn(&Request) -> String + Send + 'static) -> Self {
        Self::vendor_with_tokens_for(119, altinn)
    }

    /// Like [`Self::vendor`], with tokens that expire after `seconds`.
    pub fn vendor_with_tokens_for(seconds: u64, altinn: impl Fn(&Request) -> String + Send + 'static) -> Self {
        let granted = AtomicUsize::new(0);
        Self::start(move |request| match request.target.as_str() {
            "/token" => {
                let nth = granted.fetch_add(1, Ordering::SeqCst) + 1;
                let token = format!(r#"{{"access_token":"token-{nth}","token_type":"Bearer","expires_in":{seconds}}}"#);
                json("200 OK", &token)
            }
            _ => altinn(request),
        })
    }

    /// An Altinn that returns these answers in order, and then repeats the last answer. It refuses to exchange tokens.
    pub fn vendor_in_turn(answers: impl IntoIterator<Item = String>) -> Self {
        let answers: Vec<String> = answers.into_iter().collect();
        let asked = AtomicUsize::new(0);
        Self::vendor(move |request| match is_exchange(request) {
            true => json("401 Unauthorized", ""),
            false => answers[asked.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1)].clone(),
        })
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The claims of each grant.
    pub fn grants(&self) -> Vec<serde_json::Value> {
        let grants = self.requests().into_iter().filter(|request| request.target == "/token");
        grants.map(|request| crate::configuration::claims_of(&request.body).1).collect()
    }

    /// The vendor's calls to Altinn, without exchanges of tokens: method, path relative to the API's base, and the scope
    /// of the plain grant behind the token.
    pub fn calls(&self) -> Vec<String> {
        let grants = self.grants();
        let requests =
            self.requests().into_iter().filter(|request| request.target != "/token" && !is_exchange(request));
        let calls = requests.map(|request| {
            let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer token-"));
            let grant = &grants[bearer.expect("a bearer").parse::<usize>().unwrap() - 1];
            let claims: Vec<&String> = grant.as_object().unwrap().keys().collect();
            assert_eq!(claims, ["aud", "scope", "iss", "exp", "iat", "jti"]);
            let scope = grant["scope"].as_str().unwrap().strip_prefix("altinn:authentication/").unwrap();
            let target = request.target.strip_prefix("/authentication/api/v1/").unwrap_or(&request.target);
            format!("{} {target} {scope}", request.method)
        });
        calls.collect()
    }

    /// The JSON bodies of these calls.
    pub fn sent(&self) -> Vec<serde_json::Value> {
        let requests = self.requests().into_iter().filter(|request| request.target != "/token");
        let bodies = requests.filter(|request| !request.body.is_empty() || request.header("content-type").is_some());
        bodies
            .map(|request| {
                assert_eq!(request.header("content-type"), Some("application/json"));
                serde_json::from_str(&request.body).unwrap()
            })
            .collect()
    }

    /// A configuration file for a vendor, with this server as Maskinporten and Altinn.
    pub fn vendor_configuration(&self) -> String {
        vendor_configuration(&self.url())
    }

    /// A configuration file for this server.
    pub fn configuration(&self) -> String {
        configuration(&self.url())
    }
}

fn configuration(url: &str) -> String {
    format!(
        "environment = \"test\"\nclient_id = \"tests\"\nscope = \"a:b\"\norg = \"210493352\"\n\
         [key]\npath = {:?}\n[endpoints]\nissuer = \"{url}\"\nreference_api = \"{url}\"\n\
         [api.orders]\nurl = \"{url}orders/{{org}}\"\n",
        crate::program::data("key.jwk.json")
    )
}

fn is_exchange(request: &Request) -> bool {
    request.target == "/authentication/api/v1/exchange/maskinporten"
}

/// A configuration file for a vendor, with Maskinporten and Altinn at this URL.
pub fn vendor_configuration(url: &str) -> String {
    let vendor = "[vendor]\norg = \"991825827\"\nsystem_id = \"991825827_smartcloud\"\n[endpoints]\n";
    configuration(url).replace("[endpoints]\n", &format!("{vendor}altinn = \"{url}\"\n"))
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        let joined = self.thread.take().map(JoinHandle::join);
        if !thread::panicking() {
            assert!(matches!(joined, Some(Ok(()))), "the server panicked");
            assert!(!self.requests().is_empty(), "the server received no request");
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
    Some(Request { method, target, headers, body: String::from_utf8_lossy(&body).into_owned() })
}

/// A valid system.
pub fn system() -> serde_json::Value {
    serde_json::json!({
        "id": "991825827_smartcloud",
        "vendor": { "ID": "0192:991825827" },
        "name": { "nb": "Smart sky", "nn": "Smart sky", "en": "Smart cloud" },
        "description": { "nb": "Regnskap", "nn": "Rekneskap", "en": "Accounting" },
        "rights": [{ "resource": [{ "id": "urn:altinn:resource", "value": "demo" }] }],
        "accessPackages": [{ "urn": "urn:altinn:accesspackage:skatt" }],
        "clientId": ["tests", "another"],
        "isVisible": true,
        "allowedRedirectUrls": ["https://example.no/receipt"]
    })
}

/// Starts a sandbox that runs until the tests end. Returns its URL.
#[cfg(feature = "sandbox")]
pub fn sandbox(conditions: systemuser_demo::sandbox::SandboxOptions) -> String {
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

/// A URL at which no server runs. Its port stays reserved until the tests end.
pub fn nobody() -> String {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = socket.local_addr().unwrap();
    std::mem::forget(socket);
    format!("http://{address}/")
}
