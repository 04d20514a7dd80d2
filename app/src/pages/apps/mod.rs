//! `/apps`: the apps that the organization makes.

pub mod credentials;
pub mod form;
pub mod new;
pub mod redirect_uris;
pub mod review;
pub mod scopes;
pub mod settings;
pub mod test_install;
pub mod uri_rows;

#[cfg(feature = "ssr")]
mod app_page;
#[cfg(feature = "ssr")]
mod index;
#[cfg(feature = "ssr")]
pub mod installs;
#[cfg(feature = "ssr")]
pub mod overview;
#[cfg(feature = "ssr")]
pub mod policy;
#[cfg(feature = "ssr")]
pub mod protocol;
#[cfg(feature = "ssr")]
mod quickstart;
#[cfg(feature = "ssr")]
pub mod scope_picker;

#[cfg(feature = "ssr")]
pub use index::*;

/// What a form hears whose app was changed by somebody else since it was opened.
#[cfg(feature = "ssr")]
fn changed_meanwhile() -> crate::error::PortalError {
    crate::error::PortalError::conflict(
        "Somebody changed this since you opened the page, so nothing was saved. Open the page in another tab to see it \
         as it is now; what you typed stays here.",
    )
}

/// What `/apps/new` says where no script runs.
#[cfg(feature = "ssr")]
fn needs_script() -> leptos::prelude::AnyView {
    use leptos::prelude::*;

    let text = view! {
        "This form needs JavaScript: a secret that is shown once cannot be part of a page. The command "
        <code>"portico app create"</code>
        " does the same without a browser."
    };
    without_script(text.into_any())
}

/// What the page of the secrets says where no script runs.
#[cfg(feature = "ssr")]
fn secrets_need_script() -> leptos::prelude::AnyView {
    use leptos::prelude::*;

    let text = "A new secret needs JavaScript: it is shown once, and so cannot be part of a page. Turn JavaScript on \
                for this site and load the page again.";
    without_script(text.into_any())
}

#[cfg(feature = "ssr")]
fn without_script(text: leptos::prelude::AnyView) -> leptos::prelude::AnyView {
    use leptos::prelude::*;

    use crate::components::alert::{Notice, Tone};
    view! { <noscript><Notice tone=Tone::Warn><p>{text}</p></Notice></noscript> }.into_any()
}
