//! How the threads of the server share the cores of the machine.

/// The policy of threads that answer requests or wait for something on their behalf: `SCHED_BATCH` (sched(7)). Woken up, one
/// of them waits until the thread that has the core is done or had its share; by default it would often interrupt a thread
/// that writes for many or signs. Its own share stays the same. A policy that somebody chose for the process is kept.
#[cfg(target_os = "linux")]
pub fn interrupt_nobody() {
    use preempt_rt::sched::{Pid, Scheduler, SchedulerParams, get_scheduler};
    if let Ok(Scheduler::SCHED_NORMAL) = get_scheduler(Pid::current_thread()) {
        // Where that is not allowed, all works as well.
        let _ = Scheduler::SCHED_BATCH.with_params(SchedulerParams { priority: 0 }).set_current();
    }
}

/// Nothing: only Linux has such a policy.
#[cfg(not(target_os = "linux"))]
pub fn interrupt_nobody() {}
