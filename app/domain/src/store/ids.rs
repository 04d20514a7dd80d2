//! Ids in order: `UUIDv7` with the 12-bit counter of RFC 9562 section 6.2, method 1.

use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

use crate::entropy::Entropy;
use crate::time::Timestamp;

/// Ids that one millisecond can have; after that the next one is borrowed.
const IDS_PER_MILLISECOND: u16 = 1 << 12;

/// The moment and the count of the id made last.
#[derive(Debug, Default)]
pub(super) struct Ids(Mutex<(i64, u16)>);

impl Ids {
    /// An id that is greater than every earlier one of this process.
    pub(super) fn next(&self, now: Timestamp, entropy: &dyn Entropy) -> Uuid {
        let (millis, count) = self.step(now);
        let mut random = [0; 10];
        entropy.fill(&mut random);
        let [high, low] = count.to_be_bytes();
        random[0] = high;
        random[1] = low;
        uuid::Builder::from_unix_timestamp_millis(u64::try_from(millis).unwrap_or_default(), &random).into_uuid()
    }

    fn step(&self, now: Timestamp) -> (i64, u16) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *last = match *last {
            (millis, _) if now.0 > millis => (now.0, 0),
            (millis, count) if count + 1 < IDS_PER_MILLISECOND => (millis, count + 1),
            (millis, _) => (millis + 1, 0),
        };
        *last
    }
}

#[cfg(test)]
mod tests {
    use super::Ids;
    use crate::entropy::SeededEntropy;
    use crate::time::Timestamp;

    #[test]
    fn ids_grow_within_a_millisecond_and_when_the_clock_goes_back() {
        let (ids, entropy) = (Ids::default(), SeededEntropy::new(3));
        let mut last = ids.next(Timestamp(1_000), &entropy);
        for step in 0..10_000i64 {
            let next = ids.next(Timestamp(1_000 - step % 3), &entropy);
            assert!(next > last && next.get_version_num() == 7, "{step}: {last} {next}");
            last = next;
        }
    }
}
