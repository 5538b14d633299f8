//! The sandbox's Altinn: hostile JSON from a vendor with all scopes, its display on the approval page, and hostile form
//! fields, cookies and headers for that page.

#![no_main]

use std::cell::RefCell;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Request, Uri};
use chrono::Utc;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};
use systemuser_demo_fuzz::{ADDRESS, Answer, CLIENT, CLIENTS_KEY, ISSUERS_KEY, Sandbox, acts, over, replaced, signed};

/// Number of inputs after which the sandbox is replaced: it stores all data, and its tokens expire after two minutes.
const INPUTS: u32 = 50;
const API: &str = "/authentication/api/v1/";
const SYSTEM: &str = "991825827_smartcloud";

#[derive(Default)]
struct Vendor {
    sandbox: Sandbox,
    bearer: String,
    inputs: u32,
}

thread_local!(static VENDOR: RefCell<Vendor> = RefCell::default());

fuzz_target!(|data: &[u8]| {
    VENDOR.with_borrow_mut(|vendor| {
        vendor.inputs += 1;
        if vendor.inputs > INPUTS || vendor.bearer.is_empty() {
            *vendor = Vendor::default();
            vendor.bearer = vendor.token();
        }
        vendor.act(data);
    });
});

impl Vendor {
    /// A token with all of the vendor's scopes.
    fn token(&self) -> String {
        let now = Utc::now().timestamp();
        let scopes = ["systemregister.write", "systemuser.request.write", "systemuser.request.read"];
        let scope = scopes.map(|scope| format!("altinn:authentication/{scope}")).join(" ");
        let claims = json!({ "aud": ADDRESS, "iss": CLIENT, "scope": scope, "iat": now, "exp": now + 100 });
        let header = json!({ "alg": "RS256", "kid": "sandbox-example" });
        let assertion = signed(&CLIENTS_KEY, header.to_string().as_bytes(), claims.to_string().as_bytes());
        let answer = self.sandbox.grant(&assertion).json().expect("JSON");
        answer["access_token"].as_str().expect("a token").to_owned()
    }

    fn act(&self, data: &[u8]) {
        let Some((first, rest)) = data.split_first() else { return };
        match first {
            0 => self.ask(Method::POST, "systemuser/request/vendor", rest, &self.unanswered(request())),
            1 => self.ask(Method::POST, "systemuser/request/vendor/agent", rest, &self.unanswered(agent_request())),
            2 => self.ask(Method::POST, "systemregister/vendor", rest, &system()),
            3 => self.ask(Method::PUT, &format!("systemregister/vendor/{SYSTEM}"), rest, &update_of_system()),
            4 => drop(self.call(Method::PUT, &format!("systemregister/vendor/{SYSTEM}/rights"), rest)),
            5 => drop(self.call(Method::PUT, &format!("systemregister/vendor/{SYSTEM}/accesspackages"), rest)),
            6 => drop(self.call(Method::POST, "systemuser/request/vendor", rest)),
            7 => drop(self.call(Method::POST, "systemregister/vendor", rest)),
            8 => self.read(rest),
            9 => self.with_claims(rest),
            10 => self.visit(rest),
            11 => self.press(rest),
            12 => self.ask(Method::POST, &self.change_request(), rest, &change()),
            _ => self.raw(data),
        }
    }

    /// Sends a valid body with these members replaced, and then opens and answers the approval page.
    fn ask(&self, method: Method, path: &str, text: &[u8], usual: &Value) {
        let Some(members) = over(usual, text) else { return };
        let body = Value::from(members);
        let answer = self.call(method, path, body.to_string().as_bytes());
        let registered = answer.status.is_success() && path.starts_with("systemregister");
        if registered {
            // Requests a system user for the system that was just registered.
            let mut new_request = request();
            new_request["systemId"] = body["id"].clone();
            let new_request = self.unanswered(new_request).to_string();
            let answer = self.call(Method::POST, "systemuser/request/vendor", new_request.as_bytes());
            self.answered(&answer);
        } else {
            self.answered(&answer);
        }
    }

    /// The path that creates a change request with a new id.
    fn change_request(&self) -> String {
        let id = format!("00000000-0000-4000-9000-{:012}", self.inputs);
        format!(
            "systemuser/changerequest/vendor?correlation-id={id}&system-user-id=d6a1d5a4-2d58-4b0f-9c3b-7e1f0c7a4e01"
        )
    }

    /// Makes the request unique, so that it has no answer yet.
    fn unanswered(&self, mut request: Value) -> Value {
        request["externalRef"] = format!("fuzz-{}", self.inputs).into();
        request
    }

    /// If the answer contains a request, opens its approval page and presses a button.
    fn answered(&self, answer: &Answer) {
        let Some(body) = answer.json() else { return };
        let Some(confirm) = body["confirmUrl"].as_str().and_then(|url| url.strip_prefix(ADDRESS)) else { return };
        let confirm = format!("/{confirm}");
        let page = self.get(&confirm);
        assert_eq!(page.status, 200, "{}", page.body);
        let Some((cookie, token)) = form_of(&page) else { return };
        let decision = if self.inputs.is_multiple_of(2) { "approve" } else { "reject" };
        let form = format!("decision={decision}&token={token}");
        let pressed = self.page(Method::POST, &confirm, Some(&cookie), form);
        if pressed.status == 303 {
            assert_eq!(self.get(pressed.header("location")).status, 200);
        }
        self.call(Method::GET, &format!("systemuser/vendor/bysystem/{SYSTEM}"), b"");
        self.call(Method::GET, &format!("systemuser/request/vendor/bysystem/{SYSTEM}"), b"");
    }

    /// Calls Altinn with any path and query.
    fn read(&self, text: &[u8]) {
        let Ok(text) = std::str::from_utf8(text) else { return };
        let (method, path) = text.split_once(' ').unwrap_or(("GET", text));
        let Ok(method) = method.parse() else { return };
        if path.parse::<Uri>().is_ok() && !path.starts_with('/') {
            self.call(method, path, b"");
        }
    }

    /// Calls each part of the sandbox with a token that has any claims and the sandbox's signature.
    fn with_claims(&self, text: &[u8]) {
        let header = json!({ "alg": "RS256", "kid": "sandbox-issuer" });
        let usual = json!({
            "iss": ADDRESS, "exp": Utc::now().timestamp() + 60, "scope": "altinn:authentication/systemregister.write",
            "consumer": { "authority": "iso6523-actorid-upis", "ID": "0192:991825827" },
        });
        let claims = over(&usual, text).map(|claims| Value::from(claims).to_string().into_bytes());
        let claims = claims.unwrap_or_else(|| text.to_vec());
        let bearer = format!("Bearer {}", signed(&ISSUERS_KEY, header.to_string().as_bytes(), &claims));
        for path in [
            "/api/SystemUserInfo",
            "/api/Logistics/210493352",
            "/authentication/api/v1/systemregister/vendor",
            "/authentication/api/v1/exchange/maskinporten",
        ] {
            let request = Request::get(path).header("authorization", &bearer).body(Body::empty()).expect("a request");
            let answer = self.sandbox.call(request);
            assert!(!answer.status.is_server_error(), "{path}: {} {}", answer.status, answer.body);
            if answer.header("content-type").contains("json") {
                assert!(answer.json().is_some(), "{path}: {}", answer.body);
            }
        }
    }

    /// Opens the page with any query and any headers, each on a separate line.
    fn visit(&self, text: &[u8]) {
        let mut lines = text.split(|byte| *byte == b'\n');
        let query = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
        let path = format!("{}?{query}", page_path(self.inputs));
        if path.parse::<Uri>().is_err() {
            return;
        }
        let headers: Vec<_> = lines.filter_map(header).collect();
        let mut request = Request::get(&path).header("host", HOST).body(Body::empty()).expect("a request");
        request.headers_mut().extend(headers);
        is_a_page(&self.sandbox.call(request));
    }

    /// Submits the form of an open request with any fields, and any headers after an empty line.
    fn press(&self, text: &[u8]) {
        let new_request = self.unanswered(request()).to_string();
        let waiting = self.call(Method::POST, "systemuser/request/vendor", new_request.as_bytes());
        let Some(body) = waiting.json() else { return };
        let Some(confirm) = body["confirmUrl"].as_str().and_then(|url| url.strip_prefix(ADDRESS)) else { return };
        let confirm = format!("/{confirm}");
        let Some((cookie, token)) = form_of(&self.get(&confirm)) else { return };
        let (fields, headers) = text.split_at(text.windows(2).position(|pair| pair == b"\n\n").unwrap_or(text.len()));
        let replace = |text: &[u8]| {
            let text = replaced(text, 0x01, token.as_bytes());
            replaced(&text, 0x02, cookie.as_bytes())
        };
        let mut request = Request::post(&confirm).body(Body::from(replace(fields))).expect("a request");
        request.headers_mut().insert("host", HeaderValue::from_static(HOST));
        let lines: Vec<Vec<u8>> = headers.split(|byte| *byte == b'\n').map(replace).collect();
        request.headers_mut().extend(lines.iter().filter_map(|line| header(line)));
        let answer = self.sandbox.call(request);
        is_a_page(&answer);
        // An answer needs the token and the cookie, and a fuzzer can guess neither.
        let has_both = fields.contains(&0x01) && headers.contains(&0x02);
        assert!(answer.status != 303 || has_both, "{}", String::from_utf8_lossy(text));
    }

    /// Sends any method and path from the first line, with the rest as the body.
    fn raw(&self, data: &[u8]) {
        let (line, body) = data.split_at(data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len()));
        let Ok(line) = std::str::from_utf8(line) else { return };
        let (method, path) = line.split_once(' ').unwrap_or(("GET", line));
        let request = Request::builder().method(method).uri(path).header("host", HOST);
        let request = request.header("authorization", format!("Bearer {}", self.bearer));
        let Ok(request) = request.header("content-type", "application/json").body(Body::from(body.to_vec())) else {
            return;
        };
        if request.method() == Method::CONNECT || request.uri().authority().is_some() {
            return;
        }
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let answer = self.sandbox.call(request);
        is_played(&method, &path, body, &answer);
    }

    /// Calls Altinn with the vendor's token.
    fn call(&self, method: Method, path: &str, body: &[u8]) -> Answer {
        let path = format!("{API}{path}");
        let request = Request::builder().method(&method).uri(&path).header("host", HOST);
        let request = request.header("authorization", format!("Bearer {}", self.bearer));
        let request = request.header("content-type", "application/json").body(Body::from(body.to_vec()));
        let answer = self.sandbox.call(request.expect("a request"));
        is_played(&method, path.split('?').next().unwrap_or_default(), body, &answer);
        answer
    }

    fn get(&self, path: &str) -> Answer {
        self.page(Method::GET, path, None, String::new())
    }

    /// Requests a page under this machine's host name.
    fn page(&self, method: Method, path: &str, cookie: Option<&str>, form: String) -> Answer {
        let request = Request::builder().method(method).uri(path).header("host", HOST);
        let request = cookie.into_iter().fold(request, |request, cookie| request.header("cookie", cookie));
        let answer = self.sandbox.call(request.body(form.into()).expect("a request"));
        is_a_page(&answer);
        answer
    }
}

const HOST: &str = "127.0.0.1:7070";

/// A valid request.
fn request() -> Value {
    json!({
        "systemId": SYSTEM, "partyOrgNo": "312600757",
        "rights": [{ "resource": [{ "id": "urn:altinn:resource", "value": "ttd_systembruker-logistikk-demo" }] }],
    })
}

fn change() -> Value {
    json!({
        "requiredRights": [{ "resource": [{ "id": "urn:altinn:resource", "value": "ttd_systembruker-salary" }] }],
        "unwantedRights": [], "requiredAccessPackages": [], "unwantedAccessPackages": [],
    })
}

fn agent_request() -> Value {
    json!({
        "systemId": SYSTEM, "partyOrgNo": "314112938",
        "accessPackages": [{ "urn": "urn:altinn:accesspackage:regnskapsforer-med-signeringsrettighet" }],
    })
}

/// A valid system.
fn system() -> Value {
    json!({
        "id": "991825827_fuzz", "vendor": { "authority": "iso6523-actorid-upis", "ID": "0192:991825827" },
        "name": { "nb": "Nytt", "nn": "Nytt", "en": "New" },
        "description": { "nb": "Et nytt", "nn": "Eit nytt", "en": "A new one" },
        "rights": request()["rights"], "accessPackages": [], "clientId": [], "isVisible": true,
        "allowedRedirectUrls": ["https://example.no/receipt"],
    })
}

/// A valid update of the vendor's first system.
fn update_of_system() -> Value {
    let mut system = system();
    system["id"] = SYSTEM.into();
    system["clientId"] = json!([CLIENT]);
    system
}

fn page_path(number: u32) -> &'static str {
    match number % 2 {
        0 => "/accessmanagement/ui/systemuser/request",
        _ => "/accessmanagement/ui/systemuser/agentrequest",
    }
}

/// Parses a line as a header.
fn header(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let at = line.iter().position(|byte| *byte == b':')?;
    Some((HeaderName::from_bytes(&line[..at]).ok()?, HeaderValue::from_bytes(line[at + 1..].trim_ascii()).ok()?))
}

/// The cookie and the token that an answer needs.
fn form_of(page: &Answer) -> Option<(String, String)> {
    let cookie = page.header("set-cookie").split(';').next().filter(|cookie| !cookie.is_empty())?;
    let (_, after) = page.body.split_once("name=\"token\" value=\"")?;
    Some((cookie.to_owned(), after.split('"').next()?.to_owned()))
}

/// Asserts that the sandbox fails only where the real Altinn fails: for null instead of the rights, for texts and
/// redirect URLs that its database refuses, and for an unknown system.
fn is_played(method: &Method, path: &str, body: &[u8], answer: &Answer) {
    if answer.header("content-type").contains("json") {
        assert!(answer.json().is_some(), "{}", answer.body);
    }
    if !answer.status.is_server_error() {
        return;
    }
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let members: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    let fails = members.iter().any(|(name, value)| match (name.to_ascii_lowercase().as_str(), value) {
        ("rights", value) => value.is_null(),
        ("name" | "description", Value::Object(texts)) => {
            !["nb", "nn", "en"].iter().all(|language| texts.contains_key(*language))
        }
        ("allowedredirecturls", Value::Array(urls)) => !urls.iter().all(is_of_the_web),
        _ => false,
    });
    let path = path.trim_end_matches('/').to_ascii_lowercase();
    let is_part = path.ends_with("/rights") || path.ends_with("/accesspackages");
    let played = match *method {
        Method::PUT => answer.body.is_empty() && (fails || is_part),
        Method::POST => answer.body.starts_with('"') && fails,
        _ => false,
    };
    assert!(answer.status == 500 && played, "{method} {path}: {} {}", answer.status, answer.body);
}

/// Whether the database accepts a redirect URL.
fn is_of_the_web(url: &Value) -> bool {
    let url = url.as_str().unwrap_or_default().trim().to_ascii_lowercase();
    let host = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")).unwrap_or_default();
    !host.is_empty() && !host.starts_with('.')
}

/// The names of all elements that the page may contain.
const ELEMENTS: [&str; 37] = [
    "html", "head", "meta", "title", "style", "body", "a", "header", "p", "span", "nav", "main", "h1", "h2", "section",
    "div", "form", "input", "button", "code", "dl", "dt", "dd", "br", "bdi", "table", "thead", "tbody", "tr", "th",
    "td", "ul", "li", "pre", "footer", "!DOCTYPE", "",
];

/// Asserts that a page is complete and harmless, and contains no element from a request.
fn is_a_page(answer: &Answer) {
    assert!(!answer.status.is_server_error(), "{}", answer.status);
    if answer.status == 303 {
        let to = answer.header("location");
        return assert!(to.starts_with("/accessmanagement/ui/systemuser/"), "{to}");
    }
    if !answer.header("content-type").starts_with("text/html") {
        return assert!(answer.body.is_empty() || answer.status.is_client_error(), "{} {}", answer.status, answer.body);
    }
    assert!(answer.header("content-security-policy").starts_with("default-src 'none';"));
    assert!(answer.body.ends_with("</html>"));
    let style = answer.body.split_once("</style>").expect("a style").1;
    assert!(!style.contains(acts), "{style:?}");
    for after in answer.body.split('<').skip(1) {
        let name = after.trim_start_matches('/').split(|c: char| c != '!' && !c.is_ascii_alphanumeric()).next();
        assert!(ELEMENTS.contains(&name.unwrap_or_default()), "<{after}");
    }
    for address in ["href=\"", "action=\"", "url="] {
        for after in answer.body.split(address).skip(1) {
            let known = ["/accessmanagement/", "http://", "https://", "#content"];
            assert!(known.iter().any(|start| after.starts_with(start)), "{address}{after}");
        }
    }
}
