//! A page of a signed-in person: it loads, then it stands in the frame; a failure is a page of its own.

use std::str::FromStr;

use domain::paths;
use domain::portal::Me;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::problem::{ProblemPage, problem_of};
use super::search::with_query;
use crate::components::alert::{Notice, Tone};
use crate::components::form_errors::FormErrors;
use crate::components::layout::{Frame, Section, here};
use crate::error::{PortalError, see_other};
use crate::forms::FormProblem;
use crate::session::SignedIn;

/// A page that has loaded.
pub struct Framed {
    me: Me,
    section: Section,
    title: String,
    page: AnyView,
}

impl Framed {
    /// The `page` for `who`, with its title, in the section to which it belongs.
    pub fn new(who: &SignedIn, section: Section, title: impl Into<String>, page: impl IntoAny) -> Self {
        Self { me: who.me().clone(), section, title: title.into(), page: page.into_any() }
    }
}

/// The id in the path; what is no id names nothing.
pub fn id_in_path<T: FromStr>() -> Result<T, PortalError> {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    id.parse().map_err(|_| PortalError::NotFound)
}

/// Shows the page once `load` has it. Whoever is not signed in is asked to, and comes back.
pub fn framed(load: impl Future<Output = Result<Framed, PortalError>> + Send + 'static) -> AnyView {
    view! {
        <Suspense>
            {Suspend::new(async move {
                match load.await {
                    Ok(Framed { me, section, title, page }) => {
                        view! { <Frame me section title>{page}</Frame> }.into_any()
                    }
                    Err(error) => refused(&error),
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// The page for those who cannot see what they asked for.
pub fn refused(error: &PortalError) -> AnyView {
    match error {
        PortalError::NotSignedIn => ask_to_sign_in(),
        PortalError::NoOrganization => go(paths::NEW_ORGANIZATION, "Create an organization"),
        _ => view! { <ProblemPage problem=problem_of(error)/> }.into_any(),
    }
}

/// Sends the browser to the sign-in page, and back here afterwards.
pub fn ask_to_sign_in() -> AnyView {
    go(paths::SIGN_IN, "Sign in")
}

/// Sends the browser to the page `path`, which leads back here.
fn go(path: &str, name: &'static str) -> AnyView {
    let there = with_query(path, &[("next", &here())]);
    see_other(&there);
    view! { <p><a href=there>{name}</a></p> }.into_any()
}

/// What the form that led here became, above the page: of one that was sent from this page and refused, what is wrong.
pub async fn said(who: &SignedIn) -> Option<AnyView> {
    if FormProblem::of_request() != FormProblem::default() {
        return Some(view! { <FormErrors/> }.into_any());
    }
    let said = who.said().await?;
    let tone = if said.good { Tone::Good } else { Tone::Bad };
    Some(view! { <Notice tone><p>{said.text}</p></Notice> }.into_any())
}
