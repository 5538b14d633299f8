//! Redirects: neither a grant nor a token goes where they lead.

use super::wire::Wire;
use super::{Call, Case, HTTP, hold, no_answer, tls};
use crate::server::empty;

const STATUSES: [&str; 5] =
    ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"];

#[test]
fn no_grant_and_no_token_follows_a_redirect() {
    let plain = Wire::answering(|_| panic!("a redirect was followed"));
    let encrypted = Wire::answering_tls(tls::here_now(), |_| panic!("a redirect was followed"));
    let here = [plain.url(), encrypted.url(), encrypted.url().replace("127.0.0.1", "localhost")];
    // The server itself, at another place; other hosts; and what no client should take for an address.
    let elsewhere = ["/elsewhere", "//example.no/", "https://example.no/token", "file:///etc/passwd", "elsewhere:"];
    let targets = here.iter().map(String::as_str).chain(elsewhere);
    let cases = targets.enumerate().flat_map(|(nth, target)| {
        let all = STATUSES.into_iter().flat_map(|status| Call::ALL.map(|call| (status, call)));
        // Each status at each call for the first; then one after the other.
        let some = all.enumerate().filter(move |(at, _)| nth == 0 || at % 8 == nth).map(|(_, case)| case);
        some.map(|(status, call)| redirected(status, target, call)).collect::<Vec<_>>()
    });
    hold(cases);
    assert_eq!((plain.connections(), encrypted.connections()), (0, 0));
}

fn redirected(status: &str, target: &str, call: Call) -> Case {
    let answer = empty(&format!("{status}\r\nLocation: {target}")).into_bytes();
    let server = move || {
        let answer = answer.clone();
        // Whoever followed would come back to the same server with another path, or without the secret.
        Wire::answering(move |request| {
            assert_eq!(request.target.trim_start_matches('/'), call.path());
            answer.clone()
        })
    };
    let said = format!(
        "status {} points elsewhere, to `{}`, and no redirect is followed",
        &status[..3],
        crate::program::without_chance(target)
    );
    Case::new(&format!("{status} to {target}"), call, server, no_answer(call, HTTP, &said))
}

#[test]
fn a_redirect_that_repeats_the_secret_or_leads_nowhere_is_told_without_it() {
    let cases = Call::ALL.into_iter().flat_map(|call| {
        let nowhere = Case::new(
            "without a Location",
            call,
            || Wire::answering(|_| empty("302 Found").into_bytes()),
            no_answer(call, HTTP, "status 302 points elsewhere, and no redirect is followed"),
        );
        let repeated = Case::new(
            "with the secret in it",
            call,
            || {
                Wire::answering(|request| {
                    let secret = request.body.split("assertion=").nth(1).or(request.header("authorization")).unwrap();
                    empty(&format!("302 Found\r\nLocation: /{}", secret.trim_start_matches("Bearer "))).into_bytes()
                })
            },
            no_answer(call, HTTP, "status 302 points elsewhere, to `/[what was sent]`, and no redirect is followed"),
        );
        [nowhere, repeated]
    });
    hold(cases);
}
