//! Errors in a configuration.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use super::{Setting, Source};
use crate::client::{Environment, quote, quote_path};

/// The reason why a configuration cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ConfigError {
    /// A value is invalid.
    #[error("{problem}")]
    Invalid {
        /// The source of the invalid value, if the problem is caused by a single value.
        given_by: Option<Source>,
        /// The problem and its place.
        problem: String,
        /// A hint at the intended value.
        hint: Option<String>,
    },
    /// The file has an unknown setting.
    #[error("{place}: {} is not a known setting", quote(key))]
    UnknownKey {
        /// The file and the line.
        place: String,
        /// The name of the unknown setting.
        key: String,
        /// The known settings of the table.
        known: Vec<String>,
    },
    /// A value is missing.
    #[error("{}", missing(setting, *environment, file.as_deref()))]
    Missing {
        /// The missing setting.
        setting: Setting,
        /// The environment that was chosen.
        environment: Environment,
        /// The file that was read, if there was one.
        file: Option<PathBuf>,
    },
}

impl ConfigError {
    /// A problem that is not caused by a single value.
    pub fn new(problem: impl Into<String>) -> Self {
        Self::Invalid { given_by: None, problem: problem.into(), hint: None }
    }

    /// A problem with a value.
    pub fn at(source: &Source, problem: impl Display) -> Self {
        let problem = format!("{}: {problem}", source.place());
        Self::Invalid { given_by: Some(source.clone()), problem, hint: None }
    }

    /// Adds a hint.
    pub fn with_hint(self, text: impl Into<String>) -> Self {
        match self {
            Self::Invalid { given_by, problem, .. } => Self::Invalid { given_by, problem, hint: Some(text.into()) },
            other => other,
        }
    }
}

fn missing(setting: &Setting, environment: Environment, file: Option<&Path>) -> String {
    let Setting { words, key, option, variable } = setting;
    let file = match file {
        Some(file) => format!("{} has no {key}", quote_path(file)),
        None => format!("there is no configuration file for `{environment}`"),
    };
    format!("no {words}: {file}, and neither {option} nor {variable} is given")
}
