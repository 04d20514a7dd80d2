//! The token endpoint's verbs: load, judge purely, commit, answer. A commit that lost a race is judged again over what
//! then is true.

use sea_orm::{DbErr, EntityTrait as _, QuerySelect as _};
use serde_json::json;
use uuid::Uuid;

use super::audit::Event;
use super::cache::{Basis, Touched};
use super::change::{Applied, Change, Issuance, Premise, Redeemed, Revoke, Taken, What};
use super::grounds::{Grounded, Person};
use super::keys::SignError;
use super::mint::Belonging;
use super::{By, Store};
use crate::audit::{Action, TargetKind};
use crate::client::{ActorMode, Client, GrantType};
use crate::entity::{app, code};
use crate::id::{CodeId, InstallId, OrgId};
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::standing::Standing;
use crate::oauth::token::{self, CodeDecision, CodeFacts, CodeRequest, Issue, TokenResponse};
use crate::organization::Status;
use crate::pkce::CodeChallenge;
use crate::secret::{AuthorizationCode, Plain, Presented};
use crate::time::Timestamp;
use crate::token_policy::LiveTokens;

/// How often a request is judged again because another one was faster. Each round sees a state that cannot come back.
pub(super) const ROUNDS: usize = 8;
/// `redirect_uri` of a code that was made inside the portal: nothing at the endpoints can be equal to it.
pub(super) const PORTAL_DOOR: &str = "portico:test-install";

/// Why no tokens were issued.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// What the client is told.
    #[error(transparent)]
    OAuth(#[from] OAuthError),
    /// The app, its scopes or its secrets changed since the client was authenticated, or it is recalled and nothing was
    /// issued: it is to be authenticated anew.
    #[error("the client changed meanwhile")]
    ClientChanged,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl From<SignError> for TokenError {
    /// Signing is part of the answer: where it does not happen, nothing is committed.
    fn from(error: SignError) -> Self {
        match error {
            SignError::Busy => {
                let text = "There is too much to do. Try again in a moment.";
                OAuthError::new(ErrorCode::TemporarilyUnavailable, text).into()
            }
            SignError::NoKey => OAuthError::new(ErrorCode::ServerError, "Something broke. Try again.").into(),
            SignError::Database(error) => error.into(),
        }
    }
}

impl Store {
    /// Redeems a code for an authenticated `client` (RFC 6749 section 4.1.3). A replay ends what came of the code, a
    /// wrong verifier burns it.
    pub async fn exchange(&self, by: &By, client: &Client, request: &CodeRequest) -> Result<TokenResponse, TokenError> {
        self.exchange_on(Basis::Read, by, client, request).await
    }

    /// The same for what is known of the client on `basis`. Any failure over what is recalled says nothing, and ended nothing.
    pub async fn exchange_on(
        &self,
        basis: Basis,
        by: &By,
        client: &Client,
        request: &CodeRequest,
    ) -> Result<TokenResponse, TokenError> {
        let presented = Presented::<AuthorizationCode>::parse(&self.settings().brand, request.code.expose());
        let presented = presented.map_err(|_| token::unknown())?;
        let id = CodeId(presented.selector());
        self.redeem(basis, by, client, request, id, |row| presented.matches(&row.code_hash)).await
    }

    /// Redeems the code `id`, if `may_be` says that it is the one that was meant.
    pub(super) async fn redeem(
        &self,
        basis: Basis,
        by: &By,
        client: &Client,
        request: &CodeRequest,
        id: CodeId,
        may_be: impl Fn(&code::Model) -> bool,
    ) -> Result<TokenResponse, TokenError> {
        for _ in 0..ROUNDS {
            let found = self.grounded_code(id).await?.filter(|found| may_be(&found.row));
            let Grounded { row, standing, person } = found.ok_or_else(token::unknown)?;
            let now = self.now();
            let server = self.server().await?;
            let facts = code_facts(&row, standing, person.as_ref());
            match request.evaluate(&facts, client, &server, now) {
                CodeDecision::Issue(issue) => {
                    if let Some(answer) = self.issue_for_code(by, client, &row, person, &issue, now).await? {
                        return Ok(answer);
                    }
                    self.unchanged(basis, client).await?;
                }
                _ if basis == Basis::Recalled => return Err(TokenError::ClientChanged),
                CodeDecision::Deny(error) => return Err(error.into()),
                CodeDecision::Burn(error) => {
                    let event = event(Action::CodeRedeemed, row.id.uuid(), client, row.organization_id, row.install_id);
                    let why = json!({ "cause": "the code verifier does not match" });
                    self.end_and_say(by, row.install_id, What::Code(row.id), event.refused().after(why), now).await?;
                    return Err(error.into());
                }
                CodeDecision::Replayed => {
                    let event = event(Action::CodeReplayed, row.id.uuid(), client, row.organization_id, row.install_id);
                    self.end_and_say(by, row.install_id, What::Family(row.family_id), event.refused(), now).await?;
                    return Err(token::unknown().into());
                }
            }
        }
        Err(token::unknown().into())
    }

    /// Commits the exchange; none when somebody was faster.
    async fn issue_for_code(
        &self,
        by: &By,
        client: &Client,
        row: &code::Model,
        person: Option<Person>,
        issue: &Issue,
        now: Timestamp,
    ) -> Result<Option<TokenResponse>, TokenError> {
        let belonging = Belonging {
            client,
            install: row.install_id,
            organization: row.organization_id,
            grant_type: GrantType::AuthorizationCode,
            actor: row.actor,
            user: (row.actor == ActorMode::Myself).then_some(row.user_id),
            family: row.family_id,
            family_created_at: now,
            scopes: &row.scopes,
        };
        let pair = self.mint(&belonging, issue, issue.refresh, now).await?;
        let id_token = self.id_token_for(client, row, issue, &pair.access.1, now).await?;
        let mut event =
            event(Action::TokenIssued, pair.access.0.id.uuid(), client, row.organization_id, row.install_id);
        event = event.after(pair.describe(issue));
        if let Some(person) = person.as_ref().filter(|_| row.actor == ActorMode::Myself) {
            event = event.on_behalf_of(person.id, &person.name);
        }
        let (refresh_row, refresh) = pair.refresh.unzip();
        let change = Issuance {
            by: by.clone(),
            premise: Premise {
                install: row.install_id,
                app: row.app_id,
                revision: client.revision,
                organization: row.organization_id,
                // Until the exchange the state and role of the person count in either actor mode.
                person: person.and_then(|person| person.role.map(|role| (person.id, role))),
                guess: None,
            },
            taken: Taken::Code(Redeemed {
                code: row.id,
                access: pair.access.0.id,
                one_live: client.policy.live_tokens == LiveTokens::One,
            }),
            access: pair.access.0,
            refresh: refresh_row,
            event,
        };
        Ok(match self.commit(Change::Issue(Box::new(change)), now).await? {
            Applied::Done => {
                let refresh = refresh.map(Plain::reveal);
                let answer = TokenResponse::new(issue, &client.policy, pair.access.1, refresh, now);
                Some(TokenResponse { id_token, ..answer })
            }
            Applied::Lost => None,
        })
    }

    /// Whether a client for which nothing was committed still is what it was: what it may do rested on that, and who it is on
    /// its secret. Of one that is recalled nothing is known.
    pub(super) async fn unchanged(&self, basis: Basis, client: &Client) -> Result<(), TokenError> {
        if basis == Basis::Read {
            let revision = app::Entity::find_by_id(client.app).select_only().column(app::Column::Revision);
            if revision.into_tuple().one(self.reader()).await? == Some(client.revision) {
                return Ok(());
            }
        }
        // Whoever changed it may not have said so yet: the next round, and the next request, must not find the same client
        // in memory.
        self.cache().mark(&Touched::Only(vec![client.app.uuid()]));
        Err(TokenError::ClientChanged)
    }

    /// Ends something of an install, and says so in the audit log.
    pub(super) async fn end_and_say(
        &self,
        by: &By,
        install: InstallId,
        what: What,
        event: Event,
        now: Timestamp,
    ) -> Result<(), DbErr> {
        let change = Revoke { by: by.clone(), install, what, event };
        self.commit(Change::Revoke(Box::new(change)), now).await?;
        Ok(())
    }
}

/// An event about a code or token of `client`.
pub(super) fn event(action: Action, target: Uuid, client: &Client, organization: OrgId, install: InstallId) -> Event {
    let event = Event::new(action, TargetKind::Grant, target.hyphenated(), &client.name);
    event.organization(organization).app(client.app).install(install)
}

fn code_facts(row: &code::Model, standing: Standing, person: Option<&Person>) -> CodeFacts {
    let code_challenge = row.code_challenge.as_deref().map(str::parse::<CodeChallenge>).transpose();
    // A challenge that cannot be read back must not read as "none was sent": such a code is over.
    let unreadable = code_challenge.is_err().then_some(row.created_at);
    CodeFacts {
        app: row.app_id,
        redirect_uri: row.redirect_uri.clone(),
        code_challenge: code_challenge.unwrap_or_default(),
        expires_at: row.expires_at,
        used_at: row.used_at,
        revoked_at: row.revoked_at.or(unreadable),
        scopes: row.scopes.clone(),
        audience: row.audience.clone(),
        standing,
        person: person.map_or(Status::Suspended, |person| person.status),
        role: person.and_then(|person| person.role),
        test: row.redirect_uri.as_deref() == Some(PORTAL_DOOR),
    }
}
