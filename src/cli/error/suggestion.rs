//! Suggestions for misspelled words.

/// The known word that is most similar to `word`, if any is similar enough.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    // A single typo counts as a match in words of three or more bytes, because it lowers the score of a short word
    // too far.
    let likeness = |known: &str| match strsim::osa_distance(&word, known) {
        0 => 2.0,
        1 if word.len() > 2 => 1.0,
        _ => strsim::jaro_winkler(&word, known),
    };
    known
        .map(|known| (likeness(&known.to_lowercase()), known))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

/// The hint that suggests a known word.
pub(crate) fn did_you_mean(word: &str) -> String {
    format!("did you mean `{word}`?")
}
