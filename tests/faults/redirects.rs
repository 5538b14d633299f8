//! Redirects: the client follows none, so no grant and no token is sent to the target.

use super::wire::Wire;
use super::{Call, Case, HTTP, hold, no_answer, tls};
use crate::server::empty;

const STATUSES: [&str; 5] =
    ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"];

#[test]
fn no_grant_and_no_token_is_sent_to_a_redirect_target() {
    let plain = Wire::answering(|_| panic!("a redirect was followed"));
    let encrypted = Wire::answering_tls(tls::here_now(), |_| panic!("a redirect was followed"));
    let here = [plain.url(), encrypted.url(), encrypted.url().replace("127.0.0.1", "localhost")];
    // Another path on the same server, other hosts, and values that are not URLs a client may follow.
    let elsewhere = ["/elsewhere", "//example.no/", "https://example.no/token", "file:///etc/passwd", "elsewhere:"];
    let targets = here.iter().map(String::as_str).chain(elsewhere);
    let cases = targets.enumerate().flat_map(|(nth, target)| {
        let all = STATUSES.into_iter().flat_map(|status| Call::ALL.map(|call| (status, call)));
        // The first target is tested with each status and call, the other targets with a part of these combinations.
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
        // A client that followed the redirect would send another path, or leave out the secret.
        Wire::answering(move |request| {
            assert_eq!(request.target.trim_start_matches('/'), call.path());
            answer.clone()
        })
    };
    let message = format!(
        "status {} is a redirect to `{}`, which is not followed",
        &status[..3],
        crate::program::without_chance(target)
    );
    Case::new(&format!("{status} to {target}"), call, server, no_answer(call, HTTP, &message))
}

#[test]
fn a_redirect_without_a_target_or_with_the_secret_in_it_is_reported_without_the_secret() {
    let cases = Call::ALL.into_iter().flat_map(|call| {
        let nowhere = Case::new(
            "without a Location",
            call,
            || Wire::answering(|_| empty("302 Found").into_bytes()),
            no_answer(call, HTTP, "status 302 is a redirect, which is not followed"),
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
            no_answer(call, HTTP, "status 302 is a redirect to `/[redacted]`, which is not followed"),
        );
        [nowhere, repeated]
    });
    hold(cases);
}
