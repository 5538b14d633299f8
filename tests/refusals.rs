//! Does the program print the right error if Maskinporten or an API refuses, or does not answer?

use crate::program::{Program, Run, data_text, program};
use crate::server::{Request, Server, json, nobody, response};

fn token(answer: impl Fn(&Request) -> String + Send + 'static) -> Run {
    let server = Server::start(answer);
    let program = program("token --env test --key k.json").file("k.json", data_text("key.jwk.json"));
    program.file("config/test.toml", server.configuration()).run()
}

fn call(api: &str, answer: impl Fn(&Request) -> String + Send + 'static) -> Run {
    let server = Server::with_token(answer);
    program("call --env test").arg(api).file("config/test.toml", server.configuration()).run()
}

/// A configuration with Maskinporten at this URL.
fn configuration(issuer: &str) -> String {
    format!(
        "environment = \"test\"\nclient_id = \"c\"\nscope = \"s\"\norg = \"210493352\"\n[key]\npath = {:?}\n\
         [endpoints]\nissuer = \"{issuer}\"\n",
        crate::program::data("key.jwk.json"),
    )
}

fn refusal(body: &'static str) -> Run {
    token(move |_| json("400 Bad Request", body))
}

#[test]
fn a_refusal_is_printed_with_code_text_meaning_values_and_trace_id() {
    let run = refusal(
        r#"{"error":"invalid_grant","error_description":"Invalid assertion. Client authentication failed. Expired key. (trace_id: 3566f7c2a0b94d6e8f1b2c3d4e5f02ca)","error_uri":"https://maskinporten.no/errors/MP-121"}"#,
    );
    run.fails(
        4,
        "error: Maskinporten refused the grant: MP-121 invalid_grant\n  \
         \"Invalid assertion. Client authentication failed. Expired key.\"\n  \
         the registered key has expired: a key is valid for one year from its registration\n    \
         key        k.json  (--key)\n    \
         kid        tests   (the JWK's `kid`)\n    \
         client id  tests   (config/test.toml)\n\
         hint: was the key registered more than a year ago? register a new key, or renew this key: register it again \
         with the output of `systemuser-demo key public --set --env test --key k.json`\n\
         hint: did you register a new key but keep using the old key? use the new key, with the key id under which it \
         was registered\n\
         note: trace id 3566f7c2a0b94d6e8f1b2c3d4e5f02ca; see https://maskinporten.no/errors/MP-121\n",
    );
}

#[test]
fn a_code_is_found_in_the_error_uri_then_in_the_description_then_by_the_error_name() {
    let first_line = |body| refusal(body).err.lines().next().unwrap().to_owned();
    assert_eq!(
        first_line(r#"{"error":"invalid_scope","error_description":"MP-250?","error_uri":"https://x/errors/MP-200"}"#),
        "error: Maskinporten refused the grant: MP-200 invalid_scope"
    );
    assert_eq!(
        first_line(r#"{"error":"invalid_grant","error_description":"MP-303: no such system user"}"#),
        "error: Maskinporten refused the grant: MP-303 invalid_grant"
    );
    assert_eq!(
        first_line(r#"{"error":"invalid_altinn_customer_configuration"}"#),
        "error: Maskinporten refused the grant: MP-303 invalid_altinn_customer_configuration"
    );
    assert_eq!(
        first_line(r#"{"error":"invalid_grant","error_description":"Issue time is after now"}"#),
        "error: Maskinporten refused the grant: invalid_grant"
    );
}

#[test]
fn a_code_is_found_in_each_spelling_and_only_as_a_word() {
    let first_line = |description: &str| {
        let body = format!(r#"{{"error":"invalid_grant","error_description":"{description}"}}"#);
        token(move |_| json("400 Bad Request", &body)).err.lines().next().unwrap().to_owned()
    };
    for spelling in ["MP-302", "MP_302", "MP302", "(MP_302)", "MP302: unknown", "see /errors/MP_302?lang=en"] {
        let line = first_line(spelling);
        assert_eq!(line, "error: Maskinporten refused the grant: MP-302 invalid_grant", "{spelling}");
    }
    for other in ["MP", "MP-", "MP-x302", "MP-1234567", "AMP302", "key aMP302", "MP302b"] {
        assert_eq!(first_line(other), "error: Maskinporten refused the grant: invalid_grant", "{other}");
    }
}

#[test]
fn an_invalid_target_is_explained_although_it_has_no_code() {
    let server = Server::start(|_| {
        json("400 Bad Request", r#"{"error":"invalid_target","error_description":"Unknown audience (trace_id: 1a)"}"#)
    });
    let run =
        program("token --env test --resource https://api.example.no").file("config/test.toml", server.configuration());
    run.run().fails(
        4,
        "error: Maskinporten refused the grant: invalid_target\n  \
         \"Unknown audience\"\n  \
         Maskinporten cannot restrict a token to this `resource`\n    \
         resource  https://api.example.no  (--resource)\n\
         hint: is an entry of `resource` not an absolute URI, or does it have a fragment, such as `#read`? copy the URI \
         that the API's owner documents, such as https://api.example.no\n\
         hint: does the API not require a token that is restricted to it? leave `resource` out, for a token that is not \
         restricted\n\
         note: trace id 1a; from http://127.0.0.1:PORT/token\n",
    );
}

#[test]
fn a_wrong_audience_and_a_wrong_reference_are_explained_with_each_cause() {
    let run = refusal(r#"{"error":"invalid_grant","error_uri":"https://x/errors/MP_110"}"#);
    let hint = "hint: is `aud` the URL of the token endpoint, which some libraries use by default? set it to the issuer: \
                the same URL without `token` at its end\n";
    assert!(run.err.contains(hint), "{}", run.err);
    let run = refusal(r#"{"error":"invalid_authorization_details","error_uri":"https://x/errors/MP_302"}"#);
    let hint = "hint: does `externalRef` have more than 255 characters, or others than letters, digits, `_` and `-`? ask \
                the customer for a new system user with another reference: this one can never get a token\n";
    assert!(
        run.err.starts_with("error: Maskinporten refused the grant: MP-302 ") && run.err.contains(hint),
        "{}",
        run.err
    );
}

#[test]
fn an_older_correlation_id_is_found_too() {
    refusal(
        r#"{"error":"forbidden","error_description":"Consumer has not been granted access (correlation id: 1-2-3)"}"#,
    )
    .fails(
        4,
        "error: Maskinporten refused the grant: forbidden\n  \
         \"Consumer has not been granted access\"\n  \
         the scope is on the client, but its owner has not given your organisation access to it\n    \
         scope      a:b    (config/test.toml)\n    \
         client id  tests  (config/test.toml)\n\
         hint: has the scope's owner not granted access yet? ask the owner; for its organisation number, run \
         `systemuser-demo scope check --env test --key k.json`\n\
         hint: was access granted only in the other environment? access is granted separately for test and production\n\
         note: trace id 1-2-3; from http://127.0.0.1:PORT/token\n",
    );
}

#[test]
fn a_long_description_loses_neither_its_code_nor_its_trace_id() {
    let words = "word ".repeat(100);
    let body = format!(
        "{{\"error\":\"invalid_grant\",\"error_description\":\"{words}MP-124 (trace_id: \
         3566f7c2a0b94d6e8f1b2c3d4e5f02ca)\"}}"
    );
    let run = token(move |_| json("400 Bad Request", &body));
    let begins = format!("error: Maskinporten refused the grant: MP-124 invalid_grant\n  \"{}…\"\n", &words[..200]);
    assert!(run.err.starts_with(&begins), "{}", run.err);
    assert!(
        run.err.contains("\nnote: trace id 3566f7c2a0b94d6e8f1b2c3d4e5f02ca; from http://127.0.0.1:"),
        "{}",
        run.err
    );
    assert_eq!((run.code, run.out.as_str()), (4, ""));
}

#[test]
fn a_refusal_that_is_not_json_is_reported_with_its_status_and_its_beginning() {
    let html = "<html>\n<head><title>403 Forbidden</title></head>\n</html>";
    token(move |_| response("403 Forbidden", "text/html", html)).fails(
        4,
        "error: Maskinporten refused the grant: status 403 from `http://127.0.0.1:PORT/token`\n  \
         \"<html> <head><title>403 Forbidden</title></head> </html>\"\n\
         hint: is the URL of the token endpoint wrong?\n",
    );
    for body in ["", "{}", "null", "[]"] {
        let quoted = if body.is_empty() { String::new() } else { format!("  \"{body}\"\n") };
        let err = format!(
            "error: Maskinporten refused the grant: status 400 from `http://127.0.0.1:PORT/token`\n{quoted}\
             hint: is the URL of the token endpoint wrong?\n"
        );
        token(move |_| json("400 Bad Request", body)).fails(4, &err);
    }
}

#[test]
fn a_refusal_cannot_control_the_terminal() {
    let run = refusal("{\"error\":\"invalid_grant\",\"error_description\":\"\\u001b[2J gone \\u202e\\u0007\"}");
    run.fails(
        4,
        "error: Maskinporten refused the grant: invalid_grant\n  \"\\u{1b}[2J gone \\u{202e}\\u{7}\"\n\
         note: no trace id; from http://127.0.0.1:PORT/token\n",
    );
}

#[test]
fn a_refused_connection_is_reported_with_the_url() {
    let run = program("token --env test").file("config/test.toml", configuration(&nobody())).run();
    run.fails(6, &crate::keys::connection_refused());
}

#[test]
fn an_impossible_token_is_never_printed() {
    let unusable = |body: &'static str, reason: &str| {
        let run = token(move |_| json("200 OK", body));
        assert!(!run.err.contains("SECRET"));
        run.fails(6, &format!("error: no usable response from `http://127.0.0.1:PORT/token`: {reason}\n"));
    };
    let not_json = "status 200, but not a token response";
    unusable("SECRET", not_json);
    unusable("<html>SECRET</html>", not_json);
    unusable("", not_json);
    unusable("null", not_json);
    unusable(r#"["SECRET","Bearer",119,null]"#, not_json);
    unusable(r#"{"access_token":"SECRET","expires_in":-1}"#, not_json);
    unusable(r#"{"access_token":"SECRET"}"#, not_json);
    unusable(r#"{"expires_in":119}"#, not_json);
    let no_token = "status 200, but its `access_token` is not valid";
    unusable(r#"{"access_token":"","expires_in":119}"#, no_token);
    unusable(r#"{"access_token":"SECRET\nSECRET","expires_in":119}"#, no_token);
    unusable(
        r#"{"access_token":"SECRET","expires_in":119,"token_type":"mac"}"#,
        "status 200, but its `token_type` is not Bearer",
    );
}

#[test]
fn a_server_error_is_not_a_refusal() {
    let run = token(|_| response("503 Service Unavailable", "text/plain", "come back later"));
    run.fails(6, "error: no usable response from `http://127.0.0.1:PORT/token`: status 503: come back later\n");
    let run = token(|_| response("429 Too Many Requests", "text/plain", ""));
    run.fails(6, "error: no usable response from `http://127.0.0.1:PORT/token`: status 429\n");
    let run = token(|_| "HTTP/1.1 302 Found\r\nLocation: https://example.no/\r\nContent-Length: 0\r\n\r\n".to_owned());
    run.fails(
        6,
        "error: no usable response from `http://127.0.0.1:PORT/token`: status 302 is a redirect to \
         `https://example.no/`, which is not followed\n",
    );
    let run = token(|_| json("600 Whatever", "{}"));
    run.fails(6, "error: no usable response from `http://127.0.0.1:PORT/token`: status 600, without a token\n");
    let run = token(|_| json("201 Created", r#"{"access_token":"SECRET","expires_in":1}"#));
    run.fails(6, "error: no usable response from `http://127.0.0.1:PORT/token`: status 201, without a token\n");
}

#[test]
fn a_server_that_does_not_speak_http_is_distinguished_from_a_slow_server() {
    let run = token(|_| "hello\r\n".to_owned());
    run.fails(6, "error: no usable response from `http://127.0.0.1:PORT/token`: the server does not speak HTTP\n");
    let run = token(|_| "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{".to_owned());
    run.fails(6, "error: no usable response from `http://127.0.0.1:PORT/token`: the response was cut off\n");
}

#[test]
fn verbose_shows_the_status_of_an_unusable_answer() {
    let server = Server::start(|_| response("503 Service Unavailable", "text/plain", ""));
    let run = program("token --env test --verbose").file("config/test.toml", server.configuration()).run();
    assert!(run.err.contains("\nresponse       503 in "), "{}", run.err);
}

#[test]
fn no_proxy_is_used_for_this_machine() {
    let server = Server::start(|_| crate::server::opaque_token());
    let program = program("token --env test").file("config/test.toml", server.configuration());
    let program = ["HTTP_PROXY", "http_proxy", "ALL_PROXY"].into_iter().fold(program, |p, name| p.var(name, nobody()));
    program.run().succeeds("opaque-token\n");
}

#[test]
fn missing_root_certificates_are_reported() {
    let run = program("token --env test --client-id c --scope s --org 210493352 --key")
        .arg(crate::program::data("key.jwk.json").to_str().unwrap())
        .var("SSL_CERT_FILE", "/dev/null")
        .var("SSL_CERT_DIR", "/nowhere")
        .run();
    run.fails(
        3,
        "error: cannot connect to `https://test.maskinporten.no/token`: there are no root certificates: SSL_CERT_FILE \
         names `/dev/null`, which is empty, and SSL_CERT_DIR names `/nowhere`, which does not exist\n\
         hint: set SSL_CERT_FILE to the path of root certificates in PEM, or unset it and SSL_CERT_DIR to use the \
         operating system's certificates\n",
    );
}

#[cfg(target_os = "linux")]
#[test]
fn root_certificates_without_an_end_are_not_read() {
    let huge = tempfile::tempdir().unwrap();
    std::fs::File::create(huge.path().join("roots.pem")).unwrap().set_len(20 * 1024 * 1024).unwrap();
    let refused = |variable: &str, path: &str, problem: &str| {
        let run = program("token --env test --client-id c --scope s --org 210493352 --key")
            .arg(crate::program::data("key.jwk.json").to_str().unwrap())
            .var(variable, path)
            .run();
        let hint = format!("hint: set {variable} to the path of root certificates in PEM, or unset it\n");
        run.fails(3, &format!("error: {variable}: `{path}` {problem}\n{hint}"));
    };
    refused("SSL_CERT_FILE", "/dev/zero", "is not a regular file");
    refused("SSL_CERT_FILE", "/dev/stdin", "is not a regular file");
    refused("SSL_CERT_FILE", huge.path().join("roots.pem").to_str().unwrap(), "is larger than 16 MiB");
    refused("SSL_CERT_DIR", huge.path().to_str().unwrap(), "contains more than 16 MiB");
    // Plain http needs no certificates.
    if cfg!(feature = "sandbox") {
        assert_eq!(program("token --env sandbox").var("SSL_CERT_FILE", "/dev/zero").run().code, 0);
    }
}

#[test]
fn a_huge_answer_is_not_read() {
    let run = token(|_| format!("HTTP/1.1 200 OK\r\n\r\n{}", " ".repeat(9 * 1024 * 1024)));
    run.fails(6, "error: no usable response from `http://127.0.0.1:PORT/token`: the response is larger than 8 MiB\n");
    let run = token(|_| "HTTP/1.1 200 OK\r\nContent-Length: 9000000000\r\n\r\n{".to_owned());
    run.fails(6, "error: no usable response from `http://127.0.0.1:PORT/token`: the response is larger than 8 MiB\n");
}

#[test]
fn the_text_of_an_api_that_refuses_the_token_is_quoted() {
    let run = call("systemuserinfo", |_| {
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer error=\"invalid_token\"\r\nContent-Length: 0\r\n\r\n"
            .to_owned()
    });
    run.fails(
        5,
        "error: `http://127.0.0.1:PORT/api/SystemUserInfo` returned status 401\n  \
         Bearer error=\"invalid_token\"\n\
         hint: does the API belong to the other environment? it must be the environment that issued the token\n",
    );
}

#[test]
fn an_empty_answer_from_a_reference_api_is_a_refusal() {
    call("systemuserinfo", |_| "HTTP/1.1 204 No Content\r\n\r\n".to_owned()).fails(
        5,
        "error: `http://127.0.0.1:PORT/api/SystemUserInfo` returned an empty response: status 204\n\
         hint: the token has no system user, but this API requires a system user's token\n",
    );
}

#[test]
fn an_answer_that_is_not_json_is_quoted_from_its_beginning() {
    let run = call("salary", |_| response("200 OK", "text/html", "<html>sign in</html>"));
    run.fails(
        6,
        "error: no usable response from `http://127.0.0.1:PORT/api/Salary/210493352`: status 200, but not the JSON of \
         this API: <html>sign in</html>\n",
    );
    let run = call("salary", |_| json("200 OK", "[1]"));
    run.fails(
        6,
        "error: no usable response from `http://127.0.0.1:PORT/api/Salary/210493352`: status 200, but not the JSON of \
         this API: [1]\n",
    );
}

#[test]
fn a_404_from_an_api_is_a_refusal_with_the_apis_text() {
    let run = call("orders", |_| json("404 Not Found", r#"{"kode":"X-1","melding":"Ukjent part"}"#));
    run.fails(
        5,
        "error: `http://127.0.0.1:PORT/orders/210493352` returned status 404: {\"kode\":\"X-1\",\"melding\":\"Ukjent \
         part\"}\n",
    );
}

#[test]
fn a_403_suggests_an_org_only_if_the_api_accepts_an_org() {
    let denied = |_: &Request| response("403 Forbidden", "text/plain", "Access denied");
    call("systemuserinfo", denied).fails(
        5,
        "error: `http://127.0.0.1:PORT/api/SystemUserInfo` returned status 403: Access denied\n\
         hint: does the system user lack the right that this API requires? the customer must approve a request for the \
         right\n\
         hint: to see the system user's rights, run `systemuser-demo user access 210493352 --env test`\n",
    );
    call("orders", denied).fails(
        5,
        "error: `http://127.0.0.1:PORT/orders/210493352` returned status 403: Access denied\n\
         hint: does the system user lack the right that this API requires? the customer must approve a request for the \
         right\n\
         hint: is this an agent system user? then pass the agent's client as ORG: `systemuser-demo call orders ORG \
         --env test`\n\
         hint: to see the system user's rights, run `systemuser-demo user access 210493352 --env test`\n",
    );
}

#[cfg(target_os = "linux")]
#[test]
fn an_unwritable_stdout_is_reported() {
    let server = Server::start(|_| crate::server::opaque_token());
    let program = program("token --env test").file("config/test.toml", server.configuration());
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = program.command().stdout(full).stderr(std::process::Stdio::piped()).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(err, "error: cannot write to stdout: No space left on device (os error 28)\n");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_broken_pipe_ends_quietly() {
    use std::io::Read;
    use std::process::Stdio;
    let server = Server::with_token(|_| json("200 OK", &format!("[{}1]", "1,".repeat(200_000))));
    let program: Program = program("call orders --env test").file("config/test.toml", server.configuration());
    let mut child = program.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 1];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""));
}

/// A shell reports this signal as exit code 130.
#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_command_that_waits() {
    use std::net::TcpListener;
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let file = configuration(&format!("http://{}/", silent.local_addr().unwrap()));
    let program = program("token --env test").file("config/test.toml", file);
    let mut child = program.command().spawn().unwrap();
    let _connection = silent.accept().unwrap();
    Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap();
    let status = child.wait().unwrap();
    assert_eq!((status.code(), status.signal()), (None, Some(2)));
}

#[test]
fn a_silent_server_is_awaited_until_the_timeout() {
    let silent = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let file = configuration(&format!("http://{}/", silent.local_addr().unwrap()));
    program("token --env test --timeout 1").file("config/test.toml", file).run().fails(
        6,
        "error: no usable response from `http://127.0.0.1:PORT/token`: the request took longer than 1 s\n\
         hint: increase the time limit with --timeout\n",
    );
}
