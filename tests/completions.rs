//! Is there a completion script for every shell, and are the right values completed, safely and quietly?

use crate::command_line::commands;
use crate::program::{Program, program, project_text};

const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

#[test]
fn completions_are_generated_for_every_listed_shell() {
    let (reference, readme) = (project_text("config/README.md"), project_text("README.md"));
    let help = program("completions --help").run().out;
    for shell in SHELLS {
        assert!(reference.contains(shell));
        // The README repeats the line of the help.
        let name = format!("\n  {shell} ");
        let (_, line) = help.split_once(&name).unwrap_or_else(|| panic!("{shell}: {help}"));
        let line = line.lines().next().unwrap().trim();
        assert!(line.contains(&format!("systemuser-demo completions {shell}")), "{line}");
        assert!(readme.contains(&format!(": `{line}`\n")), "{line}");
        let run = program("completions").arg(shell).run();
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{shell}");
        assert!(run.out.contains("systemuser-demo") && run.out.contains("_SYSTEMUSER_DEMO_COMPLETE"), "{shell}");
    }
    let run = program("completions tcsh").run();
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    for listed in SHELLS {
        assert!(run.err.contains(listed), "{}", run.err);
    }
}

/// The output of the program for the script of a shell.
#[track_caller]
fn returned(folder: &Program, shell: &str, words: &[&str]) -> String {
    let mut command = folder.command();
    command.arg("--").args(words).env("_SYSTEMUSER_DEMO_COMPLETE", shell);
    command.env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string()).env("_CLAP_IFS", "\n");
    let output = command.output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""), "{words:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The candidates for the end of a line. Bash splits a word at `=`, `:` and `@`, and passes the part after it, too.
#[track_caller]
fn candidates(folder: &Program, line: &str) -> Vec<String> {
    let part = line.rsplit([' ', '=', ':', '@', '\'', '"']).next().unwrap();
    returned(folder, "bash", &[line, part]).lines().map(str::to_owned).collect()
}

#[track_caller]
fn offers(folder: &Program, line: &str, expected: &[&str]) {
    assert_eq!(candidates(folder, &format!("systemuser-demo {line}")), expected, "{line}");
}

/// A folder with a configuration for test, and a file of each kind.
fn integration() -> Program {
    let file = "environment = \"test\"\nscope = \"a:b a:c\"\n[vendor]\nsystem_id = \"991825827_own\"\n[api.orders]\nurl \
                = \"https://example.no/\"\nmethod = \"PUT\"\nscope = \"d:e\"\n[api.\"my api\"]\nurl = \
                \"https://example.no/\"\n";
    let program = program("").file("config/test.toml", file).file("other.toml", file.replace("orders", "invoices"));
    program.file("body.json", "{}").file("my key.pem", "")
}

#[test]
fn commands_and_options_are_completed_at_every_depth() {
    let empty = program("");
    offers(&empty, "expl", &["explain"]);
    offers(&empty, "system reg", &["register"]);
    offers(&empty, "token --exc", &["--exchange"]);
    offers(&empty, "request create --pack", &["--package"]);
    offers(&empty, "request create --fo", &["--force"]);
    offers(&empty, "help expl", &["explain"]);
    offers(&empty, "help request d", &["delete"]);
    offers(&empty, "--quiet help system reg", &["register"]);
    offers(&empty, "help token t", &[]);
    offers(&empty, "help unknown t", &[]);
}

const FILES: &[&str] = &["body.json", "config/", "my key.pem", "other.toml"];
const JSON_FILES: &[&str] = &["body.json", "config/"];
const APIS: &[&str] = &["systemuserinfo", "logistics", "salary", "orders"];
const SYSTEMS: &[&str] = &["991825827_own"];
/// The values of an option are numbers or texts that the program cannot know.
const ANYTHING: &[&str] = &[];

/// The first candidates for the value of each option.
const OPTIONS: &[(&str, &[&str])] = &[
    ("--add-package", ANYTHING),
    ("--add-right", ANYTHING),
    ("--api", APIS),
    ("--bits", &["2048", "3072", "4096"]),
    ("--client-id", ANYTHING),
    ("--color", &["auto", "always", "never"]),
    ("--config", &["other.toml", "config/"]),
    ("--correlation-id", ANYTHING),
    ("--data", ANYTHING),
    ("--env", &["sandbox", "test", "prod"]),
    ("--external-ref", ANYTHING),
    ("--header", ANYTHING),
    ("--key", FILES),
    ("--certificate", FILES),
    ("--kid", ANYTHING),
    ("--method", &["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]),
    ("--org", ANYTHING),
    ("--output", &["body.json", "my key.pem", "other.toml", "config/", "-"]),
    ("--package", ANYTHING),
    ("--query", ANYTHING),
    ("--redirect-url", ANYTHING),
    ("--remove-package", ANYTHING),
    ("--remove-right", ANYTHING),
    ("--resource", ANYTHING),
    ("--right", ANYTHING),
    ("--scope", &["a:b", "a:c", "d:e"]),
    ("--status", &["New", "Accepted", "Rejected", "Denied", "Timedout"]),
    ("--system", SYSTEMS),
    ("--timeout", ANYTHING),
    ("--title", ANYTHING),
];

#[cfg(feature = "sandbox")]
const SANDBOX_OPTIONS: &[(&str, &[&str])] = &[
    ("--clock-ahead", ANYTHING),
    ("--page-size", ANYTHING),
    ("--paging-fault", &["right", "loses-rows", "never-ends", "internal-host"]),
    ("--port", ANYTHING),
    ("--refuse", &["MP-011", "MP-012"]),
];
#[cfg(not(feature = "sandbox"))]
const SANDBOX_OPTIONS: &[(&str, &[&str])] = &[];

/// The first candidates for the first argument of each command.
const ARGUMENTS: &[(&str, &[&str])] = &[
    ("call", APIS),
    ("completions", &SHELLS),
    ("explain", &["MP-011", "MP-012"]),
    ("help", &["token", "call", "grant"]),
    ("inspect", ANYTHING),
    ("key new", FILES),
    ("request change", ANYTHING),
    ("request create", ANYTHING),
    ("request delete", ANYTHING),
    ("request status", ANYTHING),
    ("scope check", &["a:b", "a:c", "d:e"]),
    ("scope list", ANYTHING),
    ("system delete", SYSTEMS),
    ("system log", SYSTEMS),
    ("system register", JSON_FILES),
    ("system show", SYSTEMS),
    ("system update", JSON_FILES),
    ("user access", ANYTHING),
    ("user find", ANYTHING),
];

#[test]
fn every_option_and_argument_offers_its_values_and_no_other_files() {
    let folder = integration().var("SYSTEMUSER_ENV", "test");
    let (mut options, mut arguments) = (Vec::new(), Vec::new());
    for command in commands() {
        let help = program(&format!("{command} -h")).run().out;
        if help.contains("\nArguments:\n") {
            let expected = ARGUMENTS.iter().find(|(name, _)| *name == command);
            let (_, expected) = expected.unwrap_or_else(|| panic!("{command} has an argument"));
            let offered = candidates(&folder, &format!("systemuser-demo {command} "));
            let offered: Vec<&str> = offered.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
            let is_open = matches!(command.as_str(), "explain" | "help");
            assert!(offered.starts_with(expected), "{command}: {offered:?}");
            assert!(is_open || offered.len() == expected.len(), "{command}: {offered:?}");
            arguments.push(command.clone());
        }
        for line in help.lines().filter(|line| line.starts_with("  ")) {
            let words: Vec<&str> = line.split_whitespace().skip_while(|word| !word.starts_with("--")).collect();
            let [option, value, ..] = words[..] else { continue };
            if !value.starts_with('<') || options.contains(&option.to_owned()) {
                continue;
            }
            let expected = OPTIONS.iter().chain(SANDBOX_OPTIONS).find(|(name, _)| *name == option);
            let (_, expected) = expected.unwrap_or_else(|| panic!("{command} {option} has a value"));
            let offered = candidates(&folder, &format!("systemuser-demo {command} {option} "));
            let offered: Vec<&str> = offered.iter().map(String::as_str).collect();
            assert!(offered.starts_with(expected), "{command} {option}: {offered:?}");
            assert!(option == "--refuse" || offered.len() == expected.len(), "{command} {option}: {offered:?}");
            options.push(option.to_owned());
        }
    }
    assert_eq!(options.len(), OPTIONS.len() + SANDBOX_OPTIONS.len(), "{options:?}");
    assert_eq!(arguments.len(), ARGUMENTS.len(), "{arguments:?}");
}

#[test]
fn the_names_of_the_chosen_configuration_are_completed() {
    offers(&integration(), "call --env test o", &["orders"]);
    offers(&integration(), "call -etest o", &["orders"]);
    offers(&integration().var("SYSTEMUSER_ENV", "test"), "call o", &["orders"]);
    offers(&integration(), "doctor --config other.toml --api i", &["invoices"]);
    offers(&integration(), "doctor --config 'other.toml' --api i", &["invoices"]);
    offers(&integration().var("SYSTEMUSER_CONFIG", "other.toml"), "call i", &["invoices"]);
    offers(&integration(), "-e test request list --system ", SYSTEMS);
    offers(&integration(), "call o", &[]);
    offers(&program(""), "call --env prod s", &[]);
}

#[test]
fn an_error_code_is_completed_in_every_spelling() {
    let empty = program("");
    for typed in ["MP-30", "mp-30", "MP30", "mp30", "30", "Mp_30", "MP-030"] {
        let codes = ["1", "2", "3"].map(|end| format!("{typed}{end}"));
        offers(&empty, &format!("explain {typed}"), &codes.each_ref().map(String::as_str));
    }
    offers(&empty, "explain AUTH-4", &["AUTH-4"]);
    offers(&empty, "explain AMUI-0001", &["AMUI-0001", "AMUI-00014", "AMUI-00016", "AMUI-00018", "AMUI-00019"]);
    offers(&empty, "explain amui7", &["amui70", "amui71"]);
    offers(&empty, "explain unknown_k", &["unknown_kid"]);
    offers(&empty, "explain invalid_g", &["invalid_grant"]);
    offers(&empty, "explain x/MP-30", &[]);
    for typed in ["", "m", "MP", "a", "auth-0", "AUTH.", "authvld", "std", "i"] {
        let offered = candidates(&empty, &format!("systemuser-demo explain {typed}"));
        let codes: Vec<_> = offered.iter().filter(|word| !word.starts_with('-')).collect();
        assert!(!codes.is_empty(), "{typed}");
        for code in codes {
            assert!(code.starts_with(typed));
            assert_eq!(program("explain").arg(code).run().code, 0, "{code}");
        }
    }
}

#[test]
fn a_word_is_completed_after_an_equals_sign_a_colon_an_at_sign_and_a_quote() {
    // Bash inserts a candidate in place of the part after the character.
    offers(&integration(), "token --env=te", &["test"]);
    offers(&integration(), "token -e test --scope a:", &["b", "c"]);
    offers(&integration(), "token -e test --scope=a:c", &["c"]);
    offers(&integration(), "call salary --data @b", &["body.json"]);
    offers(&integration(), "key public --key=my", &["my key.pem"]);
    for [line, part] in [["'my ", "my "], ["\"my k", "my k"], ["my\\ k", "my\\ k"]] {
        let line = format!("systemuser-demo key public --key {line}");
        assert_eq!(returned(&integration(), "bash", &[&line, part]), "my key.pem\n", "{line}");
    }
    // zsh and fish insert it in place of the word.
    for shell in ["zsh", "fish"] {
        let offered = returned(&integration(), shell, &["systemuser-demo", "key", "public", "--key", "\"my k"]);
        assert_eq!(offered.trim_end(), "my key.pem", "{shell}");
    }
}

#[test]
fn candidates_have_descriptions_where_the_shell_shows_them() {
    let words = |line: &'static str| line.split(' ').collect::<Vec<_>>();
    let fish = |line| returned(&integration(), "fish", &words(line));
    assert_eq!(fish("systemuser-demo call -e test o"), "orders\tPUT https://example.no/\n");
    assert_eq!(fish("systemuser-demo call -e test l"), "logistics\treference API\n");
    assert_eq!(fish("systemuser-demo token -e test --scope d"), "d:e\t[api.orders]\n");
    assert_eq!(fish("systemuser-demo system show -e test 9"), "991825827_own\t`system_id` under [vendor]\n");
    assert_eq!(fish("systemuser-demo help system reg"), "register\tregister a new system\n");
    let zsh = returned(&integration(), "zsh", &words("systemuser-demo explain MP-303"));
    assert_eq!(zsh, "MP-303:Altinn has no approved system user that matches the grant");
}

#[test]
fn a_hostile_configuration_puts_no_commands_and_no_control_characters_on_the_line() {
    let mut file = "environment = \"test\"\nscope = \"x:$(id) `id` x;id a* -x:y ok:scope\"\n[vendor]\nsystem_id = \
                    \"$(id)\"\n"
        .to_owned();
    for name in ["$(id)", "`id`", "a;id", "a\\nid", "*", "~root", "a&id", "a|id", "\\u001b[31mred", "-x", "a'b", "@x"] {
        file += &format!("[api.\"{name}\"]\nurl = \"https://example.no/\"\n");
    }
    let secret = "A".repeat(30) + &"b4".repeat(30);
    file += &format!("[api.{secret}]\nurl = \"https://example.no/\"\n");
    file += &format!("[api.good]\nurl = \"https://example.no/$(id)?key={secret}\"\n");
    let folder = || program("").file("config/test.toml", &file).var("SYSTEMUSER_ENV", "test");
    assert_eq!(folder().command().args(["call", "--list"]).output().unwrap().status.code(), Some(0));
    for shell in SHELLS {
        let line = |command: &'static str| match shell {
            "bash" => vec![command, ""],
            _ => command.split(' ').collect(),
        };
        let offered = returned(&folder(), shell, &line("systemuser-demo call "));
        let lines: Vec<&str> = offered.lines().filter(|line| !line.starts_with('-')).collect();
        let names: Vec<&str> = lines.iter().map(|line| line.split(['\t', ':']).next().unwrap()).collect();
        assert_eq!(names, ["systemuserinfo", "logistics", "salary", "good"], "{shell}: {offered}");
        assert!(!offered.contains(&secret) && !offered.contains('\u{1b}'), "{shell}: {offered}");
        let offered = returned(&folder(), shell, &line("systemuser-demo token --scope "));
        assert_eq!(
            offered.trim_end().split('\t').next().unwrap().replace('\\', "").split(":`").next(),
            Some("ok:scope")
        );
        assert_eq!(returned(&folder(), shell, &line("systemuser-demo system show --system ")), "", "{shell}");
    }
}

#[test]
fn an_invalid_configuration_and_invalid_words_offer_only_what_is_built_in() {
    let folder = program("").file("config/test.toml", "not TOML");
    offers(&folder, "call --env test s", &["systemuserinfo", "salary"]);
    offers(&folder, "system show --env test --system ", &[]);
    offers(&folder, "call --env unknown s", &["systemuserinfo", "salary"]);
    offers(&folder, "call --config missing.toml s", &["systemuserinfo", "salary"]);
    offers(&folder, "token --unknown --env te", &["test"]);
    offers(&folder, "token 'open", &[]);
    for shell in SHELLS {
        assert_eq!(returned(&folder, shell, &["systemuser-demo", "unknown", "x"]), "", "{shell}");
        let mut command = folder.command();
        let output = command.arg("--").env("_SYSTEMUSER_DEMO_COMPLETE", shell).output().unwrap();
        assert_eq!((output.status.code(), output.stdout, output.stderr), (Some(0), vec![], vec![]), "{shell}");
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_and_a_device_as_the_configuration_are_not_read() {
    let folder = program("").folder("config");
    crate::program::succeeds(std::process::Command::new("mkfifo").arg(folder.path("config/test.toml")));
    // Nobody writes to the pipe, so reading it would end only at the time limit of 30 s.
    let start = std::time::Instant::now();
    offers(&folder, "call -e test s", &["systemuserinfo", "salary"]);
    offers(&folder, "call --config /dev/zero s", &["systemuserinfo", "salary"]);
    assert!(start.elapsed().as_secs() < 20);
}

/// The arguments of each line, as bash passes them after a Tab at the end of the line.
#[cfg(target_os = "linux")]
fn typed_in_bash(folder: &Program, lines: &[&str]) -> Vec<String> {
    use std::io::Write;
    use std::process::{Command, Stdio};
    // The program prints the arguments that it gets. Its completions still come from the real program.
    let script = program("completions bash").run().out;
    let own = "PS1=\nbind 'set enable-bracketed-paste off'\nsystemuser-demo() { printf '<%s>' \"$@\"; echo; }\n";
    std::fs::write(folder.path("bashrc"), format!("{script}\n{own}")).unwrap();
    let mut terminal = Command::new("script");
    terminal.args(["--quiet", "--return", "--command", "bash --rcfile bashrc -i", "/dev/null"]).env_clear();
    terminal.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("TERM", "dumb").env("SHELL", "/bin/sh");
    terminal.current_dir(folder.path("")).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = terminal.spawn().unwrap();
    let typed: String = lines.iter().map(|line| format!("{line}\t\n")).collect();
    child.stdin.take().unwrap().write_all(format!("{typed}exit\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    shown.lines().map(str::trim).filter(|line| line.starts_with('<')).map(str::to_owned).collect()
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs script, of util-linux; .ci/run has it"]
fn bash_inserts_each_candidate_as_a_single_word() {
    let folder = integration().file("$(touch ran).pem", "").file("it's.pem", "");
    let lines = [
        ("systemuser-demo token --env=te", "<token><--env=test>"),
        ("systemuser-demo token -e test --scope d", "<token><-e><test><--scope><d:e>"),
        ("systemuser-demo token -e test --scope d:", "<token><-e><test><--scope><d:e>"),
        ("systemuser-demo call -e test ord", "<call><-e><test><orders>"),
        ("systemuser-demo key public --key my", "<key><public><--key><my key.pem>"),
        ("systemuser-demo key public --key 'my", "<key><public><--key><my key.pem>"),
        ("systemuser-demo key public --key my\\ k", "<key><public><--key><my key.pem>"),
        ("systemuser-demo key public --key=it", "<key><public><--key=it's.pem>"),
        ("systemuser-demo key public --key \\$", "<key><public><--key><$(touch ran).pem>"),
        ("systemuser-demo call salary --data @bo", "<call><salary><--data><@body.json>"),
        ("systemuser-demo -c con", "<-c><config/>"),
    ];
    assert_eq!(typed_in_bash(&folder, &lines.map(|(line, _)| line)), lines.map(|(_, arguments)| arguments));
    assert!(!folder.path("ran").exists());
}
