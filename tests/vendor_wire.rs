//! Are the right requests sent to Altinn, and are the answers printed correctly?

use serde_json::{Value, json};

use crate::program::{Program, Run, program};
use crate::server::{Request, Server, empty, json as answer, nobody, vendor_configuration};

const ID: &str = "7d6e1d3c-2f0b-4c3e-9b57-1f6a2c8d9e04";

/// A request as Altinn returns it, with these members replaced.
fn request(others: Value) -> Value {
    let mut request = json!({
        "id": ID,
        "integrationTitle": "Smart Cloud",
        "externalRef": "313790509",
        "systemId": "991825827_smartcloud",
        "partyOrgNo": "313790509",
        "rights": [{ "resource": [{ "id": "urn:altinn:resource", "value": "demo" }] }],
        "accessPackages": [],
        "status": "New",
        "redirectUrl": "https://example.no/receipt",
        "confirmUrl": format!("https://am.ui.altinn.no/accessmanagement/ui/systemuser/request?id={ID}&DONTCHOOSEREPORTEE=true"),
        "escalated": false,
        "created": "2026-01-02T03:04:05.123456+00:00",
        "timedOut": false
    });
    request.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
    request
}

/// A system as Altinn returns it.
fn system() -> Value {
    let mut system = crate::server::system();
    system["isDeleted"] = false.into();
    system["allowedRedirectUrls"] = json!([]);
    system
}

fn user() -> Value {
    json!({
        "id": ID,
        "integrationTitle": "Smart Cloud",
        "systemId": "991825827_smartcloud",
        "productName": "",
        "reporteeOrgNo": "210493352",
        "created": "2026-01-02T03:04:05+00:00",
        "isDeleted": false,
        "supplierName": "",
        "supplierOrgno": "991825827",
        "externalRef": "customer-42",
        "userType": "agent"
    })
}

fn server(status: &'static str, body: Value) -> Server {
    Server::vendor(move |_| answer(status, &body.to_string()))
}

fn with(server: &Server, arguments: &str) -> Program {
    program(arguments).arg("--env").arg("test").file("config/test.toml", server.vendor_configuration())
}

fn run(server: &Server, arguments: &str) -> Run {
    with(server, arguments).run()
}

#[track_caller]
fn prints(run: &Run, out: &str, err: &str) {
    assert_eq!((run.out.as_str(), run.err.as_str(), run.code), (out, err, 0));
}

#[track_caller]
fn prints_json(run: &Run, out: Value, err: &str) {
    assert_eq!((run.err.as_str(), run.code), (err, 0));
    assert_eq!(serde_json::from_str::<Value>(&run.out).unwrap(), out);
}

/// The printed form of a request.
fn printed_request(external_ref: &str) -> String {
    format!(
        "request       {ID}\nstatus        New\nkind          standard\ncustomer      313790509\n\
         external ref  {external_ref}\nsystem        991825827_smartcloud\nasks for      demo\n\
         created       2026-01-02 03:04:05 UTC\n\
         confirm       https://am.ui.altinn.no/accessmanagement/ui/systemuser/request?id={ID}&DONTCHOOSEREPORTEE=true\n"
    )
}

#[test]
fn a_request_contains_only_what_was_asked_for() {
    let server = server("201 Created", request(json!({})));
    prints(
        &run(&server, "request create 313790509 --right demo"),
        &printed_request("none"),
        "note: to get a token once the request is accepted, run `systemuser-demo token --org 313790509 --env test`\n",
    );
    assert_eq!(server.calls(), ["POST systemuser/request/vendor systemuser.request.write"]);
    // Without a reference, the body has no `externalRef`: an empty text is a different reference.
    let right = json!([{ "resource": [{ "id": "urn:altinn:resource", "value": "demo" }] }]);
    let body = json!({ "systemId": "991825827_smartcloud", "partyOrgNo": "313790509", "rights": right });
    assert_eq!(server.sent(), [body]);
    assert_eq!(server.requests()[1].header("accept"), Some("application/json"));
}

#[test]
fn short_names_and_urns_are_equivalent_and_duplicates_are_sent_once() {
    let server = server("201 Created", request(json!({ "externalRef": "Kunde_7-å" })));
    let run = with(&server, "request create 313790509 --right demo --right urn:altinn:resource:demo --right app_ttd_x")
        .args("--package skatt --package urn:altinn:accesspackage:skatt --redirect-url https://example.no/receipt?a=b")
        .args("--system 991825827_other --json")
        .arg("--external-ref= Kunde_7-å ")
        .arg("--title=Regnskap på nett")
        .run();
    let command = "systemuser-demo token --org 313790509 --external-ref Kunde_7-å --env test";
    let made = request(json!({ "externalRef": "Kunde_7-å" }));
    prints_json(
        &run,
        json!({ "new": true, "request": made, "token_command": command }),
        &format!("note: to get a token once the request is accepted, run `{command}`\n"),
    );
    let right = |name: &str| json!({ "resource": [{ "id": "urn:altinn:resource", "value": name }] });
    let body = json!({
        "integrationTitle": "Regnskap på nett",
        "externalRef": "Kunde_7-å",
        "systemId": "991825827_other",
        "partyOrgNo": "313790509",
        "rights": [right("demo"), right("app_ttd_x")],
        "accessPackages": [{ "urn": "urn:altinn:accesspackage:skatt" }],
        "redirectUrl": "https://example.no/receipt?a=b"
    });
    assert_eq!(server.sent(), [body]);
}

#[test]
fn an_agent_request_has_its_own_path_and_no_rights() {
    let server = server("201 Created", request(json!({ "partyOrgNo": "314250052", "externalRef": "314250052" })));
    let run = run(&server, "request create 314250052 --agent --package regnskapsforer-lonn");
    assert!(run.out.contains("\nkind          agent\ncustomer      314250052\n"), "{}", run.out);
    assert_eq!(run.code, 0);
    assert_eq!(server.calls(), ["POST systemuser/request/vendor/agent systemuser.request.write"]);
    let packages = json!([{ "urn": "urn:altinn:accesspackage:regnskapsforer-lonn" }]);
    let body = json!({ "systemId": "991825827_smartcloud", "partyOrgNo": "314250052", "accessPackages": packages });
    assert_eq!(server.sent(), [body]);
}

#[test]
fn an_existing_request_is_never_reported_as_new() {
    let server = server("200 OK", request(json!({})));
    prints(
        &run(&server, "request create 313790509 --right demo"),
        &printed_request("none"),
        "note: this request already exists with status New, so no new request was created\n\
         note: to get a token once the request is accepted, run `systemuser-demo token --org 313790509 --env test`\n",
    );
    let json: Value = serde_json::from_str(&run(&server, "request create 313790509 --right demo --json").out).unwrap();
    assert_eq!((&json["new"], &json["request"]["id"]), (&json!(false), &json!(ID)));
}

#[test]
fn an_existing_closed_request_is_a_failure() {
    let over = |others: Value, status: &str, problem: &str| {
        let server = server("200 OK", request(others));
        let run = run(&server, "request create 313790509 --right demo");
        let err = format!(
            "note: this request already exists with status {status}, so no new request was created\nerror: {problem}\n\
             hint: to ask again, delete the request with `systemuser-demo request delete {ID} --env test`, \
             then create a new request\n"
        );
        assert_eq!((run.err, run.code), (err, 5));
        assert_eq!(run.out, printed_request("none").replace("status        New", &format!("status        {status}")));
    };
    over(json!({ "status": "Rejected" }), "Rejected", "the customer rejected the request");
    over(json!({ "status": "Denied" }), "Denied", "the request was denied");
    let dead = "the request has timed out: the customer did not decide within 180 days";
    // The status of a request that has timed out does not show this.
    over(json!({ "timedOut": true }), "Timedout", dead);
    let gone = "the request was accepted earlier, but its system user has since been deleted";
    over(json!({ "status": "Accepted" }), "Accepted", gone);
}

#[test]
fn the_same_reference_works_for_the_request_the_lookup_and_the_token() {
    let server = server("201 Created", request(json!({ "externalRef": "customer-42" })));
    let file = server.vendor_configuration().replace("[key]", "external_ref = \"customer-42\"\n[key]");
    let run = |arguments: &str| program(arguments).file("config/test.toml", &file).run();
    prints(
        &run("request create 313790509 --right demo --env test"),
        &printed_request("customer-42"),
        "note: the external reference is `customer-42` (config/test.toml)\n\
         note: to get a token once the request is accepted, run `systemuser-demo token --org 313790509 \
         --external-ref customer-42 --env test`\n",
    );
    // A reference from the configuration is mentioned.
    for looked_up in ["request status --org 313790509 --env test", "user find 313790509 --env test"] {
        let run = run(looked_up);
        let note = "note: the external reference is `customer-42` (config/test.toml)\n";
        assert!(run.code == 0 && run.err.starts_with(note), "{}", run.err);
    }
    assert_eq!(run("token --org 313790509 --external-ref customer-42 --env test").code, 0);
    assert_eq!(server.sent()[0]["externalRef"], "customer-42");
    let path =
        "/authentication/api/v1/systemuser/request/vendor/byexternalref/991825827_smartcloud/313790509/customer-42";
    assert!(server.requests().iter().any(|request| request.target == path));
    assert_eq!(server.grants().last().unwrap()["authorization_details"][0]["externalRef"], "customer-42");
}

#[test]
fn the_printed_token_command_works_with_any_reference() {
    for reference in ["a-b", "-x", "--yes", "_", "å", "Ø7"] {
        let server = server("201 Created", request(json!({ "externalRef": reference })));
        let program = with(&server, "request create 313790509 --right demo").arg(format!("--external-ref={reference}"));
        let run = Run::of(&mut program.command());
        let command =
            run.err.strip_prefix("note: to get a token once the request is accepted, run `").unwrap().trim_end();
        let command = command.trim_end_matches('`');
        let binary = env!("CARGO_BIN_EXE_systemuser-demo");
        let line = command.replacen("systemuser-demo", binary, 1);
        let shell = std::process::Command::new("/bin/sh")
            .args(["-c", &line])
            .current_dir(program.path(""))
            .env_clear()
            .output()
            .unwrap();
        assert!(shell.status.success(), "{command}: {}", String::from_utf8_lossy(&shell.stderr));
        let grant = server.grants().pop().unwrap();
        assert_eq!(grant["authorization_details"][0]["externalRef"], *reference);
    }
}

#[test]
fn the_token_command_of_a_request_without_a_reference_ignores_the_configured_reference() {
    let server = server("200 OK", request(json!({ "status": "Accepted" })));
    let file = server.vendor_configuration().replace("[key]", "external_ref = \"customer-42\"\n[key]");
    let run = program(&format!("request status {ID} --env test")).file("config/test.toml", &file).run();
    // The customer's number means that there is no reference.
    let command = "systemuser-demo token --org 313790509 --external-ref 313790509 --env test";
    assert_eq!((run.err, run.code), (format!("note: to get a token for this system user, run `{command}`\n"), 0));
}

#[test]
fn a_request_is_found_by_its_id_standard_first_then_agent() {
    let server = Server::vendor(|asked: &Request| match asked.target.contains("/agent/") {
        true => answer("200 OK", &request(json!({ "status": "Accepted" })).to_string()),
        false => answer("404 Not Found", r#"{"title":"not here","status":404,"code":"AUTH-00010"}"#),
    });
    let run = run(&server, &format!("request status {}", ID.to_uppercase()));
    let out = printed_request("none").replace("New", "Accepted").replace("standard", "agent");
    let note = "note: to get a token for this system user, run `systemuser-demo token --org 313790509 --env test`\n";
    prints(&run, &out, note);
    let read = "systemuser.request.read";
    let standard = format!("GET systemuser/request/vendor/{ID} {read}");
    assert_eq!(server.calls(), [standard, format!("GET systemuser/request/vendor/agent/{ID} {read}")]);
    assert_eq!(server.grants().len(), 1);
}

#[test]
fn an_unusual_reference_is_escaped_in_the_path_and_in_the_query() {
    let odd = "a/b?c#d%2F e\\ø&f=+";
    let in_path = "a%2Fb%3Fc%23d%252F%20e%5C%C3%B8&f=+";
    let asked = server("200 OK", request(json!({ "externalRef": odd })));
    let run = |server: &Server, arguments: &str| with(server, arguments).arg("--external-ref").arg(odd).run();
    assert_eq!(run(&asked, "request status --org 313790509 --json").code, 0);
    let call = format!(
        "GET systemuser/request/vendor/byexternalref/991825827_smartcloud/313790509/{in_path} systemuser.request.read"
    );
    assert_eq!(asked.calls(), [call]);

    let asked = server("200 OK", user());
    assert_eq!(run(&asked, "user find 210493352").code, 0);
    let call = asked.calls().remove(0);
    let (path, query) = call.trim_end_matches(" systemuser.request.write").split_once('?').unwrap();
    assert_eq!(path, "GET systemuser/vendor/byquery");
    let pairs: Vec<_> =
        reqwest::Url::parse(&format!("http://x/?{query}")).unwrap().query_pairs().into_owned().collect();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let system = pair("system-id", "991825827_smartcloud");
    assert_eq!(pairs, [system, pair("orgno", "210493352"), pair("external-ref", odd)]);
}

#[test]
fn without_a_reference_the_customers_number_is_used() {
    let server = server("200 OK", request(json!({})));
    prints_json(&run(&server, "request status --org 313790509 --json"), request(json!({})), "");
    let path = "systemuser/request/vendor/byexternalref/991825827_smartcloud/313790509/313790509";
    assert_eq!(server.calls(), [format!("GET {path} systemuser.request.read")]);
}

#[test]
fn a_value_that_a_url_cannot_contain_is_refused_before_anything_is_sent() {
    for dots in [".", ".."] {
        let run = |arguments: &str| {
            program(arguments)
                .arg(dots)
                .arg("--env=test")
                .file("config/test.toml", vendor_configuration(&nobody()))
                .run()
        };
        run("request status --org 313790509 --external-ref").fails(
            2,
            &format!(
                "error: no request can be found by the external reference `{dots}`, because a URL cannot contain it\n\
                 hint: to find the request by its id, run `systemuser-demo request status ID --env test`\n"
            ),
        );
        run("system delete --yes").fails(2, "error: SYSTEM: this is not a system id\n");
        run("user list --system").fails(2, "error: --system: this is not a system id\n");
        let file = vendor_configuration(&nobody()).replace("991825827_smartcloud", dots);
        let configured = program("system delete --yes --env test").file("config/test.toml", file).run();
        assert_eq!((configured.code, configured.out.as_str()), (3, ""));
        assert!(configured.err.ends_with(": this is not a system id\n"), "{}", configured.err);
    }
}

#[test]
fn requests_are_listed_in_columns_with_whole_ids() {
    let list = json!({ "links": {}, "data": [
        request(json!({ "confirmUrl": null })),
        request(json!({ "id": "another", "status": "Accepted", "externalRef": "ø", "timedOut": true })),
        request(json!({ "id": "third", "status": "New", "timedOut": true })),
        // A duplicate is listed once.
        request(json!({ "id": "another", "status": "Accepted", "externalRef": "ø", "timedOut": true })),
    ]});
    let server = server("200 OK", list.clone());
    prints(
        &run(&server, "request list"),
        &format!(
            "request                               status    customer   external ref  created\n\
             {ID}  New       313790509  none          2026-01-02 03:04:05 UTC\n\
             another                               Accepted  313790509  ø             2026-01-02 03:04:05 UTC\n\
             third                                 Timedout  313790509  none          2026-01-02 03:04:05 UTC\n"
        ),
        "",
    );
    prints_json(&run(&server, "request list --json --status timed-out"), json!([list["data"][2]]), "");
    prints_json(&run(&server, "request list --json --agent --status NEW"), json!([list["data"][0]]), "");
    prints(
        &run(&server, "request list --status Rejected"),
        "",
        "note: `991825827_smartcloud` has no standard requests with status Rejected\n",
    );
    let paths = ["", "", "agent/", ""];
    let call =
        |path| format!("GET systemuser/request/vendor/{path}bysystem/991825827_smartcloud systemuser.request.read");
    assert_eq!(server.calls(), paths.map(call));
}

#[test]
fn a_request_is_read_before_it_is_deleted() {
    let server = Server::vendor(|asked: &Request| match asked.method.as_str() {
        "DELETE" => empty("202 Accepted"),
        _ => answer("200 OK", &request(json!({ "timedOut": true })).to_string()),
    });
    prints(
        &run(&server, &format!("request delete {ID}")),
        &format!("deleted  {ID}\n"),
        "note: it was a standard request to 313790509, and its status was Timedout\n",
    );
    let look = format!("GET systemuser/request/vendor/{ID} systemuser.request.read");
    assert_eq!(server.calls(), [look, format!("DELETE systemuser/request/vendor/{ID} systemuser.request.write")]);
    assert_eq!(server.sent(), Vec::<Value>::new());
}

#[test]
fn system_users_are_listed_and_found() {
    let listed = server("200 OK", json!({ "links": {}, "data": [user()] }));
    let row = format!("{ID}  agent  210493352  customer-42   2026-01-02 03:04:05 UTC  Smart Cloud\n");
    let heading =
        "system user                           kind   owner      external ref  created                  title\n";
    prints(&run(&listed, "user list"), &format!("{heading}{row}"), "");
    prints_json(&run(&listed, "user list --json --system 991825827_other"), json!([user()]), "");
    let call = |system| format!("GET systemuser/vendor/bysystem/{system} systemregister.write");
    assert_eq!(listed.calls(), ["991825827_smartcloud", "991825827_other"].map(call));

    let found = server("200 OK", user());
    prints(
        &run(&found, "user find 210493352 --external-ref customer-42"),
        &format!(
            "system user   {ID}\nkind          agent\nowner         210493352\nexternal ref  customer-42\n\
             system        991825827_smartcloud\ncreated       2026-01-02 03:04:05 UTC\ntitle         Smart Cloud\n"
        ),
        "note: to get a token for this system user, run `systemuser-demo token --org 210493352 --external-ref \
         customer-42 --env test`\n",
    );
    assert_eq!(run(&found, "user find 210493352").code, 0);
    let query = "GET systemuser/vendor/byquery?system-id=991825827_smartcloud&orgno=210493352";
    let write = "systemuser.request.write";
    assert_eq!(found.calls(), [format!("{query}&external-ref=customer-42 {write}"), format!("{query} {write}")]);
}

#[test]
fn systems_and_their_changes_are_printed() {
    let listed = json!([{
        "systemId": "991825827_smartcloud", "systemVendorOrgNumber": "991825827", "systemVendorOrgName": "",
        "name": { "en": "Smart cloud", "nb": "Smart sky" }, "description": {}, "rights": system()["rights"],
        "accessPackages": [], "isVisible": true
    }]);
    let list = server("200 OK", listed.clone());
    let heading = "system                rights  packages  visible  name\n";
    let row = "991825827_smartcloud  1       0         yes      Smart sky\n";
    prints(&run(&list, "system list"), &format!("{heading}{row}"), "");
    prints_json(&run(&list, "system list --json"), listed, "");
    assert_eq!(list.calls()[0], "GET systemregister/vendor systemregister.write");

    let shown = server("200 OK", system());
    prints(
        &run(&shown, "system show"),
        "system         991825827_smartcloud\nvendor         991825827\nname           en: Smart cloud\n               \
         nb: Smart sky\n               nn: Smart sky\ndescription    en: Accounting\n               nb: Regnskap\n               \
         nn: Rekneskap\nrights         demo\npackages       \
         urn:altinn:accesspackage:skatt\nclient ids     tests\n               another\nredirect urls  none\n\
         visible        yes\ndeleted        no\n",
        "",
    );
    prints_json(&run(&shown, "system show 991825827_a/b --json"), system(), "");
    let call = |system| format!("GET systemregister/vendor/{system} systemregister.write");
    assert_eq!(shown.calls(), ["991825827_smartcloud", "991825827_a%2Fb"].map(call));

    let changes = json!([{ "systemInternalId": ID, "changedByOrgNumber": "991825827", "changeType": "create",
        "changedData": "{}", "clientId": "tests", "created": "2026-01-02T03:04:05Z" }, { "changeType": "unknown" }]);
    let log = server("200 OK", changes.clone());
    let heading = "time                     change   by         client id\n";
    let rows = "2026-01-02 03:04:05 UTC  create   991825827  tests\n-                        unknown  -          -\n";
    prints(&run(&log, "system log"), &format!("{heading}{rows}"), "");
    prints_json(&run(&log, "system log --json"), changes, "");
    assert_eq!(log.calls()[0], "GET systemregister/vendor/991825827_smartcloud/changelog systemregister.write");
}

#[test]
fn an_exchanged_token_is_printed_without_quotes() {
    let jwt = crate::program::data_text("grant.plain.jwt").trim().to_owned();
    for body in [jwt.clone(), format!("\"{jwt}\""), format!("\"{jwt}\"\n")] {
        let server = Server::with_token(move |_| answer("200 OK", &body));
        run(&server, "token --exchange").succeeds(&format!("{jwt}\n"));
        let asked = server.requests().pop().unwrap();
        assert_eq!(
            (asked.method.as_str(), asked.target.as_str()),
            ("GET", "/authentication/api/v1/exchange/maskinporten")
        );
        assert_eq!((asked.header("authorization"), asked.body.as_str()), (Some("Bearer opaque-token"), ""));
        assert_eq!(server.grants()[0]["authorization_details"][0]["type"], "urn:altinn:systemuser");
    }
}

#[test]
fn an_opaque_exchanged_token_is_printed_and_sent_and_its_lifetime_is_unknown() {
    let longest = "a".repeat(65_536);
    for token in ["ABCdef-0123456789._~+/==", "0123456789abcdef012345", "eyA-is-how-some-ids-begin", &longest] {
        for body in [token.to_owned(), format!("\"{token}\""), format!("{token}\r\n")] {
            let server = Server::with_token(move |_| answer("200 OK", &body));
            run(&server, "token --exchange").succeeds(&format!("{token}\n"));
        }
    }
    let server = Server::with_token(|request| match request.target.contains("/exchange/") {
        true => answer("200 OK", "opaque-token-of-Altinn-1"),
        false => answer("200 OK", "{}"),
    });
    let json = run(&server, "token --exchange --json");
    prints_json(
        &json,
        json!({ "access_token": "opaque-token-of-Altinn-1", "token_type": "Bearer", "scope": "a:b" }),
        "",
    );
    let called = run(&server, "call orders --exchange --verbose");
    assert_eq!((called.code, called.out.as_str()), (0, "{}\n"), "{}", called.err);
    let facts = "token          lifetime unknown, scope a:b\n               opaque (not a JWT)\n";
    assert!(called.err.contains(facts) && !called.err.contains("of-Altinn"), "{}", called.err);
    assert_eq!(server.requests().pop().unwrap().header("authorization"), Some("Bearer opaque-token-of-Altinn-1"));
}

#[test]
fn the_lifetime_of_an_exchanged_token_comes_from_its_claims() {
    use base64::Engine;
    let part = |json: Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json.to_string());
    // Altinn does not promise an `iat`.
    let claims = json!({ "nbf": 1_767_323_045, "exp": 1_767_324_845, "iss": "https://platform.tt02.altinn.no/" });
    let jwt = format!("{}.{}.{}", part(json!({ "alg": "RS256" })), part(claims), "A".repeat(342));
    let server = Server::with_token({
        let jwt = jwt.clone();
        move |_| answer("200 OK", &format!("\"{jwt}\""))
    });
    let run = run(&server, "token --exchange --no-system-user --json");
    let printed: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}", run.err));
    assert_eq!((&printed["access_token"], &printed["expires_in"]), (&json!(jwt), &json!(1800)));
}

#[test]
fn the_vendors_commands_need_no_organisation_number() {
    let server = server("200 OK", json!([]));
    let file = server.vendor_configuration().replace("\"210493352\"", "\"123456789\"");
    let run = |arguments: &str| program(arguments).file("config/test.toml", &file).run();
    prints(&run("system list --env test"), "", "note: the vendor has no systems\n");
    assert_eq!(run("token --env test").code, 3);
}

#[test]
fn an_existing_request_with_other_rights_is_warned_about() {
    let server = server("200 OK", request(json!({})));
    let run = run(&server, "request create 313790509 --right demo --right more");
    let warning = format!(
        "warning: that request asks for other rights or packages; delete it with `systemuser-demo request delete {ID} \
         --env test` and create a new request\n"
    );
    assert!(run.err.contains(&warning) && run.code == 0, "{}", run.err);
}

#[test]
fn the_clock_is_warned_about_once() {
    let dated = |body: &str| {
        let date = "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\nConnection: close";
        answer("200 OK", body).replace("Connection: close", date)
    };
    let found = answer("200 OK", &request(json!({})).to_string());
    let server = Server::start(move |asked| match (asked.target.as_str(), asked.method.as_str()) {
        ("/token", _) => dated(r#"{"access_token":"t","token_type":"Bearer","expires_in":119}"#),
        (_, "DELETE") => empty("202 Accepted"),
        _ => found.clone(),
    });
    let delete = program(&format!("request delete {ID} --env test"));
    let run = delete.file("config/test.toml", server.vendor_configuration()).run();
    assert_eq!((run.code, run.err.matches("warning: this machine's clock").count()), (0, 1), "{}", run.err);
    assert_eq!(server.grants().len(), 2);
}

#[test]
fn options_that_must_be_typed_again_are_printed_even_if_variables_are_set() {
    let server = server("200 OK", request(json!({ "status": "Rejected" })));
    let other = vendor_configuration(&nobody()).replace("\"test\"", "\"sandbox\"");
    let create = "request create 313790509 --right demo --system 991825827_other --kid=-k --config config/test.toml";
    let folder = program(create)
        .file("config/test.toml", server.vendor_configuration())
        .file("other.toml", other)
        .var("SYSTEMUSER_CONFIG", "other.toml");
    let run = Run::of(&mut folder.command());
    let again = format!("`systemuser-demo request delete {ID} --config config/test.toml --kid=-k`");
    assert!(run.err.contains(&again), "{}", run.err);
    assert_eq!(run.code, 5);
}

#[test]
fn hints_name_the_system_from_the_command_line() {
    let problem = r#"{"title":"x","status":404,"code":"AUTH-00015"}"#;
    let server = Server::vendor_in_turn([answer("404 Not Found", problem)]);
    let run = run(&server, "user find 313790509 --system 991825827_other");
    let hint = "`systemuser-demo user list --system 991825827_other --env test` lists the system's system users";
    assert!(run.err.contains(hint) && run.code == 5, "{}", run.err);
}

#[test]
fn a_systems_id_may_be_an_argument_or_an_option() {
    let server = server("200 OK", system());
    for arguments in ["system show 991825827_smartcloud", "system show --system 991825827_smartcloud", "system show"] {
        assert_eq!(run(&server, arguments).code, 0, "{arguments}");
    }
    assert_eq!(run(&server, "system show a --system b").code, 2);
}

#[test]
fn an_unsuccessful_request_has_no_token_command() {
    let server = server("200 OK", request(json!({ "status": "Rejected" })));
    let run = run(&server, "request create 313790509 --right demo --json");
    let printed: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((&printed["token_command"], run.code), (&Value::Null, 5));
}

#[test]
fn a_number_of_any_size_in_an_unknown_field_is_printed_and_sent_unchanged() {
    const NUMBERS: &str = r#"{"a":123456789012345678901234567890,"b":-18446744073709551616,"c":[1.10,1E400]}"#;
    let body = system().to_string().replacen('{', &format!("{{\"more\":{NUMBERS},"), 1);
    let shown = answer("200 OK", &body);
    let server = Server::vendor(move |request| match request.method.as_str() {
        "GET" => shown.clone(),
        _ => answer("200 OK", r#"{"succeeded":true}"#),
    });
    let run = run(&server, "system show --json");
    assert_eq!(run.code, 0, "{}", run.err);
    let compact: String = run.out.split_whitespace().collect();
    let numbers = NUMBERS.replace("1E400", "1e+400");
    assert!(compact.contains(&numbers), "{compact}");
    let file = crate::program::project_text("config/system.json");
    let update = with(&server, "system update s.json --allow-removing-client-ids").file("s.json", file).run();
    assert_eq!(update.code, 0, "{}", update.err);
    let sent = server.requests().into_iter().find(|request| request.method == "PUT").unwrap();
    assert!(sent.body.contains(&numbers), "{}", sent.body);
}
