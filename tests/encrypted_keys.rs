//! Which encrypted key files can be opened, and what are the errors for the others?

use std::fs;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use pkcs8::ObjectIdentifier;
use secrecy::SecretString;
use systemuser_demo::client::key::SigningKey;
use systemuser_demo::keystore::{self, Encrypted, EncryptedError, Opened};

use crate::program::{data_text, program, project};
use crate::server::nobody;

fn file(name: &str) -> Vec<u8> {
    fs::read(project("tests/data/encrypted").join(name)).unwrap()
}

fn open(file: &[u8], passphrase: &str) -> Result<Opened, EncryptedError> {
    Encrypted::recognise(file).unwrap().open(&SecretString::from(passphrase))
}

/// The fixtures that contain the key of `key.pkcs8.pem` and both certificates, and their passphrases.
const PKCS12: [(&str, &str); 17] = [
    ("openssl-3.p12", "test"),
    ("openssl-1.1.p12", "test"),
    ("3des.p12", "test"),
    ("rc2-128.p12", "test"),
    ("aes-sha512.p12", "test"),
    ("not-encrypted.p12", "test"),
    ("no-mac.p12", "test"),
    ("non-ascii.p12", "blåbær 🫐"),
    ("non-ascii-legacy.p12", "blåbær 🫐"),
    ("empty.p12", ""),
    ("empty-legacy.p12", ""),
    ("empty-no-terminator.p12", ""),
    ("keytool.p12", "test12"),
    ("keytool-legacy.p12", "test12"),
    ("ber.p12", "test"),
    ("ber-no-mac.p12", "test"),
    ("pbmac1.p12", "test"),
];

/// The fixtures that contain the key of `key.pkcs8.pem` in PEM, and their passphrases.
const PEM: [(&str, &str); 12] = [
    ("pkcs8.aes128.pem", "test"),
    ("pkcs8.aes192.pem", "test"),
    ("pkcs8.aes256.pem", "test"),
    ("pkcs8.des3.pem", "test"),
    ("pkcs8.scrypt.pem", "test"),
    ("pkcs8.pkcs12-3des.pem", "test"),
    ("pkcs8.non-ascii.pem", "blåbær 🫐"),
    ("pkcs1.aes128.pem", "test"),
    ("pkcs1.aes192.pem", "test"),
    ("pkcs1.aes256.pem", "test"),
    ("pkcs1.des3.pem", "test"),
    ("pkcs1.non-ascii.pem", "blåbær 🫐"),
];

#[track_caller]
fn contains_the_key(opened: &Opened) {
    let key = SigningKey::parse(opened.key.as_bytes(), None, None).unwrap();
    assert_eq!(key.thumbprint(), data_text("key.thumbprint.txt").trim());
}

#[test]
fn pkcs12_of_every_program_contains_the_key_and_its_certificates() {
    let certificates = pem::parse_many(file("certificates.pem")).unwrap();
    let certificates: Vec<Vec<u8>> = certificates.into_iter().map(pem::Pem::into_contents).collect();
    for (name, passphrase) in PKCS12 {
        let opened = open(&file(name), passphrase).unwrap_or_else(|error| panic!("{name} {error}"));
        contains_the_key(&opened);
        let mut found = opened.certificates;
        // Programs write the certificates in different orders.
        found.sort_by_key(|certificate| *certificate != certificates[0]);
        assert_eq!(found, certificates, "{name}");
    }
}

#[test]
fn pem_in_every_cipher_contains_the_key() {
    for (name, passphrase) in PEM {
        let opened = open(&file(name), passphrase).unwrap_or_else(|error| panic!("{name} {error}"));
        contains_the_key(&opened);
        assert!(opened.certificates.is_empty(), "{name}");
    }
}

#[test]
fn text_is_recognised_however_it_was_copied() {
    let pem = String::from_utf8(file("pkcs8.aes256.pem")).unwrap();
    let older = String::from_utf8(file("pkcs1.aes256.pem")).unwrap();
    let pkcs12 = file("openssl-3.p12");
    let base64 = STANDARD.encode(&pkcs12);
    let lines: String =
        base64.as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line).into_owned() + "\n").collect();
    let texts = [pem, older, base64, lines, STANDARD_NO_PAD.encode(&pkcs12)];
    for text in texts.iter().map(|text| &text[text.find("-----BEGIN").unwrap_or(0)..]) {
        let indented = text.replace('\n', "\n    ");
        for copy in [
            text.to_owned(),
            format!("\u{feff}{text}"),
            text.replace('\n', "\r\n"),
            text.replace('\n', "\\n"),
            text.replace('\n', "\\r\\n"),
            format!("\n\n{text}\n\n"),
            if text.contains("DEK-Info") { text.to_owned() } else { indented },
        ] {
            contains_the_key(&open(copy.as_bytes(), "test").unwrap_or_else(|error| panic!("{error}: {copy}")));
        }
    }
}

#[test]
fn certificates_beside_an_encrypted_key_are_read() {
    for pem in ["pkcs8.aes256.pem", "pkcs1.aes256.pem"] {
        let both = [file("certificates.pem"), file(pem)].concat();
        contains_the_key(&open(&both, "test").unwrap());
        let certificates = pem::parse_many(file("certificates.pem")).unwrap();
        assert!(keystore::certificates(&both).unwrap().iter().eq(certificates.iter().map(pem::Pem::contents)));
    }
}

#[test]
fn every_other_file_is_left_to_the_reader_of_plain_keys() {
    let mut others: Vec<Vec<u8>> = fs::read_dir(project("tests/data"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file() && !path.to_str().unwrap().contains("encrypted"))
        .map(|path| fs::read(path).unwrap())
        .collect();
    assert!(others.len() > 15);
    let pem = file("pkcs8.aes256.pem");
    others.extend([
        vec![],
        vec![0x30],
        b"MIIAAAIBAz".to_vec(),
        b"ENCRYPTED".to_vec(),
        file("certificates.pem"),
        // The key must be the only one, and complete.
        [&pem[..], &pem].concat(),
        [pem.clone(), data_text("key.pkcs8.pem").into_bytes()].concat(),
        pem[..pem.len() / 2].to_vec(),
        pem.iter().flat_map(|byte| [*byte, 0]).collect(),
        data_text("key.pkcs8.pem").into_bytes(),
        STANDARD.encode(data_text("key.pkcs8.pem")).into_bytes(),
        pem::parse(data_text("key.pkcs8.pem")).unwrap().into_contents(),
        STANDARD.encode(pem::parse(data_text("key.pkcs8.pem")).unwrap().contents()).into_bytes(),
    ]);
    for other in others {
        assert!(Encrypted::recognise(&other).is_none(), "{}", String::from_utf8_lossy(&other));
    }
}

#[test]
fn a_wrong_passphrase_opens_nothing() {
    for (name, right) in PKCS12.into_iter().chain(PEM) {
        let right_with_line_break = format!("{right}\n");
        for wrong in ["wrong", "Test", "", &right_with_line_break].into_iter().filter(|wrong| *wrong != right) {
            assert_eq!(open(&file(name), wrong).unwrap_err(), EncryptedError::WrongPassphrase, "{name} {wrong:?}");
        }
    }
}

#[test]
fn the_same_key_twice_is_a_single_key() {
    contains_the_key(&open(&file("same-key-twice.p12"), "test12").unwrap());
}

#[test]
fn debug_output_shows_no_part_of_a_key() {
    let pem = file("pkcs8.aes256.pem");
    let encrypted = Encrypted::recognise(&pem).unwrap();
    let opened = encrypted.open(&"test".into()).unwrap();
    let shown = format!("{encrypted:?} {opened:?}");
    assert_eq!(shown, "Encrypted { form: \"encrypted PEM\", .. } Opened { certificates: 0, .. }");
}

/// An element of DER.
fn der(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len().to_be_bytes();
    let length = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    match content.len() {
        short @ 0..0x80 => [&[tag, short as u8], &content[..]].concat(),
        _ => [&[tag, 0x80 | length.len() as u8], length, &content[..]].concat(),
    }
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    der(0x30, parts)
}

fn octets(content: &[u8]) -> Vec<u8> {
    der(4, &[content.to_vec()])
}

fn explicit(content: Vec<u8>) -> Vec<u8> {
    der(0xa0, &[content])
}

fn oid(text: &str) -> Vec<u8> {
    der(6, &[ObjectIdentifier::new_unwrap(text).as_bytes().to_vec()])
}

/// An unsigned number with leading zeros removed, as DER demands.
fn number(value: u64) -> Vec<u8> {
    let bytes = [&[0][..], &value.to_be_bytes()].concat();
    let first = (0..8).find(|at| bytes[*at] != 0 || bytes[at + 1] >= 0x80).unwrap_or(8);
    der(2, &[bytes[first..].to_vec()])
}

fn pbkdf2(hmac: &str, iterations: u64) -> Vec<u8> {
    let parameters = [octets(b"saltsalt"), number(iterations), sequence(&[oid(hmac), der(5, &[])])];
    sequence(&[oid("1.2.840.113549.1.5.12"), sequence(&parameters)])
}

fn scrypt(cost: u64, block_size: u64, parallelization: u64) -> Vec<u8> {
    let parameters = [octets(b"saltsalt"), number(cost), number(block_size), number(parallelization)];
    sequence(&[oid("1.3.6.1.4.1.11591.4.11"), sequence(&parameters)])
}

fn pbes2(derivation: Vec<u8>) -> Vec<u8> {
    let aes = sequence(&[oid("2.16.840.1.101.3.4.1.42"), octets(&[7; 16])]);
    sequence(&[oid("1.2.840.113549.1.5.13"), sequence(&[derivation, aes])])
}

/// RC2 and 3DES of PKCS#12.
fn pkcs12_pbe(last: u8, iterations: u64) -> Vec<u8> {
    let parameters = sequence(&[octets(b"saltsalt"), number(iterations)]);
    sequence(&[oid(&format!("1.2.840.113549.1.12.1.{last}")), parameters])
}

/// A PEM with these parameters, whose content is not a key.
fn encrypted_pem(algorithm: Vec<u8>) -> Vec<u8> {
    let key = sequence(&[algorithm, octets(&[7; 64])]);
    pem::encode(&pem::Pem::new("ENCRYPTED PRIVATE KEY", key)).into_bytes()
}

fn data_info(content: &[u8]) -> Vec<u8> {
    sequence(&[oid("1.2.840.113549.1.7.1"), explicit(octets(content))])
}

fn pkcs12(safes: &[Vec<u8>], mac: &[Vec<u8>]) -> Vec<u8> {
    sequence(&[&[number(3), data_info(&sequence(safes))], mac].concat())
}

fn mac(iterations: u64) -> Vec<u8> {
    let digest = sequence(&[sequence(&[oid("1.3.14.3.2.26"), der(5, &[])]), octets(&[7; 20])]);
    sequence(&[digest, octets(&[7; 100]), number(iterations)])
}

/// A bag of PKCS#12. The number is the end of its object identifier.
fn bag(last: u8, content: Vec<u8>) -> Vec<u8> {
    sequence(&[oid(&format!("1.2.840.113549.1.12.10.1.{last}")), explicit(content)])
}

fn encrypted_bag(algorithm: Vec<u8>) -> Vec<u8> {
    pkcs12(&[data_info(&sequence(&[bag(2, sequence(&[algorithm, octets(&[7; 64])]))]))], &[])
}

const HMAC_SHA1: &str = "1.2.840.113549.2.7";
const HMAC_SHA512: &str = "1.2.840.113549.2.11";
const BILLION: u64 = 1_000_000_000;

#[test]
fn a_derivation_that_takes_too_long_is_refused_before_it_begins() {
    let start = Instant::now();
    for slow in [
        pkcs12(&[], &[mac(BILLION)]),
        pkcs12(&[], &[mac(6_000_001)]),
        encrypted_bag(pkcs12_pbe(3, BILLION)),
        encrypted_bag(pkcs12_pbe(6, u64::from(u32::MAX))),
        encrypted_bag(pbes2(pbkdf2(HMAC_SHA1, BILLION))),
        encrypted_pem(pkcs12_pbe(3, BILLION)),
        encrypted_pem(pbes2(pbkdf2(HMAC_SHA512, BILLION))),
        encrypted_pem(pbes2(pbkdf2(HMAC_SHA512, 1_000_001))),
        encrypted_pem(pbes2(scrypt(1 << 40, 8, 1))),
        encrypted_pem(pbes2(scrypt(u64::MAX, 65_535, 65_535))),
        encrypted_pem(pbes2(scrypt(1 << 18, 8, 1))),
        encrypted_pem(pbes2(scrypt(2, 65_535, 65_535))),
        encrypted_pem(pbes2(scrypt(1, 65_535, 2))),
    ] {
        assert_eq!(open(&slow, "test").unwrap_err(), EncryptedError::TooSlow);
    }
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

#[test]
fn the_derivations_of_a_file_are_counted_together() {
    // The empty passphrase has two forms, and each needs half of the limit: two hashes for the key, and one for the IV.
    let open = |iterations| open(&encrypted_bag(pkcs12_pbe(3, iterations)), "").unwrap_err();
    assert_eq!(open(1_000_000), EncryptedError::WrongPassphrase);
    assert_eq!(open(1_000_001), EncryptedError::TooSlow);
}

#[test]
fn a_derivation_of_the_largest_supported_cost_is_tried() {
    for large in [pbkdf2(HMAC_SHA512, 1_000_000), scrypt(1 << 16, 8, 1)] {
        assert_eq!(open(&encrypted_pem(pbes2(large)), "test").unwrap_err(), EncryptedError::WrongPassphrase);
    }
}

#[test]
fn invalid_parameters_are_reported_as_damage() {
    let short_iv = sequence(&[oid("1.2.840.113549.3.7"), octets(&[7; 3])]);
    let with_short_iv = sequence(&[oid("1.2.840.113549.1.5.13"), sequence(&[pbkdf2(HMAC_SHA1, 1), short_iv])]);
    for damaged in [
        encrypted_pem(pbes2(scrypt(0, 8, 1))),
        encrypted_pem(pbes2(scrypt(3, 8, 1))),
        encrypted_pem(pbes2(scrypt(2, 0, 1))),
        encrypted_pem(pbes2(pbkdf2(HMAC_SHA1, 0))),
        encrypted_pem(with_short_iv),
        encrypted_pem(sequence(&[oid("1.2.840.113549.1.5.13")])),
        b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n".to_vec(),
        b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n\
          -----END RSA PRIVATE KEY-----\n"
            .to_vec(),
    ] {
        assert_eq!(open(&damaged, "test").unwrap_err(), EncryptedError::Damaged);
    }
}

#[test]
fn deep_nesting_and_huge_lengths_are_damage() {
    let deep = [&[0x30, 0x80, 2, 1, 3][..], &[0x30, 0x80].repeat(120_000)].concat();
    let strings = [&[0x30, 0x80, 2, 1, 3][..], &[0x24, 0x80].repeat(120_000)].concat();
    let mut bags = sequence(&[]);
    for _ in 0..200 {
        bags = sequence(&[bag(6, bags)]);
    }
    for damaged in [
        deep,
        strings,
        pkcs12(&[data_info(&bags)], &[]),
        vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 2, 1, 3, 0x30],
        vec![0x30, 0x80, 2, 1, 3, 0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        vec![0x30, 0x80, 2, 1, 3, 0x30, 0xff],
        STANDARD.encode([0x30, 0x82, 1, 1, 2, 1, 3, 0x30, 0x82]).into_bytes(),
    ] {
        assert_eq!(open(&damaged, "test").unwrap_err(), EncryptedError::Damaged);
    }
}

#[test]
fn ten_thousand_bags_are_read_in_linear_time() {
    let start = Instant::now();
    let certificate = sequence(&[oid("1.2.840.113549.1.9.22.1"), explicit(octets(b"0"))]);
    let keys = (0..10_000_u64).map(|nth| bag(1, sequence(&[number(nth)])));
    let many = |bags: Vec<Vec<u8>>| open(&pkcs12(&[data_info(&sequence(&bags))], &[]), "test").unwrap_err();
    assert_eq!(many(vec![bag(3, certificate); 10_000]), EncryptedError::NoKey);
    assert_eq!(many(keys.collect()), EncryptedError::SeveralKeys(10_000));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[test]
fn a_file_that_is_cut_off_is_never_opened() {
    for name in ["openssl-3.p12", "ber.p12"] {
        let file = file(name);
        for end in 0..file.len() {
            let opened = Encrypted::recognise(&file[..end]).map(|cut| cut.open(&"test".into()).unwrap_err());
            assert!(opened.is_none_or(|error| error == EncryptedError::Damaged), "{name} {end}");
        }
    }
    for name in ["pkcs8.aes256.pem", "pkcs1.aes256.pem"] {
        let file = file(name);
        for end in 0..file.len() - 2 {
            assert!(Encrypted::recognise(&file[..end]).is_none(), "{name} {end}");
        }
    }
}

#[test]
fn a_changed_bit_never_changes_the_key() {
    for name in ["openssl-3.p12", "ber.p12", "no-mac.p12", "pkcs8.aes256.pem", "pkcs1.aes256.pem"] {
        let file = file(name);
        for at in (0..file.len()).step_by(5) {
            let mut changed = file.clone();
            changed[at] ^= 1 << (at % 8);
            let opened = Encrypted::recognise(&changed).map(|changed| changed.open(&"test".into()));
            // Attributes and headers have no meaning, and without a code, a part of the key may be garbage.
            if let Some(Ok(opened)) = opened
                && let Ok(key) = SigningKey::parse(opened.key.as_bytes(), None, None)
            {
                assert_eq!(key.thumbprint(), data_text("key.thumbprint.txt").trim(), "{name} {at}");
            }
        }
    }
}

/// A command that needs the key, with a configuration that is otherwise valid.
#[track_caller]
fn refused(key: &[u8], passphrase: &str, error: &str, hint: &str) {
    let start = Instant::now();
    let run = program("token --env test --client-id c --scope s --org 210493352 --kid k --key my.key")
        .file("my.key", key)
        .var("SYSTEMUSER_KEY_PASSPHRASE", passphrase)
        .run();
    let hint = if hint.is_empty() { String::new() } else { format!("hint: {hint}\n") };
    run.fails(3, &format!("error: the key file `my.key` {error}\n{hint}"));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[test]
fn an_encrypted_key_signs() {
    for (name, passphrase) in [("keytool.p12", "test12"), ("pkcs1.aes128.pem", "test")] {
        let run = program("token --env test --client-id c --scope s --org 210493352 --kid k --key my.key")
            .file("my.key", file(name))
            .file("config/test.toml", format!("environment = \"test\"\n[endpoints]\nissuer = \"{}\"\n", nobody()))
            .var("SYSTEMUSER_KEY_PASSPHRASE", passphrase)
            .run();
        // The command reaches the network, where no server runs.
        assert_eq!(run.code, 6, "{name}: {}", run.err);
    }
}

/// The command that the hints about PKCS#12 show.
const FROM_PKCS12: &str = "convert it with `(umask 077; set -C; key=$(openssl pkcs12 -in my.key -nodes -legacy || \
                           openssl \
                           pkcs12 -in my.key -nodes) && printf '%s\\n' \"$key\" > my.new.pem)`";
/// The command that the hints about PEM show.
const REENCRYPTED: &str = "convert it with `openssl pkcs8 -topk8 -in my.key -out my.new.pem -provider default \
                           -provider \
                           legacy || openssl pkcs8 -topk8 -in my.key -out my.new.pem`";
const TOO_SLOW: &str = "takes too long to decrypt: its key derivation has too many iterations";

#[test]
fn a_file_with_no_single_key_is_refused() {
    refused(
        &file("two-keys.p12"),
        "test12",
        "contains 2 private keys, but a single key is required",
        "export the key of this client to a file of its own",
    );
    refused(
        &file("no-key.p12"),
        "test",
        "contains no private key",
        "export the certificate again, together with its private key",
    );
}

#[test]
fn a_damaged_file_is_refused() {
    let whole = file("openssl-3.p12");
    let damaged = "is part of the key missing? copy the whole file";
    refused(&whole[..whole.len() / 2], "test", "is cut off or damaged", damaged);
    let mut wrong_mac = whole;
    *wrong_mac.last_mut().unwrap() ^= 1;
    let end = wrong_mac.len() - 20;
    wrong_mac[end] ^= 1;
    let wrong = "cannot be decrypted: the passphrase is wrong, or the key is damaged";
    refused(
        &wrong_mac,
        "test",
        wrong,
        "the passphrase comes from SYSTEMUSER_KEY_PASSPHRASE: does it belong to another key?",
    );
}

#[test]
fn an_algorithm_that_is_not_read_is_named_with_the_command_that_converts_the_file() {
    let unsupported = |name: &str| format!("uses {name}, which is not supported");
    refused(&file("rc4.p12"), "test", &unsupported("PBE-SHA1-RC4-128"), FROM_PKCS12);
    refused(&file("pkcs8.md5-des.pem"), "test", &unsupported("PBE-MD5-DES"), REENCRYPTED);
    refused(&file("pkcs1.des.pem"), "test", &unsupported("DES-CBC"), REENCRYPTED);
    let other = encrypted_pem(pbes2(pbkdf2("1.2.840.113549.2.13", 1)));
    refused(&other, "test", &unsupported("the algorithm 1.2.840.113549.2.13"), REENCRYPTED);
    let enveloped = sequence(&[oid("1.2.840.113549.1.7.3"), explicit(octets(&[7; 100]))]);
    refused(&pkcs12(&[enveloped], &[]), "test", &unsupported("a public key"), FROM_PKCS12);
    // A long name may be a part of the key.
    let name = "A".repeat(40);
    let pem = String::from_utf8(file("pkcs1.des.pem")).unwrap().replace("DES-CBC", &name);
    refused(pem.as_bytes(), "test", &unsupported("an unknown cipher"), REENCRYPTED);
}

#[test]
fn a_key_with_a_passphrase_of_its_own_is_refused() {
    let error = "has different passphrases for the file and its private key, which is not supported";
    refused(&file("other-passphrase.p12"), "test", error, "export the key again, with the same passphrase for both");
}

#[test]
fn a_billion_iterations_end_quickly() {
    refused(&pkcs12(&[], &[mac(BILLION)]), "test", TOO_SLOW, FROM_PKCS12);
    refused(&encrypted_bag(pkcs12_pbe(3, BILLION)), "test", TOO_SLOW, FROM_PKCS12);
    refused(&encrypted_pem(pbes2(pbkdf2(HMAC_SHA1, BILLION))), "test", TOO_SLOW, REENCRYPTED);
    refused(&encrypted_pem(pbes2(scrypt(1 << 30, 8, 1))), "test", TOO_SLOW, REENCRYPTED);
}

#[test]
fn a_file_of_100_mib_ends_quickly() {
    let run = program("token --env test --client-id c --scope s --org 210493352 --kid k --key my.key")
        .file("my.key", file("openssl-3.p12"))
        .var("SYSTEMUSER_KEY_PASSPHRASE", "test");
    fs::OpenOptions::new().write(true).open(run.path("my.key")).unwrap().set_len(100 << 20).unwrap();
    let start = Instant::now();
    run.run().fails(3, "error: the key file `my.key` is not a private key in a supported format\n");
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[test]
fn an_encrypted_key_of_another_type_is_named() {
    let hint = "create a suitable key with `systemuser-demo key new my.new.pem`, and register its public key, or order a business certificate with an RSA key";
    let error = "contains a key of type EC, but a plain RSA key is required";
    refused(&file("ec.aes128.pem"), "test", error, hint);
}

#[cfg(unix)]
#[test]
#[ignore = "needs openssl 3; .ci/run has it"]
fn the_commands_in_the_hints_convert_the_key_and_overwrite_nothing() {
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let shell = |script: &str, passphrase: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", script]).current_dir(folder.path()).env("PASSPHRASE", passphrase).output().unwrap()
    };
    for name in ["rc4.p12", "pkcs8.md5-des.pem", "pkcs1.des.pem"] {
        fs::write(path(name), file(name)).unwrap();
    }
    let export = "openssl pkcs12 -export -in rc4.pem -out slow.p12 -iter 3000001 -nomaciter -passout env:PASSPHRASE";
    let legacy = "openssl pkcs12 -legacy -in rc4.p12 -nodes -passin env:PASSPHRASE -out rc4.pem";
    assert!(shell(&format!("{legacy} && {export}"), "test").status.success());
    // OpenSSL asks for the passphrases on the terminal. OpenSSL 1.1 refuses `-legacy` and `-provider`, and reads both
    // kinds of files.
    let new_passphrase = "case $1 in pkcs8) set -- \"$@\" -passout env:PASSPHRASE; esac; ";
    let openssl_3 = format!("openssl() {{ {new_passphrase} command openssl \"$@\" -passin env:PASSPHRASE; }}; ");
    let openssl_1 = format!(
        "openssl() {{ case \"$*\" in *-legacy*|*-provider*) return 1; esac; {new_passphrase} case $1 in \
         pkcs12) set -- \"$@\" -legacy;; *) set -- \"$@\" -provider legacy -provider default; esac; \
         command openssl \"$@\" -passin env:PASSPHRASE; }}; "
    );
    for name in ["rc4.p12", "slow.p12", "pkcs8.md5-des.pem", "pkcs1.des.pem"] {
        let key = fs::read(path(name)).unwrap();
        let run = |program: crate::program::Program| program.var("SYSTEMUSER_KEY_PASSPHRASE", "test").run().err;
        let err = run(program("key public --env test --key").arg(name).file(name, &key));
        let command = err.split('`').find(|part| part.contains("openssl")).unwrap_or_else(|| panic!("{err}"));
        let new = path(name).with_extension("new.pem");
        for version in [&openssl_3, &openssl_1] {
            let refused = shell(&format!("{version}{command}"), "wrong");
            assert!(!refused.status.success(), "{name}: {refused:?}");
            assert!(fs::read(&new).unwrap_or_default().is_empty());
            let converted = shell(&format!("{version}{command}"), "test");
            assert!(converted.status.success(), "{name}: {}", String::from_utf8_lossy(&converted.stderr));
            assert_eq!(fs::metadata(&new).unwrap().permissions().mode() & 0o777, 0o600);
            let text = fs::read(&new).unwrap();
            match Encrypted::recognise(&text) {
                Some(encrypted) => contains_the_key(&encrypted.open(&"test".into()).unwrap()),
                None => {
                    let key = SigningKey::parse(&text, None, None).unwrap();
                    assert_eq!(key.thumbprint(), data_text("key.thumbprint.txt").trim());
                    assert_eq!(String::from_utf8_lossy(&text).matches("BEGIN CERTIFICATE").count(), 2);
                    // A second run overwrites nothing.
                    assert!(!shell(&format!("{version}{command}"), "test").status.success());
                }
            }
            fs::remove_file(&new).unwrap();
        }
        // The same key in a variable.
        let inline = String::from_utf8(key).unwrap_or_else(|bytes| STANDARD.encode(bytes.as_bytes()));
        let err = run(program("key public --env test").var("SYSTEMUSER_KEY", &inline));
        let commands: Vec<&str> =
            err.split('`').filter(|part| part.contains("openssl") || part.contains("printf")).collect();
        assert_eq!(commands.len(), 2, "{err}");
        let script = format!("SYSTEMUSER_KEY='{inline}'; {openssl_3}{}", commands.join(" && "));
        let converted = shell(&script, "test");
        assert!(converted.status.success(), "{name}: {err}{}", String::from_utf8_lossy(&converted.stderr));
        for made in ["FILE", "FILE.new.pem"] {
            assert_eq!(fs::metadata(path(made)).unwrap().permissions().mode() & 0o777, 0o600);
            fs::remove_file(path(made)).unwrap();
        }
    }
}
