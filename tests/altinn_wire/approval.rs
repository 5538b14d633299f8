//! Answering a request on the approval page, and the effects of the answer.

use serde_json::{Value, json};

use super::requests::{REQUESTS, new_agent_request, new_request};
use super::*;

/// A request that nobody has answered.
pub(super) const NEVER_APPROVED: &str = "c48d1e6f-97b2-4c0a-a3d8-2b5f7e9a1c04";

/// An approval page as loaded by a browser.
pub(super) struct Page {
    pub(super) path: String,
    pub(super) answer: Answer,
}

pub(super) fn path_of(id: &str) -> String {
    format!("/accessmanagement/ui/systemuser/request?id={id}&DONTCHOOSEREPORTEE=true")
}

pub(super) fn open(altinn: &Altinn, path: &str) -> Page {
    Page { path: path.to_owned(), answer: altinn.send("GET", path, &[], "") }
}

impl Page {
    #[track_caller]
    pub(super) fn token(&self) -> String {
        let (_, rest) = self.answer.body.split_once("name=\"token\" value=\"").expect("the page has a form");
        rest.split('"').next().unwrap().to_owned()
    }

    pub(super) fn cookie(&self) -> String {
        self.answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
    }

    pub(super) fn has_buttons(&self) -> bool {
        self.answer.body.contains("<button")
    }

    /// Presses a button like a browser.
    pub(super) fn press(&self, altinn: &Altinn, decision: &str) -> Answer {
        let cookie = self.cookie();
        let origin = altinn.address.trim_end_matches('/').to_owned();
        let headers = [
            ("Cookie", cookie.as_str()),
            ("Origin", origin.as_str()),
            ("Sec-Fetch-Site", "same-origin"),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        altinn.send("POST", &self.path, &headers, &format!("token={}&decision={decision}", self.token()))
    }

    /// Presses a button, asserts that the answer is accepted, and follows the redirect.
    #[track_caller]
    pub(super) fn answered(&self, altinn: &Altinn, decision: &str) -> Answer {
        let pressed = self.press(altinn, decision);
        assert_eq!(pressed.status, 303, "{}", pressed.body);
        let receipt = altinn.send("GET", pressed.header("location").unwrap(), &[], "");
        assert_eq!(receipt.status, 200, "{}", receipt.body);
        receipt
    }
}

/// Creates a request, and opens the page at its confirm URL.
pub(super) fn page_of(altinn: &Altinn, kind: &str, new_request: &Value) -> Page {
    let request = altinn.post(&format!("{REQUESTS}{kind}"), new_request);
    assert_eq!(request.status, 201, "{}", request.body);
    let url = request.json()["confirmUrl"].as_str().unwrap().to_owned();
    open(altinn, &format!("/{}", url.strip_prefix(&altinn.address).unwrap()))
}

#[track_caller]
fn status_of(altinn: &Altinn, id: &str) -> String {
    altinn.get(&format!("{REQUESTS}/{id}")).ok()["status"].as_str().unwrap().to_owned()
}

#[test]
fn an_approved_request_creates_a_system_user_with_the_requested_rights() {
    let altinn = altinn();
    altinn.has_no_user(CLIENT, "312600757", None);
    let page = page_of(&altinn, "", &new_request());
    let receipt = page.answered(&altinn, "approve");
    assert!(receipt.body.contains("Du har godkjent forespørselen"), "{}", receipt.body);
    assert!(receipt.body.contains("systemuser-demo token --org 312600757<"), "{}", receipt.body);
    let id = "00000000-0000-4000-8000-000000000001";
    assert_eq!(status_of(&altinn, id), "Accepted");
    let token = altinn.user_token("312600757");
    assert_eq!(claims_of(&token)["authorization_details"][0]["systemuser_id"], json!([id]));
    assert_eq!(claims_of(&token)["authorization_details"][0]["system_id"], SYSTEM);
    let reads = |api, org| altinn.reads(&token, api, org);
    assert_eq!((reads("Salary", "312600757"), reads("Logistics", "312600757")), (200, 403));
    assert_eq!(reads("Salary", "210493352"), 403);
    let found = altinn.get(&format!("systemuser/vendor/byquery?system-id={SYSTEM}&orgno=312600757")).ok();
    assert_eq!((&found["id"], &found["integrationTitle"]), (&json!(id), &json!("SmartCloud Regnskap")));
    // The vendor's other client is not on the system.
    altinn.has_no_user(SECOND_CLIENT, "312600757", None);
    altinn.has_no_user(OTHER_VENDORS_CLIENT, "312600757", None);
    altinn.post(REQUESTS, &new_request()).is_problem(400, "AUTH-00004");
}

#[test]
fn a_request_in_the_fixtures_can_be_approved() {
    let altinn = altinn();
    open(&altinn, &path_of(NEVER_APPROVED)).answered(&altinn, "approve");
    let token = altinn.user_token("314168267");
    assert_eq!(
        (altinn.reads(&token, "Salary", "314168267"), altinn.reads(&token, "Logistics", "314168267")),
        (200, 200)
    );
}

#[test]
fn packages_give_the_same_access_as_rights() {
    let altinn = altinn();
    for (reference, name, salary, logistics) in [("a", "lonn", 200, 403), ("b", "veitransport", 403, 200)] {
        let body = json!({
            "systemId": SYSTEM, "partyOrgNo": "312600757", "externalRef": reference, "accessPackages": [package(name)]
        });
        page_of(&altinn, "", &body).answered(&altinn, "approve");
        let answer = altinn.ask_for_user(CLIENT, "312600757", Some(reference)).ok();
        let token = answer["access_token"].as_str().unwrap();
        let reads = (altinn.reads(token, "Salary", "312600757"), altinn.reads(token, "Logistics", "312600757"));
        assert_eq!(reads, (salary, logistics), "{name}");
    }
    altinn.has_no_user(CLIENT, "312600757", None);
}

#[test]
fn an_agent_reads_for_its_clients_and_not_for_itself() {
    let altinn = altinn();
    let page = page_of(&altinn, "/agent", &new_agent_request());
    assert!(page.answer.body.contains("<h1>Forespørsel om systembruker for klienter</h1>"), "{}", page.answer.body);
    let receipt = page.answered(&altinn, "approve");
    assert!(receipt.body.contains("<bdi>Kvikk Dal Rør AS</bdi> <code>313775429</code>"), "{}", receipt.body);
    let token = altinn.user_token("314112938");
    let reads = |api, org| altinn.reads(&token, api, org);
    assert_eq!((reads("Salary", "313775429"), reads("Logistics", "313775429")), (200, 403));
    assert_eq!((reads("Salary", "314112938"), reads("Salary", "310385980")), (403, 403));
    let users = altinn.get(&format!("systemuser/vendor/byquery?system-id={SYSTEM}&orgno=314112938")).ok();
    assert_eq!(users["userType"], "agent");
}

#[test]
fn a_rejected_request_creates_nothing() {
    let altinn = altinn();
    let page = page_of(&altinn, "", &new_request());
    let receipt = page.answered(&altinn, "reject");
    assert!(receipt.body.contains("Du har avvist forespørselen"), "{}", receipt.body);
    assert_eq!(status_of(&altinn, "00000000-0000-4000-8000-000000000001"), "Rejected");
    altinn.has_no_user(CLIENT, "312600757", None);
}

#[test]
fn a_request_can_be_answered_only_once() {
    let altinn = altinn();
    let page = page_of(&altinn, "", &new_request());
    page.answered(&altinn, "approve");
    let again = page.press(&altinn, "reject");
    assert_eq!(again.status, 409);
    assert!(again.body.contains("Forespørselen er godkjent. Den kan ikke besvares på nytt."), "{}", again.body);
    assert_eq!(status_of(&altinn, "00000000-0000-4000-8000-000000000001"), "Accepted");
    altinn.user_token("312600757");
}

#[test]
fn a_request_from_a_system_without_a_bokmal_name_can_only_be_rejected() {
    let altinn = altinn();
    let system = changed(new_system(), |system| system["name"]["nb"] = json!(" "));
    assert_eq!(altinn.post("systemregister/vendor", &system).status, 200);
    let body = json!({ "systemId": "991825827_new", "partyOrgNo": "312600757", "rights": [right(LOGISTICS)] });
    let page = page_of(&altinn, "", &body);
    assert!(page.answer.body.contains("AUTH-00017"), "{}", page.answer.body);
    assert!(!page.answer.body.contains("value=\"approve\"") && page.answer.body.contains("value=\"reject\""));
    let refused = page.press(&altinn, "approve");
    assert!(refused.status == 409 && refused.body.contains("AUTH-00017"), "{}", refused.body);
    altinn.has_no_user(SECOND_CLIENT, "312600757", None);
    page.answered(&altinn, "reject");
}

#[test]
fn a_request_of_a_deleted_system_can_be_approved_but_its_system_user_gets_no_tokens() {
    let altinn = altinn();
    let page = page_of(&altinn, "", &new_request());
    altinn.delete(&format!("systemregister/vendor/{SYSTEM}"));
    let receipt = page.answered(&altinn, "approve");
    assert!(!receipt.body.contains("<code>SYSTEMUSER_SANDBOX"), "{}", receipt.body);
    assert_eq!(status_of(&altinn, "00000000-0000-4000-8000-000000000001"), "Accepted");
    let query = format!("systemuser/vendor/byquery?system-id={SYSTEM}&orgno=312600757");
    assert_eq!(altinn.get(&query).ok()["id"], "00000000-0000-4000-8000-000000000001");
    altinn.has_no_user(CLIENT, "312600757", None);
}

#[test]
fn a_right_with_another_action_gives_no_read_access() {
    let altinn = altinn();
    for (action, status) in [("read", 200), ("write", 403)] {
        let right = changed(right(SALARY), |right| right["action"] = json!(action));
        let body =
            changed(new_request(), |body| (body["rights"], body["externalRef"]) = (json!([right]), json!(action)));
        page_of(&altinn, "", &body).answered(&altinn, "approve");
        let answer = altinn.ask_for_user(CLIENT, "312600757", Some(action)).ok();
        assert_eq!(altinn.reads(answer["access_token"].as_str().unwrap(), "Salary", "312600757"), status, "{action}");
    }
}
