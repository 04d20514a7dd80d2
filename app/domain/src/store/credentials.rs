//! `client_credentials`: load the app's own install in the organization, judge purely, commit, answer.

use std::sync::Arc;

use super::cache::{Basis, OwnInstall};
use super::change::{Applied, Change, Guess, Issuance, Premise, Taken};
use super::mint::{Belonging, Issued};
use super::organizations::naming;
use super::tokens::{ROUNDS, TokenError, event};
use super::{By, Store};
use crate::audit::Action;
use crate::client::{ActorMode, Client, GrantType};
use crate::id::FamilyId;
use crate::oauth::token::{ClientCredentialsRequest, Issue, TokenResponse};
use crate::time::Timestamp;

/// An install, and what of it has to be asked in the transaction.
#[derive(Default)]
struct Installed {
    row: Option<Arc<OwnInstall>>,
    guess: Option<Guess>,
}

impl Store {
    /// Issues a token to an authenticated `client` for an organization in which it is installed as itself (RFC 6749
    /// section 4.4, requirement 61).
    pub async fn issue_for_client(
        &self,
        by: &By,
        client: &Client,
        request: &ClientCredentialsRequest,
    ) -> Result<TokenResponse, TokenError> {
        self.issue_for_client_on(Basis::Read, by, client, request).await
    }

    /// The same for what is known of the client on `basis`; where it is recalled, the install may be as well. Any failure over
    /// what is recalled says nothing.
    pub async fn issue_for_client_on(
        &self,
        basis: Basis,
        by: &By,
        client: &Client,
        request: &ClientCredentialsRequest,
    ) -> Result<TokenResponse, TokenError> {
        for _ in 0..ROUNDS {
            let Installed { row, guess } = self.installed(basis, client, request.organization.as_deref()).await?;
            let now = self.now();
            let server = self.server().await?;
            let standing = row.as_ref().map(|row| &row.standing);
            let issue = request.evaluate(standing, client, &server, now)?;
            let Some(install) = row else { break };
            let recalled = guess.is_some();
            if let Some(answer) = self.issue_in(by, client, &install, guess, &issue, now).await? {
                if let Some(name) = request.organization.as_deref().filter(|_| !recalled) {
                    self.remember_install(client.app, name, install);
                }
                return Ok(answer);
            }
            self.unchanged(basis, client).await?;
        }
        Err(ClientCredentialsRequest::no_organization().into())
    }

    /// The install of `client` as itself in the organization that a request calls `name`.
    async fn installed(&self, basis: Basis, client: &Client, name: Option<&str>) -> Result<Installed, TokenError> {
        let Some(name) = name else { return Ok(Installed::default()) };
        let recalled = if basis == Basis::Recalled { self.recall_install(client.app, name) } else { None };
        if let (Some(install), Some(organization)) = (recalled, naming(name)) {
            let guess = Guess { organization, scopes: install.standing.snapshot.clone() };
            return Ok(Installed { row: Some(install), guess: Some(guess) });
        }
        Ok(Installed { row: self.own_install(client.app, name).await?, guess: None })
    }

    /// Commits one token; none when what it rests on fell meanwhile.
    async fn issue_in(
        &self,
        by: &By,
        client: &Client,
        install: &OwnInstall,
        guess: Option<Guess>,
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
        let event = event.after(Issued::by_credentials(&row, issue));
        let change = Issuance {
            by: by.clone(),
            premise: Premise {
                install: install.install,
                app: client.app,
                revision: client.revision,
                organization: install.organization,
                // An install of actor `app` does not depend on the person who made it.
                person: None,
                guess,
            },
            taken: Taken::Nothing,
            access: row,
            refresh: None,
            event,
        };
        Ok(match self.commit(Change::Issue(Box::new(change)), now).await? {
            Applied::Done => Some(TokenResponse::new(issue, &client.policy, text, None, now)),
            Applied::Lost => None,
        })
    }
}
