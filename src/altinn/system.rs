//! A system in the System Register, and a check for the errors that Altinn would report.
//!
//! Source: github.com/Altinn/altinn-authentication, `src/Core/Models/SystemRegisters` and
//! `src/Core/Errors/ValidationErrors.cs`.

use std::collections::BTreeMap;

use reqwest::Url;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::rights::{ACCESS_PACKAGE, AccessPackage, Right};
use crate::client::{OrgNumber, quote};

/// A system in the System Register. Fields that only Altinn can set are read, but not sent.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct System {
    /// The vendor's organisation number, an underscore, and a name.
    pub id: String,
    /// The vendor that owns the system.
    pub vendor: Vendor,
    /// The system's name, by language: `nb`, `nn`, `en`.
    pub name: Translations,
    /// The system's description, by language.
    pub description: Translations,
    /// The rights that the system may request from customers.
    #[serde(default)]
    pub rights: Vec<Right>,
    /// The access packages that the system may request from customers.
    #[serde(default)]
    pub access_packages: Vec<AccessPackage>,
    /// The ids of the Maskinporten clients that get tokens for the system's users.
    #[serde(default)]
    pub client_id: Vec<String>,
    /// Whether customers can find the system in Altinn without a request.
    #[serde(default)]
    pub is_visible: bool,
    /// The URLs to which a customer may be redirected after the decision.
    #[serde(default)]
    pub allowed_redirect_urls: Vec<String>,
    /// Whether the system has been deleted. Altinn still returns deleted systems.
    #[serde(default, skip_serializing)]
    pub is_deleted: bool,
    /// Other fields that Altinn returned. They are sent back, since an update replaces everything.
    #[serde(flatten)]
    pub extra_fields: Map<String, Value>,
}

/// Texts by language.
pub type Translations = BTreeMap<String, String>;

/// A vendor, in the form that the System Register uses for organisations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Vendor {
    /// ISO 6523: `0192:` and the organisation number.
    #[serde(rename = "ID")]
    pub id: String,
}

/// A system in a file: the JSON of the System Register, in which lists may be left out. Only `accessPackages` may be
/// `null`, which means the same: Altinn refuses or fails on `null` for every other list.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct Draft {
    /// The vendor's organisation number, an underscore, and a name.
    pub id: String,
    /// The vendor that owns the system.
    pub vendor: Vendor,
    name: Translations,
    description: Translations,
    #[serde(default, deserialize_with = "present")]
    rights: Option<Vec<Right>>,
    access_packages: Option<Vec<AccessPackage>>,
    #[serde(default, deserialize_with = "present")]
    client_id: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    is_visible: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    allowed_redirect_urls: Option<Vec<String>>,
    /// Fields that are unknown to this program.
    #[serde(flatten)]
    pub extra_fields: Map<String, Value>,
}

/// Fields that a file may have but that are ignored. Altinn returns them, or its own clients send them.
pub const IGNORED_FIELDS: [&str; 2] = ["isDeleted", "vendor.authority"];

fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl Draft {
    /// Removes the [`IGNORED_FIELDS`].
    pub fn without_ignored_fields(mut self) -> Self {
        self.extra_fields.retain(|field, _| !IGNORED_FIELDS.contains(&field.as_str()));
        self
    }

    /// The draft as a new system.
    pub fn new_system(self) -> System {
        self.merged_into(&System::default())
    }

    /// The draft as an update of an existing system. Fields that the draft leaves out keep their current values, since
    /// Altinn's update would empty them.
    pub fn merged_into(self, current: &System) -> System {
        let mut extra_fields = current.extra_fields.clone();
        extra_fields.extend(self.extra_fields);
        System {
            id: self.id,
            vendor: self.vendor,
            name: self.name,
            description: self.description,
            rights: self.rights.unwrap_or_else(|| current.rights.clone()),
            access_packages: self.access_packages.unwrap_or_else(|| current.access_packages.clone()),
            client_id: self.client_id.unwrap_or_else(|| current.client_id.clone()),
            is_visible: self.is_visible.unwrap_or(current.is_visible),
            allowed_redirect_urls: self.allowed_redirect_urls.unwrap_or_else(|| current.allowed_redirect_urls.clone()),
            is_deleted: current.is_deleted,
            extra_fields,
        }
    }
}

/// An error that Altinn would report, or a problem that would cause an error later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationError {
    /// Altinn's code for the error. `None` if the error would violate a constraint of Altinn's database, which Altinn
    /// answers with status 500.
    pub code: Option<&'static str>,
    /// The name of the field.
    pub field: &'static str,
    /// The problem with the field.
    pub problem: String,
}

impl System {
    /// All errors in the system that can be found without asking Altinn. `is_new` is whether the system is registered or
    /// updated: an update also accepts redirect URLs that begin with `http://`.
    pub fn validation_errors(&self, is_new: bool) -> Vec<ValidationError> {
        let mut errors = Vec::new();
        for (field, texts) in [("name", &self.name), ("description", &self.description)] {
            errors.extend(missing_languages(texts).map(|problem| ValidationError { code: None, field, problem }));
        }
        let mut add = |code, field, problem| errors.push(ValidationError { code: Some(code), field, problem });
        let vendor_id = quote(&self.vendor.id);
        let vendor = self.vendor.id.strip_prefix("0192:").ok_or(format!("{vendor_id} does not begin with `0192:`"));
        let vendor = vendor.and_then(|org| org.parse::<OrgNumber>().map_err(|error| format!("{vendor_id}: {error}")));
        match &vendor {
            Err(problem) => add("AUTH.VLD-00000", "vendor.ID", problem.clone()),
            Ok(org) if self.id.strip_prefix(&format!("{org}_")).is_none_or(str::is_empty) => {
                add("AUTH.VLD-00001", "id", format!("{} must be `{org}_` followed by a name", quote(&self.id)));
            }
            Ok(_) => {}
        }
        if self.id.contains(char::is_whitespace) {
            add("AUTH.VLD-00013", "id", format!("{} contains a space", quote(&self.id)));
        }
        if self.name.get("nb").is_some_and(|name| name.trim().is_empty()) {
            let problem = "`nb` is empty; without a Norwegian Bokmål name, customers cannot approve requests";
            add("AUTH-00017", "name", problem.to_owned());
        }
        for right in self.rights.iter().filter(|right| !right.is_named_well()) {
            let problem = format!("the `id` of resource {} is not `urn:altinn:resource`", quote(&right.name()));
            add("AUTH.VLD-00009", "rights", problem);
        }
        // The same resource with different actions makes different rights.
        for right in repeated(self.rights.iter()) {
            add("AUTH.VLD-00006", "rights", format!("{} is listed more than once", quote(&right.name())));
        }
        for AccessPackage { urn } in &self.access_packages {
            let problem = match urn.strip_prefix(ACCESS_PACKAGE) {
                Some(name) if !name.is_empty() && !name.contains(char::is_whitespace) => continue,
                Some(_) => format!("{} does not end with a valid name", quote(urn)),
                None => format!("{} does not begin with `{ACCESS_PACKAGE}`", quote(urn)),
            };
            add("AUTH.VLD-00008", "accessPackages", problem);
        }
        for urn in repeated(self.access_packages.iter().map(|package| &package.urn)) {
            add("AUTH.VLD-00007", "accessPackages", format!("{} is listed more than once", quote(urn)));
        }
        for id in repeated(self.client_id.iter()) {
            add("AUTH.VLD-00011", "clientId", format!("{} is listed more than once", quote(id)));
        }
        let is_web = |url: &str| {
            let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://").filter(|_| !is_new));
            host.is_some_and(|host| !host.starts_with('/')) && Url::parse(url).is_ok()
        };
        let (code, begins) = match is_new {
            true => (Some("AUTH.VLD-00005"), "https://"),
            false => (None, "https:// or http://"),
        };
        let field = "allowedRedirectUrls";
        for url in self.allowed_redirect_urls.iter().filter(|url| !is_web(url)) {
            let problem = format!("{} must be a URL that begins with {begins}", quote(url));
            errors.push(ValidationError { code, field, problem });
        }
        errors
    }

    /// Whether this client gets tokens for the system's users. Client ids are UUIDs, so upper and lower case are equal.
    pub fn has_client(&self, client_id: &str) -> bool {
        self.client_id.iter().any(|id| id.eq_ignore_ascii_case(client_id))
    }

    /// The vendor's organisation number, which may be invalid.
    pub fn vendor_org(&self) -> &str {
        self.vendor.id.strip_prefix("0192:").unwrap_or(&self.vendor.id)
    }
}

/// The languages that Altinn's database requires, as it spells them.
///
/// Source: github.com/Altinn/altinn-authentication,
/// `src/Persistance/Migration/v0.04-system-register-update/01-translated-text-domain.sql`.
const LANGUAGES: [&str; 3] = ["nb", "nn", "en"];

/// The problem with texts that lack a required language.
fn missing_languages(texts: &Translations) -> Option<String> {
    let missing: Vec<&str> = LANGUAGES.into_iter().filter(|language| !texts.contains_key(*language)).collect();
    let in_capitals = missing.iter().any(|language| texts.keys().any(|key| key.eq_ignore_ascii_case(language)));
    let spelling = if in_capitals { ", in lower case" } else { "" };
    let names = missing.join(" and ");
    (!missing.is_empty()).then(|| format!("there is no text in {names}; Altinn requires nb, nn and en{spelling}"))
}

/// The items that occur more than once. Each is returned once.
fn repeated<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut counts = BTreeMap::new();
    items.for_each(|item| *counts.entry(item).or_insert(0) += 1);
    counts.into_iter().filter(|(_, count)| *count > 1).map(|(item, _)| item).collect()
}
