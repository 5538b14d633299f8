//! Does any command print a key, a passphrase or a token, on success, on failure, or with `--verbose`?

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::zeroize::ZeroizeOnDrop;
use serde_json::Value;
use systemuser_demo::client::grant::Assertion;
use systemuser_demo::client::http::Reply;
use systemuser_demo::client::token::AccessToken;

use crate::program::{Program, Run, data_text, program, project_text};
use crate::server::{Server, json, nobody, response};

/// All pieces of the test keys from which a private key could be restored.
pub fn pieces_of_keys() -> Vec<String> {
    let mut pieces = Vec::new();
    let pems = [
        data_text("key.pkcs8.pem"),
        data_text("key.pkcs1.pem"),
        data_text("encrypted.pkcs8.pem"),
        data_text("rsa-1024.pem"),
        data_text("ec.pem"),
        project_text("mp-key.pem.example"),
    ];
    for pem in pems {
        let body = pem.split("-----").nth(2).unwrap();
        pieces.extend(body.lines().filter(|line| line.len() >= 40 && !line.contains(' ')).map(str::to_owned));
    }
    let jwk: Value = serde_json::from_str(&data_text("key.jwk.json")).unwrap();
    for member in ["d", "p", "q", "dp", "dq", "qi"] {
        pieces.push(jwk[member].as_str().unwrap()[..40].to_owned());
    }
    let base64 = STANDARD.encode(data_text("key.jwk.json"));
    pieces.extend(base64.as_bytes().chunks(60).skip(8).map(|chunk| String::from_utf8(chunk.to_vec()).unwrap()));
    assert!(pieces.len() > 100);
    pieces
}

#[track_caller]
pub fn shows_none(err: &str, secrets: &[String]) {
    for secret in secrets.iter().filter(|secret| secret.len() >= 10) {
        assert!(!err.contains(secret.as_str()), "{secret} is on stderr:\n{err}");
    }
}

fn verbose(arguments: &str) -> Program {
    program(arguments).arg("--verbose")
}

/// The secret parts of a JWT: the whole token, the signed part, and the signature.
pub fn pieces_of_jwt(jwt: &str) -> Vec<String> {
    let jwt = jwt.trim();
    let mut pieces = vec![jwt.to_owned()];
    pieces.extend(jwt.split('.').skip(1).map(str::to_owned));
    pieces
}

#[test]
fn no_invalid_key_is_printed() {
    let pieces = pieces_of_keys();
    let jwk = data_text("key.jwk.json");
    let example = project_text("mp-key.pem.example");
    let keys = [
        example.clone(),
        example.replace('\n', "\\n"),
        data_text("key.pkcs1.pem"),
        jwk.clone(),
        STANDARD.encode(&jwk),
        format!("{{\"keys\":[{jwk},{jwk}]}}"),
        jwk.replace("\"d\"", "\"x\""),
        jwk.replace("\"kty\": \"RSA\"", "\"kty\": \"EC\""),
        jwk.replace("\"p\": \"", "\"p\": \"A"),
        jwk.replace("\"q\": \"", "\"q\": \"!"),
        jwk.replace("\"d\": ", "\"d\": 5, \"y\":"),
        jwk[..jwk.len() / 2].to_owned(),
        example[..example.len() / 2].to_owned(),
        STANDARD.encode(&example),
        example.lines().filter(|line| !line.contains("-----") && !line.contains(' ')).collect(),
        data_text("encrypted.pkcs8.pem"),
        data_text("rsa-1024.pem"),
        data_text("ec.pem"),
        // Key text without the lines that identify a key.
        data_text("ec.pem").split("-----").nth(2).unwrap().split_whitespace().collect(),
        data_text("key.pkcs1.pem").split("-----").nth(2).unwrap().split_whitespace().collect::<String>()[..700]
            .to_owned(),
    ];
    for (nth, key) in keys.into_iter().enumerate() {
        for arguments in
            ["token", "call salary", "token --env test --client-id c --scope s --org 210493352 --timeout 1"]
        {
            let proxied = |program: Program| program.var("HTTPS_PROXY", nobody());
            let inline = proxied(verbose(arguments)).var("SYSTEMUSER_KEY", &key).run();
            shows_none(&inline.err, &pieces);
            // The first two keys are the sandbox's own key, which works.
            let serves = nth < 2 && cfg!(feature = "sandbox") && !arguments.contains("test");
            assert_eq!(inline.code == 0, serves, "{arguments}: {}", inline.err);
            let file = proxied(verbose(arguments)).arg("--key").arg("k").file("k", &key).run();
            shows_none(&file.err, &pieces);
            let path = proxied(verbose(arguments)).var("SYSTEMUSER_KEY_FILE", &key).run();
            shows_none(&path.err, &pieces);
            assert_eq!(path.code, 3, "{}", path.err);
        }
    }
}

#[test]
fn a_key_given_as_another_value_is_refused_and_not_printed() {
    let pieces = pieces_of_keys();
    let body = |name: &str| data_text(name).split("-----").nth(2).unwrap().split_whitespace().collect::<String>();
    let keys = [
        project_text("mp-key.pem.example"),
        data_text("key.jwk.json"),
        STANDARD.encode(data_text("key.jwk.json")),
        body("ec.pem"),
        body("key.pkcs1.pem"),
    ];
    for key in keys {
        for arguments in ["key new", "explain", "inspect --verify"] {
            let misplaced = verbose(arguments).arg("--").arg(&key).run();
            shows_none(&misplaced.err, &pieces);
            shows_none(&misplaced.out, &pieces);
        }
        for option in ["--config", "--key", "--kid", "--client-id", "--org"] {
            let misplaced = verbose("init --env test").arg(format!("{option}={key}")).run();
            assert_eq!(misplaced.code, 2, "{option}: {}", misplaced.err);
            shows_none(&misplaced.err, &pieces);
        }
        for option in ["--org", "--scope", "--client-id", "--kid", "--external-ref", "--timeout"] {
            let misplaced = verbose("token --env test").arg(format!("{option}={key}")).run();
            assert_eq!(misplaced.code, 2, "{option}");
            shows_none(&misplaced.err, &pieces);
        }
        let create = "request create --env test --client-id c --right r 210493352";
        let change = "request change --env test --client-id c --remove-right r 210493352";
        for (arguments, option) in [
            (create, "--right"),
            (create, "--package"),
            (create, "--external-ref"),
            (create, "--redirect-url"),
            (create, "--title"),
            (create, "--system"),
            (create, "--wait"),
            (change, "--add-right"),
            (change, "--remove-package"),
            (change, "--correlation-id"),
            (change, "--external-ref"),
            ("request list --env test", "--status"),
            ("user find 210493352 --env test", "--external-ref"),
            ("user access 210493352 --env test --client-id c", "--external-ref"),
            ("user access 210493352 --env test --client-id c", "--resource"),
            ("user access 210493352 --env test --client-id c", "--package"),
            ("user list --env test", "--system"),
        ] {
            let misplaced = verbose(arguments).arg(format!("{option}={key}")).run();
            assert!(matches!(misplaced.code, 2 | 3), "{option}: {}", misplaced.err);
            shows_none(&misplaced.err, &pieces);
        }
        for arguments in [
            "request create --right r",
            "request change --add-right r",
            "request status",
            "request delete",
            "user find",
            "user access",
            "system show",
            "system register",
            "system update",
            "system log",
            "scope check",
        ] {
            let misplaced = verbose(arguments).args("--env test").arg("--").arg(&key).run();
            assert_eq!(misplaced.code, 2, "{arguments}: {}", misplaced.err);
            shows_none(&misplaced.err, &pieces);
        }
        let file = verbose("system register s.json --env test").file("s.json", &key).run();
        assert_eq!(file.code, 2, "{}", file.err);
        shows_none(&file.err, &pieces);
        #[cfg(feature = "sandbox")]
        shows_none(&verbose("sandbox").arg(format!("--port={key}")).run().err, &pieces);
        shows_none(&verbose("call salary --query").arg(&key).run().err, &pieces);
        shows_none(&verbose("call").arg(&key).run().err, &pieces);
        shows_none(&verbose("call salary").arg(&key).run().err, &pieces);
    }
}

#[test]
fn an_invalid_command_line_does_not_print_a_secret() {
    let pieces = pieces_of_keys();
    let (pem, jwk) = (project_text("mp-key.pem.example"), data_text("key.jwk.json"));
    let token = format!("eyJhbGciOiJSUzI1NiJ9.{}.{}", "c".repeat(300), "s".repeat(342));
    for secret in [pem, jwk, token] {
        for arguments in [
            "",
            "token",
            "call salary 210493352",
            "grant",
            "doctor",
            "key",
            "key new x",
            "completions",
            "inspect Bearer",
            "token --env",
            "key new --bits",
        ] {
            let run = program(arguments).arg(&secret).run();
            assert_eq!((run.code, run.out.as_str()), (2, ""), "{arguments}: {}", run.err);
            shows_none(&run.err, &pieces);
            assert!(!run.err.contains(&"c".repeat(300)), "{arguments}: {}", run.err);
            assert!(run.err.contains("'[a text of "), "{arguments}: {}", run.err);
        }
        let run = program("key new").arg(format!("--bits={secret}")).run();
        assert!(run.code == 2 && run.err.contains("'[a text of "), "{}", run.err);
    }
    let misspelt = program("tokn").run();
    assert!(misspelt.err.contains("'tokn'"), "{}", misspelt.err);
}

#[test]
fn a_printed_command_line_contains_no_key_from_a_variable_that_an_option_outranks() {
    let (pem, jwk) = (project_text("mp-key.pem.example"), data_text("key.jwk.json"));
    for key in [pem, STANDARD.encode(&jwk), jwk] {
        let run = program("grant --curl --env test --client-id c --scope s --org 210493352 --kid k --key k.json")
            .file("k.json", data_text("key.jwk.json"))
            .var("SYSTEMUSER_KEY_FILE", &key)
            .var("SYSTEMUSER_KID", &key)
            .run();
        assert_eq!(run.code, 0, "{}", run.err);
        shows_none(&run.out, &pieces_of_keys());
    }
}

#[test]
fn a_key_in_the_configuration_is_not_printed() {
    let pieces = pieces_of_keys();
    let pem = project_text("mp-key.pem.example");
    let start = "environment = \"sandbox\"\n";
    for file in [
        format!("{start}key = '''{pem}'''\n"),
        format!("{start}[key]\npath = '''{pem}'''\n"),
        format!("{start}[key]\npath = \"{pem}\"\n"),
        format!("{start}[key]\nkid = '''{pem}'''\n"),
        format!("{start}[key]\n{pem}\n"),
        format!("{start}{pem}\n"),
        format!("{start}client_id = '''{pem}'''\n"),
        format!("{start}[key]\npath = ['''{pem}''']\n"),
        format!("{start}[endpoints]\nissuer = '''{}'''\n", data_text("key.jwk.json")),
    ] {
        let run = verbose("token --config a.toml").file("a.toml", file).run();
        assert_eq!(run.code, 3, "{}", run.err);
        shows_none(&run.err, &pieces);
    }
}

#[cfg(feature = "sandbox")]
#[test]
fn no_token_and_no_reusable_assertion_is_printed() {
    let pieces = pieces_of_keys();
    for arguments in [
        "token",
        "token --json",
        "token --no-system-user",
        "token --org 310904473",
        "token --org 313790509 --external-ref customer-42",
        "token --org 314250052",
        "token --exchange",
        "token --exchange --json",
    ] {
        let run = verbose(arguments).run();
        assert_eq!(run.code, 0, "{}", run.err);
        shows_none(&run.err, &pieces);
        let token = match serde_json::from_str::<Value>(&run.out) {
            Ok(answer) => answer["access_token"].as_str().unwrap().to_owned(),
            Err(_) => run.out,
        };
        shows_none(&run.err, &pieces_of_jwt(&token));
    }
    for (arguments, code) in [
        ("call systemuserinfo", 0),
        ("call systemuserinfo --json", 0),
        ("call systemuserinfo --no-system-user", 5),
        ("call logistics", 0),
        ("call salary --org 310904473", 5),
        ("call salary 312605031 --org 314250052", 5),
        ("token --org 314168267", 4),
        ("token --scope other:scope", 4),
        ("token --client-id somebody", 4),
        ("token --kid other", 4),
        ("sandbox --port x", 2),
        ("doctor", 0),
        ("doctor --org 314168267", 4),
        ("grant", 0),
        ("grant --curl", 0),
        ("grant --decode", 0),
        ("key public", 0),
        ("key new", 0),
        ("init --env test", 0),
        ("system list", 0),
        ("system show", 0),
        ("system show --json", 0),
        ("system log", 0),
        ("system delete --yes", 0),
        ("system show 310702641_fjordlonn", 5),
        ("request create 312600757 --right ttd_systembruker-salary", 0),
        ("request create 312600757 --right ttd_systembruker-salary --json --wait=1s", 7),
        ("request create 312600757 --right other", 5),
        ("request change 210493352 --remove-right ttd_systembruker-salary", 0),
        ("request change 210493352 --add-right other --json", 5),
        ("request status --org 314168267", 0),
        ("request list", 0),
        ("request list --agent --json", 0),
        ("request delete c48d1e6f-97b2-4c0a-a3d8-2b5f7e9a1c04", 0),
        ("user list", 0),
        ("user find 210493352", 0),
        ("user find 312600757", 5),
        ("user access", 0),
        ("user access 310904473 --resource ttd_systembruker-salary", 5),
        ("user access 312600757", 4),
        ("doctor --api salary --org 310904473", 5),
    ] {
        let run = verbose(arguments).run();
        assert_eq!(run.code, code, "{arguments}: {}", run.err);
        shows_none(&run.err, &pieces);
        // The beginning of every JWT.
        assert!(!run.err.contains("eyJ"), "{}", run.err);
    }
}

/// The passphrase of `example.encrypted.pem`.
const PASSPHRASE: &str = "correct-horse-battery";
const PASSPHRASE_TEXT: &str = "SYSTEMUSER_KEY_PASSPHRASE";
const PASSPHRASE_FILE: &str = "SYSTEMUSER_KEY_PASSPHRASE_FILE";

/// The commands that read a key. With the right passphrase, they succeed.
#[cfg(feature = "sandbox")]
const KEY_COMMANDS: &[&str] = &[
    "token",
    "token --exchange",
    "call systemuserinfo",
    "call logistics",
    "grant",
    "grant --decode",
    "grant --curl",
    "doctor",
    "doctor --offline",
    "key public",
    "key public --set",
    "scope check",
    "system list",
    "system show",
    "system log",
    "system register s.json",
    "system update registered.json --allow-removing-client-ids",
    "system delete --yes",
    "request create 312600757 --right ttd_systembruker-salary",
    "request change 210493352 --remove-right ttd_systembruker-salary",
    "request status --org 314168267",
    "request list",
    "request delete c48d1e6f-97b2-4c0a-a3d8-2b5f7e9a1c04",
    "user list",
    "user find 210493352",
    "user access",
    "init --env test",
];
#[cfg(not(feature = "sandbox"))]
const KEY_COMMANDS: &[&str] = &[
    "grant --env test --client-id c --scope s --org 210493352",
    "doctor --offline --env test --client-id c --scope s --org 210493352",
    "key public --env test",
    "init --env test",
];

/// The command with an encrypted key, with the right and with wrong passphrases: in a variable, in a file, and as the
/// name of the file.
fn with_passphrases(command: &str) -> [(bool, Program); 7] {
    let nth = std::cell::Cell::new(0);
    let program = || {
        nth.set(nth.get() + 1);
        let has_json = !["--decode", "--curl"].iter().any(|option| command.contains(option));
        let json = if has_json && nth.get() % 2 == 0 { "--json" } else { "" };
        let key = data_text("example.encrypted.pem") + &project_text("config/sandbox-certificate.pem");
        let system = project_text("config/system.json");
        verbose(command)
            .args(json)
            .var("SYSTEMUSER_KEY_FILE", "k.pem")
            .file("k.pem", key)
            .file("s.json", &system)
            .file("registered.json", system.replace("_skylager", "_smartcloud"))
    };
    let wrong = format!("{PASSPHRASE}.");
    [
        (true, program().var(PASSPHRASE_TEXT, PASSPHRASE)),
        (true, program().var(PASSPHRASE_FILE, "p").file("p", PASSPHRASE)),
        (false, program().var(PASSPHRASE_TEXT, &wrong)),
        (false, program().var(PASSPHRASE_FILE, "p").file("p", &wrong)),
        // The middle of a passphrase must not be printed, either.
        (false, program().var(PASSPHRASE_FILE, "p").file("p", format!("{PASSPHRASE}\n{PASSPHRASE}\n"))),
        (false, program().var(PASSPHRASE_FILE, PASSPHRASE)),
        (false, program().var(PASSPHRASE_TEXT, PASSPHRASE).var(PASSPHRASE_FILE, PASSPHRASE)),
    ]
}

#[track_caller]
fn shows_no_passphrase(run: &Run) {
    for text in [&run.out, &run.err] {
        assert!(!text.contains("correct-horse"), "{text}");
    }
}

#[test]
fn no_command_that_reads_a_key_prints_a_passphrase() {
    for command in KEY_COMMANDS {
        for (nth, (is_right, program)) in with_passphrases(command).into_iter().enumerate() {
            let run = program.var("SYSTEMUSER_KID", "sandbox-example").run();
            assert_eq!(run.code, if is_right { 0 } else { 3 }, "{command}, {nth}: {}{}", run.out, run.err);
            shows_no_passphrase(&run);
        }
    }
}

#[test]
fn no_command_that_can_do_without_the_key_prints_a_passphrase() {
    let commands = match cfg!(feature = "sandbox") {
        true => [
            "inspect eyJhbGciOiJub25lIn0.e30.",
            "explain MP-122 --env test",
            "explain MP-303",
            "call --list",
            "scope list",
        ]
        .as_slice(),
        false => &["inspect eyJhbGciOiJub25lIn0.e30.", "explain MP-122 --env test", "explain MP-303"],
    };
    for command in commands {
        for (nth, (is_right, program)) in with_passphrases(command).into_iter().enumerate() {
            let run = program.run();
            assert_eq!(run.code, 0, "{command}, {nth}: {}", run.err);
            shows_no_passphrase(&run);
            // The certificate beside the key is shown, so the key was read.
            assert!(
                !is_right || *command != "explain MP-122 --env test" || run.out.contains("SmartCloud AS"),
                "{}",
                run.out
            );
        }
    }
}

/// A passphrase that consists of ordinary words cannot be recognised, so only places for passphrases are tried.
#[test]
fn a_passphrase_in_a_wrong_place_for_passphrases_is_not_printed() {
    for name in ["SYSTEMUSER_PASSPHRASE", "SYSTEMUSER_KEY_PASSWORD", "SYSTEMUSER_PASSPHRASE_FILE", "SYSTEMUSER_KEY"] {
        for command in ["key public --env test", "doctor --offline --env test", "init --env test", "explain MP-122"] {
            shows_no_passphrase(&verbose(command).var(name, PASSPHRASE).run());
            let encrypted = verbose(command).arg("--json").file("k.pem", data_text("example.encrypted.pem"));
            shows_no_passphrase(&encrypted.var("SYSTEMUSER_KEY_FILE", "k.pem").var(name, PASSPHRASE).run());
        }
    }
    for option in ["--passphrase", "--key-passphrase", "--password", "--passin", "--pass", "-p"] {
        for command in
            ["token", "call salary", "grant", "system list", "key public", "key new", "init", "doctor", "explain"]
        {
            for typed in [format!("{option} {PASSPHRASE}"), format!("{option}={PASSPHRASE}")] {
                let run = verbose(command).args(&typed).run();
                assert_eq!(run.code, 2, "{command} {typed}: {}", run.err);
                shows_no_passphrase(&run);
            }
        }
    }
    for lines in [
        format!("[key]\npassphrase = \"{PASSPHRASE}\""),
        format!("[key]\npassphrase = {PASSPHRASE}"),
        format!("[key]\npassphrase = [\"{PASSPHRASE}\"]"),
        format!("passphrase = \"{PASSPHRASE}\""),
        format!("[key.passphrase]\n{PASSPHRASE} = 1"),
        format!("[key]\n{PASSPHRASE}"),
    ] {
        for command in ["token", "doctor --offline --json", "key public", "init", "system list"] {
            let file = format!("environment = \"test\"\n{lines}\n");
            let run = verbose(command).args("--env test").file("config/test.toml", file).run();
            assert_eq!(run.code, 3, "{command}, {lines}: {}", run.err);
            shows_no_passphrase(&run);
        }
    }
}

#[test]
fn a_secret_that_a_server_repeats_is_not_printed() {
    let pieces = pieces_of_keys();
    let token = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    for status in
        ["400 Bad Request", "401 Unauthorized", "429 Too Many Requests", "500 Internal Server Error", "302 Found"]
    {
        let maskinporten = Server::start(move |request| {
            let assertion = request.body.split("assertion=").nth(1).unwrap();
            let body = format!("{{\"error\":\"{assertion}\",\"error_description\":\"got {assertion}\"}}");
            json(&format!("{status}\r\nLocation: /{assertion}\r\nWWW-Authenticate: {assertion}"), &body)
        });
        let run = verbose("token --env test").file("config/test.toml", maskinporten.configuration()).run();
        assert!(matches!(run.code, 4 | 6), "{}", run.err);
        let assertion = maskinporten.requests()[0].body.split("assertion=").nth(1).unwrap().to_owned();
        shows_none(&run.err, &pieces_of_jwt(&assertion));
        shows_none(&run.err, &pieces);

        let api = Server::start(move |request| match request.header("authorization") {
            None => json("200 OK", &format!("{{\"access_token\":\"{token}\",\"expires_in\":9}}")),
            Some(bearer) => response(
                &format!("{status}\r\nLocation: /{bearer}\r\nWWW-Authenticate: {bearer}"),
                "text/plain",
                bearer,
            ),
        });
        for arguments in ["call orders --env test", "call salary --env test --json"] {
            let run = verbose(arguments).file("config/test.toml", api.configuration()).run();
            assert!(matches!(run.code, 5 | 6), "{}", run.err);
            shows_none(&run.err, &[token.to_owned()]);
        }
    }
    let html = Server::with_token(|request| response("200 OK", "text/html", request.header("authorization").unwrap()));
    let run = verbose("call salary --env test").file("config/test.toml", html.configuration()).run();
    assert_eq!(run.code, 6, "{}", run.err);
    shows_none(&run.err, &["opaque-token".to_owned()]);
}

#[test]
fn a_part_of_a_secret_that_a_server_repeats_is_not_printed() {
    let part = |assertion: &str| assertion[assertion.len() - 60..assertion.len() - 30].to_owned();
    let server = Server::start(move |request| {
        let part = part(request.body.split("assertion=").nth(1).unwrap());
        let head = format!("400 Bad Request\r\nWWW-Authenticate: Bearer got={part}");
        json(&head, &format!("{{\"error\":\"invalid_grant\",\"error_description\":\"no {part}, no\"}}"))
    });
    let run = verbose("token --env test").file("config/test.toml", server.configuration()).run();
    let assertion = server.requests()[0].body.split("assertion=").nth(1).unwrap().to_owned();
    shows_none(&run.err, &[part(&assertion)[..20].to_owned()]);
    assert!(run.code == 4 && run.err.contains("no [redacted], no"), "{}", run.err);
}

#[test]
fn a_secret_that_a_server_repeats_with_escapes_is_not_printed() {
    let escaped = |bearer: &str| bearer.replace('+', "\\u002b").replace('-', "\\u002d");
    for body in
        ["{\"code\":\"A-1\",\"title\":\"bad token TOKEN\"}", "\"TOKEN\"", "{\"errors\":{\"TOKEN\":[\"TOKEN\"]}}"]
    {
        let api = Server::start(move |request| match request.header("authorization") {
            None => json("200 OK", "{\"access_token\":\"opaque+token-that-is-long\",\"expires_in\":9}"),
            Some(bearer) => json("401 Unauthorized", &body.replace("TOKEN", &escaped(&bearer["Bearer ".len()..]))),
        });
        let run = verbose("call orders --env test").file("config/test.toml", api.configuration()).run();
        assert_eq!(run.code, 5, "{}", run.err);
        shows_none(&run.err, &["opaque+token-that-is-long".to_owned()]);
    }
}

#[test]
fn a_token_in_an_unusable_answer_is_not_quoted() {
    for status in ["400 Bad Request", "500 Internal Server Error", "503 Service Unavailable"] {
        let server = Server::start(move |_| json(status, "{\"access_token\":\"a-token-of-somebody\"}"));
        let run = verbose("token --env test").file("config/test.toml", server.configuration()).run();
        assert!(matches!(run.code, 4 | 6), "{}", run.err);
        shows_none(&run.err, &["a-token-of-somebody".to_owned()]);
    }
}

#[test]
fn help_shows_no_values_of_variables() {
    for arguments in [
        "--help",
        "token --help",
        "call --help",
        "doctor --help",
        "grant --help",
        "init --help",
        "system show --help",
        "request create --help",
        "request change --help",
        "user find --help",
    ] {
        let run = program(arguments)
            .var("SYSTEMUSER_KEY", "SECRET")
            .var("SYSTEMUSER_KID", "SECRET")
            .var("SYSTEMUSER_CLIENT_ID", "SECRET")
            .run();
        assert!(run.out.contains("SYSTEMUSER_ENV") && !run.out.contains("SECRET"));
    }
}

/// The compiler checks this. Copies inside libraries, such as a request that is being sent, are not covered.
#[test]
fn types_that_contain_an_assertion_or_a_token_are_zeroed_on_drop() {
    fn is_zeroed<T, S: ZeroizeOnDrop>(_: fn(T) -> S) {}
    is_zeroed(|assertion: Assertion| assertion.0);
    is_zeroed(|token: AccessToken| token.secret);
    is_zeroed(|reply: Reply| reply.body);
}
