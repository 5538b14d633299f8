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
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn held(used: &ReplayCache) -> usize {
        used.0.values().map(HashSet::len).sum()
    }

    #[test]
    fn a_used_grant_is_remembered_until_its_end_and_forgotten_then() {
        let mut used = ReplayCache::default();
        assert_eq!(used.once("a", at(130), at(0)), Ok(()));
        assert_eq!(used.once("b", at(140), at(0)), Ok(()));
        // Another grant with the same id and a shorter life does not make it forgotten earlier.
        assert_eq!(used.once("a", at(20), at(10)), Err(ReplayError::Replayed));
        assert_eq!(used.once("a", at(150), at(130)), Err(ReplayError::Replayed));
        assert_eq!(used.once("c", at(200), at(131)), Ok(()));
        assert_eq!((held(&used), used.0.len()), (2, 2));
        assert_eq!(used.once("a", at(200), at(131)), Ok(()));
        assert_eq!(used.once("d", at(400), at(300)), Ok(()));
        assert_eq!((held(&used), used.0.len()), (1, 1));
    }

    #[test]
    fn more_than_can_be_remembered_are_refused_until_some_are_forgotten() {
        let mut used = ReplayCache::default();
        let end = |number: usize| at(if number < MOST / 2 { 100 } else { 101 });
        for number in 0..MOST {
            assert_eq!(used.once(&number.to_string(), end(number), at(0)), Ok(()));
        }
        assert_eq!(used.once("one more", at(130), at(0)), Err(ReplayError::Full));
        // Those that were used are so still.
        assert_eq!(used.once("7", at(130), at(0)), Err(ReplayError::Replayed));
        assert_eq!(used.once("one more", at(130), at(101)), Ok(()));
        assert_eq!(held(&used), MOST / 2 + 1);
    }
}
