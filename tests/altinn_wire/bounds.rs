//! The sandbox's stored data is limited, regardless of run time and number of requests.

use serde_json::json;

use super::requests::{REQUESTS, new_request};
use super::*;

/// Repeats a call until it is refused, or at most `most` times. Returns the number of accepted calls and the last
/// answer.
fn until_refused(most: usize, call: impl Fn(usize) -> Answer) -> (usize, Answer) {
    let mut number = 0;
    loop {
        let answer = call(number);
        if answer.status >= 400 || number == most {
            return (number, answer);
        }
        number += 1;
    }
}

/// A token that is valid for the whole test.
fn lasting(altinn: &Altinn) -> String {
    altinn.forged(|claims| claims["exp"] = json!(claims["exp"].as_i64().unwrap() + 3600))
}

#[track_caller]
fn is_full(answer: &Answer) {
    assert_eq!((answer.status, answer.header("content-type")), (500, Some("text/plain; charset=utf-8")));
    assert!(answer.body.starts_with("The sandbox is full."), "{}", answer.body);
}

#[test]
fn too_many_requests_are_refused_until_some_are_deleted() {
    let altinn = altinn();
    let token = lasting(&altinn);
    let post = |number: usize| {
        let body = changed(new_request(), |body| body["externalRef"] = json!(number.to_string()));
        altinn.call(&token, "POST", REQUESTS, &body)
    };
    let (held, refused) = until_refused(5_100, post);
    is_full(&refused);
    assert!(held > 4_900, "{held}");
    // Repeating a request returns the existing request, and deleting a request makes room for a new request.
    assert_eq!(post(0).status, 200);
    let first = post(0).json()["id"].as_str().unwrap().to_owned();
    assert_eq!(altinn.delete(&format!("{REQUESTS}/{first}")).status, 202);
    assert_eq!(post(held).status, 201);
    is_full(&post(held + 1));
}

#[test]
fn too_many_changes_of_systems_are_refused() {
    let altinn = altinn();
    let token = lasting(&altinn);
    let path = format!("systemregister/vendor/{SYSTEM}");
    let (held, refused) =
        until_refused(5_100, |_| altinn.call(&token, "PUT", &format!("{path}/accesspackages"), &json!([])));
    is_full(&refused);
    assert!(held > 4_900, "{held}");
    is_full(&altinn.post("systemregister/vendor", &new_system()));
    is_full(&altinn.delete(&path));
    assert_eq!(altinn.get(&path).status, 200);
}

#[test]
fn a_few_huge_requests_fill_the_sandbox_like_many_small_requests() {
    let altinn = altinn();
    let token = lasting(&altinn);
    let huge = "a".repeat(60_000);
    let (held, refused) = until_refused(5_100, |number| {
        let body = changed(new_request(), |body| body["externalRef"] = json!(format!("{number}{huge}")));
        altinn.call(&token, "POST", REQUESTS, &body)
    });
    is_full(&refused);
    assert!((30..40).contains(&held), "{held}");
    is_full(&altinn.post("systemregister/vendor", &changed(new_system(), |system| system["name"]["nn"] = json!(huge))));
    // There is still room for a small system.
    assert_eq!(altinn.post("systemregister/vendor", &new_system()).status, 200);
}
