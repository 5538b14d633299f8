//! The grants that were used, each for as long as it could be used again.

use std::collections::{BTreeMap, HashSet};

use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, Utc};

/// What a grant's id is remembered by: an id may be as long as a request.
type Mark = [u8; 32];

/// More than one process signs tokens for in the two minutes that a grant lives, and little enough to be held in memory:
/// some 15 MiB.
const MOST: usize = 200_000;

/// Grants by when they end, which is a whole second: there are never more of these than a grant's life has.
#[derive(Default)]
pub(crate) struct ReplayCache(BTreeMap<DateTime<Utc>, HashSet<Mark>>);

/// Why a grant cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ReplayError {
    Replayed,
    /// No more can be remembered, and none that is remembered may be forgotten.
    Full,
}

impl ReplayCache {
    /// Uses a grant that nobody takes any more after `end`.
    pub(crate) fn once(&mut self, id: &str, end: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), ReplayError> {
        self.0 = self.0.split_off(&now);
        let mark: Mark = digest(&SHA256, id.as_bytes()).as_ref().try_into().expect("a SHA-256 has 32 bytes");
        if self.0.values().any(|marks| marks.contains(&mark)) {
            return Err(ReplayError::Replayed);
        }
        if self.0.values().map(HashSet::len).sum::<usize>() >= MOST {
            return Err(ReplayError::Full);
        }
        self.0.entry(end).or_default().insert(mark);
        Ok(())
    }
}

#[cfg(test)]
#[path = "../../../tests/unit/replay.rs"]
mod tests;
