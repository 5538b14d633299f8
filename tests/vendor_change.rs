//! Does `request change` ask for the right change, and do the other commands know change requests?

use serde_json::{Value, json};

use crate::program::{Program, Run, program};
use crate::server::{Server, json as answer, nobody, vendor_configuration};

const USER: &str = "d6a1d5a4-2d58-4b0f-9c3b-7e1f0c7a4e01";
const ID: &str = "7d6e1d3c-2f0b-4c3e-9b57-1f6a2c8d9e04";
const CONFIRM: &str = "https://am.ui.altinn.no/accessmanagement/ui/systemuser/changerequest?id=7d6e1d3c";
const FIND: &str =
    "GET systemuser/vendor/byquery?system-id=991825827_smartcloud&orgno=210493352 systemuser.request.write";
const CHANGE: &str = "request change 210493352 --add-right demo --remove-package skatt";

fn right(name: &str) -> Value {
    json!({ "resource": [{ "id": "urn:altinn:resource", "value": name }] })
}

fn package(name: &str) -> Value {
    json!({ "urn": format!("urn:altinn:accesspackage:{name}") })
}

fn user(others: Value) -> String {
    let mut user = json!({ "id": USER, "systemId": "991825827_smartcloud", "reporteeOrgNo": "210493352",
        "externalRef": "210493352", "userType": "standard", "isDeleted": false });
    user.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
    answer("200 OK", &user.to_string())
}

/// A change request as Altinn returns it.
fn change(status: &str) -> Value {
    json!({ "id": ID, "externalRef": "210493352", "systemId": "991825827_smartcloud", "systemUserId": USER,
        "partyOrgNo": "210493352", "requiredRights": [right("demo")], "unwantedRights": [],
        "requiredAccessPackages": [], "unwantedAccessPackages": [package("skatt")], "status": status,
        "confirmUrl": CONFIRM })
}

fn made(status: &str) -> String {
    answer("201 Created", &change(status).to_string())
}

fn known(status: &str) -> String {
    answer("200 OK", &change(status).to_string())
}

fn with(server: &Server, arguments: &str) -> Program {
    program(arguments).args("--env test").file("config/test.toml", server.vendor_configuration())
}

fn run(server: &Server, arguments: &str) -> Run {
    with(server, arguments).run()
}

/// The printed form of a change request.
fn printed(status: &str) -> String {
    format!(
        "request       {ID}\nstatus        {status}\nkind          change\ncustomer      210493352\n\
         external ref  none\nsystem        991825827_smartcloud\nsystem user   {USER}\nadds          demo\n\
         removes       urn:altinn:accesspackage:skatt\nconfirm       {CONFIRM}\n"
    )
}

fn post(id: &str) -> String {
    format!("POST systemuser/changerequest/vendor?correlation-id={id}&system-user-id={USER} systemuser.request.write")
}

const TAKES_EFFECT: &str = "note: the change takes effect once the customer approves it; to wait for the decision, run \
                            `systemuser-demo request status 7d6e1d3c-2f0b-4c3e-9b57-1f6a2c8d9e04 --change --wait --env \
                            test`\n";

#[test]
fn a_change_is_asked_for_with_a_new_id_for_the_system_user_that_was_found() {
    let server = Server::vendor_in_turn([user(json!({})), made("New")]);
    let run = run(&server, CHANGE);
    run.succeeds(&printed("New"));
    assert_eq!(run.err, TAKES_EFFECT);
    let calls = server.calls();
    let id = calls[1].split(['=', '&']).nth(1).unwrap().to_owned();
    assert_eq!(uuid::Uuid::parse_str(&id).unwrap().get_version_num(), 4);
    assert_eq!(calls, [FIND.to_owned(), post(&id)]);
    let body = json!({ "requiredRights": [right("demo")], "unwantedRights": [], "requiredAccessPackages": [],
        "unwantedAccessPackages": [package("skatt")] });
    assert_eq!(server.sent(), [body]);
    // Both calls need the same scope. The other token is for the rights of today, which Altinn does not list here.
    let scopes: Vec<_> = server.grants().into_iter().map(|grant| grant["scope"].clone()).collect();
    assert_eq!(scopes, ["altinn:authentication/systemuser.request.write", "altinn:accessmanagement/authorizedparties"]);
}

#[test]
fn every_option_is_sent_without_urn_prefixes_of_rights_and_without_duplicates() {
    let server = Server::vendor_in_turn([user(json!({ "externalRef": "c-1" })), made("New")]);
    let arguments = "request change 210493352 --add-right a --add-right urn:altinn:resource:a --remove-right b \
                     --add-package c --remove-package urn:altinn:accesspackage:d --external-ref c-1 --system 991825827_x \
                     --redirect-url https://example.no/receipt --json";
    let run = with(&server, arguments).args(&format!("--correlation-id {}", ID.to_uppercase())).run();
    let printed: Value = serde_json::from_str(&run.out).unwrap();
    let token = "systemuser-demo token --org 210493352 --external-ref c-1 --env test";
    assert_eq!(printed, json!({ "new": true, "request": change("New"), "token_command": token }));
    let find = FIND
        .replace("smartcloud", "x")
        .replace(" systemuser", "&external-ref=c-1 systemuser")
        .replace("GET&external-ref=c-1", "GET");
    assert_eq!(server.calls(), [find, post(ID)]);
    let body = json!({ "requiredRights": [right("a")], "unwantedRights": [right("b")],
        "requiredAccessPackages": [package("c")], "unwantedAccessPackages": [package("d")],
        "redirectUrl": "https://example.no/receipt" });
    assert_eq!(server.sent(), [body]);
}

#[test]
fn a_known_change_request_is_shown_with_its_status() {
    let again = format!("{CHANGE} --correlation-id {ID}");
    let exists = |status: &str| {
        format!("note: this change request already exists with status {status}, so no new change request was created\n")
    };
    let server = Server::vendor_in_turn([user(json!({})), known("New")]);
    let same = run(&server, &again);
    same.succeeds(&printed("New"));
    assert_eq!(same.err, format!("{}{TAKES_EFFECT}", exists("New")));
    let server = Server::vendor_in_turn([user(json!({})), known("New")]);
    let other = run(&server, &format!("{again} --add-right other"));
    let warning =
        "warning: that change request asks for another change; to ask for this change, omit --correlation-id\n";
    assert_eq!(other.err, format!("{}{warning}{TAKES_EFFECT}", exists("New")));
    let server = Server::vendor_in_turn([user(json!({})), known("Rejected")]);
    let ended = run(&server, &again);
    assert_eq!((ended.code, ended.out), (5, printed("Rejected")));
    assert_eq!(
        ended.err,
        format!(
            "{}error: the customer rejected the request\nhint: to ask again, create a new change request, for example \
             with `systemuser-demo request change 210493352 --add-right demo --remove-package skatt --env test`\n",
            exists("Rejected")
        )
    );
    // The reference and the system of the change request are repeated.
    let mut rejected = change("Rejected");
    rejected["externalRef"] = "c-1".into();
    let found = user(json!({ "externalRef": "c-1" }));
    let server = Server::vendor_in_turn([found, answer("200 OK", &rejected.to_string())]);
    let ended = run(&server, &format!("{again} --external-ref c-1 --system 991825827_x"));
    let hint = "`systemuser-demo request change 210493352 --add-right demo --remove-package skatt --external-ref c-1 --system 991825827_x \
                --env test`\n";
    assert!(ended.err.ends_with(hint) && ended.code == 5, "{}", ended.err);
    // A request without a reference is named by the customer's number if the environment has a reference.
    let server = Server::vendor_in_turn([known("Rejected")]);
    let status = with(&server, &format!("request status {ID} --change --wait"));
    let ended = status.var("SYSTEMUSER_EXTERNAL_REF", "c-2").run();
    let hint = "`systemuser-demo request change 210493352 --add-right demo --remove-package skatt --external-ref 210493352 --env test`\n";
    assert!(ended.err.ends_with(hint) && ended.code == 5, "{}", ended.err);
}

#[test]
fn no_change_needed_is_a_success_with_nothing_to_wait_for() {
    for wait in ["", " --wait", " --json"] {
        let mut nothing = change("NoChangeNeeded");
        nothing["confirmUrl"] = "".into();
        let server = Server::vendor_in_turn([user(json!({})), answer("200 OK", &nothing.to_string())]);
        let run = run(&server, &format!("{CHANGE}{wait}"));
        let note = "note: no change is needed, so the customer has nothing to approve\n";
        assert_eq!((run.err.as_str(), run.code, server.calls().len()), (note, 0, 2), "{wait}");
        match wait {
            " --json" => {
                let printed: Value = serde_json::from_str(&run.out).unwrap();
                assert_eq!(printed, json!({ "new": false, "request": nothing, "token_command": null }));
            }
            _ => assert_eq!(run.out, printed("NoChangeNeeded").replace(&format!("confirm       {CONFIRM}\n"), "")),
        }
    }
}

#[test]
fn a_wrong_command_line_is_refused_before_anything_is_sent() {
    let refused = |arguments: &str, err: &str| program(&format!("request change {arguments}")).run().fails(2, err);
    let usage = "hint: for usage, run `systemuser-demo request change --help`\n";
    refused(
        "210493352",
        &format!(
            "error: a change needs at least one --add-right, --remove-right, --add-package or --remove-package\n{usage}"
        ),
    );
    refused(
        "210493352 --add-right x --remove-right urn:altinn:resource:x",
        &format!("error: `x` cannot be added and removed in the same change\n{usage}"),
    );
    refused(
        "210493352 --add-package x --remove-package x",
        &format!("error: `urn:altinn:accesspackage:x` cannot be added and removed in the same change\n{usage}"),
    );
    refused(
        "210493352 --add-right urn:altinn:accesspackage:x",
        "error: --add-right: `urn:altinn:accesspackage:x` belongs to --add-package\n",
    );
    refused(
        "210493352 --remove-package urn:altinn:resource:x",
        "error: --remove-package: `urn:altinn:resource:x` belongs to --remove-right\n",
    );
    for id in ["x", "00000000-0000-0000-0000-000000000000", "7d6e1d3c"] {
        refused(
            &format!("210493352 --add-right x --correlation-id {id}"),
            &format!(
                "error: --correlation-id: expected a UUID, found `{id}`\n\
                 hint: to use a new id, omit --correlation-id\n"
            ),
        );
    }
}

#[test]
fn the_id_of_the_system_user_is_no_correlation_id() {
    let server = Server::vendor_in_turn([user(json!({}))]);
    run(&server, &format!("{CHANGE} --correlation-id {}", USER.to_uppercase())).fails(
        2,
        &format!(
            "error: --correlation-id: `{USER}` is the id of the system user; a change request needs its own id\n\
             hint: to use a new id, omit --correlation-id\n"
        ),
    );
    assert_eq!(server.calls(), [FIND]);
}

#[test]
fn the_id_of_a_change_request_for_another_system_user_is_no_success() {
    let others = json!({ "id": ID, "systemUserId": ID, "partyOrgNo": "310904473", "status": "Accepted" });
    let server = Server::vendor_in_turn([user(json!({})), answer("200 OK", &others.to_string())]);
    run(&server, &format!("{CHANGE} --correlation-id {ID}")).fails(
        2,
        &format!(
            "error: --correlation-id: `{ID}` is the id of a change request for another system user; its customer is `310904473`\n\
             hint: to use a new id, omit --correlation-id\n"
        ),
    );
}

#[test]
fn a_key_in_the_place_of_a_right_is_neither_sent_nor_printed() {
    use base64::Engine;
    let key = base64::engine::general_purpose::STANDARD.encode(r#"{"kty":"RSA","d":"9bFlIkpYt5HfavHYMD5hzcS7"}"#);
    for key in [&key, &"9bFlIkpYt5HfavHYMD5hzcS7".repeat(9)] {
        for option in ["--add-right", "--remove-right", "--add-package", "--remove-package"] {
            let run = program(&format!("request change 210493352 {option} {key}"))
                .args("--env test")
                .file("config/test.toml", vendor_configuration(&nobody()))
                .run();
            assert!(run.code == 2 && run.out.is_empty() && !run.err.contains(&key[..20]), "{}", run.err);
        }
    }
}

#[test]
fn a_missing_system_user_is_explained_with_the_command_that_asks_for_one() {
    let byquery = "http://127.0.0.1:PORT/authentication/api/v1/systemuser/vendor/byquery";
    let other = "hint: does it have another external reference? pass it with --external-ref; `systemuser-demo user list \
                 --env test` shows it\n";
    for (body, text) in [("", "status 404"), (r#"{"code":"AUTH-00015","title":"gone"}"#, "status 404: AUTH-00015 gone")]
    {
        let server = Server::vendor_in_turn([answer("404 Not Found", body)]);
        run(&server, CHANGE).fails(
            5,
            &format!(
                "error: 210493352 has no system user of `991825827_smartcloud` without an external reference\n  \
                 `{byquery}` returned {text}\n{other}\
                 hint: to ask for a system user, run `systemuser-demo request create 210493352 --right demo --env test`\n"
            ),
        );
        assert_eq!(server.calls(), [FIND]);
    }
    let server = Server::vendor_in_turn([answer("404 Not Found", "")]);
    run(&server, "request change 210493352 --remove-right x --external-ref c-1").fails(
        5,
        &format!(
            "error: 210493352 has no system user of `991825827_smartcloud` with the external reference `c-1`\n  \
             `{byquery}` returned status 404\n{other}\
             hint: to ask for a system user, run `systemuser-demo request create 210493352 --right RESOURCE \
             --external-ref c-1 --env test`\n"
        ),
    );
    // The system itself is unknown.
    let server = Server::vendor_in_turn([answer("404 Not Found", r#"{"code":"AUTH-00011","title":"no"}"#)]);
    let run = run(&server, CHANGE);
    assert!(run.err.contains("AUTH-00011 no\n  Altinn did not find the system") && run.code == 5, "{}", run.err);
}

#[test]
fn an_agents_system_user_and_a_deleted_one_cannot_be_changed() {
    let delete = format!("`systemuser-demo request delete {USER} --env test`");
    let server = Server::vendor_in_turn([user(json!({ "userType": "agent" }))]);
    run(&server, CHANGE).fails(
        5,
        &format!(
            "error: the system user of 210493352 is an agent system user, and Altinn cannot change it\n\
             hint: ask the customer to delete the system user in Altinn; then delete its request with {delete}, and ask \
             for a new system user with `systemuser-demo request create 210493352 --agent --package PACKAGE --env test`\n"
        ),
    );
    assert_eq!(server.calls(), [FIND]);
    for (added, packages) in
        [("--add-package a --add-package b", "--package a --package b"), ("--add-right a", "--package PACKAGE")]
    {
        let server = Server::vendor_in_turn([user(json!({ "userType": "agent" }))]);
        let run = run(&server, &format!("request change 210493352 {added} --external-ref c-1"));
        let create =
            format!("`systemuser-demo request create 210493352 --agent {packages} --external-ref c-1 --env test`\n");
        assert!(run.err.ends_with(&create), "{}", run.err);
    }
    let server = Server::vendor_in_turn([user(json!({ "isDeleted": true }))]);
    run(&server, CHANGE).fails(
        5,
        &format!(
            "error: the system user of 210493352 has been deleted\n\
             hint: delete its request with {delete}, and ask for a new system user with `systemuser-demo request create \
             210493352 --right demo --env test`\n"
        ),
    );
}

#[test]
fn a_lost_response_names_the_id_with_which_the_command_can_be_repeated() {
    let lost = || Server::vendor_in_turn([user(json!({})), answer("502 Bad Gateway", "")]);
    let server = lost();
    let run = run(&server, CHANGE);
    let id = server.calls()[1].split(['=', '&']).nth(1).unwrap().to_owned();
    let hint = format!("hint: to repeat the command with the same change request, add `--correlation-id {id}`\n");
    assert!(run.err.ends_with(&hint) && run.code == 6, "{}", run.err);
    let run = with(&lost(), CHANGE).args(&format!("--correlation-id {ID}")).run();
    let hint = "hint: was a change request with this id deleted? to use a new id, omit --correlation-id\n";
    assert!(run.err.ends_with(hint) && run.code == 6, "{}", run.err);
}

#[test]
fn waiting_ends_with_the_decision() {
    let waiting = "note: waiting at most 10 min for the customer's decision; press Ctrl-C to stop\n";
    let changed = "note: the system user has been changed; to get a token for it, run `systemuser-demo token --org \
                   210493352 --env test`\n";
    let server = Server::vendor_in_turn([user(json!({})), made("New"), known("Accepted")]);
    let run = run(&server, &format!("{CHANGE} --wait"));
    run.succeeds(&format!("{}status        Accepted\n", printed("New")));
    assert_eq!(run.err, format!("{waiting}{changed}"));
    assert_eq!(server.calls()[2], format!("GET systemuser/changerequest/vendor/{ID} systemuser.request.read"));
    for (status, code) in [("Rejected", 5), ("Denied", 5), ("New", 7)] {
        let server = Server::vendor_in_turn([user(json!({})), made("New"), known(status)]);
        let run = with(&server, &format!("{CHANGE} --wait=1s")).run();
        assert_eq!(run.code, code, "{}", run.err);
    }
}

#[test]
fn an_id_is_looked_up_as_each_kind_and_with_change_as_a_change_request_only() {
    let gone = || answer("404 Not Found", r#"{"title":"gone","status":404,"code":"AUTH-00010"}"#);
    let paths = ["request/vendor", "request/vendor/agent", "changerequest/vendor"];
    let gets = paths.map(|path| format!("GET systemuser/{path}/{ID} systemuser.request.read"));
    let server = Server::vendor_in_turn([gone(), gone(), known("New")]);
    run(&server, &format!("request status {ID}")).succeeds(&printed("New"));
    assert_eq!(server.calls(), gets);
    let server = Server::vendor_in_turn([known("New")]);
    run(&server, &format!("request status {ID} --change")).succeeds(&printed("New"));
    assert_eq!(server.calls(), gets[2..]);
    let server = Server::vendor_in_turn([gone(), gone(), known("Accepted"), crate::server::empty("202 Accepted")]);
    let deleted = run(&server, &format!("request delete {ID}"));
    deleted.succeeds(&format!("deleted  {ID}\n"));
    assert_eq!(deleted.err, "note: it was a change request to 210493352, and its status was Accepted\n");
    let delete = format!("DELETE systemuser/changerequest/vendor/{ID} systemuser.request.write");
    assert_eq!(server.calls(), [&gets[..], &[delete]].concat());
    let server = Server::vendor_in_turn([gone()]);
    let run = run(&server, &format!("request delete {ID} --change"));
    assert!(
        run.err.contains("change request by organisation number, without --change? add --change; to see"),
        "{}",
        run.err
    );
    assert_eq!((run.code, server.calls().len()), (5, 1));
}

#[test]
fn by_reference_the_access_packages_are_read_as_well() {
    let mut without_packages = change("Accepted");
    without_packages["unwantedAccessPackages"] = json!([]);
    let server = Server::vendor_in_turn([answer("200 OK", &without_packages.to_string()), known("Accepted")]);
    let run = run(&server, "request status --org 210493352 --change");
    run.succeeds(&printed("Accepted"));
    assert_eq!(
        run.err,
        "note: a system user may have several change requests, and Altinn returned one of them; to see all, run \
         `systemuser-demo request list --change --env test`\n\
         note: to get a token for this system user, run `systemuser-demo token --org 210493352 --env test`\n"
    );
    let vendor = "GET systemuser/changerequest/vendor";
    assert_eq!(
        server.calls(),
        [format!("{vendor}/byexternalref/991825827_smartcloud/210493352/210493352"), format!("{vendor}/{ID}")]
            .map(|call| format!("{call} systemuser.request.read"))
    );
}

#[test]
fn a_list_of_change_requests_shows_what_is_added_and_removed() {
    let mut row = change("New");
    row.as_object_mut().unwrap().remove("confirmUrl");
    let page = |links: Value| answer("200 OK", &json!({ "links": links, "data": [row.clone()] }).to_string());
    let table = format!(
        "request                               status  customer   external ref  adds  removes\n\
         {ID}  New     210493352  none          demo  urn:altinn:accesspackage:skatt\n"
    );
    let server = Server::vendor_in_turn([page(json!({}))]);
    let whole = run(&server, "request list --change");
    whole.succeeds(&table);
    assert_eq!(whole.err, "");
    let list = "GET systemuser/changerequest/vendor/bysystem/991825827_smartcloud";
    assert_eq!(server.calls(), [format!("{list} systemuser.request.read")]);
    let server = Server::vendor_in_turn([page(json!({}))]);
    assert_eq!(
        run(&server, "request list --change --status Rejected").err,
        "note: `991825827_smartcloud` has no change requests with status Rejected\n"
    );
    let both = program("request list --change --agent").run();
    assert!(both.err.starts_with("error: the argument '--change' cannot be used with '--agent'"), "{}", both.err);
}

#[test]
fn the_first_page_of_a_list_without_end_is_printed_and_the_error_says_so() {
    let mut row = change("New");
    row.as_object_mut().unwrap().remove("confirmUrl");
    let page = answer("200 OK", &json!({ "links": { "next": "?token=x" }, "data": [row.clone()] }).to_string());
    let list =
        "http://127.0.0.1:PORT/authentication/api/v1/systemuser/changerequest/vendor/bysystem/991825827_smartcloud";
    let err = format!(
        "error: no usable response from `{list}`: status 200, but `links.next` repeats an earlier page, so the list never ends\n\
         hint: Altinn returns only the first page of change requests; to find another change request, run \
         `systemuser-demo request status --org ORG --change --env test`\n\
         hint: to shorten the list, delete decided change requests with `systemuser-demo request delete ID --env test`\n"
    );
    let server = Server::vendor_in_turn([page.clone()]);
    let run = run(&server, "request list --change --json");
    assert_eq!((crate::program::without_chance(&run.err), run.code), (err, 6));
    assert_eq!(serde_json::from_str::<Value>(&run.out).unwrap(), json!([row]));
    assert_eq!(server.calls().len(), 2);
    let server = Server::vendor_in_turn([page]);
    let table = with(&server, "request list --change").run();
    assert!(table.out.lines().count() == 2 && table.code == 6, "{}{}", table.out, table.err);
}

#[cfg(feature = "sandbox")]
#[test]
fn in_the_sandbox_an_approved_change_opens_one_api_and_closes_another() {
    let sandbox = crate::server::sandbox(Default::default());
    let ran = |arguments: &str| program(arguments).var("SYSTEMUSER_SANDBOX", sandbox.as_str()).run();
    let codes = || ["salary", "logistics"].map(|api| ran(&format!("call {api} --org 310904473")).code);
    assert_eq!(codes(), [5, 0]);
    let ask = "request change 310904473 --add-package lonn --remove-right ttd_systembruker-logistikk-demo";
    let asked = ran(&format!("{ask} --correlation-id {ID}"));
    assert_eq!(asked.code, 0, "{}", asked.err);
    assert!(asked.err.contains("note: before the change, the system user has ttd_systembruker-logistikk-demo\n"));
    assert!(!asked.err.contains("warning"), "{}", asked.err);
    let nothing = ran("request change 310904473 --add-right ttd_systembruker-logistikk-demo --remove-package lonn");
    let warnings = "warning: the system user already has `ttd_systembruker-logistikk-demo`\n\
                    warning: the system user does not have `urn:altinn:accesspackage:lonn`, which the change removes\n";
    assert!(nothing.err.contains(warnings), "{}", nothing.err);
    let confirm = asked.out.lines().find_map(|line| line.strip_prefix("confirm ")).unwrap().trim().to_owned();
    assert_eq!(codes(), [5, 0]);
    crate::altinn_wire::answer(&confirm, "approve");
    assert_eq!(codes(), [0, 5]);
    let status = ran(&format!("request status {ID} --wait"));
    assert!(status.err.contains("note: the system user has been changed; to get a token"), "{}", status.err);
    let listed = ran("request list --change --status Accepted");
    assert!(listed.out.contains(ID) && listed.code == 0, "{}", listed.err);
    // A deletion does not undo the change, and the id cannot be used again.
    assert_eq!(ran(&format!("request delete {ID}")).code, 0);
    assert_eq!(codes(), [0, 5]);
    assert_eq!(ran(&format!("{ask} --correlation-id {ID}")).code, 6);
    let agent = ran("request change 314250052 --add-package regnskapsforer-lonn");
    assert!(
        agent.err.contains("is an agent system user, and Altinn cannot change it") && agent.code == 5,
        "{}",
        agent.err
    );
    let none = ran("request change 312600757 --add-package lonn");
    assert!(
        none.err.contains("systemuser-demo request create 312600757 --package lonn`") && none.code == 5,
        "{}",
        none.err
    );
}
