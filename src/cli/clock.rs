//! Times in words.

use chrono::TimeDelta;

/// A duration in its two largest units.
pub(super) fn duration(duration: TimeDelta) -> String {
    let seconds = duration.num_seconds().abs();
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
