//! Calls to APIs with a system user's token: the three reference APIs, and any other API that is read with GET.
//!
//! Source: the C# reference implementation, github.com/TheTechArch/altinn-systemuser, `src/SystemUserApi`.

use reqwest::{Method, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Number;

use super::http::{CallError, Http, Reply};
use super::org_number::OrgNumber;
use super::token::AccessToken;

/// An API of the C# reference implementation, to test a system user's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceApi {
    /// Returns the system user of the token.
    SystemUserInfo,
    /// Returns the logistics data of an organisation. Requires the right to `ttd_systembruker-logistikk-demo`.
    Logistics,
    /// Returns the salary data of an organisation. Requires the right to `ttd_systembruker-salary`.
    Salary,
}

impl ReferenceApi {
    /// All reference APIs.
    pub const ALL: [Self; 3] = [Self::SystemUserInfo, Self::Logistics, Self::Salary];

    /// The name of the API in lower case, such as `systemuserinfo`.
    pub fn name(self) -> &'static str {
        match self {
            Self::SystemUserInfo => "systemuserinfo",
            Self::Logistics => "logistics",
            Self::Salary => "salary",
        }
    }

    /// The API with this [`name`](Self::name), if it exists.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|api| api.name() == name)
    }

    /// Whether a call to the API requires an organisation number.
    pub fn takes_org(self) -> bool {
        !matches!(self, Self::SystemUserInfo)
    }

    /// The address of the API. `base` is the base address of the reference APIs, which ends with a slash. `org` is the
    /// organisation whose data the call requests. It is required if [`takes_org`](Self::takes_org) is true.
    ///
    /// # Panics
    /// If `base` cannot be a base URL, such as a `data:` URL.
    pub fn address(self, base: &Url, org: Option<OrgNumber>) -> Url {
        let org = org.map(|org| org.to_string()).unwrap_or_default();
        let path = match self {
            Self::SystemUserInfo => "api/SystemUserInfo".to_owned(),
            Self::Logistics => format!("api/Logistics/{org}"),
            Self::Salary => format!("api/Salary/{org}"),
        };
        base.join(&path).expect("an http URL can be joined with a relative path")
    }
}

/// Calls an API with GET.
///
/// # Errors
/// Returns an error if the API refuses the call, or if there is no usable response.
pub async fn get(http: &Http, url: &Url, token: &AccessToken) -> Result<Reply, CallError> {
    http.call(Method::GET, url, &token.secret, None).await?.accepted()
}

/// Parses the response of a reference API. Status 204 counts as a refusal: a reference API returns it for a token
/// without a system user.
///
/// # Errors
/// Returns an error if the status is 204, or if the body is not a JSON object of this type.
pub fn read<T: DeserializeOwned>(reply: &Reply) -> Result<T, CallError> {
    if reply.status == 204 {
        return Err(CallError::Refused(reply.problem().into()));
    }
    reply.json_object().map_err(|_| reply.is_not("the JSON of this API").into())
}

/// The response of [`ReferenceApi::SystemUserInfo`].
#[derive(Debug, Clone, Deserialize)]
pub struct SystemUserInfo {
    /// The organisation that owns the system user.
    pub systemuser_org: Option<Owner>,
    /// The id of the system user, in a list with one element.
    // The server writes `null` for a missing value, so a missing key means that this is another document.
    #[serde(deserialize_with = "Option::deserialize")]
    pub systemuser_id: Option<Vec<String>>,
    /// The id of the vendor's system that the system user belongs to.
    pub system_id: Option<String>,
}

/// An organisation in the response of a reference API.
#[derive(Debug, Clone, Deserialize)]
pub struct Owner {
    /// The organisation number with its ISO 6523 prefix, such as `0192:210493352`. `None` if the token has the number
    /// in `id` instead of `ID`.
    #[serde(rename = "ID", alias = "id")]
    pub id: Option<String>,
}

/// The response of [`ReferenceApi::Logistics`]: the status of an organisation's goods.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Logistics {
    /// The status of the goods, such as `VeryWell`.
    #[serde(deserialize_with = "Option::deserialize")]
    pub status: Option<String>,
    /// The status of the shipment, such as `InTransit`.
    pub shipment_status: Option<String>,
    /// The status of the import.
    pub import_status: Option<String>,
    /// The status of the export, such as `Backlog`.
    pub export_status: Option<String>,
    /// The status of the transit, such as `InShipment`.
    pub transit_status: Option<String>,
    /// The time of creation in the server's own format, without a time zone.
    pub create_time: Option<String>,
}

/// The response of [`ReferenceApi::Salary`]: the status of an organisation's salaries.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Salary {
    /// The status in one word, such as `Paid`.
    #[serde(deserialize_with = "Option::deserialize")]
    pub salary_status: Option<String>,
    /// The amount in Norwegian kroner, with the decimals that the server returned.
    pub salary_amount: Option<Number>,
}
