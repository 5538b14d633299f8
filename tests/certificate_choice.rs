//! Which certificate or key id does a grant contain?

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{Datelike, Days, Utc};
use rcgen::{CertificateParams, DnType, IsCa, KeyUsagePurpose, date_time_ymd};
use serde_json::Value;

use crate::certificates::{Authority, ORGANIZATION_IDENTIFIER, business, key, params};
use crate::program::{Program, Run, data_text, program, project, project_text};
use crate::server::nobody;

const KEY: &str = "tests/data/key.pkcs8.pem";
const PASSPHRASE: &str = "SYSTEMUSER_KEY_PASSPHRASE";

/// The certificates beside the key, which are for Testvirksomhet.
const BESIDE: &str = "tests/data/encrypted/certificates.pem";

/// The certificates in the certificate file, which are for SmartCloud AS.
fn certificate_file() -> String {
    ["certificate.seid2.pem", "authority.issuing.pem"].map(data_text).concat()
}

fn pem(der: &[u8]) -> String {
    pem::encode(&pem::Pem::new("CERTIFICATE", der))
}

/// The sources of a value, in the order of their precedence.
#[derive(Clone, Copy, Debug, PartialEq)]
enum From {
    Nothing,
    File,
    Variable,
    Option,
}

const SOURCES: [From; 4] = [From::Nothing, From::File, From::Variable, From::Option];

/// A test configuration with more lines under `[key]`. The lines of other tables can follow them.
fn configuration(lines: &str) -> String {
    format!("environment = \"test\"\nclient_id = \"abc\"\nscope = \"a:b\"\norg = \"210493352\"\n[key]\n{lines}")
}

/// Prints a grant whose key, certificate and key id come from these sources.
fn decoded(key: (&str, &[u8], From), certificate: From, kid: From) -> Run {
    let (name, content, source) = key;
    let mut program = program("grant --decode --env test").file(name, content).file("c.pem", certificate_file());
    let mut lines = String::new();
    let values = [
        (source, "path", "SYSTEMUSER_KEY_FILE", "--key", name),
        (certificate, "certificate", "SYSTEMUSER_CERTIFICATE_FILE", "--certificate", "c.pem"),
        (kid, "kid", "SYSTEMUSER_KID", "--kid", "mine"),
    ];
    for (source, setting, variable, option, value) in values {
        match source {
            From::Nothing => {}
            From::File if setting == "kid" => lines += &format!("kid = \"{value}\"\n"),
            From::File => lines += &format!("{setting} = \"../{value}\"\n"),
            From::Variable => program = program.var(variable, value),
            From::Option => program = program.arg(option).arg(value),
        }
    }
    program.file("config/test.toml", configuration(&lines)).var(PASSPHRASE, "test").run()
}

/// The certificates and the key id in the header of a grant, and the messages.
type Content = (Option<Vec<Vec<u8>>>, Option<String>, String);

#[track_caller]
fn content(run: &Run) -> Content {
    assert_eq!(run.code, 0, "{}", run.err);
    let answer: Value = serde_json::from_str(&run.out).unwrap();
    let header = &answer["header"];
    let der = |text: &Value| STANDARD.decode(text.as_str().unwrap()).unwrap();
    let certificates = header["x5c"].as_array().map(|chain| chain.iter().map(der).collect());
    (certificates, header["kid"].as_str().map(str::to_owned), run.err.clone())
}

/// Certificates in PEM, in DER.
fn chain(pem: &str) -> Vec<Vec<u8>> {
    pem::parse_many(pem).unwrap().into_iter().map(pem::Pem::into_contents).collect()
}

/// The content of a grant for each source of the certificate, from nothing to an option, and in each word for each source
/// of the key id. The letters are:
/// - T: the key's thumbprint, with a note
/// - K: the configured key id
/// - P: the configured key id, with a note about the certificate in the PKCS#12 file
/// - O: the configured key id, with a note about the certificate file
/// - C: the certificate file
/// - W: the certificate file, with a warning about the key id
/// - B: the certificates beside the key
/// - N: the certificates beside the key, with a note
type Table = [&'static str; 4];

const NO_CERTIFICATE_BESIDE: Table = ["TKKK", "CWOO", "CCWO", "CCCW"];
/// By the source of the key: the configuration file, a variable, and an option.
const PEM_BESIDE: [Table; 3] =
    [["NKKK", "CWOO", "CCWO", "CCCW"], ["NNKK", "NNKK", "CCWO", "CCCW"], ["NNKK", "NNKK", "NNKK", "CCCW"]];
const PKCS12: [Table; 3] =
    [["BPPP", "CWOO", "CCWO", "CCCW"], ["BBPP", "BBPP", "CCWO", "CCCW"], ["BBPP", "BBPP", "BBPP", "CCCW"]];

#[test]
fn the_sources_of_key_certificate_and_key_id_decide_between_certificate_and_key_id() {
    let beside = project_text(BESIDE);
    let bytes = |name: &str| std::fs::read(project("tests/data/encrypted").join(name)).unwrap();
    let forms: [(&str, Vec<u8>, [Table; 3]); 4] = [
        ("k.pem", data_text("key.pkcs8.pem").into(), [NO_CERTIFICATE_BESIDE; 3]),
        ("k.pem", (data_text("key.pkcs8.pem") + &beside).into(), PEM_BESIDE),
        ("k.pem", [beside.clone().into_bytes(), bytes("pkcs8.aes256.pem")].concat(), PEM_BESIDE),
        ("k.p12", bytes("openssl-3.p12"), PKCS12),
    ];
    let mut differences = Vec::new();
    for (nth, (name, file, tables)) in forms.iter().enumerate() {
        for (key, table) in SOURCES[1..].iter().zip(tables) {
            for (certificate, row) in SOURCES.into_iter().zip(table) {
                for (kid, cell) in SOURCES.into_iter().zip(row.chars()) {
                    let run = decoded((name, file, *key), certificate, kid);
                    let found = content(&run);
                    if found != expected(cell, name, kid) {
                        let has_certificate = found.0.is_some();
                        differences.push(format!(
                            "form {nth}, key {key:?}, certificate {certificate:?}, key id {kid:?}: {cell} is expected; \
                             certificate: {has_certificate}; {}",
                            run.err
                        ));
                    }
                }
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// The content of a grant for a letter of a table.
fn expected(cell: char, name: &str, kid: From) -> Content {
    let source = match kid {
        From::Option => "--kid",
        From::Variable => "SYSTEMUSER_KID",
        From::Nothing | From::File => "config/test.toml",
    };
    let message = match cell {
        'T' => {
            "note: no key id is configured, so the key's thumbprint is sent; if you registered the key as PEM, set --kid \
             to the key id that the self-service portal generated\n"
                .to_owned()
        }
        'P' => {
            format!("note: the certificate in the key file `{name}` is not sent, because a key id is set ({source})\n")
        }
        'O' => format!("note: the certificate in `c.pem` is not sent, because a key id is set ({source})\n"),
        'W' => format!(
            "warning: the key id `mine` ({source}) is not sent, because grants contain a certificate instead\n"
        ),
        'N' => format!(
            "note: grants contain the certificate in the key file `{name}` instead of a key id; if the key itself is \
             registered, set --kid\n"
        ),
        _ => String::new(),
    };
    let (certificates, kid) = match cell {
        'T' => (None, Some(data_text("key.thumbprint.txt").trim().to_owned())),
        'K' | 'P' | 'O' => (None, Some("mine".to_owned())),
        'C' | 'W' => (Some(chain(&certificate_file())), None),
        _ => (Some(chain(&project_text(BESIDE))), None),
    };
    (certificates, kid, message)
}

#[test]
fn a_key_in_a_variable_can_have_its_certificates_beside_it() {
    let program = || {
        program("grant --decode --env test").var("SYSTEMUSER_KEY", data_text("key.pkcs8.pem") + &project_text(BESIDE))
    };
    let run = program().file("config/test.toml", configuration("kid = \"mine\"\n")).run();
    let (certificates, kid, err) = content(&run);
    assert_eq!((certificates, kid), (Some(chain(&project_text(BESIDE))), None));
    assert!(err.starts_with("note: grants contain the certificate in "), "{err}");
    let run = program().file("config/test.toml", configuration("")).var("SYSTEMUSER_KID", "mine").run();
    assert_eq!(content(&run), (None, Some("mine".to_owned()), String::new()));
}

#[test]
fn a_certificate_beside_the_key_is_completed_by_a_certificate_file_that_contains_only_issuers() {
    let [leaf, issuer] = ["certificate.seid2.pem", "authority.issuing.pem"].map(data_text);
    let lines = "path = \"../k.pem\"\ncertificate = \"../c.pem\"\n";
    let program = configured(lines).file("k.pem", data_text("key.pkcs8.pem") + &leaf).file("c.pem", issuer);
    let run = program.args("grant --decode --env test").run();
    assert_eq!(content(&run), (Some(chain(&certificate_file())), None, String::new()));
}

#[test]
fn a_key_that_replaces_the_configured_key_also_replaces_its_certificate_if_it_has_its_own() {
    let lines = "path = \"../mp-key.pem\"\ncertificate = \"../c.pem\"\nkid = \"mine\"\n";
    let replaced = |name: &str, content: &[u8]| {
        let program = program("grant --decode --env test --key").arg(name).file(name, content);
        let program = program.file("config/test.toml", configuration(lines)).file("c.pem", certificate_file());
        program.file("mp-key.pem", data_text("key.pkcs8.pem")).var(PASSPHRASE, "test").run()
    };
    let p12 = std::fs::read(project("tests/data/encrypted/openssl-3.p12")).unwrap();
    assert_eq!(content(&replaced("k.p12", &p12)), (Some(chain(&project_text(BESIDE))), None, String::new()));
    // A key of another organisation, with a certificate that the configured certificate does not match.
    let root = Authority::root("Test Root");
    let leaf = root.issue(&key("mp-key.pem.example"), &business("310904473"));
    let own = pem(&leaf) + &pem(&root.der);
    let run = replaced("k.pem", (project_text("mp-key.pem.example") + &own).as_bytes());
    let (certificates, kid, _) = content(&run);
    assert_eq!((certificates, kid), (Some(chain(&own)), None));
    // A key without certificates has the configured certificate, or an error if that belongs to another key.
    let run = replaced("k.pem", data_text("key.pkcs8.pem").as_bytes());
    let (certificates, kid, _) = content(&run);
    assert_eq!((certificates, kid), (Some(chain(&certificate_file())), None));
    let run = replaced("k.pem", project_text("mp-key.pem.example").as_bytes());
    assert_eq!((run.code, run.out.as_str()), (3, ""));
    assert!(
        run.err.starts_with("error: the certificate file `c.pem` contains no certificate for this private key, "),
        "{}",
        run.err
    );
}

/// A command that signs with this certificate of the tests' key, for a vendor that is not SmartCloud AS.
fn vendor_signs(command: &str, certificates: &str) -> Program {
    let lines = "path = \"../k.pem\"\ncertificate = \"../c.pem\"\n[vendor]\norg = \"310904473\"\n";
    let program = program(command).args("--env test").file("config/test.toml", configuration(lines));
    program.file("k.pem", data_text("key.pkcs8.pem")).file("c.pem", certificates).var("HTTPS_PROXY", nobody())
}

#[test]
fn a_certificate_of_another_organisation_than_the_vendor_is_refused() {
    let sentence = "the certificate file `c.pem` contains a certificate of 991825827, but the vendor is 310904473 \
                    (config/test.toml)\n";
    let hint = "hint: Maskinporten would refuse the grant with MP-122, unless the client belongs to 991825827: set the \
                vendor's certificate, or correct `org` under [vendor]\n";
    for command in ["token", "grant", "grant --curl", "call systemuserinfo", "system list"] {
        vendor_signs(command, &certificate_file()).run().fails(3, &format!("error: {sentence}{hint}"));
    }
    let run = vendor_signs("doctor --offline", &certificate_file()).run();
    assert_eq!(run.code, 3, "{}", run.out);
    let key = format!("✗ key            {sentence}    {hint}");
    assert!(run.out.contains(&key), "{}", run.out);
}

#[test]
fn a_foreign_identifier_is_not_compared_with_the_vendor() {
    let root = Authority::root("Test Root");
    let identifiers = [(DnType::from_oid(ORGANIZATION_IDENTIFIER), "VATSE-556677889901")];
    let leaf = root.issue(&key(KEY), &params(&identifiers));
    let run = vendor_signs("grant", &(pem(&leaf) + &pem(&root.der))).run();
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let run = vendor_signs("doctor --offline", &(pem(&leaf) + &pem(&root.der))).run();
    assert_eq!(run.code, 0, "{}", run.out);
    assert!(run.out.contains("VATSE-556677889901"), "{}", run.out);
}

#[test]
fn an_issuers_certificate_that_expires_soon_gives_a_warning() {
    let today = Utc::now().date_naive();
    let root = Authority::root("Test Root");
    let issuing = root.authority("Test Issuing");
    let leaf = issuing.issue(&key(KEY), &business("310904473"));
    for (days, when) in [(0, Some("today")), (30, Some("in 30 d")), (31, None)] {
        let day = today + Days::new(days);
        let [month, of_month] = [day.month(), day.day()].map(|number| u8::try_from(number).unwrap());
        let mut renewed: CertificateParams = params(&[(DnType::CommonName, "Test Issuing")]);
        renewed.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        renewed.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        // The last second of the day.
        renewed.not_after =
            date_time_ymd(day.year(), month, of_month) + std::time::Duration::from_secs(24 * 60 * 60 - 1);
        let issuer = root.issue(issuing.issuer.key(), &renewed);
        let run = vendor_signs("grant", &[&leaf, &issuer, &root.der].map(|der| pem(der)).concat()).run();
        let warning = when.map(|when| {
            format!(
                "warning: an issuer's certificate expires on {day}, {when}: CN=Test Issuing, C=NO; replace it with the \
                 issuer's new certificate\n"
            )
        });
        assert_eq!((run.code, run.err), (0, warning.unwrap_or_default()), "{days}");
    }
}

// `explain`

/// The lines about the certificate for MP-122. `None` if no certificate is shown.
#[track_caller]
fn explained(program: Program) -> Option<String> {
    let run = program.args("explain MP-122 --env test").run();
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
    run.out.split_once("\nthe configured certificate\n").map(|(_, lines)| lines.to_owned())
}

fn configured(lines: &str) -> Program {
    program("").file("config/test.toml", configuration(lines)).file("k.pem", data_text("key.pkcs8.pem"))
}

/// The lines about SmartCloud AS.
const SMARTCLOUD: &str = "  \
certificate   CN=SmartCloud AS, organizationIdentifier=NTRNO-991825827, O=SmartCloud AS, C=NO
  issued by     CN=Example Issuing CA, O=Example CA, C=NO
  organisation  991825827
  valid         from 2020-01-01 to 2099-12-31
";

#[test]
fn explain_shows_the_certificate_of_the_key_among_several() {
    let root = Authority::root("Test Root");
    let stranger = root.issue(&key("mp-key.pem.example"), &business("310904473"));
    let bundle = pem(&stranger) + &data_text("authority.root.pem") + &certificate_file();
    let lines = "path = \"../k.pem\"\ncertificate = \"../c.pem\"\n";
    assert_eq!(explained(configured(lines).file("c.pem", &bundle)).as_deref(), Some(SMARTCLOUD));
    let beside = configured("path = \"../k.pem\"\n").file("k.pem", bundle + &data_text("key.pkcs8.pem"));
    assert_eq!(explained(beside).as_deref(), Some(SMARTCLOUD));
}

#[test]
fn explain_shows_an_expired_certificate() {
    let root = Authority::root("Test Root");
    let mut expired = business("310904473");
    expired.not_after = date_time_ymd(2025, 1, 1);
    let leaf = root.issue(&key(KEY), &expired);
    let lines = "path = \"../k.pem\"\ncertificate = \"../c.pem\"\n";
    let program = configured(lines).file("c.pem", pem(&root.der) + &pem(&leaf));
    let shown = explained(program).unwrap();
    assert!(shown.ends_with("  valid         from 2020-01-01 to 2025-01-01\n"), "{shown}");
}

#[test]
fn explain_shows_the_expired_certificate_of_the_key_among_several() {
    let root = Authority::root("Test Root");
    let stranger = root.issue(&key("mp-key.pem.example"), &business("991825827"));
    let mut expired = business("310904473");
    expired.not_after = date_time_ymd(2025, 1, 1);
    let leaf = root.issue(&key(KEY), &expired);
    let bundle = pem(&stranger) + &pem(&leaf) + &pem(&root.der);
    let shown = explained(configured("path = \"../k.pem\"\ncertificate = \"../c.pem\"\n").file("c.pem", bundle));
    let shown = shown.unwrap();
    assert!(shown.ends_with("  valid         from 2020-01-01 to 2025-01-01\n"), "{shown}");
}

#[test]
fn explain_shows_no_certificate_if_a_key_id_has_precedence() {
    let lines = "path = \"../k.pem\"\ncertificate = \"../c.pem\"\n";
    let program = configured(lines).file("c.pem", certificate_file()).var("SYSTEMUSER_KID", "mine");
    assert_eq!(explained(program), None);
    let beside = data_text("key.pkcs8.pem") + &project_text(BESIDE);
    assert_eq!(explained(configured("path = \"../k.pem\"\nkid = \"mine\"\n").file("k.pem", beside)), None);
}

#[test]
fn explain_shows_no_certificate_of_an_encrypted_key_if_a_key_id_has_precedence() {
    let p12 = std::fs::read(project("tests/data/encrypted/openssl-3.p12")).unwrap();
    let beside = project_text(BESIDE) + &project_text("tests/data/encrypted/pkcs8.aes256.pem");
    for passphrase in [Some("test"), None] {
        let with = |lines: &str| {
            let program =
                configured(lines).file("k.p12", &p12).file("k.pem", &beside).file("c.pem", certificate_file());
            passphrase.into_iter().fold(program, |program, passphrase| program.var(PASSPHRASE, passphrase))
        };
        assert_eq!(explained(with("path = \"../k.p12\"\nkid = \"mine\"\n")), None, "{passphrase:?}");
        assert_eq!(explained(with("path = \"../k.pem\"\nkid = \"mine\"\n")), None, "{passphrase:?}");
        let set = with("path = \"../k.p12\"\ncertificate = \"../c.pem\"\n").var("SYSTEMUSER_KID", "mine");
        assert_eq!(explained(set), None, "{passphrase:?}");
        // Without a key id that has precedence, the certificate is shown.
        assert!(explained(with("path = \"../k.pem\"\n")).is_some(), "{passphrase:?}");
        let set = with("path = \"../k.p12\"\ncertificate = \"../c.pem\"\nkid = \"mine\"\n");
        assert_eq!(explained(set).as_deref(), Some(SMARTCLOUD), "{passphrase:?}");
    }
}
