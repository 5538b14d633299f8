//! Reads a whole request body into memory.

use std::future::poll_fn;
use std::pin::Pin;

use axum::body::HttpBody;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;

/// The largest request body, in bytes: larger than any valid grant, and small enough to keep many in memory.
const LARGEST_REQUEST: usize = 64 * 1024;

/// The whole body of a request. Its chunks are copied into one buffer, because each chunk, even of one byte, would keep
/// its own buffer alive.
pub(crate) struct WholeBody(pub(crate) Vec<u8>);

impl<S: Sync> FromRequest<S> for WholeBody {
    type Rejection = (StatusCode, &'static str);

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        let mut body = request.into_body();
        let mut whole = Vec::new();
        while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            let frame = frame.map_err(|_| (StatusCode::BAD_REQUEST, "The body is incomplete."))?;
            let Ok(piece) = frame.into_data() else { continue };
            if whole.len() + piece.len() > LARGEST_REQUEST {
                return Err((StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than 64 KiB."));
            }
            whole.extend_from_slice(&piece);
        }
        Ok(Self(whole))
    }
}
