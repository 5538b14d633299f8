//! Maskinporten's codes, and the refusals that it gives without one.
//!
//! Sources: Digdir's documentation of Maskinporten, "Troubleshooting", "JWT grant" and "System users"; for MP-303 also
//! Altinn's, "MP-303", and github.com/Altinn/altinn-authentication, where the look-up is; for times the rules that
//! github.com/Altinn/altinn-studio quotes in issue 19603.

use super::Command;
use super::Subject::{ClientId, Clock, ExternalRef, Issuer, Key, Kid, Owner, Resource, Scope};
use super::{Entry, cause, remedied_by};

/// Digdir lists some codes under headings that are no OAuth error, so only the code is to be relied on.
pub(super) static TABLE: [Entry; 21] = [
    Entry {
        code: "MP-011",
        kind: "invalid_request",
        meaning: "a value in the grant is not acceptable",
        causes: &[
            cause(
                "is there a line break, a space or a cut in the assertion that was sent?",
                "send it exactly as it was signed, in base64url without padding",
            ),
            cause(
                "does the grant have a claim that Digdir does not document?",
                "remove it; `systemuser-demo grant --decode` shows a grant that will do",
            ),
            cause("is `resource` a text?", "make it an array of texts"),
            cause("is `exp` more than 120 s after `iat`?", "let the grant live 120 s at most"),
        ],
        about: &[Scope, Resource],
        words: &[],
    },
    Entry {
        code: "MP-012",
        kind: "invalid_grant",
        meaning: "the grant has been used before",
        causes: &[
            cause("was the same assertion sent twice?", "sign a new grant for each try, with a new `jti`"),
            cause(
                "does a library or a proxy try again by itself?",
                "let it ask for a new grant each time; what the first try was refused for is hidden by this code",
            ),
            cause("is `jti` the same in each grant?", "make it random, a UUID for example"),
        ],
        about: &[ClientId, Kid],
        words: &["used before", "already been used", "already used"],
    },
    Entry {
        code: "MP-100",
        kind: "invalid_grant",
        meaning: "Maskinporten does not know the client, or could not tell that it is the client who asks",
        causes: &[
            cause(
                "is the client id copied whole from Maskinporten's self-service?",
                "it is the grant's `iss`, and the id of the client, not its name",
            ),
            cause(
                "does the client live in the other environment?",
                "test and production know different clients; choose with --env",
            ),
            cause("was the client deleted or deactivated?", "look in the self-service, or make a new one"),
        ],
        about: &[ClientId, Issuer],
        words: &["unknown client", "invalid client"],
    },
    Entry {
        code: "MP-110",
        kind: "invalid_grant",
        meaning: "the grant's `aud` is not this Maskinporten's issuer",
        causes: &[
            cause(
                "is the grant for the other environment?",
                "the issuer is https://test.maskinporten.no/ in test and https://maskinporten.no/ in production",
            ),
            cause(
                "is the issuer spelt otherwise than its metadata document spells it?",
                "take it from there, with the slash at its end; it is not the address of the token endpoint",
            ),
        ],
        about: &[Issuer],
        words: &["claim aud", "audience"],
    },
    Entry {
        code: "MP-120",
        kind: "invalid_grant",
        meaning: "the grant is signed with a certificate that is not acceptable",
        causes: &[
            cause("has the business certificate expired, or was it revoked?", "order a new one"),
            cause(
                "is it a certificate for the other environment?",
                "test takes test certificates, and production takes those of production",
            ),
        ],
        about: &[Key],
        words: &["certificate has expired", "invalid certificate"],
    },
    Entry {
        code: "MP-121",
        kind: "invalid_grant",
        meaning: "the registered key has expired: a key is valid for one year from its registration",
        causes: &[
            remedied_by(
                "was the key registered more than a year ago?",
                "register a new one, or the same again, which renews it: ",
                Command::Key("key public --set"),
                "",
            ),
            cause(
                "was a new key registered, and the old one is still in use?",
                "use the new key, with the kid that it was registered with",
            ),
        ],
        about: &[Key, Kid, ClientId],
        words: &["expired key", "key has expired"],
    },
    Entry {
        code: "MP-122",
        kind: "invalid_grant",
        meaning: "the certificate belongs to another organisation than the client",
        causes: &[cause(
            "was the client made for another organisation than the one that the certificate names?",
            "sign with that organisation's certificate, or make a client under the certificate's organisation",
        )],
        about: &[ClientId, Key],
        words: &["certificate does not belong", "certificate's organi"],
    },
    Entry {
        code: "MP-123",
        kind: "invalid_grant",
        meaning: "the header's `x5c` is not a certificate chain",
        causes: &[cause(
            "is `x5c` a single text?",
            "make it an array of texts, each a certificate in standard base64, the client's own first",
        )],
        about: &[Key, Kid],
        words: &["x5c"],
    },
    Entry {
        code: "MP-124",
        kind: "invalid_grant",
        meaning: "the grant's signature does not fit the key that is registered for its key id",
        causes: &[
            remedied_by(
                "is this the private half of the key that was registered?",
                "compare the `n` that ",
                Command::Key("key public"),
                " prints with the one in the self-service",
            ),
            cause("does the key id belong to another key of the client?", "send the one that goes with this key"),
            cause(
                "is it signed with a business certificate?",
                "that must be valid, and of the environment that is asked",
            ),
        ],
        about: &[Key, Kid, ClientId],
        words: &["invalid signature"],
    },
    Entry {
        code: "MP-130",
        kind: "invalid_grant",
        meaning: "the grant has expired",
        causes: &[
            cause("is this machine's clock slow?", "set it, best by network time (NTP)"),
            cause(
                "was the grant kept for a while before it was sent?",
                "sign a new one; it lives 120 s at most, counted from its `iat`",
            ),
        ],
        about: &[Clock],
        words: &["has expired", "expired jwt", "jwt expired", "token expired", "expiration time", "claim exp"],
    },
    Entry {
        code: "MP-200",
        kind: "invalid_scope",
        meaning: "the client does not have the scope",
        causes: &[
            cause("is there a slip in the scope?", "compare it with the scopes of the client in the self-service"),
            cause(
                "was the scope never added to this client?",
                "add it in the self-service; the API's owner must have given your organisation access before",
            ),
            cause(
                "is it a scope for registering systems or asking for system users?",
                "`altinn:authentication/systemregister.write` and `altinn:authentication/systemuser.request.read` and \
                 `.write` are ordered from Digdir",
            ),
        ],
        about: &[Scope, ClientId],
        words: &["invalid scope"],
    },
    Entry {
        code: "MP-201",
        kind: "invalid_scope",
        meaning: "the scope is not one of Maskinporten's",
        causes: &[
            cause(
                "was the client made for ID-porten, or for another integration type?",
                "make a new client of the type Maskinporten; the type of a client cannot be changed",
            ),
            cause("is it a scope for people, such as `openid`?", "ask for a scope of the API instead"),
        ],
        about: &[Scope, ClientId],
        words: &["not a maskinporten scope", "integration type"],
    },
    Entry {
        code: "MP-250",
        kind: "forbidden",
        meaning: "the API's owner has not given your organisation access to the scope",
        causes: &[
            cause("has the owner of the API granted you the scope?", "ask the owner; until then, use another scope"),
            cause(
                "was access granted in the other environment only?",
                "it is granted for test and for production separately",
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
                "has the consumer delegated the API to you, as its supplier, in Altinn?",
                "let the consumer do so; what was delegated in production does not count in test",
            ),
            cause(
                "is it meant to be a system user's token?",
                "then the grant has no `consumer_org`: a system user is named in `authorization_details`",
            ),
        ],
        about: &[Scope, ClientId],
        words: &["has not delegated"],
    },
    Entry {
        code: "MP-301",
        kind: "invalid_authorization_details",
        meaning: "`authorization_details` is of a type that Maskinporten does not know",
        causes: &[cause("is there a slip in `type`?", "for a system user it is `urn:altinn:systemuser`")],
        about: &[ClientId, Owner, ExternalRef],
        words: &[],
    },
    Entry {
        code: "MP-302",
        kind: "invalid_authorization_details",
        meaning: "`authorization_details` has a field that Maskinporten does not know",
        causes: &[
            cause(
                "is it spelt `externalReference`, or `external_ref`?",
                "in the grant it is `externalRef`, beside `systemuser_org`",
            ),
            cause(
                "does the grant send `system_id` or `systemuser_id`?",
                "leave them out: Maskinporten answers with them, and finds the system by the client id",
            ),
        ],
        about: &[ClientId, Owner, ExternalRef],
        words: &[],
    },
    Entry {
        code: "MP-303",
        kind: "invalid_altinn_customer_configuration",
        meaning: "Altinn has no approved system user that matches",
        causes: &[
            cause(
                "was the system user requested with an external reference?",
                "pass exactly that one with --external-ref, and none if there was none",
            ),
            remedied_by(
                "is this client id in the system's `clientId` list, in Altinn's System Register?",
                "",
                Command::Vendor("system show"),
                " shows it; add it beside those that are there: an update replaces all",
            ),
            cause(
                "is it an agent system user?",
                "its owner is the agent, an accountant say; never the client whose data is asked for",
            ),
            remedied_by(
                "has the customer approved the request?",
                "",
                Command::Vendor("request status --org ORG"),
                " shows it: only an accepted request makes a system user",
            ),
            cause(
                "does the system belong to another vendor than the client, or was it deleted?",
                "the vendor of the system and the organisation of the client are to be the same",
            ),
            cause(
                "are the system and its approval in this environment?",
                "the System Registers of test (TT02) and production are separate",
            ),
        ],
        about: &[ClientId, Owner, ExternalRef],
        words: &[],
    },
    Entry {
        code: "issue-time",
        kind: "invalid_grant",
        meaning: "the grant was issued in the future, by Maskinporten's clock",
        causes: &[
            cause(
                "is this machine's clock more than 10 s fast?",
                "set it, best by network time (NTP); a grant that lives longer does not help",
            ),
            cause("was the grant signed on another machine?", "its clock is the one to set"),
        ],
        about: &[Clock],
        words: &["issue time", "in the future", "iat "],
    },
    Entry {
        code: "unknown-kid",
        kind: "invalid_grant",
        meaning: "the client has no key with this key id",
        causes: &[
            cause(
                "is the key id the one that the self-service shows for the key?",
                "send that one with --kid; for a key that was registered as PEM, the portal makes it",
            ),
            remedied_by(
                "is the key registered on this client, in this environment?",
                "register it: ",
                Command::Key("key public"),
                " prints it",
            ),
            cause(
                "did somebody register another key?",
                "the self-service's API replaces the whole set: register all that are in use together",
            ),
        ],
        about: &[Kid, Key, ClientId],
        words: &["unknown key identifier"],
    },
    Entry {
        code: "missing-kid",
        kind: "invalid_grant",
        meaning: "the client has a registered key, and the grant's header names none",
        causes: &[cause(
            "does the header lack `kid`, or have `x5c` in its place?",
            "send the key id that the key was registered with",
        )],
        about: &[Kid, Key],
        words: &["no key identifier"],
    },
    Entry {
        code: "own-consumer-org",
        kind: "invalid_request",
        meaning: "the grant's `consumer_org` is the client's own organisation",
        causes: &[cause(
            "is no other organisation's access asked for?",
            "leave `consumer_org` out: it is for scopes that another organisation has delegated to yours",
        )],
        about: &[ClientId, Scope],
        words: &["consumer_org is", "own organisation"],
    },
];
