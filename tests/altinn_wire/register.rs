//! The System Register.

use serde_json::{Value, json};

use super::*;

pub(super) const VENDOR: &str = "systemregister/vendor";
pub(super) const NEW: &str = "systemregister/vendor/991825827_new";

/// A sandbox in which the new system is already registered.
pub(super) fn registered() -> Altinn {
    let altinn = altinn();
    assert_eq!(altinn.post(VENDOR, &new_system()).status, 200);
    altinn
}

#[test]
fn a_system_is_registered_and_returned_unchanged() {
    let altinn = altinn();
    let answer = altinn.post(VENDOR, &new_system());
    assert_eq!((answer.status, answer.body.as_str()), (200, "\"00000000-0000-4000-8000-000000000001\""));
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    let shown = altinn.get(NEW);
    assert_eq!(
        shown.body,
        r#"{"id":"991825827_new","vendor":{"ID":"0192:991825827"},"name":{"nb":"Nytt","nn":"Nytt","en":"New"},"description":{"nb":"Et nytt system","nn":"Eit nytt system","en":"A new system"},"rights":[{"resource":[{"id":"urn:altinn:resource","value":"ttd_systembruker-logistikk-demo"}]}],"accessPackages":[{"urn":"urn:altinn:accesspackage:lonn"}],"isDeleted":false,"clientId":["1c9b7d52-6e0f-4b83-a5d4-92f3e8c07b16"],"isVisible":true,"allowedRedirectUrls":["https://example.no/receipt"]}"#
    );
}

#[test]
fn the_list_has_only_the_vendors_systems_in_a_shorter_form() {
    let altinn = registered();
    let systems = altinn.get(VENDOR).ok();
    let ids: Vec<&Value> = systems.as_array().unwrap().iter().map(|system| &system["systemId"]).collect();
    assert_eq!(ids, [SYSTEM, "991825827_new"]);
    assert_eq!(
        systems[1].to_string(),
        r#"{"systemId":"991825827_new","systemVendorOrgNumber":"991825827","systemVendorOrgName":"","name":{"nb":"Nytt","nn":"Nytt","en":"New"},"description":{"nb":"Et nytt system","nn":"Eit nytt system","en":"A new system"},"rights":[{"resource":[{"id":"urn:altinn:resource","value":"ttd_systembruker-logistikk-demo"}]}],"accessPackages":[{"urn":"urn:altinn:accesspackage:lonn"}],"isVisible":true}"#
    );
}

#[test]
fn member_names_match_in_any_case_and_unknown_members_are_ignored() {
    let altinn = altinn();
    let body = json!({
        "ID": " 991825827_odd ", "Vendor": { "id": "0192:991825827" }, "NAME": new_system()["name"],
        "description": new_system()["description"], "clientid": [SECOND_CLIENT], "more": 1,
        "Rights": [{ "Action": "read", "Resource": [{ "Id": "urn:altinn:resource", "VALUE": SALARY }] }],
    });
    assert_eq!(altinn.post(VENDOR, &body).status, 200);
    let shown = altinn.get("systemregister/vendor/991825827_odd").ok();
    assert_eq!((&shown["clientId"], &shown["isVisible"]), (&json!([SECOND_CLIENT]), &json!(true)));
    assert_eq!(
        shown["rights"][0].to_string(),
        format!(r#"{{"action":"read","resource":{}}}"#, right(SALARY)["resource"])
    );
    assert_eq!((&shown["accessPackages"], &shown["allowedRedirectUrls"]), (&json!([]), &json!([])));
}

#[test]
fn an_update_replaces_everything_and_accepts_redirect_urls_without_tls() {
    let altinn = registered();
    let body = json!({
        "id": "991825827_new", "vendor": { "ID": "0192:991825827" }, "name": { "nb": "Annet", "nn": "", "en": "" },
        "description": { "en": "", "nb": "", "nn": "", "se": "Eará" },
        "isVisible": false, "allowedRedirectUrls": ["http://localhost:3000/receipt"],
    });
    let answer = altinn.put(NEW, &body);
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"succeeded":true}"#));
    assert_eq!(
        altinn.get(NEW).body,
        r#"{"id":"991825827_new","vendor":{"ID":"0192:991825827"},"name":{"nb":"Annet","nn":"","en":""},"description":{"en":"","nb":"","nn":"","se":"Eará"},"rights":[],"accessPackages":[],"isDeleted":false,"clientId":[],"isVisible":false,"allowedRedirectUrls":["http://localhost:3000/receipt"]}"#
    );
}

#[test]
fn removing_client_ids_stops_tokens_and_adding_them_again_restores_tokens() {
    let altinn = altinn();
    altinn.user_token("210493352");
    let path = format!("{VENDOR}/{SYSTEM}");
    let system = altinn.get(&path).ok();
    assert_eq!(altinn.put(&path, &without(&system, "clientId")).status, 200);
    altinn.has_no_user(CLIENT, "210493352", None);
    let with_both = changed(system, |system| system["clientId"] = json!([SECOND_CLIENT, CLIENT]));
    assert_eq!(altinn.put(&path, &with_both).status, 200);
    altinn.user_token("210493352");
    assert_eq!(altinn.ask_for_user(SECOND_CLIENT, "210493352", None).status, 200);
}

#[test]
fn an_update_is_refused_with_a_text_or_a_code() {
    let altinn = registered();
    let unknown = altinn.put(&format!("{VENDOR}/991825827_none"), &new_system());
    assert_eq!((unknown.status, unknown.body.as_str()), (404, "System with ID '991825827_none' not found."));
    assert_eq!(unknown.header("content-type"), Some("text/plain; charset=utf-8"));
    let authorization = format!("Bearer {}", altinn.vendor());
    let headers = [
        ("Authorization", authorization.as_str()),
        ("Content-Type", "application/json"),
        ("Accept", "application/json"),
    ];
    let path = "/authentication/api/v1/systemregister/vendor/991825827_none";
    let quoted = altinn.send("PUT", path, &headers, &new_system().to_string());
    assert_eq!(quoted.body, "\"System with ID '991825827_none' not found.\"");
    let of_other = changed(new_system(), |system| system["vendor"]["ID"] = json!("0192:310702641"));
    let answer = altinn.put(NEW, &of_other);
    assert_eq!((answer.status, answer.body.as_str()), (404, "System with ID '991825827_new' not found."));
    let of = |change: fn(&mut Value)| faults(&altinn.put(NEW, &changed(new_system(), change)));
    assert_eq!(of(|system| system["id"] = json!("991825827_other")), ["00012"]);
    assert_eq!(of(|system| system["clientId"] = json!([SECOND_CLIENT, SECOND_CLIENT])), ["00011"]);
    assert_eq!(of(|system| system["clientId"] = json!([SECOND_CLIENT, CLIENT])), ["00004"]);
    assert_eq!(of(|system| system["rights"] = json!([right("no-such-resource")])), ["00003"]);
}

#[test]
fn rights_and_packages_are_replaced_separately() {
    let altinn = registered();
    let (rights, packages) = (format!("{NEW}/rights"), format!("{NEW}/accesspackages"));
    assert_eq!(altinn.put(&rights, &json!([right(SALARY)])).body, r#"{"succeeded":true}"#);
    assert_eq!(altinn.put(&packages, &json!([package("veitransport")])).body, r#"{"succeeded":true}"#);
    let system = altinn.get(NEW).ok();
    assert_eq!(system["rights"], json!([right(SALARY)]));
    assert_eq!(system["accessPackages"], json!([package("veitransport")]));
    assert_eq!(system["clientId"], json!([SECOND_CLIENT]));
    assert_eq!(faults(&altinn.put(&rights, &json!([right("no-such-resource")]))), ["00003"]);
    assert_eq!(faults(&altinn.put(&packages, &json!([package("regnskapsforer-lonn")]))), ["00018"]);
    altinn.put(&rights, &json!({ "rights": [] })).is_misfit("$");
    // The real Altinn fails here because it uses the system that it did not find.
    altinn.put(&format!("{VENDOR}/991825827_none/rights"), &json!([])).is_empty(500);
    altinn.put(&format!("{VENDOR}/991825827_none/accesspackages"), &json!([])).is_empty(500);
}

#[test]
fn a_deleted_system_stays_visible_keeps_its_id_and_cannot_be_changed() {
    let altinn = registered();
    let answer = altinn.delete(NEW);
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"succeeded":true}"#));
    assert_eq!(altinn.get(NEW).ok()["isDeleted"], true);
    assert_eq!(altinn.get(VENDOR).ok().as_array().unwrap().len(), 1);
    assert_eq!(faults(&altinn.post(VENDOR, &new_system())), ["00002"]);
    let texts = [
        (NEW.to_owned(), new_system()),
        (format!("{NEW}/rights"), json!([])),
        (format!("{NEW}/accesspackages"), json!([])),
    ];
    for (path, body) in texts {
        let answer = altinn.put(&path, &body);
        assert_eq!((answer.status, answer.body.as_str()), (400, "Cannot update a system marked as deleted."));
    }
    // The client id can be used again.
    let another = changed(new_system(), |system| system["id"] = json!("991825827_another"));
    assert_eq!(altinn.post(VENDOR, &another).status, 200);
    let unknown = altinn.delete(&format!("{VENDOR}/991825827_none"));
    unknown.is_misfit("return");
    assert_eq!(unknown.json()["errors"]["return"], json!(["System not found"]));
}

#[test]
fn deleting_a_system_without_clients_deletes_it_although_the_response_is_400() {
    let altinn = altinn();
    assert_eq!(altinn.post(VENDOR, &without(&new_system(), "clientId")).status, 200);
    for _ in 0..2 {
        let answer = altinn.delete(NEW);
        assert_eq!((answer.status, &answer.json()["title"]), (400, &json!("Bad Request")), "{}", answer.body);
        assert!(answer.json().get("errors").is_none(), "{}", answer.body);
        assert_eq!(altinn.get(NEW).ok()["isDeleted"], true);
    }
    // The clients of a system are gone after its first deletion.
    let with_clients = format!("{VENDOR}/{SYSTEM}");
    assert_eq!([altinn.delete(&with_clients).status, altinn.delete(&with_clients).status], [200, 400]);
    let log = altinn.get(&format!("{NEW}/changelog")).ok();
    let kinds: Vec<&str> = log.as_array().unwrap().iter().map(|row| row["changeType"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["create", "delete", "delete"]);
}

#[test]
fn the_system_users_of_a_deleted_system_get_no_tokens() {
    let altinn = altinn();
    altinn.user_token("210493352");
    assert_eq!(altinn.delete(&format!("{VENDOR}/{SYSTEM}")).status, 200);
    altinn.has_no_user(CLIENT, "210493352", None);
}

#[test]
fn every_change_is_logged() {
    let altinn = registered();
    altinn.put(&format!("{NEW}/rights"), &json!([right(SALARY)]));
    altinn.put(&format!("{NEW}/accesspackages"), &json!([]));
    altinn.put(NEW, &new_system());
    altinn.delete(NEW);
    let log = altinn.get(&format!("{NEW}/changelog")).ok();
    let kinds: Vec<&str> = log.as_array().unwrap().iter().map(|row| row["changeType"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["create", "rightsupdate", "accesspackageupdate", "update", "delete"]);
    assert_eq!(
        names(&log[1]),
        ["systemInternalId", "changedByOrgNumber", "changeType", "changedData", "clientId", "created"]
    );
    assert_eq!(log[1]["changedData"], json!([right(SALARY)]));
    assert_eq!((&log[1]["changedByOrgNumber"], &log[1]["clientId"]), (&json!("991825827"), &json!(CLIENT)));
    assert!(log[4].get("changedData").is_none());
    let unknown = altinn.get(&format!("{VENDOR}/991825827_none/changelog"));
    assert_eq!((unknown.status, unknown.body.as_str()), (404, "System with ID 991825827_none not found."));
}

#[test]
fn endpoints_of_the_portal_and_unknown_endpoints_are_closed_to_vendors() {
    let altinn = altinn();
    for path in ["systemregister", "systemregister/991825827_smartcloud", "systemregister/991825827_smartcloud/rights"]
    {
        altinn.get(path).is_empty(403);
    }
    let unknown = altinn.get(&format!("{VENDOR}/991825827_none"));
    assert_eq!((unknown.status, &unknown.json()["title"]), (404, &json!("Not Found")));
    for path in [
        "systemuser/changerequest/d6a1d5a4-2d58-4b0f-9c3b-7e1f0c7a4e01",
        "enduser/systemuser/clients",
        "systemuser/vendor",
        "nothing",
        "",
    ] {
        altinn.get(path).is_empty(404);
    }
    let wrong = altinn.put(VENDOR, &json!({}));
    assert_eq!((wrong.status, wrong.header("allow")), (405, Some("GET, POST")));
    // Routes ignore case.
    let authorization = format!("Bearer {}", altinn.vendor());
    let path = "/Authentication/API/v1/SystemRegister/Vendor/991825827_smartcloud";
    assert_eq!(altinn.send("GET", path, &[("Authorization", &authorization)], "").ok()["id"], SYSTEM);
}
