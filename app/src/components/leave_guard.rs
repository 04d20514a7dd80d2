//! Has the browser ask before a page is left on which something would be lost.

use leptos::ev;
use leptos::prelude::*;

/// While it holds, the browser asks. It listens only then: otherwise Back shows a page as it was left.
#[derive(Clone, Copy)]
pub struct LeaveGuard(StoredValue<Option<WindowListenerHandle>>);

impl LeaveGuard {
    /// One that does not hold yet; it ends with what made it.
    pub fn idle() -> Self {
        let guard = Self(StoredValue::new(None));
        on_cleanup(move || guard.release());
        guard
    }

    /// From now on the browser asks.
    pub fn hold(self) {
        if self.0.try_with_value(Option::is_none) == Some(true) {
            self.0.set_value(Some(window_event_listener(ev::beforeunload, |event| event.prevent_default())));
        }
    }

    /// From now on it does not.
    pub fn release(self) {
        if let Some(Some(listener)) = self.0.try_update_value(Option::take) {
            listener.remove();
        }
    }
}
