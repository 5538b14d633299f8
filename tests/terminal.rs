//! What does a person see on a terminal, at every width?
//!
//! `script` provides the terminal.

use std::process::{Command, Stdio};

use crate::command_line::commands;
use crate::program::{Program, Run, program};

/// The widths in columns. A terminal that does not know its width reports 0.
const WIDTHS: [u16; 4] = [60, 80, 200, 0];

/// The output of a program in a terminal of this width.
fn drawn(program: &Program, columns: u16) -> String {
    Run::of(&mut program.at_a_terminal_of(columns)).out
}

/// The output of a program that does not run in a terminal: both streams, in the order of their lines.
fn piped(program: &Program) -> String {
    let plain = program.command();
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec \"$0\" \"$@\" 2>&1"]).arg(plain.get_program()).args(plain.get_args());
    Run::of(shell.env_clear().current_dir(program.path("")).stdin(Stdio::null())).out
}

#[test]
#[ignore = "needs script, of util-linux; .ci/run has it"]
fn help_is_wrapped_between_words_and_its_examples_are_whole() {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    for command in commands() {
        let help = program(&format!("{command} --help")).var("NO_COLOR", "1");
        let wide = piped(&help);
        for columns in WIDTHS {
            let help = drawn(&help, columns).replace("\r\n", "\n");
            assert_eq!(words(&help), words(&wide), "{command} {columns}");
            let (wrapped, examples) = help.split_once("\nExamples:\n").unwrap_or((&help, ""));
            let width = if columns == 0 { 100 } else { columns };
            for line in wrapped.lines() {
                assert!(line.trim_end().chars().count() <= usize::from(width), "{command} {columns}: {line}");
            }
            for example in examples.lines().filter(|line| line.starts_with(' ')) {
                assert!(wide.lines().any(|line| line == example), "{command} {columns}: {example}");
            }
        }
    }
}
