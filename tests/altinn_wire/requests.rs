//! Requests for system users, and the system users.

use serde_json::{Value, json};

use super::*;

pub(super) const REQUESTS: &str = "systemuser/request/vendor";
const FIRST: &str = "00000000-0000-4000-8000-000000000001";

pub(super) fn new_request() -> Value {
    json!({ "systemId": SYSTEM, "partyOrgNo": "312600757", "rights": [right(SALARY)] })
}

pub(super) fn new_agent_request() -> Value {
    json!({
        "systemId": SYSTEM, "partyOrgNo": "314112938", "accessPackages": [package("regnskapsforer-lonn")],
    })
}

/// The body with its creation time replaced by a fixed text.
fn undated(answer: &Answer) -> String {
    let (before, after) = answer.body.split_once("\"created\":\"").unwrap_or_else(|| panic!("{}", answer.body));
    let (time, after) = after.split_once('"').unwrap();
    chrono::DateTime::parse_from_rfc3339(time).unwrap();
    format!("{before}\"created\":\"TIME\"{after}")
}

#[test]
fn a_request_is_created_and_returned_with_its_confirm_url() {
    let altinn = altinn();
    let body = json!({
        "integrationTitle": "Vår integrasjon", "externalRef": " customer-7 ", "systemId": SYSTEM,
        "partyOrgNo": "312600757", "rights": [right(SALARY)], "accessPackages": [package("veitransport")],
        "redirectUrl": "https://smartcloudaltinn.azurewebsites.net/receipt?customer=7",
    });
    let answer = altinn.post(REQUESTS, &body);
    let shown = format!(
        r#"{{"id":"{FIRST}","integrationTitle":"Vår integrasjon","externalRef":"customer-7","systemId":"991825827_smartcloud","partyOrgNo":"312600757","rights":[{{"resource":[{{"id":"urn:altinn:resource","value":"ttd_systembruker-salary"}}]}}],"accessPackages":[{{"urn":"urn:altinn:accesspackage:veitransport"}}],"status":"New","redirectUrl":"https://smartcloudaltinn.azurewebsites.net/receipt?customer=7","confirmUrl":"{}accessmanagement/ui/systemuser/request?id={FIRST}&DONTCHOOSEREPORTEE=true","escalated":false,"created":"TIME","timedOut":false}}"#,
        altinn.address
    );
    assert_eq!((answer.status, undated(&answer)), (201, shown.clone()));
    // Altinn's `Location` header lacks `vendor/`.
    let location = format!("{}authentication/api/v1/systemuser/request/{FIRST}", altinn.address);
    assert_eq!(answer.header("location"), Some(location.as_str()));
    for path in [FIRST.to_owned(), FIRST.to_uppercase(), format!("byexternalref/{SYSTEM}/312600757/customer-7")] {
        let answer = altinn.get(&format!("{REQUESTS}/{path}"));
        assert_eq!((answer.status, undated(&answer)), (200, shown.clone()), "{path}");
    }
}

#[test]
fn a_request_without_a_title_gets_the_systems_bokmal_name() {
    let altinn = altinn();
    let title = |body: &Value| altinn.post(REQUESTS, body).json()["integrationTitle"].clone();
    assert_eq!(title(&new_request()), "SmartCloud Regnskap");
    let other = |reference: &str, title: Value| {
        changed(new_request(), |body| (body["externalRef"], body["integrationTitle"]) = (json!(reference), title))
    };
    assert_eq!(title(&other("1", Value::Null)), "SmartCloud Regnskap");
    assert_eq!(title(&other("2", json!(" Vår "))), "Vår");
    // Only a missing title is replaced.
    assert_eq!(title(&other("3", json!(""))), "");
    // The requests in the fixtures have no title of their own.
    assert_eq!(altinn.get(&format!("{REQUESTS}/{REQUEST_ID}")).ok()["integrationTitle"], "SmartCloud Regnskap");
}

#[test]
fn an_agent_request_has_no_rights_and_a_different_page() {
    let altinn = altinn();
    let answer = altinn.post(&format!("{REQUESTS}/agent"), &new_agent_request());
    let shown = format!(
        r#"{{"id":"{FIRST}","integrationTitle":"SmartCloud Regnskap","externalRef":"314112938","systemId":"991825827_smartcloud","partyOrgNo":"314112938","accessPackages":[{{"urn":"urn:altinn:accesspackage:regnskapsforer-lonn"}}],"status":"New","confirmUrl":"{}accessmanagement/ui/systemuser/agentrequest?id={FIRST}&DONTCHOOSEREPORTEE=true","escalated":false,"created":"TIME","timedOut":false}}"#,
        altinn.address
    );
    assert_eq!((answer.status, undated(&answer)), (201, shown.clone()));
    for path in [FIRST.to_owned(), format!("byexternalref/{SYSTEM}/314112938/314112938")] {
        assert_eq!(undated(&altinn.get(&format!("{REQUESTS}/agent/{path}"))), shown);
    }
}

#[test]
fn repeating_a_request_returns_the_existing_request_in_any_status() {
    let altinn = altinn();
    let again = |owner: &str| {
        let answer = altinn.post(REQUESTS, &changed(new_request(), |body| body["partyOrgNo"] = json!(owner)));
        let body = answer.ok();
        assert!(body["confirmUrl"].as_str().unwrap().contains("/request?id="));
        (body["status"].as_str().unwrap().to_owned(), body["timedOut"].as_bool().unwrap())
    };
    assert_eq!(again("314168267"), ("New".to_owned(), false));
    assert_eq!(again("313725138"), ("Rejected".to_owned(), false));
    assert_eq!(again("312530341"), ("Denied".to_owned(), false));
    // The request has timed out, but its status does not show this.
    assert_eq!(again("314048431"), ("New".to_owned(), true));
    // A different reference creates a second request.
    let other =
        changed(new_request(), |body| (body["partyOrgNo"], body["externalRef"]) = (json!("313725138"), json!("other")));
    assert_eq!(altinn.post(REQUESTS, &other).status, 201);
    let agent = altinn.post(&format!("{REQUESTS}/agent"), &new_agent_request());
    assert_eq!(agent.status, 201);
    assert_eq!(altinn.post(&format!("{REQUESTS}/agent"), &new_agent_request()).ok()["id"], agent.json()["id"]);
}

#[test]
fn a_request_times_out_by_the_sandboxs_own_clock() {
    let later = with(SandboxOptions { clock_ahead: chrono::TimeDelta::days(300), ..SandboxOptions::default() });
    // The sandbox's clock dates the fixtures, so the fixtures do not depend on its setting.
    let by_owner = |owner: &str| {
        let path = format!("{REQUESTS}/byexternalref/{SYSTEM}/{owner}/{owner}");
        let token = later.forged(|claims| claims["exp"] = json!(claims["exp"].as_i64().unwrap() + 301 * 86_400));
        later.call(&token, "GET", &path, &Value::Null).ok()
    };
    assert_eq!(by_owner("314048431")["timedOut"], true);
    assert_eq!(by_owner("314168267")["timedOut"], false);
    let created = by_owner("314168267")["created"].as_str().unwrap().to_owned();
    assert!(chrono::DateTime::parse_from_rfc3339(&created).unwrap() > chrono::Utc::now());
}

#[test]
fn a_request_of_the_other_kind_or_of_another_vendor_is_not_found() {
    let altinn = altinn();
    let (standard, agent) = ("c48d1e6f-97b2-4c0a-a3d8-2b5f7e9a1c04", "8a3b6d2c-14e9-4d7f-92c6-6c0e5f4b8d05");
    for path in [
        format!("agent/{standard}"),
        agent.to_owned(),
        FIRST.to_owned(),
        format!("agent/byexternalref/{SYSTEM}/314168267/314168267"),
        format!("byexternalref/{SYSTEM}/314250052/314250052"),
        // The request has another external reference, and the lookup is exact.
        format!("byexternalref/{SYSTEM}/313790509/313790509"),
    ] {
        altinn.get(&format!("{REQUESTS}/{path}")).is_problem(404, "AUTH-00010");
    }
    let other = altinn.other_vendor();
    let of_other = |path: &str| altinn.call(&other, "GET", path, &Value::Null);
    of_other(&format!("{REQUESTS}/{standard}")).is_problem(404, "AUTH-00011");
    of_other(&format!("{REQUESTS}/bysystem/{SYSTEM}")).is_problem(404, "AUTH-00011");
    of_other(&format!("systemuser/vendor/bysystem/{SYSTEM}")).is_problem(404, "AUTH-00011");
    altinn.get(&format!("{REQUESTS}/bysystem/991825827_none")).is_problem(404, "AUTH-00011");
    altinn.get(&format!("{REQUESTS}/agent/bysystem/991825827_none")).is_problem(404, "AUTH-00011");
}

/// A request in the fixtures.
const REQUEST_ID: &str = "c48d1e6f-97b2-4c0a-a3d8-2b5f7e9a1c04";

fn in_path(text: &str) -> String {
    text.replace('{', "%7B").replace('}', "%7D")
}

#[test]
fn an_id_is_accepted_in_the_five_formats_of_dotnet() {
    let altinn = altinn();
    let forms = [
        REQUEST_ID.replace('-', ""),
        REQUEST_ID.to_owned(),
        REQUEST_ID.to_uppercase(),
        format!("{{{REQUEST_ID}}}"),
        format!("({REQUEST_ID})"),
        "{0xc48d1e6f,0x97b2,0x4c0a,{0xa3,0xd8,0x2b,0x5f,0x7e,0x9a,0x1c,0x04}}".to_owned(),
    ];
    for form in &forms {
        assert_eq!(altinn.get(&format!("{REQUESTS}/{}", in_path(form))).ok()["id"], REQUEST_ID, "{form}");
        let page = format!("/accessmanagement/ui/systemuser/request?id={}", in_path(form));
        assert_eq!(altinn.send("GET", &page, &[], "").status, 200, "{form}");
    }
    let name = format!("/accessmanagement/ui/systemuser/request?id=urn:uuid:{REQUEST_ID}");
    assert_eq!(altinn.send("GET", &name, &[], "").status, 400);
}

#[test]
fn an_invalid_id_is_refused_by_aspnet() {
    let altinn = altinn();
    let name = format!("urn:uuid:{REQUEST_ID}");
    let short = REQUEST_ID.replacen('c', "", 1);
    for path in ["1", "agent/1", "agent", &name, &short, &format!("[{REQUEST_ID}]"), &format!("%7B{REQUEST_ID})")] {
        altinn.get(&format!("{REQUESTS}/{path}")).is_misfit("requestId");
    }
    for numbers in [
        "{0xc48d1e6f,0x97b2,0x4c0a,{0xa3,0xd8,0x2b,0x5f,0x7e,0x9a,0x1c}}",
        "{0xc48d1e6f,0x97b2,0x4c0a,{0xa3,0xd8,0x2b,0x5f,0x7e,0x9a,0x1c,0x104}}",
        "{0xc48d1e6f,0x97b2,0x+c0a,{0xa3,0xd8,0x2b,0x5f,0x7e,0x9a,0x1c,0x04}}",
    ] {
        altinn.get(&format!("{REQUESTS}/{}", in_path(numbers))).is_misfit("requestId");
    }
    altinn.delete(&format!("{REQUESTS}/1")).is_misfit("requestId");
}

#[test]
fn an_escaped_reference_may_contain_any_character() {
    let altinn = altinn();
    let body = changed(new_request(), |body| body["externalRef"] = json!("kunde 7æ?#%+"));
    assert_eq!(altinn.post(REQUESTS, &body).status, 201);
    let path = format!("{REQUESTS}/byexternalref/{SYSTEM}/312600757/kunde%207%C3%A6%3F%23%25+");
    assert_eq!(altinn.get(&path).ok()["externalRef"], "kunde 7æ?#%+");
}

#[test]
fn a_reference_with_a_slash_cannot_be_looked_up_because_its_escape_is_kept() {
    let altinn = altinn();
    let make = |reference: &str| {
        let answer = altinn.post(REQUESTS, &changed(new_request(), |body| body["externalRef"] = json!(reference)));
        assert_eq!(answer.status, 201, "{}", answer.body);
    };
    let ask = |path: &str| altinn.get(&format!("{REQUESTS}/byexternalref/{SYSTEM}/312600757/{path}"));
    make("a/b");
    for path in ["a%2Fb", "a%2fb", "a%252Fb"] {
        ask(path).is_problem(404, "AUTH-00010");
    }
    ask("a/b").is_empty(404);
    // The lookup uses the text exactly as sent.
    make("a%2Fb");
    for path in ["a%2Fb", "a%252Fb"] {
        assert_eq!(ask(path).ok()["externalRef"], "a%2Fb");
    }
    ask("a%2fb").is_problem(404, "AUTH-00010");
}

#[test]
fn lists_separate_the_kinds_and_have_no_confirm_url() {
    let altinn = altinn();
    let owners = |path: &str| {
        let page = altinn.get(&format!("{REQUESTS}/{path}/{SYSTEM}")).ok();
        let rows = page["data"].as_array().unwrap().clone();
        assert!(rows.iter().all(|row| row.get("confirmUrl").is_none() && row["status"].is_string()));
        let mut owners: Vec<String> = rows.iter().map(|row| row["partyOrgNo"].as_str().unwrap().to_owned()).collect();
        owners.sort();
        owners
    };
    let standard = ["210493352", "310904473", "312530341", "313725138", "313790509", "314048431", "314168267"];
    assert_eq!(owners("bysystem"), standard);
    assert_eq!(owners("agent/bysystem"), ["314250052"]);
}

#[test]
fn a_request_of_either_kind_can_be_deleted_and_created_again() {
    let altinn = altinn();
    let by_owner = |kind: &str, owner: &str| {
        altinn.get(&format!("{REQUESTS}{kind}/byexternalref/{SYSTEM}/{owner}/{owner}")).ok()["id"].clone()
    };
    let rejected = by_owner("", "313725138");
    let deleted = altinn.delete(&format!("{REQUESTS}/{}", rejected.as_str().unwrap()));
    assert_eq!((deleted.status, deleted.body.as_str()), (202, ""));
    altinn.delete(&format!("{REQUESTS}/{}", rejected.as_str().unwrap())).is_problem(404, "AUTH-00010");
    let anew = altinn.post(REQUESTS, &changed(new_request(), |body| body["partyOrgNo"] = json!("313725138")));
    assert_eq!((anew.status, &anew.json()["status"]), (201, &json!("New")));
    // Altinn checks neither the kind nor the vendor when it deletes a request.
    let agent = by_owner("/agent", "314250052");
    let path = format!("{REQUESTS}/{}", agent.as_str().unwrap());
    assert_eq!(altinn.call(&altinn.other_vendor(), "DELETE", &path, &Value::Null).status, 202);
    // The request's system user still exists.
    altinn.user_token("314250052");
}

#[test]
fn system_users_are_listed_with_the_ids_of_their_requests() {
    let altinn = altinn();
    let page = altinn.get(&format!("systemuser/vendor/bysystem/{SYSTEM}")).ok();
    let mut users: Vec<(String, String)> = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| [&user["reporteeOrgNo"], &user["userType"]].map(|value| value.as_str().unwrap().to_owned()).into())
        .collect();
    users.sort();
    let expected =
        [("210493352", "standard"), ("310904473", "standard"), ("313790509", "standard"), ("314250052", "agent")];
    assert_eq!(users, expected.map(|(owner, kind)| (owner.to_owned(), kind.to_owned())));
}

#[test]
fn a_system_user_is_found_by_its_owner_and_exact_reference() {
    let altinn = altinn();
    let query = |rest: &str| altinn.get(&format!("systemuser/vendor/byquery?system-id={SYSTEM}&{rest}"));
    let found = query("orgno=313790509&external-ref=customer-42");
    assert_eq!(
        undated(&found),
        r#"{"id":"5e7c2a90-83d4-4f6b-b1a5-9f0d3e6c7b03","integrationTitle":"SmartCloud Regnskap","systemId":"991825827_smartcloud","productName":"","reporteeOrgNo":"313790509","created":"TIME","isDeleted":false,"supplierName":"","supplierOrgno":"991825827","externalRef":"customer-42","userType":"standard"}"#
    );
    assert_eq!(query("orgno=210493352").ok()["id"], "d6a1d5a4-2d58-4b0f-9c3b-7e1f0c7a4e01");
    assert_eq!(query("orgno=210493352&external-ref=210493352").status, 200);
    let is_not_found = |answer: Answer| {
        assert_eq!((answer.status, &answer.json()["title"]), (404, &json!("Not Found")), "{}", answer.body);
        assert!(answer.json().get("code").is_none(), "{}", answer.body);
    };
    is_not_found(query("orgno=313790509"));
    is_not_found(query("orgno=314168267"));
    is_not_found(altinn.get("systemuser/vendor/byquery?orgno=210493352&system-id=x"));
    let path = format!("systemuser/vendor/byquery?system-id={SYSTEM}&orgno=210493352");
    is_not_found(altinn.call(&altinn.other_vendor(), "GET", &path, &Value::Null));
    query("").is_misfit("orgno");
    altinn.get("systemuser/vendor/byquery?orgno=210493352").is_misfit("system-id");
}
