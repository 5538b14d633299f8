//! Is there a completion script for every shell, and does bash complete commands, options and configured names?

use std::process::Command;

use crate::program::{Program, program, project_text};

const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

#[test]
fn completions_are_generated_for_every_listed_shell() {
    let reference = project_text("config/README.md");
    let help = program("completions --help").run().out;
    for shell in SHELLS {
        assert!(reference.contains(shell));
        assert!(help.contains(&format!("systemuser-demo completions {shell}")), "{help}");
        let run = program("completions").arg(shell).run();
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{shell}");
        assert!(run.out.contains("systemuser-demo") && run.out.contains("_SYSTEMUSER_DEMO_COMPLETE"), "{shell}");
    }
    let run = program("completions tcsh").run();
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    for listed in SHELLS {
        assert!(run.err.contains(listed), "{}", run.err);
    }
}

/// The words that bash offers for the last of these words; `None` if this machine has no bash.
#[cfg(unix)]
fn offered(folder: &Program, words: &[&str]) -> Option<Vec<String>> {
    let script = program("completions bash").run().out;
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let last = words.len() - 1;
    let (current, before) = (words[last], words[last - 1]);
    let script = format!(
        "{script}\nCOMP_WORDS=({}) COMP_CWORD={last}\n_clap_complete_systemuser_demo systemuser-demo '{current}' \
         '{before}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"",
        quoted.join(" ")
    );
    let plain = folder.command();
    let mut bash = Command::new("bash");
    bash.arg("-c").arg(script).current_dir(folder.path("")).env_clear();
    bash.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    bash.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    match bash.output() {
        Ok(output) => {
            assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{words:?}");
            let words = String::from_utf8_lossy(&output.stdout);
            Some(words.split_whitespace().map(str::to_owned).collect())
        }
        Err(error) => {
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
            None
        }
    }
}

#[cfg(unix)]
#[track_caller]
fn offers(folder: &Program, line: &str, expected: &[&str]) {
    let words: Vec<&str> = line.split(' ').collect();
    if let Some(offered) = offered(folder, &words) {
        assert_eq!(offered, expected, "{line}");
    }
}

#[cfg(unix)]
#[test]
fn bash_completes_commands_and_options_below_the_top_level() {
    let empty = program("");
    offers(&empty, "systemuser-demo expl", &["explain"]);
    offers(&empty, "systemuser-demo system reg", &["register"]);
    offers(&empty, "systemuser-demo token --exc", &["--exchange"]);
    offers(&empty, "systemuser-demo request create --pack", &["--package"]);
    offers(&empty, "systemuser-demo token --env ", &["sandbox", "test", "prod"]);
    offers(&empty, "systemuser-demo explain MP-30", &["MP-301", "MP-302", "MP-303"]);
}

#[cfg(unix)]
#[test]
fn bash_completes_the_names_of_the_chosen_configuration() {
    let file = "environment = \"test\"\nscope = \"a:b\"\n[vendor]\nsystem_id = \"991825827_own\"\n[api.orders]\nurl = \
                \"https://example.no/\"\nscope = \"c:d\"\n";
    let folder = || program("").file("config/test.toml", file).file("other.toml", file.replace("orders", "invoices"));
    offers(&folder(), "systemuser-demo call --env test o", &["orders"]);
    offers(&folder().var("SYSTEMUSER_ENV", "test"), "systemuser-demo call o", &["orders"]);
    offers(&folder(), "systemuser-demo doctor --config other.toml --api i", &["invoices"]);
    offers(&folder(), "systemuser-demo -e test request list --system ", &["991825827_own"]);
    offers(&folder(), "systemuser-demo token -e test --scope ", &["a:b", "c:d"]);
}

#[cfg(unix)]
#[test]
fn an_invalid_configuration_offers_only_what_is_built_in() {
    let folder = program("").file("config/test.toml", "not TOML");
    offers(&folder, "systemuser-demo call --env test s", &["systemuserinfo", "salary"]);
    offers(&folder, "systemuser-demo system show --env test --system ", &[]);
}
