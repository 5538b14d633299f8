//! Is a wrong clock detected, and distinguished from other causes of a refusal?

use chrono::{TimeDelta, Utc};
use systemuser_demo::sandbox::SandboxOptions;

use crate::program::{Program, Run, program};
use crate::server::{Server, response, sandbox};

const SANDBOX_NOTE: &str = "note: using the sandbox at http://127.0.0.1:PORT/; nothing leaves this machine\n";

fn with_clock_ahead(seconds: i64, arguments: &str) -> Program {
    let conditions = SandboxOptions { clock_ahead: TimeDelta::seconds(seconds), ..SandboxOptions::default() };
    program(arguments).var("SYSTEMUSER_SANDBOX", sandbox(conditions))
}

/// `Date` has whole seconds, so a difference may appear one second longer or shorter.
fn rounded(run: Run) -> Run {
    let err = ["1 min 29 s", "1 min 31 s"].iter().fold(run.err, |err, near| err.replace(near, "1 min 30 s"));
    let now = Utc::now().format("%Y-%m-%d").to_string();
    // The current time differs between runs.
    let err = match err.split_once(&format!("this clock  {now} ")) {
        Some((before, after)) => format!("{before}this clock  NOW{}", &after["12:00:00 UTC".len()..]),
        None => err,
    };
    Run { err, ..run }
}

#[test]
fn a_clock_90_s_slow_still_gets_its_token_and_a_warning() {
    let run = rounded(with_clock_ahead(90, "token").run());
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(run.out.trim_end().split('.').count(), 3);
    assert_eq!(
        crate::program::without_chance(&run.err),
        format!(
            "{SANDBOX_NOTE}warning: this machine's clock is 1 min 30 s behind Maskinporten's: set the clock, \
             preferably with NTP\n"
        )
    );
    let run = rounded(with_clock_ahead(90, "call salary").run());
    run.succeeds("status  Paid\namount  1337\n");
    assert_eq!(run.err.matches("warning: ").count(), 1, "{}", run.err);
}

#[test]
fn a_command_that_gets_several_tokens_warns_once() {
    for command in [
        "user access",
        "request change 210493352 --add-package veitransport",
        "scope check altinn:systembruker.demo",
        "doctor --api salary --org 310904473",
    ] {
        let run = with_clock_ahead(90, command).run();
        let printed = format!("{}{}", run.out, run.err);
        assert_eq!(printed.matches("warning: this machine's clock is").count(), 1, "{command}: {printed}");
    }
}

#[test]
fn a_clock_90_s_fast_is_refused_with_advice_to_set_it() {
    let run = rounded(with_clock_ahead(-90, "token").run());
    let refusal =
        run.err.replace("iat is 89 seconds", "iat is 90 seconds").replace("iat is 91 seconds", "iat is 90 seconds");
    Run { err: refusal, ..run }.fails(
        4,
        &format!(
            "{SANDBOX_NOTE}error: Maskinporten refused the grant: invalid_grant\n  \
             \"Invalid assertion. Issue time is after now: iat is 90 seconds ahead\"\n  \
             the grant was issued in the future, according to Maskinporten's clock\n    \
             this clock  NOW  (1 min 30 s ahead of Maskinporten's)\n\
             hint: this machine's clock is 1 min 30 s ahead of Maskinporten's: set the clock, preferably with NTP\n\
             note: trace id 00000000000000000000000000000001; from http://127.0.0.1:PORT/token\n"
        ),
    );
}

#[test]
fn a_clock_too_slow_for_any_grant_is_refused_with_advice_to_set_it() {
    let run = with_clock_ahead(600, "token").run();
    assert_eq!((run.code, run.out.as_str()), (4, ""));
    assert!(run.err.contains("MP-130 invalid_grant"), "{}", run.err);
    assert!(
        run.err.contains("\nhint: this machine's clock is 10 min behind Maskinporten's: set the clock"),
        "{}",
        run.err
    );
}

#[test]
fn another_refusal_also_mentions_a_wrong_clock() {
    let run = rounded(with_clock_ahead(90, "token --org 314168267").run());
    let hint = "\nhint: this machine's clock is 1 min 30 s behind Maskinporten's: set the clock, preferably with NTP\n";
    assert!(run.err.contains("MP-303") && run.err.contains(hint), "{}", run.err);
}

fn dated(status: &str, date: &str, body: &str) -> String {
    response(&format!("{status}\r\nDate: {date}"), "application/json", body)
}

fn http_date(ahead: i64) -> String {
    (Utc::now() + TimeDelta::seconds(ahead)).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

const TOKEN: &str = r#"{"access_token":"opaque-token","expires_in":119}"#;
const EXPIRED: &str = r#"{"error":"invalid_grant","error_description":"JWT has expired"}"#;

#[test]
fn a_difference_of_up_to_five_seconds_is_not_mentioned() {
    for (ahead, warnings) in [(0, 0), (3, 0), (-3, 0), (8, 1), (-8, 1)] {
        let server = Server::start(move |_| dated("200 OK", &http_date(ahead), TOKEN));
        let run = program("token --env test").file("config/test.toml", server.configuration()).run();
        assert_eq!(run.err.matches("warning: this machine's clock").count(), warnings, "{ahead}: {}", run.err);
        run.succeeds("opaque-token\n");
    }
}

#[test]
fn an_answer_with_a_missing_or_invalid_date_causes_no_clock_warning() {
    for date in ["", "yesterday", "Sun, 99 Nov 2026 08:49:37 GMT", "Mon, 31 Dec 262142 23:59:52 +0000"] {
        let server = Server::start(move |_| dated("200 OK", date, TOKEN));
        let run = program("token --env test").file("config/test.toml", server.configuration()).run();
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{date}");
        let server = Server::start(move |_| dated("400 Bad Request", date, EXPIRED));
        let run = program("token --env test").file("config/test.toml", server.configuration()).run();
        assert!(run.err.contains("(Maskinporten did not return its time)\n"), "{}", run.err);
        assert!(
            run.err.contains("hint: is this machine's clock slow? set the clock, preferably with NTP\n"),
            "{}",
            run.err
        );
    }
}

#[test]
fn the_time_of_a_failing_server_is_used_too() {
    let server = Server::start(|_| dated("503 Service Unavailable", &http_date(60), "{}"));
    let run = program("token --env test").file("config/test.toml", server.configuration()).run();
    assert!(run.err.starts_with("warning: this machine's clock is 1 min behind Maskinporten's"), "{}", run.err);
    assert_eq!((run.code, run.out.as_str()), (6, ""));
}

#[test]
fn refusals_about_time_are_reported_with_the_state_of_the_clock() {
    for words in [
        "iat is in the future",
        "Token expired",
        "Expiration time is before now",
        "Invalid JWT claim exp.",
        "JWT issued at a time in the future",
    ] {
        let body = format!(
            "{{\"error\":\"new_error\",\"error_description\":\"{words}\",\"error_uri\":\"https://x/errors/MP-777\"}}"
        );
        let server = Server::start(move |_| dated("400 Bad Request", &http_date(0), &body));
        let run = program("token --env test").file("config/test.toml", server.configuration()).run();
        assert!(run.err.contains("\n    this clock  "), "{}", run.err);
        assert!(
            run.err
                .contains("\nnote: this machine's clock agrees with Maskinporten's, so the clock is not the cause\n"),
            "{}",
            run.err
        );
    }
    let key = r#"{"error":"invalid_grant","error_description":"The registered key has expired"}"#;
    let server = Server::start(move |_| dated("400 Bad Request", &http_date(0), key));
    let run = program("token --env test").file("config/test.toml", server.configuration()).run();
    assert!(run.err.contains("\n  the registered key has expired: ") && !run.err.contains("this clock"), "{}", run.err);
}

#[test]
fn a_correct_clock_is_not_blamed() {
    let server = Server::start(|_| dated("400 Bad Request", &http_date(0), EXPIRED));
    let run = program("token --env test").file("config/test.toml", server.configuration()).run();
    assert!(run.err.contains("(within 5 s of Maskinporten's)\n"), "{}", run.err);
    let hints: Vec<&str> = run.err.lines().skip(4).collect();
    assert_eq!(
        hints[..2],
        [
            "hint: was the grant sent long after it was signed? sign a new grant; a grant is valid for at most 120 s \
             from its `iat`",
            "note: this machine's clock agrees with Maskinporten's, so the clock is not the cause",
        ]
    );
}
