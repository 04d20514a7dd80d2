//! `portico organization set`.

use std::io::Write;

use domain::store::{By, Store};

use super::CliError;

pub(super) async fn set(
    store: &Store,
    organization: &str,
    domain: Option<String>,
    plan: Option<String>,
    out: &mut impl Write,
) -> Result<(), CliError> {
    if domain.is_none() && plan.is_none() {
        return Err(CliError::Usage("name --domain or --plan: nothing else can be set".to_owned()));
    }
    store
        .set_organization(&By::operator(), organization, domain, plan)
        .await
        .map_err(|problem| CliError::Refused(problem.to_string()))?;
    Ok(writeln!(out, "The organization {organization} is changed.")?)
}
