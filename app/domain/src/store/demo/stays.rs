//! Installs with their codes and tokens: a pair a day, as long as they stay.

use serde_json::json;

use super::cast::{CARDS, PEOPLE, Stay, Until};
use super::history::{DAY, Teller, ended};
use crate::audit::Action;
use crate::client::{ActorMode, GrantType, InstallStatus};
use crate::entity::{access_token, blocked_app, code, install, refresh_token};
use crate::id::{AccessTokenId, CodeId, FamilyId, InstallId, RefreshTokenId, UserId};
use crate::scope::ScopeSet;
use crate::secret::{AccessToken, AuthorizationCode, Plain, RefreshToken};
use crate::store::By;
use crate::time::Timestamp;
use crate::token_policy::{CODE_SECONDS, Refresh, TokenPolicy};

/// Seconds that a refresh token may lie idle under the policy `standard`.
const IDLE_SECONDS: i64 = 90 * DAY;

/// An install and what its codes and tokens share.
struct Course<'a> {
    stay: &'a Stay,
    id: InstallId,
    scopes: ScopeSet,
    family: FamilyId,
    /// When the code was redeemed.
    begin: Timestamp,
    end: Option<Timestamp>,
    used: Option<Timestamp>,
}

impl Teller<'_> {
    /// An install from its consent to its end.
    pub(super) fn stay(&mut self, number: usize, stay: &Stay) {
        let at = self.ago(stay.days_ago, 3600 + 120 * i64::try_from(number).unwrap_or_default());
        let id = InstallId(self.id(at));
        let scopes: ScopeSet = stay.scopes.parse().unwrap_or_default();
        let end = ended(self, stay);
        let status = match stay.until {
            Until::Used(_) | Until::Unused => InstallStatus::Active,
            Until::Suspended(_) => InstallStatus::Suspended,
            Until::Revoked { .. } => InstallStatus::Revoked,
        };
        let last_used_at = match stay.until {
            Until::Used(minutes) => Some(self.now.minus_seconds(minutes * 60)),
            Until::Unused => None,
            Until::Suspended(_) | Until::Revoked { .. } => end.map(|end| end.minus_seconds(5400)),
        };
        let (revoked_by, revoked_reason) = match stay.until {
            Until::Revoked { by, reason, .. } => (Some(self.user(by)), Some(reason.to_owned())),
            _ => (None, None),
        };
        self.rows.installs.push(install::Model {
            id,
            app_id: self.app_id(stay.app),
            organization_id: self.place(stay.place),
            actor: stay.actor,
            user_id: self.acts_as(stay),
            scopes: scopes.clone(),
            installed_by: self.user(stay.person),
            reason: stay.reason.map(str::to_owned),
            test: stay.test,
            status,
            created_at: at,
            updated_at: end.unwrap_or(at),
            last_used_at,
            revoked_at: end.filter(|_| status == InstallStatus::Revoked),
            revoked_by,
            revoked_reason,
        });
        let begin = at.plus_seconds(2);
        let family = FamilyId(self.id(at));
        let course = Course { stay, id, scopes, family, begin, end, used: last_used_at };
        self.consent(&course, at);
        // Who gets tokens with credentials of its own has no code.
        if CARDS[stay.app].grants.allows_code() {
            self.code(&course, at);
        }
        if !matches!(stay.until, Until::Unused) {
            self.tokens(&course);
        }
        if let Some(end) = end {
            self.end(stay, id, end);
        }
    }

    fn consent(&mut self, course: &Course<'_>, at: Timestamp) {
        let Course { stay, id, scopes, .. } = course;
        let granted = json!({ "scopes": scopes, "actor": stay.actor, "test": stay.test });
        let consented = CARDS[stay.app].grants.allows_code().then_some(Action::ConsentGranted);
        for action in [Some(Action::InstallCreated), consented].into_iter().flatten() {
            let event = self.about(stay, *id, action, id.uuid()).after(granted.clone());
            self.tell(at, self.by(stay.person, at), event);
        }
    }

    fn code(&mut self, course: &Course<'_>, at: Timestamp) {
        let Course { stay, id: install_id, .. } = *course;
        let id = CodeId(self.id(at));
        let store = self.store;
        let plain = Plain::<AuthorizationCode>::mint(&store.settings().brand, id.uuid(), store.entropy());
        let used_at = (!matches!(stay.until, Until::Unused)).then_some(course.begin);
        self.rows.codes.push(code::Model {
            id,
            code_hash: plain.hashed().to_row(),
            app_id: self.app_id(stay.app),
            install_id,
            organization_id: self.place(stay.place),
            actor: stay.actor,
            user_id: self.user(stay.person),
            redirect_uri: None,
            code_challenge: None,
            nonce: None,
            authenticated_at: None,
            scopes: course.scopes.clone(),
            audience: self.audience(),
            family_id: course.family,
            created_at: at,
            expires_at: at.plus_seconds(CODE_SECONDS),
            used_at,
            access_token_id: None,
            revoked_at: None,
        });
        let issued = self.about(stay, install_id, Action::CodeIssued, id.uuid());
        self.tell(at, self.by(stay.person, at), issued.after(json!({ "expires_at": at.plus_seconds(CODE_SECONDS) })));
        if let Some(used) = used_at {
            let redeemed = self.about(stay, install_id, Action::CodeRedeemed, id.uuid());
            let redeemed = self.named(stay, redeemed);
            self.tell(used, self.by_app(stay.app, used), redeemed);
        }
    }

    /// The first pair and a new one about every day, up to the end; without refresh tokens the first token alone.
    fn tokens(&mut self, course: &Course<'_>) {
        let policy = self.policy(course.stay);
        if policy.refresh == Refresh::None {
            return self.lone(course, policy.access_seconds);
        }
        let last = course.end.unwrap_or(self.now.minus_seconds(600));
        let mut at = course.begin;
        while at < last {
            let next = at.plus_seconds(DAY - self.below(3600));
            self.pair(course, at, (next < last).then_some(next));
            at = next;
        }
    }

    /// One pair: it ends with the next one or with the install.
    fn pair(&mut self, course: &Course<'_>, at: Timestamp, next: Option<Timestamp>) {
        let Course { stay, id, begin, .. } = *course;
        let store = self.store;
        let brand = &store.settings().brand;
        let (access_id, refresh_id) = (AccessTokenId(self.id(at)), RefreshTokenId(self.id(at)));
        let access = Plain::<AccessToken>::mint(brand, access_id.uuid(), store.entropy());
        let refresh = Plain::<RefreshToken>::mint(brand, refresh_id.uuid(), store.entropy());
        if at > begin
            && let Some(before) = self.rows.refresh_tokens.last_mut()
        {
            before.used_at = Some(at);
            before.successor_id = Some(refresh_id);
        }
        let action = if at == begin { Action::TokenIssued } else { Action::TokenRefreshed };
        let event = self.about(stay, id, action, access_id.uuid()).after(json!({ "token": access.hint(),
            "refresh_token": refresh.hint(), "scopes": course.scopes, "expires_at": at.plus_seconds(DAY) }));
        let event = self.named(stay, event);
        self.tell(at, self.by_app(stay.app, at), event);
        let row = self.access_token(course, access_id, &access, at, next);
        self.issued(row);
        let row = self.refresh_token(course, refresh_id, &refresh, access_id, at);
        self.rows.refresh_tokens.push(row);
    }

    /// A token without a refresh token.
    fn lone(&mut self, course: &Course<'_>, seconds: Option<i64>) {
        let (stay, at) = (course.stay, course.begin);
        let (id, expires_at) = (AccessTokenId(self.id(at)), seconds.map(|seconds| at.plus_seconds(seconds)));
        let plain = Plain::<AccessToken>::mint(&self.store.settings().brand, id.uuid(), self.store.entropy());
        let event = self.about(stay, course.id, Action::TokenIssued, id.uuid()).after(json!({ "token": plain.hint(),
            "scopes": course.scopes, "expires_at": expires_at }));
        let event = self.named(stay, event);
        self.tell(at, self.by_app(stay.app, at), event);
        let row = self.access_token(course, id, &plain, at, None);
        self.issued(access_token::Model { expires_at, ..row });
    }

    /// Keeps an access token; the first of a family is its code's.
    fn issued(&mut self, row: access_token::Model) {
        let code = self.rows.codes.last_mut().filter(|code| code.family_id == row.family_id);
        if let Some(code) = code {
            code.access_token_id.get_or_insert(row.id);
        }
        self.rows.access_tokens.push(row);
    }

    /// The policy of the app, as the instance has it.
    fn policy(&self, stay: &Stay) -> TokenPolicy {
        let card = &CARDS[stay.app];
        self.store.settings().policies.of_app(card.token_policy, card.auth_method.client_type())
    }

    fn access_token(
        &self,
        course: &Course<'_>,
        id: AccessTokenId,
        plain: &Plain<AccessToken>,
        at: Timestamp,
        next: Option<Timestamp>,
    ) -> access_token::Model {
        let stay = course.stay;
        let used = next.map(|next| next.minus_seconds(1200)).or(course.used);
        access_token::Model {
            id,
            token_hash: plain.hashed().to_row(),
            hint: plain.hint(),
            app_id: self.app_id(stay.app),
            install_id: course.id,
            organization_id: self.place(stay.place),
            grant_type: GrantType::AuthorizationCode,
            jwt: false,
            actor: stay.actor,
            user_id: self.acts_as(stay),
            family_id: course.family,
            scopes: course.scopes.clone(),
            audience: self.audience(),
            created_at: at,
            expires_at: Some(at.plus_seconds(DAY)),
            revoked_at: next.or(course.end),
            last_used_at: used.filter(|used| *used > at),
            request_id: None,
            told: None,
        }
    }

    fn refresh_token(
        &self,
        course: &Course<'_>,
        id: RefreshTokenId,
        plain: &Plain<RefreshToken>,
        access_token_id: AccessTokenId,
        at: Timestamp,
    ) -> refresh_token::Model {
        let stay = course.stay;
        refresh_token::Model {
            id,
            token_hash: plain.hashed().to_row(),
            hint: plain.hint(),
            app_id: self.app_id(stay.app),
            install_id: course.id,
            organization_id: self.place(stay.place),
            actor: stay.actor,
            user_id: self.acts_as(stay),
            family_id: course.family,
            scopes: course.scopes.clone(),
            audience: self.audience(),
            access_token_id,
            created_at: at,
            family_created_at: course.begin,
            expires_at: Some(at.plus_seconds(IDLE_SECONDS)),
            used_at: None,
            successor_id: None,
            sealed_answer: None,
            revoked_at: course.end,
        }
    }

    /// The end of an install: an operator's, after a stolen token came back, or a person's.
    fn end(&mut self, stay: &Stay, id: InstallId, at: Timestamp) {
        match stay.until {
            Until::Used(_) | Until::Unused => {}
            Until::Suspended(_) => {
                let by = By { ip: "192.0.2.200".parse().ok(), ..self.by_app(stay.app, at) };
                let event = self.about(stay, id, Action::TokenReuseDetected, id.uuid()).refused();
                self.tell(at, by, event);
            }
            Until::Revoked { by, reason, block, .. } => {
                let after = json!({ "reason": reason });
                let event = self.about(stay, id, Action::InstallRevoked, id.uuid());
                let event = event.before(json!({ "status": InstallStatus::Active })).after(after.clone());
                self.tell(at, self.by(by, at), event);
                if block {
                    let blocked = self.about(stay, id, Action::AppBlocked, self.app_id(stay.app).uuid());
                    self.tell(at, self.by(by, at), blocked.after(after));
                    self.rows.blocked_apps.push(blocked_app::Model {
                        organization_id: self.place(stay.place),
                        app_id: self.app_id(stay.app),
                        blocked_by: Some(self.user(by)),
                        reason: Some(reason.to_owned()),
                        created_at: at,
                    });
                }
            }
        }
    }

    /// As whom, for `self`.
    fn acts_as(&self, stay: &Stay) -> Option<UserId> {
        (stay.actor == ActorMode::Myself).then(|| self.user(stay.person))
    }

    /// What an app does in the mode `self` it does in the person's name.
    fn named(&self, stay: &Stay, event: crate::store::audit::Event) -> crate::store::audit::Event {
        match stay.actor {
            ActorMode::App => event,
            ActorMode::Myself => event.on_behalf_of(self.user(stay.person), PEOPLE[stay.person].name),
        }
    }

    /// The instance's default audience.
    fn audience(&self) -> String {
        let settings = self.store.settings();
        settings.audiences.first().cloned().unwrap_or_else(|| format!("{}/api/v1", settings.issuer))
    }
}
