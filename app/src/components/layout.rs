//! The frames that pages stand in: [`Frame`] with the sidebar, [`Alone`] for pages of one card.

use domain::paths;
use domain::portal::{Me, Membership};
use domain::role::Role;
use leptos::prelude::*;
use leptos_meta::Title;

use super::csrf_field::CsrfField;
use super::icon::{
    BUILDING_2, CHECK, CHEVRONS_UP_DOWN, Glyph, Icon, LAYOUT_DASHBOARD, LIFE_BUOY, LOG_OUT, MENU, MONITOR, MOON,
    PACKAGE, PLUG, PLUS, SCROLL_TEXT, SHIELD_CHECK, SUN, Sign, USER_ROUND,
};
use super::mark::Mark;
use crate::format::raw_text;
use crate::session::{RequestFacts, Theme};

/// The part of the site that a page belongs to: what the sidebar marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// The dashboard.
    Home,
    /// The apps that the organization makes.
    Apps,
    /// The apps that are installed in it.
    Installs,
    /// Its audit log.
    Audit,
    /// What acts as the person.
    MyApps,
    /// The person's account.
    Account,
    /// Support's search and dossiers.
    Support,
    /// None of them.
    Elsewhere,
}

impl Section {
    const fn path(self) -> &'static str {
        match self {
            Self::Home | Self::Elsewhere => paths::HOME,
            Self::Apps => paths::APPS,
            Self::Installs => paths::INSTALLS,
            Self::Audit => paths::AUDIT,
            Self::MyApps => paths::MY_APPS,
            Self::Account => paths::ACCOUNT,
            Self::Support => paths::SUPPORT,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Home => "Dashboard",
            Self::Apps => "Apps",
            Self::Installs => "Installed apps",
            Self::Audit => "Audit log",
            Self::MyApps => "My apps",
            Self::Account => "Account",
            Self::Support => "Support",
            Self::Elsewhere => "",
        }
    }

    const fn glyph(self) -> Glyph {
        match self {
            Self::Home | Self::Elsewhere => LAYOUT_DASHBOARD,
            Self::Apps => PACKAGE,
            Self::Installs => PLUG,
            Self::Audit => SCROLL_TEXT,
            Self::MyApps => SHIELD_CHECK,
            Self::Account => USER_ROUND,
            Self::Support => LIFE_BUOY,
        }
    }
}

/// The product's name with its sign; leads home.
#[component]
pub fn Brand() -> impl IntoView {
    view! { <a class="brand" href=paths::HOME><Sign/>"Portico"</a> }
}

/// The frame of every page of a signed-in person.
#[component]
pub fn Frame(
    /// Who.
    me: Me,
    /// Where the page belongs.
    section: Section,
    /// The page's title, before the product's name.
    #[prop(into)]
    title: String,
    /// The page.
    children: Children,
) -> impl IntoView {
    view! {
        <Title text=document_title(&title)/>
        <a class="skip" href="#main">"Skip to the content"</a>
        <div class="shell">
            <header class="topbar">
                <Brand/>
                <details class="menu">
                    <summary class="button slight"><Icon glyph=MENU/>"Menu"</summary>
                    <div class="menu-sheet"><Sidebar me=me.clone() section/></div>
                </details>
            </header>
            <aside class="side">
                <div class="side-in"><Brand/><Sidebar me section/></div>
            </aside>
            <main class="main" id="main" tabindex="-1">{children()}</main>
        </div>
    }
}

/// A page of one card: sign-in, consent, errors. It works without any script.
#[component]
pub fn Alone(
    /// The page's title, before the product's name.
    #[prop(into)]
    title: String,
    /// The page.
    children: Children,
) -> impl IntoView {
    view! {
        <Title text=document_title(&title)/>
        <div class="alone">
            <header class="alone-top"><Brand/></header>
            <main class="alone-main" id="main">{children()}</main>
            <footer class="alone-foot"><ThemeSwitch/></footer>
        </div>
    }
}

/// What stands in the sidebar, and on a phone in the menu.
#[component]
fn Sidebar(me: Me, section: Section) -> impl IntoView {
    let role = me.current.as_ref().map(|current| current.role);
    let may = |section: Section| (section, role.is_some_and(|role| role.may_open(section.path())));
    view! {
        <OrganizationSwitcher me=me.clone() section/>
        <div class="navs">
            <Group name="Organization" items=vec![(Section::Home, true), may(Section::Apps), may(Section::Installs),
                may(Section::Audit)] section/>
            <Group name="You" items=vec![(Section::MyApps, true), (Section::Account, true)] section/>
            <Group name="Staff" items=vec![(Section::Support, me.staff_role.is_some())] section/>
        </div>
        <div class="side-foot">
            <ThemeSwitch/>
            <div class="row spread">
                <a class="who me" href=paths::ACCOUNT>
                    <Mark name=me.name.clone() id=me.user.to_string()/>
                    <span><b>{me.name.clone()}</b><span class="soft small">{me.email.clone()}</span></span>
                </a>
                <a class="button slight bare" href=paths::SIGN_OUT aria-label="Sign out" title="Sign out"><Icon glyph=LOG_OUT/></a>
            </div>
        </div>
    }
}

/// A titled list of links; those that the person may not use are left out.
#[component]
fn Group(name: &'static str, items: Vec<(Section, bool)>, section: Section) -> impl IntoView {
    let links = items.into_iter().filter(|(_, allowed)| *allowed).map(|(item, _)| {
        view! {
            <li><a href=item.path() aria-current=(item == section).then_some("page")><Icon glyph=item.glyph()/>{item.name()}</a></li>
        }
    });
    let links: Vec<_> = links.collect();
    (!links.is_empty())
        .then(|| view! { <nav aria-label=name><p class="nav-title">{name}</p><ul class="nav">{links}</ul></nav> })
}

/// The current organization and, folded, the others: a plain form of one button each.
#[component]
fn OrganizationSwitcher(me: Me, section: Section) -> impl IntoView {
    let Some(current) = me.current else {
        return view! {
            <a class="org" href=paths::NEW_ORGANIZATION><span class="mark hue-none"><Icon glyph=PLUS/></span><b>"Create an organization"</b></a>
        }
        .into_any();
    };
    let here = current.organization.id;
    let others = me.memberships.into_iter().map(|membership| {
        let id = membership.organization.id;
        let chosen = id == here;
        view! {
            <li>
                <button name="organization" value=id.to_string() aria-current=chosen.then_some("true")>
                    <OrganizationLine membership/>
                    {chosen.then(|| view! { <Icon glyph=CHECK/> })}
                </button>
            </li>
        }
    });
    let label = format!("Organization: {}. Switch", current.organization.name);
    view! {
        <details class="switcher">
            <summary class="org" aria-label=label>
                <OrganizationLine membership=current/><Icon glyph=CHEVRONS_UP_DOWN/>
            </summary>
            <form class="switcher-sheet" method="post" action=paths::SWITCH_ORGANIZATION>
                <CsrfField/>
                <input type="hidden" name="next" value=section.path()/>
                <ul>{others.collect_view()}</ul>
                <a href=paths::NEW_ORGANIZATION><Icon glyph=BUILDING_2/>"Create an organization"</a>
            </form>
        </details>
    }
    .into_any()
}

/// An organization's mark, its name and the person's role there.
#[component]
fn OrganizationLine(membership: Membership) -> impl IntoView {
    let Membership { organization, role } = membership;
    view! {
        <Mark name=organization.name.clone() id=organization.id.to_string()/>
        <span class="org-name"><b>{organization.name}</b><span class="soft small">{role_name(role)}</span></span>
    }
}

/// A role with a capital.
pub const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Owner => "Owner",
        Role::Admin => "Admin",
        Role::Developer => "Developer",
        Role::Member => "Member",
    }
}

/// Light, dark, or as the system says: a plain form, kept in a cookie that the server reads, so that nothing flashes.
#[component]
pub fn ThemeSwitch() -> impl IntoView {
    let chosen = use_context::<RequestFacts>().and_then(|facts| facts.theme);
    let choices = [
        ("light", "Light", SUN, chosen == Some(Theme::Light)),
        ("dark", "Dark", MOON, chosen == Some(Theme::Dark)),
        ("system", "As the system", MONITOR, chosen.is_none()),
    ];
    let buttons = choices.map(|(value, name, glyph, current)| {
        view! {
            <button name="theme" value=value aria-label=name title=name aria-pressed=if current { "true" } else { "false" }><Icon glyph/></button>
        }
    });
    view! {
        <form class="themes" method="post" action="/theme" aria-label="Theme">
            <CsrfField/>
            <input type="hidden" name="next" value=here()/>
            {buttons.into_iter().collect_view()}
        </form>
    }
}

/// The path and query of the request at hand, when it is a page that can be asked for again.
pub fn here() -> String {
    let parts = use_context::<http::request::Parts>();
    let shown = parts.filter(|parts| matches!(parts.method, http::Method::GET | http::Method::HEAD));
    shown
        .and_then(|parts| parts.uri.path_and_query().map(ToString::to_string))
        .unwrap_or_else(|| paths::HOME.to_owned())
}

/// The document's title, with what an app or a person calls itself.
fn document_title(title: &str) -> String {
    raw_text(&format!("{title} · Portico"))
}
