//! Thirty days, told as rows and as the audit events that tell of them.

use serde_json::json;
use uuid::Uuid;

use super::cast::{CARDS, Ending, OLGA, PEOPLE, PLACES, SAM, STAYS, Stay, Until};
use super::report::{DemoApp, DemoMembership, DemoOrganization, DemoReport, DemoUser};
use super::write::Rows;
use crate::audit::{Action, Source, TargetKind};
use crate::client::{AppStatus, ClientId, InstallStatus};
use crate::entity::{
    app, app_scope, audit_event, client_secret, install, membership, organization, redirect_uri, user,
};
use crate::entropy::{Entropy, SeededEntropy};
use crate::id::{AppId, EventId, InstallId, OrgId, RedirectUriId, RequestId, SecretId, UserId};
use crate::jwt::SigningAlgorithm;
use crate::organization::Status;
use crate::secret::{ClientSecret, Plain};
use crate::store::audit::Event;
use crate::store::ids::Ids;
use crate::store::{Actor, By, Store};
use crate::time::Timestamp;

/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;
/// How long ago the story begins.
const DAYS: i64 = 30;
/// Shapes the history: the same gaps and addresses each time.
const SEED: u64 = 30;
/// Nobody's sign-in is that of a robot.
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";

/// The demo data, told.
pub(super) struct World {
    pub(super) rows: Rows,
    pub(super) report: DemoReport,
}

impl World {
    /// Tells it, up to now; `hashes` are those of the people's passwords.
    pub(super) fn tell(store: &Store, hashes: Vec<String>) -> Self {
        let mut teller = Teller::new(store);
        teller.people(hashes);
        teller.places();
        let secrets: Vec<_> = (0..CARDS.len()).map(|index| teller.app(index)).collect();
        for (index, stay) in STAYS.iter().enumerate() {
            teller.stay(index, stay);
        }
        teller.draft();
        teller.everyday();
        let report = teller.report(secrets);
        let mut rows = teller.rows;
        rows.audit_events = events(store, teller.told);
        Self { rows, report }
    }
}

/// The events in the order of their moments, with ids in the same order.
fn events(store: &Store, mut told: Vec<(Timestamp, By, Event)>) -> Vec<audit_event::Model> {
    told.sort_by_key(|(at, _, _)| *at);
    let ids = Ids::default();
    let row = |(at, by, event): (Timestamp, By, Event)| event.into_row(EventId(ids.next(at, store.entropy())), at, &by);
    told.into_iter().map(row).collect()
}

pub(super) struct Teller<'a> {
    pub(super) store: &'a Store,
    pub(super) now: Timestamp,
    jitter: SeededEntropy,
    pub(super) rows: Rows,
    told: Vec<(Timestamp, By, Event)>,
    people: Vec<UserId>,
    places: Vec<OrgId>,
    apps: Vec<AppId>,
}

impl<'a> Teller<'a> {
    fn new(store: &'a Store) -> Self {
        Self {
            store,
            now: store.now(),
            jitter: SeededEntropy::new(SEED),
            rows: Rows::default(),
            told: Vec::new(),
            people: Vec::new(),
            places: Vec::new(),
            apps: Vec::new(),
        }
    }

    /// A number below `limit`, by the history's own chance.
    pub(super) fn below(&self, limit: i64) -> i64 {
        let mut bytes = [0; 4];
        self.jitter.fill(&mut bytes);
        i64::from(u32::from_be_bytes(bytes)) % limit
    }

    /// `days` ago and `seconds` after that; never in the future.
    pub(super) fn ago(&self, days: i64, seconds: i64) -> Timestamp {
        self.now.minus_seconds(days * DAY).plus_seconds(seconds).min(self.now)
    }

    /// An id of a row that was made at `at`.
    pub(super) fn id(&self, at: Timestamp) -> Uuid {
        self.store.entropy().uuid(at)
    }

    pub(super) fn user(&self, person: usize) -> UserId {
        self.people[person]
    }

    pub(super) fn place(&self, place: usize) -> OrgId {
        self.places[place]
    }

    pub(super) fn app_id(&self, app: usize) -> AppId {
        self.apps[app]
    }

    /// A person at a browser.
    pub(super) fn by(&self, person: usize, at: Timestamp) -> By {
        By {
            actor: Actor::User { id: self.user(person), name: PEOPLE[person].name.to_owned() },
            source: Source::Web,
            request_id: Some(RequestId(self.id(at))),
            ip: PEOPLE[person].ip.parse().ok(),
            user_agent: Some(BROWSER.to_owned()),
        }
    }

    /// An app with its credentials.
    pub(super) fn by_app(&self, app: usize, at: Timestamp) -> By {
        let card = &CARDS[app];
        By {
            actor: Actor::App { id: self.app_id(app), name: card.name.to_owned() },
            source: Source::Api,
            request_id: Some(RequestId(self.id(at))),
            ip: card.ip.parse().ok(),
            user_agent: Some(format!("{}/2.3 (+{})", card.slug, card.site)),
        }
    }

    pub(super) fn tell(&mut self, at: Timestamp, by: By, event: Event) {
        self.told.push((at.min(self.now), by, event));
    }

    fn people(&mut self, hashes: Vec<String>) {
        for (index, (person, hash)) in PEOPLE.iter().zip(hashes).enumerate() {
            let at = self.ago(DAYS, 600 * i64::try_from(index).unwrap_or_default());
            let id = UserId(self.id(at));
            self.people.push(id);
            self.rows.users.push(user::Model {
                id,
                name: person.name.to_owned(),
                email: person.email.to_owned(),
                password_hash: Some(hash),
                status: Status::Active,
                staff_role: person.staff_role,
                created_at: at,
                updated_at: at,
            });
            let by = if person.staff_role.is_some() { By::operator() } else { self.by(index, at) };
            self.tell(at, by, Event::new(Action::UserCreated, TargetKind::User, id, person.name));
            if let Some(role) = person.staff_role {
                let event = Event::new(Action::StaffRoleChanged, TargetKind::User, id, person.name);
                let event = event.before(json!({ "staff_role": null })).after(json!({ "staff_role": role }));
                self.tell(at.plus_seconds(240), self.by(index, at), event);
            }
        }
    }

    fn places(&mut self) {
        for (index, place) in PLACES.iter().enumerate() {
            let at = self.ago(DAYS, 7200 + 900 * i64::try_from(index).unwrap_or_default());
            let id = OrgId(self.id(at));
            self.places.push(id);
            self.rows.organizations.push(organization::Model {
                id,
                slug: place.slug.to_owned(),
                name: place.name.to_owned(),
                domain: place.domain.map(str::to_owned),
                plan: place.plan.to_owned(),
                status: Status::Active,
                install_policy: place.install_policy,
                created_at: at,
                updated_at: at,
            });
            let maker = place.members.first().map(|(person, _)| *person).unwrap_or_default();
            let made = Event::new(Action::OrganizationCreated, TargetKind::Organization, id, place.name);
            let made = made.organization(id).after(json!({ "slug": place.slug }));
            self.tell(at, self.by(maker, at), made);
            for &(person, role) in place.members {
                let user_id = self.user(person);
                let row = membership::Model { organization_id: id, user_id, role, created_at: at };
                self.rows.memberships.push(row);
                if person != maker {
                    let event = Event::new(Action::MemberRoleChanged, TargetKind::User, user_id, PEOPLE[person].name);
                    let event = event.organization(id).before(json!({ "role": null })).after(json!({ "role": role }));
                    self.tell(at.plus_seconds(300), self.by(maker, at), event);
                }
            }
        }
    }

    /// An app with its parts; gives its newest secret.
    fn app(&mut self, index: usize) -> Option<Plain<ClientSecret>> {
        let card = &CARDS[index];
        let at = self.ago(card.days_ago, 0);
        let id = AppId(self.id(at));
        self.apps.push(id);
        let client_id = ClientId::mint(&self.store.settings().brand, self.store.entropy());
        let owner = self.place(card.owner);
        self.rows.apps.push(app::Model {
            id,
            owner_id: owner,
            client_id: client_id.clone(),
            name: card.name.to_owned(),
            description: card.description.to_owned(),
            logo: Some(format!("/logos/{}.svg", card.slug)),
            homepage: Some(card.site.to_owned()),
            support_email: Some(card.support_email.to_owned()),
            status: AppStatus::Live,
            resumes_as: None,
            auth_method: card.auth_method,
            pkce_required: card.pkce_required,
            token_policy: card.token_policy.to_owned(),
            actor_modes: card.actor_modes,
            grants: card.grants,
            id_token_signed_response_alg: SigningAlgorithm::Rs256,
            // Where apps are reviewed, these are known.
            approved_at: Some(at),
            created_by: Some(self.user(card.maker)),
            created_at: at,
            updated_at: at,
            revision: 0,
        });
        for uri in card.redirect_uris() {
            let row = redirect_uri::Model { id: RedirectUriId(self.id(at)), app_id: id, uri, created_at: at };
            self.rows.redirect_uris.push(row);
        }
        for ((scope, required, purpose), position) in card.scopes.iter().zip(0i32..) {
            let Ok(scope) = scope.parse() else { continue };
            let (purpose, required) = ((*purpose).to_owned(), *required);
            self.rows.app_scopes.push(app_scope::Model { app_id: id, scope, purpose, required, position });
        }
        let scopes: Vec<_> = card.scopes.iter().map(|(scope, _, _)| *scope).collect();
        let made = Event::new(Action::AppCreated, TargetKind::App, id, card.name).organization(owner).app(id);
        let made = made.after(json!({ "client_id": client_id, "auth_method": card.auth_method,
            "pkce_required": card.pkce_required, "actor_modes": card.actor_modes, "grants": card.grants,
            "token_policy": card.token_policy, "redirect_uris": card.redirect_uris(), "scopes": scopes }));
        self.tell(at, self.by(card.maker, at), made);
        let mut newest = None;
        for (position, (label, days_ago, ending)) in card.secrets.iter().enumerate() {
            newest = Some(self.secret(index, position, label, *days_ago, ending));
        }
        newest
    }

    fn secret(
        &mut self,
        app: usize,
        position: usize,
        label: &str,
        days_ago: i64,
        ending: &Ending,
    ) -> Plain<ClientSecret> {
        let card = &CARDS[app];
        let at = if days_ago == 0 { self.now.minus_seconds(4 * 3600) } else { self.ago(days_ago, 60) };
        let id = SecretId(self.id(at));
        let plain = Plain::<ClientSecret>::mint(&self.store.settings().brand, id.uuid(), self.store.entropy());
        let (expires_at, revoked_at) = match ending {
            Ending::Active => (None, None),
            Ending::RetiresInHours(hours) => (Some(self.now.plus_seconds(hours * 3600)), None),
            Ending::RevokedDaysAgo(days) => (None, Some(self.ago(*days, 120))),
        };
        self.rows.client_secrets.push(client_secret::Model {
            id,
            app_id: self.app_id(app),
            secret_hash: plain.hashed().to_row(),
            hint: plain.hint(),
            label: label.to_owned(),
            created_by: Some(self.user(card.maker)),
            created_at: at,
            last_used_at: Some(revoked_at.unwrap_or(self.now.minus_seconds(600)).max(at)),
            expires_at,
            revoked_at,
        });
        let action = if position == 0 { Action::SecretCreated } else { Action::SecretRotated };
        let (owner, app) = (self.place(card.owner), self.app_id(app));
        let event = |action| Event::new(action, TargetKind::Secret, id, label).organization(owner).app(app);
        let facts = json!({ "label": label, "hint": plain.hint() });
        self.tell(at, self.by(card.maker, at), event(action).after(facts.clone()));
        if let Some(revoked) = revoked_at {
            self.tell(revoked, self.by(card.maker, revoked), event(Action::SecretRevoked).before(facts));
        }
        plain
    }

    /// Sign-ins, some of which fail, staff who look, and a policy that changed.
    fn everyday(&mut self) {
        for (index, person) in PEOPLE.iter().enumerate() {
            for days_ago in (1..DAYS).rev().filter(|day| (day + i64::try_from(index).unwrap_or_default()) % 4 == 0) {
                let at = self.ago(days_ago, self.below(9 * 3600));
                let id = self.user(index);
                if self.below(8) == 0 {
                    let by = By { actor: Actor::Anonymous, ..self.by(index, at) };
                    let failed = Event::new(Action::SignInFailed, TargetKind::User, id, person.name).refused();
                    self.tell(at.minus_seconds(20), by, failed);
                }
                let event = Event::new(Action::SignedIn, TargetKind::User, id, person.name);
                self.tell(at, self.by(index, at), event);
            }
        }
        for (person, app, days_ago) in [(SAM, 0, 4), (SAM, 3, 2), (OLGA, 4, 6), (SAM, 0, 1)] {
            let at = self.ago(days_ago, 5 * 3600);
            let event = Event::new(Action::SupportViewed, TargetKind::App, self.app_id(app), CARDS[app].name);
            self.tell(at, self.by(person, at), event.app(self.app_id(app)));
        }
        let (at, tallow) = (self.ago(23, 3600), super::cast::TALLOW_STUDIO);
        let event =
            Event::new(Action::PolicyChanged, TargetKind::Organization, self.place(tallow), PLACES[tallow].name)
                .organization(self.place(tallow))
                .before(json!({ "install_policy": "admins" }))
                .after(json!({ "install_policy": "open" }));
        self.tell(at, self.by(super::cast::INES, at), event);
    }

    fn report(&self, secrets: Vec<Option<Plain<ClientSecret>>>) -> DemoReport {
        let memberships = |person: usize| {
            let of = |place: &super::cast::Place| {
                let role = place.members.iter().find(|(one, _)| *one == person)?.1;
                Some(DemoMembership { organization: place.slug.to_owned(), role })
            };
            PLACES.iter().filter_map(of).collect()
        };
        let users = PEOPLE.iter().enumerate().map(|(index, person)| DemoUser {
            email: person.email.to_owned(),
            password: person.password.to_owned(),
            staff_role: person.staff_role,
            memberships: memberships(index),
        });
        let organizations = PLACES.iter().zip(&self.places).map(|(place, id)| DemoOrganization {
            id: id.to_string(),
            slug: place.slug.to_owned(),
            name: place.name.to_owned(),
            domain: place.domain.map(str::to_owned),
        });
        let apps = CARDS.iter().zip(&self.rows.apps).zip(secrets).map(|((card, row), secret)| DemoApp {
            name: card.name.to_owned(),
            client_id: row.client_id.to_string(),
            client_secret: secret.map(Plain::reveal),
            client_type: card.auth_method.client_type(),
            auth_method: card.auth_method,
            pkce_required: card.pkce_required,
            actor: card.actor_modes,
            grants: card.grant_types(),
            token_policy: card.token_policy.to_owned(),
            redirect_uris: card.redirect_uris(),
            scopes: card.scopes.iter().map(|(scope, _, _)| (*scope).to_owned()).collect(),
            optional_scopes: card.optional_scopes(),
            installed_in: self.installed_in(row.id),
            owner: PLACES[card.owner].slug.to_owned(),
        });
        DemoReport {
            issuer: self.store.settings().issuer.clone(),
            users: users.collect(),
            organizations: organizations.collect(),
            apps: apps.collect(),
            audiences: self.store.settings().audiences.clone(),
        }
    }

    /// The slugs of the organizations that have an active install of `app`.
    fn installed_in(&self, app: AppId) -> Vec<String> {
        let active = |row: &&install::Model| row.app_id == app && row.status == InstallStatus::Active;
        let installs: Vec<_> = self.rows.installs.iter().filter(active).map(|row| row.organization_id).collect();
        let places = PLACES.iter().zip(&self.places).filter(|(_, id)| installs.contains(id));
        places.map(|(place, _)| place.slug.to_owned()).collect()
    }

    /// An event about an install.
    pub(super) fn about(&self, stay: &Stay, install: InstallId, action: Action, id: Uuid) -> Event {
        let kind = match action {
            Action::InstallCreated | Action::InstallRevoked => TargetKind::Install,
            Action::AppBlocked => TargetKind::App,
            _ => TargetKind::Grant,
        };
        let install = (action != Action::AppBlocked).then_some(install);
        Event::new(action, kind, id.hyphenated(), CARDS[stay.app].name)
            .organization(self.place(stay.place))
            .app(self.app_id(stay.app))
            .install(install)
    }
}

/// When a stay ended; none while it goes on.
pub(super) fn ended(teller: &Teller<'_>, stay: &Stay) -> Option<Timestamp> {
    match stay.until {
        Until::Used(_) | Until::Unused => None,
        Until::Suspended(days) => Some(teller.ago(days, 2 * 3600)),
        Until::Revoked { days_ago, .. } => Some(teller.ago(days_ago, 2 * 3600)),
    }
}
