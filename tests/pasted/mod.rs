//! Is a key or a token that was pasted in a wrong place ever printed, whole or in part?

mod pastes;
mod places;

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use self::pastes::{Paste, pastes};
use self::places::{Place, places};
use crate::server::{Server, empty};

/// This many consecutive characters of a secret are a leak.
const LEAK: usize = 12;

/// A place, the number of its command, the pasted text, and whether the command runs with `--verbose`.
type Case<'a> = (&'a Place, usize, &'a Paste, bool);

#[test]
fn a_pasted_secret_is_not_printed() {
    let (places, pastes) = (places(), pastes());
    let ways = places.iter().flat_map(|place| (0..place.ways()).map(move |way| (place, way))).enumerate();
    // The pastes alternate between places, so that all are used.
    let cases = ways.map(|(nth, (place, way))| (place, way, &pastes[nth * 7 % pastes.len()], nth.is_multiple_of(2)));
    try_all(&cases.collect::<Vec<_>>());
}

#[test]
#[ignore = "runs the program about 20,000 times, which takes minutes"]
fn no_pasted_secret_is_printed_anywhere() {
    let (places, pastes) = (places(), pastes());
    // A whole, bare secret is pasted into every command, and also without `--verbose` into the first; other pastes go
    // into one command each.
    let ways = |place: &Place, nth: usize, paste: &Paste| match paste.is_bare {
        true => (0..place.ways()).map(|way| (way, way.is_multiple_of(2))).chain([(0, false)]).collect(),
        false => vec![(nth, nth.is_multiple_of(2))],
    };
    let cases = places.iter().enumerate().flat_map(|(first, place)| {
        (first..).zip(&pastes).flat_map(move |(nth, paste)| {
            ways(place, nth, paste).into_iter().map(move |(way, verbose)| (place, way, paste, verbose))
        })
    });
    try_all(&cases.collect::<Vec<_>>());
}

/// Runs all cases on eight threads, because some cases wait.
#[allow(clippy::print_stdout, reason = "prints the number of runs")]
fn try_all(cases: &[Case<'_>]) {
    let (next, leaks, server) =
        (AtomicUsize::new(0), Mutex::new(Vec::new()), Server::start(|_| empty("403 Forbidden")));
    let work = || {
        while let Some(&case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            leaks.lock().unwrap().extend(leak(case, &server.url()));
        }
    };
    std::thread::scope(|scope| {
        (0..8).for_each(|_| drop(scope.spawn(work)));
    });
    let leaks = leaks.into_inner().unwrap();
    println!("{} runs, {} leaks", cases.len(), leaks.len());
    leaks.iter().for_each(|leak| println!("{}", leak.lines().next().unwrap_or_default()));
    let shown: String = leaks.iter().take(20).map(String::as_str).collect();
    assert!(leaks.is_empty(), "{} of {} runs repeat a piece of a secret, such as\n{shown}", leaks.len(), cases.len());
}

/// The part of a secret that a run prints, if any.
fn leak((place, way, paste, verbose): Case<'_>, server: &str) -> Option<String> {
    let run = place.run(way, &paste.text, verbose, server);
    assert!((0..=7).contains(&run.code), "{}: {} ended with {}: {}", place.name, paste.name, run.code, run.err);
    let out = if place.prints_value && run.code == 0 { "" } else { &run.out };
    let piece = [out, &run.err].into_iter().find_map(|text| paste.piece_in(text))?;
    Some(format!(
        "- {}: {}{}: `{piece}` in\n{}{}\n",
        place.name,
        paste.name,
        if verbose { ", verbose" } else { "" },
        run.out,
        run.err
    ))
}

/// All pieces of these texts that would count as leaks.
fn pieces<'a>(texts: impl IntoIterator<Item = &'a str>) -> HashSet<&'a [u8]> {
    texts.into_iter().flat_map(|text| text.as_bytes().windows(LEAK)).collect()
}
