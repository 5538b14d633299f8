//! What the sandbox holds is bounded, however long it runs and whatever is asked of it.

use serde_json::json;

use super::requests::{REQUESTS, wish};
use super::*;

/// The answers to calls that are made until one is refused, or to so many.
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

/// A token that lives for as long as it takes.
fn lasting(altinn: &Altinn) -> String {
    altinn.forged(|claims| claims["exp"] = json!(claims["exp"].as_i64().unwrap() + 3600))
}

#[track_caller]
fn is_full(answer: &Answer) {
    assert_eq!((answer.status, answer.header("content-type")), (500, Some("text/plain; charset=utf-8")));
    assert!(answer.body.starts_with("The sandbox is full."), "{}", answer.body);
}

#[test]
fn more_requests_than_anybody_makes_are_refused_until_some_are_deleted() {
    let altinn = altinn();
    let token = lasting(&altinn);
    let post = |number: usize| {
        let body = changed(wish(), |wish| wish["externalRef"] = json!(number.to_string()));
        altinn.call(&token, "POST", REQUESTS, &body)
    };
    let (held, refused) = until_refused(5_100, post);
    is_full(&refused);
    assert!(held > 4_900, "{held}");
    // Who asks again gets what there is, and a deleted one makes room.
    assert_eq!(post(0).status, 200);
    let first = post(0).json()["id"].as_str().unwrap().to_owned();
    assert_eq!(altinn.delete(&format!("{REQUESTS}/{first}")).status, 202);
    assert_eq!(post(held).status, 201);
    is_full(&post(held + 1));
}

#[test]
fn more_changes_of_systems_than_anybody_makes_are_refused() {
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
fn a_few_huge_ones_fill_it_as_many_small_ones_do() {
    let altinn = altinn();
    let token = lasting(&altinn);
    let huge = "a".repeat(60_000);
    let (held, refused) = until_refused(5_100, |number| {
        let body = changed(wish(), |wish| wish["externalRef"] = json!(format!("{number}{huge}")));
        altinn.call(&token, "POST", REQUESTS, &body)
    });
    is_full(&refused);
    assert!((30..40).contains(&held), "{held}");
    is_full(&altinn.post("systemregister/vendor", &changed(new_system(), |system| system["name"]["nn"] = json!(huge))));
    // There is room for a small one still.
    assert_eq!(altinn.post("systemregister/vendor", &new_system()).status, 200);
}
