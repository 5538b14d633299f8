//! Is a key, a token, or a piece of one ever repeated that somebody pasted where it does not belong?

mod pastes;
mod places;

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use self::pastes::{Paste, pastes};
use self::places::{Place, places};
use crate::server::{Server, empty};

/// As many characters in a row of a secret are a leak.
const LEAK: usize = 12;

/// A place, the way to it, what is pasted there, and whether the command runs with `--verbose`.
type Case<'a> = (&'a Place, usize, &'a Paste, bool);

#[test]
fn what_is_pasted_into_a_wrong_place_is_not_repeated() {
    let (places, pastes) = (places(), pastes());
    let ways = places.iter().flat_map(|place| (0..place.ways()).map(move |way| (place, way))).enumerate();
    // From place to place another paste, so that each of them has its turn.
    let cases = ways.map(|(nth, (place, way))| (place, way, &pastes[nth * 7 % pastes.len()], nth % 2 == 0));
    try_all(&cases.collect::<Vec<_>>());
}

#[test]
#[ignore = "it runs the program some twenty thousand times, which takes minutes"]
fn nothing_that_is_pasted_anywhere_is_repeated() {
    let (places, pastes) = (places(), pastes());
    let verbosity = |nth: usize, paste: &Paste| if paste.is_bare { vec![false, true] } else { vec![nth % 2 == 0] };
    let cases = places.iter().enumerate().flat_map(|(first, place)| {
        let pastes = (first..).zip(&pastes);
        pastes.flat_map(move |(nth, paste)| {
            verbosity(nth, paste).into_iter().map(move |verbose| (place, nth, paste, verbose))
        })
    });
    try_all(&cases.collect::<Vec<_>>());
}

/// Runs all cases, some at a time, as some of them wait.
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

/// What a run repeats of a secret.
fn leak((place, way, paste, verbose): Case<'_>, server: &str) -> Option<String> {
    let run = place.run(way, &paste.text, verbose, server);
    assert!((0..=7).contains(&run.code), "{}: {} ended with {}: {}", place.name, paste.name, run.code, run.err);
    let out = if place.answers_with_it && run.code == 0 { "" } else { &run.out };
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

/// The pieces of some texts that are leaks.
fn pieces<'a>(texts: impl IntoIterator<Item = &'a str>) -> HashSet<&'a [u8]> {
    texts.into_iter().flat_map(|text| text.as_bytes().windows(LEAK)).collect()
}
