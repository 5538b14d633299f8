//! Asks Maskinporten for each scope alone, because a grant for several scopes is refused as a whole, and joins the
//! answers with the catalogue of scopes.

use std::sync::Arc;

use serde::Serialize;

use super::{Exchanged, Session, exchange, scope_catalogue, warn_of_clock};
use crate::altinn::scope_catalogue::Scope;
use crate::cli::error::CommandError;
use crate::cli::error::token_refused::GrantInputs;
use crate::cli::output::{Console, RequestTimer};
use crate::client::{ExchangeError, TokenRefused, TokenRequest, TokenSource, may_be_secret, quote};
use crate::config::{Config, Given};
use crate::explain;

/// The largest number of grants that are sent at the same time.
const AT_ONCE: usize = 3;

/// Whether the client gets a token with a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    Granted,
    NotOnClient,
    NotGranted,
    NotMaskinporten,
    /// Maskinporten refused the grant for another reason.
    Refused,
    NoResponse,
}

impl Verdict {
    /// The verdict of a refusal.
    fn of(refused: &TokenRefused) -> Self {
        let words = refused.description.as_deref().unwrap_or_default();
        match explain::of_refusal(refused.code.as_deref(), refused.error.as_deref(), words).map(|entry| entry.code) {
            Some("MP-200") => Self::NotOnClient,
            Some("MP-201") => Self::NotMaskinporten,
            Some("MP-250") => Self::NotGranted,
            None if refused.code.is_none() && refused.error.as_deref() == Some("invalid_scope") => Self::NotOnClient,
            _ => Self::Refused,
        }
    }
}

/// A scope, and whether messages may show it.
struct ScopeToCheck {
    given: Given<String>,
    is_shown: bool,
}

impl ScopeToCheck {
    /// The scope as messages show it.
    fn display(&self) -> String {
        match self.is_shown {
            true => self.given.value.clone(),
            false => format!("a text of {} characters", self.given.value.chars().count()),
        }
    }
}

/// A scope, and the facts about it.
#[derive(Debug, Serialize)]
pub(crate) struct CheckedScope {
    /// The scope, as messages show it.
    pub(crate) scope: String,
    #[serde(rename = "result")]
    pub(crate) verdict: Verdict,
    /// Maskinporten's code, such as `MP-200`.
    code: Option<String>,
    /// Maskinporten's own words, or the reason why there is no usable response.
    error: Option<String>,
    trace_id: Option<String>,
    /// The lifetime of the token, in seconds.
    expires_in: Option<u64>,
    /// The entry in the catalogue. `None` if there is no entry, or no catalogue.
    pub(crate) catalogue: Option<Scope>,
    /// The next step, if there is a problem.
    pub(crate) advice: Option<String>,
}

impl CheckedScope {
    /// The lifetime of a token with the scope, in seconds.
    pub(crate) fn lifetime(&self) -> Option<u64> {
        self.expires_in.or_else(|| self.catalogue.as_ref()?.at_max_age)
    }

    /// The result as messages show it.
    pub(crate) fn result(&self) -> String {
        let words = match self.verdict {
            Verdict::Granted => "granted",
            Verdict::NotOnClient => "not on the client",
            Verdict::NotGranted => "not granted",
            Verdict::NotMaskinporten => "not a Maskinporten scope",
            Verdict::Refused => "refused",
            Verdict::NoResponse => "no usable response",
        };
        self.code.as_ref().map_or_else(|| words.to_owned(), |code| format!("{words} ({code})"))
    }

    /// The scope and its result, with the cause if the catalogue cannot explain the result.
    pub(crate) fn detail(&self) -> String {
        let (scope, result) = (quote(&self.scope), self.result());
        match (self.verdict, &self.error) {
            (Verdict::NoResponse, Some(error)) => format!("{scope}: {error}"),
            (Verdict::Refused, Some(words)) => format!("{scope}: {result}: \"{words}\""),
            _ => format!("{scope}: {result}"),
        }
    }

    fn new(scope: &ScopeToCheck, verdict: Verdict) -> Self {
        let scope = scope.display();
        Self {
            scope,
            verdict,
            code: None,
            error: None,
            trace_id: None,
            expires_in: None,
            catalogue: None,
            advice: None,
        }
    }

    fn refused(scope: &ScopeToCheck, refused: &TokenRefused, grant: &GrantInputs<'_>) -> Self {
        // The words may repeat the scope.
        let error = refused.description.clone().or_else(|| refused.error.clone()).filter(|_| scope.is_shown);
        let (code, trace_id) = (refused.code.clone(), refused.trace_id.clone());
        let checked = Self { code, error, trace_id, ..Self::new(scope, Verdict::of(refused)) };
        let hint = grant.explain(refused, None).hints.into_iter().next();
        let advice = hint.filter(|_| checked.verdict == Verdict::Refused);
        Self { advice: advice.map(|hint| format!("{}: {hint}", quote(&checked.scope))), ..checked }
    }

    fn of(scope: &ScopeToCheck, answer: &Result<u64, ExchangeError>, grant: &GrantInputs<'_>) -> Self {
        match answer {
            Ok(seconds) => Self { expires_in: Some(*seconds), ..Self::new(scope, Verdict::Granted) },
            Err(ExchangeError::Refused(refused)) => Self::refused(scope, refused, grant),
            Err(ExchangeError::Transport(error)) => {
                Self { error: Some(error.to_string()), ..Self::new(scope, Verdict::NoResponse) }
            }
        }
    }

    /// The next step, if it depends on the catalogue. `has_catalogue` is whether the catalogue could be read.
    fn advise(&self, config: &Config, has_catalogue: bool) -> Option<String> {
        let scope = quote(&self.scope);
        let entry = self.catalogue.as_ref();
        let number = entry.and_then(|entry| entry.owner_orgno.as_deref());
        let number = number.filter(|number| number.len() == 9 && number.bytes().all(|byte| byte.is_ascii_digit()));
        let owner = number
            .map_or_else(|| "its owner".to_owned(), |number| format!("organisation {number}, which owns the scope,"));
        let portal = "in Maskinporten's self-service portal";
        let types = entry.and_then(Scope::other_client_types).map(|types| quote(&types.join(" ")));
        Some(match (self.verdict, types) {
            (Verdict::Refused | Verdict::NoResponse, _) => return None,
            _ if entry.is_some_and(Scope::is_retired) => {
                format!("{scope} is retired: ask {owner} for the scope that replaces it")
            }
            (Verdict::Granted, _) => return None,
            (Verdict::NotOnClient | Verdict::NotMaskinporten, Some(types)) => {
                format!("{scope} is for clients of type {types}, not for Maskinporten clients: request another scope")
            }
            (Verdict::NotOnClient, _) if has_catalogue && entry.is_none() => format!(
                "is {scope} misspelled, or private? it is not in the catalogue of scopes, which lists no private \
                 scopes; if it is private, ask its owner to grant it to your organisation, and add it to \
                 the client {portal}"
            ),
            (Verdict::NotOnClient, _) if entry.is_some_and(|entry| entry.accessible_for_all == Some(true)) => {
                format!("add {scope} to the client {portal}; it is open to all organisations")
            }
            (Verdict::NotOnClient, _) => format!(
                "add {scope} to the client {portal}; if the portal does not offer it, ask {owner} to grant it to your \
                 organisation"
            ),
            (Verdict::NotGranted, _) => {
                let request = match number {
                    Some(number) => format!("ask organisation {number}, which owns {scope}, to grant it"),
                    None => format!("ask the owner of {scope} to grant it"),
                };
                let environment = config.environment.value;
                format!("{request} to your organisation in `{environment}`; the scope is already on the client")
            }
            (Verdict::NotMaskinporten, _) if has_catalogue && entry.is_none() => {
                format!("is {scope} a scope for end users? request one of the API's scopes for Maskinporten instead")
            }
            (Verdict::NotMaskinporten, _) => {
                "was the client created for another integration type? a client's type cannot be changed, so create a \
                 new client of type Maskinporten"
                    .to_owned()
            }
        })
    }
}

/// Asks for each scope of the configuration, and joins the answers with the catalogue. Prints a note if there is no
/// catalogue. The first scope is asked alone: an error that is not about the scope ends the check.
pub(crate) async fn check(
    session: &Session,
    tokens: &Arc<TokenSource>,
    refresh: bool,
    console: &mut Console<'_>,
) -> Result<Vec<CheckedScope>, CommandError> {
    let scopes = scopes(&session.config);
    let grant = GrantInputs { config: &session.config, key: &tokens.key, system_user: false };
    let mut checked = Vec::new();
    if let Some(first) = scopes.first().filter(|scope| scope.is_shown) {
        let config = Config { scope: Some(first.given.clone()), resource: None, ..session.config.clone() };
        let grant = GrantInputs { config: &config, ..grant };
        checked.push(match exchange(tokens, &grant, None, console).await {
            Ok(Exchanged { token, clock, .. }) => {
                warn_of_clock(clock, console);
                CheckedScope::of(first, &Ok(token.expires_in), &grant)
            }
            Err(failed) => match &failed.error {
                ExchangeError::Refused(refused) if Verdict::of(refused) != Verdict::Refused => {
                    CheckedScope::refused(first, refused, &grant)
                }
                _ => return Err(failed.explain(&grant, console)),
            },
        });
    }
    let others = &scopes[checked.len()..];
    for (scope, answer) in others.iter().zip(ask(tokens, others, console).await) {
        match answer {
            Err(ExchangeError::Refused(refused)) if checked.is_empty() && Verdict::of(&refused) == Verdict::Refused => {
                return Err(grant.explain(&refused, None));
            }
            answer => checked.push(CheckedScope::of(scope, &answer, &grant)),
        }
    }
    join(session, &mut checked, refresh, console).await;
    Ok(checked)
}

/// Adds to the error of a refused grant which of its scopes the client lacks, and the next step for each.
pub(crate) async fn explain_scopes(
    session: &Session,
    tokens: &Arc<TokenSource>,
    refused: &TokenRefused,
    error: CommandError,
    console: &mut Console<'_>,
) -> CommandError {
    if Verdict::of(refused) == Verdict::Refused {
        return error;
    }
    let scopes = scopes(&session.config);
    let grant = GrantInputs { config: &session.config, key: &tokens.key, system_user: false };
    let mut checked: Vec<CheckedScope> = match &scopes[..] {
        // The refusal is about this scope.
        [scope] => vec![CheckedScope::refused(scope, refused, &grant)],
        scopes => {
            let answers = ask(tokens, scopes, console).await;
            scopes.iter().zip(&answers).map(|(scope, answer)| CheckedScope::of(scope, answer, &grant)).collect()
        }
    };
    join(session, &mut checked, false, console).await;
    let results = checked.iter().filter(|_| scopes.len() > 1);
    let results = results.map(|checked| format!("  {}", checked.detail()));
    let detail = [error.detail, results.collect()].concat();
    let advice: Vec<String> = checked.into_iter().filter_map(|checked| checked.advice).collect();
    CommandError { detail, hints: if advice.is_empty() { error.hints } else { advice }, ..error }
}

/// The lifetime in seconds of a token with each scope, or the error. A few requests are in flight at the same time.
async fn ask(
    tokens: &Arc<TokenSource>,
    scopes: &[ScopeToCheck],
    console: &mut Console<'_>,
) -> Vec<Result<u64, ExchangeError>> {
    let mut answers = Vec::new();
    for scopes in scopes.chunks(AT_ONCE) {
        let tasks = scopes.iter().map(|scope| {
            let request = TokenRequest { scope: scope.given.value.clone(), ..TokenRequest::default() };
            let (tokens, timer) = (tokens.clone(), RequestTimer::start());
            tokio::spawn(async move { (tokens.token(&request).await.map(|token| token.expires_in), timer.elapsed()) })
        });
        for (scope, task) in scopes.iter().zip(tasks.collect::<Vec<_>>()) {
            let (answer, elapsed) = task.await.expect("the task does not panic");
            console.verbose("scope", || {
                let outcome =
                    answer.as_ref().map_or_else(ToString::to_string, |seconds| format!("valid for {seconds} s"));
                vec![format!("{}: {outcome}, in {} ms", quote(&scope.display()), elapsed.as_millis())]
            });
            answers.push(answer);
        }
    }
    answers
}

/// Adds the entries of the catalogue, and the next steps.
async fn join(session: &Session, checked: &mut [CheckedScope], refresh: bool, console: &mut Console<'_>) {
    let catalogue = scope_catalogue::get(session, refresh, console).await;
    if let Err(error) = &catalogue {
        console.note(&format!("cannot read the catalogue of scopes, so the owners are unknown: {error}"));
    }
    let catalogue = catalogue.ok();
    for checked in checked {
        let entries = catalogue.iter().flatten();
        checked.catalogue = entries.into_iter().find(|entry| entry.name == checked.scope).cloned();
        checked.advice = checked.advice.take().or_else(|| checked.advise(&session.config, catalogue.is_some()));
    }
}

/// The scopes of the configuration, in their order.
fn scopes(config: &Config) -> Vec<ScopeToCheck> {
    let Some(Given { value: all, source }) = &config.scope else { return Vec::new() };
    // A key with spaces looks like several scopes, each too short to be recognised as part of a key. Its words have no
    // prefix, or a prefix of two hex digits.
    let may_be_a_key = may_be_secret(all);
    let has_prefix = |scope: &str| scope.split_once(':').is_some_and(|(prefix, _)| prefix.len() > 2);
    let scope = |scope: &str| ScopeToCheck {
        given: Given { value: scope.to_owned(), source: source.clone() },
        is_shown: !may_be_secret(scope) && (!may_be_a_key || has_prefix(scope)),
    };
    all.split(' ').map(scope).collect()
}
