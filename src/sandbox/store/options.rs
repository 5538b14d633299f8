//! Options that change what the sandbox does, to test how a client handles it.

use std::num::NonZeroUsize;

use chrono::TimeDelta;

use super::forced_refusal::ForcedRefusal;

/// How a sandbox differs from the default.
#[derive(Debug, Clone, Copy, Default)]
pub struct SandboxOptions {
    /// How far its clock is ahead of this machine's; behind, where it is negative. A century at most, either way.
    pub clock_ahead: TimeDelta,
    /// Every grant is refused in this way, whatever is in it.
    pub refusal: Option<&'static ForcedRefusal>,
    /// How many rows Altinn's lists have on a page, where they are not the usual 50.
    pub page_size: Option<NonZeroUsize>,
    /// What is wrong with the pages of Altinn's lists.
    pub paging: PagingFault,
}

/// The faults that the pages of Altinn's lists have, or had.
///
/// Source: github.com/Altinn/altinn-authentication, `src/Persistance/RepositoryImplementations/RequestRepository.cs` and
/// `ChangeRequestRepository.cs`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PagingFault {
    /// Nothing: each row comes once.
    #[default]
    Right,
    /// A row is lost at the edge of each page of requests: the page after it begins behind the row that it should begin
    /// with.
    LosesRows,
    /// Each page is the first one, and names a next one.
    NeverEnds,
}

impl PagingFault {
    const NAMES: [(&str, Self); 3] =
        [("right", Self::Right), ("loses-rows", Self::LosesRows), ("never-ends", Self::NeverEnds)];

    /// The names of all of them.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().map(|(name, _)| *name)
    }

    /// The fault with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, paging)| *paging)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, paging)| *paging == self).expect("each has a name").0
    }
}
