//! `sandbox`: run the sandbox as a server for other programs.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;

use anyhow::Context;
use chrono::TimeDelta;
use clap::Args;
use clap_complete::{ArgValueCandidates, CompletionCandidate};
use serde_json::json;
use tokio::net::TcpListener;

use crate::cli::args::{CommonArgs, candidates, parsed};
use crate::cli::error::{CommandError, Exit, file_handles};
use crate::cli::output::{Console, duration, pairs};
use crate::client::quote;
use crate::config::ConfigError;
use crate::explain::{self, Entry};
use crate::sandbox::{self, Explanation, ForcedRefusal, PagingFault, SandboxOptions};

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Sandbox {
    /// listen on this port of 127.0.0.1; 0 picks a free port [default: 7070]
    #[arg(long, allow_negative_numbers = true)]
    port: Option<String>,
    /// run the sandbox's clock this many seconds ahead of this machine's clock, or behind if negative
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    clock_ahead: Option<String>,
    /// refuse every grant with this refusal, such as MP-303 or unknown-kid, to test how a client handles it
    #[arg(long, value_name = "CODE", add = ArgValueCandidates::new(refusals))]
    refuse: Option<String>,
    /// rows per page of Altinn's lists [default: 50]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    page_size: Option<String>,
    /// simulate a paging fault in Altinn's lists: loses-rows, never-ends or internal-host
    #[arg(long, value_name = "FAULT", add = ArgValueCandidates::new(|| candidates::names(PagingFault::names())))]
    paging_fault: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  systemuser-demo sandbox                  # until Ctrl-C
  systemuser-demo sandbox --port 0         # on a free port
  systemuser-demo sandbox --refuse MP-303  # for every grant";

/// The refusals that a shell offers on completion.
fn refusals() -> Vec<CompletionCandidate> {
    let meaning = |name| explain::of_code(name).map(|entry| entry.meaning.into());
    let refusals = ForcedRefusal::all().iter();
    refusals.map(|refusal| CompletionCandidate::new(refusal.name).help(meaning(refusal.name))).collect()
}

impl Sandbox {
    pub(crate) async fn run(self, common: &CommonArgs, console: &mut Console<'_>) -> Result<(), CommandError> {
        if let Some(option) = common.option_for_servers() {
            return Err(CommandError::usage(format!("`sandbox` {option}"), "sandbox"));
        }
        let not_a_port = |text: String| format!("expected a port number from 0 to 65535, found {}", quote(&text));
        let port: Option<u16> =
            parsed("--port", self.port.as_ref(), |text| text.parse().map_err(|_| not_a_port(text)))?;
        let port = port.unwrap_or(7070);
        let options = self.options()?;
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let listener = TcpListener::bind(address).await.map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => {
                CommandError::command_line(format!("--port: port {port} on 127.0.0.1 is already in use"))
                    .hint("is another sandbox running? choose another port with --port, or 0 for a free port")
            }
            io::ErrorKind::PermissionDenied => {
                CommandError::command_line(format!("--port: no permission to listen on port {port}"))
            }
            _ => CommandError::new(Exit::Unexpected, format!("cannot listen on {address}: {error}")),
        })?;
        let address = format!("http://{}", listener.local_addr().context("cannot read the address of the socket")?);
        file_handles::check(file_handles::CONNECTION, "accept connections")?;
        let interrupted = interrupted().context("cannot listen for Ctrl-C")?;
        console.note("the sandbox listens on this machine only; Ctrl-C stops it");
        match common.json {
            true => console.answer_json(&json!({ "url": address }))?,
            false => console.answer_line(&address)?,
        }
        introduce(console, &address, &options);
        sandbox::serve(listener, options, interrupted).await.context("the sandbox stopped")?;
        console.note("the sandbox has stopped and discarded its data");
        Ok(())
    }

    fn options(&self) -> Result<SandboxOptions, ConfigError> {
        let clock_ahead = |text: String| match text.parse() {
            Ok(seconds @ -31_536_000..=31_536_000) => Ok(TimeDelta::seconds(seconds)),
            _ => Err(format!("expected a number of seconds from -31536000 to 31536000, found {}", quote(&text))),
        };
        let unknown = |text: &str, what: &str, names: Vec<&str>| {
            format!("{} is not a known {what}; expected one of {}", quote(text), names.join(", "))
        };
        let refusal = |text: String| {
            let names = ForcedRefusal::all().iter().map(|refusal| refusal.name).collect();
            ForcedRefusal::named(&text).ok_or_else(|| unknown(&text, "refusal", names))
        };
        let page_size = |text: String| {
            text.parse::<NonZeroUsize>().map_err(|_| format!("expected 1 or more, found {}", quote(&text)))
        };
        let paging = |text: String| {
            PagingFault::named(&text).ok_or_else(|| unknown(&text, "paging fault", PagingFault::names().collect()))
        };
        Ok(SandboxOptions {
            clock_ahead: parsed("--clock-ahead", self.clock_ahead.as_ref(), clock_ahead)?.unwrap_or_default(),
            refusal: parsed("--refuse", self.refuse.as_ref(), refusal)?,
            page_size: parsed("--page-size", self.page_size.as_ref(), page_size)?,
            paging: parsed("--paging-fault", self.paging_fault.as_ref(), paging)?.unwrap_or_default(),
            explanations: explain::all().map(explanation).collect(),
        })
    }
}

/// An explanation for the sandbox. Its commands need no options, because the built-in configuration has all values.
fn explanation(entry: &Entry) -> Explanation {
    let causes = entry.causes.iter().map(|cause| cause.line(|command| format!("systemuser-demo {}", command.line())));
    let causes = causes.collect();
    Explanation { code: entry.code, kind: entry.kind, meaning: entry.meaning, causes }
}

fn introduce(console: &mut Console<'_>, address: &str, options: &SandboxOptions) {
    let (organisations, clients): (Vec<_>, Vec<_>) = (sandbox::organisations().collect(), sandbox::clients().collect());
    if !options.clock_ahead.is_zero() {
        let way = if options.clock_ahead > TimeDelta::zero() { "ahead of" } else { "behind" };
        console.note(&format!(
            "its clock is {} {way} this machine's clock",
            duration(options.clock_ahead.num_seconds().unsigned_abs())
        ));
    }
    if let Some(refusal) = options.refusal {
        console.note(&format!("it refuses every grant: {}", refusal.name));
    }
    if let Some(size) = options.page_size {
        console.note(&format!("Altinn's lists have {size} rows per page"));
    }
    if options.paging != PagingFault::default() {
        console.note(&format!("the paging of Altinn's lists has a fault: {}", options.paging.name()));
    }
    let rows = |rows: &[(&str, &str)]| pairs(rows).trim_end().replace('\n', "\n  ");
    console.plain(&format!("\nendpoints\n  {}", rows(&sandbox::endpoints())));
    console.plain(&format!("\norganisations\n  {}", rows(&organisations)));
    console.plain(&format!("\nsettings for other programs\n  issuer     {address}/\n  {}", rows(&sandbox::client())));
    console.plain("  key        the private key in mp-key.pem.example");
    console.plain(&format!("\nall clients, which use the same key\n  {}", rows(&clients)));
    console
        .plain(&format!("\nsettings for this program, in another terminal\n  export SYSTEMUSER_SANDBOX={address}\n"));
}

/// Waits for Ctrl-C, or for the SIGTERM of a service manager. Signals are caught from the call on, even before the
/// future is awaited.
#[cfg(unix)]
fn interrupted() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn interrupted() -> io::Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}
