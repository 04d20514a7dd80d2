use std::collections::BTreeSet;
use std::sync::Weak;
use std::time::Duration;

use futures::FutureExt as _;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::{Coming, Entry, LIMIT, WORTH, Writer, rung};
use crate::audit::{Action, Source, TargetKind};
use crate::id::{AccessTokenId, FamilyId, InstallId};
use crate::store::audit::Event;
use crate::store::change::{Applied, Change, Revoke, What};
use crate::store::{Actor, By};
use crate::time::Timestamp;

/// Longer than any test.
const FOR_EVER: Duration = Duration::from_hours(1);

/// A writer without a store, and what it is asked through.
struct Desk {
    writer: Writer,
    entries: mpsc::Sender<Entry>,
    coming: Coming,
    asked: Vec<oneshot::Receiver<Result<Applied, sea_orm::DbErr>>>,
}

impl Desk {
    fn new(patience: Duration) -> Self {
        let (entries, waiting) = mpsc::channel(LIMIT);
        let coming = Coming::default();
        let writer = Writer::new(Weak::new(), waiting, coming.clone(), patience);
        Self { writer, entries, coming, asked: Vec::new() }
    }

    fn ask(&mut self, changes: usize) {
        for _ in 0..changes {
            let id = Uuid::from_u128(self.asked.len() as u128 + 1);
            let by = By { actor: Actor::Operator, source: Source::Cli, request_id: None, ip: None, user_agent: None };
            let what = What::AccessToken(AccessTokenId(id), FamilyId(id));
            let event = Event::new(Action::TokenRevoked, TargetKind::Grant, id, "Somebody");
            let change = Change::Revoke(Box::new(Revoke { by, install: InstallId(id), what, event }));
            let (answer, answered) = oneshot::channel();
            let entry = Entry { change, rows: None, now: Timestamp(0), answer };
            self.entries.try_send(entry).map_err(|_| "the queue is full").expect("room");
            self.asked.push(answered);
        }
    }
}

#[test]
fn a_batch_has_few_lengths_and_leaves_a_third_at_most() {
    let mut lengths = BTreeSet::new();
    for waiting in 1..=64 {
        let length = rung(waiting);
        assert!(length <= waiting && 3 * (waiting - length) <= waiting, "{waiting}: {length}");
        lengths.insert(length);
    }
    assert_eq!(lengths.into_iter().collect::<Vec<_>>(), [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64]);
    assert_eq!(rung(0), 0);
}

#[tokio::test]
async fn a_few_changes_wait_for_what_is_on_its_way() {
    let mut desk = Desk::new(FOR_EVER);
    desk.ask(1);
    let arrival = desk.coming.one();
    tokio::select! {
        biased;
        _ = desk.writer.fill() => panic!("it did not wait"),
        () = async { for _ in 0..50 { tokio::task::yield_now().await } } => {}
    }
    drop(arrival);
    desk.ask(1);
    assert!(desk.writer.fill().await);
    assert_eq!(desk.writer.waiting.len(), 2);
}

#[tokio::test]
async fn nobody_waits_for_nothing_nor_where_there_are_many_nor_longer_than_the_patience() {
    for (asked, on_its_way, patience) in [(1, false, FOR_EVER), (WORTH, true, FOR_EVER), (1, true, Duration::ZERO)] {
        let mut desk = Desk::new(patience);
        desk.ask(asked);
        let _arrival = on_its_way.then(|| desk.coming.one());
        assert!(desk.writer.fill().await);
        assert_eq!(desk.writer.waiting.len(), asked);
    }
}

#[test]
fn many_changes_do_not_wait_for_other_tasks_either() {
    let mut desk = Desk::new(FOR_EVER);
    desk.ask(WORTH - 1);
    assert_eq!(desk.writer.fill().now_or_never(), None);
    desk.ask(1);
    assert_eq!(desk.writer.fill().now_or_never(), Some(true));
}

#[tokio::test]
async fn what_still_waits_at_the_end_is_written() {
    let mut desk = Desk::new(FOR_EVER);
    desk.ask(2);
    let _arrival = desk.coming.one();
    let (entries, _) = mpsc::channel(1);
    drop(std::mem::replace(&mut desk.entries, entries));
    assert!(desk.writer.fill().await);
    assert_eq!(desk.writer.waiting.len(), 2);
    desk.writer.waiting.clear();
    assert!(!desk.writer.fill().await);
}
