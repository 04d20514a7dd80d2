//! `portico app allow-test`.

use std::io::Write;

use clap::Args;
use domain::client::ClientId;
use domain::store::{By, Store, StoreError};

use super::CliError;

/// What `portico app allow-test` takes.
#[derive(Debug, Args)]
pub struct AllowTestArguments {
    /// The app's client id
    #[arg(long)]
    pub client_id: String,
    /// The organization's id, domain or slug
    #[arg(long)]
    pub organization: String,
}

pub(super) async fn allow_test(
    store: &Store,
    arguments: AllowTestArguments,
    out: &mut impl Write,
) -> Result<(), CliError> {
    let AllowTestArguments { client_id, organization } = arguments;
    let nobody = || CliError::Refused(format!("there is no organization {organization:?}"));
    let tester = store.find_organization(&organization).await?.ok_or_else(nobody)?;
    let no_app = || CliError::Refused(format!("there is no app {client_id:?}"));
    let app: ClientId = client_id.parse().map_err(|_| no_app())?;
    match store.allow_test(&By::operator(), &app, tester).await {
        Ok(true) => Ok(writeln!(out, "{organization} may test {client_id} as long as it is a draft.")?),
        Ok(false) => Ok(writeln!(out, "{organization} may test {client_id} already.")?),
        Err(StoreError::NotFound) => Err(no_app()),
        Err(StoreError::Database(error)) => Err(error.into()),
    }
}
