//! What happened, newest first, in sentences.

use domain::audit::{Action, Outcome, Source};
use domain::portal::AuditRow;
use leptos::prelude::*;

use super::changes::Changes;
use super::timestamp::When;

/// A timeline of audit events.
#[component]
pub fn Timeline(
    /// The events, newest first.
    rows: Vec<AuditRow>,
) -> impl IntoView {
    let lines = rows.into_iter().map(|row| view! { <Line row/> });
    view! { <ol class="timeline">{lines.collect_view()}</ol> }
}

/// One event.
#[component]
fn Line(row: AuditRow) -> impl IntoView {
    let refused = row.outcome == Outcome::Refused;
    let class = if refused { "refused" } else { weight(row.action) };
    let place = row.organization.map(|organization| organization.name);
    let behalf = row.on_behalf_of.map(|name| format!(" for {name}"));
    view! {
        <li class=class>
            <div class="stack-s">
                <p>
                    <b>{row.actor}</b> {behalf} " " {sentence(row.action)} " "
                    {(!row.target_name.is_empty()).then(|| view! { <span class="value">{row.target_name}</span> })}
                    {refused.then(|| view! { " " <span class="status bad">"Refused"</span> })}
                </p>
                <p class="small soft">
                    <code>{row.action.as_str()}</code> " · " {door(row.source)}
                    {place.map(|place| format!(" · {place}"))}
                    {row.ip.map(|ip| format!(" · {ip}"))}
                    {row.request_id.map(|id| view! { " · request " <code>{id.to_string()}</code> })}
                </p>
                <Changes before=row.before after=row.after/>
            </div>
            <When at=row.at/>
        </li>
    }
}

/// Which events stand out.
const fn weight(action: Action) -> &'static str {
    match action {
        Action::InstallCreated | Action::AppCreated | Action::OrganizationCreated | Action::AppResumed => "begun",
        Action::InstallRevoked
        | Action::AppBlocked
        | Action::AppSuspended
        | Action::AppDeleted
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
        Action::RedirectUriAdded => "added the redirect URI",
        Action::RedirectUriRemoved => "removed the redirect URI",
        Action::ScopesChanged => "changed the scopes of",
        Action::SecretCreated => "created the secret",
        Action::SecretRotated => "rotated the secret",
        Action::SecretGraceChanged => "changed the grace period of",
        Action::SecretRevoked => "revoked the secret",
        Action::ResourceServerCreated => "registered the resource server",
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
