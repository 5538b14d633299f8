//! The page as HTML. Whatever somebody else wrote is escaped, which `maud` does by itself.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::super::cast::{self, Decision};
use super::super::store::{Kind, Request, Store, Undecidable};
use super::guard::{STYLE, origin};
use super::words::Words;

pub(super) enum Page<'a> {
    /// A request that can be answered; perhaps only with a no.
    Open { asked: &'a Asked, not_approvable: Option<Undecidable>, token: &'a str },
    /// One that cannot.
    Closed(&'a Asked, Option<Undecidable>),
    /// One that has just been answered.
    Receipt(&'a Asked),
    /// A sentence, where there is no request to show.
    Plain(&'static str),
}

/// What is shown of a request, in the page's language.
pub(super) struct Asked {
    kind: Kind,
    decision: Decision,
    vendor: (String, String),
    system: (String, String),
    description: Option<String>,
    customer: (String, String),
    clients: Vec<(String, String)>,
    title: Option<String>,
    external_ref: Option<String>,
    /// Name, type and id.
    things: Vec<(String, &'static str, String)>,
    redirect_url: Option<String>,
}

impl Asked {
    pub(super) fn of(store: &Store, request: &Request, words: &Words) -> Self {
        let english = words.lang == "en";
        let in_language = |nb: &str, en: &str| if english { en.to_owned() } else { nb.to_owned() };
        let organisation = |number: &str| {
            let name = cast::organisation(number).map_or("", |organisation| organisation.name);
            (name.to_owned(), number.to_owned())
        };
        let system = store.system(&request.system);
        let name = system.and_then(|system| system.name_in(words.lang).or_else(|| system.name_in("nb")));
        let rights = request.rights.iter().flat_map(|right| &right.resource).map(|attribute| {
            let name = cast::resource(&attribute.value).map(|resource| in_language(resource.nb, resource.en));
            (name.unwrap_or_default(), words.right, attribute.value.clone())
        });
        let packages = request.packages.iter().map(|urn| {
            let name = cast::package(urn).map(|package| in_language(package.nb, package.en));
            (name.unwrap_or_default(), words.package, urn.clone())
        });
        let owner = cast::organisation(&request.owner);
        Self {
            kind: request.kind,
            decision: request.decision,
            vendor: organisation(system.map_or("", |system| &system.vendor)),
            system: (name.unwrap_or_default().to_owned(), request.system.clone()),
            description: system.and_then(|system| system.description_in(words.lang)).map(str::to_owned),
            customer: organisation(&request.owner),
            clients: owner.map_or(&[][..], |owner| owner.clients).iter().map(|number| organisation(number)).collect(),
            title: request.title.clone(),
            // The owner's own number is none.
            external_ref: Some(request.external_ref.clone()).filter(|reference| *reference != request.owner),
            things: rights.chain(packages).collect(),
            redirect_url: request.redirect_url.clone().filter(|url| origin(url).is_some()),
        }
    }
}

/// `here` is the address of the form, and `there` that of the page in the other language.
pub(super) fn html(page: &Page<'_>, words: &Words, here: &str, there: &str) -> String {
    let asked = match page {
        Page::Open { asked, .. } | Page::Closed(asked, _) | Page::Receipt(asked) => Some(asked),
        Page::Plain(_) => None,
    };
    let heading = match asked {
        None => words.problem,
        Some(asked) if asked.kind == Kind::Agent => words.title_agent,
        Some(_) => words.title,
    };
    let whole = html! {
        (DOCTYPE)
        html lang=(words.lang) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
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
                        Page::Open { asked, not_approvable, token } => (open(asked, *not_approvable, token, words, here)),
                        Page::Closed(asked, why) => { (closed(*why, words)) (details(asked, words)) }
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

fn open(asked: &Asked, not_approvable: Option<Undecidable>, token: &str, words: &Words, here: &str) -> Markup {
    html! {
        p.lead { (if asked.kind == Kind::Agent { words.lead_agent } else { words.lead }) }
        (details(asked, words))
        section aria-labelledby="answer" {
            h2 #answer { (words.answer) }
            @match not_approvable {
                Some(Undecidable::NameMissing) => p.note { (words.name_missing) },
                Some(_) => p.note { (words.system_deleted) },
                None => {}
            }
            div.buttons {
                @if not_approvable.is_none() {
                    (button("approve", words.approve, token, here))
                }
                (button("reject", words.reject, token, here))
            }
            @if let Some(url) = &asked.redirect_url {
                p.small { (words.afterwards) " " code { (url) } }
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

fn closed(why: Option<Undecidable>, words: &Words) -> Markup {
    html! {
        @match why {
            Some(Undecidable::TimedOut) => p.note { (words.timed_out) },
            Some(Undecidable::Decided(decision)) => p.note { (outcome(decision, words)) " " (words.already) },
            _ => {}
        }
    }
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
        p { (words.close) }
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
    Some(format!("systemuser-demo token --org {}{reference}", asked.customer.1))
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
                        @if let Some(description) = &asked.description { br; span.small { (description) } }
                    }
                }
                (fact(words.customer, &told(&asked.customer)))
                @if let Some(title) = &asked.title { (fact(words.called, &html! { (title) })) }
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
                    @for (name, kind, id) in &asked.things {
                        tr role="row" {
                            th scope="row" role="rowheader" { (name) }
                            td role="cell" { (kind) }
                            td role="cell" { code { (id) } }
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

/// A name and a number.
fn told((name, id): &(String, String)) -> Markup {
    html! { @if !name.is_empty() { (name) " " } code { (id) } }
}
