//! Paged lists.
//!
//! Source: github.com/Altinn/altinn-authentication, `src/Core/Models/Page.cs` and
//! `src/Persistance/RepositoryImplementations`.

use axum::http::StatusCode;
use axum::http::header::HOST;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::super::server::aspnet::text;
use super::super::store::options::PagingFault;
use super::Call;
use super::failure::Failure;

const USUAL_SIZE: usize = 50;

/// The host in the links of [`PagingFault::InternalHost`].
const INTERNAL_HOST: &str = "authentication.internal";

/// The characters to escape in a path: all except the unreserved characters (RFC 3986, section 2.3).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The kind of the rows in a list. The fault `loses-rows` affects only requests, and a list of change requests never
/// ends if it has more than one page, as in the real server (`ChangeRequestRepository.cs`).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    Requests,
    ChangeRequests,
    SystemUsers,
}

/// Returns the page that starts at the token in the query. Each row comes with its id, and the rows are sorted by id.
pub(super) fn page(
    call: &Call<'_>,
    path: &str,
    system: &str,
    which: Rows,
    mut rows: Vec<(&str, Value)>,
) -> Result<Response, Failure> {
    rows.sort_by_key(|(id, _)| *id);
    let options = &call.state.options;
    let size = options.page_size.map_or(USUAL_SIZE, usize::from);
    let from = call.parameter("token").map(|token| id_of(token).ok_or_else(|| Failure::not_valid("token", token)));
    if let Some(from) = from.transpose()? {
        match options.paging {
            _ if which == Rows::ChangeRequests => {}
            PagingFault::NeverEnds => {}
            // The token is the first id that has not been shown.
            PagingFault::LosesRows if which == Rows::Requests => rows.retain(|(id, _)| *id > from.as_str()),
            PagingFault::Right | PagingFault::LosesRows | PagingFault::InternalHost => {
                rows.retain(|(id, _)| *id >= from.as_str())
            }
        }
    }
    let mut links = json!({});
    if let Some((next, _)) = rows.get(size) {
        let (system, token) = (utf8_percent_encode(system, ESCAPED), URL_SAFE_NO_PAD.encode(next));
        // ASP.NET builds the link from the request's `Host` header.
        let host = match options.paging {
            PagingFault::InternalHost => INTERNAL_HOST,
            _ => call.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default(),
        };
        links["next"] = format!("http://{host}/authentication/api/v1/{path}/{system}?token={token}").into();
    }
    let data: Vec<Value> = rows.into_iter().take(size).map(|(_, row)| row).collect();
    Ok(text::json(StatusCode::OK, &json!({ "links": links, "data": data })))
}

fn id_of(token: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()
}
