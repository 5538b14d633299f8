//! Altinn's validation faults, which come inside a STD-00000: what is wrong with a field of what was sent.
//!
//! Source: Altinn's authentication component, github.com/Altinn/altinn-authentication,
//! `src/Core/Errors/ValidationErrors.cs`.

use super::{Entry, bad_request, cause};

pub(super) static TABLE: [Entry; 18] = [
    bad_request(
        "AUTH.VLD-00000",
        "the vendor's id is not an organisation number in the form Altinn wants",
        &[
            cause("is `0192:` missing in front of the number?", "write `vendor.ID` as `0192:` and the number"),
            cause(
                "did you leave that to `vendor.authority`?",
                "put it into `vendor.ID`: Altinn does not read `vendor.authority`",
            ),
        ],
    ),
    bad_request(
        "AUTH.VLD-00001",
        "the system's id does not begin with the organisation number and an underscore",
        &[cause(
            "is the number missing from `id`, or another than the vendor's?",
            "write `id` as the vendor's organisation number, an underscore and a name",
        )],
    ),
    bad_request(
        "AUTH.VLD-00002",
        "the system's id is taken",
        &[
            cause("is the system registered already?", "update the one that is there instead of registering it anew"),
            cause(
                "was there once a system with this id that has been deleted?",
                "choose another name after the organisation number: ids of deleted systems stay taken",
            ),
        ],
    ),
    bad_request(
        "AUTH.VLD-00003",
        "a right names a resource that is not in Altinn's resource registry",
        &[
            cause(
                "is there a slip in the resource's name, or is it known in the other environment only?",
                "look the resource up in this environment's registry and copy its name into `value`",
            ),
            cause("is the resource an app?", "write it as `app_<org>_<app>`, with the app's owner and name"),
        ],
    ),
    bad_request(
        "AUTH.VLD-00004",
        "a client id is in use by another system",
        &[cause(
            "is the Maskinporten client registered on another system?",
            "use a client of its own for each system; taking it from the other one ends that one's tokens",
        )],
    ),
    bad_request(
        "AUTH.VLD-00005",
        "a redirect URL is not a full https address",
        &[cause(
            "does an address in `allowedRedirectUrls` use http, or lack its host?",
            "write it in full, from `https://` on",
        )],
    ),
    bad_request(
        "AUTH.VLD-00006",
        "the same right is listed more than once",
        &[cause("does a resource stand twice in `rights`?", "leave one and take the others out")],
    ),
    bad_request(
        "AUTH.VLD-00007",
        "the same access package is listed more than once",
        &[cause("does a `urn` stand twice in `accessPackages`?", "leave one and take the others out")],
    ),
    bad_request(
        "AUTH.VLD-00008",
        "an access package is unknown, cannot be delegated or is written wrongly",
        &[
            cause(
                "is there a slip in the package's name, or is the front of it missing?",
                "write its `urn` in full, as `urn:altinn:accesspackage:` and the name",
            ),
            cause("is it a package that cannot be delegated?", "take it out, or choose one that can be"),
        ],
    ),
    bad_request(
        "AUTH.VLD-00009",
        "a right names its resource by another id than Altinn takes",
        &[cause(
            "is the resource's name, or another URN, in `id`?",
            "let `id` be `urn:altinn:resource`, and put the name into `value`",
        )],
    ),
    bad_request(
        "AUTH.VLD-00011",
        "the same client id is listed more than once",
        &[
            cause("does a client stand twice in `clientId`?", "leave one and take the others out"),
            cause(
                "did the same list pass when the system was registered?",
                "put it right now: Altinn checks this in updates only",
            ),
        ],
    ),
    bad_request(
        "AUTH.VLD-00012",
        "the system's id in the body is not the one in the address",
        &[cause(
            "does `id` differ from the address, after copying from another system or to rename this one?",
            "use the same id in both; for a new id, register a new system",
        )],
    ),
    bad_request(
        "AUTH.VLD-00013",
        "the system's id has a space in it",
        &[cause("is there a space inside `id`, or before or after it?", "remove it, or write an underscore instead")],
    ),
    bad_request(
        "AUTH.VLD-00014",
        "the agent is not given, or there is no such system user; Altinn has one code for both",
        &[
            cause("is the parameter `agent` missing?", "give the id of the agent's system user in it"),
            cause(
                "is there no system user with the id in `agent`?",
                "check the id and the environment, and that the system user has not been deleted",
            ),
        ],
    ),
    bad_request(
        "AUTH.VLD-00015",
        "the system user is not an agent user",
        &[cause(
            "is the id in `agent` that of a standard system user?",
            "give that of one with `userType` agent; only those can be given clients",
        )],
    ),
    bad_request(
        "AUTH.VLD-00016",
        "the client is not given",
        &[cause(
            "is the parameter `client` missing?",
            "give the client's party UUID in it, not its organisation number",
        )],
    ),
    bad_request(
        "AUTH.VLD-00017",
        "a right names a resource of a type that cannot be delegated to system users",
        &[cause(
            "is the resource of another type than those that Altinn allows here?",
            "use only AltinnApp, Systemresource, Default, CorrespondenceService, BrokerService, \
             GenericAccessResource or MigratedApp",
        )],
    ),
    bad_request(
        "AUTH.VLD-00018",
        "a system with access packages for client relations cannot be visible",
        &[cause(
            "is `isVisible` true while `accessPackages` has packages for client relations?",
            "set `isVisible` to false, or take those packages out",
        )],
    ),
];
