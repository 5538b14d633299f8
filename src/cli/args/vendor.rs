//! The options of the vendor's commands: the client, the system and the customer.

use clap::Args;
use clap_complete::ArgValueCandidates;

use super::{CommonArgs, KeyArgs, TimeoutArg, candidates, option, typed, variables};
use crate::cli::args::Rerun;
use crate::client::OrgNumber;
use crate::config::{CLIENT_ID, Config, ConfigError, EXTERNAL_REF, Given, ORG, Overrides, Setting};

/// The vendor's client and key, for commands that call Altinn.
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

/// The system that a command is about.
#[derive(Debug, Args)]
pub(crate) struct SystemArg {
    /// system id [default: `system_id` under [vendor]]
    #[arg(long, value_name = "ID", add = ArgValueCandidates::new(candidates::systems))]
    system: Option<String>,
}

/// The external reference, which distinguishes the system users of an owner.
#[derive(Debug, Args)]
pub(crate) struct ExternalRefArg {
    /// external reference of the system user; needed if its request had one [env: SYSTEMUSER_EXTERNAL_REF]
    #[arg(long, value_name = "REF")]
    external_ref: Option<String>,
}

/// The owner of a system user as an argument, and the external reference.
#[derive(Debug, Args)]
pub(crate) struct OwnerArgs {
    /// organisation that owns the system user [env: SYSTEMUSER_ORG]
    org: Option<String>,
    #[command(flatten)]
    reference: ExternalRefArg,
}

/// The customer of a request, and the external reference.
#[derive(Debug, Args)]
pub(crate) struct CustomerArgs {
    /// the customer's organisation number [env: SYSTEMUSER_ORG]
    #[arg(long, allow_negative_numbers = true)]
    org: Option<String>,
    #[command(flatten)]
    reference: ExternalRefArg,
}

impl VendorArgs {
    /// Chooses the configuration, with these options and `others`. Each command chooses its own scope.
    pub(crate) fn configuration(&self, common: &CommonArgs, others: Overrides) -> Result<Config, ConfigError> {
        let client_id = option(&self.client_id, &CLIENT_ID)?;
        common.configuration(self.key.overrides(Overrides { client_id, ..others })?)
    }
}

impl SystemArg {
    /// The system, from the option, else from the configuration.
    pub(crate) fn choose(&self, config: &Config) -> Result<Given<String>, ConfigError> {
        system("--system", self.system.as_deref(), config)
    }

    /// Replaces the configured system with the value of `--system`, if it was typed.
    pub(crate) fn replace(&self, mut config: Config) -> Result<Config, ConfigError> {
        if self.system.is_some() {
            config.vendor.system_id = Some(self.choose(&config)?);
        }
        Ok(config)
    }
}

/// The named system, else the configured system.
pub(crate) fn system(name: &'static str, named: Option<&str>, config: &Config) -> Result<Given<String>, ConfigError> {
    let given = named.map(|named| typed(name, named)).or_else(|| config.vendor.system_id.clone());
    let given = given.ok_or_else(|| {
        let list = Rerun::new(config).command("system list");
        ConfigError::new(format!("no system: neither {name} nor `system_id` under [vendor] is given"))
            .with_hint(format!("to see the vendor's systems, run `{list}`"))
    })?;
    given.check(|text| match text.trim() {
        "" => Err("the value is empty"),
        text if text.contains(char::is_whitespace) => Err("the value contains a space"),
        // A path segment of dots leads to another resource (RFC 3986, section 3.3).
        "." | ".." => Err("this is not a system id"),
        text => Ok(text.to_owned()),
    })
}

impl ExternalRefArg {
    /// Adds the value of this option or its variable to `others`.
    pub(crate) fn overrides(&self, others: Overrides) -> Result<Overrides, ConfigError> {
        Ok(Overrides { external_ref: option(&self.external_ref, &EXTERNAL_REF)?, ..others })
    }
}

impl OwnerArgs {
    /// Adds the values of these options or their variables to `others`.
    pub(crate) fn overrides(&self, others: Overrides) -> Result<Overrides, ConfigError> {
        let typed = self.org.as_ref().map(|org| typed("ORG", org));
        let org = typed.map_or_else(|| variables::text(ORG.variable), |org| Ok(Some(org)))?;
        self.reference.overrides(Overrides { org, ..others })
    }

    /// The owner. The error for a missing owner names this argument, and not the option of other commands.
    pub(crate) fn owner(config: &Config) -> Result<OrgNumber, ConfigError> {
        config.org().map(|org| org.value).map_err(|error| match error {
            ConfigError::Missing { setting, environment, file } => {
                ConfigError::Missing { setting: Setting { option: "ORG", ..setting }, environment, file }
            }
            other => other,
        })
    }
}

impl CustomerArgs {
    /// Adds the values of these options or their variables to `others`.
    pub(crate) fn overrides(&self, others: Overrides) -> Result<Overrides, ConfigError> {
        self.reference.overrides(Overrides { org: option(&self.org, &ORG)?, ..others })
    }
}
