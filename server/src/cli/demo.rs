//! `portico demo`.

use std::io::Write;

use domain::store::Store;
use domain::store::demo::DemoError;

use super::CliError;
use crate::config::Config;

/// The demo people's passwords are public: nobody but this machine may be able to use them.
pub(super) fn refuse_beyond_loopback(config: &Config) -> Result<(), CliError> {
    if config.is_loopback() || config.allow_demo_data {
        return Ok(());
    }
    Err(CliError::Usage(format!(
        "the demo data's passwords are public, and the issuer {} or the address {} can be reached from other machines. \
         Use addresses of this machine (localhost, 127.0.0.0/8, ::1), or set PORTICO_ALLOW_DEMO_DATA=true",
        config.issuer, config.listen
    )))
}

pub(super) async fn load(store: &Store, config: &Config, json: bool, out: &mut impl Write) -> Result<(), CliError> {
    let report = match store.load_demo().await {
        Ok(report) => report,
        Err(DemoError::NotEmpty) => {
            let problem = "the database has organizations in it, and demo data goes into an empty one: \
                           name another with PORTICO_DATABASE_URL";
            return Err(CliError::Refused(problem.to_owned()));
        }
        Err(problem) => return Err(CliError::Refused(problem.to_string())),
    };
    if json {
        return Ok(writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?);
    }
    writeln!(out, "{}\n", config.issuer)?;
    let widest = report.users.iter().map(|user| user.email.len()).max().unwrap_or_default();
    for user in &report.users {
        let mut roles: Vec<_> = user
            .memberships
            .iter()
            .map(|membership| format!("{} of {}", membership.role, membership.organization))
            .collect();
        roles.extend(user.staff_role.map(|role| role.to_string()));
        writeln!(out, "{:widest$}  {}  {}", user.email, user.password, roles.join(", "))?;
    }
    Ok(())
}
