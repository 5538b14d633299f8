//! Maskinporten's refusals that have no code. Each has a name of this program, and is recognised by its words or its
//! OAuth error code.
//!
//! Sources: Digdir's documentation of Maskinporten, pages "Troubleshooting" and "JWT grant"; RFC 8707 for
//! `invalid_target`; issue 19603 of github.com/Altinn/altinn-studio for times.

use super::Command;
use super::Subject::{Certificate, ClientId, Clock, Key, Kid, Resource, Scope};
use super::{Entry, cause, remedied_by};

pub(super) static TABLE: [Entry; 5] = [
    Entry {
        code: "issue-time",
        kind: "invalid_grant",
        meaning: "the grant was issued in the future, according to Maskinporten's clock",
        causes: &[
            cause(
                "is this machine's clock more than 10 s fast?",
                "set the clock, preferably with NTP; a longer lifetime of the grant does not help",
            ),
            cause("was the grant signed on another machine?", "set the clock of that machine"),
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
                "does the key id differ from the key id in the self-service portal?",
                "pass that key id with --kid; for a key that was registered as PEM, the portal generates it",
            ),
            remedied_by(
                "is the key not registered for this client in this environment?",
                "to register it, run ",
                Command::Key("key public"),
                " and add the JWK that it prints",
            ),
            cause(
                "does the client use business certificates instead of registered keys?",
                "sign with the certificate: set --certificate, or use a .p12 file as the key",
            ),
            cause(
                "did somebody register another key?",
                "the self-service API replaces the whole key set, so each request must contain all keys that are in \
                 use",
            ),
        ],
        about: &[Kid, Key, ClientId],
        words: &["unknown key identifier"],
    },
    Entry {
        code: "missing-kid",
        kind: "invalid_grant",
        meaning: "the client has a registered key, but the grant's header has no key id",
        causes: &[cause(
            "does the header have no `kid`, or a certificate (`x5c`) instead of `kid`?",
            "set --kid to the key id under which the key was registered, and set no certificate",
        )],
        about: &[Kid, Key, Certificate],
        words: &["no key identifier"],
    },
    Entry {
        code: "own-consumer-org",
        kind: "invalid_request",
        meaning: "the grant's `consumer_org` is the client's own organisation",
        causes: &[cause(
            "does the grant use your own organisation's access?",
            "leave `consumer_org` out: it is for scopes that another organisation has delegated to yours",
        )],
        about: &[ClientId, Scope],
        words: &["consumer_org is", "own organisation"],
    },
    Entry {
        code: "invalid-target",
        kind: "invalid_target",
        meaning: "Maskinporten cannot restrict a token to this `resource`",
        causes: &[
            cause(
                "is an entry of `resource` not an absolute URI, or does it have a fragment, such as `#read`?",
                "copy the URI that the API's owner documents, such as https://api.example.no",
            ),
            cause(
                "does the API not require a token that is restricted to it?",
                "leave `resource` out, for a token that is not restricted",
            ),
        ],
        about: &[Resource],
        words: &[],
    },
];
