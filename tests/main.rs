//! The tests. Each module answers one question, and each test name is a sentence about behaviour. The tests run the
//! real binary in a bare environment against real servers on loopback.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(unreachable_pub, reason = "a test binary hands nothing on")]

#[cfg(all(unix, feature = "sandbox"))]
mod browser;
#[cfg(feature = "sandbox")]
mod certificates;
mod program;
mod server;

mod answers;
mod call_command;
mod command_line;
mod completions;
mod configuration;
mod documents;
mod encrypted_keys;
mod explain;
mod faults;
mod grant;
mod grant_command;
mod hostile;
mod init;
mod inspect;
mod key_command;
mod keys;
mod layout;
mod passphrase;
mod refusals;
mod retries;
mod sanitize;
mod scopes;
mod secrets;
mod system_file;
mod token_source;
mod vendor_change;
mod vendor_doctor;
mod vendor_lists;
mod vendor_refusals;
mod vendor_wire;
mod waiting;

#[cfg(feature = "sandbox")]
mod altinn_wire;
#[cfg(all(unix, feature = "sandbox"))]
mod approval;
#[cfg(feature = "sandbox")]
mod business_certificates;
#[cfg(feature = "sandbox")]
mod certificate_choice;
#[cfg(feature = "sandbox")]
mod clock;
#[cfg(feature = "sandbox")]
mod doctor;
#[cfg(feature = "sandbox")]
mod every_refusal;
#[cfg(feature = "sandbox")]
mod fixtures;
#[cfg(feature = "sandbox")]
mod init_certificates;
#[cfg(all(target_os = "linux", feature = "sandbox"))]
mod load;
#[cfg(feature = "sandbox")]
mod mutations;
#[cfg(feature = "sandbox")]
mod pasted;
#[cfg(all(unix, feature = "sandbox"))]
mod printed_commands;
#[cfg(feature = "sandbox")]
mod sandbox;
#[cfg(feature = "sandbox")]
mod strictness;
#[cfg(target_os = "linux")]
mod terminal;
#[cfg(feature = "sandbox")]
mod user_access;
#[cfg(feature = "sandbox")]
mod vendor_flow;
#[cfg(not(feature = "sandbox"))]
mod without_sandbox;
