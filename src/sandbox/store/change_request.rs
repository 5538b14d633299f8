//! Change requests: a vendor asks for a change to the rights of a system user, and the customer decides.

use chrono::{DateTime, Utc};

use super::super::fixtures::Decision;
use super::{MAX_BYTES, MAX_RECORDS, Request, Right, Store, Undecidable};

/// A request to change the rights of a system user.
pub(crate) struct ChangeRequest {
    /// The id is the vendor's correlation id. The rights and packages are those to add.
    pub(crate) request: Request,
    /// The id of the system user.
    pub(crate) user: String,
    pub(crate) unwanted_rights: Vec<Right>,
    /// URNs of access packages.
    pub(crate) unwanted_packages: Vec<String>,
    /// A deleted change request is not found, but its id cannot be used again.
    pub(crate) deleted: bool,
}

impl Store {
    /// Whether there is space for another change request with a body of `size` bytes.
    pub(crate) fn has_room_for_change_request(&self, size: usize) -> bool {
        self.change_requests.len() < MAX_RECORDS && self.bytes() + size <= MAX_BYTES
    }

    pub(crate) fn change_request(&self, id: &str) -> Option<&ChangeRequest> {
        self.change_requests.iter().find(|change| change.request.id == id && !change.deleted)
    }

    pub(crate) fn change_request_mut(&mut self, id: &str) -> Option<&mut ChangeRequest> {
        self.change_requests.iter_mut().find(|change| change.request.id == id && !change.deleted)
    }

    /// Approves a change request. As in the real Altinn, rights and packages are first added and then removed.
    pub(crate) fn approve_change(&mut self, id: &str, now: DateTime<Utc>) -> Result<(), Undecidable> {
        let Self { change_requests, users, .. } = self;
        let found = change_requests.iter_mut().find(|change| change.request.id == id && !change.deleted);
        let Some(ChangeRequest { request, user, unwanted_rights, unwanted_packages, .. }) = found else {
            return Ok(());
        };
        if let Some(reason) = request.not_decidable(now) {
            return Err(reason);
        }
        request.decision = Decision::Accepted;
        let Some(user) = users.iter_mut().find(|known| known.request.id == *user) else { return Ok(()) };
        let user = &mut user.request;
        let rights: Vec<Right> = request.rights.iter().filter(|right| !user.rights.contains(right)).cloned().collect();
        user.rights.extend(rights);
        user.rights.retain(|right| !unwanted_rights.iter().any(|unwanted| unwanted.covers(right)));
        let packages: Vec<String> =
            request.packages.iter().filter(|package| !user.packages.contains(package)).cloned().collect();
        user.packages.extend(packages);
        user.packages.retain(|package| !unwanted_packages.contains(package));
        // The system user may now need as much memory as the body of the change request.
        user.size += request.size;
        Ok(())
    }

    pub(crate) fn reject_change(&mut self, id: &str, now: DateTime<Utc>) -> Result<(), Undecidable> {
        let Some(ChangeRequest { request, .. }) = self.change_request_mut(id) else { return Ok(()) };
        match request.not_decidable(now) {
            Some(reason) => Err(reason),
            None => {
                request.decision = Decision::Rejected;
                Ok(())
            }
        }
    }
}
