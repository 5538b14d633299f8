//! The page as HTML. `maud` escapes all inserted texts.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::super::fixtures::Decision;
use super::super::server::html::STYLE;
use super::super::store::{Kind, Undecidable};
use super::texts::Texts;
use super::view_model::{Named, Redirect, RequestView, RequestedItem};

pub(super) enum Page<'a> {
    /// A request that can be answered, or at least rejected. `answered` is true if an answer has just failed.
    Open { view: &'a RequestView, not_approvable: Option<Undecidable>, answered: bool, token: &'a str },
    /// A request that cannot be answered.
    Closed { view: &'a RequestView, why: Option<Undecidable>, answered: bool },
    /// The receipt for a request that the customer has answered, with the command that gets a token.
    Receipt { view: &'a RequestView, command: Option<String> },
    /// A sentence, if there is no request to show.
    Plain(&'static str),
}

/// Renders the page as HTML. `url` is the address of the form, and `other_url` is the address of the page in the other
/// language.
pub(super) fn html(page: &Page<'_>, texts: &Texts, url: &str, other_url: &str) -> String {
    let heading = heading(page, texts);
    let onwards = match page {
        Page::Receipt { view, .. } => view.redirect.as_ref(),
        _ => None,
    };
    let whole = html! {
        (DOCTYPE)
        html lang=(texts.lang) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                @if let Some(redirect) = onwards { meta http-equiv="refresh" content={ "0; url=" (redirect.address) }; }
                title { (heading) " – " (texts.sandbox) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#content" { (texts.skip) }
                header {
                    p.name { "systemuser-demo " span.tag { (texts.sandbox) } }
                    nav aria-label=(texts.languages) {
                        a href=(other_url) lang=(texts.other_lang) hreflang=(texts.other_lang) { (texts.other_language) }
                    }
                }
                main #content {
                    h1 { (heading) }
                    @match page {
                        Page::Open { view, not_approvable, answered, token } => {
                            (open(view, note_of(*not_approvable, texts), *answered, token, texts, url))
                        }
                        Page::Closed { view, why, answered } => {
                            @if let Some(message) = note_of(*why, texts) { (note(&message, *answered)) }
                            (details(view, texts))
                        }
                        Page::Receipt { view, command } => {
                            (receipt(view, command.as_deref(), texts))
                            (details(view, texts))
                        }
                        Page::Plain(sentence) => p.note role="alert" { (sentence) },
                    }
                }
                footer { p { (texts.small_print) } }
            }
        }
    };
    whole.into_string()
}

/// The page's title, with the request's outcome in front of it if there is an outcome.
fn heading(page: &Page<'_>, texts: &Texts) -> String {
    let (view, became) = match page {
        Page::Plain(_) => return texts.problem.to_owned(),
        Page::Open { view, .. } => (view, None),
        Page::Closed { view, why: Some(Undecidable::TimedOut), .. } => (view, Some(texts.timed_out_title)),
        Page::Closed { view, .. } | Page::Receipt { view, .. } => match view.decision {
            Decision::New => (view, None),
            Decision::Accepted => (view, Some(texts.accepted_title)),
            Decision::Rejected => (view, Some(texts.rejected_title)),
            Decision::Denied => (view, Some(texts.denied_title)),
        },
    };
    let title = by_kind(view, texts.title, texts.title_agent, texts.title_change);
    let (first, rest) = title.split_at(1);
    became.map_or(title.to_owned(), |became| format!("{became} – {}{rest}", first.to_lowercase()))
}

/// The text for the kind of a request: for a system user, for an agent system user, or for a change.
fn by_kind(view: &RequestView, standard: &'static str, agent: &'static str, change: &'static str) -> &'static str {
    match (&view.change, view.kind) {
        (Some(_), _) => change,
        (None, Kind::Agent) => agent,
        (None, Kind::Standard) => standard,
    }
}

fn open(view: &RequestView, message: Option<String>, answered: bool, token: &str, texts: &Texts, url: &str) -> Markup {
    html! {
        p.lead { (by_kind(view, texts.lead, texts.lead_agent, texts.lead_change)) }
        (details(view, texts))
        section aria-labelledby="answer" {
            h2 #answer { (texts.answer) }
            @if let Some(message) = &message { (note(message, answered)) }
            div.buttons {
                @if message.is_none() { (button("approve", texts.approve, token, url)) }
                (button("reject", texts.reject, token, url))
            }
            @if let Some(redirect) = &view.redirect {
                p.small { (texts.afterwards) " " code { (redirect.shown) } }
            }
        }
    }
}

fn button(decision: &str, text: &str, token: &str, url: &str) -> Markup {
    html! {
        form method="post" action=(url) autocomplete="off" {
            input type="hidden" name="token" value=(token);
            button.(decision) type="submit" name="decision" value=(decision) { (text) }
        }
    }
}

/// The reason why a request cannot be approved, or cannot be answered at all.
fn note_of(why: Option<Undecidable>, texts: &Texts) -> Option<String> {
    Some(match why? {
        Undecidable::TimedOut => texts.timed_out.to_owned(),
        Undecidable::Decided(decision) => format!("{} {}", outcome(decision, texts), texts.already),
        Undecidable::NameMissing => texts.name_missing.to_owned(),
    })
}

/// A message box. Screen readers read it aloud immediately if it is the response to a button.
fn note(message: &str, answered: bool) -> Markup {
    html! { p.note role=(if answered { "alert" } else { "status" }) { (message) } }
}

fn outcome(decision: Decision, texts: &Texts) -> &'static str {
    match decision {
        Decision::New => "",
        Decision::Accepted => texts.accepted,
        Decision::Rejected => texts.rejected,
        Decision::Denied => texts.denied,
    }
}

fn receipt(view: &RequestView, command: Option<&str>, texts: &Texts) -> Markup {
    let (accepted_now, accepted_next, rejected_now, rejected_next) = match view.change {
        None => (texts.accepted_now, texts.accepted_next, texts.rejected_now, texts.rejected_next),
        Some(_) => (texts.changed_now, texts.changed_next, texts.unchanged_now, texts.unchanged_next),
    };
    html! {
        @if view.decision == Decision::Accepted {
            div.note.done role="status" { p { (accepted_now) } }
            p { (accepted_next) " " (named(&view.customer)) "." }
            @if let Some(command) = command { pre { code { (command) } } }
            @if view.kind == Kind::Agent && !view.clients.is_empty() {
                p { (texts.agent_next) }
                ul { @for client in &view.clients { li { (named(client)) } } }
            }
        } @else {
            div.note role="status" { p { (rejected_now) } }
            p { (rejected_next) }
        }
        @match &view.redirect {
            Some(Redirect { shown, address }) => p { (texts.onwards) " " a href=(address) { bdi { (shown) } } },
            None => p { (texts.close) },
        }
    }
}

fn details(view: &RequestView, texts: &Texts) -> Markup {
    html! {
        section aria-labelledby="who" {
            h2 #who { (texts.who) }
            dl {
                (fact(texts.vendor, &named(&view.vendor)))
                div {
                    dt { (texts.system) }
                    dd {
                        (named(&view.system))
                        @if let Some(description) = &view.description { br; bdi.small { (description) } }
                    }
                }
                (fact(texts.customer, &named(&view.customer)))
                @if let Some(title) = &view.title { (fact(texts.called, &html! { bdi { (title) } })) }
                @if let Some(change) = &view.change { (fact(texts.user, &html! { code { (change.user) } })) }
                @if let Some(reference) = &view.external_ref {
                    (fact(texts.external_ref, &html! { code { (reference) } }))
                }
            }
        }
        @match &view.change {
            None => (items("what", texts.what, &view.items, texts)),
            Some(change) => {
                @if !view.items.is_empty() { (items("added", texts.added, &view.items, texts)) }
                @if !change.removed.is_empty() { (items("removed", texts.removed, &change.removed, texts)) }
            }
        }
    }
}

fn items(id: &str, heading: &str, items: &[RequestedItem], texts: &Texts) -> Markup {
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (heading) }
            // These are a table's default roles, which it would lose when a narrow screen shows its rows as blocks.
            table role="table" {
                thead role="rowgroup" {
                    tr role="row" {
                        @for heading in [texts.name, texts.kind, texts.id] {
                            th scope="col" role="columnheader" { (heading) }
                        }
                    }
                }
                tbody role="rowgroup" {
                    @for item in items {
                        tr role="row" {
                            th scope="row" role="rowheader" { (item.named.name) }
                            td role="cell" {
                                (item.kind)
                                @if let Some(action) = &item.action { " (" (texts.action) " " code { (action) } ")" }
                            }
                            td role="cell" { code { (item.named.id) } }
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

fn named(Named { name, id }: &Named) -> Markup {
    html! { @if !name.is_empty() { bdi { (name) } " " } code { (id) } }
}
