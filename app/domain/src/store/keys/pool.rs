//! Threads that sign, away from the threads that answer requests: an RSA signature takes a quarter of a millisecond.

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZero;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::jws;
use super::ring::Material;

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

    fn next(&self) -> Option<Job> {
        let mut queue = self.lock();
        loop {
            if let Some(job) = queue.jobs.pop_front() {
                return Some(job);
            }
            if queue.closed {
                return None;
            }
            queue = self.filled.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn work(&self) {
        while let Some(Job { key, mut message, answer }) = self.next() {
            // Whoever asked may have gone meanwhile.
            if answer.is_closed() {
                continue;
            }
            let signed = key.pair.sign(message.as_bytes()).ok().map(|signature| {
                message.push('.');
                message.push_str(&jws::encode(signature));
                message
            });
            let _gone = answer.send(signed);
        }
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
            if let Err(error) = std::thread::Builder::new().name(name).spawn(move || worker.work()) {
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
