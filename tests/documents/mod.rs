//! Do the READMEs agree with the program, and are they plain English?

mod copying;
mod english;
#[cfg(feature = "sandbox")]
mod examples;
mod facts;

#[cfg(feature = "sandbox")]
pub use self::examples::edited_clone;
#[cfg(feature = "sandbox")]
use crate::program::Program;
use crate::program::{program, project_text};

/// The READMEs whose examples are run.
const READMES: [&str; 4] = ["README.md", "config/README.md", "src/sandbox/README.md", "tests/README.md"];

/// The fenced blocks of one language in a text.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let is_of = |(opening, _): &(&str, &str)| *opening == language;
    let blocks = text.split("\n```").skip(1).step_by(2).filter_map(|block| block.split_once('\n'));
    blocks.filter(is_of).map(|(_, text)| format!("{}\n", text.trim_end())).collect()
}

/// A text without its fenced blocks.
fn prose(text: &str) -> String {
    text.split("\n```").step_by(2).collect::<Vec<_>>().join("\n\n")
}

/// The rows of the table that begins with this heading.
fn table(document: &str, heading: &str) -> Vec<Vec<String>> {
    let text = project_text(document);
    let start = text.find(heading).unwrap_or_else(|| panic!("{document} has no table {heading}"));
    let rows = text[start..].lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row[1..row.len() - 1].split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// The help of the program and of each command, by the words of the command.
fn helps() -> Vec<(String, String)> {
    let (mut helps, mut waiting) = (Vec::new(), vec![String::new()]);
    while let Some(command) = waiting.pop() {
        let run = program(&format!("{command} --help")).run();
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{command}");
        let listed = run.out.split_once("\nCommands:\n").map(|(_, rest)| rest.split("\n\n").next().unwrap());
        let names = listed
            .into_iter()
            .flat_map(str::lines)
            .filter_map(|line| line.strip_prefix("  ")?.split(' ').next().filter(|name| !name.is_empty()));
        waiting.extend(names.filter(|name| *name != "help").map(|name| format!("{command} {name}")));
        helps.push((command, run.out));
    }
    assert!(helps.len() > 20, "{}", helps.len());
    helps
}

/// A folder like a fresh clone. The clone itself may contain a real key and configuration by now.
#[cfg(feature = "sandbox")]
pub fn clone() -> Program {
    let files = [
        "config/sandbox.toml",
        "config/test.toml",
        "config/prod.toml",
        "config/system.json",
        "config/sandbox-certificate.pem",
        "mp-key.pem.example",
        "tests/data/certificate.pem",
    ];
    files.into_iter().fold(program(""), |clone, file| clone.file(file, project_text(file)))
}
