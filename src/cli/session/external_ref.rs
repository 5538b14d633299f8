//! Checks an external reference before a grant names it.

use crate::client::quote;
use crate::config::{Config, ConfigError, Given};

/// The longest external reference that Maskinporten accepts, in characters.
const LONGEST: usize = 255;

/// Checks that a grant can contain the configured external reference.
///
/// # Errors
/// Returns an error if Maskinporten would refuse the grant with MP-302.
pub(crate) fn check_external_ref(config: &Config) -> Result<(), ConfigError> {
    let Some(Given { value, source }) = &config.external_ref else { return Ok(()) };
    let Some(fault) = fault(value) else { return Ok(()) };
    let problem = format!("{fault}, so Maskinporten would refuse every grant with it (MP-302)");
    let hint = "a system user with this external reference can never get a token: ask the customer for a new system \
                user, with another external reference";
    Err(ConfigError::at(source, problem).with_hint(hint))
}

/// Whether a grant can contain this external reference.
pub(crate) fn is_usable(reference: &str) -> bool {
    fault(reference).is_none()
}

/// The reason why Maskinporten refuses an external reference. Altinn accepts more characters in a request for a system
/// user. Source: github.com/Altinn/altinn-studio, app-lib, `MaskinportenTokenRequest.cs`.
fn fault(reference: &str) -> Option<String> {
    let is_known = |c: char| c.is_ascii_alphanumeric() || "æøåÆØÅ_-".contains(c);
    let count = reference.chars().count();
    match reference.chars().find(|c| !is_known(*c)) {
        Some(' ') => Some(format!("{} contains a space", quote(reference))),
        Some(c) if c.is_alphanumeric() || c.is_ascii_graphic() => {
            Some(format!("{} contains {}", quote(reference), quote(&c.to_string())))
        }
        Some(c) => Some(format!("{} contains the character U+{:04X}", quote(reference), u32::from(c))),
        None => (count > LONGEST).then(|| format!("the value has {count} characters, more than {LONGEST}")),
    }
}
