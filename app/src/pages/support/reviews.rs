//! `/support/reviews`: the queue of submitted apps and changes (PRODUCT D7). Support reads it; operators decide, in a plain
//! form.

use domain::id::ReviewId;
use domain::review::Verdict;
use leptos::prelude::*;

use crate::error::PortalError;

/// Decides a submission. `feedback` is what the developer reads; whoever does not approve writes some.
#[server(prefix = "/fn", endpoint = "support/reviews/decide")]
pub async fn decide_review(review: ReviewId, verdict: Verdict, feedback: Option<String>) -> Result<(), PortalError> {
    use domain::review::NotDecided;
    use domain::store::reviews::DecideProblem;

    let done = match verdict {
        Verdict::Approve => "Approved.",
        Verdict::AskForChanges => "The developer is asked for changes.",
        Verdict::Reject => "Rejected.",
    };
    let page = domain::paths::review(review);
    let body = async {
        let operator = crate::session::operator().await?;
        let decided = operator.store().decide_review(operator.by(), review, verdict, feedback).await;
        decided.map(drop).map_err(|problem| match problem {
            DecideProblem::Database(error) => PortalError::internal(error),
            DecideProblem::Refused(missing @ NotDecided::FeedbackMissing) => {
                PortalError::field("feedback", missing.to_string())
            }
            refusal => PortalError::conflict(refusal.to_string()),
        })
    };
    crate::error::save(&page, crate::error::Next::Same, body, |()| done).await
}

#[cfg(feature = "ssr")]
pub use page::*;

#[cfg(feature = "ssr")]
mod page {
    use domain::audit::TargetKind;
    use domain::id::ReviewId;
    use domain::paths;
    use domain::portal::{AppScope, Page};
    use domain::review::{Asked, ReviewDetail, ReviewKind, ReviewRow, ReviewStatus, Verdict};
    use domain::role::StaffRole;
    use domain::scope::Risk;
    use domain::typed::MAX_FEEDBACK;
    use leptos::prelude::*;
    use leptos::server_fn::ServerFn;
    use leptos_router::hooks::use_query_map;

    use super::DecideReview;
    use crate::components::alert::{Notice, Tone};
    use crate::components::card::Card;
    use crate::components::csrf_field::CsrfField;
    use crate::components::empty_state::EmptyState;
    use crate::components::field::TextArea;
    use crate::components::icon::CHECK;
    use crate::components::layout::Section;
    use crate::components::mark::Mark;
    use crate::components::page_header::{Crumb, PageHeader};
    use crate::components::status::{AppState, Meaning, Status};
    use crate::components::table::{Table, Who};
    use crate::components::timestamp::When;
    use crate::error::PortalError;
    use crate::format::percent_encoded;
    use crate::forms::FormProblem;
    use crate::pages::framed::{Framed, framed, id_in_path, said};
    use crate::pages::search::{Chip, Chips};
    use crate::pages::support::{lists, opened};
    use crate::session;

    /// The queue.
    #[component]
    pub fn Reviews() -> impl IntoView {
        let query = use_query_map().read_untracked();
        let status = query.get("status").and_then(|word| word.parse().ok()).unwrap_or(ReviewStatus::Submitted);
        framed(list(status, query.get("after")))
    }

    async fn list(status: ReviewStatus, after: Option<String>) -> Result<Framed, PortalError> {
        let staff = session::support().await?;
        let page = staff.store().reviews(status, after.as_deref()).await.map_err(PortalError::internal)?;
        let page = queue(status, after.is_none(), page);
        Ok(Framed::new(&staff, Section::Support, "Review queue", page))
    }

    fn queue(status: ReviewStatus, first: bool, page: Page<ReviewRow>) -> impl IntoView {
        let Page { items, next } = page;
        let link = |status: ReviewStatus| format!("{}?status={status}", paths::REVIEWS);
        let chip = |&other: &ReviewStatus| {
            Chip::new(paths::REVIEWS, &[("status", other.as_str())], word(other), other == status)
        };
        let chips = ReviewStatus::ALL.iter().map(chip).collect();
        let rest = next.map(|next| format!("{}&after={}", link(status), percent_encoded(&next)));
        let body = if items.is_empty() {
            let title = if status == ReviewStatus::Submitted { "Nothing waits" } else { "There is none" };
            view! { <section class="card"><EmptyState glyph=CHECK title text="Apps and changes that developers submit stand here, the oldest first."/></section> }.into_any()
        } else {
            let rows = items.into_iter().map(line).collect_view();
            view! {
                <section class="card">
                    <Table caption="Submissions" columns=vec!["App", "Status", "Asked", "Made by", "Submitted"]>{rows}</Table>
                </section>
            }
            .into_any()
        };
        view! {
            <PageHeader title="Review queue" crumbs=lists::crumbs() lead="What developers submitted. Support reads; operators decide."/>
            <div class="filters far"><Chips label="Status" chips/></div>
            {body}
            <nav class="pagination" aria-label="Pages">
                {(!first).then(|| view! { <a class="button slight" href=link(status)>"Back to the start"</a> })}
                {rest.map(|rest| view! { <a class="button slight" rel="next" href=rest>"Next"</a> })}
            </nav>
        }
    }

    fn line(row: ReviewRow) -> impl IntoView {
        let mark = view! { <Mark id=row.app.id.to_string() name=row.app.name.clone() logo=row.app.logo.clone()/> };
        let name = view! { <a href=paths::review(row.id)>{row.app.name.clone()}</a> };
        let note =
            if row.submitted_by.is_empty() { String::new() } else { format!("Submitted by {}", row.submitted_by) };
        view! {
            <tr>
                <td class="lead"><Who mark=mark.into_any() name=name.into_any() note=note.into_any()/></td>
                <td class="state"><State status=row.status/></td>
                <td data-label="Asked">{asked(row.kind)}</td>
                <td data-label="Made by"><a href=paths::support_organization(row.owner.id)>{row.owner.name}</a></td>
                <td data-label="Submitted"><When at=row.submitted_at/></td>
            </tr>
        }
    }

    const fn asked(kind: ReviewKind) -> &'static str {
        match kind {
            ReviewKind::Launch => "May it be live?",
            ReviewKind::Change => "May it change?",
        }
    }

    const fn word(status: ReviewStatus) -> &'static str {
        match status {
            ReviewStatus::Submitted => "Submitted",
            ReviewStatus::ChangesRequested => "Changes asked for",
            ReviewStatus::Approved => "Approved",
            ReviewStatus::Rejected => "Rejected",
        }
    }

    #[component]
    fn State(status: ReviewStatus) -> impl IntoView {
        let meaning = match status {
            ReviewStatus::Submitted => Meaning::Plain,
            ReviewStatus::ChangesRequested => Meaning::Warn,
            ReviewStatus::Approved => Meaning::Good,
            ReviewStatus::Rejected => Meaning::Bad,
        };
        view! { <Status meaning word=word(status)/> }
    }

    /// A submission.
    #[component]
    pub fn Review() -> impl IntoView {
        framed(load())
    }

    async fn load() -> Result<Framed, PortalError> {
        let staff = session::support().await?;
        let detail = staff.store().review(id_in_path()?).await?;
        let title = format!("Review of {}", detail.row.app.name);
        opened(&staff, TargetKind::App, detail.row.app.id, &detail.row.app.name).await?;
        let operator = staff.me().staff_role == Some(StaffRole::Operator);
        let page = page(detail, operator, said(&staff).await);
        Ok(Framed::new(&staff, Section::Support, title, page))
    }

    fn page(detail: ReviewDetail, operator: bool, said: Option<AnyView>) -> impl IntoView {
        let typed = FormProblem::of_request().value("feedback");
        let row = detail.row.clone();
        let mark =
            view! { <Mark id=row.app.id.to_string() name=row.app.name.clone() logo=row.app.logo.clone() large=true/> };
        let crumbs = [lists::crumbs(), vec![Crumb::new(paths::REVIEWS, "Review queue")]].concat();
        let (open, outgrown, terms_missing) =
            (row.status == ReviewStatus::Submitted, detail.outgrown, detail.terms_missing);
        let decision = match (open, operator) {
            (true, true) => Some(decide(row.id, !outgrown && !terms_missing).into_any()),
            (true, false) => Some(view! { <p class="soft">"Operators decide. You can read."</p> }.into_any()),
            (false, _) => None,
        };
        let result = (!open).then(|| result(&detail));
        let unsent = Some(typed).filter(|text| !open && !text.is_empty()).map(|text| {
            view! { <Card title="What you wrote was not sent"><blockquote class="feedback">{text}</blockquote></Card> }
        });
        view! {
            <PageHeader title=row.app.name.clone() crumbs lead=detail.description.clone() mark=mark.into_any()>
                <State status=row.status/>
            </PageHeader>
            {said}
            {outgrown.then(|| view! {
                <Notice tone=Tone::Warn>
                    <p><b>"The app is not what was submitted any more. "</b>"Its name, a host or a scope is another now, so it cannot be approved: ask for a new submission."</p>
                </Notice>
            })}
            {terms_missing.then(|| view! {
                <Notice tone=Tone::Warn>
                    <p><b>"The present terms of use are not accepted yet. "</b>"The app's page asks its developers to; until then the change cannot be approved."</p>
                </Notice>
            })}
            <div class="columns">
                <div class="stack">
                    {what_is_asked(detail)}
                </div>
                <div class="stack">
                    {decision.map(|form| view! { <Card title="Decision">{form}</Card> })}
                    {result}
                    {unsent}
                </div>
            </div>
        }
    }

    fn what_is_asked(detail: ReviewDetail) -> impl IntoView {
        let row = detail.row;
        let submitter = if row.submitted_by.is_empty() { "the command line".to_owned() } else { row.submitted_by };
        let terms = detail.terms.map_or_else(
            || view! { "Nobody accepted any" }.into_any(),
            |terms| {
                view! { <span>{format!("Version {}, accepted by {}, ", terms.version, terms.by)}<When at=terms.at/></span> }
                    .into_any()
            },
        );
        let status = detail.app_status;
        let hosts = detail
            .hosts
            .into_iter()
            .map(|host| view! { <li><code class="value">{host.what}</code> {new(host.new)}</li> })
            .collect_view();
        let hosts = if hosts.is_empty() {
            view! { <p class="soft">"Nobody is sent anywhere: it has no redirect URI."</p> }.into_any()
        } else {
            view! { <ul class="plain-list">{hosts}</ul> }.into_any()
        };
        let scopes = detail.scopes.into_iter().map(scope);
        view! {
            <Card title=asked(row.kind)>
                <dl class="facts">
                    <dt>"Name"</dt><dd>{detail.name.what} {new(detail.name.new)}</dd>
                    <dt>"Made by"</dt><dd><a href=paths::support_organization(row.owner.id)>{row.owner.name}</a></dd>
                    <dt>"App"</dt><dd><a href=paths::support_app(row.app.id)>"Dossier"</a> " " <AppState status/></dd>
                    <dt>"Client ID"</dt><dd><code class="value">{detail.client_id.to_string()}</code></dd>
                    {detail.homepage.map(|url| {
                        let shown = url.clone();
                        view! { <dt>"Homepage"</dt><dd><a class="value" href=url rel="noopener noreferrer">{shown}</a></dd> }
                    })}
                    {detail.support_email.map(|email| view! { <dt>"Support"</dt><dd><span class="value">{email}</span></dd> })}
                    <dt>"Submitted"</dt><dd><span>{format!("by {submitter}, ")}<When at=row.submitted_at/></span></dd>
                    <dt>"Terms of use"</dt><dd>{terms}</dd>
                </dl>
            </Card>
            <Card title="People would be sent to">
                {hosts}
            </Card>
            <Card title="It would ask for">
                <ul class="stack-s">{scopes.collect_view()}</ul>
            </Card>
        }
    }

    /// What a live app does not have yet.
    fn new(new: bool) -> Option<impl IntoView> {
        new.then(|| view! { " " <span class="tag">"New"</span> })
    }

    fn scope(asked: Asked<AppScope>) -> impl IntoView {
        let line = asked.what;
        let sensitive = line.scope.risk == Risk::Sensitive;
        let need = if line.required { "Required" } else { "Optional" };
        let purpose = if line.purpose.is_empty() {
            view! { <p class="soft small">"No purpose was given."</p> }.into_any()
        } else {
            view! { <p class="purpose">{format!("\u{201c}{}\u{201d}", line.purpose)}</p> }.into_any()
        };
        view! {
            <li>
                <p>
                    {line.scope.sentence} " " <code>{line.scope.token.to_string()}</code> {new(asked.new)}
                    {sensitive.then(|| view! { " " <Status meaning=Meaning::Warn word="Sensitive"/> })}
                    " " <span class="soft small">{need}</span>
                </p>
                {purpose}
            </li>
        }
    }

    fn decide(id: ReviewId, approvable: bool) -> impl IntoView {
        view! {
            <form class="stack" method="post" action=DecideReview::url()>
                <CsrfField/>
                <input type="hidden" name="review" value=id.to_string()/>
                <TextArea label="Feedback" name="feedback" maxlength=MAX_FEEDBACK required=true
                    hint="The developer reads it. Whoever does not approve says why; an approval needs none."/>
                <div class="row">
                    <button class="button main-action" name="verdict" value=Verdict::Approve.as_str() disabled=!approvable formnovalidate>"Approve"</button>
                    <button class="button" name="verdict" value=Verdict::AskForChanges.as_str()>"Ask for changes"</button>
                    <button class="button danger" name="verdict" value=Verdict::Reject.as_str()>"Reject"</button>
                </div>
            </form>
        }
    }

    fn result(detail: &ReviewDetail) -> impl IntoView + use<> {
        let at = detail.decided_at.map(|at| view! { <When at/> });
        let by = if detail.decided_by.is_empty() { "the command line".to_owned() } else { detail.decided_by.clone() };
        let feedback = detail.feedback.clone().map(|text| view! { <blockquote class="feedback">{text}</blockquote> });
        let status = detail.row.status;
        view! {
            <Card title="Decision">
                <p><State status/> {format!(" by {by}, ")} {at}</p>
                {feedback}
            </Card>
        }
    }
}
