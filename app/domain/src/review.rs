//! The review of apps (PROTOCOL section 1, *Approval*): what waits for an operator, and what becomes of it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::client::{AppStatus, ClientId};
use crate::id::{AppId, ReviewId};
use crate::portal::{AppName, AppScope, OrganizationName, ScopeChoice};
use crate::time::Timestamp;

words! {
    /// What an operator is asked.
    ReviewKind {
        /// May this app be live?
        Launch = "launch",
        /// May this live app have another name, one more host to return to, or more scopes?
        Change = "change",
    }
}

words! {
    /// Where a submission is (PRODUCT D7).
    ReviewStatus {
        /// It waits for an operator.
        Submitted = "submitted",
        /// An operator wants it changed first; the feedback says how.
        ChangesRequested = "changes_requested",
        /// An operator approved it.
        Approved = "approved",
        /// An operator refused it; the feedback says why.
        Rejected = "rejected",
    }
}

words! {
    /// What an operator decides.
    Verdict {
        /// Yes.
        Approve = "approve",
        /// Not yet.
        AskForChanges = "ask_for_changes",
        /// No.
        Reject = "reject",
    }
}

/// Why a submission was not decided; prints as a sentence for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDecided {
    /// It no longer waits.
    #[error("This submission does not wait any more: somebody decided it, or a newer one took its place.")]
    NotOpen,
    /// Whoever refuses says why.
    #[error("Write what has to change, or why it was refused: the developer reads it.")]
    FeedbackMissing,
}

impl ReviewStatus {
    /// What becomes of a submission. Only one that waits is decided, and a refusal has feedback.
    pub const fn decide(self, verdict: Verdict, has_feedback: bool) -> Result<Self, NotDecided> {
        match (self, verdict) {
            (Self::Submitted, Verdict::Approve) => Ok(Self::Approved),
            (Self::Submitted, _) if !has_feedback => Err(NotDecided::FeedbackMissing),
            (Self::Submitted, Verdict::AskForChanges) => Ok(Self::ChangesRequested),
            (Self::Submitted, Verdict::Reject) => Ok(Self::Rejected),
            _ => Err(NotDecided::NotOpen),
        }
    }
}

/// What happens when an app's developer submits it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Submission {
    /// An operator decides.
    Waits,
    /// The instance reviews no apps: a draft of earlier days is live at once.
    Live,
    /// Nothing but that the terms of use are accepted: of an app whose change waits, or for which nobody accepted any yet.
    Terms,
}

/// Whether an app in this state can be submitted, and what that does. `reviewed`: the instance's switch is on.
pub const fn submission(reviewed: bool, status: AppStatus, approved: bool) -> Option<Submission> {
    match (status, reviewed) {
        (AppStatus::Draft, true) => Some(Submission::Waits),
        (AppStatus::Draft, false) => Some(Submission::Live),
        // Live before the switch was turned on: it runs on (PRODUCT decision 5), and can ask for the approval that it lacks.
        (AppStatus::Live, true) if !approved => Some(Submission::Waits),
        (AppStatus::Live | AppStatus::Suspended | AppStatus::Deleted, _) => None,
    }
}

/// Whether a new name, host or scope of an app in this state waits for approval. A suspended app counts as what it was; in
/// doubt as one that was live: it cannot change behind the operator's back.
pub const fn edits_wait(reviewed: bool, status: AppStatus) -> bool {
    reviewed && matches!(status, AppStatus::Live | AppStatus::Suspended)
}

/// What a live app wants to become. Each part is the whole value as it was saved; none where nothing waits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Another name.
    pub name: Option<String>,
    /// Redirect URIs, one of which has a new host.
    pub redirect_uris: Option<Vec<String>>,
    /// Scopes, one of which is new.
    pub scopes: Option<Vec<ScopeChoice>>,
}

impl Proposal {
    /// Whether nothing waits.
    pub const fn is_empty(&self) -> bool {
        self.name.is_none() && self.redirect_uris.is_none() && self.scopes.is_none()
    }
}

/// An edit of a live app, in two parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split<T> {
    /// What is in force from now on.
    pub now: T,
    /// The whole value as it was saved, where a part of it waits.
    pub waits: Option<T>,
}

/// A new name waits.
pub fn split_name(held: &str, wanted: &str) -> Split<String> {
    Split { now: held.to_owned(), waits: (held != wanted).then(|| wanted.to_owned()) }
}

/// A URI of a new host waits; one of a host that is registered already acts at once, and so does a removal, unless it
/// would leave nothing.
pub fn split_uris(held: &[String], wanted: &[String]) -> Split<Vec<String>> {
    let known = hosts(held);
    let now: Vec<_> = wanted.iter().filter(|uri| known.contains(&host(uri))).cloned().collect();
    if now.len() == wanted.len() {
        return Split { now, waits: None };
    }
    Split { now: if now.is_empty() { held.to_vec() } else { now }, waits: Some(wanted.to_vec()) }
}

/// A new scope waits; other purposes and needs of scopes that the app has act at once, and so does a removal, unless it
/// would leave nothing.
pub fn split_scopes(held: &[ScopeChoice], wanted: &[ScopeChoice]) -> Split<Vec<ScopeChoice>> {
    let known = |choice: &&ScopeChoice| held.iter().any(|held| held.token == choice.token);
    let now: Vec<_> = wanted.iter().filter(known).cloned().collect();
    if now.len() == wanted.len() {
        return Split { now, waits: None };
    }
    Split { now: if now.is_empty() { held.to_vec() } else { now }, waits: Some(wanted.to_vec()) }
}

/// The host that a redirect URI leads to; of a private-use scheme the scheme and its colon, so that no scheme passes for a
/// host of the same spelling.
pub fn host(uri: &str) -> String {
    let url = Url::parse(uri).ok();
    let host = url.as_ref().and_then(|url| url.host_str()).map(str::to_owned);
    host.unwrap_or_else(|| uri.split_inclusive(':').next().unwrap_or(uri).to_owned())
}

/// The hosts of `uris`, each once.
pub fn hosts(uris: &[String]) -> BTreeSet<String> {
    uris.iter().map(|uri| host(uri)).collect()
}

/// What of an app an operator judges, as it was when it was submitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Its name.
    pub name: String,
    /// The hosts of its redirect URIs and post-logout redirect URIs.
    pub hosts: BTreeSet<String>,
    /// The scopes that it asks for.
    pub scopes: Vec<ScopeChoice>,
}

impl Snapshot {
    /// Whether the app, as it is now, is no more than what was submitted: then an approval is about what the operator saw, the
    /// purposes included, which people read when they decide.
    pub fn covers(&self, now: &Self) -> bool {
        let covered = |now: &ScopeChoice, seen: &ScopeChoice| {
            now.token == seen.token && now.purpose == seen.purpose && now.required <= seen.required
        };
        let seen = now.scopes.iter().all(|choice| self.scopes.iter().any(|seen| covered(choice, seen)));
        self.name == now.name && now.hosts.is_subset(&self.hosts) && seen
    }
}

/// The terms of use of the instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Their version, as acceptances name it.
    pub version: String,
    /// Where they can be read.
    pub url: String,
}

/// Who accepted which terms of use for an app, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The version.
    pub version: String,
    /// The person's name at that time.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A submission in the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewRow {
    /// The submission.
    pub id: ReviewId,
    /// The app, under the name that it has now.
    pub app: AppName,
    /// Who makes it.
    pub owner: OrganizationName,
    /// What is asked.
    pub kind: ReviewKind,
    /// Where it is.
    pub status: ReviewStatus,
    /// Who submitted it; empty when the command line did.
    pub submitted_by: String,
    /// When.
    pub submitted_at: Timestamp,
}

/// One thing that a submission asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked<T> {
    /// The thing.
    pub what: T,
    /// Whether a live app does not have it yet.
    pub new: bool,
}

/// A submission's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewDetail {
    /// The queue's line.
    pub row: ReviewRow,
    /// The app's public id.
    pub client_id: ClientId,
    /// One line about the app.
    pub description: String,
    /// Its homepage.
    pub homepage: Option<String>,
    /// Whom to ask.
    pub support_email: Option<String>,
    /// Where the app is in its lifecycle now.
    pub app_status: AppStatus,
    /// The name that it would have.
    pub name: Asked<String>,
    /// The hosts that people would be sent to.
    pub hosts: Vec<Asked<String>>,
    /// The scopes that it would ask for, with their risk and the maker's purpose.
    pub scopes: Vec<Asked<AppScope>>,
    /// Which terms were accepted last; none where nobody accepted any.
    pub terms: Option<Accepted>,
    /// Whether the app became more than what was submitted: then it cannot be approved.
    pub outgrown: bool,
    /// Whether it is a change, and nobody accepted the present terms of use for the app: then it cannot be approved yet.
    pub terms_missing: bool,
    /// Who decided; empty while nobody did.
    pub decided_by: String,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// What was written to the developer.
    pub feedback: Option<String>,
}

/// What became of a submission, for the app's own pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewOutcome {
    /// What was asked.
    pub kind: ReviewKind,
    /// Where it is.
    pub status: ReviewStatus,
    /// When it was submitted.
    pub submitted_at: Timestamp,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// What the operator wrote.
    pub feedback: Option<String>,
}

/// The review of one app, as its developers see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppReviewView {
    /// The app.
    pub app: AppId,
    /// Whether the instance reviews apps.
    pub reviewed: bool,
    /// Whether an operator approved the app.
    pub approved: bool,
    /// What submitting it would do; none where there is nothing to submit.
    pub submission: Option<Submission>,
    /// The newest launch submission.
    pub launch: Option<ReviewOutcome>,
    /// The newest change.
    pub change: Option<ReviewOutcome>,
    /// What waits for approval.
    pub waits: Proposal,
    /// The terms that the next submission accepts; none where there are none, or this version is accepted already.
    pub terms_due: Option<Terms>,
    /// Which terms were accepted last.
    pub terms: Option<Accepted>,
    /// The organizations that may test a draft.
    pub test_organizations: Vec<OrganizationName>,
}

#[cfg(test)]
#[path = "review_tests.rs"]
mod tests;
