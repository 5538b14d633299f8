//! Why a configuration cannot be used.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use super::{Setting, Source};
use crate::client::environment::Environment;
use crate::client::sanitize::{quote, quote_path};

/// Why a configuration cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ConfigError {
    /// It says something that cannot be.
    #[error("{problem}")]
    Invalid {
        /// What is wrong, and where.
        problem: String,
        /// What was probably meant.
        hint: Option<String>,
    },
    /// It has a key that means nothing.
    #[error("{place}: {} is not a key that is known here", quote(key))]
    UnknownKey {
        /// The file and the line.
        place: String,
        /// The key.
        key: String,
        /// What would be known there.
        known: Vec<String>,
    },
    /// It does not say something that is needed.
    #[error("{}", missing(setting, *environment, file.as_deref()))]
    Missing {
        /// What is missing.
        setting: Setting,
        /// The environment that was chosen.
        environment: Environment,
        /// The file that was read, if there was one.
        file: Option<PathBuf>,
    },
}

impl ConfigError {
    /// A problem for which no mix-up is likely.
    pub fn new(problem: String) -> Self {
        Self::Invalid { problem, hint: None }
    }

    /// A problem with a value.
    pub fn at(source: &Source, problem: impl Display) -> Self {
        Self::new(format!("{}: {problem}", source.place()))
    }
}

fn missing(setting: &Setting, environment: Environment, file: Option<&Path>) -> String {
    let Setting { words, key, option, variable } = setting;
    match file {
        Some(file) => {
            format!("no {words}: {} has no `{key}`, and neither {option} nor {variable} is given", quote_path(file))
        }
        None => format!(
            "no {words}: there is no configuration file for `{environment}`, and neither {option} nor {variable} is given"
        ),
    }
}
