//! `portico resource-server`.

use std::io::Write;

use app::format::exact;
use clap::Subcommand;
use domain::id::ResourceServerId;
use domain::store::resource_servers::{LISTED, ResourceServerProblem};
use domain::store::{By, Store, StoreError};

use super::CliError;

/// `portico resource-server`.
#[derive(Debug, Subcommand)]
pub enum ResourceServerCommand {
    /// Register a caller of introspection; print its id and, once, its secret
    Add {
        /// What to call it
        name: String,
        /// The audience whose tokens it sees; one that the configuration lists
        #[arg(long)]
        audience: String,
        /// Print JSON: id, name, audience, secret
        #[arg(long)]
        json: bool,
    },
    /// Print the callers of introspection
    List {
        /// Print JSON: an array of objects with id, name, audience, hint, `created_at`
        #[arg(long)]
        json: bool,
    },
    /// Remove a caller of introspection: its secret ends at once
    ///
    /// Tokens for its audience stay as they are. To replace a secret, add the caller again and remove the old one.
    Remove {
        /// Its id
        id: ResourceServerId,
    },
}

/// Does what `command` says.
pub(super) async fn run(
    command: ResourceServerCommand,
    store: &Store,
    out: &mut (impl Write + Send),
) -> Result<(), CliError> {
    match command {
        ResourceServerCommand::Add { name, audience, json } => add(store, &name, &audience, json, out).await,
        ResourceServerCommand::List { json } => list(store, json, out).await,
        ResourceServerCommand::Remove { id } => match store.remove_resource_server(&By::operator(), id).await {
            Ok(()) => Ok(writeln!(out, "It is removed, and its secret ended.")?),
            Err(StoreError::NotFound) => Err(CliError::Refused(format!(
                "there is no resource server {id}. To see those that there are: portico resource-server list"
            ))),
            Err(StoreError::Database(error)) => Err(error.into()),
        },
    }
}

async fn list(store: &Store, json: bool, out: &mut impl Write) -> Result<(), CliError> {
    let rows = store.resource_servers().await?;
    if json {
        return Ok(writeln!(out, "{:#}", serde_json::json!(rows))?);
    }
    if rows.is_empty() {
        return Ok(writeln!(out, "There is none. To register one: portico resource-server add")?);
    }
    let cut = rows.len() as u64 == LISTED;
    for row in rows {
        writeln!(out, "{}  {}", row.id, row.name)?;
        writeln!(out, "  sees tokens for {}; secret {}, made {}", row.audience, row.hint, exact(row.created_at))?;
    }
    if cut {
        writeln!(out, "These are the first {LISTED}; there may be more.")?;
    }
    Ok(())
}

async fn add(store: &Store, name: &str, audience: &str, json: bool, out: &mut impl Write) -> Result<(), CliError> {
    let (id, secret) =
        store.create_resource_server(&By::operator(), name, audience).await.map_err(|problem| match problem {
            ResourceServerProblem::Database(error) => CliError::Database(error),
            wrong => CliError::Usage(wrong.to_string()),
        })?;
    if json {
        let value = serde_json::json!({ "id": id, "name": name, "audience": audience, "secret": secret });
        return Ok(writeln!(out, "{value:#}")?);
    }
    writeln!(out, "id:     {id}")?;
    writeln!(out, "secret: {}", secret.0)?;
    Ok(writeln!(out, "The secret is shown this once; only its last characters are kept.")?)
}
