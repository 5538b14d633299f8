//! Does the program print the right error for each format of Altinn's refusals?

use crate::program::{Run, program};
use crate::server::{Server, empty, json, nobody, response, vendor_configuration};

/// Runs a vendor's command with this answer from Altinn.
fn run(arguments: &str, answer: &str) -> Run {
    let server = Server::vendor_in_turn([answer.to_owned()]);
    program(arguments).arg("--env=test").file("config/test.toml", server.vendor_configuration()).run()
}

const CREATE: &str = "request create 210493352 --right demo";
const REQUESTS: &str = "http://127.0.0.1:PORT/authentication/api/v1/systemuser/request/vendor";
const SYSTEMS: &str = "http://127.0.0.1:PORT/authentication/api/v1/systemregister/vendor";

#[test]
fn a_problem_is_printed_with_its_code_text_meaning_and_hints() {
    let problem = r#"{"type":"urn:altinn:error:AUTH-00011","title":"The Id does not refer to a Registered System.","status":404,"code":"AUTH-00011","statusDescription":"Not Found"}"#;
    run("user list", &response("404 Not Found", "application/problem+json", problem)).fails(
        5,
        "error: `http://127.0.0.1:PORT/authentication/api/v1/systemuser/vendor/bysystem/991825827_smartcloud` \
         returned status 404: AUTH-00011 The Id does not refer to a Registered System.\n  Altinn did not find the \
         system, or it belongs to another vendor\n\
         hint: is the id misspelled, or is the system in the other environment? to see your systems, run \
         `systemuser-demo system list --env test`\n\
         hint: does the system belong to another vendor? only a client of the system's own vendor has access; the \
         token's `consumer` is the organisation that owns the client\n\
         hint: does your code expect status 400, as Altinn's documentation states? expect 404, or check the code \
         instead of the status\n",
    );
}

#[test]
fn the_older_form_has_its_text_in_detail() {
    let problem = r#"{"type":"https://tools.ietf.org/html/rfc9110#section-15.5.1","title":"Bad Request","status":400,"detail":"The combination of External Ids refer to an already created SystemUser","code":"AUTH-00004"}"#;
    let run = run(CREATE, &response("400 Bad Request", "application/problem+json", problem));
    let first = format!(
        "error: `{REQUESTS}` returned status 400: AUTH-00004 The combination of External Ids refer to an already \
         created SystemUser\n  \
         a system user for this customer, external reference and system already exists\n\
         hint: does the customer already have the system user you need? use it, with the same `externalRef` in the \
         grant: `systemuser-demo user find ORG --external-ref REF --env test` shows it\n"
    );
    assert!(crate::program::without_chance(&run.err).starts_with(&first), "{}", run.err);
    assert_eq!((run.code, run.out.as_str()), (5, ""));
}

#[test]
fn an_existing_system_user_of_the_other_kind_is_named_with_the_command_that_asks_for_a_second() {
    let exists = || {
        response("400 Bad Request", "application/problem+json", r#"{"status":400,"title":"no","code":"AUTH-00004"}"#)
    };
    let user = |kind: &str| json("200 OK", &format!(r#"{{"id":"1","userType":"{kind}"}}"#));
    let meaning = "AUTH-00004 no\n  a system user for this customer, external reference and system already exists\n";
    let usual = "hint: does the customer already have the system user you need? ";
    let agent = "request create 210493352 --agent --package lonn --external-ref a";
    let standard =
        "request create 210493352 --right demo --package lonn --title t --external-ref a --system 991825827_x";
    let run = |arguments: &str, found: String| {
        let server = Server::vendor_in_turn([exists(), found]);
        let run = program(arguments).arg("--env=test").file("config/test.toml", server.vendor_configuration()).run();
        let system = if arguments.contains("--system") { "991825827_x" } else { "991825827_smartcloud" };
        let query = format!("byquery?system-id={system}&orgno=210493352&external-ref=a systemuser.request.write");
        assert_eq!(server.calls()[1], format!("GET systemuser/vendor/{query}"));
        assert_eq!((run.code, server.calls().len()), (5, 2), "{}", run.err);
        run.err
    };
    let err = run(agent, user("standard"));
    let words = format!(
        "{meaning}  the existing system user is a standard system user, but this request is for an agent system user\n\
         hint: do you want an agent system user as well? choose another external reference, and run `systemuser-demo \
         request create 210493352 --agent --package lonn --external-ref REF --env test`\n{usual}"
    );
    assert!(err.contains(&words), "{err}");
    let err = run(standard, user("Agent"));
    let words = format!(
        "{meaning}  the existing system user is an agent system user, but this request is for a standard system user\n\
         hint: do you want a standard system user as well? choose another external reference, and run `systemuser-demo \
         request create 210493352 --right demo --package lonn --external-ref REF --title t --system 991825827_x \
         --env test`\n{usual}"
    );
    assert!(err.contains(&words), "{err}");
    let words = format!("{meaning}{usual}");
    for (arguments, found) in [
        (agent, user("agent")),
        (standard, user("standard")),
        (agent, user("new")),
        (agent, json("404 Not Found", "")),
        (agent, json("200 OK", "<html>")),
    ] {
        let err = run(arguments, found);
        assert!(err.contains(&words), "{err}");
    }
}

#[test]
fn validation_errors_are_printed_with_codes_paths_and_meanings() {
    let problem = r#"{"type":"urn:altinn:error:STD-00000","title":"One or more validation errors occurred.","status":400,"code":"STD-00000","validationErrors":[
        {"code":"AUTH.VLD-00004","title":"One or more of the clientid(s) already exists","paths":["/registersystemrequest/clientid"]},
        {"code":"AUTH.VLD-00003","title":"ResourceId does not exist in Resource Registry","paths":["/registersystemrequest/rights/resource","/rights/1"],"resource":"x"},
        {"code":"AUTH.VLD-99999","title":"something new"}]}"#;
    let system = crate::program::project_text("config/system.json");
    let server = Server::vendor_in_turn([response("400 Bad Request", "application/problem+json", problem)]);
    let program = program("system register s.json --env test").file("s.json", system);
    program.file("config/test.toml", server.vendor_configuration()).run().fails(
        5,
        &format!(
            "error: `{SYSTEMS}` returned status 400: STD-00000 One or more validation errors occurred.\n  \
             AUTH.VLD-00004 /registersystemrequest/clientid: One or more of the clientid(s) already exists\n    \
             a client id is in use by another system\n  \
             AUTH.VLD-00003 /registersystemrequest/rights/resource, /rights/1: ResourceId does not exist in Resource \
             Registry\n    \
             a right refers to a resource that is not in Altinn's resource registry\n  \
             AUTH.VLD-99999: something new\n\
             hint: is the Maskinporten client registered for another system? use a separate client for each system; \
             do not remove the client from the other system, because that system then gets no tokens\n\
             hint: is there a typo in the resource's name, or does it exist only in the other environment? look the \
             resource up in this environment's registry and copy its name into `value`\n\
             hint: is the resource an app? write it as `app_<org>_<app>`, with the app's owner and name\n"
        ),
    );
}

#[test]
fn aspnets_validation_errors_are_printed_by_field() {
    let problem = r#"{"type":"https://tools.ietf.org/html/rfc9110#section-15.5.1","title":"One or more validation errors occurred.","status":400,"errors":{"$.partyOrgNo":["The JSON value could not be converted."],"request":["The request field is required.","And more."]},"traceId":"00-abc-01"}"#;
    run(CREATE, &json("400 Bad Request", problem)).fails(
        5,
        &format!(
            "error: `{REQUESTS}` returned status 400: One or more validation errors occurred.\n  \
             $.partyOrgNo: The JSON value could not be converted.\n  \
             request: The request field is required.; And more.\n\
             note: trace id 00-abc-01\n"
        ),
    );
    let problem =
        r#"{"title":"One or more validation errors occurred.","status":400,"errors":{"return":["System not found"]}}"#;
    run("system delete --yes", &json("400 Bad Request", problem)).fails(
        5,
        &format!(
            "error: `{SYSTEMS}/991825827_smartcloud` returned status 400: One or more validation errors \
             occurred.\n  return: System not found\n\
             hint: is the id misspelled? to see your systems, run `systemuser-demo system list --env test`\n"
        ),
    );
}

#[test]
fn a_text_is_printed_the_same_bare_and_as_a_json_string() {
    for body in ["System with ID x already exists", "\"System with ID x already exists\""] {
        for kind in ["text/plain", "application/json"] {
            run(CREATE, &response("409 Conflict", kind, body))
                .fails(5, &format!("error: `{REQUESTS}` returned status 409: System with ID x already exists\n"));
        }
    }
}

#[test]
fn a_refusal_without_a_body_is_reported_with_its_status() {
    let run = |status| run("system list", &empty(status));
    run("401 Unauthorized").fails(
        5,
        &format!(
            "error: `{SYSTEMS}` returned status 401\n\
             hint: does Altinn's URL belong to the other environment? it must be the environment that issued the \
             token\n"
        ),
    );
    run("403 Forbidden").fails(
        5,
        &format!(
            "error: `{SYSTEMS}` returned status 403\n\
             hint: does the system belong to another vendor? only a client of the system's own vendor has access; the \
             token's `consumer` is the organisation that owns the client\n"
        ),
    );
    run("410 Gone").fails(5, &format!("error: `{SYSTEMS}` returned status 410\n"));
}

#[test]
fn any_404_for_a_system_user_hints_at_the_external_reference() {
    let beginning =
        "error: `http://127.0.0.1:PORT/authentication/api/v1/systemuser/vendor/byquery` returned status 404";
    let hints = |reference: &str, option: &str| {
        format!(
            "hint: was the system user requested with {reference}: Altinn looks up a system user by owner and external \
             reference\n\
             hint: is there a typo in the organisation number, or does the system user belong to another system or to \
             the other environment? `systemuser-demo user list --env test` lists the system's system users\n\
             hint: is the request not approved yet, or has the system user been deleted? check with \
             `systemuser-demo request status --org 210493352{option} --env test`\n"
        )
    };
    let without = hints("an external reference? pass that reference with --external-ref", "");
    let other = "another external reference, or without one? pass the same reference, or none";
    let other = hints(other, " --external-ref customer-42");
    let bare = r#"{"title":"Not Found","status":404,"traceId":"00-0af7651916cd43dd-01"}"#;
    for (answer, text, trace) in [
        (json("404 Not Found", bare), ": Not Found", "note: trace id 00-0af7651916cd43dd-01\n"),
        (empty("404 Not Found"), "", ""),
    ] {
        run("user find 210493352", &answer).fails(5, &format!("{beginning}{text}\n{without}{trace}"));
        run("user find 210493352 --external-ref customer-42", &answer)
            .fails(5, &format!("{beginning}{text}\n{other}{trace}"));
    }
    let coded = json("404 Not Found", r#"{"title":"x","status":404,"code":"AUTH-00011"}"#);
    let run = run("user find 210493352", &coded);
    assert!(run.err.contains(": AUTH-00011 x\n") && run.err.ends_with(&without), "{}", run.err);
}

#[test]
fn a_refused_new_token_is_not_replaced() {
    let server = Server::vendor_in_turn([empty("401 Unauthorized")]);
    let run = program("system list --env test").file("config/test.toml", server.vendor_configuration()).run();
    assert_eq!((run.code, server.calls().len(), server.grants().len()), (5, 1, 1));
}

#[test]
fn aspnets_bare_problem_is_printed_with_its_trace_id() {
    let problem = r#"{"type":"https://tools.ietf.org/html/rfc9110#section-15.5.5","title":"Not Found","status":404,"traceId":"00-0af7651916cd43dd-01"}"#;
    let id = "c48d1e6f-97b2-4c0a-a3d8-2b5f7e9a1c04";
    run(&format!("request status {id}"), &json("404 Not Found", problem)).fails(
        5,
        &format!(
            "error: `{REQUESTS}/{id}` returned status 404: Not Found\n\
             hint: is the id misspelled, or does it belong to the other environment? to see the existing ids, run \
             `systemuser-demo system list --env test` or `systemuser-demo user list --env test`\n\
             note: trace id 00-0af7651916cd43dd-01\n"
        ),
    );
    run("system show", &empty("404 Not Found")).fails(
        5,
        &format!(
            "error: `{SYSTEMS}/991825827_smartcloud` returned status 404\n\
             hint: is the id misspelled, is the system not registered yet, or is it in the other environment? to see \
             your systems, run `systemuser-demo system list --env test`\n"
        ),
    );
}

#[test]
fn other_members_of_a_problem_are_printed_with_their_names() {
    let problem = r#"{"type":"urn:altinn:error:AUTH-00064","title":"One or more AccessPackages are not delegable.","status":400,"code":"AUTH-00064","NotDelegablePackages":["urn:altinn:accesspackage:a","urn:altinn:accesspackage:b"],"nothing":null,"count":12345678901234567890,"nested":{"a":[1]}}"#;
    let run = run(CREATE, &json("400 Bad Request", problem));
    assert!(
        run.err.contains(
            "\n  NotDelegablePackages: urn:altinn:accesspackage:a, urn:altinn:accesspackage:b\n  \
             count: 12345678901234567890\n  nested: {\"a\":[1]}\nhint: "
        ),
        "{}",
        run.err
    );
    assert!(run.err.contains("AUTH-00064 One or more AccessPackages are not delegable.\n"), "{}", run.err);
    assert_eq!((run.code, run.out.as_str()), (5, ""));
}

#[test]
fn an_html_page_is_quoted_on_one_line() {
    let html = "<html>\r\n<body>\n  Access   denied by the firewall</body></html>";
    run(CREATE, &response("400 Bad Request", "text/html", html)).fails(
        5,
        &format!(
            "error: `{REQUESTS}` returned status 400: <html> <body> Access denied by the firewall</body></html>\n"
        ),
    );
    let body = "long.".repeat(1000);
    let first = format!("error: `{REQUESTS}` returned status 400: {}…\n", &body[..200]);
    run(CREATE, &response("400 Bad Request", "text/plain", &body)).fails(5, &first);
}

#[test]
fn json_of_an_unknown_form_is_quoted_unchanged() {
    for body in [r#"{"kode":1}"#, "[1, 2]", "42", "null", r#"{"title":5,"code":["x"]}"#, r#"{"errors":[],"detail":{}}"#]
    {
        run(CREATE, &json("400 Bad Request", body))
            .fails(5, &format!("error: `{REQUESTS}` returned status 400: {body}\n"));
    }
    // A member of an unexpected type does not hide the other members.
    let problem = r#"{"title":"no","code":7,"validationErrors":{"a":1},"errors":"x","status":"y"}"#;
    run(CREATE, &json("400 Bad Request", problem)).fails(5, &format!("error: `{REQUESTS}` returned status 400: no\n"));
    let problem = r#"{"title":"no","validationErrors":[7,{"code":"X-1","paths":"/a"},{"title":"t","paths":[1,"/b"]}]}"#;
    run(CREATE, &json("400 Bad Request", problem))
        .fails(5, &format!("error: `{REQUESTS}` returned status 400: no\n  X-1 /a\n  /b: t\n"));
}

#[test]
fn nothing_from_altinn_controls_the_terminal() {
    let evil = r"\u001b[2J\u0007\u202e\u009b";
    let problem = format!(
        r#"{{"title":"a{evil}","code":"b{evil}","validationErrors":[{{"code":"c{evil}","title":"d{evil}","paths":["e{evil}"]}}],"f{evil}":"g{evil}","errors":{{"h{evil}":["i{evil}"]}}}}"#
    );
    let item = format!(
        r#"{{"id":"a{evil}","status":"b{evil}","partyOrgNo":"c{evil}","externalRef":"d{evil}","created":"e{evil}","systemId":"f{evil}","confirmUrl":"g{evil}","name":{{"nb{evil}":"h{evil}"}},"systemVendorOrgName":"","integrationTitle":"j{evil}","userType":"k{evil}","reporteeOrgNo":"l{evil}","vendor":{{"ID":"m{evil}"}},"description":{{}},"clientId":["n{evil}"],"changeType":"o{evil}"}}"#
    );
    let change = item.replace(r#"["n"#, r#""n"#).replace(r#""],"changeType"#, r#"","changeType"#);
    let page = format!(r#"{{"links":{{}},"data":[{item}]}}"#);
    let runs = [
        run(CREATE, &json("400 Bad Request", &problem)),
        run(CREATE, &response("503 Service Unavailable", "text/plain", "\u{1b}[2J\u{202e}")),
        run(CREATE, &response("400 Bad Request", "text/plain", "\u{1b}[2J\u{9b}")),
        run(CREATE, &json("201 Created", &item)),
        run(CREATE, &json("200 OK", &item)),
        run("request status --org 210493352", &json("200 OK", &item)),
        run("request list", &json("200 OK", &page)),
        run("user list", &json("200 OK", &page)),
        run("user find 210493352", &json("200 OK", &item)),
        run("system show", &json("200 OK", &item)),
        run("system log", &json("200 OK", &format!("[{change}]"))),
        run(
            "system list",
            &json(
                "200 OK",
                &format!("[{}]", item.replace(r#""systemId""#, r#""other""#).replace(r#""id""#, r#""systemId""#)),
            ),
        ),
    ];
    let server = Server::vendor_in_turn([json("200 OK", &item), json("200 OK", r#"{"succeeded":true}"#)]);
    let file = crate::program::project_text("config/system.json");
    let update = program("system update s.json --allow-removing-client-ids --env test").file("s.json", file);
    let update = update.file("config/test.toml", server.vendor_configuration()).run();
    for (nth, Run { out, err, .. }) in runs.into_iter().chain([update]).enumerate() {
        let output = out + &err;
        let drawn = output.chars().find(|c| c.is_control() && *c != '\n' || *c == '\u{202e}');
        assert_eq!(drawn, None, "{nth}: {output}");
        assert!(output.contains("\\u{1b}"), "{nth}: {output}");
    }
}

#[test]
fn a_token_that_the_server_repeats_is_redacted() {
    let server = Server::vendor(|asked| {
        let bearer = asked.header("authorization").unwrap().trim_start_matches("Bearer ");
        json("400 Bad Request", &format!(r#"{{"title":"bad {bearer}","x":"{bearer}","code":"{bearer}"}}"#))
    });
    let run = program("system list --env test").file("config/test.toml", server.vendor_configuration()).run();
    assert!(!run.err.contains("token-1") && run.err.contains("[redacted]"), "{}", run.err);
}

/// Runs a command for which Maskinporten refuses the grant.
fn refused_grant(arguments: &str, body: &'static str) -> Run {
    let server = Server::start(move |_| json("400 Bad Request", body));
    program(arguments).arg("--env=test").file("config/test.toml", server.vendor_configuration()).run()
}

#[test]
fn a_missing_scope_is_refused_with_advice_to_order_it() {
    let body = r#"{"error":"invalid_scope","error_description":"Invalid scope (trace_id: 3566f7c2a0b94d6e8f1b2c3d4e5f02ca)","error_uri":"https://docs.digdir.no/errors/MP-200"}"#;
    for (command, scope) in [
        ("system list", "systemregister.write"),
        ("system show", "systemregister.write"),
        ("user list", "systemregister.write"),
        ("user find 210493352", "systemuser.request.write"),
        (CREATE, "systemuser.request.write"),
        ("request list", "systemuser.request.read"),
        ("request status --org 210493352", "systemuser.request.read"),
    ] {
        let scope = format!("altinn:authentication/{scope}");
        refused_grant(command, body).fails(
            4,
            &format!(
                "error: Maskinporten refused the grant: MP-200 invalid_scope\n  \"Invalid scope\"\n  \
                 the client does not have the scope; your organisation may already have access to it\n    \
                 scope      {scope}  (this command)\n    \
                 client id  {:<1$}  (config/test.toml)\n\
                 hint: ask Digdir for `{scope}`, and add it to the client in Maskinporten's self-service portal; see \
                 https://docs.altinn.studio/en/authorization/getting-started/systemuser\n\
                 hint: to check each scope, run `systemuser-demo scope check {scope} --env test`\n\
                 note: trace id 3566f7c2a0b94d6e8f1b2c3d4e5f02ca; see https://docs.digdir.no/errors/MP-200\n",
                "tests",
                scope.len()
            ),
        );
    }
}

#[test]
fn a_missing_system_user_is_explained_with_the_requested_values() {
    let body = r#"{"error":"invalid_altinn_customer_configuration","error_description":"MP-303"}"#;
    let run = refused_grant("token --exchange --external-ref customer-42", body);
    assert!(run.err.contains("MP-303"), "{}", run.err);
    for value in [
        "210493352",
        "customer-42  (--external-ref)",
        "was the system user requested with an external reference?",
        "system show --env test",
    ] {
        assert!(run.err.contains(value), "{value}: {}", run.err);
    }
    assert_eq!((run.code, run.out.as_str()), (4, ""));
}

#[test]
fn a_refused_or_unusable_exchange_prints_no_token() {
    let exchange = |answer: String| {
        let server = Server::with_token(move |_| answer.clone());
        program("token --exchange --env test").file("config/test.toml", server.vendor_configuration()).run()
    };
    let address = "http://127.0.0.1:PORT/authentication/api/v1/exchange/maskinporten";
    exchange(empty("401 Unauthorized")).fails(
        5,
        &format!(
            "error: `{address}` returned status 401\n\
             hint: does Altinn's URL belong to the other environment? it must be the environment that issued the \
             token\n"
        ),
    );
    exchange(response("400 Bad Request", "text/plain", "Invalid token provider: x"))
        .fails(5, &format!("error: `{address}` returned status 400: Invalid token provider: x\n"));
    let is_not = |body: &str, what: &str| {
        let run = exchange(json("200 OK", body));
        run.fails(6, &format!("error: no usable response from `{address}`: status 200, but not {what}\n"));
    };
    // 21 characters, and 65,537.
    let (short, long) = ("SECRET-of-21-letters+", "a".repeat(65_537));
    for body in [
        "",
        "SECRET",
        "\"SECRET\"",
        "{\"access_token\":\"SECRET\"}",
        "<html>SECRET</html>",
        "null",
        short,
        &long,
        "SECRET-of-22-letters+/ SECRET-of-22-letters+/",
        "SECRET-of-22-letters+/\nSECRET-of-22-letters+/",
        "SECRET-of-22-letters=+/",
        "SECRET,of,23,letters,+/",
        "[\"SECRET-of-22-letters+/\"]",
        "https://example.no/sign-in/SECRET",
        "SECRETæof-22-letters+/~",
        "======================",
    ] {
        is_not(body, "a token");
    }
    // A JWT that was cut off is no opaque token.
    for body in ["eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJTRUNSRVQi", "eyJhbGciOiJSUzI1NiJ9.e30.c2ln"] {
        is_not(body, "a token with a lifetime");
    }
}

#[test]
fn an_invalid_answer_is_not_a_success() {
    for (arguments, what) in [
        ("system list", "a list of systems"),
        ("system show", "a system"),
        ("system log", "a list of changes"),
        ("user find 210493352", "a system user"),
        (CREATE, "a request for a system user"),
    ] {
        for body in ["{\"x\":1}", "<html>sign in</html>", "[[]]", "null"] {
            let run = run(arguments, &json("200 OK", body));
            let check = if arguments == CREATE { CHECK } else { "" };
            let end = format!("`: status 200, but not {what}: {body}\n{check}");
            assert!(run.err.ends_with(&end), "{}", run.err);
            assert_eq!((run.code, run.out.as_str()), (6, ""));
        }
    }
}

/// The hint for a request that may have changed data.
const CHECK: &str = "hint: before you retry, check whether the server has carried out the request\n";

#[test]
fn an_unreadable_response_to_a_change_is_not_a_success_but_the_change_may_be_done() {
    let system = crate::program::project_text("config/system.json");
    let register = |answer: String| {
        let server = Server::vendor_in_turn([answer]);
        let program = program("system register s.json --env test").file("s.json", &system);
        program.file("config/test.toml", server.vendor_configuration()).run()
    };
    let page = response("200 OK", "text/html", "<html>sign in</html>");
    let object = register(json("200 OK", r#"{"error":"no"}"#));
    assert!(
        object.err.ends_with(&format!("but not the id of a system: {{\"error\":\"no\"}}\n{CHECK}")) && object.code == 6,
        "{}",
        object.err
    );
    let found = json("200 OK", r#"{"id":"7d6e1d3c-2f0b-4c3e-9b57-1f6a2c8d9e04","status":"New"}"#);
    let server = Server::vendor_in_turn([found, page.clone()]);
    let delete = program("request delete 7d6e1d3c-2f0b-4c3e-9b57-1f6a2c8d9e04 --env test");
    let delete = delete.file("config/test.toml", server.vendor_configuration()).run();
    assert_eq!((delete.code, delete.out.as_str()), (6, ""), "{}", delete.err);
    let unusable = "no usable response from";
    register(page.clone()).fails(
        6,
        &format!(
            "error: {unusable} `{SYSTEMS}`: status 200, but not the id of a system: <html>sign in</html>\n{CHECK}"
        ),
    );
    for (answer, body) in
        [(page, "<html>sign in</html>"), (json("200 OK", r#"{"succeeded":false}"#), r#"{"succeeded":false}"#)]
    {
        let err = format!("{unusable} `{SYSTEMS}/991825827_smartcloud`: status 200, but not a confirmation: {body}");
        let found = json("200 OK", &crate::server::system().to_string());
        let server = Server::vendor_in_turn([found, answer]);
        let delete = program("system delete --yes --env test").file("config/test.toml", server.vendor_configuration());
        delete.run().fails(6, &format!("error: {err}\n{CHECK}"));
    }
}

#[test]
fn impossible_values_are_reported_before_anything_is_sent() {
    let refused = |arguments: &str, code: i32, err: &str| {
        let file = vendor_configuration(&nobody());
        program(arguments).arg("--env=test").file("config/test.toml", file).run().fails(code, err);
    };
    let help = "hint: for usage, run `systemuser-demo request create --help`\n";
    let create = |options: &str| format!("request create 313790509 {options}");
    let nothing = "error: a request needs at least one --right or --package\n";
    refused(&create(""), 2, &format!("{nothing}{help}"));
    let nothing = "error: a request with --agent needs at least one --package\n";
    refused(&create("--agent"), 2, &format!("{nothing}{help}"));
    let package = "urn:altinn:accesspackage:x";
    refused(&create(&format!("--right {package}")), 2, &format!("error: --right: `{package}` belongs to --package\n"));
    let right = "urn:altinn:resource:x";
    refused(&create(&format!("--package {right}")), 2, &format!("error: --package: `{right}` belongs to --right\n"));
    for empty in ["--right=", "--right=urn:altinn:resource:", "--package=urn:altinn:accesspackage:"] {
        let option = empty.split('=').next().unwrap();
        refused(&create(empty), 2, &format!("error: {option}: the value is empty\n"));
    }
    for url in ["receipt", "javascript:alert(1)", "file:///x", "//example.no"] {
        let err = format!("error: --redirect-url: expected a URL such as https://example.no/receipt, found `{url}`\n");
        refused(&create(&format!("--right x --redirect-url {url}")), 2, &err);
    }
    let number = "error: ORG: `313790500` is not an organisation number: its check digit is wrong\n";
    refused("request create 313790500 --right x", 2, number);
    refused("user find 313790500", 2, number);
    for command in ["status", "delete"] {
        let ids = "hint: to see the existing ids, run `systemuser-demo request list --env test`\n";
        let none = "error: ID: `7d6e1d3c-2f0b` is not a request id; expected a UUID\n";
        refused(&format!("request {command} 7d6e1d3c-2f0b"), 2, &format!("{none}{ids}"));
    }
    refused(
        "request status 313790509",
        2,
        "error: ID: `313790509` is not a request id; expected a UUID\n\
         hint: to find a customer's request, run `systemuser-demo request status --org 313790509 --env test`\n",
    );
    let id = "6f8d0d1e-1111-4222-8333-444455556666";
    let url = format!("https://am.ui.altinn.no/accessmanagement/ui/systemuser/request?id={id}");
    refused(
        &format!("request status {url}"),
        2,
        &format!(
            "error: ID: `{url}` is not a request id; expected a UUID\n\
             hint: pass only the id, which is at the end: `{id}`\n"
        ),
    );
    refused(
        "request list --status newx",
        2,
        "error: --status: `newx` is not a status; expected one of New, Accepted, Rejected, Denied, Timedout; did \
         you mean `New`?\n",
    );
    let agent = program("request create 313790509 --agent --right x --package y").run();
    assert_eq!((agent.code, agent.out.as_str()), (2, ""));
    assert!(agent.err.starts_with("error: the argument '--agent' cannot be used with '--right <RESOURCE>'\n"));
}

#[test]
fn verbose_output_contains_neither_token_nor_grant() {
    for command in ["system list", "request list", CREATE, "user find 210493352", "token --exchange"] {
        let server = Server::vendor(|_| json("400 Bad Request", r#"{"title":"no"}"#));
        let program = program(command).args("--env test --verbose");
        let run = program.file("config/test.toml", server.vendor_configuration()).run();
        assert!(run.err.contains("response       400 in ") && !run.err.contains("token-1"), "{}", run.err);
        let form = server.requests()[0].body.clone();
        crate::secrets::shows_none(&run.err, &crate::secrets::pieces_of_jwt(form.split("assertion=").nth(1).unwrap()));
        crate::secrets::shows_none(&run.err, &crate::secrets::pieces_of_keys());
    }
}

#[test]
fn a_long_list_of_faults_is_shortened_and_no_cause_is_repeated() {
    let fault = |code: &str| format!(r#"{{"code":"{code}","title":"t"}}"#);
    let faults = [fault("AUTH.VLD-00003"), fault("AUTH.VLD-00004"), fault("AUTH.VLD-00003")].join(",");
    let others: String = (0..5000).map(|nth| format!(",\"x{nth}\":\"y\"")).collect();
    let problem = format!(r#"{{"code":"STD-00000","validationErrors":[{faults}]{others}}}"#);
    let run = run(CREATE, &json("400 Bad Request", &problem));
    assert!(run.err.lines().count() < 40, "{}", run.err.lines().count());
    let hints: Vec<&str> = run.err.lines().filter(|line| line.starts_with("hint: ")).collect();
    let mut once = hints.clone();
    once.sort_unstable();
    once.dedup();
    assert!(hints.len() == once.len() && hints.len() >= 2, "{hints:?}");
}
