//! The document around every page.

use domain::paths;
use http::request::Parts;
use leptos::hydration::{AutoReload, HydrationScripts};
use leptos::prelude::*;
use leptos_meta::MetaTags;

use crate::App;
use crate::forms::Problem;
use crate::session::{RequestFacts, Theme};

/// Pages that work without any script and load none (requirement 107, consent at most 30 kB).
const SCRIPTLESS: [&str; 5] = ["/sign-in", "/sign-up", "/sign-out", "/set-password", "/oauth"];

/// The document: head, theme, scripts where the page may hold islands, and the app.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let facts = use_context::<RequestFacts>();
    let theme = facts.as_ref().and_then(|facts| facts.theme).map(Theme::as_str);
    let csrf = facts.map(|facts| facts.csrf).unwrap_or_default();
    let style = format!("/{}/{}.css", options.site_pkg_dir, options.output_name);
    let scripts = wakes_islands().then(|| {
        view! {
            <meta name="csrf" content=csrf/>
            <AutoReload options=options.clone()/>
            <HydrationScripts options=options islands=true/>
        }
    });
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href=style/>
                {scripts}
                <MetaTags/>
            </head>
            <body><App/></body>
        </html>
    }
}

/// Whether the page of the request at hand may hold islands.
fn wakes_islands() -> bool {
    let path = use_context::<Parts>().map(|parts| parts.uri.path().to_owned()).unwrap_or_default();
    let under = |folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    path != paths::HOME && use_context::<Problem>().is_none() && !SCRIPTLESS.iter().any(|folder| under(folder))
}
