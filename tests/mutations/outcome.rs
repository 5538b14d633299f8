//! The outcome of a run, and whether it is harmless.

use std::fmt::{self, Display};
use std::io::Read;
use std::process::{ChildStderr, ChildStdout};
use std::sync::LazyLock;
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pkcs1::RsaPrivateKeyRef;
use pkcs8::PrivateKeyInfoRef;
use pkcs8::der::Decode;
use serde_json::Value;

use super::mutation::{content_length, head_length};
use super::proxy::Exchange;
use crate::program::{project_text, without_chance};

/// This many consecutive characters of a secret are a leak.
const LEAK: usize = 20;

pub struct Outcome {
    /// `None` if a signal ended the program.
    pub code: Option<i32>,
    pub out: Vec<u8>,
    pub err: Vec<u8>,
}

impl Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (out, err) = (String::from_utf8_lossy(&self.out), String::from_utf8_lossy(&self.err));
        write!(f, "exit code {:?}\n{out}{err}", self.code)
    }
}

pub fn read(mut out: ChildStdout, mut err: ChildStderr) -> (Vec<u8>, Vec<u8>) {
    let read_err = thread::spawn(move || {
        let mut text = Vec::new();
        err.read_to_end(&mut text).map(|_| text).unwrap()
    });
    let mut text = Vec::new();
    out.read_to_end(&mut text).unwrap();
    (text, read_err.join().unwrap())
}

pub fn display(exchanges: &[Exchange]) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let display = |exchange: &Exchange| {
        let mutated = if exchange.is_mutated { ", mutated" } else { "" };
        format!("--- exchange{mutated}\n{}\n--- delivered\n{}\n", text(&exchange.request), text(&exchange.delivered))
    };
    exchanges.iter().map(display).collect()
}

/// The undamaged run of a command.
pub struct Reference {
    command: &'static str,
    out: String,
    /// The number of requests.
    pub exchanges: usize,
}

impl Reference {
    pub fn new(command: &'static str, outcome: Outcome, exchanges: Vec<Exchange>) -> Self {
        let out = without_times(&String::from_utf8(outcome.out).unwrap());
        Self { command, out, exchanges: exchanges.len() }
    }

    /// The fault of a run, if it has one. `is_undamaged` is whether all messages had their content.
    pub fn fault(&self, outcome: &Outcome, exchanges: &[Exchange], is_undamaged: bool) -> Option<String> {
        let (Ok(out), Ok(err)) = (str::from_utf8(&outcome.out), str::from_utf8(&outcome.err)) else {
            return Some("the output is not UTF-8".to_owned());
        };
        let is_token = self.command.starts_with("token");
        let is_too_slow = || err.contains("the request took longer than") || err.contains("the connection timed out");
        let fault = match outcome.code {
            None => "it was killed".to_owned(),
            Some(code) if !(0..=7).contains(&code) || err.contains("panicked") => "it panicked".to_owned(),
            _ if exchanges.iter().any(|exchange| exchange.is_stalled) => "the sandbox stalled".to_owned(),
            _ if [out, err].iter().any(|text| text.contains(|c: char| c.is_control() && c != '\n' && c != '\t')) => {
                "it prints a control character".to_owned()
            }
            Some(0) if !self.is_right(out, exchanges) => "the result is wrong".to_owned(),
            Some(0) => leak(if is_token { "" } else { out }, err, exchanges)?,
            // Not the program's fault, but that of a busy machine.
            _ if is_undamaged && !is_too_slow() && !out.contains("the request took longer than") => {
                "an undamaged message is an error".to_owned()
            }
            _ if self.command != "doctor" && !(out.is_empty() && err.contains("error: ")) => {
                "it prints a result, or no error".to_owned()
            }
            _ => leak(out, err, exchanges)?,
        };
        Some(fault)
    }

    /// Whether stdout is the result of an undamaged run, or what a damaged but complete message really says. HTTP has
    /// no checksum, so a value may be damaged.
    fn is_right(&self, out: &str, exchanges: &[Exchange]) -> bool {
        let part = match self.command {
            "token" => "/token",
            "token --exchange" => "/exchange/",
            _ => "",
        };
        let of_path = |exchange: &&Exchange| {
            let line = exchange.request.split(|byte| *byte == b'\r').next().unwrap_or_default();
            String::from_utf8_lossy(line).contains(part)
        };
        let mut exchanges = exchanges.iter().filter(of_path);
        if !part.is_empty() {
            // The token is exactly the token in a message.
            let is_of = |message: &[u8]| body(message).and_then(token).is_some_and(|token| format!("{token}\n") == out);
            return exchanges.any(|exchange| is_of(&exchange.response) || is_of(&exchange.delivered));
        }
        if without_times(out) == self.out {
            return true;
        }
        // Each word is in the usual result or in a complete damaged message that is JSON, or says that a value is missing.
        // `doctor` prints the status, and compares no clocks without a `Date` header.
        let damaged = exchanges.filter(|exchange| exchange.is_mutated).filter_map(|exchange| {
            // The program does not check the characters of a field that it does not use.
            let text = String::from_utf8_lossy(body(&exchange.delivered)?);
            let json = serde_json::from_str::<Value>(&text).ok()?;
            Some(format!("{} {json}", String::from_utf8_lossy(&exchange.delivered[..12])))
        });
        let mut damaged: Vec<String> = damaged.collect();
        if self.command == "doctor" && !damaged.is_empty() {
            damaged.push("- clock skipped because the response has no Date header".to_owned());
        }
        let is_damaged = |word: &str, more: &str| {
            let escaped = Value::from(word).to_string();
            let escaped = format!("{}{more}", &escaped[1..escaped.len() - 1]);
            damaged.iter().any(|text| text.contains(&escaped))
        };
        let is_known = |word: &str| {
            // `system show` prints the names of some fields, which are languages.
            let name = word.strip_suffix(':').filter(|_| self.command == "system show");
            self.out.split_whitespace().any(|known| known == without_times(word))
                || word == "-"
                || word == "none"
                || word.contains("\\u{")
                || is_damaged(word, "")
                || name.is_some_and(|name| is_damaged(name, "\":"))
        };
        !damaged.is_empty() && out.split_whitespace().all(is_known)
    }
}

/// The body of a complete response with status 2xx.
fn body(message: &[u8]) -> Option<&[u8]> {
    let body = &message[head_length(message)..];
    let is_success = message.get(9) == Some(&b'2');
    match content_length(message) {
        _ if !is_success => None,
        Some(length) => body.get(..length),
        None => Some(body),
    }
}

/// The token in the body of a token response, of Maskinporten or of Altinn.
fn token(body: &[u8]) -> Option<String> {
    let text = str::from_utf8(body).ok()?;
    match serde_json::from_str::<Value>(text) {
        Ok(json) => json["access_token"].as_str().or(json.as_str()).map(|token| token.trim().to_owned()),
        Err(_) => Some(text.trim().to_owned()).filter(|text| text.matches('.').count() == 2),
    }
}

/// The text without ports, dates and times.
fn without_times(text: &str) -> String {
    let is_time = |word: &str| {
        word.contains(['/', ':', '-']) && word.bytes().all(|byte| byte.is_ascii_digit() || b"/:-".contains(&byte))
    };
    let masked = |word: &str| {
        if is_time(word.trim_end()) { word.replace(|c: char| c.is_ascii_digit(), "0") } else { word.to_owned() }
    };
    without_chance(text).split_inclusive([' ', '\n']).map(masked).collect()
}

/// The private key, in two forms: its file, and the private members of its JWK.
static PRIVATE_KEY: LazyLock<String> = LazyLock::new(|| {
    let pem = project_text("mp-key.pem.example");
    let der = pem::parse(&pem).unwrap().into_contents();
    let pkcs1 = PrivateKeyInfoRef::from_der(&der).unwrap().private_key.as_bytes();
    let key = RsaPrivateKeyRef::from_der(pkcs1).unwrap();
    let members = [key.private_exponent, key.prime1, key.prime2, key.exponent1, key.exponent2, key.coefficient];
    members.iter().fold(pem, |text, member| format!("{text}{}\n", URL_SAFE_NO_PAD.encode(member.as_bytes())))
});

/// A piece of a grant, a token or the private key in the output.
pub fn leak(out: &str, err: &str, exchanges: &[Exchange]) -> Option<String> {
    let is_of_token = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let is_of_key = |c: char| is_of_token(c) || "+/=".contains(c);
    let messages = exchanges.iter().flat_map(|exchange| {
        // The response with the issuer's keys is public, but `n` is as long as a token.
        let is_public = exchange.request.starts_with(b"GET /jwk ");
        let responses = [&exchange.response, &exchange.delivered].into_iter().filter(move |_| !is_public);
        responses.chain([&exchange.request])
    });
    let mut secrets = PRIVATE_KEY.clone();
    for message in messages {
        // Only tokens have such long words.
        let text = String::from_utf8_lossy(message);
        secrets.extend(text.split(|c| !is_of_token(c)).filter(|word| word.len() >= 100).flat_map(|word| [word, "\n"]));
    }
    let mut printed = [out, err].into_iter().flat_map(|text| text.split(|c| !is_of_key(c)));
    let is_leak = |word: &&str| (LEAK..=word.len()).any(|end| secrets.contains(&word[end - LEAK..end]));
    Some(format!("it prints a piece of a secret: {}", printed.find(is_leak)?))
}
