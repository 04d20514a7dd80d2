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

/// What a page says whose form shows a value once: that needs a script.
#[cfg(feature = "ssr")]
fn needs_script() -> impl leptos::prelude::IntoView {
    use leptos::prelude::*;

    use crate::components::alert::{Notice, Tone};
    view! {
        <noscript>
            <Notice tone=Tone::Warn>
                <p>"This form needs JavaScript: a secret that is shown once cannot be part of a page. The command "
                    <code>"portico app create"</code>" does the same without a browser."</p>
            </Notice>
        </noscript>
    }
}
