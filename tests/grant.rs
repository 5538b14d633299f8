//! Does a grant have exactly the bytes that another implementation computes?

use chrono::DateTime;
use reqwest::Url;
use secrecy::ExposeSecret;
use systemuser_demo::client::grant::Grant;
use systemuser_demo::client::key::{KeySource, SigningKey, signing_algorithm};
use systemuser_demo::client::{SystemUserRef, TokenRequest};
use uuid::Uuid;

use crate::program::{data, data_text, project, project_text};

/// The grant of tests/data/grant.mjs, signed.
pub fn signed(key: &SigningKey, owner: Option<&str>, external_ref: Option<&str>) -> String {
    signed_for(&[], key, owner, external_ref)
}

fn signed_for(resource: &[String], key: &SigningKey, owner: Option<&str>, external_ref: Option<&str>) -> String {
    let issuer = Url::parse("https://test.maskinporten.no/").unwrap();
    let external_ref = external_ref.map(str::to_owned);
    let request = TokenRequest {
        scope: "altinn:systembruker.demo".to_owned(),
        system_user: owner.map(|owner| SystemUserRef { owner: owner.parse().unwrap(), external_ref }),
        resource: resource.to_vec(),
    };
    let grant = Grant {
        issuer: &issuer,
        client_id: "7ee41fce-9f6e-4c32-8195-0fe2c1517f43",
        request: &request,
        now: DateTime::from_timestamp(1_700_000_000, 0).unwrap(),
        jti: Uuid::parse_str("11111111-2222-4333-8444-555555555555").unwrap(),
    };
    grant.sign(key).0.expose_secret().to_owned()
}

fn key(algorithm: Option<&str>) -> SigningKey {
    let algorithm = algorithm.map(|name| signing_algorithm(name).unwrap());
    SigningKey::load(&KeySource::File(data("key.jwk.json")), None, algorithm).unwrap()
}

#[test]
fn a_grant_for_a_system_user_has_the_known_bytes() {
    assert_eq!(signed(&key(None), Some("210493352"), None), data_text("grant.rs256.jwt"));
}

#[test]
fn an_external_reference_stands_beside_the_owner() {
    assert_eq!(signed(&key(None), Some("210493352"), Some("customer-42")), data_text("grant.external-ref.jwt"));
}

#[test]
fn a_resource_is_an_array() {
    let resource = ["https://api.example.no".to_owned()];
    assert_eq!(signed_for(&resource, &key(None), Some("210493352"), None), data_text("grant.resource.jwt"));
}

#[test]
fn a_plain_grant_has_no_authorization_details() {
    assert_eq!(signed(&key(None), None, None), data_text("grant.plain.jwt"));
}

#[test]
fn the_longer_hashes_give_the_known_bytes_too() {
    assert_eq!(signed(&key(Some("RS384")), Some("210493352"), None), data_text("grant.rs384.jwt"));
    assert_eq!(signed(&key(Some("RS512")), Some("210493352"), None), data_text("grant.rs512.jwt"));
}

#[test]
fn a_certificate_chain_replaces_the_key_id() {
    let pem = project_text("config/sandbox-certificate.pem");
    let certificates: Vec<Vec<u8>> =
        pem::parse_many(pem).unwrap().into_iter().map(|block| block.into_contents()).collect();
    assert_eq!(certificates.len(), 3);
    for name in ["RS256", "RS512"] {
        let source = KeySource::File(project("mp-key.pem.example"));
        let mut key = SigningKey::load(&source, Some("not-sent"), signing_algorithm(name)).unwrap();
        key.certificates.clone_from(&certificates);
        let expected = data_text(&format!("grant.x5c.{}.jwt", name.to_lowercase()));
        assert_eq!(signed(&key, Some("210493352"), None), expected);
    }
}
