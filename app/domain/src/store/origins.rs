//! Origins of browser apps, for CORS (requirement 64).

use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, DbBackend, DbErr, EntityTrait, QueryFilter, QuerySelect};

use super::Store;
use crate::client::{AppStatus, AuthMethod};
use crate::entity::{app, organization, redirect_uri};
use crate::organization::Status;
use crate::redirect_uri::origin;

/// Redirect URIs of one origin that are looked at; the first live one decides.
const LOOKED_AT: u64 = 100;

impl Store {
    /// Whether some live public client registered a redirect URI with the origin `asked`, such as
    /// `https://app.example.com`.
    pub async fn serves_origin(&self, asked: &str) -> Result<bool, DbErr> {
        let db = self.reader();
        let found = redirect_uri::Entity::find()
            .find_also_related(app::Entity)
            .filter(begins_with(db.get_database_backend(), asked))
            .filter(app::Column::AuthMethod.eq(AuthMethod::None))
            .filter(app::Column::Status.eq(AppStatus::Live))
            .limit(LOOKED_AT)
            .all(db)
            .await?;
        let owners: Vec<_> = found
            .into_iter()
            .filter(|(row, _)| origin(&row.uri) == asked)
            .filter_map(|(_, app)| app.map(|app| app.owner_id))
            .collect();
        if owners.is_empty() {
            return Ok(false);
        }
        let active = organization::Column::Status.eq(Status::Active);
        let select = organization::Entity::find().filter(organization::Column::Id.is_in(owners)).filter(active);
        Ok(select.limit(1).one(db).await?.is_some())
    }
}

/// The URIs that are `origin` itself, or it followed by a path or a query: ranges of the index on `uri`.
fn begins_with(backend: DbBackend, origin: &str) -> Condition {
    let uri = match backend {
        DbBackend::Postgres => "\"redirect_uris\".\"uri\" COLLATE \"C\"",
        _ => "\"redirect_uris\".\"uri\"",
    };
    let compare = |operator: &str, value: String| -> SimpleExpr {
        let placeholder = if backend == DbBackend::Postgres { "$1" } else { "?" };
        Expr::cust_with_values(format!("{uri} {operator} {placeholder}"), [value])
    };
    let range = |from: char, to: char| {
        Condition::all().add(compare(">=", format!("{origin}{from}"))).add(compare("<", format!("{origin}{to}")))
    };
    // The character after `/` is `0`, the one after `?` is `@`.
    Condition::any().add(compare("=", origin.to_owned())).add(range('/', '0')).add(range('?', '@'))
}
