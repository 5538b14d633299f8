//! Altinn's problems: their codes, statuses and titles.
//!
//! Source: github.com/Altinn/altinn-authentication, `src/Core/Problems/Problem.cs`.

use axum::http::StatusCode;

pub(super) struct Problem {
    pub(super) code: &'static str,
    pub(super) status: StatusCode,
    pub(super) title: &'static str,
}

const fn problem(code: &'static str, status: StatusCode, title: &'static str) -> Problem {
    Problem { code, status, title }
}

use StatusCode as S;

pub(super) static CUSTOMER_UNKNOWN: Problem =
    problem("AUTH-00000", S::BAD_REQUEST, "Can't resolve the Organisation Number from the logged in Reportee PartyId.");
pub(super) static RIGHT_NOT_FOUND: Problem =
    problem("AUTH-00001", S::BAD_REQUEST, "One or more Right not found or not delegable.");
pub(super) static USER_EXISTS: Problem = problem(
    "AUTH-00004",
    S::BAD_REQUEST,
    "Failed to create new SystemUser, existing SystemUser tied to the given System-Id.",
);
pub(super) static KEY_ACCEPTED: Problem =
    problem("AUTH-00006", S::BAD_REQUEST, "The combination of External Ids refer to an already Accepted SystemUser.");
pub(super) static KEY_PENDING: Problem = problem(
    "AUTH-00007",
    S::BAD_REQUEST,
    "The combination of External Ids refer to a Pending Request, please reuse or delete.",
);
pub(super) static KEY_DENIED: Problem = problem(
    "AUTH-00008",
    S::BAD_REQUEST,
    "The combination of External Ids refer to a Denied Request, please delete and renew the Request.",
);
pub(super) static KEY_REJECTED: Problem = problem(
    "AUTH-00009",
    S::BAD_REQUEST,
    "The combination of External Ids refer to a Rejected Request, please delete and renew the Request.",
);
pub(super) static REQUEST_NOT_FOUND: Problem =
    problem("AUTH-00010", S::NOT_FOUND, "The Id does not refer to a Request in our system.");
pub(super) static SYSTEM_NOT_FOUND: Problem =
    problem("AUTH-00011", S::NOT_FOUND, "The Id does not refer to a Registered System.");
pub(super) static NOT_STORED: Problem =
    problem("AUTH-00012", S::NOT_FOUND, "An error occured when storing the Request.");
pub(super) static USER_NOT_FOUND: Problem = problem("AUTH-00015", S::NOT_FOUND, "The SystemUser was not found.");
pub(super) static REDIRECT_MISMATCH: Problem =
    problem("AUTH-00021", S::BAD_REQUEST, "The RedirectUri was not found or not valid.");
pub(super) static VENDOR_UNKNOWN: Problem =
    problem("AUTH-00023", S::UNAUTHORIZED, "Can't resolve the Organisation Number for the Vendor from the Token.");
pub(super) static NO_REDIRECT_URLS: Problem =
    problem("AUTH-00026", S::BAD_REQUEST, "No redirect uris are set for the system");
pub(super) static AGENT_WITHOUT_PACKAGE: Problem =
    problem("AUTH-00058", S::BAD_REQUEST, "No AccessPackages found, an Agent SystemUser must have at least one");
pub(super) static NOTHING_ASKED_FOR: Problem = problem(
    "AUTH-00059",
    S::BAD_REQUEST,
    "No AccessPackages or Single Rights found, a SystemUser must have at least one",
);
pub(super) static CHANGE_DECIDED: Problem = problem(
    "AUTH-00061",
    S::CONFLICT,
    "The Status of the Request is not New. Please generate a new CorrellationId for a new Change Request",
);
pub(super) static PACKAGE_NOT_ON_SYSTEM: Problem = problem(
    "AUTH-00063",
    S::BAD_REQUEST,
    "One or more accesspackage is not found in the referenced system in the System Register.",
);
pub(super) static PACKAGE_NOT_STANDARD: Problem = problem(
    "AUTH-00064",
    S::BAD_REQUEST,
    "One or more access packages cannot be delegated. Either they are intended for clients or they cannot be delegated further.",
);
pub(super) static PACKAGE_NOT_FOR_CLIENTS: Problem = problem(
    "AUTH-00065",
    S::BAD_REQUEST,
    "One or more access packages cannot be delegated because they are not intended for client relationships",
);
