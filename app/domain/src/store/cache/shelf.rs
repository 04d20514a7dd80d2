//! A bounded map that forgets what was not asked for lately.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// So many threads can ask at the same time.
const SHARDS: usize = 16;

/// A bounded map. A value that was neither put nor found while half the capacity went by is dropped.
pub(crate) struct Shelf<K, V> {
    shards: Box<[Mutex<Shard<K, V>>]>,
    hasher: RandomState,
    half: usize,
}

struct Shard<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K, V> Default for Shard<K, V> {
    fn default() -> Self {
        Self { young: HashMap::new(), old: HashMap::new() }
    }
}

impl<K: Hash + Eq, V: Clone> Shelf<K, V> {
    /// A shelf for about `capacity` values.
    pub(crate) fn new(capacity: usize) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { shards, hasher: RandomState::new(), half: (capacity / SHARDS / 2).max(1) }
    }

    /// What was put under `key`.
    pub(crate) fn get(&self, key: &K) -> Option<V> {
        let mut shard = self.shard(key);
        if let Some(found) = shard.young.get(key) {
            return Some(found.clone());
        }
        let (key, found) = shard.old.remove_entry(key)?;
        self.put_into(&mut shard, key, found.clone());
        Some(found)
    }

    /// Puts `value` under `key`.
    pub(crate) fn put(&self, key: K, value: V) {
        let mut shard = self.shard(&key);
        shard.old.remove(&key);
        self.put_into(&mut shard, key, value);
    }

    fn put_into(&self, shard: &mut Shard<K, V>, key: K, value: V) {
        if shard.young.len() >= self.half && !shard.young.contains_key(&key) {
            shard.old = std::mem::take(&mut shard.young);
        }
        shard.young.insert(key, value);
    }

    fn shard(&self, key: &K) -> MutexGuard<'_, Shard<K, V>> {
        let hash = self.hasher.hash_one(key).to_le_bytes();
        self.shards[usize::from(hash[0]) % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        let size = |shard: &Mutex<Shard<K, V>>| {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.young.len() + shard.old.len()
        };
        self.shards.iter().map(size).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::{SHARDS, Shelf};

    #[test]
    fn a_shelf_is_bounded_and_keeps_what_is_asked_for() {
        let shelf = Shelf::new(320);
        shelf.put(0, 7);
        for key in 1..10_000 {
            shelf.put(key, key);
            assert_eq!(shelf.get(&0), Some(7), "after {key}");
        }
        assert!(shelf.len() <= 320 + SHARDS, "{}", shelf.len());
        assert_eq!(shelf.get(&1), None);
    }

    #[test]
    fn a_newer_value_replaces_an_older_one() {
        let shelf = Shelf::new(SHARDS * 2);
        for value in 0..100 {
            shelf.put("key", value);
            assert_eq!(shelf.get(&"key"), Some(value));
        }
        assert_eq!(shelf.len(), 1);
    }
}
