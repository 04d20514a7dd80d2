//! Changes that are about to be asked for: their tokens are being signed. Whoever writes for all waits for them rather than
//! for the disk once more.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many changes are on their way.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct Coming(Arc<AtomicUsize>);

impl Coming {
    /// Tells of one more, until what is given back is dropped: before it is asked for, or when it is given up.
    pub(in crate::store) fn one(&self) -> Arrival {
        self.0.fetch_add(1, Ordering::Relaxed);
        Arrival(self.clone())
    }

    /// Whether there are any.
    pub(super) fn any(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }
}

/// A change that is on its way.
#[derive(Debug)]
#[must_use = "dropped, it is on its way no more"]
pub(in crate::store) struct Arrival(Coming);

impl Drop for Arrival {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::Coming;

    #[test]
    fn what_came_or_was_given_up_is_on_its_way_no_more() {
        let coming = Coming::default();
        assert!(!coming.any());
        let (one, two) = (coming.one(), coming.one());
        drop(one);
        assert!(coming.any());
        drop(two);
        assert!(!coming.any());
    }
}
