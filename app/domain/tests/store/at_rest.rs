//! What stays behind a test: no row of its database has the form of a secret, a code or a token (requirement 130),
//! whoever made it and whichever kind it is. What else could tell one is looked for where it is remembered.

use std::path::Path;

use domain::secret::{AccessToken, Presented, TokenBrand};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

/// The characters of a secret behind its prefix: the last six are a checksum, of every kind and brand.
const BODY: usize = 55;
/// The same as PostgreSQL looks for it, and the beginning of a JWT with a signature.
const FORMS: &str = "_[0-9A-Za-z]{55}|eyJ[0-9A-Za-z_-]{10,}[.][0-9A-Za-z_-]{10,}[.][0-9A-Za-z_-]{40,}";

/// What in `bytes` has the form of a secret of ours or of a signed JWT.
pub(crate) fn secrets_in(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let opaque = text.match_indices('_').filter_map(|(at, _)| text.get(at + 1..at + 1 + BODY)).filter(|body| {
        let brand = TokenBrand::default();
        Presented::<AccessToken>::parse(&brand, &format!("{}ot_{body}", brand.as_str())).is_ok()
    });
    let jwt = text.match_indices("eyJ").filter_map(|(at, _)| {
        let ends = |letter: char| !(letter.is_ascii_alphanumeric() || "-_.".contains(letter));
        let run = text[at..].split(ends).next()?;
        let parts: Vec<_> = run.split('.').collect();
        (parts.len() == 3 && parts.iter().zip([13, 10, 40]).all(|(part, least)| part.len() >= least)).then_some(run)
    });
    opaque.chain(jwt).map(str::to_owned).collect()
}

/// What SQLite's files in `folder` hold of it, each with its file.
pub(crate) fn in_files(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path());
    let found = files.filter(|file| file.is_file()).flat_map(|file| {
        let found = secrets_in(&std::fs::read(&file).unwrap_or_default());
        found.into_iter().map(move |secret| format!("{secret} in {}", file.display()))
    });
    found.collect()
}

/// What the rows of PostgreSQL's `schema` hold of it, each with its row.
pub(crate) async fn in_schema(db: &DatabaseConnection, schema: &str) -> Result<Vec<String>, DbErr> {
    let ask = |sql: String| db.query_all_raw(Statement::from_string(DbBackend::Postgres, sql));
    let tables = format!("SELECT table_name::text FROM information_schema.tables WHERE table_schema = '{schema}'");
    let mut rows = Vec::new();
    for table in ask(tables).await? {
        let table: String = table.try_get_by_index(0)?;
        rows.push(format!("SELECT '{table} ' || t::text FROM {schema}.\"{table}\" t WHERE t::text ~ '{FORMS}'"));
    }
    let mut found = Vec::new();
    if !rows.is_empty() {
        for row in ask(rows.join(" UNION ALL ")).await? {
            let row: String = row.try_get_by_index(0)?;
            found.extend(secrets_in(row.as_bytes()).into_iter().map(|secret| format!("{secret} in {row}")));
        }
    }
    Ok(found)
}
