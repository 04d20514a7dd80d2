//! Statements whose texts are written once: building one costs more than its values do.

use std::array;
use std::sync::{Arc, OnceLock};

use sea_orm::sea_query::{Value, Values};
use sea_orm::{DbBackend, Statement, StatementBuilder};
use uuid::Uuid;

/// The most rows of a [`Phrase`] whose text is kept.
const MOST: usize = 64;
/// How many powers of two there are up to that.
const POWERS: usize = MOST.ilog2() as usize + 1;

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
    debug_assert!(part < 16, "a row has fewer parts");
    let number = u16::try_from(row << 4 | part).unwrap_or(u16::MAX).to_be_bytes();
    Uuid::from_bytes([number[0], number[1], 0, 0, 0, 0, 0xf0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0]).into()
}

impl Text {
    /// The statement that `build` makes of `rows` rows with so many `parts`, which it gets as values that stand for them.
    pub(crate) fn of(rows: usize, parts: usize, build: impl FnOnce(Vec<Vec<Value>>) -> Statement) -> Self {
        let one = |row| (0..parts).map(|part| stand_in(row, part)).collect();
        Self::read(build((0..rows).map(one).collect()), rows, parts)
    }

    /// That of `statement`, which was made of what stands for so many `rows` and `parts`.
    fn read(Statement { sql, values, .. }: Statement, rows: usize, parts: usize) -> Self {
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

/// A statement about rows that are all treated alike, for one kind of database. It has one text for each power of two of
/// them: of these few the database keeps the plans too.
#[derive(Default)]
pub(crate) struct Phrase([OnceLock<Text>; POWERS]);

impl Phrase {
    /// What `build` makes of `rows`, each of some parts, and of a value that they share; none where there are no rows. The
    /// last one stands there again up to a power of two, which must mean the same.
    pub(crate) fn about<const PARTS: usize, S: StatementBuilder>(
        &self,
        backend: DbBackend,
        rows: impl IntoIterator<Item = [Value; PARTS]>,
        shared: impl Into<Value>,
        build: impl FnOnce(Vec<[Value; PARTS]>, Value) -> S,
    ) -> Option<Statement> {
        let (rows, shared) = (padded(rows), shared.into());
        let power = rows.len().checked_ilog2()?;
        let Some(text) = self.0.get(power as usize) else { return Some(backend.build(&build(rows, shared))) };
        let text = text.get_or_init(|| {
            let stand_ins = (0..rows.len()).map(|row| array::from_fn(|part| stand_in(row, part))).collect();
            let made = build(stand_ins, stand_in(rows.len(), 0));
            Text::read(backend.build(&made), rows.len() + 1, PARTS.max(1))
        });
        let values = text.values(|row, part| rows.get(row).map_or(&shared, |row| &row[part]).clone());
        Some(Statement::from_sql_and_values(backend, &*text.sql, values))
    }
}

/// `values` with the last one again up to a power of two.
pub(crate) fn padded<T: Clone>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.into_iter().collect();
    if let Some(last) = values.last().cloned() {
        values.resize(values.len().next_power_of_two(), last);
    }
    values
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::{Expr, ExprTrait as _, Query, SelectStatement, Values};
    use sea_orm::{DbBackend, Statement, Value};

    use super::{MOST, Phrase, Text, padded};

    #[test]
    fn a_padded_list_says_the_same_in_few_lengths() {
        assert!(padded(Vec::<u8>::new()).is_empty());
        assert_eq!(padded([1, 2, 3, 4, 5]), [1, 2, 3, 4, 5, 5, 5, 5]);
        assert_eq!(padded([1, 2, 3, 4]), [1, 2, 3, 4]);
    }

    fn select(rows: Vec<[Value; 2]>, shared: Value) -> SelectStatement {
        let any =
            |all: Expr, [one, other]: [Value; 2]| all.or(Expr::val(one).gt(other)).or(Expr::val(shared.clone()).ne(7));
        Query::select().expr(rows.into_iter().fold(Expr::val("constant").eq("too"), any)).take()
    }

    #[test]
    fn a_phrase_is_the_statement_itself_whatever_was_asked_before() {
        for backend in [DbBackend::Sqlite, DbBackend::Postgres] {
            let phrase = Phrase::default();
            for count in [1, 2, 3, 5, 33, MOST, MOST + 1, 3] {
                let row = |number: usize| [Value::from(number as u64), Value::from(number.to_string())];
                let rows: Vec<_> = (count..2 * count).map(row).collect();
                let made = phrase.about(backend, rows.clone(), "shared", select).expect("rows");
                assert_eq!(made, backend.build(&select(padded(rows), "shared".into())), "{count}");
            }
        }
        let nothing = |_: Vec<[Value; 0]>, shared: Value| Query::select().expr(Expr::val(1).eq(shared)).take();
        let phrase = Phrase::default();
        assert!(phrase.about(DbBackend::Sqlite, [], "shared", nothing).is_none());
        for shared in [5, 6] {
            let made = phrase.about(DbBackend::Sqlite, [[]], shared, nothing).expect("a row");
            assert_eq!(made, DbBackend::Sqlite.build(&nothing(vec![[]], shared.into())));
        }
    }

    fn statement(rows: Vec<Vec<Value>>) -> Statement {
        let pairs = rows.into_iter().fold(Expr::val("constant").eq("too"), |all, row| {
            row.into_iter().fold(all, |all, part| all.or(Expr::val(part).ne(7)))
        });
        DbBackend::Sqlite.build(Query::select().expr(pairs))
    }

    #[test]
    fn a_text_with_its_values_is_the_statement_itself() {
        let rows: Vec<Vec<Value>> = vec![vec![1_i64.into(), "a".into()], vec![2_i64.into(), "b".into()]];
        let text = Text::of(2, 2, statement);
        let Statement { sql, values, .. } = statement(rows.clone());
        assert_eq!(*text.sql, *sql);
        let Values(of_text) = text.values(|row, part| rows[row][part].clone());
        assert_eq!(of_text, values.map(|Values(values)| values).unwrap_or_default());
    }
}
