//! Are help, examples, colours and global options complete and correct?

use std::fs::{File, OpenOptions};
use std::process::Stdio;

use crate::program::{Run, program};

/// The words of every command.
pub fn commands() -> Vec<String> {
    let (mut commands, mut waiting) = (Vec::new(), vec![String::new()]);
    while let Some(command) = waiting.pop() {
        let help = program(&format!("{command} -h")).run().out;
        let listed = help.split_once("\nCommands:\n").map(|(_, rest)| rest.split("\n\n").next().unwrap());
        let names = listed
            .into_iter()
            .flat_map(str::lines)
            .filter_map(|line| line.strip_prefix("  ")?.split(' ').next().filter(|name| !name.is_empty()));
        waiting.extend(names.map(|name| format!("{command} {name}").trim().to_owned()));
        commands.push(command);
    }
    assert!(commands.len() > 20, "{}", commands.len());
    commands
}

#[test]
fn the_help_command_prints_the_same_as_the_help_option() {
    for command in commands() {
        let run = program(&format!("help {command}")).run();
        run.succeeds(&program(&format!("{command} --help")).run().out);
    }
    assert!(program("").run().err.contains("\n  help         print help for a command\n"));
    let unknown = program("help tokn").run();
    assert_eq!((unknown.code, unknown.out.as_str()), (2, ""));
    assert!(unknown.err.contains("'token'"), "{}", unknown.err);
}

/// The examples in the help of each command.
#[cfg(feature = "sandbox")]
fn examples() -> Vec<String> {
    let mut examples = Vec::new();
    for command in commands() {
        let help = program(&format!("{command} --help")).run().out;
        if help.contains("\nCommands:\n") {
            continue;
        }
        let (_, listed) = help.split_once("\nExamples:\n").unwrap_or_else(|| panic!("{command} has no examples"));
        let lines = listed.lines().take_while(|line| !line.is_empty());
        let lines: Vec<&str> = lines.map(|line| line.split(" # ").next().unwrap().trim_end()).collect();
        for line in lines {
            assert!(line.starts_with(&format!("  systemuser-demo {command}")), "{command}: {line}");
            examples.push(line.trim().to_owned());
        }
        assert!(!program(&format!("{command} -h")).run().out.contains("Examples:"), "{command}");
    }
    examples
}

#[cfg(feature = "sandbox")]
fn is_sandbox(example: &str) -> bool {
    example.starts_with("systemuser-demo sandbox")
}

/// The default port may be in use, so an example without a port gets a free port.
#[cfg(all(unix, feature = "sandbox"))]
#[test]
fn every_example_of_the_sandbox_runs_until_it_is_stopped() {
    let examples = examples();
    let examples: Vec<&String> = examples.iter().filter(|example| is_sandbox(example)).collect();
    assert!(examples.len() > 2, "{examples:?}");
    for example in examples {
        let words = example.strip_prefix("systemuser-demo ").unwrap();
        let port = if words.contains("--port") { "" } else { "--port 0" };
        let mut sandbox = crate::sandbox::standing_by(program(words).args(port).command());
        let run = program("token").var("SYSTEMUSER_SANDBOX", &sandbox.address).run();
        let is_refused = run.err.contains("refused the grant: MP-303 ");
        assert_eq!((run.code, is_refused), if words.contains("MP-303") { (4, true) } else { (0, false) }, "{example}");
        assert_eq!(sandbox.end("-INT").0, Some(0), "{example}");
    }
}

#[cfg(feature = "sandbox")]
#[test]
fn every_example_of_the_help_runs() {
    use crate::program::project_text;
    let examples = examples();
    assert!(examples.len() > 40, "{}", examples.len());
    for example in examples.iter().filter(|example| !is_sandbox(example)) {
        let values = [("RESOURCE", "ttd_systembruker-logistikk-demo"), ("ID", "00000000-0000-4000-8000-000000000009")];
        let example = values.iter().fold(example.clone(), |text, (word, value)| text.replace(word, value));
        let example =
            example.replace("PACKAGE", "regnskapsforer-med-signeringsrettighet").replace("--wait=90s", "--wait=1s");
        let words = example.strip_prefix("systemuser-demo ").unwrap();
        let (words, redirection) = words.split_once(['<', '>']).unwrap_or((words, ""));
        let system = project_text("config/system.json");
        // The system's clients in the sandbox: an update that removes a client needs an option.
        let clients = "7ee41fce-9f6e-4c32-8195-0fe2c1517f43\", \"c5a0e913-7b2d-4f86-9d41-3e6f8b20a7d5";
        let program = program(words)
            .file("config/sandbox.toml", project_text("config/sandbox.toml"))
            .file("mp-key.pem.example", project_text("mp-key.pem.example"))
            .file("config/system.json", &system)
            .file(
                "system.json",
                system.replace("skylager", "smartcloud").replace("1c9b7d52-6e0f-4b83-a5d4-92f3e8c07b16", clients),
            )
            .var("SYSTEMUSER_SANDBOX", crate::server::sandbox(Default::default()));
        let input = if redirection.contains("token.txt") { "eyJhbGciOiJub25lIn0.e30." } else { "" };
        let run = program.run_with(input);
        // Altinn has no request with this id and no system with this name, and nobody answers the request.
        let refused = [" request delete ", " request status 00", "991825827_skylager --yes", "--wait=1s"];
        let is_refused = refused.iter().any(|part| example.contains(part));
        assert!(run.code == 0 || is_refused && [5, 7].contains(&run.code), "{example}: {} {}", run.code, run.err);
    }
}

#[test]
fn quiet_leaves_out_notes_and_warnings_and_keeps_errors_with_their_hints() {
    let run = program("key public -q").file("config/sandbox.toml", "environment = \"sandbox\"\n").run();
    assert_eq!(run.code, 3);
    assert!(run.err.starts_with("error: "), "{}", run.err);
    let misspelled = program("explain MP-30x --quiet").run();
    assert!(misspelled.err.contains("\nhint: "), "{}", misspelled.err);
}

#[cfg(feature = "sandbox")]
#[test]
fn a_successful_quiet_command_prints_only_its_result() {
    let loud = program("call systemuserinfo").run();
    assert!(loud.err.starts_with("note: "), "{}", loud.err);
    let run = program("--quiet call systemuserinfo").run();
    run.succeeds(&loud.out);
    assert_eq!(run.err, "");
}

#[test]
fn quiet_conflicts_with_verbose_on_either_side_of_the_command() {
    for arguments in ["-q -v explain", "explain -q -v", "-q explain -v", "-v explain -q"] {
        let run = program(arguments).run();
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{arguments}");
        assert!(run.err.contains("cannot be used with"), "{arguments}: {}", run.err);
    }
}

#[test]
fn color_always_outranks_no_color_and_never_turns_colours_off() {
    for arguments in ["explain MP-30x", "explain --nonsense", "--help"] {
        let run = |options: &str| {
            let run = program(options).args(arguments).var("NO_COLOR", "1").var("TERM", "dumb").run();
            (run.out + &run.err).contains('\u{1b}')
        };
        assert!(run("--color always") && run("--color=always"), "{arguments}");
        assert!(!run("--color never") && !run("--color auto") && !run(""), "{arguments}");
    }
}

#[cfg(feature = "sandbox")]
#[test]
fn doctor_colours_marks_and_hints_by_their_meaning() {
    let run = program("doctor --offline --color always").run();
    assert!(run.out.contains("\u{1b}[1;32m✓\u{1b}[0m key "), "{}", run.out);
    assert!(run.out.contains("\u{1b}[2m-\u{1b}[0m \u{1b}[2mmetadata"), "{}", run.out);
    let failed = program("doctor --org 313790509 --color always").run();
    assert!(failed.out.contains("\u{1b}[1;31m✗\u{1b}[0m token "), "{}", failed.out);
    assert!(failed.out.contains("\u{1b}[1;36mhint:\u{1b}[0m was "), "{}", failed.out);
    let json = program("doctor --org 313790509 --color always --json").run();
    assert!(!json.out.contains("\u{1b}") && !json.out.contains("\\u001b"), "{}", json.out);
}

#[test]
fn a_duration_after_a_space_is_reported_with_the_right_spelling() {
    let run = program("request create 312600757 --right R --wait 90s").run();
    assert_eq!(run.code, 2);
    assert!(run.err.contains("write an equals sign before a duration: `--wait=90s`"), "{}", run.err);
    for (arguments, spelling) in [
        ("request status --org 210493352 --wait 3s", "--wait=3s"),
        ("request create 312600757 --right R --wait 90", "--wait=90s"),
        ("request status --env test --wait 10", "--wait=10s"),
    ] {
        let run = program(arguments).run();
        assert_eq!(run.code, 2, "{arguments}");
        assert!(run.err.contains(&format!("`{spelling}`")), "{arguments}: {}", run.err);
    }
    let other = program("request create 312600757 --right R 90s").run();
    assert!(!other.err.contains("--wait"), "{}", other.err);
}

#[test]
fn an_unexpected_argument_is_reported_with_the_option_that_was_probably_meant() {
    let tip = |arguments: &str, tip: &str| {
        let run = program(arguments).file("my system.json", "{}").run();
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{arguments}: {}", run.err);
        assert!(run.err.contains(&format!("\n  tip: {tip}\n")), "{arguments}: {}", run.err);
    };
    for (arguments, option) in [
        ("init test", "--env test"),
        ("init config/test.toml", "--config config/test.toml"),
        ("token 310904473", "--org 310904473"),
        ("token a:b", "--scope a:b"),
        ("token a:b;c", "--scope 'a:b;c'"),
        ("key public mp-key.pem", "--key mp-key.pem"),
        ("request list 310904474_system", "--system 310904474_system"),
        ("call logistics -X POST", "--method"),
        ("call logistics -d {}", "--data"),
    ] {
        tip(arguments, &format!("did you mean `{option}`?"));
    }
    tip("user find 310 904 473", "write an organisation number without spaces");
    tip("system register my system.json", "put quotes around a file name with a space: 'my system.json'");
    tip("key show", "the commands are `public`, `new`");
    tip("--env test user show", "the commands are `list`, `find`, `access`");
    let straight = "an argument has typographic quotes or a typographic dash: type straight quotes and hyphens";
    tip("request create 312600757 --title “my title” --right R", straight);
    tip("token --system X", "--system is an option of `doctor`, `system`, `request`, `user list`, `user find`");
    tip("token --wait 3s", "--wait is an option of `request`");
    tip("request change 310904473 --right x", "--right is an option of `request create`");
    tip("token –-env test", straight);
    // The command has no such option, or the text is not like the value of an option.
    for other in ["completions bash 310904473", "token nonsense", "token --file x"] {
        let run = program(other).run();
        assert!(run.code == 2 && !run.err.contains("tip:"), "{other}: {}", run.err);
    }
}

#[cfg(feature = "sandbox")]
#[test]
fn a_port_without_its_option_is_reported_with_the_option() {
    let run = program("sandbox 7070").run();
    assert!(run.code == 2 && run.err.contains("\n  tip: did you mean `--port 7070`?\n"), "{}", run.err);
}

#[test]
fn an_unknown_variable_is_reported_with_the_nearest_name_and_without_its_value() {
    let run =
        program("grant --env test").var("SYSTEMUSER_CLIENTID", "secret-value").var("SYSTEMUSER_X\u{1b}", "y").run();
    assert!(
        run.err.starts_with(
            "warning: `SYSTEMUSER_CLIENTID` is not a known environment variable; did you mean `SYSTEMUSER_CLIENT_ID`?\n"
        ),
        "{}",
        run.err
    );
    for (command, name, hint) in [
        ("token --env test", "SYSTEMUSER_TIMEOUT", "; use the option --timeout"),
        ("grant", "SYSTEMUSER_TIMEOUT", ""),
        ("system update x", "SYSTEMUSER_ALLOW_REMOVING_CLIENT_IDS", "; use the option --allow-removing-client-ids"),
        ("grant", "SYSTEMUSER_WHATEVER", ""),
    ] {
        let unlike = program(command).var(name, "9").run();
        let warning = format!("warning: `{name}` is not a known environment variable{hint}\n");
        assert!(unlike.err.starts_with(&warning), "{}", unlike.err);
    }
    assert!(!run.err.contains("secret-value") && !run.err.contains('\u{1b}'), "{}", run.err);
    for silent in ["explain MP-303", "completions bash", "help token"] {
        assert_eq!(program(silent).var("SYSTEMUSER_CLIENTID", "x").run().err, "", "{silent}");
    }
}

#[cfg(feature = "sandbox")]
#[test]
fn the_sandbox_reports_an_unknown_variable() {
    let run = program("sandbox --port x").var("SYSTEMUSER_PORT", "7070").run();
    run.fails(
        2,
        "warning: `SYSTEMUSER_PORT` is not a known environment variable; use the option --port\n\
         error: --port: expected a port number from 0 to 65535, found `x`\n",
    );
}

/// The result of a command whose stdout is this file.
#[cfg(target_os = "linux")]
fn with_stdout(arguments: &str, stdout: File) -> Run {
    Run::of(program(arguments).command().stdout(Stdio::from(stdout)).stderr(Stdio::piped()))
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_written_is_an_error() {
    let mut commands =
        vec!["--help", "--version", "help token", "explain", "explain MP-303 --json", "completions bash"];
    if cfg!(feature = "sandbox") {
        commands.extend([
            "token",
            "token --json",
            "call systemuserinfo",
            "doctor",
            "doctor --json",
            "grant",
            "key public",
            "sandbox --port 0",
        ]);
    }
    for command in commands {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        for stdout in [full, File::open("/dev/null").unwrap()] {
            let run = with_stdout(command, stdout);
            assert_eq!(run.code, 1, "{command}: {}", run.err);
            assert!(run.err.contains("error: cannot write to stdout: "), "{command}: {}", run.err);
        }
        // A sandbox whose output can be written runs until it is stopped.
        if command.starts_with("sandbox") {
            continue;
        }
        // Python and Node.js discard the output of a child process in this way.
        let discarded = OpenOptions::new().read(true).write(true).open("/dev/null").unwrap();
        let run = with_stdout(command, discarded);
        assert_eq!(run.code, 0, "{command}: {}", run.err);
    }
}
