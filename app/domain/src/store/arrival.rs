//! A browser arrives at a pending grant: sign-in, a page, or an answer to the client at once (`OpenID` Connect Core section
//! 3.1.2.1; PROTOCOL section 1, *Remembered consent*). This is where the session is read first (requirement 108).

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use super::change::Consented;
use super::consent::Opened;
use super::consent_decision::{Allowed, DecideError};
use super::grants::{reply_to, terms};
use super::remembered::{self, Key};
use super::{Actor, By, Store, StoreError, consent_facts};
use crate::client::{AppStatus, Client, GrantStatus};
use crate::entity::grant;
use crate::id::{GrantId, OrgId};
use crate::oauth::authorize::{AuthorizationResponse, Refusal, in_use};
use crate::oauth::error::{ErrorCode, OAuthError};
use crate::oauth::gate::{Gate, Visitor};
use crate::oauth::install::Grantable;
use crate::oauth::openid::{Prompt, PromptSet};
use crate::scope::ScopeSet;
use crate::secret::{Interaction, Presented};

/// What comes next for a browser.
#[derive(Debug)]
pub enum Arrival {
    /// The picker or the consent page.
    Page,
    /// The person signs in, again if he is signed in.
    SignIn {
        /// Who he may be, as the client says.
        login_hint: Option<String>,
    },
    /// The person says whether it shall be this account.
    SelectAccount(AccountChoice),
    /// The client is answered without a page.
    Answer(AuthorizationResponse),
    /// The app is no longer answered, or not yet: a page says why.
    Refused(Refusal),
    /// There is no such pending grant for this browser and person, or it is over.
    Closed,
}

/// The account that a request would be answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountChoice {
    /// The pending grant.
    pub grant: GrantId,
    /// The app's name.
    pub app: String,
    /// The person's name.
    pub person: String,
    /// The person's e-mail address.
    pub email: String,
}

impl Store {
    /// What the browser that holds `interaction` gets for the pending grant `id`. With `ask` a page is due although
    /// consent may be remembered: the person wants to choose. Where no page is due, code and install are committed here,
    /// or the grant ends with the error that the client gets.
    pub async fn arrive(
        &self,
        by: &By,
        id: GrantId,
        interaction: &Presented<Interaction>,
        visitor: Option<Visitor>,
        ask: bool,
    ) -> Result<Arrival, DbErr> {
        let Some(grant) = self.grant_of_browser(self.reader(), id, interaction).await? else {
            return Ok(Arrival::Closed);
        };
        let Some(client) = self.client_of_app(grant.app_id).await? else { return Ok(Arrival::Closed) };
        if let Err(refusal) = in_use(&client) {
            return Ok(Arrival::Refused(refusal));
        }
        match terms(&grant).gate(visitor, self.now()) {
            Gate::Tell(code) => self.tell(&grant, &client, visitor, code).await,
            Gate::SignIn => {
                if let Some(visitor) = visitor {
                    self.count_for(id, visitor.user).await?;
                }
                Ok(Arrival::SignIn { login_hint: grant.login_hint })
            }
            Gate::SelectAccount(visitor) => {
                self.count_for(id, visitor.user).await?;
                self.select_account(id, client, visitor).await
            }
            Gate::Pass(visitor) => match self.open(id, interaction, visitor.user).await {
                Ok(opened) => self.enter(by, opened, visitor, ask).await,
                Err(StoreError::NotFound) => Ok(Arrival::Closed),
                Err(StoreError::Database(error)) => Err(error),
            },
        }
    }

    /// What a browser gets that does not hold the cookie of the pending grant `id`: it may keep none in the frame of another
    /// site. A silent request ends with `login_required`, for its client waits and no page may come (`OpenID` Connect Core
    /// section 3.1.2.1); none for any other.
    pub async fn arrive_without_cookie(&self, id: GrantId) -> Result<Option<Arrival>, DbErr> {
        let Some(grant) = self.waiting_grant(id).await? else { return Ok(None) };
        if !terms(&grant).prompt.has(Prompt::None) {
            return Ok(None);
        }
        let Some(client) = self.client_of_app(grant.app_id).await? else { return Ok(None) };
        if let Err(refusal) = in_use(&client) {
            return Ok(Some(Arrival::Refused(refusal)));
        }
        self.tell(&grant, &client, None, ErrorCode::LoginRequired).await.map(Some)
    }

    /// Whether the session of the browser does for the pending grant `id`: only then is its page to be seen.
    pub async fn session_does(
        &self,
        id: GrantId,
        interaction: &Presented<Interaction>,
        visitor: Option<Visitor>,
    ) -> Result<bool, DbErr> {
        let grant = self.grant_of_browser(self.reader(), id, interaction).await?;
        Ok(grant.is_some_and(|grant| matches!(terms(&grant).gate(visitor, self.now()), Gate::Pass(_))))
    }

    /// Why the app of a pending grant is not answered; none where it is, or where the grant is not this browser's.
    pub async fn refusal_of_grant(
        &self,
        id: GrantId,
        interaction: &Presented<Interaction>,
    ) -> Result<Option<Refusal>, DbErr> {
        let Some(grant) = self.grant_of_browser(self.reader(), id, interaction).await? else { return Ok(None) };
        Ok(self.client_of_app(grant.app_id).await?.and_then(|client| in_use(&client).err()))
    }

    /// The person goes on with the account that he is signed in with.
    pub async fn keep_account(&self, id: GrantId, interaction: &Presented<Interaction>) -> Result<(), StoreError> {
        let grant = self.grant_of_browser(self.reader(), id, interaction).await?.ok_or(StoreError::NotFound)?;
        let rest = PromptSet::known(&grant.prompt).without(Prompt::SelectAccount).to_string();
        let done = grant::Entity::update_many()
            .col_expr(grant::Column::Prompt, Expr::value(rest))
            .filter(grant::Column::Id.eq(id))
            .filter(grant::Column::Status.eq(GrantStatus::Pending))
            .exec(self.beside())
            .await?;
        if done.rows_affected == 1 { Ok(()) } else { Err(StoreError::NotFound) }
    }

    async fn select_account(&self, grant: GrantId, client: Client, visitor: Visitor) -> Result<Arrival, DbErr> {
        let person = consent_facts::active_person(self.reader(), visitor.user).await?;
        Ok(person.map_or(Arrival::SignIn { login_hint: None }, |person| {
            let (person, email) = (person.name, person.email);
            Arrival::SelectAccount(AccountChoice { grant, app: client.name, person, email })
        }))
    }

    /// The session does. No page is due where the person consented before.
    async fn enter(&self, by: &By, opened: Opened, visitor: Visitor, ask: bool) -> Result<Arrival, DbErr> {
        let silent = terms(&opened.grant).prompt.has(Prompt::None);
        if opened.hidden() || (ask && !silent) {
            return Ok(Arrival::Page);
        }
        let (grant, client) = (opened.grant.clone(), opened.client.clone());
        let otherwise = async |code| {
            if silent { self.tell(&grant, &client, Some(visitor), code).await } else { Ok(Arrival::Page) }
        };
        if opened.misses_its_hint() {
            return otherwise(ErrorCode::InteractionRequired).await;
        }
        let organization = match self.remembered_in(&opened, silent).await? {
            Ok(organization) => organization,
            Err(code) => return otherwise(code).await,
        };
        let by = by.as_actor(Actor::User { id: visitor.user, name: opened.person.name.clone() });
        let (optional, how) = (ScopeSet::default(), Consented::Before);
        let allowed = Allowed { visitor, organization, optional, reason: None, how };
        match self.allow(&by, opened, allowed).await {
            Ok(response) => Ok(Arrival::Answer(response)),
            Err(DecideError::NotFound) => Ok(Arrival::Closed),
            Err(DecideError::Database(error)) => Err(error),
            // It held a moment ago.
            Err(_) => otherwise(ErrorCode::ConsentRequired).await,
        }
    }

    /// The one organization in which the person need not be asked; else what a silent request is told. Where none was
    /// chosen, only a silent request looks further than the picker.
    async fn remembered_in(&self, opened: &Opened, silent: bool) -> Result<Result<OrgId, ErrorCode>, DbErr> {
        let chosen = opened.grant.organization_id;
        let candidates: Vec<_> =
            opened.memberships.iter().filter(|member| chosen.map_or(silent, |chosen| chosen == member.id())).collect();
        let (mut held, mut only_consent) = (Vec::new(), false);
        for member in &candidates {
            match self.judge(self.reader(), opened, member).await? {
                Ok(grantable) if self.remembers(self.reader(), opened, member.id(), &grantable, false).await? => {
                    held.push(member.id());
                }
                verdict => only_consent = verdict.is_ok() && candidates.len() == 1,
            }
        }
        Ok(match held.as_slice() {
            [one] => Ok(*one),
            _ if only_consent => Err(ErrorCode::ConsentRequired),
            _ => Err(ErrorCode::InteractionRequired),
        })
    }

    /// Whether the person consented before to all that is asked, and can still grant all of it (requirement 95).
    pub(super) async fn remembers(
        &self,
        db: &impl ConnectionTrait,
        opened: &Opened,
        organization: OrgId,
        grantable: &Grantable,
        lock: bool,
    ) -> Result<bool, DbErr> {
        let asked = opened.asked();
        let again = terms(&opened.grant).prompt.has(Prompt::Consent);
        if again || grantable.all() != asked || !remembered::is_eligible(&opened.client) {
            return Ok(false);
        }
        let (client, actor, user) = (&opened.client, opened.grant.actor, opened.person.id);
        remembered::holds(db, Key { client, organization, actor, user }, &asked, lock).await
    }

    /// Ends the grant with an error for its client. A draft's error stays here until somebody is known who may test it.
    async fn tell(
        &self,
        grant: &grant::Model,
        client: &Client,
        visitor: Option<Visitor>,
        code: ErrorCode,
    ) -> Result<Arrival, DbErr> {
        let met = match visitor {
            Some(visitor) => self.may_meet(client, visitor.user).await?,
            None => client.status != AppStatus::Draft,
        };
        if !met {
            return Ok(Arrival::Refused(Refusal::Draft(code)));
        }
        let Some(to) = reply_to(grant, client) else { return Ok(Arrival::Closed) };
        // Requests that wait have a bound, those that are over have none: one that nobody saw need not be kept.
        let ended = grant::Entity::delete_many()
            .filter(grant::Column::Id.eq(grant.id))
            .filter(grant::Column::Status.eq(GrantStatus::Pending))
            .exec(self.beside())
            .await?;
        if ended.rows_affected == 0 {
            return Ok(Arrival::Closed);
        }
        let error = OAuthError::new(code, sentence(code));
        Ok(Arrival::Answer(AuthorizationResponse::error(to, &self.settings().issuer, error)))
    }
}

const fn sentence(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::LoginRequired => {
            "The person has to sign in: nobody is signed in, another person is, or too long ago."
        }
        ErrorCode::ConsentRequired => "The person has to consent.",
        _ => "The person has to be asked.",
    }
}
