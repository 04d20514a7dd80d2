//! Limits on failures (requirement 124): bounded tables in memory, on the injected clock.
//!
//! An account is limited per address, never alone: a stranger who fails on purpose locks his own address out of the
//! account, and nobody else.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::time::Timestamp;
use sha2::{Digest, Sha256};

/// Keys that one table remembers; the oldest is forgotten for a new one.
const CAPACITY: usize = 50_000;

/// How far the moments of requests that are answered at the same time may be apart.
const SKEW_SECONDS: i64 = 60;

/// How many failures are too many. Each figure is a key of the configuration.
#[derive(Clone, Copy, Debug)]
pub struct LimitSettings {
    /// Failed sign-ins per account and address within the window.
    pub per_account: u32,
    /// Failed sign-ins per address within the window.
    pub per_address: u32,
    /// Failed authentications and grants per client and address within the window. Generous: all installs of a client
    /// behind one address share it, and many of their refresh tokens may end on one day.
    pub per_client: u32,
    /// Sign-ups per address within the window.
    pub sign_ups: u32,
    /// The window, in seconds.
    pub window_seconds: i64,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self { per_account: 10, per_address: 100, per_client: 150, sign_ups: 100, window_seconds: 900 }
    }
}

/// Too many: try again after so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfter(pub i64);

/// What a limit counts: a digest of its parts, so that a table's size does not depend on what strangers send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LimitKey([u8; 16]);

impl LimitKey {
    /// The key of `parts`, such as an account and an address.
    pub fn of(parts: &[&str]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part.len().to_be_bytes());
            hasher.update(part.as_bytes());
        }
        let mut key = [0; 16];
        key.copy_from_slice(&hasher.finalize()[..16]);
        Self(key)
    }
}

#[derive(Clone, Copy)]
struct Window {
    began: Timestamp,
    count: u32,
}

#[derive(Default)]
struct Table {
    windows: HashMap<LimitKey, Window>,
    /// Keys by the beginning of their window: what ends first stands first.
    order: VecDeque<(LimitKey, Timestamp)>,
}

impl Table {
    fn add(&mut self, key: LimitKey, now: Timestamp) {
        if let Some(window) = self.windows.get_mut(&key) {
            window.count = window.count.saturating_add(1);
            return;
        }
        if self.windows.len() >= CAPACITY
            && let Some((oldest, _)) = self.order.pop_front()
        {
            self.windows.remove(&oldest);
        }
        self.windows.insert(key, Window { began: now, count: 1 });
        self.order.push_back((key, now));
    }
}

/// A limit of `most` failures per key within a window that begins with the first.
pub struct Limit {
    most: u32,
    window_seconds: i64,
    table: Mutex<Table>,
}

impl Limit {
    /// A limit of `most` per `window_seconds`.
    pub fn new(most: u32, window_seconds: i64) -> Self {
        Self { most, window_seconds, table: Mutex::new(Table::default()) }
    }

    /// Whether `key` may try at all; counts nothing.
    pub fn check(&self, key: LimitKey, now: Timestamp) -> Result<(), RetryAfter> {
        let table = self.table(now);
        self.judge(&table, key, now)
    }

    /// Counts a failure of `key`.
    pub fn count(&self, key: LimitKey, now: Timestamp) {
        self.table(now).add(key, now);
    }

    /// Counts a try of `key` before its outcome is known, so that tries in parallel cannot outrun the limit. A success
    /// is [`Limit::forgive`]n.
    pub fn attempt(&self, key: LimitKey, now: Timestamp) -> Result<(), RetryAfter> {
        let mut table = self.table(now);
        self.judge(&table, key, now)?;
        table.add(key, now);
        Ok(())
    }

    /// Takes one try of `key` back.
    pub fn forgive(&self, key: LimitKey, now: Timestamp) {
        if let Some(window) = self.table(now).windows.get_mut(&key) {
            window.count = window.count.saturating_sub(1);
        }
    }

    /// Forgets the failures of `key`.
    pub fn clear(&self, key: LimitKey, now: Timestamp) {
        if let Some(window) = self.table(now).windows.get_mut(&key) {
            window.count = 0;
        }
    }

    fn judge(&self, table: &Table, key: LimitKey, now: Timestamp) -> Result<(), RetryAfter> {
        match table.windows.get(&key) {
            Some(window) if window.count >= self.most => {
                Err(RetryAfter((self.window_seconds - now.seconds_since(window.began)).max(1)))
            }
            _ => Ok(()),
        }
    }

    /// The table without the windows that have ended.
    fn table(&self, now: Timestamp) -> MutexGuard<'_, Table> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((key, began)) = table.order.front().copied() {
            let age = now.seconds_since(began);
            // One that began in the future was before a clock went back: it would hold up all that come after it.
            if (-SKEW_SECONDS..self.window_seconds).contains(&age) {
                break;
            }
            table.order.pop_front();
            table.windows.remove(&key);
        }
        table
    }
}

/// Every limit of the instance.
pub struct Limits {
    /// Failed sign-ins per account and address.
    pub account: Limit,
    /// Failed sign-ins per address.
    pub address: Limit,
    /// Failed authentications per client and address, and failed grants of public clients, who prove nothing.
    pub client: Limit,
    /// Failed grants of clients that proved who they are, per client and address.
    pub grant: Limit,
    /// Sign-ups per address.
    pub sign_ups: Limit,
}

impl Limits {
    /// The limits that `settings` describe.
    pub fn new(settings: LimitSettings) -> Self {
        let limit = |most| Limit::new(most, settings.window_seconds);
        Self {
            account: limit(settings.per_account),
            address: limit(settings.per_address),
            client: limit(settings.per_client),
            grant: limit(settings.per_client),
            sign_ups: limit(settings.sign_ups),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_000_000);

    #[test]
    fn req_124_the_window_begins_with_the_first_failure_and_ends() {
        let limit = Limit::new(2, 60);
        let key = LimitKey::of(&["ada", "192.0.2.1"]);
        assert_eq!(limit.attempt(key, START), Ok(()));
        assert_eq!(limit.attempt(key, START.plus_seconds(10)), Ok(()));
        assert_eq!(limit.attempt(key, START.plus_seconds(20)), Err(RetryAfter(40)));
        assert_eq!(limit.attempt(LimitKey::of(&["ada", "192.0.2.2"]), START.plus_seconds(20)), Ok(()));
        assert_eq!(limit.check(key, START.plus_seconds(60)), Ok(()));
    }

    #[test]
    fn req_124_a_success_is_not_counted() {
        let limit = Limit::new(1, 60);
        let key = LimitKey::of(&["ada"]);
        for _ in 0..5 {
            assert_eq!(limit.attempt(key, START), Ok(()));
            limit.forgive(key, START);
        }
        limit.count(key, START);
        assert_eq!(limit.check(key, START), Err(RetryAfter(60)));
        limit.clear(key, START);
        assert_eq!(limit.check(key, START), Ok(()));
    }

    #[test]
    fn req_124_a_window_ends_where_the_clock_went_back_before_it_began() {
        let (limit, past) = (Limit::new(1, 60), START.minus_seconds(3600));
        limit.count(LimitKey::of(&["before"]), START);
        let key = LimitKey::of(&["ada"]);
        limit.count(key, past);
        assert_eq!(limit.check(key, past), Err(RetryAfter(60)));
        assert_eq!(limit.check(key, past.plus_seconds(60)), Ok(()));
        assert_eq!(limit.check(LimitKey::of(&["before"]), past), Ok(()), "a clock that went back forgets");
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(LimitKey::of(&["ab", "c"]), LimitKey::of(&["a", "bc"]));
    }

    #[test]
    fn a_table_is_bounded() {
        let limit = Limit::new(1, 60);
        for number in 0..CAPACITY + 10 {
            limit.count(LimitKey::of(&[&number.to_string()]), START);
        }
        let table = limit.table(START);
        assert_eq!(table.windows.len(), CAPACITY);
        assert_eq!(table.order.len(), CAPACITY);
    }
}
