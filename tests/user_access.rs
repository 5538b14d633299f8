//! Does `user access` show what a system user may do, and say what is missing and how to ask for it?

use serde_json::{Value, json};
use systemuser_demo::sandbox::SandboxOptions;

use crate::program::{Program, Run, program, without_chance};
use crate::server::{Request, Server, empty, json as answer, response, sandbox};

const NOTE: &str = "note: using the built-in sandbox; nothing leaves this machine\n";
const SCOPE: &str = "altinn:accessmanagement/authorizedparties";
const LIST: &str =
    "/accessmanagement/api/v1/enduser/authorizedparties?includeAccessPackages=true&includeResources=true";

/// A party as Altinn returns it, with these members replaced.
fn party(number: &str, others: Value) -> Value {
    let mut party = json!({
        "partyUuid": format!("4a06214d-b261-4695-b33a-000{number}"), "name": "TIGER AS", "organizationNumber": number,
        "partyId": 51_561_408, "type": "Organization", "unitType": "AS", "isDeleted": false,
        "onlyHierarchyElementWithNoAccess": false, "authorizedAccessPackages": ["urn:altinn:accesspackage:lonn"],
        "authorizedResources": [], "authorizedRoles": ["urn:altinn:role:tilgangsstyrer"], "newMember": { "a": 1 },
        "subunits": [],
    });
    party.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
    party
}

fn page(parties: Value) -> String {
    answer("200 OK", &json!({ "links": { "next": null }, "data": parties }).to_string())
}

/// A Maskinporten, and an Altinn that exchanges tokens and answers the call for the list like this.
fn altinn(list: impl Fn(&Request) -> String + Send + 'static) -> Server {
    Server::vendor(move |request| match request.target.starts_with("/authentication/api/v1/exchange") {
        true => response("200 OK", "text/plain", crate::faults::token()),
        false => list(request),
    })
}

fn with(server: &Server, arguments: &str) -> Program {
    program(arguments).arg("--env").arg("test").file("config/test.toml", server.vendor_configuration())
}

/// Runs the command for an Altinn that answers the call for the list like this.
fn run(arguments: &str, list: String) -> Run {
    with(&altinn(move |_| list.clone()), arguments).run()
}

#[test]
fn an_owner_is_listed_with_its_subunits_and_their_rights() {
    let run = program("user access").run();
    assert_eq!(run.err, NOTE);
    run.succeeds(
        "organisation  name                 packages  resources\n\
         210493352     Lun Fjellheim AS     -         ttd_systembruker-logistikk-demo, ttd_systembruker-salary, \
         ske-krav-og-betalinger\n  \
         314107713   Lun Fjellheim Lager  -         ttd_systembruker-logistikk-demo, ttd_systembruker-salary, \
         ske-krav-og-betalinger\n",
    );
}

#[test]
fn an_agents_clients_are_listed_and_called_so() {
    let run = program("user access 314250052").run();
    assert_eq!(run.err, format!("{NOTE}note: these are the clients of the agent 314250052\n"));
    run.succeeds(
        "organisation  name                   packages                                resources\n\
         310385980     Glad Øy Fisk AS        regnskapsforer-med-signeringsrettighet  -\n\
         312236265     Rask Foss Snekkeri AS  regnskapsforer-med-signeringsrettighet  -\n",
    );
}

#[test]
fn the_token_is_the_system_users_and_is_exchanged() {
    let server = altinn(|_| page(json!([party("313790509", json!({}))])));
    let run = with(&server, "user access 313790509 --external-ref customer-42").run();
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let grants = server.grants();
    assert_eq!((grants.len(), &grants[0]["scope"], grants[0].get("resource")), (1, &json!(SCOPE), None));
    let details = &grants[0]["authorization_details"][0];
    assert_eq!(
        (&details["systemuser_org"]["ID"], &details["externalRef"]),
        (&json!("0192:313790509"), &json!("customer-42"))
    );
    let calls: Vec<(String, String)> = server
        .requests()
        .into_iter()
        .skip(1)
        .map(|request| {
            let token = request.header("authorization").unwrap().to_owned();
            (request.target, token)
        })
        .collect();
    let exchange = ("/authentication/api/v1/exchange/maskinporten".to_owned(), "Bearer token-1".to_owned());
    assert_eq!(calls, [exchange, (LIST.to_owned(), format!("Bearer {}", crate::faults::token()))]);
}

#[test]
fn the_owner_and_the_reference_come_from_the_configuration_and_the_variables_too() {
    let server = altinn(|_| page(json!([party("313790509", json!({}))])));
    let run = with(&server, "user access").var("SYSTEMUSER_ORG", "313790509").var("SYSTEMUSER_EXTERNAL_REF", "a").run();
    assert_eq!(run.err, "note: the external reference is `a` (SYSTEMUSER_EXTERNAL_REF)\n");
    let with_file = with(&server, "user access").run();
    assert_eq!(with_file.code, 0, "{}", with_file.err);
    let owners =
        server.grants().into_iter().map(|grant| grant["authorization_details"][0]["systemuser_org"]["ID"].clone());
    assert_eq!(owners.collect::<Vec<_>>(), ["0192:313790509", "0192:210493352"]);
    let none = program("user access --env test --client-id c").run();
    assert_eq!(none.code, 3, "{}", none.err);
    let words = "error: no organisation: there is no configuration file for `test`, and neither ORG nor SYSTEMUSER_ORG is \
                 given\n";
    assert!(none.err.starts_with(words), "{}", none.err);
}

#[test]
fn the_guides_nested_list_persons_and_deleted_parties_are_shown() {
    let subunit = party(
        "314107713",
        json!({ "name": "TIGER LAGER", "authorizedResources": ["demo"], "subunits": [
        party("313367002", json!({ "isDeleted": true, "authorizedAccessPackages": null })),
    ] }),
    );
    let main = party(
        "210493352",
        json!({
            "onlyHierarchyElementWithNoAccess": true, "authorizedAccessPackages": [], "subunits": [subunit]
        }),
    );
    let person = json!({
        "partyUuid": "a", "name": "KREATIV GRANITT", "type": "Person", "personId": "01017012345",
        "authorizedAccessPackages": ["innbygger-skatteforhold-privatpersoner"], "authorizedResources": ["urn:altinn:resource:x"],
    });
    let run = run("user access", page(json!([[main, person]])));
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert_eq!(
        run.out,
        "organisation   name                          packages                                resources\n\
         210493352      TIGER AS (only its subunits)  -                                       -\n  \
         314107713    TIGER LAGER                   lonn                                    demo\n    \
         313367002  TIGER AS (deleted)            -                                       -\n\
         Person         KREATIV GRANITT               innbygger-skatteforhold-privatpersoner  x\n"
    );
}

#[test]
fn json_has_the_original_parties() {
    let parties = json!([party("210493352", json!({ "subunits": [party("314107713", json!({}))] }))]);
    let run = run("user access --json", page(parties.clone()));
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert_eq!(serde_json::from_str::<Value>(&run.out).unwrap(), parties);
}

#[test]
fn a_system_user_without_rights_has_an_empty_list() {
    let note = "note: the system user of 210493352 may not act for any organisation; for an agent system user, the agent must first add clients in Altinn\n";
    let table = run("user access", page(json!([])));
    assert_eq!((table.code, table.out.as_str(), table.err.as_str()), (0, "", note));
    let json = run("user access --json", page(json!([])));
    assert_eq!((json.code, json.out.as_str(), json.err.as_str()), (0, "[]\n", ""));
}

#[test]
fn a_filter_shows_the_organisations_that_have_all_of_it() {
    let clients = |run: Run| {
        assert_eq!(run.code, 0, "{}", run.err);
        run.out.lines().skip(1).map(|line| line.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let agent = "user access 314250052";
    let package = "--package regnskapsforer-med-signeringsrettighet --package urn:altinn:accesspackage:regnskapsforer-med-signeringsrettighet";
    // The package includes both resources.
    let resources = "--resource urn:altinn:resource:ttd_systembruker-salary --resource ttd_systembruker-logistikk-demo";
    for filter in ["", package, resources, &format!("{package} {resources}")] {
        assert_eq!(clients(program(agent).args(filter).run()), ["310385980", "312236265"], "{filter}");
    }
    let server = altinn(|request| {
        let second = party(
            "312236265",
            json!({ "subunits": [
            party("314107713", json!({ "authorizedAccessPackages": ["urn:altinn:accesspackage:b"] }))
        ] }),
        );
        match request.target.strip_prefix(LIST) {
            Some("") => page(json!([party("310385980", json!({})), second])),
            Some("&anyOfResourceIds=%C3%A6%26b") => page(json!([second])),
            other => panic!("{other:?}"),
        }
    });
    assert_eq!(clients(with(&server, "user access --resource æ&b").run()), ["312236265", ""]);
    assert_eq!(clients(with(&server, "user access --resource æ&b --package lonn").run()), ["312236265"]);
    // The organisation above a subunit is shown, too.
    assert_eq!(clients(with(&server, "user access --package b").run()), ["312236265", ""]);
    let json = with(&server, "user access --package lonn --json").run();
    let parties: Value = serde_json::from_str(&json.out).unwrap();
    let ids = |party: &Value| (party["organizationNumber"].clone(), party["subunits"].as_array().map_or(0, Vec::len));
    let ids: Vec<_> = parties.as_array().unwrap().iter().map(ids).collect();
    assert_eq!(ids, [(json!("310385980"), 0), (json!("312236265"), 0)]);
    // No organisation has both packages.
    assert_eq!(with(&server, "user access --package lonn --package b").run().code, 5);
}

#[test]
fn a_missing_right_is_a_refusal_that_says_how_to_ask_for_it() {
    program("user access 310904473 --resource ttd_systembruker-logistikk-demo --resource ttd_systembruker-salary --package lonn")
        .run()
        .fails(
            5,
            &format!(
                "{NOTE}error: the system user of 310904473 lacks `ttd_systembruker-salary`, `lonn`\n  \
                 the system user has these rights:\n    \
                 310904473  Varm Skogstue AS  ttd_systembruker-logistikk-demo\n\
                 hint: to ask the customer to add what is missing, run `systemuser-demo request change 310904473 --add-right \
                 ttd_systembruker-salary --add-package lonn`\n"
            ),
        );
    program("user access 314250052 --resource ske-krav-og-betalinger --json").run().fails(
        5,
        &format!(
            "{NOTE}error: the system user of 314250052 lacks `ske-krav-og-betalinger`\n  \
             the system user has these rights:\n    \
             310385980  Glad Øy Fisk AS        regnskapsforer-med-signeringsrettighet\n    \
             312236265  Rask Foss Snekkeri AS  regnskapsforer-med-signeringsrettighet\n\
             hint: to ask for a new system user with the missing rights, choose a new external reference, and run \
             `systemuser-demo request create 314250052 --agent --external-ref REF --package PACKAGE`\n"
        ),
    );
    let each_has_one =
        page(json!([party("310385980", json!({})), party("312236265", json!({ "authorizedAccessPackages": ["b"] })),]));
    run("user access 314250052 --package lonn --package b", each_has_one).fails(
        5,
        "error: the system user of 314250052 has no organisation with all of `lonn`, `b`\n  \
         the system user has these rights:\n    \
         310385980  TIGER AS  lonn\n    \
         312236265  TIGER AS  b\n\
         hint: to ask for a new system user with the missing rights, choose a new external reference, and run \
         `systemuser-demo request create 314250052 --agent --external-ref REF --package lonn --package b --env test`\n",
    );
    let many = (0..7).map(|nth| party(&format!("31238598{nth}"), json!({}))).collect::<Vec<_>>();
    let run = run("user access --package b", page(json!(many)));
    assert!(run.err.contains("312385984  TIGER AS  lonn\n    and rights for 2 more organisations\n"), "{}", run.err);
    let nothing = crate::user_access::run("user access --package b", page(json!([])));
    assert!(
        nothing.err.contains("\n  Altinn lists no organisation for which the system user may act\n"),
        "{}",
        nothing.err
    );
    // It may be an agent's, so both ways to ask are shown.
    for command in ["request change 210493352 --add-package b", "request create 210493352 --agent --external-ref REF"] {
        assert!(nothing.err.contains(command), "{}", nothing.err);
    }
}

#[test]
fn an_owner_below_its_main_unit_is_no_agent() {
    let main = json!({ "onlyHierarchyElementWithNoAccess": true, "subunits": [party("210493352", json!({}))] });
    let list = page(json!([party("314107713", main)]));
    assert_eq!(run("user access", list.clone()).err, "");
    let missing = run("user access --package b", list);
    assert!(missing.err.contains("request change 210493352 --add-package b --env test`"), "{}", missing.err);
}

#[test]
fn the_list_shows_a_right_as_soon_as_the_customer_has_approved_it() {
    let sandbox = sandbox(SandboxOptions::default());
    let here = |arguments: &str| program(arguments).var("SYSTEMUSER_SANDBOX", &sandbox).run();
    let unknown = here("user access 312600757");
    assert_eq!(unknown.code, 4, "{}", unknown.err);
    let hint = format!(
        "hint: does the customer have no system user yet? to ask for a system user, run `SYSTEMUSER_SANDBOX={} systemuser-demo request \
         create 312600757 --right RESOURCE`\n",
        without_chance(sandbox.trim_end_matches('/'))
    );
    assert!(without_chance(&unknown.err).contains(&hint), "{}", unknown.err);
    let with_reference = here("user access 312600757 --external-ref x1").err;
    assert!(with_reference.contains("create 312600757 --right RESOURCE --external-ref x1`"), "{with_reference}");
    let created = here("request create 312600757 --right ttd_systembruker-salary --json");
    let request: Value = serde_json::from_str(&created.out).unwrap();
    crate::altinn_wire::answer(request["request"]["confirmUrl"].as_str().unwrap(), "approve");
    let listed = here("user access 312600757 --resource ttd_systembruker-salary");
    assert!(
        listed.out.ends_with("312600757     Blid Strand Bakeri AS  -         ttd_systembruker-salary\n"),
        "{}",
        listed.out
    );
}

#[test]
fn a_client_without_the_scope_is_told_its_name_and_that_the_command_needs_it() {
    program("user access --client-id e2f7a94b-0d35-4c68-b1f9-6a83d5c27e04").run().fails(
        4,
        &format!(
            "{NOTE}error: Maskinporten refused the grant: MP-200 invalid_scope\n  \
             \"Token request contains invalid scopes for client, {SCOPE}\"\n  \
             the client does not have the scope; your organisation may already have access to it\n    \
             scope      {SCOPE}  (this command)\n    \
             client id  e2f7a94b-0d35-4c68-b1f9-6a83d5c27e04       (--client-id)\n\
             hint: ask Digdir for `{SCOPE}`, and add it to the client in Maskinporten's self-service portal; see \
             https://docs.altinn.studio/en/authorization/getting-started/systemuser\n\
             hint: to check each scope, run `systemuser-demo scope check {SCOPE} --client-id \
             e2f7a94b-0d35-4c68-b1f9-6a83d5c27e04`\n\
             note: trace id 00000000000000000000000000000001\n"
        ),
    );
}

#[test]
fn refusals_and_rubbish_of_access_management_are_explained() {
    let list = "`http://127.0.0.1:PORT/accessmanagement/api/v1/enduser/authorizedparties`";
    let known = "hint: does Altinn not know the system user of the token? was it deleted, or does Altinn's URL belong to the \
                 other environment?\n";
    let scope = "hint: does Altinn require another scope for this list? the token has the scope that Altinn's guide to the \
                 access management API names\n";
    run("user access", answer("401 Unauthorized", "\"Unknown user type\""))
        .fails(5, &format!("error: {list} returned status 401: Unknown user type\n{known}"));
    run("user access", empty("401 Unauthorized")).fails(5, &format!("error: {list} returned status 401\n{known}"));
    run("user access", empty("403 Forbidden")).fails(5, &format!("error: {list} returned status 403\n{scope}"));
    let unusable = |list_answer: String, end: &str| {
        run("user access", list_answer).fails(6, &format!("error: no usable response from {list}: {end}\n"));
    };
    unusable(empty("204 No Content"), "status 204, but not a page of a list");
    unusable(
        response("200 OK", "text/html", "<html>sign in</html>"),
        "status 200, but not a page of a list: <html>sign in</html>",
    );
    unusable(answer("200 OK", "[]"), "status 200, but not a page of a list: []");
    unusable(answer("200 OK", "{\"data\":{}}"), "status 200, but not a page of a list: {\"data\":{}}");
    unusable(
        page(json!([{ "name": "x" }])),
        "status 200, but not an authorised party: {\"links\":{\"next\":null},\"data\":[{\"name\":\"x\"}]}",
    );
    unusable(
        page(json!([[[]]])),
        "status 200, but not an authorised party: {\"links\":{\"next\":null},\"data\":[[[]]]}",
    );
    let busy = run("user access --timeout 1", response("503 Service Unavailable", "text/plain", "busy"));
    busy.fails(6, &format!("error: no usable response from {list}: status 503: busy\n"));
    let next = answer("200 OK", r#"{"links":{"next":"https://altinn.no/x?token=a"},"data":[]}"#);
    unusable(next, "status 200, but `links.next` repeats an earlier page, so the list never ends");
}

#[test]
fn the_pages_of_a_list_are_joined() {
    let server = altinn(|request| match request.target.strip_prefix(LIST) {
        Some("") => {
            let page =
                json!({ "links": { "next": "https://x.no/y?token=p2" }, "data": [party("310385980", json!({}))] });
            answer("200 OK", &page.to_string())
        }
        Some("&token=p2") => page(json!([party("312236265", json!({}))])),
        other => panic!("{other:?}"),
    });
    let run = with(&server, "user access --json").run();
    assert_eq!(serde_json::from_str::<Vec<Value>>(&run.out).unwrap().len(), 2, "{}", run.err);
}

#[test]
fn values_that_cannot_be_right_are_refused_before_anything_is_sent() {
    for (arguments, message) in [
        ("user access 21049335", "error: ORG: `21049335` is not an organisation number: expected 9 digits, found 8\n"),
        ("user access --resource a --resource=", "error: --resource: the value is empty\n"),
        ("user access --package urn:altinn:accesspackage:", "error: --package: the value is empty\n"),
    ] {
        program(arguments).run().fails(2, message);
    }
    program("user access --resource").arg("a b").run().fails(2, "error: --resource: `a b` contains a space\n");
    program("user access --resource urn:altinn:accesspackage:lonn")
        .run()
        .fails(2, "error: --resource: `urn:altinn:accesspackage:lonn` belongs to --package\n");
}
