//! Does the sandbox's Altinn answer as documented for the real Altinn? These tests build every request by hand, use
//! none of the client's code, and start a separate sandbox each.

mod approval;
mod approval_chain;
mod approval_page;
mod authorised_parties;
mod bounds;
mod change_requests;
mod forgery;
mod paging;
mod receipt;
mod register;
mod register_faults;
mod request_faults;
mod requests;
mod tokens;

use std::io::{Read, Write};
use std::net::TcpStream;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Utc;
use serde_json::{Value, json};
use systemuser_demo::sandbox::SandboxOptions;

use crate::program::project_text;

const CLIENT: &str = "7ee41fce-9f6e-4c32-8195-0fe2c1517f43";
const SECOND_CLIENT: &str = "1c9b7d52-6e0f-4b83-a5d4-92f3e8c07b16";
const OTHER_VENDORS_CLIENT: &str = "e2f7a94b-0d35-4c68-b1f9-6a83d5c27e04";
const DEMO: &str = "altinn:systembruker.demo";
const REGISTER: &str = "altinn:authentication/systemregister.write";
const WRITE: &str = "altinn:authentication/systemuser.request.write";
const READ: &str = "altinn:authentication/systemuser.request.read";
const SYSTEM: &str = "991825827_smartcloud";
const LOGISTICS: &str = "ttd_systembruker-logistikk-demo";
const SALARY: &str = "ttd_systembruker-salary";

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.body))
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Asserts this status and a problem document from Altinn with this code.
    #[track_caller]
    fn is_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.json()["code"], code, "{}", self.body);
        assert_eq!(self.header("content-type"), Some("application/problem+json; charset=utf-8"));
    }

    /// Asserts this status and an empty body.
    #[track_caller]
    fn is_empty(&self, status: u16) {
        assert_eq!((self.status, self.body.as_str()), (status, ""));
        assert_eq!(self.header("www-authenticate"), None);
    }

    /// Asserts ASP.NET's own validation error about this member.
    #[track_caller]
    fn is_misfit(&self, member: &str) {
        let body = self.json();
        assert_eq!(self.status, 400, "{body}");
        assert!(body.get("code").is_none() && body["errors"].get(member).is_some(), "{body}");
        assert_eq!(body["title"], "One or more validation errors occurred.");
    }

    #[track_caller]
    fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.json()
    }
}

/// A sandbox and its URL.
struct Altinn {
    address: String,
}

fn altinn() -> Altinn {
    with(SandboxOptions::default())
}

fn with(conditions: SandboxOptions) -> Altinn {
    Altinn { address: crate::server::sandbox(conditions) }
}

/// Answers a request like its customer, with the form on the page at its confirm URL.
pub fn answer(confirm: &str, decision: &str) {
    let (address, path) = confirm.split_at(confirm.find("/accessmanagement/").unwrap() + 1);
    let altinn = Altinn { address: address.to_owned() };
    let answer = approval::open(&altinn, &format!("/{path}")).press(&altinn, decision);
    assert_eq!(answer.status, 303, "{}", answer.body);
}

impl Altinn {
    fn host(&self) -> &str {
        self.address.trim_start_matches("http://").trim_end_matches('/')
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = TcpStream::connect(self.host()).unwrap();
        let own_host = headers.iter().any(|(name, _)| *name == "Host");
        let host = if own_host { String::new() } else { format!("Host: {}\r\n", self.host()) };
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\n{host}Connection: close\r\n{headers}");
        write!(stream, "{head}Content-Length: {length}\r\n\r\n{body}").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// Calls the API under `/authentication/api/v1/` with a token.
    fn call(&self, token: &str, method: &str, path: &str, body: &Value) -> Answer {
        let authorization = format!("Bearer {token}");
        let mut headers = vec![("Authorization", authorization.as_str())];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        if !body.is_empty() {
            headers.push(("Content-Type", "application/json"));
        }
        self.send(method, &format!("/authentication/api/v1/{path}"), &headers, &body)
    }

    fn get(&self, path: &str) -> Answer {
        self.call(&self.vendor(), "GET", path, &Value::Null)
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(&self.vendor(), "POST", path, body)
    }

    fn put(&self, path: &str, body: &Value) -> Answer {
        self.call(&self.vendor(), "PUT", path, body)
    }

    fn delete(&self, path: &str) -> Answer {
        self.call(&self.vendor(), "DELETE", path, &Value::Null)
    }

    /// Maskinporten's answer to a grant.
    fn ask_maskinporten(&self, client: &str, scope: &str, details: Option<Value>) -> Answer {
        let now = Utc::now().timestamp();
        let mut claims = json!({
            "aud": self.address, "iss": client, "scope": scope, "iat": now, "exp": now + 100,
            "jti": uuid::Uuid::new_v4().to_string(),
        });
        if let Some(details) = details {
            claims["authorization_details"] = json!([details]);
        }
        let header = json!({ "alg": "RS256", "kid": "sandbox-example" });
        let assertion = sign(&pem("mp-key.pem.example"), &header, &claims);
        let form = format!("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion={assertion}");
        self.send("POST", "/token", &[("Content-Type", "application/x-www-form-urlencoded")], &form)
    }

    fn token(&self, client: &str, scope: &str) -> String {
        self.ask_maskinporten(client, scope, None).ok()["access_token"].as_str().unwrap().to_owned()
    }

    /// A token with all of the vendor's scopes.
    fn vendor(&self) -> String {
        self.token(CLIENT, &format!("{REGISTER} {WRITE} {READ}"))
    }

    fn ask_for_user(&self, client: &str, owner: &str, external_ref: Option<&str>) -> Answer {
        let organisation = json!({ "authority": "iso6523-actorid-upis", "ID": format!("0192:{owner}") });
        let mut details = json!({ "type": "urn:altinn:systemuser", "systemuser_org": organisation });
        if let Some(reference) = external_ref {
            details["externalRef"] = reference.into();
        }
        self.ask_maskinporten(client, DEMO, Some(details))
    }

    /// A system user's token.
    #[track_caller]
    fn user_token(&self, owner: &str) -> String {
        self.ask_for_user(CLIENT, owner, None).ok()["access_token"].as_str().unwrap().to_owned()
    }

    /// Asserts that no system user matches.
    #[track_caller]
    fn has_no_user(&self, client: &str, owner: &str, external_ref: Option<&str>) {
        let answer = self.ask_for_user(client, owner, external_ref);
        assert_eq!(answer.status, 400, "{}", answer.body);
        assert!(answer.json()["error_uri"].as_str().unwrap().ends_with("/errors/MP-303"), "{}", answer.body);
    }

    /// The status of a reference API for a system user's token.
    fn reads(&self, token: &str, api: &str, org: &str) -> u16 {
        self.send("GET", &format!("/api/{api}/{org}"), &[("Authorization", &format!("Bearer {token}"))], "").status
    }

    /// A token with arbitrary claims and the sandbox's own signature.
    fn forged(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = json!({
            "scope": format!("{REGISTER} {WRITE} {READ}"), "iss": self.address, "exp": Utc::now().timestamp() + 60,
            "consumer": { "authority": "iso6523-actorid-upis", "ID": "0192:991825827" },
        });
        change(&mut claims);
        let header = json!({ "alg": "RS256", "kid": "sandbox-issuer" });
        sign(&pem("src/sandbox/store/issuer-key.pem"), &header, &claims)
    }

    /// A token of the other vendor, with scopes that its client does not have.
    fn other_vendor(&self) -> String {
        self.forged(|claims| claims["consumer"]["ID"] = json!("0192:310702641"))
    }
}

fn pem(file: &str) -> RsaKeyPair {
    let block = pem::parse(project_text(file)).unwrap();
    match block.tag() {
        "PRIVATE KEY" => RsaKeyPair::from_pkcs8(block.contents()).unwrap(),
        _ => RsaKeyPair::from_der(block.contents()).unwrap(),
    }
}

fn sign(key: &RsaKeyPair, header: &Value, claims: &Value) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let message = format!("{}.{}", encode(header), encode(claims));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn claims_of(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

fn right(resource: &str) -> Value {
    json!({ "resource": [{ "id": "urn:altinn:resource", "value": resource }] })
}

fn package(name: &str) -> Value {
    json!({ "urn": format!("urn:altinn:accesspackage:{name}") })
}

/// A valid system that is not registered yet.
fn new_system() -> Value {
    json!({
        "id": "991825827_new",
        "vendor": { "authority": "iso6523-actorid-upis", "ID": "0192:991825827" },
        "name": { "nb": "Nytt", "nn": "Nytt", "en": "New" },
        "description": { "nb": "Et nytt system", "nn": "Eit nytt system", "en": "A new system" },
        "rights": [right(LOGISTICS)],
        "accessPackages": [package("lonn")],
        "clientId": [SECOND_CLIENT],
        "isVisible": true,
        "allowedRedirectUrls": ["https://example.no/receipt"],
    })
}

/// The names of an object's members, in their order.
#[track_caller]
fn names(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

fn changed(mut value: Value, change: impl FnOnce(&mut Value)) -> Value {
    change(&mut value);
    value
}

fn without(value: &Value, member: &str) -> Value {
    changed(value.clone(), |value| drop(value.as_object_mut().unwrap().shift_remove(member)))
}

/// The codes in a STD-00000 problem, in order.
#[track_caller]
fn faults(answer: &Answer) -> Vec<String> {
    answer.is_problem(400, "STD-00000");
    let body = answer.json();
    let faults = body["validationErrors"].as_array().unwrap();
    faults.iter().map(|fault| fault["code"].as_str().unwrap().trim_start_matches("AUTH.VLD-").to_owned()).collect()
}
