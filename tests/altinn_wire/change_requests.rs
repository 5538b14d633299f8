//! Change requests: the routes of a vendor, their faults, and the effects of the customer's decision.

use serde_json::{Value, json};

use super::approval::{Page, open};
use super::*;

const CHANGES: &str = "systemuser/changerequest/vendor";
/// The system user of 210493352, with the rights to logistics and salary.
const USER: &str = "d6a1d5a4-2d58-4b0f-9c3b-7e1f0c7a4e01";
/// The agent system user of 314250052.
const AGENT: &str = "8a3b6d2c-14e9-4d7f-92c6-6c0e5f4b8d05";
const ID: &str = "11111111-2222-4333-8444-555555555555";
const RECEIPT: &str = "https://smartcloudaltinn.azurewebsites.net/receipt";

fn change() -> Value {
    json!({
        "requiredRights": [right(LOGISTICS)], "unwantedRights": [right(SALARY)],
        "requiredAccessPackages": [package("veitransport")], "unwantedAccessPackages": [package("lonn")],
    })
}

fn ask(altinn: &Altinn, id: &str, user: &str, body: &Value) -> Answer {
    altinn.post(&format!("{CHANGES}?correlation-id={id}&system-user-id={user}"), body)
}

/// Asks for a change with a new id.
fn asked(altinn: &Altinn, user: &str, body: &Value) -> Answer {
    ask(altinn, &uuid::Uuid::new_v4().to_string(), user, body)
}

/// Creates a change request, and opens the page at its confirm URL.
fn page_of(altinn: &Altinn, user: &str, body: &Value) -> Page {
    let answer = asked(altinn, user, body);
    assert_eq!(answer.status, 201, "{}", answer.body);
    let url = answer.json()["confirmUrl"].as_str().unwrap().to_owned();
    open(altinn, &format!("/{}", url.strip_prefix(&altinn.address).unwrap()))
}

#[test]
fn a_change_request_is_created_with_the_vendors_id_and_returned() {
    let altinn = altinn();
    let body = changed(change(), |body| body["redirectUrl"] = json!(RECEIPT));
    let answer = ask(&altinn, &ID.to_uppercase(), USER, &body);
    let packages = |required: &str, unwanted: &str| {
        format!(r#""requiredAccessPackages":[{required}],"unwantedAccessPackages":[{unwanted}]"#)
    };
    let urn = |name: &str| package(name).to_string();
    let shown = |packages: String| {
        format!(
            r#"{{"id":"{ID}","externalRef":"210493352","systemId":"{SYSTEM}","systemUserId":"{USER}","partyOrgNo":"210493352","requiredRights":[{}],"unwantedRights":[{}],{packages},"status":"New","redirectUrl":"{RECEIPT}","confirmUrl":"{}accessmanagement/ui/systemuser/changerequest?id={ID}&DONTCHOOSEREPORTEE=true"}}"#,
            right(LOGISTICS),
            right(SALARY),
            altinn.address
        )
    };
    let whole = shown(packages(&urn("veitransport"), &urn("lonn")));
    assert_eq!((answer.status, &answer.body), (201, &whole));
    let location = format!("{}authentication/api/v1/systemuser/changerequest/{ID}", altinn.address);
    assert_eq!(answer.header("location"), Some(location.as_str()));
    // A known id returns the known change request, also if the body differs or the other system user is named.
    let same = ask(&altinn, ID, USER, &json!({ "requiredRights": [right("none")] }));
    assert_eq!((same.status, &same.body), (200, &whole));
    let found = altinn.get(&format!("{CHANGES}/{ID}"));
    assert_eq!((found.status, &found.body), (200, &whole));
    // By external reference, the lists of packages are empty.
    let found = altinn.get(&format!("{CHANGES}/byexternalref/{SYSTEM}/210493352/210493352"));
    assert_eq!((found.status, found.body), (200, shown(packages("", ""))));
    let list = altinn.get(&format!("{CHANGES}/bysystem/{SYSTEM}")).ok();
    assert_eq!((&list["links"], list["data"].as_array().unwrap().len()), (&json!({}), 1));
    let row = changed(serde_json::from_str(&whole).unwrap(), |row| *row = without(row, "confirmUrl"));
    assert_eq!(list["data"][0], row);
}

#[test]
fn the_correlation_id_is_required_and_differs_from_the_system_users_id() {
    let altinn = altinn();
    let missing = "Missing or invalid correlation-id. Generate a unique UUID (RFC 4122) for this Change Request.";
    for query in
        [format!("system-user-id={USER}"), format!("correlation-id={}&system-user-id={USER}", uuid::Uuid::nil())]
    {
        let answer = altinn.post(&format!("{CHANGES}?{query}"), &change());
        assert_eq!((answer.status, answer.body.as_str()), (400, missing));
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    }
    let same = ask(&altinn, USER, USER, &change());
    let text = "The correlation-id should not be the same as the system-user-id. Generate a unique id.";
    assert_eq!((same.status, same.body.as_str()), (400, text));
    ask(&altinn, "1", USER, &change()).is_misfit("correlation-id");
    ask(&altinn, ID, "1", &change()).is_misfit("system-user-id");
}

#[test]
fn an_unknown_or_an_agent_system_user_is_not_found() {
    let altinn = altinn();
    ask(&altinn, ID, "99999999-2222-4333-8444-555555555555", &change()).is_problem(404, "AUTH-00015");
    altinn.post(&format!("{CHANGES}?correlation-id={ID}"), &change()).is_problem(404, "AUTH-00015");
    ask(&altinn, ID, AGENT, &change()).is_problem(404, "AUTH-00015");
    // A request that nobody has approved has no system user.
    ask(&altinn, ID, super::approval::NEVER_APPROVED, &change()).is_problem(404, "AUTH-00015");
}

#[test]
fn another_vendor_cannot_create_or_read_a_change_request() {
    let altinn = altinn();
    let path = format!("{CHANGES}?correlation-id={ID}&system-user-id={USER}");
    let refused = altinn.call(&altinn.other_vendor(), "POST", &path, &change());
    assert_eq!((refused.status, &refused.json()["title"]), (401, &json!("Unauthorized")));
    assert_eq!(ask(&altinn, ID, USER, &change()).status, 201);
    for path in [ID.to_owned(), format!("byexternalref/{SYSTEM}/210493352/210493352"), format!("bysystem/{SYSTEM}")] {
        let path = format!("{CHANGES}/{path}");
        altinn.call(&altinn.other_vendor(), "GET", &path, &Value::Null).is_problem(404, "AUTH-00011");
    }
    let nobody = altinn.forged(|claims| *claims = without(claims, "consumer"));
    assert_eq!(altinn.call(&nobody, "POST", &path, &change()).status, 401);
    assert_eq!(altinn.call(&nobody, "GET", &format!("{CHANGES}/{ID}"), &Value::Null).status, 401);
}

#[test]
fn each_route_requires_its_scope() {
    let altinn = altinn();
    let (reader, writer) = (altinn.token(CLIENT, READ), altinn.token(CLIENT, WRITE));
    let create = format!("{CHANGES}?correlation-id={ID}&system-user-id={USER}");
    altinn.call(&reader, "POST", &create, &change()).is_empty(403);
    altinn.call(&reader, "DELETE", &format!("{CHANGES}/{ID}"), &Value::Null).is_empty(403);
    let reads = [ID.to_owned(), format!("byexternalref/{SYSTEM}/1/1"), format!("bysystem/{SYSTEM}")];
    for path in reads.map(|path| format!("{CHANGES}/{path}")) {
        altinn.call(&writer, "GET", &path, &Value::Null).is_empty(403);
        altinn.call("x", "GET", &path, &Value::Null).is_empty(401);
    }
    assert_eq!(altinn.put(CHANGES, &Value::Null).status, 405);
}

#[test]
fn a_change_request_for_nothing_is_answered_and_not_stored() {
    let altinn = altinn();
    let empty = json!({ "requiredRights": [], "unwantedRights": [], "requiredAccessPackages": [] });
    for (user, body) in [(USER, empty), (USER, json!({})), (AGENT, json!({}))] {
        let answer = ask(&altinn, ID, user, &body).ok();
        assert_eq!((&answer["status"], &answer["confirmUrl"]), (&json!("NoChangeNeeded"), &json!("")));
        assert_eq!((&answer["id"], &answer["systemUserId"]), (&json!(ID), &json!(user)));
        assert_eq!(answer["unwantedAccessPackages"], json!([]));
    }
    altinn.get(&format!("{CHANGES}/{ID}")).is_problem(404, "AUTH-00010");
}

#[test]
fn a_list_may_be_missing_but_not_null() {
    let altinn = altinn();
    for list in ["requiredRights", "unwantedRights", "requiredAccessPackages", "unwantedAccessPackages"] {
        let name = format!("R{}", &list[1..]).replace("Rn", "Un");
        asked(&altinn, USER, &changed(change(), |body| body[list] = Value::Null)).is_misfit(&name);
        let answer = asked(&altinn, USER, &without(&change(), list));
        assert_eq!((answer.status, &answer.json()[list]), (201, &json!([])), "{list}");
    }
    asked(&altinn, USER, &json!({ "requiredRights": SALARY })).is_misfit("$.requiredRights");
    asked(&altinn, USER, &json!({ "unwantedAccessPackages": ["lonn"] })).is_misfit("$.unwantedAccessPackages[0]");
    asked(&altinn, USER, &json!([])).is_misfit("$");
}

#[test]
fn only_what_is_added_must_be_on_the_system() {
    let altinn = altinn();
    let with = |member: &str, value: Value| asked(&altinn, USER, &json!({ member: [value] }));
    with("requiredRights", right("app_ttd_endring-av-navn")).is_problem(400, "AUTH-00001");
    with("requiredAccessPackages", package("posttjenester")).is_problem(400, "AUTH-00063");
    with("requiredAccessPackages", package("regnskapsforer-lonn")).is_problem(400, "AUTH-00064");
    assert_eq!(with("unwantedRights", right("no-such-resource")).status, 201);
    assert_eq!(with("unwantedAccessPackages", package("nothing")).status, 201);
}

#[test]
fn a_redirect_url_must_be_registered_with_its_query() {
    let altinn = altinn();
    let with = |url: &str| asked(&altinn, USER, &changed(change(), |body| body["redirectUrl"] = json!(url)));
    for url in ["https://example.no/receipt", "receipt", &format!("{RECEIPT}?customer=7")] {
        with(url).is_problem(400, "AUTH-00021");
    }
    assert_eq!(with(RECEIPT).status, 201);
    assert_eq!(with("").status, 201);
}

#[test]
fn an_id_is_never_used_twice() {
    let altinn = altinn();
    assert_eq!(ask(&altinn, ID, USER, &change()).status, 201);
    // The id of another vendor's change request.
    let system = json!({
        "id": "310702641_new", "vendor": { "ID": "0192:310702641" }, "name": { "nb": "N", "nn": "N", "en": "N" },
        "description": { "nb": "N", "nn": "N", "en": "N" }, "rights": [right(SALARY)], "isVisible": true,
    });
    let other = altinn.other_vendor();
    assert_eq!(altinn.call(&other, "POST", "systemregister/vendor", &system).status, 200);
    let request = json!({ "systemId": "310702641_new", "partyOrgNo": "312600757", "rights": [right(SALARY)] });
    let request = altinn.call(&other, "POST", "systemuser/request/vendor", &request).json();
    answer(request["confirmUrl"].as_str().unwrap(), "approve");
    let theirs = format!("{CHANGES}?correlation-id={ID}&system-user-id={}", request["id"].as_str().unwrap());
    let body = json!({ "unwantedRights": [right(SALARY)] });
    altinn.call(&other, "POST", &theirs, &body).is_problem(400, "AUTH-00007");
    let confirm = altinn.get(&format!("{CHANGES}/{ID}")).ok()["confirmUrl"].as_str().unwrap().to_owned();
    answer(&confirm, "reject");
    altinn.call(&other, "POST", &theirs, &body).is_problem(409, "AUTH-00061");
    // The database keeps a deleted change request, so its id violates a constraint.
    let deleted = altinn.delete(&format!("{CHANGES}/{ID}"));
    assert_eq!((deleted.status, deleted.body.as_str()), (202, ""));
    assert_eq!(ask(&altinn, ID, USER, &change()).status, 500);
}

#[test]
fn a_deleted_change_request_is_not_found() {
    let altinn = altinn();
    assert_eq!(ask(&altinn, ID, USER, &change()).status, 201);
    // Altinn does not check the vendor when it deletes a change request.
    let path = format!("{CHANGES}/{ID}");
    assert_eq!(altinn.call(&altinn.other_vendor(), "DELETE", &path, &Value::Null).status, 202);
    altinn.delete(&path).is_problem(404, "AUTH-00010");
    altinn.get(&path).is_problem(404, "AUTH-00010");
    altinn.get(&format!("{CHANGES}/byexternalref/{SYSTEM}/210493352/210493352")).is_problem(404, "AUTH-00010");
    assert_eq!(altinn.get(&format!("{CHANGES}/bysystem/{SYSTEM}")).ok()["data"], json!([]));
    altinn.delete(&format!("{CHANGES}/1")).is_misfit("requestId");
    let page = format!("/accessmanagement/ui/systemuser/changerequest?id={ID}");
    assert_eq!(open(&altinn, &page).answer.status, 404);
}

#[test]
fn after_an_approval_the_rights_of_the_system_user_have_changed() {
    let altinn = altinn();
    let token = altinn.user_token("210493352");
    let reads = || ["Logistics", "Salary"].map(|api| altinn.reads(&token, api, "210493352"));
    assert_eq!(reads(), [200, 200]);
    let page = page_of(&altinn, USER, &json!({ "unwantedRights": [right(SALARY)] }));
    assert_eq!(reads(), [200, 200]);
    let receipt = page.answered(&altinn, "approve");
    assert!(receipt.body.contains("og systembrukeren er endret."), "{}", receipt.body);
    assert!(receipt.body.contains("systemuser-demo token --org 210493352<"), "{}", receipt.body);
    assert_eq!(reads(), [200, 403]);
    // A package is added in one change, and a right and the package are exchanged in another.
    let package = |name| json!([package(name)]);
    page_of(&altinn, USER, &json!({ "requiredAccessPackages": package("lonn") })).answered(&altinn, "approve");
    assert_eq!(reads(), [200, 200]);
    let body = json!({ "unwantedAccessPackages": package("lonn"), "unwantedRights": [right(LOGISTICS)],
                       "requiredRights": [right(SALARY)] });
    page_of(&altinn, USER, &body).answered(&altinn, "approve");
    assert_eq!(reads(), [403, 200]);
    // A new token is for the same system user. Adding what it has and removing what it lacks changes nothing.
    let again = json!({ "requiredRights": [right(SALARY)], "unwantedRights": [right(LOGISTICS)] });
    page_of(&altinn, USER, &again).answered(&altinn, "approve");
    assert_eq!(claims_of(&altinn.user_token("210493352"))["authorization_details"][0]["systemuser_id"], json!([USER]));
    assert_eq!(reads(), [403, 200]);
    // A right that is added and removed is removed.
    let both = json!({ "requiredRights": [right(SALARY)], "unwantedRights": [right(SALARY)] });
    page_of(&altinn, USER, &both).answered(&altinn, "approve");
    assert_eq!(reads(), [403, 403]);
}

#[test]
fn a_rejected_change_request_changes_nothing_and_is_decided_only_once() {
    let altinn = altinn();
    let page = page_of(&altinn, USER, &change());
    let receipt = page.answered(&altinn, "reject");
    assert!(receipt.body.contains("og systembrukeren er ikke endret."), "{}", receipt.body);
    let again = page.press(&altinn, "approve");
    assert!(again.status == 409 && again.body.contains("Forespørselen er avvist."), "{}", again.body);
    let token = altinn.user_token("210493352");
    assert_eq!(["Logistics", "Salary"].map(|api| altinn.reads(&token, api, "210493352")), [200, 200]);
    let list = altinn.get(&format!("{CHANGES}/bysystem/{SYSTEM}")).ok();
    assert_eq!(list["data"][0]["status"], "Rejected");
}

#[test]
fn a_change_of_a_deleted_system_can_be_approved() {
    let altinn = altinn();
    let token = altinn.user_token("210493352");
    let page = page_of(&altinn, USER, &json!({ "unwantedRights": [right(SALARY)] }));
    altinn.delete(&format!("systemregister/vendor/{SYSTEM}"));
    page.answered(&altinn, "approve");
    assert_eq!(altinn.reads(&token, "Salary", "210493352"), 403);
}

#[test]
fn the_page_shows_what_is_added_and_what_is_removed() {
    let altinn = altinn();
    let page = page_of(&altinn, USER, &change());
    let section = |body: &str, id: &str| {
        let (_, rest) = body.split_once(&format!("<section aria-labelledby=\"{id}\">")).unwrap();
        rest.split("</section>").next().unwrap().to_owned()
    };
    let body = &page.answer.body;
    assert!(body.contains("<h1>Forespørsel om endring av systembruker</h1>"), "{body}");
    assert!(body.contains(&format!("<dt>Systembruker</dt><dd><code>{USER}</code></dd>")), "{body}");
    let (added, removed) = (section(body, "added"), section(body, "removed"));
    assert!(added.contains(">Rettigheter som legges til</h2>") && removed.contains(">Rettigheter som fjernes</h2>"));
    assert!(added.contains("Logistikk, demonstrasjon") && added.contains("urn:altinn:accesspackage:veitransport"));
    assert!(removed.contains("Lønn, demonstrasjon") && removed.contains("urn:altinn:accesspackage:lonn"));
    assert!(!added.contains("ttd_systembruker-salary") && !removed.contains("veitransport"));
    let english = open(&altinn, &format!("{}&lang=en", page.path));
    let body = &english.answer.body;
    assert!(body.contains("<h1>Request for a change to a system user</h1>"), "{body}");
    assert!(body.contains("Rights that are not listed below stay unchanged."), "{body}");
    assert!(
        section(body, "added").contains("Road transport") && section(body, "removed").contains(">Rights to remove<")
    );
    assert!(english.answered(&altinn, "approve").body.contains("the system user has been changed."));
    // A list without entries is not shown.
    let page = page_of(&altinn, USER, &json!({ "unwantedRights": [right("<b>")] }));
    assert!(!page.answer.body.contains("Rettigheter som legges til"), "{}", page.answer.body);
    assert!(section(&page.answer.body, "removed").contains("<code>&lt;b&gt;</code>"), "{}", page.answer.body);
}
