//! Every address that is none of the site's.

use leptos::prelude::*;

use super::problem::{ProblemPage, problem_of};
use crate::error::PortalError;

/// The page of an unknown address.
#[component]
pub fn NotFound() -> impl IntoView {
    view! { <ProblemPage problem=problem_of(&PortalError::NotFound)/> }
}
