//! Which keys are accepted, and what are the errors about the others?

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use secrecy::SecretString;
use serde_json::{Value, json};
use systemuser_demo::client::key::{KeyError, KeySource, SigningKey};

use crate::grant::signed;
use crate::program::{Program, data, data_text, program, project};
use crate::server::nobody;

fn load(text: &str) -> Result<SigningKey, KeyError> {
    load_with(text, Some("tests"))
}

fn load_with(text: &str, kid: Option<&str>) -> Result<SigningKey, KeyError> {
    let source = KeySource::Text { name: "the test".to_owned(), text: SecretString::from(text) };
    SigningKey::load(&source, kid, None)
}

fn jwk() -> Value {
    serde_json::from_str(&data_text("key.jwk.json")).unwrap()
}

fn jwk_with(member: &str, value: Value) -> String {
    let mut jwk = jwk();
    jwk[member] = value;
    jwk.to_string()
}

fn jwk_without(members: &[&str]) -> String {
    let mut jwk = jwk();
    members.iter().for_each(|member| drop(jwk.as_object_mut().unwrap().shift_remove(*member)));
    jwk.to_string()
}

fn lines_of_76(text: &str) -> String {
    text.as_bytes().chunks(76).map(|line| String::from_utf8(line.to_vec()).unwrap() + "\r\n").collect()
}

#[test]
fn every_form_of_a_key_creates_the_same_signature() {
    let pkcs8 = data_text("key.pkcs8.pem");
    let json = data_text("key.jwk.json");
    let public = jwk_without(&["d", "p", "q", "dp", "dq", "qi"]);
    let dotnet = {
        let mut jwk = jwk();
        for member in ["key_ops", "oth", "x5c"] {
            jwk[member] = json!([]);
        }
        jwk.to_string()
    };
    let padded_numbers = jwk_with("n", format!("AAAA{}", jwk()["n"].as_str().unwrap()).into());
    let bare = &pkcs8[pkcs8.find("-----BEGIN").unwrap()..];
    let forms = [
        ("PKCS#8 PEM", pkcs8.clone()),
        ("PKCS#1 PEM", data_text("key.pkcs1.pem")),
        ("a byte order mark", format!("\u{feff}{bare}")),
        ("CRLF", bare.replace('\n', "\r\n")),
        ("indentation", bare.replace('\n', "\n    ")),
        ("line breaks written out", bare.replace('\n', "\\n")),
        ("a certificate beside it", format!("{}{bare}", data_text("certificate.pem"))),
        ("a JWK", json.clone()),
        ("a JWK with a byte order mark and CRLF", format!("\u{feff}{}", json.replace('\n', "\r\n"))),
        ("a JWK from .NET", dotnet),
        ("a JWK whose numbers begin with zeros", padded_numbers),
        ("a JWK with padded numbers", jwk_with("n", format!("{}==", jwk()["n"].as_str().unwrap()).into())),
        ("a JWK set", format!("{{\"keys\":[{public},{json}]}}")),
        ("base64", STANDARD.encode(&json)),
        ("base64 in lines", lines_of_76(&STANDARD.encode(&json))),
        ("base64url", URL_SAFE.encode(&json)),
        ("base64url without padding", URL_SAFE_NO_PAD.encode(&json)),
        ("base64 of JSON that begins with a space", STANDARD.encode(format!(" {json}"))),
        ("base64 of JSON with a byte order mark", STANDARD.encode(format!("\u{feff}{json}"))),
    ];
    for (name, form) in forms {
        let key = load(&form).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(signed(&key, Some("210493352"), None), data_text("grant.rs256.jwt"), "{name}");
        assert_eq!(key.bits, 2048, "{name}");
    }
}

#[test]
fn a_key_is_recognised_by_its_content_and_not_by_its_file_name() {
    let key = |name: &str| {
        program("token --env test --client-id c --scope s --org 210493352 --key key.pem")
            .file("key.pem", data_text(name))
            .file("config/test.toml", format!("environment = \"test\"\n[endpoints]\nissuer = \"{}\"\n", nobody()))
            .run()
    };
    // The command reaches the network, where no server runs.
    assert_eq!(key("key.jwk.json").code, 6);
    assert_eq!(key("key.pkcs1.pem").code, 6);
}

#[test]
fn the_kid_is_the_configured_kid_or_the_jwks_or_the_thumbprint() {
    let kid = |text: &str, kid| load_with(text, kid).unwrap().kid;
    let jwk = data_text("key.jwk.json");
    let thumbprint = data_text("key.thumbprint.txt").trim().to_owned();
    assert_eq!(kid(&jwk, Some("portal")), "portal");
    assert_eq!(kid(&jwk, None), "tests");
    assert_eq!(kid(&jwk_without(&["kid"]), None), thumbprint);
    assert_eq!(kid(&jwk_with("kid", "".into()), None), thumbprint);
    assert_eq!(kid(&data_text("key.pkcs8.pem"), None), thumbprint);
    // Leading zeros change nothing, because the thumbprint is computed from the key.
    let padded = format!("AAAA{}", self::jwk()["n"].as_str().unwrap());
    let mut padded_jwk: Value = serde_json::from_str(&jwk_without(&["kid"])).unwrap();
    padded_jwk["n"] = padded.into();
    assert_eq!(kid(&padded_jwk.to_string(), None), thumbprint);
}

#[test]
fn a_jwk_determines_its_algorithm() {
    for (alg, known) in [("RS256", "grant.rs256.jwt"), ("RS384", "grant.rs384.jwt"), ("RS512", "grant.rs512.jwt")] {
        let key = load(&jwk_with("alg", alg.into())).unwrap();
        assert_eq!(signed(&key, Some("210493352"), None), data_text(known));
    }
}

#[test]
fn debug_output_of_a_key_hides_the_key() {
    let key = load(&data_text("key.jwk.json")).unwrap();
    let source = KeySource::Text { name: "x".to_owned(), text: data_text("key.jwk.json").into() };
    let shown = format!("{key:?} {source:?}");
    for member in ["d", "p", "q", "dp", "dq", "qi"] {
        assert!(!shown.contains(jwk()[member].as_str().unwrap()), "{member}");
    }
    assert!(shown.contains("SigningKey") && shown.contains("2048"), "{shown}");
}

/// A command that needs the key, with a configuration that is otherwise valid.
fn with_key(content: impl AsRef<[u8]>) -> Program {
    program("token --env test --client-id c --scope s --org 210493352 --kid k --key my.key").file("my.key", content)
}

#[track_caller]
fn refused(content: impl AsRef<[u8]>, error: &str, hint: &str) {
    let hint = if hint.is_empty() { String::new() } else { format!("hint: {hint}\n") };
    with_key(content).run().fails(3, &format!("error: the key file `my.key` {error}\n{hint}"));
}

const MAKE_ONE: &str = "create a suitable key with `systemuser-demo key new my.new.pem`, and register its public key, or order a business certificate with an RSA key";
const WHOLE: &str = "is part of the key missing? copy it from its first line to its last";

#[test]
fn an_empty_key_file_is_reported() {
    refused("", "is empty", "");
    refused("\u{feff} \r\n", "is empty", "");
}

#[test]
fn a_directory_is_not_a_key() {
    let run = program("token --env test --client-id c --scope s --org 210493352 --key my.key").folder("my.key").run();
    run.fails(3, "error: the key file `my.key` is a directory\n");
}

#[test]
fn a_public_key_is_distinguished_from_a_private_key() {
    let hint = "look for the private key file that was created with it; its first line contains `PRIVATE KEY`";
    refused(data_text("public.pem"), "is a public key, but a private key is required", hint);
    let public = jwk_without(&["d", "p", "q", "dp", "dq", "qi"]);
    refused(
        format!("{{\"keys\":[{public}]}}"),
        "is a JWK without `d`, so it is a public key",
        "look for the private JWK that was created with it; it contains a `d`",
    );
    refused(
        public,
        "is a JWK without `d`, so it is a public key",
        "look for the private JWK that was created with it; it contains a `d`",
    );
}

#[test]
fn a_certificate_alone_is_not_enough() {
    refused(
        data_text("certificate.pem"),
        "is a certificate without its private key",
        "the private key is often in a .p12 or .pfx file; specify that file as the key",
    );
}

#[test]
fn no_command_in_a_hint_overwrites_the_key() {
    for name in ["encrypted/pkcs8.md5-des.pem", "encrypted/rc4.p12", "ec.pem", "rsa-1024.pem"] {
        let run = program("token --env test --client-id c --scope s --org 210493352 --kid k --key mp-key.pem")
            .file("mp-key.pem", fs::read(project("tests/data").join(name)).unwrap())
            .var("SYSTEMUSER_KEY_PASSPHRASE", "test")
            .run();
        let text =
            run.err.replace("key new ", "-out ").replace("` makes", "`").replace("\" > ", "-out ").replace(")`", "`");
        let mut writes: Vec<&str> =
            text.split("-out ").skip(1).map(|rest| rest.split([' ', '`']).next().unwrap()).collect();
        writes.dedup();
        assert_eq!(writes, ["mp-key.new.pem"], "{}", run.err);
    }
    let run = program("token --env test --client-id c --scope s --org 210493352 --kid k --key k.pem")
        .file("k.pem", data_text("ec.pem"))
        .file("k.new.pem", data_text("key.pkcs8.pem"))
        .run();
    assert!(run.err.contains("key new k.new2.pem`"), "{}", run.err);
    let run = program("token --env test --client-id c --scope s --org 210493352 --key")
        .arg("it's a key.pem")
        .file("it's a key.pem", [0x30, 0x82, 0x04, 0xbd, 0x02])
        .run();
    let command = r"`openssl pkey -inform DER -in 'it'\''s a key.pem' -out 'it'\''s a key.new.pem'`";
    assert!(run.err.contains(command), "{}", run.err);
}

#[test]
fn other_kinds_of_keys_are_named() {
    let kind = |name: &str, kind: &str| {
        refused(data_text(name), &format!("contains a key of type {kind}, but a plain RSA key is required"), MAKE_ONE);
    };
    kind("ec.pem", "EC");
    kind("ed25519.pem", "Ed25519");
    kind("rsa-pss.pem", "RSA-PSS");
    refused(
        r#"{"kty":"EC","crv":"P-256","d":"AA","x":"AA","y":"AA"}"#,
        "contains a key of type EC, but a plain RSA key is required",
        MAKE_ONE,
    );
    refused(
        data_text("ec.pem").replace("PRIVATE KEY", "OPENSSH PRIVATE KEY"),
        "is in OpenSSH format, but PEM or a JWK is required",
        "if it is an RSA key, convert a copy to PEM: `cp my.key my.new.pem && ssh-keygen -p -m PEM -f my.new.pem`",
    );
}

#[test]
fn a_small_key_is_refused_with_its_size() {
    refused(data_text("rsa-1024.pem"), "has 1024 bits, but an RSA key must have at least 2048", MAKE_ONE);
}

#[test]
fn an_incomplete_jwk_is_refused_with_its_missing_members() {
    let hint = "export the whole private JWK, with n, e, d, p, q, dp, dq and qi";
    refused(jwk_without(&["p", "qi"]), "is a JWK without `p`, `qi`", hint);
}

#[test]
fn a_jwk_with_inconsistent_numbers_is_refused() {
    for (member, other) in [("n", "p"), ("d", "p"), ("p", "q"), ("q", "p"), ("dp", "dq"), ("dq", "dp"), ("qi", "dp")] {
        let wrong = match member {
            // No other number has the size of the modulus, so its last character is changed.
            "n" => {
                let n = jwk()["n"].as_str().unwrap().to_owned();
                let last = if n.ends_with('A') { "Q" } else { "A" };
                format!("{}{last}", &n[..n.len() - 1])
            }
            _ => jwk()[other].as_str().unwrap().to_owned(),
        };
        refused(jwk_with(member, wrong.into()), "contains numbers that do not match each other", "");
    }
}

#[test]
fn a_malformed_jwk_is_refused_without_printing_it() {
    refused(jwk_with("d", "not base64!".into()), "is JSON, but not a JWK: its `d` is not base64url", "");
    refused(jwk_with("d", 5.into()), "is JSON, but not a JWK: a value has an unexpected type (line 1, column 378)", "");
    refused("{}", "is JSON, but not a JWK: it has no `kty`", "");
    refused(r#"{"keys":[]}"#, "is JSON, but not a JWK: its `keys` array is empty", "");
}

#[test]
fn a_file_with_several_private_keys_is_refused() {
    let json = data_text("key.jwk.json");
    let hint = "save the key that is registered for this client in a separate file";
    let error = "contains 2 private keys, but a single key is required";
    refused(format!("{{\"keys\":[{json},{json}]}}"), error, hint);
    refused(data_text("key.pkcs8.pem") + &data_text("key.pkcs1.pem"), error, hint);
}

#[test]
fn base64_of_a_pem_is_recognised() {
    refused(
        STANDARD.encode(data_text("key.pkcs8.pem")),
        "is the base64 of a PEM file",
        "decode it with `(umask 077; set -C; base64 -d my.key > my.new.pem)`",
    );
    let pem = data_text("key.pkcs8.pem");
    let body: String = pem.split_once("\n\n").unwrap().1.lines().filter(|line| !line.starts_with('-')).collect();
    refused(
        body,
        "is base64 without the BEGIN and END lines of PEM",
        "for a PKCS#8 key, add the line `-----BEGIN PRIVATE KEY-----` before it and the line \
         `-----END PRIVATE KEY-----` after it",
    );
}

#[test]
fn a_truncated_key_is_reported() {
    let pem = data_text("key.pkcs8.pem");
    refused(&pem[..pem.len() / 2], "is cut off or damaged", WHOLE);
    refused(pem.replace("MII", "MIA"), "is cut off or damaged", WHOLE);
    let beside_a_certificate = data_text("certificate.pem") + &pem[..pem.len() / 2];
    refused(beside_a_certificate, "is cut off or damaged", WHOLE);
    let json = data_text("key.jwk.json");
    refused(&json[..60], "is not valid JSON (line 3, column 42)", WHOLE);
}

#[test]
fn garbage_and_other_encodings_are_distinguished() {
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(data_text("key.pkcs8.pem").bytes().flat_map(|byte| [byte, 0])).collect();
    refused(utf16, "is UTF-16 text, but a key must be ASCII", "PowerShell's `>` writes UTF-16: save the file as UTF-8");
    let unmarked: Vec<u8> = data_text("key.pkcs8.pem").bytes().flat_map(|byte| [byte, 0]).collect();
    refused(
        unmarked,
        "is UTF-16 text, but a key must be ASCII",
        "PowerShell's `>` writes UTF-16: save the file as UTF-8",
    );
    refused(
        [0x30, 0x82, 0x04, 0xbd, 0x02],
        "is binary, but PEM or a JWK is required",
        "convert it with `openssl pkey -inform DER -in my.key -out my.new.pem`",
    );
    let not_a_key = "is not a private key in a supported format";
    refused([0x00, 0xff, 0x80, 0x07], not_a_key, "");
    refused("hello", not_a_key, "");
    refused(vec![b'a'; 300_000], not_a_key, "");
    refused(
        "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
        "contains a PEM block `CERTIFICATE REQUEST`, not a private key",
        "",
    );
}

#[test]
fn an_algorithm_that_maskinporten_rejects_is_named() {
    let error = "cannot be used: its `alg` is `PS256`, but Maskinporten accepts only RS256, RS384 and RS512";
    refused(jwk_with("alg", "PS256".into()), error, "");
}

#[test]
fn a_key_in_the_environment_is_named_by_its_variable() {
    let inline = |text: &str| {
        program("token --env test --client-id c --scope s --org 210493352 --kid k").var("SYSTEMUSER_KEY", text).run()
    };
    inline("").fails(
        3,
        "error: the key in SYSTEMUSER_KEY is empty\n\
         hint: does a CI job set it from a secret that is not available to the job? give the job access to the secret, \
         or unset SYSTEMUSER_KEY to use a key file\n",
    );
    inline("mp-key.pem").fails(
        3,
        "error: the key in SYSTEMUSER_KEY is not a private key in a supported format\n\
         hint: SYSTEMUSER_KEY must contain the key itself; for a path, use SYSTEMUSER_KEY_FILE\n",
    );
    inline(&STANDARD.encode("-----BEGIN PRIVATE KEY-----")).fails(
        3,
        "error: the key in SYSTEMUSER_KEY is the base64 of a PEM file\n\
         hint: set SYSTEMUSER_KEY to the PEM itself, or to the base64 of a JWK\n",
    );
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_text_is_reported() {
    use std::os::unix::ffi::OsStringExt;
    for name in ["SYSTEMUSER_KEY", "SYSTEMUSER_CLIENT_ID"] {
        let value = std::ffi::OsString::from_vec(vec![0xff, 0xfe]);
        let run = program("token").var(name, value).run();
        run.fails(3, &format!("error: {name}: the value is not UTF-8 text\n"));
    }
}

#[test]
fn a_key_given_as_a_path_is_not_repeated() {
    let pem = data_text("key.pkcs8.pem");
    let body: String = data_text("ec.pem").split("-----").nth(2).unwrap().split_whitespace().collect();
    let jwk = data_text("key.jwk.json");
    for key in [pem.clone(), jwk.clone(), STANDARD.encode(&jwk), STANDARD.encode(&jwk[..jwk.len() / 3]), body] {
        let run =
            program("token --env test --client-id c --scope s --org 210493352").var("SYSTEMUSER_KEY_FILE", key).run();
        run.fails(3, "error: SYSTEMUSER_KEY_FILE: expected a path, but this looks like the key itself\n");
    }
    let file = format!("environment = \"test\"\n[key]\npath = '''{pem}'''\n");
    let run = program("token --client-id c --scope s --org 210493352 -c a.toml").file("a.toml", file).run();
    run.fails(3, "error: a.toml line 3: expected a path, but this looks like the key itself\n");
}

/// The error if no server runs at the URL.
pub fn connection_refused() -> String {
    let hint = match cfg!(feature = "sandbox") {
        true => "is no sandbox running there? start one with `systemuser-demo sandbox --port PORT`",
        false => "is no server running there?",
    };
    format!("error: cannot connect to `http://127.0.0.1:PORT/token`: Connection refused\nhint: {hint}\n")
}

#[test]
fn a_kid_that_differs_from_the_jwks_own_is_pointed_out() {
    let run = with_key(data_text("key.jwk.json"))
        .file("config/test.toml", format!("environment = \"test\"\n[endpoints]\nissuer = \"{}\"\n", nobody()))
        .run();
    run.fails(
        6,
        &format!("warning: the JWK's `kid` is `tests`, but the key id `k` (--kid) is sent\n{}", connection_refused()),
    );
}

#[test]
fn a_thumbprint_as_kid_causes_a_note() {
    let run = program("token --env test --client-id c --scope s --org 210493352 --key")
        .arg(data("key.pkcs8.pem").to_str().unwrap())
        .file("config/test.toml", format!("environment = \"test\"\n[endpoints]\nissuer = \"{}\"\n", nobody()))
        .run();
    let note = "note: no key id is configured, so the key's thumbprint is sent; if you registered the key as PEM, \
                set --kid to the key id that the self-service portal generated\n";
    run.fails(6, &format!("{note}{}", connection_refused()));
}
