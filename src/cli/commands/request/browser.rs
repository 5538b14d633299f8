//! Opens the approval page in the user's browser.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use std::{env, io, thread};

use reqwest::Url;

/// A launcher that still runs after this time counts as successful.
const LAUNCHER_TIMEOUT: Duration = Duration::from_millis(250);

/// Opens an address in a browser, which goes on when this program ends.
pub(crate) fn open(url: &Url) -> io::Result<()> {
    let mut failure = None;
    for mut command in open::commands(url.as_str()) {
        without_secrets(&mut command).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // Ctrl-C must end this program and not the browser.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let error = match command.spawn().and_then(early_end) {
            Ok(Some(status)) if !status.success() => io::Error::other(format!("the launcher failed: {status}")),
            Ok(_) => return Ok(()),
            // There are several launchers, and few systems have all of them.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => error,
        };
        failure.get_or_insert(error);
    }
    Err(failure.unwrap_or(io::ErrorKind::NotFound.into()))
}

/// The launcher's exit status, if it exits within [`LAUNCHER_TIMEOUT`]. A thread reaps it if it exits later.
fn early_end(mut child: Child) -> io::Result<Option<ExitStatus>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait()));
    receiver.recv_timeout(LAUNCHER_TIMEOUT).ok().transpose()
}

/// Removes the `SYSTEMUSER_` variables, and the user names and passwords in the variables of proxies.
fn without_secrets(command: &mut Command) -> &mut Command {
    for (name, value) in env::vars_os() {
        let upper = name.to_string_lossy().to_ascii_uppercase();
        if upper.starts_with("SYSTEMUSER_") {
            command.env_remove(name);
        } else if upper.ends_with("_PROXY") && upper != "NO_PROXY" {
            match value.to_str().map(|value| (value, value.rsplit_once('@'))) {
                Some((_, None)) => {}
                Some((proxy, Some((_, host)))) => {
                    let scheme = proxy.split_once("://").map(|(scheme, _)| format!("{scheme}://")).unwrap_or_default();
                    command.env(name, scheme + host);
                }
                None => drop(command.env_remove(name)),
            }
        }
    }
    command
}
