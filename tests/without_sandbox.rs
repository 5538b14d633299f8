//! How does a build without the sandbox differ?

use crate::program::program;
use crate::server::Server;

#[test]
fn the_environment_must_be_said() {
    program("token").run().fails(
        3,
        "error: no environment: this build has no sandbox, so there is none to fall back on\n\
         hint: say --env test or --env prod, or name a file with --config\n",
    );
}

#[test]
fn a_start_is_made_for_an_environment_that_was_said() {
    program("init").run().fails(
        3,
        "error: no environment: this build has no sandbox, so there is none to fall back on\n\
         hint: say --env test or --env prod, or name a file with --config\n",
    );
}

#[test]
fn the_command_is_not_there() {
    let run = program("sandbox").run();
    assert_eq!((run.code, run.out.as_str()), (2, ""));
}

#[test]
fn a_sandbox_that_stands_elsewhere_can_still_be_used() {
    let server = Server::start(|_| crate::server::opaque_token());
    let run = program("token --env sandbox --client-id c --scope s --org 210493352 --key")
        .arg(crate::program::data("key.jwk.json").to_str().unwrap())
        .var("SYSTEMUSER_SANDBOX", server.url())
        .run();
    run.succeeds("opaque-token\n");
}

#[test]
fn none_runs_inside_so_the_usual_address_is_told() {
    let run = program("token --env sandbox --client-id c --scope s --org 210493352 --timeout 1 --key")
        .arg(crate::program::data("key.jwk.json").to_str().unwrap())
        .run();
    let note = "note: this is the sandbox at http://127.0.0.1:PORT/; nothing leaves this machine\n";
    assert!(crate::program::without_chance(&run.err).starts_with(note), "{}", run.err);
}
