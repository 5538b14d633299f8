//! A system as the System Register has it, and what Altinn would refuse about it.
//!
//! Source: github.com/Altinn/altinn-authentication, `src/Core/Models/SystemRegisters` and
//! `src/Core/Errors/ValidationErrors.cs`.

use std::collections::BTreeMap;

use reqwest::Url;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::rights::{ACCESS_PACKAGE, AccessPackage, Right};
use crate::client::{OrgNumber, quote};

/// A system. What Altinn itself decides, and shows, is read and not sent.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct System {
    /// The vendor's organisation number, an underscore, and a name.
    pub id: String,
    /// Whose it is.
    pub vendor: Vendor,
    /// What it is called, by language: `nb`, `nn`, `en`.
    pub name: Translations,
    /// What it is, by language.
    pub description: Translations,
    /// The rights that it may ask customers for.
    #[serde(default)]
    pub rights: Vec<Right>,
    /// The access packages that it may ask customers for.
    #[serde(default)]
    pub access_packages: Vec<AccessPackage>,
    /// The clients at Maskinporten that get tokens for its system users.
    #[serde(default)]
    pub client_id: Vec<String>,
    /// Whether customers find it in Altinn by themselves.
    #[serde(default)]
    pub is_visible: bool,
    /// Where a customer may be sent after answering a request.
    #[serde(default)]
    pub allowed_redirect_urls: Vec<String>,
    /// It has been deleted, and is still shown.
    #[serde(default, skip_serializing)]
    pub is_deleted: bool,
    /// What Altinn has of it beside. An update replaces everything, so that goes back, too.
    #[serde(flatten)]
    pub extra_fields: Map<String, Value>,
}

/// Texts by language.
pub type Translations = BTreeMap<String, String>;

/// A vendor, as Altinn writes organisations here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(expecting = "an object")]
pub struct Vendor {
    /// ISO 6523: `0192:` and the organisation number.
    #[serde(rename = "ID")]
    pub id: String,
}

/// A system as somebody wrote it down: the JSON of the System Register, in which lists may be left out. `null` is no
/// list: Altinn fails on it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
pub struct Draft {
    /// See [`System`], here and below.
    pub id: String,
    /// Whose it is.
    pub vendor: Vendor,
    name: Translations,
    description: Translations,
    #[serde(default, deserialize_with = "present")]
    rights: Option<Vec<Right>>,
    #[serde(default, deserialize_with = "present")]
    access_packages: Option<Vec<AccessPackage>>,
    #[serde(default, deserialize_with = "present")]
    client_id: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    is_visible: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    allowed_redirect_urls: Option<Vec<String>>,
    /// What is not known here.
    #[serde(flatten)]
    pub extra_fields: Map<String, Value>,
}

/// What a file may have, since Altinn shows it or its own clients send it, and what is not read.
pub const IGNORED_FIELDS: [&str; 2] = ["isDeleted", "vendor.authority"];

fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl Draft {
    /// Without what Altinn shows, and does not take.
    pub fn without_ignored_fields(mut self) -> Self {
        self.extra_fields.retain(|field, _| !IGNORED_FIELDS.contains(&field.as_str()));
        self
    }

    /// The system that a draft stands for, where there is none yet.
    pub fn new_system(self) -> System {
        self.merged_into(&System::default())
    }

    /// The system that a draft makes of one that is there: what is left out stays as it is. Altinn's update would
    /// empty it.
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

/// What Altinn would refuse, or would do harm later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationError {
    /// Altinn's code for it.
    pub code: &'static str,
    /// The field.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

impl System {
    /// Everything about it that Altinn would refuse, as far as that can be seen here.
    pub fn validation_errors(&self) -> Vec<ValidationError> {
        let mut errors = Vec::new();
        let mut add = |code, field, problem: String| errors.push(ValidationError { code, field, problem });
        let vendor = self.vendor.id.strip_prefix("0192:").ok_or("it does not begin with `0192:`".to_owned());
        let vendor = vendor.and_then(|org| org.parse::<OrgNumber>().map_err(|error| error.to_string()));
        match &vendor {
            Err(problem) => add("AUTH.VLD-00000", "vendor.ID", format!("{}: {problem}", quote(&self.vendor.id))),
            Ok(org) if self.id.strip_prefix(&format!("{org}_")).is_none_or(str::is_empty) => {
                add("AUTH.VLD-00001", "id", format!("{} is not `{org}_` and a name", quote(&self.id)));
            }
            Ok(_) => {}
        }
        if self.id.contains(char::is_whitespace) {
            add("AUTH.VLD-00013", "id", format!("{} has a space in it", quote(&self.id)));
        }
        if self.name.get("nb").is_none_or(|name| name.trim().is_empty()) {
            let problem = "there is no `nb`, and without it no customer can approve a request";
            add("AUTH-00017", "name", problem.to_owned());
        }
        for right in self.rights.iter().filter(|right| !right.is_named_well()) {
            let problem = match right.resource.is_empty() {
                true => "a right has no `resource`".to_owned(),
                false => format!("the `id` of resource {} is not `urn:altinn:resource`", quote(&right.name())),
            };
            add("AUTH.VLD-00009", "rights", problem);
        }
        for name in repeated(self.rights.iter().map(Right::resource)) {
            add("AUTH.VLD-00006", "rights", format!("{} is there twice", quote(&name)));
        }
        for AccessPackage { urn } in &self.access_packages {
            let problem = match urn.strip_prefix(ACCESS_PACKAGE) {
                Some(name) if !name.is_empty() && !name.contains(char::is_whitespace) => continue,
                Some(_) => format!("{} has no name that could be one", quote(urn)),
                None => format!("{} does not begin with `{ACCESS_PACKAGE}`", quote(urn)),
            };
            add("AUTH.VLD-00008", "accessPackages", problem);
        }
        for urn in repeated(self.access_packages.iter().map(|package| package.urn.clone())) {
            add("AUTH.VLD-00007", "accessPackages", format!("{} is there twice", quote(&urn)));
        }
        for id in repeated(self.client_id.iter().cloned()) {
            add("AUTH.VLD-00011", "clientId", format!("{} is there twice", quote(&id)));
        }
        let is_https =
            |url: &str| url.starts_with("https://") && !url.starts_with("https:///") && Url::parse(url).is_ok();
        for url in self.allowed_redirect_urls.iter().filter(|url| !is_https(url)) {
            let problem = format!("{} is no address that begins with https://", quote(url));
            add("AUTH.VLD-00005", "allowedRedirectUrls", problem);
        }
        errors
    }

    /// Whether this client gets tokens for its system users. Client ids are UUIDs, in either case.
    pub fn has_client(&self, client_id: &str) -> bool {
        self.client_id.iter().any(|id| id.eq_ignore_ascii_case(client_id))
    }

    /// The vendor's organisation number, as it is written.
    pub fn vendor_org(&self) -> &str {
        self.vendor.id.strip_prefix("0192:").unwrap_or(&self.vendor.id)
    }
}

/// What occurs more than once, each named once.
fn repeated(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut counts = BTreeMap::new();
    names.for_each(|name| *counts.entry(name).or_insert(0) += 1);
    counts.into_iter().filter(|(_, count)| *count > 1).map(|(name, _)| name).collect()
}
