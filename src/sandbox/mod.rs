//! The sandbox: Maskinporten, Altinn and the reference APIs on loopback, as strict as the real servers.
//!
//! The sandbox is a second, independent implementation of the documentation, so it shares no code with the client: if
//! the two agree, the client is probably right. It keeps all data in memory, discards it at exit, and behaves the same
//! way in every run.

mod altinn;
mod approval;
mod fixtures;
mod maskinporten;
mod pages;
mod reference_api;
mod server;
mod store;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::header::DATE;
use axum::http::{HeaderMap, HeaderValue, Method, Uri};
use axum::middleware::{from_fn, map_response_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Router, extract};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use self::server::body::WholeBody;
use self::server::connections;
use self::server::host::check_host;
pub use self::store::forced_refusal::ForcedRefusal;
pub use self::store::options::{Explanation, PagingFault, SandboxOptions};
use self::store::state::State;

/// A sandbox that runs in the background of a Tokio runtime. Dropping it stops it.
#[derive(Debug)]
pub struct Sandbox {
    address: String,
    task: JoinHandle<io::Result<()>>,
}

impl Sandbox {
    /// Starts a sandbox on a free port of this machine.
    ///
    /// # Errors
    /// Returns an error if no port is available.
    pub async fn start() -> io::Result<Self> {
        Self::start_with(SandboxOptions::default()).await
    }

    /// Starts a sandbox with these options, on a free port of this machine.
    ///
    /// # Errors
    /// Returns an error if no port is available.
    pub async fn start_with(options: SandboxOptions) -> io::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let address = address(&listener)?;
        let task = tokio::spawn(serve(listener, options, std::future::pending()));
        Ok(Self { address, task })
    }

    /// The base URL, which ends in a slash: the issuer of its tokens and the prefix of all its URLs.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves on the caller's socket until `shutdown` completes.
///
/// # Errors
/// Returns an error if the socket's address cannot be read or is not a loopback address.
pub async fn serve(
    listener: TcpListener,
    options: SandboxOptions,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let state = Arc::new(State::new(address(&listener)?, options));
    let router = dated_by(&state, routes(&state).layer(from_fn(check_host)));
    tokio::select! {
        () = connections::serve(listener, router) => {}
        () = shutdown => {}
    }
    Ok(())
}

/// The sandbox's routes without a socket. `address` is the base URL and must end in a slash.
pub fn router(address: String, options: SandboxOptions) -> Router {
    let state = Arc::new(State::new(address, options));
    dated_by(&state, routes(&state))
}

fn routes(state: &Arc<State>) -> Router {
    Router::new()
        .route("/token", post(maskinporten::token))
        .route("/jwk", get(maskinporten::keys))
        .route("/.well-known/oauth-authorization-server", get(maskinporten::metadata))
        .route("/api/v1/scopes/all", get(maskinporten::scopes))
        .route("/sandbox/certificate.pem", get(fixtures::CERTIFICATE))
        .route("/sandbox/authority.pem", get(fixtures::AUTHORITY))
        .route("/sandbox/authority-key.pem", get(fixtures::AUTHORITY_KEY))
        .fallback(other)
        .with_state(state.clone())
}

/// The router, with a `Date` header on each response.
fn dated_by(state: &Arc<State>, router: Router) -> Router {
    router.layer(map_response_with_state(state.clone(), dated))
}

/// Answers every path without a route of its own. ASP.NET ignores the case of paths.
async fn other(
    extract::State(state): extract::State<Arc<State>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    WholeBody(body): WholeBody,
) -> Response {
    let path = uri.path().to_ascii_lowercase();
    let mut segments = path.split('/').skip(1);
    match (segments.next().unwrap_or_default(), segments.next()) {
        ("authentication", _) | ("accessmanagement", Some("api")) => {
            altinn::answer(&state, &method, &uri, &headers, &body)
        }
        ("accessmanagement", _) => approval::answer(&state, &method, &uri, &headers, &body),
        ("" | "errors", _) => pages::answer(&state, &method, &uri),
        ("api", _) | ("v1", Some("regnskapssystem")) => reference_api::answer(&state, &method, &uri, &headers),
        _ => pages::unknown_path(&headers),
    }
}

/// Sets the `Date` header from the sandbox's own clock (RFC 9110, section 6.6.1).
async fn dated(extract::State(state): extract::State<Arc<State>>, mut response: Response) -> Response {
    let date = state.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    response.headers_mut().insert(DATE, HeaderValue::try_from(date).expect("a date is plain text"));
    response
}

fn address(listener: &TcpListener) -> io::Result<String> {
    let socket = listener.local_addr()?;
    if !socket.ip().is_loopback() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the sandbox can only listen on a loopback address"));
    }
    Ok(format!("http://{socket}/"))
}

/// The endpoints of the sandbox: the server that it simulates, and the methods and paths.
pub fn endpoints() -> [(&'static str, &'static str); 9] {
    [
        ("Maskinporten", "POST /token  GET /jwk  GET /.well-known/oauth-authorization-server"),
        ("self-service", "GET /api/v1/scopes/all (catalogue of scopes)"),
        ("Altinn", "/authentication/api/v1/exchange  /systemregister  /systemuser"),
        ("authorised parties", "GET /accessmanagement/api/v1/enduser/authorizedparties"),
        ("approval page", "/accessmanagement/ui/systemuser/request  /agentrequest  /changerequest (the confirmUrl)"),
        ("reference APIs", "GET /api/SystemUserInfo  /api/Logistics/{org}  /api/Salary/{org}"),
        (
            "krav og betalinger",
            "GET /api/innkreving/kravogbetalinger/v1/regnskapssystem/{org}/aapnekrav  /krav  /innbetalinger  /utbetalinger",
        ),
        ("test authority", "GET /sandbox/certificate.pem  /sandbox/authority.pem  /sandbox/authority-key.pem"),
        ("other pages", "GET / (overview)  GET /errors/{code} (explanation of an error code)"),
    ]
}

/// The settings of the first client in the sandbox, except its key: name and value.
pub fn client() -> [(&'static str, &'static str); 3] {
    let [client, ..] = fixtures::CLIENTS;
    [("client id", client.id), ("scope", client.scopes[0]), ("kid", fixtures::KEY.kid)]
}

/// The clients in the sandbox, which all use the same key: client id and what the client demonstrates.
pub fn clients() -> impl Iterator<Item = (&'static str, &'static str)> {
    fixtures::CLIENTS.iter().map(|client| (client.id, client.shows))
}

/// The organisations in the sandbox: organisation number and what the organisation demonstrates.
pub fn organisations() -> impl Iterator<Item = (&'static str, &'static str)> {
    let shown = |organisation: &'static fixtures::Organisation| Some((organisation.number, organisation.shows?));
    fixtures::ORGANISATIONS.iter().filter_map(shown).chain([("any other", "no system user: MP-303")])
}
