//! The options of the vendor's commands: who asks, about which system, and about whom.

use clap::Args;

use super::{CommonArgs, KeyArgs, TimeoutArg, option, typed};
use crate::cli::args::Rerun;
use crate::config::{CLIENT_ID, Config, ConfigError, EXTERNAL_REF, Given, ORG, Overrides};

/// Who speaks for the vendor, for the commands that speak with Altinn.
#[derive(Debug, Args)]
pub(crate) struct VendorArgs {
    /// Maskinporten client id [env: SYSTEMUSER_CLIENT_ID]
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    pub(crate) timeout: TimeoutArg,
}

/// Which system it is about.
#[derive(Debug, Args)]
pub(crate) struct SystemArg {
    /// the system's id [default: `system_id` under [vendor]]
    #[arg(long, value_name = "ID")]
    system: Option<String>,
}

/// The reference that tells the system users of one owner apart.
#[derive(Debug, Args)]
pub(crate) struct ExternalRefArg {
    /// tells the system users of one owner apart [env: SYSTEMUSER_EXTERNAL_REF]
    #[arg(long, value_name = "REF")]
    external_ref: Option<String>,
}

/// The customer that was asked, and the reference.
#[derive(Debug, Args)]
pub(crate) struct CustomerArgs {
    /// the customer [env: SYSTEMUSER_ORG]
    #[arg(long, allow_negative_numbers = true)]
    org: Option<String>,
    #[command(flatten)]
    reference: ExternalRefArg,
}

impl VendorArgs {
    /// Chooses the configuration, with these options and the others. Scopes are up to each command.
    pub(crate) fn configuration(&self, common: &CommonArgs, others: Overrides) -> Result<Config, ConfigError> {
        let Overrides { key, kid, .. } = self.key.overrides()?;
        let client_id = option(&self.client_id, &CLIENT_ID)?;
        common.configuration(Overrides { client_id, key, kid, ..others })
    }
}

impl SystemArg {
    /// The system, from the option, else from the configuration.
    pub(crate) fn choose(&self, config: &Config) -> Result<Given<String>, ConfigError> {
        system("--system", self.system.as_deref(), config)
    }

    /// Replaces the configuration's system by that of the option, if it was typed.
    pub(crate) fn replace(&self, mut config: Config) -> Result<Config, ConfigError> {
        if self.system.is_some() {
            config.vendor.system_id = Some(self.choose(&config)?);
        }
        Ok(config)
    }
}

/// The system that was named, else that of the configuration.
pub(crate) fn system(name: &'static str, named: Option<&str>, config: &Config) -> Result<Given<String>, ConfigError> {
    let given = named.map(|named| typed(name, named)).or_else(|| config.vendor.system_id.clone());
    let given = given.ok_or_else(|| {
        let list = Rerun::new(config).command("system list");
        ConfigError::new(format!("no system: neither {name} nor `system_id` under [vendor] says which"))
            .with_hint(format!("`{list}` shows the vendor's systems"))
    })?;
    given.check(|text| match text.trim() {
        "" => Err("the value is empty"),
        text if text.contains(char::is_whitespace) => Err("the value has a space in it"),
        // An address that ends so leads to another place (RFC 3986, section 3.3).
        "." | ".." => Err("this is no system's id"),
        text => Ok(text.to_owned()),
    })
}

impl ExternalRefArg {
    /// Adds this option or its variable to the others.
    pub(crate) fn overrides(&self, others: Overrides) -> Result<Overrides, ConfigError> {
        Ok(Overrides { external_ref: option(&self.external_ref, &EXTERNAL_REF)?, ..others })
    }
}

impl CustomerArgs {
    /// Adds this option or its variable to the others.
    pub(crate) fn overrides(&self, others: Overrides) -> Result<Overrides, ConfigError> {
        self.reference.overrides(Overrides { org: option(&self.org, &ORG)?, ..others })
    }
}
