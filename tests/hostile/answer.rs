//! Successful answers with arbitrary content: tokens, exchanged tokens, and documents.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use secrecy::ExposeSecret;
use serde_json::Value;
use systemuser_demo::altinn::authorized_parties::Party;
use systemuser_demo::altinn::decoded_jwt::DecodedJwt;
use systemuser_demo::altinn::exchange::{self, AltinnToken};
use systemuser_demo::altinn::scope_catalogue;
use systemuser_demo::altinn::system::{Draft, System};
use systemuser_demo::altinn::system_user_request::Request;
use systemuser_demo::cli::session::verification::{PublishedKeys, document};
use systemuser_demo::client::http::CallError;
use systemuser_demo::client::maskinporten::{self, ExchangeError};
use systemuser_demo::client::reference_api::{self, Logistics, Salary, SystemUserInfo};
use systemuser_demo::client::token::AccessToken;

use super::{SENT, acts, any_json, giants, is_soon_done, object_with, reply, text, try_all};

const NAMES: &[&str] = &["access_token", "token_type", "expires_in", "scope", "error"];
const OF_ALTINN: &[&str] = &[
    "id",
    "vendor",
    "name",
    "description",
    "rights",
    "accessPackages",
    "requiredRights",
    "unwantedRights",
    "requiredAccessPackages",
    "unwantedAccessPackages",
    "systemUserId",
    "clientId",
    "isVisible",
    "allowedRedirectUrls",
    "status",
    "timedOut",
    "externalRef",
    "partyOrgNo",
    "ID",
    "nb",
    "resource",
    "action",
    "value",
    "urn",
    "partyUuid",
    "organizationNumber",
    "authorizedAccessPackages",
    "authorizedResources",
    "subunits",
];

fn is_a_token(token: &AccessToken) -> bool {
    let secret = token.secret.expose_secret();
    !secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Token answers, some of them valid.
fn bodies() -> impl Strategy<Value = String> {
    let token = prop_oneof![Just(r#"{"access_token":"opaque-token","expires_in":119}"#.to_owned()), text()];
    let near =
        (text(), prop_oneof![Just("Bearer".to_owned()), text()], any::<u64>()).prop_map(|(token, kind, lives)| {
            serde_json::json!({ "access_token": token, "token_type": kind, "expires_in": lives }).to_string()
        });
    let jwt = (object_with(&["iat", "nbf", "exp"]), any::<bool>()).prop_map(|(claims, quoted)| {
        let part = URL_SAFE_NO_PAD.encode(claims.to_string());
        let token = format!("e30.{part}.AQAB");
        if quoted { Value::from(token).to_string() } else { token }
    });
    let opaque = "[a-zA-Z0-9._~+/-]{18,30}={0,3}[ \n]?";
    prop_oneof![
        token,
        near,
        jwt,
        opaque,
        object_with(NAMES).prop_map(|json| json.to_string()),
        any_json().prop_map(|json| json.to_string())
    ]
}

#[test]
fn an_accepted_token_is_well_formed_and_a_rejected_answer_is_not_printed() {
    try_all(4_000, bodies(), |body| {
        let shown = |error: &dyn std::fmt::Display| {
            let error = error.to_string();
            let words = error.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() > 12);
            words.filter(|word| body.contains(*word)).map(str::to_owned).collect::<Vec<_>>()
        };
        match maskinporten::read(&reply(200, body.as_str())) {
            Ok(token) => prop_assert!(is_a_token(&token)),
            Err(ExchangeError::Transport(error)) => prop_assert!(shown(&error).is_empty(), "{}", error),
            Err(ExchangeError::Refused(refused)) => prop_assert!(false, "{:?}", refused),
        }
        match exchange::read(&reply(200, body.as_str())) {
            Ok(AltinnToken { secret, expires_in }) => {
                let secret = secret.expose_secret();
                let is_jwt = DecodedJwt::read(secret).is_some();
                prop_assert!(is_jwt == expires_in.is_some() && (22..=65_536).contains(&secret.len()), "{}", secret);
                prop_assert!(
                    secret.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b)),
                    "{}",
                    secret
                );
            }
            Err(error) => prop_assert!(shown(&error).is_empty(), "{}", error),
        }
        Ok(())
    });
}

#[test]
fn an_arbitrary_document_is_read_or_quoted_from_its_beginning() {
    fn message<T: serde::de::DeserializeOwned>(body: &str) -> Option<String> {
        let answer: Result<T, CallError> = reference_api::read(&reply(200, body));
        answer.err().map(|error| error.to_string())
    }
    let body = prop_oneof![
        object_with(&["systemuser_org", "systemuser_id", "system_id", "status", "createTime", "salaryAmount"]),
        object_with(OF_ALTINN),
        object_with(&["keys"]),
        any_json(),
    ];
    let body = prop_oneof![body.prop_map(|json: Value| json.to_string().replace("null", SENT)), text()];
    try_all(5_000, body, |body| {
        let keys =
            document::<PublishedKeys>(&reply(200, body.as_str()), "JWK set").err().map(|error| error.to_string());
        let all = [message::<SystemUserInfo>(&body), message::<Logistics>(&body), message::<Salary>(&body), keys];
        for message in all.into_iter().flatten() {
            prop_assert!(!message.contains(acts) && !message.contains(SENT) && message.len() < 3_000, "{:?}", message);
        }
        if let Ok(request) = serde_json::from_str::<Request>(&body) {
            prop_assert!(request.state().is_some() || request.status() == request.status);
            prop_assert!(request.adds().len() >= request.required_rights.len());
            prop_assert!(request.removes().len() >= request.unwanted_access_packages.len());
        }
        if let Ok(system) = serde_json::from_str::<System>(&body) {
            system.validation_errors(true);
            let sent = serde_json::to_value(&system).unwrap();
            prop_assert_eq!(
                serde_json::to_value(serde_json::from_value::<System>(sent.clone()).unwrap()).unwrap(),
                sent
            );
        }
        if let Ok(party) = serde_json::from_str::<Party>(&body) {
            let units = party.with_subunits();
            prop_assert!(units[0].0 == 0 && units.len() > party.subunits().len());
        }
        if let Ok(draft) = serde_json::from_str::<Draft>(&body) {
            draft.without_ignored_fields().new_system().validation_errors(false);
        }
        Ok(())
    });
}

#[test]
fn an_entry_of_the_catalogue_has_a_name_and_fields_of_the_right_type_or_is_ignored() {
    const FIELDS: &[&str] = &["name", "name", "description", "description#en", "active", "owner_orgno", "at_max_age"];
    let types = object_with(&["allowed_integration_types", "accessible_for_all", "name"]);
    let entry = prop_oneof![3 => object_with(FIELDS), 1 => types, 1 => any_json()];
    try_all(3_000, (entry, any_json()), |(entry, other)| {
        let body = format!(r#"[{other},{entry},{{"name":"last:scope"}}]"#);
        let scopes = scope_catalogue::read(&reply(200, body.as_str())).unwrap();
        prop_assert!(scopes.len() <= 3 && scopes.iter().any(|scope| scope.name == "last:scope"));
        prop_assert!(scopes.is_sorted_by_key(|scope| &scope.name));
        for scope in scopes {
            prop_assert!(
                !scope.name.is_empty() && scope.name.len() <= 200 && !scope.name.contains(char::is_whitespace)
            );
        }
        let message = scope_catalogue::read(&reply(200, entry.to_string())).err().map(|error| error.to_string());
        prop_assert!(message.is_none_or(|message| !message.contains(acts) && message.len() < 3_000));
        Ok(())
    });
}

#[test]
fn a_giant_entry_of_the_catalogue_is_ignored() {
    for (name, giant) in giants() {
        is_soon_done(|| {
            // A giant that is not JSON makes the whole text no catalogue.
            for giant in [giant.clone(), serde_json::to_string(&giant).unwrap()] {
                let body = format!(r#"[{{"name":"a:b"}},{giant}]"#);
                if let Ok(scopes) = scope_catalogue::parse(body.as_bytes()) {
                    assert_eq!(scopes.len(), 1, "{name}");
                }
            }
        });
    }
}

#[test]
fn a_giant_answer_is_read_or_refused_without_a_panic() {
    for (name, giant) in giants() {
        is_soon_done(|| {
            let token = maskinporten::read(&reply(200, giant.as_str()));
            assert!(token.is_err_and(|error| error.to_string().len() < 300), "{name}");
            let token = exchange::read(&reply(200, giant.as_str()));
            assert!(token.is_err_and(|error| error.to_string().len() < 300), "{name}");
            let info: Result<SystemUserInfo, _> = reference_api::read(&reply(200, giant.as_str()));
            assert!(
                info.map_or_else(|error| error.to_string().len() < 3_000, |info| info.system_id.is_none()),
                "{name}"
            );
        });
    }
}
