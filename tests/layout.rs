//! Does the house stand as README draws it: floors, directions, and files that can be taken out of it?

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::program::{project, project_text};

/// The floors: a room imports from the floors below its own, and never sideways.
const FLOORS: [&[&str]; 6] = [
    &["sanitize"],
    &["org_number", "environment", "explain"],
    &["key", "token", "http"],
    &["config", "grant", "retry"],
    &["maskinporten", "reference_api", "altinn"],
    &["cli"],
];

/// The files that one copies.
const COPYABLE: [&str; 10] = [
    "sanitize",
    "org_number",
    "environment",
    "key",
    "config",
    "grant",
    "http",
    "maskinporten",
    "token",
    "reference_api",
];

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.extend(rust_files(&path)),
            false if path.extension().is_some_and(|extension| extension == "rs") => files.push(path),
            false => {}
        }
    }
    files
}

/// Each source file with the room that it belongs to, and its code without comments.
fn rooms() -> Vec<(String, PathBuf, String)> {
    let src = project("src");
    let files = rust_files(&src).into_iter().map(|file| {
        let below = file.strip_prefix(&src).unwrap();
        let mut parts = below.components().map(|part| part.as_os_str().to_str().unwrap().trim_end_matches(".rs"));
        let room = match (parts.next().unwrap(), parts.next()) {
            ("client", Some(room)) => room.to_owned(),
            (room, _) => room.to_owned(),
        };
        let code = code_lines(&fs::read_to_string(&file).unwrap()).join("\n");
        (room, file, code)
    });
    files.collect()
}

/// As many steps upwards as lead from a file to the house.
fn out_of_the_room(file: &Path) -> String {
    let depth = file.strip_prefix(project("src")).unwrap().components().count();
    "super::".repeat(if file.ends_with("mod.rs") { depth - 1 } else { depth })
}

fn code_lines(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("//")).collect()
}

fn floor(room: &str) -> usize {
    FLOORS.iter().position(|rooms| rooms.contains(&room)).unwrap_or_else(|| panic!("`{room}` has no floor"))
}

/// The rooms of the crate that a piece of code names.
fn named(code: &str) -> Vec<&str> {
    code.match_indices("crate::")
        .map(|(at, prefix)| {
            let rest = &code[at + prefix.len()..];
            &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())]
        })
        .collect()
}

#[test]
fn imports_run_downwards_only() {
    let mut arrows = 0;
    for (room, file, code) in rooms() {
        if room == "main" || room == "lib" || room == "sandbox" {
            continue;
        }
        assert!(!code.contains(&out_of_the_room(&file)), "{}", file.display());
        for other in named(&code) {
            let to_the_sandbox = room == "cli" && other == "sandbox";
            let down = to_the_sandbox || other == room || floor(other) < floor(&room);
            assert!(down, "{} imports `{other}`, which is no lower", file.display());
            arrows += 1;
        }
    }
    assert!(arrows > 30, "{arrows}");
}

#[test]
fn the_sandbox_knows_nothing_of_the_client() {
    let mut files = 0;
    for (_, file, code) in rooms().into_iter().filter(|(room, ..)| room == "sandbox") {
        assert_eq!(named(&code), Vec::<&str>::new(), "{}", file.display());
        let out = !code.contains("systemuser_demo::") && !code.contains(&out_of_the_room(&file));
        assert!(out, "{}", file.display());
        files += 1;
    }
    assert!(files >= 5);
}

#[test]
fn clock_randomness_and_variables_are_read_at_the_command_line_only() {
    let mut files = 0;
    for (room, file, code) in rooms() {
        if matches!(room.as_str(), "cli" | "main" | "sandbox") {
            continue;
        }
        files += 1;
        for source in ["::now()", "new_v4", "rand::", "env::var", "std::env", "println!", "process::exit"] {
            assert!(!code.contains(source), "{}: {source}", file.display());
        }
    }
    assert!(files > 12, "{files}");
}

#[test]
fn there_are_no_rooms_without_a_floor() {
    let mut rooms: Vec<String> = rooms().into_iter().map(|(room, ..)| room).collect();
    rooms.sort();
    rooms.dedup();
    let mut known: Vec<&str> = FLOORS.concat();
    known.extend(["lib", "main", "sandbox"]);
    known.sort_unstable();
    assert_eq!(rooms, known);
}

/// The folder of what Cargo builds: this binary lies in one of its profiles.
fn target() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_systemuser-demo")).ancestors().nth(2).unwrap().to_owned()
}

fn cargo(folder: &Path, arguments: &str) -> Output {
    let output = Command::new(env!("CARGO"))
        .args(arguments.split_whitespace())
        .current_dir(folder)
        // What is built already is used again, and Cargo's own settings for this package do not reach the other.
        .env("CARGO_TARGET_DIR", target())
        .env("AWS_LC_SYS_NO_JITTER_ENTROPY", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments}:\n{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The dependencies that README lists for those who copy.
fn listed_dependencies() -> String {
    let readme = project_text("README.md");
    let after = readme.split_once("## Make it yours").expect("README has the chapter").1;
    let block = after.split_once("```toml\n").expect("the chapter has a list").1;
    block.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_files_that_one_copies_compile_alone() {
    let crate_folder = tempfile::tempdir().unwrap();
    let (src, target) = (project("src"), crate_folder.path().join("src"));
    let mut lines = BTreeMap::new();
    for room in COPYABLE {
        let files = match src.join(format!("{room}.rs")) {
            file if file.exists() => vec![file],
            _ => rust_files(&src.join(room)),
        };
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            let to = target.join(file.strip_prefix(&src).unwrap());
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            *lines.entry(room).or_insert(0) += code_lines(&text).len();
            fs::write(to, text).unwrap();
        }
    }
    // Whoever wants to try again takes this along; it is no part of the flow.
    fs::copy(src.join("retry.rs"), target.join("retry.rs")).unwrap();
    let modules: String = COPYABLE.iter().chain(&["retry"]).map(|room| format!("pub mod {room};\n")).collect();
    fs::write(target.join("lib.rs"), modules).unwrap();
    let manifest = "[package]\nname = \"copied\"\nversion = \"0.0.0\"\nedition = \"2024\"\n";
    fs::write(crate_folder.path().join("Cargo.toml"), format!("{manifest}{}", listed_dependencies())).unwrap();
    fs::copy(project("Cargo.lock"), crate_folder.path().join("Cargo.lock")).unwrap();
    cargo(crate_folder.path(), "check --offline --quiet");
    let total: usize = lines.values().sum();
    assert!(total < 1925, "{total} lines of code: {lines:?}");
}

#[test]
fn the_client_builds_without_the_sandbox_and_what_only_that_needs() {
    let project = project("");
    cargo(&project, "check --no-default-features --offline --locked --quiet");
    let tree = cargo(&project, "tree --no-default-features --offline --locked -e normal --prefix none");
    let tree = String::from_utf8(tree.stdout).unwrap();
    assert!(tree.contains("reqwest v") && !tree.contains("axum"), "{tree}");
}

#[test]
fn the_manifest_says_what_signs() {
    let signs = |code: &str| code.contains("jsonwebtoken::encode") || code.contains("EncodingKey");
    let signing = rooms().into_iter().filter(|(_, _, code)| signs(code)).map(|(room, ..)| room);
    assert!(signing.clone().count() > 0 && signing.into_iter().all(|room| room == "sandbox"));
    let manifest = project_text("Cargo.toml");
    let comment = |name: &str| {
        let before = &manifest[..manifest.find(&format!("\n{name} =")).unwrap()];
        before.lines().last().unwrap().to_owned()
    };
    assert!(comment("aws-lc-rs").contains("signs grants"), "{}", comment("aws-lc-rs"));
    assert!(!comment("jsonwebtoken").contains("signs grants"), "{}", comment("jsonwebtoken"));
}
