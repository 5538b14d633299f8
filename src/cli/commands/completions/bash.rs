//! Completions for bash. The script of `clap_complete` does not quote paths with spaces, and it completes nothing in a
//! word with `=`, `:` or `@`, because bash splits a word there.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap::Command;
use clap_complete::engine;
use clap_complete::env::EnvCompleter;

use crate::cli::args::shell;

#[derive(Debug)]
pub(super) struct Bash;

/// Bash 3.2, which macOS has, knows neither `compopt` nor `nosort`. Only paths have characters that need quotes; bash
/// quotes them if they are marked as file names. A bash that cannot do that would run a `$(…)` in a name.
const SCRIPT: &str = r#"_systemuser_demo() {
    local candidate IFS=
    COMPREPLY=()
    while read -r candidate; do
        COMPREPLY+=("$candidate")
    done < <(VARIABLE=bash COMPLETER -- "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
    if [[ "${COMPREPLY[*]}" == *[^[:alnum:]/._:=@+~-]* ]]; then
        if compopt -o filenames 2>/dev/null; then COMPREPLY=("${COMPREPLY[@]%/}"); else COMPREPLY=(); fi
    fi
    if [[ "${#COMPREPLY[@]}" == 1 && "$COMPREPLY" == *[=/] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o nosort -F _systemuser_demo BIN 2>/dev/null || complete -F _systemuser_demo BIN
"#;

/// The words of the typed line, the first of the words that the script passes.
pub(super) fn words(passed: &[OsString]) -> Vec<OsString> {
    let line = passed.first().map(|line| line.to_string_lossy()).unwrap_or_default();
    shell::words(&line).into_iter().map(OsString::from).collect()
}

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        "bash"
    }

    fn is(&self, name: &str) -> bool {
        name == self.name()
    }

    fn write_registration(
        &self,
        variable: &str,
        _name: &str,
        program: &str,
        completer: &str,
        script: &mut dyn Write,
    ) -> io::Result<()> {
        let completer = shell::quote(completer);
        let text = SCRIPT.replace("VARIABLE", variable).replace("BIN", program).replace("COMPLETER", &completer);
        script.write_all(text.as_bytes())
    }

    fn write_complete(
        &self,
        command: &mut Command,
        passed: Vec<OsString>,
        directory: Option<&Path>,
        answer: &mut dyn Write,
    ) -> io::Result<()> {
        let words = words(&passed);
        let last = words.len() - 1;
        let word = words[last].to_string_lossy().into_owned();
        // Bash replaces only the last part of the word. The part has no quote at its beginning, but backslashes in it.
        let part = passed.last().cloned().unwrap_or_default();
        let kept =
            [&part, &shell::unquoted(&part)].into_iter().find_map(|part| word.strip_suffix(&*part.to_string_lossy()));
        let kept = kept.unwrap_or_default();
        for candidate in engine::complete(command, words, last, directory)? {
            let value = candidate.get_value().to_string_lossy();
            if !value.contains(char::is_control) {
                writeln!(answer, "{}", value.strip_prefix(kept).unwrap_or(&value))?;
            }
        }
        Ok(())
    }
}
