//! How the threads of the server share the cores of the machine.

use preempt_rt::sched::{Scheduler, SchedulerParams};

/// What threads are scheduled by that do not ask for a real-time policy.
const ORDINARY: SchedulerParams = SchedulerParams { priority: 0 };

/// The policy of threads that answer requests: `SCHED_BATCH` of Linux (sched(7)). Woken up, one of them waits until the
/// thread that has the core is done or had its share; under the default it would often interrupt a thread that writes for
/// many or signs. Their share of the cores stays the same. Nothing changes on other systems, nor where whoever started the
/// process may not choose.
pub fn interrupt_nobody() {
    // Without it all works, at times slower.
    let _ = Scheduler::SCHED_BATCH.with_params(ORDINARY).set_current();
}
