//! Does `doctor` detect each step that can fail, and report only that step?

use chrono::{Days, Months, TimeDelta, Utc};
use serde_json::{Value, json};
use systemuser_demo::sandbox::SandboxOptions;

use crate::program::{Program, Run, data_text, program, project_text, without_chance};
use crate::server::{Request, Server, json as answer, nobody, response, sandbox};

const NOTE: &str = "note: using the built-in sandbox; nothing leaves this machine\n";

const CONFIGURATION: &str = "✓ configuration  built in, for sandbox\n";
const KEY: &str = "✓ key            PKCS#8 PEM, RSA, 2048 bits, key id sandbox-example (built in)\n";
const ORGANISATION: &str = "✓ organisation   210493352 (built in)\n";
const METADATA: &str = "✓ metadata       http://127.0.0.1:PORT/.well-known/oauth-authorization-server matches the \
                        configuration\n";
const CLOCK: &str = "✓ clock          within 5 s of Maskinporten's\n";
const SYSTEM: &str = "✓ system         `991825827_smartcloud` has the client id\n";
const TOKEN: &str = "✓ token          issued by Maskinporten, valid for 120 s\n";
const CLAIMS: &str = "✓ claims         system user d6a1d5a4-2d58-4b0f-9c3b-7e1f0c7a4e01 of 991825827_smartcloud; the \
                      signature is Maskinporten's\n";
const API: &str = "✓ api            systemuserinfo: status 200\n";

const STEPS: [&str; 9] =
    ["configuration", "key", "organisation", "metadata", "clock", "system", "token", "claims", "api"];

fn skipped(steps: &[&str], because: &str) -> String {
    steps.iter().map(|step| format!("- {step:<13}  skipped because {because}\n")).collect()
}

#[track_caller]
fn says(run: &Run, code: i32, out: &[&str]) {
    let near =
        ["1 min 29 s", "1 min 31 s"].iter().fold(without_chance(&run.out), |out, near| out.replace(near, "1 min 30 s"));
    assert_eq!((near.as_str(), run.code), (out.concat().as_str(), code), "{}", run.err);
}

/// A program with a sandbox configuration in which some texts are replaced.
fn with_sandbox_file(arguments: &str, changes: &[(&str, &str)]) -> Program {
    let mut file = project_text("config/sandbox.toml");
    for (from, to) in changes {
        assert!(file.contains(from), "{from}");
        file = file.replacen(from, to, 1);
    }
    program(arguments).file("config/sandbox.toml", file).file("mp-key.pem.example", project_text("mp-key.pem.example"))
}

#[test]
fn every_step_of_a_successful_run_is_printed() {
    let run = program("doctor").run();
    assert_eq!(run.err, NOTE);
    says(&run, 0, &[CONFIGURATION, KEY, ORGANISATION, METADATA, CLOCK, SYSTEM, TOKEN, CLAIMS, API]);
}

#[test]
fn a_broken_configuration_is_reported() {
    let run =
        program("doctor --env test --config c.toml").file("c.toml", "environment = \"test\"\nclientid = \"x\"\n").run();
    says(
        &run,
        3,
        &[
            "✗ configuration  c.toml line 2: `clientid` is not a known setting\n    hint: did you mean `client_id`?\n",
            &skipped(&STEPS[1..], "the configuration step failed"),
        ],
    );
    assert_eq!(run.err, "");
    let run = program("doctor --api nope").run();
    says(
        &run,
        2,
        &[
            "✗ configuration  --api: `nope` is not a known API\n    \
             hint: the known APIs are systemuserinfo, logistics, salary; add others as [api.NAME] tables in the \
             configuration file\n",
            KEY,
            ORGANISATION,
            METADATA,
            CLOCK,
            &skipped(&STEPS[5..], "the configuration step failed"),
        ],
    );
}

#[test]
fn a_missing_value_does_not_prevent_the_other_checks() {
    let run = with_sandbox_file("doctor", &[("client_id   = \"7ee41fce-9f6e-4c32-8195-0fe2c1517f43\"", "")]).run();
    let out = without_chance(&run.out);
    assert!(
        out.starts_with("✗ configuration  no client id: `config/sandbox.toml` has no `client_id`, and neither"),
        "{out}"
    );
    assert!(out.contains("✓ key ") && out.contains("✓ organisation ") && out.contains(METADATA), "{out}");
    assert!(out.ends_with(&skipped(&STEPS[5..], "the configuration step failed")) && run.code == 3, "{out}");
}

#[test]
fn values_of_the_shipped_example_are_reported() {
    let doctor = |options: &str, file: String| {
        let program = program("doctor --offline --env test").args(options).file("config/test.toml", file);
        let run = program.file("mp-key.pem", data_text("key.pkcs8.pem")).run();
        assert_eq!(run.code, 0, "{}", run.err);
        run.out.split("✓ key").next().unwrap().to_owned()
    };
    let shipped = crate::program::project_text("config/test.toml");
    let report = |lines: &str| {
        format!(
            "! configuration  config/test.toml, for test\n    \
             warning: these lines still have example values: {lines}\n    \
             hint: replace the values in `config/test.toml` with your own\n"
        )
    };
    let vendor = "20 ([vendor] org), 21 ([vendor] system_id), 22 ([vendor] redirect_url)";
    assert_eq!(
        doctor("", shipped.clone()),
        report(&format!("6 (client_id), 7 (scope), 8 (org), 14 ([key] kid), {vendor}"))
    );
    assert_eq!(doctor("--client-id c --scope s --org 310904473 --kid k", shipped.clone()), report(vendor));
    let own = shipped.replace(" * ", " ").replace("# *", "# own");
    assert_eq!(doctor("", own), "✓ configuration  config/test.toml, for test\n");
}

#[test]
fn a_broken_key_is_reported() {
    let run = program("doctor --key k.pem").file("k.pem", data_text("certificate.pem")).run();
    says(
        &run,
        3,
        &[
            CONFIGURATION,
            "✗ key            the key file `k.pem` is a certificate without its private key\n    \
             hint: the private key is often in a .p12 or .pfx file; specify that file as the key\n",
            ORGANISATION,
            METADATA,
            CLOCK,
            &skipped(&STEPS[5..], "the key step failed"),
        ],
    );
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_only_causes_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let program = program("doctor --offline --env test --client-id c --scope s --org 210493352 --kid k --key k.pem");
    let program = program.file("k.pem", data_text("key.pkcs8.pem"));
    std::fs::set_permissions(program.path("k.pem"), PermissionsExt::from_mode(0o644)).unwrap();
    says(
        &program.run(),
        0,
        &[
            "✓ configuration  no file, for test\n",
            "! key            PKCS#8 PEM, RSA, 2048 bits, key id k (--kid), mode 0644\n    \
             warning: the key file `k.pem` can be read by users other than its owner (mode 0644); to \
             restrict it, run `chmod 600 k.pem`\n",
            "✓ organisation   210493352 (--org)\n",
            &skipped(&STEPS[3..], "--offline is set"),
        ],
    );
}

#[test]
fn the_expiry_of_a_key_is_announced_30_days_before() {
    let today = Utc::now().date_naive();
    let key = |registered: chrono::NaiveDate| {
        let line = format!("kid  = \"sandbox-example\"\nregistered = {registered}");
        let run = with_sandbox_file("doctor --offline", &[("kid  = \"sandbox-example\"", &line)]).run();
        assert_eq!(run.code, 0, "{}", run.out);
        let lines: Vec<String> = run.out.lines().skip(1).take(2).map(str::to_owned).collect();
        (lines[0].chars().next().unwrap(), lines[1].trim().to_owned())
    };
    let again = "register the output of `systemuser-demo key public --set` again in Maskinporten's self-service \
                 portal or API, and set `registered` to the new date";
    let ends_in = |days: u64| today + Days::new(days) - Months::new(12);
    let year_of = |registered: chrono::NaiveDate| registered + Months::new(12);
    let far = ends_in(60);
    assert_eq!(key(far), ('✓', format!("note: registered until {}", year_of(far))));
    let near = ends_in(10);
    let days = (year_of(near) - today).num_days();
    assert_eq!(
        key(near),
        ('!', format!("warning: the key's registration ends on {}, in {days} d; {again}", year_of(near)))
    );
    let over = today - Months::new(14);
    assert_eq!(
        key(over),
        ('!', format!("warning: the key's registration ended on {}, so expect MP-121; {again}", year_of(over)))
    );
    let future = today + Days::new(3);
    assert_eq!(key(future), ('!', format!("warning: `registered` is {future}, which is in the future")));
    for wrong in ["\"2026-03-01\"", "2026-03-01T10:00:00Z", "10:00:00", "2026"] {
        let line = format!("kid  = \"sandbox-example\"\nregistered = {wrong}");
        let run = with_sandbox_file("token", &[("kid  = \"sandbox-example\"", &line)]).run();
        assert_eq!((run.code, run.out.as_str()), (3, ""), "{wrong}: {}", run.err);
        assert!(run.err.ends_with("expected a date such as 2026-03-01, without quotes\n"), "{wrong}: {}", run.err);
    }
}

#[test]
fn an_invalid_organisation_number_is_reported() {
    let run = program("doctor --org 210493353").run();
    says(
        &run,
        2,
        &[
            CONFIGURATION,
            KEY,
            "✗ organisation   --org: `210493353` is not an organisation number: its check digit is wrong\n",
            METADATA,
            CLOCK,
            &skipped(&STEPS[5..], "the organisation step failed"),
        ],
    );
    let run = with_sandbox_file("doctor --offline", &[("org          = \"991825827\"", "org = \"123456789\"")]).run();
    let line = "✗ organisation   config/sandbox.toml line 15: `123456789` is not an organisation number: its \
        check digit is wrong";
    assert_eq!((run.code, run.out.lines().nth(2)), (3, Some(line)), "{}", run.out);
}

#[test]
fn a_test_organisation_in_production_causes_a_warning() {
    let run = program("doctor --offline --env prod --client-id c --scope s --org 210493352 --kid k --key k.pem")
        .file("k.pem", data_text("key.pkcs8.pem"))
        .run();
    let out = "! organisation   210493352 (--org)\n    \
               warning: 210493352 (--org) is a test organisation number, but the environment is production\n";
    assert!(run.out.contains(out) && run.code == 0, "{}", run.out);
}

/// A Maskinporten with a changed metadata document.
fn with_metadata(change: impl Fn(&mut Value) + Send + 'static) -> Server {
    Server::start(move |request| {
        let base = format!("http://{}/", request.header("host").unwrap());
        let mut metadata = json!({
            "issuer": base,
            "token_endpoint": format!("{base}token"),
            "jwks_uri": format!("{base}jwk"),
            "token_endpoint_auth_signing_alg_values_supported": ["RS256", "RS384", "RS512"],
            "authorization_details_types_supported": ["urn:altinn:systemuser"],
        });
        change(&mut metadata);
        match request.target.as_str() {
            "/token" => crate::server::opaque_token(),
            "/api/SystemUserInfo" => answer("200 OK", r#"{"systemuser_id":null}"#),
            _ => answer("200 OK", &metadata.to_string()),
        }
    })
}

fn doctor_of(server: &Server) -> Run {
    program("doctor --env test").file("config/test.toml", server.configuration()).run()
}

#[test]
fn a_metadata_document_that_disagrees_is_reported() {
    let server = with_metadata(|metadata| {
        metadata["issuer"] = "https://test.maskinporten.no/".into();
        metadata["jwks_uri"] = "https://test.maskinporten.no/jwk".into();
        metadata["token_endpoint_auth_signing_alg_values_supported"] = json!(["ES256"]);
        metadata["authorization_details_types_supported"] = json!([]);
    });
    let run = doctor_of(&server);
    assert_eq!(run.code, 4, "{}", run.out);
    let out = without_chance(&run.out);
    let metadata = "✗ metadata       the document and the configuration differ\n    \
        issuer: the document has `https://test.maskinporten.no/`, but `http://127.0.0.1:PORT/` is used \
        (config/test.toml)\n    \
        JWK set URL: the document has `https://test.maskinporten.no/jwk`, but `http://127.0.0.1:PORT/jwk` is used \
        (config/test.toml)\n    \
        hint: if you trust the document, put its values under [endpoints] in the configuration file\n    \
        algorithm: the key signs with RS256, but the document lists ES256\n    \
        authorization details: urn:altinn:systemuser is requested, but the document lists none\n";
    assert!(out.contains(metadata), "{out}");
    // The other steps still run. The answers had no `Date`.
    let rest = "- clock          skipped because the response has no Date header\n\
                - system         skipped because there is no `system_id` under [vendor]\n\
                ✓ token          issued by Maskinporten, valid for 119 s\n\
                - claims         skipped because the token is opaque\n\
                ✓ api            systemuserinfo: status 200\n";
    assert!(out.ends_with(rest), "{out}");
}

#[test]
fn an_invalid_metadata_document_is_reported() {
    for (reply, what) in [
        (
            response("200 OK", "text/html", "<html>sign in</html>"),
            "status 200, but not a metadata document: <html>sign in</html>",
        ),
        (answer("200 OK", "[]"), "status 200, but not a metadata document: []"),
        (answer("404 Not Found", ""), "status 404, without a metadata document"),
    ] {
        let server = Server::start(move |request: &Request| match request.target.as_str() {
            "/token" => crate::server::opaque_token(),
            "/api/SystemUserInfo" => answer("200 OK", r#"{"systemuser_id":null}"#),
            _ => reply.clone(),
        });
        let run = doctor_of(&server);
        let out = without_chance(&run.out);
        let failed = format!(
            "✗ metadata       no usable response from `http://127.0.0.1:PORT/.well-known/oauth-authorization-server`: \
             {what}\n    hint: is the issuer wrong? check it, because the metadata document's URL is derived from it\n\
             - clock          skipped because the response has no Date header\n\
             - system         skipped because there is no `system_id` under [vendor]\n\
             ✓ token "
        );
        assert!(out.contains(&failed) && run.code == 4, "{out}");
    }
}

#[test]
fn a_silent_server_is_reported() {
    let address = nobody();
    let run = program("doctor").var("SYSTEMUSER_SANDBOX", &address).run();
    says(
        &run,
        6,
        &[
            CONFIGURATION,
            KEY,
            ORGANISATION,
            "✗ metadata       cannot connect to `http://127.0.0.1:PORT/.well-known/oauth-authorization-server`: \
             Connection refused\n    hint: is no sandbox running there? start one with `systemuser-demo sandbox \
             --port PORT`\n",
            &skipped(&STEPS[4..], "the metadata step failed"),
        ],
    );
}

fn with_clock_ahead(seconds: i64) -> Run {
    let conditions = SandboxOptions { clock_ahead: TimeDelta::seconds(seconds), ..SandboxOptions::default() };
    program("doctor").var("SYSTEMUSER_SANDBOX", sandbox(conditions)).run()
}

#[test]
fn a_slow_clock_causes_a_warning_while_grants_are_still_accepted() {
    let clock = "! clock          1 min 30 s behind Maskinporten's\n    \
                 warning: this machine's clock is 1 min 30 s behind Maskinporten's: set the clock, preferably with \
                 NTP\n";
    let run = with_clock_ahead(90);
    let run = Run {
        out: run
            .out
            .replace("clock is 1 min 29 s", "clock is 1 min 30 s")
            .replace("clock is 1 min 31 s", "clock is 1 min 30 s"),
        ..run
    };
    says(&run, 0, &[CONFIGURATION, KEY, ORGANISATION, METADATA, clock, SYSTEM, TOKEN, CLAIMS, API]);
}

#[test]
fn a_wrong_clock_is_reported() {
    for (ahead, words) in [(-90, "1 min 30 s ahead of"), (600, "10 min behind")] {
        let clock = format!(
            "✗ clock          {words} Maskinporten's\n    \
             hint: set the clock, preferably with NTP: Maskinporten would refuse every grant\n"
        );
        let run = with_clock_ahead(ahead);
        let run = Run { out: run.out.replace("9 min 59 s", "10 min").replace("10 min 1 s", "10 min"), ..run };
        let rest = skipped(&STEPS[5..], "the clock step failed");
        says(&run, 4, &[CONFIGURATION, KEY, ORGANISATION, METADATA, &clock, &rest]);
    }
}

#[test]
fn a_refused_grant_is_reported() {
    let run = program("doctor --scope altinn:other").run();
    says(
        &run,
        4,
        &[
            CONFIGURATION,
            KEY,
            ORGANISATION,
            METADATA,
            CLOCK,
            SYSTEM,
            "✗ token          Maskinporten refused the grant: MP-200 invalid_scope\n    \
             \"Token request contains invalid scopes for client, altinn:other\"\n    \
             the client does not have the scope; your organisation may already have access to it\n      \
             scope      altinn:other                          (--scope)\n      \
             client id  7ee41fce-9f6e-4c32-8195-0fe2c1517f43  (built in)\n    \
             hint: is `altinn:other` misspelled, or private? it is not in the catalogue of scopes, which lists no \
             private scopes; if it is private, ask its owner to grant it to your organisation, and add \
             it to the client in Maskinporten's self-service portal\n    \
             note: trace id 00000000000000000000000000000001\n",
            &skipped(&STEPS[7..], "the token step failed"),
        ],
    );
}

#[test]
fn a_token_that_differs_from_the_request_is_reported() {
    let run = with_sandbox_file(
        "doctor",
        &[("org          = \"991825827\"", "org = \"974761076\""), ("\"991825827_smartcloud\"", "\"974761076_other\"")],
    )
    .run();
    // The step for the system in the System Register fails first.
    assert_eq!(run.code, 5, "{}", run.out);
    assert!(run.out.contains("✗ system         `") && run.out.contains("status 404: Not Found\n"), "{}", run.out);
    let claims = "✗ claims         the token does not match the request\n    \
                  system: `974761076_other` is configured (config/sandbox.toml), but the token has \
                  `991825827_smartcloud`\n    \
                  consumer: `974761076` is configured (config/sandbox.toml), but the token has `991825827`\n\
                  ✓ api            systemuserinfo: status 200\n";
    assert!(run.out.ends_with(claims), "{}", run.out);
}

#[test]
fn every_claim_is_compared() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let server = Server::start(|request| {
        let base = format!("http://{}/", request.header("host").unwrap());
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let user = json!({
            "type": "urn:altinn:systemuser", "systemuser_org": { "ID": "0192:310904473" },
            "systemuser_id": ["a", "b"], "system_id": "s",
        });
        let claims = json!({
            "authorization_details": [user], "scope": "x:y", "iss": "https://maskinporten.no/", "client_id": "else",
            "iat": 1_700_000_000, "exp": 4_000_000_000_u64, "consumer": {},
        });
        let token = format!("{}.{}.{}", part(json!({"alg": "RS256", "kid": "k"})), part(claims), part(json!({})));
        match request.target.as_str() {
            "/token" => answer("200 OK", &json!({"access_token": token, "expires_in": 119}).to_string()),
            "/jwk" => answer("200 OK", r#"{"keys":[]}"#),
            "/api/SystemUserInfo" => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
            _ => answer(
                "200 OK",
                &json!({
                    "issuer": base, "token_endpoint": format!("{base}token"), "jwks_uri": format!("{base}jwk"),
                    "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
                    "authorization_details_types_supported": ["urn:altinn:systemuser"],
                })
                .to_string(),
            ),
        }
    });
    let run = program("doctor --env test --resource https://a.no")
        .file("config/test.toml", server.configuration() + "[vendor]\norg = \"991825827\"\n")
        .run();
    let claims = "✗ claims         the token does not match the request\n    \
        the token is signed with the key `k`, which is not a published key\n    \
        lifetime: the token has 2300000000 s, but `expires_in` is 119 s\n    \
        owner: `210493352` is configured (config/test.toml), but the token has `310904473`\n    \
        consumer: `991825827` is configured (config/test.toml), but the token has none\n    \
        client id: `tests` is configured (config/test.toml), but the token has `else`\n    \
        scope: `a:b` is configured (config/test.toml), but the token lacks it\n    \
        audience: `https://a.no` is configured (--resource), but the token has ``\n    \
        system user: expected exactly 1, but the token has 2\n\
        ✗ api            `http://127.0.0.1:PORT/api/SystemUserInfo` returned an empty response: status 204\n    \
        hint: the token has no system user, but this API requires a system user's token\n";
    let out = without_chance(&run.out);
    assert!(out.ends_with(claims), "{out}");
    // The first failure decides the exit code.
    assert_eq!(run.code, 4);
}

#[test]
fn a_refusing_api_is_reported() {
    let run = program("doctor --api salary --org 310904473").run();
    says(
        &run,
        5,
        &[
            CONFIGURATION,
            KEY,
            "✓ organisation   310904473 (--org)\n",
            METADATA,
            CLOCK,
            SYSTEM,
            TOKEN,
            "✓ claims         system user 0b9f3c77-5c1e-4a36-8f42-1d2c6b8e9a02 of 991825827_smartcloud; the signature \
             is Maskinporten's\n",
            "✗ api            `http://127.0.0.1:PORT/api/Salary/310904473` returned status 403: Access denied\n    \
             the API requires `ttd_systembruker-salary`, which the system user lacks\n    \
             the system user has these rights:\n      \
             310904473  Varm Skogstue AS  ttd_systembruker-logistikk-demo\n    \
             hint: to ask the customer to add what is missing, run `systemuser-demo request change 310904473 --add-right \
             ttd_systembruker-salary`\n",
        ],
    );
}

/// The lines of the API step.
fn api_step(run: &Run) -> String {
    let out = without_chance(&run.out);
    let (_, step) = out.split_once("api            ").unwrap_or_else(|| panic!("{out}{}", run.err));
    step.to_owned()
}

#[test]
fn a_403_for_an_agent_names_its_clients() {
    let run = program("doctor --api logistics --org 314250052").run();
    assert_eq!(
        (run.code, api_step(&run).as_str()),
        (
            5,
            "`http://127.0.0.1:PORT/api/Logistics/314250052` returned status 403: Access denied\n    \
             the API requires `ttd_systembruker-logistikk-demo`, which the agent 314250052 has for its clients only\n    \
             the system user has these rights:\n      \
             310385980  Glad Øy Fisk AS        regnskapsforer-med-signeringsrettighet\n      \
             312236265  Rask Foss Snekkeri AS  regnskapsforer-med-signeringsrettighet\n    \
             hint: pass a client as ORG: `systemuser-demo call logistics 310385980 --org 314250052`\n"
        )
    );
}

#[test]
fn the_rights_are_listed_after_a_403_of_another_api_too() {
    let standing = sandbox(SandboxOptions::default());
    let url = format!("{standing}v1/regnskapssystem/{{org}}/aapnekrav");
    let file = project_text("config/sandbox.toml")
        + &format!(
            "[endpoints]\nissuer = \"{standing}\"\n[api.claims]\nurl = \"{url}\"\n\
             scope = \"skatteetaten:kravogbetalinger\"\n"
        );
    let doctor = |org| {
        let run = program("doctor --api claims --org")
            .arg(org)
            .file("mp-key.pem.example", project_text("mp-key.pem.example"));
        run.file("config/sandbox.toml", &file).run()
    };
    assert_eq!(api_step(&doctor("210493352")), "claims: status 200\n");
    let step = api_step(&doctor("310904473"));
    let rights = "\n    the system user has these rights:\n      310904473  Varm Skogstue AS  \
                  ttd_systembruker-logistikk-demo\n    hint: ";
    assert!(step.contains("returned status 403") && step.contains(rights), "{step}");
}

#[test]
fn without_a_list_of_rights_the_reason_is_a_note_beside_the_usual_hints() {
    let denied = |request: &Request| match request.target.as_str() {
        "/token"
            if crate::configuration::claims_of(&request.body).1["scope"]
                == "altinn:accessmanagement/authorizedparties" =>
        {
            let body = r#"{"error":"invalid_scope","error_description":"no","error_uri":"https://x/errors/MP-200"}"#;
            answer("400 Bad Request", body)
        }
        "/token" => crate::server::opaque_token(),
        "/api/Salary/210493352" => response("403 Forbidden", "text/plain", "Access denied"),
        _ => answer("404 Not Found", "{}"),
    };
    let server = Server::start(denied);
    let run = program("doctor --env test --api salary").file("config/test.toml", server.configuration()).run();
    let step = api_step(&run);
    let note = "\n    note: cannot find out which right is missing: Maskinporten refused the grant: MP-200 \
                invalid_scope; the list of rights needs a token with the scope \
                `altinn:accessmanagement/authorizedparties`\n";
    assert!(step.contains("hint: does the system user lack the right") && step.ends_with(note), "{step}");
}

#[test]
fn a_silent_api_is_reported() {
    let standing = sandbox(SandboxOptions::default());
    let endpoints = format!("[endpoints]\nissuer = \"{standing}\"\nreference_api = \"{}\"\n", nobody());
    let file = project_text("config/sandbox.toml") + &endpoints;
    let run = program("doctor")
        .file("config/sandbox.toml", file)
        .file("mp-key.pem.example", project_text("mp-key.pem.example"))
        .run();
    let api = "✗ api            cannot connect to `http://127.0.0.1:PORT/api/SystemUserInfo`: Connection \
               refused\n    hint: is no sandbox running there? start one with `systemuser-demo sandbox --port PORT`\n";
    assert!(without_chance(&run.out).ends_with(api) && run.code == 6, "{}", run.out);
}

#[test]
fn a_configured_api_is_called_with_its_own_scope() {
    let standing = sandbox(SandboxOptions::default());
    let file = format!(
        "{}\n[endpoints]\nissuer = \"{standing}\"\n[api.mine]\nurl = \"{standing}api/Salary/{{org}}\"\nscope = \
         \"altinn:none\"\n",
        project_text("config/sandbox.toml")
    );
    let run = program("doctor --api mine")
        .file("config/sandbox.toml", file.replace("altinn:none", "altinn:systembruker.demo"));
    let run = run.file("mp-key.pem.example", project_text("mp-key.pem.example")).run();
    assert!(run.out.ends_with("✓ api            mine: status 200\n") && run.code == 0, "{}", run.out);
    let run = program("doctor --api mine").file("config/sandbox.toml", file);
    let run = run.file("mp-key.pem.example", project_text("mp-key.pem.example")).run();
    assert!(run.out.contains("MP-200 invalid_scope") && run.code == 4, "{}", run.out);
}

#[test]
fn an_api_whose_method_may_change_data_is_not_called() {
    let standing = sandbox(SandboxOptions::default());
    let file = format!(
        "{}\n[endpoints]\nissuer = \"{standing}\"\n[api.mine]\nurl = \"{standing}api/Salary/{{org}}\"\nmethod = \
         \"post\"\n",
        project_text("config/sandbox.toml")
    );
    let run = program("doctor --api mine").file("config/sandbox.toml", file);
    let run = run.file("mp-key.pem.example", project_text("mp-key.pem.example")).run();
    assert!(
        run.out.ends_with("- api            skipped because POST may change data\n") && run.code == 0,
        "{}",
        run.out
    );
}

#[test]
fn a_plain_token_is_checked_without_an_organisation_and_without_a_system_users_api() {
    let run = program("doctor --no-system-user").run();
    says(
        &run,
        0,
        &[
            CONFIGURATION,
            KEY,
            "- organisation   skipped because --no-system-user is set\n",
            METADATA,
            CLOCK,
            SYSTEM,
            TOKEN,
            "✓ claims         no system user; the signature is Maskinporten's\n",
            "- api            skipped because --no-system-user is set; specify an API for a plain token with --api\n",
        ],
    );
    let asked = program("doctor --no-system-user --api systemuserinfo").run();
    assert!(asked.out.contains("✗ api ") && asked.code == 5, "{}", asked.out);
    let denied = program("doctor --no-system-user --api salary").run();
    let hint = "status 403: Access denied\n    hint: does the API require a system user's token? leave out \
                --no-system-user\n";
    assert!(denied.out.ends_with(hint) && denied.code == 5, "{}", denied.out);
}

#[test]
fn missing_members_of_a_metadata_document_are_accepted() {
    let server = with_metadata(|metadata| {
        metadata.as_object_mut().unwrap().retain(|name, _| !name.ends_with("_supported"));
    });
    let run = doctor_of(&server);
    assert!(run.out.contains("✓ metadata ") && run.code == 0, "{}", run.out);
}

#[test]
fn an_answer_that_call_would_reject_is_not_a_success() {
    let server = Server::start(|request| match request.target.as_str() {
        "/token" => crate::server::opaque_token(),
        "/api/SystemUserInfo" => answer("200 OK", r#"{"systemuser_id":5}"#),
        _ => answer("404 Not Found", ""),
    });
    let run = doctor_of(&server);
    assert!(run.out.contains("✗ api            no usable response from"), "{}", run.out);
}

#[test]
fn production_has_no_reference_api_to_call() {
    let server = with_metadata(|_| ());
    let file = server
        .configuration()
        .replace("\"test\"", "\"prod\"")
        .replace(&format!("reference_api = \"{}\"\n", server.url()), "");
    let run = program("doctor --env prod").file("config/prod.toml", file.replace("210493352", "974761076")).run();
    let api = "- api            skipped because `prod` has no reference API; specify an API with --api\n";
    assert!(run.out.ends_with(api) && run.code == 0, "{}", run.out);
}

#[test]
fn offline_stops_before_the_network() {
    let run = program("doctor --offline").run();
    assert_eq!(run.err, "");
    says(&run, 0, &[CONFIGURATION, KEY, ORGANISATION, &skipped(&STEPS[3..], "--offline is set")]);
}

#[test]
fn json_has_the_same_facts() {
    let run = program("doctor --json --org 314168267").run();
    let found: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((run.code, &found["exit_code"]), (4, &json!(4)));
    let steps = found["steps"].as_array().unwrap();
    let results: Vec<_> =
        steps.iter().map(|step| (step["step"].as_str().unwrap(), step["result"].as_str().unwrap())).collect();
    let mut expected = ["passed"; 9];
    expected[6..].copy_from_slice(&["failed", "skipped", "skipped"]);
    assert_eq!(results, STEPS.into_iter().zip(expected).collect::<Vec<_>>());
    let text = program("doctor --org 314168267").run().out;
    for step in steps {
        assert!(without_chance(&text).contains(&without_chance(step["summary"].as_str().unwrap())), "{step}");
        for line in step["explanation"].as_array().unwrap() {
            assert!(without_chance(&text).contains(&without_chance(line.as_str().unwrap())), "{line}");
        }
    }
}

#[test]
fn no_secret_is_printed() {
    let pieces = crate::secrets::pieces_of_keys();
    for arguments in
        ["doctor --verbose", "doctor --json", "doctor --verbose --org 314168267", "doctor --key k --verbose"]
    {
        let run = program(arguments).file("k", data_text("key.pkcs8.pem")).run();
        let output = format!("{}{}", run.err, run.out);
        crate::secrets::shows_none(&output, &pieces);
        assert!(!output.contains("eyJ"), "{output}");
    }
}
