//! A query that is written once and asked often: building a statement of some sixty columns takes longer than many a
//! database needs for the answer.

use std::sync::OnceLock;

use sea_orm::sea_query::{Expr, Func, Iden, Query, SelectStatement, SimpleExpr, Value, Values};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, IdenStatic, Iterable, QueryResult, Statement};
use uuid::Uuid;

/// Stands for a parameter while the statement is built. No id has its version.
pub(in crate::store) const fn parameter(number: u8) -> Uuid {
    Uuid::from_bytes([number, 0, 0, 0, 0, 0, 0xf0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0])
}

/// A statement whose text is kept. A store knows one database, so that one text is enough for each.
#[derive(Default)]
pub(in crate::store) struct Prepared(OnceLock<(String, Vec<Value>)>);

impl Prepared {
    /// The first row of what `build` builds, with `given` in the place of [`parameter`]s 0, 1 ..
    pub(in crate::store) async fn one(
        &self,
        db: &impl ConnectionTrait,
        given: &[Value],
        build: impl FnOnce() -> SelectStatement,
    ) -> Result<Option<QueryResult>, DbErr> {
        let backend = db.get_database_backend();
        let (sql, template) = self.0.get_or_init(|| {
            let Statement { sql, values, .. } = backend.build(&build());
            (sql, values.map(|Values(values)| values).unwrap_or_default())
        });
        let values = template.iter().map(|value| {
            let place = (0..).zip(given).find(|(number, _)| *value == Value::from(parameter(*number)));
            place.map_or_else(|| value.clone(), |(_, given)| given.clone())
        });
        let values = Some(Values(values.collect()));
        db.query_one_raw(Statement { sql: sql.clone(), values, db_backend: backend }).await
    }
}

/// Adds every column of `E`, found under `table`, each named with `prefix` before it.
pub(in crate::store) fn columns<E: EntityTrait>(select: &mut SelectStatement, table: &'static str, prefix: &str)
where
    E::Column: Iterable + IdenStatic,
{
    columns_but::<E>(select, table, prefix, &[]);
}

/// The same; those that are `unread` have a value instead: PostgreSQL prepares each column anew in every join that it
/// passes.
pub(super) fn columns_but<E: EntityTrait>(
    select: &mut SelectStatement,
    table: &'static str,
    prefix: &str,
    unread: &[(E::Column, Value)],
) where
    E::Column: Iterable + IdenStatic,
{
    for column in E::Column::iter() {
        let name = format!("{prefix}{}", column.as_str());
        match unread.iter().find(|(unread, _)| unread.as_str() == column.as_str()) {
            Some((_, value)) => select.expr_as(Expr::value(value.clone()), name),
            None => select.expr_as(Expr::col((table, column)), name),
        };
    }
}

/// The values of `column` in rows of `E` that `condition` selects, with spaces between them, as one text.
pub(super) fn together<E: EntityTrait + Iden + Copy>(
    entity: E,
    column: E::Column,
    condition: SimpleExpr,
) -> SimpleExpr {
    let all = Func::cust("string_agg").arg(Expr::col((entity, column))).arg(Expr::cust("' '"));
    let of_them = Query::select().expr(all).from(entity).and_where(condition).take();
    SimpleExpr::SubQuery(None, Box::new(of_them.into()))
}
