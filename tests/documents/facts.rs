//! The facts in the READMEs: tables, options, links, versions.

use std::collections::BTreeSet;
use std::path::Path;

use super::{READMES, blocks, helps, table};
use crate::program::{project, project_text};

const CONFIGURATION: &str = "config/README.md";

#[test]
fn the_readme_is_short_and_states_what_is_needed_to_begin() {
    let readme = project_text("README.md");
    assert!(readme.lines().count() <= 240, "{}", readme.lines().count());
    let manifest = project_text("Cargo.toml");
    let version = manifest.split("rust-version = \"").nth(1).unwrap().split('"').next().unwrap();
    assert!(readme.contains(&format!("Rust {version} or later")), "{version}");
    assert!(readme.contains("git clone ") && readme.contains("cargo install --locked --path ."));
    assert!(READMES[1..].iter().all(|document| readme.contains(&format!("({document})"))));
}

#[test]
fn the_first_commands_are_the_main_job_and_the_tests() {
    let first = blocks(&project_text("README.md"), "").remove(0);
    let commands: Vec<&str> = first.lines().map(|line| line.split('#').next().unwrap().trim()).collect();
    assert_eq!(commands, ["cargo run --release -- call systemuserinfo", "cargo test"]);
}

#[cfg(feature = "sandbox")]
#[test]
fn the_fixtures_are_those_of_the_sandbox() {
    let rows = |rows: &mut dyn Iterator<Item = (&str, &str)>| -> Vec<Vec<String>> {
        rows.map(|(id, demonstrates)| vec![id.to_owned(), demonstrates.to_owned()]).collect()
    };
    let document = "src/sandbox/README.md";
    let organisations = rows(&mut systemuser_demo::sandbox::organisations());
    assert_eq!(table(document, "| organisation | demonstrates |"), organisations);
    let clients = rows(&mut systemuser_demo::sandbox::clients());
    assert_eq!(table(document, "| client | demonstrates |"), clients);
}

#[test]
fn the_exit_codes_are_those_of_the_help() {
    let help = &helps()[0].1;
    let (_, codes) = help.split_once("Exit codes:\n").unwrap();
    let rows = table(CONFIGURATION, "| code | meaning |");
    assert_eq!(codes.lines().count(), rows.len());
    for (line, row) in codes.lines().zip(rows) {
        let (code, meaning) = line.trim().split_once(' ').unwrap();
        assert_eq!(code, row[0]);
        assert!(row[1].starts_with(meaning.trim()), "{row:?} {meaning}");
    }
}

/// The options in the help of all commands.
fn options() -> BTreeSet<String> {
    let helps = helps().into_iter().map(|(_, help)| help).collect::<String>();
    let words = helps.split(|c: char| c.is_whitespace() || "=,`[]()".contains(c));
    words.filter(|word| word.starts_with("--") && word.len() > 2).map(str::to_owned).collect()
}

#[test]
fn every_option_and_every_command_of_the_help_is_described() {
    let document = project_text(CONFIGURATION);
    for (command, help) in helps() {
        let command = command.trim();
        let is_described = ["`", " ", "**"].iter().any(|end| document.contains(&format!("`{command}{end}")));
        let has_commands = help.contains("\nCommands:\n");
        assert!(is_described || has_commands, "{command}");
    }
    for option in options() {
        let is_described = ["`", " ", "=", "["].iter().any(|end| document.contains(&format!("{option}{end}")));
        assert!(is_described, "{option}");
    }
}

#[cfg(feature = "sandbox")]
#[test]
fn every_option_in_the_readmes_exists() {
    let options = options();
    assert!(options.len() >= 40, "{}", options.len());
    let of_other_programs =
        ["--ignored", "--nocapture", "--list", "--exact", "--no-default-features", "--release", "--locked", "--path"];
    for readme in READMES {
        let text = project_text(readme);
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        for word in words.filter(|word| word.starts_with("--") && word.len() > 2 && !word.starts_with("---")) {
            assert!(options.contains(word) || of_other_programs.contains(&word), "{readme}: {word}");
        }
    }
}

#[cfg(feature = "sandbox")]
#[test]
fn the_options_of_the_sandbox_are_those_of_its_help() {
    let help = helps().into_iter().find(|(command, _)| command == " sandbox").unwrap().1;
    let own = help.split("\nGlobal options:").next().unwrap();
    let listed: Vec<String> = table("src/sandbox/README.md", "| option | meaning |")
        .iter()
        .map(|row| row[0].trim_matches('`').split(' ').next().unwrap().to_owned())
        .collect();
    let options = own.split_whitespace().filter(|word| word.starts_with("--") && *word != "--help");
    assert_eq!(listed, options.collect::<Vec<_>>());
}

#[test]
fn the_default_urls_are_those_of_the_environments() {
    let rows = table(CONFIGURATION, "| setting | `sandbox` | `test` | `prod` |");
    let [sandbox, test, prod] = systemuser_demo::client::Environment::ALL.map(|environment| environment.endpoints());
    for row in rows {
        for (cell, endpoints) in row[1..].iter().zip([&sandbox, &test, &prod]) {
            let url = match row[0].trim_matches('`') {
                "issuer" => Some(&endpoints.issuer),
                "token" => Some(&endpoints.token),
                "jwks" => Some(&endpoints.jwks),
                "altinn" => Some(&endpoints.altinn),
                "self_service" => Some(&endpoints.self_service),
                "reference_api" => endpoints.reference_api.as_ref(),
                other => panic!("{other}"),
            };
            let described = match cell.as_str() {
                "none" => None,
                "same as `issuer`" => Some(endpoints.issuer.to_string()),
                cell => Some(cell.replace("issuer + `", endpoints.issuer.as_str()).replace('`', "")),
            };
            assert_eq!(described, url.map(ToString::to_string), "{row:?}");
        }
    }
}

#[test]
fn the_variables_are_those_that_are_read() {
    let source = project_text("src/cli/args/variables.rs") + &project_text("src/config/setting.rs");
    let read: BTreeSet<&str> = source
        .split('"')
        .filter(|text| {
            text.strip_prefix("SYSTEMUSER_").is_some_and(|name| {
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
            })
        })
        .collect();
    let rows = table(CONFIGURATION, "| option | environment variable | in the file | meaning |");
    let described: BTreeSet<&str> =
        rows.iter().map(|row| row[1].trim_matches('`')).filter(|name| !name.is_empty()).collect();
    assert_eq!(described, read);
}

#[test]
fn every_key_of_the_shipped_files_is_described() {
    let document = project_text(CONFIGURATION);
    let mut keys = BTreeSet::new();
    for file in ["config/sandbox.toml", "config/test.toml", "config/prod.toml"] {
        for line in project_text(file).lines() {
            let line = line.trim_start_matches("# ");
            if let Some((key, _)) = line.split_once('=') {
                let key = key.trim();
                if !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
                    keys.insert(key.to_owned());
                }
            }
        }
    }
    assert!(keys.len() > 15, "{keys:?}");
    for key in keys {
        assert!(document.contains(&format!("`{key}`")), "{key}");
    }
}

#[test]
fn the_variables_of_the_reference_have_their_places_in_the_file() {
    let rows = table(CONFIGURATION, "| variable in `Program.cs` | here |");
    let names: Vec<&str> = rows.iter().map(|row| row[0].trim_matches('`')).collect();
    assert_eq!(names, ["clientID", "scope", "systemUserOrg", "pemCertificatePath", "KeyId"]);
    let shipped = project_text("config/test.toml");
    for row in rows {
        let key = row[1].split('`').nth(1).unwrap();
        assert!(shipped.lines().any(|line| line.split('=').next().unwrap().trim() == key), "{key}");
    }
}

#[test]
fn the_map_of_the_tests_has_every_module() {
    let map = project_text("tests/README.md");
    let main = project_text("tests/main.rs");
    let modules: Vec<&str> =
        main.lines().filter_map(|line| line.strip_prefix("mod ")).map(|line| line.trim_end_matches(';')).collect();
    assert!(modules.len() > 30, "{}", modules.len());
    for module in modules {
        let is_there = [format!("({module}.rs)"), format!("({module}/mod.rs)")].iter().any(|link| map.contains(link));
        assert!(is_there, "{module}");
    }
}

/// The anchor of a heading, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
    kept.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
}

#[test]
fn every_link_leads_to_a_file_or_a_heading() {
    let mut count = 0;
    let others = ["src/sandbox/fixtures/authority/README.md", "tests/data/README.md", "tests/fuzz/README.md"];
    for document in READMES.into_iter().chain(others) {
        let text = project_text(document);
        let folder = project(document).parent().unwrap().to_owned();
        let links = text.match_indices("](").map(|(at, _)| text[at + 2..].split(')').next().unwrap());
        for link in links.filter(|link| !link.starts_with("https://")) {
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            let file = if path.is_empty() { project(document) } else { folder.join(path) };
            assert!(file.exists(), "{document}: {link}");
            if !heading.is_empty() {
                let text = std::fs::read_to_string(&file).unwrap();
                let mut headings = text.lines().filter(|line| line.starts_with('#'));
                assert!(headings.any(|line| anchor(line) == heading), "{document}: {link}");
            }
            count += 1;
        }
    }
    assert!(count > 40, "{count}");
}

#[test]
fn the_map_of_the_code_has_every_folder() {
    let rows = table("README.md", "| directory | content |");
    let described: BTreeSet<&str> = rows.iter().map(|row| row[0].split(['[', '/']).nth(2).unwrap()).collect();
    let folders = std::fs::read_dir(project("src")).unwrap().map(|entry| entry.unwrap().path());
    let folders: Vec<_> = folders.filter(|path| path.is_dir()).collect();
    let names: BTreeSet<&str> =
        folders.iter().map(|path: &std::path::PathBuf| Path::file_name(path).unwrap().to_str().unwrap()).collect();
    assert_eq!(described, names);
}
