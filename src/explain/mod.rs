//! The error codes of Maskinporten and Altinn: the meaning of each, its likely causes, and the remedies.
//!
//! This folder has the tables and the functions that search them. The server's own text and the values of the user's
//! configuration belong to `cli/error`. A code that is in none of the tables is printed unchanged.

mod altinn;
mod altinn_customer;
mod altinn_validation;
mod maskinporten;
mod maskinporten_uncoded;

/// The explanation of a refusal.
#[derive(Debug)]
pub struct Entry {
    /// The server's code, such as `MP-303`, or this program's name for a refusal without a code.
    pub code: &'static str,
    /// OAuth's error code, such as `invalid_grant`, or two of them, or the HTTP status, or the page or the API that has
    /// the code.
    pub kind: &'static str,
    /// The meaning of the refusal.
    pub meaning: &'static str,
    /// The likely causes, the most likely first.
    pub causes: &'static [Cause],
    /// The inputs of the grant that the refusal is about.
    pub about: &'static [Subject],
    /// Words that identify the refusal if it has no code, in lower case.
    words: &'static [&'static str],
}

impl Entry {
    /// Whether this entry may explain a refusal with this OAuth error code.
    fn has_error(&self, name: &str) -> bool {
        self.kind.split(" or ").any(|kind| kind.eq_ignore_ascii_case(name))
    }
}

/// A likely cause of a refusal.
#[derive(Debug)]
pub struct Cause {
    /// A question about the cause. The answer is yes if this is the cause.
    pub question: &'static str,
    /// The remedy.
    pub remedy: Remedy,
}

/// The remedy for a cause: a text that may contain a command of this program.
#[derive(Debug)]
pub struct Remedy {
    before: &'static str,
    command: Option<Command>,
    after: &'static str,
}

/// A command of this program, without the options that repeat the user's configuration.
#[derive(Debug)]
pub enum Command {
    /// A command that uses the configured key, but no client.
    Key(&'static str),
    /// A command that uses the vendor's configuration.
    Vendor(&'static str),
    /// A command that uses the vendor's configuration, and needs the id of the vendor's system.
    System(&'static str),
    /// A command that uses the vendor's configuration, and is about the scopes of the refused grant.
    Scope(&'static str),
}

impl Command {
    /// The command with its arguments.
    pub fn line(&self) -> &'static str {
        let (Self::Key(line) | Self::Vendor(line) | Self::System(line) | Self::Scope(line)) = self;
        line
    }
}

impl Cause {
    /// The question and the remedy on one line. `complete` returns the command line of the command.
    pub fn line(&self, complete: impl Fn(&Command) -> String) -> String {
        format!("{} {}", self.question, self.remedy.text(complete))
    }
}

impl Remedy {
    /// The remedy as text. `complete` returns the command line of the command.
    pub fn text(&self, complete: impl Fn(&Command) -> String) -> String {
        match &self.command {
            Some(command) => format!("{}`{}`{}", self.before, complete(command), self.after),
            None => self.before.to_owned(),
        }
    }

    /// The remedy as text, with placeholders for the user's configuration.
    pub fn general_text(&self) -> String {
        self.text(|command| match command {
            Command::System(line) => format!("systemuser-demo {line} --system ID --env ENV"),
            command => format!("systemuser-demo {} --env ENV", command.line()),
        })
    }
}

const fn cause(question: &'static str, remedy: &'static str) -> Cause {
    Cause { question, remedy: Remedy { before: remedy, command: None, after: "" } }
}

const fn remedied_by(question: &'static str, before: &'static str, command: Command, after: &'static str) -> Cause {
    Cause { question, remedy: Remedy { before, command: Some(command), after } }
}

/// An entry for an Altinn code. It is not about the inputs of a grant.
const fn altinn(code: &'static str, kind: &'static str, meaning: &'static str, causes: &'static [Cause]) -> Entry {
    Entry { code, kind, meaning, causes, about: &[], words: &[] }
}

/// An entry for an Altinn code with status 404.
const fn not_found(code: &'static str, meaning: &'static str, causes: &'static [Cause]) -> Entry {
    altinn(code, "status 404", meaning, causes)
}

/// An entry for an Altinn code with status 400.
const fn bad_request(code: &'static str, meaning: &'static str, causes: &'static [Cause]) -> Entry {
    altinn(code, "status 400", meaning, causes)
}

/// An input of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the names of the settings")]
pub enum Subject {
    Issuer,
    ClientId,
    Scope,
    Owner,
    ExternalRef,
    Resource,
    Key,
    Kid,
    Certificate,
    Clock,
}

/// All entries in groups, each with its heading.
pub fn groups() -> [(&'static str, &'static [Entry]); 5] {
    [
        ("Maskinporten", &maskinporten::TABLE),
        ("Maskinporten, refusals without a code", &maskinporten_uncoded::TABLE),
        ("Altinn, for the vendor", &altinn::TABLE),
        ("Altinn, for a field of the vendor's request", &altinn_validation::TABLE),
        (
            "Altinn, for the customer: codes on the approval page (AMUI-… is the same as AUTH-…)",
            &altinn_customer::TABLE,
        ),
    ]
}

/// All entries, starting with Maskinporten's.
pub fn all() -> impl Iterator<Item = &'static Entry> + Clone {
    groups().into_iter().flat_map(|(_, entries)| entries)
}

/// The entry of a code in any spelling: `MP-303`, `mp303`, `AUTH-4`, `auth.vld-00004`. Words after it are ignored. A
/// code that has an entry only with its other prefix is found, too: `AUTH-00016` is `AMUI-00016`.
pub fn of_code(text: &str) -> Option<&'static Entry> {
    let first = text.split_whitespace().next().unwrap_or_default();
    let mut codes = [text, first].map(canonical).into_iter();
    codes.find_map(|code| exactly(&code).or_else(|| exactly(&alias(&code)?)))
}

/// Whether a text is a spelling of this code, with the same prefix.
pub fn is_spelling(text: &str, code: &str) -> bool {
    canonical(text) == code
}

/// The entry of the same code with its other prefix, if both the vendor and the customer can meet the code.
pub fn other_reading(entry: &Entry) -> Option<&'static Entry> {
    exactly(&alias(entry.code)?)
}

fn exactly(code: &str) -> Option<&'static Entry> {
    all().find(|entry| entry.code == code)
}

/// The same code with its other prefix. Altinn's portal replaces `AUTH` by `AMUI`
/// (github.com/Altinn/altinn-access-management-frontend, `ProblemMapper.cs`).
fn alias(code: &str) -> Option<String> {
    match code.split_once('-')? {
        ("AUTH", number) => Some(format!("AMUI-{number}")),
        ("AMUI", number) => Some(format!("AUTH-{number}")),
        _ => None,
    }
}

/// All entries with this OAuth error code, such as `invalid_grant`.
pub fn of_error(name: &str) -> Vec<&'static Entry> {
    all().filter(|entry| entry.has_error(name)).collect()
}

/// The entry for a refusal of Maskinporten, found by its code or, without a code, by its OAuth error code if that has
/// only one entry, and else by its words.
pub fn of_refusal(code: Option<&str>, error: Option<&str>, words: &str) -> Option<&'static Entry> {
    let words = words.to_lowercase();
    let entries = maskinporten::TABLE.iter().chain(&maskinporten_uncoded::TABLE);
    let of_error: Vec<&Entry> =
        entries.clone().filter(|entry| error.is_some_and(|error| entry.has_error(error))).collect();
    match (code, &of_error[..]) {
        (Some(code), _) => of_code(code),
        (None, [entry]) => Some(entry),
        (None, _) => entries.clone().find(|entry| entry.words.iter().any(|known| words.contains(known))),
    }
}

/// Whether words are about the lifetime of a grant, as opposed to the lifetime of a key.
pub fn is_about_time(words: &str) -> bool {
    let words = words.to_lowercase();
    let known = ["expir", "issue time", "issued at", "in the future", "claim iat", "claim exp", "claim nbf", "iat is"];
    !words.contains("key") && known.iter().any(|known| words.contains(known))
}

/// Up to three known codes whose numbers differ from an unknown code by at most 10, the nearest first.
pub fn nearest(text: &str) -> Vec<&'static str> {
    let wanted = canonical(text);
    let (family, number) = family_and_number(&wanted);
    let mut near: Vec<(u32, &str)> = all()
        .filter_map(|entry| {
            let (of, other) = family_and_number(entry.code);
            Some((number?.abs_diff(other?), entry.code)).filter(|(distance, _)| of == family && *distance <= 10)
        })
        .collect();
    near.sort();
    near.into_iter().take(3).map(|(_, code)| code).collect()
}

/// The code as the tables spell it. If the text is the URL of the code's page, the code is at its end.
fn canonical(text: &str) -> String {
    let word = text.trim().split(['?', '#']).next().unwrap_or_default();
    let word = word.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
    let letters: String = word.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_uppercase();
    let digits: String = word.chars().filter(char::is_ascii_digit).collect();
    let number: Option<u32> = digits.parse().ok();
    match (letters.as_str(), number) {
        ("MP" | "", Some(number)) => format!("MP-{number:03}"),
        ("AUTH" | "AMUI", Some(number)) => format!("{letters}-{number:05}"),
        ("AUTHVLD" | "VLD", Some(number)) => format!("AUTH.VLD-{number:05}"),
        ("STD", Some(number)) => format!("STD-{number:05}"),
        _ => word.to_ascii_lowercase().replace([' ', '_'], "-"),
    }
}

/// The family and the number of a code: `AUTH` and 4 for `AUTH-00004`.
fn family_and_number(code: &str) -> (&str, Option<u32>) {
    match code.rsplit_once('-') {
        Some((family, number)) => (family, number.parse().ok()),
        None => (code, None),
    }
}
