//! Keeps a new private key out of git.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use super::questions::{is_at_terminal, read_line};
use crate::cli::args::variables;
use crate::cli::error::CommandError;
use crate::cli::output::{Console, Level};
use crate::client::quote_path;

/// Offers to add a key to `.gitignore`, if it is in a git folder that does not ignore it. Without a terminal, a hint says
/// to add it.
pub(super) fn ignore(key: &Path, console: &mut Console<'_>) -> Result<(), CommandError> {
    let Ok(path) = std::path::absolute(key) else { return Ok(()) };
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Ok(()) };
    if !folder.ancestors().any(|folder| folder.join(".git").exists()) || !is_exposed(folder, Path::new(name)) {
        return Ok(());
    }
    let list = key.with_file_name(".gitignore");
    let (key, list_name) = (quote_path(key), quote_path(&list));
    // In a pattern, other characters may have a meaning of their own.
    let plain = name.to_str().filter(|name| name.bytes().all(|c| c.is_ascii_alphanumeric() || b"._-".contains(&c)));
    if let Some(name) = plain.filter(|_| is_at_terminal()) {
        console.prompt(&format!("git does not ignore {key}: add it to {list_name}? [Y/n]: "));
        // At the end of the input, the line has no line break.
        if matches!(read_line()?.to_ascii_lowercase().as_slice(), b"\n" | b"y\n" | b"yes\n") {
            match append(&list, name) {
                Ok(()) => console.note(&format!("{key} is now listed in {list_name}")),
                Err(error) => console.warning(&format!("cannot write {list_name}: {error}")),
            }
            return Ok(());
        }
    }
    console.unless_quiet(Level::Hint, &format!("git does not ignore {key}: add it to {list_name} before you commit"));
    Ok(())
}

/// Whether git reports that it does not ignore this file. `false` if git fails.
fn is_exposed(folder: &Path, name: &Path) -> bool {
    let mut git = Command::new("git");
    git.args(["check-ignore", "--quiet", "--"]).arg(name).current_dir(folder);
    git.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    for (name, value) in variables::without_secrets() {
        match value {
            Some(value) => git.env(name, value),
            None => git.env_remove(name),
        };
    }
    // git check-ignore exits with 1 if it ignores none of the paths, and with 128 after an error.
    git.status().is_ok_and(|status| status.code() == Some(1))
}

/// Adds a line to the list, and leaves its other lines unchanged.
fn append(list: &Path, name: &str) -> io::Result<()> {
    let is_open = fs::read(list).is_ok_and(|text| text.last().is_some_and(|last| *last != b'\n'));
    let line = format!("{}/{name}\n", if is_open { "\n" } else { "" });
    OpenOptions::new().append(true).create(true).open(list)?.write_all(line.as_bytes())
}
