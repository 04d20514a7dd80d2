//! Refreshing: rotation with a grace, or the persistent token that comes back (PROTOCOL section 1, *Refresh replay*).

use sea_orm::{DbErr, EntityTrait};

use super::cache::Basis;
use super::change::{Applied, Change, Issuance, Premise, Prolonged, Rotated, Taken, What};
use super::grounds::{Grounded, Person};
use super::mint::Belonging;
use super::tokens::{ROUNDS, TokenError, event};
use super::{By, Store, seal};
use crate::audit::Action;
use crate::client::{Client, GrantType};
use crate::entity::{access_token, refresh_token};
use crate::id::RefreshTokenId;
use crate::oauth::standing::Standing;
use crate::oauth::token::{self, Issue, RefreshDecision, RefreshFacts, RefreshRequest, Successor, TokenResponse};
use crate::secret::{Plain, Presented, RefreshToken};
use crate::time::Timestamp;
use crate::token_policy;

/// A presented refresh token and what is known of it.
struct Known {
    row: refresh_token::Model,
    standing: Standing,
    successor: Option<refresh_token::Model>,
    successor_access: Option<access_token::Model>,
    person: Option<Person>,
}

impl Store {
    /// Refreshes for an authenticated `client` (RFC 6749 section 6). The reuse of a superseded token after the grace
    /// ends the family (requirement 69).
    pub async fn refresh(
        &self,
        by: &By,
        client: &Client,
        request: &RefreshRequest,
    ) -> Result<TokenResponse, TokenError> {
        self.refresh_on(Basis::Read, by, client, request).await
    }

    /// The same for what is known of the client on `basis`. Any failure over what is recalled says nothing, and ended nothing.
    pub async fn refresh_on(
        &self,
        basis: Basis,
        by: &By,
        client: &Client,
        request: &RefreshRequest,
    ) -> Result<TokenResponse, TokenError> {
        let presented = Presented::<RefreshToken>::parse(&self.settings().brand, request.refresh_token.expose());
        let presented = presented.map_err(|_| token::unknown())?;
        for _ in 0..ROUNDS {
            let known = self.known(&presented).await?.ok_or_else(token::unknown)?;
            let now = self.now();
            let server = self.server().await?;
            let (organization, install) = (known.row.organization_id, known.row.install_id);
            match request.evaluate(&known.facts(now), client, &server, now) {
                RefreshDecision::Issue(issue) => {
                    if let Some(answer) = self.issue_next(by, client, request, &presented, &known, &issue, now).await? {
                        return Ok(answer);
                    }
                    self.unchanged(basis, client).await?;
                }
                _ if basis == Basis::Recalled => return Err(TokenError::ClientChanged),
                RefreshDecision::Repeat => {
                    let effective = known.effective(client, &server.catalogue);
                    let answer = effective.and_then(|scope| known.repeat(client, &presented, scope, now));
                    return answer.ok_or_else(|| token::unknown().into());
                }
                RefreshDecision::Deny(error) => return Err(error.into()),
                RefreshDecision::Replayed => {
                    let reused = event(Action::TokenReuseDetected, known.row.id.uuid(), client, organization, install);
                    let reused = reused.refused().after(serde_json::json!({ "refresh_token": known.row.hint }));
                    self.end_and_say(by, install, What::Family(known.row.family_id), reused, now).await?;
                    return Err(token::unknown().into());
                }
            }
        }
        Err(token::unknown().into())
    }

    async fn known(&self, presented: &Presented<RefreshToken>) -> Result<Option<Known>, DbErr> {
        let db = self.reader();
        let found = self.grounded_refresh(RefreshTokenId(presented.selector())).await?;
        let found = found.filter(|found| presented.matches(&found.row.token_hash));
        let Some(Grounded { row, standing, person }) = found else { return Ok(None) };
        let successor = match row.successor_id {
            Some(id) => refresh_token::Entity::find_by_id(id).one(db).await?,
            None => None,
        };
        let successor_access = match &successor {
            Some(successor) => access_token::Entity::find_by_id(successor.access_token_id).one(db).await?,
            None => None,
        };
        Ok(Some(Known { row, standing, successor, successor_access, person }))
    }

    /// Commits the next pair; none when somebody was faster.
    #[expect(clippy::too_many_arguments, reason = "one private step of the verb above, with all that it knows")]
    async fn issue_next(
        &self,
        by: &By,
        client: &Client,
        request: &RefreshRequest,
        presented: &Presented<RefreshToken>,
        known: &Known,
        issue: &Issue,
        now: Timestamp,
    ) -> Result<Option<TokenResponse>, TokenError> {
        let row = &known.row;
        let belonging = Belonging {
            client,
            install: row.install_id,
            organization: row.organization_id,
            grant_type: GrantType::RefreshToken,
            actor: row.actor,
            user: row.user_id,
            family: row.family_id,
            family_created_at: row.family_created_at,
            scopes: &row.scopes,
        };
        let rotates = matches!(client.policy.refresh, token_policy::Refresh::Rotating { .. });
        let pair = self.mint(&belonging, issue, rotates, now).await?;
        let mut event =
            event(Action::TokenRefreshed, pair.access.0.id.uuid(), client, row.organization_id, row.install_id)
                .after(pair.describe(issue));
        if let Some(person) = &known.person {
            event = event.on_behalf_of(person.id, &person.name);
        }
        let person = known.person.as_ref().and_then(|person| person.role.map(|role| (person.id, role)));
        let access = pair.access.1;
        let (mut successor, refresh) = pair.refresh.map(|(row, plain)| (row, Plain::reveal(plain))).unzip();
        // Under a persistent policy the presented token comes back.
        let refresh = refresh.unwrap_or_else(|| request.refresh_token.expose().to_owned());
        let graced = matches!(client.policy.refresh, token_policy::Refresh::Rotating { grace_seconds: 1.. });
        if let Some(successor) = successor.as_mut().filter(|_| graced) {
            let answer = seal::Answer { access: access.clone(), refresh: refresh.clone() };
            successor.sealed_answer = seal::seal(presented.secret_part(), successor.id, &answer);
        }
        let change = Issuance {
            by: by.clone(),
            premise: Premise {
                install: row.install_id,
                app: row.app_id,
                revision: client.revision,
                organization: row.organization_id,
                person,
                guess: None,
            },
            taken: match &successor {
                Some(successor) => Taken::Rotated(Rotated {
                    presented: row.id,
                    successor: successor.id,
                    preceding: row.access_token_id,
                }),
                None => Taken::Prolonged(Prolonged {
                    presented: row.id,
                    access: pair.access.0.id,
                    until: issue.refresh_expires_at,
                }),
            },
            access: pair.access.0,
            refresh: successor,
            event,
        };
        Ok(match self.commit(Change::Issue(Box::new(change)), now).await? {
            Applied::Done => Some(TokenResponse::new(issue, &client.policy, access, Some(refresh), now)),
            Applied::Lost => None,
        })
    }
}

impl Known {
    fn facts(&self, now: Timestamp) -> RefreshFacts {
        let is_over = |revoked_at: Option<Timestamp>, expires_at: Option<Timestamp>| {
            revoked_at.is_some() || expires_at.is_some_and(|end| now >= end)
        };
        let successor = self.successor.as_ref().map(|successor| {
            let access = self.successor_access.as_ref();
            Successor {
                used: successor.used_at.is_some(),
                // The answer names both tokens: when either has ended it is over.
                over: is_over(successor.revoked_at, successor.expires_at)
                    || access.is_none_or(|row| is_over(row.revoked_at, row.expires_at)),
                sealed: successor.sealed_answer.is_some(),
                scopes: access.map(|row| row.scopes.clone()).unwrap_or_default(),
            }
        });
        RefreshFacts {
            app: self.row.app_id,
            expires_at: self.row.expires_at,
            family_created_at: self.row.family_created_at,
            used_at: self.row.used_at,
            revoked_at: self.row.revoked_at,
            successor,
            scopes: self.row.scopes.clone(),
            audience: self.row.audience.clone(),
            standing: self.standing.clone(),
        }
    }

    /// What the access token of the sealed answer may do now.
    fn effective(&self, client: &Client, catalogue: &crate::scope::Catalogue) -> Option<crate::scope::ScopeSet> {
        self.standing.effective(&self.successor_access.as_ref()?.scopes, client, catalogue)
    }

    /// The very same answer again; `expires_in` has counted down.
    fn repeat(
        &self,
        client: &Client,
        presented: &Presented<RefreshToken>,
        effective: crate::scope::ScopeSet,
        now: Timestamp,
    ) -> Option<TokenResponse> {
        let (successor, access) = (self.successor.as_ref()?, self.successor_access.as_ref()?);
        let answer = seal::open(presented.secret_part(), successor.id, successor.sealed_answer.as_deref()?)?;
        let issue = Issue {
            scopes: access.scopes.clone(),
            effective,
            // Nothing is signed again.
            permissions: Vec::new(),
            audience: access.audience.clone(),
            access_expires_at: access.expires_at,
            refresh: true,
            refresh_expires_at: successor.expires_at,
        };
        Some(TokenResponse::new(&issue, &client.policy, answer.access, Some(answer.refresh), now))
    }
}
