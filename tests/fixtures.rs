//! Does each fixture of the sandbox demonstrate what src/sandbox/README.md says, through the whole flow?

use serde_json::Value;

use crate::program::{Program, data_text, program};

const SANDBOX_NOTE: &str = "note: using the built-in sandbox; nothing leaves this machine\n";

/// Asserts that the program prints the sandbox note on stderr and this text on stdout.
#[track_caller]
fn prints(program: Program, out: &str) {
    let run = program.run();
    assert_eq!(run.err, SANDBOX_NOTE);
    run.succeeds(out);
}

#[track_caller]
fn refused(program: Program, code: i32, err: &str) {
    program.run().fails(code, &format!("{SANDBOX_NOTE}{err}"));
}

fn no_system_user(org: &str, external_ref: &str) -> String {
    let given = match external_ref {
        "none" => "none".to_owned(),
        reference => format!("{reference:<36}  (--external-ref)"),
    };
    format!(
        "error: Maskinporten refused the grant: MP-303 invalid_altinn_customer_configuration\n  \
         \"No approved system user: owner {org}, external reference {external_ref}\"\n  \
         Altinn has no approved system user that matches the grant\n    \
         client id     7ee41fce-9f6e-4c32-8195-0fe2c1517f43  (built in)\n    \
         owner         {org}                             (--org)\n    \
         external ref  {given}\n\
         hint: was the system user requested with an external reference? pass exactly that reference with \
         --external-ref; if the request had none, omit the option\n\
         hint: is this client id missing from the system's `clientId` list in Altinn's System Register? check with \
         `systemuser-demo system show`; if you add it, keep the other client ids, because an update replaces the whole \
         list\n\
         hint: is this an agent system user? then the organisation must be the agent, for example an accountant, not \
         the client whose data you request\n\
         hint: was the system user requested by an earlier command? the built-in sandbox loses its data at the end \
         of a command: run `systemuser-demo sandbox` in another terminal, and set \
         SYSTEMUSER_SANDBOX=http://127.0.0.1:PORT before each command\n\
         note: for more causes, run `systemuser-demo explain MP-303`\n\
         note: trace id 00000000000000000000000000000001\n"
    )
}

fn rights(org: &str) -> String {
    format!("hint: to see the system user's rights, run `systemuser-demo user access {org}`\n")
}

fn no_access(api: &str, org: &str) -> String {
    format!("error: `http://127.0.0.1:PORT/api/{api}/{org}` returned status 403: Access denied\n")
}

const RIGHT: &str = "hint: does the system user lack the right that this API requires? the customer must approve a \
                     request for the right\n";
const RIGHT_FOR: &str = "hint: does the system user lack the right that this API requires for this organisation? the \
                         customer must approve a request for the right\n";

fn other(org: &str) -> String {
    format!(
        "hint: is {org} neither a subunit of the owner nor a client of the agent? a standard system user acts only for \
         its owner and the owner's subunits, an agent system user only for the agent's clients\n"
    )
}

fn agent(api: &str, org: &str) -> String {
    format!(
        "hint: is this an agent system user? then pass the agent's client as ORG: `systemuser-demo call {api} ORG \
         --org {org}`\n"
    )
}

#[test]
fn the_references_own_customer_has_all_rights() {
    prints(
        program("call systemuserinfo"),
        "system       991825827_smartcloud\n\
         system user  d6a1d5a4-2d58-4b0f-9c3b-7e1f0c7a4e01\n\
         owner        210493352\n",
    );
    prints(program("call salary"), "status  Paid\namount  1337\n");
    let run = program("call logistics").run();
    let (fixed, created) = run.out.split_once("created   ").unwrap();
    assert_eq!(
        fixed,
        "status    VeryWell\nshipment  InTransit\nimport    Vandaley\nexport    Backlog\ntransit   InShipment\n"
    );
    assert_eq!(created.trim_end().len(), "12/31/2026 23:59:59".len());
}

#[test]
fn json_output_is_the_body_of_the_reference_api() {
    prints(program("call salary --json"), "{\n  \"salaryStatus\": \"Paid\",\n  \"salaryAmount\": 1337\n}\n");
    let run = program("call systemuserinfo --json").run();
    let names: Vec<String> =
        serde_json::from_str::<Value>(&run.out).unwrap().as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["type", "systemuser_org", "systemuser_id", "system_id"]);
}

#[test]
fn token_json_names_the_system_user() {
    let run = program("token --json").run();
    let answer: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((answer["token_type"].as_str(), answer["expires_in"].as_u64()), (Some("Bearer"), Some(120)));
    assert_eq!(answer["scope"], "altinn:systembruker.demo");
    assert_eq!(
        answer["system_user"],
        serde_json::json!({
            "id": "d6a1d5a4-2d58-4b0f-9c3b-7e1f0c7a4e01", "org": "210493352", "system_id": "991825827_smartcloud"
        })
    );
    let token = program("token").run();
    assert_eq!(token.out.trim_end().split('.').count(), 3);
    assert!(token.out.ends_with('\n') && token.out.lines().count() == 1);
}

#[test]
fn one_customer_has_no_right_to_salary() {
    let run = program("call logistics --org 310904473").run();
    assert_eq!(run.code, 0, "{}", run.err);
    refused(
        program("call salary --org 310904473"),
        5,
        &format!("{}{RIGHT}{}{}", no_access("Salary", "310904473"), agent("salary", "310904473"), rights("310904473")),
    );
}

#[test]
fn a_standard_system_user_does_not_act_for_other_organisations() {
    refused(
        program("call salary 310385980 --org 210493352"),
        5,
        &format!("{}{}{RIGHT_FOR}{}", no_access("Salary", "310385980"), other("310385980"), rights("210493352")),
    );
}

#[test]
fn one_customer_is_found_by_its_external_reference_only() {
    refused(program("token --org 313790509"), 4, &no_system_user("313790509", "none"));
    refused(
        program("token --org 313790509 --external-ref customer-43"),
        4,
        &no_system_user("313790509", "customer-43"),
    );
    prints(
        program("call systemuserinfo --org 313790509 --external-ref customer-42"),
        "system       991825827_smartcloud\n\
         system user  5e7c2a90-83d4-4f6b-b1a5-9f0d3e6c7b03\n\
         owner        313790509\n",
    );
}

#[test]
fn the_owners_number_as_external_reference_means_no_reference() {
    assert_eq!(program("token --org 210493352 --external-ref 210493352").run().code, 0);
}

#[test]
fn one_customer_never_approved_the_request() {
    refused(program("token --org 314168267"), 4, &no_system_user("314168267", "none"));
}

#[test]
fn an_agent_may_read_data_of_its_client_only() {
    prints(program("call salary 310385980 --org 314250052"), "status  Paid\namount  1337\n");
    refused(
        program("call salary 312605031 --org 314250052"),
        5,
        &format!("{}{}{RIGHT_FOR}{}", no_access("Salary", "312605031"), other("312605031"), rights("314250052")),
    );
    for named in ["", "314250052 "] {
        refused(
            program(&format!("call logistics {named}--org 314250052")),
            5,
            &format!(
                "{}{RIGHT}{}{}",
                no_access("Logistics", "314250052"),
                agent("logistics", "314250052"),
                rights("314250052")
            ),
        );
    }
    prints(
        program("call systemuserinfo --org 314250052"),
        "system       991825827_smartcloud\n\
         system user  8a3b6d2c-14e9-4d7f-92c6-6c0e5f4b8d05\n\
         owner        314250052\n",
    );
}

#[test]
fn any_other_organisation_has_no_system_user() {
    refused(program("token --org 974761076"), 4, &no_system_user("974761076", "none"));
}

#[test]
fn a_plain_token_has_no_system_user() {
    let run = program("token --no-system-user --json").run();
    let answer: Value = serde_json::from_str(&run.out).unwrap();
    assert!(answer.get("system_user").is_none() && answer["access_token"].is_string());
    refused(
        program("call systemuserinfo --no-system-user"),
        5,
        "error: `http://127.0.0.1:PORT/api/SystemUserInfo` returned an empty response: status 204\n\
         hint: the token has no system user, but this API requires a system user's token\n",
    );
    for call in ["call salary 210493352 --no-system-user", "call salary 310385980 --no-system-user"] {
        let org = call.split(' ').nth(2).unwrap();
        let hint = "hint: does the API require a system user's token? leave out --no-system-user\n";
        refused(program(call), 5, &format!("{}{hint}", no_access("Salary", org)));
    }
    let run = program("token --no-system-user --external-ref x").run();
    assert_eq!((run.code, run.out.as_str()), (2, ""));
}

#[test]
fn an_unregistered_key_is_refused() {
    refused(
        program("token --key other.pem").file("other.pem", data_text("key.pkcs8.pem")),
        4,
        "error: Maskinporten refused the grant: MP-124 invalid_grant\n  \
         \"Invalid assertion. Client authentication failed. Invalid signature: expected a signature by key \
         sandbox-example\"\n  the grant's signature does not match its certificate, or the key that is registered \
         for its key id\n    \
         key        other.pem                             (--key)\n    \
         kid        sandbox-example                       (built in)\n    \
         client id  7ee41fce-9f6e-4c32-8195-0fe2c1517f43  (built in)\n\
         hint: does the private key not match the registered public key? compare the `n` that \
         `systemuser-demo key public --key other.pem` prints with the `n` in the self-service portal\n\
         hint: does the key id belong to another key of the client? send the key id of this key\n\
         hint: is it signed with a business certificate that is invalid or belongs to the other environment? use a \
         valid certificate for this environment\n\
         note: trace id 00000000000000000000000000000001\n",
    );
}

#[test]
fn a_scope_without_client_access_is_refused() {
    refused(
        program("token --scope altinn:other"),
        4,
        "error: Maskinporten refused the grant: MP-200 invalid_scope\n  \
         \"Token request contains invalid scopes for client, altinn:other\"\n  \
         the client does not have the scope; your organisation may already have access to it\n    \
         scope      altinn:other                          (--scope)\n    \
         client id  7ee41fce-9f6e-4c32-8195-0fe2c1517f43  (built in)\n\
         hint: is there a typo in the scope? compare it with the client's scopes in the self-service portal\n\
         hint: was the scope never added to this client? add it in the self-service portal, which offers the scopes \
         that your organisation has access to; to check each scope, run `systemuser-demo scope check altinn:other`\n\
         hint: is it a scope for registering systems or requesting system users? \
         ask Digdir for `altinn:authentication/systemregister.write`, `altinn:authentication/systemuser.request.read` \
         and `altinn:authentication/systemuser.request.write`\n\
         note: trace id 00000000000000000000000000000001\n",
    );
}
