//! Successful answers: tokens, exchanged tokens, and the documents of the APIs.

#![no_main]

use libfuzzer_sys::fuzz_target;
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use systemuser_demo::altinn::authorized_parties::Party;
use systemuser_demo::altinn::decoded_jwt::DecodedJwt;
use systemuser_demo::altinn::exchange::{self, AltinnToken};
use systemuser_demo::altinn::scope_catalogue;
use systemuser_demo::altinn::system::{Draft, System};
use systemuser_demo::altinn::system_user::SystemUser;
use systemuser_demo::altinn::system_user_request::{Request, State};
use systemuser_demo::cli::session::verification::{self, PublishedKeys};
use systemuser_demo::client::http::{CallError, TransportError};
use systemuser_demo::client::maskinporten::{self, ExchangeError};
use systemuser_demo::client::reference_api::{self, Logistics, Salary, SystemUserInfo};
use systemuser_demo::client::token::AccessToken;
use systemuser_demo_fuzz::{CLIENTS_KEY, PIECE, SENT, is_short, of_base64, reply, signed, with_what_was_sent};

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else { return };
    let body = with_what_was_sent(rest);
    match first {
        0 => token_answer(&body),
        1 => exchanged(&body),
        // Any claims with a good signature.
        2 => exchanged(signed(&CLIENTS_KEY, br#"{"alg":"RS256"}"#, rest).as_bytes()),
        3 => {
            document::<SystemUserInfo>(&body);
            document::<Logistics>(&body);
            document::<Salary>(&body);
        }
        4 => public_document(&body),
        _ => of_altinn(&body),
    }
});

fn token_answer(body: &[u8]) {
    match maskinporten::read(&reply(200, body)) {
        Ok(token) => is_a_token(&token),
        // Errors show neither the body nor the parser's message, because both may contain the token.
        Err(ExchangeError::Transport(error)) => shows_nothing(&error, body),
        Err(ExchangeError::Refused(refused)) => panic!("a 200 is no refusal: {refused:?}"),
    }
}

fn exchanged(body: &[u8]) {
    match exchange::read(&reply(200, body)) {
        Ok(AltinnToken { secret, expires_in }) => {
            let secret = secret.expose_secret();
            assert_eq!(DecodedJwt::read(secret).is_some(), expires_in.is_some(), "{secret:?}");
            assert!(secret.len() >= 22 && secret.bytes().all(|byte| byte.is_ascii_graphic()), "{secret:?}");
        }
        Err(error) => shows_nothing(&error, body),
    }
}

fn is_a_token(token: &AccessToken) {
    let secret = token.secret.expose_secret();
    assert!(!secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_graphic()), "{secret:?}");
    // `Debug` output of the token does not show the secret.
    let debug = format!("{token:?}");
    assert!(secret.len() < PIECE || token.scope.is_some() || !debug.contains(secret), "{debug}");
}

fn shows_nothing(error: &TransportError, body: &[u8]) {
    let message = error.to_string();
    is_short(&message, 300);
    // The server's URL and the program's own words are not part of the body.
    let message =
        message.replace("https://maskinporten.example/token", "").replace("access_token", "").replace("token_type", "");
    let body = String::from_utf8_lossy(body);
    for word in message.split(|c: char| !c.is_ascii() || !of_base64(c as u8)).filter(|word| word.len() >= PIECE) {
        assert!(!body.contains(word), "{word:?} of the answer is in {message:?}");
    }
}

/// Reads the body as the answer of a reference API.
fn document<T: DeserializeOwned>(body: &[u8]) {
    for status in [200, 204] {
        let answer: Result<T, CallError> = reference_api::read(&reply(status, body));
        let Err(error) = answer else { continue };
        is_short(&error.to_string(), 1_000);
        assert!(!error.to_string().contains(SENT));
        assert_eq!(matches!(error, CallError::Refused(_)), status == 204);
    }
}

fn public_document(body: &[u8]) {
    for status in [200, 404] {
        if let Err(error) = verification::document::<PublishedKeys>(&reply(status, body), "JWK set") {
            is_short(&error.to_string(), 1_000);
            assert!(!error.to_string().contains(SENT));
        }
        match scope_catalogue::read(&reply(status, body)) {
            Ok(scopes) => assert!(!scopes.is_empty() && scopes.is_sorted_by_key(|scope| &scope.name)),
            Err(error) => is_short(&error.to_string(), 1_000),
        }
    }
}

/// Reads Altinn's documents: formatting them does not panic, and fields that were read are sent back unchanged.
fn of_altinn(body: &[u8]) {
    if let Ok(request) = serde_json::from_slice::<Request>(body) {
        let known = request.state().map(State::name);
        assert_eq!(request.status(), known.unwrap_or(&request.status));
        assert!(request.asks_for().is_sorted());
        let _ = request.external_ref();
    }
    if let Ok(user) = serde_json::from_slice::<SystemUser>(body) {
        let _ = user.external_ref();
    }
    if let Ok(party) = serde_json::from_slice::<Party>(body) {
        let units = party.with_subunits();
        assert!(units[0].0 == 0 && units.len() > party.subunits().len());
        let _ = party.packages().chain(party.resources()).count();
    }
    if let Ok(system) = serde_json::from_slice::<System>(body) {
        let again = serde_json::to_value(&system).expect("a system has text keys");
        let same: System = serde_json::from_value(again.clone()).expect("a sent system can be read");
        assert_eq!(serde_json::to_value(&same).expect("likewise"), again);
        assert!(system.validation_errors(true).iter().all(|error| error.code != Some("") && !error.problem.is_empty()));
        assert!(!system.has_client("\n"));
        if let Ok(draft) = serde_json::from_slice::<Draft>(body) {
            // Merging a draft into the system that it came from does not change the id that is sent.
            let merged = draft.without_ignored_fields().merged_into(&system);
            assert_eq!(serde_json::to_value(&merged.id).ok(), serde_json::to_value(&system.id).ok());
        }
    }
    if let Ok(draft) = serde_json::from_slice::<Draft>(body) {
        let _ = draft.without_ignored_fields().new_system().validation_errors(false);
    }
}
