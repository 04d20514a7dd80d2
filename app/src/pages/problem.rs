//! Error pages: what happened, why, what to do, and the request's id. Nothing redirects (PRODUCT C9).

use domain::paths;
use http::StatusCode;
use leptos::prelude::*;

use crate::components::icon::{CIRCLE_ALERT, Icon};
use crate::components::layout::Alone;
use crate::error::{PortalError, set_status};
use crate::forms::{FormProblem, Problem};
use crate::session::RequestFacts;

/// The page of a [`Problem`]: the given one, else the one that the server put into context.
#[component]
pub fn ProblemPage(
    /// What it says; none reads the context.
    #[prop(optional, into)]
    problem: Option<Problem>,
) -> impl IntoView {
    let problem = problem.or_else(use_context).unwrap_or_else(unknown);
    set_status(StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    let request = use_context::<RequestFacts>().and_then(|facts| facts.request_id).map(|id| id.to_string());
    let facts = (request.is_some() || problem.error_code.is_some()).then(|| {
        view! {
            <dl class="facts small">
                {problem.error_code.map(|code| view! { <dt>"Error"</dt> <dd><code class="value">{code}</code></dd> })}
                {request.map(|id| view! { <dt>"Request"</dt> <dd><code class="value">{id}</code></dd> })}
            </dl>
        }
    });
    let typed = typed().map(|text| {
        view! {
            <div class="stack-s">
                <h2 class="minor">"What you typed"</h2>
                <p class="value">{text}</p>
            </div>
        }
    });
    view! {
        <Alone title=problem.title.clone()>
            <section class="card entry problem">
                <div class="body">
                    <span class="problem-sign"><Icon glyph=CIRCLE_ALERT/></span>
                    <h1>{problem.title}</h1>
                    <p>{problem.cause}</p>
                    <div class="stack-s">
                        <h2 class="minor">"What to do"</h2>
                        <p>{problem.what_to_do}</p>
                    </div>
                    {typed}
                    {facts}
                    <a class="button wide" href=paths::HOME>"To the start page"</a>
                </div>
            </section>
        </Alone>
    }
    .into_any()
}

/// The text of the form that was refused: what somebody thought about, and would have to write again.
fn typed() -> Option<String> {
    let form = FormProblem::of_request();
    ["reason", "feedback"].into_iter().map(|name| form.value(name)).find(|text| !text.trim().is_empty())
}

/// The error page of a page that could not be shown.
pub fn problem_of(error: &PortalError) -> Problem {
    let (title, cause, what_to_do) = match error {
        PortalError::NotFound => (
            "This page does not exist",
            "Either nothing is at this address, or it is not yours to see.",
            "Check the address. If the page belongs to another organization of yours, switch to that one first.",
        ),
        PortalError::NotSignedIn => {
            ("You are signed out", "This page is for people who are signed in.", "Sign in and open it again.")
        }
        PortalError::Forbidden => (
            "Your role does not allow this",
            "It is for owners and admins of the organization.",
            "Ask one of them to do it, or to change your role.",
        ),
        PortalError::Invalid { .. } | PortalError::Conflict { .. } | PortalError::NoOrganization => {
            return page_of(
                error,
                "This cannot be done",
                &error.to_string(),
                "Go back, look at the present state, and try again.",
            );
        }
        PortalError::Busy => {
            ("Too much is going on", "The site cannot take this request right now.", "Try again in a moment.")
        }
        PortalError::Internal | PortalError::Unreachable => (
            "Something went wrong on our side",
            "The page could not be made. What was saved before is still there.",
            "Try again. If it stays, tell whoever runs this site the request id below.",
        ),
    };
    page_of(error, title, cause, what_to_do)
}

fn page_of(error: &PortalError, title: &str, cause: &str, what_to_do: &str) -> Problem {
    Problem {
        status: error.status().as_u16(),
        title: title.to_owned(),
        cause: cause.to_owned(),
        what_to_do: what_to_do.to_owned(),
        error_code: None,
    }
}

fn unknown() -> Problem {
    problem_of(&PortalError::Internal)
}
