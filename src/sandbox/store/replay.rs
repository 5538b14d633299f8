//! The used grants. Each grant is kept until it expires.

use std::collections::{BTreeMap, HashSet};

use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, Utc};

/// The SHA-256 of a grant's id, because an id may be as long as a request.
type IdHash = [u8; 32];

/// The maximum number of grants in the cache: about 15 MiB, and more grants than one process can sign in the two
/// minutes that a grant lives.
const MAX_ASSERTIONS: usize = 200_000;

/// Used grants, grouped by the whole second in which they expire.
#[derive(Default)]
pub(crate) struct ReplayCache(BTreeMap<DateTime<Utc>, HashSet<IdHash>>);

/// The reason why a grant cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ReplayError {
    Replayed,
    /// The cache is full, and no grant in it has expired.
    Full,
}

impl ReplayCache {
    /// Records the use of a grant that expires at `end`.
    pub(crate) fn once(&mut self, id: &str, end: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), ReplayError> {
        self.0 = self.0.split_off(&now);
        let hash: IdHash = digest(&SHA256, id.as_bytes()).as_ref().try_into().expect("a SHA-256 has 32 bytes");
        if self.0.values().any(|hashes| hashes.contains(&hash)) {
            return Err(ReplayError::Replayed);
        }
        if self.0.values().map(HashSet::len).sum::<usize>() >= MAX_ASSERTIONS {
            return Err(ReplayError::Full);
        }
        self.0.entry(end).or_default().insert(hash);
        Ok(())
    }
}

#[cfg(test)]
#[path = "../../../tests/unit/replay.rs"]
mod tests;
