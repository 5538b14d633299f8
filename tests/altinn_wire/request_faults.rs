//! What is wrong with a request for a system user, and in which order it is said.

use serde_json::{Value, json};

use super::requests::{REQUESTS, agent_wish, wish};
use super::*;

fn of(altinn: &Altinn, change: impl FnOnce(&mut Value)) -> Answer {
    altinn.post(REQUESTS, &changed(wish(), change))
}

fn of_agent(altinn: &Altinn, change: impl FnOnce(&mut Value)) -> Answer {
    altinn.post(&format!("{REQUESTS}/agent"), &changed(agent_wish(), change))
}

#[test]
fn a_problem_is_a_document_of_this_shape() {
    let answer = of(&altinn(), |wish| wish["systemId"] = json!("991825827_none"));
    assert_eq!(answer.status, 404);
    assert_eq!(
        answer.body,
        r#"{"type":"urn:altinn:error:AUTH-00011","title":"The Id does not refer to a Registered System.","status":404,"code":"AUTH-00011","statusDescription":"Not Found"}"#
    );
    assert_eq!(answer.header("content-type"), Some("application/problem+json; charset=utf-8"));
}

#[test]
fn a_system_user_that_is_there_comes_before_everything() {
    let altinn = altinn();
    of(&altinn, |wish| {
        *wish = json!({ "systemId": SYSTEM, "partyOrgNo": "210493352", "redirectUrl": "x", "rights": [] });
    })
    .is_problem(400, "AUTH-00004");
    of(&altinn, |wish| (wish["partyOrgNo"], wish["externalRef"]) = (json!("313790509"), json!("customer-42")))
        .is_problem(400, "AUTH-00004");
    of_agent(&altinn, |wish| wish["partyOrgNo"] = json!("314250052")).is_problem(400, "AUTH-00004");
    // Its owner's number is no reference, so this asks for one more.
    assert_eq!(of(&altinn, |wish| wish["partyOrgNo"] = json!("313790509")).status, 201);
}

#[test]
fn a_key_is_for_one_request_of_whichever_kind() {
    let altinn = altinn();
    let agent_for = |owner: &str| of_agent(&altinn, |wish| wish["partyOrgNo"] = json!(owner));
    agent_for("314168267").is_problem(400, "AUTH-00007");
    agent_for("312530341").is_problem(400, "AUTH-00008");
    agent_for("313725138").is_problem(400, "AUTH-00009");
    // An empty reference is looked up as it is, and would be stored as the owner's number.
    of(&altinn, |wish| (wish["partyOrgNo"], wish["externalRef"]) = (json!("210493352"), json!("")))
        .is_problem(404, "AUTH-00012");
    let made = of(&altinn, |wish| wish["externalRef"] = json!(""));
    assert_eq!((made.status, &made.json()["externalRef"]), (201, &json!("312600757")));
}

#[test]
fn a_system_that_is_unknown_deleted_or_anothers_is_not_found() {
    let altinn = altinn();
    of(&altinn, |wish| wish["systemId"] = json!("310702641_fjordlonn")).is_problem(404, "AUTH-00011");
    altinn.call(&altinn.other_vendor(), "POST", REQUESTS, &wish()).is_problem(404, "AUTH-00011");
    of_agent(&altinn, |wish| wish["systemId"] = json!("x")).is_problem(404, "AUTH-00011");
    // Nor is another vendor shown a request that is there.
    let same = changed(wish(), |wish| wish["partyOrgNo"] = json!("314168267"));
    altinn.call(&altinn.other_vendor(), "POST", REQUESTS, &same).is_problem(404, "AUTH-00011");
    altinn.delete(&format!("systemregister/vendor/{SYSTEM}"));
    of(&altinn, |_| ()).is_problem(404, "AUTH-00011");
}

#[test]
fn a_customer_must_be_known() {
    let altinn = altinn();
    of(&altinn, |wish| wish["partyOrgNo"] = json!("974761076")).is_problem(400, "AUTH-00000");
    of_agent(&altinn, |wish| wish["partyOrgNo"] = json!("123456789")).is_problem(400, "AUTH-00000");
}

#[test]
fn a_redirect_address_is_one_of_the_systems_but_for_its_query() {
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
        of(&altinn, |wish| wish["redirectUrl"] = json!(url)).is_problem(400, "AUTH-00021");
    }
    let fine = "https://smartcloudaltinn.azurewebsites.net/receipt?state=1&more=2";
    for (number, url) in [
        fine,
        // The port that every address of the web has, and a host's case, make no difference.
        "https://smartcloudaltinn.azurewebsites.net:443/receipt?state=1",
        "HTTPS://SmartCloudAltinn.AzureWebsites.NET/receipt#done",
    ]
    .into_iter()
    .enumerate()
    {
        let made = of(&altinn, |wish| {
            (wish["redirectUrl"], wish["externalRef"]) = (json!(url), json!(number.to_string()));
        });
        assert_eq!((made.status, &made.json()["redirectUrl"]), (201, &json!(url)), "{}", made.body);
    }
    let none = changed(new_system(), |system| system["allowedRedirectUrls"] = json!([]));
    assert_eq!(altinn.post("systemregister/vendor", &none).status, 200);
    of(&altinn, |wish| {
        *wish = json!({ "systemId": "991825827_new", "partyOrgNo": "312600757", "redirectUrl": fine,
                        "rights": [right(LOGISTICS)] });
    })
    .is_problem(400, "AUTH-00026");
}

#[test]
fn nothing_asked_for_has_a_code_of_its_own_when_it_is_said() {
    let altinn = altinn();
    let body = json!({ "systemId": SYSTEM, "partyOrgNo": "312600757" });
    altinn.post(REQUESTS, &body).is_problem(400, "AUTH-00001");
    let lists = |rights: Value, packages: Value| {
        of(&altinn, |wish| (wish["rights"], wish["accessPackages"]) = (rights, packages))
    };
    lists(json!([]), json!([])).is_problem(400, "AUTH-00059");
    of(&altinn, |wish| wish["rights"] = json!([])).is_problem(400, "AUTH-00059");
    of_agent(&altinn, |wish| *wish = without(wish, "accessPackages")).is_problem(400, "AUTH-00058");
    of_agent(&altinn, |wish| wish["accessPackages"] = json!([])).is_problem(400, "AUTH-00058");
    // An agent's rights are not read.
    of_agent(&altinn, |wish| {
        *wish = json!({ "systemId": SYSTEM, "partyOrgNo": "314112938", "rights": [right(SALARY)] });
    })
    .is_problem(400, "AUTH-00058");
}

#[test]
fn a_right_is_one_of_the_systems() {
    let altinn = altinn();
    for resource in ["ske-krav-og-betalinger", "no-such-resource", "ttd_maskinporten-skjema"] {
        of(&altinn, |wish| wish["rights"] = json!([right(SALARY), right(resource)])).is_problem(400, "AUTH-00001");
    }
    of(&altinn, |wish| wish["rights"] = json!([{ "resource": [] }])).is_problem(400, "AUTH-00001");
}

#[test]
fn a_package_is_one_of_the_systems_and_for_such_a_system_user() {
    let altinn = altinn();
    let packages = |names: &[&str]| names.iter().map(|name| package(name)).collect::<Value>();
    let answer = of(&altinn, |wish| wish["accessPackages"] = packages(&["lonn", "posttjenester", "nothing"]));
    answer.is_problem(400, "AUTH-00063");
    assert_eq!(
        answer.json()["NotFoundPackages"],
        "urn:altinn:accesspackage:posttjenester, urn:altinn:accesspackage:nothing"
    );
    let answer = of(&altinn, |wish| wish["accessPackages"] = packages(&["lonn", "regnskapsforer-lonn"]));
    answer.is_problem(400, "AUTH-00064");
    assert_eq!(answer.json()["NotDelegablePackages"], "urn:altinn:accesspackage:regnskapsforer-lonn");
    of_agent(&altinn, |wish| wish["accessPackages"] = packages(&["forretningsforer-eiendom"]))
        .is_problem(400, "AUTH-00063");
    of_agent(&altinn, |wish| wish["accessPackages"] = packages(&["regnskapsforer-lonn", "lonn"]))
        .is_problem(400, "AUTH-00065");
    // Packages alone are enough.
    let alone = json!({ "systemId": SYSTEM, "partyOrgNo": "312600757", "accessPackages": packages(&["lonn"]) });
    assert_eq!(altinn.post(REQUESTS, &alone).status, 201);
}

#[test]
fn the_first_fault_is_the_one_that_is_named() {
    let altinn = altinn();
    // Everything is wrong; mending one thing after the other goes through the list.
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
fn what_is_not_the_right_json_is_aspnets_to_refuse() {
    let altinn = altinn();
    let none = of(&altinn, |wish| *wish = json!({}));
    none.is_misfit("SystemId");
    none.is_misfit("PartyOrgNo");
    assert_eq!(none.json()["errors"]["SystemId"], json!(["The SystemId field is required."]));
    of(&altinn, |wish| wish["partyOrgNo"] = json!(312_600_757)).is_misfit("$.partyOrgNo");
    of(&altinn, |wish| wish["rights"] = json!([SALARY])).is_misfit("$.rights[0]");
    of(&altinn, |wish| wish["accessPackages"] = json!(["lonn"])).is_misfit("$.accessPackages[0]");
    of_agent(&altinn, |wish| *wish = json!([])).is_misfit("$");
}
