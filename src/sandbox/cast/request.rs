//! The requests for system users that were made before the sandbox started, and what became of them.

/// What a customer, or time, has made of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    New,
    /// It has made a system user with the request's own id.
    Accepted,
    Rejected,
    Denied,
}

impl Decision {
    /// Whether it was made on the approval page.
    pub(crate) fn is_by_customer(self) -> bool {
        matches!(self, Self::Accepted | Self::Rejected)
    }
}

/// A request for a system user of `991825827_smartcloud`.
pub(crate) struct Request {
    pub(crate) id: &'static str,
    pub(crate) owner: &'static str,
    /// Altinn puts the owner's number where there was none.
    pub(crate) external_ref: &'static str,
    pub(crate) resources: &'static [&'static str],
    /// Names of access packages. Without resources, it is for an agent.
    pub(crate) packages: &'static [&'static str],
    pub(crate) decision: Decision,
    pub(crate) days_ago: i64,
}

const LOGISTICS: &str = "ttd_systembruker-logistikk-demo";
const SALARY: &str = "ttd_systembruker-salary";

const fn standard(
    id: &'static str,
    owner: &'static str,
    resources: &'static [&'static str],
    decision: Decision,
) -> Request {
    Request { id, owner, external_ref: owner, resources, packages: &[], decision, days_ago: 30 }
}

use Decision::{Accepted, Denied, New, Rejected};

pub(crate) static REQUESTS: [Request; 8] = [
    standard("d6a1d5a4-2d58-4b0f-9c3b-7e1f0c7a4e01", "210493352", &[LOGISTICS, SALARY], Accepted),
    standard("0b9f3c77-5c1e-4a36-8f42-1d2c6b8e9a02", "310904473", &[LOGISTICS], Accepted),
    Request {
        external_ref: "customer-42",
        ..standard("5e7c2a90-83d4-4f6b-b1a5-9f0d3e6c7b03", "313790509", &[LOGISTICS, SALARY], Accepted)
    },
    standard("c48d1e6f-97b2-4c0a-a3d8-2b5f7e9a1c04", "314168267", &[LOGISTICS, SALARY], New),
    Request {
        packages: &["regnskapsforer-med-signeringsrettighet"],
        ..standard("8a3b6d2c-14e9-4d7f-92c6-6c0e5f4b8d05", "314250052", &[], Accepted)
    },
    Request { days_ago: 200, ..standard("3f6e8b15-c2d7-4a90-8e4b-1a9d5c7f2e06", "314048431", &[LOGISTICS], New) },
    standard("b7d24c83-9e1a-4f58-a6c0-8d3e7b5f1907", "313725138", &[LOGISTICS, SALARY], Rejected),
    standard("e15a9f40-6b8c-4d27-93fe-2c7b4a8d0608", "312530341", &[SALARY], Denied),
];
