//! The sandbox's state, in memory only: its options and keys, the used grants, and Altinn's systems, requests and
//! system users, which start as copies of the fixtures. The format of responses does not belong here.

mod change_request;
pub(super) mod forced_refusal;
mod initial;
pub(super) mod options;
mod record;
pub(super) mod replay;
pub(super) mod state;

use chrono::{DateTime, Utc};

pub(super) use self::change_request::ChangeRequest;
pub(super) use self::record::{Attribute, Change, Key, Kind, Request, Right, System, SystemUser};
use super::fixtures::{self, Api, Client, Decision};

/// The maximum number of requests, of change requests, of system users, and of changes to systems, each counted
/// separately: more than normal use needs, and few enough to keep in memory. The real Altinn does not have this limit.
const MAX_RECORDS: usize = 5_000;

/// The maximum total size of the HTTP bodies of these records, in bytes. The records take several times as much memory,
/// and Altinn returns them in one answer if a list has no pages. The limit is about the size of [`MAX_RECORDS`] normal
/// requests.
const MAX_BYTES: usize = 2 << 20;

#[derive(Default)]
pub(super) struct Store {
    pub(super) systems: Vec<System>,
    pub(super) requests: Vec<Request>,
    pub(super) users: Vec<SystemUser>,
    pub(super) change_requests: Vec<ChangeRequest>,
    /// The number of ids that have been issued.
    ids: u64,
}

/// The reason why a request cannot be approved or rejected.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Undecidable {
    Decided(Decision),
    TimedOut,
    /// The system has no name in bokmål, which would become the title of the system user: AUTH-00017.
    NameMissing,
}

impl Store {
    /// Returns a new id. Ids are counted, so that they are the same in each run, and have the format of a random UUID.
    pub(super) fn new_id(&mut self) -> String {
        self.ids += 1;
        format!("00000000-0000-4000-8000-{:012x}", self.ids)
    }

    /// Whether there is space for another request with a body of `size` bytes, and for the system user that it may
    /// become.
    pub(super) fn has_room_for_request(&self, size: usize) -> bool {
        self.requests.len().max(self.users.len()) < MAX_RECORDS && self.bytes() + size <= MAX_BYTES
    }

    /// Whether there is space for another change to a system, with a body of `size` bytes. A new system counts as a
    /// change.
    pub(super) fn has_room_for_change(&self, size: usize) -> bool {
        self.changes().count() < MAX_RECORDS && self.bytes() + size <= MAX_BYTES
    }

    fn bytes(&self) -> usize {
        let changes = self.changes().map(|change| change.size);
        let users = self.users.iter().map(|user| &user.request);
        let change_requests = self.change_requests.iter().map(|change| &change.request);
        let requests = self.requests.iter().chain(users).chain(change_requests);
        changes.chain(requests.map(|request| request.size)).sum()
    }

    fn changes(&self) -> impl Iterator<Item = &Change> {
        self.systems.iter().flat_map(|system| &system.changes)
    }

    /// Finds a system in the register, even if it is deleted.
    pub(super) fn system(&self, id: &str) -> Option<&System> {
        self.systems.iter().find(|system| system.id == id)
    }

    pub(super) fn system_mut(&mut self, id: &str) -> Option<&mut System> {
        self.systems.iter_mut().find(|system| system.id == id)
    }

    pub(super) fn request(&self, id: &str) -> Option<&Request> {
        self.requests.iter().find(|request| request.id == id)
    }

    pub(super) fn user_with_key(&self, key: &Key<'_>) -> Option<&SystemUser> {
        self.users.iter().find(|user| user.request.key() == *key)
    }

    /// The system user that Maskinporten finds for a client. Altinn looks it up by the client id, the client's
    /// organisation, the owner and the exact external reference. The system must list the client and must not be
    /// deleted.
    ///
    /// Source: github.com/Altinn/altinn-authentication,
    /// `src/Persistance/RepositoryImplementations/SystemUserRepository.cs`.
    pub(super) fn user_of_client(&self, client: &Client, owner: &str, external_ref: &str) -> Option<&SystemUser> {
        self.systems
            .iter()
            .filter(|system| !system.deleted && system.vendor == client.vendor && system.has_client(client.id))
            .find_map(|system| self.user_with_key(&Key { owner, external_ref, system: &system.id }))
    }

    /// Finds a system user by its id.
    pub(super) fn user(&self, id: &str) -> Option<&Request> {
        self.users.iter().map(|user| &user.request).find(|user| user.id == id)
    }

    /// The answer of the policy decision point: whether a system user may read an organisation's data from an API. Rights
    /// for an organisation include its subunits.
    pub(super) fn may_read(&self, user: &str, api: Api, org: &str) -> bool {
        let Some(user) = self.user(user) else { return false };
        let main_unit = fixtures::organisation(org).and_then(|unit| unit.main_unit).unwrap_or(org);
        let for_whom = user.parties().contains(&main_unit);
        let by_right = || user.rights.iter().any(|right| right.opens(api));
        let by_package = || {
            user.packages.iter().filter_map(|urn| fixtures::package(urn)).any(|package| package.opens.contains(&api))
        };
        for_whom && (by_right() || by_package())
    }

    /// The reason why the request cannot be approved; `None` if it can be approved.
    pub(super) fn not_approvable(&self, request: &Request, now: DateTime<Utc>) -> Option<Undecidable> {
        // Altinn does not check whether the system has been deleted.
        let name = self.system(&request.system).and_then(|system| system.name_in("nb"));
        request.not_decidable(now).or_else(|| name.is_none().then_some(Undecidable::NameMissing))
    }

    /// Approves a request: the system user gets the request's own id.
    pub(super) fn approve(&mut self, id: &str, now: DateTime<Utc>) -> Result<(), Undecidable> {
        let Some(at) = self.requests.iter().position(|request| request.id == id) else { return Ok(()) };
        if let Some(reason) = self.not_approvable(&self.requests[at], now) {
            return Err(reason);
        }
        let name = self.system(&self.requests[at].system).and_then(|system| system.name_in("nb")).unwrap_or_default();
        let name = name.to_owned();
        let request = &mut self.requests[at];
        request.decision = Decision::Accepted;
        let user = request.user(name, now);
        self.users.push(user);
        Ok(())
    }

    pub(super) fn reject(&mut self, id: &str, now: DateTime<Utc>) -> Result<(), Undecidable> {
        let Some(request) = self.requests.iter_mut().find(|request| request.id == id) else { return Ok(()) };
        match request.not_decidable(now) {
            Some(reason) => Err(reason),
            None => {
                request.decision = Decision::Rejected;
                Ok(())
            }
        }
    }
}
