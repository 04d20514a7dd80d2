//! `/audit`: the organization's log, by text, action and actor (PRODUCT B14).

use domain::audit::Action;
use domain::paths;
use domain::portal::{AuditRow, Page};
use domain::store::audit_log::AuditFilter;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::framed::{Framed, framed};
use crate::components::card::Card;
use crate::components::empty_state::EmptyState;
use crate::components::icon::{Icon, SCROLL_TEXT, SEARCH};
use crate::components::layout::Section;
use crate::components::page_header::PageHeader;
use crate::components::pagination::Pagination;
use crate::components::timeline::Timeline;
use crate::error::PortalError;
use crate::session;

/// What the URL asks for.
#[derive(Clone, Debug)]
struct Asked {
    q: String,
    actor: String,
    action: Option<Action>,
    after: Option<String>,
}

impl Asked {
    fn of_url() -> Self {
        let query = use_query_map();
        let query = query.read_untracked();
        let text = |name: &str| query.get(name).unwrap_or_default().trim().to_owned();
        Self { q: text("q"), actor: text("actor"), action: text("action").parse().ok(), after: query.get("after") }
    }

    const fn is_narrowed(&self) -> bool {
        !self.q.is_empty() || !self.actor.is_empty() || self.action.is_some()
    }

    fn filter(&self) -> AuditFilter {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        AuditFilter { action: self.action, text: some(&self.q), actor: some(&self.actor), after: self.after.clone() }
    }
}

/// The audit log.
#[component]
pub fn Audit() -> impl IntoView {
    framed(load(Asked::of_url()))
}

async fn load(asked: Asked) -> Result<Framed, PortalError> {
    let admin = session::org_admin().await?;
    let log = admin.store().audit_log(admin.org(), asked.filter()).await.map_err(PortalError::internal)?;
    let lead = format!(
        "Everything that was done in {}, newest first. Nothing of it can be changed.",
        admin.organization().name
    );
    Ok(Framed::new(&admin, Section::Audit, "Audit log", page(&asked, log, lead)))
}

fn page(asked: &Asked, log: Page<AuditRow>, lead: String) -> impl IntoView + use<> {
    let filters = vec![
        ("q", asked.q.clone()),
        ("actor", asked.actor.clone()),
        ("action", asked.action.map_or_else(String::new, |action| action.as_str().to_owned())),
    ];
    let title = match (asked.after.is_some(), asked.is_narrowed()) {
        (false, false) => "Newest events",
        (false, true) => "Events that match",
        (true, _) => "Older events",
    };
    let events = if log.items.is_empty() {
        nothing(asked, log.next.is_some()).into_any()
    } else {
        view! { <Timeline rows=log.items/> }.into_any()
    };
    view! {
        <PageHeader title="Audit log" lead=lead/>
        {filter_form(asked)}
        <Card title=title>{events}</Card>
        <Pagination path=paths::AUDIT filters=filters next=log.next first=asked.after.is_none()/>
    }
}

fn filter_form(asked: &Asked) -> impl IntoView + use<> {
    let chosen = asked.action;
    let options = Action::ALL
        .iter()
        .filter(|action| action.in_organization())
        .map(|&action| view! { <option value=action.as_str() selected=chosen == Some(action)>{words(action)}</option> })
        .collect_view();
    let narrowed = asked.is_narrowed();
    view! {
        <form class="audit-filters" role="search" method="get" action=paths::AUDIT>
            <div class="field">
                <label for="q">"Text"</label>
                <input class="input" type="search" id="q" name="q" value=asked.q.clone() placeholder="Name, id or request"/>
            </div>
            <div class="field">
                <label for="actor">"Who"</label>
                <input class="input" type="search" id="actor" name="actor" value=asked.actor.clone() placeholder="Person or app"/>
            </div>
            <div class="field">
                <label for="action">"What"</label>
                <select class="input" id="action" name="action">
                    <option value="">"Anything"</option>
                    {options}
                </select>
            </div>
            <div class="row">
                <button class="button"><Icon glyph=SEARCH/>"Filter"</button>
                {narrowed.then(|| view! { <a class="button slight" href=paths::AUDIT>"Clear"</a> })}
            </div>
        </form>
    }
}

fn nothing(asked: &Asked, more: bool) -> impl IntoView + use<> {
    if more {
        // A search looks through a part of a long log at a time.
        view! { <EmptyState glyph=SCROLL_TEXT title="No event matches so far" text="A part of the log was looked through. The next page goes on with older events."/> }
            .into_any()
    } else if asked.is_narrowed() || asked.after.is_some() {
        view! { <EmptyState glyph=SCROLL_TEXT title="No event matches" text="Try fewer words, or clear the filters."/> }
            .into_any()
    } else {
        view! { <EmptyState glyph=SCROLL_TEXT title="Nothing has happened yet" text="Each change in the organization leaves a line here."/> }
            .into_any()
    }
}

/// What an action is called in the filter.
const fn words(action: Action) -> &'static str {
    match action {
        Action::UserCreated => "Person signed up",
        Action::UserUpdated => "Person suspended or reactivated",
        Action::PasswordChanged => "Password changed",
        Action::LinkCreated => "One-time link made",
        Action::SignedIn => "Signed in",
        Action::SignedOut => "Session ended",
        Action::SignInFailed => "Sign-in failed",
        Action::OrganizationCreated => "Organization created",
        Action::OrganizationUpdated => "Organization changed",
        Action::MemberRoleChanged => "Member's role changed",
        Action::StaffRoleChanged => "Staff role changed",
        Action::AppCreated => "App registered",
        Action::AppUpdated => "App changed",
        Action::AppSuspended => "App suspended",
        Action::AppResumed => "App resumed",
        Action::AppDeleted => "App deleted",
        Action::AppSubmitted => "App submitted for review",
        Action::AppWithdrawn => "Submission taken back",
        Action::AppApproved => "App approved",
        Action::AppChangesRequested => "Changes of an app asked for",
        Action::AppRejected => "App not approved",
        Action::TestOrganizationAdded => "Organization may test an app",
        Action::TestOrganizationRemoved => "Organization may test an app no longer",
        Action::TermsAccepted => "Terms of use accepted",
        Action::RedirectUriAdded => "Redirect URI added",
        Action::RedirectUriRemoved => "Redirect URI removed",
        Action::ScopesChanged => "Requested scopes changed",
        Action::SecretCreated => "Secret created",
        Action::SecretRotated => "Secret rotated",
        Action::SecretGraceChanged => "Secret's grace period changed",
        Action::SecretRevoked => "Secret revoked",
        Action::ResourceServerCreated => "Resource server registered",
        Action::ResourceServerRemoved => "Resource server removed",
        Action::SigningKeyRotated => "Signing key published",
        Action::SigningKeyReplaced => "Signing keys replaced",
        Action::InstallCreated => "App installed",
        Action::InstallUpgraded => "Install's scopes widened",
        Action::InstallRevoked => "Install revoked",
        Action::AppBlocked => "App blocked",
        Action::AppUnblocked => "App unblocked",
        Action::ConsentGranted => "Consent given",
        Action::ConsentDenied => "Consent refused",
        Action::CodeIssued => "Code issued",
        Action::CodeRedeemed => "Code redeemed",
        Action::CodeReplayed => "Used code presented",
        Action::TokenIssued => "Token issued",
        Action::TokenRefreshed => "Token refreshed",
        Action::TokenReuseDetected => "Superseded refresh token presented",
        Action::TokenRevoked => "Token revoked",
        Action::SupportViewed => "Looked at by support",
        Action::PolicyChanged => "Install policy changed",
    }
}
