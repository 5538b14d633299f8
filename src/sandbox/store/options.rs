//! Options that change what the sandbox does, to test how a client handles it.

use std::num::NonZeroUsize;

use chrono::TimeDelta;

use super::forced_refusal::ForcedRefusal;

/// The options of a sandbox. The default options give the normal behaviour.
#[derive(Debug, Clone, Default)]
pub struct SandboxOptions {
    /// How far the sandbox's clock is ahead of this machine's clock. If the value is negative, the clock is behind. The
    /// limit is a century in either direction.
    pub clock_ahead: TimeDelta,
    /// The refusal for every grant, regardless of its content.
    pub refusal: Option<&'static ForcedRefusal>,
    /// The number of rows per page of Altinn's lists. `None` means 50.
    pub page_size: Option<NonZeroUsize>,
    /// The fault in the paging of Altinn's lists.
    pub paging: PagingFault,
    /// The explanations on the pages of error codes. Without an explanation, a page has the sandbox's own description.
    pub explanations: Vec<Explanation>,
}

/// The explanation of an error code.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// The code, such as `MP-303`, or a name for a refusal without a code.
    pub code: &'static str,
    /// OAuth's error code, such as `invalid_grant`, or the HTTP status.
    pub kind: &'static str,
    /// The meaning of the code.
    pub meaning: &'static str,
    /// The likely causes with their remedies, the most likely first. Backticks enclose values and commands.
    pub causes: Vec<String>,
}

/// A fault in the paging of Altinn's lists. Altinn has or had each of these faults.
///
/// Source: github.com/Altinn/altinn-authentication, `src/Persistance/RepositoryImplementations/RequestRepository.cs`
/// and `ChangeRequestRepository.cs`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PagingFault {
    /// No fault: each row appears once.
    #[default]
    Right,
    /// Each page of requests after the first page lacks a row: it starts after the row that it should start with.
    LosesRows,
    /// Each page is the first page, and links to a next page.
    NeverEnds,
    /// The link to the next page names a host inside Altinn, because a proxy replaced the request's host. Outside
    /// Altinn, the host may belong to somebody else: a client that follows the link could send its token to a stranger.
    InternalHost,
}

impl PagingFault {
    const NAMES: [(&str, Self); 4] = [
        ("right", Self::Right),
        ("loses-rows", Self::LosesRows),
        ("never-ends", Self::NeverEnds),
        ("internal-host", Self::InternalHost),
    ];

    /// The names of all faults.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().map(|(name, _)| *name)
    }

    /// The fault with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, paging)| *paging)
    }

    /// The name of the fault.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, paging)| *paging == self).expect("each has a name").0
    }
}
