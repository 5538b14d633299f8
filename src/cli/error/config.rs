//! Messages and hints for configuration errors.

use super::suggestion::{did_you_mean, nearest};
use super::{CommandError, Exit};
use crate::client::Environment;
use crate::config::{ConfigError, KEY, SETTINGS, Source, table_of};

impl From<ConfigError> for CommandError {
    fn from(error: ConfigError) -> Self {
        let exit = match error {
            ConfigError::Invalid { given_by: Some(Source::Option(_)), .. } => Exit::CommandLine,
            _ => Exit::Configuration,
        };
        Self { hints: hints(&error), ..Self::new(exit, error.to_string()) }
    }
}

fn hints(error: &ConfigError) -> Vec<String> {
    match error {
        ConfigError::Invalid { hint, .. } => hint.iter().cloned().collect(),
        ConfigError::UnknownKey { key, known, .. } => {
            // The C# reference uses different names.
            let lower = key.to_ascii_lowercase();
            let name = match lower.as_str() {
                "keyid" => "kid",
                "pemcertificatepath" => "path",
                "systemuserorg" => "org",
                name => name,
            };
            let is_elsewhere = !known.iter().any(|known| known == name);
            let hint = match table_of(name) {
                Some("") if is_elsewhere => Some(format!("`{name}` belongs before the first table")),
                Some(table) if is_elsewhere => Some(format!("`{name}` belongs under [{table}]")),
                Some(_) => Some(did_you_mean(name)),
                None if is_passphrase(key) => None,
                None => nearest(key, known.iter().map(String::as_str)).map(did_you_mean),
            };
            vec![hint.unwrap_or_else(|| instead_of(key, known))]
        }
        ConfigError::Missing { setting, environment, file } => {
            let usual = format!(
                "`systemuser-demo init --env {environment}` creates `config/{environment}.toml` in the current \
                 directory, which is the default location; use --config for another file"
            );
            let inline = "in a script, you can put the key itself in SYSTEMUSER_KEY".to_owned();
            let hints = [(file.is_none(), usual), (*setting == KEY, inline)];
            hints.into_iter().filter(|(fits, _)| *fits).map(|(_, hint)| hint).collect()
        }
    }
}

/// Whether the name of an option or a setting means a passphrase.
pub(super) fn is_passphrase(name: &str) -> bool {
    name.to_ascii_lowercase().contains("pass")
}

/// The hint about a passphrase on the command line, which other users can see, or in a configuration file.
pub(super) const NO_PASSPHRASE: &str =
    "set SYSTEMUSER_KEY_PASSPHRASE_FILE to the path of a file that contains the passphrase";

/// The hint for a name that no setting resembles.
fn instead_of(name: &str, known: &[String]) -> String {
    if let Ok(environment) = name.parse::<Environment>() {
        return format!("a file is for one environment: write the settings for `{environment}` in another file");
    }
    if let Some(setting) = SETTINGS.iter().find(|setting| setting.variable == name) {
        return format!("this is an environment variable; in a file, set {}", setting.key);
    }
    match name {
        name if is_passphrase(name) => NO_PASSPHRASE.to_owned(),
        "timeout" => "use the option --timeout instead".to_owned(),
        _ => format!("expected one of {}", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    }
}
