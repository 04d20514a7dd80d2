//! What is known of one install: the same for the admin who reviews it and for support.

use domain::client::{ActorMode, InstallStatus};
use domain::portal::{InstallDetail, InstallRow, TokenRow};
use domain::time::Timestamp;
use leptos::prelude::*;

use super::index::acts_as;
use crate::components::alert::Notice;
use crate::components::card::Card;
use crate::components::mark::Mark;
use crate::components::page_header::{Crumb, PageHeader};
use crate::components::scope_list::ScopeList;
use crate::components::status::{InstallState, Meaning, Status};
use crate::components::table::Table;
use crate::components::timeline::{Timeline, split_older};
use crate::components::timestamp::{Exactly, MaybeWhen, When, now};
use crate::format::counted;
use crate::pages::support::install_links;

/// The page's head: the app, its maker, its state.
pub(in crate::pages) fn header(row: &InstallRow, crumbs: Vec<Crumb>, blocked: bool) -> impl IntoView + use<> {
    let mark =
        view! { <Mark id=row.app.id.to_string() name=row.app.name.clone() logo=row.app.logo.clone() large=true/> };
    let lead = format!("Made by {} · installed in {} by {}", row.owner.name, row.organization.name, row.installed_by);
    let (status, test) = (row.status, row.test);
    view! {
        <PageHeader title=row.app.name.clone() crumbs=crumbs lead=lead mark=mark.into_any()>
            {test.then(|| view! { <span class="tag">"Test"</span> })}
            {blocked.then(|| view! { <Status meaning=Meaning::Bad word="Blocked"/> })}
            <InstallState status/>
        </PageHeader>
    }
}

/// When and why it ended, if it did; `also` is one more sentence.
pub(in crate::pages) fn revoked(detail: &InstallDetail, also: &'static str) -> Option<impl IntoView + use<>> {
    let at = detail.revoked_at?;
    let reason = detail.revoked_reason.clone().map(|reason| format!(" The reason given: “{reason}”"));
    Some(view! { <Notice><p>"This install ended on "<Exactly at/>{format!(".{also}")} {reason}</p></Notice> })
}

/// What it may do, its tokens, its history, its facts. `support` says whether links lead into the dossiers.
pub(in crate::pages) fn body(detail: InstallDetail, support: bool) -> impl IntoView {
    let facts = view! { {install_facts(&detail, support)} {app_facts(&detail)} }.into_any();
    let timeline = detail.timeline;
    let nothing = detail.scopes.is_empty();
    let title = if detail.row.status == InstallStatus::Revoked { "What it could do" } else { "What it may do" };
    view! {
        <div class="columns aside-first">
            <div class="stack">
                <Card title lead="As it was granted. What the app asks for later does not widen it.">
                    {nothing.then(|| view! { <p class="soft">"Nothing: no scope was granted."</p> })}
                    <ScopeList scopes=detail.scopes technical=true/>
                </Card>
                <Card title="Tokens" lead="The newest twenty, up to 30 days after their end. Only hints are kept." flush=true>{tokens(detail.tokens)}</Card>
                <Card title="Timeline">
                    {if timeline.is_empty() {
                        view! { <p class="soft">"Nothing is recorded yet."</p> }.into_any()
                    } else {
                        view! { <Timeline rows=timeline at_once=12_usize/> }.into_any()
                    }}
                </Card>
            </div>
            <div class="stack">{facts}</div>
        </div>
    }
}

fn install_facts(detail: &InstallDetail, support: bool) -> impl IntoView + use<> {
    let row = detail.row.clone();
    let actor = match row.actor {
        ActorMode::App => "Itself: a bot of its own".to_owned(),
        ActorMode::Myself => format!("{}, within that person's role", acts_as(&row)),
    };
    let reason = detail.reason.clone().unwrap_or_else(|| "No note was left".to_owned());
    let links = support.then(|| install_links(&row));
    view! {
        <Card title="Install">
            <dl class="facts upright">
                <dt>"Acts as"</dt> <dd>{actor}</dd>
                <dt>"Installed by"</dt> <dd>{row.installed_by}</dd>
                <dt>"Installed"</dt> <dd><When at=row.installed_at/></dd>
                <dt>"Last used"</dt> <dd><MaybeWhen at=row.last_used_at never="Never used"/></dd>
                <dt>"Why"</dt> <dd>{reason}</dd>
                <dt>"Install ID"</dt> <dd><code class="value">{row.id.to_string()}</code></dd>
                {links}
            </dl>
        </Card>
    }
}

fn app_facts(detail: &InstallDetail) -> impl IntoView + use<> {
    let owner = detail.row.owner.name.clone();
    let client_id = detail.client_id.to_string();
    let origins = detail
        .redirect_origins
        .iter()
        .map(|origin| view! { <code class="value">{origin.clone()}</code> })
        .collect_view();
    let origins = (!detail.redirect_origins.is_empty())
        .then(|| view! { <dt>"Sends people to"</dt> <dd class="stack-s">{origins}</dd> });
    let homepage = detail.homepage.clone().map(|url| {
        let shown = url.clone();
        view! { <dt>"Homepage"</dt> <dd><a class="value" href=url rel="noopener noreferrer">{shown}</a></dd> }
    });
    let support = detail.support_email.clone().map(|email| {
        let href = format!("mailto:{email}");
        view! { <dt>"Support"</dt> <dd><a class="value" href=href>{email}</a></dd> }
    });
    view! {
        <Card title="App">
            <dl class="facts upright">
                <dt>"Made by"</dt> <dd>{owner}</dd>
                <dt>"Client ID"</dt> <dd><code class="value">{client_id}</code></dd>
                {origins}
                {homepage}
                {support}
            </dl>
        </Card>
    }
}

/// Whether the token works at `now`.
pub(in crate::pages) fn is_live(token: &TokenRow, now: Timestamp) -> bool {
    token.revoked_at.is_none() && token.expires_at.is_none_or(|end| end > now)
}

/// Tokens that show at once; the older ones are behind a fold.
const TOKENS_AT_ONCE: usize = 5;

fn tokens(mut tokens: Vec<TokenRow>) -> AnyView {
    if tokens.is_empty() {
        return view! { <p class="soft padded">"It has no token, and none that ended in the last 30 days."</p> }
            .into_any();
    }
    let older = split_older(&mut tokens, TOKENS_AT_ONCE);
    let fold = (!older.is_empty()).then(|| {
        let title = format!("Show {}", counted(u64::try_from(older.len()).unwrap_or(u64::MAX), "older token"));
        view! { <details class="fold padded"><summary>{title}</summary>{token_table("Older tokens", older)}</details> }
    });
    view! { {token_table("Tokens", tokens)} {fold} }.into_any()
}

fn token_table(caption: &'static str, tokens: Vec<TokenRow>) -> impl IntoView {
    let now = now();
    let line = move |token: TokenRow| {
        let (meaning, word) = match token.revoked_at {
            Some(_) => (Meaning::Off, "Ended"),
            None if is_live(&token, now) => (Meaning::Good, "Live"),
            None => (Meaning::Off, "Expired"),
        };
        let end = token.revoked_at.or(token.expires_at);
        let end = if end.is_none() {
            view! { <Status meaning=Meaning::Warn word="Never ends"/> }.into_any()
        } else {
            view! { <MaybeWhen at=end never="Never"/> }.into_any()
        };
        view! {
            <tr>
                <td class="lead"><code class="value">{token.hint}</code></td>
                <td class="state"><Status meaning word/></td>
                <td data-label="Issued"><When at=token.issued_at/></td>
                <td data-label="Ends">{end}</td>
            </tr>
        }
    };
    let rows = tokens.into_iter().map(line).collect_view();
    view! { <Table caption=caption columns=vec!["Token", "State", "Issued", "Ends"]>{rows}</Table> }
}
