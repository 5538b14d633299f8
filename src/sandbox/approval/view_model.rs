//! The details of a request that the page shows.

use super::super::altinn::redirect_url;
use super::super::fixtures::{self, CLIENTS, Client, Decision};
use super::super::maskinporten::is_reference;
use super::super::store::{Kind, Right, Store};
use super::subject::Subject;
use super::texts::Texts;

/// The details of a request that the page shows, in the page's language and safe to display.
pub(super) struct RequestView {
    pub(super) kind: Kind,
    pub(super) decision: Decision,
    pub(super) vendor: Named,
    pub(super) system: Named,
    pub(super) description: Option<String>,
    pub(super) customer: Named,
    pub(super) clients: Vec<Named>,
    pub(super) title: Option<String>,
    pub(super) external_ref: Option<String>,
    /// The requested rights and packages; for a change request, those to add.
    pub(super) items: Vec<RequestedItem>,
    /// The change, if this is a change request.
    pub(super) change: Option<Change>,
    pub(super) redirect: Option<Redirect>,
}

/// A change to a system user.
pub(super) struct Change {
    /// The id of the system user.
    pub(super) user: String,
    /// The rights and packages to remove.
    pub(super) removed: Vec<RequestedItem>,
}

/// A name, which may be empty, and a number or id.
pub(super) struct Named {
    pub(super) name: String,
    pub(super) id: String,
}

/// A requested right or access package.
pub(super) struct RequestedItem {
    pub(super) named: Named,
    pub(super) kind: &'static str,
    /// The action of a right, if it has an action.
    pub(super) action: Option<String>,
}

/// The address to which the receipt redirects.
pub(super) struct Redirect {
    /// The address as the vendor wrote it, safe to display.
    pub(super) shown: String,
    /// The address as a browser parses it, in ASCII.
    pub(super) address: String,
}

impl RequestView {
    pub(super) fn of(store: &Store, subject: Subject<'_>, texts: &Texts) -> Self {
        let request = subject.request();
        let system = store.system(&request.system);
        let name = system.and_then(|system| system.name_for(texts.lang)).unwrap_or_default();
        let owner = fixtures::organisation(&request.owner);
        Self {
            kind: request.kind,
            decision: request.decision,
            vendor: organisation(system.map_or("", |system| &system.vendor)),
            system: Named { name: visible(name), id: visible(&request.system) },
            description: system.and_then(|system| system.description_for(texts.lang)).map(visible),
            customer: organisation(&request.owner),
            clients: owner.map_or(&[][..], |owner| owner.clients).iter().map(|number| organisation(number)).collect(),
            title: request.title.as_deref().map(visible),
            // The owner's own number means that the request has no external reference.
            external_ref: Some(visible(&request.external_ref)).filter(|_| request.external_ref != request.owner),
            items: items(&request.rights, &request.packages, texts),
            change: subject.change().map(|change| Change {
                user: visible(&change.user),
                removed: items(&change.unwanted_rights, &change.unwanted_packages, texts),
            }),
            redirect: request.redirect_url.as_deref().and_then(|url| {
                let address = redirect_url::of_the_web(url)?.into();
                Some(Redirect { shown: visible(url), address })
            }),
        }
    }
}

fn items(rights: &[Right], packages: &[String], texts: &Texts) -> Vec<RequestedItem> {
    let packages = packages.iter().map(|urn| item_of_package(urn, texts));
    rights.iter().flat_map(|right| items_of_right(right, texts)).chain(packages).collect()
}

/// The command with which a developer gets a token for the request's system user, from a new terminal. `None` if no
/// client that is registered for keys can get a token, or if a grant cannot name the external reference.
pub(super) fn token_command(store: &Store, subject: Subject<'_>, issuer: &str) -> Option<String> {
    let request = subject.request();
    let gets_token = |client: &&Client| {
        let user = store.user_of_client(client, &request.owner, &request.external_ref);
        user.is_some_and(|user| user.request.id == subject.user())
    };
    let client = CLIENTS.iter().filter(|client| !client.uses_certificates).find(gets_token)?;
    let mut command =
        format!("SYSTEMUSER_SANDBOX={} systemuser-demo token --org {}", issuer.trim_end_matches('/'), request.owner);
    if request.external_ref != request.owner {
        let reference = &request.external_ref;
        if !is_reference(reference) {
            return None;
        }
        // After a space, a value that begins with `-` would be read as an option.
        let sign = if reference.starts_with('-') { '=' } else { ' ' };
        command += &format!(" --external-ref{sign}{reference}");
    }
    // The built-in configuration has the first client.
    if client.id != CLIENTS[0].id {
        command += &format!(" --client-id {}", client.id);
    }
    Some(command)
}

fn organisation(number: &str) -> Named {
    let name = fixtures::organisation(number).map_or("", |organisation| organisation.name);
    Named { name: name.to_owned(), id: number.to_owned() }
}

fn items_of_right(right: &Right, texts: &Texts) -> impl Iterator<Item = RequestedItem> {
    right.resource.iter().map(|attribute| {
        let name = fixtures::resource(&attribute.value).map(|resource| texts.either(resource.nb, resource.en));
        let named = Named { name: name.unwrap_or_default().to_owned(), id: visible(&attribute.value) };
        RequestedItem { named, kind: texts.right, action: right.action.as_deref().map(visible) }
    })
}

fn item_of_package(urn: &str, texts: &Texts) -> RequestedItem {
    let name = fixtures::package(urn).map(|package| texts.either(package.nb, package.en));
    let named = Named { name: name.unwrap_or_default().to_owned(), id: visible(urn) };
    RequestedItem { named, kind: texts.package, action: None }
}

/// Makes invisible characters in a foreign text visible. Control characters, characters that change the direction of
/// writing (Unicode Standard Annex 9, section 2), and characters without width are replaced by their code points. Line
/// breaks and tabs become spaces.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' | '\n' | '\r' => shown.push(' '),
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => {
                shown.push_str(&number(c));
            }
            '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => shown.push_str(&number(c)),
            c if c.is_control() => shown.push_str(&number(c)),
            c => shown.push(c),
        }
    }
    shown
}

fn number(c: char) -> String {
    format!("‹U+{:04X}›", u32::from(c))
}
