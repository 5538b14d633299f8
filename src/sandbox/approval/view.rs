//! The page as HTML. Whatever somebody else wrote is escaped, which `maud` does by itself.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::super::fixtures::Decision;
use super::super::store::{Kind, Undecidable};
use super::guard::STYLE;
use super::texts::Words;
use super::view_model::{Asked, Named, Redirect};

pub(super) enum Page<'a> {
    /// A request that can be answered; perhaps only with a no. `answered` where somebody just tried in vain.
    Open { asked: &'a Asked, not_approvable: Option<Undecidable>, answered: bool, token: &'a str },
    /// One that cannot.
    Closed { asked: &'a Asked, why: Option<Undecidable>, answered: bool },
    /// One that has been answered.
    Receipt(&'a Asked),
    /// A sentence, where there is no request to show.
    Plain(&'static str),
}

/// `here` is the address of the form, and `there` that of the page in the other language.
pub(super) fn html(page: &Page<'_>, words: &Words, here: &str, there: &str) -> String {
    let heading = heading(page, words);
    let onwards = match page {
        Page::Receipt(asked) => asked.redirect.as_ref(),
        _ => None,
    };
    let whole = html! {
        (DOCTYPE)
        html lang=(words.lang) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                @if let Some(redirect) = onwards { meta http-equiv="refresh" content={ "0; url=" (redirect.address) }; }
                title { (heading) " – " (words.sandbox) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#content" { (words.skip) }
                header {
                    p.name { "systemuser-demo " span.tag { (words.sandbox) } }
                    nav aria-label=(words.languages) {
                        a href=(there) lang=(words.other_lang) hreflang=(words.other_lang) { (words.other_language) }
                    }
                }
                main #content {
                    h1 { (heading) }
                    @match page {
                        Page::Open { asked, not_approvable, answered, token } => {
                            (open(asked, note_of(*not_approvable, words), *answered, token, words, here))
                        }
                        Page::Closed { asked, why, answered } => {
                            @if let Some(said) = note_of(*why, words) { (note(&said, *answered)) }
                            (details(asked, words))
                        }
                        Page::Receipt(asked) => { (receipt(asked, words)) (details(asked, words)) }
                        Page::Plain(sentence) => p.note role="alert" { (sentence) },
                    }
                }
                footer { p { (words.small_print) } }
            }
        }
    };
    whole.into_string()
}

/// What the page is about, after what became of it.
fn heading(page: &Page<'_>, words: &Words) -> String {
    let (asked, became) = match page {
        Page::Plain(_) => return words.problem.to_owned(),
        Page::Open { asked, .. } => (asked, None),
        Page::Closed { asked, why: Some(Undecidable::TimedOut), .. } => (asked, Some(words.timed_out_title)),
        Page::Closed { asked, .. } | Page::Receipt(asked) => match asked.decision {
            Decision::New => (asked, None),
            Decision::Accepted => (asked, Some(words.accepted_title)),
            Decision::Rejected => (asked, Some(words.rejected_title)),
            Decision::Denied => (asked, Some(words.denied_title)),
        },
    };
    let title = if asked.kind == Kind::Agent { words.title_agent } else { words.title };
    let (first, rest) = title.split_at(1);
    became.map_or(title.to_owned(), |became| format!("{became} – {}{rest}", first.to_lowercase()))
}

fn open(asked: &Asked, said: Option<String>, answered: bool, token: &str, words: &Words, here: &str) -> Markup {
    html! {
        p.lead { (if asked.kind == Kind::Agent { words.lead_agent } else { words.lead }) }
        (details(asked, words))
        section aria-labelledby="answer" {
            h2 #answer { (words.answer) }
            @if let Some(said) = &said { (note(said, answered)) }
            div.buttons {
                @if said.is_none() { (button("approve", words.approve, token, here)) }
                (button("reject", words.reject, token, here))
            }
            @if let Some(redirect) = &asked.redirect {
                p.small { (words.afterwards) " " code { (redirect.shown) } }
            }
        }
    }
}

fn button(decision: &str, text: &str, token: &str, here: &str) -> Markup {
    html! {
        form method="post" action=(here) autocomplete="off" {
            input type="hidden" name="token" value=(token);
            button.(decision) type="submit" name="decision" value=(decision) { (text) }
        }
    }
}

/// Why a request cannot be approved, or not be answered at all.
fn note_of(why: Option<Undecidable>, words: &Words) -> Option<String> {
    Some(match why? {
        Undecidable::TimedOut => words.timed_out.to_owned(),
        Undecidable::Decided(decision) => format!("{} {}", outcome(decision, words), words.already),
        Undecidable::NameMissing => words.name_missing.to_owned(),
        Undecidable::SystemDeleted => words.system_deleted.to_owned(),
    })
}

/// It is read aloud at once where it is the answer to a press.
fn note(said: &str, answered: bool) -> Markup {
    html! { p.note role=(if answered { "alert" } else { "status" }) { (said) } }
}

fn outcome(decision: Decision, words: &Words) -> &'static str {
    match decision {
        Decision::New => "",
        Decision::Accepted => words.accepted,
        Decision::Rejected => words.rejected,
        Decision::Denied => words.denied,
    }
}

fn receipt(asked: &Asked, words: &Words) -> Markup {
    html! {
        @if asked.decision == Decision::Accepted {
            div.note.done role="status" { p { (words.accepted_now) } }
            p { (words.accepted_next) " " (told(&asked.customer)) "." }
            @if let Some(command) = command(asked) { pre { code { (command) } } }
            @if asked.kind == Kind::Agent && !asked.clients.is_empty() {
                p { (words.agent_next) }
                ul { @for client in &asked.clients { li { (told(client)) } } }
            }
        } @else {
            div.note role="status" { p { (words.rejected_now) } }
            p { (words.rejected_next) }
        }
        @match &asked.redirect {
            Some(Redirect { shown, address }) => p { (words.onwards) " " a href=(address) { bdi { (shown) } } },
            None => p { (words.close) },
        }
    }
}

/// What a developer may type next, where no shell would make something else of it.
fn command(asked: &Asked) -> Option<String> {
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let reference = match asked.external_ref.as_deref() {
        None => String::new(),
        Some(reference) if plain(reference) && !reference.starts_with('-') => format!(" --external-ref {reference}"),
        Some(_) => return None,
    };
    Some(format!("systemuser-demo token --org {}{reference}", asked.customer.id))
}

fn details(asked: &Asked, words: &Words) -> Markup {
    html! {
        section aria-labelledby="who" {
            h2 #who { (words.who) }
            dl {
                (fact(words.vendor, &told(&asked.vendor)))
                div {
                    dt { (words.system) }
                    dd {
                        (told(&asked.system))
                        @if let Some(description) = &asked.description { br; bdi.small { (description) } }
                    }
                }
                (fact(words.customer, &told(&asked.customer)))
                @if let Some(title) = &asked.title { (fact(words.called, &html! { bdi { (title) } })) }
                @if let Some(reference) = &asked.external_ref {
                    (fact(words.external_ref, &html! { code { (reference) } }))
                }
            }
        }
        section aria-labelledby="what" {
            h2 #what { (words.what) }
            // The roles are what a table has by itself, until a narrow screen shows its rows as blocks.
            table role="table" {
                thead role="rowgroup" {
                    tr role="row" {
                        @for heading in [words.name, words.kind, words.id] {
                            th scope="col" role="columnheader" { (heading) }
                        }
                    }
                }
                tbody role="rowgroup" {
                    @for thing in &asked.things {
                        tr role="row" {
                            th scope="row" role="rowheader" { (thing.named.name) }
                            td role="cell" {
                                (thing.kind)
                                @if let Some(action) = &thing.action { " (" (words.action) " " code { (action) } ")" }
                            }
                            td role="cell" { code { (thing.named.id) } }
                        }
                    }
                }
            }
        }
    }
}

fn fact(name: &str, value: &Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

fn told(Named { name, id }: &Named) -> Markup {
    html! { @if !name.is_empty() { bdi { (name) } " " } code { (id) } }
}
