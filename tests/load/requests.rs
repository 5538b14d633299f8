//! Ten thousand requests over 64 connections.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use chrono::Utc;
use reqwest::Url;
use secrecy::ExposeSecret;
use systemuser_demo::client::grant::Grant;
use systemuser_demo::client::key::{KeySource, SigningKey};
use systemuser_demo::client::{SystemUserRef, TokenRequest};
use uuid::Uuid;

use super::{Client, METADATA, ends_within_a_second, has_held_little, peak_memory};
use crate::program::project;
use crate::sandbox::{Standing, standing};

const CONNECTIONS: usize = 64;

/// A request and its expected response.
struct Case {
    request: String,
    status: u16,
    /// A part of the expected body.
    says: &'static str,
}

fn get(path: &str, token: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n")
}

fn post(assertion: &str) -> String {
    let body = format!("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion={assertion}");
    let form = "Content-Type: application/x-www-form-urlencoded";
    format!("POST /token HTTP/1.1\r\nHost: x\r\n{form}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// This number of different grants for the owner's system user.
fn grants(sandbox: &Standing, owner: &str, number: usize) -> Vec<String> {
    let issuer = Url::parse(&format!("{}/", sandbox.address)).unwrap();
    let file = KeySource::File(project("mp-key.pem.example"));
    let key = SigningKey::load(&file, Some("sandbox-example"), None).unwrap();
    let request = TokenRequest {
        scope: "altinn:systembruker.demo".to_owned(),
        system_user: Some(SystemUserRef { owner: owner.parse().unwrap(), external_ref: None }),
        resource: Vec::new(),
    };
    let one = || {
        let grant = Grant {
            issuer: &issuer,
            client_id: "7ee41fce-9f6e-4c32-8195-0fe2c1517f43",
            request: &request,
            now: Utc::now(),
            jti: Uuid::new_v4(),
        };
        grant.sign(&key).0.expose_secret().to_owned()
    };
    let part = || (0..number / 2).map(|_| one()).collect::<Vec<_>>();
    thread::scope(|scope| {
        let other = scope.spawn(part);
        [part(), other.join().unwrap()].concat()
    })
}

fn token(sandbox: &Standing, owner: &str) -> String {
    let grant = grants(sandbox, owner, 2).pop().unwrap();
    let answer = Client::of(sandbox).ask(post(&grant)).unwrap();
    let answer: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

/// Ten thousand requests. A tenth are valid grants, which cost as much as all the others.
fn cases(sandbox: &Standing, grants: &[String]) -> Vec<Case> {
    let works = token(sandbox, "210493352");
    let without_salary = token(sandbox, "310904473");
    let case = |request, status, says| Case { request, status, says };
    let cases = grants.iter().enumerate().flat_map(|(nth, grant)| {
        let api = match nth % 4 {
            0 => case(get("/api/SystemUserInfo", &works), 200, "991825827_smartcloud"),
            1 => case(get("/api/Logistics/210493352", &works), 200, "VeryWell"),
            2 => case(get("/api/Salary/210493352", &works), 200, "1337"),
            _ => case(get("/api/Salary/310904473", &without_salary), 403, "Access denied"),
        };
        [
            case(post(grant), 200, "\"access_token\":\"eyJ"),
            case(post("rubbish"), 400, "MP-011"),
            case(post("e30.e30.rubbish"), 400, "MP-011"),
            case(METADATA.to_owned(), 200, "\"token_endpoint\""),
            case(get("/jwk", "rubbish"), 200, "sandbox-issuer"),
            api,
            case(get("/api/SystemUserInfo", "rubbish"), 401, ""),
            case(get("/authentication/api/v1/systemregister/vendor", "rubbish"), 401, ""),
            case(get("/accessmanagement/ui/systemuser/request", "rubbish"), 403, "<html"),
            case(get("/rubbish", "rubbish"), 404, ""),
        ]
    });
    cases.collect()
}

/// Sends all requests over all connections at once, and counts the responses by status.
fn asked(sandbox: &Standing, cases: &[Case]) -> BTreeMap<u16, usize> {
    let (next, counted) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let mut client = Client::of(sandbox);
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let answer = client.ask(&case.request).unwrap();
                    let right = answer.status == case.status && answer.body.contains(case.says);
                    assert!(right, "{}\n{answer:?}", case.request);
                    *counted.lock().unwrap().entry(answer.status).or_insert(0) += 1;
                }
            });
        }
    });
    counted.into_inner().unwrap()
}

#[test]
fn ten_thousand_requests_over_64_connections_are_answered_and_leave_nothing_behind() {
    let sandbox = standing();
    let grants = grants(&sandbox, "210493352", 1_000);
    let (first, second) = grants.split_at(500);
    let answers = [(200, 1_875), (400, 1_000), (401, 1_000), (403, 625), (404, 500)].into();
    assert_eq!(asked(&sandbox, &cases(&sandbox, first)), answers);
    let peak = peak_memory(&sandbox);
    assert_eq!(asked(&sandbox, &cases(&sandbox, second)), answers);
    let grown = peak_memory(&sandbox) - peak;
    assert!(grown < 1024, "{grown} KiB");
    has_held_little(&sandbox);
    // Each grant has been used.
    let spent = |grant: &String| Case { request: post(grant), status: 400, says: "used before" };
    assert_eq!(asked(&sandbox, &first.iter().map(spent).collect::<Vec<_>>()), [(400, 500)].into());
}

#[test]
fn ctrl_c_ends_it_while_64_connections_are_busy() {
    let sandbox = standing();
    let grants = grants(&sandbox, "210493352", 2);
    let cases = cases(&sandbox, &grants);
    let address = sandbox.address.clone();
    let answered = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let mut client = Client::at(&address);
                let mut requests = cases.iter().cycle().map(|case| &case.request);
                while client.ask(requests.next().unwrap()).is_ok() {
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        while answered.load(Ordering::Relaxed) < 1_000 {
            thread::sleep(Duration::from_millis(1));
        }
        ends_within_a_second(sandbox);
    });
}
