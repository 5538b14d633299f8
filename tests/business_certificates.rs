//! Which certificates are sent, in which order, and what are the errors and warnings for others?

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeDelta, Utc};
use proptest::prelude::{any, proptest};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P384_SHA384,
    PKCS_RSA_SHA512, date_time_ymd,
};
use serde_json::Value;
use systemuser_demo::client::{KeySource, SigningKey};
use systemuser_demo::keystore::{Certificate, CertificateError, Chain, certificates};
use systemuser_demo::sandbox::{ForcedRefusal, SandboxOptions};

use crate::certificates::{Authority, ORGANIZATION_IDENTIFIER, SERIAL_NUMBER, business, key, params};
use crate::program::{Program, data_text, program, project, project_text};
use crate::server::sandbox;

const ORG: &str = "991825827";
const KEY: &str = "tests/data/key.pkcs8.pem";

fn signing_key() -> SigningKey {
    SigningKey::load(&KeySource::File(project(KEY)), None, None).unwrap()
}

fn now() -> DateTime<Utc> {
    "2026-11-27T12:00:00Z".parse().unwrap()
}

fn check(certificates: &[&[u8]]) -> Result<Chain, CertificateError> {
    Chain::check(certificates.iter().map(|der| der.to_vec()).collect(), &signing_key(), now())
}

#[track_caller]
fn refused(certificates: &[&[u8]]) -> String {
    check(certificates).unwrap_err().to_string()
}

/// The certificate in a file of `tests/data`.
fn data_der(name: &str) -> Vec<u8> {
    pem::parse(data_text(name)).unwrap().into_contents()
}

fn to_pem(der: &[u8]) -> String {
    pem::encode(&pem::Pem::new("CERTIFICATE", der))
}

/// A certificate of the tests' key that differs from a valid certificate.
fn issued(authority: &Authority, change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
    let mut params = business(ORG);
    change(&mut params);
    authority.issue(&key(KEY), &params)
}

/// A root, and an authority whose certificate it issued.
fn authorities() -> (Authority, Authority) {
    let root = Authority::root("Test Root");
    let issuing = root.authority("Test Issuing");
    (root, issuing)
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = params(&[(DnType::CommonName, name)]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

fn root_with(name: &str, key: KeyPair) -> Authority {
    let params = authority_params(name);
    let der = params.self_signed(&key).unwrap().der().to_vec();
    Authority { der, issuer: Issuer::new(params, key) }
}

/// Another certificate of an authority with this name.
fn reissued(name: &str, of: &Authority, by: &Authority, change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
    let mut params = authority_params(name);
    change(&mut params);
    by.issue(of.issuer.key(), &params)
}

// Files

#[test]
fn certificates_are_read_from_pem_in_any_surroundings_and_from_der() {
    let [leaf, issuing] = ["certificate.seid2.pem", "authority.issuing.pem"].map(data_der);
    let both = format!("{}{}", data_text("certificate.seid2.pem"), data_text("authority.issuing.pem"));
    let beside_a_key = format!("{}{}{}", data_text("certificate.csr"), data_text("key.pkcs8.pem"), both);
    let in_a_variable = both.replace('\n', "\\n");
    let described =
        format!("0 s:C = NO\n{}\n---\nServer certificate\n", both.replace("-----BEGIN", "subject=Sønn\n-----BEGIN"));
    let latin_1: Vec<u8> = described.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect();
    let texts = [
        both.clone().into_bytes(),
        both.replace('\n', "\r\n").into_bytes(),
        format!("\u{feff}{both}").into_bytes(),
        both.replace(" CERTIFICATE", " X509 CERTIFICATE").into_bytes(),
        beside_a_key.into_bytes(),
        in_a_variable.into_bytes(),
        described.into_bytes(),
        latin_1,
    ];
    for text in texts {
        let read = certificates(&text).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&text)));
        assert_eq!(read, [leaf.clone(), issuing.clone()], "{}", String::from_utf8_lossy(&text));
    }
    assert_eq!(certificates(&leaf).unwrap(), std::slice::from_ref(&leaf));
    assert_eq!(certificates(data_text("certificate.trusted.pem").as_bytes()).unwrap(), [leaf]);
}

#[test]
fn another_file_in_place_of_a_certificate_is_recognised() {
    let leaf = data_der("certificate.seid2.pem");
    let encoded = STANDARD.encode(&leaf);
    let pem = data_text("certificate.seid2.pem");
    // The beginning of a file from `openssl pkcs12 -export`, and the same with the indefinite length that Java used.
    let p12 = [&[0x30, 0x82, 0x0a, 0x51, 0x02, 0x01, 0x03, 0x30, 0x82, 0x0a][..], &[0xff; 200]].concat();
    let indefinite = [&[0x30, 0x80, 0x02, 0x01, 0x03, 0x30, 0x80][..], &[0xff; 200]].concat();
    let utf16 = |mark: &[u8]| [mark, &pem.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()].concat();
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (Vec::new(), "is empty"),
        (b"\xef\xbb\xbf \r\n".to_vec(), "is empty"),
        (utf16(b"\xff\xfe"), "is UTF-16 text, but PEM must be ASCII"),
        (utf16(b""), "is UTF-16 text, but PEM must be ASCII"),
        (b"404 Not Found\n".to_vec(), "contains no certificate in PEM or DER"),
        (data_text("public.pem").into(), "contains no certificate in PEM or DER"),
        (data_text("key.jwk.json").into(), "contains no certificate in PEM or DER"),
        (encoded.clone().into(), "is base64 without the BEGIN and END lines of PEM"),
        (
            format!("{}\n{}=\n", &encoded[..64], &encoded[64..]).into(),
            "is base64 without the BEGIN and END lines of PEM",
        ),
        (p12.clone(), "is a PKCS#12 file, but a certificate in PEM or DER is required"),
        (indefinite, "is a PKCS#12 file, but a certificate in PEM or DER is required"),
        // `certutil -encode` writes this label for any file.
        (to_pem(&p12).into(), "is a PKCS#12 file, but a certificate in PEM or DER is required"),
        (data_text("certificate.p7b").into(), "is a PKCS#7 bundle, but certificates in PEM or DER are required"),
        (data_der("certificate.p7b"), "is a PKCS#7 bundle, but certificates in PEM or DER are required"),
        (
            data_text("certificate.csr").into(),
            "is a certificate request (CSR), but the certificate that was issued for it is required",
        ),
        (
            data_der("certificate.csr"),
            "is a certificate request (CSR), but the certificate that was issued for it is required",
        ),
        (data_text("key.pkcs8.pem").into(), "contains a private key, but no certificate"),
        (data_text("encrypted.pkcs1.pem").into(), "contains a private key, but no certificate"),
        (data_der("key.pkcs8.pem"), "contains a private key, but no certificate"),
        (data_der("key.pkcs1.pem"), "contains a private key, but no certificate"),
        (data_der("encrypted.pkcs8.pem"), "contains a private key, but no certificate"),
        (pem.replace("-----END", "").into(), "is cut off or damaged"),
        (pem.replacen("MII", "M!I", 1).into(), "is cut off or damaged"),
        (leaf[..300].to_vec(), "contains a certificate that is cut off or damaged (number 1)"),
        ([&leaf[..], b"\n"].concat(), "has extra bytes after the end of a certificate (number 1)"),
        (
            format!("{pem}{}", to_pem(&leaf[..300])).into(),
            "contains a certificate that is cut off or damaged (number 2)",
        ),
        (pem.repeat(21).into(), "contains 21 certificates, but at most 20 are accepted"),
    ];
    for (file, error) in cases {
        let found = certificates(&file).map_err(|error| error.to_string());
        assert_eq!(found, Err(error.to_owned()), "{}", String::from_utf8_lossy(&file));
    }
}

#[test]
fn ten_thousand_certificates_are_refused_at_once() {
    let start = Instant::now();
    let file = data_text("certificate.seid2.pem").repeat(10_000);
    assert!(matches!(certificates(file.as_bytes()), Err(CertificateError::TooMany { count: 10_000 })));
    let leaf = data_der("certificate.seid2.pem");
    assert!(refused(&vec![&leaf[..]; 10_000]).contains("contains 10000 certificates"));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

// Facts

#[test]
fn both_norwegian_forms_have_names_number_and_dates() {
    let facts = Certificate::parse(&data_der("certificate.seid2.pem")).unwrap();
    assert_eq!(facts.subject, "CN=SmartCloud AS, organizationIdentifier=NTRNO-991825827, O=SmartCloud AS, C=NO");
    assert_eq!(facts.issuer, "CN=Example Issuing CA, O=Example CA, C=NO");
    assert_eq!(facts.not_before.to_rfc3339(), "2020-01-01T00:00:00+00:00");
    assert_eq!(facts.not_after.to_rfc3339(), "2099-12-31T23:59:59+00:00");
    assert_eq!((facts.organisation.as_deref(), facts.is_authority, facts.can_sign), (Some(ORG), false, true));
    let facts = Certificate::parse(&data_der("certificate.seid1.pem")).unwrap();
    assert_eq!(facts.subject, "CN=SmartCloud AS, serialNumber=991825827, OU=Łódź, O=\"Bjørk, Ånd & Sønn AS\", C=NO");
    assert_eq!(facts.organisation.as_deref(), Some(ORG));
    let facts = Certificate::parse(&data_der("authority.issuing.pem")).unwrap();
    assert_eq!((facts.organisation, facts.is_authority, facts.can_sign), (None, true, false));
}

#[test]
fn an_organisation_is_identified_in_every_accepted_form() {
    let (root, issuing) = authorities();
    let organisation = |attributes: &[(&[u64], &str)]| {
        let attributes: Vec<_> = attributes.iter().map(|(oid, value)| (DnType::from_oid(oid), *value)).collect();
        let leaf = issuing.issue(&key(KEY), &params(&attributes));
        check(&[&leaf, &issuing.der, &root.der]).map(|chain| chain.leaf.organisation.unwrap())
    };
    let identified = [
        (vec![(ORGANIZATION_IDENTIFIER, "NTRNO-991825827")], ORG),
        (vec![(SERIAL_NUMBER, "991825827")], ORG),
        (vec![(SERIAL_NUMBER, "210493352"), (ORGANIZATION_IDENTIFIER, "NTRNO-991825827")], ORG),
        (vec![(ORGANIZATION_IDENTIFIER, "VATSE-556677889901")], "VATSE-556677889901"),
        (vec![(ORGANIZATION_IDENTIFIER, "LEIXG-529900T8BM49AURSDO55")], "LEIXG-529900T8BM49AURSDO55"),
    ];
    for (attributes, expected) in identified {
        assert_eq!(organisation(&attributes).unwrap(), expected);
    }
    for attributes in
        [vec![], vec![(SERIAL_NUMBER, "9578-4050-100012345")], vec![(ORGANIZATION_IDENTIFIER, "NTRNO-12345")]]
    {
        let error = organisation(&attributes).unwrap_err();
        assert!(error.to_string().starts_with("contains a certificate without an organisation number: "), "{error}");
    }
}

#[test]
fn a_hostile_name_is_short_and_harmless() {
    let name = format!("\u{1b}[31mRed\u{202e}, O=Other{}", "x".repeat(10_000));
    let der = issued(&Authority::root(&name), |params| params.distinguished_name.push(DnType::CommonName, &*name));
    let facts = Certificate::parse(&der).unwrap();
    for shown in [&facts.subject, &facts.issuer] {
        assert!(shown.starts_with("CN=\"\\u{1b}[31mRed\\u{202e}, O=Otherxxx") && shown.ends_with('…'), "{shown}");
        assert!(shown.chars().count() < 300, "{shown}");
    }
}

// Chains

#[test]
fn the_chain_is_put_in_order_from_any_order_with_duplicates_and_strangers() {
    let [root, issuing, leaf] = ["authority.root.pem", "authority.issuing.pem", "certificate.seid2.pem"].map(data_der);
    let (other_root, other) = authorities();
    let stranger = other.issue(&key("mp-key.pem.example"), &business(ORG));
    let orders: [&[&[u8]]; 4] = [
        &[&leaf, &issuing, &root],
        &[&root, &issuing, &leaf],
        &[&issuing, &issuing, &leaf, &root, &leaf],
        &[&stranger, &other.der, &issuing, &root, &other_root.der, &leaf],
    ];
    for order in orders {
        let chain = check(order).unwrap();
        assert_eq!(chain.certificates, [leaf.clone(), issuing.clone(), root.clone()]);
        assert_eq!(chain.leaf.organisation.as_deref(), Some(ORG));
    }
    // The server has the root.
    assert_eq!(check(&[&issuing, &leaf]).unwrap().certificates, [leaf, issuing]);
}

#[test]
fn signatures_with_rsa_and_ecdsa_are_verified() {
    let rsa = KeyPair::from_pem_and_sign_algo(&data_text("key.pkcs8.pem"), &PKCS_RSA_SHA512).unwrap();
    let ec = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
    for authority_key in [rsa, ec] {
        let root = root_with("Test Root", authority_key);
        let leaf = issued(&root, |_| {});
        check(&[&leaf, &root.der]).unwrap();
        // The last byte of a certificate belongs to its signature.
        let mut forged = leaf.clone();
        *forged.last_mut().unwrap() ^= 1;
        assert_eq!(
            refused(&[&forged, &root.der]),
            "contains a certificate with an invalid signature: CN=a certificate of the tests, \
             organizationIdentifier=NTRNO-991825827, C=NO, issued by CN=Test Root, C=NO"
        );
    }
}

#[test]
fn the_issuer_that_signed_is_chosen_among_issuers_with_the_same_name() {
    let root = Authority::root("Test Root");
    let [impostor, issuing] = [0, 1].map(|_| root.authority("Test Issuing"));
    let leaf = issued(&issuing, |_| {});
    let chain = check(&[&impostor.der, &issuing.der, &leaf, &root.der]).unwrap();
    assert_eq!(chain.certificates, [leaf.clone(), issuing.der.clone(), root.der.clone()]);
    assert!(
        refused(&[&impostor.der, &leaf, &root.der]).starts_with("contains a certificate with an invalid signature: ")
    );
    // The same authority has two certificates, from two roots, and one of them expired.
    let second_root = Authority::root("Second Root");
    let expired =
        reissued("Test Issuing", &issuing, &second_root, |params| params.not_after = date_time_ymd(2025, 1, 1));
    let chain = check(&[&leaf, &expired, &second_root.der, &issuing.der, &root.der]).unwrap();
    assert_eq!(chain.certificates, [leaf.clone(), issuing.der.clone(), root.der.clone()]);
    // If only one of the roots is there, the path to it is complete.
    let crossed = reissued("Test Issuing", &issuing, &second_root, |_| {});
    for order in [[&crossed, &issuing.der], [&issuing.der, &crossed]] {
        let chain = check(&[&leaf, order[0], order[1], &second_root.der]).unwrap();
        assert_eq!(chain.certificates, [leaf.clone(), crossed.clone(), second_root.der.clone()]);
    }
}

#[test]
fn a_renewed_certificate_of_the_same_key_is_preferred() {
    let (root, issuing) = authorities();
    let old = issued(&issuing, |params| params.not_after = date_time_ymd(2026, 12, 1));
    let new = issued(&issuing, |params| params.not_after = date_time_ymd(2029, 12, 1));
    let future = issued(&issuing, |params| params.not_before = date_time_ymd(2027, 1, 1));
    let own = business(ORG).self_signed(&key(KEY)).unwrap().der().to_vec();
    let chain = check(&[&own, &old, &new, &future, &issuing.der, &root.der]).unwrap();
    assert_eq!(chain.certificates[0], new);
}

#[test]
fn a_certificate_that_cannot_be_used_is_refused_with_its_subject_and_dates() {
    let (root, issuing) = authorities();
    let subject = "CN=a certificate of the tests, organizationIdentifier=NTRNO-991825827, C=NO";
    let leaf = issued(&issuing, |_| {});
    let expired = issued(&issuing, |params| params.not_after = date_time_ymd(2026, 11, 1));
    let future = issued(&issuing, |params| params.not_before = date_time_ymd(2027, 2, 1));
    let authority = issued(&issuing, |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    let self_signed = business(ORG).self_signed(&key(KEY)).unwrap().der().to_vec();
    let other_key = issuing.issue(&key("mp-key.pem.example"), &business(ORG));
    let ec_key = issuing.issue(&KeyPair::generate().unwrap(), &business(ORG));
    let old_issuing = reissued("Test Issuing", &issuing, &root, |params| params.not_after = date_time_ymd(2026, 10, 1));
    let new_issuing = reissued("Test Issuing", &issuing, &root, |params| params.not_before = date_time_ymd(2027, 3, 1));
    let no_authority = reissued("Test Issuing", &issuing, &root, |params| params.is_ca = IsCa::ExplicitNoCa);
    let lower = issuing.authority("Test Lower");
    let of_lower = issued(&lower, |_| {});
    let cases: Vec<(Vec<&[u8]>, String)> = vec![
        (vec![], "contains no certificate in PEM or DER".to_owned()),
        (vec![&expired, &issuing.der], format!("contains a certificate that expired on 2026-11-01: {subject}")),
        (vec![&future, &issuing.der], format!("contains a certificate that is not valid before 2027-02-01: {subject}")),
        (
            vec![&authority, &issuing.der],
            format!("contains a CA certificate, but a business certificate is required: {subject}"),
        ),
        (
            vec![&self_signed],
            format!(
                "contains a self-signed certificate, but a business certificate from an issuer is required: {subject}"
            ),
        ),
        (
            vec![&issuing.der, &other_key],
            format!("contains no certificate for this private key, but a certificate for another key: {subject}"),
        ),
        (vec![&ec_key], format!("contains a certificate with a key of type EC, but an RSA key is required: {subject}")),
        (
            vec![&leaf],
            format!(
                "does not contain the certificate of the issuer CN=Test Issuing, C=NO, which issued the certificate of {subject}"
            ),
        ),
        (
            vec![&leaf, &root.der],
            format!(
                "does not contain the certificate of the issuer CN=Test Issuing, C=NO, which issued the certificate of {subject}"
            ),
        ),
        (
            vec![&of_lower, &lower.der, &root.der],
            "does not contain the certificate of the issuer CN=Test Issuing, C=NO, which issued the certificate of CN=Test Lower, C=NO"
                .to_owned(),
        ),
        (
            vec![&leaf, &old_issuing, &root.der],
            "contains an issuer's certificate that expired on 2026-10-01: CN=Test Issuing, C=NO".to_owned(),
        ),
        (
            vec![&leaf, &new_issuing, &root.der],
            "contains an issuer's certificate that is not valid before 2027-03-01: CN=Test Issuing, C=NO".to_owned(),
        ),
        (
            vec![&leaf, &no_authority, &root.der],
            format!("contains a certificate whose issuer is not a CA: {subject}, issued by CN=Test Issuing, C=NO"),
        ),
        (vec![&leaf, &leaf[..200]], "contains a certificate that is cut off or damaged (number 2)".to_owned()),
    ];
    for (certificates, error) in cases {
        assert_eq!(refused(&certificates), error);
    }
}

#[test]
fn a_certificate_is_valid_from_its_first_to_its_last_second() {
    let (root, issuing) = authorities();
    let leaf = issued(&issuing, |params| {
        (params.not_before, params.not_after) = (date_time_ymd(2026, 1, 1), date_time_ymd(2026, 12, 1));
    });
    let at = |now: &str| {
        let all = vec![leaf.clone(), issuing.der.clone(), root.der.clone()];
        Chain::check(all, &signing_key(), now.parse().unwrap()).is_ok()
    };
    assert!(at("2026-01-01T00:00:00Z") && at("2026-12-01T00:00:00Z"));
    assert!(!at("2025-12-31T23:59:59Z") && !at("2026-12-01T00:00:01Z"));
}

#[test]
fn an_expired_root_is_left_to_the_server() {
    let root = Authority::root("Test Root");
    let expired = reissued("Test Root", &root, &root, |params| params.not_after = date_time_ymd(2025, 1, 1));
    let leaf = issued(&root, |_| {});
    assert_eq!(check(&[&leaf, &expired]).unwrap().certificates, [leaf, expired]);
}

#[test]
fn issuers_that_issued_each_other_are_refused() {
    let (first, second) = (Authority::root("First"), Authority::root("Second"));
    let by_second = reissued("First", &first, &second, |_| {});
    let by_first = reissued("Second", &second, &first, |_| {});
    let leaf = issued(&first, |_| {});
    assert_eq!(
        refused(&[&leaf, &by_second, &by_first]),
        "contains issuers that issued each other's certificates, and no root certificate: CN=a certificate of the \
         tests, \
         organizationIdentifier=NTRNO-991825827, C=NO"
    );
}

#[test]
fn a_key_usage_without_signatures_is_accepted_and_reported() {
    let (root, issuing) = authorities();
    for (usages, can_sign) in [
        (vec![KeyUsagePurpose::DigitalSignature], true),
        (vec![KeyUsagePurpose::ContentCommitment], true),
        (vec![], true),
        (vec![KeyUsagePurpose::KeyEncipherment], false),
    ] {
        let leaf = issued(&issuing, |params| params.key_usages = usages.clone());
        assert_eq!(check(&[&leaf, &issuing.der, &root.der]).unwrap().leaf.can_sign, can_sign, "{usages:?}");
    }
}

// Reports

/// The client of the built-in sandbox that is registered for certificates.
const CLIENT: &str = "c5a0e913-7b2d-4f86-9d41-3e6f8b20a7d5";

/// A command in the test environment that signs with the tests' key and these certificates, and needs no network.
fn signs(command: &str, certificates: &[&[u8]]) -> Program {
    let chain: String = certificates.iter().map(|der| to_pem(der)).collect();
    program(command)
        .args("--env test --client-id abc --scope a:b --org 210493352 --key k.pem --certificate c.pem")
        .file("k.pem", data_text("key.pkcs8.pem"))
        .file("c.pem", chain)
}

/// A certificate whose last second is at the end of this day.
fn expires_on(authority: &Authority, day: NaiveDate) -> Vec<u8> {
    issued(authority, |params| {
        let month_and_day = [day.month(), day.day()].map(|number| u8::try_from(number).unwrap());
        let start = date_time_ymd(day.year(), month_and_day[0], month_and_day[1]);
        params.not_after = start + Duration::from_secs(24 * 60 * 60 - 1);
    })
}

#[test]
fn every_command_that_signs_warns_from_30_days_before_the_last_day() {
    let (root, issuing) = authorities();
    let today = Utc::now().date_naive();
    for (days, when) in [(0, Some("today")), (1, Some("in 1 d")), (30, Some("in 30 d")), (31, None)] {
        let day = today + Days::new(days);
        let leaf = expires_on(&issuing, day);
        let run = signs("grant", &[&leaf, &issuing.der, &root.der]).run();
        let warning = when.map(|when| {
            format!(
                "warning: the certificate expires on {day}, {when}; order a new certificate from its issuer, and \
                 replace the certificate and, if it is new, the private key; nothing needs to be registered in \
                 Maskinporten\n"
            )
        });
        assert_eq!((run.code, run.err.as_str()), (0, warning.unwrap_or_default().as_str()), "{days}");
        // `doctor` says it once.
        let run = signs("doctor --offline", &[&leaf, &issuing.der, &root.der]).run();
        assert_eq!(run.out.matches("the certificate expires on").count(), usize::from(when.is_some()), "{}", run.out);
    }
}

#[test]
fn every_command_that_signs_warns_before_a_registration_ends() {
    let today = Utc::now().date_naive();
    let run = |days: i64, certificate: &str| {
        let registered = today + TimeDelta::days(days) - Months::new(12);
        // A month may be shorter than the day of the month.
        let ends = registered + Months::new(12);
        let file = format!(
            "environment = \"test\"\nclient_id = \"abc\"\nscope = \"a:b\"\norg = \"210493352\"\n[key]\npath = \
             \"../k.pem\"\nkid = \
             \"k\"\nregistered = {registered}\n{certificate}"
        );
        let program = program("grant --env test").file("config/test.toml", file);
        let program = program.file("k.pem", data_text("key.pkcs8.pem"));
        let chain = ["certificate.seid2.pem", "authority.issuing.pem"].map(data_text).concat();
        let run = program.file("config/chain.pem", chain).run();
        assert_eq!(run.code, 0, "{}", run.err);
        (run.err, ends, (ends - today).num_days())
    };
    let steps = "register the output of `systemuser-demo key public --set --env test` again in Maskinporten's \
                 self-service portal or API, and set `registered` to the new date\n";
    let (err, ends, days) = run(25, "");
    assert_eq!(err, format!("warning: the key's registration ends on {ends}, in {days} d; {steps}"));
    let (err, ends, _) = run(-40, "");
    assert_eq!(err, format!("warning: the key's registration ended on {ends}, so expect MP-121; {steps}"));
    assert_eq!(run(35, "").0, "");
    // The registration does not matter if grants have a certificate.
    let (err, ..) = run(10, "certificate = \"chain.pem\"\n");
    assert!(!err.contains("registration"), "{err}");
}

#[test]
fn doctor_shows_the_certificate_and_compares_it_with_the_vendor() {
    let chain = ["certificate.seid2.pem", "authority.issuing.pem"].map(data_der);
    let with_vendor = |vendor: &str| {
        let file = format!("environment = \"test\"\n[vendor]\norg = \"{vendor}\"\n");
        signs("doctor --offline", &[&chain[0], &chain[1]]).file("config/test.toml", file).run()
    };
    let run = with_vendor(ORG);
    assert_eq!(run.code, 0, "{}", run.out);
    let line = "✓ key            PKCS#8 PEM, RSA, 2048 bits, certificate for 991825827, issued by CN=Example Issuing CA, \
                O=Example CA, C=NO, valid until 2099-12-31, mode 0600\n";
    assert!(run.out.contains(line), "{}", run.out);
    let run = with_vendor("210493352");
    assert_eq!(run.code, 3, "{}", run.out);
    let lines = "✗ key            the certificate file `c.pem` contains a certificate of 991825827, but the vendor is \
                 210493352 (config/test.toml)\n    hint: Maskinporten would refuse the grant with MP-122, unless the \
                 client belongs to 991825827: set the vendor's certificate, or correct `org` under [vendor]\n";
    assert!(run.out.contains(lines), "{}", run.out);
}

#[test]
fn a_key_usage_without_signatures_gives_a_warning() {
    let (root, issuing) = authorities();
    let leaf = issued(&issuing, |params| params.key_usages = vec![KeyUsagePurpose::KeyEncipherment]);
    let run = signs("grant", &[&leaf, &issuing.der, &root.der]).run();
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(
        run.err,
        "warning: the certificate's key usage does not allow signatures: CN=a certificate of the tests, \
         organizationIdentifier=NTRNO-991825827, C=NO; if Maskinporten refuses the certificate, use the certificate \
         that the issuer delivered for authentication or signatures\n"
    );
}

#[test]
fn a_refused_grant_shows_its_certificate_and_no_key_id() {
    let authority = Authority::sandbox();
    let leaf = authority.issue(&key("mp-key.pem.example"), &business("210493352"));
    // Without a vendor, the program cannot see that the certificate belongs to another organisation.
    let file = "environment = \"sandbox\"\nscope = \"altinn:systembruker.demo\"\norg = \"210493352\"\n";
    let run = program(&format!("token --client-id {CLIENT} --key k.pem --certificate c.pem -c a.toml"))
        .file("a.toml", file)
        .file("k.pem", project_text("mp-key.pem.example"))
        .file("c.pem", to_pem(&leaf) + &to_pem(&authority.der))
        .run();
    assert_eq!(run.code, 4, "{}", run.err);
    let facts = [
        "    certificate   CN=a certificate of the tests, organizationIdentifier=NTRNO-210493352, C=NO\n",
        "    issued by     CN=\"systemuser-demo sandbox issuing CA (public, worth nothing)\", O=systemuser-demo, \
         C=NO\n",
        "    organisation  210493352\n",
        "    valid         from 2020-01-01 to 2099-12-31\n",
    ];
    assert!(run.err.contains("MP-122") && !run.err.contains("kid"), "{}", run.err);
    for fact in facts {
        assert!(run.err.contains(fact), "{fact}: {}", run.err);
    }
}

#[test]
fn every_refusal_that_may_be_about_the_certificate_shows_it() {
    for name in ["MP-100", "MP-120", "MP-122", "MP-123", "MP-124"] {
        let options = SandboxOptions { refusal: ForcedRefusal::named(name), ..SandboxOptions::default() };
        let run = program(&format!("token --client-id {CLIENT} --certificate c.pem"))
            .var("SYSTEMUSER_SANDBOX", sandbox(options))
            .file("c.pem", project_text("config/sandbox-certificate.pem"))
            .run();
        assert_eq!(run.code, 4, "{}", run.err);
        for fact in [
            "    certificate   CN=\"SmartCloud AS (sandbox",
            "    organisation  991825827\n",
            "    valid         from 2020-01-01",
        ] {
            assert!(run.err.contains(fact), "{name}, {fact}: {}", run.err);
        }
        assert!(!run.err.contains("    kid"), "{name}: {}", run.err);
    }
}

#[test]
fn verbose_output_names_the_certificates_of_a_grant() {
    let run = program(&format!("token --verbose --client-id {CLIENT} --certificate c.pem"))
        .file("c.pem", project_text("config/sandbox-certificate.pem"))
        .run();
    assert_eq!(run.code, 0, "{}", run.err);
    for part in [
        "certificate CN=\"SmartCloud AS (sandbox",
        "issued by CN=",
        "organisation 991825827",
        "\"alg\":\"RS256\",\"x5c\":[\"CN=\\\"SmartCloud",
    ] {
        assert!(run.err.contains(part), "{part}: {}", run.err);
    }
    assert!(!run.err.contains("kid sandbox-example") && !run.err.contains("MII"), "{}", run.err);
}

#[test]
fn inspect_shows_the_certificate_of_a_grant() {
    let [leaf, issuing] = ["certificate.seid2.pem", "authority.issuing.pem"].map(data_der);
    let grant = signs("grant", &[&leaf, &issuing]).run();
    let run = program("inspect").run_with(&grant.out);
    let facts = "certificate   CN=SmartCloud AS, organizationIdentifier=NTRNO-991825827, O=SmartCloud AS, C=NO\n\
                 issued by     CN=Example Issuing CA, O=Example CA, C=NO\n\
                 organisation  991825827\n\
                 valid         from 2020-01-01 to 2099-12-31\n\
                 algorithm     RS256\n";
    assert!(run.out.contains(facts) && !run.out.contains("key id") && !run.out.contains("MII"), "{}", run.out);
    let run = program("inspect --json").run_with(&grant.out);
    let answer: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(answer["certificate"]["organisation"], ORG);
    assert_eq!(answer["certificate"]["not_after"], "2099-12-31T23:59:59Z");
    assert_eq!(answer["header"]["x5c"][1], "CN=Example Issuing CA, O=Example CA, C=NO");
    assert!(!run.out.contains("MII"), "{}", run.out);
}

#[test]
fn explain_shows_the_configured_certificate() {
    let chain = ["certificate.seid2.pem", "authority.issuing.pem"].map(data_text).concat();
    let lines = "\nthe configured certificate\n  \
                 certificate   CN=SmartCloud AS, organizationIdentifier=NTRNO-991825827, O=SmartCloud AS, C=NO\n  \
                 issued by     CN=Example Issuing CA, O=Example CA, C=NO\n  organisation  991825827\n  \
                 valid         from 2020-01-01 to 2099-12-31\n";
    let in_a_file = |code: &str| {
        let file = "environment = \"test\"\n[key]\npath = \"k.p12\"\ncertificate = \"../c.pem\"\n";
        program(&format!("explain --env test {code}")).file("config/test.toml", file).file("c.pem", &chain).run()
    };
    for code in ["MP-120", "MP-122", "MP-123", "MP-124"] {
        assert!(in_a_file(code).out.ends_with(lines), "{}", in_a_file(code).out);
    }
    assert!(!in_a_file("MP-303").out.contains("certificate"));
    let by_variable =
        program("explain MP-122 --json").var("SYSTEMUSER_CERTIFICATE_FILE", "c.pem").file("c.pem", &chain).run();
    let answer: Value = serde_json::from_str(&by_variable.out).unwrap();
    assert_eq!(answer["certificate"]["issuer"], "CN=Example Issuing CA, O=Example CA, C=NO");
    let beside_the_key = program("explain MP-122").var("SYSTEMUSER_KEY", data_text("key.pkcs8.pem") + &chain).run();
    assert!(beside_the_key.out.ends_with(lines), "{}", beside_the_key.out);
    // An error in the configuration is reported by other commands.
    for content in ["", "rubbish"] {
        let run = program("explain MP-122").var("SYSTEMUSER_CERTIFICATE_FILE", "c.pem").file("c.pem", content).run();
        assert_eq!((run.code, run.err.as_str()), (0, ""));
        assert!(!run.out.contains("the configured certificate"), "{}", run.out);
    }
    let run = program("explain MP-122").var("SYSTEMUSER_CERTIFICATE_FILE", "missing.pem").run();
    assert_eq!((run.code, run.err.as_str()), (0, ""));
}

#[test]
fn key_public_says_that_no_key_id_is_sent() {
    let program =
        program("key public --env test --key k.pem --certificate c.pem").file("k.pem", data_text("key.pkcs8.pem"));
    let run = program.file("c.pem", ["certificate.seid2.pem", "authority.issuing.pem"].map(data_text).concat()).run();
    assert_eq!(run.err, "note: grants contain a certificate instead of a key id, so this key need not be registered\n");
}

#[test]
fn unusable_certificates_end_with_3_and_say_what_to_do() {
    let (root, issuing) = authorities();
    let leaf = issued(&issuing, |_| {});
    let stranger = issuing.issue(&key("mp-key.pem.example"), &business(ORG));
    let subject = "CN=a certificate of the tests, organizationIdentifier=NTRNO-991825827, C=NO";
    signs("token", &[&stranger, &issuing.der, &root.der]).run().fails(
        3,
        &format!(
            "error: the certificate file `c.pem` contains no certificate for this private key, but a certificate for \
             another key: {subject}\n\
             hint: was the certificate renewed with a new key? use the private key that belongs to the certificate\n"
        ),
    );
    let p12 = [&[0x30, 0x82, 0x0a, 0x51, 0x02, 0x01, 0x03, 0x30, 0x82, 0x0a][..], &[0xff; 200]].concat();
    signs("token", &[]).file("c.pem", p12).run().fails(
        3,
        "error: the certificate file `c.pem` is a PKCS#12 file, but a certificate in PEM or DER is required\n\
         hint: it usually contains the private key, too: set it as the key, with `path` under [key] or --key, and do \
         not set a certificate\n",
    );
    let key_file = data_text("key.pkcs8.pem") + &to_pem(&leaf);
    program("grant --env test --client-id abc --scope a:b --org 210493352 --key k.pem").file("k.pem", key_file).run().fails(
        3,
        &format!(
            "error: the key file `k.pem` does not contain the certificate of the issuer CN=Test Issuing, C=NO, which \
             issued the certificate of {subject}\n\
             hint: download the issuers' certificates from the issuer's website, and set --certificate to a file with \
             them, or add them to the certificate's file\n\
             hint: is the key itself registered? set its key id with --kid; to use another certificate, set \
             --certificate\n"
        ),
    );
    let start = Instant::now();
    let run = signs("token", &vec![&leaf[..]; 200]).run();
    assert!(run.code == 3 && run.err.contains("at most 20") && start.elapsed() < Duration::from_secs(2), "{}", run.err);
}

// Damaged certificates

#[test]
fn a_certificate_that_is_cut_off_anywhere_is_refused() {
    let file = data_text("certificate.seid2.pem");
    let leaf = data_der("certificate.seid2.pem");
    for end in 0..leaf.len() {
        assert!(certificates(&leaf[..end]).is_err() && refused(&[&leaf[..end]]).contains("cut off"), "{end}");
    }
    for end in 0..file.trim_end().len() {
        assert!(certificates(&file.as_bytes()[..end]).is_err(), "{end}");
    }
}

#[test]
fn a_flipped_bit_is_refused() {
    let [root, issuing, leaf] = ["authority.root.pem", "authority.issuing.pem", "certificate.seid2.pem"].map(data_der);
    for nth in 0..leaf.len() {
        let mut damaged = leaf.clone();
        damaged[nth] ^= 1 << (nth % 8);
        let _ = certificates(to_pem(&damaged).as_bytes());
        assert!(check(&[&damaged, &issuing, &root]).is_err(), "byte {nth}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_certificates_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..600), at in 0usize..900) {
        let _ = certificates(&bytes);
        let mut der = data_der("certificate.seid2.pem");
        for (place, byte) in der.iter_mut().skip(at).zip(&bytes) {
            *place = *byte;
        }
        let _ = Certificate::parse(&der);
        let _ = check(&[&der, &bytes]);
    }
}
