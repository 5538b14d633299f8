//! Does `doctor` check that the System Register has the client id?

use serde_json::{Value, json};

use crate::program::program;
use crate::server::{Server, json as answer};

/// The result of `doctor`'s system step for this answer of the System Register, and the server.
fn system(status: &'static str, body: &Value) -> (Value, Server) {
    let body = body.to_string();
    let server = Server::vendor(move |request| match request.target.starts_with("/authentication/") {
        true => answer(status, &body),
        false => answer("404 Not Found", "{}"),
    });
    (step(&server), server)
}

fn step(server: &Server) -> Value {
    let file = server.vendor_configuration();
    let run = program("doctor --json --env test").file("config/test.toml", file).run();
    let answer: Value = serde_json::from_str(&run.out).unwrap();
    let mut steps = answer["steps"].as_array().unwrap().iter().filter(|step| step["step"] == "system");
    let step = steps.next().unwrap().clone();
    assert_eq!(steps.next(), None);
    json!([step["result"], step["summary"], step["explanation"]])
}

fn registered(client_ids: Value, is_deleted: bool) -> Value {
    json!({ "id": "991825827_smartcloud", "vendor": { "ID": "0192:991825827" }, "name": { "nb": "x" },
        "description": { "nb": "x" }, "clientId": client_ids, "isDeleted": is_deleted })
}

#[test]
fn a_system_with_the_client_passes_and_does_not_affect_the_token_request() {
    let (step, server) = system("200 OK", &registered(json!(["another", "tests"]), false));
    assert_eq!(step, json!(["passed", "`991825827_smartcloud` has the client id", []]));
    let call = "GET /authentication/api/v1/systemregister/vendor/991825827_smartcloud";
    let asked = server.requests().into_iter().filter(|request| request.target.starts_with("/authentication/"));
    let asked: Vec<_> = asked.collect();
    assert_eq!(
        asked.iter().map(|request| format!("{} {}", request.method, request.target)).collect::<Vec<_>>(),
        [call]
    );
    assert_eq!(asked[0].header("authorization"), Some("Bearer token-1"));
    let grants = server.grants();
    assert_eq!(grants[0]["scope"], "altinn:authentication/systemregister.write");
    assert_eq!(grants[0]["authorization_details"], Value::Null);
    // The step does not affect the next grant.
    assert_eq!(grants[1]["scope"], "a:b");
    assert_eq!(grants[1]["authorization_details"][0]["systemuser_org"]["ID"], "0192:210493352");
}

#[test]
fn a_system_without_the_client_fails_with_a_hint() {
    for client_ids in [json!([]), json!(["another", "tests2", "test"])] {
        let (step, _server) = system("200 OK", &registered(client_ids, false));
        assert_eq!(
            step,
            json!([
                "failed",
                "`991825827_smartcloud` does not have client id tests in the System Register",
                ["hint: add it to `clientId`, and keep the other client ids: `systemuser-demo system update FILE \
                     --env test`, with a file from `systemuser-demo system show --json --env test`"]
            ])
        );
    }
}

#[test]
fn a_deleted_or_unknown_system_fails() {
    let (step, _server) = system("200 OK", &registered(json!(["tests"]), true));
    assert_eq!(step, json!(["failed", "`991825827_smartcloud` has been deleted from the System Register", []]));
    let (step, _server) = system("404 Not Found", &json!({ "title": "unknown", "status": 404, "code": "AUTH-00011" }));
    assert_eq!(step[0], "failed");
    assert!(step[1].as_str().unwrap().ends_with(" returned status 404: AUTH-00011 unknown"), "{step}");
}

#[test]
fn a_client_without_the_vendors_scope_skips_the_step() {
    let server = Server::start(|request| match request.target.as_str() {
        "/token" => {
            let scope = crate::configuration::claims_of(&request.body).1["scope"].clone();
            match scope == "a:b" {
                true => crate::server::opaque_token(),
                false => {
                    answer("400 Bad Request", r#"{"error":"invalid_scope","error_uri":"https://x.no/errors/MP-200"}"#)
                }
            }
        }
        _ => answer("404 Not Found", "{}"),
    });
    let scope = "altinn:authentication/systemregister.write";
    let says = format!("skipped because there is no token for the scope `{scope}`: MP-200");
    assert_eq!(step(&server), json!(["skipped", says, []]));
}
