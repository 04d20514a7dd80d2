//! Origins of browser apps, for CORS (requirement 64).

use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, DbBackend, DbErr, EntityTrait, JoinType, QueryFilter, QuerySelect, Related};

use super::Store;
use crate::client::{AppStatus, AuthMethod};
use crate::entity::{app, organization, redirect_uri};
use crate::organization::Status;
use crate::redirect_uri::{is_loopback_literal, without_loopback_port};

impl Store {
    /// Whether some live public client registered a redirect URI with the origin `asked`, such as
    /// `https://app.example.com`; of a loopback literal on any port.
    pub async fn serves_origin(&self, asked: &str) -> Result<bool, DbErr> {
        let db = self.reader();
        let found = redirect_uri::Entity::find()
            .inner_join(app::Entity)
            .join(JoinType::InnerJoin, <app::Entity as Related<organization::Entity>>::to())
            .filter(begins_with(db.get_database_backend(), without_loopback_port(asked)))
            .filter(app::Column::AuthMethod.eq(AuthMethod::None))
            .filter(app::Column::Status.eq(AppStatus::Live))
            .filter(organization::Column::Status.eq(Status::Active))
            .one(db)
            .await?;
        Ok(found.is_some())
    }
}

/// The URIs that are `origin` itself, or it followed by a path or a query, of a loopback literal by a port too: ranges of the index on `uri`.
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
    // The character after `/` is `0`, the one after `?` is `@`, the one after `:` is `;`.
    let found = Condition::any().add(compare("=", origin.to_owned())).add(range('/', '0')).add(range('?', '@'));
    if is_loopback_literal(origin) { found.add(range(':', ';')) } else { found }
}
