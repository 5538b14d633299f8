//! The vendors' clients at Maskinporten.

/// A vendor's client.
pub(crate) struct Client {
    pub(crate) id: &'static str,
    /// The vendor's organisation number.
    pub(crate) vendor: &'static str,
    pub(crate) scopes: &'static [&'static str],
    /// What it demonstrates.
    pub(crate) shows: &'static str,
}

/// A registered public key: RSA, in the members of a JWK.
pub(crate) struct PublicKey {
    pub(crate) kid: &'static str,
    pub(crate) n: &'static str,
    pub(crate) e: &'static str,
}

/// The public half of mp-key.pem.example. All clients have it, under one key id: Maskinporten tells key ids apart per
/// client only.
pub(crate) const KEY: PublicKey = PublicKey {
    kid: "sandbox-example",
    n: "vIIqQ9RQV_qR-Ip2JRYDxxp23PNTsuM1rHKy3SmVKPe-LmOQ2Sep7wpCT9s2zYuCexOP7PU5rXhMpNAA4ekUq0NBk3w-DpvRhKNmTCd-zKl92Mgipdpj1gfw4MX3LSIz029mL7QCF-e8hFRkpJltMwVpf3fhXmYcsr5cxhx4CYggBs8B7AEaBXiBld3RlpGCVcaelJNE5G-YYR29cSnvUIYETVtI7tIhHspQtMPxUUwEbs9OYlw1zJP5hzFuXfKi2QcINqp-e8Rc_Xzh2tN_R1lnjfddaq6AnmeD0nYxXCKvND_2HpYrdNSVam3c5IIt4WASIcP_4V9vMq4sUi01hQ",
    e: "AQAB",
};

/// The key id of a key that was registered on each of them more than a year ago.
pub(crate) const EXPIRED_KID: &str = "sandbox-expired";
/// A scope that they have, to which the API's owner has not given the vendors access.
pub(crate) const SCOPE_NOT_GRANTED: &str = "skatteetaten:kravogbetalinger";
/// A scope that is not one of Maskinporten's.
pub(crate) const SCOPE_OF_ID_PORTEN: &str = "openid";

const VENDOR_SCOPES: &[&str] = &[
    "altinn:systembruker.demo",
    "altinn:authentication/systemregister.write",
    "altinn:authentication/systemuser.request.write",
    "altinn:authentication/systemuser.request.read",
];

/// The first is the one that a newcomer is told about.
pub(crate) const CLIENTS: [Client; 3] = [
    Client {
        id: "7ee41fce-9f6e-4c32-8195-0fe2c1517f43",
        vendor: "991825827",
        scopes: VENDOR_SCOPES,
        shows: "of vendor 991825827, on its system 991825827_smartcloud",
    },
    Client {
        id: "1c9b7d52-6e0f-4b83-a5d4-92f3e8c07b16",
        vendor: "991825827",
        scopes: VENDOR_SCOPES,
        shows: "of the same vendor, on no system yet: for one of your own",
    },
    Client {
        id: "e2f7a94b-0d35-4c68-b1f9-6a83d5c27e04",
        vendor: "310702641",
        scopes: &["altinn:systembruker.demo", "altinn:authentication/systemregister.write"],
        shows: "of vendor 310702641, on its system 310702641_fjordlonn; may not ask for system users: MP-200",
    },
];
