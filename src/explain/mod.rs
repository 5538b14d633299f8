//! What the codes of Maskinporten and Altinn mean, what is likely to be behind them, and what to do about it.
//!
//! Tables only. What a server said, and the values of one's own configuration, belong to `cli/error`. A code that is in
//! none of the tables is printed as it came.

mod altinn;
mod altinn_validation;
mod maskinporten;

/// A refusal, explained.
#[derive(Debug)]
pub struct Entry {
    /// The server's code, such as `MP-303`; for a refusal that has none, a name of ours.
    pub code: &'static str,
    /// What comes beside the code: OAuth's name for the refusal, or the HTTP status.
    pub kind: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What is likely to be behind it, the most likely first.
    pub causes: &'static [Cause],
    /// The values of one's own that it is about.
    pub about: &'static [Subject],
    /// By which words it is known where it comes without its code, in lower case.
    words: &'static [&'static str],
}

/// A likely cause of a refusal.
#[derive(Debug)]
pub struct Cause {
    /// The question to ask oneself.
    pub question: &'static str,
    /// What to do about it.
    pub remedy: Remedy,
}

/// What to do about a cause: a text, in which a command of this program may stand.
#[derive(Debug)]
pub struct Remedy {
    before: &'static str,
    command: Option<Command>,
    after: &'static str,
}

/// A command of this program, without the options that repeat the reader's configuration.
#[derive(Debug)]
pub enum Command {
    /// It takes the configured key, and no client.
    Key(&'static str),
    /// It takes the vendor's configuration.
    Vendor(&'static str),
    /// It takes the vendor's configuration, and is about the vendor's system.
    System(&'static str),
}

impl Command {
    /// The command with its arguments.
    pub fn line(&self) -> &'static str {
        let (Self::Key(line) | Self::Vendor(line) | Self::System(line)) = self;
        line
    }
}

impl Cause {
    /// Question and remedy in a line; `complete` completes the command.
    pub fn line(&self, complete: impl Fn(&Command) -> String) -> String {
        format!("{} {}", self.question, self.remedy.text(complete))
    }
}

impl Remedy {
    /// The remedy with a command that `complete` has completed.
    pub fn text(&self, complete: impl Fn(&Command) -> String) -> String {
        match &self.command {
            Some(command) => format!("{}`systemuser-demo {}`{}", self.before, complete(command), self.after),
            None => self.before.to_owned(),
        }
    }

    /// The remedy for a reader of whom nothing is known.
    pub fn general_text(&self) -> String {
        self.text(|command| match command {
            Command::System(line) => format!("{line} --system ID --env ENV"),
            command => format!("{} --env ENV", command.line()),
        })
    }
}

const fn cause(question: &'static str, remedy: &'static str) -> Cause {
    Cause { question, remedy: Remedy { before: remedy, command: None, after: "" } }
}

const fn remedied_by(question: &'static str, before: &'static str, command: Command, after: &'static str) -> Cause {
    Cause { question, remedy: Remedy { before, command: Some(command), after } }
}

/// An entry of Altinn's, which is about no grant.
const fn altinn(code: &'static str, kind: &'static str, meaning: &'static str, causes: &'static [Cause]) -> Entry {
    Entry { code, kind, meaning, causes, about: &[], words: &[] }
}

/// An entry of Altinn's with status 404.
const fn not_found(code: &'static str, meaning: &'static str, causes: &'static [Cause]) -> Entry {
    altinn(code, "status 404", meaning, causes)
}

/// An entry of Altinn's with status 400.
const fn bad_request(code: &'static str, meaning: &'static str, causes: &'static [Cause]) -> Entry {
    altinn(code, "status 400", meaning, causes)
}

/// A value that a grant is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are named as the settings are")]
pub enum Subject {
    Issuer,
    ClientId,
    Scope,
    Owner,
    ExternalRef,
    Resource,
    Key,
    Kid,
    Clock,
}

/// All that can be explained, Maskinporten's first.
pub fn all() -> impl Iterator<Item = &'static Entry> + Clone {
    maskinporten::TABLE.iter().chain(&altinn::TABLE).chain(&altinn_validation::TABLE)
}

/// The entry of a code, however it is spelt: `MP-303`, `mp303`, `AUTH-4`, `auth.vld-00004`, or with words behind it.
pub fn of_code(text: &str) -> Option<&'static Entry> {
    let first = text.split_whitespace().next().unwrap_or_default();
    [text, first].map(canonical).into_iter().find_map(|code| all().find(|entry| entry.code == code))
}

/// All that go by OAuth's name for a refusal, such as `invalid_grant`.
pub fn of_error(name: &str) -> Vec<&'static Entry> {
    all().filter(|entry| entry.kind.eq_ignore_ascii_case(name)).collect()
}

/// What Maskinporten's refusal is, by its code; where it has none, by its words.
pub fn of_refusal(code: Option<&str>, words: &str) -> Option<&'static Entry> {
    let words = words.to_lowercase();
    match code {
        Some(code) => of_code(code),
        None => maskinporten::TABLE.iter().find(|entry| entry.words.iter().any(|known| words.contains(known))),
    }
}

/// Whether words are about the time of a grant. That of a key's registration is another.
pub fn is_about_time(words: &str) -> bool {
    let words = words.to_lowercase();
    let known = ["expir", "issue time", "issued at", "in the future", "claim iat", "claim exp", "claim nbf", "iat is"];
    !words.contains("key") && known.iter().any(|known| words.contains(known))
}

/// The codes that are nearest to one that is not known, the nearest first.
pub fn nearest(text: &str) -> Vec<&'static str> {
    let wanted = canonical(text);
    let (family, number) = family_and_number(&wanted);
    let mut near: Vec<(u32, &str)> = all()
        .filter_map(|entry| {
            let (of, other) = family_and_number(entry.code);
            Some((number?.abs_diff(other?), entry.code)).filter(|_| of == family)
        })
        .collect();
    near.sort();
    near.into_iter().take(3).map(|(_, code)| code).collect()
}

/// The code as the tables spell it. Whoever pastes the address of its page means the code at its end.
fn canonical(text: &str) -> String {
    let word = text.trim().split(['?', '#']).next().unwrap_or_default();
    let word = word.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
    let letters: String = word.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_uppercase();
    let digits: String = word.chars().filter(char::is_ascii_digit).collect();
    let number: Option<u32> = digits.parse().ok();
    match (letters.as_str(), number) {
        ("MP" | "", Some(number)) => format!("MP-{number:03}"),
        ("AUTH", Some(number)) => format!("AUTH-{number:05}"),
        ("AUTHVLD" | "VLD", Some(number)) => format!("AUTH.VLD-{number:05}"),
        ("STD", Some(number)) => format!("STD-{number:05}"),
        _ => word.to_ascii_lowercase().replace([' ', '_'], "-"),
    }
}

/// A code's family and its number.
fn family_and_number(code: &str) -> (&str, Option<u32>) {
    match code.rsplit_once('-') {
        Some((family, number)) => (family, number.parse().ok()),
        None => (code, None),
    }
}
