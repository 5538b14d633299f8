//! Can a server control the terminal? These tests cover each place that prints a server's text for a person. `--json`
//! is for programs, and is not tested here.

use serde_json::{Value, json};

use super::{acting, acts, is_soon_done};
use crate::program::{Run, program};
use crate::server::{Request, Server, json as answer, opaque_token, response};

/// Asserts that the output is harmless text and contains this part of the server's text.
#[track_caller]
fn is_text(run: &Run, expected: &str) {
    for out in [&run.out, &run.err] {
        assert!(!out.contains(|c| acts(c) && c != '\n'), "{out:?}");
    }
    assert!(run.out.contains(expected) || run.err.contains(expected), "{expected} is not in {run:?}");
}

/// The beginning of [`acting`]'s text, as it is printed.
const BEGINS: &str = "a\\u{0}ba\\u{1}b";

fn run(server: &Server, arguments: &str) -> Run {
    program(arguments).args("--env test").file("config/test.toml", server.vendor_configuration()).run()
}

/// Runs a command, also with `--verbose`, against a Maskinporten that issues tokens and an API with this answer.
#[track_caller]
fn prints(arguments: &str, api: impl Fn(&Request) -> String + Send + 'static, expected: &str) {
    let server = Server::with_token(api);
    is_text(&run(&server, arguments), expected);
    is_text(&run(&server, &format!("{arguments} --verbose")), expected);
}

#[test]
fn a_refused_grant_is_printed_as_text() {
    let acting = acting();
    let refusals = [
        json!({ "error": "invalid_grant", "error_description": acting, "error_uri": "https://a.no/errors/MP-124" }),
        json!({ "error": acting, "error_description": "b" }),
        json!({ "error": "b", "error_uri": acting }),
        json!({ "error": "b", "error_description": format!("c (trace_id: {acting})") }),
        Value::from(acting.as_str()),
    ];
    for refusal in refusals.map(|refusal| refusal.to_string()).into_iter().chain([acting]) {
        for status in ["400 Bad Request", "503 Service Unavailable"] {
            let body = refusal.clone();
            let server = Server::start(move |_| answer(status, &body));
            // A body that is not a JSON string is quoted unchanged; JSON already escapes its control characters.
            let run = run(&server, "token");
            is_text(&run, "\\u");
            assert!(run.code == 4 || run.code == 6, "{run:?}");
        }
    }
}

#[test]
fn a_token_and_its_claims_are_printed_as_text() {
    let token = |scope: String, claims: Value| {
        use base64::Engine;
        let part = |text: String| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        let token = format!(
            "{}.{}.{}",
            part(json!({ "alg": acting() }).to_string()),
            part(claims.to_string()),
            part("s".repeat(256))
        );
        answer(
            "200 OK",
            &json!({ "access_token": token, "token_type": "Bearer", "expires_in": 119, "scope": scope }).to_string(),
        )
    };
    let details = json!([{ "type": "urn:altinn:systemuser", "systemuser_org": { "ID": acting() }, "systemuser_id": [acting()],
        "system_id": acting() }]);
    let claims =
        json!({ "iss": acting(), "consumer": { "ID": acting() }, "authorization_details": details, "exp": acting() });
    for arguments in ["token --verbose", "call systemuserinfo --verbose", "doctor"] {
        let (scope, claims) = (acting(), claims.clone());
        let server = Server::start(move |request| match request.target.as_str() {
            "/token" => token(scope.clone(), claims.clone()),
            "/jwk" => answer("200 OK", r#"{"keys":[]}"#),
            _ => answer("200 OK", "{}"),
        });
        let run = run(&server, arguments);
        for out in [&run.out, &run.err] {
            assert!(!out.contains(|c| acts(c) && c != '\n'), "{out:?}");
        }
        assert!(format!("{}{}", run.out, run.err).contains("\\u{"), "{run:?}");
    }
}

#[test]
fn an_apis_refusal_is_printed_as_text() {
    let acting = acting();
    let problems = [
        json!({ "code": acting, "title": acting }),
        json!({ "title": "b", "detail": acting }),
        json!({ "title": "b", "errors": { acting.as_str(): [acting], "c": acting } }),
        json!({ "code": "STD-00000", "validationErrors": [{ "code": acting, "title": acting, "paths": [acting] }] }),
        json!({ "code": "AUTH-00001", "title": "b", acting.as_str(): acting, "c": [acting], "d": { acting.as_str(): 1 } }),
        Value::from(acting.as_str()),
    ];
    for problem in problems {
        for arguments in ["call systemuserinfo", "call orders", "request list", "system show"] {
            let body = problem.to_string();
            prints(arguments, move |_| response("400 Bad Request", "application/problem+json", &body), BEGINS);
        }
    }
    for status in ["400 Bad Request", "500 Internal Server Error"] {
        let body = acting.clone();
        prints("call orders", move |_| response(status, "text/plain", &body), BEGINS);
    }
}

#[test]
fn headers_are_printed_as_text() {
    // HTTP does not allow ASCII control characters in headers.
    let acting = acting();
    let acting = &acting[acting.find("a\u{80}b").unwrap()..];
    let acting: String = acting.chars().filter(|c| !c.is_ascii_control()).collect();
    for (status, name) in [("302 Found", "Location"), ("401 Unauthorized", "WWW-Authenticate")] {
        let head = format!("HTTP/1.1 {status}\r\n{name}: {acting}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        prints("call orders", move |_| head.clone(), "a\\u{80}b");
    }
}

#[test]
fn altinns_documents_are_printed_as_text() {
    let words = json!({ "nb": acting(), acting(): acting() });
    let system = json!({
        "systemId": acting(), "id": acting(), "vendor": { "ID": acting() }, "name": words, "description": words,
        "systemVendorOrgNumber": acting(), "rights": [{ "action": acting(), "resource": [{ "id": acting(), "value": acting() }] }],
        "accessPackages": [{ "urn": acting() }], "clientId": [acting()], "isVisible": true, "isDeleted": false,
        "allowedRedirectUrls": [acting()],
    });
    let request = json!({
        "id": acting(), "systemId": acting(), "partyOrgNo": acting(), "externalRef": acting(), "rights": system["rights"],
        "accessPackages": system["accessPackages"], "status": acting(), "confirmUrl": acting(), "created": acting(),
    });
    let user = json!({
        "id": acting(), "systemId": acting(), "reporteeOrgNo": acting(), "externalRef": acting(), "userType": acting(),
        "integrationTitle": acting(), "created": acting(),
    });
    let change_request = json!({
        "id": acting(), "systemId": acting(), "systemUserId": acting(), "partyOrgNo": acting(), "externalRef": acting(),
        "requiredRights": system["rights"], "unwantedRights": system["rights"], "status": acting(),
        "requiredAccessPackages": system["accessPackages"], "unwantedAccessPackages": system["accessPackages"],
        "confirmUrl": acting(),
    });
    let change =
        json!({ "created": acting(), "changeType": acting(), "changedByOrgNumber": acting(), "clientId": acting() });
    let page = |item: &Value| json!({ "links": {}, "data": [item] });
    let party = json!({
        "partyUuid": acting(), "name": acting(), "organizationNumber": acting(), "type": acting(),
        "authorizedAccessPackages": [acting()], "authorizedResources": [acting()],
    });
    let read = [
        ("system list", json!([system])),
        ("system show", system.clone()),
        ("system log", json!([change])),
        ("request list", page(&request)),
        ("request status 00000000-0000-4000-8000-000000000001", request.clone()),
        ("request create 312600757 --right a", request),
        ("request list --change", page(&change_request)),
        ("request status 00000000-0000-4000-8000-000000000001 --change", change_request),
        ("user list", page(&user)),
        ("user find 210493352", user),
        ("user access", page(&party)),
        // The rights are part of the error.
        ("user access --package other", page(&party)),
    ];
    for (arguments, document) in read {
        let answers = |body: String| {
            move |request: &Request| match request.target.ends_with("/exchange/maskinporten") {
                true => answer("200 OK", crate::faults::token()),
                false => answer("200 OK", &body),
            }
        };
        prints(arguments, answers(document.to_string()), BEGINS);
        // The same texts in a document of another kind.
        prints(arguments, answers(json!([[acting()]]).to_string()), "\\u");
    }
}

#[test]
fn documents_of_the_reference_apis_and_of_maskinporten_are_printed_as_text() {
    let info = json!({ "systemuser_org": { "ID": acting() }, "systemuser_id": [acting()], "system_id": acting() });
    let goods = json!({ "status": acting(), "shipmentStatus": acting(), "createTime": acting() });
    for (arguments, document) in [
        ("call systemuserinfo", info),
        ("call logistics 312600757", goods),
        ("call salary 312600757", json!({ "salaryStatus": acting() })),
    ] {
        prints(arguments, move |_| answer("200 OK", &document.to_string()), BEGINS);
    }
    let metadata = json!({
        "issuer": acting(), "token_endpoint": acting(), "jwks_uri": acting(),
        "token_endpoint_auth_signing_alg_values_supported": [acting()], "authorization_details_types_supported": [acting()],
    });
    let not_said = json!({ "issuer": [acting()] });
    for document in [metadata, not_said] {
        let server = Server::start(move |request| match request.target.as_str() {
            "/token" => opaque_token(),
            _ => answer("200 OK", &document.to_string()),
        });
        is_text(&run(&server, "doctor"), "\\u");
    }
}

#[test]
fn errors_about_published_keys_are_printed_as_text() {
    let server = Server::start(|_| answer("200 OK", &json!([acting()]).to_string()));
    let token = format!("eyJhbGciOiJSUzI1NiJ9.e30.{}", "A".repeat(342));
    let run = program("inspect --verify --env test").arg(token).file("config/test.toml", server.configuration()).run();
    is_text(&run, "\\u");
    assert_eq!(run.code, 6, "{run:?}");
}

/// The columns of a list are aligned. A long text must not panic (Rust's formatter pads to 65,535 at most) and must not
/// make the other lines as long.
#[test]
fn a_long_text_in_a_list_is_printed_completely_and_the_other_lines_stay_short() {
    let user =
        |nth: usize, title: &str| json!({ "id": nth.to_string(), "integrationTitle": title, "externalRef": title });
    let long = "x".repeat(100_000);
    let mut users: Vec<Value> = (0..5_000).map(|nth| user(nth, "short")).collect();
    users.push(user(5_000, &long));
    let body = json!({ "links": {}, "data": users }).to_string();
    let server = Server::with_token(move |_| answer("200 OK", &body));
    let run = is_soon_done(|| run(&server, "user list"));
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!((run.out.lines().count(), run.out.matches(&long).count()), (5_002, 2));
    let lines = run.out.lines().filter(|line| line.ends_with("short"));
    let longest = lines.map(|line| line.len()).max();
    assert!(longest.is_some_and(|longest| longest < 100), "{longest:?}");
}

/// A refusal also lists the user's own values in aligned columns.
#[test]
fn a_refusal_of_very_many_scopes_is_printed() {
    let server = Server::start(|_| {
        answer(
            "400 Bad Request",
            r#"{"error":"invalid_scope","error_description":"no","error_uri":"https://a.no/errors/MP-200"}"#,
        )
    });
    let scopes = (0..10_000).map(|nth| format!("scope:{nth}")).collect::<Vec<_>>().join(" ");
    let file = server.configuration().replace("scope = \"a:b\"", &format!("scope = \"{scopes}\""));
    let run = program("token --env test").file("config/test.toml", file).run();
    assert_eq!(run.code, 4, "{}", run.err);
    assert!(run.err.contains("scope:9999  (config/test.toml)\n"), "{}", &run.err[run.err.len() - 500..]);
}
