//! Faults in a system, or in the JSON that describes it.

use serde_json::{Value, json};

use super::register::{NEW, VENDOR, registered};
use super::*;

#[test]
fn each_fault_has_its_code() {
    let altinn = altinn();
    let of = |change: fn(&mut Value)| faults(&altinn.post(VENDOR, &changed(new_system(), change)));
    assert_eq!(of(|system| system["vendor"]["ID"] = json!("991825827")), ["00000"]);
    assert_eq!(of(|system| system["vendor"] = json!({})), ["00000"]);
    assert_eq!(of(|system| system["id"] = json!("new")), ["00001"]);
    assert_eq!(of(|system| system["id"] = json!("310702641_new")), ["00001"]);
    assert_eq!(of(|system| system["id"] = json!("991825827_smartcloud")), ["00002"]);
    assert_eq!(of(|system| system["rights"] = json!([right("no-such-resource")])), ["00003"]);
    assert_eq!(of(|system| system["clientId"] = json!([CLIENT])), ["00004"]);
    for url in [
        "http://example.no/receipt",
        "/receipt",
        "receipt",
        "https://",
        "https:example.no",
        "https:///example.no",
        "https://example no",
        "https://example.no/\nreceipt",
        "javascript:alert(1)",
        "javascript://example.no/%0Aalert(1)",
    ] {
        let body = changed(new_system(), |system| system["allowedRedirectUrls"] = json!(["https://example.no", url]));
        assert_eq!(faults(&altinn.post(VENDOR, &body)), ["00005"], "{url}");
    }
    assert_eq!(of(|system| system["rights"] = json!([right(SALARY), right(SALARY)])), ["00006"]);
    assert_eq!(of(|system| system["accessPackages"] = json!([package("lonn"), package("lonn")])), ["00007"]);
    for urn in ["lonn", "urn:altinn:accesspackage:none"] {
        let body = changed(new_system(), |system| system["accessPackages"] = json!([{ "urn": urn }]));
        assert_eq!(faults(&altinn.post(VENDOR, &body)), ["00008"], "{urn}");
    }
    assert_eq!(of(|system| system["rights"][0]["resource"][0]["id"] = json!("resource")), ["00009"]);
    assert_eq!(of(|system| system["id"] = json!("991825827_a new")), ["00013"]);
    assert_eq!(of(|system| system["rights"] = json!([right("ttd_maskinporten-skjema")])), ["00017"]);
    assert_eq!(of(|system| system["accessPackages"] = json!([package("ansvarlig-revisor")])), ["00018"]);
    // Nothing was registered. A system that is hidden from customers may have packages for agents' clients.
    assert_eq!(altinn.get(VENDOR).ok().as_array().unwrap().len(), 1);
    let for_clients = changed(new_system(), |system| {
        (system["accessPackages"], system["isVisible"]) = (json!([package("ansvarlig-revisor")]), json!(false));
    });
    assert_eq!(altinn.post(VENDOR, &for_clients).status, 200);
}

#[test]
fn a_right_of_a_wrong_format_is_named_by_its_value() {
    let body = changed(new_system(), |system| {
        system["rights"] = json!([right(LOGISTICS), right(SALARY)]);
        system["rights"][0]["resource"][0]["id"] = json!("urn:altinn:app");
        system["rights"][1]["resource"][0]["id"] = json!("resource");
    });
    let fault = altinn().post(VENDOR, &body).json()["validationErrors"][0].clone();
    assert_eq!(
        fault.to_string(),
        r#"{"code":"AUTH.VLD-00009","title":"One or more resource id is in wrong format. The valid format is urn:altinn:resource","paths":["/registersystemrequest/rights/resource"],"Invalid Resource Id Details : ":"ttd_systembruker-logistikk-demo | ttd_systembruker-salary"}"#
    );
}

#[test]
fn the_same_resource_may_have_several_actions_and_a_right_may_have_no_resource() {
    let altinn = registered();
    let with_action = |action: &str| changed(right(SALARY), |right| right["action"] = json!(action));
    let body = |rights: Value| changed(new_system(), |system| system["rights"] = rights);
    let several = json!([right(SALARY), with_action("read"), with_action("write"), { "resource": [] }]);
    assert_eq!(altinn.put(NEW, &body(several.clone())).status, 200);
    assert_eq!(altinn.get(NEW).ok()["rights"], several);
    for twice in [
        json!([with_action("read"), with_action("read")]),
        json!([right(SALARY), with_action("")]),
        json!([{ "resource": [] }, { "resource": [] }]),
    ] {
        assert_eq!(faults(&altinn.put(NEW, &body(twice))), ["00006"]);
    }
}

#[test]
fn a_package_is_for_standard_system_users_or_for_clients_or_for_both() {
    let altinn = registered();
    let put = |name: &str, visible: bool| {
        let body = changed(new_system(), |system| {
            (system["accessPackages"], system["isVisible"]) = (json!([package(name)]), json!(visible));
        });
        altinn.put(NEW, &body)
    };
    for name in ["lonn", "a-ordning", "veitransport", "hovedadministrator"] {
        assert_eq!([put(name, true).status, put(name, false).status], [200, 200], "{name}");
    }
    assert_eq!(
        (faults(&put("regnskapsforer-lonn", true)), put("regnskapsforer-lonn", false).status),
        (vec!["00018".to_owned()], 200)
    );
    assert_eq!(faults(&put("eksplisitt", false)), ["00008"]);
    let detail = &put("eksplisitt", false).json()["validationErrors"][0]["Invalid Urn Details : "];
    assert_eq!(detail, "Not possible to delegate: urn:altinn:accesspackage:eksplisitt");
}

#[test]
fn a_text_without_one_of_three_languages_violates_a_constraint_of_the_database() {
    let altinn = registered();
    let violated = |domain: &str, constraint: &str| {
        json!(format!(
            "23514: value for domain business_application.{domain} violates check constraint \"{constraint}\""
        ))
    };
    for member in ["name", "description"] {
        for language in ["nb", "nn", "en"] {
            let body = changed(new_system(), |system| {
                system["id"] = json!("991825827_another");
                system["clientId"] = json!([]);
                system[member] = without(&system[member], language);
                // Names of languages are compared exactly.
                system[member][language.to_uppercase()] = json!("x");
            });
            let answer = altinn.post(VENDOR, &body);
            let message = violated("translated_text", &format!("translated_text_contains_{language}"));
            assert_eq!((answer.status, answer.json()), (500, message), "{member}");
            altinn.put(NEW, &changed(body, |system| system["id"] = json!("991825827_new"))).is_empty(500);
        }
    }
    // Altinn's own checks come first.
    let body = changed(new_system(), |system| {
        (system["name"], system["rights"]) = (json!({}), json!([right("no-such-resource")]));
    });
    assert_eq!(faults(&altinn.put(NEW, &body)), ["00003"]);
    assert_eq!(altinn.get(NEW).ok()["name"], new_system()["name"]);
    for url in ["htts://example.no", "javascript://example.no/%0Aalert(1)", "receipt", "http://", "https://.no"] {
        altinn.put(NEW, &changed(new_system(), |system| system["allowedRedirectUrls"] = json!([url]))).is_empty(500);
    }
    let odd = changed(new_system(), |system| system["allowedRedirectUrls"] = json!(["HTTP://example.no"]));
    assert_eq!(altinn.put(NEW, &odd).status, 200);
}

#[test]
fn a_redirect_url_may_have_any_valid_host() {
    let altinn = altinn();
    let urls = [
        "https://blåbær.no/kvittering",
        "https://my_host.example.no/receipt",
        "HTTPS://Example.NO:443/receipt",
        "https://example.no:8443",
        "https://[2001:db8::1]/receipt",
        "https://user:secret@example.no/receipt",
    ];
    let body = changed(new_system(), |system| system["allowedRedirectUrls"] = json!(urls));
    assert_eq!(altinn.post(VENDOR, &body).status, 200);
    // The URLs are stored unchanged.
    assert_eq!(altinn.get(NEW).ok()["allowedRedirectUrls"], json!(urls));
}

#[test]
fn several_faults_are_in_one_document_with_their_paths() {
    let altinn = altinn();
    let body = changed(new_system(), |system| {
        system["id"] = json!("9 new");
        system["clientId"] = json!([CLIENT]);
        system["allowedRedirectUrls"] = json!(["http://example.no"]);
        system["rights"] = json!([right("unknown-1"), right("unknown-2")]);
        system["accessPackages"] = json!([{ "urn": "urn:altinn:accesspackage:nothing" }]);
    });
    assert_eq!(
        altinn.post(VENDOR, &body).body,
        r#"{"type":"urn:altinn:error:STD-00000","title":"One or more validation errors occurred.","status":400,"code":"STD-00000","statusDescription":"Bad Request","validationErrors":[{"code":"AUTH.VLD-00013","title":"System ID cannot have spaces in id (leading, trailing or in between the id)","paths":["/registersystemrequest/systemid"]},{"code":"AUTH.VLD-00001","title":"The system id does not match the format orgnumber_xxxx...","paths":["/registersystemrequest/systemid"]},{"code":"AUTH.VLD-00005","title":"One or more of the redirect urls format is not valid. The valid format is https://xxx.xx","paths":["/registersystemrequest/allowedredirecturls"]},{"code":"AUTH.VLD-00004","title":"One of the client id is already tagged with an existing system","paths":["/registersystemrequest/clientid"]},{"code":"AUTH.VLD-00003","title":"One or more resources specified in rights were not found in Altinn's resource register.","paths":["/registersystemrequest/rights/resource"],"ResourceIds Not Found : ":"unknown-1 | unknown-2"},{"code":"AUTH.VLD-00008","title":"One or all the accesspackage(s) is not found in altinn's access packages or is not delegable","paths":["/registersystemrequest/accesspackages"],"Invalid Urn Details : ":"Not found: urn:altinn:accesspackage:nothing"}]}"#
    );
}

#[test]
fn another_vendors_system_is_forbidden_before_its_faults_are_reported() {
    let altinn = altinn();
    let body = changed(new_system(), |system| {
        system["vendor"]["ID"] = json!("0192:310702641");
        system["rights"] = json!([right("no-such-resource")]);
    });
    altinn.post(VENDOR, &body).is_empty(403);
    for path in ["310702641_fjordlonn", "310702641_fjordlonn/changelog"] {
        altinn.get(&format!("{VENDOR}/{path}")).is_empty(403);
    }
    altinn.put(&format!("{VENDOR}/310702641_fjordlonn"), &new_system()).is_empty(403);
    altinn.put(&format!("{VENDOR}/310702641_fjordlonn/rights"), &json!([])).is_empty(403);
    altinn.put(&format!("{VENDOR}/310702641_fjordlonn/accesspackages"), &json!([])).is_empty(403);
    altinn.delete(&format!("{VENDOR}/310702641_fjordlonn")).is_empty(403);
}

#[test]
fn malformed_json_is_refused_by_aspnet() {
    let altinn = altinn();
    let authorization = format!("Bearer {}", altinn.vendor());
    let raw = |kind: &str, body: &str| {
        let headers = [("Authorization", authorization.as_str()), ("Content-Type", kind)];
        altinn.send("POST", "/authentication/api/v1/systemregister/vendor", &headers, body)
    };
    raw("application/json", "{\"id\":").is_misfit("$");
    raw("application/json", "").is_misfit("");
    // A byte order mark is ignored, but a body with nothing else is not JSON.
    raw("application/json", "\u{feff}").is_misfit("$");
    assert_eq!(raw("application/json", &format!("\u{feff}{}", new_system())).status, 200);
    raw("application/json; charset=utf-8", "[]").is_misfit("$");
    assert_eq!(raw("text/plain", "{}").status, 415);
    for member in ["id", "vendor", "name", "description"] {
        let answer = altinn.post(VENDOR, &without(&new_system(), member));
        answer.is_misfit("$");
        assert!(answer.body.contains(&format!("required properties: {member}.")), "{}", answer.body);
    }
    let wrong =
        |member: &str, value: Value| altinn.post(VENDOR, &changed(new_system(), |system| system[member] = value));
    wrong("id", json!(1)).is_misfit("$.id");
    wrong("isVisible", json!("true")).is_misfit("$.isVisible");
    wrong("rights", json!({})).is_misfit("$.rights");
    wrong("name", json!({ "nb": 1 })).is_misfit("$.name");
    wrong("clientId", json!([1])).is_misfit("$.clientId[0]");
}

#[test]
fn null_for_a_required_member_is_refused_by_aspnet_with_the_csharp_name() {
    let altinn = registered();
    for (member, name) in [
        ("id", "Id"),
        ("vendor", "Vendor"),
        ("name", "Name"),
        ("description", "Description"),
        ("clientId", "ClientId"),
        ("allowedRedirectUrls", "AllowedRedirectUrls"),
    ] {
        let body = changed(new_system(), |system| system[member] = Value::Null);
        for answer in [altinn.post(VENDOR, &body), altinn.put(NEW, &body)] {
            answer.is_misfit(name);
            assert_eq!(answer.json()["errors"], json!({ name: [format!("The {name} field is required.")] }));
        }
    }
    let all = changed(new_system(), |system| (system["name"], system["description"]) = (Value::Null, Value::Null));
    assert_eq!(names(&altinn.post(VENDOR, &all).json()["errors"]), ["Name", "Description"]);
    // Null inside these objects is neither a text nor a vendor.
    altinn.put(NEW, &changed(new_system(), |system| system["name"]["nb"] = Value::Null)).is_misfit("$.name");
    let nobody = changed(new_system(), |system| system["vendor"]["ID"] = Value::Null);
    assert_eq!(faults(&altinn.post(VENDOR, &nobody)), ["00000"]);
    assert_eq!(altinn.get(NEW).ok()["name"]["nb"], "Nytt");
}

#[test]
fn null_for_the_rights_makes_the_server_fail_but_null_for_the_packages_is_accepted() {
    let altinn = registered();
    let body = changed(new_system(), |system| system["rights"] = Value::Null);
    let answer = altinn.post(VENDOR, &body);
    assert_eq!((answer.status, answer.header("content-type")), (500, Some("application/json; charset=utf-8")));
    altinn.put(NEW, &body).is_empty(500);
    let body = changed(new_system(), |system| system["accessPackages"] = Value::Null);
    assert_eq!(altinn.put(NEW, &body).status, 200);
    assert_eq!(altinn.get(NEW).ok()["accessPackages"], json!([]));
    let another = changed(body, |system| (system["id"], system["clientId"]) = (json!("991825827_another"), json!([])));
    assert_eq!(altinn.post(VENDOR, &another).status, 200);
    // A missing list is accepted.
    let body = without(&new_system(), "rights");
    assert_eq!(altinn.put(NEW, &body).status, 200);
}
