//! A form inside an island that calls a server function: busy or not, and what went wrong.

use leptos::prelude::*;

use super::alert::{Notice, Tone};
use crate::error::PortalError;

/// What a form is doing.
#[derive(Clone, Copy, Debug)]
pub struct Sending {
    busy: RwSignal<bool>,
    problem: RwSignal<Option<PortalError>>,
}

impl Sending {
    /// A form that was not sent yet.
    pub fn new() -> Self {
        Self { busy: RwSignal::new(false), problem: RwSignal::new(None) }
    }

    /// Whether an answer is awaited.
    pub fn busy(self) -> bool {
        self.busy.get()
    }

    /// What is wrong with the field `name`.
    pub fn of_field(self, name: &'static str) -> Signal<Option<String>> {
        let problem = self.problem;
        Signal::derive(move || problem.with(|problem| problem.as_ref()?.of_field(name)))
    }

    /// What is wrong with the field `name`, for names that are made while it runs.
    pub fn of(self, name: &str) -> Option<String> {
        self.problem.with(|problem| problem.as_ref()?.of_field(name))
    }

    /// Calls the server once; `then` gets what it answers.
    pub fn run<T: 'static>(
        self,
        call: impl Future<Output = Result<T, PortalError>> + 'static,
        then: impl FnOnce(T) + 'static,
    ) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.problem.set(None);
        leptos::task::spawn_local(async move {
            let result = call.await;
            self.busy.set(false);
            match result {
                Ok(value) => then(value),
                Err(error) => self.problem.set(Some(error)),
            }
        });
    }
}

impl Default for Sending {
    fn default() -> Self {
        Self::new()
    }
}

/// What went wrong on the whole; read out at once.
#[component]
pub fn Failure(
    /// The form.
    sending: Sending,
) -> impl IntoView {
    move || {
        let message = sending.problem.with(|problem| problem.as_ref().map(ToString::to_string));
        message.map(|message| view! { <Notice tone=Tone::Bad><p>{message}</p></Notice> })
    }
}

/// The button that sends the form.
#[component]
pub fn SendButton(
    /// The form.
    sending: Sending,
    /// What it does.
    #[prop(into)]
    label: String,
    /// Whether it ends something.
    #[prop(optional)]
    danger: bool,
    /// Whether it can be pressed at all.
    #[prop(optional, into)]
    ready: Option<Signal<bool>>,
) -> impl IntoView {
    let class = if danger { "button danger" } else { "button main-action" };
    let blocked = move || sending.busy() || ready.is_some_and(|ready| !ready.get());
    view! {
        <button class=class disabled=blocked aria-busy=move || sending.busy().then_some("true")>{label}</button>
    }
}
