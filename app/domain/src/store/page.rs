//! Keyset pagination: by id, newest first, never unbounded.

use std::str::FromStr;

use sea_orm::sea_query::{Expr, ExprTrait, Func, IntoColumnRef, LikeExpr, SimpleExpr};

use crate::portal::Page;

/// Rows of one page of a list.
pub(crate) const PAGE_ROWS: u64 = 50;
/// Rows to ask the database for: one more tells whether there is a next page.
pub(crate) const PAGE_LIMIT: u64 = PAGE_ROWS + 1;
/// The longest text that is looked for, in characters. SQLite takes no pattern of more than 50,000 bytes.
const MAX_LOOKED_FOR: usize = 200;

/// Makes a page of at most [`PAGE_LIMIT`] rows, which stand in the order of their ids; `id` prints a row's.
pub(crate) fn page<T>(mut items: Vec<T>, id: impl Fn(&T) -> String) -> Page<T> {
    let limit = usize::try_from(PAGE_ROWS).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let next = if more { items.last().map(id) } else { None };
    Page { items, next }
}

/// The id in `after`; one that cannot be read gives the first page.
pub(crate) fn after<Id: FromStr>(after: Option<&str>) -> Option<Id> {
    after.and_then(|text| text.parse().ok())
}

/// What somebody looks for, cut to what a search takes; none where nothing is left of it. A control character is in no
/// name, and PostgreSQL takes no NUL.
pub(crate) fn looked_for(text: &str) -> Option<String> {
    let text = text.replace(char::is_control, "");
    let text: String = text.trim().chars().take(MAX_LOOKED_FOR).collect();
    (!text.is_empty()).then_some(text)
}

/// Whether `column` contains `text`, without regard to case.
pub(crate) fn contains(column: impl IntoColumnRef, text: &str) -> SimpleExpr {
    value_contains(Expr::col(column), text)
}

/// Whether a value contains `text`, without regard to case. SQLite folds ASCII alone: other letters are found as they
/// are typed.
pub(crate) fn value_contains(value: SimpleExpr, text: &str) -> SimpleExpr {
    let folded = Expr::expr(Func::lower(value.clone())).like(holding(&text.to_lowercase()));
    folded.or(value.like(holding(text)))
}

/// The pattern of what holds `text`.
fn holding(text: &str) -> LikeExpr {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    LikeExpr::new(pattern).escape('\\')
}
