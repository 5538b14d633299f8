//! The connections: how many there are at once, and how long a client may keep the sandbox waiting.
//!
//! The sandbox answers at once, so whatever is open waits for its client: for a request, for the rest of one, or for an
//! answer to be read. One measure serves for all of them, the time since the last answer.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
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

/// The most connections, twice what a busy test suite opens. One more closes the one that has been idle the longest.
const MAX_CONNECTIONS: usize = 128;

/// The longest time between two answers on a connection.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);

/// What each client is left before others can push it out: enough to send its request on a busy machine.
const GRACE: Duration = Duration::from_millis(100);

/// What a connection may hold of what it reads, and by that the longest head. Kestrel, in front of the real APIs, takes as
/// much (learn.microsoft.com, "KestrelServerLimits", `MaxRequestHeadersTotalSize`).
const LARGEST_HEAD: usize = 32 * 1024;

/// A connection. Dropping it closes it.
struct Connection {
    task: AbortHandle,
    answered: Answered,
}

/// When the last answer was given; before the first one, when the client came.
type Answered = Arc<Mutex<Instant>>;

/// Takes connections, and answers what comes over them. Dropping it closes them all.
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
            // It was gone before it was taken.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            // The machine gives no more of them, for now.
            Err(_) => make_room(&mut open).await,
        }
    }
}

/// Closes the connection that waits the longest for its client; where all are busy, another one must end after a while.
async fn make_room(open: &mut Vec<Connection>) {
    let enough = Instant::now() + 10 * GRACE;
    while let Some(nth) = (0..open.len()).min_by_key(|nth| last_answer(&open[*nth].answered)) {
        let until = (last_answer(&open[nth].answered) + GRACE).min(enough);
        if until <= Instant::now() {
            open.swap_remove(nth);
            // It is closed when its task has had a turn.
            return tokio::task::yield_now().await;
        }
        tokio::time::sleep_until(until).await;
    }
    // None of them is in the way.
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

/// Returns when the client has had no answer for too long.
async fn idle_too_long(answered: &Answered) {
    while last_answer(answered) + IDLE_TIMEOUT > Instant::now() {
        tokio::time::sleep_until(last_answer(answered) + IDLE_TIMEOUT).await;
    }
}

fn last_answer(answered: &Answered) -> Instant {
    *answered.lock().expect("nobody panics while holding it")
}

/// Answers one request after the other, then shuts the connection down.
async fn serve_connection(stream: TcpStream, router: Router, answered: &Answered) {
    let _ = stream.set_nodelay(true);
    let router = TowerToHyperService::new(router);
    let service = service_fn(|request: Request<Incoming>| {
        let answer = router.call(request);
        // hyper moves it about.
        Box::pin(async {
            let answer: Result<Response<_>, _> = answer.await;
            *answered.lock().expect("nobody panics while holding it") = Instant::now();
            answer
        })
    });
    let mut connection =
        http1::Builder::new().max_buf_size(LARGEST_HEAD).serve_connection(TokioIo::new(stream), service);
    // What went wrong is the client's: there is nobody else to tell.
    let _ = std::future::poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let _ = shut_down(connection.into_parts().io.into_inner()).await;
}

/// Stops sending, and reads until the client closes. To close a socket with unread input could discard an answer that the
/// client has not read yet (RFC 9112, section 9.6).
async fn shut_down(mut stream: TcpStream) -> io::Result<()> {
    std::future::poll_fn(|context| Pin::new(&mut stream).poll_shutdown(context)).await?;
    let mut unwanted = vec![0; 16 * 1024];
    loop {
        stream.readable().await?;
        match stream.try_read(&mut unwanted) {
            Ok(0) => return Ok(()),
            // It may have no end, and others wait for their turn.
            Ok(_) => tokio::task::yield_now().await,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}
