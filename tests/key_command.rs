//! Does `key` create keys, print their public half, and protect the private half?

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::program::{Program, Run, data, data_text, program};

fn jwk(run: &Run) -> Value {
    assert_eq!(run.code, 0, "{}", run.err);
    serde_json::from_str(&run.out).unwrap()
}

fn bits(jwk: &Value) -> usize {
    URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap().len() * 8
}

const MEMBERS: [&str; 6] = ["kty", "use", "alg", "kid", "n", "e"];

#[test]
fn the_public_half_is_printed_in_the_form_that_the_self_service_accepts() {
    let private: Value = serde_json::from_str(&data_text("key.jwk.json")).unwrap();
    let run = program("key public --env test --key").arg(data("key.jwk.json").to_str().unwrap()).run();
    let public = jwk(&run);
    let names: Vec<&String> = public.as_object().unwrap().keys().collect();
    assert_eq!(names, MEMBERS);
    assert_eq!((&public["kty"], &public["use"], &public["alg"]), (&json!("RSA"), &json!("sig"), &json!("RS256")));
    assert_eq!((&public["n"], &public["e"], &public["kid"]), (&private["n"], &private["e"], &private["kid"]));
    assert_eq!(run.err, "note: the key id that is sent is `tests` (the JWK's `kid`)\n");
    let set = jwk(&program("key public --set --env test --key").arg(data("key.jwk.json").to_str().unwrap()).run());
    assert_eq!(set, json!({ "keys": [public] }));
}

#[test]
fn the_numbers_of_a_padded_jwk_are_printed_without_padding() {
    let mut padded: Value = serde_json::from_str(&data_text("key.jwk.json")).unwrap();
    let right = padded["n"].clone();
    padded["n"] = format!("AAAA{}", right.as_str().unwrap()).into();
    let run = program("key public --env test --key k").file("k", padded.to_string()).run();
    assert_eq!(jwk(&run)["n"], right);
}

#[test]
fn the_printed_kid_is_the_kid_that_is_sent() {
    let public = |arguments: &str| {
        let run = program("key public --env test").args(arguments).file("k.pem", data_text("key.pkcs8.pem"));
        let run = run.var("SYSTEMUSER_KEY_FILE", "k.pem").run();
        (jwk(&run)["kid"].as_str().unwrap().to_owned(), run.err)
    };
    let thumbprint = data_text("key.thumbprint.txt").trim().to_owned();
    assert_eq!(public("").0, thumbprint);
    assert_eq!(public("--kid portal-1").0, "portal-1");
    let (_, err) = public("--kid a/b");
    assert!(
        err.ends_with("warning: a key id can be registered only if it consists of letters, digits, `.`, `_` and `-`\n"),
        "{err}"
    );
    let sandbox = program("key public --key k.pem").file("k.pem", data_text("key.pkcs8.pem")).run();
    if cfg!(feature = "sandbox") {
        assert_eq!(jwk(&sandbox)["kid"], "sandbox-example");
        assert!(!sandbox.err.contains("never register it"), "{}", sandbox.err);
        let example = program("key public").run();
        let warning = "warning: this is the sandbox key; its private half is published, so never register it\n";
        assert!(example.err.ends_with(warning), "{}", example.err);
    }
}

#[test]
fn an_environments_key_can_be_printed_before_the_other_settings_are_filled_in() {
    // The organisation numbers in the shipped file are invalid.
    let run = program("key public --env prod")
        .file("config/prod.toml", crate::program::project_text("config/prod.toml"))
        .file("mp-key.prod.pem", data_text("key.pkcs8.pem"))
        .run();
    assert_eq!(jwk(&run)["kid"], "your-key-id");
}

#[test]
fn a_new_key_is_readable_only_by_its_owner_and_works_immediately() {
    let new = program("key new keys/mine.pem");
    let (folder, path) = (new.path(""), new.path("keys/mine.pem"));
    let run = Run::of(&mut new.command());
    let public = jwk(&run);
    assert_eq!(
        run.err,
        "note: the private key is in `keys/mine.pem`, readable only by its owner; register the public JWK\n"
    );
    assert_eq!((bits(&public), public.as_object().unwrap().len()), (2048, 6));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let pem = fs::read_to_string(&path).unwrap();
    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n") && pem.ends_with("-----END PRIVATE KEY-----\n"));
    assert!(!run.err.contains(&pem[40..80]) && !run.out.contains(&pem[40..80]));
    let again = jwk(&program("key public --env test --key").arg(path.to_str().unwrap()).run());
    assert_eq!(again, public);
    // OpenSSL also accepts the key, if OpenSSL is installed.
    if let Ok(output) =
        std::process::Command::new("openssl").args(["rsa", "-check", "-noout", "-in"]).arg(&path).output()
    {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(folder.join("keys").is_dir());
}

#[test]
fn a_new_key_may_be_larger() {
    let new = program("key new --bits 3072");
    let run = Run::of(&mut new.command());
    assert_eq!(bits(&jwk(&run)), 3072);
    assert!(new.path("mp-key.pem").exists());
    for bits in ["1024", "2047", "x"] {
        let run = program("key new --bits").arg(bits).run();
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{}", run.err);
    }
}

#[test]
fn using_the_sandboxs_key_elsewhere_causes_a_warning() {
    let warning = "warning: this is the sandbox key; its private half is published, so never register it\n";
    for arguments in ["key public", "grant --client-id c --scope s --org 210493352", "init", "doctor --offline"] {
        let example = crate::program::project_text("mp-key.pem.example");
        let run = program(arguments).args("--env test --key k.pem").file("k.pem", example).run();
        let output = run.err + &run.out;
        assert_eq!(output.matches(warning).count(), 1, "{arguments}: {output}");
    }
}

#[test]
fn a_new_key_of_an_environment_is_written_to_the_configured_path() {
    let new = program("key new --env prod").file("config/prod.toml", crate::program::project_text("config/prod.toml"));
    let run = Run::of(&mut new.command());
    assert_eq!(bits(&jwk(&run)), 2048);
    assert_eq!(
        run.err,
        "note: the private key is in `mp-key.prod.pem`, readable only by its owner; register the public JWK\n\
         warning: the key id that is sent is `your-key-id` (config/prod.toml line 13), not the key id of this key\n\
         hint: remove the configured `kid`, since the default is the new key's id; if you register the key as PEM, set \
         `kid` to the key id that the self-service portal shows\n"
    );
    assert!(new.path("mp-key.prod.pem").exists());
}

#[test]
fn nothing_is_overwritten() {
    let run = |program: Program| {
        let path = program.path("mp-key.pem");
        let before = fs::read(&path).ok();
        let run = Run::of(&mut program.command());
        assert_eq!(fs::read(&path).ok(), before);
        run
    };
    run(program("key new").file("mp-key.pem", "mine")).fails(
        2,
        "error: `mp-key.pem` already exists and will not be overwritten\nhint: specify another file, such as \
         mp-key.new.pem\n",
    );
    run(program("key new").folder("mp-key.pem")).fails(
        2,
        "error: `mp-key.pem` already exists and will not be overwritten\nhint: specify another file, such as \
         mp-key.new.pem\n",
    );
    #[cfg(unix)]
    {
        let dangling = program("key new");
        std::os::unix::fs::symlink("nowhere.pem", dangling.path("mp-key.pem")).unwrap();
        assert_eq!(run(dangling).code, 2);
    }
}

#[test]
fn an_unwritable_folder_is_named() {
    let run = program("key new file/key.pem").file("file", "").run();
    run.fails(3, "error: cannot create the directory `file`: File exists\n");
    program("key new").arg("").run().fails(2, "error: FILE: the value is empty\n");
    for folder in [".", "..", "/", "a/..", "-"] {
        let run = program("key new").arg(folder).run();
        run.fails(2, &format!("error: FILE: `{folder}` is not a file name\n"));
    }
    #[cfg(target_os = "linux")]
    {
        let run = program("key new /proc/key.pem").run();
        assert_eq!((run.code, run.out.as_str()), (3, ""));
        assert!(run.err.starts_with("error: cannot write `/proc/key.pem`: "), "{}", run.err);
    }
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_warned_about_by_every_command_that_reads_it() {
    use std::os::unix::fs::PermissionsExt;
    let warning = |mode: &str| {
        format!(
            "warning: the key file `my key.pem` can be read by users other than its owner (mode {mode}); to \
             restrict it, run `chmod 600 'my key.pem'`\n"
        )
    };
    let commands = [
        "token --client-id c --scope s --org 210493352 --timeout 1",
        "call salary --client-id c --scope s --org 210493352 --timeout 1",
        "grant --client-id c --scope s --org 210493352",
        "doctor --offline --client-id c --scope s --org 210493352",
        "key public",
    ];
    for (mode, warns) in [(0o600, false), (0o400, false), (0o620, false), (0o644, true), (0o640, true), (0o604, true)] {
        for arguments in commands {
            let program = program(arguments)
                .args("--env test --kid k")
                .arg("--key=my key.pem")
                .var("HTTPS_PROXY", crate::server::nobody())
                .file("my key.pem", data_text("key.pkcs8.pem"));
            fs::set_permissions(program.path("my key.pem"), PermissionsExt::from_mode(mode)).unwrap();
            let run = program.run();
            let output = format!("{}{}", run.err, run.out);
            assert_eq!(output.contains(&warning(&format!("{mode:04o}"))), warns, "{arguments}: {output}");
        }
    }
}

/// The operating system kills a process that exceeds its file size limit, here while it writes the key.
#[cfg(unix)]
#[test]
fn an_incomplete_key_file_is_not_left_behind() {
    for arguments in ["key new", "init --env test --client-id c --scope s --org 210493352"] {
        let program = program(arguments);
        let plain = program.command();
        let mut limited = std::process::Command::new("sh");
        limited.args(["-c", "ulimit -f 1; exec \"$0\" \"$@\""]).arg(plain.get_program()).args(plain.get_args());
        let output = limited.env_clear().current_dir(program.path("")).output().unwrap();
        assert_eq!(output.status.code(), None, "{arguments}: {output:?}");
        assert!(!program.path("mp-key.pem").exists() && !program.path("config/test.toml").exists(), "{arguments}");
        // On Linux, the file has no name until it is complete.
        if cfg!(target_os = "linux") {
            let left: Vec<_> =
                fs::read_dir(program.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert!(left.iter().all(|name| name == "config"), "{arguments}: {left:?}");
        }
        assert_eq!(Run::of(&mut program.command()).code, 0, "{arguments}");
        let whole = fs::read_to_string(program.path("mp-key.pem")).unwrap();
        assert!(whole.ends_with("-----END PRIVATE KEY-----\n"), "{arguments}");
    }
}

#[test]
fn of_two_simultaneous_writers_of_a_key_only_one_succeeds() {
    let program = program("key new");
    let spawn = || {
        let mut command = program.command();
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
    };
    let runs = [spawn(), spawn()].map(|child| Run::from(child.wait_with_output().unwrap()));
    let mut codes = runs.each_ref().map(|run| run.code);
    codes.sort_unstable();
    assert_eq!(codes, [0, 2], "{runs:?}");
    let made = runs.iter().find(|run| run.code == 0).unwrap();
    let file = program.path("mp-key.pem");
    let public = jwk(&crate::program::program("key public --env test --kid k --key").arg(file.to_str().unwrap()).run());
    assert_eq!(public["n"], jwk(made)["n"]);
    let left: Vec<_> = fs::read_dir(program.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["mp-key.pem"]);
}
