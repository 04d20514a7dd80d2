//! A statement whose text is written once: building it costs more than its values do.

use std::sync::Arc;

use sea_orm::Statement;
use sea_orm::sea_query::{Value, Values};
use uuid::Uuid;

/// The text of a statement about several rows, and what its parameters are.
pub(crate) struct Text {
    pub(crate) sql: Arc<str>,
    slots: Vec<Slot>,
}

enum Slot {
    /// Always this.
    Constant(Value),
    /// A part of one of the rows.
    Part { row: usize, part: usize },
}

/// Stands for a part of a row while the statement is built. No id has its version.
fn stand_in(row: usize, part: usize) -> Value {
    let number = u16::try_from(row << 4 | part).unwrap_or(u16::MAX).to_be_bytes();
    Uuid::from_bytes([number[0], number[1], 0, 0, 0, 0, 0xf0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0]).into()
}

impl Text {
    /// The statement that `build` makes of `rows` rows with so many `parts`, which it gets as values that stand for them.
    pub(crate) fn of(rows: usize, parts: usize, build: impl FnOnce(Vec<Vec<Value>>) -> Statement) -> Self {
        let one = |row| (0..parts).map(|part| stand_in(row, part)).collect();
        let Statement { sql, values, .. } = build((0..rows).map(one).collect());
        let places = || (0..rows).flat_map(|row| (0..parts).map(move |part| (row, part)));
        let slot = |value| match places().find(|(row, part)| stand_in(*row, *part) == value) {
            Some((row, part)) => Slot::Part { row, part },
            None => Slot::Constant(value),
        };
        let slots = values.map(|Values(values)| values).unwrap_or_default().into_iter().map(slot).collect();
        Self { sql: sql.into(), slots }
    }

    /// Its values, where `part` tells those of the rows.
    pub(crate) fn values(&self, part: impl Fn(usize, usize) -> Value) -> Values {
        let value = |slot: &Slot| match slot {
            Slot::Constant(value) => value.clone(),
            Slot::Part { row, part: number } => part(*row, *number),
        };
        Values(self.slots.iter().map(value).collect())
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::{Expr, ExprTrait as _, Query, Values};
    use sea_orm::{DbBackend, Statement};

    use super::Text;

    fn statement(rows: Vec<Vec<sea_orm::Value>>) -> Statement {
        let pairs = rows.into_iter().fold(Expr::val("constant").eq("too"), |all, row| {
            row.into_iter().fold(all, |all, part| all.or(Expr::val(part).ne(7)))
        });
        DbBackend::Sqlite.build(Query::select().expr(pairs))
    }

    #[test]
    fn a_text_with_its_values_is_the_statement_itself() {
        let rows: Vec<Vec<sea_orm::Value>> = vec![vec![1_i64.into(), "a".into()], vec![2_i64.into(), "b".into()]];
        let text = Text::of(2, 2, statement);
        let Statement { sql, values, .. } = statement(rows.clone());
        assert_eq!(*text.sql, *sql);
        let Values(of_text) = text.values(|row, part| rows[row][part].clone());
        assert_eq!(of_text, values.map(|Values(values)| values).unwrap_or_default());
    }
}
