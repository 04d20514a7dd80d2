//! Threads that sign, away from the threads that answer requests: an RSA signature takes a quarter of a millisecond.

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZero;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::jws;
use super::ring::Material;

/// The most tokens that a thread signs before it hands them out, while others wait: each time it wakes up one of the threads
/// that answer requests, for which there is a core only at the expense of a signature.
const TOGETHER: usize = 4;

/// A token that waits for its signature.
struct Job {
    key: Arc<Material>,
    /// Header and claims, encoded; the signature is appended to it.
    message: String,
    answer: oneshot::Sender<Option<String>>,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    filled: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // A thread that panics does so while it signs, never while it holds the queue.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next jobs of one of `threads`; none at the end.
    fn next(&self, threads: usize) -> Option<Vec<Job>> {
        let mut queue = self.lock();
        loop {
            let share = share(queue.jobs.len(), threads);
            if share > 0 {
                return Some(queue.jobs.drain(..share).collect());
            }
            if queue.closed {
                return None;
            }
            queue = self.filled.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn work(&self, threads: usize) {
        while let Some(jobs) = self.next(threads) {
            // Whoever asked may have gone meanwhile.
            let wanted = jobs.into_iter().filter(|job| !job.answer.is_closed());
            let signed: Vec<_> = wanted.map(Job::sign).collect();
            for (answer, token) in signed {
                let _gone = answer.send(token);
            }
        }
    }
}

/// How many of `waiting` jobs one of `threads` takes: no more than half of what is left to each, so that all have something
/// to do.
fn share(waiting: usize, threads: usize) -> usize {
    (waiting / (2 * threads.max(1))).clamp(1, TOGETHER).min(waiting)
}

impl Job {
    /// Signs, and tells for whom; no token where the library cannot.
    fn sign(self) -> (oneshot::Sender<Option<String>>, Option<String>) {
        let Self { key, mut message, answer } = self;
        let signed = key.pair.sign(message.as_bytes()).ok().map(|signature| {
            message.push('.');
            message.push_str(&jws::encode(signature));
            message
        });
        (answer, signed)
    }
}

/// The threads and what waits for them. They end with it.
pub(super) struct Pool {
    shared: Arc<Shared>,
    /// How many tokens may wait for a thread before the next caller is told to come again.
    places: usize,
}

/// Nothing more may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full;

impl Pool {
    /// A thread for each core of the machine, and `places` for the tokens that wait for one.
    pub(super) fn start(places: usize) -> Self {
        let shared = Arc::new(Shared::default());
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        for number in 0..threads {
            let worker = Arc::clone(&shared);
            let name = format!("sign-{number}");
            if let Err(error) = std::thread::Builder::new().name(name).spawn(move || worker.work(threads)) {
                tracing::error!(%error, "a thread that signs could not start");
            }
        }
        Self { shared, places }
    }

    /// Appends the signature of `key` to `message`; none where the library cannot sign.
    pub(super) async fn sign(&self, key: Arc<Material>, message: String) -> Result<Option<String>, Full> {
        let (answer, answered) = oneshot::channel();
        {
            let mut queue = self.shared.lock();
            if queue.jobs.len() >= self.places {
                return Err(Full);
            }
            queue.jobs.push_back(Job { key, message, answer });
        }
        self.shared.filled.notify_one();
        Ok(answered.await.unwrap_or_default())
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.filled.notify_all();
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pool(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::{TOGETHER, share};

    #[test]
    fn a_thread_takes_several_jobs_only_where_as_many_are_left_to_the_others() {
        assert_eq!(share(0, 2), 0);
        for threads in [1, 2, 8] {
            for waiting in 1..200 {
                let share = share(waiting, threads);
                assert!((1..=TOGETHER).contains(&share), "{waiting} of {threads}: {share}");
                assert!(
                    share == 1 || (waiting - share) >= share * (2 * threads - 1),
                    "{waiting} of {threads}: {share}"
                );
            }
        }
        assert_eq!(share(64, 2), TOGETHER);
    }
}
