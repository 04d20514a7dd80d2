//! Passwords of people: argon2id in a bounded pool (requirement 127).

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;

use crate::entropy::Entropy;

/// The fewest characters of a new password.
pub const MIN_PASSWORD_CHARS: usize = 10;
/// The most bytes of a password.
pub const MAX_PASSWORD_BYTES: usize = 256;

/// A password as a person typed it. It never prints itself.
#[derive(Clone)]
pub struct Password(String);

/// Why a text cannot be a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordProblem {
    /// Fewer than [`MIN_PASSWORD_CHARS`] characters.
    #[error("Use at least 10 characters.")]
    TooShort,
    /// More than [`MAX_PASSWORD_BYTES`] bytes.
    #[error("Use at most 256 bytes.")]
    TooLong,
    /// On the list of common ones, or one character repeated.
    #[error("This password is among the first that attackers try.")]
    Common,
}

impl Password {
    /// A new password: long enough, not too long, not a common one.
    pub fn new(text: String) -> Result<Self, PasswordProblem> {
        if text.chars().count() < MIN_PASSWORD_CHARS {
            return Err(PasswordProblem::TooShort);
        }
        if text.len() > MAX_PASSWORD_BYTES {
            return Err(PasswordProblem::TooLong);
        }
        let lower = text.to_lowercase();
        let repeated = text.chars().all(|letter| text.starts_with(letter));
        if repeated || include_str!("common_passwords.txt").lines().any(|common| common == lower) {
            return Err(PasswordProblem::Common);
        }
        Ok(Self(text))
    }

    /// A password that is only compared; whatever it is, it costs the same to refuse.
    pub const fn presented(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// What a password hash costs (argon2id).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for PasswordCost {
    /// m = 19 MiB, t = 2, p = 1: the least that requirement 127 allows.
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2, lanes: 1 }
    }
}

impl PasswordCost {
    /// The least that argon2 can do: for tests alone.
    pub const fn cheap() -> Self {
        Self { memory_kib: 8, passes: 1, lanes: 1 }
    }
}

/// The pool is full: the caller answers 503 and the person tries again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are being checked")]
pub struct Busy;

/// How many may wait for each worker before the next is told to come again.
const WAITERS_PER_WORKER: usize = 16;
/// Salt of the hash that is computed, and thrown away, where there is no account (requirement 126).
const DECOY_SALT: &[u8; 16] = b"portico no one..";

/// What a comparison said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Not this password, or no account.
    Wrong,
    /// This password.
    Right,
    /// This password, and its hash has another cost than the instance's: make a new one.
    RightButOld,
}

/// The bounded pool: so many hashes at a time, so many waiting, and no more.
pub(crate) struct Workers {
    cost: PasswordCost,
    places: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl Workers {
    pub(crate) fn new(workers: usize, cost: PasswordCost) -> Self {
        let workers = workers.max(1);
        Self {
            cost,
            places: Arc::new(Semaphore::new(workers)),
            queue: Arc::new(Semaphore::new(workers * (1 + WAITERS_PER_WORKER))),
        }
    }

    /// The argon2id hash of `password`, as a PHC string.
    pub(crate) async fn hash(&self, password: Password, entropy: &dyn Entropy) -> Result<String, Busy> {
        let mut salt = [0; 16];
        entropy.fill(&mut salt);
        let cost = self.cost;
        self.run(move || {
            argon2_of(cost)?.hash_password_with_salt(password.0.as_bytes(), &salt).map(|hash| hash.to_string()).ok()
        })
        .await?
        .ok_or(Busy)
    }

    /// Compares `password` with `kept`; where there is no account the work is the same.
    pub(crate) async fn verify(&self, password: Password, kept: Option<String>) -> Result<Verdict, Busy> {
        let cost = self.cost;
        self.run(move || {
            let kept = kept.filter(|_| password.0.len() <= MAX_PASSWORD_BYTES);
            let Some(hash) = kept.as_deref().and_then(|text| PasswordHash::new(text).ok()) else {
                let bytes = &password.0.as_bytes()[..password.0.len().min(MAX_PASSWORD_BYTES)];
                let _unused = argon2_of(cost).map(|argon2| argon2.hash_password_with_salt(bytes, DECOY_SALT));
                return Verdict::Wrong;
            };
            if Argon2::default().verify_password(password.0.as_bytes(), &hash).is_err() {
                return Verdict::Wrong;
            }
            let current = Params::try_from(&hash).is_ok_and(|params| {
                (params.m_cost(), params.t_cost(), params.p_cost()) == (cost.memory_kib, cost.passes, cost.lanes)
            });
            if current { Verdict::Right } else { Verdict::RightButOld }
        })
        .await
    }

    /// Runs `work` on a blocking thread when a place is free. The place is kept until the work ends, even if the one who
    /// asked is gone.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        let queued = Arc::clone(&self.queue).try_acquire_owned().map_err(|_| Busy)?;
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| Busy)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop((place, queued));
            done
        });
        done.await.map_err(|_| Busy)
    }
}

fn argon2_of(cost: PasswordCost) -> Option<Argon2<'static>> {
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::{Password, PasswordCost, PasswordProblem, Verdict, Workers};
    use crate::entropy::SeededEntropy;

    fn typed(text: &str) -> Password {
        Password::presented(text.to_owned())
    }

    #[test]
    fn req_127_a_new_password_is_long_enough_and_not_a_common_one() {
        let problem = |text: &str| Password::new(text.to_owned()).err();
        assert_eq!(problem("portico-demo-1"), None);
        assert_eq!(problem("ünïcödé-10"), None);
        assert_eq!(problem("ninechars"), Some(PasswordProblem::TooShort));
        assert_eq!(problem(&"ab".repeat(129)), Some(PasswordProblem::TooLong));
        assert_eq!(problem("PassWord123"), Some(PasswordProblem::Common));
        assert_eq!(problem("aaaaaaaaaaaaaa"), Some(PasswordProblem::Common));
        assert!(Password::new("a-".repeat(128)).is_ok());
    }

    #[test]
    fn req_127_the_default_cost_is_what_the_requirement_asks() {
        let cost = PasswordCost::default();
        assert!(cost.memory_kib >= 19 * 1024 && cost.passes >= 2 && cost.lanes == 1);
    }

    #[tokio::test]
    async fn req_127_a_hash_of_another_cost_is_told() {
        let (old, entropy) = (Workers::new(1, PasswordCost::cheap()), SeededEntropy::new(1));
        let new = Workers::new(1, PasswordCost { memory_kib: 16, passes: 1, lanes: 1 });
        let hash = old.hash(typed("correct horse"), &entropy).await.expect("free");
        assert!(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{hash}");
        assert_eq!(old.verify(typed("correct horse"), Some(hash.clone())).await, Ok(Verdict::Right));
        assert_eq!(old.verify(typed("Correct horse"), Some(hash.clone())).await, Ok(Verdict::Wrong));
        assert_eq!(old.verify(typed("correct horse"), None).await, Ok(Verdict::Wrong));
        assert_eq!(new.verify(typed("correct horse"), Some(hash)).await, Ok(Verdict::RightButOld));
    }

    #[tokio::test]
    #[expect(clippy::disallowed_methods, reason = "the test is about elapsed time")]
    async fn req_126_no_account_costs_the_work_of_a_wrong_password() {
        let cost = PasswordCost { memory_kib: 19_456, passes: 2, lanes: 1 };
        let (workers, entropy) = (Workers::new(1, cost), SeededEntropy::new(1));
        let hash = workers.hash(typed("correct horse"), &entropy).await.expect("free");
        let mut fastest = [std::time::Duration::MAX; 3];
        for _ in 0..3 {
            for (index, kept) in [Some(hash.clone()), None, Some("not a hash".to_owned())].into_iter().enumerate() {
                let began = std::time::Instant::now();
                assert_eq!(workers.verify(typed("wrong"), kept).await, Ok(Verdict::Wrong));
                fastest[index] = fastest[index].min(began.elapsed());
            }
        }
        // A short cut would be a thousand times faster; a busy machine is not.
        assert!(fastest.iter().all(|time| *time * 3 > fastest[0] && *time < fastest[0] * 3), "{fastest:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_crowd_at_the_door_is_told_that_it_is_full() {
        let workers = std::sync::Arc::new(Workers::new(1, PasswordCost { memory_kib: 4096, passes: 1, lanes: 1 }));
        let asked: Vec<_> = (0..200)
            .map(|_| {
                let workers = std::sync::Arc::clone(&workers);
                tokio::spawn(async move { workers.verify(typed("x"), None).await })
            })
            .collect();
        let mut answers = (0, 0);
        for one in asked {
            match one.await.expect("no panic") {
                Ok(_) => answers.0 += 1,
                Err(_) => answers.1 += 1,
            }
        }
        assert!(answers.0 >= 17 && answers.1 > 0, "{answers:?}");
        assert_eq!(workers.verify(typed("x"), None).await, Ok(Verdict::Wrong), "afterwards it is free again");
    }

    #[test]
    fn req_131_a_password_does_not_print_itself() {
        assert_eq!(format!("{:?}", typed("correct horse")), "Password(…)");
    }
}
