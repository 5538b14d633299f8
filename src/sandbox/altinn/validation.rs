//! The System Register's validation of a system.
//!
//! Source: github.com/Altinn/altinn-authentication, `src/Core/Errors/ValidationErrors.cs` and
//! `src/Authentication/Controllers/SystemRegisterController.cs`.

use std::collections::HashSet;
use std::hash::Hash;

use serde_json::{Value, json};

use super::super::fixtures;
use super::super::store::{Right, Store};
use super::redirect_url;

/// A validation fault: its code, title and path, and details if there are any.
pub(super) struct Fault {
    code: &'static str,
    title: &'static str,
    path: &'static str,
    details: Option<(&'static str, String)>,
}

const VENDOR: &str = "/registersystemrequest/vendor/id";
const SYSTEM: &str = "/registersystemrequest/systemid";
const CLIENT: &str = "/registersystemrequest/clientid";
const RIGHTS: &str = "/registersystemrequest/rights/resource";
const PACKAGES: &str = "/registersystemrequest/accesspackages";
const REDIRECTS: &str = "/registersystemrequest/allowedredirecturls";

/// Types of resources to which a right can be delegated.
const DELEGABLE: [&str; 7] = [
    "AltinnApp",
    "Systemresource",
    "Default",
    "CorrespondenceService",
    "BrokerService",
    "GenericAccessResource",
    "MigratedApp",
];

impl Fault {
    fn new(code: &'static str, title: &'static str, path: &'static str) -> Self {
        Self { code, title, path, details: None }
    }

    fn with(self, label: &'static str, details: String) -> Self {
        Self { details: Some((label, details)), ..self }
    }

    pub(super) fn to_json(&self) -> Value {
        let mut json = json!({ "code": self.code, "title": self.title, "paths": [self.path] });
        if let Some((label, details)) = &self.details {
            json[*label] = details.as_str().into();
        }
        json
    }

    pub(super) fn vendor() -> Self {
        Self::new("AUTH.VLD-00000", "the org number identifier is not valid ISO6523 identifier", VENDOR)
    }

    pub(super) fn id_and_path_differ() -> Self {
        Self::new("AUTH.VLD-00012", "The system ID in the request body does not match the system ID in the URL", SYSTEM)
    }

    fn client_taken() -> Self {
        Self::new("AUTH.VLD-00004", "One of the client id is already tagged with an existing system", CLIENT)
    }
}

/// Validates the id, redirect URLs and clients of a new system.
pub(super) fn of_new_system(
    store: &Store,
    vendor: &str,
    id: &str,
    redirect_urls: &[String],
    clients: &[String],
) -> Vec<Fault> {
    let mut faults = Vec::new();
    if id.contains(' ') {
        let title = "System ID cannot have spaces in id (leading, trailing or in between the id)";
        faults.push(Fault::new("AUTH.VLD-00013", title, SYSTEM));
    }
    if id.split_once('_').is_none_or(|(number, name)| number != vendor || name.is_empty()) {
        let title = "The system id does not match the format orgnumber_xxxx...";
        faults.push(Fault::new("AUTH.VLD-00001", title, SYSTEM));
    }
    // Deleted systems keep their ids.
    if store.system(id).is_some() {
        faults.push(Fault::new("AUTH.VLD-00002", "The system id already exists", SYSTEM));
    }
    if !redirect_urls.iter().all(|url| redirect_url::is_https(url)) {
        let title = "One or more of the redirect urls format is not valid. The valid format is https://xxx.xx";
        faults.push(Fault::new("AUTH.VLD-00005", title, REDIRECTS));
    }
    if taken(store, clients, None) {
        faults.push(Fault::client_taken());
    }
    faults
}

/// Validates the new clients of an existing system.
pub(super) fn of_clients(store: &Store, system: &str, clients: &[String]) -> Vec<Fault> {
    let mut faults = Vec::new();
    if has_duplicates(clients, |client| client.to_ascii_lowercase()) {
        faults.push(Fault::new("AUTH.VLD-00011", "Request contains duplicate client ids", CLIENT));
    }
    if taken(store, clients, Some(system)) {
        faults.push(Fault::client_taken());
    }
    faults
}

/// Whether another system has one of the clients. Lists may be long, so each list is read only once.
fn taken(store: &Store, clients: &[String], except: Option<&str>) -> bool {
    let clients: HashSet<String> = clients.iter().map(|client| client.to_ascii_lowercase()).collect();
    let others = store.systems.iter().filter(|system| !system.deleted && Some(system.id.as_str()) != except);
    others.flat_map(|system| &system.clients).any(|client| clients.contains(&client.to_ascii_lowercase()))
}

pub(super) fn of_rights(rights: &[Right]) -> Vec<Fault> {
    let (mut malformed, mut unknown, mut not_delegable) = (Vec::new(), Vec::new(), Vec::new());
    for attribute in rights.iter().flat_map(|right| &right.resource) {
        match fixtures::resource(&attribute.value) {
            _ if attribute.id != "urn:altinn:resource" => malformed.push(attribute.value.as_str()),
            None => unknown.push(attribute.value.as_str()),
            Some(resource) if !DELEGABLE.contains(&resource.kind) => not_delegable.push(resource.id),
            Some(_) => {}
        }
    }
    let listed = [
        (
            malformed,
            "AUTH.VLD-00009",
            "One or more resource id is in wrong format. The valid format is urn:altinn:resource",
            "Invalid Resource Id Details : ",
        ),
        (
            unknown,
            "AUTH.VLD-00003",
            "One or more resources specified in rights were not found in Altinn's resource register.",
            "ResourceIds Not Found : ",
        ),
        (
            not_delegable,
            "AUTH.VLD-00017",
            "One or more resources specified in rights is of resource type which is not delegable.",
            "ResourceIds Not Delegable : ",
        ),
    ];
    let mut faults: Vec<Fault> = listed
        .into_iter()
        .filter(|(which, ..)| !which.is_empty())
        .map(|(which, code, title, label)| Fault::new(code, title, RIGHTS).with(label, which.join(" | ")))
        .collect();
    if has_duplicates(rights, |right| (right.action.as_deref().unwrap_or_default(), &right.resource)) {
        faults.push(Fault::new("AUTH.VLD-00006", "One or more duplicate rights found", RIGHTS));
    }
    faults
}

/// Validates access packages. A package must be for a standard or an agent system user, and a visible system may have
/// only packages for standard system users.
///
/// Source: github.com/Altinn/altinn-authentication, `src/Authentication/Services/SystemRegisterService.cs`.
pub(super) fn of_packages(urns: &[String], visible: bool) -> Vec<Fault> {
    let (mut malformed, mut unknown, mut for_nobody, mut not_assignable) = (Vec::new(), Vec::new(), Vec::new(), false);
    for urn in urns {
        match fixtures::package(urn) {
            _ if !urn.starts_with("urn:altinn:accesspackage:") => malformed.push(urn.as_str()),
            None => unknown.push(urn.as_str()),
            Some(package) => {
                not_assignable |= !package.assignable;
                if !package.assignable && !package.delegable {
                    for_nobody.push(urn.as_str());
                }
            }
        }
    }
    let details: Vec<String> =
        [("Invalid format", malformed), ("Not found", unknown), ("Not possible to delegate", for_nobody)]
            .into_iter()
            .filter(|(_, urns)| !urns.is_empty())
            .map(|(text, urns)| format!("{text}: {}", urns.join(", ")))
            .collect();
    let mut faults = Vec::new();
    if !details.is_empty() {
        let title = "One or all the accesspackage(s) is not found in altinn's access packages or is not delegable";
        let fault = Fault::new("AUTH.VLD-00008", title, PACKAGES);
        faults.push(fault.with("Invalid Urn Details : ", details.join(" | ")));
    }
    if has_duplicates(urns, |urn| urn) {
        faults.push(Fault::new("AUTH.VLD-00007", "One or more duplicate access package(s) found", PACKAGES));
    }
    if visible && not_assignable {
        let title = "Access packages meant for system user for client relations can't be used in combination with the \
                     flag isVisible: true";
        faults.push(Fault::new("AUTH.VLD-00018", title, PACKAGES));
    }
    faults
}

fn has_duplicates<'t, T, K: Eq + Hash>(items: &'t [T], key: impl Fn(&'t T) -> K) -> bool {
    let mut seen = HashSet::new();
    !items.iter().map(key).all(|text| seen.insert(text))
}
