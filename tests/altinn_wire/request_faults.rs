//! Faults in a request for a system user, and the order in which Altinn reports them.

use serde_json::{Value, json};

use super::requests::{REQUESTS, new_agent_request, new_request};
use super::*;

fn of(altinn: &Altinn, change: impl FnOnce(&mut Value)) -> Answer {
    altinn.post(REQUESTS, &changed(new_request(), change))
}

fn of_agent(altinn: &Altinn, change: impl FnOnce(&mut Value)) -> Answer {
    altinn.post(&format!("{REQUESTS}/agent"), &changed(new_agent_request(), change))
}

#[test]
fn a_problem_document_has_this_form() {
    let answer = of(&altinn(), |body| body["systemId"] = json!("991825827_none"));
    assert_eq!(answer.status, 404);
    assert_eq!(
        answer.body,
        r#"{"type":"urn:altinn:error:AUTH-00011","title":"The Id does not refer to a Registered System.","status":404,"code":"AUTH-00011","statusDescription":"Not Found"}"#
    );
    assert_eq!(answer.header("content-type"), Some("application/problem+json; charset=utf-8"));
}

#[test]
fn an_existing_system_user_is_reported_before_other_faults() {
    let altinn = altinn();
    of(&altinn, |body| {
        *body = json!({ "systemId": SYSTEM, "partyOrgNo": "210493352", "redirectUrl": "x", "rights": [] });
    })
    .is_problem(400, "AUTH-00004");
    of(&altinn, |body| (body["partyOrgNo"], body["externalRef"]) = (json!("313790509"), json!("customer-42")))
        .is_problem(400, "AUTH-00004");
    of_agent(&altinn, |body| body["partyOrgNo"] = json!("314250052")).is_problem(400, "AUTH-00004");
    // The owner's number counts as no reference, so this request is for a second system user.
    assert_eq!(of(&altinn, |body| body["partyOrgNo"] = json!("313790509")).status, 201);
}

#[test]
fn a_system_customer_and_reference_identify_only_one_request_of_either_kind() {
    let altinn = altinn();
    let agent_for = |owner: &str| of_agent(&altinn, |body| body["partyOrgNo"] = json!(owner));
    agent_for("314168267").is_problem(400, "AUTH-00007");
    agent_for("312530341").is_problem(400, "AUTH-00008");
    agent_for("313725138").is_problem(400, "AUTH-00009");
    // An empty reference is looked up as an empty text, but stored as the owner's number.
    of(&altinn, |body| (body["partyOrgNo"], body["externalRef"]) = (json!("210493352"), json!("")))
        .is_problem(404, "AUTH-00012");
    let made = of(&altinn, |body| body["externalRef"] = json!(""));
    assert_eq!((made.status, &made.json()["externalRef"]), (201, &json!("312600757")));
}

#[test]
fn an_unknown_system_or_another_vendors_is_not_found() {
    let altinn = altinn();
    of(&altinn, |body| body["systemId"] = json!("310702641_fjordlonn")).is_problem(404, "AUTH-00011");
    altinn.call(&altinn.other_vendor(), "POST", REQUESTS, &new_request()).is_problem(404, "AUTH-00011");
    of_agent(&altinn, |body| body["systemId"] = json!("x")).is_problem(404, "AUTH-00011");
    // Another vendor does not see an existing request either.
    let same = changed(new_request(), |body| body["partyOrgNo"] = json!("314168267"));
    altinn.call(&altinn.other_vendor(), "POST", REQUESTS, &same).is_problem(404, "AUTH-00011");
}

#[test]
fn a_deleted_system_may_request_a_system_user() {
    let altinn = altinn();
    assert_eq!(altinn.delete(&format!("systemregister/vendor/{SYSTEM}")).status, 200);
    assert_eq!(of(&altinn, |_| ()).status, 201);
    assert_eq!(of_agent(&altinn, |_| ()).status, 201);
    // An existing request is returned.
    assert_eq!(of(&altinn, |body| body["partyOrgNo"] = json!("314168267")).status, 200);
}

#[test]
fn a_customer_must_be_known() {
    let altinn = altinn();
    of(&altinn, |body| body["partyOrgNo"] = json!("974761076")).is_problem(400, "AUTH-00000");
    of_agent(&altinn, |body| body["partyOrgNo"] = json!("123456789")).is_problem(400, "AUTH-00000");
}

#[test]
fn a_redirect_url_must_match_the_system_except_for_its_query() {
    let altinn = altinn();
    for url in [
        "http://smartcloudaltinn.azurewebsites.net/receipt",
        "https://smartcloudaltinn.azurewebsites.net/other",
        "https://smartcloudaltinn.azurewebsites.net:444/receipt",
        "https://smartcloudaltinn.azurewebsites.net/receipt/",
        "https://smartcloudaltinn.azurewebsites.net:80/receipt",
        "https://smartcloudaltinn.azurewebsites.net@example.no/receipt",
        "https://user@smartcloudaltinn.azurewebsites.net/receipt",
        "https://user:secret@smartcloudaltinn.azurewebsites.net/receipt",
        "https://smartcloudaltinn.azurewebsites.net/Receipt",
        "https:smartcloudaltinn.azurewebsites.net/receipt",
        "https://example.no/receipt",
        "receipt",
        "javascript:alert(1)",
    ] {
        of(&altinn, |body| body["redirectUrl"] = json!(url)).is_problem(400, "AUTH-00021");
    }
    let fine = "https://smartcloudaltinn.azurewebsites.net/receipt?state=1&more=2";
    for (number, url) in [
        fine,
        // The default port and the case of the host make no difference.
        "https://smartcloudaltinn.azurewebsites.net:443/receipt?state=1",
        "HTTPS://SmartCloudAltinn.AzureWebsites.NET/receipt#done",
    ]
    .into_iter()
    .enumerate()
    {
        let made = of(&altinn, |body| {
            (body["redirectUrl"], body["externalRef"]) = (json!(url), json!(number.to_string()));
        });
        assert_eq!((made.status, &made.json()["redirectUrl"]), (201, &json!(url)), "{}", made.body);
    }
    let none = changed(new_system(), |system| system["allowedRedirectUrls"] = json!([]));
    assert_eq!(altinn.post("systemregister/vendor", &none).status, 200);
    of(&altinn, |body| {
        *body = json!({ "systemId": "991825827_new", "partyOrgNo": "312600757", "redirectUrl": fine,
                        "rights": [right(LOGISTICS)] });
    })
    .is_problem(400, "AUTH-00026");
}

#[test]
fn a_request_with_empty_lists_has_its_own_code() {
    let altinn = altinn();
    let body = json!({ "systemId": SYSTEM, "partyOrgNo": "312600757" });
    altinn.post(REQUESTS, &body).is_problem(400, "AUTH-00001");
    let lists = |rights: Value, packages: Value| {
        of(&altinn, |body| (body["rights"], body["accessPackages"]) = (rights, packages))
    };
    lists(json!([]), json!([])).is_problem(400, "AUTH-00059");
    of(&altinn, |body| body["rights"] = json!([])).is_problem(400, "AUTH-00059");
    of_agent(&altinn, |body| body["accessPackages"] = json!([])).is_problem(400, "AUTH-00058");
    // Rights in an agent request are ignored.
    of_agent(&altinn, |body| (body["accessPackages"], body["rights"]) = (json!([]), json!([right(SALARY)])))
        .is_problem(400, "AUTH-00058");
    // ASP.NET requires the list of an agent request, before Altinn's own checks.
    for missing in [
        without(&new_agent_request(), "accessPackages"),
        changed(new_agent_request(), |body| body["accessPackages"] = Value::Null),
    ] {
        let answer = altinn.post(&format!("{REQUESTS}/agent"), &missing);
        answer.is_misfit("AccessPackages");
        assert_eq!(answer.json()["errors"], json!({ "AccessPackages": ["The AccessPackages field is required."] }));
    }
}

#[test]
fn a_right_must_be_on_the_system() {
    let altinn = altinn();
    for resource in ["app_ttd_endring-av-navn", "no-such-resource", "ttd_maskinporten-skjema"] {
        of(&altinn, |body| body["rights"] = json!([right(SALARY), right(resource)])).is_problem(400, "AUTH-00001");
    }
    of(&altinn, |body| body["rights"] = json!([{ "resource": [] }])).is_problem(400, "AUTH-00001");
}

#[test]
fn a_right_must_match_a_whole_right_of_the_system_and_the_system_must_have_as_many() {
    let altinn = altinn();
    let attribute = |resource: &str| json!({ "id": "urn:altinn:resource", "value": resource });
    let whole = json!({ "resource": [attribute(LOGISTICS), attribute(SALARY)] });
    let system = changed(new_system(), |system| system["rights"] = json!([whole, right("ske-krav-og-betalinger")]));
    assert_eq!(altinn.post("systemregister/vendor", &system).status, 200);
    let ask = |rights: Value| {
        altinn.post(REQUESTS, &json!({ "systemId": "991825827_new", "partyOrgNo": "312600757", "rights": rights }))
    };
    for part in [LOGISTICS, SALARY] {
        ask(json!([right(part)])).is_problem(400, "AUTH-00001");
    }
    let more = json!({ "resource": [attribute(LOGISTICS), attribute(SALARY), attribute("ske-krav-og-betalinger")] });
    ask(json!([more])).is_problem(400, "AUTH-00001");
    let one = right("ske-krav-og-betalinger");
    ask(json!([one, one, one])).is_problem(400, "AUTH-00001");
    // Neither the order of the attributes nor the action matters.
    let turned = json!({ "action": "read", "resource": [attribute(SALARY), attribute(LOGISTICS)] });
    assert_eq!(ask(json!([turned, one])).status, 201);
}

#[test]
fn a_package_must_be_on_the_system_and_suit_the_kind_of_system_user() {
    let altinn = altinn();
    let packages = |names: &[&str]| names.iter().map(|name| package(name)).collect::<Value>();
    let answer = of(&altinn, |body| body["accessPackages"] = packages(&["lonn", "posttjenester", "nothing"]));
    answer.is_problem(400, "AUTH-00063");
    assert_eq!(
        answer.json()["NotFoundPackages"],
        "urn:altinn:accesspackage:posttjenester, urn:altinn:accesspackage:nothing"
    );
    let answer = of(&altinn, |body| body["accessPackages"] = packages(&["lonn", "regnskapsforer-lonn"]));
    answer.is_problem(400, "AUTH-00064");
    assert_eq!(answer.json()["NotDelegablePackages"], "urn:altinn:accesspackage:regnskapsforer-lonn");
    of_agent(&altinn, |body| body["accessPackages"] = packages(&["forretningsforer-eiendom"]))
        .is_problem(400, "AUTH-00063");
    let both = of_agent(&altinn, |body| {
        body["accessPackages"] = packages(&["regnskapsforer-lonn", "lonn", "a-ordning", "veitransport"])
    });
    assert_eq!(both.status, 201, "{}", both.body);
    let system = changed(new_system(), |system| system["accessPackages"] = packages(&["hovedadministrator", "lonn"]));
    assert_eq!(altinn.post("systemregister/vendor", &system).status, 200);
    let agent =
        json!({ "systemId": "991825827_new", "partyOrgNo": "314112938", "accessPackages": system["accessPackages"] });
    let answer = altinn.post(&format!("{REQUESTS}/agent"), &agent);
    answer.is_problem(400, "AUTH-00065");
    assert_eq!(answer.json()["NotDelegablePackages"], "urn:altinn:accesspackage:hovedadministrator");
    assert_eq!(altinn.post(REQUESTS, &agent).status, 201);
    // A request may have packages only.
    let alone = json!({ "systemId": SYSTEM, "partyOrgNo": "312600757", "accessPackages": packages(&["lonn"]) });
    assert_eq!(altinn.post(REQUESTS, &alone).status, 201);
}

#[test]
fn only_the_first_fault_is_reported() {
    let altinn = altinn();
    // Everything is wrong at first; each correction reveals the next fault.
    let mut body = json!({
        "systemId": "991825827_none", "partyOrgNo": "974761076", "redirectUrl": "https://example.no",
        "rights": [right("none")], "accessPackages": [package("nothing")],
    });
    let code = |body: &Value| altinn.post(REQUESTS, body).json()["code"].clone();
    assert_eq!(code(&body), "AUTH-00011");
    body["systemId"] = json!(SYSTEM);
    assert_eq!(code(&body), "AUTH-00000");
    body["partyOrgNo"] = json!("312600757");
    assert_eq!(code(&body), "AUTH-00021");
    body["redirectUrl"] = Value::Null;
    assert_eq!(code(&body), "AUTH-00001");
    body["rights"] = json!([right(SALARY)]);
    assert_eq!(code(&body), "AUTH-00063");
    body["accessPackages"] = json!([package("regnskapsforer-lonn")]);
    assert_eq!(code(&body), "AUTH-00064");
}

#[test]
fn malformed_json_is_refused_by_aspnet() {
    let altinn = altinn();
    let none = of(&altinn, |body| *body = json!({}));
    none.is_misfit("SystemId");
    none.is_misfit("PartyOrgNo");
    assert_eq!(none.json()["errors"]["SystemId"], json!(["The SystemId field is required."]));
    of(&altinn, |body| body["partyOrgNo"] = json!(312_600_757)).is_misfit("$.partyOrgNo");
    of(&altinn, |body| body["rights"] = json!([SALARY])).is_misfit("$.rights[0]");
    of(&altinn, |body| body["accessPackages"] = json!(["lonn"])).is_misfit("$.accessPackages[0]");
    of_agent(&altinn, |body| *body = json!([])).is_misfit("$");
}
