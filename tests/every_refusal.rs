//! Can the sandbox produce every documented refusal, and does the program explain each of them?

use systemuser_demo::explain;
use systemuser_demo::sandbox::{ForcedRefusal, SandboxOptions};

use crate::explain::MASKINPORTEN;
use crate::program::program;
use crate::server::{Server, json, sandbox};

#[test]
fn the_sandbox_can_produce_each_refusal() {
    let names: Vec<&str> = ForcedRefusal::all().iter().map(|specimen| specimen.name).collect();
    assert_eq!(names, MASKINPORTEN);
}

#[test]
fn each_refusal_is_explained_with_its_code_its_meaning_and_a_hint() {
    for name in MASKINPORTEN {
        let address = sandbox(SandboxOptions { refusal: ForcedRefusal::named(name), ..SandboxOptions::default() });
        let run = program("token").var("SYSTEMUSER_SANDBOX", &address).run();
        assert_eq!((run.code, run.out.as_str()), (4, ""), "{name}: {}", run.err);
        let lines: Vec<&str> = run.err.lines().collect();
        let entry = explain::of_code(name).unwrap();
        let coded = name.starts_with("MP-");
        // A code may occur with two OAuth errors.
        let is_first_line = |kind: &str| {
            let code = if coded { format!("{name} {kind}") } else { kind.to_owned() };
            lines[1] == format!("error: Maskinporten refused the grant: {code}")
        };
        assert!(entry.kind.split(" or ").any(is_first_line), "{}", run.err);
        assert!(lines[2].starts_with("  \""), "{name}: its own words: {}", lines[2]);
        assert_eq!(lines[3], format!("  {}", entry.meaning), "{name}");
        // The values that the refusal concerns, each with its source; a missing value is shown as `none`.
        let value_lines = lines.iter().filter(|line| line.starts_with("    ")).count();
        // The grant has a key id, and no certificate.
        let about = entry.about.iter().filter(|subject| **subject != explain::Subject::Certificate);
        assert_eq!(value_lines, about.count(), "{name}: {}", run.err);
        let about_clock = entry.about.contains(&explain::Subject::Clock);
        let first = &entry.causes[0];
        let complete = |command: &explain::Command| match command {
            explain::Command::Key(line) => format!("systemuser-demo {line}"),
            command => {
                format!("SYSTEMUSER_SANDBOX={} systemuser-demo {}", address.trim_end_matches('/'), command.line())
            }
        };
        let hint = match about_clock {
            true => "note: this machine's clock agrees with Maskinporten's, so the clock is not the cause".to_owned(),
            false => format!("hint: {}", first.line(complete)),
        };
        assert!(lines.contains(&hint.as_str()), "{name}: {}", run.err);
        let last = lines.last().unwrap();
        let page = if coded { format!("see {address}errors/{name}") } else { format!("from {address}token") };
        assert_eq!(*last, format!("note: trace id 00000000000000000000000000000001; {page}"));
    }
}

#[test]
fn an_invalid_refusal_name_or_number_is_refused() {
    program("sandbox --refuse MP-1").run().fails(
        2,
        &format!("error: --refuse: `MP-1` is not a known refusal; expected one of {}\n", MASKINPORTEN.join(", ")),
    );
    program("sandbox --clock-ahead x")
        .run()
        .fails(2, "error: --clock-ahead: expected a number of seconds from -31536000 to 31536000, found `x`\n");
}

#[test]
fn refusals_that_the_fixtures_cause_have_the_same_codes() {
    for (arguments, code) in [
        ("--client-id somebody", "MP-100 invalid_grant"),
        ("--kid sandbox-expired", "MP-121 invalid_grant"),
        ("--kid other", "invalid_grant"),
        ("--scope altinn:other", "MP-200 invalid_scope"),
        ("--scope openid", "MP-201 invalid_scope"),
        ("--scope skatteetaten:innrapporteringamelding", "MP-250 invalid_scope"),
        ("--org 314168267", "MP-303 invalid_altinn_customer_configuration"),
    ] {
        let run = program("token").args(arguments).run();
        let error = format!("error: Maskinporten refused the grant: {code}");
        assert_eq!((run.code, run.err.lines().nth(1)), (4, Some(error.as_str())), "{arguments}");
    }
}

#[test]
fn a_refusal_without_a_code_is_recognised_by_its_text() {
    for (words, meaning) in [
        ("Issue time is in the future", "the grant was issued in the future, according to Maskinporten's clock"),
        ("Invalid JWT claim aud.", "the grant's `aud` is not the issuer of this Maskinporten environment"),
        ("JWT has expired", "the grant has expired"),
        ("Unknown key identifier (kid) for client", "the client has no key with this key id"),
        (
            "Consumer has not been granted access to the scope",
            "the scope is on the client, but its owner has not given your organisation access to it",
        ),
    ] {
        let body = format!("{{\"error\":\"invalid_grant\",\"error_description\":\"Invalid assertion. {words}\"}}");
        let server = Server::start(move |_| json("400 Bad Request", &body));
        let run = program("token --env test").file("config/test.toml", server.configuration()).run();
        assert_eq!(run.err.lines().nth(2), Some(format!("  {meaning}").as_str()), "{}", run.err);
    }
}

#[test]
fn an_unknown_code_is_printed_unchanged() {
    let server = Server::start(|_| {
        json(
            "400 Bad Request",
            r#"{"error":"new_error","error_description":"Something new (trace_id: abc)","error_uri":"https://x/errors/MP-777"}"#,
        )
    });
    program("token --env test").file("config/test.toml", server.configuration()).run().fails(
        4,
        "error: Maskinporten refused the grant: MP-777 new_error\n  \"Something new\"\n\
         note: trace id abc; see https://x/errors/MP-777\n",
    );
}

#[test]
fn an_altinn_code_in_an_apis_refusal_is_explained() {
    let body = r#"{"type":"urn:altinn:error:AUTH-00011","title":"The system does not exist","status":404,"code":"AUTH-00011"}"#;
    let server = Server::with_token(move |_| json("404 Not Found", body));
    let run = program("call orders --env test").file("config/test.toml", server.configuration()).run();
    let entry = explain::of_code("AUTH-00011").unwrap();
    assert_eq!(run.code, 5);
    assert_eq!(run.err.lines().nth(1), Some(format!("  {}", entry.meaning).as_str()), "{}", run.err);
    let cause = &entry.causes[0];
    // The command works when it is pasted.
    let remedy = cause.remedy.text(|command| format!("systemuser-demo {} --env test", command.line()));
    assert!(run.err.contains(&format!("hint: {} {remedy}\n", cause.question)), "{}", run.err);
    assert!(!run.err.contains(" ENV"), "{}", run.err);
}
