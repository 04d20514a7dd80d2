//! `portico config check`.

use std::io::Write;

use super::CliError;
use crate::config::{Config, KEYS};

/// Prints every key: by the time it runs, the configuration is good.
pub(super) fn check(config: &Config, out: &mut impl Write) -> Result<(), CliError> {
    writeln!(out, "The configuration is good.")?;
    for key in KEYS {
        writeln!(out, "\n# {} Example: {}", key.meaning, key.example)?;
        writeln!(out, "{}={}", key.variable(), key.value_in(config))?;
    }
    Ok(())
}
