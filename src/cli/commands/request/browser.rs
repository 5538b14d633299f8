//! Opens the approval page in the user's browser.

use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use std::{io, thread};

use reqwest::Url;

use crate::cli::args::variables;

/// A launcher that still runs after this time counts as successful.
const LAUNCHER_TIMEOUT: Duration = Duration::from_millis(250);

/// Opens a URL in a browser, which keeps running when this program ends.
pub(crate) fn open(url: &Url) -> io::Result<()> {
    let mut failure = None;
    for mut command in open::commands(url.as_str()) {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        for (name, value) in variables::without_secrets() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
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
