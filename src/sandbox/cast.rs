//! The cast: who exists in the sandbox, and what each of them demonstrates. README has the same table.

/// The vendor's client at Maskinporten.
pub(super) struct Client {
    pub(super) id: &'static str,
    /// The vendor's organisation number.
    pub(super) vendor: &'static str,
    /// The vendor's system in Altinn's System Register, which names this client.
    pub(super) system: &'static str,
    /// The registered public key: RSA, in the members of a JWK.
    pub(super) key: PublicKey,
    /// The key id of a key that was registered more than a year ago.
    pub(super) expired_kid: &'static str,
    pub(super) scopes: &'static [&'static str],
    /// A scope of the client to which the API's owner has not given the vendor access.
    pub(super) scope_not_granted: &'static str,
    /// A scope that is not one of Maskinporten's.
    pub(super) scope_of_id_porten: &'static str,
}

pub(super) struct PublicKey {
    pub(super) kid: &'static str,
    pub(super) n: &'static str,
    pub(super) e: &'static str,
}

pub(super) const CLIENT: Client = Client {
    id: "7ee41fce-9f6e-4c32-8195-0fe2c1517f43",
    vendor: "991825827",
    system: "991825827_smartcloud",
    // The public half of mp-key.pem.example.
    key: PublicKey {
        kid: "sandbox-example",
        n: "vIIqQ9RQV_qR-Ip2JRYDxxp23PNTsuM1rHKy3SmVKPe-LmOQ2Sep7wpCT9s2zYuCexOP7PU5rXhMpNAA4ekUq0NBk3w-DpvRhKNmTCd-zKl92Mgipdpj1gfw4MX3LSIz029mL7QCF-e8hFRkpJltMwVpf3fhXmYcsr5cxhx4CYggBs8B7AEaBXiBld3RlpGCVcaelJNE5G-YYR29cSnvUIYETVtI7tIhHspQtMPxUUwEbs9OYlw1zJP5hzFuXfKi2QcINqp-e8Rc_Xzh2tN_R1lnjfddaq6AnmeD0nYxXCKvND_2HpYrdNSVam3c5IIt4WASIcP_4V9vMq4sUi01hQ",
        e: "AQAB",
    },
    expired_kid: "sandbox-expired",
    scopes: &["altinn:systembruker.demo"],
    scope_not_granted: "skatteetaten:kravogbetalinger",
    scope_of_id_porten: "openid",
};

/// A system user of the vendor's system, or the request for one.
pub(super) struct SystemUser {
    pub(super) id: &'static str,
    pub(super) owner: &'static str,
    /// The reference that it was requested with. Altinn puts the owner's number where there was none.
    pub(super) external_ref: &'static str,
    pub(super) approved: bool,
    /// Which resource it may read of whom.
    pub(super) rights: &'static [(Resource, &'static str)],
    /// What it demonstrates.
    pub(super) shows: &'static str,
}

/// What the reference APIs guard.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Resource {
    /// `ttd_systembruker-logistikk-demo`
    Logistics,
    /// `ttd_systembruker-salary`
    Salary,
}

use Resource::{Logistics, Salary};

pub(super) const SYSTEM_USERS: [SystemUser; 5] = [
    SystemUser {
        id: "d6a1d5a4-2d58-4b0f-9c3b-7e1f0c7a4e01",
        owner: "210493352",
        external_ref: "210493352",
        approved: true,
        rights: &[(Logistics, "210493352"), (Salary, "210493352")],
        shows: "everything works",
    },
    SystemUser {
        id: "0b9f3c77-5c1e-4a36-8f42-1d2c6b8e9a02",
        owner: "310904473",
        external_ref: "310904473",
        approved: true,
        rights: &[(Logistics, "310904473")],
        shows: "no right to salary: 403",
    },
    SystemUser {
        id: "5e7c2a90-83d4-4f6b-b1a5-9f0d3e6c7b03",
        owner: "313790509",
        external_ref: "customer-42",
        approved: true,
        rights: &[(Logistics, "313790509"), (Salary, "313790509")],
        shows: "created with external reference customer-42: MP-303 without it",
    },
    SystemUser {
        id: "c48d1e6f-97b2-4c0a-a3d8-2b5f7e9a1c04",
        owner: "314168267",
        external_ref: "314168267",
        approved: false,
        rights: &[],
        shows: "a request that was never approved: MP-303",
    },
    SystemUser {
        id: "8a3b6d2c-14e9-4d7f-92c6-6c0e5f4b8d05",
        owner: "314250052",
        external_ref: "314250052",
        approved: true,
        rights: &[(Logistics, "310385980"), (Salary, "310385980")],
        shows: "an agent: for its client 310385980, not for 312605031 nor for itself: 403",
    },
];
