//! `portico staff add` and `portico user password`: one-time links, printed as whole URLs.

use std::io::Write;

use domain::role::StaffRole;
use domain::store::staff::AddStaffError;
use domain::store::{By, Store};
use domain::time::Timestamp;

use super::CliError;
use crate::config::Config;

pub(super) async fn add_staff(
    store: &Store,
    config: &Config,
    email: &str,
    role: StaffRole,
    existing: bool,
    out: &mut impl Write,
) -> Result<(), CliError> {
    let added = store.add_staff(&By::operator(), email, role, existing).await.map_err(refused)?;
    if let Some(made) = added.existed_since {
        writeln!(out, "The account {email} was made on {}.", date(made))?;
        writeln!(out, "Its old password and its sessions have ended.")?;
    }
    writeln!(out, "{}{}", config.issuer, added.link_path)?;
    Ok(writeln!(out, "The link works once, for 24 hours. The role {role} begins when it is used.")?)
}

fn refused(problem: AddStaffError) -> CliError {
    match problem {
        AddStaffError::InvalidEmail => CliError::Usage(problem.to_string()),
        AddStaffError::Exists { since } => CliError::Refused(format!(
            "there is an account with this address, made on {}. Say --existing to use it: its old password and \
             sessions end then",
            date(since)
        )),
        AddStaffError::Suspended => {
            CliError::Refused(format!("{problem}. Nothing was changed; give the role to another address"))
        }
        AddStaffError::Database(error) => CliError::Database(error),
    }
}

pub(super) async fn password_link(
    store: &Store,
    config: &Config,
    email: &str,
    out: &mut impl Write,
) -> Result<(), CliError> {
    let path = store
        .create_link(&By::operator(), email, None)
        .await
        .map_err(|problem| CliError::Refused(problem.to_string()))?;
    writeln!(out, "{}{path}", config.issuer)?;
    Ok(writeln!(out, "The link works once, for 24 hours. Using it ends every session of {email}.")?)
}

/// `2026-03-01`, by the proleptic Gregorian calendar (Howard Hinnant's `civil_from_days`).
fn date(at: Timestamp) -> String {
    let days = at.unix_seconds().div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (1_767_225_599, "2025-12-31"),
            (1_767_225_600, "2026-01-01"),
        ] {
            assert_eq!(date(Timestamp(seconds * 1000)), expected);
        }
    }
}
