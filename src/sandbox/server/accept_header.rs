//! Content negotiation: the best match in an `Accept` header.

use axum::http::HeaderMap;
use axum::http::header::HeaderName;

/// The known range with the highest weight; if weights are equal, the first range (RFC 9110, section 12.5).
pub(crate) fn best_match<T>(headers: &HeaderMap, name: &HeaderName, known: impl Fn(&str) -> Option<T>) -> Option<T> {
    let lines = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let mut best: Option<(f32, T)> = None;
    for range in lines.flat_map(|line| line.split(',')) {
        let mut parts = range.split(';').map(|part| part.trim().to_ascii_lowercase());
        let Some(value) = parts.next().and_then(|range| known(&range)) else { continue };
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.trim().parse().ok()).unwrap_or(1.0);
        if weight > best.as_ref().map_or(0.0, |(weight, _)| *weight) {
            best = Some((weight, value));
        }
    }
    best.map(|(_, value)| value)
}
