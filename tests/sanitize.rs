//! Which values are quoted, and which are hidden because they may be secrets?

use secrecy::SecretString;
use systemuser_demo::client::sanitize::{excerpt, may_be_secret, quote, quote_path, show, without};
use systemuser_demo::config::is_secret;

#[test]
fn a_value_that_cannot_be_a_key_is_quoted() {
    for value in [
        "",
        "7ee41fce-9f6e-4c32-8195-0fe2c1517f43",
        "Kunde 42, Ærlig & Sønn (Oslo)",
        "altinn:authentication/systemuser.request.write altinn:authentication/systemregister.write",
        "urn:altinn:accesspackage:lonn-personopplysninger-saerlig-kategori",
        "991825827_a-system-with-a-very-long-name-in-lower-case",
        "/etc/systemuser-demo/produksjon/virksomheter/312600757/mp-key.pem",
        "http://127.0.0.1:7070/authentication/api/v1/systemregister/vendor/991825827_SmartCloud",
        "https://platform.tt02.altinn.no/authentication/api/v1/exchange/maskinporten?test=true",
        "https://kunde.example/Receipt/Altinn/approved-by-the-customer?id=Kunde-42&lang=nb#top",
        "https://sjolvbetjening.test.samarbeid.digdir.no",
    ] {
        assert_eq!((quote(value), show(value)), (format!("`{value}`"), value.to_owned()));
    }
}

#[test]
fn a_path_is_quoted_if_its_folder_exists() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join("Kunde AS, Avdeling Oslo").join(name);
    std::fs::create_dir(path("")).unwrap();
    let key = path("Nøkkel for test, laget 2026-03-01 av Ola.pem");
    assert_eq!(quote_path(&key), format!("`{}`", key.display()));
    assert!(quote_path(&path("elsewhere/Key.pem")).starts_with("a text of "));
    assert!(quote_path(&path(&"Ab1".repeat(14))).starts_with("a text of "));
}

#[test]
fn a_value_that_may_be_part_of_a_key_is_described() {
    let line = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJCrze8SNFZ4kKvN7xI0VniQ";
    for value in [
        line,
        &line[..41],
        &format!("\"{line}\""),
        &format!("Bearer {line}"),
        &format!("/{line}"),
        &format!("https://a.no/{line}"),
        &format!("https://a.no/?code={}%2F{}", &line[..30], &line[30..]),
        &format!("{}/{}", &line[..30], &line[30..]),
        &format!("{}.{}", &line[..30], &line[30..]),
        "eyJhbGciOiJSUzI1NiJ9",
        "'eyJhbGciOiJSUzI1NiJ9",
        "-----BEGIN PRIVATE KEY-----",
        "https://me:secret@a.no/",
        "00:c3:5f:1e:00:c3:5f:1e:00:c3:5f:1e:00:c3:5f:1e",
        "0123456789abcdef0123456789abcdef0123456789abcdef",
        "a sentence of more than 40 characters With a Capital",
        "“00:c3:5f:1e:00:c3:5f:1e:00:c3:5f:1e:00:c3:5f:1e”",
        &format!("/{} {}", &line[..30], &line[30..]),
        &format!("https://a.no/{}\n{}", &line[..30], &line[30..]),
    ] {
        assert!(may_be_secret(value), "{value}");
        assert_eq!(quote(value), format!("a text of {} characters", value.chars().count()));
    }
}

#[test]
fn a_key_or_a_token_is_distinguished_from_a_similar_reference() {
    for secret in ["-----BEGIN PRIVATE KEY-----", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCFVLzWKTeT84xn"] {
        assert!(is_secret(secret) && is_secret(&format!("\"{secret}")), "{secret}");
    }
    for reference in ["MIKROAIBA-2026", "MILJODIREKTORATET-2026-000000000000000000000001", "eyJan.Ola", "{\"kty\"}"] {
        assert!(!is_secret(reference), "{reference}");
    }
}

#[test]
fn a_servers_text_is_kept_except_for_words_that_may_be_part_of_a_key() {
    let line = "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJCrze8SNFZ4kKvN7xI0VniQ";
    for (text, shown) in [
        ("The scope altinn:authentication/systemuser.request.write was not granted", None),
        ("/registersystemrequest/allowedRedirectUrls/1 is no https address", None),
        ("Path: $.vendor, Altinn.Platform.Authentication.Core.Models.SystemRegisters.RegisterSystemRequest", None),
        ("traceId 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", None),
        ("see https://docs.altinn.studio/en/authorization/guides/system-vendor/system-user/", None),
        (&format!("got '{line}' twice"), Some("got '[a text of 64 characters]' twice")),
        (&format!("kid={}/{}.", &line[..30], &line[30..]), Some("kid=[a text of 66 characters]")),
        ("token eyJhbGciOiJSUzI1NiJ9.e30.c2ln, no", Some("token [a text of 29 characters], no")),
        ("key -----BEGIN PRIVATE KEY----- MIIE", Some("key ")),
    ] {
        assert_eq!(excerpt(text).unwrap(), shown.unwrap_or(text));
    }
}

#[test]
fn a_part_of_a_secret_is_replaced_if_it_is_long() {
    let secret = SecretString::from("abcdefghijklmnopqrstuvwxyz0123456789");
    for (text, shown) in [
        ("abcdefghijklmnopqrs", "abcdefghijklmnopqrs"),
        ("abcdefghijklmnopqrst", "[redacted]"),
        ("xghijklmnopqrstuvwxyzx", "x[redacted]x"),
        ("å 0123456789 qrstuvwxyz0123456789å", "å 0123456789 [redacted]å"),
        ("abcdefghijklmnopqrstuvwxyz0123456789, abcdefghijklmnopqrstuvwxy", "[redacted], [redacted]"),
        ("the scope a:b is not granted to this client", "the scope a:b is not granted to this client"),
    ] {
        assert_eq!(without(Some(&secret), text.to_owned()), shown);
        assert_eq!(without(None, text.to_owned()), text);
    }
    assert_eq!(without(Some(&"short".into()), "a short text".to_owned()), "a [redacted] text");
    // The time does not depend on the product of the lengths.
    let secret = SecretString::from("a".repeat(19) + &"b".repeat(8_000));
    let begun = std::time::Instant::now();
    assert_eq!(without(Some(&secret), "ab".repeat(32 * 1024)), "ab".repeat(32 * 1024));
    assert!(begun.elapsed() < std::time::Duration::from_secs(1), "{:?}", begun.elapsed());
}
