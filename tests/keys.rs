//! Which keys are understood, and what is said about the others?

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use secrecy::SecretString;
use serde_json::{Value, json};
use systemuser_demo::client::key::{KeyError, KeySource, SigningKey};

use crate::grant::signed;
use crate::program::{Program, data, data_text, program};
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
fn every_form_of_a_key_signs_the_same_bytes() {
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
    // It gets as far as the network, where nobody listens.
    assert_eq!(key("key.jwk.json").code, 6);
    assert_eq!(key("key.pkcs1.pem").code, 6);
}

#[test]
fn the_kid_is_the_configured_one_else_the_jwks_else_the_thumbprint() {
    let kid = |text: &str, kid| load_with(text, kid).unwrap().kid;
    let jwk = data_text("key.jwk.json");
    let thumbprint = data_text("key.thumbprint.txt").trim().to_owned();
    assert_eq!(kid(&jwk, Some("portal")), "portal");
    assert_eq!(kid(&jwk, None), "tests");
    assert_eq!(kid(&jwk_without(&["kid"]), None), thumbprint);
    assert_eq!(kid(&jwk_with("kid", "".into()), None), thumbprint);
    assert_eq!(kid(&data_text("key.pkcs8.pem"), None), thumbprint);
    // Zeros before a number change nothing: the thumbprint is computed from the key.
    let padded = format!("AAAA{}", self::jwk()["n"].as_str().unwrap());
    let mut padded_jwk: Value = serde_json::from_str(&jwk_without(&["kid"])).unwrap();
    padded_jwk["n"] = padded.into();
    assert_eq!(kid(&padded_jwk.to_string(), None), thumbprint);
}

#[test]
fn a_jwk_says_which_algorithm_it_signs_with() {
    for (alg, known) in [("RS256", "grant.rs256.jwt"), ("RS384", "grant.rs384.jwt"), ("RS512", "grant.rs512.jwt")] {
        let key = load(&jwk_with("alg", alg.into())).unwrap();
        assert_eq!(signed(&key, Some("210493352"), None), data_text(known));
    }
}

#[test]
fn a_key_never_shows_itself() {
    let key = load(&data_text("key.jwk.json")).unwrap();
    let source = KeySource::Text { name: "x".to_owned(), text: data_text("key.jwk.json").into() };
    let shown = format!("{key:?} {source:?}");
    for member in ["d", "p", "q", "dp", "dq", "qi"] {
        assert!(!shown.contains(jwk()[member].as_str().unwrap()), "{member}");
    }
    assert!(shown.contains("SigningKey") && shown.contains("2048"), "{shown}");
}

/// A run that needs the key, and whose configuration is right but for it.
fn with_key(content: impl AsRef<[u8]>) -> Program {
    program("token --env test --client-id c --scope s --org 210493352 --kid k --key my.key").file("my.key", content)
}

#[track_caller]
fn refused(content: impl AsRef<[u8]>, error: &str, hint: &str) {
    let hint = if hint.is_empty() { String::new() } else { format!("hint: {hint}\n") };
    with_key(content).run().fails(3, &format!("error: the key file `my.key` {error}\n{hint}"));
}

const MAKE_ONE: &str =
    "`systemuser-demo key new my.new.pem` makes one that will do; its public half is to be registered";
const WHOLE: &str = "was it copied whole, from its first line to its last?";

#[test]
fn an_empty_key_is_said_to_be_empty() {
    refused("", "is empty", "");
    refused("\u{feff} \r\n", "is empty", "");
}

#[test]
fn a_directory_is_no_key() {
    let run = program("token --env test --client-id c --scope s --org 210493352 --key my.key").folder("my.key").run();
    run.fails(3, "error: the key file `my.key` is a directory\n");
}

#[test]
fn a_public_key_is_told_from_a_private_one() {
    let hint = "the file of the private key says `PRIVATE KEY`, and was made together with this one";
    refused(data_text("public.pem"), "is a public key, and signing needs the private one", hint);
    let public = jwk_without(&["d", "p", "q", "dp", "dq", "qi"]);
    refused(
        format!("{{\"keys\":[{public}]}}"),
        "is a JWK without `d`, so it is the public half",
        "the private JWK has a `d`, and was made together with this one",
    );
    refused(
        public,
        "is a JWK without `d`, so it is the public half",
        "the private JWK has a `d`, and was made together with this one",
    );
}

#[test]
fn a_certificate_alone_is_not_enough() {
    refused(
        data_text("certificate.pem"),
        "is a certificate without its private key",
        "its private key is often in a .p12 file: `openssl pkcs12 -in FILE.p12 -nodes -out my.new.pem`",
    );
}

#[test]
fn an_encrypted_key_comes_with_the_command_that_decrypts_it() {
    let hint = "decrypt it: `openssl pkey -in my.key -out my.new.pem`";
    refused(data_text("encrypted.pkcs8.pem"), "is encrypted", hint);
    refused(data_text("encrypted.pkcs1.pem"), "is encrypted", hint);
}

#[test]
fn no_command_in_a_hint_writes_to_the_key_itself() {
    for name in ["encrypted.pkcs8.pem", "ec.pem", "rsa-1024.pem", "certificate.pem"] {
        let run = program("token --env test --client-id c --scope s --org 210493352 --kid k --key mp-key.pem")
            .file("mp-key.pem", data_text(name))
            .run();
        let text = run.err.replace("key new ", "-out ").replace("` makes", "`");
        let writes: Vec<&str> = text.split("-out ").skip(1).map(|rest| rest.split('`').next().unwrap()).collect();
        assert_eq!(writes, ["mp-key.new.pem"], "{}", run.err);
    }
    let run = program("token --env test --client-id c --scope s --org 210493352 --kid k --key k.pem")
        .file("k.pem", data_text("ec.pem"))
        .file("k.new.pem", data_text("key.pkcs8.pem"))
        .run();
    assert!(run.err.contains("key new k.new2.pem`"), "{}", run.err);
    let run = program("token --env test --client-id c --scope s --org 210493352 --key")
        .arg("it's a key.pem")
        .file("it's a key.pem", data_text("encrypted.pkcs8.pem"))
        .run();
    assert!(run.err.contains(r"`openssl pkey -in 'it'\''s a key.pem' -out 'it'\''s a key.new.pem'`"), "{}", run.err);
}

#[test]
fn other_kinds_of_key_are_called_by_their_names() {
    let kind = |name: &str, kind: &str| {
        refused(data_text(name), &format!("is of the kind {kind}, and a plain RSA key is needed"), MAKE_ONE);
    };
    kind("ec.pem", "EC");
    kind("ed25519.pem", "Ed25519");
    kind("rsa-pss.pem", "RSA-PSS");
    refused(
        r#"{"kty":"EC","crv":"P-256","d":"AA","x":"AA","y":"AA"}"#,
        "is of the kind EC, and a plain RSA key is needed",
        MAKE_ONE,
    );
    refused(
        data_text("ec.pem").replace("PRIVATE KEY", "OPENSSH PRIVATE KEY"),
        "is in the format of OpenSSH, and a PEM or JWK is needed",
        "if it is an RSA key, this makes a PEM of a copy: `cp my.key my.new.pem && ssh-keygen -p -m PEM -f my.new.pem`",
    );
}

#[test]
fn a_small_key_is_refused_with_its_size() {
    refused(data_text("rsa-1024.pem"), "has 1024 bits, and an RSA key of at least 2048 is needed", MAKE_ONE);
}

#[test]
fn a_jwk_that_is_not_whole_says_what_it_lacks() {
    let hint = "export the whole private JWK: it has n, e, d, p, q, dp, dq and qi";
    refused(jwk_without(&["p", "qi"]), "is a JWK that lacks `p`, `qi`", hint);
}

#[test]
fn a_jwk_whose_numbers_do_not_belong_together_is_refused() {
    for (member, other) in [("n", "p"), ("d", "p"), ("p", "q"), ("q", "p"), ("dp", "dq"), ("dq", "dp"), ("qi", "dp")] {
        let wrong = match member {
            // Two numbers of the modulus's size: the last character is another.
            "n" => {
                let n = jwk()["n"].as_str().unwrap().to_owned();
                let last = if n.ends_with('A') { "Q" } else { "A" };
                format!("{}{last}", &n[..n.len() - 1])
            }
            _ => jwk()[other].as_str().unwrap().to_owned(),
        };
        refused(jwk_with(member, wrong.into()), "holds numbers that do not belong together", "");
    }
}

#[test]
fn a_jwk_with_something_else_than_numbers_is_refused_without_showing_it() {
    refused(jwk_with("d", "not base64!".into()), "is JSON, but not a JWK: its `d` is not base64url", "");
    refused(jwk_with("d", 5.into()), "is JSON, but not a JWK: a value of an unexpected type in line 1, column 378", "");
    refused("{}", "is JSON, but not a JWK: it has no `kty`", "");
    refused(r#"{"keys":[]}"#, "is JSON, but not a JWK: its `keys` are empty", "");
}

#[test]
fn a_set_with_several_private_keys_does_not_say_which() {
    let json = data_text("key.jwk.json");
    let hint = "keep the one that is registered on this client in a file of its own";
    let error = "holds 2 private keys, and it is not clear which one to sign with";
    refused(format!("{{\"keys\":[{json},{json}]}}"), error, hint);
    refused(data_text("key.pkcs8.pem") + &data_text("key.pkcs1.pem"), error, hint);
}

#[test]
fn base64_of_something_else_than_a_jwk_is_recognised() {
    refused(
        STANDARD.encode(data_text("key.pkcs8.pem")),
        "is the base64 of a PEM file",
        "decode it: `base64 -d my.key > my.new.pem`",
    );
    let pem = data_text("key.pkcs8.pem");
    let body: String = pem.split_once("\n\n").unwrap().1.lines().filter(|line| !line.starts_with('-')).collect();
    refused(
        body,
        "is base64 without the lines that begin and end a PEM",
        "a PEM says what it is: for a PKCS#8 key, `-----BEGIN PRIVATE KEY-----` stands before it and \
         `-----END PRIVATE KEY-----` after it, on lines of their own",
    );
}

#[test]
fn what_is_cut_off_is_said_to_be_cut_off() {
    let pem = data_text("key.pkcs8.pem");
    refused(&pem[..pem.len() / 2], "is cut off or damaged", WHOLE);
    refused(pem.replace("MII", "MIA"), "is cut off or damaged", WHOLE);
    let beside_a_certificate = data_text("certificate.pem") + &pem[..pem.len() / 2];
    refused(beside_a_certificate, "is cut off or damaged", WHOLE);
    let json = data_text("key.jwk.json");
    refused(&json[..60], "is not valid JSON (line 3, column 42)", WHOLE);
}

#[test]
fn rubbish_and_other_encodings_are_told_apart() {
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(data_text("key.pkcs8.pem").bytes().flat_map(|byte| [byte, 0])).collect();
    refused(
        utf16,
        "is UTF-16 text, and a key is plain ASCII",
        "PowerShell's `>` writes UTF-16: save the file as UTF-8",
    );
    let unmarked: Vec<u8> = data_text("key.pkcs8.pem").bytes().flat_map(|byte| [byte, 0]).collect();
    refused(
        unmarked,
        "is UTF-16 text, and a key is plain ASCII",
        "PowerShell's `>` writes UTF-16: save the file as UTF-8",
    );
    refused(
        [0x30, 0x82, 0x04, 0xbd, 0x02],
        "is binary (DER or PKCS#12), and a PEM or JWK is needed",
        "`openssl pkcs12 -in my.key -nodes -out my.new.pem` takes it out of PKCS#12, and \
         `openssl pkey -inform DER -in my.key -out my.new.pem` out of DER",
    );
    let not_a_key = "is not a private key in PEM or JWK form";
    refused([0x00, 0xff, 0x80, 0x07], not_a_key, "");
    refused("hello", not_a_key, "");
    refused(vec![b'a'; 300_000], not_a_key, "");
    refused(
        "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
        "holds a PEM block `CERTIFICATE REQUEST`, and not a private key",
        "",
    );
}

#[test]
fn an_algorithm_that_maskinporten_does_not_take_is_named() {
    let error = "cannot be used: the algorithm is `PS256`, and Maskinporten takes RS256, RS384 and RS512";
    refused(jwk_with("alg", "PS256".into()), error, "");
}

#[test]
fn a_key_in_the_environment_is_called_by_its_variable() {
    let inline = |text: &str| {
        program("token --env test --client-id c --scope s --org 210493352 --kid k").var("SYSTEMUSER_KEY", text).run()
    };
    inline("").fails(
        3,
        "error: the key in SYSTEMUSER_KEY is empty\n\
         hint: has the secret arrived? SYSTEMUSER_KEY is set, and there is nothing in it\n",
    );
    inline("mp-key.pem").fails(
        3,
        "error: the key in SYSTEMUSER_KEY is not a private key in PEM or JWK form\n\
         hint: SYSTEMUSER_KEY takes the key itself; a path goes into SYSTEMUSER_KEY_FILE\n",
    );
    inline(&STANDARD.encode("-----BEGIN PRIVATE KEY-----")).fails(
        3,
        "error: the key in SYSTEMUSER_KEY is the base64 of a PEM file\n\
         hint: give the PEM itself, or the base64 of a JWK, in SYSTEMUSER_KEY\n",
    );
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_said_to_be_none() {
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
        run.fails(3, "error: SYSTEMUSER_KEY_FILE: a path is wanted here, and this looks like the key itself\n");
    }
    let file = format!("environment = \"test\"\n[key]\npath = '''{pem}'''\n");
    let run = program("token --client-id c --scope s --org 210493352 -c a.toml").file("a.toml", file).run();
    run.fails(3, "error: a.toml line 3: a path is wanted here, and this looks like the key itself\n");
}

/// What is said where nobody listens.
pub fn silence() -> String {
    let hint = match cfg!(feature = "sandbox") {
        true => "is a sandbox standing there? `systemuser-demo sandbox` starts one",
        false => "is a server standing there?",
    };
    format!(
        "error: no usable answer from `http://127.0.0.1:PORT/token`: no connection: Connection refused\nhint: {hint}\n"
    )
}

#[test]
fn a_kid_that_differs_from_the_jwks_own_is_pointed_out() {
    let run = with_key(data_text("key.jwk.json"))
        .file("config/test.toml", format!("environment = \"test\"\n[endpoints]\nissuer = \"{}\"\n", nobody()))
        .run();
    run.fails(6, &format!("warning: the key's own kid is `tests`, and `k` (--kid) is sent\n{}", silence()));
}

#[test]
fn a_thumbprint_as_kid_comes_with_a_note() {
    let run = program("token --env test --client-id c --scope s --org 210493352 --key")
        .arg(data("key.pkcs8.pem").to_str().unwrap())
        .file("config/test.toml", format!("environment = \"test\"\n[endpoints]\nissuer = \"{}\"\n", nobody()))
        .run();
    let note = "note: no kid is configured, so the key's thumbprint is sent; a key that was registered in the portal as \
                PEM has the portal's kid\n";
    run.fails(6, &format!("{note}{}", silence()));
}
