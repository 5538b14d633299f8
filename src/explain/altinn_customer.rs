//! The codes that the customer sees on Altinn's approval page, with advice that the vendor can give the customer.
//!
//! Sources: github.com/Altinn/altinn-access-management-frontend, `ProblemMapper.cs`, `Problem.cs` and
//! `DelegationCheckError.tsx`; github.com/Altinn/altinn-authentication, `src/Core/Problems/Problem.cs`.

use super::Command::{System, Vendor};
use super::{Cause, Entry, altinn, cause, remedied_by};

const fn on_the_page(code: &'static str, meaning: &'static str, causes: &'static [Cause]) -> Entry {
    altinn(code, "approval page", meaning, causes)
}

const TEMPORARY: &[Cause] = &[cause(
    "was it a temporary error?",
    "ask the customer to approve the request again later, and to contact Altinn if the error persists",
)];

const PERSISTENT: &[Cause] = &[cause(
    "does the error persist when the person opens the confirm URL again and approves the request?",
    "ask the customer to forward the request to an access manager, which is possible on the page",
)];

pub(super) static TABLE: [Entry; 18] = [
    on_the_page(
        "AMUI-00001",
        "a right that the request asks for does not exist, or cannot be delegated",
        &[remedied_by(
            "is a right of the system wrong or no longer in use?",
            "the customer cannot correct this: compare the request with ",
            System("system show"),
            ", correct the system, and send a new request",
        )],
    ),
    on_the_page("AMUI-00002", "Altinn could not delegate the rights to the system user", TEMPORARY),
    on_the_page("AMUI-00003", "Altinn could not create the system user", TEMPORARY),
    on_the_page(
        "AMUI-00004",
        "the customer already has a system user for this system and this external reference",
        &[
            remedied_by(
                "has the customer approved an earlier request?",
                "the customer need not do anything: use the system user that ",
                System("user find ORG --external-ref REF"),
                " shows",
            ),
            cause(
                "does the customer need another system user for this system?",
                "send a new request with another external reference",
            ),
        ],
    ),
    on_the_page(
        "AMUI-00005",
        "Altinn does not know the organisation, or it is not the customer's; Altinn also uses this code for other errors",
        &[
            cause(
                "did the person act for another organisation in Altinn?",
                "ask the customer to choose the organisation that the request is for, and to open the confirm URL again",
            ),
            remedied_by(
                "is the organisation number in the request wrong?",
                "compare it with the customer's (",
                Vendor("request status ID"),
                " shows it), and send a new request if it is wrong",
            ),
        ],
    ),
    on_the_page(
        "AMUI-00014",
        "Altinn could not check whether the person may delegate the rights",
        &[
            cause("was it a temporary error?", "ask the customer to open the confirm URL again later"),
            cause(
                "does the error persist?",
                "ask the customer to forward the request to an access manager, which is possible on the page",
            ),
        ],
    ),
    on_the_page(
        "AMUI-00016",
        "the person lacks the role that is needed to delegate a right",
        &[cause(
            "does the person lack the role, both in Norway's register of legal entities and in Altinn?",
            "ask the customer to have the request approved by a person with the role, such as the managing director; \
             the page lets the person forward the request",
        )],
    ),
    on_the_page(
        "AMUI-00018",
        "the person may not delegate a right that the request asks for",
        &[cause(
            "does the person lack the right, or permission to delegate it?",
            "ask the customer to delegate the right to the person first, or to have another person approve the request; \
             the page lets the person forward the request",
        )],
    ),
    on_the_page(
        "AMUI-00019",
        "the right is only for organisations in the service owner's register (SRR), and the organisation is not in it",
        &[cause(
            "has the service owner not registered the customer?",
            "ask the customer to contact the service owner; nobody can approve the request before that",
        )],
    ),
    on_the_page(
        "AMUI-00020",
        "the person has logged in with a security level that is too low for a right",
        &[cause(
            "did the person log in with a method below security level high, which BankID has?",
            "ask the person to log out, to log in with a stronger method, and to open the confirm URL again",
        )],
    ),
    on_the_page("AMUI-00050", "Altinn could not check whether the person may delegate an access package", PERSISTENT),
    on_the_page("AMUI-00051", "Altinn could not delegate an access package to the system user", PERSISTENT),
    on_the_page(
        "AMUI-00053",
        "the person cannot delegate a requested access package, because the person does not have it",
        &[cause(
            "does the person lack the access package for this organisation?",
            "ask the customer to have the request approved by a person with the package, such as the managing director; \
             the page lets the person forward the request",
        )],
    ),
    on_the_page(
        "AMUI-00066",
        "the person is not an access manager of the organisation",
        &[cause(
            "does the person lack permission to manage access for this organisation?",
            "ask the customer to forward the request to an access manager, which is possible on the page",
        )],
    ),
    on_the_page(
        "AMUI-00068",
        "the person lacks an access package that is needed to delegate a right",
        &[cause(
            "does the person lack an access package that includes the right?",
            "ask the customer to give the person the package, or to have another person approve the request",
        )],
    ),
    on_the_page(
        "AMUI-00069",
        "the organisation is not on the access list of a resource",
        &[cause(
            "is the resource open only to the organisations on a list?",
            "ask the customer to contact the resource's owner; nobody can approve the request before that",
        )],
    ),
    on_the_page(
        "AMUI-00070",
        "the request asks for a resource that cannot be delegated",
        &[remedied_by(
            "does the system have a right to such a resource?",
            "the customer cannot correct this: remove the right from the system (",
            System("system show"),
            " lists its rights), and send a new request",
        )],
    ),
    on_the_page(
        "AMUI-00071",
        "the request asks for a Maskinporten schema, which a system user cannot have",
        &[remedied_by(
            "does the system have a right to a Maskinporten schema?",
            "the customer cannot correct this: remove the right from the system (",
            System("system show"),
            " lists its rights), and send a new request; the customer delegates a schema to you as its supplier instead",
        )],
    ),
];
