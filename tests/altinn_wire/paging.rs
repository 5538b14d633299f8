//! Paged lists, with and without Altinn's paging faults.

use std::num::NonZeroUsize;

use serde_json::{Value, json};
use systemuser_demo::sandbox::{PagingFault, SandboxOptions};

use super::*;

const REQUESTS: &str = "systemuser/request/vendor/bysystem/991825827_smartcloud";
const USERS: &str = "systemuser/vendor/bysystem/991825827_smartcloud";

fn paged(size: usize, paging: PagingFault) -> Altinn {
    with(SandboxOptions { page_size: NonZeroUsize::new(size), paging, ..SandboxOptions::default() })
}

fn ids(page: &Value) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

/// The token in the address of the next page.
fn next(page: &Value) -> Option<String> {
    let next = page["links"].get("next")?.as_str().unwrap();
    Some(next.split_once("?token=").unwrap().1.to_owned())
}

/// Reads all pages at the original URL. Returns the rows, and the number of rows on each page.
fn all(altinn: &Altinn, path: &str) -> (Vec<String>, Vec<usize>) {
    let (mut rows, mut sizes, mut token) = (Vec::new(), Vec::new(), None::<String>);
    loop {
        let query = token.map(|token| format!("?token={token}")).unwrap_or_default();
        let page = altinn.get(&format!("{path}{query}")).ok();
        let page_ids = ids(&page);
        sizes.push(page_ids.len());
        rows.extend(page_ids);
        token = next(&page);
        if token.is_none() || sizes.len() > 20 {
            return (rows, sizes);
        }
    }
}

#[test]
fn a_page_is_an_envelope_and_the_last_page_has_no_next() {
    let altinn = altinn();
    for path in [REQUESTS, USERS, "systemuser/request/vendor/agent/bysystem/991825827_smartcloud"] {
        let page = altinn.get(path).ok();
        assert_eq!((names(&page), &page["links"]), (vec!["links", "data"], &json!({})), "{path}");
        assert!(!ids(&page).is_empty());
    }
}

#[test]
fn a_page_has_fifty_rows_and_no_row_is_lost_between_pages() {
    let altinn = altinn();
    for nth in 0..48 {
        let body = json!({
            "systemId": SYSTEM, "partyOrgNo": "312600757", "externalRef": format!("ref-{nth}"), "rights": [right(SALARY)]
        });
        assert_eq!(altinn.post("systemuser/request/vendor", &body).status, 201);
    }
    let (rows, sizes) = all(&altinn, REQUESTS);
    assert_eq!(sizes, [50, 5]);
    let mut different = rows.clone();
    different.dedup();
    assert_eq!(rows.len(), different.len());
}

#[test]
fn the_link_to_the_next_page_has_the_host_of_the_request() {
    let altinn = paged(2, PagingFault::Right);
    let token = format!("Bearer {}", altinn.vendor());
    for path in [REQUESTS, USERS] {
        for host in [altinn.host(), "localhost:1234", "example.no"] {
            let headers = [("Authorization", token.as_str()), ("Host", host)];
            let page = altinn.send("GET", &format!("/authentication/api/v1/{path}"), &headers, "").ok();
            let next = page["links"]["next"].as_str().unwrap();
            assert!(next.starts_with(&format!("http://{host}/authentication/api/v1/{path}?token=")), "{next}");
        }
    }
}

#[test]
fn the_link_to_the_next_page_can_have_an_internal_host() {
    let altinn = paged(2, PagingFault::InternalHost);
    for path in [REQUESTS, USERS] {
        let page = altinn.get(path).ok();
        let next = page["links"]["next"].as_str().unwrap();
        let inside = format!("http://authentication.internal/authentication/api/v1/{path}?token=");
        assert!(next.starts_with(&inside) && !next.contains(altinn.host()), "{next}");
    }
    // Otherwise, the pages are complete.
    assert_eq!(all(&altinn, REQUESTS).1, [2, 2, 2, 1]);
}

#[test]
fn small_pages_have_every_row_once() {
    let altinn = paged(2, PagingFault::Right);
    let (rows, sizes) = all(&altinn, REQUESTS);
    assert_eq!(sizes, [2, 2, 2, 1]);
    let whole = ids(&super::altinn().get(REQUESTS).ok());
    assert_eq!(rows, whole);
    assert_eq!(all(&altinn, USERS).1, [2, 2]);
}

#[test]
fn a_list_of_requests_can_lose_a_row_between_pages() {
    let altinn = paged(2, PagingFault::LosesRows);
    let whole = ids(&super::altinn().get(REQUESTS).ok());
    let (rows, sizes) = all(&altinn, REQUESTS);
    assert_eq!(sizes, [2, 2, 1]);
    assert_eq!(rows, [&whole[0], &whole[1], &whole[3], &whole[4], &whole[6]].map(String::clone));
    // Lists of system users never had this fault.
    assert_eq!(all(&altinn, USERS).1, [2, 2]);
}

#[test]
fn a_list_can_name_its_first_page_as_the_next_for_ever() {
    let altinn = paged(2, PagingFault::NeverEnds);
    for path in [REQUESTS, USERS] {
        let first = altinn.get(path).ok();
        let token = next(&first).unwrap();
        let second = altinn.get(&format!("{path}?token={token}")).ok();
        assert_eq!(second, first);
    }
}

#[test]
fn a_list_of_change_requests_ignores_its_token() {
    let altinn = paged(2, PagingFault::Right);
    let user = altinn.get(USERS).ok()["data"][0]["id"].as_str().unwrap().to_owned();
    let path = "systemuser/changerequest/vendor/bysystem/991825827_smartcloud";
    for (nth, has_next) in [(1, false), (2, false), (3, true)] {
        let change = json!({ "unwantedRights": [right(SALARY)] });
        let ids = format!("correlation-id=00000000-0000-4000-8000-00000000000{nth}&system-user-id={user}");
        assert_eq!(altinn.post(&format!("systemuser/changerequest/vendor?{ids}"), &change).status, 201);
        assert_eq!(next(&altinn.get(path).ok()).is_some(), has_next);
    }
    let first = altinn.get(path).ok();
    let token = next(&first).unwrap();
    assert_eq!(altinn.get(&format!("{path}?token={token}")).ok(), first);
    altinn.get(&format!("{path}?token=%21")).is_misfit("token");
}

#[test]
fn an_invalid_token_is_refused() {
    let altinn = altinn();
    altinn.get(&format!("{REQUESTS}?token=%21")).is_misfit("token");
}

#[test]
fn the_paging_faults_have_names() {
    for name in ["right", "loses-rows", "never-ends", "internal-host"] {
        assert_eq!(PagingFault::named(name).unwrap().name(), name);
    }
    assert!(PagingFault::named("other").is_none());
    assert_eq!(PagingFault::default(), PagingFault::Right);
}
