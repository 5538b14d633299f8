//! The examples: each command is run as a reader would type it, and its output is compared.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::{READMES, blocks, clone};
use crate::altinn_wire::answer;
use crate::program::{Program, project_text, without_chance};
use crate::server::{nobody, sandbox};

/// The commands that are not run here. CI runs the first of them, tests/documents/copying.rs those that copy the client,
/// and the others are variants of them.
const RUN_ELSEWHERE: [&str; 13] = [
    "cargo run --release -- call systemuserinfo",
    "cargo test",
    "cargo test -- --ignored",
    "cargo test --no-default-features",
    "cargo test retries::",
    "cargo test -- --exact MODULE::TEST",
    "MUTATIONS=100000 cargo test mutations:: -- --ignored",
    "MUTATIONS=17..18 cargo test mutations:: -- --ignored --nocapture",
    "cd ..",
    "cargo new demo && cd demo",
    "cp -r ../systemuser-demo/src/client src/",
    "cp ../systemuser-demo/LICENSE src/client/",
    "cp ../systemuser-demo/mp-key.pem.example .",
];

/// A terminal in a folder, with the variables that were exported in it.
struct Terminal {
    folder: Program,
    variables: Vec<(String, String)>,
}

impl Terminal {
    fn new(folder: Program) -> Self {
        Self { folder, variables: vec![("HTTPS_PROXY".to_owned(), nobody())] }
    }

    /// Sets variables. The address of a sandbox becomes that of a running one.
    fn export(&mut self, pairs: &str) {
        for (name, value) in pairs.split_whitespace().map(|pair| pair.split_once('=').unwrap()) {
            let value = match name {
                "SYSTEMUSER_SANDBOX" => sandbox(Default::default()).trim_end_matches('/').to_owned(),
                _ => value.to_owned(),
            };
            self.variables.push((name.to_owned(), value));
        }
    }

    /// The output and the exit code of a command, while the customer approves each request that it waits for.
    fn run(&self, command: &str) -> (String, i32) {
        let arguments =
            command.strip_prefix("systemuser-demo ").unwrap_or_else(|| panic!("not this program: {command}"));
        let is_sandbox = arguments.split(' ').next() == Some("sandbox");
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 2>&1", env!("CARGO_BIN_EXE_systemuser-demo")])
            .args(arguments.split_whitespace())
            .args(if is_sandbox { ["--port", "0"].as_slice() } else { &[] })
            .env_clear()
            .envs(self.variables.iter().cloned())
            .current_dir(self.folder.path(""))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut output, mut confirm) = (String::new(), String::new());
        for line in BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap) {
            if let Some(address) = line.strip_prefix("confirm ") {
                confirm = address.trim().to_owned();
            }
            if line.starts_with("note: waiting ") {
                answer(&confirm, "approve");
            }
            output += &format!("{line}\n");
            if is_sandbox {
                child.kill().unwrap();
            }
        }
        let status = child.wait().unwrap();
        let is_running = is_sandbox && output.starts_with("note: the sandbox listens on ");
        (output, if is_running { 0 } else { status.code().unwrap_or(1) })
    }
}

/// The chapters of a document.
fn chapters(document: &str) -> Vec<String> {
    project_text(document).split("\n## ").map(str::to_owned).collect()
}

/// Without the digits of dates and times.
fn without_time(text: &str) -> String {
    let zeros = |word: &str| word.replace(|c: char| c.is_ascii_digit(), "0");
    let fixed = |word: &str| match zeros(word).as_str() {
        "0000-00-00" | "00:00:00" => zeros(word),
        _ => word.to_owned(),
    };
    let line = |line: &str| line.split(' ').map(fixed).collect::<Vec<_>>().join(" ");
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Without the id of a change request, which is random.
fn without_change_id(text: &str) -> String {
    let id = text.lines().find_map(|line| line.strip_prefix("request ")).map(str::trim);
    match id.filter(|_| text.contains("\nkind          change\n")) {
        Some(id) => text.replace(id, "ID"),
        None => text.to_owned(),
    }
}

/// Runs the `console` blocks of each chapter in a terminal of its own, and returns the number of commands.
fn run_examples(document: &str) -> usize {
    let mut count = 0;
    for chapter in chapters(document) {
        let mut terminal = Terminal::new(clone());
        for run in blocks(&chapter, "console").concat().split("$ ").filter(|run| !run.is_empty()) {
            let (command, expected) = run.split_once('\n').unwrap();
            if let Some(pairs) = command.strip_prefix("export ") {
                terminal.export(pairs);
                continue;
            }
            let (output, _) = terminal.run(command);
            let fixed = |text: &str| without_change_id(&without_time(&without_chance(text)));
            assert_eq!(fixed(&output), fixed(expected), "{document}: {command}");
            count += 1;
        }
    }
    count
}

#[test]
fn the_examples_of_the_readme_print_what_is_shown() {
    assert!(run_examples("README.md") >= 5);
}

#[test]
fn the_examples_of_the_configuration_print_what_is_shown() {
    assert!(run_examples("config/README.md") >= 2);
}

#[test]
fn the_examples_of_the_sandbox_print_what_is_shown() {
    assert!(run_examples("src/sandbox/README.md") >= 2);
}

/// A folder in which the lines of config/test.toml that hold examples have been edited: for a client that belongs to no
/// system yet, and a Maskinporten and an Altinn that are a running sandbox.
pub fn edited_clone() -> Program {
    let sandbox = sandbox(Default::default());
    let endpoints = format!("[endpoints]\nissuer = {sandbox:?}\naltinn = {sandbox:?}\nreference_api = {sandbox:?}\n");
    let edits = [
        ("7ee41fce-9f6e-4c32-8195-0fe2c1517f43", "1c9b7d52-6e0f-4b83-a5d4-92f3e8c07b16"),
        ("org         = \"210493352\"", "org         = \"312600757\""),
        ("650a4snb5f", "sandbox-example"),
        ("991825827_smartcloud", "991825827_skylager"),
        ("https://smartcloudaltinn.azurewebsites.net/receipt", "https://example.no/receipt"),
        ("[endpoints]\n", &endpoints),
    ];
    let edited = edits.into_iter().fold(project_text("config/test.toml"), |text, (example, own)| {
        assert!(text.contains(example), "{example}");
        text.replace(example, own)
    });
    clone().file("config/test.toml", edited)
}

/// The commands of this program that stand in sentences.
fn inline_commands(document: &str) -> Vec<String> {
    let text = super::prose(&project_text(document));
    let spans = text.split('`').skip(1).step_by(2).map(|span| span.split_whitespace().collect::<Vec<_>>().join(" "));
    spans.filter(|span| span.starts_with("systemuser-demo ") && !span.contains(" | ")).collect()
}

#[test]
fn every_command_in_a_sentence_runs() {
    let mut count = 0;
    for document in READMES {
        for command in inline_commands(document) {
            let values = [("NAME", "logistics"), ("COMMAND", "token"), ("CODE", "MP-303")];
            let command = values.iter().fold(command, |text, (word, value)| text.replace(word, value));
            // `doctor` needs no longer than any other command, and a name alone shows its help.
            let (output, code) = Terminal::new(clone()).run(&command);
            assert_eq!(code, 0, "{document}: {command}\n{output}");
            count += 1;
        }
    }
    assert!(count >= 4, "{count}");
}

#[test]
fn every_command_without_output_succeeds() {
    let mut count = 0;
    for document in READMES {
        for chapter in chapters(document) {
            let mut terminal = Terminal::new(edited_clone());
            for line in blocks(&chapter, "sh").concat().lines().chain(blocks(&chapter, "").concat().lines()) {
                let line = line.split(" # ").next().unwrap().trim();
                if let Some(pairs) = line.strip_prefix("export ") {
                    terminal.export(pairs);
                } else if line.starts_with("systemuser-demo ") {
                    let command =
                        line.replace("ORG", "312600757").replace("RESOURCE", "ttd_systembruker-logistikk-demo");
                    let (output, code) = terminal.run(&command);
                    assert_eq!(code, 0, "{document}: {command}\n{output}");
                    if command.starts_with("systemuser-demo key new") {
                        // The reader registers the new key. The sandbox knows only its own.
                        let key = terminal.folder.path("mp-key.pem");
                        std::fs::write(key, project_text("mp-key.pem.example")).unwrap();
                    }
                    count += 1;
                } else {
                    assert!(RUN_ELSEWHERE.contains(&line) || line.is_empty(), "{document}: {line}");
                }
            }
        }
    }
    assert!(count >= 5, "{count}");
}
