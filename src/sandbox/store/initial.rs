//! The store as it is when the sandbox starts.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::super::fixtures::{self, Decision, REQUESTS, SYSTEMS};
use super::{Attribute, Change, Kind, Request, Right, Store, System};

/// How long ago the systems of the fixtures were registered.
const REGISTERED: TimeDelta = TimeDelta::days(400);

impl Store {
    pub(crate) fn from_fixtures(now: DateTime<Utc>) -> Self {
        let systems = SYSTEMS.iter().map(|fixture| system(fixture, now - REGISTERED)).collect();
        let mut store = Self { systems, ..Self::default() };
        for fixture in &REQUESTS {
            let request = request(fixture, now - TimeDelta::days(fixture.days_ago));
            if request.decision == Decision::Accepted {
                let name = store.system(&request.system).and_then(|system| system.name_in("nb")).unwrap_or_default();
                let user = request.user(name.to_owned(), request.created);
                store.users.push(user);
            }
            store.requests.push(request);
        }
        store
    }
}

fn system(fixture: &fixtures::System, created: DateTime<Utc>) -> System {
    let texts = |texts: [&str; 3]| -> Map<String, Value> {
        ["nb", "nn", "en"].into_iter().zip(texts).map(|(language, text)| (language.to_owned(), text.into())).collect()
    };
    System {
        internal_id: fixture.internal_id.to_owned(),
        id: fixture.id.to_owned(),
        vendor: fixture.vendor.to_owned(),
        name: texts(fixture.name),
        description: texts(fixture.description),
        rights: rights(fixture.resources),
        packages: packages(fixture.packages),
        clients: owned(fixture.clients),
        visible: fixture.visible,
        redirect_urls: owned(fixture.redirect_urls),
        deleted: false,
        changes: vec![Change {
            by: fixture.vendor.to_owned(),
            client: fixture.clients.first().map(|client| (*client).to_owned()),
            kind: "create",
            data: Some(json!({ "id": fixture.id })),
            created,
            size: 0,
        }],
    }
}

fn request(fixture: &fixtures::Request, created: DateTime<Utc>) -> Request {
    Request {
        id: fixture.id.to_owned(),
        kind: if fixture.resources.is_empty() { Kind::Agent } else { Kind::Standard },
        title: Some(SYSTEMS[0].name[0].to_owned()),
        external_ref: fixture.external_ref.to_owned(),
        system: SYSTEMS[0].id.to_owned(),
        owner: fixture.owner.to_owned(),
        rights: rights(fixture.resources),
        packages: packages(fixture.packages),
        decision: fixture.decision,
        redirect_url: None,
        created,
        size: 0,
    }
}

fn rights(resources: &[&str]) -> Vec<Right> {
    let attribute = |value: &&str| Attribute { id: "urn:altinn:resource".to_owned(), value: (*value).to_owned() };
    resources.iter().map(|value| Right { action: None, resource: vec![attribute(value)] }).collect()
}

fn packages(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("urn:altinn:accesspackage:{name}")).collect()
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
