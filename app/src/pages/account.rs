//! `/account`: who the person is, his password, his sessions.

use domain::id::SessionId;
use leptos::prelude::*;

use crate::csrf::CsrfClient;
use crate::error::PortalError;

/// Sets a new password. Ends the person's other sessions, and what acts as him.
#[server(prefix = "/fn", endpoint = "account/password", client = CsrfClient)]
pub async fn change_password(current_password: String, password: String) -> Result<(), PortalError> {
    use domain::paths::ACCOUNT;

    let next = crate::error::Next::Page(ACCOUNT);
    crate::error::save(ACCOUNT, next, page::change_password(current_password, password), |()| page::PASSWORD_CHANGED)
        .await
}

/// Ends one of the person's own sessions.
#[server(prefix = "/fn", endpoint = "account/sessions/end")]
pub async fn end_session(session: SessionId) -> Result<(), PortalError> {
    crate::error::settle(domain::paths::ACCOUNT, async {
        let who = crate::session::signed_in().await?;
        who.store().end_session(who.by(), who.user(), session).await?;
        Ok("The session is ended. That browser is signed out.")
    })
    .await
}

#[cfg(feature = "ssr")]
pub use page::*;

#[cfg(feature = "ssr")]
mod page {
    use domain::paths;
    use domain::portal::{Me, SessionRow};
    use domain::store::accounts::ChangePasswordError;
    use domain::store::sessions::SessionKey;
    use domain::store::{Password, PasswordProblem};
    use domain::time::Timestamp;
    use leptos::prelude::*;

    use super::EndSession;
    use crate::components::card::Card;
    use crate::components::csrf_field::CsrfField;
    use crate::components::field::Field;
    use crate::components::layout::{Section, role_name};
    use crate::components::mark::Mark;
    use crate::components::page_header::PageHeader;
    use crate::components::status::{Meaning, Status};
    use crate::components::table::{Table, Who};
    use crate::components::timestamp::When;
    use crate::error::PortalError;
    use crate::format::counted;
    use crate::pages::apps::form::{AppForm, Task};
    use crate::pages::framed::{Framed, framed, said};
    use crate::session::{self, SignedIn, WrongPassword};
    use leptos::server_fn::ServerFn;

    /// What became of a new password.
    pub(super) const PASSWORD_CHANGED: &str = "The password is changed. Your other sessions are signed out, and apps \
                                               that acted as you have to be connected again.";

    /// The person's account.
    #[component]
    pub fn Account() -> impl IntoView {
        framed(load())
    }

    /// The key of the session that asks.
    fn key(who: &SignedIn) -> Result<SessionKey, PortalError> {
        who.session().id().map(|id| SessionKey::new(id.0)).ok_or(PortalError::NotSignedIn)
    }

    pub(super) async fn change_password(current: String, password: String) -> Result<(), PortalError> {
        let who = session::signed_in().await?;
        let refused = |problem: PasswordProblem| PortalError::field("password", problem.to_string());
        let new = Password::new(password).map_err(refused)?;
        let (current, session) = (Password::presented(current), key(&who)?);
        let changed = who.store().change_password(who.by(), who.user(), current, new, Some(&session)).await;
        let changed_at = changed.map_err(|error| match error {
            ChangePasswordError::WrongPassword => {
                if let Some(wrong) = use_context::<WrongPassword>() {
                    wrong.note();
                }
                PortalError::field("current_password", "This is not your present password.")
            }
            ChangePasswordError::SessionEnded => PortalError::NotSignedIn,
            ChangePasswordError::Busy(_) => PortalError::Busy,
            ChangePasswordError::Database(error) => PortalError::internal(error),
        })?;
        // This session has ended as well: whoever knew its id is out (requirement 109).
        begin_anew(&who, changed_at).await.map_err(|error| {
            tracing::error!(%error, "no session for a new password");
            PortalError::conflict("The password is changed, and you are signed out. Sign in with the new one.")
        })?;
        Ok(())
    }

    /// A session under a new id, with what the old one kept.
    async fn begin_anew(who: &SignedIn, at: Timestamp) -> Result<(), tower_sessions::session::Error> {
        who.session().cycle_id().await?;
        session::begin(who.session(), who.user(), at, who.by()).await
    }

    async fn load() -> Result<Framed, PortalError> {
        let who = session::signed_in().await?;
        let sessions = who.store().sessions_of(who.user(), &key(&who)?).await.map_err(PortalError::internal)?;
        let page = page(who.me(), sessions, said(&who).await);
        Ok(Framed::new(&who, Section::Account, "Account", page))
    }

    fn page(me: &Me, rows: Vec<SessionRow>, said: Option<AnyView>) -> impl IntoView + use<> {
        let others = rows.iter().filter(|row| !row.current).count();
        let consequence = match u64::try_from(others).unwrap_or(u64::MAX) {
            0 => "A new one ends what apps hold as you.".to_owned(),
            others => {
                format!("A new one ends your {} at once, and what apps hold as you.", counted(others, "other session"))
            }
        };
        view! {
            <PageHeader title="Account" lead="Who you are here, and where you are signed in."/>
            {said}
            <Card title="Sessions" lead="Each browser that is signed in as you." flush=true>{sessions(rows)}</Card>
            <div class="columns">
                <Card title="Password" lead=consequence><AppForm task=Task::Password label="Change password".to_owned() danger=false>
                        <CsrfField/>
                        <Field name="current_password" label="Present password" kind="password" autocomplete="current-password" required=true/>
                        <Field name="password" label="New password" kind="password" autocomplete="new-password" required=true
                            hint="At least 10 characters. A few words together are easy to keep in mind."/>
                    </AppForm></Card>
                <div class="stack">{person(me)} {organizations(me)}</div>
            </div>
        }
    }

    fn person(me: &Me) -> impl IntoView + use<> {
        let (name, email) = (me.name.clone(), me.email.clone());
        let staff =
            me.staff_role.map(|role| view! { <dt>"Staff role"</dt> <dd><span class="tag">{role.as_str()}</span></dd> });
        view! {
            <Card title="You">
                <dl class="facts upright">
                    <dt>"Name"</dt> <dd>{name}</dd>
                    <dt>"E-mail address"</dt> <dd class="value">{email}</dd>
                    {staff}
                </dl>
            </Card>
        }
    }

    fn organizations(me: &Me) -> impl IntoView + use<> {
        let none = me.memberships.is_empty();
        let rows = me
            .memberships
            .iter()
            .map(|membership| {
                let organization = membership.organization.clone();
                let mark = view! { <Mark id=organization.id.to_string() name=organization.name.clone()/> };
                view! {
                    <li><Who mark=mark.into_any() name=organization.name.into_any() note=role_name(membership.role).into_any()/></li>
                }
            })
            .collect_view();
        view! {
            <Card title="Organizations">
                {none.then(|| view! { <p class="soft">"You are not a member of an organization yet."</p> })}
                <ul class="stack-s">{rows}</ul>
                <div><a class="button slight" href=paths::NEW_ORGANIZATION>"Create an organization"</a></div>
            </Card>
        }
    }

    fn sessions(rows: Vec<SessionRow>) -> impl IntoView {
        let rows = rows.into_iter().map(session).collect_view();
        view! { <Table caption="Your sessions" columns=vec!["Browser", "State", "Signed in", "Last seen", ""]>{rows}</Table> }
    }

    fn session(row: SessionRow) -> impl IntoView {
        let name = row.user_agent.as_deref().map_or_else(|| "Unknown program".to_owned(), program);
        let note = row.ip.unwrap_or_else(|| "Unknown address".to_owned());
        let label = format!("End the session of {name} at {note}");
        let (meaning, word) = if row.current { (Meaning::Good, "This one") } else { (Meaning::Plain, "Signed in") };
        view! {
            <tr>
                <td class="lead"><Who name=name.into_any() note=note.into_any()/></td>
                <td class="state"><Status meaning word/></td>
                <td data-label="Signed in"><When at=row.authenticated_at/></td>
                <td data-label="Last seen"><When at=row.last_seen_at/></td>
                <td class="acts">
                    {if row.current {
                        view! { <a class="button slight" href=paths::SIGN_OUT>"Sign out"</a> }.into_any()
                    } else {
                        view! {
                            <form method="post" action=EndSession::url()>
                                <CsrfField/>
                                <input type="hidden" name="session" value=row.id.to_string()/>
                                <button class="button slight" aria-label=label>"End"</button>
                            </form>
                        }
                        .into_any()
                    }}
                </td>
            </tr>
        }
    }

    /// `Firefox on Linux`: enough to know one's own again. Whatever is not known is shown as it came, cut short.
    fn program(user_agent: &str) -> String {
        // Each says that it is all the ones after it as well: the order decides.
        let browsers = [
            ("Edg/", "Edge"),
            ("OPR/", "Opera"),
            ("Firefox/", "Firefox"),
            ("HeadlessChrome/", "Chromium"),
            ("Chrome/", "Chrome"),
            ("Safari/", "Safari"),
            ("curl/", "curl"),
        ];
        let systems = [
            ("Android", "Android"),
            ("iPhone", "iPhone"),
            ("iPad", "iPad"),
            ("Windows", "Windows"),
            ("Mac OS X", "macOS"),
            ("CrOS", "ChromeOS"),
            ("Linux", "Linux"),
        ];
        let named = |known: &[(&str, &'static str)]| {
            known.iter().find(|(sign, _)| user_agent.contains(sign)).map(|(_, name)| *name)
        };
        match (named(&browsers), named(&systems)) {
            (Some(browser), Some(system)) => format!("{browser} on {system}"),
            (Some(browser), None) => browser.to_owned(),
            (None, _) => user_agent.chars().take(40).collect(),
        }
    }

    #[cfg(test)]
    mod tests {
        use super::program;

        #[test]
        fn a_browser_is_named_as_its_owner_knows_it() {
            for (user_agent, name) in [
                ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
                (
                    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0",
                    "Edge on Windows",
                ),
                (
                    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1",
                    "Safari on iPhone",
                ),
                ("python-requests/2.32", "python-requests/2.32"),
            ] {
                assert_eq!(program(user_agent), name);
            }
        }
    }
}
