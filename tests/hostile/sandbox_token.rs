//! The sandbox's `/token`, with arbitrary requests.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::sandbox::{Answer, CLIENT, Sandbox, claims, header, signed};
use super::{any_json, giants, is_soon_done, object_with, text, try_all};
use crate::certificates;
use crate::program::project_text;

const DEMO: &str = "altinn:systembruker.demo";
const FORM: &str = "application/x-www-form-urlencoded";

/// Asserts that the answer is a token or a refusal in Maskinporten's form.
#[track_caller]
fn is_an_answer(answer: &Answer) {
    let body = answer.json();
    let description = body["error_description"].as_str().unwrap_or_default();
    match answer.status.as_u16() {
        200 => assert!(body["access_token"].is_string(), "{body}"),
        400 => assert!(
            body["error"].is_string() && description.contains("(trace_id: ") && description.len() < 2_500,
            "{body}"
        ),
        status => panic!("{status} {body}"),
    }
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[test]
fn an_arbitrary_form_is_answered() {
    let sandbox = Sandbox::start();
    let field = prop_oneof![
        text().prop_map(|text| format!("assertion={text}")),
        Just("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer".to_owned()),
        Just("assertion=e30.e30.AQAB".to_owned()),
        text(),
    ];
    let form = prop::collection::vec(field, 0..5).prop_map(|fields| fields.join("&"));
    let kind = prop_oneof![4 => Just(FORM.to_owned()), 1 => "[ -~]{0,40}"];
    try_all(2_000, (kind, form), |(kind, form)| {
        is_an_answer(&sandbox.post_form("/token", &kind, form));
        Ok(())
    });
}

#[test]
fn an_arbitrary_signed_grant_is_answered() {
    const CLAIMS: &[&str] = &[
        "aud",
        "iss",
        "scope",
        "iat",
        "nbf",
        "exp",
        "jti",
        "sub",
        "pid",
        "resource",
        "consumer_org",
        "iss_onbehalfof",
        "authorization_details",
        "more",
    ];
    let sandbox = Sandbox::start();
    let details = object_with(&["type", "systemuser_org", "externalRef", "more"]);
    let party = object_with(&["authority", "ID", "more"]);
    let details = (details, party, 0..4).prop_map(|(more, party, depth)| {
        // The number of layers of the details that are valid.
        let mut details = json!({ "type": "urn:altinn:systemuser" });
        let known = json!({ "authority": "iso6523-actorid-upis", "ID": "0192:210493352" });
        details["systemuser_org"] = if depth > 1 { known } else { party };
        if depth != 3 {
            details.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        }
        json!({ "authorization_details": [details] })
    });
    let over = prop_oneof![object_with(CLAIMS), details, any_json()];
    try_all(400, (over, object_with(&["alg", "kid", "x5c", "more"]), any::<bool>()), |(over, odd, of_header)| {
        let (mut claims, mut header) = (claims(DEMO), header());
        match (over.as_object(), of_header) {
            (_, true) => header.as_object_mut().unwrap().extend(odd.as_object().unwrap().clone()),
            (Some(members), false) => claims.as_object_mut().unwrap().extend(members.clone()),
            (None, false) => claims = over,
        }
        is_an_answer(&sandbox.grant(&signed(header.to_string().as_bytes(), claims.to_string().as_bytes())));
        Ok(())
    });
}

#[test]
fn times_beyond_the_calendar_are_refused() {
    let sandbox = Sandbox::start();
    for time in ["1e400", "-1e400", "1e18", "-9223372036854775808", "18446744073709551616", "8210266876799", "null"] {
        for name in ["iat", "nbf", "exp"] {
            let mut claims = claims(DEMO);
            claims[name] = serde_json::from_str(time).unwrap_or(Value::Null);
            let answer = sandbox.grant(&signed(header().to_string().as_bytes(), claims.to_string().as_bytes()));
            is_an_answer(&answer);
            assert!(answer.status == 400, "{name} {time}: {}", answer.body);
        }
    }
}

#[test]
fn a_body_above_the_limit_is_not_read_and_a_body_below_it_is_answered_quickly() {
    let sandbox = Sandbox::start();
    for (name, giant) in giants() {
        let answer = sandbox.post_form("/token", FORM, giant.clone());
        assert_eq!(answer.status, 413, "{name}");
        let end = (0..=40_000).rev().find(|end| giant.is_char_boundary(*end)).unwrap();
        let part = &giant[..end];
        let claims = signed(header().to_string().as_bytes(), part.as_bytes());
        let many = "assertion=a&".repeat(5_000);
        for form in [part.to_owned(), format!("grant_type={part}"), format!("assertion={claims}"), many] {
            is_an_answer(&is_soon_done(|| sandbox.post_form("/token", FORM, form)));
        }
        is_an_answer(&is_soon_done(|| sandbox.grant(&claims)));
    }
    let mut claims = claims(DEMO);
    claims["resource"] = json!(vec!["a:b"; 6_000]);
    let answer = sandbox.grant(&signed(header().to_string().as_bytes(), claims.to_string().as_bytes()));
    assert_eq!((answer.status.as_u16(), CLIENT.len()), (200, 36), "{}", answer.body);
}

/// A grant with this `x5c`, from the client that is registered for business certificates.
fn with_x5c(x5c: &Value) -> String {
    let mut claims = claims(DEMO);
    claims["iss"] = json!("c5a0e913-7b2d-4f86-9d41-3e6f8b20a7d5");
    signed(json!({ "alg": "RS256", "x5c": x5c }).to_string().as_bytes(), claims.to_string().as_bytes())
}

fn x5c(chain: &[Vec<u8>]) -> Value {
    chain.iter().map(|der| STANDARD.encode(der)).collect()
}

fn example_chain() -> Vec<Vec<u8>> {
    let file = project_text("config/sandbox-certificate.pem");
    pem::parse_many(file).unwrap().into_iter().map(pem::Pem::into_contents).collect()
}

#[test]
fn no_damaged_certificate_is_accepted() {
    let (sandbox, chain) = (Sandbox::start(), example_chain());
    assert_eq!(sandbox.grant(&with_x5c(&x5c(&chain))).status, 200);
    let damage = (0..chain.len(), any::<prop::sample::Index>(), 1..=255_u8, 0..4);
    try_all(600, damage, |(nth, at, bits, kind)| {
        let mut damaged = chain.clone();
        let at = at.index(damaged[nth].len());
        match kind {
            0 => damaged[nth].truncate(at),
            1 => damaged[nth].insert(at, bits),
            _ => damaged[nth][at] ^= bits,
        }
        let answer = sandbox.grant(&with_x5c(&x5c(&damaged)));
        is_an_answer(&answer);
        assert_eq!(answer.status, 400, "certificate {nth}, byte {at}: {kind}, {bits}");
        Ok(())
    });
}

/// A value in DER.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let head = match length {
        [0, short @ 0..=127] => vec![tag, short],
        [0, byte] => vec![tag, 0x81, byte],
        [first, second] => vec![tag, 0x82, first, second],
    };
    [&head, content].concat()
}

/// A certificate without a valid signature whose subject is this content of a SEQUENCE.
fn with_subject(subject: &[u8]) -> Vec<u8> {
    let algorithm = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 11, 5, 0];
    let time = der(0x17, b"250101000000Z");
    let signed = [
        &[0xa0, 3, 2, 1, 2, 2, 1, 1],
        &algorithm[..],
        &der(0x30, b""),
        &der(0x30, &time.repeat(2)),
        &der(0x30, subject),
        &rcgen::PublicKeyData::subject_public_key_info(&certificates::key("mp-key.pem.example")),
    ];
    der(0x30, &[&der(0x30, &signed.concat())[..], &algorithm, &[3, 2, 0, 0]].concat())
}

#[test]
fn costly_certificates_are_refused_quickly() {
    let sandbox = Sandbox::start();
    // An attribute with the number as its common name.
    let attribute = |nth: u16| der(0x30, &[&[6, 3, 0x55, 4, 3][..], &der(12, format!("{nth:04}").as_bytes())].concat());
    let numbers = || (0..1_800).map(attribute);
    let sets = [
        ("one set", der(0x31, &numbers().collect::<Vec<_>>().concat())),
        ("one set in reverse", der(0x31, &numbers().rev().collect::<Vec<_>>().concat())),
        ("many sets", numbers().flat_map(|attribute| der(0x31, &attribute)).collect()),
        (
            "a long name",
            der(0x31, &der(0x30, &[&[6, 3, 0x55, 4, 3][..], &der(12, "æ".repeat(13_000).as_bytes())].concat())),
        ),
    ];
    for (name, subject) in sets {
        let certificate = with_subject(&subject);
        let answer = is_soon_done(|| sandbox.grant(&with_x5c(&x5c(&[certificate]))));
        is_an_answer(&answer);
        // The certificate was read: its issuer has an empty name.
        assert!(answer.body.contains("x5c[1]: expected the certificate of an empty name"), "{name}: {}", answer.body);
    }
    // Nesting, and lengths that lie.
    for bytes in [[0x30, 0x80].repeat(13_000), [0x30, 0x84, 0xff, 0xff, 0xff, 0xff].to_vec(), vec![0; 26_000]] {
        is_an_answer(&is_soon_done(|| sandbox.grant(&with_x5c(&x5c(&[bytes])))));
    }
}
