//! The difference between this machine's clock and Maskinporten's.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

use super::time::duration;

/// A larger difference causes a warning. Maskinporten tolerates 10 s.
const NOTABLE: TimeDelta = TimeDelta::seconds(5);

/// How far this machine's clock is ahead of Maskinporten's clock. If the value is negative, this machine's clock
/// is behind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClockDifference {
    ahead: TimeDelta,
    /// The maximum error of `ahead` that the network causes: half the duration of the request.
    uncertainty: TimeDelta,
}

/// The time at which a request was sent.
pub(crate) struct RequestTimer {
    at: DateTime<Utc>,
    started: Instant,
}

impl RequestTimer {
    pub(crate) fn start() -> Self {
        Self { at: Utc::now(), started: Instant::now() }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Computes the difference between the clocks from the `Date` of a response and the duration of the request.
    pub(crate) fn clock_difference(&self, date: Option<DateTime<Utc>>, elapsed: Duration) -> Option<ClockDifference> {
        let uncertainty = TimeDelta::from_std(elapsed).unwrap_or_default() / 2;
        // The header has whole seconds, so the server's clock is half a second later on average.
        let ahead = self.at + uncertainty - (date? + TimeDelta::milliseconds(500));
        Some(ClockDifference { ahead, uncertainty })
    }
}

/// The time by Maskinporten's clock, or by this machine's clock if the difference is unknown.
pub(crate) fn maskinportens_time(clock: Option<ClockDifference>) -> DateTime<Utc> {
    Utc::now() - clock.map(|clock| clock.ahead).unwrap_or_default()
}

impl ClockDifference {
    /// The difference in whole seconds.
    pub(crate) fn seconds_ahead(self) -> i64 {
        (self.ahead.num_milliseconds() + 500).div_euclid(1000)
    }

    /// Whether the clocks differ notably, even with the maximum error.
    pub(crate) fn is_notable(self) -> bool {
        self.ahead.abs() - self.uncertainty > NOTABLE
    }

    /// Whether the clocks agree, even with the maximum error.
    pub(crate) fn is_negligible(self) -> bool {
        self.ahead.abs() + self.uncertainty <= NOTABLE
    }

    /// Describes this machine's clock, as the end of a sentence.
    pub(crate) fn describe(self) -> String {
        let seconds = |delta: TimeDelta| duration(delta.num_seconds().unsigned_abs());
        let difference = duration(self.seconds_ahead().unsigned_abs());
        match self.seconds_ahead() {
            _ if self.is_negligible() => format!("within {} of Maskinporten's", seconds(NOTABLE)),
            _ if !self.is_notable() => {
                let at_most = self.ahead.abs() + self.uncertainty + TimeDelta::seconds(1);
                format!("within {} of Maskinporten's, estimated from a slow response", seconds(at_most))
            }
            1.. => format!("{difference} ahead of Maskinporten's"),
            _ => format!("{difference} behind Maskinporten's"),
        }
    }

    /// Advice, if the clocks differ.
    pub(crate) fn advice(self) -> Option<String> {
        let advice = || format!("this machine's clock is {}: set the clock, preferably with NTP", self.describe());
        self.is_notable().then(advice)
    }
}
