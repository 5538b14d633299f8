//! What a sandbox does otherwise than usual, so that a client's handling of it can be looked at.

use chrono::TimeDelta;

use super::specimen::Specimen;

/// How a sandbox differs from the usual one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Conditions {
    /// How far its clock is ahead of this machine's; behind, where it is negative.
    pub clock_ahead: TimeDelta,
    /// Every grant is refused in this way, whatever is in it.
    pub refusal: Option<&'static Specimen>,
}
