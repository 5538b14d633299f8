//! Maskinporten's error codes.
//!
//! Sources: Digdir's documentation of Maskinporten, pages "Troubleshooting", "JWT grant" and "System users";
//! github.com/Altinn/altinn-studio, app-lib, for the characters of `externalRef` (MP-302). For MP-303, also Altinn's
//! page "MP-303" and github.com/Altinn/altinn-authentication, which contains the look-up. For times, the rules that are
//! quoted in issue 19603 of github.com/Altinn/altinn-studio.

use super::Command;
use super::Subject::{Certificate, ClientId, Clock, ExternalRef, Issuer, Key, Kid, Owner, Resource, Scope};
use super::{Entry, cause, remedied_by};

/// Digdir lists some codes under headings that are not OAuth errors, so only the code is reliable.
pub(super) static TABLE: [Entry; 17] = [
    Entry {
        code: "MP-011",
        kind: "invalid_request",
        meaning: "a value in the grant is invalid",
        causes: &[
            cause(
                "does the assertion contain a line break or a space, or was it cut off?",
                "send it exactly as it was signed, in base64url without padding",
            ),
            cause(
                "does the grant have a claim that Digdir does not document?",
                "remove it; `systemuser-demo grant --decode` shows a valid grant",
            ),
            cause(
                "is `resource` a string?",
                "make it an array of strings, even for a single API: `\"resource\": [\"https://api.example.no\"]`",
            ),
            cause("is `exp` more than 120 s after `iat`?", "limit the grant's lifetime to 120 s"),
        ],
        about: &[Scope, Resource],
        words: &[],
    },
    Entry {
        code: "MP-012",
        kind: "invalid_grant",
        meaning: "the grant has been used before",
        causes: &[
            cause("was the same assertion sent twice?", "sign a new grant for each attempt, with a new `jti`"),
            cause(
                "does a library or a proxy retry automatically?",
                "sign a new grant for each retry; otherwise, this code hides the original error",
            ),
            cause("is `jti` the same in each grant?", "make it random, for example a UUID"),
        ],
        about: &[ClientId, Kid],
        words: &["used before", "already been used", "already used"],
    },
    Entry {
        code: "MP-100",
        kind: "invalid_grant",
        meaning: "Maskinporten does not know the client, or could not authenticate it",
        causes: &[
            cause(
                "is the client id incomplete, or is it the client's name?",
                "`iss` must be the id shown in Maskinporten's self-service portal",
            ),
            cause(
                "does the client exist only in the other environment?",
                "test and production have separate clients; choose the environment with --env",
            ),
            cause(
                "was the client deleted or deactivated?",
                "look it up in the self-service portal, and create a new client if necessary",
            ),
        ],
        about: &[ClientId, Issuer, Certificate],
        words: &["unknown client", "invalid client"],
    },
    Entry {
        code: "MP-110",
        kind: "invalid_grant",
        meaning: "the grant's `aud` is not the issuer of this Maskinporten environment",
        causes: &[
            cause(
                "is the grant for the other environment?",
                "the issuer is https://test.maskinporten.no/ in test and https://maskinporten.no/ in production",
            ),
            cause(
                "is `aud` the URL of the token endpoint, which some libraries use by default?",
                "set it to the issuer: the same URL without `token` at its end",
            ),
            cause(
                "does `aud` differ from the issuer in Maskinporten's metadata document?",
                "copy the issuer from that document, with its trailing slash",
            ),
        ],
        about: &[Issuer],
        words: &["claim aud", "audience"],
    },
    Entry {
        code: "MP-120",
        kind: "invalid_grant",
        meaning: "the grant is signed with a certificate that Maskinporten does not accept",
        causes: &[
            cause("has the business certificate expired, or was it revoked?", "order a new certificate"),
            cause(
                "is it a certificate for the other environment?",
                "test accepts only test certificates, and production only production certificates",
            ),
            cause(
                "is it self-signed, or from a CA that issues no business certificates?",
                "order a business certificate (virksomhetssertifikat), for example from Buypass or Commfides",
            ),
        ],
        about: &[Key, Certificate],
        words: &["certificate has expired", "invalid certificate"],
    },
    Entry {
        code: "MP-121",
        kind: "invalid_grant",
        meaning: "the registered key has expired: a key is valid for one year from its registration",
        causes: &[
            remedied_by(
                "was the key registered more than a year ago?",
                "register a new key, or renew this key: register it again with the output of ",
                Command::Key("key public --set"),
                "",
            ),
            cause(
                "did you register a new key but keep using the old key?",
                "use the new key, with the key id under which it was registered",
            ),
        ],
        about: &[Key, Kid, ClientId],
        words: &["expired key", "key has expired"],
    },
    Entry {
        code: "MP-122",
        kind: "invalid_grant",
        meaning: "the certificate does not belong to the client's organisation",
        causes: &[cause(
            "was the certificate issued to another organisation?",
            "sign with the client organisation's certificate, or create a client for the certificate's organisation",
        )],
        about: &[ClientId, Key, Certificate],
        words: &["certificate does not belong", "certificate's organi"],
    },
    Entry {
        code: "MP-123",
        kind: "invalid_grant",
        meaning: "the header's `x5c` is not a certificate chain",
        causes: &[
            cause(
                "is `x5c` a single string?",
                "make it an array of strings: certificates in standard base64, with the client's certificate first",
            ),
            cause(
                "are certificates missing, or in the wrong order?",
                "send the whole chain: the client's certificate, then its issuer's certificate, and so on up to the \
                 root",
            ),
        ],
        about: &[Key, Kid, Certificate],
        words: &["x5c"],
    },
    Entry {
        code: "MP-124",
        kind: "invalid_grant",
        meaning: "the grant's signature does not match its certificate, or the key that is registered for its key id",
        causes: &[
            remedied_by(
                "does the private key not match the registered public key?",
                "compare the `n` that ",
                Command::Key("key public"),
                " prints with the `n` in the self-service portal",
            ),
            cause("does the key id belong to another key of the client?", "send the key id of this key"),
            cause(
                "is it signed with a business certificate that is invalid or belongs to the other environment?",
                "use a valid certificate for this environment",
            ),
        ],
        about: &[Key, Kid, ClientId, Certificate],
        words: &["invalid signature"],
    },
    Entry {
        code: "MP-130",
        kind: "invalid_grant",
        meaning: "the grant has expired",
        causes: &[
            cause("is this machine's clock slow?", "set the clock, preferably with NTP"),
            cause(
                "was the grant sent long after it was signed?",
                "sign a new grant; a grant is valid for at most 120 s from its `iat`",
            ),
        ],
        about: &[Clock],
        words: &["has expired", "expired jwt", "jwt expired", "token expired", "expiration time", "claim exp"],
    },
    Entry {
        code: "MP-200",
        kind: "invalid_scope",
        meaning: "the client does not have the scope; your organisation may already have access to it",
        causes: &[
            cause("is there a typo in the scope?", "compare it with the client's scopes in the self-service portal"),
            remedied_by(
                "was the scope never added to this client?",
                "add it in the self-service portal, which offers the scopes that your organisation has access to; to \
                 check each scope, run ",
                Command::Scope("scope check"),
                "",
            ),
            cause(
                "is it a scope for registering systems or requesting system users?",
                "ask Digdir for `altinn:authentication/systemregister.write`, \
                 `altinn:authentication/systemuser.request.read` and `altinn:authentication/systemuser.request.write`",
            ),
        ],
        about: &[Scope, ClientId],
        words: &["invalid scope"],
    },
    Entry {
        code: "MP-201",
        kind: "invalid_scope",
        meaning: "the scope is not a Maskinporten scope",
        causes: &[
            cause(
                "was the client created for ID-porten, or for another integration type?",
                "a client's type cannot be changed, so create a new client of type Maskinporten",
            ),
            cause("is it a scope for end users, such as `openid`?", "request one of the API's scopes instead"),
            remedied_by(
                "does the grant request several scopes?",
                "to find the scope that is refused, run ",
                Command::Scope("scope check"),
                "",
            ),
        ],
        about: &[Scope, ClientId],
        words: &["not a maskinporten scope", "integration type"],
    },
    Entry {
        code: "MP-250",
        kind: "invalid_scope or forbidden",
        meaning: "the scope is on the client, but its owner has not given your organisation access to it",
        causes: &[
            remedied_by(
                "has the scope's owner not granted access yet?",
                "ask the owner; for its organisation number, run ",
                Command::Scope("scope check"),
                "",
            ),
            cause(
                "was access granted only in the other environment?",
                "access is granted separately for test and production",
            ),
        ],
        about: &[Scope, ClientId],
        words: &["has not been granted access"],
    },
    Entry {
        code: "MP-251",
        kind: "forbidden",
        meaning: "the consumer has not delegated the scope to your organisation",
        causes: &[
            cause(
                "has the consumer not delegated the API to you, as its supplier, in Altinn?",
                "ask the consumer to delegate it; a delegation in production does not apply in test",
            ),
            cause(
                "do you want a token for a system user?",
                "remove `consumer_org` from the grant: `authorization_details` identifies the system user",
            ),
        ],
        about: &[Scope, ClientId],
        words: &["has not delegated"],
    },
    Entry {
        code: "MP-301",
        kind: "invalid_authorization_details",
        meaning: "`authorization_details` has a type that Maskinporten does not know",
        causes: &[cause("is there a typo in `type`?", "for a system user it is `urn:altinn:systemuser`")],
        about: &[ClientId, Owner, ExternalRef],
        words: &[],
    },
    Entry {
        code: "MP-302",
        kind: "invalid_authorization_details",
        meaning: "`authorization_details` has a field or a value that Maskinporten does not accept",
        causes: &[
            cause(
                "did you write `externalReference` or `external_ref`?",
                "the field in the grant is `externalRef`, next to `systemuser_org`",
            ),
            cause(
                "does the grant send `system_id` or `systemuser_id`?",
                "leave them out: Maskinporten finds the system by the client id, and returns both fields",
            ),
            cause(
                "does `externalRef` have more than 255 characters, or others than letters, digits, `_` and `-`?",
                "ask the customer for a new system user with another reference: this one can never get a token",
            ),
        ],
        about: &[ClientId, Owner, ExternalRef],
        words: &[],
    },
    Entry {
        code: "MP-303",
        kind: "invalid_altinn_customer_configuration",
        meaning: "Altinn has no approved system user that matches the grant",
        causes: &[
            cause(
                "was the system user requested with an external reference?",
                "pass exactly that reference with --external-ref; if the request had none, omit the option",
            ),
            remedied_by(
                "is this client id missing from the system's `clientId` list in Altinn's System Register?",
                "check with ",
                Command::System("system show"),
                "; if you add it, keep the other client ids, because an update replaces the whole list",
            ),
            cause(
                "is this an agent system user?",
                "then the organisation must be the agent, for example an accountant, not the client whose data you \
                 request",
            ),
            remedied_by(
                "has the customer not approved the request?",
                "",
                Command::System("request status --org ORG"),
                " shows its status: only an accepted request creates a system user",
            ),
            cause(
                "does the system belong to another vendor, or was it deleted?",
                "the system's vendor and the client's organisation must be the same",
            ),
            cause(
                "are the system and the system user in the other environment?",
                "the System Registers of test (TT02) and production are separate",
            ),
        ],
        about: &[ClientId, Owner, ExternalRef],
        words: &[],
    },
];
