//! The public catalogue of scopes: faults of its server, and of its cache.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::proxies::tunnel;
use super::wire::{Connection, Wire};
use super::{TOKEN, at_once, bounded, no_response, shows_no_secret, tls, token_answer};
use crate::program::{Program, Run, data, program, without_chance};
use crate::server::{empty, json, nobody};

/// Limit on the program's data memory, in KiB. A catalogue may have 32 MiB.
const MEMORY: u32 = 110 * 1024;

const SCOPES: &str = r#"[{"name":"a:b","description":"A scope","owner_orgno":"974761076"}]"#;
const LISTED: &str = "scope  owner      description\na:b    974761076  A scope\n";

/// A server with a fault, or a URL at which no server runs, and the end of the message.
type Fault = (&'static str, Result<Wire, String>, String);

fn answering(answer: Vec<u8>) -> Result<Wire, String> {
    Ok(Wire::answering(move |_| answer.clone()))
}

fn body(text: &str) -> Result<Wire, String> {
    answering(json("200 OK", text).into_bytes())
}

fn is_not(excerpt: &str) -> String {
    format!("status 200, but not a catalogue of scopes{excerpt}")
}

fn faults() -> [Fault; 11] {
    let silent = Ok(Wire::start(|mut connection| connection.wait_for_its_end()));
    let named = |text: &'static str| (body(text), is_not(&format!(": {text}")));
    let [object, none, unnamed, cut] =
        [r#"{"scopes":[]}"#, "[]", r#"[{"name":5},{"description":"x"},[],0]"#, r#"[{"name":"a:b"}"#].map(named);
    [
        ("silent", silent, "the request took longer than 2 s".to_owned()),
        ("nobody", Err(nobody()), "Connection refused".to_owned()),
        ("404", answering(empty("404 Not Found").into_bytes()), "status 404, without a catalogue of scopes".to_owned()),
        ("500", answering(empty("500 Internal Server Error").into_bytes()), "status 500".to_owned()),
        ("html", body("<html>\u{1b}[2J</html>"), is_not(": <html>\\u{1b}[2J</html>")),
        ("an object", object.0, object.1),
        ("no scopes", none.0, none.1),
        ("no names", unnamed.0, unnamed.1),
        ("cut", cut.0, cut.1),
        ("two documents", body(&format!("{SCOPES}[]")), is_not(&format!(": {SCOPES}[]"))),
        (
            "64 MiB",
            answering(b"HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n[".to_vec()),
            "the response is larger than 32 MiB".to_owned(),
        ),
    ]
}

fn large_faults() -> [Fault; 4] {
    let fill = |text: &str, mebibytes: usize| text.repeat(mebibytes * 1024 * 1024 / text.len());
    let endless = Wire::start(|mut connection: Connection| {
        connection.request();
        connection.send("HTTP/1.1 200 OK\r\n\r\n");
        while connection.send([b' '; 0x10000]) {}
    });
    [
        ("deep", body(&fill("[", 4)), is_not("")),
        ("dense", body(&format!("[{}0]", fill("0,", 30))), is_not("")),
        ("small scopes", body(&format!("[{}0]", fill(r#"{"name":"a"},"#, 30))), is_not("")),
        ("endless", Ok(endless), "the response is larger than 32 MiB".to_owned()),
    ]
}

fn configuration(issuer: &str, self_service: &str) -> String {
    let key = data("key.jwk.json");
    format!(
        "environment = \"test\"\nclient_id = \"tests\"\nscope = \"a:b\"\n[key]\npath = {key:?}\n\
         [endpoints]\nissuer = \"{issuer}\"\nself_service = \"{self_service}\"\n"
    )
}

#[test]
fn a_missing_catalogue_is_an_error_of_the_list_and_a_note_of_the_check() {
    at_once(faults(), |(fault, server, message)| {
        let url = server.as_ref().map_or_else(String::clone, Wire::url);
        let maskinporten = Wire::answering(|_| token_answer(&TOKEN).into_bytes());
        let program = |command: &str| {
            let file = configuration(&maskinporten.url(), &url);
            Run::of(&mut bounded(
                &program(command).args("--env test --timeout 2").file("config/test.toml", file),
                MEMORY,
            ))
        };
        let address = without_chance(&format!("{url}api/v1/scopes/all"));
        let problem = no_response(&address, &message);
        is_refused(fault, &program("scope list"), &problem);
        let check = program("scope check a:b");
        shows_no_secret(&check.err, &[&maskinporten]);
        let note = format!("note: cannot read the catalogue of scopes, so the owners are unknown: {problem}\n");
        check.succeeds("scope  result   owner  lifetime\na:b    granted  -      119 s\n");
        assert_eq!(without_chance(&check.err), note, "{fault}");
    });
}

#[track_caller]
fn is_refused(fault: &str, list: &Run, problem: &str) {
    assert_eq!((list.code, list.out.as_str()), (6, ""), "{fault}: {}", list.err);
    let error = format!("error: {problem}\n");
    assert!(without_chance(&list.err).starts_with(&error), "{fault}: {}\n{error}", list.err);
}

#[test]
fn a_catalogue_that_is_too_large_is_refused_within_a_limit_of_memory() {
    for (fault, server, message) in large_faults() {
        let server = server.unwrap();
        let file = configuration(&server.url(), &server.url());
        let program = program("scope list --env test").file("config/test.toml", file);
        let problem = no_response("http://127.0.0.1:PORT/api/v1/scopes/all", &message);
        is_refused(fault, &Run::of(&mut bounded(&program, MEMORY)), &problem);
    }
}

/// A catalogue under a public name, the proxy that leads to it, and a cache directory.
struct Cached {
    server: Wire,
    proxy: Wire,
    folder: TempDir,
}

impl Cached {
    fn new() -> Self {
        let tls = tls::TRUSTED.server(tls::certificate(&["samarbeid.example"], tls::NOW));
        let server = Wire::answering_tls(tls, |_| json("200 OK", SCOPES).into_bytes());
        let proxy = tunnel(&server);
        Self { server, proxy, folder: tempfile::tempdir().unwrap() }
    }

    fn list(&self, options: &str) -> Program {
        let issuer = "https://samarbeid.example/";
        program("scope list --env test")
            .args(options)
            .file("config/test.toml", configuration(issuer, "https://samarbeid.example/below/"))
            .var("SSL_CERT_FILE", tls::roots())
            .var("HTTPS_PROXY", format!("http://{}", self.proxy.address))
    }

    /// Lists the scopes, and returns how many requests the server has received, and stderr.
    #[track_caller]
    fn listed(&self, options: &str) -> (usize, String) {
        let run = self.list(options).var("XDG_CACHE_HOME", self.folder.path()).run();
        run.succeeds(LISTED);
        (self.server.requests().len(), run.err)
    }

    fn file(&self) -> std::path::PathBuf {
        let name = "https___samarbeid.example_below_api_v1_scopes_all.json";
        self.folder.path().join("systemuser-demo").join(name)
    }

    fn files(folder: &Path) -> usize {
        fs::read_dir(folder).map_or(0, Iterator::count)
    }
}

#[test]
fn a_catalogue_is_fetched_once_a_day_or_with_refresh() {
    let cached = Cached::new();
    assert_eq!(cached.listed("").0, 1);
    let (requests, err) = cached.listed("--verbose");
    let line = err.lines().find(|line| line.starts_with("cache ")).unwrap_or_else(|| panic!("{err}"));
    assert!(requests == 1 && line.contains("_scopes_all.json`, fetched 20"), "{err}");
    assert_eq!(cached.listed("--refresh").0, 2);
    assert_eq!(cached.listed("").0, 2);
    assert_eq!(Cached::files(&cached.folder.path().join("systemuser-demo")), 1);
    let text = fs::read_to_string(cached.file()).unwrap();
    let (before, after) = text.split_once("\"fetched\":").unwrap();
    let after = after.trim_start_matches(|c: char| c.is_ascii_digit());
    let now = chrono::Utc::now().timestamp();
    for (fetched, requests) in [(now - 86_000, 2), (now - 86_500, 3), (now + 1_000, 4), (0, 5)] {
        fs::write(cached.file(), format!("{before}\"fetched\":{fetched}{after}")).unwrap();
        assert_eq!(cached.listed("").0, requests, "{fetched}");
    }
}

#[test]
fn a_damaged_cache_is_replaced_without_a_message() {
    let cached = Cached::new();
    cached.listed("");
    let good = fs::read_to_string(cached.file()).unwrap();
    let other = good.replace("below", "other");
    let none = good.replace(&good[good.find("[{").unwrap()..good.len() - 1], "[]");
    let bad = ["", "{", "null", "[[[[", &"[".repeat(100_000), &good[..good.len() - 9], &other, &none];
    for (nth, text) in bad.into_iter().enumerate() {
        fs::write(cached.file(), text).unwrap();
        assert_eq!(cached.listed(""), (nth + 2, String::new()), "{text:.60}");
        assert_eq!(fs::read_to_string(cached.file()).unwrap().len(), good.len(), "{text:.60}");
    }
    // A cache that is too large.
    fs::File::options().write(true).open(cached.file()).unwrap().set_len(33 * 1024 * 1024).unwrap();
    assert_eq!(cached.listed(""), (bad.len() + 2, String::new()));
    // A cache that cannot be read or written.
    fs::remove_file(cached.file()).unwrap();
    fs::create_dir(cached.file()).unwrap();
    assert_eq!(cached.listed(""), (bad.len() + 3, String::new()));
    let (requests, err) = cached.listed("--verbose");
    assert!(requests == bad.len() + 4 && err.contains("\ncache          cannot write "), "{err}");
    assert_eq!(Cached::files(&cached.folder.path().join("systemuser-demo")), 1);
}

#[test]
fn the_cache_directory_is_that_of_the_user() {
    let cached = Cached::new();
    let home = cached.folder.path();
    for (nth, variables) in [
        &[("HOME", home.to_str().unwrap()), ("XDG_CACHE_HOME", "relative")][..],
        // Nothing is cached without a directory, or if the directory cannot be created.
        &[],
        &[("XDG_CACHE_HOME", "/dev/null/cache")],
    ]
    .into_iter()
    .enumerate()
    {
        let mut program = cached.list("");
        for (name, value) in variables {
            program = program.var(name, *value);
        }
        let folder = program.path("");
        let run = Run::of(&mut program.command());
        run.succeeds(LISTED);
        assert_eq!((run.err.as_str(), cached.server.requests().len(), Cached::files(&folder)), ("", nth + 1, 1));
    }
    assert_eq!(Cached::files(&home.join(".cache/systemuser-demo")), 1);
}

#[test]
fn several_processes_may_write_the_cache_at_once() {
    let cached = Cached::new();
    at_once(0..6, |_| drop(cached.listed("--refresh")));
    assert_eq!(cached.listed("").0, 6);
    assert_eq!(Cached::files(&cached.folder.path().join("systemuser-demo")), 1);
}

#[test]
fn a_catalogue_on_this_machine_is_not_cached() {
    let (server, folder) = (Wire::answering(|_| json("200 OK", SCOPES).into_bytes()), tempfile::tempdir().unwrap());
    for _ in 0..2 {
        let program =
            program("scope list --env test").file("config/test.toml", configuration(&server.url(), &server.url()));
        program.var("XDG_CACHE_HOME", folder.path()).run().succeeds(LISTED);
    }
    assert_eq!((server.requests().len(), Cached::files(folder.path())), (2, 0));
}
