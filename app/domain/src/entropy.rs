//! Chance is passed in: an [`Entropy`] enters once, in the store.

use std::sync::Mutex;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::time::Timestamp;

/// Where unguessable bytes come from.
pub trait Entropy: Send + Sync + 'static {
    /// Fills `bytes` with random bytes.
    fn fill(&self, bytes: &mut [u8]);

    /// A new time-ordered id (RFC 9562, version 7) for the moment `now`.
    fn uuid(&self, now: Timestamp) -> Uuid {
        let mut random = [0; 10];
        self.fill(&mut random);
        let millis = u64::try_from(now.0).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}

/// The operating system's generator. Each thread takes a stock at a time, for a call of the system costs more than the
/// bytes; what was given out is wiped from it.
#[cfg(feature = "store")]
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

/// How many bytes a thread takes at a time.
#[cfg(feature = "store")]
const STOCK: usize = 512;

#[cfg(feature = "store")]
thread_local! {
    /// The bytes, of which those from the number on were not given out yet.
    static STOCKED: std::cell::RefCell<([u8; STOCK], usize)> = const { std::cell::RefCell::new(([0; STOCK], STOCK)) };
}

#[cfg(feature = "store")]
fn from_system(bytes: &mut [u8]) {
    // Without randomness nothing here is safe: ending the process is the only honest answer.
    #[expect(clippy::expect_used, reason = "a machine without randomness cannot issue secrets")]
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}

#[cfg(feature = "store")]
impl Entropy for OsEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        if bytes.len() > STOCK {
            return from_system(bytes);
        }
        STOCKED.with_borrow_mut(|(stock, given)| {
            if bytes.len() > STOCK - *given {
                from_system(stock);
                *given = 0;
            }
            let next = &mut stock[*given..][..bytes.len()];
            bytes.copy_from_slice(next);
            next.fill(0);
            *given += bytes.len();
        });
    }
}

/// A reproducible generator for tests and the demo data's history: SHA-256 in counter mode. Never for secrets in use.
#[derive(Debug)]
pub struct SeededEntropy {
    seed: u64,
    counter: Mutex<u64>,
}

impl SeededEntropy {
    /// A generator whose output depends on `seed` alone.
    pub const fn new(seed: u64) -> Self {
        Self { seed, counter: Mutex::new(0) }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        let mut counter = self.counter.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for chunk in bytes.chunks_mut(32) {
            let mut hasher = Sha256::new();
            hasher.update(self.seed.to_be_bytes());
            hasher.update(counter.to_be_bytes());
            *counter += 1;
            chunk.copy_from_slice(&hasher.finalize()[..chunk.len()]);
        }
    }
}

#[cfg(all(test, feature = "store"))]
mod tests {
    use std::collections::HashSet;

    use super::{Entropy as _, OsEntropy, STOCK};

    #[test]
    fn no_bytes_are_given_out_twice_and_none_are_left_out() {
        let mut seen = HashSet::new();
        // Longer than the stock, as long as it, and lengths that do not divide it.
        for length in [10, 16, 32, 48, STOCK, STOCK + 1].into_iter().cycle().take(600) {
            let mut bytes = vec![0; length];
            OsEntropy.fill(&mut bytes);
            assert!(bytes.chunks_exact(8).all(|eight| seen.insert(eight.to_vec())), "{length}: eight bytes came again");
            assert!(bytes.len() < 48 || bytes.iter().any(|byte| *byte != 0));
        }
    }
}
