//! The review of an app on its own pages: what waits, what an operator wrote, and the forms that submit and take back
//! (PROTOCOL section 1, *Approval*). Plain forms: they work without a script.

use domain::id::{AppId, OrgId};
use domain::review::ReviewKind;
use leptos::prelude::*;

use crate::error::PortalError;

/// Submits the app; with it the person accepts the terms of use of the version `accepted_terms`.
#[server(prefix = "/fn", endpoint = "apps/review/submit")]
pub async fn submit_app(app: AppId, accepted_terms: Option<String>) -> Result<(), PortalError> {
    use domain::review::Submission;
    use domain::store::reviews::SubmitProblem;

    crate::error::settle(&domain::paths::app(app, "overview"), async {
        let developer = crate::session::developer().await?;
        let accepted = accepted_terms.as_deref();
        let submitted = developer.store().submit_app(developer.by(), developer.org(), app, accepted).await;
        let submitted = submitted.map_err(|problem| match problem {
            SubmitProblem::NotFound => PortalError::NotFound,
            SubmitProblem::Database(error) => PortalError::internal(error),
            refusal => PortalError::conflict(refusal.to_string()),
        })?;
        Ok(match submitted {
            Submission::Waits => "Submitted. An operator decides.",
            Submission::Live => "The app is live.",
            Submission::Terms => "The terms of use are accepted.",
        })
    })
    .await
}

/// Takes back what waits for an operator.
#[server(prefix = "/fn", endpoint = "apps/review/withdraw")]
pub async fn withdraw_submission(app: AppId, kind: ReviewKind) -> Result<(), PortalError> {
    crate::error::settle(&domain::paths::app(app, "overview"), async {
        let developer = crate::session::developer().await?;
        developer.store().withdraw_submission(developer.by(), developer.org(), app, kind).await?;
        Ok("It was taken back.")
    })
    .await
}

/// Takes an organization off the list of those that may test the draft. Its install stays.
#[server(prefix = "/fn", endpoint = "apps/review/remove-test-organization")]
pub async fn remove_test_organization(app: AppId, organization: OrgId) -> Result<(), PortalError> {
    crate::error::settle(&domain::paths::app(app, "overview"), async {
        let developer = crate::session::developer().await?;
        developer.store().remove_test_organization(developer.by(), developer.org(), app, organization).await?;
        Ok("It is off the list. Its install stays.")
    })
    .await
}

#[cfg(feature = "ssr")]
pub use page::*;

#[cfg(feature = "ssr")]
mod page {
    use domain::client::AppStatus;
    use domain::id::AppId;
    use domain::paths;
    use domain::portal::{AppDetail, OrganizationName};
    use domain::review::{AppReviewView, Proposal, ReviewKind, ReviewOutcome, ReviewStatus, Submission, Terms, hosts};
    use leptos::prelude::*;
    use leptos::server_fn::ServerFn;

    use super::{RemoveTestOrganization, SubmitApp, WithdrawSubmission};
    use crate::components::alert::{Notice, Tone};
    use crate::components::card::Card;
    use crate::components::csrf_field::CsrfField;
    use crate::components::status::{Meaning, Status};
    use crate::components::timestamp::When;

    /// The card on the overview; none where the instance reviews no apps and nothing was ever reviewed.
    pub fn review_card(app: &AppDetail, review: AppReviewView) -> Option<impl IntoView + use<>> {
        let draft = app.status == AppStatus::Draft;
        let told = review.launch.is_some() || review.change.is_some() || review.terms.is_some();
        if !(review.reviewed || draft || told || review.submission.is_some()) {
            return None;
        }
        let number = review.app;
        let open = review.launch.as_ref().is_some_and(|launch| launch.status == ReviewStatus::Submitted);
        let standing = standing(app, &review);
        let launch = review.launch.filter(|launch| !open && launch.status != ReviewStatus::Approved);
        let change = review.change.filter(|change| change.status != ReviewStatus::Submitted);
        let submit = review.submission.map(|what| submit_form(number, what, open, review.terms_due));
        let waits = (!review.waits.is_empty()).then(|| waiting_change(number, &review.waits));
        let testers = draft.then(|| test_organizations(number, review.test_organizations));
        let terms = review.terms.map(|terms| {
            view! { <p class="soft small">{format!("{} accepted the terms of use, version {}, ", terms.by, terms.version)}<When at=terms.at/>"."</p> }
        });
        let title = if review.reviewed { "Review" } else { "Publish" };
        Some(view! {
            <Card title>
                {standing}
                {launch.map(outcome)}
                {waits}
                {change.map(outcome)}
                {submit}
                {open.then(|| withdraw_form(number, ReviewKind::Launch, "Take the submission back"))}
                {terms}
                {testers}
            </Card>
        })
    }

    /// What waits for approval, above every tab; none where nothing does.
    pub fn waits_notice(review: &AppReviewView) -> Option<impl IntoView + use<>> {
        let parts = parts(&review.waits);
        let overview = paths::app(review.app, "overview");
        let terms = (review.submission == Some(Submission::Terms)).then(|| {
            view! { <p>"Before that, somebody has to accept the terms of use "<a href=overview>"on the overview"</a>"."</p> }
        });
        (!parts.is_empty()).then(|| {
            view! {
                <Notice tone=Tone::Info>
                    <p><b>"A change waits for approval. "</b>"Until an operator decides, what is approved stays in force."</p>
                    <ul class="plain-list">{parts.into_iter().map(|part| view! { <li>{part}</li> }).collect_view()}</ul>
                    {terms}
                </Notice>
            }
        })
    }

    /// What a change asks for, one line each.
    fn parts(waits: &Proposal) -> Vec<String> {
        let name = waits.name.as_ref().map(|name| format!("Name: {name}"));
        let uris = waits.redirect_uris.as_ref().map(|uris| {
            let hosts: Vec<_> = hosts(uris).into_iter().collect();
            format!("Redirects to: {}", hosts.join(", "))
        });
        let scopes = waits.scopes.as_ref().map(|scopes| {
            let tokens: Vec<_> = scopes.iter().map(|choice| choice.token.as_str()).collect();
            format!("Scopes: {}", tokens.join(" "))
        });
        [name, uris, scopes].into_iter().flatten().collect()
    }

    /// Where the app is, in a sentence.
    fn standing(app: &AppDetail, review: &AppReviewView) -> impl IntoView + use<> {
        let waits = review.launch.as_ref().filter(|launch| launch.status == ReviewStatus::Submitted);
        let since = waits.map(|launch| launch.submitted_at);
        let text = match (app.status, since.is_some(), review.approved, review.reviewed) {
            (AppStatus::Draft, true, _, true) => {
                "It waits for an operator. You can go on editing: a new name, host or scope needs a new submission."
            }
            (AppStatus::Draft, true, _, false) => {
                "It waits for an operator, and need not: nobody has to approve an app here now."
            }
            (AppStatus::Draft, false, _, true) => {
                "It is a draft: it works for your organization and for those that test it, and is a page for everyone else."
            }
            (AppStatus::Draft, false, _, false) => {
                "It is a draft of the time when apps were reviewed. Nobody has to approve it now."
            }
            (_, true, ..) => "It waits for an operator, and works meanwhile.",
            (_, _, true, _) => {
                "An operator approved this app. A new name, a new host to return to and new scopes wait for approval."
            }
            (_, _, false, true) => {
                "It was live before this site began to review apps, and stays so. Without an approval, people are asked to \
                 consent at every sign-in."
            }
            (_, _, false, false) => "This site reviews no apps: every change acts at once.",
        };
        view! { <p>{text}{since.map(|at| view! { " Submitted "<When at/>"." })}</p> }
    }

    /// What an operator wrote.
    fn outcome(outcome: ReviewOutcome) -> impl IntoView {
        let (meaning, word) = match outcome.status {
            ReviewStatus::Approved => (Meaning::Good, "Approved"),
            ReviewStatus::ChangesRequested => (Meaning::Warn, "Changes asked for"),
            ReviewStatus::Rejected => (Meaning::Bad, "Rejected"),
            ReviewStatus::Submitted => (Meaning::Plain, "Waits"),
        };
        let what = match outcome.kind {
            ReviewKind::Launch => "An operator looked at the app",
            ReviewKind::Change => "An operator looked at the last change",
        };
        let feedback = outcome.feedback.map(|text| view! { <blockquote class="feedback">{text}</blockquote> });
        let at = outcome.decided_at.map(|at| view! { " " <When at/> });
        view! {
            <div class="stack-s">
                <p><Status meaning word/> " " {what} {at} "."</p>
                {feedback}
            </div>
        }
    }

    fn waiting_change(app: AppId, waits: &Proposal) -> impl IntoView + use<> {
        let parts = parts(waits).into_iter().map(|part| view! { <li>{part}</li> }).collect_view();
        view! {
            <div class="stack-s">
                <p>"This change waits for approval:"</p>
                <ul class="plain-list">{parts}</ul>
                {withdraw_form(app, ReviewKind::Change, "Take the change back")}
            </div>
        }
    }

    fn submit_form(app: AppId, what: Submission, again: bool, terms: Option<Terms>) -> impl IntoView {
        let label = match (what, again) {
            (Submission::Live, _) => "Make it live",
            (Submission::Waits, false) => "Submit for review",
            (Submission::Waits, true) => "Submit again as it is now",
            (Submission::Terms, _) => "Accept the terms of use",
        };
        let asked = (what == Submission::Terms).then(|| {
            view! { <p>"The terms of use are to be accepted for this app. It works meanwhile."</p> }
        });
        let class = if again && what == Submission::Waits { "button slight" } else { "button main-action" };
        view! {
            <form class="stack-s" method="post" action=SubmitApp::url()>
                <CsrfField/>
                <input type="hidden" name="app" value=app.to_string()/>
                {asked}
                {terms.map(accept_terms)}
                <div class="row"><button class=class>{label}</button></div>
            </form>
        }
    }

    /// The box that accepts the terms of use; required, so that nobody overlooks it.
    pub fn accept_terms(terms: Terms) -> impl IntoView {
        view! {
            <div class="field">
                <div><label class="check">
                    <input class="input" type="checkbox" name="accepted_terms" value=terms.version.clone() required/>
                    <span>
                        "I have read the " <a href=terms.url rel="noopener noreferrer">"terms of use"</a>
                        {format!(", version {}, and accept them.", terms.version)}
                    </span>
                </label></div>
                <span class="field-error" data-error-for="accepted_terms" role="alert"></span>
            </div>
        }
    }

    fn withdraw_form(app: AppId, kind: ReviewKind, label: &'static str) -> impl IntoView {
        view! {
            <form method="post" action=WithdrawSubmission::url()>
                <CsrfField/>
                <input type="hidden" name="app" value=app.to_string()/>
                <input type="hidden" name="kind" value=kind.as_str()/>
                <button class="button slight">{label}</button>
            </form>
        }
    }

    fn test_organizations(app: AppId, organizations: Vec<OrganizationName>) -> impl IntoView {
        let lines = organizations.into_iter().map(|organization| {
            let label = format!("Take {} off the list", organization.name);
            view! {
                <li>
                    <form class="row" method="post" action=RemoveTestOrganization::url()>
                        <CsrfField/>
                        <input type="hidden" name="app" value=app.to_string()/>
                        <input type="hidden" name="organization" value=organization.id.to_string()/>
                        <span>{organization.name}</span>
                        <button class="button bare" aria-label=label>"Remove"</button>
                    </form>
                </li>
            }
        });
        let lines = lines.collect_view();
        let empty = lines.is_empty();
        view! {
            <div class="stack-s">
                <h3>"Organizations that test it"</h3>
                {if empty {
                    view! { <p class="soft small">"Only your own. Another joins when one of its owners or admins, who also makes apps here, presses Test install; or an operator adds it."</p> }.into_any()
                } else {
                    view! { <ul class="plain-list">{lines}</ul> }.into_any()
                }}
            </div>
        }
    }
}
