//! The reader of encrypted keys, with arbitrary files.

use std::fs;

use proptest::prelude::*;
use proptest::sample::Index;
use systemuser_demo::keystore::Encrypted;

use super::{giants, is_soon_done, try_all};
use crate::program::project;

/// Beginnings of elements, lengths, and the last bytes of object identifiers.
const PIECES: &[&[u8]] = &[
    &[0x30, 0x80],
    &[0x24, 0x80],
    &[0xa0, 0x80],
    &[0x04, 0x80],
    &[0, 0],
    &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
    &[0x84],
    &[0x02, 0x01, 0x00],
    &[0x02, 0x04, 0x7f, 0xff, 0xff, 0xff],
    &[0x0c, 0x0a, 0x01, 0x01],
    &[0x0c, 0x0a, 0x01, 0x06],
    &[0x0c, 0x01, 0x05],
    b"DEK-Info: DES-EDE3-CBC,",
    b"ENCRYPTED",
];

/// Opens a file, and returns the message if it cannot be opened.
fn refusal(file: &[u8]) -> Option<String> {
    Some(Encrypted::recognise(file)?.open(&"test".into()).err()?.to_string())
}

#[test]
fn a_changed_file_is_opened_or_refused() {
    // No authentication code protects these files from changes.
    let names = ["no-mac.p12", "ber-no-mac.p12", "pkcs8.des3.pem", "pkcs8.pkcs12-3des.pem", "pkcs1.des3.pem"];
    let files = names.map(|name| fs::read(project("tests/data/encrypted").join(name)).unwrap());
    let piece =
        prop_oneof![prop::sample::select(PIECES).prop_map(<[u8]>::to_vec), prop::collection::vec(any::<u8>(), 0..4)];
    let change = (any::<Index>(), 0_usize..12, piece);
    let changed = (prop::sample::select(files.to_vec()), prop::collection::vec(change, 1..4));
    let changed = changed.prop_map(|(mut file, changes)| {
        for (at, length, piece) in changes {
            // The structure is at the beginning, where a change has an effect more often.
            let at = at.index(file.len().min(200));
            file.splice(at..(at + length).min(file.len()), piece);
        }
        file
    });
    try_all(2_000, changed, |file| {
        if let Some(message) = refusal(&file) {
            prop_assert!(message.len() < 120 && !message.contains(super::acts), "{:?}", message);
        }
        Ok(())
    });
}

#[test]
fn a_giant_file_is_refused_without_a_panic() {
    let pkcs12 = |piece: &[u8]| [&[0x30, 0x80, 2, 1, 3, 0x30, 0x80][..], &piece.repeat(250_000 / piece.len())].concat();
    for piece in PIECES.iter().chain(&[&[0x04, 0][..], &[0x24, 0], &[0x30, 0x80, 0, 0], &[0x24, 0x80, 4, 1, 0, 0, 0]]) {
        assert!(is_soon_done(|| refusal(&pkcs12(piece))).is_some(), "{piece:?}");
    }
    for (name, giant) in giants() {
        assert!(is_soon_done(|| Encrypted::recognise(giant.as_bytes())).is_none(), "{name}");
    }
}
