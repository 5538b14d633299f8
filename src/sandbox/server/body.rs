//! Reads a whole request body into memory, and records whether a body was read to its end.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Bytes, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use hyper::body::{Frame, Incoming, SizeHint};

/// The largest request body, in bytes: larger than any valid grant, and small enough to keep many in memory.
const LARGEST_REQUEST: usize = 64 * 1024;

/// The whole body of a request. Its chunks are copied into one buffer, because each chunk, even of one byte, would keep
/// its own buffer alive.
pub(crate) struct WholeBody(pub(crate) Vec<u8>);

impl<S: Sync> FromRequest<S> for WholeBody {
    type Rejection = (StatusCode, &'static str);

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        let mut body = request.into_body();
        let too_large = (StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than 64 KiB.");
        // This check comes before the first read, which would send `100 Continue` (RFC 9110, section 10.1.1).
        if body.size_hint().lower() > LARGEST_REQUEST as u64 {
            return Err(too_large);
        }
        let mut whole = Vec::new();
        while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            let frame = frame.map_err(|_| (StatusCode::BAD_REQUEST, "The body is incomplete."))?;
            let Ok(piece) = frame.into_data() else { continue };
            if whole.len() + piece.len() > LARGEST_REQUEST {
                return Err(too_large);
            }
            whole.extend_from_slice(&piece);
        }
        Ok(Self(whole))
    }
}

/// The body of an incoming request, which records whether it was read to its end.
pub(crate) struct TrackedBody {
    incoming: Incoming,
    is_read: Arc<AtomicBool>,
}

impl TrackedBody {
    /// The body, and the record. A request without a body counts as read.
    pub(crate) fn new(incoming: Incoming) -> (Self, Arc<AtomicBool>) {
        let is_read = Arc::new(AtomicBool::new(incoming.is_end_stream()));
        (Self { incoming, is_read: is_read.clone() }, is_read)
    }
}

impl HttpBody for TrackedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.incoming).poll_frame(context));
        if frame.is_none() {
            self.is_read.store(true, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
