//! Altinn's validation errors. A STD-00000 problem lists them, and each is about fields of the request.
//!
//! Source: Altinn's authentication component, github.com/Altinn/altinn-authentication,
//! `src/Core/Errors/ValidationErrors.cs`.

use super::{Entry, bad_request, cause};

pub(super) static TABLE: [Entry; 18] = [
    bad_request(
        "AUTH.VLD-00000",
        "the vendor's id is not an organisation number in the form that Altinn requires",
        &[
            cause("is `0192:` missing in front of the number?", "write `vendor.ID` as `0192:` followed by the number"),
            cause(
                "did you put the prefix in `vendor.authority`?",
                "put it in `vendor.ID`: Altinn does not read `vendor.authority`",
            ),
        ],
    ),
    bad_request(
        "AUTH.VLD-00001",
        "the system's id does not begin with the organisation number and an underscore",
        &[cause(
            "is the number missing from `id`, or is it another organisation's number?",
            "write `id` as the vendor's organisation number, an underscore and a name",
        )],
    ),
    bad_request(
        "AUTH.VLD-00002",
        "the system's id is taken",
        &[
            cause("is the system registered already?", "update the existing system instead of registering it again"),
            cause(
                "has a system with this id been deleted?",
                "choose another name after the organisation number: ids of deleted systems cannot be reused",
            ),
        ],
    ),
    bad_request(
        "AUTH.VLD-00003",
        "a right refers to a resource that is not in Altinn's resource registry",
        &[
            cause(
                "is there a typo in the resource's name, or does it exist only in the other environment?",
                "look the resource up in this environment's registry and copy its name into `value`",
            ),
            cause("is the resource an app?", "write it as `app_<org>_<app>`, with the app's owner and name"),
        ],
    ),
    bad_request(
        "AUTH.VLD-00004",
        "a client id is in use by another system",
        &[cause(
            "is the Maskinporten client registered for another system?",
            "use a separate client for each system; do not remove the client from the other system, because that \
             system then gets no tokens",
        )],
    ),
    bad_request(
        "AUTH.VLD-00005",
        "a redirect URL is not a full https URL",
        &[cause(
            "does a URL in `allowedRedirectUrls` use http, or have no host?",
            "write the full URL, starting with `https://`",
        )],
    ),
    bad_request(
        "AUTH.VLD-00006",
        "the same right is listed more than once",
        &[cause(
            "is a resource listed twice in `rights`, with the same `action` or without one?",
            "remove the duplicates",
        )],
    ),
    bad_request(
        "AUTH.VLD-00007",
        "the same access package is listed more than once",
        &[cause("is a `urn` listed twice in `accessPackages`?", "remove the duplicates")],
    ),
    bad_request(
        "AUTH.VLD-00008",
        "an access package is unknown or misspelled, or no system user can have it",
        &[
            cause(
                "is there a typo in the package's name, or is its prefix missing?",
                "write the full `urn`: `urn:altinn:accesspackage:` followed by the name",
            ),
            cause(
                "is it a package for neither standard nor agent system users?",
                "remove it, or choose a package that a system user can have",
            ),
        ],
    ),
    bad_request(
        "AUTH.VLD-00009",
        "a right specifies its resource with an `id` that Altinn does not accept",
        &[cause(
            "does `id` contain the resource's name or another URN?",
            "set `id` to `urn:altinn:resource`, and put the name in `value`",
        )],
    ),
    bad_request(
        "AUTH.VLD-00011",
        "the same client id is listed more than once",
        &[
            cause("is a client listed twice in `clientId`?", "remove the duplicates"),
            cause(
                "was the same list accepted when the system was registered?",
                "correct it now: Altinn checks this only in updates",
            ),
        ],
    ),
    bad_request(
        "AUTH.VLD-00012",
        "the system's id in the body does not match the id in the URL",
        &[cause(
            "did you copy the body from another system, or try to rename this system?",
            "use the same id in both; for a new id, register a new system",
        )],
    ),
    bad_request(
        "AUTH.VLD-00013",
        "the system's id contains a space",
        &[cause("is there a space inside `id`, or before or after it?", "remove it, or write an underscore instead")],
    ),
    bad_request(
        "AUTH.VLD-00014",
        "the agent is missing, or its system user does not exist; Altinn uses one code for both",
        &[
            cause("is the parameter `agent` missing?", "set it to the id of the agent's system user"),
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
            "is `agent` the id of a standard system user?",
            "use the id of a system user with `userType` agent; only agent system users can have clients",
        )],
    ),
    bad_request(
        "AUTH.VLD-00016",
        "the `client` parameter is missing",
        &[cause(
            "is the parameter `client` missing?",
            "set it to the client's party UUID, not its organisation number",
        )],
    ),
    bad_request(
        "AUTH.VLD-00017",
        "a right refers to a resource of a type that cannot be delegated to system users",
        &[cause(
            "is the resource of a type that Altinn does not allow here?",
            "use only AltinnApp, Systemresource, Default, CorrespondenceService, BrokerService, \
             GenericAccessResource or MigratedApp",
        )],
    ),
    bad_request(
        "AUTH.VLD-00018",
        "a system with access packages that are only for client relations cannot be visible",
        &[cause(
            "is `isVisible` true while `accessPackages` has packages that are only for client relations?",
            "set `isVisible` to false, or remove those packages",
        )],
    ),
];
