//! `portico staff add` and `portico user password`: one-time links, printed as whole URLs.

use std::io::Write;

use app::format::iso_date;
use domain::role::StaffRole;
use domain::store::staff::AddStaffError;
use domain::store::{By, Store};

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
        writeln!(out, "The account {email} was made on {}.", iso_date(made))?;
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
            iso_date(since)
        )),
        AddStaffError::Nobody => CliError::Refused(format!("{problem}. Without --existing one is made, with the role")),
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
    let (path, role) = store
        .create_link(&By::operator(), email, None)
        .await
        .map_err(|problem| CliError::Refused(problem.to_string()))?;
    writeln!(out, "{}{path}", config.issuer)?;
    writeln!(out, "The link works once, for 24 hours. Using it ends every session of {email}.")?;
    let of_role = match role {
        Some(role) => format!("The role {role} begins when it is used, as the link before promised."),
        None => "It gives no role: portico staff add does, and promises it again where a link has run out.".to_owned(),
    };
    Ok(writeln!(out, "{of_role}")?)
}
