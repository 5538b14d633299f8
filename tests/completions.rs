//! Is there a completion script for every shell, and do shells accept it?

use std::process::Command;

use crate::program::{program, project_text};

#[test]
fn completions_are_generated_for_every_listed_shell() {
    let reference = project_text("config/README.md");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        assert!(reference.contains(shell));
        let run = program("completions").arg(shell).run();
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{shell}");
        assert!(run.out.contains("systemuser-demo") && run.out.contains("inspect"), "{shell}");
    }
    let run = program("completions tcsh").run();
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    for listed in ["bash", "elvish", "fish", "powershell", "zsh"] {
        assert!(run.err.contains(listed), "{}", run.err);
    }
}

#[cfg(unix)]
#[test]
fn bash_accepts_its_completions() {
    let run = program("completions bash").run();
    let mut bash = Command::new("bash");
    let script = format!(
        "{}\nCOMP_WORDS=(systemuser-demo expl) COMP_CWORD=1\n_systemuser__demo systemuser-demo expl systemuser-demo\necho ${{COMPREPLY[@]}}",
        run.out
    );
    match bash.arg("-c").arg(script).output() {
        Ok(output) => assert_eq!(String::from_utf8_lossy(&output.stdout), "explain\n", "{output:?}"),
        // This machine has no bash.
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound),
    }
}
