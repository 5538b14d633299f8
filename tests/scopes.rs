//! Which scopes does the client have, who grants the others, and does the answer depend on the public catalogue?

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::configuration::claims_of;
use crate::faults::wire::Wire;
use crate::program::{Program, program, without_chance};
use crate::server::{Request, Server, empty, json as json_response, vendor_configuration};

const CATALOGUE: &str = "/api/v1/scopes/all";

/// A Maskinporten that refuses these scopes with these answers, and grants all others, and a self-service API with this
/// catalogue.
fn server(refused: &'static [(&'static str, &'static str)], catalogue: Value) -> Server {
    Server::start(move |request| match request.target.as_str() {
        "/token" => token_answer(request, refused),
        CATALOGUE if catalogue.is_null() => empty("404 Not Found"),
        CATALOGUE => json_response("200 OK", &catalogue.to_string()),
        other => panic!("{other}"),
    })
}

fn token_answer(request: &Request, refused: &[(&str, &str)]) -> String {
    let (_, claims) = claims_of(&request.body);
    let scope = claims["scope"].as_str().unwrap();
    match refused.iter().find(|(name, _)| *name == scope) {
        Some((_, "500")) => empty("500 Internal Server Error"),
        Some((_, refusal)) => json_response("400 Bad Request", refusal),
        None => {
            let token =
                format!(r#"{{"access_token":"opaque","token_type":"Bearer","expires_in":119,"scope":"{scope}"}}"#);
            json_response("200 OK", &token)
        }
    }
}

fn with(command: &str, server: &Server) -> Program {
    at(command, &server.url())
}

fn at(command: &str, url: &str) -> Program {
    let file = vendor_configuration(url).replace("[endpoints]\n", &format!("[endpoints]\nself_service = {url:?}\n"));
    program(command).args("--env test").file("config/test.toml", file)
}

const MP_100: &str =
    r#"{"error":"invalid_grant","error_description":"Unknown client","error_uri":"https://x/errors/MP-100"}"#;
const MP_200: &str = r#"{"error":"invalid_scope","error_description":"no","error_uri":"https://x/errors/MP-200"}"#;
const MP_250: &str = r#"{"error":"invalid_scope","error_description":"no","error_uri":"https://x/errors/MP-250"}"#;
const MP_250_OLDER: &str = r#"{"error":"forbidden","error_description":"no","error_uri":"https://x/errors/MP-250"}"#;
const MP_251: &str = r#"{"error":"forbidden","error_uri":"https://x/errors/MP-251",
    "error_description":"Consumer has not delegated the scope (trace_id: t1)"}"#;

#[test]
fn each_scope_is_requested_alone_and_once_with_a_plain_grant() {
    let server = server(&[], json!([{ "name": "a:b", "owner_orgno": "974761076", "at_max_age": 60 }]));
    let run = with("scope check", &server).var("SYSTEMUSER_SCOPE", "a:b c:d a:b").run();
    let expected = "\
        scope                                           result   owner      lifetime\n\
        a:b                                             granted  974761076  119 s\n\
        c:d                                             granted  -          119 s\n\
        altinn:authentication/systemregister.write      granted  -          119 s\n\
        altinn:authentication/systemuser.request.write  granted  -          119 s\n\
        altinn:authentication/systemuser.request.read   granted  -          119 s\n";
    run.succeeds(expected);
    assert_eq!(run.err, "");
    let mut scopes = Vec::new();
    for grant in server.grants() {
        let names: Vec<&String> = grant.as_object().unwrap().keys().collect();
        assert_eq!(names, ["aud", "scope", "iss", "exp", "iat", "jti"]);
        scopes.push(grant["scope"].as_str().unwrap().to_owned());
    }
    let expected: Vec<&str> = expected.lines().skip(1).map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(scopes.first().unwrap(), expected[0]);
    scopes.sort();
    let mut expected = expected.clone();
    expected.sort_unstable();
    assert_eq!(scopes, expected);
}

#[test]
fn the_scopes_of_configured_apis_are_checked_too() {
    let server = server(&[("orders:read", MP_200)], Value::Null);
    let api = "[api.more]\nurl = \"https://example.no/\"\nscope = \"orders:read a:b\"\n";
    let url = server.url();
    let file =
        server.vendor_configuration().replace("[endpoints]\n", &format!("[endpoints]\nself_service = {url:?}\n"));
    let run = program("scope check --env test --quiet").file("config/test.toml", format!("{file}{api}")).run();
    let scopes: Vec<&str> = run.out.lines().skip(1).map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!((run.code, scopes[0], scopes.len(), scopes[4]), (4, "a:b", 5, "orders:read"), "{}", run.out);
}

#[cfg(feature = "sandbox")]
#[test]
fn each_problem_has_its_own_advice() {
    let run = program("scope check --client-id e2f7a94b-0d35-4c68-b1f9-6a83d5c27e04")
        .args("altinn:systembruker.demo fjordlonn:ansatte.read altinn:authentication/systemuser.request.write")
        .args("skatteetaten:innrapporteringamelding nav:helseytelser/sykepenger openid skatteetaten:mvameldinginnsending foo:bar")
        .run();
    assert_eq!(
        (run.out.as_str(), run.code),
        (
            "scope                                           result                             owner      lifetime\n\
             altinn:systembruker.demo                        granted                            991825827  120 s\n\
             fjordlonn:ansatte.read                          granted                            -          300 s\n\
             altinn:authentication/systemuser.request.write  not on the client (MP-200)         991825827  120 s\n\
             skatteetaten:innrapporteringamelding            not granted (MP-250)               974761076  120 s\n\
             nav:helseytelser/sykepenger                     not on the client (MP-200)         889640782  120 s\n\
             openid                                          not a Maskinporten scope (MP-201)  991825827  120 s\n\
             skatteetaten:mvameldinginnsending               not on the client (MP-200)         974761076  120 s\n\
             foo:bar                                         not on the client (MP-200)         -          -\n",
            4
        )
    );
    assert_eq!(
        run.err,
        "note: using the built-in sandbox; nothing leaves this machine\n\
         error: Maskinporten refused 6 of 8 scopes\n\
         hint: add `altinn:authentication/systemuser.request.write` to the client in Maskinporten's self-service \
         portal; if the portal does not offer it, ask organisation 991825827, which owns the scope, to grant it to your \
         organisation\n\
         hint: ask organisation 974761076, which owns `skatteetaten:innrapporteringamelding`, to grant it to your \
         organisation in `sandbox`; the scope is already on the client\n\
         hint: add `nav:helseytelser/sykepenger` to the client in Maskinporten's self-service portal; it is open to \
         all organisations\n\
         hint: `openid` is for clients of type `idporten`, not for Maskinporten clients: request another scope\n\
         hint: `skatteetaten:mvameldinginnsending` is retired: ask organisation 974761076, which owns the scope, for \
         the scope that replaces it\n\
         hint: is `foo:bar` misspelled, or private? it is not in the catalogue of scopes, which lists no private \
         scopes; if it is private, ask its owner to grant it to your organisation, and add it to the \
         client in Maskinporten's self-service portal\n"
    );
}

#[test]
fn a_scope_that_is_not_granted_is_recognised_with_both_errors() {
    let server =
        server(&[("new:x", MP_250), ("old:x", MP_250_OLDER)], json!([{ "name": "new:x", "owner_orgno": "974761076" }]));
    let run = with("scope check new:x old:x", &server).run();
    assert_eq!(
        (without_chance(&run.err).as_str(), run.code),
        (
            "error: Maskinporten refused 2 of 2 scopes\n\
             hint: ask organisation 974761076, which owns `new:x`, to grant it to your organisation in \
             `test`; the scope is already on the client\n\
             hint: ask the owner of `old:x` to grant it to your organisation in `test`; the scope is already \
             on the client\n",
            4
        )
    );
    assert_eq!(run.out.matches("not granted (MP-250)").count(), 2, "{}", run.out);
}

#[test]
fn a_scope_that_is_not_maskinportens_is_explained_by_the_scope_or_by_the_client() {
    const MP_201: &str = r#"{"error":"invalid_scope","error_uri":"https://x/errors/MP-201"}"#;
    const NO_CODE: &str = r#"{"error":"invalid_scope"}"#;
    let entries = json!([
        { "name": "a:b", "allowed_integration_types": ["maskinporten", "idporten"] },
        { "name": "g:h", "owner_orgno": "run `this`" },
    ]);
    let server = server(&[("a:b", MP_201), ("openid", MP_201), ("e:f", NO_CODE), ("g:h", MP_250)], entries);
    let run = with("scope check a:b openid e:f g:h", &server).run();
    assert_eq!(
        (run.out.as_str(), run.err.as_str(), run.code),
        (
            "scope   result                             owner       lifetime\n\
             a:b     not a Maskinporten scope (MP-201)  -           -\n\
             openid  not a Maskinporten scope (MP-201)  -           -\n\
             e:f     not on the client                  -           -\n\
             g:h     not granted (MP-250)               run `this`  -\n",
            "error: Maskinporten refused 4 of 4 scopes\n\
             hint: was the client created for another integration type? a client's type cannot be changed, so create a \
             new client of type Maskinporten\n\
             hint: is `openid` a scope for end users? request one of the API's scopes for Maskinporten instead\n\
             hint: is `e:f` misspelled, or private? it is not in the catalogue of scopes, which lists no private \
             scopes; if it is private, ask its owner to grant it to your organisation, and add it to \
             the client in Maskinporten's self-service portal\n\
             hint: ask the owner of `g:h` to grant it to your organisation in `test`; the scope is already \
             on the client\n",
            4
        )
    );
}

#[test]
fn a_key_with_spaces_is_not_printed_as_scopes() {
    let server = server(&[], Value::Null);
    let run =
        with("scope check --verbose", &server).var("SYSTEMUSER_SCOPE", "sNfTrnYGyED6QZS5 vIIqQ9RQVqRIp2JR a:b").run();
    assert_eq!(run.code, 0, "{}", run.err);
    let all = run.out + &run.err;
    assert!(!all.contains("sNfTrnYG") && !all.contains("vIIqQ9RQ"), "{all}");
    assert_eq!(all.matches("\na text of 16 characters ").count(), 2, "{all}");
    // The other scopes have a prefix, which a key does not have.
    assert!(all.contains("\naltinn:authentication/systemregister.write      granted"), "{all}");
}

#[test]
fn without_the_catalogue_the_answer_says_less() {
    let server = server(&[("c:d", MP_200)], Value::Null);
    let run = with("scope check c:d", &server).run();
    assert_eq!(
        (run.out.as_str(), without_chance(&run.err).as_str(), run.code),
        (
            "scope  result                      owner  lifetime\n\
             c:d    not on the client (MP-200)  -      -\n",
            "note: cannot read the catalogue of scopes, so the owners are unknown: no usable response from \
             `http://127.0.0.1:PORT/api/v1/scopes/all`: status 404, without a catalogue of scopes\n\
             error: Maskinporten refused `c:d`\n\
             hint: add `c:d` to the client in Maskinporten's self-service portal; if the portal does not offer it, ask \
             its owner to grant it to your organisation\n",
            4
        )
    );
}

#[test]
fn an_error_of_the_client_as_a_whole_ends_the_check_at_once() {
    let server = Server::start(|_| json_response("400 Bad Request", MP_100));
    let run = with("scope check a:b c:d e:f", &server).run();
    let first = "error: Maskinporten refused the grant: MP-100 invalid_grant\n  \"Unknown client\"\n";
    assert!(run.code == 4 && run.out.is_empty() && run.err.starts_with(first), "{}", run.err);
    assert_eq!((server.requests().len(), run.err.matches("error: ").count()), (1, 1));
}

#[test]
fn a_refusal_for_another_reason_is_the_result_of_its_scope_once_a_scope_has_a_result() {
    let refused = &[("c:d", MP_251), ("e:f", MP_200), ("g:h", r#"{"error":"access_denied"}"#)];
    let server = server(refused, json!([{ "name": "c:d", "active": false, "owner_orgno": "974761076" }]));
    let run = with("scope check a:b c:d e:f g:h", &server).run();
    assert_eq!(
        (run.out.as_str(), run.err.as_str(), run.code),
        (
            "scope  result                      owner      lifetime\n\
             a:b    granted                     -          119 s\n\
             c:d    refused (MP-251)            974761076  -\n\
             e:f    not on the client (MP-200)  -          -\n\
             g:h    refused                     -          -\n",
            "error: Maskinporten refused 3 of 4 scopes\n  \
             `c:d`: refused (MP-251): \"Consumer has not delegated the scope\"\n  \
             `g:h`: refused: \"access_denied\"\n\
             hint: `c:d`: has the consumer not delegated the API to you, as its supplier, in Altinn? ask the consumer to \
             delegate it; a delegation in production does not apply in test\n\
             hint: is `e:f` misspelled, or private? it is not in the catalogue of scopes, which lists no private \
             scopes; if it is private, ask its owner to grant it to your organisation, and add it to \
             the client in Maskinporten's self-service portal\n",
            4
        )
    );
    let run = with("scope check e:f c:d --json", &server).run();
    let scopes = &serde_json::from_str::<Value>(&run.out).unwrap()["scopes"];
    let facts = ["scope", "result", "code", "error", "trace_id"].map(|name| scopes[1][name].as_str().unwrap());
    assert_eq!(facts, ["c:d", "refused", "MP-251", "Consumer has not delegated the scope", "t1"]);
    let advice = scopes[1]["advice"].as_str().unwrap();
    assert!(run.code == 4 && advice.starts_with("`c:d`: has the consumer not delegated the API"), "{advice}");
}

#[test]
fn a_refusal_of_the_first_scope_for_another_reason_is_explained_with_this_scope_alone() {
    let server = server(&[("c:d", MP_251)], Value::Null);
    let run = with("scope check c:d a:b", &server).run();
    let values = run.err.lines().filter(|line| line.starts_with("    "));
    let values: Vec<String> = values.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert!(run.err.starts_with("error: Maskinporten refused the grant: MP-251 forbidden\n"), "{}", run.err);
    assert_eq!(values, ["scope c:d (SCOPE)", "client id tests (config/test.toml)"]);
    assert_eq!((run.code, run.out.as_str(), server.requests().len()), (4, "", 1));
}

#[test]
fn at_most_three_grants_are_open_at_the_same_time() {
    // The grants that are open now, and the most that were open at the same time.
    let open = Arc::new((Mutex::new((0, 0)), Condvar::new()));
    let counted = open.clone();
    let server = Wire::answering(move |request| {
        if request.target == CATALOGUE {
            return empty("404 Not Found").into_bytes();
        }
        let (count, changed) = &*counted;
        // The first scope is asked alone.
        if claims_of(&request.body).1["scope"] != "a:b" {
            let mut open = count.lock().unwrap();
            *open = (open.0 + 1, open.1.max(open.0 + 1));
            changed.notify_all();
            // Waits for three grants, and then gives a fourth grant time to arrive.
            for (most, limit) in [(3, Duration::from_secs(20)), (4, Duration::from_millis(200))] {
                open = changed.wait_timeout_while(open, limit, |open| open.1 < most).unwrap().0;
            }
            open.0 -= 1;
        }
        token_answer(request, &[]).into_bytes()
    });
    let run = at("scope check a:b b:1 b:2 b:3 b:4 b:5", &server.url()).run();
    assert_eq!((run.code, open.0.lock().unwrap().1), (0, 3), "{}", run.err);
}

#[test]
fn a_scope_without_a_usable_response_outranks_a_refused_scope() {
    let server =
        server(&[("c:d", MP_200), ("e:f", "500")], json!([{ "name": "e:f", "active": false }, { "name": "c:d" }]));
    let run = with("scope check a:b c:d e:f --quiet", &server).run();
    assert_eq!(
        (run.out.as_str(), without_chance(&run.err).as_str(), run.code),
        (
            "scope  result                      owner  lifetime\n\
             a:b    granted                     -      119 s\n\
             c:d    not on the client (MP-200)  -      -\n\
             e:f    no usable response          -      -\n",
            "error: there is no usable response for 1 of 3 scopes\n  \
             `e:f`: no usable response from `http://127.0.0.1:PORT/token`: status 500\n\
             hint: add `c:d` to the client in Maskinporten's self-service portal; if the portal does not offer it, ask \
             its owner to grant it to your organisation\n",
            6
        )
    );
}

#[test]
fn a_retired_scope_that_the_client_has_is_a_warning() {
    let server = server(&[], json!([{ "name": "a:b", "active": false, "owner_orgno": "974761076" }]));
    let run = with("scope check a:b", &server).run();
    let warning = "warning: `a:b` is retired: ask organisation 974761076, which owns the scope, for the scope that \
                   replaces it\n";
    assert_eq!((run.code, run.err.as_str()), (0, warning));
}

#[test]
fn the_facts_are_the_same_in_json() {
    let entry = json!({
        "name": "c:d", "owner_orgno": "974761076", "accessible_for_all": "yes", "at_max_age": 60, "unknown": [1],
    });
    let server = server(&[("c:d", MP_250)], json!([entry]));
    let run = with("scope check c:d a:b --json", &server).run();
    let nothing = Value::Null;
    assert_eq!(
        serde_json::from_str::<Value>(&run.out).unwrap(),
        json!({ "scopes": [
            {
                "scope": "c:d", "result": "not_granted", "code": "MP-250", "error": "no", "trace_id": nothing,
                "expires_in": nothing,
                "catalogue": {
                    "name": "c:d", "description": nothing, "description#en": nothing, "active": nothing, "owner_orgno": "974761076",
                    "at_max_age": 60, "allowed_integration_types": nothing, "accessible_for_all": nothing,
                },
                "advice": "ask organisation 974761076, which owns `c:d`, to grant it to your organisation in \
                           `test`; the scope is already on the client",
            },
            {
                "scope": "a:b", "result": "granted", "code": nothing, "error": nothing, "trace_id": nothing,
                "expires_in": 119, "catalogue": nothing, "advice": nothing,
            },
        ] })
    );
    assert_eq!(run.code, 4);
}

#[test]
fn a_scope_with_a_space_or_a_comma_is_refused_before_anything_is_sent() {
    for scopes in ["a:b,c:d", "a:b, c:d", "a:b c:d", "a:b,", "a:b\u{a0}c:d"] {
        program("scope check a:b").arg(scopes).run().fails(
            2,
            &format!(
                "error: SCOPE: `{scopes}` is more than one scope\nhint: pass each scope as a separate argument: \
                 `systemuser-demo scope check SCOPE SCOPE`\n"
            ),
        );
    }
    program("scope check").arg("").run().fails(2, "error: SCOPE: the value is empty\n");
}

#[test]
fn the_catalogue_is_searched_without_a_key_or_a_client() {
    let catalogue = json!([
        { "name": "b:two", "description": "Andre\r\nlinje \u{1b}[2J", "owner_orgno": 974761076 },
        { "name": "a:one", "description": "Lønn og trekk", "owner_orgno": "974761076" },
        { "name": "c:old", "active": false, "description": "Gammel lønn", "description#en": "Old  wages" },
        { "description": "without a name" }, { "name": "with space" }, ["d:array"], "e:text", null,
    ]);
    let server = server(&[], catalogue);
    let file = format!("environment = \"test\"\n[endpoints]\nissuer = {0:?}\nself_service = {0:?}\n", server.url());
    let list = |arguments: &str| program("scope list --env test").args(arguments).file("config/test.toml", &file).run();
    list("").succeeds(
        "scope  owner      description\n\
         a:one  974761076  Lønn og trekk\n\
         b:two  -          Andre linje \\u{1b}[2J\n\
         c:old  -          retired: Old wages\n",
    );
    list("WAGES").succeeds("scope  owner  description\nc:old  -      retired: Old wages\n");
    list("LØNN").succeeds(
        "scope  owner      description\n\
         a:one  974761076  Lønn og trekk\n\
         c:old  -          retired: Old wages\n",
    );
    let names: Vec<Value> = serde_json::from_str(&list("A:ONE --json").out).unwrap();
    assert_eq!((names.len(), &names[0]["name"]), (1, &json!("a:one")));
    let none = list("nothing");
    none.succeeds("");
    assert_eq!(none.err, "note: the catalogue has no scope with `nothing` in its name or description\n");
    assert!(server.requests().iter().all(|request| request.target == CATALOGUE));
}

#[cfg(feature = "sandbox")]
#[test]
fn the_sandboxs_catalogue_is_in_norwegian_and_in_english() {
    for word in ["inntekt", "income"] {
        program("scope list").arg(word).run().succeeds(
            "scope                                 owner      description\n\
             skatteetaten:innrapporteringamelding  974761076  A-melding: reports on employment and income\n",
        );
    }
}

#[cfg(feature = "sandbox")]
#[test]
fn doctor_names_the_scope_that_is_missing() {
    let run = program("doctor --scope").arg("altinn:systembruker.demo skatteetaten:innrapporteringamelding").run();
    let step = "✗ token          Maskinporten refused the grant: MP-250 invalid_scope\n    \
        \"Consumer has not been granted access to the scope skatteetaten:innrapporteringamelding\"\n    \
        the scope is on the client, but its owner has not given your organisation access to it\n      \
        scope      altinn:systembruker.demo skatteetaten:innrapporteringamelding  (--scope)\n      \
        client id  7ee41fce-9f6e-4c32-8195-0fe2c1517f43                           (built in)\n      \
        `altinn:systembruker.demo`: granted\n      \
        `skatteetaten:innrapporteringamelding`: not granted (MP-250)\n    \
        hint: ask organisation 974761076, which owns `skatteetaten:innrapporteringamelding`, to grant it to your \
        organisation in `sandbox`; the scope is already on the client\n    \
        note: trace id ";
    assert!(run.code == 4 && run.out.contains(step), "{}", run.out);
}

#[cfg(all(unix, feature = "sandbox"))]
#[test]
fn the_hint_of_a_refused_scope_checks_the_scopes_of_the_grant() {
    let sandbox = crate::server::sandbox(Default::default());
    for (scope, refused) in
        [("foo:bar", "Maskinporten refused `foo:bar`"), ("openid foo:bar", "Maskinporten refused 2 of 2 scopes")]
    {
        let run = program("token --scope").arg(scope).var("SYSTEMUSER_SANDBOX", &sandbox).run();
        let command = run.err.split('`').find(|text| text.contains(" scope check "));
        let again = crate::program::in_a_new_terminal(command.unwrap_or_else(|| panic!("{}", run.err)));
        assert!(again.code == 4 && again.err.contains(&format!("error: {refused}\n")), "{}", again.err);
    }
}
