//! What happened, newest first, in sentences.

use domain::audit::{Action, Outcome, Source};
use domain::portal::AuditRow;
use leptos::prelude::*;

use super::changes::Changes;
use super::timestamp::{Exactly, When};
use crate::format::counted;

/// A timeline of audit events.
#[component]
pub fn Timeline(
    /// The events, newest first.
    rows: Vec<AuditRow>,
    /// How many show at once; the older ones are behind a fold. None shows all.
    #[prop(optional, into)]
    at_once: Option<usize>,
) -> impl IntoView {
    let mut rows = rows;
    let older = split_older(&mut rows, at_once.unwrap_or(usize::MAX));
    let fold = (!older.is_empty()).then(|| {
        let count = u64::try_from(older.len()).unwrap_or(u64::MAX);
        let title = format!("Show {}", counted(count, "older event"));
        view! { <details class="fold older"><summary>{title}</summary>{list(older)}</details> }
    });
    view! { {list(rows)} {fold} }
}

/// Splits off what is beyond the first `at_once`. A line or two are shown as soon as a fold would be.
pub fn split_older<T>(rows: &mut Vec<T>, at_once: usize) -> Vec<T> {
    if rows.len().saturating_sub(at_once) < 3 { Vec::new() } else { rows.split_off(at_once) }
}

fn list(rows: Vec<AuditRow>) -> impl IntoView {
    let lines = rows.into_iter().map(|row| view! { <Line row/> });
    view! { <ol class="timeline">{lines.collect_view()}</ol> }
}

/// One event: a sentence, the action's own name, and behind it everything else.
#[component]
fn Line(row: AuditRow) -> impl IntoView {
    let refused = row.outcome == Outcome::Refused;
    let class = if refused { "refused" } else { weight(row.action) };
    let behalf = row.on_behalf_of.clone().map(|name| format!(" for {name}"));
    let target = Some(row.target_name.clone()).filter(|name| !name.is_empty() && *name != row.actor);
    let after = if row.action == Action::AppSubmitted { " for review" } else { "" };
    let of_app = row.of_app.clone().map(|app| format!(" of {app}"));
    let deed = if target.is_some() { sentence(row.action) } else { alone(sentence(row.action)) };
    let at = row.at;
    view! {
        <li class=class>
            <div class="stack-s">
                <p>
                    <b>{row.actor.clone()}</b> {behalf} " " {deed}
                    {target.map(|name| view! { " " <span class="value">{name}</span> })} {of_app} {after}
                    {refused.then(|| view! { " " <span class="status bad">"Refused"</span> })}
                </p>
                <Facts row/>
            </div>
            <When at/>
        </li>
    }
}

/// Where an event came from and what it changed, behind a fold.
#[component]
fn Facts(row: AuditRow) -> impl IntoView {
    let at = row.at;
    let place = row.organization.map(|organization| view! { <dt>"Organization"</dt> <dd>{organization.name}</dd> });
    let request =
        row.request_id.map(|id| view! { <dt>"Request"</dt> <dd><code class="value">{id.to_string()}</code></dd> });
    let program = row.user_agent.map(|agent| view! { <dt>"Program"</dt> <dd><span class="value">{agent}</span></dd> });
    let door = match row.ip {
        Some(ip) => format!("{} from\u{a0}{ip}", door(row.source)),
        None => door(row.source).to_owned(),
    };
    view! {
        <details class="event">
            <summary class="small soft"><code>{row.action.as_str()}</code> "\u{a0}· " {door}</summary>
            <dl class="facts small"><dt>"When"</dt> <dd><Exactly at/></dd> {place} {request} {program}</dl>
            <Changes before=row.before after=row.after/>
        </details>
    }
}

/// The sentence without a target's name after it: whoever does something to himself is not named twice.
fn alone(sentence: &'static str) -> &'static str {
    [" for", " of", " as"].iter().find_map(|word| sentence.strip_suffix(word)).unwrap_or(sentence)
}

/// Which events stand out.
const fn weight(action: Action) -> &'static str {
    match action {
        Action::InstallCreated
        | Action::AppCreated
        | Action::AppApproved
        | Action::OrganizationCreated
        | Action::AppResumed => "begun",
        Action::InstallRevoked
        | Action::AppBlocked
        | Action::AppSuspended
        | Action::AppDeleted
        | Action::AppRejected
        | Action::SecretRevoked
        | Action::TokenReuseDetected
        | Action::CodeReplayed => "ended",
        _ => "",
    }
}

/// The door, in words.
const fn door(source: Source) -> &'static str {
    match source {
        Source::Web => "in the portal",
        Source::Api => "over the API",
        Source::Cli => "on the command line",
        Source::System => "by the instance",
    }
}

/// What the actor did, before the target's name.
pub const fn sentence(action: Action) -> &'static str {
    match action {
        Action::UserCreated => "signed up as",
        Action::UserUpdated => "changed the standing of",
        Action::PasswordChanged => "changed the password of",
        Action::LinkCreated => "made a one-time link for",
        Action::SignedIn => "signed in as",
        Action::SignedOut => "ended a session of",
        Action::SignInFailed => "failed to sign in as",
        Action::OrganizationCreated => "created the organization",
        Action::OrganizationUpdated => "changed the organization",
        Action::MemberRoleChanged => "changed the role of",
        Action::StaffRoleChanged => "changed the staff role of",
        Action::AppCreated => "registered the app",
        Action::AppUpdated => "changed the app",
        Action::AppSuspended => "suspended the app",
        Action::AppResumed => "resumed the app",
        Action::AppDeleted => "deleted the app",
        Action::AppSubmitted => "submitted",
        Action::AppWithdrawn => "took back what waited for review of",
        Action::AppApproved => "approved",
        Action::AppChangesRequested => "asked for changes of",
        Action::AppRejected => "did not approve",
        Action::TestOrganizationAdded => "let an organization test",
        Action::TestOrganizationRemoved => "took an organization off the testers of",
        Action::TermsAccepted => "accepted the terms of use for",
        Action::RedirectUriAdded => "added the redirect URI",
        Action::RedirectUriRemoved => "removed the redirect URI",
        Action::ScopesChanged => "changed the scopes of",
        Action::SecretCreated => "created the secret",
        Action::SecretRotated => "rotated the secret",
        Action::SecretGraceChanged => "changed the grace period of",
        Action::SecretRevoked => "revoked the secret",
        Action::ResourceServerCreated => "registered the resource server",
        Action::ResourceServerRemoved => "removed the resource server",
        Action::SigningKeyRotated => "published the next signing key",
        Action::SigningKeyReplaced => "replaced the signing keys by",
        Action::InstallCreated => "installed",
        Action::InstallUpgraded => "widened the scopes of",
        Action::InstallRevoked => "revoked the install of",
        Action::AppBlocked => "blocked",
        Action::AppUnblocked => "unblocked",
        Action::ConsentGranted => "allowed",
        Action::ConsentDenied => "did not allow",
        Action::CodeIssued => "was issued a code for",
        Action::CodeRedeemed => "redeemed a code for",
        Action::CodeReplayed => "presented a used code for",
        Action::TokenIssued => "was issued a token for",
        Action::TokenRefreshed => "refreshed a token for",
        Action::TokenReuseDetected => "presented a superseded refresh token for",
        Action::TokenRevoked => "revoked a token of",
        Action::SupportViewed => "looked at",
        Action::PolicyChanged => "changed the install policy of",
    }
}
