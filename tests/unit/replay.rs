//! Does the sandbox remember used grants as long as they could be used again, and no longer?

use chrono::TimeDelta;

use super::*;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn held(used: &ReplayCache) -> usize {
    used.0.values().map(HashSet::len).sum()
}

#[test]
fn a_used_grant_is_remembered_until_it_expires() {
    let mut used = ReplayCache::default();
    assert_eq!(used.once("a", at(130), at(0)), Ok(()));
    assert_eq!(used.once("b", at(140), at(0)), Ok(()));
    // Another grant with the same id and an earlier expiry does not shorten this.
    assert_eq!(used.once("a", at(20), at(10)), Err(ReplayError::Replayed));
    assert_eq!(used.once("a", at(150), at(130)), Err(ReplayError::Replayed));
    assert_eq!(used.once("c", at(200), at(131)), Ok(()));
    assert_eq!((held(&used), used.0.len()), (2, 2));
    assert_eq!(used.once("a", at(200), at(131)), Ok(()));
    assert_eq!(used.once("d", at(400), at(300)), Ok(()));
    assert_eq!((held(&used), used.0.len()), (1, 1));
}

#[test]
fn above_the_limit_grants_are_refused_until_some_have_expired() {
    let mut used = ReplayCache::default();
    let end = |number: usize| at(if number < MAX_ASSERTIONS / 2 { 100 } else { 101 });
    for number in 0..MAX_ASSERTIONS {
        assert_eq!(used.once(&number.to_string(), end(number), at(0)), Ok(()));
    }
    assert_eq!(used.once("one more", at(130), at(0)), Err(ReplayError::Full));
    // Grants that were used still count as used.
    assert_eq!(used.once("7", at(130), at(0)), Err(ReplayError::Replayed));
    assert_eq!(used.once("one more", at(130), at(101)), Ok(()));
    assert_eq!(held(&used), MAX_ASSERTIONS / 2 + 1);
}
