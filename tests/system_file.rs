//! Which system files are valid, and which parts of them are sent?

use serde_json::{Value, json};

use crate::program::{Run, data_text, program, project_text};
use crate::server::{Request, Server, json as answer, nobody, system, vendor_configuration};

/// A valid system with these members replaced.
fn with(others: Value) -> Value {
    let mut system = system();
    system.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
    system
}

/// A valid system without this member.
fn without(member: &str) -> Value {
    let mut system = system();
    system.as_object_mut().unwrap().shift_remove(member).unwrap();
    system
}

/// Runs the command with this file and no running server, so every message comes from local checks.
fn local(command: &str, file: impl AsRef<[u8]>) -> Run {
    let program = program("system").arg(command).arg("s.json").arg("--env=test").file("s.json", file);
    program.file("config/test.toml", vendor_configuration(&nobody())).run()
}

#[track_caller]
fn refused(file: &Value, problem: &str, code: &str) {
    for command in ["register", "update"] {
        local(command, file.to_string()).fails(
            2,
            &format!("error: `s.json`: {problem} ({code})\nhint: for details, run `systemuser-demo explain {code}`\n"),
        );
    }
}

#[track_caller]
fn unreadable(file: impl AsRef<[u8]>, err: &str) {
    local("register", file.as_ref()).fails(2, err);
    local("update", file).fails(2, err);
}

#[test]
fn an_update_also_accepts_redirect_urls_without_encryption() {
    let file = |url: &str| with(json!({ "allowedRedirectUrls": [url] }));
    let server = register(file("https://example.no/"));
    let ran = run(&server, "system update", &file("http://example.no/").to_string());
    assert_eq!(ran.code, 0, "{}", ran.err);
    local("update", file("htts://example.no").to_string()).fails(
        2,
        "error: `s.json`: `allowedRedirectUrls`: `htts://example.no` must be a URL that begins with https:// or \
         http://\n",
    );
}

#[test]
fn faults_that_altinn_would_refuse_are_reported_before_anything_is_sent() {
    let id = |id: &str| with(json!({ "id": id }));
    let vendor = |id: &str| with(json!({ "vendor": { "ID": id } }));
    refused(&id("smartcloud"), "`id`: `smartcloud` must be `991825827_` followed by a name", "AUTH.VLD-00001");
    refused(&id("991825827_"), "`id`: `991825827_` must be `991825827_` followed by a name", "AUTH.VLD-00001");
    refused(&id("310904473_x"), "`id`: `310904473_x` must be `991825827_` followed by a name", "AUTH.VLD-00001");
    refused(&id("991825827_a b"), "`id`: `991825827_a b` contains a space", "AUTH.VLD-00013");
    let bare = "`vendor.ID`: `991825827` does not begin with `0192:`";
    refused(&vendor("991825827"), bare, "AUTH.VLD-00000");
    let urls = |url: &str| with(json!({ "allowedRedirectUrls": ["https://example.no/", url] }));
    for url in [
        "http://example.no/",
        "/receipt",
        "example.no",
        "htts://example.no",
        "",
        "https://",
        "https:///x",
        "https:a.no",
        " https://a.no",
    ] {
        let problem =
            format!("error: `s.json`: `allowedRedirectUrls`: `{url}` must be a URL that begins with https://");
        let hint = "hint: for details, run `systemuser-demo explain AUTH.VLD-00005`";
        local("register", urls(url).to_string()).fails(2, &format!("{problem} (AUTH.VLD-00005)\n{hint}\n"));
        if url != "http://example.no/" {
            local("update", urls(url).to_string()).fails(2, &format!("{problem} or http://\n"));
        }
    }
    let right = |id: &str, value: &str| json!({ "resource": [{ "id": id, "value": value }] });
    let twice = [right("urn:altinn:resource", "a"), right("urn:altinn:resource", "a")];
    refused(&with(json!({ "rights": twice })), "`rights`: `a` is listed more than once", "AUTH.VLD-00006");
    let mut written = right("urn:altinn:resource", "a");
    written["action"] = "write".into();
    let twice = [written.clone(), right("urn:altinn:resource", "a"), written];
    refused(&with(json!({ "rights": twice })), "`rights`: `a (write)` is listed more than once", "AUTH.VLD-00006");
    let named = "`rights`: the `id` of resource `a` is not `urn:altinn:resource`";
    refused(&with(json!({ "rights": [right("urn:altinn:app", "a")] })), named, "AUTH.VLD-00009");
    let package = |urns: &[&str]| {
        with(json!({ "accessPackages": urns.iter().map(|urn| json!({ "urn": urn })).collect::<Vec<_>>() }))
    };
    let skatt = "urn:altinn:accesspackage:skatt";
    let twice = format!("`accessPackages`: `{skatt}` is listed more than once");
    refused(&package(&[skatt, skatt]), &twice, "AUTH.VLD-00007");
    let bare = "`accessPackages`: `skatt` does not begin with `urn:altinn:accesspackage:`";
    refused(&package(&["skatt"]), bare, "AUTH.VLD-00008");
    let empty = "`accessPackages`: `urn:altinn:accesspackage:` does not end with a valid name";
    refused(&package(&["urn:altinn:accesspackage:"]), empty, "AUTH.VLD-00008");
    let clients = with(json!({ "clientId": ["a", "b", "a"] }));
    refused(&clients, "`clientId`: `a` is listed more than once", "AUTH.VLD-00011");
    let name = json!({ "nb": " ", "nn": "", "en": "" });
    let problem = "`name`: `nb` is empty; without a Norwegian Bokmål name, customers cannot approve requests";
    refused(&with(json!({ "name": name })), problem, "AUTH-00017");
}

#[test]
fn a_text_must_have_the_three_languages_that_altinns_database_requires() {
    for field in ["name", "description"] {
        for (texts, missing) in [
            (json!({}), "nb and nn and en; Altinn requires nb, nn and en"),
            (json!({ "nb": "x" }), "nn and en; Altinn requires nb, nn and en"),
            (json!({ "nb": "x", "en": "x", "se": "x" }), "nn; Altinn requires nb, nn and en"),
            (json!({ "NB": "x", "nn": "x", "en": "x" }), "nb; Altinn requires nb, nn and en, in lower case"),
        ] {
            let file = with(json!({ field: texts })).to_string();
            unreadable(file, &format!("error: `s.json`: `{field}`: there is no text in {missing}\n"));
        }
    }
}

#[test]
fn names_of_members_may_have_any_case() {
    let server = register(with(json!({ "isDeleted": false })));
    let file = system().to_string();
    let names = [
        "id",
        "vendor",
        "name",
        "description",
        "rights",
        "resource",
        "value",
        "accessPackages",
        "urn",
        "clientId",
        "isVisible",
        "allowedRedirectUrls",
        "ID",
    ];
    let cased = |case: fn(&str) -> String| {
        let rename = |file: String, name: &&str| file.replace(&format!("\"{name}\":"), &format!("\"{}\":", case(name)));
        names.iter().fold(file.clone(), rename)
    };
    let pascal = |name: &str| format!("{}{}", name[..1].to_uppercase(), &name[1..]);
    for file in [cased(str::to_uppercase), cased(str::to_lowercase), cased(pascal)] {
        assert_ne!(file, system().to_string());
        let ran = run(&server, "system update", &file);
        assert!(ran.err.ends_with("already has these values, so nothing was sent\n") && ran.code == 0, "{}", ran.err);
        assert_eq!(run(&server, "system register", &file).code, 0);
    }
    assert_eq!(server.sent(), [system(), system(), system()]);
    let printed =
        file.replacen('{', "{\"ISDELETED\":false,", 1).replacen("\"vendor\":{", "\"vendor\":{\"Authority\":\"x\",", 1);
    assert_eq!(run(&server, "system update", &printed).code, 0);
    // A name inside a text or behind an escaped quote is not a member.
    let tricky = with(json!({ "description": { "nb": "\"ID\": {[\\", "nn": "CLIENTID", "en": "\"RIGHTS\":" } }));
    assert_eq!(run(&server, "system register", &tricky.to_string()).code, 0);
    assert_eq!(server.sent()[3], tricky);
    // Languages are no members, but keys: Altinn compares them exactly.
    let languages = file.replacen("\"nn\"", "\"NN\"", 1);
    let err = "error: `s.json`: `name`: there is no text in nn; Altinn requires nb, nn and en, in lower case\n";
    run(&server, "system register", &languages).fails(2, err);
}

#[test]
fn a_member_in_two_spellings_is_refused() {
    let hint = "\nhint: is the name listed twice, perhaps in another case? Altinn ignores the case of names\n";
    let twice = |file: String, field: &str| {
        for command in ["register", "update"] {
            let run = local(command, &file);
            assert!(run.err.starts_with(&format!("error: `s.json`: {field} at line 1 column ")), "{}", run.err);
            assert!(run.err.ends_with(hint) && run.code == 2, "{}", run.err);
        }
    };
    let file = system().to_string();
    twice(file.replacen('{', "{\"ClientId\":[],", 1), "duplicate field `clientId`");
    twice(file.replacen("\"vendor\":{", "\"vendor\":{\"id\":\"0192:991825827\",", 1), "`vendor`: duplicate field `ID`");
    twice(file.replacen("{\"urn\"", "{\"Urn\":\"x\",\"urn\"", 1), "`accessPackages[0]`: duplicate field `urn`");
}

#[test]
fn null_for_the_packages_and_rights_without_a_resource_are_sent_in_altinns_form() {
    let server = register(with(json!({ "isDeleted": false })));
    let file = with(json!({ "accessPackages": null, "rights": [{ "resource": [] }] }));
    assert_eq!(run(&server, "system register", &file.to_string()).code, 0);
    assert_eq!(server.sent(), [with(json!({ "accessPackages": [], "rights": [{ "resource": [] }] }))]);
    // In an update, null means the same as a missing list: the packages stay.
    let ran = run(&server, "system update", &file.to_string());
    let changes = "\n  - rights: demo\n  + rights: no resource\n";
    assert!(ran.err.ends_with(changes) && ran.code == 0, "{}", ran.err);
    assert_eq!(server.sent()[1], with(json!({ "rights": [{ "resource": [] }] })));
    // A resource may be listed once for each action, and once without an action.
    let right =
        |action: Value| json!({ "action": action, "resource": [{ "id": "urn:altinn:resource", "value": "a" }] });
    let rights = json!([right(Value::Null), right("read".into()), right("write".into())]);
    assert_eq!(run(&server, "system register", &with(json!({ "rights": rights })).to_string()).code, 0);
    assert_eq!(server.sent()[2]["rights"].as_array().unwrap().len(), 3);
}

#[test]
fn several_faults_are_reported_together() {
    let file = with(json!({ "id": "a b", "name": { "nb": "x" }, "allowedRedirectUrls": ["x", "y"] }));
    local("register", file.to_string()).fails(
        2,
        "error: `s.json` has 5 errors\n  \
         `name`: there is no text in nn and en; Altinn requires nb, nn and en\n  \
         `id`: `a b` must be `991825827_` followed by a name (AUTH.VLD-00001)\n  \
         `id`: `a b` contains a space (AUTH.VLD-00013)\n  \
         `allowedRedirectUrls`: `x` must be a URL that begins with https:// (AUTH.VLD-00005)\n  \
         `allowedRedirectUrls`: `y` must be a URL that begins with https:// (AUTH.VLD-00005)\n\
         hint: for details, run `systemuser-demo explain AUTH.VLD-00001`, and likewise for the other codes\n",
    );
}

#[test]
fn an_unknown_field_is_refused_with_a_suggestion() {
    let unknown = |file: Value, field: &str, meant: Option<&str>| {
        let hint = meant.map(|meant| format!("hint: did you mean `{meant}`?\n")).unwrap_or_default();
        unreadable(file.to_string(), &format!("error: `s.json`: `{field}` is not a known field\n{hint}"));
    };
    for name in ["client_id", "clientIds"] {
        unknown(with(json!({ name: [] })), name, Some("clientId"));
    }
    unknown(with(json!({ "acessPackages": [] })), "acessPackages", Some("accessPackages"));
    for name in ["1", "a b", "x-y"] {
        unknown(with(json!({ name: 1 })), name, None);
    }
    // An unknown name that could be a field of Altinn's is accepted only if the registered system has it.
    let server = register(with(json!({ "isDeleted": false })));
    let err = "error: `s.json`: `scope` is not a known field\n";
    for command in ["system register", "system update"] {
        run(&server, command, &with(json!({ "scope": "x" })).to_string()).fails(2, err);
    }
    assert_eq!(server.sent(), Vec::<Value>::new());
    let right = json!([{ "resource": [{ "id": "urn:altinn:resource", "value": "a", "extra": 1 }], "actions": "x" }]);
    unknown(with(json!({ "rights": right })), "rights.0.actions", Some("action"));
    let right = json!([{ "resource": [{ "id": "urn:altinn:resource", "value": "a", "extra": 1 }] }]);
    unknown(with(json!({ "rights": right })), "rights.0.resource.0.extra", None);
    let vendor = json!({ "ID": "0192:991825827", "orgno": "x" });
    unknown(with(json!({ "vendor": vendor })), "vendor.orgno", None);
}

#[test]
fn null_is_neither_a_value_nor_a_list_other_than_the_packages() {
    let null = |field: &str, expected: &str| {
        for command in ["register", "update"] {
            let run = local(command, with(json!({ field: null })).to_string());
            let begins = format!("error: `s.json`: `{field}`: invalid type: null, expected {expected} at line ");
            assert!(run.err.starts_with(&begins), "{}", run.err);
            assert!(
                run.err.contains("\nhint: Altinn fails on null: set a value, or leave the field out"),
                "{}",
                run.err
            );
            assert_eq!((run.code, run.out.as_str()), (2, ""));
        }
    };
    for list in ["rights", "clientId", "allowedRedirectUrls"] {
        null(list, "an array");
    }
    null("isVisible", "a boolean");
    null("id", "a string");
    for object in ["vendor", "name", "description"] {
        let run = local("register", with(json!({ object: null })).to_string());
        assert!(run.err.contains(&format!("`{object}`: invalid type: null, expected a")), "{}", run.err);
        assert_eq!(run.code, 2);
    }
}

#[test]
fn a_file_that_is_not_a_system_is_refused_with_the_position_of_the_fault() {
    let form =
        "hint: write the system as in config/system.json or in the output of `systemuser-demo system show --json`\n";
    let one = "hint: expected a single system, as in config/system.json or in the output of `systemuser-demo system show --json`\n";
    unreadable("{} {}", &format!("error: `s.json`: missing field `id` at line 1 column 2\n{form}"));
    unreadable("null", &format!("error: `s.json`: invalid type: null, expected an object at line 1 column 4\n{one}"));
    let list = local("update", format!("[{}]", system()));
    assert!(list.err.ends_with(one) && list.code == 2, "{}", list.err);
    unreadable(
        "7",
        &format!("error: `s.json`: invalid type: integer `7`, expected an object at line 1 column 1\n{one}"),
    );
    let file = format!("{}\n}}", system());
    let after = "hint: delete the text after the last `}` of the system\n";
    unreadable(&file, &format!("error: `s.json` is not valid JSON: trailing characters at line 2 column 1\n{after}"));
    for member in ["id", "vendor", "name", "description"] {
        let run = local("register", without(member).to_string());
        assert!(run.err.starts_with(&format!("error: `s.json`: missing field `{member}` at line 1 ")), "{}", run.err);
        assert_eq!(run.code, 2);
    }
    let run = local("register", with(json!({ "rights": ["demo"] })).to_string());
    let begins = "error: `s.json`: `rights[0]`: invalid type: string, expected an object at line 1 column ";
    assert!(run.err.starts_with(begins) && run.err.ends_with(form), "{}", run.err);
    let twice = system().to_string().replacen('{', "{\"id\":\"x\",", 1);
    assert!(local("register", twice).err.starts_with("error: `s.json`: duplicate field `id` at line 1 "));
    assert!(local("register", [0xff, 0xfe, b'{']).err.starts_with("error: cannot read `s.json`: "));
}

#[test]
fn a_file_without_json_is_recognised() {
    let is = |file: &[u8], problem: &str| {
        let hint = "hint: write the system as in config/system.json or in the output of `systemuser-demo system show --json`\n";
        local("register", file).fails(2, &format!("error: `s.json` {problem}\n{hint}"));
    };
    is(
        crate::program::project_text("config/test.toml").as_bytes(),
        "is TOML, but the System Register accepts only JSON",
    );
    let not_json = "is not JSON, but the System Register accepts only JSON";
    is(b"# the system\nid: 310904474_system\nvendor:\n  ID: 0192:310904474\n", not_json);
    is(b"---\nid: 310904474_system\n", not_json);
    is(b"<system/>", not_json);
    for empty in ["", " \n\t\r\n", "\u{feff}", "\u{feff}\n"] {
        is(empty.as_bytes(), "is empty");
    }
    is(b"# the system\n\n  // to be written\n", "contains only comments");
    // A byte order mark is valid.
    let run = local("register", format!("\u{feff}{}", without("id")));
    assert!(run.err.starts_with("error: `s.json`: missing field `id` at line 1 "), "{}", run.err);
}

#[test]
fn a_mistake_in_the_syntax_of_json_is_reported_with_its_correction() {
    let mistake = |file: &str, problem: &str, hint: &str| {
        unreadable(file, &format!("error: `s.json` is not valid JSON: {problem}\nhint: {hint}\n"));
    };
    let comment = "delete the comment: JSON has no comments";
    mistake("{\n  // the id\n  \"id\": \"x\"\n}", "key must be a string at line 2 column 3", comment);
    mistake("{\n\"id\": \"x\", # the id\n}", "key must be a string at line 2 column 12", comment);
    mistake("{\n\"id\": \"x\" /* the id */\n}", "expected `,` or `}` at line 2 column 11", comment);
    mistake("// the system\n{}", "expected value at line 1 column 1", comment);
    let comma = "delete the comma before the bracket";
    mistake("{\n\"id\": \"x\",\n}", "trailing comma at line 3 column 1", comma);
    mistake("{\"clientId\": [\"x\",]}", "`clientId`: trailing comma at line 1 column 19", comma);
    let end = "is the end of the file missing? close each quote, `[` and `{`";
    mistake("{\n\"id\": \"x\",", "EOF while parsing a value at line 2 column 10", end);
    let special = "is there a typographic quote or a no-break space? replace it with `\"` or a space";
    mistake("{“id”: “x”}", "key must be a string at line 1 column 2", special);
    mistake("{\"id\":\u{a0}\"x\"}", "`id`: expected value at line 1 column 7", special);
    let name = "put each name in straight double quotes, such as \"id\"";
    mistake("{'id': 'x'}", "key must be a string at line 1 column 2", name);
    mistake("{id: 1}", "key must be a string at line 1 column 2", name);
    let text = "put text in straight double quotes; true, false and numbers need no quotes";
    mistake("{\"id\": x}", "`id`: expected value at line 1 column 8", text);
    let escape = "write a backslash as \\\\";
    mistake("{\"id\": \"a\\q\"}", "`id`: invalid escape at line 1 column 11", escape);
}

#[test]
fn a_missing_file_or_a_folder_is_reported() {
    let run = |file: &str| {
        let program = program("system update --env test").arg(file).folder("folder");
        program.file("config/test.toml", vendor_configuration(&nobody())).run()
    };
    run("nowhere.json").fails(2, "error: `nowhere.json` does not exist\n");
    run("folder").fails(2, "error: cannot read `folder`: Is a directory\n");
}

#[test]
fn a_key_file_given_by_mistake_is_not_printed() {
    let secrets = crate::secrets::pieces_of_keys();
    let jwk = data_text("key.jwk.json");
    let d = serde_json::from_str::<Value>(&jwk).unwrap()["d"].as_str().unwrap().to_owned();
    let pem = data_text("key.pkcs8.pem");
    let hint = "\nhint: the file contains a key; a system is described in JSON, as in config/system.json\n";
    for (file, hinted) in [
        (pem.clone(), true),
        (jwk.clone(), true),
        (json!({ "keys": [serde_json::from_str::<Value>(&jwk).unwrap()] }).to_string(), true),
        (Value::from(pem.as_str()).to_string(), true),
        (Value::from(d.as_str()).to_string(), false),
        (with(json!({ "clientId": pem })).to_string(), true),
        (with(json!({ "rights": [{ "resource": d }] })).to_string(), false),
        (with(json!({ d.as_str(): 1 })).to_string(), false),
    ] {
        for command in ["register", "update"] {
            let run = local(command, &file);
            assert_eq!((run.code, run.out.as_str()), (2, ""), "{}", run.err);
            crate::secrets::shows_none(&run.err, &secrets);
            crate::secrets::shows_none(&run.err, std::slice::from_ref(&d));
            assert_eq!(run.err.contains(hint), hinted, "{}", run.err);
        }
    }
}

/// A System Register with this system, which accepts every change.
fn register(current: Value) -> Server {
    Server::vendor(move |request: &Request| match request.method.as_str() {
        "GET" => answer("200 OK", &current.to_string()),
        "POST" => answer("200 OK", "\"0a1b2c3d-0000-4000-8000-000000000000\""),
        _ => answer("200 OK", r#"{"succeeded":true}"#),
    })
}

fn run(server: &Server, arguments: &str, file: &str) -> Run {
    let program = program(arguments).arg("s.json").arg("--env=test").file("s.json", file);
    program.file("config/test.toml", server.vendor_configuration()).run()
}

fn has_no_null(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => items.iter().all(has_no_null),
        Value::Object(members) => members.values().all(has_no_null),
        _ => true,
    }
}

#[test]
fn a_system_is_registered_completely_and_missing_fields_are_empty() {
    let server = register(json!({}));
    let file = json!({ "id": "991825827_new", "vendor": { "ID": "0192:991825827" }, "name": { "en": "x", "nb": "x", "nn": "x" },
        "description": { "en": "", "nb": "", "nn": "" }, "rights": [{ "action": null, "resource": [{ "id": "urn:altinn:resource", "value": "a" }] }] });
    let ran = run(&server, "system register", &format!("\u{feff}{file}\n\n"));
    assert_eq!(ran.out, "registered   991825827_new\ninternal id  0a1b2c3d-0000-4000-8000-000000000000\n");
    assert_eq!(
        ran.err,
        "warning: `clientId` is empty, so no client can get tokens for this system's system users\n\
         note: to make this system the default for --system, put `system_id = \"991825827_new\"` under [vendor] in \
         the configuration file; otherwise, pass --system 991825827_new\n"
    );
    assert_eq!(server.calls(), ["POST systemregister/vendor systemregister.write"]);
    let mut body = file;
    body["rights"][0].as_object_mut().unwrap().shift_remove("action");
    let rest = json!({ "accessPackages": [], "clientId": [], "isVisible": false, "allowedRedirectUrls": [] });
    body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    assert_eq!(server.sent(), [body.clone()]);
    assert!(has_no_null(&body));

    let ran = run(&server, "system register --json", &system().to_string());
    let printed: Value = serde_json::from_str(&ran.out).unwrap();
    let internal = "0a1b2c3d-0000-4000-8000-000000000000";
    assert_eq!(printed, json!({ "id": "991825827_smartcloud", "internal_id": internal }));
    assert_eq!((ran.err.as_str(), ran.code), ("", 0));
    assert_eq!(server.sent()[1], system());
}

#[test]
fn the_shipped_file_is_a_valid_system() {
    let server = register(json!({}));
    let file = project_text("config/system.json");
    assert_eq!(run(&server, "system register", &file).code, 0);
    assert_eq!(server.sent(), [serde_json::from_str::<Value>(&file).unwrap()]);
}

#[test]
fn the_output_of_show_can_be_sent_back_without_its_read_only_fields() {
    let server = register(with(json!({ "isDeleted": false })));
    let program = program("system show --json --env test").file("config/test.toml", server.vendor_configuration());
    let printed = program.run().out;
    assert_eq!(serde_json::from_str::<Value>(&printed).unwrap()["isDeleted"], false);
    run(&server, "system update", &printed).succeeds("");
    assert_eq!(server.calls().iter().filter(|call| call.starts_with("PUT")).count(), 0);
    assert_eq!(run(&server, "system register", &printed).code, 0);
    let authority =
        with(json!({ "vendor": { "ID": "0192:991825827", "authority": "iso6523-actorid-upis" }, "isVisible": false }));
    assert_eq!(run(&server, "system update", &authority.to_string()).code, 0);
    // Neither `isDeleted` nor `authority` is sent back.
    assert_eq!(server.sent(), [system(), with(json!({ "isVisible": false }))]);
}

#[test]
fn an_update_keeps_missing_fields_and_clears_empty_fields() {
    let server = register(with(json!({ "isDeleted": false })));
    let file = json!({ "id": "991825827_smartcloud", "vendor": { "ID": "0192:991825827" },
        "name": { "en": "Smart cloud", "nb": "Smart himmel", "nn": "Smart sky" },
        "description": { "en": "Accounting", "nb": "Regnskap", "nn": "Rekneskap", "se": "Rehketdoallu" },
        "accessPackages": [], "allowedRedirectUrls": ["https://example.no/receipt", "https://example.no/\u{200f}"] });
    let ran = run(&server, "system update", &file.to_string());
    assert_eq!(
        (ran.out.as_str(), ran.err.as_str(), ran.code),
        (
            "updated  991825827_smartcloud\n",
            "note: the file would make these changes to `991825827_smartcloud`\n  \
             - name.nb: Smart sky\n  + name.nb: Smart himmel\n  \
             + description.se: Rehketdoallu\n  - accessPackages: urn:altinn:accesspackage:skatt\n  \
             + allowedRedirectUrls: https://example.no/\\u{200f}\n",
            0
        )
    );
    let address = "systemregister/vendor/991825827_smartcloud systemregister.write";
    assert_eq!(server.calls(), [format!("GET {address}"), format!("PUT {address}")]);
    assert_eq!(server.sent(), [with(file.clone())]);
    assert_eq!(server.grants().len(), 1);
    let ran = run(&server, "system update --json", &file.to_string());
    let printed: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(printed["id"], "991825827_smartcloud");
    let expected = json!({ "field": "name.nb", "removed": ["Smart sky"], "added": ["Smart himmel"] });
    assert!(printed["changes"].as_array().unwrap().contains(&expected), "{printed}");
}

#[test]
fn nothing_is_sent_if_nothing_changes() {
    let server = register(with(json!({ "isDeleted": false })));
    let reordered = with(json!({ "clientId": ["another", "tests"] }));
    for file in [system(), reordered, without("clientId"), without("isVisible"), without("rights")] {
        let ran = run(&server, "system update", &file.to_string());
        let note = "note: `991825827_smartcloud` already has these values, so nothing was sent\n";
        assert_eq!((ran.out.as_str(), ran.err.as_str(), ran.code), ("", note, 0));
    }
    assert_eq!(server.sent(), Vec::<Value>::new());
    let ran = run(&server, "system update --json", &system().to_string());
    let printed: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(printed, json!({ "id": "991825827_smartcloud", "changes": [] }));
}

#[test]
fn client_ids_are_removed_only_with_the_explicit_option() {
    let server = register(with(json!({ "isDeleted": false })));
    for (ids, gained) in [(json!([]), ""), (json!(["new"]), "  + clientId: new\n")] {
        let file = with(json!({ "clientId": ids })).to_string();
        run(&server, "system update", &file).fails(
            2,
            &format!(
                "note: the file would make these changes to `991825827_smartcloud`\n  \
                 - clientId: tests\n  - clientId: another\n{gained}\
                 error: the file leaves out client ids that the system has: tests, another\n\
                 hint: Maskinporten would then refuse to issue tokens to these clients (MP-303), for all customers\n\
                 hint: to remove them, pass --allow-removing-client-ids; to keep all client ids, leave out `clientId`\n"
            ),
        );
    }
    assert_eq!(server.sent(), Vec::<Value>::new());
    let file = with(json!({ "clientId": ["another", "new"] }));
    run(&server, "system update --allow-removing-client-ids", &file.to_string())
        .succeeds("updated  991825827_smartcloud\n");
    assert_eq!(server.sent(), [file]);
}

#[test]
fn a_deleted_system_is_not_changed() {
    let server = register(with(json!({ "isDeleted": true })));
    run(&server, "system update", &with(json!({ "isVisible": false })).to_string()).fails(
        5,
        "error: `991825827_smartcloud` has been deleted, so it cannot be changed\n\
         hint: the id cannot be reused; register a system with another name\n",
    );
    assert_eq!(server.sent(), Vec::<Value>::new());
}

#[test]
fn a_system_is_deleted_only_after_confirmation() {
    let delete = |arguments: &str, address: &str| {
        let program = program(arguments).arg("--env=test");
        program.file("config/test.toml", vendor_configuration(address)).run_with("y\n")
    };
    let usage = "error: cannot ask for confirmation without a terminal; use --yes\n\
                 hint: for usage, run `systemuser-demo system delete --help`\n";
    delete("system delete", &nobody()).fails(2, usage);
    delete("system delete 991825827_other --json", &nobody()).fails(2, usage);
    let server = register(with(json!({ "isDeleted": false })));
    delete("system delete --yes", &server.url()).succeeds("deleted  991825827_smartcloud\n");
    delete("system delete 991825827_other --yes --json", &server.url())
        .succeeds("{\n  \"deleted\": \"991825827_other\"\n}\n");
    let calls = ["991825827_smartcloud", "991825827_other"].map(|system| {
        ["GET", "DELETE"].map(|method| format!("{method} systemregister/vendor/{system} systemregister.write"))
    });
    assert_eq!(server.calls(), calls.as_flattened());
    assert!(server.requests().iter().all(|request| request.target == "/token" || request.body.is_empty()));
}

#[test]
fn after_status_400_the_program_checks_whether_the_system_is_deleted() {
    let bad_request = r#"{"title":"Bad Request","status":400,"traceId":"00-abc-01"}"#;
    let delete = |states: [bool; 2], options: &str| {
        let [first, second] = states.map(|state| answer("200 OK", &with(json!({ "isDeleted": state })).to_string()));
        let server = Server::vendor_in_turn([first, answer("400 Bad Request", bad_request), second]);
        let program = program(&format!("system delete --yes --env test {options}"));
        (program.file("config/test.toml", server.vendor_configuration()).run(), server.calls().len())
    };
    let (run, calls) = delete([false, true], "");
    let note = "note: Altinn returned status 400, as for every system without client ids, but it deleted the system\n";
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "deleted  991825827_smartcloud\n", note));
    assert_eq!(calls, 3);
    assert_eq!(delete([false, true], "--json").0.out, "{\n  \"deleted\": \"991825827_smartcloud\"\n}\n");
    let (run, calls) = delete([false, false], "");
    assert!(run.err.contains("returned status 400: Bad Request\n") && run.code == 5, "{}", run.err);
    assert_eq!((run.out.as_str(), calls), ("", 3));
    let (run, calls) = delete([true, true], "");
    let note = "note: the system is already deleted, so nothing was sent\n";
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "deleted  991825827_smartcloud\n", note));
    assert_eq!(calls, 1);
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs script, of util-linux; .ci/run has it"]
fn a_person_at_a_terminal_is_asked_before_a_system_is_deleted() {
    use std::io::Write;
    use std::process::Stdio;
    let answered = |answer: &str, address: &str| {
        let program = program("system delete --env test").file("config/test.toml", vendor_configuration(address));
        let mut child = program.at_a_terminal().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
        let run = Run::from(child.wait_with_output().unwrap());
        assert_eq!(run.code, 0, "{}", run.out);
        assert!(run.out.contains("delete 991825827_smartcloud?"), "{}", run.out);
        run.out
    };
    for no in ["n\n", "\n", "ja\n"] {
        assert!(answered(no, &nobody()).contains("note:\u{1b}[0m nothing was deleted"));
    }
    for yes in ["y\n", "YES\n"] {
        let server = register(with(json!({ "isDeleted": false })));
        assert!(answered(yes, &server.url()).contains("deleted  991825827_smartcloud"));
        assert_eq!(server.calls().len(), 2);
    }
}

#[test]
fn unknown_fields_of_a_registered_system_are_sent_back() {
    let current = with(json!({ "isDeleted": false, "newField": { "a": 1.50 }, "newList": ["x"] }));
    let server = register(current.clone());
    // The printed system counts as unchanged.
    let same = run(&server, "system update", &current.to_string());
    assert!(same.err.ends_with(" already has these values, so nothing was sent\n") && same.code == 0, "{}", same.err);
    // A field that the file leaves out stays, and a field in the file is changed.
    let file = with(json!({ "newList": ["y"] }));
    let ran = run(&server, "system update", &file.to_string());
    let changes = "\n  - newList: [\"x\"]\n  + newList: [\"y\"]\n";
    assert!(ran.err.ends_with(changes) && ran.code == 0, "{}", ran.err);
    let sent = server.sent().remove(0);
    assert_eq!((&sent["newField"], &sent["newList"]), (&current["newField"], &json!(["y"])));
    assert_eq!(sent.get("isDeleted"), None);
}
