//! A Maskinporten that answers every request with a token, over http and over https, and records when each request
//! arrived.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::steps::now;

/// A server that runs until the process ends.
pub struct Server {
    pub address: String,
    /// Time of the first byte of the last request, in microseconds since 1970.
    came: Arc<AtomicU64>,
}

impl Server {
    pub fn http() -> Self {
        Self::start("http", |stream| stream)
    }

    /// Starts a server with a certificate from this authority.
    pub fn https(authority: &Authority) -> Self {
        let tls = authority.server();
        Self::start("https", move |stream| StreamOwned::new(ServerConnection::new(tls.clone()).unwrap(), stream))
    }

    fn start<S: Read + Write>(scheme: &str, open: impl Fn(TcpStream) -> S + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = format!("{scheme}://{}/", listener.local_addr().unwrap());
        let body =
            format!(r#"{{"access_token":"{}","token_type":"Bearer","expires_in":119,"scope":"a"}}"#, "t".repeat(900));
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        );
        let came = Arc::new(AtomicU64::new(0));
        let note = came.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                stream.set_nodelay(true).unwrap();
                let _ = serve(&mut open(stream), &answer, &note);
            }
        });
        Self { address, came }
    }

    pub fn came(&self) -> u64 {
        self.came.load(Ordering::SeqCst)
    }
}

fn serve(stream: &mut (impl Read + Write), answer: &str, came: &AtomicU64) -> std::io::Result<()> {
    let mut reader = BufReader::new(&mut *stream);
    reader.fill_buf()?;
    came.store(now(), Ordering::SeqCst);
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
    stream.write_all(answer.as_bytes())?;
    stream.flush()
}

/// A certificate authority that is created for this run.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        // The name must differ from the default name of certificates, or the certificate would count as self-signed.
        params.distinguished_name.push(DnType::CommonName, "the benchmark's authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// PEM of the system's root certificates and this authority, so that a client reads as many as on a real machine.
    pub fn among_the_systems(&self) -> String {
        let system = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];
        let system = system.map(PathBuf::from).into_iter().find_map(|file| std::fs::read_to_string(file).ok());
        system.unwrap_or_default() + &self.0.pem()
    }

    fn server(&self) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &self.0).unwrap();
        let config = ServerConfig::builder_with_provider(default_provider().into());
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        config.with_single_cert(vec![certificate.der().clone()], key.into()).unwrap().into()
    }
}
