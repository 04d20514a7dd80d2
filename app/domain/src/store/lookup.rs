//! Lookups that many requests make at the same time: what waits is asked in one statement, and each gets its own row.
//!
//! A statement costs a database far more than one more key in it. So a lookup that finds another on its way waits for the
//! next statement, with all that come meanwhile. What it reads is as true as if it had been asked alone: its statement
//! begins after it came. Nobody waits where nobody else asks.
//!
//! Each asker gets a row of his own, also where two ask for the same: the values of a SQLite row are read through a cell
//! that two threads must not open at the same time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use sea_orm::sea_query::{Expr, IntoColumnRef, Query, SelectStatement, SimpleExpr, Value, ValueTuple};
use sea_orm::{DatabaseConnection, DbBackend, DbErr, QueryResult};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::busy;
use super::held::{Held, is_silent};
use super::text::Text;

/// The list of what is asked, as the statement calls it.
const ASKED: &str = "asked";
/// How many keys a statement has. It has one text per length, and of few texts a database keeps the plans; the last one
/// bounds how long a statement takes.
const LENGTHS: [usize; 9] = [1, 2, 3, 4, 6, 8, 12, 16, 24];
/// How long a statement may take, so that a connection that fell silent holds up nobody for longer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many statements have the same connection before it goes back to the others that wait for one.
const IN_A_ROW: usize = 16;

/// One kind of lookup. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Lookup(Arc<Shared>);

struct Shared {
    /// The parts of a key.
    parts: usize,
    /// Adds to the list of what is asked what is found of it.
    find: fn(&mut SelectStatement),
    texts: [OnceLock<Text>; LENGTHS.len()],
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Asked>,
    /// Whether a task asks.
    asking: bool,
}

/// A key, and who waits for its row.
struct Asked {
    key: Key,
    answer: oneshot::Sender<Result<Option<QueryResult>, DbErr>>,
}

/// What is looked up.
pub(crate) type Key = Vec<Part>;

/// A part of a key.
pub(crate) enum Part {
    /// An id.
    Id(Uuid),
    /// A name.
    Text(String),
}

impl From<&Part> for Value {
    fn from(part: &Part) -> Self {
        match part {
            Part::Id(id) => (*id).into(),
            Part::Text(text) => text.as_str().into(),
        }
    }
}

/// A part of the key in the row that is asked for.
pub(crate) fn asked(part: usize) -> SimpleExpr {
    Expr::col(asked_column(part))
}

/// The same, to compare a column with.
pub(crate) fn asked_column(part: usize) -> impl IntoColumnRef {
    // Both databases call the columns of a list so; the first one has the number of the row.
    (ASKED, format!("column{}", part + 2))
}

/// The statement that asks for `rows` keys of so many `parts`.
fn text(backend: DbBackend, rows: usize, parts: usize, find: fn(&mut SelectStatement)) -> Text {
    Text::of(rows, parts, |keys| {
        let list = keys.into_iter().enumerate().map(|(row, key)| {
            let number = i32::try_from(row).unwrap_or(i32::MAX).into();
            ValueTuple::Many([number].into_iter().chain(key).collect())
        });
        let mut select = Query::select();
        select.expr(Expr::col((ASKED, "column1"))).from_values(list, ASKED);
        find(&mut select);
        backend.build(&select)
    })
}

impl Lookup {
    /// A lookup by keys of so many `parts`; `find` joins to [`asked`] what is found of each, one row at most.
    pub(crate) fn new(parts: usize, find: fn(&mut SelectStatement)) -> Self {
        let texts = std::array::from_fn(|_| OnceLock::new());
        Self(Arc::new(Shared { parts, find, texts, state: Mutex::default() }))
    }

    /// The row of `key`, if there is one. Where `queue` keys wait already, it is told to come back.
    pub(crate) async fn one(
        &self,
        db: &DatabaseConnection,
        queue: usize,
        key: Key,
    ) -> Result<Option<QueryResult>, DbErr> {
        debug_assert_eq!(key.len(), self.0.parts, "a key has as many parts as the statement asks for");
        let (answer, answered) = oneshot::channel();
        {
            let mut state = self.0.state();
            if state.waiting.len() >= queue {
                return Err(busy());
            }
            state.waiting.push_back(Asked { key, answer });
            if !state.asking {
                state.asking = true;
                // A task of its own: who asks may go away, and others wait for the same statement.
                tokio::spawn(self.0.clone().ask(db.clone()));
            }
        }
        answered.await.unwrap_or_else(|_| Err(busy()))
    }

    /// What a statement says, for the test that no lookup scans.
    #[cfg(test)]
    pub(crate) fn text(&self, backend: DbBackend) -> String {
        text(backend, 2, self.0.parts, self.0.find).sql.to_string()
    }
}

/// The task that asks. Where it breaks off, those who wait are told by their channels, and the next one begins anew.
struct Asking(Option<Arc<Shared>>);

impl Drop for Asking {
    fn drop(&mut self) {
        if let Some(shared) = self.0.take() {
            *shared.state() = State::default();
        }
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for what waits until nothing does.
    async fn ask(self: Arc<Self>, db: DatabaseConnection) {
        let mut asking = Asking(Some(self.clone()));
        let (mut held, mut statements) = (None, 0);
        loop {
            // Whoever is about to ask comes first: where nobody is, this costs nothing.
            tokio::task::yield_now().await;
            let Some(asked) = self.next() else { break };
            match tokio::time::timeout(PATIENCE, self.found(&db, &mut held, &asked)).await {
                Ok(Ok(rows)) => {
                    for (asked, row) in asked.into_iter().zip(rows) {
                        // Whoever went away needs no answer.
                        let _ = asked.answer.send(Ok(row));
                    }
                }
                Ok(Err(error)) if !is_silent(&error) => {
                    // It goes through its pool, which tries it.
                    held = None;
                    refuse(asked, &error);
                }
                // Too late, or the system itself gave the connection up.
                Ok(Err(_)) | Err(_) => {
                    if let Some(held) = held.take() {
                        held.discard();
                    }
                    refuse(asked, &busy());
                }
            }
            statements += 1;
            if statements % IN_A_ROW == 0 {
                held = None;
            }
        }
        asking.0 = None;
    }

    /// The next that wait, as many as a statement takes; whoever went away is left out. None ends the task.
    fn next(&self) -> Option<Vec<Asked>> {
        let mut state = self.state();
        state.waiting.retain(|asked| !asked.answer.is_closed());
        let Some(length) = LENGTHS.into_iter().rfind(|length| *length <= state.waiting.len()) else {
            state.asking = false;
            return None;
        };
        Some(state.waiting.drain(..length).collect())
    }

    async fn found(
        &self,
        db: &DatabaseConnection,
        held: &mut Option<Held>,
        asked: &[Asked],
    ) -> Result<Vec<Option<QueryResult>>, DbErr> {
        let held = match held {
            Some(held) => held,
            None => held.insert(Held::take(db).await?),
        };
        let rung = LENGTHS.iter().position(|length| *length == asked.len()).unwrap_or_default();
        let text = self.texts[rung].get_or_init(|| text(held.backend(), asked.len(), self.parts, self.find));
        let values = text.values(|row, part| Value::from(&asked[row].key[part]));
        let mut rows: Vec<_> = asked.iter().map(|_| None).collect();
        for row in held.all(&text.sql, values).await? {
            let number: i32 = row.try_get_by_index(0)?;
            if let Some(place) = usize::try_from(number).ok().and_then(|number| rows.get_mut(number)) {
                *place = Some(row);
            }
        }
        Ok(rows)
    }
}

fn refuse(asked: Vec<Asked>, error: &DbErr) {
    for asked in asked {
        // Whoever went away needs no answer.
        let _ = asked.answer.send(Err(error.clone()));
    }
}
