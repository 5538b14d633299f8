//! This machine's clock against Maskinporten's, and times in words.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

/// From this difference on, something is said. Maskinporten itself tolerates 10 s.
const NOTABLE: TimeDelta = TimeDelta::seconds(5);

/// How far this machine's clock is ahead of Maskinporten's; behind, where it is negative.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClockDifference {
    ahead: TimeDelta,
    /// How far that may be wrong: half the time that the answer took.
    uncertainty: TimeDelta,
}

/// When something was asked.
pub(crate) struct Asked {
    at: DateTime<Utc>,
    started: Instant,
}

impl Asked {
    pub(crate) fn now() -> Self {
        Self { at: Utc::now(), started: Instant::now() }
    }

    /// How long the answer took, which has just come.
    pub(crate) fn taken(&self) -> Duration {
        self.started.elapsed()
    }

    /// How far the clocks differ, by the `Date` of an answer that took this long.
    pub(crate) fn difference(&self, date: Option<DateTime<Utc>>, taken: Duration) -> Option<ClockDifference> {
        let uncertainty = TimeDelta::from_std(taken).unwrap_or_default() / 2;
        // The header leaves the fraction of its second out.
        let ahead = self.at + uncertainty - (date? + TimeDelta::milliseconds(500));
        Some(ClockDifference { ahead, uncertainty })
    }
}

/// The time by Maskinporten's clock, as far as that is known.
pub(crate) fn maskinportens(clock: Option<ClockDifference>) -> DateTime<Utc> {
    Utc::now() - clock.map(|clock| clock.ahead).unwrap_or_default()
}

impl ClockDifference {
    /// In whole seconds.
    pub(crate) fn seconds_ahead(self) -> i64 {
        (self.ahead.num_milliseconds() + 500).div_euclid(1000)
    }

    /// Whether the clocks differ, for certain.
    pub(crate) fn is_notable(self) -> bool {
        self.ahead.abs() - self.uncertainty > NOTABLE
    }

    /// Whether they do not, for certain.
    pub(crate) fn is_none(self) -> bool {
        self.ahead.abs() + self.uncertainty <= NOTABLE
    }

    /// The end of a sentence about this machine's clock.
    pub(crate) fn words(self) -> String {
        let how_far = duration(TimeDelta::seconds(self.seconds_ahead()));
        match self.seconds_ahead() {
            _ if self.is_none() => format!("within {} of Maskinporten's", duration(NOTABLE)),
            _ if !self.is_notable() => {
                let at_most = self.ahead.abs() + self.uncertainty + TimeDelta::seconds(1);
                format!("within {} of Maskinporten's, as far as a slow answer tells", duration(at_most))
            }
            1.. => format!("{how_far} ahead of Maskinporten's"),
            _ => format!("{how_far} behind Maskinporten's"),
        }
    }

    /// What is said where it is notable.
    pub(crate) fn advice(self) -> Option<String> {
        let said = || format!("this machine's clock is {}: set it, best by network time (NTP)", self.words());
        self.is_notable().then(said)
    }
}

/// A time as a person reads it.
pub(crate) fn time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A time of a server's, as a person reads it; what is none, as it came.
pub(crate) fn told(text: Option<&str>) -> String {
    let parsed = text.and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    parsed.map_or_else(|| text.unwrap_or("-").to_owned(), |parsed| time(parsed.to_utc()))
}

/// A duration in its two largest units.
pub(crate) fn duration(duration: TimeDelta) -> String {
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
