//! The parties for which a system user may act, with its access packages and resources.
//!
//! The call needs an Altinn token that was exchanged from the system user's own token. For an agent system user, the
//! parties are the agent's clients.
//!
//! Sources: docs.altinn.studio, "Access management API"; github.com/Altinn/altinn-authorization-tmp, controller
//! `AuthorizedPartiesController`.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Altinn;
use super::page::{self, List};
use super::rights::{ACCESS_PACKAGE, RESOURCE_URN};
use crate::client::CallError;

/// The scope of the token that [`list`] needs.
pub const SCOPE: &str = "altinn:accessmanagement/authorizedparties";

/// An organisation or a person for which a system user may act.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Party {
    /// The party's id in Altinn.
    pub party_uuid: String,
    /// The name.
    pub name: Option<String>,
    /// The organisation number. A person has none.
    pub organization_number: Option<String>,
    /// `Organization`, `Person` or `SelfIdentified`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Whether the organisation has been deleted. Altinn still returns deleted organisations.
    #[serde(default)]
    pub is_deleted: bool,
    /// Whether the system user may act only for subunits of this organisation, and not for the organisation itself.
    #[serde(default)]
    pub only_hierarchy_element_with_no_access: bool,
    authorized_access_packages: Option<Vec<String>>,
    authorized_resources: Option<Vec<String>>,
    subunits: Option<Vec<Self>>,
}

impl Party {
    /// The names of the access packages, without their URN prefix.
    pub fn packages(&self) -> impl Iterator<Item = &str> {
        names(self.authorized_access_packages.as_deref(), ACCESS_PACKAGE)
    }

    /// The ids of the resources, without their URN prefix. A resource that an access package includes may be missing.
    pub fn resources(&self) -> impl Iterator<Item = &str> {
        names(self.authorized_resources.as_deref(), RESOURCE_URN)
    }

    /// The subunits. Responses with more than about 60 levels of subunits are rejected.
    pub fn subunits(&self) -> &[Self] {
        self.subunits.as_deref().unwrap_or_default()
    }

    /// The party and all its subunits, each with its depth below the party.
    pub fn with_subunits(&self) -> Vec<(usize, &Self)> {
        let below = self.subunits().iter().flat_map(Self::with_subunits).map(|(depth, unit)| (depth + 1, unit));
        [(0, self)].into_iter().chain(below).collect()
    }
}

fn names<'p>(urns: Option<&'p [String]>, prefix: &'static str) -> impl Iterator<Item = &'p str> {
    urns.unwrap_or_default().iter().map(move |urn| urn.strip_prefix(prefix).unwrap_or(urn))
}

/// Gets the parties for which the system user may act. With `resource`, only the parties for which it has access to this
/// resource, also through an access package.
///
/// # Errors
/// Returns an error if Altinn refuses the call, or if there is no usable response.
pub async fn list(altinn: &Altinn<'_>, resource: Option<&str>) -> Result<List<Party>, CallError> {
    let path = "accessmanagement/api/v1/enduser/authorizedparties";
    let mut url = altinn.platform.join(path).expect("a relative path joins an http URL");
    url.query_pairs_mut()
        .append_pair("includeAccessPackages", "true")
        .append_pair("includeResources", "true")
        .extend_pairs(resource.map(|id| ("anyOfResourceIds", id)));
    page::all(altinn, &url, "an authorised party", unnested, |party: &Party| &party.party_uuid).await?.complete()
}

/// The parties in an element of a page: the element itself, or those of an array. Altinn's guide shows the parties in an
/// array inside the list; the server has them in the list itself.
fn unnested(element: &RawValue) -> Vec<&RawValue> {
    match element.get().starts_with('[') {
        true => serde_json::from_str(element.get()).unwrap_or_default(),
        false => vec![element],
    }
}
