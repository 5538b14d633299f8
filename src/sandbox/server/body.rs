//! The body of a request, read whole.

use std::future::poll_fn;
use std::pin::Pin;

use axum::body::HttpBody;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;

/// The largest request body, in bytes: larger than any valid grant, and small enough to hold many.
const LARGEST_REQUEST: usize = 64 * 1024;

/// The whole body of a request. Its chunks are copied together, because each of them, even of one byte, would keep a
/// buffer alive.
pub(crate) struct WholeBody(pub(crate) Vec<u8>);

impl<S: Sync> FromRequest<S> for WholeBody {
    type Rejection = (StatusCode, &'static str);

    async fn from_request(request: Request, _: &S) -> Result<Self, Self::Rejection> {
        let mut body = request.into_body();
        let mut whole = Vec::new();
        while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            let frame = frame.map_err(|_| (StatusCode::BAD_REQUEST, "The body ended before its end."))?;
            let Ok(piece) = frame.into_data() else { continue };
            if whole.len() + piece.len() > LARGEST_REQUEST {
                return Err((StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than 64 KiB."));
            }
            whole.extend_from_slice(&piece);
        }
        Ok(Self(whole))
    }
}
