//! Does the code follow the layers and the size limits?

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::program::{project, project_text, succeeds, with_cargo};

/// The layers of the crate, the command line, the client and the sandbox, from the lowest. A module imports only from
/// layers below its own.
const LAYERS: [(&str, &[&[&str]]); 4] = [
    ("", &[&["client"], &["config", "explain", "keystore"], &["altinn"], &["cli"], &["main", "lib"]]),
    ("cli", &[&["output"], &["args"], &["error"], &["session"], &["commands"]]),
    (
        "client",
        &[
            &["sanitize"],
            &["org_number", "environment"],
            &["key", "token", "http"],
            &["grant", "retry"],
            &["maskinporten", "reference_api"],
            &["token_source"],
        ],
    ),
    (
        "sandbox",
        &[&["fixtures", "server"], &["store"], &["maskinporten", "altinn", "pages", "reference_api"], &["approval"]],
    ),
];

/// The maximum number of lines of code in a folder, without blank lines and comments.
const LARGEST: [(&str, usize); 3] = [("client", 1_500), ("config", 600), ("", 20_300)];

/// A source file: its path below `src`, its module, and its code without comments.
#[derive(Clone)]
struct Source {
    path: PathBuf,
    module: Vec<String>,
    code: String,
}

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

fn sources() -> Vec<Source> {
    let src = project("src");
    let source = |file: PathBuf| {
        let path = file.strip_prefix(&src).unwrap().to_owned();
        let parts = path.with_extension("");
        let mut module: Vec<String> = parts.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
        module.pop_if(|name| name == "mod");
        Source { path, module, code: code_lines(&fs::read_to_string(&file).unwrap()).join("\n") }
    };
    rust_files(&src).into_iter().map(source).collect()
}

fn code_lines(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("//")).collect()
}

/// The modules in the paths of a file that begin with `crate`, `self`, `super` or a child module, including groups in
/// braces. A re-exported name counts as its original module. Re-exports themselves do not count as imports.
fn imports(source: &Source, modules: &BTreeSet<Vec<String>>, names: &Names) -> BTreeSet<Vec<String>> {
    let code = reexports(&source.code).0;
    let is_child = |module: &&Vec<String>| module.split_last().is_some_and(|(_, above)| above == source.module);
    let children = modules.iter().filter(is_child).filter_map(|module| module.last().cloned());
    let mut found = BTreeSet::new();
    for start in ["crate", "self", "super"].map(str::to_owned).into_iter().chain(children) {
        for (at, _) in code.match_indices(&format!("{start}::")) {
            let before = code[..at].chars().next_back().unwrap_or(' ');
            if before.is_alphanumeric() || before == '_' || before == ':' {
                continue;
            }
            for path in paths(&code[at..]) {
                found.extend(resolve(&path, &source.module, modules, names));
            }
        }
    }
    // A folder may use its re-exports by their bare names.
    let words: BTreeSet<&str> = code.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let used = names.iter().filter(|((folder, name), _)| *folder == source.module && words.contains(name.as_str()));
    found.extend(used.map(|(_, module)| module.clone()));
    found.remove(&source.module);
    found
}

/// The re-exported names of each folder, and their original modules.
type Names = BTreeMap<(Vec<String>, String), Vec<String>>;

fn reexported(sources: &[Source], modules: &BTreeSet<Vec<String>>) -> Names {
    let mut names = Names::new();
    // The deepest folders come first, because the folders above may re-export their names again.
    let mut sources: Vec<&Source> = sources.iter().collect();
    sources.sort_by_key(|source| std::cmp::Reverse(source.module.len()));
    for Source { module, code, .. } in sources {
        for path in reexports(code).1.iter().flat_map(|text| paths(text)) {
            let from = resolve(&path, module, modules, &names).expect("a re-export leads to a module");
            names.insert((module.clone(), path.last().unwrap().clone()), from);
        }
    }
    names
}

/// The code without re-exports, and the paths of the re-exports.
fn reexports(code: &str) -> (String, Vec<&str>) {
    let (mut rest, mut found) = (String::new(), Vec::new());
    for statement in code.split_inclusive(';') {
        match statement.split_once(" use self::") {
            Some((before, path))
                if before.lines().next_back().is_some_and(|line| line.trim_start().starts_with("pub")) =>
            {
                rest += before;
                found.push(path);
            }
            _ => rest += statement,
        }
    }
    (rest, found)
}

/// The paths at the beginning of a text: a single path, or a path for each member of a group.
fn paths(text: &str) -> Vec<Vec<String>> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(text.len());
    let names = |path: &str| path.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let first = names(&text[..end]);
    let Some(group) = text[end..].strip_prefix('{').filter(|_| text[..end].ends_with("::")) else { return vec![first] };
    let (mut depth, mut members, mut member) = (0, Vec::new(), String::new());
    for c in group.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => members.push(std::mem::take(&mut member)),
            _ => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                member.push(c);
            }
        }
    }
    let members = members.into_iter().chain([member]).filter(|member| !member.trim().is_empty());
    members.flat_map(|member| paths(member.trim())).map(|path| [first.clone(), path].concat()).collect()
}

/// The module that a path leads into.
fn resolve(path: &[String], from: &[String], modules: &BTreeSet<Vec<String>>, names: &Names) -> Option<Vec<String>> {
    let mut module = if path[0] == "crate" { Vec::new() } else { from.to_vec() };
    for name in path {
        match name.as_str() {
            "crate" | "self" => {}
            "super" => drop(module.pop()?),
            name => {
                module.push(name.to_owned());
                if !modules.contains(&module) {
                    module.pop();
                    return Some(names.get(&(module.clone(), name.to_owned())).unwrap_or(&module).clone());
                }
            }
        }
    }
    modules.contains(&module).then_some(module)
}

type Graph = Vec<(Source, BTreeSet<Vec<String>>)>;

fn modules(sources: &[Source]) -> BTreeSet<Vec<String>> {
    sources.iter().map(|source| source.module.clone()).collect()
}

/// Each file and its imports.
fn graph(sources: Vec<Source>) -> Graph {
    let modules = modules(&sources);
    let names = reexported(&sources, &modules);
    let imported: Vec<_> = sources.iter().map(|source| imports(source, &modules, &names)).collect();
    sources.into_iter().zip(imported).collect()
}

/// The number of imports between parts of a folder, and the imports that do not lead downwards.
fn between_layers(graph: &Graph) -> (usize, Vec<String>) {
    let (mut count, mut wrong) = (0, Vec::new());
    for (source, imports) in graph {
        for (folder, layers) in LAYERS {
            let folder: Vec<String> = folder.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect();
            let below = |module: &[String]| module.strip_prefix(&folder[..])?.first().cloned();
            let layer = |name: &str| layers.iter().position(|layer| layer.contains(&name));
            let Some(name) = below(&source.module).filter(|name| name != "sandbox") else { continue };
            let own = layer(&name).unwrap_or_else(|| panic!("`{name}` in `{folder:?}` has no layer"));
            for other in imports.iter().filter_map(|import| below(import)).filter(|other| *other != name) {
                let to_the_sandbox = other == "sandbox"
                    && (source.path.starts_with("cli/session") || source.path.starts_with("cli/commands/sandbox.rs"));
                if !to_the_sandbox && layer(&other).is_none_or(|layer| layer >= own) {
                    wrong.push(format!("{} imports `{other}`, which is no lower", source.path.display()));
                }
                count += 1;
            }
        }
    }
    (count, wrong)
}

#[test]
fn imports_run_downwards_only() {
    let (count, wrong) = between_layers(&graph(sources()));
    assert_eq!(wrong, [""; 0]);
    assert!(count > 200, "{count}");
}

#[test]
fn commands_do_not_import_each_other() {
    let mut commands = BTreeSet::new();
    for (source, imports) in graph(sources()) {
        let command =
            |module: &[String]| module.strip_prefix(&["cli".to_owned(), "commands".to_owned()])?.first().cloned();
        let Some(own) = command(&source.module) else { continue };
        let others: Vec<String> =
            imports.iter().filter_map(|import| command(import)).filter(|name| *name != own).collect();
        assert!(others.is_empty(), "{} imports {others:?}", source.path.display());
        commands.insert(own);
    }
    assert_eq!(commands.len(), 15, "{commands:?}");
}

/// A circle of imports. A folder's `mod.rs` declares its files and may use them, so a file must not import an item of
/// that `mod.rs` that leads back to the file.
fn circle(graph: Graph) -> Option<Vec<Vec<String>>> {
    let graph: BTreeMap<_, _> = graph.into_iter().map(|(source, imports)| (source.module, imports)).collect();
    let mut done = BTreeSet::new();
    graph.keys().find_map(|module| follow(module, &graph, &mut Vec::new(), &mut done))
}

fn follow(
    module: &Vec<String>,
    graph: &BTreeMap<Vec<String>, BTreeSet<Vec<String>>>,
    way: &mut Vec<Vec<String>>,
    done: &mut BTreeSet<Vec<String>>,
) -> Option<Vec<Vec<String>>> {
    if done.contains(module) {
        return None;
    }
    let leads_back = way.contains(module);
    way.push(module.clone());
    if leads_back {
        return Some(way.clone());
    }
    let found = graph.get(module).into_iter().flatten().find_map(|import| follow(import, graph, way, done));
    way.pop();
    done.insert(module.clone());
    found
}

fn in_cli_or_client(graph: Graph) -> Graph {
    graph.into_iter().filter(|(source, _)| ["cli", "client"].contains(&source.module[0].as_str())).collect()
}

#[test]
fn imports_have_no_circle() {
    let graph = in_cli_or_client(graph(sources()));
    assert!(graph.len() > 60, "{}", graph.len());
    assert_eq!(circle(graph), None);
}

#[test]
fn wrong_imports_are_found() {
    let wrong = [
        ("client/sanitize.rs", "use super::Http;"),
        ("client/sanitize.rs", "use super::http::Http;"),
        ("client/environment.rs", "fn f(_: &super::Problem) {}"),
        ("client/token.rs", "use super::SigningKey;"),
        ("client/http/problem.rs", "use super::Reply;"),
        ("client/key/material.rs", "use super::jwk::{self};"),
        ("config/mod.rs", "use crate::altinn::Altinn;"),
        ("config/file.rs", "use crate::explain::{self, altinn};"),
        ("cli/output/json.rs", "use super::Console;"),
        ("cli/output/table.rs", "use crate::{client, cli::{args::shell, error}};"),
        ("cli/args/shell.rs", "use super::Rerun;"),
        ("cli/error/key.rs", "use crate::cli::session::Session;"),
        ("cli/commands/key.rs", "use crate::sandbox::Sandbox;"),
        ("sandbox/server/body.rs", "use super::super::store::state::State;"),
    ];
    let sources = sources();
    let (modules, graph) = (modules(&sources), graph(sources.clone()));
    let names = reexported(&sources, &modules);
    for (file, line) in wrong {
        let mut graph = graph.clone();
        // The line changes the imports of its own file only.
        let (source, imported) = graph.iter_mut().find(|(source, _)| source.path == Path::new(file)).expect(file);
        source.code = format!("{line}\n{}", source.code);
        *imported = imports(source, &modules, &names);
        let is_found = !between_layers(&graph).1.is_empty() || circle(in_cli_or_client(graph)).is_some();
        assert!(is_found, "{file}: {line}");
    }
}

#[test]
fn modules_are_imported_by_their_own_names() {
    for Source { path, code, .. } in sources() {
        let renamed = ["crate as ", "super as ", "self as "].iter().find(|renamed| code.contains(**renamed));
        assert_eq!(renamed, None, "{}", path.display());
    }
}

#[test]
fn the_client_imports_no_other_folder() {
    let mut files = 0;
    for Source { path, code, .. } in sources().into_iter().filter(|source| source.path.starts_with("client")) {
        assert!(!code.contains("crate::"), "{} has a path that a copy would not have", path.display());
        files += 1;
    }
    assert!(files > 14, "{files}");
}

#[test]
fn the_sandbox_imports_no_other_folder() {
    let mut files = 0;
    for (source, imports) in graph(sources()).into_iter().filter(|(source, _)| source.module[0] == "sandbox") {
        let path = source.path.display();
        assert!(
            imports.iter().all(|import| import.first().is_some_and(|name| name == "sandbox")),
            "{path}: {imports:?}"
        );
        assert!(!source.code.contains("systemuser_demo::") && !source.code.contains("crate::"), "{path}");
        files += 1;
    }
    assert!(files > 30, "{files}");
}

#[test]
fn clock_randomness_and_variables_are_read_at_the_edge_only() {
    let clock = ["Utc::now()", "Instant::now()", "SystemTime::now()", "new_v4", "rand::"];
    let mut files = 0;
    for Source { path, code, .. } in sources() {
        let is_at_the_edge = |folders: &[&str]| folders.iter().any(|folder| path.starts_with(folder));
        if !is_at_the_edge(&["cli", "client/token_source.rs", "main.rs", "sandbox"]) {
            clock.iter().for_each(|source| assert!(!code.contains(source), "{}: {source}", path.display()));
            files += 1;
        }
        if !is_at_the_edge(&["cli/args", "main.rs"]) {
            let reads = code.contains("env::var") || code.contains("env::args");
            assert!(!reads, "{} reads the environment", path.display());
        }
        assert!(!code.contains("println!") && !code.contains("process::exit"), "{}", path.display());
    }
    assert!(files > 25, "{files}");
}

#[test]
fn the_code_stays_within_its_size_limits() {
    for (folder, most) in LARGEST {
        let below = sources().into_iter().filter(|source| source.path.starts_with(folder));
        let lines: usize = below.map(|source| source.code.lines().count()).sum();
        assert!(lines > 100 && lines <= most, "src/{folder} has {lines} lines of code, and may have {most}");
    }
}

#[test]
fn every_folder_says_what_belongs_there() {
    let mut folders = 0;
    for Source { path, .. } in sources().into_iter().filter(|source| source.path.ends_with("mod.rs")) {
        let text = fs::read_to_string(project("src").join(&path)).unwrap();
        assert!(text.starts_with("//! "), "{}", path.display());
        folders += 1;
    }
    assert!(folders > 15, "{folders}");
}

#[test]
fn without_the_sandbox_its_dependencies_are_not_built() {
    let arguments = "tree -e normal --prefix none --no-default-features --locked";
    let tree = succeeds(with_cargo(env!("CARGO"), &project("")).args(arguments.split(' ')));
    let tree = String::from_utf8(tree.stdout).unwrap();
    assert!(tree.contains("reqwest v") && !tree.contains("axum"), "{tree}");
}

#[test]
fn the_manifest_names_the_crate_that_signs() {
    let signs = |code: &str| code.contains("jsonwebtoken::encode") || code.contains("EncodingKey");
    let signing: Vec<PathBuf> =
        sources().into_iter().filter(|source| signs(&source.code)).map(|source| source.path).collect();
    assert!(!signing.is_empty() && signing.iter().all(|path| path.starts_with("sandbox")), "{signing:?}");
    let manifest = project_text("Cargo.toml");
    let comment = |name: &str| {
        let before = &manifest[..manifest.find(&format!("\n{name} =")).unwrap()];
        before.lines().last().unwrap().to_owned()
    };
    assert!(comment("aws-lc-rs").contains("signs grants"), "{}", comment("aws-lc-rs"));
    assert!(!comment("jsonwebtoken").contains("signs grants"), "{}", comment("jsonwebtoken"));
}
