//! Options with the names of rights and access packages.

use super::typed;
use crate::altinn::rights::{ACCESS_PACKAGE, AccessPackage, RESOURCE_URN, Right};
use crate::client::{may_be_secret, quote};
use crate::config::ConfigError;

/// The rights that were given for an option, without duplicates. `packages` is the option for access packages.
pub(crate) fn rights(
    option: &'static str,
    given: &[String],
    packages: &'static str,
) -> Result<Vec<Right>, ConfigError> {
    Ok(resources(option, given, packages)?.iter().map(|name| Right::to(name)).collect())
}

/// The access packages that were given for an option, without duplicates. `rights` is the option for rights.
pub(crate) fn packages(
    option: &'static str,
    given: &[String],
    rights: &'static str,
) -> Result<Vec<AccessPackage>, ConfigError> {
    Ok(package_names(option, given, rights)?.iter().map(|name| AccessPackage::named(name)).collect())
}

/// The ids of the resources that were given for an option, without duplicates.
pub(crate) fn resources(
    option: &'static str,
    given: &[String],
    packages: &'static str,
) -> Result<Vec<String>, ConfigError> {
    each((option, RESOURCE_URN), given, (packages, ACCESS_PACKAGE))
}

/// The names of the access packages that were given for an option, without duplicates.
pub(crate) fn package_names(
    option: &'static str,
    given: &[String],
    rights: &'static str,
) -> Result<Vec<String>, ConfigError> {
    each((option, ACCESS_PACKAGE), given, (rights, RESOURCE_URN))
}

/// An option that accepts names, and the prefix of the URNs that the names belong to.
type Named = (&'static str, &'static str);

/// The names that were given for an option, without URN prefixes and duplicates.
fn each((option, begins): Named, given: &[String], (its_option, other): Named) -> Result<Vec<String>, ConfigError> {
    let mut names: Vec<String> = Vec::new();
    for text in given {
        let name = typed(option, text).check(|text| match text.trim() {
            // Altinn's names have no upper-case letters.
            name if name.contains(|c: char| c.is_ascii_uppercase()) && may_be_secret(name) => {
                Err("the value is not shown: it is no name of a right, and may be a secret".to_owned())
            }
            name if name.contains(char::is_whitespace) => Err(format!("{} contains a space", quote(name))),
            name if name.starts_with(other) => Err(format!("{} belongs to {its_option}", quote(name))),
            name => match name.strip_prefix(begins).unwrap_or(name) {
                "" => Err("the value is empty".to_owned()),
                name => Ok(name.to_owned()),
            },
        })?;
        if !names.contains(&name.value) {
            names.push(name.value);
        }
    }
    Ok(names)
}
