//! `/my-apps`: what acts as the person, or what he installed, and its end (PRODUCT C10).

use domain::id::InstallId;
use leptos::prelude::*;

use crate::error::PortalError;

/// Ends an install that acts as the person who asks.
#[server(prefix = "/fn", endpoint = "my-apps/revoke")]
pub async fn revoke_my_app(install: InstallId) -> Result<(), PortalError> {
    crate::error::settle(domain::paths::MY_APPS, async {
        let who = crate::session::signed_in().await?;
        who.store().revoke_my_app(who.by(), who.user(), install).await?;
        Ok("It is revoked. None of the tokens that it had as you works any more.")
    })
    .await
}

#[cfg(feature = "ssr")]
pub use page::*;

#[cfg(feature = "ssr")]
mod page {
    use domain::client::{ActorMode, InstallStatus};
    use domain::paths;
    use domain::portal::{InstallRow, Me};
    use domain::scope::Risk;
    use leptos::prelude::*;

    use leptos::server_fn::ServerFn;

    use super::RevokeMyApp;
    use crate::components::confirm::Confirm;
    use crate::components::csrf_field::CsrfField;
    use crate::components::empty_state::EmptyState;
    use crate::components::icon::SHIELD_CHECK;
    use crate::components::layout::Section;
    use crate::components::mark::Mark;
    use crate::components::page_header::PageHeader;
    use crate::components::scope_list::ScopeSentence;
    use crate::components::status::InstallState;
    use crate::components::timestamp::{MaybeWhen, When};
    use crate::error::PortalError;
    use crate::pages::framed::{Framed, framed, said};
    use crate::session;

    /// The person's apps.
    #[component]
    pub fn MyApps() -> impl IntoView {
        framed(load())
    }

    async fn load() -> Result<Framed, PortalError> {
        let who = session::signed_in().await?;
        let apps = who.store().my_apps(who.user()).await.map_err(PortalError::internal)?;
        let page = page(who.me(), apps, said(&who).await);
        Ok(Framed::new(&who, Section::MyApps, "My apps", page))
    }

    fn page(me: &Me, apps: Vec<InstallRow>, said: Option<AnyView>) -> impl IntoView + use<> {
        let body = if apps.is_empty() {
            view! {
                <section class="card">
                    <h2 class="visually-hidden">"List"</h2>
                    <EmptyState glyph=SHIELD_CHECK title="No app acts for you"
                        text="When you allow an app, it stands here with what it may do, and you can end it at any time."/>
                </section>
            }
            .into_any()
        } else {
            let cards = apps.into_iter().map(|install| card(me, install)).collect_view();
            view! { <div class="my-apps">{cards}</div> }.into_any()
        };
        view! {
            <PageHeader title="My apps" lead="What acts as you, and what you installed for your organizations."/>
            {said}
            {body}
        }
    }

    fn card(me: &Me, install: InstallRow) -> impl IntoView + use<> {
        let acting = acting(&install.organization.name, install.actor);
        let sentences = install
            .may
            .iter()
            .map(|scope| {
                let sensitive = scope.risk == Risk::Sensitive;
                view! { <ScopeSentence sentence=scope.sentence.clone() sensitive/> }
            })
            .collect_view();
        let ending = ending(me, &install).into_any();
        let mark =
            view! { <Mark id=install.app.id.to_string() name=install.app.name.clone() logo=install.app.logo.clone()/> };
        let note = format!("Made by {}", install.owner.name);
        view! {
            <section class="card my-app">
                <header>
                    <div class="who">
                        {mark}
                        <span><h2>{install.app.name.clone()}</h2><span class="soft small">{note}</span></span>
                    </div>
                    <InstallState status=install.status/>
                </header>
                <div class="body">
                    <p>{acting}</p>
                    <ul class="may">{sentences}</ul>
                    <dl class="facts small">
                        <dt>"Allowed"</dt> <dd><When at=install.installed_at/></dd>
                        <dt>"Last used"</dt> <dd><MaybeWhen at=install.last_used_at never="Never used"/></dd>
                    </dl>
                    {ending}
                </div>
            </section>
        }
    }

    fn acting(organization: &str, actor: ActorMode) -> String {
        match actor {
            ActorMode::App => format!("Acts as itself in {organization}. You installed it there."),
            ActorMode::Myself => format!("Acts as you in {organization}, within your role there."),
        }
    }

    /// Who can end it, and how.
    fn ending(me: &Me, install: &InstallRow) -> impl IntoView + use<> {
        if install.status == InstallStatus::Revoked {
            return view! { <p class="small soft">"It has ended. None of its tokens works."</p> }.into_any();
        }
        if install.actor == ActorMode::Myself {
            let id = install.id.to_string();
            return view! {
                <Confirm label="Revoke\u{2026}" danger=true>
                    <form class="stack-s" method="post" action=RevokeMyApp::url()>
                        <CsrfField/>
                        <input type="hidden" name="install" value=id/>
                        <p class="small soft">"Every token that it has as you stops working at once. It can ask you again."</p>
                        <div><button class="button danger">"Revoke"</button></div>
                    </form>
                </Confirm>
            }
            .into_any();
        }
        let here = me.current.as_ref().is_some_and(|current| {
            current.organization.id == install.organization.id && current.role.administers_installs()
        });
        if here {
            let href = paths::install(install.id);
            return view! { <p><a class="button slight" href=href>"Review"</a></p> }.into_any();
        }
        let text = format!("It belongs to {}: its owners and admins can revoke it.", install.organization.name);
        view! { <p class="small soft">{text}</p> }.into_any()
    }
}
