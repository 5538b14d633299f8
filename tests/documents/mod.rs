//! Does README say what is so?

use crate::program::{Run, program, project, project_text};
use crate::server::nobody;

/// README without the chapter that is one long session, and that chapter, which tests/vendor_flow.rs walks through.
pub fn parted() -> (String, String) {
    let readme = project_text("README.md");
    let (before, rest) = readme.split_once("\n## From a system to a token\n").expect("README tells a story");
    let (story, after) = rest.split_once("\n## ").unwrap();
    (format!("{before}\n## {after}"), story.to_owned())
}

/// README's fenced blocks of one language, without those of the story.
fn blocks(language: &str) -> Vec<String> {
    blocks_of(&parted().0, language)
}

/// The fenced blocks of one language in a text.
pub fn blocks_of(text: &str, language: &str) -> Vec<String> {
    let mut parts = text.split("\n```");
    parts.next();
    let (openings, _between): (Vec<_>, Vec<_>) = parts.enumerate().partition(|(nth, _)| nth % 2 == 0);
    openings
        .into_iter()
        .filter_map(|(_, block)| block.split_once('\n').filter(|(name, _)| *name == language))
        .map(|(_, text)| format!("{}\n", text.trim_end()))
        .collect()
}

/// The rows of the table that begins with this heading.
fn table(heading: &str) -> Vec<Vec<String>> {
    let readme = project_text("README.md");
    let start = readme.find(heading).unwrap_or_else(|| panic!("README has no table {heading}"));
    let rows = readme[start..].lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row[1..row.len() - 1].split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// What the command line prints, as a terminal shows it, in a folder like a fresh clone and a bare environment. The
/// clone itself may hold somebody's real key and configuration by now.
fn shown(command: &str) -> String {
    let arguments = command.strip_prefix("systemuser-demo").expect("README runs this program only");
    let files = ["config/sandbox.toml", "config/test.toml", "mp-key.pem.example", "tests/data/certificate.pem"];
    let clone = files.into_iter().fold(program(arguments), |clone, file| clone.file(file, project_text(file)));
    // In one stream, so that what is said comes where a terminal shows it.
    let clone = clone.var("HTTPS_PROXY", nobody());
    let plain = clone.command();
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "exec \"$0\" \"$@\" 2>&1"]).arg(plain.get_program()).args(plain.get_args()).env_clear();
    shell.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?)))).current_dir(clone.path(""));
    Run::of(&mut shell).out
}

#[cfg(feature = "sandbox")]
#[test]
fn every_run_that_is_shown_looks_like_that() {
    let mut runs = 0;
    for block in blocks("console") {
        for run in block.split("$ ").filter(|run| !run.is_empty()) {
            let (command, expected) = run.split_once('\n').unwrap();
            assert_eq!(
                crate::program::without_chance(&shown(command)),
                crate::program::without_chance(expected),
                "{command}"
            );
            runs += 1;
        }
    }
    assert!(runs >= 5, "{runs}");
}

#[cfg(feature = "sandbox")]
#[test]
fn the_first_commands_are_the_main_job_and_the_tests() {
    let first = blocks("").remove(0);
    let commands: Vec<&str> = first.lines().map(|line| line.split('#').next().unwrap().trim()).collect();
    assert_eq!(commands, ["cargo run --release -- call systemuserinfo", "cargo test"]);
    let arguments = commands[0].strip_prefix("cargo run --release --").unwrap();
    let facts = ["991825827_smartcloud", "d6a1d5a4-2d58-4b0f-9c3b-7e1f0c7a4e01", "210493352"];
    let out = shown(&format!("systemuser-demo{arguments}"));
    assert!(facts.iter().all(|fact| out.contains(fact)), "{out}");
    assert!(!out.contains("eyJ"), "a token: {out}");
}

#[cfg(feature = "sandbox")]
#[test]
fn the_cast_is_the_sandboxs() {
    let cast: Vec<Vec<String>> =
        systemuser_demo::sandbox::organisations().map(|(org, shows)| vec![org.to_owned(), shows.to_owned()]).collect();
    assert_eq!(table("| organisation | demonstrates |"), cast);
    let clients: Vec<Vec<String>> =
        systemuser_demo::sandbox::clients().map(|(id, shows)| vec![id.to_owned(), shows.to_owned()]).collect();
    assert_eq!(table("| client | demonstrates |"), clients);
}

#[test]
fn the_exit_codes_are_those_of_the_help() {
    let help = shown("systemuser-demo --help");
    let (_, codes) = help.split_once("Exit codes:\n").unwrap();
    let rows = table("| code | meaning |");
    assert_eq!(codes.lines().count(), rows.len());
    for (line, row) in codes.lines().zip(rows) {
        let (code, meaning) = line.trim().split_once(' ').unwrap();
        assert_eq!(code, row[0]);
        assert!(row[1].starts_with(meaning.trim()), "{row:?} {meaning}");
    }
}

#[test]
fn the_options_are_those_of_the_help_and_the_variables_those_that_are_read() {
    let help = shown("systemuser-demo --help") + &shown("systemuser-demo call --help");
    let source = project_text("src/cli/args/variables.rs") + &project_text("src/config/setting.rs");
    let mut variables = 0;
    for row in table("| option | environment variable | in the file | meaning |") {
        if let Some(option) = row[0].trim_matches('`').split(", ").last().filter(|option| !option.is_empty()) {
            assert!(help.contains(option), "{option}");
        }
        let variable = row[1].trim_matches('`');
        if !variable.is_empty() {
            assert!(source.contains(&format!("\"{variable}\"")), "{variable}");
            variables += 1;
        }
    }
    let read = source.split("\"SYSTEMUSER_").skip(1).filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase()));
    assert_eq!(variables, read.count());
    let readme = project_text("README.md");
    for option in help.split_whitespace().filter(|word| word.starts_with("--")) {
        let option = option.trim_end_matches(',');
        assert!(readme.contains(&format!("{option}`")) || readme.contains(&format!("{option} ")), "{option}");
    }
}

#[test]
fn the_variables_of_the_reference_have_their_places_in_the_file() {
    let rows = table("| variable in `Program.cs` | here |");
    let theirs: Vec<&str> = rows.iter().map(|row| row[0].trim_matches('`')).collect();
    assert_eq!(theirs, ["clientID", "scope", "systemUserOrg", "pemCertificatePath", "KeyId"]);
    let shipped = project_text("config/test.toml");
    for row in rows {
        let ours = row[1].split('`').nth(1).unwrap();
        assert!(shipped.lines().any(|line| line.split('=').next().unwrap().trim() == ours), "{ours}");
    }
}

#[test]
fn every_file_that_is_linked_to_is_there() {
    let readme = project_text("README.md");
    let links: Vec<&str> =
        readme.match_indices("](").map(|(at, _)| readme[at + 2..].split(')').next().unwrap()).collect();
    assert!(links.len() > 20);
    for link in links.into_iter().filter(|link| !link.starts_with("https://")) {
        match link.strip_prefix('#') {
            Some(anchor) => {
                let heading =
                    |line: &str| line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-") == anchor;
                assert!(readme.lines().any(|line| line.starts_with('#') && heading(line)), "{link}");
            }
            None => assert!(project(link).exists(), "{link}"),
        }
    }
}

#[test]
fn the_dependencies_for_those_who_copy_are_our_own() {
    let ours = project_text("Cargo.toml");
    let listed = blocks("toml").concat();
    assert!(listed.lines().count() > 10);
    for line in listed.lines().filter(|line| line.contains(" = ")) {
        let (name, theirs) = line.split_once(" = ").unwrap();
        let version = theirs.split('"').nth(1).unwrap();
        let own = ours.lines().find(|line| line.starts_with(&format!("{name} = "))).unwrap_or_else(|| panic!("{name}"));
        assert!(own.contains(&format!("\"{version}\"")), "{name}");
    }
}
