//! A page's head: where it is, what it is, its state and its main action.

use leptos::prelude::*;

use super::icon::{CHEVRON_RIGHT, Icon};

/// A step of the way to this page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crumb {
    /// Where it leads.
    pub href: String,
    /// Its name.
    pub name: String,
}

impl Crumb {
    /// A step to `href` named `name`.
    pub fn new(href: impl Into<String>, name: impl Into<String>) -> Self {
        Self { href: href.into(), name: name.into() }
    }
}

/// The head of a page.
#[component]
pub fn PageHeader(
    /// The page's heading.
    #[prop(into)]
    title: String,
    /// The way to it, without itself.
    #[prop(optional)]
    crumbs: Vec<Crumb>,
    /// One line about it.
    #[prop(optional, into)]
    lead: String,
    /// A large mark before the heading.
    #[prop(optional, into)]
    mark: Option<AnyView>,
    /// State and main action.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let trail = (!crumbs.is_empty()).then(|| {
        let steps = crumbs.into_iter().map(|Crumb { href, name }| {
            view! { <li><a href=href>{name}</a><Icon glyph=CHEVRON_RIGHT/></li> }
        });
        view! {
            <nav aria-label="Breadcrumb" class="crumbs">
                <ol>{steps.collect_view()}<li aria-current="page">{title.clone()}</li></ol>
            </nav>
        }
    });
    view! {
        <header class="page-header">
            {trail}
            <div class="page-title">
                <div class="page-name">
                    {mark}
                    <div><h1>{title}</h1>{(!lead.is_empty()).then(|| view! { <p class="soft">{lead}</p> })}</div>
                </div>
                {children.map(|children| view! { <div class="page-actions">{children()}</div> })}
            </div>
        </header>
    }
}
