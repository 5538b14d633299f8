//! Reads JSON bodies as ASP.NET does: the case of member names is ignored, unknown members are ignored, values are not
//! converted to another type, and texts are trimmed.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use super::super::store::{Attribute, Right};
use super::Call;
use super::failure::Failure;

/// A list that may be missing or null. Altinn treats the two as different faults.
pub(super) enum List<T> {
    Absent,
    Null,
    Items(Vec<T>),
}

impl<T> List<T> {
    /// The items; none if the list is missing or null.
    pub(super) fn or_empty(self) -> Vec<T> {
        match self {
            Self::Absent | Self::Null => Vec::new(),
            Self::Items(items) => items,
        }
    }
}

/// Reads the JSON in the body. `parameter` is the name of the C# action's parameter.
pub(super) fn read(call: &Call<'_>, parameter: &str) -> Result<Value, Failure> {
    let kind = call.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !matches!(kind.as_str(), "application/json" | "text/json") && !kind.ends_with("+json") {
        return Err(Failure::Plain(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    let required = (parameter.to_owned(), format!("The {parameter} field is required."));
    if call.body.is_empty() {
        return Err(Failure::Invalid(vec![
            (String::new(), "A non-empty request body is required.".to_owned()),
            required,
        ]));
    }
    // .NET's reader skips a byte order mark, as RFC 8259, section 8.1, permits.
    let text = call.body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(call.body);
    serde_json::from_slice(text).map_err(|error| {
        let (line, column) = (error.line().saturating_sub(1), error.column());
        let message =
            format!("The JSON value is invalid. Path: $ | LineNumber: {line} | BytePositionInLine: {column}.");
        Failure::Invalid(vec![("$".to_owned(), message), required])
    })
}

/// A JSON object that ASP.NET deserializes into a C# class.
pub(super) struct Members {
    members: Map<String, Value>,
    path: String,
    parameter: &'static str,
}

impl Members {
    pub(super) fn of(value: Value, path: &str, parameter: &'static str) -> Result<Self, Failure> {
        let Value::Object(object) = value else { return Err(mismatch(path, parameter)) };
        let members = object.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        Ok(Self { members, path: path.to_owned(), parameter })
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.members.get(&name.to_ascii_lowercase())
    }

    fn mismatch(&self, name: &str) -> Failure {
        mismatch(&format!("{}.{name}", self.path), self.parameter)
    }

    /// Checks that the members that the C# type requires are present.
    pub(super) fn required(&self, names: &[&str]) -> Result<(), Failure> {
        let missing: Vec<&str> = names.iter().copied().filter(|name| self.get(name).is_none()).collect();
        match missing.is_empty() {
            true => Ok(()),
            false => {
                let message = format!("The JSON is missing required properties: {}.", missing.join(", "));
                let required = format!("The {} field is required.", self.parameter);
                Err(Failure::Invalid(vec![(self.path.clone(), message), (self.parameter.to_owned(), required)]))
            }
        }
    }

    /// Checks that these members are not null, if they are present. ASP.NET requires each member with a non-nullable
    /// reference type. It runs this check after it has read the whole body, and uses the member names of the C# type.
    ///
    /// Source: learn.microsoft.com, "Model validation in ASP.NET Core MVC", "Non-nullable reference types and the
    /// [Required] attribute".
    pub(super) fn not_null(&self, names: &[&str]) -> Result<(), Failure> {
        let null = names.iter().filter(|name| self.get(name).is_some_and(Value::is_null));
        let errors: Vec<_> = null.map(|name| ((*name).to_owned(), format!("The {name} field is required."))).collect();
        if errors.is_empty() { Ok(()) } else { Err(Failure::Invalid(errors)) }
    }

    /// Reads a member with `read`. Returns `None` if the member is null or missing.
    fn optional<T>(&self, name: &str, read: impl FnOnce(&Value) -> Option<T>) -> Result<Option<T>, Failure> {
        match self.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| self.mismatch(name)),
        }
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        self.optional(name, |value| Some(value.as_str()?.trim().to_owned()))
    }

    pub(super) fn flag(&self, name: &str, default: bool) -> Result<bool, Failure> {
        self.get(name).map_or(Ok(default), |value| value.as_bool().ok_or_else(|| self.mismatch(name)))
    }

    /// Reads an object that contains a text per language.
    pub(super) fn texts(&self, name: &str) -> Result<Option<Map<String, Value>>, Failure> {
        self.optional(name, |value| value.as_object().filter(|texts| texts.values().all(Value::is_string)).cloned())
    }

    pub(super) fn object(&self, name: &str) -> Result<Option<Self>, Failure> {
        let value = self.get(name).filter(|value| !value.is_null());
        value.map(|value| Self::of(value.clone(), &format!("{}.{name}", self.path), self.parameter)).transpose()
    }

    pub(super) fn list<T>(
        &self,
        name: &str,
        item: impl Fn(&Value, &str, &'static str) -> Result<T, Failure>,
    ) -> Result<List<T>, Failure> {
        match self.get(name) {
            None => Ok(List::Absent),
            Some(Value::Null) => Ok(List::Null),
            Some(value) => items(value, &format!("{}.{name}", self.path), self.parameter, item).map(List::Items),
        }
    }
}

pub(super) fn items<T>(
    value: &Value,
    path: &str,
    parameter: &'static str,
    item: impl Fn(&Value, &str, &'static str) -> Result<T, Failure>,
) -> Result<Vec<T>, Failure> {
    let Some(values) = value.as_array() else { return Err(mismatch(path, parameter)) };
    values.iter().enumerate().map(|(nth, value)| item(value, &format!("{path}[{nth}]"), parameter)).collect()
}

pub(super) fn text(value: &Value, path: &str, parameter: &'static str) -> Result<String, Failure> {
    value.as_str().map(str::to_owned).ok_or_else(|| mismatch(path, parameter))
}

pub(super) fn right(value: &Value, path: &str, parameter: &'static str) -> Result<Right, Failure> {
    let members = Members::of(value.clone(), path, parameter)?;
    let resource = members.list("resource", attribute)?.or_empty();
    Ok(Right { action: members.text("action")?, resource })
}

fn attribute(value: &Value, path: &str, parameter: &'static str) -> Result<Attribute, Failure> {
    let members = Members::of(value.clone(), path, parameter)?;
    let text = |name| members.text(name).map(Option::unwrap_or_default);
    Ok(Attribute { id: text("id")?, value: text("value")? })
}

/// Reads the URN of an access package.
pub(super) fn package(value: &Value, path: &str, parameter: &'static str) -> Result<String, Failure> {
    Members::of(value.clone(), path, parameter)?.text("urn").map(Option::unwrap_or_default)
}

fn mismatch(path: &str, parameter: &str) -> Failure {
    Failure::Invalid(vec![
        (path.to_owned(), format!("The JSON value could not be converted. Path: {path}")),
        (parameter.to_owned(), format!("The {parameter} field is required.")),
    ])
}
