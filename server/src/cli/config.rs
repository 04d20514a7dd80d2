//! `portico config check`.

use std::io::Write;

use super::CliError;
use crate::config::{Config, KEYS, printed_policies};

/// Prints every key and every token policy: by the time it runs, the configuration is good.
pub(super) fn check(config: &Config, out: &mut impl Write) -> Result<(), CliError> {
    writeln!(out, "The configuration is good.")?;
    for key in KEYS {
        writeln!(out, "\n# {} Example: {}", key.meaning, key.example)?;
        writeln!(out, "{}={}", key.variable(), key.value_in(config))?;
    }
    write!(out, "{}", printed_policies(&config.token_policies))?;
    Ok(())
}
