//! The difference between this machine's clock and Maskinporten's.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

use super::time::duration;

/// From this difference on, the user is told. Maskinporten itself tolerates 10 s.
const NOTABLE: TimeDelta = TimeDelta::seconds(5);

/// How far this machine's clock is ahead of Maskinporten's; behind, if it is negative.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClockDifference {
    ahead: TimeDelta,
    /// The largest error of `ahead`: half the time that the answer took.
    uncertainty: TimeDelta,
}

/// When a request was sent.
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

    /// The difference of the clocks, by the `Date` of an answer that took this long.
    pub(crate) fn clock_difference(&self, date: Option<DateTime<Utc>>, elapsed: Duration) -> Option<ClockDifference> {
        let uncertainty = TimeDelta::from_std(elapsed).unwrap_or_default() / 2;
        // The header leaves out the fraction of its second.
        let ahead = self.at + uncertainty - (date? + TimeDelta::milliseconds(500));
        Some(ClockDifference { ahead, uncertainty })
    }
}

/// The time by Maskinporten's clock, as far as it is known.
pub(crate) fn maskinportens_time(clock: Option<ClockDifference>) -> DateTime<Utc> {
    Utc::now() - clock.map(|clock| clock.ahead).unwrap_or_default()
}

impl ClockDifference {
    /// In whole seconds.
    pub(crate) fn seconds_ahead(self) -> i64 {
        (self.ahead.num_milliseconds() + 500).div_euclid(1000)
    }

    /// Whether the clocks certainly differ.
    pub(crate) fn is_notable(self) -> bool {
        self.ahead.abs() - self.uncertainty > NOTABLE
    }

    /// Whether the clocks certainly agree.
    pub(crate) fn is_negligible(self) -> bool {
        self.ahead.abs() + self.uncertainty <= NOTABLE
    }

    /// The end of a sentence about this machine's clock.
    pub(crate) fn describe(self) -> String {
        let seconds = |delta: TimeDelta| duration(delta.num_seconds().unsigned_abs());
        let difference = duration(self.seconds_ahead().unsigned_abs());
        match self.seconds_ahead() {
            _ if self.is_negligible() => format!("within {} of Maskinporten's", seconds(NOTABLE)),
            _ if !self.is_notable() => {
                let at_most = self.ahead.abs() + self.uncertainty + TimeDelta::seconds(1);
                format!("within {} of Maskinporten's, as far as a slow answer tells", seconds(at_most))
            }
            1.. => format!("{difference} ahead of Maskinporten's"),
            _ => format!("{difference} behind Maskinporten's"),
        }
    }

    /// Advice, if the clocks differ.
    pub(crate) fn advice(self) -> Option<String> {
        let advice = || format!("this machine's clock is {}: set it, best by network time (NTP)", self.describe());
        self.is_notable().then(advice)
    }
}
