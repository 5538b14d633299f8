//! Does a successful command print the expected answer?

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::program::{Program, Run, program};
use crate::server::{Request, Server, json, opaque_token, response};

fn with(server: &Server, arguments: &str) -> Program {
    program(arguments).file("config/test.toml", server.configuration())
}

#[test]
fn an_opaque_token_is_accepted() {
    let server = Server::start(|_| opaque_token());
    with(&server, "token --env test").run().succeeds("opaque-token\n");
    let run = with(&server, "token --env test --json").run();
    assert_eq!(
        serde_json::from_str::<Value>(&run.out).unwrap(),
        serde_json::json!({"access_token": "opaque-token", "token_type": "Bearer", "expires_in": 119, "scope": "a:b"})
    );
    assert_eq!(run.err, "");
}

#[test]
fn the_token_request_is_a_form_with_two_fields() {
    let server = Server::start(|_| opaque_token());
    with(&server, "token --env test").run().succeeds("opaque-token\n");
    let request: Request = server.requests().remove(0);
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/token"));
    assert_eq!(request.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(request.header("accept"), Some("application/json"));
    let names: Vec<&str> = request.body.split('&').map(|field| field.split('=').next().unwrap()).collect();
    assert_eq!(names, ["grant_type", "assertion"]);
    assert!(request.body.starts_with("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&"));
}

#[test]
fn a_missing_token_type_means_bearer_and_unknown_members_are_ignored() {
    let server = Server::start(|_| json("200 OK", r#"{"access_token":"t","expires_in":5,"more":[{}]}"#));
    let run = with(&server, "token --env test --json").run();
    let answer: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(answer, serde_json::json!({"access_token": "t", "token_type": "Bearer", "expires_in": 5}));
}

#[test]
fn every_run_sends_a_new_grant_with_the_longest_lifetime() {
    let server = Server::start(|_| opaque_token());
    for _ in 0..2 {
        with(&server, "token --env test").run().succeeds("opaque-token\n");
    }
    let claims: Vec<Value> =
        server.requests().iter().map(|request| crate::configuration::claims_of(&request.body).1).collect();
    assert_ne!(claims[0]["jti"], claims[1]["jti"]);
    let jti = uuid::Uuid::parse_str(claims[0]["jti"].as_str().unwrap()).unwrap();
    assert_eq!(jti.get_version_num(), 4);
    assert_eq!(claims[0]["exp"].as_i64().unwrap() - claims[0]["iat"].as_i64().unwrap(), 120);
    let age = chrono::Utc::now().timestamp() - claims[0]["iat"].as_i64().unwrap();
    assert!((0..60).contains(&age), "{age}");
    let names: Vec<&String> = claims[0].as_object().unwrap().keys().collect();
    assert_eq!(names, ["aud", "scope", "iss", "exp", "iat", "jti", "authorization_details"]);
}

#[test]
fn json_from_a_configured_api_keeps_its_key_order_and_its_numbers() {
    let body = r#"{"z":1.10,"a":12345678901234567890123, "æ" :[ 1E2,-0.0,{},[ ],"\"}: [,"],"b":null}"#;
    let server = Server::with_token(move |_| json("200 OK", body));
    let pretty = [
        "{",
        "  \"z\": 1.10,",
        "  \"a\": 12345678901234567890123,",
        "  \"æ\": [",
        "    1e+2,",
        "    -0.0,",
        "    {},",
        "    [],",
        "    \"\\\"}: [,\"",
        "  ],",
        "  \"b\": null",
        "}\n",
    ]
    .join("\n");
    with(&server, "call orders --env test").run().succeeds(&pretty);
    with(&server, "call orders --env test --json").run().succeeds(&pretty);
}

#[test]
fn an_answer_that_is_not_json_is_printed_unchanged() {
    let server = Server::with_token(|_| response("200 OK", "text/csv", "a;b\r\n1;2\r\n"));
    with(&server, "call orders --env test").run().succeeds("a;b\r\n1;2\r\n");
}

/// Control characters (C0 and C1), a bidirectional override, an invisible character, a line separator, and a character
/// outside the Basic Multilingual Plane.
const DRAWING: &str = "\u{9b}31m\u{7f}\u{202e}\u{200b}\u{2028}\u{e0041}";

#[test]
fn json_from_servers_is_printed_with_the_same_values_and_cannot_control_a_terminal() {
    let answer = serde_json::json!({ "status": DRAWING, DRAWING: [DRAWING, "å\u{1b}[2J\n\t"] }).to_string();
    assert!(answer.contains('\u{9b}'));
    let api = answer.clone();
    let server = Server::with_token(move |_| json("200 OK", &api));
    let harmless = |arguments: &str, out: &str| {
        let drawing = |c: char| c != '\n' && systemuser_demo::client::sanitize::draws(c);
        assert!(!out.contains(drawing) && out.contains("\\u202e"), "{arguments}: {out}");
        serde_json::from_str::<Value>(out).unwrap()
    };
    let answer: Value = serde_json::from_str(&answer).unwrap();
    for arguments in ["call orders --env test", "call logistics --env test --json"] {
        let run = with(&server, arguments).run();
        assert_eq!(harmless(arguments, &run.out), answer);
        assert!(run.out.contains('å') && run.out.contains("\\udb40\\udc41"), "{}", run.out);
    }
    let system = crate::server::system().to_string().replace("Smart cloud", DRAWING);
    let server = Server::vendor(move |_| json("200 OK", &system));
    let vendor = program("system show --env test --json").file("config/test.toml", server.vendor_configuration());
    assert_eq!(harmless("system show", &vendor.run().out)["name"]["en"], DRAWING);
    let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
    let jwt = format!("{}.{}.{}", part("{}"), part(&format!("{{\"iss\":\"{DRAWING}\"}}")), part("signature"));
    let inspected = program("inspect --json").arg(jwt).run();
    assert_eq!(harmless("inspect", &inspected.out)["claims"]["iss"], DRAWING);
}

#[test]
fn an_invalid_command_line_cannot_control_a_terminal() {
    for arguments in [vec![DRAWING], vec!["token", "--env", DRAWING], vec!["key", "new", "--bits", DRAWING]] {
        let run = arguments.into_iter().fold(program(""), Program::arg).run();
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{}", run.err);
        assert!(!run.err.contains(|c| c != '\n' && systemuser_demo::client::sanitize::draws(c)), "{}", run.err);
        assert!(run.err.contains("\\u{9b}31m"), "{}", run.err);
    }
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs script, of util-linux; .ci/run has it"]
fn an_answer_that_is_not_json_cannot_control_a_terminal() {
    let server = Server::with_token(|_| response("200 OK", "text/csv", "a;\u{1b}[2Jb\r\n1\t2\u{202e}\r\n"));
    let run = Run::of(&mut with(&server, "call orders --env test").at_a_terminal());
    assert_eq!((run.out.as_str(), run.code), ("a;\\u{1b}[2Jb\r\n1\t2\\u{202e}\r\n", 0));
}

#[test]
fn json_that_would_be_mostly_indentation_is_printed_unchanged() {
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let server = Server::with_token({
        let deep = deep.clone();
        move |_| json("200 OK", &deep)
    });
    with(&server, "call orders --env test").run().succeeds(&deep);
}

#[test]
fn an_empty_answer_of_a_configured_api_is_reported() {
    let server = Server::with_token(|_| "HTTP/1.1 204 No Content\r\n\r\n".to_owned());
    let run = with(&server, "call orders --env test").run();
    run.succeeds("");
    assert_eq!(run.err, "note: the response is empty: status 204\n");
}

#[test]
fn the_org_is_inserted_into_the_url_and_queries_are_added() {
    let server = Server::with_token(|_| json("200 OK", "{}"));
    let run = with(&server, "call orders 310904473 --env test --query from=2026-01-01 --query").arg("q=a b&c=d").run();
    run.succeeds("{}\n");
    let request = server.requests().remove(1);
    assert_eq!(request.target, "/orders/310904473?from=2026-01-01&q=a+b%26c%3Dd");
    assert_eq!(request.header("authorization"), Some("Bearer opaque-token"));
}

#[test]
fn a_query_is_a_name_and_a_value() {
    for query in ["from", "=2026"] {
        let run = program("call orders --query").arg(query).run();
        run.fails(2, "error: --query: expected NAME=VALUE\n");
    }
}

#[test]
fn a_configured_api_uses_its_own_scope_unless_an_option_sets_another() {
    let server = Server::with_token(|_| json("200 OK", "{}"));
    let file = server.configuration() + "scope = \"orders:read\"\n";
    let asked = |program: Program| {
        program.file("config/test.toml", &file).run().succeeds("{}\n");
        let request = server.requests().into_iter().rfind(|request| request.target == "/token").unwrap();
        crate::configuration::claims_of(&request.body).1["scope"].as_str().unwrap().to_owned()
    };
    assert_eq!(asked(program("call orders --env test")), "orders:read");
    assert_eq!(asked(program("call orders --env test --scope x:y")), "x:y");
    assert_eq!(asked(program("call orders --env test").var("SYSTEMUSER_SCOPE", "v:w")), "v:w");
}

#[test]
fn an_org_is_a_usage_error_if_the_url_has_no_placeholder() {
    let server_less = "environment = \"test\"\n[api.fixed]\nurl = \"https://example.no/all\"\n";
    program("call fixed 210493352 --env test").file("config/test.toml", server_less).run().fails(
        2,
        "error: `fixed` does not take ORG: its URL has no `{org}`\n\
         hint: for usage, run `systemuser-demo call --help`\n",
    );
}

#[test]
fn an_unknown_api_is_reported_with_the_nearest_name() {
    let file = "environment = \"test\"\n[api.orders]\nurl = \"https://example.no/{org}\"\n";
    let unknown = |name: &str, hint: &str| {
        let run = program("call --env test").arg(name).file("config/test.toml", file).run();
        run.fails(2, &format!("error: API: `{name}` is not a known API\nhint: {hint}\n"));
    };
    unknown("SystemUserInfo", "did you mean `systemuserinfo`?");
    unknown("order", "did you mean `orders`?");
    unknown(
        "xyz",
        "the known APIs are systemuserinfo, logistics, salary, orders; add others as [api.NAME] tables in the \
         configuration file",
    );
}

#[test]
fn production_has_no_reference_api() {
    let run = program("call salary --env prod --org 991825827").run();
    run.fails(
        3,
        "error: `salary` is a reference API, but `prod` has no reference APIs\n\
         hint: add your API as an [api.NAME] table in the configuration file\n",
    );
}

#[test]
fn a_reference_api_is_printed_as_aligned_lines_even_with_null_values() {
    let server = Server::with_token(|request| match request.target.as_str() {
        "/api/SystemUserInfo" => {
            json("200 OK", r#"{"systemuser_org":{"ID":null},"systemuser_id":["u"],"system_id":"s"}"#)
        }
        _ => json("200 OK", r#"{"salaryStatus":null,"salaryAmount":1337.50}"#),
    });
    with(&server, "call systemuserinfo --env test").run().succeeds("system       s\nsystem user  u\nowner        -\n");
    with(&server, "call salary --env test").run().succeeds("status  -\namount  1337.50\n");
    let nothing = r#"{"systemuser_org":null,"systemuser_id":null,"system_id":null}"#;
    let server = Server::with_token(move |_| json("200 OK", nothing));
    with(&server, "call systemuserinfo --env test").run().succeeds("system       -\nsystem user  -\nowner        -\n");
}
