//! Parts of the statements of lookups.

use sea_orm::sea_query::{Expr, Func, Iden, Query, SelectStatement, SimpleExpr, Value};
use sea_orm::{EntityTrait, IdenStatic, Iterable};

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
