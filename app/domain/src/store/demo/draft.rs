//! A draft that waits for an operator: what the review queue holds. Its credentials are in no report, because it has none.

use std::collections::BTreeSet;

use serde_json::json;

use super::cards::CARDS;
use super::history::Teller;
use crate::audit::{Action, TargetKind};
use crate::client::{ActorModes, AppGrants, AppStatus, AuthMethod, ClientId};
use crate::entity::{app, app_review, app_scope, redirect_uri};
use crate::id::{AppId, RedirectUriId, ReviewId};
use crate::jwt::SigningAlgorithm;
use crate::portal::ScopeChoice;
use crate::review::{ReviewKind, ReviewStatus, Snapshot};
use crate::store::audit::Event;

const NAME: &str = "Invoice Owl";
const HOST: &str = "invoice-owl.example";
const SCOPES: [(&str, bool, &str); 3] = [
    ("posts:read", true, "To find the invoices that people mention"),
    ("posts:write", true, "To answer with the state of a payment"),
    ("delete", false, "To take a post back when an invoice is withdrawn"),
];

impl Teller<'_> {
    /// The newest work of the first app's maker.
    pub(super) fn draft(&mut self) {
        let (made_at, at) = (self.ago(2, 0), self.ago(1, 0));
        let (owner, maker) = (self.place(CARDS[0].owner), CARDS[0].maker);
        let id = AppId(self.id(made_at));
        let client_id = ClientId::mint(&self.store.settings().brand, self.store.entropy());
        self.rows.apps.push(app::Model {
            id,
            owner_id: owner,
            client_id: client_id.clone(),
            name: NAME.to_owned(),
            description: "Tells which invoices a post is about".to_owned(),
            logo: None,
            homepage: Some(format!("https://{HOST}")),
            support_email: Some(format!("help@{HOST}")),
            status: AppStatus::Draft,
            resumes_as: None,
            auth_method: AuthMethod::None,
            pkce_required: true,
            token_policy: crate::token_policy::STANDARD.to_owned(),
            actor_modes: ActorModes::Myself,
            grants: AppGrants::AuthorizationCode,
            id_token_signed_response_alg: SigningAlgorithm::Rs256,
            approved_at: None,
            created_by: Some(self.user(maker)),
            created_at: made_at,
            updated_at: made_at,
            revision: 0,
        });
        let uri = format!("https://{HOST}/callback");
        let row = redirect_uri::Model { id: RedirectUriId(self.id(made_at)), app_id: id, uri, created_at: made_at };
        self.rows.redirect_uris.push(row);
        let mut choices = Vec::new();
        for ((scope, required, purpose), position) in SCOPES.into_iter().zip(0i32..) {
            let Ok(scope) = scope.parse::<crate::scope::ScopeToken>() else { continue };
            choices.push(ScopeChoice { token: scope.clone(), purpose: purpose.to_owned(), required });
            let purpose = purpose.to_owned();
            self.rows.app_scopes.push(app_scope::Model { app_id: id, scope, purpose, required, position });
        }
        let snapshot = Snapshot { name: NAME.to_owned(), hosts: BTreeSet::from([HOST.to_owned()]), scopes: choices };
        self.rows.app_reviews.push(app_review::Model {
            id: ReviewId(self.id(at)),
            app_id: id,
            kind: ReviewKind::Launch,
            status: ReviewStatus::Submitted,
            snapshot: json!(snapshot).to_string(),
            proposal: None,
            submitted_by: Some(self.user(maker)),
            submitted_at: at,
            decided_by: None,
            decided_at: None,
            feedback: None,
        });
        let event = |action| Event::new(action, TargetKind::App, id, NAME).organization(owner).app(id);
        let made = event(Action::AppCreated).after(json!({ "client_id": client_id }));
        self.tell(made_at, self.by(maker, made_at), made);
        self.tell(at, self.by(maker, at), event(Action::AppSubmitted).after(json!(snapshot)));
    }
}
