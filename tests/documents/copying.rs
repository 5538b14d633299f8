//! Can the client be copied as README describes?

use std::fs;
use std::path::Path;

use super::blocks;
use crate::program::{project, project_text, succeeds, with_cargo};

/// The chapter that describes how to copy.
fn chapter() -> String {
    let readme = project_text("README.md");
    let rest = readme.split_once("\n## Copy the client into your product\n").expect("README has the chapter").1;
    rest.split("\n## ").next().unwrap().to_owned()
}

fn only_block(language: &str) -> String {
    let [block]: [String; 1] = blocks(&chapter(), language).try_into().expect("the chapter has one such block");
    block
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let copy = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy_folder(&entry.path(), &copy),
            false => drop(fs::copy(entry.path(), copy).unwrap()),
        }
    }
}

/// Checks a new crate with these files, into which `folders` were copied, and returns what Cargo prints.
fn check(name: &str, folders: &[(&str, &str)], files: &[(&str, &str)], dependencies: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (from, to) in folders {
        copy_folder(&project(from), &folder.path().join(to));
    }
    for (path, text) in files {
        fs::write(folder.path().join(path), text).unwrap();
    }
    let manifest = format!("[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n[dependencies]\n");
    fs::write(folder.path().join("Cargo.toml"), manifest + &only_block("toml") + dependencies).unwrap();
    fs::copy(project("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
    copy_folder(&project(".cargo"), &folder.path().join(".cargo"));
    let output = succeeds(with_cargo(env!("CARGO"), folder.path()).args(["check", "--quiet"]));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
#[ignore = "compiles a new crate; .ci/run has it"]
fn the_client_compiles_in_a_subfolder_without_a_warning() {
    let files = [("src/main.rs", "pub mod vendor;\nfn main() {}\n"), ("src/vendor/mod.rs", "pub mod client;\n")];
    assert_eq!(check("subfolder", &[("src/client", "src/vendor/client")], &files, ""), "");
}

#[test]
#[ignore = "compiles a new crate; .ci/run has it"]
fn the_configuration_compiles_beside_the_client_without_a_warning() {
    let folders = [("src/client", "src/client"), ("src/config", "src/config")];
    let files = [("src/main.rs", "pub mod client;\npub mod config;\nfn main() {}\n")];
    let document = project_text("src/config/mod.rs");
    let dependency = document.split('`').find(|text| text.starts_with("toml = ")).expect("it states its dependency");
    assert_eq!(check("beside", &folders, &files, dependency), "");
}

#[cfg(feature = "sandbox")]
#[test]
#[ignore = "builds a new crate with its dependencies; .ci/run has it"]
fn a_new_crate_that_follows_the_readme_builds_without_a_warning_and_gets_a_token() {
    let folder = tempfile::tempdir().unwrap();
    copy_folder(&project(".cargo"), &folder.path().join(".cargo"));
    // The reader stands in a clone of this project.
    let cloned = folder.path().join("systemuser-demo");
    copy_folder(&project("src"), &cloned.join("src"));
    for file in ["LICENSE", "mp-key.pem.example"] {
        fs::copy(project(file), cloned.join(file)).unwrap();
    }
    let script = format!("set -e\n{}", only_block("sh"));
    succeeds(with_cargo("sh", &cloned).args(["-c", &script]));

    let demo = folder.path().join("demo");
    let manifest = fs::read_to_string(demo.join("Cargo.toml")).unwrap() + &only_block("toml");
    fs::write(demo.join("Cargo.toml"), manifest).unwrap();
    fs::write(demo.join("src/main.rs"), only_block("rust")).unwrap();
    // The versions are those that this project is tested with.
    fs::copy(project("Cargo.lock"), demo.join("Cargo.lock")).unwrap();
    let build = succeeds(with_cargo(env!("CARGO"), &demo).args(["build", "--quiet"]));
    assert_eq!(String::from_utf8_lossy(&build.stderr), "");
    assert!(demo.join("src/client/LICENSE").exists());

    let sandbox = crate::server::sandbox(Default::default());
    let run = chapter().split('`').find(|text| text.starts_with("SYSTEMUSER_SANDBOX=")).unwrap().to_owned();
    let run = run.replace("http://127.0.0.1:7070", &sandbox);
    let output = succeeds(with_cargo("sh", &demo).args(["-c", &run]));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "system 991825827_smartcloud\n");
}

#[test]
fn the_dependencies_to_copy_are_those_of_this_project() {
    let manifest = project_text("Cargo.toml");
    let listed = only_block("toml");
    assert!(listed.lines().count() > 10);
    for line in listed.lines() {
        let (name, copied) = line.split_once(" = ").unwrap();
        let version = copied.split('"').nth(1).unwrap();
        let own = manifest.lines().find(|line| line.starts_with(&format!("{name} = ")));
        assert!(own.unwrap_or_else(|| panic!("{name}")).contains(&format!("\"{version}\"")), "{name}");
    }
}
