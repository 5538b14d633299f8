//! The tax administration's API for claims and payments ("krav og betalinger"), which the reference's SmartCloud calls.
//!
//! Unlike the other reference APIs, it requires its own scope. It answers with its own errors, and with the members of
//! the documented responses; all amounts are invented.
//!
//! Sources: github.com/Skatteetaten/api-dokumentasjon, page `kravogbetalinger` (seen 2026-11-27);
//! github.com/TheTechArch/altinn-systemuser, `KravOgBetalingerService.cs` (2024).

use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

use super::super::fixtures::{Api, KRAV_OG_BETALINGER};
use super::super::server::aspnet::text;
use super::super::store::state::State;
use super::{authenticate, user_of};

/// The path that is documented today, and that of the reference, which may be retired. An organisation number and one of
/// [`ENDPOINTS`] follow each.
const PATHS: [&str; 2] = ["/api/innkreving/kravogbetalinger/v1/regnskapssystem/", "/v1/regnskapssystem/"];
const ENDPOINTS: [&str; 4] = ["aapnekrav", "krav", "innbetalinger", "utbetalinger"];

/// The longest period of a request, in days.
const LONGEST_PERIOD: Days = Days::new(366);

/// The organisation and the endpoint in a path of this API.
pub(super) fn matched(path: &str) -> Option<(&str, &str)> {
    let rest = PATHS.iter().find_map(|begin| path.strip_prefix(begin))?;
    rest.trim_end_matches('/').split_once('/').filter(|(_, endpoint)| ENDPOINTS.contains(endpoint))
}

pub(super) fn answer(state: &State, uri: &Uri, headers: &HeaderMap, (org, endpoint): (&str, &str)) -> Response {
    let query: Vec<(String, String)> =
        form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let value = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let header = headers.get("Korrelasjonsid").and_then(|value| value.to_str().ok());
    let refused = |status: StatusCode, code: &str, message: &str| {
        let id = value("Korrelasjonsid").or(header).map_or_else(|| state.trace_id(), str::to_owned);
        text::json(status, &json!({ "kode": code, "melding": message, "korrelasjonsid": id }))
    };
    let Ok(claims) = authenticate(state, headers) else {
        return refused(StatusCode::UNAUTHORIZED, "KB-004", "Feil i forbindelse med autentisering.");
    };
    let scope = claims.get("scope").and_then(Value::as_str).unwrap_or_default();
    let forbidden = |message| refused(StatusCode::FORBIDDEN, "KB-005", message);
    if !scope.split(' ').any(|scope| scope == KRAV_OG_BETALINGER) {
        return forbidden("Tokenet mangler scopet skatteetaten:kravogbetalinger.");
    }
    if !user_of(&claims).is_some_and(|user| state.store().may_read(user, Api::KravOgBetalinger, org)) {
        return forbidden("Systembrukeren mangler tilgang til ske-krav-og-betalinger for virksomheten.");
    }
    let today = state.now().date_naive();
    let period = match period(value("fraOgMed"), value("tilOgMed"), today) {
        Some(_) if endpoint == "krav" && value("fraOgMed").is_none() => None,
        period => period,
    };
    let Some((from, to)) = period else {
        let message = "Feil i forbindelse med validering av inputdata: fraOgMed og tilOgMed er datoer, høyst ett år.";
        return refused(StatusCode::BAD_REQUEST, "KB-006", message);
    };
    text::json(
        StatusCode::OK,
        &body(org, endpoint, &json!({ "fraOgMed": from.to_string(), "tilOgMed": to.to_string() }), today),
    )
}

/// The period of a request: by default, the year that ends today.
fn period(from: Option<&str>, to: Option<&str>, today: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    let date = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let to = to.map_or(Some(today), date)?;
    let first = to.checked_sub_days(LONGEST_PERIOD)?;
    let from = from.map_or(Some(first), date)?;
    (first <= from && from <= to).then_some((from, to))
}

fn body(org: &str, endpoint: &str, period: &Value, today: NaiveDate) -> Value {
    let words = |text: &str| json!({ "spraakTekst": [{ "tekst": text, "spraak": "nb" }] });
    let due = (today + Days::new(14)).to_string();
    let claim = json!({
        "partIdentifikator": org,
        "kravidentifikator": "krav-1234",
        "kravtype": "MVA",
        "opprinneligBeloep": 10000.0,
        "gjenstaaendeBeloep": 4000.0,
        "kravforfall": [{
            "kravforfallsIdentifikator": "93d29b06-6cbd-4999-bd23-b0a13c47da51",
            "forfallsdato": due,
            "opprinneligBeloep": 10000.0,
            "gjenstaaendeBeloep": 4000.0,
            "betalingsinformasjon": { "kidnummer": "1234567890", "konto": { "kontonummer": "76940500000" } },
        }],
        "stipulerteRenter": 0.0,
        "kravbeskrivelse": words("Merverdiavgift"),
        "kravgruppe": "Avgift",
    });
    let sums =
        json!({ "sumStipulerteRenter": 0.0, "sumForfalteKrav": 0.0, "sumIkkeForfalteKrav": 4000.0, "saldo": 4000.0 });
    let mut body = json!({ "partIdentifikator": org, "skjermet": false });
    match endpoint {
        "aapnekrav" => {
            body["aapentKravMedGjenstaaendeBeloep"] = json!([claim]);
            body["innbetalingMedUplassertBeloep"] = json!([]);
            body["totalOversikt"] = sums.clone();
            body["oversiktPerKravgruppe"] = json!([sums]);
            body["oversiktPerKravgruppe"][0]["kravgruppe"] = "Avgift".into();
            return body;
        }
        "krav" => body["krav"] = json!([claim]),
        "innbetalinger" => {
            body["innbetaling"] = json!([{
                "partIdentifikator": org,
                "innbetalingsidentifikator": "inn-1234",
                "innbetalingsdato": period["tilOgMed"],
                "innbetaltBeloep": 6000.0,
                "uplassertBeloep": 0.0,
                "innbetalingstype": "Bankoverføring",
            }]);
        }
        _ => body["utbetaling"] = json!([]),
    }
    body["periode"] = period.clone();
    body
}
