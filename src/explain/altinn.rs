//! Altinn's problem codes for the System Register, requests and system users.
//!
//! Sources: Altinn's authentication component, github.com/Altinn/altinn-authentication, `src/Core/Problems/Problem.cs`;
//! docs.altinn.studio, "Client delegation for system vendors".

use super::Command::{System, Vendor};
use super::{Cause, Entry, altinn, bad_request, cause, not_found, remedied_by};

const CLIENT_DELEGATION: &[Cause] = &[
    cause(
        "does your code send a vendor's token, such as the tokens that this program gets?",
        "send an Altinn token of a person who has logged in with ID-porten and may manage the agent's clients",
    ),
    cause(
        "is the id of the agent or of the client wrong?",
        "compare it with those that the API lists (`agents`, `clients/available` and `clients`)",
    ),
];

/// An entry for a code of Altinn's API for client delegation.
const fn client_delegation(code: &'static str) -> Entry {
    let meaning = "Altinn's API for client delegation, which manages an agent's clients, refused the call";
    altinn(code, "client delegation", meaning, CLIENT_DELEGATION)
}

pub(super) static TABLE: [Entry; 28] = [
    bad_request(
        "STD-00000",
        "the request failed Altinn's validation; the response lists each error",
        &[cause(
            "is a field of the request invalid?",
            "read `validationErrors`: each error has its own code, and `paths` lists the fields",
        )],
    ),
    bad_request(
        "AUTH-00000",
        "Altinn has no organisation with the customer's organisation number",
        &[cause(
            "is there a typo in `partyOrgNo`, or does the organisation exist only in the other environment?",
            "check the number; test and production have separate registers",
        )],
    ),
    bad_request(
        "AUTH-00001",
        "a requested right is not registered for the system, or cannot be delegated",
        &[
            cause(
                "is the right missing from the system's registration?",
                "add it there, or leave it out of the request",
            ),
            cause(
                "does the request have neither rights nor access packages?",
                "add at least one right or package; Altinn uses this code for that, too",
            ),
            cause(
                "does the request have only a part of a right's `resource`, or more rights than the system has?",
                "request each right once, exactly as the system has it",
            ),
            cause(
                "is the right for a resource that cannot be delegated to a system user?",
                "remove it from the request and from the system",
            ),
        ],
    ),
    bad_request(
        "AUTH-00004",
        "a system user for this customer, external reference and system already exists",
        &[
            remedied_by(
                "does the customer already have the system user you need?",
                "use it, with the same `externalRef` in the grant: ",
                System("user find ORG --external-ref REF"),
                " shows it",
            ),
            cause(
                "do you want another system user for the same customer, but gave no new external reference?",
                "pass a new value with --external-ref (in the API: `externalRef`, exactly this spelling); the default \
                 is the customer's organisation number",
            ),
            remedied_by(
                "do you want to change the system user's rights?",
                "create a change request with ",
                System("request change ORG --add-right RESOURCE"),
                "; for an agent system user, the customer must delete it before you request it again",
            ),
        ],
    ),
    bad_request(
        "AUTH-00006",
        "a request for the same customer, external reference and system has already been accepted",
        &[
            cause(
                "does the system user of that request still exist?",
                "use it, or send another `externalRef` to request a second system user",
            ),
            cause(
                "does your code check for this error code?",
                "expect AUTH-00004 while the system user exists, and 200 with the old request after its deletion",
            ),
        ],
    ),
    bad_request(
        "AUTH-00007",
        "a request for the same customer, external reference and system is waiting for the customer's decision",
        &[
            cause(
                "has the customer not decided on the first request yet?",
                "send the customer its `confirmUrl`, or delete that request before you create a new request",
            ),
            cause(
                "does your code check for this error code?",
                "expect 200 with the old request instead, and check whether its `timedOut` is true",
            ),
        ],
    ),
    bad_request(
        "AUTH-00008",
        "a request for the same customer, external reference and system has been denied",
        &[
            remedied_by(
                "does an earlier request have the status `Denied`?",
                "talk to the customer, delete that request (",
                Vendor("request delete ID"),
                "), then create a new request",
            ),
            cause(
                "does your code check for this error code?",
                "expect 200 with the old request instead, and check its `status`",
            ),
        ],
    ),
    bad_request(
        "AUTH-00009",
        "a request for the same customer, external reference and system has been rejected",
        &[
            remedied_by(
                "did the customer reject an earlier request?",
                "talk to the customer, delete that request (",
                Vendor("request delete ID"),
                "), then create a new request",
            ),
            cause(
                "does your code check for this error code?",
                "expect 200 with the old request instead, and check its `status`",
            ),
        ],
    ),
    not_found(
        "AUTH-00010",
        "Altinn did not find the request",
        &[
            remedied_by(
                "is there a typo in the id or the organisation number, was the request created in the other \
                 environment, or has it been deleted?",
                "to see the system's requests, run ",
                System("request list"),
                "",
            ),
            cause(
                "did you look up the request by organisation number, but with another system or external reference?",
                "pass the request's own system with --system and its external reference with --external-ref; if the \
                 request had no external reference, omit --external-ref",
            ),
            cause(
                "does your code look up an agent request at the endpoint for standard requests, or the other way \
                 round?",
                "use the endpoint of the request's kind",
            ),
            remedied_by(
                "did you look up a change request by organisation number, without --change?",
                "add --change; to see the system's change requests, run ",
                System("request list --change"),
                "",
            ),
        ],
    ),
    not_found(
        "AUTH-00011",
        "Altinn did not find the system, or it belongs to another vendor",
        &[
            remedied_by(
                "is the id misspelled, or is the system in the other environment?",
                "to see your systems, run ",
                Vendor("system list"),
                "",
            ),
            cause(
                "does the system belong to another vendor?",
                "only a client of the system's own vendor has access; the token's `consumer` is the organisation that \
                 owns the client",
            ),
            cause(
                "does your code expect status 400, as Altinn's documentation states?",
                "expect 404, or check the code instead of the status",
            ),
        ],
    ),
    not_found(
        "AUTH-00012",
        "Altinn could not store the request",
        &[
            cause(
                "did Altinn have an internal error?",
                "check whether the request exists; if not, retry, and contact Altinn if the error persists",
            ),
            cause(
                "does your code expect status 400, as Altinn's documentation states?",
                "expect 404, or check the code instead of the status",
            ),
        ],
    ),
    altinn(
        "AUTH-00013",
        "status 409",
        "the request no longer has the status `New`, so this operation is not possible",
        &[cause(
            "has the customer decided in the meantime?",
            "look up its `status` and continue from there; to ask for more, create a request with a new `externalRef`",
        )],
    ),
    not_found(
        "AUTH-00015",
        "Altinn did not find the system user, or the system user does not support this operation",
        &[
            remedied_by(
                "is there a typo in the organisation number or the external reference, or does the system user belong to \
                 the other environment?",
                "",
                System("user list"),
                " lists the system's system users",
            ),
            cause(
                "was the system user requested with an external reference?",
                "pass that reference with --external-ref: Altinn looks up a system user by owner and external \
                 reference",
            ),
            cause(
                "do you want to change an agent system user?",
                "have the customer delete it, then create a new agent request: agent system users cannot be changed",
            ),
            remedied_by(
                "is the request not approved yet, or has the system user been deleted?",
                "check the request with ",
                System("request status --org ORG"),
                "; approval creates the system user, which gets the request's id",
            ),
        ],
    ),
    not_found(
        "AUTH-00017",
        "the system has no name that Altinn can show",
        &[cause(
            "does the system have no name in Norwegian Bokmål?",
            "add `name.nb` to the system; without it, customers cannot approve requests",
        )],
    ),
    bad_request(
        "AUTH-00021",
        "the redirect URL is not registered for the system",
        &[
            remedied_by(
                "does the redirect URL differ from the registered URLs in scheme, host or path?",
                "pass one of them with --redirect-url (",
                System("system show"),
                " lists them); only the query may differ",
            ),
            cause("is the URL new?", "add it to the system's `allowedRedirectUrls` first"),
            cause(
                "is it the redirect URL of a change request?",
                "register exactly this URL: for a change request, Altinn also compares the query",
            ),
        ],
    ),
    altinn(
        "AUTH-00023",
        "status 401",
        "the token does not identify the vendor's organisation",
        &[cause(
            "does the token lack a `consumer` claim with an organisation number?",
            "send a Maskinporten token, exchanged or not; its `consumer` identifies the vendor",
        )],
    ),
    bad_request(
        "AUTH-00025",
        "the request is not an agent request",
        &[cause(
            "is it a request for a standard system user?",
            "handle it as a standard request, or check that the id is correct",
        )],
    ),
    bad_request(
        "AUTH-00026",
        "the request has a redirect URL, but its system has no registered redirect URLs",
        &[
            cause(
                "was the system registered without `allowedRedirectUrls`?",
                "add the URL to the system, or send the request without `redirectUrl`",
            ),
            cause(
                "was `allowedRedirectUrls` left out of a later update?",
                "update the system again with all of its fields: an update replaces everything",
            ),
        ],
    ),
    not_found(
        "AUTH-00030",
        "Altinn did not find the agent request",
        &[
            remedied_by(
                "is there a typo in the id, was the request created in the other environment, or has it been deleted?",
                "to see the system's agent requests, run ",
                System("request list --agent"),
                "",
            ),
            cause(
                "is it a standard request?",
                "look it up as a standard request; in the API, each kind of request has its own endpoint",
            ),
        ],
    ),
    bad_request(
        "AUTH-00058",
        "an agent request must ask for an access package",
        &[
            cause("is `accessPackages` empty?", "request at least one of the system's access packages"),
            cause("does the request have `rights`?", "request packages instead: agent requests have no `rights`"),
        ],
    ),
    bad_request(
        "AUTH-00059",
        "the request asks for nothing: its lists of rights and of access packages are both empty",
        &[
            cause(
                "were `rights` and `accessPackages` both sent as empty lists?",
                "add at least one right or package that the system has",
            ),
            cause(
                "does your code check for this error code when both lists are left out?",
                "check for AUTH-00001, too: Altinn returns it in that case",
            ),
        ],
    ),
    not_found(
        "AUTH-00060",
        "Altinn could not carry out the update",
        &[cause(
            "did Altinn have an internal error?",
            "look up the current values; if nothing changed, retry, and contact Altinn if the error persists",
        )],
    ),
    altinn(
        "AUTH-00061",
        "status 409",
        "the change request with this id has already been decided",
        &[cause(
            "did an earlier change request have the same correlation id?",
            "omit --correlation-id to make a new id; in the API, send a new UUID as `correlation-id` for each change",
        )],
    ),
    bad_request(
        "AUTH-00063",
        "a requested access package is not registered for the system",
        &[cause(
            "is the package missing from the system's registration?",
            "`NotFoundPackages` names the missing packages: add them to the system, or leave them out of the request",
        )],
    ),
    bad_request(
        "AUTH-00064",
        "a requested access package cannot be given to a standard system user: it is not assignable",
        &[cause(
            "is it a package that is only for client relations?",
            "request it with an agent request, or leave it out; `NotDelegablePackages` names the packages",
        )],
    ),
    bad_request(
        "AUTH-00065",
        "a requested access package cannot be given to an agent system user: it is not delegable to client relations",
        &[cause(
            "is it a package that is only for standard system users, such as `hovedadministrator`?",
            "ask for it in a standard request, or leave it out; `NotDelegablePackages` names the packages",
        )],
    ),
    client_delegation("AUTH-00079"),
    client_delegation("AUTH-00080"),
];
