//! The subject of a page: a request for a system user, or a change request.

use chrono::{DateTime, Utc};

use super::super::altinn::{CHANGE_URL_PATH, confirm_url_path};
use super::super::store::{ChangeRequest, Kind, Request, Store, Undecidable};

/// The kinds of pages. Each kind has its own path.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PageKind {
    Request(Kind),
    ChangeRequest,
}

/// The subject of a page.
#[derive(Clone, Copy)]
pub(super) enum Subject<'s> {
    Request(&'s Request),
    ChangeRequest(&'s ChangeRequest),
}

impl PageKind {
    pub(super) fn at(path: &str) -> Option<Self> {
        let all = [Self::Request(Kind::Standard), Self::Request(Kind::Agent), Self::ChangeRequest];
        all.into_iter().find(|kind| kind.path() == path)
    }

    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Request(kind) => confirm_url_path(kind),
            Self::ChangeRequest => CHANGE_URL_PATH,
        }
    }

    pub(super) fn find<'s>(self, store: &'s Store, id: &str) -> Option<Subject<'s>> {
        match self {
            Self::Request(kind) => store.request(id).filter(|request| request.kind == kind).map(Subject::Request),
            Self::ChangeRequest => store.change_request(id).map(Subject::ChangeRequest),
        }
    }

    pub(super) fn approve(self, store: &mut Store, id: &str, now: DateTime<Utc>) -> Result<(), Undecidable> {
        match self {
            Self::Request(_) => store.approve(id, now),
            Self::ChangeRequest => store.approve_change(id, now),
        }
    }

    pub(super) fn reject(self, store: &mut Store, id: &str, now: DateTime<Utc>) -> Result<(), Undecidable> {
        match self {
            Self::Request(_) => store.reject(id, now),
            Self::ChangeRequest => store.reject_change(id, now),
        }
    }
}

impl<'s> Subject<'s> {
    /// The request. For a change request, its rights and packages are those to add.
    pub(super) fn request(self) -> &'s Request {
        match self {
            Self::Request(request) | Self::ChangeRequest(ChangeRequest { request, .. }) => request,
        }
    }

    pub(super) fn change(self) -> Option<&'s ChangeRequest> {
        match self {
            Self::Request(_) => None,
            Self::ChangeRequest(change) => Some(change),
        }
    }

    /// The id of the system user that exists after an approval.
    pub(super) fn user(self) -> &'s str {
        match self {
            Self::Request(request) => &request.id,
            Self::ChangeRequest(change) => &change.user,
        }
    }

    pub(super) fn not_approvable(self, store: &Store, now: DateTime<Utc>) -> Option<Undecidable> {
        match self {
            Self::Request(request) => store.not_approvable(request, now),
            Self::ChangeRequest(change) => change.request.not_decidable(now),
        }
    }
}
