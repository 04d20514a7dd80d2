//! Installs: what they grant, and how they end.

use domain::audit::Action;
use domain::client::{ActorMode, InstallStatus};
use domain::id::InstallId;
use domain::portal::{AuditRow, NotPermitted};
use domain::role::Role;
use domain::store::consent_decision::DecideError;
use domain::store::installs::InstallFilter;
use domain::store::{By, StoreError};
use domain::token_policy::TokenPolicy;

use crate::account_races::amid;
use crate::flow::{World, choice, invalid_grant};
use crate::harness::{by, count, keep, log, on_each_database, organization, through_a_proxy_to_postgres};

use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

async fn newest(world: &World) -> InstallId {
    world.store.installs_in(world.target, InstallFilter::default()).await.expect("answers").items[0].id
}

#[tokio::test]
async fn req_119_revoking_an_install_ends_everything_of_it_in_one_transaction() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let answer = world.tokens("").await;
        let next = world.refresh(&answer).await.expect("live");
        let code = world.code("").await;
        let waiting = world.wait("").await;
        store.consent_view(waiting.id, &world.cookie(&waiting), world.admin, false).await.expect("his");
        let himself = world.tokens("&actor=self").await;
        let page = store.installs_in(world.target, InstallFilter::default()).await.expect("answers");
        let install = page.items.iter().find(|row| row.acts_as.is_none()).expect("actor app").id;
        let why = Some("  No longer needed ".to_owned());
        store.revoke_install(&by(world.admin), world.target, install, why, false).await.expect("his");
        assert!(!world.lives(&next).await && invalid_grant(&world.refresh(&next).await));
        assert!(invalid_grant(&world.refresh(&answer).await), "the retry of the grace too");
        assert!(invalid_grant(&world.exchange(&code).await));
        let decided = world.decide(&waiting, world.admin, world.target, "").await;
        assert!(matches!(decided, Err(DecideError::NotFound)));
        assert_eq!(count(&store, "refresh_tokens", "sealed_answer IS NOT NULL").await, 0);
        assert!(world.lives(&himself).await, "another install");
        let detail = store.install(world.target, install).await.expect("still listed");
        assert_eq!(detail.row.status, InstallStatus::Revoked);
        assert_eq!(detail.revoked_reason.as_deref(), Some("No longer needed"));
        assert_eq!(detail.timeline[0].action, Action::InstallRevoked);
        let before = log(&store, world.target).await.len();
        store.revoke_install(&by(world.admin), world.target, install, None, false).await.expect("no error");
        assert_eq!(log(&store, world.target).await.len(), before, "twice is once");
    })
    .await;
}

#[tokio::test]
async fn req_119_a_block_or_a_trail_that_cannot_be_kept_ends_nothing() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let answer = world.tokens("").await;
        let install = newest(&world).await;
        for table in ["blocked_apps", "audit_events"] {
            let rename = async |from: &str, to: &str| {
                let sql = format!("ALTER TABLE {from} RENAME TO {to}");
                store.writer().execute_unprepared(&sql).await.expect("another name");
                keep(&store);
            };
            rename(table, "broken").await;
            let failed = store.revoke_install(&by(world.admin), world.target, install, None, true).await;
            assert!(matches!(failed, Err(StoreError::Database(_))), "{table}: {failed:?}");
            rename("broken", table).await;
            assert!(world.lives(&answer).await, "{table}");
            let kept = store.install(world.target, install).await.expect("there");
            assert_eq!((kept.row.status, kept.blocked), (InstallStatus::Active, false), "{table}");
        }
        store.revoke_install(&by(world.admin), world.target, install, None, true).await.expect("his");
        assert!(!world.lives(&answer).await && store.install(world.target, install).await.expect("there").blocked);
    })
    .await;
}

#[tokio::test]
async fn after_a_revocation_a_new_consent_makes_a_new_install() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        world.tokens("").await;
        let first = newest(&world).await;
        store.revoke_install(&by(world.admin), world.target, first, None, false).await.expect("his");
        let answer = world.tokens("").await;
        assert_ne!(newest(&world).await, first);
        assert!(world.lives(&answer).await);
    })
    .await;
}

#[tokio::test]
async fn a_block_ends_every_install_of_the_app_there_and_keeps_it_out() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let (app, himself) = (world.tokens("").await, world.tokens("&actor=self").await);
        let elsewhere = organization(&store, world.admin, "Elsewhere").await;
        let waiting = world.wait("").await;
        let other = world.allow(&waiting, world.admin, elsewhere).await.expect("may");
        let other = world.exchange(&other).await.expect("fresh");
        let install = newest(&world).await;
        store.revoke_install(&by(world.admin), world.target, install, None, true).await.expect("his");
        assert!(!world.lives(&app).await && !world.lives(&himself).await && world.lives(&other).await);
        assert_eq!(count(&store, "installs", "status = 'active'").await, 1);
        let waiting = world.wait("").await;
        let refused = world.allow(&waiting, world.admin, world.target).await;
        assert!(matches!(refused, Err(DecideError::NotPermitted(NotPermitted::Blocked))));
        assert!(store.install(world.target, install).await.expect("there").blocked);
        store.unblock_app(&by(world.admin), world.target, world.client.app).await.expect("it was blocked");
        assert!(store.unblock_app(&by(world.admin), world.target, world.client.app).await.is_err());
        world.decide(&waiting, world.admin, world.target, "").await.expect("the same request goes on");
        assert_eq!(count(&store, "installs", "status = 'active'").await, 2, "nothing that ended came back");
    })
    .await;
}

#[tokio::test]
async fn req_120_scopes_never_grow_without_consent_and_shrink_at_once() {
    on_each_database(async |store, _clock| {
        let mut world = World::new(&store).await;
        let answer = world.tokens("").await;
        let set = async |scopes: &[(&str, bool)]| {
            let choices = scopes.iter().map(|&(token, required)| choice(token, required)).collect();
            store.set_scopes(&by(world.maker), world.partner, world.client.app, choices, None).await.expect("set");
        };
        let now = async || world.scopes_of(&answer.access_token).await.expect("live").to_string();
        set(&[("read", true), ("write", true), ("admin", true)]).await;
        assert_eq!(now().await, "read write", "delete is gone at once, admin is not there");
        world.reload().await;
        let answer = world.refresh(&answer).await.expect("live");
        assert_eq!(answer.scope.to_string(), "read write", "a refresh brings nothing new");
        let asked_again = world.tokens("").await;
        assert_eq!(asked_again.scope.to_string(), "admin read write");
        let detail = store.install(world.target, newest(&world).await).await.expect("there");
        assert_eq!(detail.row.scopes.to_string(), "admin delete read write", "the install holds the union");
        assert!(detail.timeline.iter().any(|row| row.action == Action::InstallUpgraded));
    })
    .await;
}

#[tokio::test]
async fn a_person_ends_what_acts_as_him_and_nothing_else() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let second = world.member("second", Role::Admin).await;
        let himself = world.tokens("&actor=self").await;
        let install = newest(&world).await;
        let app = world.tokens("").await;
        let app_install = newest(&world).await;
        assert_eq!(store.my_apps(world.admin).await.expect("answers").len(), 2);
        assert!(store.my_apps(second).await.expect("answers").is_empty());
        assert!(store.revoke_my_app(&by(second), second, install).await.is_err(), "another person's");
        assert!(store.revoke_my_app(&by(world.admin), world.admin, app_install).await.is_err(), "the organization's");
        store.revoke_my_app(&by(world.admin), world.admin, install).await.expect("his");
        assert!(!world.lives(&himself).await && world.lives(&app).await);
        let mine = store.my_apps(world.admin).await.expect("answers");
        let sentences: Vec<_> = mine[0].may.iter().map(|scope| scope.sentence.as_str()).collect();
        let said = ["View the organization and its resources", "Create and change resources", "Remove resources"];
        assert_eq!(sentences, said);
    })
    .await;
}

#[tokio::test]
async fn who_leaves_an_organization_keeps_only_what_acts_as_him() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let second = world.member("second", Role::Admin).await;
        for more in ["", "&actor=self"] {
            world.allow(&world.wait(more).await, second, world.target).await.expect("he may");
        }
        assert_eq!(store.my_apps(second).await.expect("answers").len(), 2);
        store.set_member(&By::operator(), world.target, second, None).await.expect("left");
        let mine = store.my_apps(second).await.expect("answers");
        assert_eq!(mine.len(), 1);
        assert!(mine[0].acts_as.is_some(), "the organization's own install is no longer his to see");
    })
    .await;
}

#[tokio::test]
async fn lists_filter_search_and_go_on() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        for number in 0..52 {
            let name = format!("m{number}");
            let user = crate::harness::member(&store, world.target, &name, Role::Member).await;
            crate::harness::install(&store, world.client.app, world.target, user, ActorMode::Myself).await;
        }
        let first = store.installs_in(world.target, InstallFilter::default()).await.expect("answers");
        assert_eq!(first.items.len(), 50);
        let counted = store.count_installs(world.target, world.client.app).await.expect("answers");
        assert_eq!(counted, 52, "not only those of a page");
        assert_eq!(store.count_installs(world.partner, world.client.app).await.expect("answers"), 0);
        let active = async |owner| store.active_installs_of_app(owner, world.client.app).await;
        assert_eq!(active(world.partner).await.expect("its own"), 52);
        assert!(active(world.target).await.is_err(), "who does not own it learns nothing");
        let rest = InstallFilter { after: first.next.clone(), ..InstallFilter::default() };
        let rest = store.installs_in(world.target, rest).await.expect("answers");
        assert!(rest.items.len() == 2 && rest.next.is_none() && rest.items[0].id < first.items[49].id);
        let q = |text: &str| InstallFilter { q: Some(text.to_owned()), ..InstallFilter::default() };
        let owner = |filter| store.installs_of_app(world.partner, world.client.app, filter);
        assert_eq!(owner(q("TARG")).await.expect("answers").items.len(), 50);
        assert!(owner(q("%")).await.expect("answers").items.is_empty(), "signs are taken literally");
        let revoked = InstallFilter { status: Some(InstallStatus::Revoked), ..InstallFilter::default() };
        assert!(owner(revoked).await.expect("answers").items.is_empty());
        store.revoke_install(&by(world.admin), world.target, first.items[0].id, None, false).await.expect("there");
        assert_eq!(active(world.partner).await.expect("its own"), 51);
    })
    .await;
}

#[tokio::test]
async fn an_installed_app_is_found_by_its_name_and_by_its_makers_and_not_by_where_it_is() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        world.tokens("").await;
        for (text, found) in [("robot", 1), ("PARTNER", 1), ("artn", 1), ("Target", 0), ("nobody", 0)] {
            let filter = InstallFilter { q: Some(text.to_owned()), ..InstallFilter::default() };
            let page = store.installs_in(world.target, filter).await.expect("answers");
            assert_eq!(page.items.len(), found, "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn req_122_the_owner_learns_nobody_of_another_organization() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        world.tokens("").await;
        world.tokens("&actor=self").await;
        let app = world.client.app;
        let seen = store.installs_of_app(world.partner, app, InstallFilter::default()).await.expect("its own").items;
        assert_eq!(seen.len(), 2);
        assert!(seen.iter().all(|row| row.acts_as.is_none() && row.installed_by.is_empty()), "{seen:?}");
        let kept = store.installs_in(world.target, InstallFilter::default()).await.expect("answers").items;
        assert!(kept.iter().all(|row| !row.installed_by.is_empty()), "the organization itself knows");
        assert_eq!(kept.iter().filter(|row| row.acts_as.is_some()).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn all_tokens_of_an_install_are_counted_that_work_now_and_not_those_of_a_page() {
    on_each_database(async |store, clock| {
        let mut world = World::new(&store).await;
        world.client.policy = TokenPolicy::fera();
        let never = world.tokens("").await;
        world.client.policy = TokenPolicy { access_seconds: Some(60), ..TokenPolicy::fera() };
        for _ in 0..25 {
            world.tokens("").await;
        }
        let live = async || store.install(world.target, newest(&world).await).await.expect("listed").live_tokens;
        assert_eq!(live().await, 26);
        clock.advance(60);
        assert_eq!(live().await, 1, "the oldest, which is on no page");
        world.revoke(&never.access_token).await;
        assert_eq!(live().await, 0);
    })
    .await;
}

#[tokio::test]
async fn req_132_the_end_of_an_app_stands_in_the_log_of_each_organization_that_had_it() {
    on_each_database(async |store, _clock| {
        let world = World::new(&store).await;
        let himself = world.tokens("&actor=self").await;
        let answer = world.tokens("").await;
        let waiting = world.wait("").await;
        let installs = store.installs_in(world.target, InstallFilter::default()).await.expect("answers").items;
        let here = By { ip: "192.0.2.7".parse().ok(), user_agent: Some("Browser".to_owned()), ..by(world.maker) };
        store.delete_app(&here, world.partner, world.client.app).await.expect("its own");
        assert!(!world.lives(&answer).await && !world.lives(&himself).await);
        let decided = world.decide(&waiting, world.admin, world.target, "").await;
        assert!(matches!(decided, Err(DecideError::NotFound)));
        let told: Vec<_> = log(&store, world.target).await.into_iter().take(2).collect();
        assert!(told.iter().all(|event| event.action == Action::InstallRevoked), "{told:?}");
        let elsewhere = |event: &AuditRow| event.actor == "Robot" && event.ip.is_none() && event.user_agent.is_none();
        assert!(told.iter().all(elsewhere), "who did it at the maker's is the maker's business: {told:?}");
        let own = log(&store, world.partner).await;
        assert_eq!((own[0].action, own[0].ip.as_deref()), (Action::AppDeleted, Some("192.0.2.7")));
        assert_eq!(installs.len(), 2);
        for install in installs {
            let detail = store.install(world.target, install.id).await.expect("still listed");
            assert_eq!(detail.row.status, InstallStatus::Revoked);
            assert_eq!(detail.revoked_reason.as_deref(), Some("The app was deleted"));
            assert_eq!((detail.timeline[0].action, detail.live_tokens), (Action::InstallRevoked, 0));
        }
    })
    .await;
}

#[tokio::test]
async fn an_app_with_many_installs_is_deleted_by_as_few_statements_as_one_with_a_single_one() {
    through_a_proxy_to_postgres(async |store, deleting, proxy| {
        let mut asked = Vec::new();
        for installs in [1, 200] {
            let world = World::named(&store, &format!("w{installs}")).await;
            world.tokens("").await;
            for number in 1..installs {
                // As many people, each with an install of his own.
                let person = world.member(&format!("p{installs}-{number}"), Role::Admin).await;
                let like = "SELECT gen_random_uuid(), app_id, organization_id, 'self', scopes, installed_by, test, status, \
                            created_at, updated_at, $1 FROM installs WHERE app_id = $2 AND actor = 'app'";
                let sql = format!(
                    "INSERT INTO installs (id, app_id, organization_id, actor, scopes, installed_by, test, status, \
                     created_at, updated_at, user_id) {like}"
                );
                let values = [person.uuid().into(), world.client.app.uuid().into()];
                let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
                store.writer().execute_raw(statement).await.expect("written");
            }
            let (me, app) = (by(world.maker), world.client.app);
            let (done, statements) = proxy.statements(deleting.delete_app(&me, world.partner, app)).await;
            done.expect("its own");
            let ended = format!("status = 'revoked' AND app_id = '{}'", app.uuid());
            assert_eq!(count(&store, "installs", &ended).await, installs);
            asked.push(statements);
        }
        assert_eq!(asked[0], asked[1]);
    })
    .await;
}

#[tokio::test]
async fn a_block_locks_the_installs_of_an_app_in_the_order_in_which_everybody_does() {
    on_each_database(async |store, _clock| {
        if store.writer().get_database_backend() != DbBackend::Postgres {
            return;
        }
        let world = World::new(&store).await;
        world.tokens("&actor=self").await;
        world.tokens("").await;
        let installs = store.installs_in(world.target, InstallFilter::default()).await.expect("answers").items;
        let (newer, older) = (installs[0].id, installs[1].id);
        let locks =
            |id: InstallId, how: &str| format!("SELECT id FROM installs WHERE id = '{}' FOR UPDATE{how}", id.uuid());
        let blocks = {
            let (store, me, target) = (store.clone(), by(world.admin), world.target);
            async move { store.revoke_install(&me, target, newer, None, true).await }
        };
        let (tx, task) = amid(&store, &locks(older, ""), blocks).await;
        let free = store.writer().execute_unprepared(&locks(newer, " NOWAIT")).await;
        assert!(free.is_ok(), "whoever waits for the older one has the newer one: {free:?}");
        tx.rollback().await.expect("ends");
        task.await.expect("no panic").expect("his");
        assert_eq!(count(&store, "installs", "status = 'active'").await, 0);
    })
    .await;
}
