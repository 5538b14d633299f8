//! How does a build without the sandbox differ?

use crate::program::program;
use crate::server::Server;

#[test]
fn the_environment_is_required() {
    program("token").run().fails(
        3,
        "error: no environment: this build has no sandbox to use by default\n\
         hint: pass --env test or --env prod, or specify a file with --config\n",
    );
}

#[test]
fn init_requires_an_environment() {
    program("init").run().fails(
        3,
        "error: no environment: this build has no sandbox to use by default\n\
         hint: pass --env test or --env prod, or specify a file with --config\n",
    );
}

#[test]
fn the_sandbox_command_does_not_exist() {
    let run = program("sandbox").run();
    assert_eq!((run.code, run.out.as_str()), (2, ""));
}

#[test]
fn a_running_sandbox_can_still_be_used() {
    let server = Server::start(|_| crate::server::opaque_token());
    let run = program("token --env sandbox --client-id c --scope s --org 210493352 --key")
        .arg(crate::program::data("key.jwk.json").to_str().unwrap())
        .var("SYSTEMUSER_SANDBOX", server.url())
        .run();
    run.succeeds("opaque-token\n");
}

#[test]
fn the_default_address_is_suggested_because_no_sandbox_is_built_in() {
    let run = program("token --env sandbox --client-id c --scope s --org 210493352 --timeout 1 --key")
        .arg(crate::program::data("key.jwk.json").to_str().unwrap())
        .run();
    let note = "note: using the sandbox at http://127.0.0.1:PORT/; nothing leaves this machine\n";
    assert!(crate::program::without_chance(&run.err).starts_with(note), "{}", run.err);
}
