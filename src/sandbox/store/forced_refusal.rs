//! Refusals that the sandbox can return for every grant, to test how a client handles errors that it does not cause
//! itself.

/// A refusal with Maskinporten's error, code and description.
#[derive(Debug)]
pub struct ForcedRefusal {
    /// The code of the refusal, or the sandbox's own name for a refusal without a code.
    pub name: &'static str,
    pub(crate) error: &'static str,
    pub(crate) code: Option<&'static str>,
    pub(crate) description: &'static str,
}

impl ForcedRefusal {
    /// All refusals: those in Maskinporten's documentation, and others from observed replies.
    pub fn all() -> &'static [Self] {
        &REFUSALS
    }

    /// The refusal with this name. Case, hyphens, underscores and spaces are ignored.
    pub fn named(name: &str) -> Option<&'static Self> {
        let plain = |name: &str| name.to_ascii_lowercase().replace(['-', '_', ' '], "");
        REFUSALS.iter().find(|refusal| plain(refusal.name) == plain(name))
    }
}

const fn coded(error: &'static str, code: &'static str, description: &'static str) -> ForcedRefusal {
    ForcedRefusal { name: code, error, code: Some(code), description }
}

const fn uncoded(error: &'static str, name: &'static str, description: &'static str) -> ForcedRefusal {
    ForcedRefusal { name, error, code: None, description }
}

/// Source: Digdir's documentation of Maskinporten, "Troubleshooting", and observed replies.
static REFUSALS: [ForcedRefusal; 22] = [
    coded("invalid_request", "MP-011", "Invalid assertion. A value of the assertion cannot be accepted"),
    coded("invalid_grant", "MP-012", "Invalid assertion. The assertion has been used before"),
    coded("invalid_grant", "MP-100", "Invalid assertion. Client authentication failed. Unknown client"),
    coded("invalid_grant", "MP-110", "Invalid assertion. Invalid JWT claim aud"),
    coded("invalid_grant", "MP-120", "Invalid assertion. Client authentication failed. Invalid certificate"),
    coded("invalid_grant", "MP-121", "Invalid assertion. Client authentication failed. Expired key."),
    coded("invalid_grant", "MP-122", "Invalid assertion. The certificate belongs to another organisation"),
    coded("invalid_grant", "MP-123", "Invalid assertion. Invalid x5c"),
    coded("invalid_grant", "MP-124", "Invalid assertion. Client authentication failed. Invalid signature"),
    coded("invalid_grant", "MP-130", "Invalid assertion. JWT has expired"),
    coded("invalid_scope", "MP-200", "Token request contains invalid scopes for client"),
    coded("invalid_scope", "MP-201", "The scope is not available through Maskinporten"),
    coded("forbidden", "MP-250", "Consumer has not been granted access to the scope"),
    coded("forbidden", "MP-251", "Consumer has not delegated access to the scope to supplier"),
    coded("invalid_authorization_details", "MP-301", "Unknown type of authorization_details"),
    coded("invalid_authorization_details", "MP-302", "Unknown field in authorization_details"),
    coded("invalid_altinn_customer_configuration", "MP-303", "No approved system user"),
    uncoded("invalid_grant", "issue-time", "Invalid assertion. Issue time is after now"),
    uncoded("invalid_grant", "unknown-kid", "Invalid assertion. Unknown key identifier (kid) for client"),
    uncoded(
        "invalid_grant",
        "missing-kid",
        "Invalid assertion. Invalid JWT. The client requires pre-registered jwk and no key identifier (kid) provided",
    ),
    uncoded("invalid_request", "own-consumer-org", "consumer_org is the same as the client's own organisation"),
    uncoded("invalid_target", "invalid-target", "resource is not an absolute URI without a fragment"),
];
