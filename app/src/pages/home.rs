//! `/`: what this is; signed in, the dashboard of the person's organization.

use domain::paths;
use domain::portal::Dashboard;
use domain::role::Role;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::card::Card;
use crate::components::empty_state::EmptyState;
use crate::components::icon::{
    ARROW_RIGHT, BUILDING_2, Glyph, HISTORY, Icon, KEY_ROUND, LIFE_BUOY, LOCK, PACKAGE, PLUG, PLUS, REFRESH_CW,
    SCROLL_TEXT, SHIELD_CHECK,
};
use crate::components::layout::{Brand, Section, ThemeSwitch};
use crate::components::page_header::PageHeader;
use crate::components::timeline::Timeline;
use crate::error::PortalError;
use crate::format::grouped;
use crate::pages::apps::AppRows;
use crate::pages::framed::{Framed, framed, refused};
use crate::session::{SignedIn, signed_in};

/// The page.
#[component]
pub fn Home() -> impl IntoView {
    view! {
        <Suspense>
            {Suspend::new(async move {
                match signed_in().await {
                    Ok(who) => framed(dashboard(who)),
                    Err(PortalError::NotSignedIn) => view! { <Landing/> }.into_any(),
                    Err(error) => refused(&error),
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// The organization at a glance.
async fn dashboard(who: SignedIn) -> Result<Framed, PortalError> {
    let page = match who.me().current.clone() {
        None => view! { <Welcome name=who.me().name.clone() staff=who.me().staff_role.is_some()/> }.into_any(),
        Some(current) => {
            let board =
                who.store().dashboard(current.organization.id, current.role).await.map_err(PortalError::internal)?;
            let title = current.organization.name;
            view! { <Board title role=current.role board/> }.into_any()
        }
    };
    Ok(Framed::new(&who, Section::Home, "Dashboard", page))
}

/// For those who belong to no organization yet.
#[component]
fn Welcome(name: String, staff: bool) -> impl IntoView {
    let next = if staff {
        view! {
            <EmptyState glyph=LIFE_BUOY title="Your work is under Support"
                text="Find apps, installs, organizations and people, and see what waits for review. You belong to no organization, and need none for it.">
                <a class="button main-action" href=paths::SUPPORT>"Open Support"</a>
                <a class="button" href=paths::NEW_ORGANIZATION><Icon glyph=PLUS/>"Create an organization"</a>
            </EmptyState>
        }
        .into_any()
    } else {
        view! {
            <EmptyState glyph=BUILDING_2 title="You belong to no organization yet"
                text="An organization makes apps, and installs those of others. Create yours: you are its owner.">
                <a class="button main-action" href=paths::NEW_ORGANIZATION><Icon glyph=PLUS/>"Create an organization"</a>
            </EmptyState>
        }
        .into_any()
    };
    view! {
        <PageHeader title=format!("Welcome, {name}")/>
        <section class="card">{next}</section>
    }
}

#[component]
fn Board(title: String, role: Role, board: Dashboard) -> impl IntoView {
    let makes = role.makes_apps();
    let administers = role.administers_installs();
    let apps = makes.then(|| {
        let aside = (!board.recent_apps.is_empty()).then(|| view! { <a class="small" href=paths::APPS>"All apps"</a> }.into_any());
        let rows = if board.recent_apps.is_empty() {
            view! {
                <EmptyState glyph=PACKAGE title="No apps yet" text="Register one to ask other organizations for access.">
                    <a class="button" href=paths::NEW_APP><Icon glyph=PLUS/>"Register an app"</a>
                </EmptyState>
            }
            .into_any()
        } else {
            view! { <AppRows apps=board.recent_apps/> }.into_any()
        };
        let aside = aside.unwrap_or_else(|| ().into_any());
        view! { <Card title="Apps" aside flush=true>{rows}</Card> }
    });
    let events = administers.then(|| {
        let aside = view! { <a class="small" href=paths::AUDIT>"Audit log"</a> }.into_any();
        view! {
            <Card title="What happened last" aside>
                {if board.recent_events.is_empty() {
                    view! { <p class="soft">"Nothing was recorded yet."</p> }.into_any()
                } else {
                    view! { <Timeline rows=board.recent_events/> }.into_any()
                }}
            </Card>
        }
    });
    let lead = match (makes, administers) {
        (true, true) => "Apps that you make, and apps that you let in.",
        (true, false) => "Apps that you make, and apps that others let in.",
        (false, _) => "Apps that others let in.",
    };
    view! {
        <PageHeader title lead>
            {makes.then(|| view! { <a class="button main-action" href=paths::NEW_APP><Icon glyph=PLUS/>"New app"</a> })}
        </PageHeader>
        <div class="numbers">
            {makes.then(|| view! { <Number glyph=PACKAGE value=board.apps name="Apps made here" href=Some(paths::APPS)/> })}
            <Number glyph=PLUG value=board.installs name="Active installs" href=administers.then_some(paths::INSTALLS)/>
        </div>
        {apps}
        {events}
        {(!makes && !administers).then(|| view! {
            <section class="card">
                <EmptyState glyph=SHIELD_CHECK title="What acts for you is under My apps"
                    text="As a member you use what others installed. Apps that act as you can be revoked there at any time.">
                    <a class="button" href=paths::MY_APPS>"My apps"</a>
                </EmptyState>
            </section>
        })}
    }
}

/// A number, which leads to its list where that is open to the person.
#[component]
fn Number(glyph: Glyph, value: u64, name: &'static str, href: Option<&'static str>) -> impl IntoView {
    let said = view! {
        <span class="number-sign"><Icon glyph/></span>
        <span><b>{grouped(value)}</b><span class="soft">{name}</span></span>
    };
    match href {
        Some(href) => view! { <a class="number card" href=href>{said}<Icon glyph=ARROW_RIGHT/></a> }.into_any(),
        None => view! { <div class="number card">{said}</div> }.into_any(),
    }
}

/// What this is, for those who are not signed in.
#[component]
fn Landing() -> impl IntoView {
    view! {
        <Title text="Portico · The front door for your partners' apps"/>
        <div class="landing">
            <header class="landing-top">
                <Brand/>
                <nav aria-label="Account" class="row">
                    <a class="button bare" href=paths::SIGN_IN>"Sign in"</a>
                    <a class="button" href=paths::SIGN_UP>"Sign up"</a>
                </nav>
            </header>
            <main id="main">
                <section class="hero">
                    <div class="hero-words">
                        <h1>"The front door for your partners\u{2019} apps"</h1>
                        <p>"Partners register an app and see a working token within minutes. Your customers read, in plain sentences, what it may do before they let it in. And when they close the door, it is closed."</p>
                        <div class="row">
                            <a class="button main-action large" href=paths::SIGN_UP>"Register an app"<Icon glyph=ARROW_RIGHT/></a>
                            <a class="button large" href=paths::SIGN_IN>"Sign in"</a>
                        </div>
                    </div>
                    <Picture/>
                </section>
                <section class="tells" aria-label="What it does">
                    <Tell glyph=KEY_ROUND title="For those who build"
                        text="Exact redirect URIs, several live secrets, rotation with a grace that you choose, a quickstart with your own ids, and a test install in one click."/>
                    <Tell glyph=SHIELD_CHECK title="For those who decide"
                        text="Each scope is a sentence with the maker\u{2019}s reason beside it. Installs show who allowed what, when it was last used, and end with one button."/>
                    <Tell glyph=SCROLL_TEXT title="For those who help"
                        text="One search over apps, organizations, people and request ids. Every change is on the record, with who, when, from where and what it was before."/>
                </section>
                <section class="facts-strip" aria-label="Standards">
                    <Promise glyph=LOCK text="OAuth 2.0 with PKCE, exact redirects and issuer identification"/>
                    <Promise glyph=REFRESH_CW text="Refresh tokens rotate, and a stolen one ends its whole family"/>
                    <Promise glyph=HISTORY text="Revoked means revoked: the very next call is refused"/>
                </section>
            </main>
            <footer class="landing-foot soft small">
                <ThemeSwitch/>
                <a href=paths::AUTHORIZATION_SERVER_METADATA>"Server metadata"</a>
            </footer>
        </div>
    }
}

/// A consent card as people see it: drawn, not a form.
#[component]
fn Picture() -> impl IntoView {
    let lines = [
        ("Read feedback posts and comments", "To show them beside the ticket."),
        ("Write and close feedback posts", "To answer from the help desk."),
    ];
    let lines = lines.map(|(sentence, purpose)| {
        view! {
            <li><Icon glyph=crate::components::icon::CHECK/><span>{sentence}<span class="purpose">"\u{201c}"{purpose}"\u{201d}"</span></span></li>
        }
    });
    view! {
        <div class="hero-picture" role="img" aria-label="A consent card: Relay Desk wants to work in Northwind, with two permissions and the reason for each">
            <div class="card" aria-hidden="true">
                <div class="body">
                    <div class="pair">
                        <span class="mark mark-l hue-8">"RD"</span>
                        <Icon glyph=crate::components::icon::ARROW_LEFT_RIGHT/>
                        <span class="mark mark-l hue-2">"NW"</span>
                    </div>
                    <p class="picture-title">"Relay Desk wants to work in Northwind"</p>
                    <ul class="may">{lines.into_iter().collect_view()}</ul>
                    <div class="decide"><span class="button">"Cancel"</span><span class="button main-action">"Allow"</span></div>
                </div>
            </div>
        </div>
    }
}

#[component]
fn Tell(glyph: Glyph, title: &'static str, text: &'static str) -> impl IntoView {
    view! { <div class="tell"><span class="tell-sign"><Icon glyph/></span><h2>{title}</h2><p class="soft">{text}</p></div> }
}

#[component]
fn Promise(glyph: Glyph, text: &'static str) -> impl IntoView {
    view! { <p><Icon glyph/><span>{text}</span></p> }
}
