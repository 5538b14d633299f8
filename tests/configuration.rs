//! Which value has precedence, and what are the messages about invalid values?

use std::path::{Path, PathBuf};

use systemuser_demo::client::environment::Environment;
use systemuser_demo::config::{Config, Overrides};

#[cfg(target_os = "linux")]
use crate::program::Run;
use crate::program::{Program, data, program, project, project_text};
use crate::server::{Server, json, nobody, opaque_token};

/// A complete configuration for `test` that starts with the given lines.
fn test_file(lines: &str) -> String {
    format!("environment = \"test\"\nclient_id = \"c\"\nscope = \"s\"\n{lines}\n[key]\npath = \"k.pem\"\n")
}

fn with(arguments: &str, file: &str) -> Program {
    program(arguments).file("config/test.toml", file)
}

#[track_caller]
fn refused(file: &str, err: &str) {
    with("token --env test", file).run().fails(3, err);
}

#[test]
fn without_a_file_for_test_the_error_names_the_expected_path() {
    program("token --env test").run().fails(
        3,
        "error: no client id: there is no configuration file for `test`, and neither --client-id nor \
         SYSTEMUSER_CLIENT_ID is given\n\
         hint: `systemuser-demo init --env test` creates `config/test.toml` in the current directory, which is the \
         default location; use --config for another file\n",
    );
}

#[cfg(unix)]
#[test]
fn a_dangling_symlink_is_an_error() {
    let program = program("token --env sandbox").folder("config");
    std::os::unix::fs::symlink("nowhere", program.command().get_current_dir().unwrap().join("config/sandbox.toml"))
        .unwrap();
    program.run().fails(3, "error: cannot read `config/sandbox.toml`: No such file or directory\n");
}

#[test]
fn complete_options_need_no_file() {
    let run = program("token --env test --client-id c --scope s --org 210493352 --kid k --timeout 1 --key")
        .arg(data("key.pkcs8.pem").to_str().unwrap())
        .var("HTTPS_PROXY", nobody())
        .run();
    // The command reached the network.
    run.fails(
        6,
        "error: cannot connect to `https://test.maskinporten.no/token`: the connection to the proxy failed: \
         Connection refused\n\
         hint: the proxy is set by HTTPS_PROXY: is it not running, or does it block this host?\n",
    );
}

#[test]
fn a_missing_setting_is_reported_with_all_its_names() {
    let missing = |file: &str, words: &str| {
        refused(file, &format!("error: no {words} is given\n"));
    };
    missing(
        "environment = \"test\"\n",
        "client id: `config/test.toml` has no `client_id`, and neither --client-id nor SYSTEMUSER_CLIENT_ID",
    );
    missing(
        "environment = \"test\"\nclient_id = \"c\"\n",
        "scope: `config/test.toml` has no `scope`, and neither --scope nor SYSTEMUSER_SCOPE",
    );
    missing(&test_file(""), "organisation: `config/test.toml` has no `org`, and neither --org nor SYSTEMUSER_ORG");
    refused(
        "environment = \"test\"\nclient_id = \"c\"\nscope = \"s\"\norg = \"210493352\"\n",
        "error: no private key: `config/test.toml` has no `path` under [key], and neither --key nor \
         SYSTEMUSER_KEY_FILE is given\n\
         hint: in a script, you can put the key itself in SYSTEMUSER_KEY\n",
    );
}

#[test]
fn with_the_shipped_configuration_the_missing_key_file_is_the_first_error() {
    let sandbox = "hint: no client yet? try `--env sandbox`, which has a client and needs no agreement with Digdir\n";
    let err = "error: the key file `mp-key.pem` does not exist\n\
               hint: config/test.toml specifies this path: save the client's private key as `mp-key.pem`, or specify \
               another file with --key\n\
               hint: no key yet? create a key with `systemuser-demo key new mp-key.pem`\n";
    let run = with("token --env test", &project_text("config/test.toml")).run();
    run.fails(3, &format!("{err}{}", if cfg!(feature = "sandbox") { sandbox } else { "" }));
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let run = program("token --config nowhere.toml").run();
    run.fails(3, "error: --config: `nowhere.toml` does not exist\n");
    let run = program("token --config a.toml").file("a.toml", [0xff, 0xfe, 0x00]).run();
    run.fails(
        3,
        "error: --config: cannot read `a.toml`: it is UTF-16 text\n\
         hint: PowerShell's `>` writes UTF-16: save the file as UTF-8\n",
    );
    let run = program("token --config a.toml").file("a.toml", b"# bl\xe5b\xe6r").run();
    run.fails(3, "error: --config: cannot read `a.toml`: it is not UTF-8 text\nhint: save the file as UTF-8\n");
    let run = program("token --config folder").folder("folder").run();
    run.fails(3, "error: --config: cannot read `folder`: Is a directory\n");
    let run = program("token").var("SYSTEMUSER_CONFIG", "nowhere.toml").run();
    run.fails(3, "error: SYSTEMUSER_CONFIG: `nowhere.toml` does not exist\n");
    let run = program("token --env sandbox").folder("config/sandbox.toml").run();
    run.fails(3, "error: cannot read `config/sandbox.toml`: Is a directory\n");
    let run = program("token --config a.toml").file("a.toml", vec![b'#'; 1024 * 1024 + 1]).run();
    run.fails(3, "error: --config: cannot read `a.toml`: it is larger than 1 MiB\n");
}

#[test]
fn malformed_toml_is_reported_by_line_and_key_without_its_content() {
    let secret = "MIIEvQIBADANBgkq";
    let any = "hint: write a setting such as `client_id = \"VALUE\"`, a table such as `[key]`, or a comment such as \
               `# TEXT`";
    let table = "hint: write a table on a line of its own, such as `[key]` or `[api.NAME]`, and its settings below it, \
                 such as `path = \"FILE\"`";
    let malformed = |line: &str, what: &str| {
        let run = with("token --env test", &format!("environment = \"test\"\n{line}\n")).run();
        assert!(!run.err.contains(secret), "{}", run.err);
        run.fails(3, &format!("error: config/test.toml line 2{what}\n"));
    };
    malformed(
        &format!("client_id = {secret}"),
        ": `client_id`: the value needs quotes\nhint: write `client_id = \"VALUE\"`",
    );
    malformed(
        &format!("client_id = \"{secret}"),
        ": `client_id`: the closing quote of the value is missing\nhint: write `client_id = \"VALUE\"`",
    );
    malformed(&format!("-----BEGIN {secret}"), &format!(": not valid TOML: key with no value, expected `=`\n{any}"));
    malformed(&format!("{secret} = "), ": the value is missing\nhint: write `NAME = \"VALUE\"`");
    malformed(&format!("{secret}.scope = x"), ": the value needs quotes\nhint: write `NAME = \"VALUE\"`");
    malformed("enviroment = test", ": the value needs quotes\nhint: write `NAME = \"VALUE\"`");
    malformed(&format!("key = \"{secret}\""), &format!(": `key`: expected a table\n{table}"));
    malformed(&format!("key.path = [\"{secret}\"]"), ": expected a string\nhint: write `key.path = \"VALUE\"`");
    malformed("client_id = 7", ": `client_id`: expected a string\nhint: write `client_id = \"VALUE\"`");
    malformed("environment = \"test\"", ": `environment`: this setting occurs twice\nhint: remove one of the two");
}

#[test]
fn a_common_mistake_in_a_line_is_reported_with_its_correction() {
    let mistake = |line: &str, what: &str| {
        refused(&format!("client_id = \"c\"\n{line}\n"), &format!("error: config/test.toml line 2{what}\n"));
    };
    mistake(
        "environment = test",
        ": `environment`: the value needs quotes\nhint: write `environment = \"sandbox\"`, `\"test\"` or `\"prod\"`",
    );
    mistake("org = Ås", ": `org`: the value needs quotes\nhint: write `org = \"VALUE\"`");
    mistake("org = 210 493 352", ": `org`: the value needs quotes\nhint: write `org = \"VALUE\"`");
    for nothing in ["org =", "org = # a customer"] {
        mistake(nothing, ": `org`: the value is missing\nhint: write `org = \"VALUE\"`");
    }
    for line in ["org", "org: \"x\"", "org \"x\"", "org := \"x\"", "- org: x", "export org=\"x\"", "$org = \"x\""] {
        mistake(line, ": expected the name of a setting, `=`, and its value\nhint: write `org = \"VALUE\"`");
    }
    let any = "hint: write a setting such as `client_id = \"VALUE\"`, a table such as `[key]`, or a comment such as \
               `# TEXT`";
    for line in ["external ref = \"x\"", "external_\tref = \"x\"", "api.x]"] {
        mistake(line, &format!(": not valid TOML: key with no value, expected `=`\n{any}"));
    }
    for comment in ["// environment", "; environment", "/* environment */"] {
        mistake(comment, &format!(": a comment must begin with `#`\n{any}"));
    }
    mistake(
        "environment = “test”",
        ": `environment`: typographic quotes are not accepted\nhint: write straight quotes: \"VALUE\"",
    );
    for line in ["environment =\u{a0}\"test\"", "\u{a0}environment = \"test\"", "environment\u{200b} = \"test\""] {
        let name = if line.contains('\u{200b}') { "" } else { "`environment`: " };
        let problem = "the line contains a no-break space or another invisible character";
        mistake(line, &format!(": {name}{problem}\nhint: replace it with an ordinary space, or delete it"));
    }
    for line in ["environment = \"test\",", "environment = \"test\";", "environment = 'test' prod"] {
        let hint = "hint: write `environment = \"sandbox\"`, `\"test\"` or `\"prod\"`";
        mistake(line, &format!(": `environment`: there is text after the value\n{hint}"));
    }
    for line in ["[key", "[]", "[api.]", "[api.my api]", "[api.på nett]", "[key] path = \"x\""] {
        let header = "hint: write a table on a line of its own, such as `[key]` or `[api.NAME]`; put quotes around a \
                      NAME with spaces or special characters";
        mistake(line, &format!(": this is not a valid table\n{header}"));
    }
    let twice = with("token --env test", "environment = \"test\"\n[key]\n[vendor]\n[key]\n").run();
    twice.fails(3, "error: config/test.toml line 4: this table occurs twice\nhint: remove one of the two\n");
}

#[test]
fn a_value_of_another_type_is_reported_with_the_form_of_the_setting() {
    let mistake = |lines: &str, what: &str| {
        let line = lines.lines().count() + 1;
        refused(
            &format!("environment = \"test\"\n{lines}\n"),
            &format!("error: config/test.toml line {line}: {what}\n"),
        );
    };
    let array = "hint: write `resource = [\"VALUE\"]`, and separate several values by commas";
    mistake("resource = \"x\"", &format!("`resource`: expected an array\n{array}"));
    mistake("resource = [\"x\", 3]", &format!("`resource`: expected a string\n{array}"));
    mistake("resource = x", &format!("`resource`: the value needs quotes\n{array}"));
    mistake(
        "resource = [\"x\" \"y\"]",
        &format!("`resource`: not valid TOML: missing comma between array elements, expected `,`\n{array}"),
    );
    let scopes = "hint: write `scope = \"VALUE\"`, and separate several scopes by spaces";
    mistake("scope = [\"a\", \"b\"]", &format!("`scope`: expected a string\n{scopes}"));
    mistake("scope = \"a\", \"b\"", &format!("`scope`: there is text after the value\n{scopes}"));
    for (value, problem) in
        [("\"true\"", "expected a boolean"), ("1", "expected a boolean"), ("", "the value is missing")]
    {
        let hint = "hint: write `exchange = true` or `exchange = false`";
        mistake(
            &format!("[api.x]\nurl = \"https://x.no\"\nexchange = {value}"),
            &format!("`exchange`: {problem}\n{hint}"),
        );
    }
    let table = "expected a table\n\
                 hint: write a table on a line of its own, such as `[key]` or `[api.NAME]`, and its settings below it, \
                 such as `path = \"FILE\"`";
    mistake("vendor = \"x\"", &format!("`vendor`: {table}"));
    mistake("api.x = \"https://x.no\"", table);
    mistake("[api]\nurl = \"https://x.no\"", &format!("`url`: {table}"));
}

#[test]
fn an_api_may_have_any_name_in_quotes() {
    let file = test_file("").replace("[key]", "[api.\"på nett\"]\nurl = \"https://x.no\"\n[key]");
    let run = with("call --env test --list --json", &file).run();
    assert!(run.out.contains("\"name\": \"på nett\""), "{}{}", run.out, run.err);
}

#[test]
fn a_windows_path_in_double_quotes_is_reported_with_single_quotes() {
    let hint = "hint: does the value contain a backslash, such as a Windows path? put it in single quotes, such as \
                path = 'C:\\keys\\mp-key.pem'\n";
    let file = |path: &str| format!("environment = \"test\"\n[key]\npath = {path}\n");
    for path in ["\"C:\\keys\\my.pem\"", "\"C:\\Users\\my.pem\""] {
        let problem = "`path`: a backslash in double quotes begins an escape sequence";
        refused(&file(path), &format!("error: config/test.toml line 3: {problem}\n{hint}"));
    }
    // This is an escape sequence of TOML: a tab.
    let problem = "expected a path, but this looks like the key itself";
    refused(&file("\"C:\\temp.pem\""), &format!("error: config/test.toml line 3: {problem}\n{hint}"));
    let run = with("key public --env test", &file("'C:\\keys\\my.pem'")).run();
    assert!(run.err.starts_with("error: the key file `config/C:\\keys\\my.pem` does not exist\n"), "{}", run.err);
}

#[test]
fn a_file_in_another_format_is_recognised() {
    refused(
        &project_text("config/system.json"),
        "error: `config/test.toml` is JSON, but a configuration file must be TOML\n\
         hint: is it a system file? pass it to `systemuser-demo system register config/test.toml`; --config needs a file such as \
         config/test.toml\n",
    );
    refused(
        &crate::program::data_text("key.pkcs8.pem"),
        "error: `config/test.toml` contains a key or a certificate, not a configuration\n\
         hint: specify a key with --key\n",
    );
    // A byte order mark and tabs are valid.
    let file = format!("\u{feff}{}", test_file("").replace(" = ", "\t=\t"));
    let run = with("token --env test", &file).run();
    assert!(run.err.starts_with("error: no organisation: "), "{}", run.err);
}

#[cfg(target_os = "linux")]
#[test]
fn a_configuration_may_be_a_pipe_and_must_have_an_end() {
    let run = program("token --config /dev/stdin").run_with("environment = \"test\"\n");
    assert!(run.err.starts_with("error: no client id: `/dev/stdin` has no `client_id`, "), "{}", run.err);
    let run = program("token --config /dev/zero").run();
    run.fails(3, "error: --config: cannot read `/dev/zero`: it is larger than 1 MiB\n");
}

/// Runs a program in a folder with a pipe that no other program opens.
#[cfg(unix)]
fn with_pipe(arguments: &str) -> Run {
    let program = program(arguments);
    assert!(std::process::Command::new("mkfifo").arg(program.path("pipe")).status().unwrap().success());
    program.run()
}

#[cfg(unix)]
#[test]
fn a_pipe_that_no_other_program_opens_is_an_error_after_the_timeout() {
    let problem = "it is not a regular file, and its content was not complete after 1 s\n";
    let refused = |arguments: &str, code: i32, err: &str| with_pipe(arguments).fails(code, &format!("error: {err}"));
    refused("token --config pipe --timeout 1", 3, &format!("--config: cannot read `pipe`: {problem}"));
    let values = "--env test --client-id c --scope a:b --org 210493352";
    let key = format!("the key file `pipe` cannot be read: {problem}");
    refused(&format!("token {values} --timeout=1 --key pipe"), 3, &key);
    refused("system register pipe --env test --client-id c --timeout 1", 2, &format!("cannot read `pipe`: {problem}"));
}

#[cfg(unix)]
#[test]
#[ignore = "waits for the default time limit, 30 s"]
fn a_pipe_has_a_time_limit_in_a_command_without_a_timeout() {
    let problem = "it is not a regular file, and its content was not complete after 30 s\n";
    with_pipe("key public --env test --key pipe")
        .fails(3, &format!("error: the key file `pipe` cannot be read: {problem}"));
}

#[test]
fn an_unknown_key_is_reported_with_its_line_and_the_nearest_known_key() {
    refused(
        "environment = \"test\"\n\nclientid = \"c\"\n",
        "error: config/test.toml line 3: `clientid` is not a known setting\nhint: did you mean `client_id`?\n",
    );
    refused(
        "environment = \"test\"\n[key]\nkind = \"c\"\n",
        "error: config/test.toml line 3: `kind` is not a known setting\nhint: did you mean `kid`?\n",
    );
    refused(
        "environment = \"test\"\n[endpoints]\nisuer = \"c\"\n",
        "error: config/test.toml line 3: `isuer` is not a known setting\nhint: did you mean `issuer`?\n",
    );
    refused(
        "environment = \"test\"\n[api.orders]\nurl = \"https://x.no\"\nscopes = \"c\"\n",
        "error: config/test.toml line 4: `scopes` is not a known setting\nhint: did you mean `scope`?\n",
    );
    let unlike = |line: &str, hint: &str| {
        let name = line.split([' ', '.', ']']).next().unwrap().trim_start_matches('[');
        let problem = format!("error: config/test.toml line 2: `{name}` is not a known setting");
        refused(&format!("environment = \"test\"\n{line}\n"), &format!("{problem}\nhint: {hint}\n"));
    };
    unlike("timeout = 30", "use the option --timeout instead");
    unlike("SYSTEMUSER_KID = \"k\"", "this is an environment variable; in a file, set `kid` under [key]");
    unlike("[prod]\nclient_id = \"c\"", "a file is for one environment: write the settings for `prod` in another file");
    unlike("[prod.key]\nkid = \"k\"", "a file is for one environment: write the settings for `prod` in another file");
    refused(
        "environment = \"test\"\n[api.orders]\nurl = \"https://x.no\"\ndescription = \"c\"\n",
        "error: config/test.toml line 4: `description` is not a known setting\n\
         hint: expected one of `url`, `scope`, `method`, `exchange`\n",
    );
}

#[test]
fn a_key_in_the_wrong_table_is_reported_with_the_right_table() {
    let belongs = |lines: &str, key: &str, place: &str| {
        let line = lines.lines().count() + 1;
        let unknown = lines.lines().last().unwrap().split(' ').next().unwrap();
        refused(
            &format!("environment = \"test\"\n{lines}\n"),
            &format!(
                "error: config/test.toml line {line}: `{unknown}` is not a known setting\n\
                 hint: `{key}` belongs {place}\n"
            ),
        );
    };
    belongs("kid = \"c\"", "kid", "under [key]");
    belongs("issuer = \"c\"", "issuer", "under [endpoints]");
    belongs("[key]\nscope = \"c\"", "scope", "before the first table");
    // In the right table, with different letter case.
    refused(
        "environment = \"test\"\n[key]\nKid = \"c\"\n",
        "error: config/test.toml line 3: `Kid` is not a known setting\nhint: did you mean `kid`?\n",
    );
    refused(
        "environment = \"test\"\nScope = \"c\"\n",
        "error: config/test.toml line 2: `Scope` is not a known setting\nhint: did you mean `scope`?\n",
    );
    // Names from the C# reference.
    refused(
        "environment = \"test\"\nsystemUserOrg = \"c\"\n",
        "error: config/test.toml line 2: `systemUserOrg` is not a known setting\nhint: did you mean `org`?\n",
    );
    belongs("pemCertificatePath = \"c\"", "path", "under [key]");
    belongs("KeyId = \"c\"", "kid", "under [key]");
}

#[test]
fn an_environment_is_one_of_three_in_every_source() {
    let err = "`produksjon` is not an environment; expected sandbox, test or prod\n";
    refused("environment = \"produksjon\"\n", &format!("error: config/test.toml line 1: {err}"));
    program("token").var("SYSTEMUSER_ENV", "produksjon").run().fails(3, &format!("error: SYSTEMUSER_ENV: {err}"));
    let run = program("token --env produksjon").run();
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.starts_with("error: invalid value 'produksjon' for '--env <ENV>'\n"), "{}", run.err);
    refused("client_id = \"c\"\n", "error: `config/test.toml` has no `environment`; set it to sandbox, test or prod\n");
}

#[test]
fn a_file_for_another_environment_is_refused() {
    let prod = "environment = \"prod\"\n";
    let run = program("token --env test --config prod.toml").file("prod.toml", prod).run();
    run.fails(3, "error: prod.toml line 1: this file is for `prod`, but --env is `test`\n");
    let run = program("token --config prod.toml").var("SYSTEMUSER_ENV", "test").file("prod.toml", prod).run();
    run.fails(3, "error: prod.toml line 1: this file is for `prod`, but SYSTEMUSER_ENV is `test`\n");
    refused(prod, "error: config/test.toml line 1: this file is for `prod`, but --env is `test`\n");
}

#[test]
fn an_organisation_number_is_checked_before_anything_is_sent() {
    let org = |org: &str, err: &str| {
        let run = with("token --env test", &test_file("")).arg("--org").arg(org).run();
        run.fails(2, &format!("error: --org: {err}\n"));
    };
    org("21049335", "`21049335` is not an organisation number: expected 9 digits, found 8");
    org("2104933520", "`2104933520` is not an organisation number: expected 9 digits, found 10");
    org("210493353", "`210493353` is not an organisation number: its check digit is wrong");
    org("123456789", "`123456789` is not an organisation number: its check digit is wrong");
    org("Testbedrift AS", "`Testbedrift AS` is not an organisation number: expected 9 digits");
    org("", "`` is not an organisation number: expected 9 digits");
    refused(
        &test_file("org = \"310904474\""),
        "error: config/test.toml line 4: `310904474` is not an organisation number: its check digit is wrong\n",
    );
    let run = with("call logistics 21049335 --env test --org 210493352", &test_file("")).run();
    run.fails(2, "error: ORG: `21049335` is not an organisation number: expected 9 digits, found 8\n");
}

#[test]
fn the_organisation_numbers_in_the_sources_are_valid() {
    let numbers = "210493352 310904473 314250052 313790509 991825827 312600757 314168267 310385980 312236265 314107713 312605031 314112938 \
                   314048431 313775429 313725138 312530341 313367002 312220865 310702641 312975955 889640782 910753614 \
                   974761076";
    for number in numbers.split_whitespace() {
        let parsed: systemuser_demo::client::org_number::OrgNumber = number.parse().unwrap();
        assert_eq!(parsed.to_string(), number);
        assert_eq!(parsed.iso6523(), format!("0192:{number}"));
    }
    for number in ["123456789", "987654321", "999888777", "400000001"] {
        assert!(number.parse::<systemuser_demo::client::org_number::OrgNumber>().is_err(), "{number}");
    }
}

#[test]
fn spaces_and_the_scheme_in_an_organisation_number_are_accepted() {
    let server = Server::with_token(|_| json("200 OK", "{}"));
    for org in ["0192:210493352", "210 493 352", " 0192: 210 493 352\u{a0}"] {
        let run = with("call orders --env test --org", &server.configuration()).arg(org).run();
        run.succeeds("{}\n");
    }
    let asked: Vec<_> = server.requests().into_iter().map(|request| request.target).collect();
    assert_eq!(asked, ["/token", "/orders/210493352"].repeat(3));
}

#[test]
fn both_key_variables_together_are_an_error_and_an_option_outranks_either() {
    let run = with("token --env test --org 210493352", &test_file(""))
        .var("SYSTEMUSER_KEY", "x")
        .var("SYSTEMUSER_KEY_FILE", "y")
        .run();
    run.fails(
        3,
        "error: SYSTEMUSER_KEY and SYSTEMUSER_KEY_FILE cannot both be set\n\
         hint: unset one of them, or specify the key file with --key\n",
    );
    let run = with("token --env test --org 210493352 --key z", &test_file(""))
        .var("SYSTEMUSER_KEY", "x")
        .var("SYSTEMUSER_KEY_FILE", "y")
        .run();
    assert!(
        run.err.starts_with("error: the key file `z` does not exist\nhint: --key specifies this path:"),
        "{}",
        run.err
    );
}

#[test]
fn an_option_outranks_a_variable_which_outranks_the_file() {
    let server = Server::start(|_| opaque_token());
    let example = project("mp-key.pem.example");
    let own_key = data("key.pkcs1.pem");
    let file = server.configuration().replace("[key]", "external_ref = \"file\"\n[key]\nkid = \"file\"");
    let in_file = || program("token --env test").file("config/test.toml", &file);
    let in_variables = || {
        let names = ["SYSTEMUSER_CLIENT_ID", "SYSTEMUSER_SCOPE", "SYSTEMUSER_EXTERNAL_REF", "SYSTEMUSER_KID"];
        let program = names.into_iter().fold(in_file(), |program, name| program.var(name, "variable"));
        program.var("SYSTEMUSER_ORG", "310904473").var("SYSTEMUSER_KEY_FILE", example.to_str().unwrap())
    };
    let in_options = || {
        let options = ["--client-id", "--scope", "--external-ref", "--kid"];
        let program = options.into_iter().fold(in_variables(), |program, name| program.arg(name).arg("option"));
        program.arg("--org").arg("313790509").arg("--key").arg(own_key.to_str().unwrap())
    };
    for (program, value, org, key) in [
        (in_file(), "file", "210493352", &own_key),
        (in_variables(), "variable", "310904473", &example),
        (in_options(), "option", "313790509", &own_key),
    ] {
        assert_eq!(program.run().code, 0);
        let form = server.requests().pop().unwrap().body;
        let (header, claims) = claims_of(&form);
        let expected = |of_file: &str| if value == "file" { of_file.to_owned() } else { value.to_owned() };
        assert_eq!(header["kid"], value);
        assert_eq!(claims["iss"], expected("tests"));
        assert_eq!(claims["scope"], expected("a:b"));
        assert_eq!(claims["authorization_details"][0]["externalRef"], value);
        assert_eq!(claims["authorization_details"][0]["systemuser_org"]["ID"], format!("0192:{org}"));
        assert!(signed_by(&form, key), "{value}");
    }
}

#[test]
fn a_key_in_a_variable_outranks_the_file_and_an_option_outranks_both() {
    let server = Server::start(|_| opaque_token());
    let example = project("mp-key.pem.example");
    let run = |program: Program| {
        let text = std::fs::read_to_string(&example).unwrap();
        let program = program.arg("--kid").arg("k").var("SYSTEMUSER_KEY", text);
        assert_eq!(program.file("config/test.toml", server.configuration()).run().code, 0);
        server.requests().pop().unwrap().body
    };
    assert!(signed_by(&run(program("token --env test")), &example));
    let own_key = data("key.pkcs8.pem");
    assert!(signed_by(&run(program("token --env test --key").arg(own_key.to_str().unwrap())), &own_key));
}

#[test]
fn options_for_environment_and_file_outrank_variables() {
    let server = Server::start(|_| opaque_token());
    let run = program("token --env test").var("SYSTEMUSER_ENV", "prod");
    run.file("config/test.toml", server.configuration()).run().succeeds("opaque-token\n");
    let run = program("token --config a.toml").var("SYSTEMUSER_CONFIG", "nowhere.toml");
    run.file("a.toml", server.configuration()).run().succeeds("opaque-token\n");
}

#[test]
fn a_configured_algorithm_outranks_the_algorithm_of_the_jwk() {
    let server = Server::start(|_| opaque_token());
    let jwk = crate::program::data_text("key.jwk.json").replace("\"kid\"", "\"alg\": \"RS384\", \"kid\"");
    let algorithm = |file: String| {
        let run = program("token --env test --key k").file("k", &jwk).file("config/test.toml", file).run();
        assert_eq!(run.code, 0, "{}", run.err);
        claims_of(&server.requests().pop().unwrap().body).0["alg"].as_str().unwrap().to_owned()
    };
    assert_eq!(algorithm(server.configuration()), "RS384");
    assert_eq!(algorithm(server.configuration().replace("[key]", "[key]\nalg = \"RS512\"")), "RS512");
}

/// Whether the assertion in a form was signed with this RSA key, which is in PEM.
fn signed_by(form: &str, key: &Path) -> bool {
    use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
    use base64::Engine;
    let block = pem::parse(std::fs::read(key).unwrap()).unwrap();
    let key = RsaKeyPair::from_pkcs8(block.contents()).or_else(|_| RsaKeyPair::from_der(block.contents())).unwrap();
    let (message, signature) = form.split("assertion=").nth(1).unwrap().rsplit_once('.').unwrap();
    let signature = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(signature).unwrap();
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref());
    public.verify(message.as_bytes(), &signature).is_ok()
}

/// The header and the claims of the assertion in a form.
pub fn claims_of(form: &str) -> (serde_json::Value, serde_json::Value) {
    use base64::Engine;
    let assertion = form.split("assertion=").nth(1).unwrap();
    let mut parts = assertion.split('.').map(|part| {
        let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap();
        serde_json::from_slice(&json).unwrap_or_default()
    });
    (parts.next().unwrap(), parts.next().unwrap())
}

#[test]
fn verbose_shows_the_source_of_each_value() {
    let server = Server::start(|_| opaque_token());
    let run = with("token --env test --verbose --scope c:d", &server.configuration())
        .var("SYSTEMUSER_ORG", "310904473")
        .run();
    let story: Vec<&str> = run.err.lines().take(14).map(str::trim_end).collect();
    let (url, file) = (server.url(), "(config/test.toml line");
    let expected = [
        "configuration  config/test.toml".to_owned(),
        format!("               environment    test  {file} 1)"),
        format!("               client id      tests  {file} 2)"),
        "               scope          c:d  (--scope)".to_owned(),
        "               owner          310904473  (SYSTEMUSER_ORG)".to_owned(),
        "               external ref   none".to_owned(),
        format!("               issuer         {url}  {file} 8)"),
        format!("               token          {url}token  {file} 8)"),
        "               Altinn         https://platform.tt02.altinn.no/  (default for test)".to_owned(),
        "               self-service   https://api.test.samarbeid.digdir.no/  (default for test)".to_owned(),
        format!("               reference API  {url}  {file} 9)"),
        format!("key            JWK, RSA, 2048 bits, from {} {file} 6)", data("key.jwk.json").display()),
        "               kid tests (the JWK's `kid`)".to_owned(),
        "               signs with RS256 (the default)".to_owned(),
    ];
    assert_eq!(story, expected);
}

#[test]
fn verbose_shows_the_configuration_even_if_it_is_invalid() {
    let run = program("token --env test --verbose").file("config/test.toml", project_text("config/test.toml")).run();
    assert_eq!((run.code, run.out.as_str()), (3, ""));
    assert!(run.err.starts_with("configuration  config/test.toml\n"), "{}", run.err);
    assert!(run.err.contains("issuer         https://test.maskinporten.no/  (default for test)\n"), "{}", run.err);
}

#[test]
fn a_variable_that_is_empty_is_not_set() {
    let server = Server::start(|_| opaque_token());
    let run = with("token --env test", &server.configuration())
        .var("SYSTEMUSER_EXTERNAL_REF", "")
        .var("SYSTEMUSER_ORG", "")
        .var("SYSTEMUSER_CONFIG", "")
        .run();
    run.succeeds("opaque-token\n");
}

#[test]
fn a_value_that_is_empty_or_has_a_space_in_it_is_refused() {
    refused(&test_file("external_ref = \"\""), "error: config/test.toml line 4: the value is empty\n");
    refused(
        "environment = \"test\"\nclient_id = \"a b\"\n",
        "error: config/test.toml line 2: the value contains a space\n",
    );
    let run = with("token --env test --scope", &test_file("")).arg(" ").run();
    run.fails(2, "error: --scope: the value is empty\n");
}

#[test]
fn an_impossible_value_is_not_repeated() {
    let long = "a".repeat(501);
    refused(
        &test_file(&format!("org = \"{long}\"")),
        "error: config/test.toml line 4: the value is invalid and is not shown: it may be a secret\n",
    );
    refused(
        &format!("environment = \"test\"\n{long} = 1\n"),
        "error: config/test.toml line 2: a text of 501 characters is not a known setting\n\
         hint: expected one of `environment`, `client_id`, `scope`, `org`, `external_ref`, `resource`, `key`, \
         `vendor`, `endpoints`, `api`\n",
    );
}

#[test]
fn scopes_may_span_several_lines() {
    let server = Server::start(|_| opaque_token());
    let scopes: Vec<String> = (0..30).map(|nth| format!("altinn:authentication/some.scope.{nth}")).collect();
    let file = server.configuration().replace("\"a:b\"", &format!("\"\"\"\n{}\n\"\"\"", scopes.join("\n")));
    with("token --env test", &file).run().succeeds("opaque-token\n");
    assert_eq!(claims_of(&server.requests()[0].body).1["scope"], scopes.join(" "));
}

#[test]
fn several_scopes_are_sent_with_single_spaces_between_them() {
    let server = Server::start(|_| opaque_token());
    with("token --env test --scope", &server.configuration()).arg(" a:b   c:d ").run().succeeds("opaque-token\n");
    assert_eq!(claims_of(&server.requests()[0].body).1["scope"], "a:b c:d");
}

#[test]
fn an_endpoint_is_https_or_on_this_machine() {
    let endpoint = |line: &str, err: &str| {
        refused(
            &format!("environment = \"test\"\n[endpoints]\n{line}\n"),
            &format!("error: config/test.toml line 3: {err}\n"),
        );
    };
    endpoint(
        "issuer = \"http://example.no/\"",
        "`http://example.no/` uses plain http, which is only allowed for loopback addresses",
    );
    endpoint(
        "token = \"http://10.0.0.1/token\"",
        "`http://10.0.0.1/token` uses plain http, which is only allowed for loopback addresses",
    );
    endpoint(
        "altinn = \"platform.altinn.no\"",
        "`platform.altinn.no` must be a URL with https://, or with http:// for a loopback address",
    );
    endpoint(
        "jwks = \"ftp://example.no/\"",
        "`ftp://example.no/` must be a URL with https://, or with http:// for a loopback address",
    );
    endpoint(
        "reference_api = \"https://me:secret@example.no/\"",
        "the URL contains a user name or a password, which is not allowed",
    );
    endpoint("issuer = \"https://x.no/?a=b\"", "`https://x.no/?a=b` must not have a query or a fragment");
    endpoint(
        "issuer = \"https://test.maskinporten.no/token\"",
        "`https://test.maskinporten.no/token` is not the issuer; the issuer is probably \
         `https://test.maskinporten.no/`",
    );
}

#[test]
fn only_this_machine_may_be_called_over_plain_http() {
    for host in
        ["localhost.example.no", "localhost.", "name.localhost", "0.0.0.0", "[::]", "128.0.0.1", "[::ffff:7f00:1]"]
    {
        let file = format!("environment = \"test\"\n[api.mine]\nurl = \"http://{host}/{{org}}\"\n");
        let end = format!("`http://{host}/{{org}}` uses plain http, which is only allowed for loopback addresses\n");
        refused(&file, &format!("error: config/test.toml line 3: {end}"));
        let sandbox = program("token").var("SYSTEMUSER_SANDBOX", format!("http://{host}/")).run();
        assert_eq!((sandbox.code, sandbox.out.as_str()), (3, ""), "{host}: {}", sandbox.err);
    }
}

#[test]
fn this_machine_has_several_names() {
    for host in ["localhost", "LOCALHOST", "127.1", "127.0.0.1", "0x7f000001"] {
        let server = Server::start(|_| opaque_token());
        let file = server.configuration().replace("127.0.0.1", host);
        with("token --env test", &file).run().succeeds("opaque-token\n");
    }
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs root, to replace /etc/hosts for one process; .ci/run has it"]
fn localhost_is_this_machine_whatever_the_resolver_says() {
    let server = Server::start(|_| opaque_token());
    let program = with("token --env test", &server.configuration().replace("127.0.0.1", "localhost"));
    // 192.0.2.1 belongs to nobody (RFC 5737).
    let program = program.file("hosts", "192.0.2.1 localhost\n");
    let command = program.command();
    let mut unshared = std::process::Command::new("unshare");
    unshared.args(["--mount", "sh", "-c", "mount --bind hosts /etc/hosts && exec \"$0\" \"$@\""]);
    unshared.arg(command.get_program()).args(command.get_args()).current_dir(program.path(""));
    Run::of(&mut unshared).succeeds("opaque-token\n");
}

#[test]
fn an_issuer_without_a_trailing_slash_gets_a_slash_and_a_note() {
    let server = Server::start(|_| opaque_token());
    let file = server.configuration().replace(
        &format!("issuer = \"{}\"", server.url()),
        &format!("issuer = \"{}\"", server.url().trim_end_matches('/')),
    );
    let run = with("token --env test", &file).run();
    assert_eq!(run.err, "note: config/test.toml line 8: a trailing slash was added to the issuer\n");
    run.succeeds("opaque-token\n");
    assert_eq!(claims_of(&server.requests()[0].body).1["aud"], server.url());
}

#[test]
fn the_sandbox_stays_on_this_machine() {
    let run = program("token").var("SYSTEMUSER_SANDBOX", "https://example.no/").var("SYSTEMUSER_ENV", "sandbox").run();
    run.fails(
        3,
        "error: SYSTEMUSER_SANDBOX: `https://example.no/` is not a loopback address, but the sandbox runs on this \
         machine\n",
    );
    let file = "environment = \"sandbox\"\n[api.mine]\nurl = \"https://example.no/{org}\"\n";
    program("token --config a.toml").file("a.toml", file).run().fails(
        3,
        "error: a.toml line 3: `https://example.no/{org}` is not a loopback address, but the sandbox runs on this \
         machine\n",
    );
}

#[test]
fn a_configured_api_has_a_url_and_no_built_in_name() {
    let api = |api: &str, err: &str| {
        refused(&format!("environment = \"test\"\n{api}\n"), &format!("error: config/test.toml {err}\n"))
    };
    api(
        "[api.salary]\nurl = \"https://x.no/\"",
        "line 3: `[api.salary]` has the name of a reference API; choose another name",
    );
    api("[api.orders]\nscope = \"a\"", "line 2: `url` is missing");
    api(
        "[api.orders]\nurl = \"https://x.no/{orgno}\"",
        "line 3: `https://x.no/{orgno}` has a placeholder other than `{org}`",
    );
    api(
        "[api.orders]\nurl = \"x.no/{org}\"",
        "line 3: `x.no/{org}` must be a URL with https://, or with http:// for a loopback address",
    );
}

#[test]
fn an_algorithm_is_one_of_three() {
    refused(
        "environment = \"test\"\n[key]\nalg = \"ES256\"\n",
        "error: config/test.toml line 3: `alg`: `ES256` is not supported; Maskinporten accepts RS256, RS384 \
         and RS512\n",
    );
}

#[test]
fn a_timeout_is_a_number_of_seconds() {
    for seconds in ["0", "abc", "-1", "1.5", "3601"] {
        let run = program("token").arg(format!("--timeout={seconds}")).run();
        run.fails(2, &format!("error: --timeout: expected a number of seconds from 1 to 3600, found `{seconds}`\n"));
    }
    program("token --timeout -1")
        .run()
        .fails(2, "error: --timeout: expected a number of seconds from 1 to 3600, found `-1`\n");
    program("token --env test --key=").run().fails(2, "error: --key: the value is empty\n");
    program("token --config=").run().fails(2, "error: --config: the value is empty\n");
}

#[test]
fn a_test_organisation_in_production_is_warned_about() {
    let run = program("token --env prod --client-id c --scope s --org 210493352 --kid k --timeout 1 --key")
        .arg(data("key.pkcs8.pem").to_str().unwrap())
        .var("HTTPS_PROXY", nobody())
        .run();
    let warning =
        |org: &str| format!("warning: {org} is a test organisation number, but the environment is production\n");
    let silence = "error: cannot connect to `https://maskinporten.no/token`: the connection to the proxy failed: \
                   Connection refused\n\
                   hint: the proxy is set by HTTPS_PROXY: is it not running, or does it block this host?\n";
    run.fails(6, &format!("{}{silence}", warning("210493352 (--org)")));
    let file = "environment = \"prod\"\n[vendor]\norg = \"310904473\"\n[api.x]\nurl = \"https://x.no/{org}\"\n";
    let run = program("call x 210493352 --env prod --client-id c --scope s --org 991825827 --kid k --key")
        .arg(data("key.pkcs8.pem").to_str().unwrap())
        .file("config/prod.toml", file)
        .var("HTTPS_PROXY", nobody())
        .run();
    run.fails(6, &format!("{}{}{silence}", warning("210493352 (ORG)"), warning("310904473 (config/prod.toml)")));
}

/// A shipped file with a valid organisation number instead of production's example, which is invalid.
fn filled_in(path: &str) -> String {
    project_text(path).replace("\"123456789\"", "\"991825827\"")
}

fn shipped(name: &str) -> Config {
    let path = format!("config/{name}.toml");
    Config::parse(&filled_in(&path), Some(Path::new(&path)), Overrides::default()).unwrap()
}

#[test]
fn the_shipped_production_file_sends_nothing() {
    program("token --env prod").file("config/prod.toml", project_text("config/prod.toml")).run().fails(
        3,
        "error: config/prod.toml line 7: `123456789` is not an organisation number: its check digit is wrong\n\
         hint: is this still the example value? replace it with a real organisation number\n",
    );
}

#[test]
fn the_key_of_the_sandbox_is_the_projects_own() {
    program("token --env sandbox").file("config/sandbox.toml", project_text("config/sandbox.toml")).run().fails(
        3,
        "error: the key file `mp-key.pem.example` does not exist\n\
         hint: the registered key in the sandbox is the project's mp-key.pem.example: copy it to this path (set by \
         config/sandbox.toml)\n",
    );
}

#[test]
fn the_shipped_files_are_complete() {
    for environment in Environment::ALL {
        let config = shipped(environment.name());
        assert_eq!(config.environment.value, environment);
        assert!(config.client_id.is_some() && config.scope.is_some() && config.org.is_some() && config.key.is_some());
        assert!(config.vendor.org.is_some() && config.vendor.system_id.is_some());
        // The sandbox's file sets no redirect URL, so its customers' browsers stay on this machine.
        assert_eq!(config.vendor.redirect_url.is_none(), environment == Environment::Sandbox);
        assert_eq!(config.endpoints, environment.endpoints());
    }
}

fn is_setting(line: &str) -> bool {
    let named = |name: &str| name.trim().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    line.starts_with('[') || line.split_once('=').is_some_and(|(name, _)| named(name))
}

#[test]
fn settings_that_are_commented_out_in_the_shipped_files_are_valid() {
    for name in ["sandbox", "test", "prod"] {
        let text = filled_in(&format!("config/{name}.toml"));
        let uncommented: String = text
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|setting| is_setting(setting)).unwrap_or(line))
            .map(|line| format!("{line}\n"))
            .collect();
        // The files for prod and test already contain the table.
        let path: PathBuf = Path::new("config").join(format!("{name}.toml"));
        let config = Config::parse(&uncommented, Some(&path), Overrides::default()).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(config.external_ref.unwrap().value, "customer-42", "{name}");
        assert_eq!(config.endpoints.issuer, config.environment.value.endpoints().issuer, "{name}");
        if name == "test" {
            let names: Vec<_> = config.apis.keys().map(String::as_str).collect();
            assert_eq!(names, ["aapnekrav", "innbetalinger", "krav", "orders", "sykmeldinger", "utbetalinger"]);
            assert_eq!(config.apis["krav"].scope.as_ref().unwrap().value, "skatteetaten:kravogbetalinger");
        }
    }
}

/// Regression test: a long reference in capitals looks like the base64 of a key, and was refused.
#[test]
fn a_long_reference_in_capitals_is_accepted() {
    const REFERENCE: &str = "MILJODIREKTORATET-2026-000000000000000000000001";
    let run = program("grant --decode --env test --client-id c --scope a:b --org 210493352")
        .args("--external-ref")
        .arg(REFERENCE)
        .arg("--key")
        .arg(data("key.jwk.json").to_str().unwrap())
        .run();
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(run.out.contains(&format!("\"externalRef\": \"{REFERENCE}\"")), "{}", run.out);
    // It may still be a key, so messages do not print it.
    let server = Server::start(|_| json("400 Bad Request", r#"{"error_uri":"https://a.no/errors/MP-303"}"#));
    let run =
        program("token --env test --external-ref").arg(REFERENCE).file("config/test.toml", server.configuration());
    let run = run.run();
    assert!(run.code == 4 && run.err.contains("external ref  a text of 47 characters  "), "{}", run.err);
    assert!(!run.err.contains("MILJO") && server.grants()[0].to_string().contains(REFERENCE), "{}", run.err);
}

#[test]
fn a_malformed_scope_or_a_token_is_refused() {
    let wrong = |scope: &str| {
        let run = program("grant --env test --client-id c --org 210493352 --key k.pem --scope").arg(scope).run();
        assert_eq!(run.code, 2, "{scope}: {}", run.err);
        run.err
    };
    let long = "altinn:".to_owned() + &"x".repeat(194);
    let token = format!("eyJhbGciOiJSUzI1NiJ9.{}.{}", "c".repeat(90), "s".repeat(90));
    assert_eq!(wrong("a:b blåbær"), "error: --scope: `blåbær` is not a scope\n");
    assert_eq!(wrong("a:b \"c:d\""), "error: --scope: `\"c:d\"` is not a scope\n");
    assert_eq!(wrong("a\\b"), "error: --scope: `a\\b` is not a scope\n");
    assert_eq!(wrong(&long), "error: --scope: a text of 201 characters is not a scope\n");
    assert_eq!(wrong("a:b eyJhbGciOiJSUzI1NiJ9"), "error: --scope: a text of 20 characters is not a scope\n");
    assert_eq!(wrong(&token), "error: --scope: the value is invalid and is not shown: it may be a secret\n");
    let file = format!("[api.orders]\nurl = \"https://a.no\"\nscope = \"{token}\"\n");
    refused(
        &test_file(&file),
        "error: config/test.toml line 6: the value is invalid and is not shown: it may be a secret\n",
    );
    let run = program("grant --decode --env test --client-id c --org 210493352 --scope")
        .arg(format!(" a:b\n{} ", &long[..200]))
        .arg("--key")
        .arg(data("key.jwk.json").to_str().unwrap())
        .run();
    assert!(run.code == 0 && run.out.contains(&format!("\"a:b {}\"", &long[..200])), "{}", run.err);
}

/// Regression test: the built-in configuration had a name that a real file can have.
#[cfg(feature = "sandbox")]
#[test]
fn a_file_named_built_in_is_not_the_built_in_configuration() {
    let file = project_text("config/sandbox.toml").replace("../mp-key.pem.example", "mp-key.pem.example");
    let run = program("token --org 314168267 --config")
        .arg("built in")
        .file("built in", file)
        .file("mp-key.pem.example", project_text("mp-key.pem.example"))
        .run();
    assert!(run.code == 4 && run.err.contains("--config 'built in'"), "{}", run.err);
    let run = program("token --org 314168267").run();
    assert!(run.code == 4 && run.err.contains("  (built in)\n") && !run.err.contains("--config"), "{}", run.err);
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs script, of util-linux; .ci/run has it"]
fn a_terminal_without_colour_support_gets_no_colour() {
    let drawn = |terminal: &str| {
        let program = program("token --org 1");
        crate::program::Run::of(program.at_a_terminal().env("TERM", terminal)).out.replace("\r\n", "\n")
    };
    let plain = "error: --org: `1` is not an organisation number: expected 9 digits, found 1\n";
    assert_eq!(drawn("dumb"), plain);
    assert_eq!(drawn("xterm"), plain.replace("error:", "\x1b[1;31merror:\x1b[0m"));
}
