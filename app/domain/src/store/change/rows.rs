//! What a change inserts, made ready where the request is served: the one task that writes for all has only to put it
//! into a statement.

use std::sync::OnceLock;

use sea_orm::sea_query::{Expr, ExprTrait as _, Query, Value, Values};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait as _, ColumnType, DbBackend, EntityTrait, IntoActiveModel, Iterable,
    ModelTrait, Statement,
};

use super::batch::LIMIT;
use super::{Change, Issuance};
use crate::entity::{access_token, audit_event, refresh_token};
use crate::id::EventId;
use crate::store::{Store, trail};

/// The rows of a change that issues tokens.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    access: Vec<Row>,
    refresh: Vec<Row>,
    event: Vec<Row>,
}

/// The values of a row, in the order of its table's columns: its id comes first.
pub(super) type Row = Vec<Value>;

impl Rows {
    /// Those of `change`; none where it inserts in a way of its own.
    pub(super) fn of(store: &Store, change: &Change) -> Self {
        let Some(Issuance { by, access, refresh, event, .. }) = change.issues() else { return Self::default() };
        let told = trail::told(event, by);
        // What the token's own row tells is not in the log.
        let event = told.is_none().then(|| event.clone().into_row(EventId(store.new_id()), store.now(), by));
        let request_id = told.as_ref().and(by.request_id);
        let mut access = row(access_token::Model { request_id, ..access.clone() });
        access[access_token::Column::Told as usize] = told.into();
        Self {
            access: vec![access],
            refresh: refresh.clone().map(row).into_iter().collect(),
            event: event.map(row).into_iter().collect(),
        }
    }
}

fn row<M>(model: M) -> Row
where
    M: ModelTrait + IntoActiveModel<<M::Entity as EntityTrait>::ActiveModel>,
    <M::Entity as EntityTrait>::ActiveModel: ActiveModelTrait<Entity = M::Entity>,
{
    let mut model = model.into_active_model();
    let value = |column| match model.take(column) {
        ActiveValue::Set(value) | ActiveValue::Unchanged(value) => value,
        ActiveValue::NotSet => Value::String(None),
    };
    <M::Entity as EntityTrait>::Column::iter().map(value).collect()
}

/// The statements that insert, one for each number of rows: their texts are written once.
#[derive(Default)]
pub(super) struct Inserts {
    access: Texts,
    refresh: Texts,
    event: Texts,
}

struct Texts([OnceLock<String>; LIMIT]);

impl Default for Texts {
    fn default() -> Self {
        Self(std::array::from_fn(|_| OnceLock::new()))
    }
}

impl Inserts {
    /// Statements that insert all `rows`, each table's by ascending id.
    pub(super) fn of(&self, backend: DbBackend, rows: impl Iterator<Item = Rows>) -> Vec<Statement> {
        let mut all = Rows::default();
        for rows in rows {
            all.access.extend(rows.access);
            all.refresh.extend(rows.refresh);
            all.event.extend(rows.event);
        }
        [
            self.access.statement::<access_token::Entity>(backend, all.access),
            self.refresh.statement::<refresh_token::Entity>(backend, all.refresh),
            self.event.statement::<audit_event::Entity>(backend, all.event),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Texts {
    /// None where there are no rows.
    fn statement<E: EntityTrait>(&self, db_backend: DbBackend, mut rows: Vec<Row>) -> Option<Statement> {
        let text = self.0.get(rows.len().checked_sub(1)?)?;
        rows.sort_unstable_by_key(|row| match row.first() {
            Some(Value::Uuid(id)) => *id,
            _ => None,
        });
        let sql = text.get_or_init(|| {
            let mut insert = Query::insert();
            insert.into_table(E::default()).columns(E::Column::iter());
            for row in &rows {
                insert.values_panic(row.iter().cloned().zip(E::Column::iter()).map(|(value, column)| {
                    // JSON comes as text, and is kept as such on SQLite.
                    match column.def().get_column_type() {
                        ColumnType::JsonBinary if db_backend == DbBackend::Postgres => {
                            Expr::value(value).cast_as("jsonb")
                        }
                        _ => Expr::value(value),
                    }
                }));
            }
            db_backend.build(&insert).sql
        });
        let values = Some(Values(rows.into_iter().flatten().collect()));
        Some(Statement { sql: sql.clone(), values, db_backend })
    }
}
