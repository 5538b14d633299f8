//! Altinn's problems: what a vendor can meet in the System Register, in requests and among system users.
//!
//! Source: Altinn's authentication component, github.com/Altinn/altinn-authentication, `src/Core/Problems/Problem.cs`.

use super::Command::{System, Vendor};
use super::{Entry, altinn, bad_request, cause, not_found, remedied_by};

pub(super) static TABLE: [Entry; 26] = [
    bad_request(
        "STD-00000",
        "Altinn found faults in what was sent, and lists them one by one",
        &[cause(
            "which AUTH.VLD codes come with it?",
            "read `validationErrors`: each fault has its own code, and `paths` says which fields it is in",
        )],
    ),
    bad_request(
        "AUTH-00000",
        "Altinn knows no organisation with the customer's number",
        &[cause(
            "is there a slip in `partyOrgNo`, or does the organisation belong to the other environment?",
            "check the number; the registers of test and production are separate",
        )],
    ),
    bad_request(
        "AUTH-00001",
        "a right that was asked for is not among the system's, or cannot be delegated",
        &[
            cause(
                "is the right missing from the system in the System Register?",
                "register it there first, or leave it out: a request can only ask for what its system has",
            ),
            cause(
                "were `rights` and `accessPackages` both left out?",
                "ask for at least one right or package; Altinn answers with this code then too",
            ),
            cause(
                "is the right to a resource that cannot be delegated to a system user?",
                "take it out of the request and out of the system",
            ),
        ],
    ),
    bad_request(
        "AUTH-00004",
        "there already is a system user for this customer, external reference and system",
        &[
            remedied_by(
                "does the customer already have the system user you need?",
                "use it as it is, with the same `externalRef` in the grant: ",
                System("user find ORG --external-ref REF"),
                " shows it",
            ),
            cause(
                "do you want one more for the same customer, and sent no new `externalRef`?",
                "send one, spelt like that; where it is missing, the customer's organisation number counts as it",
            ),
            cause(
                "do you want to change what the system user may do?",
                "send a change request; an agent user has to be deleted by the customer and asked for anew",
            ),
        ],
    ),
    bad_request(
        "AUTH-00006",
        "a request for the same customer, external reference and system has been accepted already",
        &[
            cause(
                "is the system user of that request still there?",
                "use it, or send another `externalRef` to ask for one more",
            ),
            cause(
                "does your code wait for this answer?",
                "expect AUTH-00004 while the system user lives, and after that 200 with the old request",
            ),
        ],
    ),
    bad_request(
        "AUTH-00007",
        "a request for the same customer, external reference and system is waiting for its answer",
        &[
            cause(
                "has the customer not answered the first request yet?",
                "send the customer its `confirmUrl`, or delete that request before you send a new one",
            ),
            cause(
                "does your code wait for this answer?",
                "expect 200 with the old request instead, and see whether `timedOut` says that it is dead",
            ),
        ],
    ),
    bad_request(
        "AUTH-00008",
        "a request for the same customer, external reference and system has been denied",
        &[
            remedied_by(
                "has an earlier request ended as `Denied`?",
                "agree with the customer, delete that request (",
                Vendor("request delete ID"),
                "), then send a new one",
            ),
            cause(
                "does your code wait for this answer?",
                "expect 200 with the old request instead, and look at its `status`",
            ),
        ],
    ),
    bad_request(
        "AUTH-00009",
        "a request for the same customer, external reference and system has been rejected",
        &[
            remedied_by(
                "did the customer say no to an earlier request?",
                "agree with the customer, delete that request (",
                Vendor("request delete ID"),
                "), then send a new one",
            ),
            cause(
                "does your code wait for this answer?",
                "expect 200 with the old request instead, and look at its `status`",
            ),
        ],
    ),
    not_found(
        "AUTH-00010",
        "Altinn finds no such request",
        &[
            remedied_by(
                "is there a slip in the id, or was the request made in the other environment or deleted since?",
                "",
                System("request list"),
                " shows the system's requests",
            ),
            cause(
                "is it an agent request looked up as a standard one, or the other way round?",
                "ask at the address for its kind; the two are kept apart",
            ),
            cause(
                "do you look by its customer for a request of another of your systems?",
                "name that system; --system does so here",
            ),
            cause(
                "do you look by external reference for a request that was made without one?",
                "put the customer's organisation number where `externalRef` goes",
            ),
        ],
    ),
    not_found(
        "AUTH-00011",
        "Altinn finds no such system, or it is another vendor's",
        &[
            remedied_by(
                "is there a slip in `systemId`, or is the system registered in the other environment only?",
                "",
                Vendor("system list"),
                " shows your systems in this environment",
            ),
            cause(
                "was the token issued to another organisation than the system's vendor?",
                "get a token with a client of the organisation that registered the system",
            ),
            cause(
                "does your code expect status 400, as Altinn's documentation has it?",
                "expect 404, or go by the code rather than by the status",
            ),
        ],
    ),
    not_found(
        "AUTH-00012",
        "Altinn could not store the request",
        &[
            cause(
                "did something fail at Altinn?",
                "see whether the request is there after all, try again if not, and tell Altinn if it lasts",
            ),
            cause(
                "does your code expect status 400, as Altinn's documentation has it?",
                "expect 404, or go by the code rather than by the status",
            ),
        ],
    ),
    altinn(
        "AUTH-00013",
        "status 409",
        "the request is no longer new, so this cannot be done with it",
        &[cause(
            "has the customer answered it in the meantime?",
            "look up its `status` and go on from there; to ask for more, send a request with a new `externalRef`",
        )],
    ),
    not_found(
        "AUTH-00015",
        "Altinn finds no such system user, or none that this can be done with",
        &[
            remedied_by(
                "is there a slip in the id, or does the system user belong to the other environment?",
                "",
                System("user list"),
                " shows the system's users",
            ),
            cause(
                "do you look by owner for a system user that was requested with an external reference?",
                "say that one, too; it is part of what a system user is found by",
            ),
            cause(
                "is it an agent user that you want to change?",
                "have the customer delete it, then send a new agent request: agent users cannot be changed",
            ),
            cause(
                "is the request not approved yet, or has the system user been deleted?",
                "look up the request's `status`; the system user comes with the approval and has the request's id",
            ),
        ],
    ),
    not_found(
        "AUTH-00017",
        "the system has no name that Altinn can show",
        &[cause(
            "does the system lack a name in Norwegian?",
            "update the system with `name.nb`; without it no customer can approve a request",
        )],
    ),
    bad_request(
        "AUTH-00021",
        "the redirect URL is not one that the system has registered",
        &[
            remedied_by(
                "does `redirectUrl` differ from the registered ones in scheme, host or path?",
                "send one of `allowedRedirectUrls`, which ",
                System("system show"),
                " shows; only the query may be another",
            ),
            cause("is the address a new one?", "add it to the system's `allowedRedirectUrls` first"),
        ],
    ),
    altinn(
        "AUTH-00023",
        "status 401",
        "the token does not say which organisation the vendor is",
        &[cause(
            "does the token lack a `consumer` claim with an organisation number?",
            "send a token from Maskinporten, as it is or exchanged; its `consumer` names the vendor",
        )],
    ),
    bad_request(
        "AUTH-00025",
        "the request is not an agent request",
        &[cause(
            "is it a request for a standard system user?",
            "handle it as a standard request, or check that the id is the right one",
        )],
    ),
    bad_request(
        "AUTH-00026",
        "the request has a redirect URL, but its system has none registered",
        &[
            cause(
                "was the system registered without `allowedRedirectUrls`?",
                "add the address to the system, or send the request without `redirectUrl`",
            ),
            cause(
                "was `allowedRedirectUrls` left out of a later update?",
                "update the system once more, with everything in it: an update replaces all that was there",
            ),
        ],
    ),
    not_found(
        "AUTH-00030",
        "Altinn finds no such agent request",
        &[
            remedied_by(
                "is there a slip in the id, or was the request made in the other environment or deleted since?",
                "",
                System("request list --agent"),
                " shows the system's agent requests",
            ),
            cause("is it a standard request?", "look it up as one; the two kinds are kept apart"),
        ],
    ),
    bad_request(
        "AUTH-00058",
        "an agent request has to ask for an access package",
        &[
            cause("is `accessPackages` empty or left out?", "name at least one of the system's access packages"),
            cause("do you ask for single rights?", "ask for packages instead: agent requests have no `rights`"),
        ],
    ),
    bad_request(
        "AUTH-00059",
        "the request asks for nothing: its lists of rights and of access packages are both empty",
        &[
            cause(
                "were `rights` and `accessPackages` both sent as empty lists?",
                "put at least one right or package in, out of what the system has",
            ),
            cause(
                "does your code look for this code when both lists are left out?",
                "look for AUTH-00001 too, which is the answer in that case",
            ),
        ],
    ),
    not_found(
        "AUTH-00060",
        "Altinn could not carry out the update",
        &[cause(
            "did something fail at Altinn?",
            "look up what stands there now, try again if it is the old, and tell Altinn if it lasts",
        )],
    ),
    altinn(
        "AUTH-00061",
        "status 409",
        "the change request with this id has been decided already",
        &[cause(
            "was a correlation id used a second time?",
            "make a new UUID for every change and send it as `correlation-id`",
        )],
    ),
    bad_request(
        "AUTH-00063",
        "an access package that was asked for is not among the system's",
        &[cause(
            "is the package missing from the system in the System Register?",
            "register it there first, or leave it out; `NotFoundPackages` names it",
        )],
    ),
    bad_request(
        "AUTH-00064",
        "an access package that was asked for cannot be given to a standard system user",
        &[cause(
            "is it a package for client relations?",
            "ask for it in an agent request, or leave it out; `NotDelegablePackages` names it",
        )],
    ),
    bad_request(
        "AUTH-00065",
        "an access package that was asked for is not one for client relations",
        &[cause(
            "does the agent request ask for a package that is meant for standard system users?",
            "ask for that one in a standard request, and keep to packages for client relations here",
        )],
    ),
];
