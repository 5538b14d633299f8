//! The parties for which a system user may act, and the API for claims and payments that one of its rights opens.

use serde_json::{Value, json};

use super::approval::page_of;
use super::requests::new_request;
use super::*;

const PATH: &str = "/accessmanagement/api/v1/enduser/authorizedparties";
const PARTIES: &str = "altinn:accessmanagement/authorizedparties";
const CLAIMS: &str = "skatteetaten:kravogbetalinger";

impl Altinn {
    fn get_with(&self, token: &str, path: &str) -> Answer {
        self.send("GET", path, &[("Authorization", &format!("Bearer {token}"))], "")
    }

    /// Maskinporten's token for a system user.
    fn token_of(&self, owner: &str, scope: &str) -> String {
        let organisation = json!({ "authority": "iso6523-actorid-upis", "ID": format!("0192:{owner}") });
        let details = json!({ "type": "urn:altinn:systemuser", "systemuser_org": organisation });
        self.ask_maskinporten(CLIENT, scope, Some(details)).ok()["access_token"].as_str().unwrap().to_owned()
    }

    fn exchanged(&self, token: &str) -> String {
        self.get_with(token, "/authentication/api/v1/exchange/maskinporten").body
    }

    /// The list for a system user.
    fn parties(&self, owner: &str, query: &str) -> Vec<Value> {
        let token = self.exchanged(&self.token_of(owner, PARTIES));
        let body = self.get_with(&token, &format!("{PATH}?{query}")).ok();
        assert_eq!((names(&body), &body["links"]), (vec!["links", "data"], &json!({ "next": null })));
        body["data"].as_array().unwrap().clone()
    }
}

fn numbers(parties: &[Value]) -> Vec<&str> {
    parties.iter().map(|party| party["organizationNumber"].as_str().unwrap()).collect()
}

#[test]
fn a_party_has_the_members_of_altinns_guide_and_its_subunits() {
    let altinn = altinn();
    let parties = altinn.parties("210493352", "includeAccessPackages=true&includeResources=true");
    let rights = json!([LOGISTICS, SALARY, "ske-krav-og-betalinger"]);
    let subunit = json!({
        "partyUuid": "4a06214d-b261-4695-b33a-000314107713", "name": "Lun Fjellheim Lager",
        "organizationNumber": "314107713", "partyId": 50_000_010, "type": "Organization", "unitType": "BEDR",
        "isDeleted": false, "onlyHierarchyElementWithNoAccess": false, "authorizedAccessPackages": [],
        "authorizedResources": rights, "authorizedRoles": [], "authorizedInstances": [], "subunits": [],
    });
    let owner = json!({
        "partyUuid": "4a06214d-b261-4695-b33a-000210493352", "name": "Lun Fjellheim AS",
        "organizationNumber": "210493352", "partyId": 50_000_000, "type": "Organization", "unitType": "AS",
        "isDeleted": false, "onlyHierarchyElementWithNoAccess": false, "authorizedAccessPackages": [],
        "authorizedResources": rights, "authorizedRoles": [], "authorizedInstances": [], "subunits": [subunit],
    });
    assert_eq!(parties, [owner]);
    assert_eq!(altinn.parties("210493352", "INCLUDERESOURCES=True&includeSubParties=false")[0]["subunits"], json!([]));
}

#[test]
fn rights_are_left_out_by_default() {
    let altinn = altinn();
    for (query, packages, resources) in [
        ("", 0, 0),
        ("includeAccessPackages=true", 1, 0),
        ("includeResources=true", 0, 1),
        ("includeAccessPackages=true&includeResources=false", 1, 0),
    ] {
        let count = |owner: &str, member: &str| altinn.parties(owner, query)[0][member].as_array().unwrap().len();
        let of_agent = count("314250052", "authorizedAccessPackages");
        let of_owner = count("310904473", "authorizedResources");
        assert_eq!((of_agent, of_owner), (packages, resources), "{query}");
    }
}

#[test]
fn an_agents_parties_are_its_clients() {
    let altinn = altinn();
    let parties = altinn.parties("314250052", "includeAccessPackages=true");
    assert_eq!(numbers(&parties), ["310385980", "312236265"]);
    for party in parties {
        let package = "urn:altinn:accesspackage:regnskapsforer-med-signeringsrettighet";
        assert_eq!(party["authorizedAccessPackages"], json!([package]));
    }
}

#[test]
fn a_filter_leaves_only_what_gives_access_to_the_resource() {
    let altinn = altinn();
    // A wanted resource includes everything that opens it, whether or not it was asked for.
    let parties = altinn.parties("210493352", &format!("anyOfResourceIds={SALARY}"));
    assert_eq!((numbers(&parties), &parties[0]["authorizedResources"]), (vec!["210493352"], &json!([SALARY])));
    let parties = altinn.parties("314250052", &format!("anyOfResourceIds=unknown&anyOfResourceIds={SALARY}"));
    assert_eq!(parties.len(), 2);
    assert_eq!(parties[0]["authorizedAccessPackages"].as_array().unwrap().len(), 1);
    for (owner, resource) in [("310904473", SALARY), ("210493352", "unknown"), ("314250052", "ske-krav-og-betalinger")]
    {
        assert_eq!(altinn.parties(owner, &format!("anyOfResourceIds={resource}")), [json!(null); 0], "{owner}");
    }
    let of = |party: &str| altinn.parties("314250052", &format!("partyFilter=4a06214d-b261-4695-b33a-000{party}"));
    assert_eq!((numbers(&of("312236265")), of("312605031").len()), (vec!["312236265"], 0));
    let main_unit = altinn.parties("210493352", "partyFilter=4a06214d-b261-4695-b33a-000314107713");
    assert_eq!(numbers(&main_unit), ["210493352"]);
}

#[test]
fn a_parameter_of_another_type_is_refused() {
    let altinn = altinn();
    let token = altinn.exchanged(&altinn.token_of("210493352", PARTIES));
    for (name, value) in [
        ("includeResources", "yes"),
        ("includeAccessPackages", "auto"),
        ("includeRoles", "1"),
        ("includeInstances", "x"),
        ("includeSubParties", "some"),
        ("includePartiesViaKeyRoles", "x"),
        ("includeInactiveParties", "x"),
        ("partyFilter", "210493352"),
    ] {
        altinn.get_with(&token, &format!("{PATH}?{name}={value}")).is_misfit(name);
    }
    assert_eq!(altinn.send("POST", PATH, &[], "").status, 405);
    assert_eq!(altinn.get_with(&token, "/accessmanagement/api/v1/enduser/connections").status, 404);
    assert_eq!(altinn.get_with(&token, &PATH.replace("v1", "v2")).status, 404);
}

#[test]
fn only_an_exchanged_token_of_a_system_user_with_the_scope_is_accepted() {
    let altinn = altinn();
    altinn.send("GET", PATH, &[], "").is_empty(401);
    altinn.get_with("rubbish", PATH).is_empty(401);
    let user = altinn.token_of("210493352", PARTIES);
    altinn.get_with(&user, PATH).is_empty(401);
    altinn.get_with(&altinn.exchanged(&altinn.token_of("210493352", DEMO)), PATH).is_empty(403);
    altinn.get_with(&altinn.exchanged(&altinn.vendor()), PATH).is_empty(403);
    let plain = altinn.exchanged(&altinn.token(CLIENT, PARTIES));
    let answer = altinn.get_with(&plain, PATH);
    assert_eq!((answer.status, answer.body.as_str()), (401, "\"Unknown user type\""));
    // Access management does not care about the case of a path, either.
    assert_eq!(altinn.get_with(&altinn.exchanged(&user), &PATH.to_uppercase()).status, 200);
    let refused = altinn.ask_maskinporten(OTHER_VENDORS_CLIENT, PARTIES, None);
    assert!(refused.json()["error_uri"].as_str().unwrap().ends_with("MP-200"), "{}", refused.body);
}

#[test]
fn the_list_is_that_of_the_moment() {
    let altinn = altinn();
    page_of(&altinn, "", &new_request()).answered(&altinn, "approve");
    let parties = altinn.parties("312600757", "includeAccessPackages=true&includeResources=true");
    assert_eq!(numbers(&parties), ["312600757"]);
    let owner = &parties[0];
    let asked_for = new_request();
    let rights = asked_for["rights"].as_array().unwrap().iter().map(|right| right["resource"][0]["value"].clone());
    assert_eq!(owner["authorizedResources"], Value::Array(rights.collect()));
}

#[test]
fn rights_for_an_organisation_include_its_subunits() {
    let altinn = altinn();
    let token = altinn.user_token("210493352");
    assert_eq!((altinn.reads(&token, "Salary", "314107713"), altinn.reads(&token, "Salary", "312605031")), (200, 403));
}

#[test]
fn claims_and_payments_have_the_documented_members() {
    let altinn = altinn();
    let token = altinn.token_of("210493352", CLAIMS);
    for path in ["/v1/regnskapssystem", "/api/innkreving/kravogbetalinger/v1/regnskapssystem"] {
        let get = |endpoint: &str| altinn.get_with(&token, &format!("{path}/210493352/{endpoint}")).ok();
        let open = get("aapnekrav");
        let members = [
            "partIdentifikator",
            "skjermet",
            "aapentKravMedGjenstaaendeBeloep",
            "innbetalingMedUplassertBeloep",
            "totalOversikt",
            "oversiktPerKravgruppe",
        ];
        assert_eq!((names(&open), &open["partIdentifikator"]), (members.to_vec(), &json!("210493352")));
        for (endpoint, list) in [("innbetalinger", "innbetaling"), ("utbetalinger", "utbetaling")] {
            assert_eq!(names(&get(endpoint)), ["partIdentifikator", "skjermet", list, "periode"]);
        }
        let claims = get("krav?fraOgMed=2026-01-01&tilOgMed=2026-12-31");
        assert_eq!(claims["krav"][0]["partIdentifikator"], "210493352");
        assert_eq!(claims["periode"], json!({ "fraOgMed": "2026-01-01", "tilOgMed": "2026-12-31" }));
    }
}

#[test]
fn claims_and_payments_are_refused_with_the_documented_codes() {
    let altinn = altinn();
    let token = altinn.token_of("210493352", CLAIMS);
    let refused = |token: &str, path: &str, status: u16, code: &str| {
        let answer = altinn.get_with(token, &format!("/v1/regnskapssystem/{path}"));
        assert_eq!((answer.status, &answer.json()["kode"]), (status, &json!(code)), "{path}");
        assert_eq!(names(&answer.json()), ["kode", "melding", "korrelasjonsid"]);
        answer.json()["korrelasjonsid"].as_str().unwrap().to_owned()
    };
    refused("rubbish", "210493352/aapnekrav", 401, "KB-004");
    refused(&altinn.user_token("210493352"), "210493352/aapnekrav", 403, "KB-005");
    refused(&altinn.token_of("310904473", CLAIMS), "310904473/aapnekrav", 403, "KB-005");
    refused(&altinn.token(CLIENT, CLAIMS), "210493352/aapnekrav", 403, "KB-005");
    refused(&token, "310904473/aapnekrav", 403, "KB-005");
    for query in [
        "",
        "?fraOgMed=01.01.2026",
        "?fraOgMed=2026-01-01&tilOgMed=2027-01-03",
        "?fraOgMed=2026-02-01&tilOgMed=2026-01-01",
        "?tilOgMed=2026-01-01",
        "?fraOgMed=-262143-01-01&tilOgMed=-262143-01-01",
    ] {
        refused(&token, &format!("210493352/krav{query}"), 400, "KB-006");
    }
    assert_eq!(refused(&token, "210493352/krav?Korrelasjonsid=abc-1", 400, "KB-006"), "abc-1");
    for path in ["210493352/gjeld", "210493352", "210493352/krav/x"] {
        assert_eq!(altinn.get_with(&token, &format!("/v1/regnskapssystem/{path}")).status, 404, "{path}");
    }
    assert_eq!(altinn.send("POST", "/v1/regnskapssystem/210493352/krav", &[], "").status, 405);
}

#[test]
fn the_administrators_client_registers_systems_and_cannot_request_system_users() {
    let altinn = altinn();
    let client = "b8d4f6a2-3c91-4e07-a5f8-1d6c92e7b340";
    let token = altinn.token(client, "altinn:authentication/systemregister.admin");
    assert_eq!(altinn.call(&token, "POST", "systemregister/vendor", &new_system()).status, 200);
    for scope in [REGISTER, WRITE, CLAIMS] {
        let refused = altinn.ask_maskinporten(client, scope, None);
        assert!(refused.json()["error_uri"].as_str().unwrap().ends_with("MP-200"), "{}", refused.body);
    }
}
