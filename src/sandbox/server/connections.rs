//! Connections: how many may be open at the same time, and how long a client may keep the sandbox waiting.
//!
//! The sandbox answers immediately, so every open connection waits for its client: to send a request, to complete a
//! request, or to read an answer. One timeout covers all three: the time since the last answer.

use std::io;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::AsyncWrite;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::body::TrackedBody;

/// The maximum number of open connections: twice as many as a busy test suite opens. A further connection closes the
/// connection that has been idle the longest.
const MAX_CONNECTIONS: usize = 128;

/// The longest time between two answers on a connection.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);

/// The time during which a connection is not closed to free space for another: enough to send a request on a busy
/// machine.
const GRACE: Duration = Duration::from_millis(100);

/// The size of a connection's read buffer in bytes, which limits the head of a request. Kestrel, the web server of the
/// real APIs, has the same limit (learn.microsoft.com, "KestrelServerLimits", `MaxRequestHeadersTotalSize`).
const LARGEST_HEAD: usize = 32 * 1024;

/// A connection. Dropping it closes it.
struct Connection {
    task: AbortHandle,
    answered: Answered,
}

/// The time of the last answer; before the first answer, the time when the client connected.
type Answered = Arc<Mutex<Instant>>;

/// Accepts connections and answers their requests. Dropping the future closes all connections.
pub(crate) async fn serve(listener: TcpListener, router: Router) {
    let mut open: Vec<Connection> = Vec::new();
    loop {
        let taken = listener.accept().await;
        open.retain(|connection| !connection.task.is_finished());
        match taken {
            Ok((stream, _)) => {
                if open.len() >= MAX_CONNECTIONS {
                    make_room(&mut open).await;
                }
                open.push(Connection::open(stream, router.clone()));
            }
            // The client closed the connection before it was accepted.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            // The machine has no resources for more connections at the moment.
            Err(_) => make_room(&mut open).await,
        }
    }
}

/// Closes the connection that has been idle the longest, after its grace period. Waits for ten grace periods at most.
async fn make_room(open: &mut Vec<Connection>) {
    let enough = Instant::now() + 10 * GRACE;
    while let Some(nth) = (0..open.len()).min_by_key(|nth| last_answer(&open[*nth].answered)) {
        let until = (last_answer(&open[nth].answered) + GRACE).min(enough);
        if until <= Instant::now() {
            open.swap_remove(nth);
            // The socket closes when the aborted task is next scheduled.
            return tokio::task::yield_now().await;
        }
        tokio::time::sleep_until(until).await;
    }
    // There is no connection to close.
    tokio::time::sleep(GRACE).await;
}

impl Connection {
    fn open(stream: TcpStream, router: Router) -> Self {
        let answered = Answered::new(Mutex::new(Instant::now()));
        let task = tokio::spawn({
            let answered = answered.clone();
            async move {
                tokio::select! {
                    () = serve_connection(stream, router, &answered) => {}
                    () = idle_too_long(&answered) => {}
                }
            }
        });
        Self { task: task.abort_handle(), answered }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Returns when the last answer is older than [`IDLE_TIMEOUT`].
async fn idle_too_long(answered: &Answered) {
    while last_answer(answered) + IDLE_TIMEOUT > Instant::now() {
        tokio::time::sleep_until(last_answer(answered) + IDLE_TIMEOUT).await;
    }
}

fn last_answer(answered: &Answered) -> Instant {
    *answered.lock().expect("nobody panics while holding it")
}

/// Answers the requests of a connection one after another, then shuts the connection down.
async fn serve_connection(stream: TcpStream, router: Router, answered: &Answered) {
    let _ = stream.set_nodelay(true);
    let router = TowerToHyperService::new(router);
    let service = service_fn(|request: Request<Incoming>| {
        let (head, body) = request.into_parts();
        let (body, is_read) = TrackedBody::new(body);
        let answer = router.call(Request::from_parts(head, body));
        // `poll_without_shutdown` requires a future that is `Unpin`.
        Box::pin(async move {
            let mut answer: Result<Response<_>, _> = answer.await;
            // The rest of a body could be mistaken for the next request (RFC 9112, section 9.3).
            if let (Ok(answer), false) = (&mut answer, is_read.load(Ordering::Relaxed)) {
                answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            *answered.lock().expect("nobody panics while holding it") = Instant::now();
            answer
        })
    });
    let mut connection = http1::Builder::new()
        .max_buf_size(LARGEST_HEAD)
        // A client may close its sending side after its request, and still read the answer.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    // An error here is the client's, and there is nobody else to report it to.
    let _ = std::future::poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let _ = shut_down(connection.into_parts().io.into_inner()).await;
}

/// Stops sending, and reads until the client closes. Closing a socket with unread input could discard an answer that
/// the client has not read yet (RFC 9112, section 9.6).
async fn shut_down(mut stream: TcpStream) -> io::Result<()> {
    std::future::poll_fn(|context| Pin::new(&mut stream).poll_shutdown(context)).await?;
    let mut unwanted = vec![0; 16 * 1024];
    loop {
        stream.readable().await?;
        match stream.try_read(&mut unwanted) {
            Ok(0) => return Ok(()),
            // The input may be endless, and other tasks must run.
            Ok(_) => tokio::task::yield_now().await,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}
