//! The changes that an update makes to a system.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::altinn::rights::Right;
use crate::altinn::system::{System, Translations};
use crate::client::sanitize::without_pieces;

/// The values that an update removes from a field and adds to it.
#[derive(Debug, Serialize)]
pub(super) struct FieldChange {
    field: String,
    removed: Vec<String>,
    added: Vec<String>,
}

impl FieldChange {
    /// A line for each removed and each added value.
    pub(super) fn lines(&self) -> Vec<String> {
        let removed = self.removed.iter().map(|value| ('-', value));
        let added = self.added.iter().map(|value| ('+', value));
        removed
            .chain(added)
            .map(|(sign, value)| format!("{sign} {}: {}", without_pieces(&self.field), without_pieces(value)))
            .collect()
    }
}

/// The differences, field by field. The order of a list does not matter.
pub(super) fn between(old: &System, new: &System) -> Vec<FieldChange> {
    let rights = |system: &System| system.rights.iter().map(Right::name).collect();
    let packages = |system: &System| system.access_packages.iter().map(|package| package.urn.clone()).collect();
    let visible = |system: &System| vec![system.is_visible.to_string()];
    let lists: [(&str, Vec<String>, Vec<String>); 6] = [
        ("vendor", vec![old.vendor.id.clone()], vec![new.vendor.id.clone()]),
        ("rights", rights(old), rights(new)),
        ("accessPackages", packages(old), packages(new)),
        ("clientId", old.client_id.clone(), new.client_id.clone()),
        ("isVisible", visible(old), visible(new)),
        ("allowedRedirectUrls", old.allowed_redirect_urls.clone(), new.allowed_redirect_urls.clone()),
    ];
    let texts = [("name", &old.name, &new.name), ("description", &old.description, &new.description)];
    let texts = texts.into_iter().flat_map(|(field, old, new)| of_words(field, old, new));
    let lists = lists.into_iter().filter_map(|(field, old, new)| change(field.to_owned(), &old, &new));
    let extra_fields = extra_field_changes(&old.extra_fields, &new.extra_fields);
    texts.chain(lists).chain(extra_fields).collect()
}

/// The changes of unknown fields, which are compared as JSON.
fn extra_field_changes(old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<FieldChange> {
    let text = |fields: &Map<String, Value>, field: &str| fields.get(field).map(Value::to_string).into_iter().collect();
    let fields = new.keys().filter_map(|field| {
        let (old, new): (Vec<String>, Vec<String>) = (text(old, field), text(new, field));
        change(field.clone(), &old, &new)
    });
    fields.collect()
}

fn of_words(field: &str, old: &Translations, new: &Translations) -> Vec<FieldChange> {
    let languages: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let text = |words: &Translations, language: &String| words.get(language).cloned().into_iter().collect::<Vec<_>>();
    let changes = languages
        .into_iter()
        .filter_map(|language| change(format!("{field}.{language}"), &text(old, language), &text(new, language)));
    changes.collect()
}

fn change(field: String, old: &[String], new: &[String]) -> Option<FieldChange> {
    let without = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|value| !those.contains(value)).cloned().collect()
    };
    let (removed, added) = (without(old, new), without(new, old));
    (!removed.is_empty() || !added.is_empty()).then_some(FieldChange { field, removed, added })
}
