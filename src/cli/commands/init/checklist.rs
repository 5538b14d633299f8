//! The remaining steps with their URLs, in the order of Altinn's guide for system vendors.

use std::path::Path;

use crate::cli::args::{rerun, shell};
use crate::cli::session::starter::{self, Example};
use crate::client::{Environment, quote_path};

/// Altinn's guide.
pub(super) const GUIDE: &str = "https://docs.altinn.studio/en/authorization/guides/system-vendor/system-user/";

/// The line above the steps of the sandbox.
pub(super) const SANDBOX: &str = "no setup is needed: the sandbox includes a client, a key, a system and customers";

/// One line for each step. `missing_key` is the configured path of a key that does not exist. `certificate` is whether
/// grants are signed with a certificate. `system` is the system file.
pub(super) fn steps(
    environment: Environment,
    file: &Path,
    examples: &[Example],
    missing_key: Option<&Path>,
    certificate: bool,
    system: &Path,
) -> Vec<String> {
    let this = rerun::environment(environment, Some(file));
    let lines = starter::lines(examples);
    let own = (!lines.is_empty())
        .then(|| format!("in {}, replace the example values on these lines: {lines}", quote_path(file)));
    let key = missing_key.map(|key| {
        let path = shell::path(key);
        format!("create the private key {} with `systemuser-demo key new {path}`", quote_path(key))
    });
    let steps = match environment {
        Environment::Sandbox => Vec::new(),
        // Sources: Digdir's documentation of the self-service portal; Altinn's of its user interface.
        Environment::Test => outside(
            &this,
            certificate,
            system,
            "https://sjolvbetjening.test.samarbeid.digdir.no",
            "https://am.ui.tt02.altinn.no",
        ),
        Environment::Prod => {
            outside(&this, certificate, system, "https://sjolvbetjening.samarbeid.digdir.no", "https://am.ui.altinn.no")
        }
    };
    let doctor = format!("check every step: `systemuser-demo doctor {this}`");
    own.into_iter().chain(key).chain(steps).chain([doctor]).collect()
}

/// The steps at Digdir and Altinn.
fn outside(this: &str, certificate: bool, system: &Path, self_service: &str, approval: &str) -> Vec<String> {
    let client = match certificate {
        true => "create a client for the certificate's organisation, and register no public key".to_owned(),
        false => format!("create a client and register the public key that `systemuser-demo key public {this}` prints"),
    };
    vec![
        format!("in Maskinporten's self-service portal ({self_service}), {client}"),
        "add the scopes to the client there; ask Digdir for `altinn:authentication/systemregister.write`, \
         `altinn:authentication/systemuser.request.read` and `altinn:authentication/systemuser.request.write`"
            .to_owned(),
        format!(
            "in {}, replace the example names, rights and access packages; {GUIDE}systemregistration describes the \
             file",
            quote_path(system)
        ),
        format!(
            "register the system in Altinn's System Register, with the client id in its `clientId`: `systemuser-demo \
             system register {} {this}`",
            shell::path(system)
        ),
        format!(
            "ask the customer for a system user: `systemuser-demo request create ORG --right RESOURCE {this}` prints \
             the confirm URL, which the customer opens in Altinn ({approval})"
        ),
    ]
}
