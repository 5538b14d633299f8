//! Which request does `call` send, and what does it do with the response?

use std::fs;

use serde_json::{Value, json};

use crate::program::{Program, Run, data_text, program};
use crate::server::{Request, Server, empty, json as json_response, nobody, response, vendor_configuration};

fn call(server: &Server, arguments: &str) -> Program {
    program(&format!("call orders --env test {arguments}")).file("config/test.toml", server.configuration())
}

/// The only request to the API.
fn sent(server: &Server) -> Request {
    let mut calls: Vec<Request> =
        server.requests().into_iter().filter(|request| request.target.starts_with("/orders")).collect();
    assert_eq!(calls.len(), 1, "{calls:?}");
    calls.remove(0)
}

/// An API that accepts every call.
fn accepting() -> Server {
    Server::with_token(|_| json_response("200 OK", "{}"))
}

/// The request that these arguments send.
fn request(arguments: &[&str]) -> Request {
    let server = accepting();
    arguments.iter().fold(call(&server, ""), |run, argument| run.arg(*argument)).run().succeeds("{}\n");
    sent(&server)
}

#[test]
fn a_body_is_posted_with_its_media_type() {
    for (body, content_type) in [
        ("{\"a\": [1]}", "application/json"),
        ("\"text\"", "application/json"),
        ("<?xml version=\"1.0\"?><a/>", "application/xml"),
        ("{a: 1}", "text/plain; charset=utf-8"),
        ("blåbær", "text/plain; charset=utf-8"),
        ("-1 is text that begins with a hyphen", "text/plain; charset=utf-8"),
    ] {
        let request = request(&["--data", body]);
        assert_eq!((request.method.as_str(), request.body.as_str()), ("POST", body));
        assert_eq!(request.header("content-type"), Some(content_type), "{body}");
        assert_eq!(request.header("content-length"), Some(&*body.len().to_string()));
        assert_eq!(request.header("authorization"), Some("Bearer opaque-token"));
        assert_eq!(request.header("accept"), Some("application/json"));
    }
}

#[test]
fn a_body_comes_from_a_file_or_from_standard_input() {
    let server = accepting();
    call(&server, "--data @order.json").file("order.json", "{\"a\":1}\n").run().succeeds("{}\n");
    assert_eq!(sent(&server).body, "{\"a\":1}\n");
    assert_eq!(sent(&server).header("content-type"), Some("application/json"));

    let server = accepting();
    call(&server, "--data @-").run_with("a;b\r\n1;2\r\n").succeeds("{}\n");
    assert_eq!(sent(&server).body, "a;b\r\n1;2\r\n");

    let server = accepting();
    call(&server, "--data @latin1").file("latin1", b"bl\xe5").run().succeeds("{}\n");
    assert_eq!(sent(&server).header("content-length"), Some("3"));
    assert_eq!(sent(&server).header("content-type"), Some("application/octet-stream"));
}

#[test]
fn a_method_is_sent_as_it_is_defined() {
    for (typed, method) in [("post", "POST"), ("Get", "GET"), ("PUT", "PUT"), ("delete", "DELETE")] {
        assert_eq!(request(&["--method", typed]).method, method);
    }
    let with_body = request(&["--method", "put", "--data", "1"]);
    assert_eq!((with_body.method.as_str(), with_body.body.as_str()), ("PUT", "1"));
    // RFC 9110, section 8.6: a length is expected with a method that defines a body.
    for (method, length) in [("POST", Some("0")), ("PATCH", Some("0")), ("GET", None), ("DELETE", None)] {
        assert_eq!(request(&["--method", method]).header("content-length"), length, "{method}");
    }
    assert_eq!(request(&["--data", ""]).header("content-type"), None);
}

#[test]
fn a_method_that_cannot_carry_a_token_is_refused() {
    for wrong in ["", "GET /", "trace", "CONNECT", "blå", "PROPFIND"] {
        let run = program("call systemuserinfo --method").arg(wrong).run();
        run.fails(2, &format!("error: --method: `{wrong}` is not GET, HEAD, OPTIONS, POST, PUT, PATCH or DELETE\n"));
    }
    let file = "environment = \"test\"\n[api.orders]\nurl = \"https://x.no\"\nmethod = \"TRACE\"\n";
    program("call orders --config a.toml")
        .file("a.toml", file)
        .run()
        .fails(3, "error: a.toml line 4: `TRACE` is not GET, HEAD, OPTIONS, POST, PUT, PATCH or DELETE\n");
}

#[test]
fn headers_are_added_and_replace_defaults() {
    let request = request(&[
        "--header",
        "X-Request-Id: 7",
        "--header=Accept:text/csv",
        "--header",
        "Content-Type: application/vnd.order+json",
        "--header",
        "Empty:",
        "--data",
        "{}",
    ]);
    let values = |name: &str| -> Vec<&str> {
        let named = request.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    };
    assert_eq!(values("x-request-id"), ["7"]);
    assert_eq!(values("accept"), ["text/csv"]);
    assert_eq!(values("content-type"), ["application/vnd.order+json"]);
    assert_eq!(values("authorization"), ["Bearer opaque-token"]);
}

#[test]
fn a_header_that_is_not_allowed_is_refused_without_its_value() {
    let refused = |header: &str, problem: &str| {
        let run = program("call systemuserinfo --header").arg(header).run();
        run.fails(2, &format!("error: --header: {problem}\n"));
    };
    refused("hunter2", "expected NAME:VALUE");
    refused("hunter2 is: here", "the text before the colon is not the name of a header");
    refused(": hunter2", "the text before the colon is not the name of a header");
    refused("X-Key: hunter2\nHost: a", "the value of `x-key` contains a control character");
    for name in ["Authorization", "host", "Content-Length", "transfer-encoding", "Connection"] {
        let problem = format!("`{}` cannot be changed: the program sets this header itself", name.to_ascii_lowercase());
        refused(&format!("{name}: hunter2"), &problem);
    }
}

#[test]
fn verbose_shows_neither_headers_nor_the_body() {
    let server = accepting();
    let run = call(&server, "--verbose --method patch --query key=hunter1 --header X-Key:hunter2 --data hunter3").run();
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("\npatch          http://127.0.0.1:"), "{}", run.err);
    assert!(!run.err.contains("hunter"), "{}", run.err);
    assert_eq!(sent(&server).target, "/orders/210493352?key=hunter1");
}

#[test]
fn an_input_that_cannot_be_read_is_an_error_before_anything_is_sent() {
    let run = |data: &str| program("call systemuserinfo --env test --data").arg(data).folder("folder").run();
    run("@missing.json").fails(2, "error: --data: cannot read `missing.json`: No such file or directory\n");
    run("@folder").fails(2, "error: --data: cannot read `folder`: Is a directory\n");
    run("@").fails(2, "error: --data: the value is empty\n");
    #[cfg(target_os = "linux")]
    run("@/dev/zero").fails(2, "error: --data: `/dev/zero` is larger than 64 MiB\n");
}

#[cfg(unix)]
#[test]
fn a_pipe_that_no_other_program_opens_is_an_error_after_the_timeout_before_anything_is_sent() {
    for (option, verb, direction) in [("--data @pipe", "read", "writing"), ("--output pipe", "write", "reading")] {
        let program = program(&format!("call systemuserinfo --env test --timeout 1 {option}"));
        let program = program.file("config/test.toml", vendor_configuration(&nobody()));
        assert!(std::process::Command::new("mkfifo").arg(program.path("pipe")).status().unwrap().success());
        let problem = format!("it is not a regular file, and no program had opened it for {direction} after 1 s");
        let name = option.split(' ').next().unwrap();
        program.run().fails(2, &format!("error: {name}: cannot {verb} `pipe`: {problem}\n"));
    }
}

/// A slow program is a valid source, so it is awaited, but a person must see what the command is waiting for.
#[cfg(unix)]
#[test]
fn slow_input_is_awaited_with_a_note_after_the_timeout() {
    use std::io::{BufRead, BufReader, Write};
    use std::process::Stdio;
    for (data, name) in [("@-", "standard input"), ("@/dev/stdin", "`/dev/stdin`")] {
        let server = accepting();
        let program = call(&server, &format!("--timeout 1 --data {data}"));
        let mut child =
            program.command().stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(b"{\"slow\":").unwrap();
        let mut note = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut note).unwrap();
        assert_eq!(note, format!("note: --data: waiting for the end of {name}\n"));
        stdin.write_all(b"1}").unwrap();
        drop(stdin);
        assert_eq!(child.wait().unwrap().code(), Some(0));
        assert_eq!(sent(&server).body, "{\"slow\":1}");
    }
}

#[test]
fn the_configuration_sets_method_and_exchange_and_options_outrank_it() {
    // Altinn's token has a lifetime.
    let altinn = {
        use base64::Engine;
        let part = |json: &Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json.to_string());
        format!("{}.{}.c2ln", part(&json!({"alg": "RS256"})), part(&json!({"iat": 1, "exp": 1801})))
    };
    let run = |arguments: &str, settings: &str| {
        let token = altinn.clone();
        let server = Server::with_token(move |request| match request.target.as_str() {
            "/authentication/api/v1/exchange/maskinporten" => response("200 OK", "text/plain", &token),
            _ => json_response("200 OK", "{}"),
        });
        let file = server.vendor_configuration() + settings;
        program(&format!("call orders --env test {arguments}")).file("config/test.toml", file).run().succeeds("{}\n");
        let request = sent(&server);
        let is_altinns = request.header("authorization") == Some(&format!("Bearer {altinn}"));
        assert!(is_altinns || request.header("authorization") == Some("Bearer opaque-token"));
        (request.method, is_altinns)
    };
    assert_eq!(run("", "method = \"put\"\n"), ("PUT".to_owned(), false));
    assert_eq!(run("--data 1", "method = \"put\"\n"), ("PUT".to_owned(), false));
    assert_eq!(run("--method POST", "method = \"put\"\n"), ("POST".to_owned(), false));
    assert_eq!(run("", "exchange = true\n"), ("GET".to_owned(), true));
    assert_eq!(run("--exchange", "exchange = false\n"), ("GET".to_owned(), true));
    let file = "environment = \"test\"\n[api.orders]\nurl = \"https://x.no\"\nexchange = \"yes\"\n";
    program("call orders --config a.toml").file("a.toml", file).run().fails(
        3,
        "error: a.toml line 4: `exchange`: expected a boolean\n\
         hint: write `exchange = true` or `exchange = false`\n",
    );
}

#[test]
fn an_empty_response_is_a_success() {
    for status in ["200 OK", "201 Created", "202 Accepted", "204 No Content"] {
        let code = &status[..3];
        let answer = |more: &str| {
            let answer = empty(&format!("{status}{more}"));
            Server::with_token(move |_| answer.clone())
        };
        let server = answer("");
        let run = call(&server, "--method POST").run();
        assert_eq!(
            (run.code, run.out, run.err),
            (0, String::new(), format!("note: the response is empty: status {code}\n"))
        );
        let server = answer("\r\nLocation: /orders/7");
        let run = call(&server, "--method POST").run();
        assert_eq!(run.err, format!("note: the response is empty: status {code}, location /orders/7\n"));
        let run = call(&server, "--method POST --json").run();
        assert_eq!((run.code, run.err.as_str()), (0, ""));
        let status: u16 = code.parse().unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(&run.out).unwrap(),
            json!({"status": status, "location": "/orders/7"})
        );
    }
}

#[test]
fn head_needs_no_body_whatever_length_is_announced() {
    let announced = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n";
    let server = Server::with_token(move |_| announced.to_owned());
    let run = call(&server, "--method HEAD").run();
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "", "note: the response is empty: status 200\n"));
    let run = program("call systemuserinfo --env test --method HEAD").file("config/test.toml", server.configuration());
    assert_eq!(run.run().code, 0);
}

/// Runs in a folder that stays, and returns the run and the folder's files.
fn run_and_list(program: &Program) -> (Run, Vec<String>) {
    let run = Run::of(&mut program.command());
    let entries = fs::read_dir(program.path("")).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    (run, names)
}

#[test]
fn a_response_is_written_to_a_file_exactly_as_received() {
    let body = "{\"b\":1,\r\n \"a\": \"\u{1b}\"}";
    let server = Server::with_token(move |_| json_response("200 OK", body));
    call(&server, "--output -").run().succeeds(body);
    for program in [call(&server, "--output new.json"), call(&server, "--output new.json").file("new.json", "old")] {
        let (run, names) = run_and_list(&program);
        assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "", ""));
        assert_eq!(fs::read_to_string(program.path("new.json")).unwrap(), body);
        assert_eq!(names, ["config", "new.json"]);
    }
}

#[test]
fn a_call_that_fails_leaves_the_file_unchanged() {
    for (answer, code) in [(empty("403 Forbidden"), 5), (empty("500 Internal Server Error"), 6)] {
        let server = Server::with_token(move |_| answer.clone());
        let program = call(&server, "--output out.json").file("out.json", "old");
        let (run, names) = run_and_list(&program);
        assert_eq!((run.code, names), (code, vec!["config".to_owned(), "out.json".to_owned()]), "{}", run.err);
        assert_eq!(fs::read_to_string(program.path("out.json")).unwrap(), "old");
        let program = call(&server, "--output new.json");
        assert_eq!(run_and_list(&program).1, ["config"]);
    }
    // The response of a reference API is checked, also if it goes to a file.
    let server = Server::with_token(|_| empty("204 No Content"));
    let program =
        program("call systemuserinfo --env test --output new.json").file("config/test.toml", server.configuration());
    let (run, names) = run_and_list(&program);
    assert_eq!((run.code, names), (5, vec!["config".to_owned()]), "{}", run.err);
}

#[test]
fn a_file_that_cannot_be_written_is_an_error_before_anything_is_sent() {
    let sandbox = "environment = \"test\"\nclient_id = \"c\"\nscope = \"a:b\"\norg = \"210493352\"\n[key]\npath = ";
    let file = format!(
        "{sandbox}{:?}\n[api.orders]\nurl = \"{}\"\n",
        crate::program::data("key.jwk.json"),
        crate::server::nobody()
    );
    let run = |output: &str| {
        program("call orders --config a.toml --output").arg(output).file("a.toml", &file).folder("folder").run()
    };
    run("missing/out.json").fails(2, "error: --output: cannot write `missing/out.json`: No such file or directory\n");
    run("folder").fails(2, "error: --output: cannot write `folder`: Is a directory\n");
    run("").fails(2, "error: --output: the value is empty\n");
}

#[test]
fn a_header_that_the_api_repeats_is_not_printed() {
    let value = "an-api-key-of-27-characters";
    let server = Server::with_token(move |_| json_response("400 Bad Request", &format!("{{\"bad\":\"{value}\"}}")));
    let run = call(&server, "--header").arg(format!("X-Api-Key: {value}")).run();
    assert_eq!(run.code, 5, "{}", run.err);
    assert!(run.err.contains("[redacted]") && !run.err.contains("27-characters"), "{}", run.err);
}

#[test]
fn a_response_never_replaces_the_configuration_or_the_key() {
    for file in ["config/test.toml", "key.pem"] {
        let program =
            program("call systemuserinfo --config config/test.toml --key key.pem --kid tests --output").arg(file);
        let program = program.file("config/test.toml", vendor_configuration(&nobody()));
        let run = program.file("key.pem", data_text("key.pkcs8.pem")).run();
        run.fails(2, &format!("error: --output: `{file}` is the configuration or the key of this call\n"));
    }
}

#[cfg(unix)]
#[test]
fn a_link_to_a_missing_file_is_not_replaced() {
    let program =
        program("call orders --env test --output link").file("config/test.toml", vendor_configuration(&nobody()));
    std::os::unix::fs::symlink("missing.json", program.path("link")).unwrap();
    let run = Run::of(&mut program.command());
    let problem = "`link` is a symbolic link to a missing file";
    assert!(run.code == 2 && run.err.contains(problem) && program.path("link").is_symlink(), "{}", run.err);
}

#[cfg(unix)]
#[test]
fn links_and_devices_stay_and_permissions_are_kept() {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
    let server = Server::with_token(|_| json_response("200 OK", "[1]"));
    let program = call(&server, "--output link").file("kept/real.json", "old");
    symlink("kept/real.json", program.path("link")).unwrap();
    let (run, _) = run_and_list(&program);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(program.path("link").is_symlink());
    assert_eq!(fs::read_to_string(program.path("kept/real.json")).unwrap(), "[1]");
    assert_eq!(fs::metadata(program.path("kept/real.json")).unwrap().permissions().mode() & 0o777, 0o600);
    call(&server, "--output /dev/null").run().succeeds("");
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
}

#[test]
fn a_call_that_may_have_changed_data_is_not_sent_again() {
    let cut_off = "HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{".to_owned();
    let check = |method: &str, tries: usize, answer: String| {
        let answered = answer.clone();
        let server = Server::with_token(move |_| answered.clone());
        let run = call(&server, &format!("--method {method}")).run();
        assert_eq!(run.code, 6, "{method}: {}", run.err);
        let calls =
            server.requests().into_iter().filter(|request| request.method == method && request.target != "/token");
        assert_eq!(calls.count(), tries, "{method}: {answer}");
        let warns =
            run.err.contains("\nhint: before you retry, check whether the server has carried out the request\n");
        assert_eq!(warns, tries == 1, "{method}: {}", run.err);
    };
    let methods = [("POST", 1), ("PUT", 1), ("PATCH", 1), ("DELETE", 1), ("GET", 3), ("HEAD", 3), ("OPTIONS", 3)];
    // All at once, because the program pauses before it tries again.
    std::thread::scope(|scope| {
        for (method, tries) in methods {
            for answer in [empty("503 Service Unavailable"), String::new(), cut_off.clone()] {
                if method != "HEAD" || answer != cut_off {
                    scope.spawn(move || check(method, tries, answer));
                }
            }
        }
    });
}

#[test]
fn a_response_that_does_not_show_the_result_of_a_change_has_a_hint() {
    for (status, may_be_done) in [
        ("206 Partial Content", true),
        ("301 Moved Permanently", true),
        ("302 Found", true),
        ("303 See Other", true),
        ("304 Not Modified", true),
        ("307 Temporary Redirect", false),
        ("308 Permanent Redirect", false),
    ] {
        for method in ["POST", "GET"] {
            let server = Server::with_token(move |_| empty(&format!("{status}\r\nLocation: /orders/1")));
            let run = call(&server, &format!("--method {method}")).run();
            assert_eq!(run.code, 6, "{}", run.err);
            let hint = "\nhint: before you retry, check whether the server has carried out the request\n";
            assert_eq!(run.err.contains(hint), may_be_done && method == "POST", "{method} {status}: {}", run.err);
        }
    }
}

#[test]
fn a_call_that_cannot_have_changed_data_is_sent_again() {
    let server = Server::with_token(|_| empty("429 Too Many Requests"));
    let run = call(&server, "--data 1").run();
    assert_eq!(run.code, 6, "{}", run.err);
    assert!(!run.err.contains("may have carried out"), "{}", run.err);
    let posts: Vec<Request> = server.requests().into_iter().filter(|request| request.target != "/token").collect();
    assert!(posts.len() == 3 && posts.iter().all(|post| post.method == "POST" && post.body == "1"), "{posts:?}");
}

#[test]
fn a_suggested_call_repeats_the_request() {
    let server = Server::with_token(|_| empty("403 Forbidden"));
    let run = call(&server, "--method put --data 1 --header X-Key:hunter2 --exchange")
        .file("config/test.toml", server.vendor_configuration());
    // Altinn's exchange is refused first.
    assert_eq!(run.run().code, 5);
    let run = call(&server, "--method put --data 1 --header X-Key:hunter2").run();
    let suggested = "`systemuser-demo call orders ORG --method put --data DATA --header NAME:VALUE --env test`";
    assert!(run.code == 5 && run.err.contains(suggested) && !run.err.contains("hunter2"), "{}", run.err);
}

#[test]
fn the_list_needs_no_key_and_no_network() {
    let file = "environment = \"test\"\nscope = \"a:b\"\n\
                [api.orders]\nurl = \"https://x.no/{org}\"\nmethod = \"post\"\nscope = \"o:w\"\nexchange = true\n";
    let run = |arguments: &str| program(arguments).file("config/test.toml", file).run();
    run("call --list --env test").succeeds(
        "name            method  URL                                                          scope\n\
         systemuserinfo  GET     https://systemuserapi.azurewebsites.net/api/SystemUserInfo   a:b\n\
         logistics       GET     https://systemuserapi.azurewebsites.net/api/Logistics/{org}  a:b\n\
         salary          GET     https://systemuserapi.azurewebsites.net/api/Salary/{org}     a:b\n\
         orders          POST    https://x.no/{org}                                           o:w\n",
    );
    let listed: Value = serde_json::from_str(&run("call --list --env test --json").out).unwrap();
    assert_eq!(
        listed[3],
        json!({"name": "orders", "method": "POST", "url": "https://x.no/{org}", "scope": "o:w", "exchange": true})
    );
    assert_eq!(listed.as_array().unwrap().len(), 4);
    let run = program("call --list --env prod").run();
    assert_eq!(
        (run.code, run.out.as_str(), run.err.as_str()),
        (0, "", "note: no API can be called: add an [api.NAME] table to the configuration file\n")
    );
    assert_eq!(program("call --list --env prod --json").run().out, "[]\n");
    assert_eq!(program("call").run().code, 2);
    assert_eq!(program("call orders --list").run().code, 2);
}

#[cfg(feature = "sandbox")]
#[test]
fn the_built_in_sandbox_has_no_url_to_list() {
    let run = program("call --list").run();
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("\nsalary          GET     -    altinn:systembruker.demo\n"), "{}", run.out);
    assert!(run.err.starts_with("note: the built-in sandbox selects a free port"), "{}", run.err);
}

#[test]
fn a_refused_method_is_reported_with_the_accepted_methods() {
    let refused = |allow: &str, arguments: &str, hint: &str| {
        let allow = allow.to_owned();
        let server = Server::with_token(move |_| empty("405 Method Not Allowed").replacen("\r\n", &allow, 1));
        let run = call(&server, arguments).run();
        run.fails(5, &format!("error: `http://127.0.0.1:PORT/orders/210493352` returned status 405\nhint: {hint}\n"));
    };
    let get = "\r\nAllow: GET\r\n";
    let set = "set the method with --method";
    let body = "and leave out --data if it needs no body";
    refused(get, "--data {}", &format!("the API accepts GET, but not POST: {set}, {body}"));
    refused(get, "--method delete", &format!("the API accepts GET, but not DELETE: {set}"));
    refused("\r\n", "--data {} --method PUT", &format!("the API does not accept PUT: {set}, {body}"));
}

#[cfg(feature = "sandbox")]
#[test]
fn a_body_for_a_reference_api_is_refused_with_the_method_to_use() {
    let run = program("call systemuserinfo --data {}").run();
    let hint = "hint: the API accepts GET, but not POST: set the method with --method, and leave out --data if it \
                needs no body\n";
    assert!(run.code == 5 && run.err.contains("405") && run.err.ends_with(hint), "{}", run.err);
}
