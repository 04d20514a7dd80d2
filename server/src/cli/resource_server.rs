//! `portico resource-server add`.

use std::io::Write;

use domain::store::resource_servers::ResourceServerProblem;
use domain::store::{By, Store};

use super::CliError;

pub(super) async fn add(
    store: &Store,
    name: &str,
    audience: &str,
    json: bool,
    out: &mut impl Write,
) -> Result<(), CliError> {
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
