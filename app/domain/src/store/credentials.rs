//! `client_credentials`: load the app's own install in the organization, judge purely, commit, answer.

use super::cache::{OwnInstall, Recalled, TokenAhead};
use super::change::{Applied, Change, Credentials, Premise, Remembered};
use super::mint::{Belonging, describe};
use super::tokens::{ROUNDS, TokenError, event};
use super::{By, Store};
use crate::audit::Action;
use crate::client::{ActorMode, Client, GrantType};
use crate::id::FamilyId;
use crate::oauth::token::{ClientCredentialsFacts, ClientCredentialsRequest, Issue, TokenResponse};
use crate::time::Timestamp;

impl Store {
    /// Issues a token to an authenticated `client` for an organization in which it is installed as itself (RFC 6749
    /// section 4.4, requirement 61).
    pub async fn issue_for_client(
        &self,
        by: &By,
        client: &Client,
        request: &ClientCredentialsRequest,
    ) -> Result<TokenResponse, TokenError> {
        self.issue_for_client_after(TokenAhead::default(), by, client, request).await
    }

    /// The same, where some of it was read [`TokenAhead`].
    pub async fn issue_for_client_after(
        &self,
        mut ahead: TokenAhead,
        by: &By,
        client: &Client,
        request: &ClientCredentialsRequest,
    ) -> Result<TokenResponse, TokenError> {
        for _ in 0..ROUNDS {
            let row = match &request.organization {
                Some(text) => match ahead.own_install(client.app, text) {
                    Some(found) => Some(found),
                    None => self.own_install(client.app, text).await?,
                },
                None => None,
            };
            let now = self.now();
            let server = self.server().await?;
            let facts =
                row.as_ref().map(|row| ClientCredentialsFacts { standing: row.standing, granted: row.scopes.clone() });
            let issue = request.evaluate(facts.as_ref(), client, &server.catalogue, now)?;
            let Some(install) = row else { break };
            if let Some(answer) = self.issue_in(by, client, &install, None, &issue, now).await? {
                return Ok(answer);
            }
            self.unchanged(client).await?;
        }
        Err(ClientCredentialsRequest::no_organization().into())
    }

    /// Issues a token over what is remembered of an earlier request, whose claimant proved who it is again; none where
    /// something of it does not hold any more, or refuses the token: then all is to be read.
    pub async fn issue_recalled(
        &self,
        recalled: &Recalled,
        by: &By,
        request: &ClientCredentialsRequest,
    ) -> Result<Option<TokenResponse>, TokenError> {
        let (client, install) = (&recalled.claimant.client, &recalled.install);
        let Some(remembered) = recalled.remembered(request.organization.as_deref()) else { return Ok(None) };
        let (now, server) = (self.now(), self.server().await?);
        let facts = ClientCredentialsFacts { standing: install.standing, granted: install.scopes.clone() };
        let Ok(issue) = request.evaluate(Some(&facts), client, &server.catalogue, now) else { return Ok(None) };
        let answer = self.issue_in(by, client, install, Some(remembered), &issue, now).await?;
        if answer.is_some() {
            self.note_use(&recalled.claimant);
        }
        Ok(answer)
    }

    /// Commits one token; none when what it rests on fell meanwhile.
    async fn issue_in(
        &self,
        by: &By,
        client: &Client,
        install: &OwnInstall,
        remembered: Option<Remembered>,
        issue: &Issue,
        now: Timestamp,
    ) -> Result<Option<TokenResponse>, TokenError> {
        let belonging = Belonging {
            client,
            install: install.install,
            organization: install.organization,
            grant_type: GrantType::ClientCredentials,
            actor: ActorMode::App,
            user: None,
            // Of its own: nothing descends from it, and no family's end is its end.
            family: FamilyId(self.new_id()),
            family_created_at: now,
            scopes: &issue.scopes,
        };
        let (row, text) = self.mint_access(&belonging, issue, now).await?;
        let event = event(Action::TokenIssued, row.id.uuid(), client, install.organization, install.install);
        let mut told = describe(&row, None, issue);
        told["grant_type"] = serde_json::json!(GrantType::ClientCredentials);
        let change = Credentials {
            by: by.clone(),
            premise: Premise {
                install: install.install,
                app: client.app,
                revision: client.revision,
                organization: install.organization,
                // An install of actor `app` does not depend on the person who made it.
                person: None,
                remembered,
            },
            access: row,
            event: event.after(told),
        };
        Ok(match self.commit(Change::Credentials(Box::new(change)), now).await? {
            Applied::Done => Some(TokenResponse::new(issue, &client.policy, text, None, now)),
            Applied::Lost => None,
        })
    }
}
