//! Formats times and durations.

use chrono::{DateTime, Utc};

/// Formats a time, such as `2026-01-31 12:00:00 UTC`.
pub(crate) fn time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// Formats a time from a server (RFC 3339). A text that is not a time is returned unchanged.
pub(crate) fn server_time(text: Option<&str>) -> String {
    let parsed = text.and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    parsed.map_or_else(|| text.unwrap_or("-").to_owned(), |parsed| time(parsed.to_utc()))
}

/// Formats a duration in its two largest units, such as `1 h 5 min`.
pub(crate) fn duration(seconds: u64) -> String {
    let units = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];
    let first = units.iter().position(|(_, length)| seconds >= *length).unwrap_or(units.len() - 1);
    let mut rest = seconds;
    let mut words = Vec::new();
    for (unit, length) in units.iter().skip(first).take(2) {
        if rest >= *length || words.is_empty() {
            words.push(format!("{} {unit}", rest / length));
        }
        rest %= length;
    }
    words.join(" ")
}
