//! No sentence begins with a word that announces a clause instead of a subject.

use std::fs;
use std::path::{Path, PathBuf};

use super::{helps, prose};
use crate::program::{project, project_text};

/// The first words that are allowed in questions only.
const FORBIDDEN: [&str; 6] = ["what", "where", "of", "so", "whoever", "who"];

/// The sentences of a text that begin with a forbidden word and are no questions.
fn forbidden(text: &str) -> Vec<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (mut sentences, mut start) = (Vec::new(), 0);
    for (at, _) in text.match_indices(['.', '?', '!']) {
        // A full stop inside a word ends no sentence.
        let rest = text[at + 1..].trim_start_matches([')', '"', '*', '`']);
        if rest.is_empty() || rest.starts_with(' ') {
            sentences.push(&text[start..=at]);
            start = text.len() - rest.len();
        }
    }
    sentences.push(&text[start..]);
    let begins_wrong = |sentence: &&str| {
        // A word in backticks is code.
        let first = sentence.trim_start_matches(|c: char| !c.is_alphabetic() && c != '`');
        let word: String = first.chars().take_while(|c| c.is_alphabetic()).collect();
        FORBIDDEN.contains(&word.to_lowercase().as_str()) && !sentence.ends_with('?')
    };
    sentences.iter().filter(|sentence| begins_wrong(sentence)).map(|sentence| sentence.trim().to_owned()).collect()
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let found = entries.flat_map(|path| if path.is_dir() { files(&path, ending) } else { vec![path] });
    found.filter(|path| path.to_str().unwrap().ends_with(ending)).collect()
}

/// The comments of a source file, each in one piece.
fn comments(source: &str) -> Vec<String> {
    let mut comments: Vec<String> = Vec::new();
    let mut is_open = false;
    for line in source.lines().map(str::trim_start) {
        match line.strip_prefix("//") {
            Some(text) => {
                let text = text.trim_start_matches(['/', '!']).trim();
                // An empty line, a heading or an item of a list begins anew.
                match comments.last_mut().filter(|_| is_open && !text.starts_with(['#', '-'])) {
                    Some(comment) => *comment += &format!(" {text}"),
                    None => comments.push(text.to_owned()),
                }
                is_open = !text.is_empty() && !text.starts_with('#');
            }
            None => is_open = false,
        }
    }
    comments
}

/// The string literals of a source file that are sentences, that is, that contain a space.
fn messages(source: &str) -> Vec<String> {
    let (mut messages, mut rest) = (Vec::new(), source);
    while let Some(at) = rest.find(['"', '\'', '/', 'r']) {
        let (token, after) = rest[at..].split_at(1);
        rest = match token {
            "/" if after.starts_with('/') => after.find('\n').map_or("", |end| &after[end..]),
            // A character may be a quote. A lifetime has no quote at its end.
            "\'" if after.starts_with('\\') => &after[after[2..].find('\'').map_or(2, |end| end + 3)..],
            "\'" => after.strip_prefix("\"'").unwrap_or(after),
            "r" if after.starts_with("#\"") => {
                let (text, after) = after[2..].split_once("\"#").expect("a raw string ends");
                messages.push(text.to_owned());
                after
            }
            "\"" => {
                let mut escaped = false;
                let end = after.find(|c| {
                    let is_end = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    is_end
                });
                let end = end.expect("a string ends");
                messages.push(after[..end].replace("\\\n", "").replace("\\n", ". "));
                &after[end + 1..]
            }
            _ => after,
        };
    }
    messages.retain(|text| text.contains(' '));
    messages
}

#[test]
fn the_test_finds_what_it_forbids() {
    let text = "Where it is. It is there: where else? Is it so? So it is. e.g. What is it? Who asks gets it.";
    assert_eq!(forbidden(text), ["Where it is.", "So it is.", "Who asks gets it."]);
    assert_eq!(comments("/// What it\n/// is.\n//! Of it.\n\n// So. No.").concat(), "What it is. Of it.So. No.");
    assert_eq!(forbidden("(It is.) So it is. It is *so.* What it is."), ["So it is.", "What it is."]);
    let source = r###"f("so it is", '"', '\'', '\u{22}'); // "x y"
        let x: &'a str = "a\\"; "of \"what\""; r#"who "is" it"#; "so \
        on""###;
    assert_eq!(messages(source), ["so it is", "of \\\"what\\\"", "who \"is\" it", "so         on"]);
}

#[test]
fn no_sentence_of_a_readme_opens_with_a_clause() {
    let mut documents = vec!["README.md", "CHANGELOG.md", "config/README.md", "src/sandbox/README.md"];
    documents.extend(["src/sandbox/fixtures/authority/README.md", "tests/README.md", "tests/data/README.md"]);
    documents.push("tests/fuzz/README.md");
    for document in documents {
        for paragraph in prose(&project_text(document)).replace("\n- ", "\n\n").replace('|', "\n\n").split("\n\n") {
            assert_eq!(forbidden(paragraph), [""; 0], "{document}");
        }
    }
}

#[test]
fn no_comment_of_a_shipped_configuration_opens_with_a_clause() {
    for file in ["config/sandbox.toml", "config/test.toml", "config/prod.toml"] {
        for line in project_text(file).lines() {
            let comment = line.split_once("# ").map_or("", |(_, comment)| comment);
            assert_eq!(forbidden(comment), [""; 0], "{file}");
        }
    }
}

#[test]
fn no_help_text_opens_with_a_clause() {
    for (command, help) in helps() {
        for line in help.lines().flat_map(|line| line.split("  ")) {
            assert_eq!(forbidden(line), [""; 0], "{command}");
        }
    }
}

/// The number of texts in the source files, and the sentences that open with a clause.
fn check_source(folders: &[&str], texts: fn(&str) -> Vec<String>) -> (usize, Vec<String>) {
    let (mut count, mut wrong) = (0, Vec::new());
    for file in folders.iter().flat_map(|folder| files(&project(folder), ".rs")) {
        for text in texts(&fs::read_to_string(&file).unwrap()) {
            wrong.extend(forbidden(&text).into_iter().map(|sentence| format!("{}: {sentence}", file.display())));
            count += 1;
        }
    }
    (count, wrong)
}

#[test]
fn no_comment_opens_with_a_clause() {
    let (count, wrong) = check_source(&["src", "tests"], comments);
    assert_eq!(wrong, [""; 0]);
    assert!(count > 1_000, "{count}");
}

#[test]
fn no_message_opens_with_a_clause() {
    let (count, wrong) = check_source(&["src"], messages);
    assert_eq!(wrong, [""; 0]);
    assert!(count > 500, "{count}");
}
