//! Does a passphrase decrypt the key, and are its variables, its file and other places for it handled correctly?

use crate::program::{Program, data_text, program};
use crate::secrets::shows_none;

/// The passphrase of `example.encrypted.pem`.
const SECRET: &str = "correct-horse-battery";
const TEXT: &str = "SYSTEMUSER_KEY_PASSPHRASE";
const FILE: &str = "SYSTEMUSER_KEY_PASSPHRASE_FILE";
const WRONG: &str = "error: the key file `k.pem` cannot be decrypted: the passphrase is wrong, or the key is damaged\n";

/// Prints the public half of an encrypted key, whose passphrase is `test`.
fn public() -> Program {
    program("key public --env test --key k.pem").file("k.pem", data_text("encrypted.pkcs8.pem"))
}

#[test]
fn a_variable_or_a_file_gives_the_passphrase() {
    let expected =
        program("key public --env test --key").arg("plain.pem").file("plain.pem", data_text("key.pkcs8.pem")).run();
    assert_eq!(expected.code, 0, "{}", expected.err);
    public().var(TEXT, "test").run().succeeds(&expected.out);
    for content in ["test", "test\n", "test\r\n", "\u{feff}test\n"] {
        let run = public().var(FILE, "p").file("p", content).run();
        assert_eq!((run.code, &run.out), (0, &expected.out), "{content:?}: {}", run.err);
        assert!(!run.err.contains("warning"), "{}", run.err);
    }
    let key = program("key public --env test").var("SYSTEMUSER_KEY", data_text("encrypted.pkcs8.pem"));
    key.var(TEXT, "test").run().succeeds(&expected.out);
}

#[test]
fn a_plain_key_needs_no_passphrase_and_ignores_one() {
    let plain =
        || program("key public --env test --key").arg("plain.pem").file("plain.pem", data_text("key.pkcs8.pem"));
    plain().var(TEXT, "test").var(FILE, "missing").run().succeeds(&plain().run().out);
}

#[test]
fn only_the_last_line_break_of_the_file_is_removed() {
    let other = format!("hint: the passphrase comes from {FILE}: does it belong to another key?\n");
    let space =
        format!("hint: the passphrase from {FILE} begins or ends with a space or a line break: is that right?\n");
    for (content, hint) in [("test\n\n", &space), (" test", &space), ("test ", &space), ("Test\n", &other)] {
        public().var(FILE, "p").file("p", content).run().fails(3, &(WRONG.to_owned() + hint));
    }
    let empty = public().var(FILE, "p").file("p", "\n").run();
    empty.fails(3, &format!("{WRONG}hint: the file in {FILE} is empty\n"));
}

#[test]
fn a_wrong_passphrase_is_refused_once_with_its_source() {
    let hint = format!("hint: the passphrase comes from {TEXT}: does it belong to another key?\n");
    public().var(TEXT, SECRET).run().fails(3, &(WRONG.to_owned() + &hint));
    let hint = format!("hint: {TEXT} is empty: does a CI job set it from a secret that is not available to the job?\n");
    public().var(TEXT, "").run().fails(3, &(WRONG.to_owned() + &hint));
}

#[test]
fn without_a_terminal_a_missing_passphrase_is_an_error() {
    public().run().fails(
        3,
        &format!(
            "error: the key file `k.pem` is encrypted, but no passphrase is set\n\
             hint: set {FILE} to the path of a file that contains the passphrase, or set {TEXT} to the passphrase \
             itself\n"
        ),
    );
}

#[test]
fn two_passphrases_are_an_error() {
    let run = public().var(TEXT, "test").var(FILE, "p").file("p", "test").run();
    run.fails(3, &format!("error: {TEXT} and {FILE} cannot both be set\nhint: unset one of them\n"));
}

#[test]
fn an_unusable_passphrase_file_is_not_named() {
    let hint = format!("hint: it must be the path of a file; if it is the passphrase itself, set {TEXT} instead\n");
    public().var(FILE, SECRET).run().fails(3, &format!("error: {FILE}: the file does not exist\n{hint}"));
    let large = public().var(FILE, "p").file("p", "a".repeat(4097)).run();
    large.fails(3, &format!("error: {FILE}: the file is larger than 4 KiB\n"));
    let binary = public().var(FILE, "p").file("p", b"\xff\xfe").run();
    binary.fails(3, &format!("error: {FILE}: the file is not UTF-8 text\n"));
    let directory = public().var(FILE, ".").run();
    directory.fails(3, &format!("error: {FILE}: the file cannot be read: Is a directory\n"));
}

#[cfg(unix)]
#[test]
fn a_passphrase_file_that_others_can_read_gives_a_warning() {
    let program = public().var(FILE, "p").file("p", "test");
    std::fs::set_permissions(program.path("p"), std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let run = program.run();
    let warning = format!("warning: the file in {FILE} can be read by users other than its owner (mode 0644)");
    assert!(run.err.starts_with(&format!("{warning}; to restrict it, run `chmod 600 p`\n")), "{}", run.err);
}

#[test]
fn a_passphrase_on_the_command_line_or_in_the_configuration_is_refused() {
    for option in ["--passphrase", "--key-passphrase", "--password", "--passin"] {
        for typed in [format!("{option} {SECRET}"), format!("{option}={SECRET}")] {
            let run = program("token").args(&typed).run();
            assert_eq!(run.code, 2, "{typed}");
            assert!(run.err.contains(&format!("set {FILE} to the path of a file")), "{}", run.err);
            shows_none(&run.err, &[SECRET.to_owned()]);
        }
    }
    for setting in ["passphrase", "key_passphrase", "Password"] {
        let file = format!("environment = \"test\"\n[key]\n{setting} = \"{SECRET}\"\n");
        let run = program("token -c a.toml").file("a.toml", file).run();
        run.fails(
            3,
            &format!(
                "error: a.toml line 3: `{setting}` is not a known setting\n\
                 hint: set {FILE} to the path of a file that contains the passphrase\n"
            ),
        );
    }
}
