//! The APIs that a system user's token opens: the three of the reference, and any other that is read with GET.
//!
//! Source: the reference's own API, github.com/TheTechArch/altinn-systemuser, `src/SystemUserApi`.

use reqwest::{Method, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Number;

use super::http::{CallError, Http, Reply};
use super::org_number::OrgNumber;
use super::token::AccessToken;

/// The APIs of the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceApi {
    /// Says who the system user is.
    SystemUserInfo,
    /// Logistics of an organisation; needs the right to `ttd_systembruker-logistikk-demo`.
    Logistics,
    /// Salaries of an organisation; needs the right to `ttd_systembruker-salary`.
    Salary,
}

impl ReferenceApi {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::SystemUserInfo, Self::Logistics, Self::Salary];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::SystemUserInfo => "systemuserinfo",
            Self::Logistics => "logistics",
            Self::Salary => "salary",
        }
    }

    /// The API of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|api| api.name() == name)
    }

    /// Whether it is asked for the data of an organisation.
    pub fn takes_org(self) -> bool {
        !matches!(self, Self::SystemUserInfo)
    }

    /// Its address below that of the reference APIs, which ends in a slash, for the data of an organisation.
    pub fn address(self, base: &Url, org: Option<OrgNumber>) -> Url {
        let org = org.map(|org| org.to_string()).unwrap_or_default();
        let path = match self {
            Self::SystemUserInfo => "api/SystemUserInfo".to_owned(),
            Self::Logistics => format!("api/Logistics/{org}"),
            Self::Salary => format!("api/Salary/{org}"),
        };
        base.join(&path).expect("a relative path joins an http address")
    }
}

/// Calls an API.
///
/// # Errors
/// Where the API refused the call, or did not give a usable answer.
pub async fn get(http: &Http, url: &Url, token: &AccessToken) -> Result<Reply, CallError> {
    http.call(Method::GET, url, &token.secret, None).await?.accepted()
}

/// Reads the answer of a reference API. An empty 204 is a refusal: a token without a system user gets that.
///
/// # Errors
/// Where there is no answer, or another than the reference gives.
pub fn read<T: DeserializeOwned>(reply: &Reply) -> Result<T, CallError> {
    if reply.status == 204 {
        return Err(CallError::Refused(reply.problem().into()));
    }
    reply.json_object().map_err(|_| reply.is_not("the JSON of this API").into())
}

/// Who the system user is.
#[derive(Debug, Clone, Deserialize)]
pub struct SystemUserInfo {
    /// The organisation that owns it.
    pub systemuser_org: Option<Owner>,
    /// Its id; a list in shape, one element in fact. The server writes nulls, so it is there; here and below.
    #[serde(deserialize_with = "Option::deserialize")]
    pub systemuser_id: Option<Vec<String>>,
    /// The vendor's system that it belongs to.
    pub system_id: Option<String>,
}

/// An organisation as the reference writes it.
#[derive(Debug, Clone, Deserialize)]
pub struct Owner {
    /// ISO 6523: `0192:` and the organisation number. Null where the token spelt it `id`.
    #[serde(rename = "ID", alias = "id")]
    pub id: Option<String>,
}

/// How an organisation's goods are doing.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the reference gives these words no meaning")]
pub struct Logistics {
    #[serde(deserialize_with = "Option::deserialize")]
    pub status: Option<String>,
    pub shipment_status: Option<String>,
    pub import_status: Option<String>,
    pub export_status: Option<String>,
    pub transit_status: Option<String>,
    /// In the server's own spelling, without a time zone.
    pub create_time: Option<String>,
}

/// How an organisation's salaries are doing.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Salary {
    /// In a word.
    #[serde(deserialize_with = "Option::deserialize")]
    pub salary_status: Option<String>,
    /// In kroner, with as many decimals as came.
    pub salary_amount: Option<Number>,
}
